"""Forgetting a student: nothing of them is left in the folder, everything of the others is."""

import csv
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile

import nbformat
import pytest

from autograder.cli import main
from autograder.grading.forget import CannotForget, forget_student, table_without
from autograder.grading.gradebook import ClassGradebook, find_own_tools
from autograder.grading.results import read_records
from autograder.notebooks.release import make_notebook
from autograder.sample_class import fill, styled_answers

CHAPTERS = ("perceptrons", "optimizers")
STUDENT, OTHER = "Zelenka Müller-고", "Zelenka Müller"  # the one's name begins with the other's
pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def graded(tmp_path_factory, run_dlbook):
    """Three students graded, with the submissions, a report and an export in the folder."""
    folder = tmp_path_factory.mktemp("class")
    for chapter in CHAPTERS:
        for student in (STUDENT, OTHER, "ada"):
            path = folder / "submitted" / student / chapter / f"{chapter}.ipynb"
            path.parent.mkdir(parents=True)
            nbformat.write(fill(chapter, styled_answers(chapter, 0)), path)
    for arguments in (("grade", folder / "submitted", "--to", folder), ("report", folder, "--pseudonyms")):
        done = run_dlbook(*arguments)
        assert done.returncode == 0, done.stderr
    with open(folder / "canvas.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["ID", "Score"], [STUDENT, 1], [f"{OTHER}@example.org", 2], ["ada", 3]])
    return folder


@pytest.fixture
def copy(graded, tmp_path):
    return shutil.copytree(graded, tmp_path / "out")


def holding(folder, name):
    """Files of a folder whose path or bytes hold a name, in UTF-8 or escaped as JSON does it."""
    forms = {name.encode(), json.dumps(name)[1:-1].encode(), name.encode("utf-16-le")}
    found = []
    for root, folders, files in os.walk(folder):
        found += [leaf for leaf in folders + files if name in leaf]
        for leaf in files:
            with open(os.path.join(root, leaf), "rb") as file:
                data = file.read()
            found += [leaf for form in forms if form in data]
    return found


def rows(folder, table="submitted_assignment", column="student_id"):
    with sqlite3.connect(folder / "gradebook.db") as connection:
        return sorted(connection.execute(f"select {column} from {table}").fetchall())


def test_nothing_of_the_student_is_left_and_all_of_the_others(copy, run_dlbook):
    assert len(holding(copy, STUDENT)) > 8
    shutil.copytree(copy / "submitted" / STUDENT, copy / "attempts" / STUDENT)
    (copy / ".results.jsonl.part").write_text(STUDENT, encoding="utf-8")
    others = {path: path.read_bytes() for path in copy.glob("*/ada/**/*") if path.is_file()}
    before = [item for item in read_records(copy / "results.jsonl") if item["student"] != STUDENT]
    grades = (len(rows(copy)), len(rows(copy, "grade", "id")))
    done = run_dlbook("forget", STUDENT, copy)
    assert done.returncode == 0, done.stderr
    for what in (
        "gradebook.db",
        "autograded",
        "feedback",
        "submitted",
        "report",
        "grades.csv",
        "canvas.csv",
        "results",
    ):
        assert what in done.stdout
    assert holding(copy, STUDENT) == []
    assert read_records(copy / "results.jsonl") == before and len(before) == 4
    assert all(path.read_bytes() == content for path, content in others.items()) and others
    assert (len(rows(copy)), len(rows(copy, "grade", "id"))) == (grades[0] * 2 / 3, grades[1] * 2 / 3)
    assert (OTHER,) in rows(copy) and OTHER in (copy / "canvas.csv").read_text(encoding="utf-8")
    assert run_dlbook("report", copy).returncode == 0


def test_an_address_in_an_export_goes_with_its_student(copy):
    forget_student(OTHER, copy)
    assert (copy / "canvas.csv").read_text(encoding="utf-8").splitlines() == ["ID,Score", f"{STUDENT},1", "ada,3"]
    assert {item["student"] for item in read_records(copy / "results.jsonl")} == {STUDENT, "ada"}


@pytest.mark.parametrize("step", ["sweep", "_remove", "_replace"])
def test_cut_off_anywhere_it_goes_on_when_run_again(copy, step):
    code = (
        "import os, sys; from autograder.grading import forget\n"
        f"forget.{step} = lambda *arguments: os._exit(9)\n"
        "forget.forget_student(sys.argv[1], sys.argv[2])"
    )
    assert subprocess.run([sys.executable, "-c", code, STUDENT, copy], timeout=120).returncode == 9
    removed, left = forget_student(STUDENT, copy)
    assert any("results.jsonl" in line for line in removed) and left == []
    assert holding(copy, STUDENT) == []


def test_a_file_that_still_has_the_name_is_pointed_out(copy, run_dlbook):
    (copy / "notes.txt").write_text(f"Call {STUDENT}!", encoding="utf-8")
    with zipfile.ZipFile(copy / "class.zip", "w") as archive:
        archive.writestr(f"{STUDENT}/perceptrons/perceptrons.ipynb", "{}")
    done = run_dlbook("forget", STUDENT, copy)
    assert done.returncode == 1 and "notes.txt still has the name" in done.stderr and "class.zip" in done.stderr


def test_loose_notebooks_and_folders_in_folders_are_the_student_s_too(copy):
    (copy / "submitted" / STUDENT).rename(copy / "submitted" / "other place")
    (copy / "submitted" / "download").mkdir()
    (copy / "submitted" / "other place").rename(copy / "submitted" / "download" / STUDENT)
    nbformat.write(make_notebook("perceptrons"), copy / "submitted" / f"{STUDENT} perceptrons.ipynb")
    forget_student(STUDENT, copy)
    assert holding(copy, STUDENT) == []
    assert (copy / "submitted" / OTHER / "perceptrons" / "perceptrons.ipynb").is_file()


def test_a_course_that_was_never_graded_here_can_forget_too(tmp_path, run_dlbook):
    find_own_tools()
    exercises = {"heaviside": {"points": 1.0}}
    with ClassGradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as book:
        book.save([{"student": name, "chapter": "perceptrons", "exercises": exercises} for name in (STUDENT, "ada")])
    (tmp_path / "submitted" / STUDENT / "perceptrons").mkdir(parents=True)
    done = run_dlbook("forget", STUDENT, tmp_path)
    assert done.returncode == 0, done.stderr
    assert holding(tmp_path, STUDENT) == [] and rows(tmp_path) == [("ada",)]


# ------------------------------------------------------------------------------------------------ bad input
@pytest.mark.parametrize(
    "student, message",
    [
        ("nobody", "is not in"),
        ("Zelenka", "is not in"),
        ("../ada", "not a student's name"),
        ("ada/perceptrons", "not a student's name"),
        ("..", "not a student's name"),
        (".", "not a student's name"),
        ("", "not a student's name"),
        ("/etc", "not a student's name"),
    ],
)
def test_a_name_that_is_none_changes_nothing(graded, student, message):
    before = snapshot(graded)
    with pytest.raises(CannotForget, match=message):
        forget_student(student, graded)
    assert snapshot(graded) == before


def snapshot(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def another_course(folder):
    with sqlite3.connect(folder / "gradebook.db") as connection:
        connection.execute("update assignment set name = 'ps' || id")


def no_gradebook(folder):
    (folder / "gradebook.db").unlink()
    with sqlite3.connect(folder / "gradebook.db") as connection:
        connection.execute("create table a (b)")


def damaged(folder):
    (folder / "gradebook.db").write_bytes(b"no database at all" * 100)


def cut(folder):
    path = folder / "results.jsonl"
    path.write_bytes(path.read_bytes()[:-100])


def empty(folder):
    (folder / "results.jsonl").unlink()
    (folder / "gradebook.db").unlink()


@pytest.mark.parametrize(
    "spoil, message",
    [
        (another_course, "is of another course"),
        (no_gradebook, "is not a gradebook"),
        (damaged, "cannot be read"),
        (cut, "is cut off"),
        (empty, "is not a graded folder"),
        (shutil.rmtree, "is not a folder"),
    ],
)
def test_an_unusable_folder_is_told_in_one_line_and_stays_as_it_is(copy, capsys, spoil, message):
    spoil(copy)
    before = snapshot(copy)
    assert message in complaint(capsys, copy)
    assert snapshot(copy) == before


@pytest.mark.parametrize("url", ["sqlite:///nowhere.db", "nonsense", "postgresql+psycopg://u:secret@127.0.0.1:1/x"])
def test_an_unusable_gradebook_is_told_without_its_password(copy, capsys, url):
    before = snapshot(copy)
    assert "secret" not in complaint(capsys, copy, "--db", url)
    assert snapshot(copy) == before


def complaint(capsys, folder, *options):
    """The one line with which the command ends."""
    with pytest.raises(SystemExit) as ended:
        main(["forget", STUDENT, str(folder), *options])
    [line] = capsys.readouterr().err.strip().splitlines()
    assert ended.value.code == 2
    return line


# ---------------------------------------------------------------------------------------------- whose a line is
TABLES_OF_13 = {
    "ours": [
        ["student", "chapter", "score"],
        ["13", "perceptrons", "2"],
        ["ada", "perceptrons", "13"],
        ["bob", "13", "1"],
    ],
    "canvas": [
        ["Student", "ID", "Perceptrons (13)"],
        ["Points Possible", "", "13"],
        ["13", "", "1"],
        ["Ada", "5", "13"],
    ],
    "moodle": [["Email address", "perceptrons"], ["13@x.org", "3"], ["ada@x.org", "13"]],
}


@pytest.mark.parametrize("lines", TABLES_OF_13.values(), ids=TABLES_OF_13)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_class_mate_who_scored_what_a_student_is_called_keeps_the_line(lines, delimiter, tmp_path):
    with open(tmp_path / "a.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(lines)
    content, count = table_without(tmp_path / "a.csv", "13")
    left = list(csv.reader(content.splitlines(), delimiter=delimiter))
    assert count == 1 and left == [line for line in lines if line[0].split("@")[0] != "13"]
