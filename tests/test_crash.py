"""A grader that is killed at any moment goes on where it stopped: nothing lost, nothing twice, the same gradebook."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from autograder.exercises import CHAPTERS
from autograder.grading.batch import grade_class
from autograder.grading.results import read_records
from autograder.sample_class import STUDENTS

CHAPTER = CHAPTERS[0]
MOMENTS = 50
pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def submitted(tmp_path_factory):
    """Thirty submissions, of which two are unreadable."""
    folder = tmp_path_factory.mktemp("submitted")
    for number in range(10):
        for student in ("boole", "goran", "nils" if number < 2 else "frida"):
            place = folder / f"{student} {number}" / CHAPTER
            place.mkdir(parents=True)
            STUDENTS[student](place / f"{CHAPTER}.ipynb", CHAPTER)
    return folder


def with_seed(folder):
    (folder / "seed.txt").write_text("the same secret in every folder\n", encoding="utf-8")
    return folder


def gradebook(folder):
    query = """select student.id, grade_cell.id, grade.auto_score from grade
        join submitted_notebook on grade.notebook_id = submitted_notebook.id
        join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id
        join student on submitted_assignment.student_id = student.id
        join base_cell as grade_cell on grade.cell_id = grade_cell.id"""
    query = query.replace("grade_cell.id, ", "grade_cell.name, ")
    with sqlite3.connect(folder / "gradebook.db") as connection:
        return sorted(connection.execute(query).fetchall())


def essential(records):
    return [{key: item[key] for key in ("student", "status", "score", "reason", "exercises")} for item in records]


@pytest.mark.parametrize("moments", [10, pytest.param(50, marks=pytest.mark.slow)])
def test_a_grader_killed_at_many_moments_ends_with_the_gradebook_of_an_undisturbed_run(
    submitted, tmp_path_factory, moments
):
    calm, stormy = with_seed(tmp_path_factory.mktemp("calm")), with_seed(tmp_path_factory.mktemp("stormy"))
    expected = list(grade_class(submitted, calm, workers=2))
    rng = random.Random(moments)
    line = [sys.executable, "-m", "autograder", "grade", str(submitted), "--to", str(stormy), "--workers", "2"]
    kills, results = 0, stormy / "results.jsonl"
    while kills < moments:
        process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        # the moments lie all over a run's life: its start, its work, its last writes
        graded = len(read_records(results))
        deadline = time.monotonic() + rng.uniform(0.2, 6.0)
        while process.poll() is None and time.monotonic() < deadline:
            if rng.random() < 0.5 and len(read_records(results)) > graded + rng.randrange(4):
                break
            time.sleep(0.02)
        if process.poll() is not None:  # it came to its end: take some of its work away and go on
            forget(results, rng)
            continue
        kill(process, rng)
        kills += 1
    assert subprocess.run(line, stdout=subprocess.DEVNULL, timeout=300).returncode == 0
    found = read_records(results)
    assert essential(found) == essential(expected)
    assert len(results.read_text(encoding="utf-8").splitlines()) == 30
    assert gradebook(stormy) == gradebook(calm)


def kill(process, rng):
    """Kill the grader alone, or all its processes at once, as when the power goes."""
    if rng.random() < 0.5:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def forget(results, rng):
    """Take some lines out of the results, and cut the last one off, as a power failure may."""
    lines = results.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if rng.random() < 0.6]
    results.write_text("".join(kept)[:-20], encoding="utf-8")
