"""Stock nbgrader on the same course: it generates the same notebook, and gives the same scores."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from autograder.exercises import CHAPTERS
from autograder.grading.batch import grade_class
from autograder.grading.course import lay_out_course
from autograder.grading.gradebook import find_own_tools
from autograder.grading.results import read_records
from autograder.notebooks.release import make_notebook
from autograder.sample_class import STUDENTS, fill, styled_answers

CHAPTER = "perceptrons"
HONEST = ("boole", "goran", "hana", "frida", "emil", "slips-once", "helper-later", "wrong-then-right")
FIRES_AT_ZERO = "def heaviside(z):\n    return (np.asarray(z) >= 0) * 1.0"
CALLS_IT = "def perceptron(x, w, b):\n    return heaviside(x @ w + b)"


def slips_once(path):
    """A wrong answer, and right ones that call it."""
    return save(path, styled_answers(CHAPTER, 0) | {"heaviside": FIRES_AT_ZERO, "perceptron": CALLS_IT})


def helper_later(path):
    """Right answers, and at the end a helper of the same name with other arguments."""
    return save(path, styled_answers(CHAPTER, 0), "def perceptron(row):\n    return row")


def wrong_then_right(path):
    """A wrong answer in its place, and a right one of the same name after the check."""
    right = styled_answers(CHAPTER, 0)
    return save(path, right | {"xor_gate": "def xor_gate(x1, x2):\n    return x1"}, right["xor_gate"])


def save(path, answers, *extra):
    path.write_text(nbformat.writes(fill(CHAPTER, answers, extra)), encoding="utf-8")


WRITERS = {"slips-once": slips_once, "helper-later": helper_later, "wrong-then-right": wrong_then_right}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """An nbgrader course with submissions of honest students, autograded by stock nbgrader."""
    folder = tmp_path_factory.mktemp("course") / "course"
    lay_out_course(folder)
    for student in HONEST:
        path = folder / "submitted" / student / CHAPTER / f"{CHAPTER}.ipynb"
        path.parent.mkdir(parents=True)
        WRITERS.get(student, lambda path, student=student: STUDENTS[student](path, CHAPTER))(path)
    find_own_tools()
    line = [str(Path(sys.executable).with_name("nbgrader")), "autograde", CHAPTER]
    done = subprocess.run(line, cwd=folder, env=os.environ, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def stock_scores(folder):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        return {
            (student, grade.cell.name.removeprefix("check-")): grade.auto_score
            for student in HONEST
            for notebook in gradebook.find_submission(CHAPTER, student).notebooks
            for grade in notebook.grades
        }


def sources(path):
    cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_stock_nbgrader_generates_the_notebook_that_the_book_releases(course, chapter):
    released = [cell.source for cell in make_notebook(chapter).cells]
    assert sources(course / "release" / chapter / f"{chapter}.ipynb") == released


@pytest.mark.sandbox
def test_stock_nbgrader_gives_every_honest_student_the_same_points(course, tmp_path):
    shutil.copy(course / "seed.txt", tmp_path)  # the same secret, so the same hidden cases
    results = grade_class(course / "submitted", tmp_path, workers=1)
    ours = {(item["student"], name): e["points"] for item in results for name, e in item["exercises"].items()}
    assert stock_scores(course) == pytest.approx(ours)
    assert len(set(ours.values())) > 3
    assert ours["slips-once", "perceptron"] == ours["boole", "perceptron"] > ours["slips-once", "heaviside"]
    assert ours["helper-later", "perceptron"] == ours["boole", "perceptron"]
    assert ours["wrong-then-right", "xor_gate"] < ours["boole", "xor_gate"]


@pytest.mark.sandbox
def test_a_student_is_told_what_an_answer_relies_on_and_which_definition_was_judged(course, tmp_path, run_dlbook):
    done = run_dlbook("grade", course / "submitted", "--to", tmp_path)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "feedback" / "slips-once" / CHAPTER / f"{CHAPTER}.html").read_text(encoding="utf-8")
    assert "Right, but it relies on your `heaviside`, which is wrong: fix that first." in page
    page = (tmp_path / "feedback" / "helper-later" / CHAPTER / f"{CHAPTER}.html").read_text(encoding="utf-8")
    assert "perceptron was judged at its check, as cell" in page
    again = run_dlbook("grade", course / "submitted", "--to", tmp_path, "--slips-cost-again")
    assert again.returncode == 0, again.stderr
    [record] = [item for item in read_records(tmp_path / "results.jsonl") if item["student"] == "slips-once"]
    found = record["exercises"]["perceptron"]
    assert found["points"] < found["max_points"] and found["explained"] != "dependency"


def test_a_tag_on_a_test_cell_earns_nothing_from_stock_nbgrader(course):
    path = course / "submitted" / "mallory" / CHAPTER / f"{CHAPTER}.ipynb"
    path.parent.mkdir(parents=True)
    notebook = make_notebook(CHAPTER)
    for cell in notebook.cells:
        cell.metadata["tags"] = ["skip-execution", "nbval-skip"]
    path.write_text(json.dumps(notebook), encoding="utf-8")
    line = [str(Path(sys.executable).with_name("nbgrader")), "autograde", CHAPTER, "--student", "mallory"]
    subprocess.run(line, cwd=course, env=os.environ, capture_output=True, check=True, timeout=300)
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission(CHAPTER, "mallory").score == 0


@pytest.mark.sandbox
def test_the_engine_as_a_preprocessor_gives_the_same_points_and_shrugs_off_a_loop(course):
    """Switched on as the comments in the configuration say."""
    config = course / "nbgrader_config.py"
    text = config.read_text(encoding="utf-8")
    start, end = text.index("# c.Autograde"), text.index("# ]") + 3
    switched = text[:start] + text[start:end].replace("# ", "") + text[end:]
    before = stock_scores(course)
    path = course / "submitted" / "leo" / CHAPTER / f"{CHAPTER}.ipynb"
    path.parent.mkdir(parents=True)
    STUDENTS["leo"](path, CHAPTER)
    try:
        config.write_text(switched, encoding="utf-8")
        line = [str(Path(sys.executable).with_name("nbgrader")), "autograde", CHAPTER, "--force"]
        done = subprocess.run(line, cwd=course, env=os.environ, capture_output=True, text=True, timeout=300)
    finally:
        config.write_text(text, encoding="utf-8")
    assert done.returncode == 0 and "endless loop" in done.stderr
    assert stock_scores(course) == pytest.approx(before)
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission(CHAPTER, "leo").score == 10


def test_an_existing_course_keeps_its_secret_and_its_configuration(course):
    seed = (course / "seed.txt").read_text(encoding="utf-8")
    with open(course / "nbgrader_config.py", "a", encoding="utf-8") as file:
        file.write("# mine\n")
    lay_out_course(course)
    assert (course / "seed.txt").read_text(encoding="utf-8") == seed
    assert "# mine" in (course / "nbgrader_config.py").read_text(encoding="utf-8")
