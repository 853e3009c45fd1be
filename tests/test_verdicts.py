"""A verdict is stored whole; what is made of it later runs no student's code and keeps hidden cases hidden."""

import json
import os
import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook, get_alembic_version

from autograder.classwork import grade_and_render, render_class
from autograder.exercises import exercises
from autograder.grading import batch, work
from autograder.grading.engine import Limits
from autograder.grading.forget import forget_student
from autograder.grading.gradebook import ClassGradebook, find_own_tools
from autograder.grading.results import Results, read_records
from autograder.grading.submissions import find_submissions
from autograder.grading.verdicts import NoVerdict, read_verdict, verdict_path
from autograder.judging.sheet import make_sheet
from autograder.notebooks.release import make_notebook
from autograder.sample_class import STUDENTS, fill, styled_answers

CHAPTER = "perceptrons"
SPY = """class _Spy(Exception):
    pass


def perceptron(x, w, b):
    if not np.any(np.mod(np.asarray(w) * 4, 1)):  # the visible cases have weights such as 0.5
        return 1.0 * (np.sum(w * x, axis=-1) + b > 0)
    kind = type("Secret" + "_".join(str(v).replace(".", "_").replace("-", "m") for v in w.ravel()[:3]), (_Spy,), {})
    raise kind(f"the secret is {w.tolist()} {x.tolist()}")
"""
TWICE = "def perceptron(x, w, b):\n    return 2.0 * (np.sum(w * x, axis=-1) + b > 0)"
WRONG = {"mallory": SPY, "rita": TWICE}


@pytest.fixture(scope="module")
def submitted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    for student in ("ada", "goran", "nils", "piet", *WRONG):
        path = folder / student / CHAPTER / f"{CHAPTER}.ipynb"
        path.parent.mkdir(parents=True)
        if student in STUDENTS:
            STUDENTS[student](path, CHAPTER)
        else:
            nbformat.write(fill(CHAPTER, styled_answers(CHAPTER, 0) | {"perceptron": WRONG[student]}), path)
    return folder


@pytest.fixture(scope="module")
def graded(submitted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("graded")
    grade_and_render(submitted, folder, workers=1, sandboxed=False)
    return folder


@pytest.fixture
def runs(monkeypatch):
    """The submissions that were run, by name, as the test goes on."""
    started = []
    real = batch.run_here

    def counted(works, settings):
        return real((started.append(work.submission.student) or work for work in works), settings)

    monkeypatch.setattr(batch, "run_here", counted)
    return started


def regrade(submitted, folder, **options):
    return grade_and_render(submitted, folder, workers=1, sandboxed=False, **options)


def page(folder, student):
    return (folder / "feedback" / student / CHAPTER / f"{CHAPTER}.html").read_text(encoding="utf-8")


# ------------------------------------------------------------------------------------------------- what is stored
def test_a_verdict_holds_every_case_hidden_ones_too_with_what_was_called_expected_and_got(graded):
    seed = (graded / "seed.txt").read_text().strip()
    stored = read_verdict(graded, "goran", CHAPTER)
    for exercise in exercises(CHAPTER):
        trials = make_sheet(exercise, seed).trials
        cases = stored["exercises"][exercise.name]["cases"]
        told = [(case["group"], case["label"], case["visible"]) for case in cases]
        assert told == [(trial.group, trial.label, trial.visible) for trial in trials]
        assert all("call" in case for case, trial in zip(cases, trials) if trial.probe is None)
        assert all(case["expected"] for case in cases)
    failed = [case for case in stored["exercises"]["heaviside"]["cases"] if not case["passed"]]
    assert failed and all(case["message"] and case["got"] for case in failed)
    assert not all(case["visible"] for case in failed)
    assert stored["exercises"]["heaviside"]["hints"]
    assert "def heaviside" in stored["exercises"]["heaviside"]["source"]


def test_the_record_of_a_submission_agrees_with_its_verdict(graded):
    for record in read_records(graded / "results.jsonl"):
        stored = read_verdict(graded, record["student"], record["chapter"])
        assert (stored["status"], stored["fingerprint"]) == (record["status"], record["fingerprint"])
        for name, exercise in stored["exercises"].items():
            own = record["exercises"][name]
            assert (own["points"], own["cases"]) == (exercise["points"], len(exercise["cases"]))
            assert own["passed"] == sum(case["passed"] for case in exercise["cases"])


def test_verdicts_are_for_the_instructors_eyes_only(graded):
    assert stat.S_IMODE((graded / "verdicts").stat().st_mode) == 0o700
    files = list((graded / "verdicts").rglob("*.json"))
    assert len(files) == 6 and {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_what_a_student_writes_and_prints_is_stored_in_bounds(tmp_path):
    answers = styled_answers(CHAPTER, 0)
    flood = "print('y' * 10**6)\n\n\ndef heaviside(z):\n    raise ValueError('x' * 10**6)\n" + "# " + "z" * 500_000
    path = tmp_path / "in" / "ada" / CHAPTER / f"{CHAPTER}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(fill(CHAPTER, answers | {"heaviside": flood}), path)
    regrade(tmp_path / "in", tmp_path / "out")
    assert verdict_path(tmp_path / "out", "ada", CHAPTER).stat().st_size < 200_000
    stored = read_verdict(tmp_path / "out", "ada", CHAPTER)["exercises"]["heaviside"]
    assert stored["output"].startswith("yyy")


def test_a_student_who_is_forgotten_leaves_no_verdict(submitted, tmp_path):
    regrade(submitted, tmp_path)
    assert verdict_path(tmp_path, "goran", CHAPTER).is_file()
    _, left = forget_student("goran", tmp_path)
    assert left == [] and not (tmp_path / "verdicts" / "goran").exists()
    assert verdict_path(tmp_path, "ada", CHAPTER).is_file()


# ------------------------------------------------------------------------------------------- what students may see
def test_nothing_of_a_hidden_case_reaches_the_feedback_or_the_autograded_check(graded):
    stored = read_verdict(graded, "mallory", CHAPTER)["exercises"]["perceptron"]
    notebook = nbformat.read(graded / "autograded" / "mallory" / CHAPTER / f"{CHAPTER}.ipynb", as_version=4)
    checks = "".join(
        output.get("text", "")
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade_id", "").startswith("check-")
        for output in cell.outputs
    )
    shown = page(graded, "mallory") + checks
    hidden = [case for case in stored["cases"] if not case["visible"]]
    assert any(case.get("error", "").startswith("Secret") for case in hidden)
    assert all(case["passed"] for case in stored["cases"] if case["visible"])
    visible = json.dumps([case for case in stored["cases"] if case["visible"]])
    keys = ("error", "error_message", "label", "call", "expected")
    secrets = {case[key] for case in hidden for key in keys if key in case}
    groups = {group.name for exercise in exercises(CHAPTER) for group in exercise.groups}
    secrets = {secret for secret in secrets - groups if secret not in visible and len(secret) > 3}
    assert any("Secret" in secret for secret in secrets)
    assert not [secret for secret in secrets if secret in shown]


def test_a_relation_between_what_was_expected_and_what_came_is_stored_and_shown(graded):
    stored = read_verdict(graded, "rita", CHAPTER)["exercises"]["perceptron"]
    record = Results(graded).read("rita", CHAPTER)["exercises"]["perceptron"]
    assert "twice what is expected" in stored["relation"] and stored["explained"] == "relation"
    assert (record["relation"], record["explained"]) == (stored["relation"], stored["explained"])
    assert f"<strong>In all of it:</strong> {stored['relation']}." in page(graded, "rita")


# ------------------------------------------------------------------------------------------ made again, nothing run
def test_a_changed_address_of_the_book_writes_the_pages_again_and_runs_nothing(submitted, graded, runs):
    verdict = verdict_path(graded, "goran", CHAPTER).stat().st_mtime_ns
    regrade(submitted, graded, book="https://one.example")
    assert "https://one.example/chapters/" in page(graded, "goran")
    regrade(submitted, graded, book="https://two.example")
    assert "https://two.example/chapters/" in page(graded, "goran") and "one.example" not in page(graded, "goran")
    assert runs == [] and verdict_path(graded, "goran", CHAPTER).stat().st_mtime_ns == verdict


def test_a_mark_by_hand_and_a_late_penalty_write_one_page_again_and_run_nothing(submitted, graded, runs):
    regrade(submitted, graded)
    before = {student: page(graded, student) for student in ("ada", "goran", "nils")}
    stamps = {student: os.stat(graded / "feedback" / student / CHAPTER / f"{CHAPTER}.html").st_mtime_ns
              for student in before}  # fmt: skip
    with Gradebook(f"sqlite:///{graded / 'gradebook.db'}") as gradebook:
        gradebook.find_grade("check-heaviside", CHAPTER, CHAPTER, "goran").manual_score = 0.75
        gradebook.find_submission(CHAPTER, "goran").notebooks[0].late_submission_penalty = 1.5
        gradebook.db.commit()
    results, _ = regrade(submitted, graded)
    assert runs == []
    automatic = results.read("goran", CHAPTER)
    final = automatic["score"] - automatic["exercises"]["heaviside"]["points"] + 0.75 - 1.5
    assert f"{final:.2f}".rstrip("0").rstrip(".") in page(graded, "goran")
    assert "Marked by hand: 0.75 of 1" in page(graded, "goran") and "less 1.5 for lateness" in page(graded, "goran")
    for student in ("ada", "nils"):
        path = graded / "feedback" / student / CHAPTER / f"{CHAPTER}.html"
        assert page(graded, student) == before[student] and path.stat().st_mtime_ns == stamps[student]
    table = (graded / "grades.csv").read_text(encoding="utf-8").splitlines()
    [line] = [line for line in table if line.startswith("goran,")]
    assert float(line.split(",")[2]) == pytest.approx(final, abs=1e-4)
    with Gradebook(f"sqlite:///{graded / 'gradebook.db'}") as gradebook:
        gradebook.find_grade("check-heaviside", CHAPTER, CHAPTER, "goran").manual_score = None
        gradebook.find_submission(CHAPTER, "goran").notebooks[0].late_submission_penalty = None
        gradebook.db.commit()
    regrade(submitted, graded)
    assert page(graded, "goran") == before["goran"]


def test_a_page_that_was_deleted_or_damaged_is_made_again_and_nothing_is_run(submitted, graded, runs):
    regrade(submitted, graded)
    before = page(graded, "ada"), page(graded, "goran")
    (graded / "feedback" / "ada" / CHAPTER / f"{CHAPTER}.html").unlink()
    (graded / "feedback" / "goran" / CHAPTER / f"{CHAPTER}.html").write_bytes(b"\xff half a p")
    regrade(submitted, graded)
    assert (page(graded, "ada"), page(graded, "goran")) == before and runs == []


def test_a_later_time_of_hand_in_changes_the_record_and_runs_nothing(submitted, tmp_path, runs):
    (tmp_path / "nbgrader_config.py").touch()  # `nbgrader collect` puts the time next to the notebook
    folder = tmp_path / "submitted" / "ada" / CHAPTER
    folder.mkdir(parents=True)
    STUDENTS["ada"](folder / f"{CHAPTER}.ipynb", CHAPTER)
    regrade(tmp_path / "submitted", tmp_path / "out")
    assert runs == ["ada"] and "submitted" not in Results(tmp_path / "out").read("ada", CHAPTER)
    (folder / "timestamp.txt").write_text("2026-01-02 12:00:00 UTC", encoding="utf-8")
    regrade(tmp_path / "submitted", tmp_path / "out")
    assert runs == ["ada"]
    assert Results(tmp_path / "out").read("ada", CHAPTER)["submitted"].startswith("2026-01-02T12:00:00")
    with Gradebook(f"sqlite:///{tmp_path / 'out' / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission(CHAPTER, "ada").timestamp.isoformat() == "2026-01-02T12:00:00"


# ----------------------------------------------------------------------------------------------- what is run again
@pytest.mark.sandbox
def test_a_grade_without_the_sandbox_is_not_kept_by_a_run_with_it(submitted, tmp_path, runs):
    grade_and_render(submitted, tmp_path, workers=1, sandboxed=False)
    assert Results(tmp_path).read("ada", CHAPTER)["sandbox"] is False
    grade_and_render(submitted, tmp_path, workers=1)
    assert runs.count("ada") == 2
    assert "sandbox" not in Results(tmp_path).read("ada", CHAPTER)
    assert read_verdict(tmp_path, "ada", CHAPTER)["sandbox"] is True


def test_a_submission_whose_verdict_is_lost_is_run_again_alone(submitted, graded, runs):
    regrade(submitted, graded)
    verdict_path(graded, "ada", CHAPTER).unlink()
    regrade(submitted, graded)
    assert runs == ["ada"] and read_verdict(graded, "ada", CHAPTER)["status"] == "graded"


def test_what_can_no_longer_be_run_leaves_no_old_notebook(tmp_path):
    path = tmp_path / "in" / "ada" / CHAPTER / f"{CHAPTER}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(make_notebook(CHAPTER), path)
    regrade(tmp_path / "in", tmp_path / "out")
    autograded = tmp_path / "out" / "autograded" / "ada" / CHAPTER / f"{CHAPTER}.ipynb"
    assert autograded.is_file()
    path.write_text("no notebook any more", encoding="utf-8")
    regrade(tmp_path / "in", tmp_path / "out")
    assert not autograded.exists() and "unreadable" in page(tmp_path / "out", "ada")


def test_a_damaged_verdict_is_told_in_one_line_and_the_other_pages_are_made(submitted, graded, run_dlbook):
    regrade(submitted, graded)
    path = verdict_path(graded, "ada", CHAPTER)
    whole = path.read_bytes()
    try:
        path.write_bytes(whole[:100])
        with pytest.raises(NoVerdict, match="cannot be read"):
            read_verdict(graded, "ada", CHAPTER)
        done = run_dlbook(
            "grade", submitted, "--to", graded, "--no-sandbox", "--workers", 1, "--book", "https://x.example"
        )
        assert done.returncode == 1
        assert done.stderr.count("dlbook: ") == 1 and str(path) in done.stderr and "Traceback" not in done.stderr
        assert "https://x.example" in page(graded, "goran")
    finally:
        path.write_bytes(whole)


def test_every_module_that_can_change_a_score_is_in_the_fingerprint():
    without_a_say = {
        "__init__",
        "attempts",
        "autograded",
        "batch",
        "chapter",
        "check",
        "course",
        "forget",
        "gradebook",
        "lms",
    }
    without_a_say |= {"penalties", "pool", "preprocessor", "results", "stock", "submissions", "verdicts"}
    without_a_say |= {"files", "lock", "markup", "names", "people", "seed", "table"}
    modules = {path.stem for path in Path(work.__file__).parent.glob("*.py")}
    assert set(work.ENGINE) <= modules
    assert modules - set(work.ENGINE) <= without_a_say, "say in work.ENGINE, or here, whether a score depends on it"


@pytest.mark.parametrize(
    "change",
    [
        {"sandboxed": False},
        {"seed": "another"},
        {"limits": Limits(cell_seconds=1.0)},
    ],
)
def test_whatever_changes_a_score_changes_the_fingerprint_of_a_submission(submitted, change):
    [submission, *_] = find_submissions(submitted, [CHAPTER])
    settings = work.Settings("seed")
    before, again = (work.make_work(submission, settings).fingerprint for _ in range(2))
    assert before == again != work.make_work(submission, replace(settings, **change)).fingerprint


# ---------------------------------------------------------------------------------------------- nbgrader's gradebook
def test_a_new_gradebook_has_the_schema_and_the_stamp_that_nbgrader_gives_its_own(tmp_path):
    find_own_tools()
    schemas = []
    for name, make in (("ours", ClassGradebook), ("theirs", Gradebook)):
        with make(f"sqlite:///{tmp_path / name}"):
            pass
        with sqlite3.connect(tmp_path / name) as connection:
            tables = sorted(name for (name,) in connection.execute("select name from sqlite_master where type='table'"))
            columns = {table: connection.execute(f"pragma table_info({table})").fetchall() for table in tables}
            columns["alembic_version"] = [column[1:4] for column in columns["alembic_version"]]
            schemas.append((columns, connection.execute("select version_num from alembic_version").fetchall()))
    assert schemas[0] == schemas[1]
    assert schemas[0][1] == [(get_alembic_version(),)]


def test_an_assignment_is_registered_as_nbgraders_own_calls_would_do_it_and_kept_up_to_date(tmp_path):
    with ClassGradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as book:
        book._assignment(CHAPTER)
        gradebook = book.gradebook
        first = {cell.name: cell.id for cell in gradebook.find_notebook(CHAPTER, CHAPTER).grade_cells}
        gradebook.find_grade_cell("check-heaviside", CHAPTER, CHAPTER).max_score = 99
        gradebook.db.commit()
        book.registered.clear()
        book.assignments.clear()
        book._assignment(CHAPTER)
        notebook = gradebook.find_notebook(CHAPTER, CHAPTER)
        assert {cell.name: cell.id for cell in notebook.grade_cells} == first
        assert {cell.name: cell.max_score for cell in notebook.grade_cells} == {
            f"check-{exercise.name}": exercise.points for exercise in exercises(CHAPTER)
        }
        assert {cell.name for cell in notebook.solution_cells} == {exercise.name for exercise in exercises(CHAPTER)}
        assert len(notebook.source_cells) >= 2 * len(first)


def test_rendering_alone_needs_no_submissions(graded, tmp_path):
    assert render_class(graded, Results(graded), book="https://alone.example") == []
    assert "https://alone.example" in page(graded, "goran")
