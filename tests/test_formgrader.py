"""nbgrader's own tools on the course: the exchange, the formgrader in a browser, marks by hand that stay."""

import csv
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.grading.course import COURSE_ID, lay_out_course
from autograder.grading.gradebook import find_own_tools
from autograder.grading.results import read_records
from autograder.sample_class import STUDENTS

CHAPTER = "perceptrons"
COMMENT = "A good start: <look> again at z = 0."
pytestmark = [pytest.mark.browser, pytest.mark.sandbox]


class Course:
    """A private nbgrader course with its exchange, and the tools that work on it."""

    def __init__(self, folder):
        self.root, self.exchange, self.student = folder / "course", folder / "exchange", folder / "student"
        find_own_tools()
        private = {"CONFIG_DIR": "config", "DATA_DIR": "data", "RUNTIME_DIR": "runtime"}
        self.environment = {**os.environ, **{f"JUPYTER_{k}": str(folder / "jupyter" / v) for k, v in private.items()}}
        self.environment["IPYTHONDIR"] = str(folder / "ipython")
        lay_out_course(self.root, [CHAPTER])
        self.exchange.mkdir()
        self.exchange.chmod(0o777)  # as nbgrader wants it
        self.student.mkdir()

    def nbgrader(self, *arguments, where=None):
        """Run one of nbgrader's commands; returns what it said."""
        line = [tool("nbgrader"), *arguments, f"--Exchange.root={self.exchange}"]
        done = subprocess.run(
            line, cwd=where or self.root, env=self.environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stderr

    def gradebook(self):
        return Gradebook(f"sqlite:///{self.root / 'gradebook.db'}")

    def exported(self):
        self.nbgrader("export")
        with open(self.root / "grades.csv", encoding="utf-8", newline="") as file:
            return {row["student_id"]: row for row in csv.DictReader(file)}

    def feedback(self, student):
        return (self.root / "feedback" / student / CHAPTER / f"{CHAPTER}.html").read_text(encoding="utf-8")


def tool(name):
    return str(Path(sys.executable).with_name(name))


@pytest.fixture(scope="module")
def course(tmp_path_factory, run_dlbook):
    """A course in which one student came through the exchange and stock autograde, and two through `dlbook grade`."""
    made = Course(tmp_path_factory.mktemp("nbgrader"))
    made.nbgrader("release_assignment", CHAPTER)
    where, course_option = made.student, f"--course={COURSE_ID}"
    made.nbgrader("fetch_assignment", CHAPTER, course_option, where=where)
    STUDENTS["goran"](where / CHAPTER / f"{CHAPTER}.ipynb", CHAPTER)
    made.nbgrader("submit", CHAPTER, course_option, where=where)
    made.nbgrader("collect", CHAPTER)
    [made.stock] = [path.name for path in (made.root / "submitted").iterdir()]
    made.nbgrader("autograde", CHAPTER)
    for student in ("goran", "ada"):
        place = made.root / "submitted" / student / CHAPTER
        place.mkdir(parents=True)
        STUDENTS[student](place / f"{CHAPTER}.ipynb", CHAPTER)
    made.grade = lambda *options: run_dlbook("grade", made.root / "submitted", "--to", made.root, *options)
    done = made.grade()
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture(scope="module")
def server(course):
    """The address of JupyterLab in the course's folder, with the formgrader that nbgrader installs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    line = [tool("jupyter-lab"), "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"]
    line += ["--ServerApp.port_retries=0", "--IdentityProvider.token=", f"--ServerApp.root_dir={course.root}"]
    log = open(course.student / "server.log", "w")
    process = subprocess.Popen(line, cwd=course.root, env=course.environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            assert process.poll() is None, (course.student / "server.log").read_text()[-2000:]
            try:
                urllib.request.urlopen(f"{address}/formgrader/api/status", timeout=5).close()
                break
            except OSError:
                time.sleep(0.25)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


@pytest.fixture(scope="module")
def page(server):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 1280, "height": 900})
        browser.close()


def test_stock_autograde_and_our_engine_fill_the_same_gradebook_with_the_same_score(course):
    with course.gradebook() as gradebook:
        scores = {s["student"]: s["score"] for s in gradebook.submission_dicts(CHAPTER)}
    assert scores[course.stock] == pytest.approx(scores["goran"], abs=1e-3)
    assert scores["goran"] < scores["ada"] == 13


def test_the_formgrader_shows_each_students_score(course, server, page):
    page.goto(f"{server}/formgrader/manage_submissions/{CHAPTER}")
    page.wait_for_selector("td >> text=goran", timeout=60_000)
    rows = [row.split("\t") for row in page.locator("tbody").inner_text().splitlines()]
    shown = {row[1].strip(): row[4].strip() for row in rows if len(row) > 4}
    assert shown == {course.stock: "10.33 / 13", "goran": "10.33 / 13", "ada": "13 / 13"}


@pytest.fixture(scope="module")
def by_hand(course, server, page):
    """The course after marks and a comment in the formgrader, as a grader writes them there, and a changed answer."""
    for student in ("goran", course.stock):
        with course.gradebook() as gradebook:
            notebook = gradebook.find_submission(CHAPTER, student).notebooks[0].id
        page.goto(f"{server}/formgrader/submissions/{notebook}/", wait_until="networkidle")
        for field, value, kind in (
            ("check-heaviside", "0.75", "grade"),
            ("heaviside-comment", COMMENT, "comment"),
            ("check-train_perceptron_extra_credit", "2", "grade"),
        ):
            change(page, f'[id="{field}"]', value, kind)
    STUDENTS["hana"](course.root / "submitted" / "goran" / CHAPTER / f"{CHAPTER}.ipynb", CHAPTER)
    done = course.grade()
    assert done.returncode == 0, done.stderr
    return course


def change(page, field, value, kind):
    """Write into a field of the formgrader's page, and wait until it is saved."""

    def is_saved(response):
        return f"/api/{kind}/" in response.url and response.request.method == "PUT"

    with page.expect_response(is_saved, timeout=60_000) as saved:
        page.locator(field).fill(value)
        page.keyboard.press("Tab")
    assert saved.value.ok


def test_marks_and_comments_from_the_formgrader_survive_a_regrade(by_hand):
    with by_hand.gradebook() as gradebook:
        changed = gradebook.find_grade("check-perceptron_update", CHAPTER, CHAPTER, "goran")
        assert changed.auto_score == 2  # goran's first answer was wrong, and hana's is right
        for student in ("goran", by_hand.stock):
            grade = gradebook.find_grade("check-heaviside", CHAPTER, CHAPTER, student)
            assert (grade.manual_score, grade.score) == (0.75, 0.75)
            assert gradebook.find_grade("check-train_perceptron", CHAPTER, CHAPTER, student).extra_credit == 2
            assert gradebook.find_comment("heaviside", CHAPTER, CHAPTER, student).comment == COMMENT


def test_marks_and_comments_from_the_formgrader_reach_the_feedback(by_hand):
    page = by_hand.feedback("goran")
    assert "Marked by hand: 0.75 of 1; the checks gave 1." in page
    assert "A good start: &lt;look&gt; again at z = 0." in page
    assert "Extra credit: 2." in page
    assert "changed by hand" in page
    assert "by hand" not in by_hand.feedback("ada")
    by_hand.nbgrader("generate_feedback", CHAPTER, f"--student={by_hand.stock}", "--force")
    assert "again at z = 0." in by_hand.feedback(by_hand.stock)


def test_marks_from_the_formgrader_and_lateness_reach_nbgraders_export(by_hand):
    rows = by_hand.exported()
    with by_hand.gradebook() as gradebook:
        expected = {s["student"]: s["score"] for s in gradebook.submission_dicts(CHAPTER)}
    assert {student: float(row["score"]) for student, row in rows.items()} == pytest.approx(expected)
    results = {item["student"]: item["score"] for item in read_records(by_hand.root / "results.jsonl")}
    assert float(rows["goran"]["score"]) == pytest.approx(results["goran"] - 0.25 + 2)
    assert float(rows["ada"]["score"]) == 13


def test_a_mark_that_is_taken_back_leaves_the_feedback(by_hand):
    with by_hand.gradebook() as gradebook:
        for name in ("check-heaviside", "check-train_perceptron"):
            grade = gradebook.find_grade(name, CHAPTER, CHAPTER, "goran")
            grade.manual_score, grade.extra_credit = None, None
        gradebook.find_comment("heaviside", CHAPTER, CHAPTER, "goran").manual_comment = None
        gradebook.db.commit()
    assert by_hand.grade().returncode == 0
    assert "hand" not in by_hand.feedback("goran").partition("<main>")[2]


LATE = """
from nbgrader.plugins import BasePlugin


class OnePoint(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 1.0


c.AssignLatePenalties.plugin_class = OnePoint
"""


def test_nbgraders_late_penalty_holds_for_our_engine_by_the_time_of_collection(by_hand):
    with open(by_hand.root / "nbgrader_config.py", "a", encoding="utf-8") as file:
        file.write(LATE)
    with by_hand.gradebook() as gradebook:
        gradebook.update_or_create_assignment(CHAPTER, duedate="2026-01-01 12:00:00 UTC")
    place = by_hand.root / "submitted" / "ada" / CHAPTER
    (place / "timestamp.txt").write_text("2026-01-02 12:00:00 UTC", encoding="utf-8")  # as `nbgrader collect` does
    done = by_hand.grade()
    assert done.returncode == 0, done.stderr
    assert float(by_hand.exported()["ada"]["score"]) == 12
    assert "12 of 13 points</strong>: 13 from the checks, less 1 for lateness" in by_hand.feedback("ada")
