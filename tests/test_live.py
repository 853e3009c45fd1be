"""The live exercises, in a real Chromium, on the self-hosted site under a strict Content-Security-Policy."""

import base64
import importlib
import io
import json
import re
import shutil
import subprocess
import zipfile

import nbformat
import pytest
from serving import served

from autograder.exercises import CHAPTERS, exercises
from autograder.judging import explain
from autograder.judging.judge import LocalStudent, judge
from autograder.judging.sheet import make_sheet
from autograder.notebooks.chapters import ROOT
from autograder.notebooks.release import bundle, make_notebook, write_checks
from autograder.notebooks.stubs import stub
from autograder.site import page as live

RIGHT = "def heaviside(z):\n    return (z > 0) * 1.0\n"
WRONG = "def heaviside(z):\n    return (z >= 0) * 1.0\n"


# ------------------------------------------------------------------------------- the page's Python, anywhere
@pytest.fixture(scope="module")
def checks(tmp_path_factory):
    root = tmp_path_factory.mktemp("checks")
    for chapter in CHAPTERS:
        write_checks(chapter, root / chapter)
    return root


def test_an_error_is_told_with_the_line_of_the_readers_own_code(checks):
    answer = live.run("perceptrons", "heaviside", "x = 1\ndef heaviside(z):\n    return z + nothing\n", root=checks)
    assert {result["line"] for result in answer["report"]["results"]} == {3}
    answer = live.run("perceptrons", "heaviside", "x = 1\ny = x / 0\n", root=checks)
    assert answer["error"]["line"] == 2 and "ZeroDivisionError" in answer["error"]["message"]
    answer = live.run("perceptrons", "heaviside", "def heaviside(z:\n", root=checks)
    assert answer["error"]["line"] == 1 and "SyntaxError" in answer["error"]["message"]


def test_what_code_prints_is_kept_in_bounds_and_earlier_code_is_silent(checks):
    noisy = "print('earlier')\n" + RIGHT
    code = "print('x' * 50_000)\ndef perceptron(x, w, b):\n    return heaviside(x @ w + b)\n"
    answer = live.run("perceptrons", "perceptron", code, [("heaviside", noisy)], root=checks)
    assert answer["report"]["solved"]
    assert "earlier" not in answer["output"]
    assert len(answer["output"]) < 21_000 and "30001 more characters" in answer["output"]


def test_the_page_gets_the_bundle_that_released_notebooks_use(site):
    for chapter in CHAPTERS:
        with zipfile.ZipFile(site / "html" / "_static" / "live" / "checks" / f"{chapter}.zip") as archive:
            assert archive.read("checks/cases.json").decode() == bundle(chapter)
            assert not any("solutions" in name for name in archive.namelist())


# --------------------------------------------------------------------------------------------- its scripts
@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed: it rebuilds the pages' scripts")
def test_the_bundled_scripts_are_what_their_sources_give(tmp_path):
    shutil.copytree(
        ROOT / "autograder" / "site" / "frontend", tmp_path / "frontend", ignore=shutil.ignore_patterns("node_modules")
    )
    for line in (["npm", "ci", "--silent", "--no-audit", "--no-fund"], ["npm", "run", "build", "--silent"]):
        done = subprocess.run(line, cwd=tmp_path / "frontend", capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-2000:]
    kept = ROOT / "autograder" / "site" / "static" / "live"
    built = {path.name: path.read_bytes() for path in (tmp_path / "static" / "live").iterdir()}
    assert built == {path.name: path.read_bytes() for path in kept.iterdir()}, "run `make frontend` and commit"


# ---------------------------------------------------------------------------------------------- in Chromium
@pytest.fixture(scope="module")
def address(site, pyodide):
    if pyodide:
        pytest.skip(pyodide)
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
def context(chromium):
    context = chromium.new_context(viewport={"width": 1200, "height": 900}, accept_downloads=True)
    context.set_default_timeout(60_000)
    yield context
    context.close()


@pytest.fixture
def tab(context, address):
    """A page of the perceptrons chapter; ``complaints`` lists the console's errors and requests to other hosts."""
    tab = context.new_page()
    tab.complaints = []
    tab.on("console", lambda message: tab.complaints.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
    tab.on(
        "request",
        lambda request: (
            None if request.url.startswith((address, "data:", "blob:")) else tab.complaints.append(request.url)
        ),
    )
    tab.goto(address + "chapters/perceptrons.html")
    return tab


def exercise(tab, name, chapter="perceptrons"):
    place = tab.locator(f'[data-exercise="{chapter}.{name}"]')
    place.scroll_into_view_if_needed()  # an editor is made when its exercise comes near the screen
    place.locator(".cm-content").wait_for()
    return place


def write(place, code):
    place.locator(".cm-content").click()
    place.page.keyboard.press("Control+a")
    place.page.keyboard.insert_text(code)


def check(place, state, code=None):
    if code is not None:
        write(place, code)
    place.get_by_role("button", name="Check", exact=True).click()
    name = place.get_attribute("data-exercise")
    place.page.locator(f'[data-exercise="{name}"][data-state="{state}"]').wait_for()
    place.page.locator(f'[data-exercise="{name}"] button.live-main:enabled').wait_for()


@pytest.mark.browser
def test_a_reader_solves_an_exercise_and_finds_it_solved_after_coming_back(tab, address):
    place = exercise(tab, "heaviside")
    check(place, "failed", WRONG)
    report = place.locator(".live-report").inner_text()
    assert "exactly zero" in report and "Expected" in report and "Got" in report and "Hint: Look at z = 0" in report
    check(place, "passed", RIGHT)
    assert "all 3 visible cases pass" in place.locator(".live-status").inner_text()
    tab.goto(address + "chapters/networks.html")
    assert tab.locator(".bd-sidebar-primary .live-count", has_text="1/9").count() == 1
    tab.goto(address + "chapters/perceptrons.html")
    place = exercise(tab, "heaviside")
    assert place.get_attribute("data-state") == "passed"
    assert "(z > 0) * 1.0" in place.locator(".cm-content").inner_text()
    assert "1 of 9 exercises solved" in tab.locator("[data-chapter-progress]").inner_text()
    assert tab.complaints == []


@pytest.mark.browser
def test_what_a_reader_solved_is_there_for_later_exercises(tab):
    later = exercise(tab, "perceptron")
    code = "def perceptron(x, w, b):\n    return heaviside(x @ w + b)\n"
    check(later, "failed", code)
    assert "heaviside" in later.locator(".live-report").inner_text()
    check(exercise(tab, "heaviside"), "passed", RIGHT)
    check(later, "passed")


@pytest.mark.browser
def test_an_endless_loop_is_stopped_and_the_code_stays(tab):
    place = exercise(tab, "heaviside")
    check(place, "passed", RIGHT)
    loop = "def heaviside(z):\n    while True:\n        pass\n"
    write(place, loop)
    place.get_by_role("button", name="Check", exact=True).click()
    tab.wait_for_timeout(500)
    place.get_by_role("button", name="Stop", exact=True).click()
    assert "You stopped it" in place.locator(".live-status").inner_text()
    place.get_by_role("button", name="Check", exact=True).click()
    place.locator(".live-status", has_text="endless loop").wait_for(timeout=40_000)
    assert "while True" in place.locator(".cm-content").inner_text()
    check(place, "passed", RIGHT)


@pytest.mark.browser
def test_prints_and_figures_show_as_what_they_are(tab):
    place = exercise(tab, "heaviside")
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\nprint('<b id=injected>hello</b>')\n" + RIGHT
    check(place, "passed", code)
    assert place.locator(".live-output pre").inner_text().strip() == "<b id=injected>hello</b>"
    assert tab.locator("#injected").count() == 0
    assert place.locator(".live-report img").evaluate("image => image.naturalWidth") > 100


@pytest.mark.browser
def test_the_line_of_an_error_is_marked(tab):
    place = exercise(tab, "heaviside")
    check(place, "failed", "def heaviside(z):\n    y = z\n    return y + nothing\n")
    assert "nothing" in place.locator(".live-wrong-line").inner_text()
    assert "line 3" in place.locator(".live-report").inner_text()


@pytest.mark.browser
def test_reset_asks_first(tab):
    place = exercise(tab, "heaviside")
    write(place, RIGHT)
    asked = []
    tab.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    place.get_by_role("button", name="Reset", exact=True).click()
    assert "heaviside" in asked[0] and "(z > 0)" in place.locator(".cm-content").inner_text()
    tab.once("dialog", lambda dialog: dialog.accept())
    place.get_by_role("button", name="Reset", exact=True).click()
    assert "NotImplementedError" in place.locator(".cm-content").inner_text()


@pytest.mark.browser
def test_hints_come_one_at_a_time(tab):
    place = exercise(tab, "heaviside")
    for count in (1, 2):
        place.get_by_role("button", name="Hint", exact=True).click()
        assert place.locator(".live-step").count() == count


@pytest.mark.browser
def test_the_downloaded_notebook_is_graded_as_it_is(tab, tmp_path, run_dlbook):
    check(exercise(tab, "heaviside"), "passed", RIGHT)
    write(exercise(tab, "perceptron"), "def perceptron(x, w, b):\n    return (x @ w + b > 0) * 1.0\n")
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Download notebook").click()
    path = tmp_path / "submitted" / "ada" / "perceptrons" / download.value.suggested_filename
    path.parent.mkdir(parents=True)
    download.value.save_as(path)
    nbformat.validate(nbformat.read(path, as_version=4))
    done = run_dlbook("grade", tmp_path / "submitted", "--to", tmp_path / "graded", "--workers", 1, "--no-sandbox")
    assert done.returncode == 0, done.stderr
    line = json.loads((tmp_path / "graded" / "results.jsonl").read_text(encoding="utf-8"))
    solved = {name for name, item in line["exercises"].items() if item["points"] == item["max_points"]}
    assert solved == {"heaviside", "perceptron"}


@pytest.mark.browser
def test_work_moves_to_another_browser_by_a_file(tab, chromium, address, tmp_path):
    check(exercise(tab, "heaviside"), "passed", RIGHT)
    tab.goto(address + "chapters/progress.html")
    assert "1 of" in tab.locator("#live-progress").inner_text()
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Export").click()
    download.value.save_as(tmp_path / "work.json")
    saved = json.loads((tmp_path / "work.json").read_text())
    saved["exercises"]["perceptrons.<img src=x onerror=alert(1)>"] = {"code": "x", "state": "passed"}
    saved["exercises"]["perceptrons.or_gate_parameters"] = {
        "code": "<script>1</script>",
        "state": "<b>",
        "updated": "z",
    }
    (tmp_path / "work.json").write_text(json.dumps(saved))
    other = chromium.new_context()
    try:
        page = other.new_page()
        page.goto(address + "chapters/progress.html")
        page.locator("#live-progress input[type=file]").set_input_files(tmp_path / "work.json")
        page.locator("#live-progress .live-status", has_text="2 exercises taken over").wait_for()
        assert page.locator("#live-progress tr", has_text="✓ solved").count() == 1
        assert page.locator("#live-progress img, #live-progress b").count() == 0
        page.locator("#live-progress input[type=file]").set_input_files(
            {"name": "x.json", "mimeType": "application/json", "buffer": b"{}"}
        )
        page.locator("#live-progress .live-status", has_text="not a file of saved work").wait_for()
        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Delete all").click()
        assert page.locator("#live-progress tr", has_text="✓ solved").count() == 0
    finally:
        other.close()


@pytest.mark.browser
def test_a_changed_stub_keeps_the_readers_code_and_says_so(tab, address):
    entry = json.dumps(
        {"code": RIGHT, "stub": "def heaviside(x): ...", "state": "passed", "passed": RIGHT, "updated": ""}
    )
    tab.evaluate("entry => localStorage.setItem('dlbook/1/perceptrons.heaviside', entry)", entry)
    tab.reload()
    place = exercise(tab, "heaviside")
    assert "has changed since you wrote your code" in place.locator(".live-note").first.inner_text()
    assert "(z > 0)" in place.locator(".cm-content").inner_text()


@pytest.mark.browser
def test_without_javascript_the_plain_stub_shows(chromium, address):
    context = chromium.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(address + "chapters/perceptrons.html")
        place = page.locator('[data-exercise="perceptrons.heaviside"]')
        assert "raise NotImplementedError" in place.inner_text()
        assert place.get_by_role("button").count() == 0
    finally:
        context.close()


@pytest.mark.browser
def test_a_readers_code_reaches_neither_network_nor_storage_nor_page(tab):
    place = exercise(tab, "heaviside")
    probe = """
import js
from pyodide.code import run_js
names = ("caches indexedDB XMLHttpRequest WebSocket EventSource Worker SharedWorker BroadcastChannel WebTransport "
         "document window localStorage cookieStore FileReader OffscreenCanvas importScripts").split()
print([name for name in names if getattr(js, name, None) is not None])
print([name for name in ("storage", "serviceWorker", "locks", "sendBeacon") if getattr(js.navigator, name, None)])
try:
    run_js("String.prototype.slice = () => '/'")
except Exception as error:
    print(type(error).__name__)
js.fetch("https://example.org/").then(lambda r: print("REACHED"))
js.fetch(js.location.origin + "/index.html").then(lambda r: print("REACHED"))
"""
    check(place, "passed", probe + RIGHT)
    check(place, "passed")
    printed = place.locator(".live-output pre").inner_text().splitlines()
    assert printed[:2] == ["[]", "[]"]
    assert "REACHED" not in printed
    assert not any("example.org" in complaint for complaint in tab.complaints if complaint.startswith("http"))


@pytest.mark.browser
def test_a_book_that_its_reader_keeps_works_without_a_network(context, address):
    tab = context.new_page()
    tab.goto(address + "chapters/perceptrons.html")
    tab.get_by_role("button", name=re.compile("Keep this book offline")).click()
    tab.get_by_text("works without a network").wait_for()
    context.set_offline(True)
    try:
        tab.goto(address + "chapters/networks.html")
        place = exercise(tab, "one_hot", "networks")
        check(place, "failed")
        assert "not attempted yet" in place.locator(".live-status").inner_text()
    finally:
        context.set_offline(False)


# ------------------------------------------------------------------------------------------ the same verdicts
@pytest.fixture(scope="module")
def python(chromium, address):
    """Ask the page's own Python: ``python(chapter, exercise, code, earlier)`` gives its answer."""
    context = chromium.new_context()
    tab = context.new_page()
    tab.goto(address + "chapters/perceptrons.html")
    exercise(tab, "heaviside")

    def ask(requests):
        line = """async (requests) => {
            const python = document.querySelector("[data-exercise]").live.python, answers = [];
            for (const request of requests) answers.push(await python.run(request));
            return answers;
        }"""
        return tab.evaluate(line, requests)

    course = io.BytesIO()
    with zipfile.ZipFile(course, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("autograder/__init__.py", "")
        for folder in ("solutions", "autograder/exercises", "autograder/judging"):
            for path in (ROOT / folder).glob("*.py"):
                archive.write(path, path.relative_to(ROOT))
    text = base64.b64encode(course.getvalue()).decode()
    unpack = (
        f"import base64, io, sys, zipfile\ncourse = io.BytesIO(base64.b64decode('{text}'))\n"
        "zipfile.ZipFile(course).extractall('/course')\nsys.path.insert(0, '/course')\n"
        "def heaviside(z):\n    return z\n"  # a check wants the function that it is to check
    )
    answer = ask([{"chapter": "perceptrons", "exercise": "heaviside", "code": unpack, "earlier": [], "plots": False}])
    assert answer[0].get("error") is None, answer[0]
    yield ask
    context.close()


def judged_here(sheets, name, functions):
    return explain.as_data(judge(sheets[name], LocalStudent(functions)), sheets[name])


def essence(report):
    """What two verdicts must have in common; figures in texts may differ in their last digits."""
    passed = [result["passed"] for result in report["results"]]
    return report["attempted"], report["solved"], passed, report["misconceptions"]


@pytest.mark.browser
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_page_judges_every_known_answer_as_the_grader_does(python, chapter):
    reference = vars(importlib.import_module(f"solutions.{chapter}"))
    sheets = {item.name: make_sheet(item, visible_only=True) for item in exercises(chapter)}
    start = f"import solutions.{chapter} as s\nglobals().update(vars(s))\nfrom autograder.exercises import find\n"
    requests, expected = [], []

    def add(item, code, functions):
        requests.append({"chapter": chapter, "exercise": item.name, "code": code, "earlier": [], "plots": False})
        expected.append(functions if functions is None else judged_here(sheets, item.name, functions))

    for item in exercises(chapter):
        add(item, start, reference)
        untouched = {}
        exec(stub(item.reference), untouched)
        add(item, start + stub(item.reference), {**reference, item.name: untouched[item.name]})
        for number, mistake in enumerate(item.misconceptions):
            code = f"{start}{item.name} = find({chapter!r}, {item.name!r}).misconceptions[{number}].wrong\n"
            add(item, code, {**reference, item.name: mistake.wrong})
    answers = python(requests)
    different = []
    for request, answer, report in zip(requests, answers, expected):
        if answer.get("error") or answer.get("stopped"):
            different.append((request["exercise"], answer.get("error") or answer["stopped"]))
        elif essence(answer["report"]) != essence(report):
            different.append((request["exercise"], essence(answer["report"]), essence(report)))
    assert different == []


@pytest.mark.browser
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_page_and_the_command_line_agree_on_a_solved_and_on_an_empty_notebook(
    python, chapter, tmp_path, run_dlbook
):
    for kind in ("instructor", "student"):
        notebook = make_notebook(chapter, kind)
        (tmp_path / kind).mkdir()
        path = tmp_path / kind / f"{chapter}.ipynb"
        nbformat.write(notebook, path)
        reports = {
            item["exercise"]: item for item in json.loads(run_dlbook("check", path, "--json").stdout)["exercises"]
        }
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        helpers = [cell.source for cell in cells if cell.metadata.get("dlbook", {}).get("role") == "setup"][1:]
        if kind == "instructor":
            place = next(index for index, cell in enumerate(cells) if cell.metadata["dlbook"]["role"] == "setup")
            helpers = [cells[place + 1].source]
        answers = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("solution")]
        earlier, requests = [["helpers", source] for source in helpers], []
        for cell in answers:
            name = cell.metadata["nbgrader"]["grade_id"]
            requests.append(
                {"chapter": chapter, "exercise": name, "code": cell.source, "earlier": list(earlier), "plots": False}
            )
            earlier.append([name, cell.source])
        for request, answer in zip(requests, python(requests)):
            report = reports[f"{chapter}.{request['exercise']}"]
            assert essence(answer["report"]) == essence(report), request["exercise"]
            assert report["solved"] is (kind == "instructor")
