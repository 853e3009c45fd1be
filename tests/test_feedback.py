"""A feedback page teaches: the book's section, the line of the error, marks by hand; and keeps what it must."""

import re
import shutil

import nbformat
import pytest

from autograder.classwork import grade_and_render
from autograder.exercises import exercises
from autograder.grading.results import read_records
from autograder.reporting.book import sections
from autograder.reporting.feedback import excerpt
from autograder.reporting.render import MEAN_OF
from autograder.sample_class import STUDENTS, fill, styled_answers

CHAPTER = "perceptrons"
BOOK = "https://book.example"
STUMBLER = {
    "heaviside": "\n\nimport numpy as np\n\ndef heaviside(z):\n    return (z > 0 * 1.0\n",
    "perceptron": "\n# <b>mine</b>\ndef perceptron(x, w, b):\n    total = x @ w\n    return total + bias > 0\n",
    "perceptron_update": "def perceptron_update(w, b, x, y, learning_rate):\n    return w\n\nraise type('E' * 9999, "
    "(Exception,), {})('<i>' * 9999)\n",
    "xor_gate": "def xor_gate(x1, x2):\n    return x1 != x2\n\nundefined_helper(3)\n",
    # fails in hidden cases only: there the corners come in another order
    "or_gate_parameters": "calls = []\n\n\ndef or_gate_parameters():\n    calls.append(1)\n    return [1, 1], 1 / 0 "
    "if len(calls) > 1 else -0.5\n",
}
CLASS = ("ada", "boole", "goran", "nils")
pytestmark = pytest.mark.sandbox


def page_of(folder, student):
    return (folder / "feedback" / student / CHAPTER / f"{CHAPTER}.html").read_text(encoding="utf-8")


def part(page, name):
    """The section of one exercise."""
    return re.search(rf'<section [^>]*id="{name}".*?</section>', page, re.DOTALL)[0]


def lines(section):
    """(number, text, whether it is marked) of the code that a section shows."""
    found = re.findall(r'<span( class="here")?><i>(?:▶ )?(\d+)</i>(.*?)</span>', section)
    return [(int(number), text, bool(here)) for here, number, text in found]


@pytest.fixture(scope="module")
def submitted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    for student in (*CLASS, "mia"):
        path = folder / student / CHAPTER / f"{CHAPTER}.ipynb"
        path.parent.mkdir(parents=True)
        if student in STUDENTS:
            STUDENTS[student](path, CHAPTER)
        else:
            nbformat.write(fill(CHAPTER, styled_answers(CHAPTER, 0) | STUMBLER), path)
    return folder


@pytest.fixture(scope="module")
def graded(submitted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("graded")
    grade_and_render(submitted, folder, workers=1, book=BOOK)
    return folder


@pytest.fixture(scope="module")
def page(graded):
    return page_of(graded, "mia")


def test_each_lost_mark_links_to_the_books_section_and_each_earned_one_does_not(graded, page):
    records = {item["student"]: item for item in read_records(graded / "results.jsonl")}
    for name, exercise in records["mia"]["exercises"].items():
        title, anchor = sections(CHAPTER)[name]
        link = f'<a href="{BOOK}/chapters/{CHAPTER}.html#{anchor}">{title}</a>'
        assert (link in part(page, name)) == (exercise["points"] < exercise["max_points"])


def test_a_syntax_error_is_shown_in_the_students_own_lines(page):
    section = part(page, "heaviside")
    assert "The cell with this answer did not run to its end. SyntaxError" in section
    assert (4, "    return (z &gt; 0 * 1.0  ← here", True) in lines(section)


def test_an_error_in_a_call_is_shown_in_the_students_own_lines_and_nothing_of_them_is_markup(page):
    section = part(page, "perceptron")
    assert "NameError: name &#39;bias&#39; is not defined" in section
    assert [line for line in lines(section) if line[2]] == [(4, "    return total + bias &gt; 0  ← here", True)]
    assert "(line 4: " in section  # the same number as in the case's own words
    assert "# &lt;b&gt;mine&lt;/b&gt;" in section and "<b>" not in page


def test_a_cell_that_fails_after_the_answer_costs_nothing_and_is_not_blamed(page):
    assert 'class="solved" id="xor_gate"' in page
    assert "did not run to its end" not in part(page, "xor_gate")


def test_a_message_is_bounded_and_no_markup(page):
    section = part(page, "perceptron_update")
    assert "The cell with this answer did not run to its end. EEE" in section
    assert len(section) < 20_000 and "<i>&" not in section and "<i><" not in section


def test_an_error_in_a_hidden_case_shows_its_kind_and_no_line(page):
    section = part(page, "or_gate_parameters")
    assert "ZeroDivisionError in a case that only the grader has" in section
    assert "<pre" not in section and "division by zero" not in section


def test_of_a_hidden_group_the_page_holds_its_name_and_whether_it_passed_only(page):
    for exercise in exercises(CHAPTER):
        for group in exercise.groups:
            if not group.visible:
                [shown] = re.findall(
                    rf"<li><span[^>]*>[✓✗] {group.name}</span>(.*?)</li>", part(page, exercise.name), re.S
                )
                assert re.fullmatch(r": (not )?passed \(cases that only the grader has\)\s*", shown)


def test_without_an_address_the_section_is_named_and_not_linked(submitted, graded, tmp_path):
    shutil.copytree(graded, tmp_path / "again")
    grade_and_render(submitted, tmp_path / "again", workers=1)
    page = page_of(tmp_path / "again", "mia")
    assert "In the book: chapter “Perceptrons”, section “The step”." in part(page, "heaviside")
    assert "http" not in page


def test_the_class_mean_is_there_where_it_is_asked_for_and_goes_when_it_is_not(submitted, graded):
    assert "on average" not in page_of(graded, "ada")
    grade_and_render(submitted, graded, workers=1, book=BOOK, class_mean=True)
    assert "on average" not in page_of(graded, "ada")  # nils's file is unreadable: four is too few for a mean
    place = submitted / "emil" / CHAPTER
    place.mkdir(parents=True)
    STUDENTS["emil"](place / f"{CHAPTER}.ipynb", CHAPTER)
    results, _ = grade_and_render(submitted, graded, workers=1, book=BOOK, class_mean=True)
    scores = [item["score"] for item in results if item["status"] != "unreadable"]
    assert len(scores) == MEAN_OF
    page = page_of(graded, "ada")
    assert f"The class has {sum(scores) / MEAN_OF:.3g} on average" in page
    solved = [item["exercises"]["heaviside"]["points"] for item in results if item["status"] != "unreadable"]
    assert f"The class has {sum(solved) / MEAN_OF:.3g} of 1 on average." in part(page, "heaviside")
    grade_and_render(submitted, graded, workers=1, book=BOOK)
    assert "on average" not in page_of(graded, "ada")


@pytest.mark.parametrize(
    "source, line, text, marked",
    [
        ("def f():\n    return g\n", 2, "return g", 2),
        ("\n\ndef f():\n    return g\n", 2, "return g", 2),
        ("def f():\n    a = g\n    b = 1\n    a = g\n", 3, "a = g", 2),
        ("def f():\n    return g\n", 9, "return g", 2),
        ("def f():\n    return g\n", 2, "another text", None),
        ("def f(:\n", 1, None, 1),
        ("def f(:\n", 0, None, None),
        ("def f(:\n", 7, None, None),
        ("", 1, "x", None),
    ],
)
def test_the_marked_line_is_one_of_the_answer_or_none(source, line, text, marked):
    assert [number for number, _, here in excerpt(source, line, text) if here] == ([marked] if marked else [])


def test_a_long_answer_is_shown_around_the_line_only():
    shown = excerpt("\n".join(f"x{n} = {n}" for n in range(1, 501)) + "\n" + "y" * 1000, 250)
    assert len(shown) == 25 and shown[12] == (250, "x250 = 250", True)
