"""Submissions as Canvas, Moodle and Blackboard hand them out: names, ids, lateness, attempts."""

import json
import zipfile

import nbformat
import pytest

from autograder.exercises import CHAPTERS, exercises
from autograder.grading.gradebook import find_own_tools
from autograder.grading.lms import recognize
from autograder.grading.results import read_records
from autograder.grading.submissions import find_submissions
from autograder.notebooks.release import make_notebook
from autograder.sample_class import fill, styled_answers

CHAPTER, OTHER = "perceptrons", "initialization"
FULL = float(sum(exercise.points for exercise in exercises(CHAPTER)))


@pytest.fixture(scope="module")
def texts():
    """Notebooks as text: right, untouched, without metadata, of another chapter."""
    right = nbformat.writes(fill(CHAPTER, styled_answers(CHAPTER, 0)))
    nameless = json.loads(right) | {"metadata": {}}
    for cell in nameless["cells"]:
        cell["metadata"] = {}
    other = nbformat.writes(fill(OTHER, styled_answers(OTHER, 0)))
    return {
        "right": right,
        "empty": nbformat.writes(make_notebook(CHAPTER)),
        "nameless": json.dumps(nameless),
        "other": other,
    }


@pytest.fixture
def pack(tmp_path):
    def write(files, name="submissions.zip"):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for path, content in files.items():
                archive.writestr(path, content)
        return tmp_path / name

    return write


@pytest.fixture
def graded(tmp_path, run_dlbook):
    """Grade a download into DIR; returns the records by (student, chapter)."""

    def run(source, *options):
        done = run_dlbook("grade", source, "--to", tmp_path / "out", "--workers", 1, *options)
        assert done.returncode == 0, done.stderr
        return {(item["student"], item["chapter"]): item for item in read_records(tmp_path / "out" / "results.jsonl")}

    return run


def found(source):
    return {(s.student, s.chapter): s for s in find_submissions(source, CHAPTERS)}


# ------------------------------------------------------------------------------------------------------ Canvas
def canvas(texts):
    return {
        "lovelaceada_12345_67890_perceptrons.ipynb": texts["empty"],
        "lovelaceada_LATE_12345_67999_perceptrons-1.ipynb": texts["right"],
        "lovelaceada_777_68000_perceptrons.ipynb": texts["empty"],
        "müllerzoë_42_68001_Perceptrons final (2).ipynb": texts["right"],
        "陈伟_43_68002_homework_1_2_.ipynb": texts["nameless"],
        "陈伟_43_68003_initialization.ipynb": texts["other"],
        "anon_x1Y2z_LATE_68004_perceptrons.ipynb": texts["right"],
        "doejohn_99_68005_my answer.pdf": "%PDF",
    }


@pytest.mark.sandbox
def test_a_download_of_canvas_is_graded_with_its_ids_its_late_marks_and_the_latest_attempt(
    texts, pack, graded, tmp_path
):
    records = graded(pack(canvas(texts)))
    scores = {key: (item["score"], item["late"]) for key, item in records.items() if item["status"] == "graded"}
    assert scores == {
        ("lovelaceada_12345", CHAPTER): (FULL, True),
        ("lovelaceada_777", CHAPTER): (0.0, False),
        ("müllerzoë_42", CHAPTER): (FULL, False),
        ("陈伟_43", CHAPTER): (FULL, False),
        ("陈伟_43", OTHER): (records["陈伟_43", OTHER]["max_score"], False),
        ("anon_x1Y2z", CHAPTER): (FULL, True),
    }
    kept = tmp_path / "out" / "attempts" / "lovelaceada_12345" / CHAPTER
    assert [path.read_text(encoding="utf-8") for path in sorted(kept.iterdir())] == [texts["empty"], texts["right"]]
    assert "2 attempts" in records["lovelaceada_12345", CHAPTER]["reason"]
    assert "not a notebook" in records["doejohn_99", "unknown"]["reason"]


@pytest.mark.sandbox
def test_an_older_download_does_not_undo_a_later_attempt(texts, pack, graded):
    later = pack({"lovelaceada_LATE_12_900_perceptrons-1.ipynb": texts["right"]}, "later.zip")
    earlier = pack({"lovelaceada_12_800_perceptrons.ipynb": texts["empty"]}, "earlier.zip")
    graded(later)
    item = graded(earlier)["lovelaceada_12", CHAPTER]
    assert (item["score"], item["late"]) == (FULL, True)


def test_a_folder_of_students_is_not_taken_for_canvas(texts, pack):
    assert set(found(pack({"ada_1_2_x/perceptrons/perceptrons.ipynb": "", "bob/perceptrons/a_1_2_b.ipynb": ""}))) == {
        ("ada_1_2_x", CHAPTER),
        ("bob", CHAPTER),
    }


# ------------------------------------------------------------------------------------------------------ Moodle
@pytest.mark.parametrize("flat", [False, True])
def test_a_download_of_moodle_is_understood_in_folders_and_flat(texts, pack, flat):
    slash = "" if flat else "/"
    subs = found(
        pack(
            {
                f"Ada Lovelace_101_assignsubmission_file_{slash}perceptrons.ipynb": texts["right"],
                f"Ada Lovelace_102_assignsubmission_file_{slash}perceptrons.ipynb": texts["empty"],
                f"Zoë O'Neil-Müller_103_assignsubmission_file_{slash}Untitled.ipynb": texts["nameless"],
                f"Zoë O'Neil-Müller_103_assignsubmission_file_{slash}initialization.ipynb": texts["other"],
                f"Group 1-김 하나_104_assignsubmission_file_{slash}notes.txt": "no notebook",
                "Ada Lovelace_101_assignsubmission_onlinetext_/onlinetext.html": "<p>",
            }
        )
    )
    assert set(subs) == {
        ("Ada Lovelace_101", CHAPTER),
        ("Ada Lovelace_102", CHAPTER),
        ("Zoë O'Neil-Müller_103", CHAPTER),
        ("Zoë O'Neil-Müller_103", OTHER),
        ("Group 1-김 하나_104", "unknown"),
    }
    assert subs["Ada Lovelace_101", CHAPTER].handed.user == "Participant 101"
    assert "not a notebook" in subs["Group 1-김 하나_104", "unknown"].problem


# -------------------------------------------------------------------------------------------------- Blackboard
def blackboard(texts):
    start = "Week_3_Perceptrons_{}_attempt_2026-01-{}-10-15-00"
    receipt = "Name: Ada B. ({0})\nAssignment: Week_3 Perceptrons\nDate Submitted: Saturday\n\nFiles:\n"
    return {
        start.format("ada_b", 29) + ".txt": receipt.format("ada_b"),
        start.format("ada_b", 29) + "_perceptrons.ipynb": texts["empty"],
        start.format("ada_b", 31) + ".txt": receipt.format("ada_b"),
        start.format("ada_b", 31) + "_perceptrons.ipynb": texts["right"],
        start.format("b", 30) + ".txt": receipt.format("b"),
        start.format("b", 30) + "_x.ipynb": texts["nameless"],
    }


@pytest.mark.sandbox
def test_blackboard_s_times_reach_the_gradebook_and_nbgrader_s_late_penalty_applies(
    texts, pack, graded, tmp_path, run_dlbook
):
    find_own_tools()
    from nbgrader.api import Gradebook

    source, out = pack(blackboard(texts)), tmp_path / "out"
    records = graded(source)
    assert {key: item["score"] for key, item in records.items()} == {("ada_b", CHAPTER): FULL, ("b", CHAPTER): FULL}
    assert records["ada_b", CHAPTER]["submitted"] == "2026-01-31T10:15:00"
    assert len(list((out / "attempts" / "ada_b" / CHAPTER).iterdir())) == 2
    with Gradebook(f"sqlite:///{out / 'gradebook.db'}") as book:
        book.update_or_create_assignment(CHAPTER, duedate="2026-01-31 00:00:00")
    (out / "nbgrader_config.py").write_text(
        'c = get_config()\nc.LateSubmissionPlugin.penalty_method = "zero"\n', encoding="utf-8"
    )
    graded(source)
    with Gradebook(f"sqlite:///{out / 'gradebook.db'}") as book:
        late, punctual = (book.find_submission(CHAPTER, name) for name in ("ada_b", "b"))
        assert (late.total_seconds_late, late.late_submission_penalty) == (10 * 3600 + 15 * 60, FULL)
        assert (punctual.total_seconds_late, punctual.late_submission_penalty) == (0, 0)
    done = run_dlbook("export", out, "--format", "csv", "--to", tmp_path / "a.csv", "--chapter", CHAPTER)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "a.csv").read_text(encoding="utf-8")
    assert f"ada_b,,,,perceptrons,0,13,{FULL:g},{FULL:g},2026-01-31 10:15:00," in text


def test_blackboard_s_user_names_may_have_underscores(texts, pack):
    files = blackboard(texts)
    assert set(found(pack(files))) == {("ada_b", CHAPTER), ("b", CHAPTER)}
    without = {name: text for name, text in files.items() if not name.endswith(".txt")}
    assert set(found(pack(without))) == {("ada_b", CHAPTER), ("b", CHAPTER)}
    alone = {name: text for name, text in files.items() if "ada_b" in name}
    assert set(found(pack(alone))) == {("ada_b", CHAPTER)}


# -------------------------------------------------------------------------------------------------- protections
def test_what_leads_out_of_a_download_is_told_and_not_read(pack):
    subs = found(pack({"../lovelaceada_1_2_perceptrons.ipynb": "{}"}))
    assert [s.file.problem for s in subs.values()] == ["its place in the zip file leads out of it"]
    bomb = found(pack({"Week_ada_attempt_2026-01-31-10-15-00_perceptrons.ipynb": "{}"}))
    assert set(bomb) == {("ada", CHAPTER)}


def test_a_name_from_a_system_cannot_lead_out_of_the_folder(tmp_path, pack):
    (s,) = found(pack({"Week_.._attempt_2026-01-31-10-15-00_perceptrons.ipynb": "{}"})).values()
    assert s.student not in ("..", ".", "") and "/" not in s.student


def test_files_of_no_system_are_recognised_as_none():
    assert recognize([], [], CHAPTERS).systems == set()
