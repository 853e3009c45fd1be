"""The glossary: complete, in three languages, and shown where a chapter first uses a term, in a real Chromium."""

import re
import shutil

import pytest
from serving import served

from autograder.exercises import CHAPTERS
from autograder.notebooks import glossary as room
from autograder.notebooks.chapters import CourseError, chapter_path
from autograder.notebooks.glossary import TERM, entries_of, entry_of, glossary

HANGUL, HAN = re.compile(r"[가-힣]"), re.compile(r"[一-鿿]")
WIDTHS = [1300, 390]


def test_every_entry_has_a_definition_and_a_korean_and_a_chinese_name():
    for entry in glossary().values():
        names = dict(entry.names)
        assert entry.definition.endswith(".") and HANGUL.search(names["ko"]) and not HANGUL.search(names["zh"])


def test_entries_stand_in_alphabetical_order_once_each():
    terms = list(glossary())
    assert terms == sorted(terms)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_marks_a_term_once_and_only_terms_that_the_glossary_has(chapter):
    text = chapter_path(chapter).read_text(encoding="utf-8")
    marked = [entry_of(found, chapter).term for found in TERM.findall(text)]
    assert sorted(marked) == sorted(set(marked))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_no_korean_or_chinese_words_stand_in_a_chapters_sentences(chapter):
    text = chapter_path(chapter).read_text(encoding="utf-8")
    assert not HANGUL.search(text) and not HAN.search(text)


def test_a_term_may_be_written_in_other_words_and_an_unknown_one_is_named():
    assert entry_of("many layers <layer>", "networks").term == entry_of("Layer", "networks").term == "layer"
    assert [entry.term for entry in entries_of("a {term}`layer` and {term}`layers <layer>`", "networks")] == ["layer"]
    with pytest.raises(CourseError, match=r"chapters/networks\.md: 'lair' is not in chapters/glossary\.md"):
        entry_of("lair", "networks")


@pytest.mark.parametrize(
    "entries, match",
    [
        ("layer\n  Units.\n  {ko}`층`", "'layer' needs a definition"),
        ("layer\n  Units.\n  {ko}`층` {zh}`层`\n\nLayer\n  More.\n  {ko}`층` {zh}`层`", "has 'Layer' twice"),
    ],
)
def test_an_entry_that_is_not_complete_or_comes_twice_stops_with_its_name(tmp_path, monkeypatch, entries, match):
    path = tmp_path / "glossary.md"
    path.write_text(f"# Glossary\n\n```{{glossary}}\n{entries}\n```\n", encoding="utf-8")
    monkeypatch.setattr(room, "chapter_path", lambda name: path)
    with pytest.raises(CourseError, match=match):
        glossary.__wrapped__()


# ------------------------------------------------------------------------------------------------ the page
@pytest.fixture(scope="module")
def address(site):
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


@pytest.fixture(params=WIDTHS)
def tab(chromium, request):
    context = chromium.new_context(viewport={"width": request.param, "height": 800}, service_workers="block")
    yield context.new_page()
    context.close()


@pytest.mark.browser
def test_pointing_at_a_term_shows_its_entry_within_the_window_and_leaving_hides_it(tab, address):
    tab.goto(f"{address}/chapters/networks.html")
    for link in tab.locator("article a:has(.glossary-term)").all():
        link.scroll_into_view_if_needed()
        link.hover()
        tip = tab.locator(".term-tip")
        tip.wait_for()
        box, width = tip.bounding_box(), tab.viewport_size["width"]
        assert 0 <= box["x"] and box["x"] + box["width"] <= width
        assert tip.locator('[lang="ko"]').count() == tip.locator('[lang="zh"]').count() == 1
        assert link.get_attribute("aria-describedby") == "term-tip"
        tab.mouse.move(1, 1)
        tip.wait_for(state="detached")


@pytest.mark.browser
def test_the_keyboard_opens_an_entry_and_escape_closes_it(tab, address):
    tab.goto(f"{address}/chapters/networks.html")
    link = tab.locator("article a:has(.glossary-term)").first
    link.focus()
    tip = tab.locator(".term-tip")
    tip.wait_for()
    assert glossary()[link.inner_text().lower()].definition in tip.inner_text()
    tab.keyboard.press("Escape")
    tip.wait_for(state="detached")


@pytest.mark.browser
def test_a_first_tap_shows_the_entry_and_a_second_one_opens_the_glossary(chromium, address):
    context = chromium.new_context(viewport={"width": 390, "height": 800}, has_touch=True, service_workers="block")
    tab = context.new_page()
    tab.goto(f"{address}/chapters/networks.html")
    link = tab.locator("article a:has(.glossary-term)").first
    link.tap()
    tab.locator(".term-tip").wait_for()
    assert tab.url.endswith("networks.html")
    link.tap()
    tab.wait_for_url("**/glossary.html#term-*")
    context.close()


@pytest.mark.browser
def test_the_glossary_names_the_language_of_foreign_words(tab, address):
    tab.goto(f"{address}/chapters/glossary.html")
    found = {lang: tab.locator(f'dl.glossary [lang="{lang}"]').count() for lang in ("ko", "zh")}
    assert found == {"ko": len(glossary()), "zh": len(glossary())}
