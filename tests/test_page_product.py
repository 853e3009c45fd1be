"""The page as a product: what readers meet on a wide screen and on a phone, in a real Chromium on the built site."""

import json
import re
import shutil
import subprocess
import zipfile

import pytest
from serving import served

from autograder.exercises import CHAPTERS, exercises
from autograder.judging import explain
from autograder.judging.judge import LocalStudent, judge
from autograder.judging.sheet import make_sheet
from autograder.judging.words import in_plain_words
from autograder.notebooks.chapters import ROOT
from autograder.notebooks.release import write_checks
from autograder.site import effort, pages, search, solutions
from autograder.site import page as live

WIDTHS = [1300, 390]
RIGHT = "def heaviside(z):\n    return (z > 0) * 1.0\n"
WRONG = "def heaviside(z):\n    return (z >= 0) * 1.0\n"
LOOP = "def heaviside(z):\n    while True:\n        pass\n"
FRONTEND = ROOT / "autograder" / "site" / "frontend"


# ------------------------------------------------------------------------------------ the page's Python, anywhere
@pytest.fixture(scope="module")
def checks(tmp_path_factory):
    root = tmp_path_factory.mktemp("checks")
    for chapter in CHAPTERS:
        write_checks(chapter, root / chapter)
    return root


def test_functions_of_other_chapters_run_if_and_only_if_they_are_called(checks):
    library = [
        ("twice", "print('library')\nimport math\ndef twice(x):\n    return 2 * once(x)\n"),
        ("once", "def once(x):\n    return math.floor(x)\n"),
        ("broken", "raise RuntimeError('nobody calls this')\n"),
    ]
    code = "def heaviside(z):\n    assert twice(1.5) == 2\n    return (z > 0) * 1.0\n"
    answer = live.run("perceptrons", "heaviside", code, library=library, root=checks)
    assert answer["report"]["solved"] and answer["output"] == ""
    called = live.called(library, ["print(once(1))"])
    assert [name for name, _ in called] == ["twice", "once"]  # once needs math, which the first one imports
    assert live.called(library, ["x = 1"]) == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("def heaviside(z:\n", "never closed"),
        ("def heaviside(z):\nreturn z\n", "same column"),
        ("import no_such_package\ndef heaviside(z):\n    return z\n", "Python's own modules, NumPy"),
        ("def heavyside(z):\n    return z\n", "give your function the name heaviside again"),
        ("x = input()\n", "input() cannot be used here"),
    ],
)
def test_code_that_does_not_run_is_told_alone_and_in_plain_words(checks, code, words):
    error = live.run("perceptrons", "heaviside", code, root=checks)["error"]
    assert error["alone"] and words in error["plain"]


def test_an_error_after_the_function_is_made_leaves_the_cases_to_be_told(checks):
    answer = live.run("perceptrons", "heaviside", RIGHT + "1 / 0\n", root=checks)
    assert not answer["error"]["alone"] and answer["report"]["solved"]


def test_a_keyboard_interrupt_of_a_readers_own_ends_the_check_with_a_sentence(checks, monkeypatch):
    monkeypatch.setattr(live, "run", lambda **request: (_ for _ in ()).throw(KeyboardInterrupt))
    assert "Ctrl+C" in json.loads(live.run_json("{}"))["stopped"]


def test_showing_a_plot_warns_of_nothing(checks):
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\n" + RIGHT
    answer = live.run("perceptrons", "heaviside", code, root=checks)
    assert answer["output"] == "" and len(answer["figures"]) == 1


def test_lines_can_be_tried_without_a_check(checks):
    answer = live.try_out("perceptrons", "heaviside", RIGHT, "z = np.array([-1.0, 2.0])\nheaviside(z)", root=checks)
    assert answer["output"].strip() == "array([0., 1.])" and answer["error"] is None
    answer = live.try_out("perceptrons", "heaviside", RIGHT, "heaviside(nothing)", root=checks)
    assert "nothing" in answer["error"]["plain"] and "report" not in answer


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_whole_input_of_every_visible_case_can_be_run(chapter):
    import importlib

    import numpy as np

    reference = vars(importlib.import_module(f"solutions.{chapter}"))
    for exercise in exercises(chapter):
        sheet = make_sheet(exercise, visible_only=True)
        verdict = judge(sheet, LocalStudent({**reference, exercise.name: lambda *_, **__: "nothing right"}))
        for result, told in zip(verdict.results, explain.as_data(verdict, sheet)["results"]):
            if result.passed:
                continue
            assert "..." not in told["inputs"], (exercise.id, told["case"])
            names = {"np": np, **reference}
            exec(told["inputs"], names)
            assert bool(told["try"]) == (result.trial.probe is None)
            if told["try"] and not result.trial.expected.error:
                value = eval(told["try"], names)
                same = explain.show(LocalStudent({"f": lambda value=value: value}).f())
                assert same == explain.show(result.trial.expected.value), (exercise.id, told["case"])


def test_no_input_of_a_hidden_case_is_told():
    for exercise in exercises("perceptrons"):
        sheet = make_sheet(exercise)
        verdict = judge(sheet, LocalStudent({exercise.name: lambda *_, **__: "nothing right"}))
        told = explain.as_data(verdict, sheet)["results"]
        hidden = [item for item, trial in zip(told, sheet.trials) if not trial.visible]
        assert hidden and not any("inputs" in item or "try" in item for item in hidden)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("the result is 'no error', expected 'ValueError'", "the call gives a result, expected it to raise ValueError"),
        ("w has shape (), expected (2,)", "w is a single number, expected an array of shape (2,)"),
        ("the result has the wrong form: too many values to unpack (expected 2)", "returns more values, expected 2"),
        (
            "the result has the wrong form: not enough values to unpack (expected 3, got 2)",
            "returns 2 values, expected 3",
        ),
        ("value 1 of 2 is 3, expected 4", "the first of the 2 values is 3, expected 4"),
    ],
)
def test_messages_are_told_in_plain_words(message, words):
    assert words in in_plain_words(message)


# ------------------------------------------------------------------------------------------------ what is built
def test_a_solution_is_in_the_sites_files_only_if_the_course_shows_it(tmp_path):
    class App:
        class config:  # noqa: N801 as Sphinx has it
            live_solutions = True

    solutions.write_solutions(App, tmp_path, ["perceptrons"])
    written = json.loads((tmp_path / "solutions" / "perceptrons.json").read_text(encoding="utf-8"))
    assert set(written) == {exercise.name for exercise in exercises("perceptrons")}
    for name, item in written.items():
        for source in (item["reference"], item["other"]):
            assert source.startswith(f"def {name}("), source
    App.config.live_solutions = False
    solutions.write_solutions(App, tmp_path, ["perceptrons"])
    assert list(tmp_path.iterdir()) == []


def test_the_built_site_holds_no_solution(site):
    html = site / "html"
    assert not (html / "_static" / "live" / "solutions").exists()
    assert json.loads((html / "_static" / "live" / "course.json").read_text(encoding="utf-8"))["solutions"] is False


def site_pages(site):
    html = site / "html"
    return sorted([*html.glob("chapters/*.html"), html / "search.html", html / "genindex.html"])


def test_every_page_has_a_title_a_description_and_a_preview_of_its_own(site):
    descriptions = {}
    for path in site_pages(site):
        text = path.read_text(encoding="utf-8")
        head = text.split("</head>", 1)[0]
        assert len(re.findall(r"<title>", head)) == 1
        title = re.search(r"<title>(.*?)</title>", head).group(1)
        parts = title.split(" — ")
        assert len(set(parts)) == len(parts), title
        [description] = re.findall(r'<meta name="description" content="([^"]+)"', head)
        assert 40 < len(description) <= 330, path.name  # with characters written as entities
        descriptions.setdefault(description, []).append(path.name)
        image = re.search(r'<meta property="og:image" content="([^"]+)"', head).group(1)
        assert (path.parent / image).resolve().is_file()
        assert "CC BY 4.0" in text and "Report an error" in text
    assert [names for names in descriptions.values() if len(names) > 1] == []


def test_the_map_of_the_site_holds_whole_addresses():
    text = pages.site_map("https://example.org/book/", ["chapters/intro", "genindex"])
    assert re.findall("<loc>(.*?)</loc>", text) == [
        "https://example.org/book/chapters/intro.html",
        "https://example.org/book/genindex.html",
    ]


def test_the_page_for_missing_addresses_works_under_any_address(site):
    text = (site / "html" / "404.html").read_text(encoding="utf-8")
    links = re.findall(r'(?:href|src)="([^"]+)"', text)
    assert links and all(link.startswith("/") and (site / "html" / link[1:]).is_file() for link in links)
    nested = pages.not_found("A <book>", "https://example.org/some/book/", "chapters/intro")
    assert 'href="/some/book/chapters/intro.html"' in nested and "A &lt;book&gt;" in nested


def test_the_search_knows_every_section_and_no_debris(site):
    rows = json.loads((site / "html" / "_static" / "search.json").read_text(encoding="utf-8"))
    for chapter in CHAPTERS:
        html = (site / "html" / "chapters" / f"{chapter}.html").read_text(encoding="utf-8")
        anchors = {anchor for page, anchor, *_ in rows if page == f"chapters/{chapter}.html" and anchor}
        assert anchors == set(re.findall(r'<section id="([^"]+)"', html)) - {chapter_anchor(html)}
    debris = [text for *_, text in rows if re.search(r"\\(?:mathbf|frac|sum|left|partial)|</?\w+>|\$\$", text)]
    assert debris == []


def chapter_anchor(html):
    return re.search(r'<section (?:[^>]* )?id="([^"]+)"', html.partition("<article")[2]).group(1)


def test_formulas_are_searched_as_text_or_not_at_all():
    assert search.formula(r"x + b") == "x + b"
    assert search.formula(r"\mathbf{w}") == "w"
    assert search.formula(r"\eta") == "η"
    assert search.formula(r"\frac{\partial L}{\partial w}") == "…"


def test_an_estimate_of_time_is_no_more_exact_than_it_is():
    assert [effort.about(n) for n in (7, 43, 60, 100, 155)] == [
        "about 5 minutes",
        "about 45 minutes",
        "about 1 hour",
        "about 1½ hours",
        "about 2½ hours",
    ]


def test_files_for_offline_reading_are_listed_with_their_own_hashes(site):
    import hashlib

    text = (site / "html" / "offline.js").read_text(encoding="utf-8")
    files = json.loads(re.match(r"const files = (\{.*?\});\n", text).group(1))
    for name in ("index.html", "search.html", "_static/live/main.js", *(f"chapters/{c}.html" for c in CHAPTERS)):
        content = (site / "html" / name).read_bytes()
        assert files[name] == [hashlib.sha256(content).hexdigest()[:16], len(content)], name
    assert "offline.js" not in files


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed: it runs the front end's own tests")
def test_the_front_ends_modules_do_what_their_tests_say():
    names = sorted((FRONTEND / "test").glob("*.test.js"))
    if not (FRONTEND / "node_modules" / "fflate").is_dir():
        names = [name for name in names if name.stem != "packages.test"]
    done = subprocess.run(["node", "--test", *map(str, names)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-3000:]
    assert re.search(r"^# pass [1-9]", done.stdout, re.MULTILINE)


# ---------------------------------------------------------------------------------------------------- in Chromium
@pytest.fixture(scope="module")
def web(site):
    with served(site / "html") as url:
        yield url


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, web):
    """Open a page of the site: open_page(name, width, **options of the context)."""
    contexts = []

    def opened(name, width=1300, init="", **options):
        phone = {"has_touch": True, "is_mobile": True} if width < 500 else {}
        options = {"viewport": {"width": width, "height": 844}, "service_workers": "block", **phone, **options}
        context = chromium.new_context(accept_downloads=True, **options)
        contexts.append(context)
        context.set_default_timeout(90_000)
        if init:
            context.add_init_script(init)
        tab = context.new_page()
        tab.complaints = []
        tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.on("console", lambda line: tab.complaints.append(line.text) if line.type == "error" else None)
        tab.goto(web + name)
        return tab

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def python(pyodide):
    if pyodide:
        pytest.skip(pyodide)


@pytest.fixture(scope="module")
def started(chromium, web, pyodide):
    """A page of the perceptrons chapter by its width, with Python started once for all tests that use it."""
    tabs = {}

    def tab_of(width):
        if pyodide:
            pytest.skip(pyodide)
        if width not in tabs:
            phone = {"has_touch": True, "is_mobile": True} if width < 500 else {}
            context = chromium.new_context(viewport={"width": width, "height": 844}, service_workers="block", **phone)
            context.set_default_timeout(90_000)
            tabs[width] = context.new_page()
            tabs[width].goto(web + "chapters/perceptrons.html")
        tab = tabs[width]
        tab.evaluate("""() => {
            localStorage.clear();
            dispatchEvent(new StorageEvent('storage', { key: null }));
            document.querySelectorAll('[data-exercise]').forEach(({ live }) => { live.scratch.root.hidden = true; });
        }""")
        return tab

    yield tab_of
    for tab in tabs.values():
        tab.context.close()


def exercise(tab, name, chapter="perceptrons"):
    place = tab.locator(f'[data-exercise="{chapter}.{name}"]')
    place.scroll_into_view_if_needed()
    place.locator(".cm-content").first.wait_for()
    return place


def write(place, code):
    place.locator(".cm-content").first.click()
    place.page.keyboard.press("Control+a")
    place.page.keyboard.insert_text(code)


def button(place, name):
    return place.get_by_role("button", name=name, exact=True)


def check(place, state, code=None):
    if code is not None:
        write(place, code)
    button(place, "Check").click()
    name = place.get_attribute("data-exercise")
    place.page.locator(f'[data-exercise="{name}"][data-state="{state}"]:not([aria-busy])').wait_for()


def put(name, chapter="perceptrons", **entry):
    """A script that puts an entry into the storage before the page looks at it, once."""
    key = f"dlbook/1/{chapter}.{name}"
    text = json.dumps({"code": "", "stub": "", "state": "", "passed": "", "updated": "", **entry})
    return f"localStorage.getItem({key!r}) ?? localStorage.setItem({key!r}, {json.dumps(text)});"


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 800, 1100, 1300])
def test_the_menu_and_the_contents_open(open_page, width):
    tab = open_page("chapters/perceptrons.html", width)
    assert tab.locator(".primary-toggle").count() == 1
    link = tab.locator("#pst-primary-sidebar a, #pst-primary-sidebar-modal a", has_text="Optimizers").first
    was = link.is_visible()
    tab.locator(".primary-toggle").click()
    tab.wait_for_function(
        "([link, was]) => link.checkVisibility({ visibilityProperty: true }) !== was", arg=[link.element_handle(), was]
    )
    if not was:
        link.click()
        tab.wait_for_url("**/optimizers.html")
    elif width >= 992:
        tab.locator(".primary-toggle").click()
        link.wait_for()
    if width < 1200:
        tab.locator(".secondary-toggle").click()
        tab.locator("#pst-secondary-sidebar-modal a").first.wait_for()
    assert tab.complaints == []


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_code_that_did_not_run_shows_its_error_and_nothing_else(started, width):
    place = exercise(started(width), "heaviside")
    check(place, "failed", "def heaviside(z)\n    return z\n")
    report = place.locator(".live-report").inner_text()
    assert "SyntaxError" in report and "line 1" in report
    assert "NameError" not in report and place.locator(".live-first, .live-others").count() == 0
    assert "did not run" in place.locator(".live-status").inner_text()


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_the_hint_stands_next_to_the_button_and_the_first_failing_case_is_open(started, width):
    place = exercise(started(width), "heaviside")
    check(place, "failed", WRONG)
    hint = place.locator(".live-report .live-hint").first
    top = button(place, "Check").bounding_box()
    assert 0 < hint.bounding_box()["y"] - top["y"] < 300
    first = place.locator(".live-first")
    assert "exactly zero" in first.inner_text() and hint.bounding_box()["y"] < first.bounding_box()["y"]
    others = place.locator(".live-others")
    assert others.get_attribute("open") is None and "2 more cases: 2 pass" in others.inner_text()
    button(first, "Try this call").click()
    place.locator(".live-scratch .live-output pre", has_text="array([0., 1., 1.])").wait_for()
    assert place.get_attribute("data-state") == "failed"  # nothing was checked


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_a_missing_function_is_one_sentence_with_a_link(started, width):
    tab = started(width)
    place = exercise(tab, "perceptron")
    check(place, "failed", "def perceptron(x, w, b):\n    return heaviside(x @ w + b)\n")
    missing = place.locator(".live-missing")
    assert missing.count() == 1 and "heaviside, which you have not solved yet" in missing.inner_text()
    assert place.locator(".live-first").count() == 0
    target = missing.get_by_role("link").get_attribute("href")
    assert target.partition("#")[0].endswith("chapters/perceptrons.html") and tab.locator(
        f"#{target.partition('#')[2]}"
    )


@pytest.mark.browser
def test_a_function_of_another_chapter_is_there_once_it_is_solved(open_page, python):
    init = put("heaviside", code=RIGHT, stub="x", state="passed", passed=RIGHT)
    tab = open_page("chapters/networks.html", init=init)
    place = exercise(tab, "one_hot", "networks")
    button(place, "Try it out").click()
    place.locator(".live-scratch .cm-content").click()
    tab.keyboard.press("Control+a")
    tab.keyboard.insert_text("heaviside(np.array([-1.0, 3.0]))")
    button(place, "Run").click()
    place.locator(".live-scratch .live-output pre", has_text="array([0., 1.])").wait_for()


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_what_a_stub_promises_is_read_whole(open_page, width):
    tab = open_page("chapters/optimizers.html", width)
    exercise(tab, "adam_step", "optimizers")
    tab.wait_for_function("document.querySelectorAll('[data-exercise] .cm-content').length >= 10")
    clipped = tab.evaluate("""[...document.querySelectorAll('[data-exercise] .cm-scroller, [data-exercise] pre')]
        .filter(frame => frame.scrollWidth > frame.clientWidth + 1).length""")
    assert clipped == 0


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["optimizers", "augmentation", "batchnorm"])
def test_what_is_wider_than_its_frame_shows_that_there_is_more(open_page, width, name):
    tab = open_page(f"chapters/{name}.html", width)
    tab.add_style_tag(content="section { content-visibility: visible !important }")
    tab.locator("html[data-measured]").wait_for(state="attached")
    silent = tab.evaluate("""[...document.querySelectorAll('article pre, article div.math')].filter(frame =>
        frame.checkVisibility() && frame.scrollWidth > frame.clientWidth + 2 && !frame.closest('.live-exercise')
        && !frame.classList.contains('fades-right')).map(frame => frame.textContent.slice(0, 60))""")
    assert silent == []


@pytest.mark.browser
def test_a_first_visit_fetches_nothing_but_the_page(open_page, web):
    tab = open_page("chapters/perceptrons.html", service_workers="allow")
    tab.evaluate("navigator.serviceWorker.ready.then(() => true)")
    tab.get_by_role("button", name=re.compile("Keep this book offline")).wait_for()
    kept = """(async () => {
        const urls = [];
        for (const name of await caches.keys())
            for (const request of await (await caches.open(name)).keys()) urls.push(request.url);
        return urls; })()"""
    tab.wait_for_function(f"{kept}.then(urls => urls.some(url => url.includes('perceptrons.html')))")
    urls = tab.evaluate(kept)
    assert not any("pyodide" in url or "optimizers.html" in url for url in urls)


@pytest.mark.browser
def test_the_root_and_a_visited_page_work_without_a_network(open_page, web):
    tab = open_page("", service_workers="allow")
    tab.wait_for_url("**/intro.html")
    tab.evaluate("navigator.serviceWorker.ready.then(() => true)")
    tab.goto(web)  # now through the service worker
    tab.wait_for_url("**/intro.html")
    tab.get_by_role("button", name=re.compile("Keep this book offline")).wait_for()
    tab.context.set_offline(True)
    tab.goto(web)
    tab.wait_for_url("**/intro.html")
    assert tab.locator("article h1").inner_text()


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_solved_stays_solved_and_an_old_report_says_that_it_is_old(started, web, width):
    tab = started(width)
    place = exercise(tab, "heaviside")
    check(place, "passed", RIGHT)
    write(place, WRONG)
    assert "solved" in place.locator(".live-state").inner_text()
    assert "all 3 visible cases pass" not in place.locator(".live-status").inner_text()
    check(place, "failed")
    assert "✓ solved" in place.locator(".live-state").inner_text()
    write(place, "def heaviside(z):\n    return z\n")
    place.get_by_text("You have changed your code since this report").wait_for()
    other = tab.context.new_page()
    other.goto(web + "chapters/progress.html")
    row = other.locator("#live-progress tr", has_text="✓ solved")
    row.first.wait_for()
    assert row.count() == 1
    other.close()


@pytest.mark.browser
def test_two_tabs_tell_the_same(started, web):
    tab = started(1300)
    place = exercise(tab, "heaviside")
    check(place, "failed", WRONG)
    other = tab.context.new_page()
    other.goto(web + "chapters/perceptrons.html")
    check(exercise(other, "heaviside"), "passed", RIGHT)
    tab.wait_for_function("document.querySelector('[data-exercise]').dataset.state === 'passed'")
    assert "✓ solved" in place.locator(".live-state").inner_text()
    assert "Hint" not in place.locator(".live-report").inner_text()


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_what_is_typed_while_a_check_runs_stays(open_page, python, width):
    tab = open_page("chapters/perceptrons.html", width)
    place = exercise(tab, "heaviside")
    write(place, RIGHT)
    button(place, "Check").click()
    write(place, RIGHT + "# typed meanwhile\n")
    tab.locator('[data-exercise="perceptrons.heaviside"][data-state="passed"]').wait_for()
    assert "# typed meanwhile" in place.locator(".cm-content").first.inner_text()
    tab.reload()
    place = exercise(tab, "heaviside")
    assert "# typed meanwhile" in place.locator(".cm-content").first.inner_text()
    assert "✓ solved" in place.locator(".live-state").inner_text()


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_stop_stops_its_own_exercise_also_while_python_starts(open_page, python, width):
    tab = open_page("chapters/perceptrons.html", width)
    first, second = exercise(tab, "heaviside"), exercise(tab, "perceptron")
    write(first, RIGHT)
    button(first, "Check").click()
    button(second, "Check").click()
    button(second, "Stop").click()
    second.locator(".live-status", has_text="You stopped it").wait_for()
    tab.locator('[data-exercise="perceptrons.heaviside"][data-state="passed"]').wait_for()
    assert "all 3 visible cases pass" in first.locator(".live-status").inner_text()


@pytest.mark.browser
def test_checking_twice_at_once_checks_once(started):
    tab = started(1300)
    place = exercise(tab, "heaviside")
    write(place, RIGHT)
    tab.evaluate("""() => {
        const python = document.querySelector('[data-exercise]').live.python, run = python.run.bind(python);
        window.runs = 0;
        python.run = (...request) => (window.runs++, run(...request));
    }""")
    tab.keyboard.press("Control+Enter")
    tab.keyboard.press("Control+Enter")
    tab.locator('[data-exercise="perceptrons.heaviside"][data-state="passed"]').wait_for()
    assert tab.evaluate("window.runs") == 1


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_the_help_names_the_key_of_the_readers_machine(open_page, width):
    mac = "Object.defineProperty(navigator, 'platform', { get: () => 'MacIntel' });"
    help_text = exercise(open_page("chapters/perceptrons.html", width, init=mac), "heaviside").locator(".live-help")
    assert help_text.inner_text() == (
        "" if width == 390 else "⌘+Return checks. Tab indents; Esc, then Tab leaves the editor."
    )


@pytest.mark.browser
def test_a_check_by_keyboard_keeps_the_focus(started):
    tab = started(1300)
    place = exercise(tab, "heaviside")
    write(place, RIGHT)
    button(place, "Check").focus()
    tab.keyboard.press("Enter")
    tab.locator('[data-exercise="perceptrons.heaviside"][data-state="passed"]:not([aria-busy])').wait_for()
    assert tab.evaluate("document.activeElement.textContent") == "Check"


@pytest.mark.browser
def test_an_editor_that_a_bad_network_lost_is_asked_for_again(open_page, web):
    tab = open_page("chapters/intro.html")
    lost = []

    def lose(route):
        lost.append(route.request.url)
        route.abort() if len(lost) < 3 else route.continue_()

    tab.route("**/editor.js*", lose)
    tab.goto(web + "chapters/perceptrons.html")
    exercise(tab, "heaviside")
    assert len(lost) >= 3


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_without_storage_the_reader_is_told_and_nothing_breaks(open_page, python, width):
    refuse = (
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });"
    )
    tab = open_page("chapters/perceptrons.html", width, init=refuse)
    place = exercise(tab, "heaviside")
    check(place, "passed", RIGHT)
    assert "storage is switched off" in place.locator(".live-unsaved").inner_text()
    later = exercise(tab, "perceptron")
    check(later, "passed", "def perceptron(x, w, b):\n    return heaviside(x @ w + b)\n")


@pytest.mark.browser
def test_very_long_code_is_there_after_coming_back(open_page):
    tab = open_page("chapters/perceptrons.html")
    place = exercise(tab, "heaviside")
    place.evaluate("(place, code) => { place.live.editor.text = code; }", "# a long remark\n" * 8_000 + RIGHT)
    tab.reload()
    exercise(tab, "heaviside")
    assert tab.evaluate("document.querySelector('[data-exercise]').live.code.length") > 120_000


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_hints_go_from_the_idea_to_the_formula_and_presume_no_function(open_page, width):
    tab = open_page("chapters/optimizers.html", width)
    place = exercise(tab, "adam_step", "optimizers")
    leads = place.locator(".live-step strong")
    for _ in range(3):
        button(place, "Hint").click()
    told = [lead.strip(": ") for lead in leads.all_inner_texts()]
    assert told == ["The idea", "The formula", "Now you"]
    assert place.locator(".live-steps math").count() > 0
    write(place, "def adam_step(*args, **kwargs):\n    return None\n")
    button(place, "Hint").click()
    assert leads.last.inner_text().startswith("A common mistake")


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_an_untouched_stub_is_not_marked_wrong(started, width):
    place = exercise(started(width), "heaviside")
    check(place, "failed")
    assert "not attempted yet" in place.locator(".live-status").inner_text()
    assert place.locator(".live-wrong-line").count() == 0
    assert place.locator(".live-report").inner_text().strip() == ""


@pytest.mark.browser
def test_visible_cases_are_explained_once(open_page, python):
    tab = open_page("chapters/perceptrons.html")
    place = exercise(tab, "heaviside")
    check(place, "failed", WRONG)
    assert "Visible cases are those" in place.locator(".live-status").inner_text()
    check(place, "passed", RIGHT)
    assert "Visible cases are those" not in place.locator(".live-status").inner_text()


@pytest.mark.browser
@pytest.mark.parametrize("name", ["perceptrons", "optimizers"])
def test_the_contents_mark_the_section_that_is_read(open_page, name):
    tab = open_page(f"chapters/{name}.html", 1300)
    links = tab.locator("#book-page-contents a")
    wrong = []
    for index in range(links.count() - 1):
        link = links.nth(index)
        if not link.is_visible():
            continue
        link.click()
        tab.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        at_end = tab.evaluate("innerHeight + scrollY >= document.documentElement.scrollHeight - 5")
        if link.get_attribute("aria-current") != "true" and not at_end:
            wrong.append(link.inner_text())
    assert wrong == [] and tab.locator("#book-page-contents [aria-current]").count() == 1


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_a_link_to_a_section_lands_there(open_page, web, width):
    tab = open_page("chapters/optimizers.html", width)
    ids = tab.evaluate("[...document.querySelectorAll('article section section[id]')].map(section => section.id)")
    for anchor in ids[2::4]:
        tab.goto("about:blank")
        tab.goto(f"{web}chapters/optimizers.html#{anchor}")
        tab.wait_for_load_state("load")
        tab.locator("html[data-measured]").wait_for(state="attached")
        place = tab.evaluate("id => document.getElementById(id).getBoundingClientRect().top", anchor)
        at_end = tab.evaluate("innerHeight + scrollY >= document.documentElement.scrollHeight - 5")
        assert at_end or -5 <= place <= 140, (anchor, place)


@pytest.mark.browser
def test_a_dark_page_is_printed_dark_on_light_with_all_its_code(open_page):
    tab = open_page("chapters/perceptrons.html", 1000, color_scheme="dark")
    exercise(tab, "heaviside")
    tab.emulate_media(media="print", color_scheme="dark")
    tab.wait_for_timeout(200)
    shades = tab.evaluate("""[...document.querySelectorAll('article p, article pre span, .cm-line span, article h2')]
        .filter(e => e.checkVisibility()).map(e => getComputedStyle(e).color)""")
    light = [shade for shade in shades if sum(map(int, re.findall(r"\d+", shade)[:3])) > 3 * 130]
    assert shades and light == []
    assert (
        tab.evaluate("[...document.querySelectorAll('.live-exercise button')].filter(b => b.checkVisibility()).length")
        == 0
    )
    cut = tab.evaluate("""[...document.querySelectorAll('article pre, .cm-scroller')].filter(e => e.checkVisibility()
        && e.scrollWidth > e.clientWidth + 1).map(e => e.textContent.slice(0, 60))""")
    assert cut == []


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_the_search_leads_to_the_section_that_matches(open_page, width):
    tab = open_page("search.html?q=momentum", width)
    first = tab.locator(".book-result").first
    first.wait_for()
    assert "#" in first.get_by_role("link").get_attribute("href") and first.locator("mark").count() > 0
    text = tab.locator("#book-search-results").inner_text()
    assert "\\" not in text and "annotation" not in text
    icon, field = tab.locator("article .fa-magnifying-glass").bounding_box(), tab.locator("#book-search").bounding_box()
    padding = tab.locator("#book-search").evaluate("field => parseFloat(getComputedStyle(field).paddingLeft)")
    assert icon["x"] + icon["width"] <= field["x"] + padding
    tab.locator("#book-search").fill("no such word anywhere")
    tab.get_by_text("Nothing found").wait_for()
    assert tab.complaints == []


@pytest.mark.browser
def test_the_zip_holds_the_readers_code_and_the_checks(open_page, tmp_path):
    tab = open_page("chapters/perceptrons.html")
    write(exercise(tab, "heaviside"), RIGHT)
    with tab.expect_download() as download:
        tab.get_by_role("link", name="With its checks (zip)").click()
    download.value.save_as(tmp_path / "work.zip")
    with zipfile.ZipFile(tmp_path / "work.zip") as archive:
        assert "perceptrons/checks/cases.json" in archive.namelist()
        notebook = json.loads(archive.read("perceptrons/perceptrons.ipynb"))
    sources = ["".join(cell["source"]) for cell in notebook["cells"]]
    assert RIGHT in sources


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_after_a_solved_exercise_comes_the_next(started, width):
    tab = started(width)
    place = exercise(tab, "heaviside")
    check(place, "passed", RIGHT)
    following = place.get_by_role("link", name="Next exercise: perceptron")
    following.click()
    assert tab.locator('[data-exercise="perceptrons.perceptron"]').bounding_box()["y"] < 844
    assert place.locator(".live-solution").count() == 0


@pytest.mark.browser
def test_a_course_for_self_learners_shows_the_reference_to_who_solved_or_tried_three_times(
    open_page, python, web, site
):
    course = json.loads((site / "html" / "_static" / "live" / "course.json").read_text(encoding="utf-8"))
    shown = {"course.json": {**course, "solutions": True}, "perceptrons.json": solutions.solutions("perceptrons")}
    tab = open_page("chapters/intro.html")
    for name, content in shown.items():  # as a build with `live_solutions: true` writes them
        tab.route(f"**/{name}", lambda route, _, content=content: route.fulfill(json=content))
    tab.goto(web + "chapters/perceptrons.html")
    place = exercise(tab, "heaviside")
    for attempt in range(3):
        assert place.locator(".live-solution").count() == 0
        check(place, "failed", f"def heaviside(z):\n    return z + {attempt}\n")
    place.locator(".live-solution summary", has_text="Show me a solution").click()
    place.locator(".live-solution pre").first.wait_for()
    assert place.locator(".live-solution pre").count() == 2
    check(place, "passed", RIGHT)
    place.locator(".live-solution summary", has_text="How the book writes it").wait_for()


@pytest.mark.browser
def test_a_reader_who_goes_on_to_the_next_chapter_finds_python_started(open_page, python, web):
    tab = open_page("chapters/perceptrons.html")
    exercise(tab, "heaviside").locator(".cm-content").first.click()
    tab.goto(web + "chapters/networks.html")
    for _ in range(600):  # not `wait_for_function`, which the page's policy forbids once Python may start
        if tab.evaluate("() => document.querySelector('[data-exercise]').live?.python.isReady ?? false"):
            return
        tab.wait_for_timeout(100)
    pytest.fail("Python did not start by itself")


@pytest.mark.browser
def test_headings_are_the_heavier_the_higher_they_are(open_page):
    tab = open_page("chapters/optimizers.html")
    sizes = tab.evaluate("""['h1', 'h2', 'h3'].map(tag => {
        const style = getComputedStyle(document.querySelector(`article ${tag}`));
        return [parseFloat(style.fontSize), tag === 'h1' ? 900 : parseInt(style.fontWeight)];
    })""")
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.browser
def test_the_cell_that_sets_up_plots_is_folded(open_page):
    tab = open_page("chapters/optimizers.html")
    fold = tab.locator("details.book-fold")
    assert fold.count() == 1 and fold.get_attribute("open") is None and "rcParams" in fold.text_content()


@pytest.mark.browser
def test_a_phone_has_the_keys_that_code_needs(open_page):
    tab = open_page("chapters/perceptrons.html", 390)
    place = exercise(tab, "heaviside")
    write(place, "x = f")
    for name in ("Parentheses", "Undo", "Redo", "Indent"):
        place.get_by_role("button", name=name, exact=True).click()
    assert place.locator(".cm-content").first.inner_text().strip() == "x = f()"
    sizes = place.locator(".live-key").evaluate_all("keys => keys.map(key => key.getBoundingClientRect().height)")
    assert min(sizes) >= 44


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_a_figure_can_be_enlarged_and_closed_again(open_page, width):
    tab = open_page("chapters/perceptrons.html", width)
    image = tab.locator("article img.book-can-enlarge").first
    image.scroll_into_view_if_needed()
    image.click()
    dialog = tab.locator("dialog.book-figure")
    dialog.wait_for()
    small, large = image.bounding_box(), dialog.locator("img").bounding_box()
    assert large["width"] >= small["width"]
    dialog.get_by_role("button", name="Close").click()
    assert dialog.count() == 0


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_the_front_page_lets_one_start(open_page, python, web, width):
    tab = open_page("chapters/intro.html", width)
    place = exercise(tab, "heaviside")
    check(place, "passed", RIGHT)
    card = tab.locator(".front-card", has_text="Perceptrons")
    assert "1 of" in card.inner_text() and "hour" in card.inner_text()
    assert tab.locator(".front-card").count() == len(CHAPTERS)
    card.scroll_into_view_if_needed()
    card.locator("img").evaluate("image => image.decode()")
    button(tab, "Watch it learn again").wait_for()
    card.get_by_role("link").click()
    tab.wait_for_url("**/perceptrons.html")
    assert "✓ solved" in exercise(tab, "heaviside").locator(".live-state").inner_text()
    assert tab.complaints == []


@pytest.mark.browser
def test_the_front_pages_picture_stands_still_for_those_who_want_that(open_page):
    tab = open_page("chapters/intro.html", reduced_motion="reduce")
    button(tab, "Watch it learn").wait_for()
    where = "document.querySelector('.front-line').getAttribute('y1')"
    before = tab.evaluate(where)
    tab.wait_for_timeout(600)
    assert tab.evaluate(where) == before


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_closing_questions_come_back_as_cards(open_page, web, width):
    tab = open_page("chapters/perceptrons.html", width)
    question = tab.locator("section[id^='questions'] .admonition.dropdown").first
    question.scroll_into_view_if_needed()
    question.locator(".admonition-title").click()
    button(question, "I did not").click()
    assert "You meet it again on" in question.inner_text()
    tab.goto(web + "chapters/progress.html")
    tab.get_by_text("Nothing is due").wait_for()
    tab.evaluate("""() => {
        const key = Object.keys(localStorage).find(key => key.startsWith('dlbook-recall/1/'));
        localStorage.setItem(key, JSON.stringify({ ...JSON.parse(localStorage.getItem(key)), due: '2020-01-01' }));
    }""")
    tab.reload()
    card = tab.locator(".book-card")
    card.wait_for()
    assert not card.locator(".book-answer").is_visible()
    card.get_by_role("textbox").fill("a first answer of one's own")
    button(card, "Compare with the book's answer").click()
    card.locator(".book-answer").wait_for()
    button(card, "I knew it").click()
    tab.reload()
    tab.get_by_text("Nothing is due").wait_for()


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_hardly_moves_while_it_opens_and_after_a_check(open_page, python, width):
    watch = """window.moved = 0;
    new PerformanceObserver(list => list.getEntries().forEach(e => { if (!e.hadRecentInput) window.moved += e.value; }))
        .observe({ type: 'layout-shift', buffered: true });"""
    tab = open_page("chapters/perceptrons.html", width, init=watch)
    place = exercise(tab, "heaviside")
    check(place, "failed", WRONG)
    tab.wait_for_timeout(500)
    assert tab.evaluate("window.moved") < 0.05
