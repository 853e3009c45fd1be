"""The pages by the rules of WCAG 2.2 AA, in both colour schemes, on a small phone and by keyboard alone."""

import shutil
import subprocess

import pytest
from serving import served

from autograder.notebooks.chapters import ROOT

pytestmark = pytest.mark.browser
FRONTEND = ROOT / "autograder" / "site" / "frontend"
RULES = {"light": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"], "dark": ["color-contrast", "link-in-text-block"]}
RUN = "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']}).then(found => found.violations)"


@pytest.fixture(scope="module")
def axe():
    """The file of axe-core, in the version that the front end's lock file pins."""
    path = FRONTEND / "node_modules" / "axe-core" / "axe.min.js"
    if not path.is_file():
        if shutil.which("npm") is None:
            pytest.skip("npm is not installed, and axe-core comes with it")
        line = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(line, cwd=FRONTEND, capture_output=True, text=True, timeout=300)
        if done.returncode:
            pytest.skip(f"npm could not fetch axe-core: {done.stderr.strip().splitlines()[-1]}")
    return path


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


def pages(site):
    names = [f"chapters/{path.name}" for path in sorted((site / "html" / "chapters").glob("*.html"))]
    return [*names, "genindex.html", "search.html?q=gradient"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_breaks_a_rule_that_a_machine_can_check(chromium, web, site, axe, scheme):
    context = chromium.new_context(color_scheme=scheme, bypass_csp=True, service_workers="block")
    tab, broken = context.new_page(), []
    for name in pages(site):
        tab.goto(web + name)
        tab.add_style_tag(content="section { content-visibility: visible !important }")  # what is far below is seen too
        tab.add_script_tag(path=str(axe))
        tab.locator("html[data-measured]").wait_for(state="attached")
        for rule in tab.evaluate(RUN, RULES[scheme]):
            broken += [f"{name}: {rule['id']}: {node['html'][:120]}" for node in rule["nodes"]]
    context.close()
    assert broken == []


def test_no_page_scrolls_sideways_on_a_small_phone(chromium, web, site):
    context = chromium.new_context(viewport={"width": 320, "height": 640}, service_workers="block")
    tab, wide = context.new_page(), {}
    for name in pages(site):
        tab.goto(web + name)
        tab.evaluate("document.fonts.ready")
        width = tab.evaluate("document.documentElement.scrollWidth")
        if width > 320:
            wide[name] = width
    context.close()
    assert wide == {}


def test_an_exercise_can_be_reached_left_and_checked_with_the_keyboard_alone(chromium, web, pyodide):
    if pyodide:
        pytest.skip(pyodide)
    context = chromium.new_context(service_workers="block")
    tab = context.new_page()
    tab.goto(f"{web}chapters/perceptrons.html")
    exercise = tab.locator('[data-exercise="perceptrons.heaviside"]')
    inside = "element => element.contains(document.activeElement) && document.activeElement.matches('.cm-content')"
    for _ in range(200):
        tab.keyboard.press("Tab")
        if exercise.evaluate(inside):
            break
    assert exercise.evaluate(inside)
    tab.keyboard.press("Escape")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Check"
    tab.keyboard.press("Enter")
    tab.locator('[data-exercise="perceptrons.heaviside"][data-state="failed"]').wait_for(timeout=60_000)
    context.close()


def test_the_wide_frames_of_a_page_can_be_scrolled_with_the_keyboard(chromium, web):
    context = chromium.new_context(viewport={"width": 320, "height": 640}, bypass_csp=True, service_workers="block")
    tab = context.new_page()
    tab.goto(f"{web}chapters/second_order.html")
    frame = tab.locator("article div.math").filter(has=tab.locator("mtable")).first
    frame.scroll_into_view_if_needed()
    tab.wait_for_function(
        "[...document.querySelectorAll('article div.math, article pre')].some(frame => frame.tabIndex === 0)"
    )
    tab.wait_for_function("""[...document.querySelectorAll('article div.math')].every(frame => {
        const box = frame.getBoundingClientRect(), seen = box.bottom > 0 && box.top < innerHeight;
        return !seen || frame.scrollWidth <= frame.clientWidth || frame.tabIndex === 0;
    })""")
    context.close()
