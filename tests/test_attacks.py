"""Nothing that a submission does earns marks, harms another submission, or stays behind."""

import dataclasses
import io
import json
import os
import time
import zipfile
from pathlib import Path

import pytest

from autograder.grading.batch import grade_class
from autograder.grading.engine import Limits, Worker, grade
from autograder.grading.plan import make_plan
from autograder.grading.reading import read_notebook
from autograder.grading.results import read_records
from autograder.grading.sandbox import FIRST_USER
from autograder.grading.work import course

from attacks import ATTACKS, CHAPTER, FULL, POINTS, notebook, right_answers

pytestmark = pytest.mark.sandbox
LIMITS = Limits(cell_seconds=2, exercise_seconds=2, submission_seconds=40)
STATUSES = {"graded", "timeout", "out-of-memory", "crashed", "unreadable", "missing"}
each_attack = pytest.mark.parametrize("name", list(ATTACKS))


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The corpus, graded as one class; returns the folder of its results."""
    folder = tmp_path_factory.mktemp("attacks")
    only = os.environ.get("ATTACKS", "")
    for name, attack in ATTACKS.items():
        if not only or name in only.split(","):
            hand_in(folder / "submitted" / name / CHAPTER / f"{CHAPTER}.ipynb", attack.data)
    grade_class(folder / "submitted", folder / "out", workers=2, limits=LIMITS)
    return folder / "out"


def hand_in(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


@pytest.fixture(scope="module")
def records(graded):
    return {item["student"]: item for item in read_records(graded / "results.jsonl")}


@each_attack
def test_an_attack_earns_what_its_honest_answers_earn(records, name):
    attack, item = ATTACKS[name], records[name]
    assert attack.lowest <= item["score"] <= attack.highest, item
    for exercise, found in item["exercises"].items():
        assert found["max_points"] == POINTS[exercise]
        if attack.lost is not None:
            assert found["points"] == (0.0 if exercise in attack.lost else POINTS[exercise]), (exercise, item["reason"])


@each_attack
def test_an_attack_gets_a_status_and_a_reason_that_a_student_understands(records, name):
    attack, item = ATTACKS[name], records[name]
    assert item["status"] in attack.status, item["reason"]
    said = " ".join(filter(None, [item["reason"], *(e["error"] for e in item["exercises"].values())]))
    assert item["status"] == "graded" or item["reason"]
    assert "grading failed" not in said and "Traceback" not in said
    if not attack.reason.startswith("None"):
        assert attack.reason in said
    assert len(said) < 5000


@each_attack
def test_an_attack_is_done_in_time(records, name):
    assert records[name]["seconds"] < LIMITS.submission_seconds / 2


@each_attack
def test_an_attack_leaves_feedback_and_a_notebook_in_bounds(graded, records, name):
    page = graded / "feedback" / name / CHAPTER / f"{CHAPTER}.html"
    assert page.stat().st_size < 1_000_000
    assert "<script>" not in page.read_text(encoding="utf-8")
    path = graded / "autograded" / name / CHAPTER / f"{CHAPTER}.ipynb"
    assert path.stat().st_size < 20_000_000
    text = json.dumps([cell.get("outputs") for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]])
    assert "FOUND" not in text and "WRITTEN" not in text and '"traced' not in text


def test_everyone_has_one_line(records):
    assert sorted(records) == sorted(ATTACKS)


def test_no_process_of_a_submission_outlives_the_grading(graded):
    end = time.monotonic() + 5
    while strays() and time.monotonic() < end:
        time.sleep(0.1)
    assert not strays()


def strays():
    """Processes of the sandbox's users that are not below the bubblewrap of another grading."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and entry.stat().st_uid >= FIRST_USER and entry.stat().st_uid < 65_000:
                if not lives_under_another_grader(int(entry.name)):
                    found.append((entry / "cmdline").read_text())
        except (OSError, ValueError):
            continue
    return found


def lives_under_another_grader(pid):
    ancestors, sandboxed = [], False
    while pid > 1:
        status = dict(
            line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line
        )
        ancestors.append(pid)
        sandboxed = sandboxed or status["Name"].strip() == "bwrap"
        pid = int(status["PPid"])
    return sandboxed and os.getpid() not in ancestors
