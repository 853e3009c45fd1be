"""One run at a time on a folder, its secret kept, and what the system refuses told in one line."""

import json
import os
import signal
import sqlite3
import subprocess
import sys

import nbformat
import pytest

from autograder.cli import main
from autograder.errors import line_for, printable
from autograder.exercises import CHAPTERS
from autograder.grading.gradebook import ClassGradebook
from autograder.grading.lock import LOCK, OWNER, InUse, hold
from autograder.grading.results import guarded
from autograder.grading.seed import NoSeed, course_seed
from autograder.notebooks.release import make_notebook

CHAPTER = CHAPTERS[0]


@pytest.fixture
def command(capsys):
    """Run the command line in this process; returns its exit code and what it wrote to stderr."""

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(list(map(str, arguments)))
        return ended.value.code, capsys.readouterr().err

    return run


@pytest.fixture
def graded(tmp_path):
    """What a folder looks like after grading, as far as the commands look before they take the lock."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "results.jsonl").write_text("", encoding="utf-8")
    return tmp_path / "out"


@pytest.fixture
def submitted(tmp_path):
    path = tmp_path / "in" / "ada" / CHAPTER / f"{CHAPTER}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(make_notebook(CHAPTER), path)
    return tmp_path / "in"


@pytest.fixture
def other_run(graded):
    """A process that holds the folder, as a grader does; killed at the end."""
    code = (
        "import sys; from autograder.grading.lock import hold\n"
        "with hold(sys.argv[1], 'grade'): print('held', flush=True); sys.stdin.read()"
    )
    line = [sys.executable, "-c", code, str(graded)]
    process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


COMMANDS = {
    "grade": lambda source, out: ("grade", source, "--to", out),
    "forget": lambda source, out: ("forget", "ada", out),
    "report": lambda source, out: ("report", out),
    "export": lambda source, out: ("export", out, "--format", "csv", "--to", out / "a.csv"),
}


@pytest.mark.sandbox
@pytest.mark.parametrize("name", COMMANDS)
def test_a_second_run_on_a_folder_is_told_who_holds_it(name, other_run, submitted, graded, command):
    before = sorted(graded.iterdir())
    code, said = command(*COMMANDS[name](submitted, graded))
    assert (code, len(said.strip().splitlines())) == (2, 1)
    assert "`dlbook grade` of" in said and f"(process {other_run.pid})" in said and str(graded) in said
    assert sorted(graded.iterdir()) == before


def test_a_killed_run_leaves_no_lock(other_run, graded):
    with pytest.raises(InUse), hold(graded, "report"):
        pass
    other_run.send_signal(signal.SIGKILL)
    other_run.wait()
    with hold(graded, "report"):
        assert json.loads((graded / OWNER).read_text(encoding="utf-8"))["pid"] == os.getpid()
    assert not (graded / OWNER).exists()


def test_a_command_that_never_began_leaves_a_folder_as_it_was(tmp_path):
    for place in ("there", "new"):
        folder = tmp_path / place
        if place == "there":
            folder.mkdir()
        with pytest.raises(ValueError), hold(folder, "grade", create=True):
            raise ValueError
        assert folder.is_dir() == (place == "there") and (place == "new" or not list(folder.iterdir()))


def test_two_folders_are_held_at_once_and_one_only_once(tmp_path):
    with hold(tmp_path / "a", "grade", create=True), hold(tmp_path / "b", "grade", create=True):
        with pytest.raises(InUse), hold(tmp_path / "a", "export"):
            pass
        assert (tmp_path / "b" / LOCK).exists()


# ------------------------------------------------------------------------------------------------------ the seed
@pytest.mark.parametrize("spoil", [lambda p: p.unlink(), lambda p: p.write_text(""), lambda p: p.write_text(" \n")])
def test_results_without_their_secret_are_never_mixed_with_those_of_another(graded, spoil):
    seed = course_seed(graded)
    assert course_seed(graded) == seed and (graded / "seed.txt").stat().st_mode & 0o777 == 0o600
    (graded / "results.jsonl").write_text("{}\n", encoding="utf-8")
    assert course_seed(graded) == seed
    spoil(graded / "seed.txt")
    with pytest.raises(NoSeed, match="put it back"):
        course_seed(graded)


def test_an_empty_secret_without_results_is_made_again(graded):
    (graded / "seed.txt").write_text("", encoding="utf-8")
    assert len(course_seed(graded)) == 32


@pytest.mark.sandbox
def test_a_run_without_the_secret_stops_in_one_line_and_changes_nothing(submitted, graded, command):
    (graded / "results.jsonl").write_text("{}\n", encoding="utf-8")
    code, said = command("grade", submitted, "--to", graded)
    assert code == 2 and "seed.txt is missing" in said and len(said.strip().splitlines()) == 1
    assert (graded / "results.jsonl").read_text(encoding="utf-8") == "{}\n" and not (graded / "seed.txt").exists()


# ------------------------------------------------------------------------------------- what the system refuses
@pytest.mark.sandbox
def test_a_folder_that_is_a_file_is_told_in_one_line(submitted, tmp_path, command):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    code, said = command("grade", submitted, "--to", tmp_path / "file")
    assert code == 2 and f"{tmp_path / 'file'}: " in said and len(said.strip().splitlines()) == 1


@pytest.mark.sandbox
@pytest.mark.parametrize(
    "disk",
    [("--size", "16384", "--tmpfs"), ("--size", "240000", "--tmpfs"), ("--size", "300000", "--tmpfs"), ("--ro-bind",)],
    ids=["full at once", "full after the gradebook", "full at its first grade", "read-only"],
)
def test_a_disk_that_takes_nothing_is_told_in_one_line(submitted, graded, disk):
    """A file system of its own in place of the folder: so that it is full, or read-only, for root too."""
    place = [graded, graded] if disk == ("--ro-bind",) else [graded]
    line = ["bwrap", "--dev-bind", "/", "/", *disk, *place, sys.executable, "-m", "autograder"]
    line += ["grade", submitted, "--to", graded, "--workers", "1", "--no-sandbox"]
    done = subprocess.run(list(map(str, line)), capture_output=True, text=True, timeout=120)
    [said] = [part for part in done.stderr.splitlines() if part.startswith("dlbook:")]
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert ("Read-only" if disk == ("--ro-bind",) else "full") in said or "No space left on device" in said


@pytest.mark.sandbox
def test_a_gradebook_that_another_program_has_locked_is_told_in_one_line(submitted, graded, command):
    with ClassGradebook(f"sqlite:///{graded / 'gradebook.db'}"):
        pass
    with sqlite3.connect(graded / "gradebook.db", isolation_level=None) as connection:
        connection.execute("begin exclusive")
        code, said = command("grade", submitted, "--to", graded, "--workers", 1)
        connection.execute("rollback")
    [line] = [line for line in said.splitlines() if "grading" not in line]  # the bar of its progress
    assert code == 2 and line.startswith("dlbook: ") and "locked" in line


def test_our_own_mistakes_keep_their_traceback(tmp_path):
    from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

    inside = tmp_path / "DIR" / "x"
    assert line_for(PermissionError(13, "Permission denied", str(inside)), [str(tmp_path / "DIR")])
    assert line_for(OSError(28, "No space left on device"))
    assert line_for(OperationalError("select 1", {}, Exception("database is locked")))
    for mistake in (
        PermissionError(13, "Permission denied", "/etc/shadow"),
        PermissionError(1, "Operation not permitted"),
        FileNotFoundError(2, "No such file or directory", str(tmp_path / "DIR2")),
        ProgrammingError("selec 1", {}, Exception("syntax error")),
        IntegrityError("insert", {}, Exception("unique")),
        KeyError("x"),
    ):
        assert line_for(mistake, [str(tmp_path / "DIR")]) is None


def test_a_message_cannot_command_the_terminal_or_write_backwards(command, tmp_path):
    code, said = command("grade", tmp_path / "a\u009b2Jb\u202ec", "--to", tmp_path / "x")
    assert code == 2 and not {"\u009b", "\u202e", "\x1b"} & set(said) and "a\ufffd2Jb\ufffdc" in said
    assert printable("می\u200cخواهم") == "می\u200cخواهم"


@pytest.mark.parametrize("start", "=+-@\t\r＝＋－＠")
def test_no_cell_is_taken_for_a_formula(start):
    assert guarded(f"{start}cmd()") == f"'{start}cmd()"
    assert guarded("ada") == "ada" and guarded(1.5) == 1.5


# -------------------------------------------------------------------------------------------------- the gradebook
def test_a_regrade_with_the_same_total_is_not_taken_for_the_one_that_is_saved(tmp_path):
    def item(first, second):
        points = {"heaviside": {"points": first}, "perceptron": {"points": second}}
        return {"student": "ada", "chapter": "perceptrons", "exercises": points, "score": first + second}

    with ClassGradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as book:
        assert not book.has(item(1.0, 0.0))
        book.save([item(1.0, 0.0)])
        assert book.has(item(1.0, 0.0)) and not book.has(item(0.0, 1.0))
