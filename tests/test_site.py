"""The site: it opens offline, asks no other host for anything, and can be read on a phone, in the dark, by ear."""

import re
import shutil
import subprocess
import sys
import zipfile
from html import unescape

import pytest

from autograder.exercises import CHAPTERS, exercises
from autograder.site.live import write_take_away


def page(site, chapter):
    return (site / "html" / "chapters" / f"{chapter}.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_shows_every_stub_and_no_reference(site, chapter):
    html = page(site, chapter)
    for exercise in exercises(chapter):
        assert html.count(f'<span class="nf">{exercise.name}</span>') == 1
    assert html.count("tag_exercise") == len(exercises(chapter))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_figure_has_a_text_for_those_who_do_not_see_it(site, chapter):
    html = page(site, chapter)
    images = re.findall(r"<img [^>]*>", html.split("<article", 1)[1].split("</article>", 1)[0])
    assert images
    for image in images:
        text = re.search(r'alt="([^"]*)"', image)
        assert text and len(text.group(1)) > 30, image


def test_the_pages_name_no_other_host_to_load_from(site):
    for path in (site / "html").rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|img|iframe|source)[^>]* src="([^"]+)"', html)
        loaded += re.findall(r'<link[^>]* href="([^"]+)"', html)
        assert [url for url in loaded if url.startswith(("http:", "https:", "//"))] == [], path.name


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_offers_its_notebook_with_checks(site, chapter):
    link = re.search(r'class="take-away-link" download href="([^"]+)"', page(site, chapter)).group(1)
    path = (site / "html" / "chapters" / link).resolve()
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    assert f"{chapter}/{chapter}.ipynb" in names and f"{chapter}/checks/cases.json" in names


def test_the_notebook_to_take_away_is_the_same_file_whenever_it_is_made(tmp_path):
    for name in ("one", "two"):
        write_take_away("perceptrons", tmp_path / name)
    for name in ("notebooks/perceptrons.zip", "notebooks/perceptrons.ipynb", "live/checks/perceptrons.zip"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_what_the_book_shows_is_what_its_code_gives(site, chapter, tmp_path):
    """nbval runs the built notebook again and compares every output, pictures included."""
    notebook = site / "jupyter_execute" / "chapters" / f"{chapter}.ipynb"
    shutil.copy(notebook, tmp_path)
    line = [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir"]
    done = subprocess.run([*line, str(tmp_path), str(tmp_path)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:]
    assert re.search(r"\d+ passed", done.stdout)


# ---------------------------------------------------------------------------------------------- in Chromium
@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser")
    flags = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, site):
    """Open a page of the site from the disk; ``asked`` lists what it asked other hosts for."""
    contexts = []

    def open_page(name, width=1300, dark=False):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", offline=True
        )
        contexts.append(context)
        context.set_default_timeout(120_000)
        tab = context.new_page()
        tab.asked = []
        tab.on("request", lambda request: tab.asked.append(request.url))
        tab.goto(f"file://{site / 'html' / name}")
        tab.evaluate("document.fonts.ready.then(() => true)")
        return tab

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.browser
@pytest.mark.parametrize("name", ["chapters/intro.html", *(f"chapters/{chapter}.html" for chapter in CHAPTERS)])
def test_a_page_opens_offline_and_asks_no_other_host(opened, name):
    tab = opened(name)
    assert [url for url in tab.asked if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_formula_is_in_the_page_as_mathml_with_its_tex(site, chapter):
    html = page(site, chapter)
    formulas = re.findall(r'<(?:span|div) class="math notranslate nohighlight"[^>]*>\s*(.{0,12})', html)
    assert len(formulas) > 20
    assert [start for start in formulas if not start.startswith("<math")] == []
    assert html.count('<annotation encoding="application/x-tex">') == html.count("<math") == len(formulas)


def test_the_font_of_the_formulas_has_every_character_that_they_use(site):
    from fontTools.ttLib import TTFont

    known = set(TTFont(site / "html" / "_static" / "stix-two-math.woff2").getBestCmap())
    unknown = {}
    for chapter in CHAPTERS:
        for formula in re.findall(r"<math.*?</math>", page(site, chapter), re.DOTALL):
            text = unescape(re.sub(r"<annotation.*?</annotation>|<[^>]*>", "", formula, flags=re.DOTALL))
            for character in set(text) - set(map(chr, known)) - set("\n\u2061\u2063\ufe00"):
                unknown.setdefault(chapter, set()).add(f"{character} U+{ord(character):04X}")
    assert unknown == {}


@pytest.mark.browser
def test_formulas_are_drawn_with_the_sites_own_font(opened):
    tab = opened("chapters/networks.html")
    assert tab.evaluate("[...document.fonts].find(font => font.family.includes('Book Math')).status") == "loaded"


@pytest.mark.browser
@pytest.mark.parametrize("name", ["chapters/intro.html", *(f"chapters/{chapter}.html" for chapter in CHAPTERS)])
def test_a_page_fits_a_phone(opened, name):
    tab = opened(name, width=360)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.browser
def test_the_page_is_dark_where_the_reader_wants_it_dark(opened):
    def brightness(dark):
        tab = opened("chapters/perceptrons.html", dark=dark)
        colour = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, re.findall(r"\d+", colour)[:3])) / 3

    assert brightness(dark=False) > 200 > 80 > brightness(dark=True)


def test_every_link_to_a_file_of_the_site_leads_somewhere(site):
    """Every link from a page to a file of the site leads to a file that is there."""
    missing = []
    for path in [*(site / "html").glob("*.html"), *(site / "html" / "chapters").glob("*.html")]:
        for url in re.findall(r'(?:href|src)="([^"#?:]+)(?:[#?][^"]*)?"', path.read_text(encoding="utf-8")):
            place = site / "html" if url.startswith("/") else path.parent  # the 404 page answers at any depth
            if not (place / url.lstrip("/")).exists():
                missing.append(f"{path.name}: {url}")
    assert missing == []


def test_feedback_and_report_link_to_the_sections_that_the_site_has(site):
    import json

    from autograder.reporting.book import sections

    course = json.loads((site / "html" / "_static" / "live" / "course.json").read_text(encoding="utf-8"))
    for chapter in course["chapters"]:
        anchors = {exercise["name"]: exercise["anchor"] for exercise in chapter["exercises"]}
        assert {name: anchor for name, (_, anchor) in sections(chapter["name"]).items()} == anchors
