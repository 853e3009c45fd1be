"""Grading a class: everyone gets their line, right work its marks, faults their reason."""

import csv
import json
import re
import sqlite3
import subprocess
import zipfile

import nbformat
import pytest

from autograder.exercises import exercises
from autograder.grading.gradebook import find_own_tools
from autograder.grading.results import Results, read_records
from autograder.notebooks.release import make_notebook
from autograder.sample_class import STUDENTS, fill, mistakes, reference_answers, styled_answers, write_class

CHAPTER = "perceptrons"
SAMPLED = ("perceptrons", "optimizers")
FULL = {chapter: sum(exercise.points for exercise in exercises(chapter)) for chapter in SAMPLED}
pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def graded(tmp_path_factory, run_dlbook):
    """The sample class, graded on the command line; returns its folder."""
    folder = tmp_path_factory.mktemp("class")
    write_class(folder / "submitted", SAMPLED)
    done = run_dlbook("grade", folder / "submitted", "--to", folder / "out")
    assert done.returncode == 0, done.stderr
    assert "Most frequent misconceptions" in done.stdout
    return folder


@pytest.fixture(scope="module")
def records(graded):
    return {(item["student"], item["chapter"]): item for item in read_records(graded / "out" / "results.jsonl")}


def test_every_submission_gets_exactly_one_line(graded, records):
    lines = (graded / "out" / "results.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(records) == 2 * len(STUDENTS)


@pytest.mark.parametrize("chapter", SAMPLED)
@pytest.mark.parametrize("student", ["ada", "boole", "陈伟", "김 하나", "mara"])
def test_right_answers_in_any_style_and_from_any_program_earn_full_marks(records, student, chapter):
    item = records[student, chapter]
    assert (item["status"], item["score"], item["max_score"]) == ("graded", FULL[chapter], FULL[chapter])


@pytest.mark.parametrize("chapter", SAMPLED)
def test_an_untouched_notebook_earns_nothing(records, chapter):
    item = records["emil", chapter]
    assert (item["status"], item["score"]) == ("graded", 0.0)
    assert not any(exercise["attempted"] or exercise["error"] for exercise in item["exercises"].values())


EXPECTED = {
    ("goran", "perceptrons.heaviside"): "fires-at-zero",
    ("goran", "perceptrons.xor_network_parameters"): "first-bias-negative",
    ("goran", "optimizers.sgd_step"): "gradient-ascent",
    ("goran", "optimizers.adam_step"): "t-from-zero",
    ("hana", "perceptrons.nand_gate_parameters"): "bias-not-negated",
    ("hana", "perceptrons.train_perceptron"): "stops-early",
    ("ines", "perceptrons.perceptron"): "bias-subtracted",
    ("ines", "perceptrons.perceptron_update"): "sign-reversed",
    ("ines", "optimizers.sgd_step"): "changes-its-input",
    ("ines", "optimizers.adagrad_step"): "eps-inside-root",
    ("jakob", "optimizers.adam_step"): "no-bias-correction",
}


@pytest.mark.parametrize("student, exercise", EXPECTED)
def test_a_mistake_is_named_and_costs_marks(records, student, exercise):
    chapter, name = exercise.split(".")
    assert exercise in mistakes.MISTAKES[student]
    found = records[student, chapter]["exercises"][name]
    assert found["misconceptions"] == [EXPECTED[student, exercise]]
    assert found["points"] < found["max_points"]


@pytest.mark.parametrize(
    "student, status, reason",
    [
        ("kira", "crashed", "process ended"),
        ("leo", "timeout", "endless loop"),
        ("nils", "unreadable", "broken JSON"),
        ("olga", "unreadable", "web page"),
        ("piet", "missing", "no notebook was handed in"),
    ],
)
def test_trouble_gets_its_status_and_a_reason(records, student, status, reason):
    for chapter in SAMPLED:
        assert records[student, chapter]["status"] == status
        assert reason in records[student, chapter]["reason"]


@pytest.mark.parametrize("student, lost", [("kira", 0), ("leo", -1)])
def test_a_fault_costs_its_own_exercise_only(records, student, lost):
    found = dict(records[student, CHAPTER]["exercises"])
    assert found.pop(list(styled_answers(CHAPTER, 0))[lost])["points"] == 0
    others = found.values()
    assert all(exercise["points"] == exercise["max_points"] for exercise in others if not exercise["error"])
    assert sum(exercise["points"] for exercise in others) >= FULL[CHAPTER] / 2


def test_the_gradebook_and_the_table_agree_with_the_results(graded, records):
    find_own_tools()
    from nbgrader.api import Gradebook

    with open(graded / "out" / "grades.csv", encoding="utf-8", newline="") as file:
        table = {(row["student"], row["chapter"]): float(row["score"]) for row in csv.DictReader(file)}
    with Gradebook(f"sqlite:///{graded / 'out' / 'gradebook.db'}") as gradebook:
        book = {(s["student"], c): s["score"] for c in SAMPLED for s in gradebook.submission_dicts(c)}
        assert not any(s["needs_manual_grade"] for c in SAMPLED for s in gradebook.submission_dicts(c))
    scores = {key: item["score"] for key, item in records.items()}
    assert table == scores
    assert book == pytest.approx(scores)


def test_stock_nbgrader_exports_the_same_scores(graded, records, tmp_path):
    import os
    import sys
    from pathlib import Path

    find_own_tools()
    line = [str(Path(sys.executable).with_name("nbgrader")), "export", "--db"]
    line.append(f"sqlite:///{graded / 'out' / 'gradebook.db'}")
    subprocess.run(line, cwd=tmp_path, check=True, capture_output=True, env=os.environ, timeout=120)
    with open(tmp_path / "grades.csv", encoding="utf-8", newline="") as file:
        exported = {(row["student_id"], row["assignment"]): float(row["score"]) for row in csv.DictReader(file)}
    assert exported == pytest.approx({key: item["score"] for key, item in records.items()})


def test_autograded_notebooks_are_valid_and_hold_every_check(graded):
    for student in ("ada", "goran", "mara", "frida"):
        path = graded / "out" / "autograded" / student / CHAPTER / f"{CHAPTER}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        ids = [c.metadata.nbgrader.grade_id for c in notebook.cells if "nbgrader" in c.metadata]
        assert sorted(ids) == sorted(n for e in exercises(CHAPTER) for n in (e.name, f"check-{e.name}"))


def test_feedback_explains_visible_cases_and_keeps_hidden_ones(graded):
    html = (graded / "out" / "feedback" / "goran" / "optimizers" / "optimizers.html").read_text(encoding="utf-8")
    assert "expected" in html and "Hint." in html and "points" in html
    for exercise in exercises("optimizers"):
        for group in exercise.groups:
            assert group.visible or group.name in html
    hidden = re.findall(r"\(cases that only the grader has\)(.*?)</li>", html, re.DOTALL)
    assert hidden and not any("<dl>" in part for part in hidden)


def test_whoever_could_not_be_graded_gets_feedback_too(graded):
    for student in ("nils", "olga", "piet"):
        html = (graded / "out" / "feedback" / student / CHAPTER / f"{CHAPTER}.html").read_text(encoding="utf-8")
        assert f"0 of {FULL[CHAPTER]:g} points" in html


def test_a_second_run_grades_nothing_again(graded, run_dlbook):
    before = (graded / "out" / "results.jsonl").read_text(encoding="utf-8")
    stamp = (graded / "out" / "autograded" / "ada" / CHAPTER / f"{CHAPTER}.ipynb").stat().st_mtime_ns
    assert run_dlbook("grade", graded / "submitted", "--to", graded / "out").returncode == 0
    assert (graded / "out" / "results.jsonl").read_text(encoding="utf-8") == before
    assert (graded / "out" / "autograded" / "ada" / CHAPTER / f"{CHAPTER}.ipynb").stat().st_mtime_ns == stamp


# ---------------------------------------------------------------------------------------------- smaller classes
@pytest.fixture
def grade(tmp_path, run_dlbook):
    """Grade {student: notebook, text or bytes} of one chapter; returns the records by student."""

    def run(submissions, *options, chapter=CHAPTER, to="out"):
        for student, content in submissions.items():
            path = tmp_path / "submitted" / student / chapter / f"{chapter}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            if not isinstance(content, (str, bytes)):
                content = nbformat.writes(content)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        done = run_dlbook("grade", tmp_path / "submitted", "--to", tmp_path / to, *options)
        assert done.returncode == 0, done.stderr
        return {item["student"]: item for item in read_records(tmp_path / to / "results.jsonl")}

    return run


def test_a_changed_submission_is_graded_again_and_the_others_are_not(grade, tmp_path):
    right = fill(CHAPTER, reference_answers(CHAPTER))
    first = grade({"ada": make_notebook(CHAPTER), "emil": make_notebook(CHAPTER)})
    stamp = (tmp_path / "out" / "autograded" / "emil" / CHAPTER / f"{CHAPTER}.ipynb").stat().st_mtime_ns
    second = grade({"ada": with_helpers(right)})
    assert first["ada"]["score"] == 0 and second["ada"]["score"] == FULL[CHAPTER]
    assert (tmp_path / "out" / "autograded" / "emil" / CHAPTER / f"{CHAPTER}.ipynb").stat().st_mtime_ns == stamp
    assert first["emil"] == second["emil"]


def with_helpers(notebook):
    """The notebook with the instructor's cell of helpers at its top."""
    from autograder.notebooks.stubs import helpers

    notebook.cells.insert(0, nbformat.v4.new_code_cell("import numpy as np\n\n\n" + helpers(CHAPTER)))
    return notebook


def test_manual_scores_survive_a_regrade(grade, tmp_path):
    grade({"ada": make_notebook(CHAPTER)})
    database = tmp_path / "out" / "gradebook.db"
    with sqlite3.connect(database) as connection:
        connection.execute("update grade set manual_score = 0.5 where auto_score = 0")
    grade({"ada": with_helpers(fill(CHAPTER, reference_answers(CHAPTER)))})
    with sqlite3.connect(database) as connection:
        rows = connection.execute("select auto_score, manual_score from grade").fetchall()
    assert sum(auto for auto, _ in rows) == FULL[CHAPTER]
    assert {manual for _, manual in rows} == {0.5}


def test_a_zip_file_is_graded_as_its_folder_is(grade, tmp_path, run_dlbook):
    grade({"ada": make_notebook(CHAPTER), "김 하나": with_helpers(fill(CHAPTER, reference_answers(CHAPTER)))})
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        for path in (tmp_path / "submitted").rglob("*.ipynb"):
            archive.write(path, f"download/{path.relative_to(tmp_path / 'submitted')}")
    done = run_dlbook("grade", tmp_path / "class.zip", "--to", tmp_path / "zipped", "--workers", 1)
    assert done.returncode == 0, done.stderr
    scores = [
        {r["student"]: r["score"] for r in read_records(tmp_path / to / "results.jsonl")} for to in ("out", "zipped")
    ]
    assert scores[0] == scores[1] == {"ada": 0.0, "김 하나": FULL[CHAPTER]}


def test_without_the_sandbox_the_results_say_so(grade):
    item = grade({"ada": make_notebook(CHAPTER)}, "--no-sandbox")["ada"]
    assert item["status"] == "graded" and item["sandbox"] is False


def test_a_line_that_was_cut_off_is_graded_again(grade, tmp_path):
    grade({"ada": make_notebook(CHAPTER), "emil": make_notebook(CHAPTER)})
    path = tmp_path / "out" / "results.jsonl"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[: whole.rindex("{") - 40], encoding="utf-8")
    assert set(grade({})) == {"ada", "emil"}
    assert [json.loads(line)["student"] for line in path.read_text(encoding="utf-8").splitlines()] == ["ada", "emil"]


def test_a_name_from_an_experiment_of_the_book_is_there_for_an_answer_that_needs_it(grade):
    answers = reference_answers(CHAPTER)
    answers["xor_gate"] = "def xor_gate(x1, x2):\n    assert CORNERS.shape == (4, 2)\n    return (x1 != x2) * 1.0"
    item = grade({"ada": with_helpers(fill(CHAPTER, answers))})["ada"]
    assert item["exercises"]["xor_gate"]["points"] == 1.0


def test_what_a_student_prints_and_draws_is_kept_in_bounds(grade, tmp_path):
    cells = [
        "print('hello from a cell')",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
        "print('x' * 10**7)",
    ]
    cells += ["%timeit -n1 -r1 pass", "!echo shell works"]
    grade({"ada": fill(CHAPTER, {}, extra=cells)})
    text = (tmp_path / "out" / "autograded" / "ada" / CHAPTER / f"{CHAPTER}.ipynb").read_text(encoding="utf-8")
    assert "hello from a cell" in text and "image/png" in text and "shell works" in text
    assert len(text) < 1_000_000


def test_results_of_another_kind_in_the_folder_are_left_out(tmp_path):
    (tmp_path / "results.jsonl").write_text('{"a": 1}\nnot json\n[1]\n', encoding="utf-8")
    assert list(Results(tmp_path)) == []


# ------------------------------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    "make, message",
    [
        (lambda folder: folder / "nowhere", "does not exist"),
        (lambda folder: folder, "holds no notebooks"),
        (lambda folder: write(folder / "class.zip", "not a zip"), "not a zip file"),
    ],
)
def test_unusable_input_is_told_in_one_line(tmp_path, run_dlbook, make, message):
    (tmp_path / "in").mkdir()
    done = run_dlbook("grade", make(tmp_path / "in"), "--to", tmp_path / "out")
    assert done.returncode == 2
    assert message in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out" / "results.jsonl").exists()


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path
