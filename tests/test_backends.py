"""Where grading may happen and where grades may go: a Dask cluster, PostgreSQL; and what when they fail."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest

from autograder.exercises import CHAPTERS, exercises
from autograder.grading.batch import grade_class
from autograder.grading.gradebook import ClassGradebook, find_own_tools
from autograder.grading.results import read_records
from autograder.sample_class import STUDENTS

CHAPTER = CHAPTERS[0]
pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def submitted(tmp_path_factory):
    """A dozen submissions of one chapter, some of them wrong or unreadable."""
    folder = tmp_path_factory.mktemp("submitted")
    for student in ("ada", "boole", "emil", "frida", "goran", "hana", "ines", "jakob", "mara", "nils", "kira", "陈伟"):
        (folder / student / CHAPTER).mkdir(parents=True)
        STUDENTS[student](folder / student / CHAPTER / f"{CHAPTER}.ipynb", CHAPTER)
    return folder


@pytest.fixture(scope="module")
def expected(submitted, tmp_path_factory):
    """The scores from local processes."""
    return scores(grade_class(submitted, with_seed(tmp_path_factory.mktemp("local")), workers=2))


@pytest.fixture
def out(tmp_path):
    """A folder to grade into, of the same course as that of ``expected``."""
    return with_seed(tmp_path)


def with_seed(folder):
    (folder / "seed.txt").write_text("the same secret in every folder\n", encoding="utf-8")
    return folder


def scores(results):
    return {item["student"]: (item["status"], item["score"]) for item in results}


# ------------------------------------------------------------------------------------------------------ Dask
@pytest.fixture(scope="module")
def cluster():
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as running:
        yield running


def test_a_dask_cluster_gives_the_same_scores(submitted, expected, cluster, out):
    results = grade_class(submitted, out, scheduler=cluster.scheduler_address)
    assert scores(results) == expected
    assert (out / "verdicts" / "goran" / f"{CHAPTER}.json").exists()


def test_a_cluster_process_that_is_killed_costs_no_submission(submitted, expected, cluster, out):
    victims = [worker.pid for worker in cluster.workers.values()]
    done = threading.Event()

    def kill_one(count, total):
        if count >= 3 and not done.is_set():
            done.set()
            os.kill(victims[0], signal.SIGKILL)

    results = grade_class(submitted, out, scheduler=cluster.scheduler_address, progress=kill_one)
    assert done.is_set() and scores(results) == expected


def test_a_scheduler_that_does_not_answer_is_told_in_one_line(submitted, tmp_path, run_dlbook):
    done = run_dlbook("grade", submitted, "--to", tmp_path, "--scheduler", "tcp://127.0.0.1:1")
    assert done.returncode == 2
    assert "no Dask scheduler answers" in done.stderr and "Traceback" not in done.stderr


# ------------------------------------------------------------------------------------------------ PostgreSQL
@pytest.fixture(scope="module")
def postgres():
    """The URL of a database on a server of our own, which no other program sees."""
    found = shutil.which("initdb") or next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))), None)
    if found is None:
        pytest.skip("PostgreSQL is not installed (Debian, Ubuntu: apt-get install postgresql)")
    tools = Path(found).resolve().parent
    folder = Path(tempfile.mkdtemp(prefix="dlbook-postgres-"))  # a short path, for the socket in it
    user = "nobody" if os.geteuid() == 0 else None  # the server refuses to run as root
    if user:
        folder.chmod(0o755)
        shutil.chown(folder, user)
    options = {"user": user, "check": True, "capture_output": True, "cwd": folder}
    subprocess.run([tools / "initdb", "-D", folder / "data", "-U", "course", "-A", "trust", "-E", "UTF8"], **options)
    settings = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    start = [tools / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log", "-o", settings, "start"]
    subprocess.run(start, **{**options, "capture_output": False, "stdout": subprocess.DEVNULL})
    try:
        subprocess.run([tools / "createdb", "-h", folder, "-U", "course", "gradebook"], **options)
        yield f"postgresql+psycopg://course@/gradebook?host={folder}"
    finally:
        subprocess.run(
            [tools / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop"], **{**options, "check": False}
        )
        shutil.rmtree(folder, ignore_errors=True)


def test_a_gradebook_in_postgresql_holds_the_same_scores(submitted, expected, postgres, out):
    find_own_tools()
    from nbgrader.api import Gradebook

    results = grade_class(submitted, out, database=postgres)
    assert scores(results) == expected
    with Gradebook(postgres) as gradebook:
        book = {s["student"]: s["score"] for s in gradebook.submission_dicts(CHAPTER)}
    assert book == pytest.approx({student: score for student, (_, score) in expected.items()})
    assert not (out / "gradebook.db").exists()


def test_a_student_is_forgotten_in_postgresql_too(submitted, postgres, out, run_dlbook):
    grade_class(submitted, out, database=postgres)
    gone, *others = sorted({item["student"] for item in read_records(out / "results.jsonl")})
    done = run_dlbook("forget", gone, out, "--db", postgres)
    assert done.returncode == 0, done.stderr
    with ClassGradebook(postgres) as book:
        assert sorted(student.id for student in book.gradebook.students) == others
    assert {item["student"] for item in read_records(out / "results.jsonl")} == set(others)


def test_a_database_that_does_not_answer_is_told_in_one_line_without_its_password(submitted, tmp_path, run_dlbook):
    url = "postgresql+psycopg://course:secret@127.0.0.1:1/gradebook"
    done = run_dlbook("grade", submitted, "--to", tmp_path, "--db", url)
    assert done.returncode == 2
    assert "cannot be opened" in done.stderr and "secret" not in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2


# -------------------------------------------------------------------------------------------- local processes
def descendants(pid):
    """Process ids of all that a process started, directly or not."""
    found, queue = [], [pid]
    while queue:
        for line in subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(queue.pop())], capture_output=True, text=True
        ).stdout.split():
            found.append(int(line))
            queue.append(int(line))
    return found


def test_a_local_process_that_is_killed_costs_no_submission(submitted, expected, out):
    killed = threading.Event()

    def kill_one(count, total):
        if count >= 3 and not killed.is_set():
            judges = [p for p in descendants(os.getpid()) if "spawn_main" in command_of(p)]
            os.kill(judges[0], signal.SIGKILL)
            killed.set()

    results = grade_class(submitted, out, workers=2, progress=kill_one)
    assert killed.is_set() and scores(results) == expected


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def test_nothing_is_left_running_when_a_class_is_graded(submitted, tmp_path, run_dlbook):
    assert run_dlbook("grade", submitted, "--to", tmp_path).returncode == 0
    time.sleep(0.5)
    left = subprocess.run(["ps", "-eo", "user,args"], capture_output=True, text=True).stdout
    assert not re.findall(rf"autograder grade {re.escape(str(submitted))}", left)
    assert len(read_records(tmp_path / "results.jsonl")) == 12
    assert sum(e.points for e in exercises(CHAPTER)) == 13
