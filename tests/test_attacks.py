"""Nothing that a submission does earns marks, harms another submission, or stays behind."""

import html
import io
import json
import os
import re
import time
import zipfile
from pathlib import Path

import pytest
from attacks import ATTACKS, CHAPTER, FULL, POINTS, notebook, right_answers
from rich.console import Console

from autograder.classwork import grade_and_render
from autograder.grading.engine import Limits, Worker, grade
from autograder.grading.names import clean_name
from autograder.grading.plan import make_plan
from autograder.grading.reading import MAX_BYTES, read_notebook
from autograder.grading.results import Results, read_records
from autograder.grading.sandbox import FIRST_USER
from autograder.grading.work import materials
from autograder.reporting.terminal import class_table

pytestmark = pytest.mark.sandbox
LIMITS = Limits(cell_seconds=2, exercise_seconds=2, submission_seconds=40)
STATUSES = {"graded", "timeout", "out-of-memory", "crashed", "unreadable", "missing"}
HALVES = {name: attack for name, attack in ATTACKS.items() if "half" in name}  # text that has no UTF-8
WHOLE = {name: attack for name, attack in ATTACKS.items() if name not in HALVES}
each_attack = pytest.mark.parametrize("name", list(WHOLE))


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The corpus, graded as one class; returns the folder of its results."""
    folder = tmp_path_factory.mktemp("attacks")
    for name, attack in WHOLE.items():
        hand_in(folder / "submitted" / name / CHAPTER / f"{CHAPTER}.ipynb", attack.data)
    grade_and_render(folder / "submitted", folder / "out", workers=2, limits=LIMITS)
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
def test_an_attack_gets_a_status_and_a_reason_that_a_student_understands(graded, records, name):
    attack, item = ATTACKS[name], records[name]
    assert item["status"] in attack.status, item["reason"]
    said = " ".join(filter(None, [item["reason"], *(e["error"] for e in item["exercises"].values())]))
    assert item["status"] == "graded" or item["reason"]
    assert "grading failed" not in said and "Traceback" not in said
    assert len(said) < 5000
    page = (graded / "feedback" / name / CHAPTER / f"{CHAPTER}.html").read_text(encoding="utf-8")
    assert attack.reason in html.unescape(page)


@each_attack
def test_an_attack_is_done_in_time(records, name):
    assert records[name]["seconds"] < LIMITS.submission_seconds


@each_attack
def test_an_attack_leaves_feedback_and_a_notebook_in_bounds(graded, records, name):
    page = graded / "feedback" / name / CHAPTER / f"{CHAPTER}.html"
    assert page.stat().st_size < 1_000_000
    assert "<script>" not in page.read_text(encoding="utf-8")
    path = graded / "autograded" / name / CHAPTER / f"{CHAPTER}.ipynb"
    assert path.stat().st_size < 20_000_000
    text = json.dumps([cell.get("outputs") for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]])
    assert "FOUND" not in text and "WRITTEN" not in text and '"traced' not in text


TOLD = re.compile(r"TOLD_m?\d")  # what the leaks of the corpus make of a hidden input


@pytest.mark.parametrize("name", [name for name in ATTACKS if name.startswith("leak-")])
def test_no_hidden_input_reaches_what_a_student_gets_back(graded, records, name):
    page = (graded / "feedback" / name / CHAPTER / f"{CHAPTER}.html").read_text(encoding="utf-8")
    notebook = (graded / "autograded" / name / CHAPTER / f"{CHAPTER}.ipynb").read_text(encoding="utf-8")
    assert not TOLD.search(page) and not TOLD.search(notebook)
    assert not TOLD.search(str([records[name]["reason"], *(e["error"] for e in records[name]["exercises"].values())]))
    codes = re.findall(r"exit \d+|signal \d+", page + str(records[name]))
    assert not codes, "how a process ended in a hidden case is chosen by the student's code"


@pytest.mark.parametrize("name", [name for name in ATTACKS if name.startswith("markdown-")])
def test_markup_of_a_student_does_not_act_where_an_instructor_looks(graded, name):
    import nbformat
    from nbconvert import HTMLExporter

    path = graded / "autograded" / name / CHAPTER / f"{CHAPTER}.ipynb"
    text = next(c.source for c in nbformat.read(path, 4).cells if c.source.startswith("An answer."))
    shown, _ = HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)]))
    answer = shown[shown.index("An answer.") :]
    assert not re.search(r"<(script|img|iframe|svg|style)|href=.javascript", answer[: answer.index("</body>")])


def test_everyone_has_one_line(records):
    assert sorted(records) == sorted(WHOLE)


def test_half_a_character_costs_only_its_exercise(tmp_path):
    for name, attack in HALVES.items():
        hand_in(tmp_path / "submitted" / name / CHAPTER / f"{CHAPTER}.ipynb", attack.data)
    grade_and_render(tmp_path / "submitted", tmp_path / "out", workers=1, limits=LIMITS)
    found = {item["student"]: item["score"] for item in read_records(tmp_path / "out" / "results.jsonl")}
    assert found == {name: attack.highest for name, attack in HALVES.items()}


def test_the_table_in_the_terminal_stands_what_students_say(graded):
    class_table(Results(graded), graded, Console(file=io.StringIO(), width=300))


def test_a_hidden_input_does_not_come_out_by_an_error(graded):
    for page in (graded / "feedback" / "errors-that-tell-hidden-inputs").rglob("*.html"):
        assert "told: [" not in page.read_text(encoding="utf-8")


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
            if entry.name.isdigit() and entry.stat().st_uid >= FIRST_USER:
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


# ------------------------------------------------------------------------------------- from one to the next
@pytest.fixture(scope="module")
def worker():
    with Worker(index=3000) as worker:
        yield worker


LIBC = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
LEAVINGS = {
    "a file in tmp": ("open('/tmp/left', 'w').write('x')", "import os\nfound = os.path.exists('/tmp/left')"),
    "a file in shm": ("open('/dev/shm/left', 'w').write('x')", "import os\nfound = os.listdir('/dev/shm')"),
    "a folder that cannot be read": (
        "import os\nos.makedirs('/tmp/left/' + 'd/' * 400)\nos.chmod('/tmp/left', 0)",
        "import os\nfound = os.path.exists('/tmp/left')",
    ),
    "a file in the home": (
        "import os\nos.makedirs(os.path.expanduser('~/.ipython/profile_default'), exist_ok=True)\n"
        "open(os.path.expanduser('~/.ipython/left'), 'w').write('x')",
        "import os\nfound = os.path.exists(os.path.expanduser('~/.ipython/left'))",
    ),
    "shared memory": (LIBC + "libc.shmget(4711, 100, 0o1666)", LIBC + "found = libc.shmget(4711, 100, 0) >= 0"),
    "a semaphore": (LIBC + "libc.semget(4711, 1, 0o1666)", LIBC + "found = libc.semget(4711, 1, 0) >= 0"),
    "a message queue of System V": (LIBC + "libc.msgget(4711, 0o1666)", LIBC + "found = libc.msgget(4711, 0) >= 0"),
    "a message queue of POSIX": (
        LIBC + "libc.mq_open(b'/left', os.O_CREAT | os.O_RDWR, 0o666, None)",
        LIBC + "found = libc.mq_open(b'/left', os.O_RDWR) >= 0",
    ),
    "a key in the keyring": (
        LIBC + "libc.syscall(248, b'user', b'left', b'x', 1, -4)",
        LIBC + "found = libc.syscall(250, 10, -4, b'user', b'left', 0) >= 0",
    ),
    "a process": (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(100)\n"
        "    os._exit(0)",
        "import os\nfound = [p for p in os.listdir('/proc') if p.isdigit() and int(p) not in (1, os.getpid())]",
    ),
    "a socket": (
        "import os, socket, time\nif os.fork() == 0:\n    s = socket.socket(socket.AF_UNIX)\n    s.bind('\\0left')\n"
        "    s.listen()\n    time.sleep(100)",
        "import socket\nfound = True\ntry:\n    socket.socket(socket.AF_UNIX).connect('\\0left')\n"
        "except OSError:\n    found = False",
    ),
    "the environment": ("import os\nos.environ['LEFT'] = 'x'", "import os\nfound = 'LEFT' in os.environ"),
    "a changed module": ("np.pi = 3", "found = np.pi == 3"),
    "a variable": ("left = 1", "found = 'left' in globals()"),
    "an umask, a limit, a priority": (
        "import os, resource\nos.umask(0o777)\nos.nice(5)\nresource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))",
        "import os, resource\nfound = os.umask(0) == 0o777 or os.nice(0) or resource.getrlimit(7)[1] == 20",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", LEAVINGS)
def test_nothing_that_a_submission_leaves_is_there_for_the_next_one(worker, what):
    leave, look = LEAVINGS[what]
    assert "left behind" in printed(worker, leave + "\nprint('left behind')")
    assert printed(worker, look + "\nprint('found:', bool(found))").strip() == "found: False"


def printed(worker, source):
    """What a cell of a new submission prints; no exercise is judged."""
    reading = read_notebook(json.dumps(notebook({}, source)).encode())
    plan = make_plan(reading, materials(CHAPTER, "seed").released, {})
    done = grade(worker, plan, {}, LIMITS)
    outputs = next(outputs for step in plan.steps if step.source == source for _, outputs in [done.outputs[step.cell]])
    return "".join(output["text"] for output in outputs if output["output_type"] == "stream")


# ------------------------------------------------------------------------------------- what cannot be read
RIGHT = json.dumps(notebook(right_answers())).encode()


def as_version_3():
    cells = [{**cell, "input": cell["source"], "language": "python"} for cell in json.loads(RIGHT)["cells"]]
    return json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}).encode()


ODD = {  # student: (bytes, what the reason says, or None where the work is right)
    "broken": (RIGHT[:3000], "broken JSON"),
    "empty": (b"", "empty"),
    "blank": (b" \n" * 1000, "empty"),
    "almost as large as is read": (b'{"cells": [' + b" " * (MAX_BYTES - 1000), "broken JSON"),
    "a hundred megabytes": (b" " * 100_000_000, "at most 30 are read"),
    "deep": (b"[" * 1_000_000, "nested too deeply"),
    "deep in a cell": (b'{"nbformat": 4, "cells": [' + b'{"a":' * 200_000, "nested too deeply"),
    "version 5": (RIGHT.replace(b'"nbformat": 4', b'"nbformat": 5'), "nbformat"),
    "version true": (RIGHT.replace(b'"nbformat": 4', b'"nbformat": {"4": 4}'), "nbformat"),
    "a list": (b"[1, 2]", "no notebook"),
    "a number": (b"13.0", "no notebook"),
    "no cells": (b'{"nbformat": 4, "cells": {"score": 13}}', "no list of cells"),
    "version 3 without cells": (b'{"nbformat": 3, "worksheets": 5}', "no list of cells"),
    "many cells": (b'{"nbformat": 4, "cells": [' + b"{}," * 6000 + b"{}]}", "6001 cells"),
    "latin": ("é".encode("latin-1") * 100, "UTF-8"),
    "pickled": (b"\x80\x04\x95", "UTF-8"),
    "long number": (b'{"nbformat": ' + b"4" * 10_000 + b"}", "not a notebook"),
    "web page": (b"<!doctype html><script>alert(1)</script>", "web page"),
    "version 3": (as_version_3(), None),
    "김 하나": (RIGHT, None),
    "가" * 60: (RIGHT, None),
    "[bold] [red]": (RIGHT, None),
    "=1+1": (RIGHT, None),
    "'; drop table student; --": (RIGHT, None),
    "<img src=x onerror=alert(1)>": (RIGHT, None),
    "{{ 7 * 7 }} %s": (RIGHT, None),
    " spaces  within ": (RIGHT, None),
}


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """Odd files and names, graded as one class; returns the folder around all."""
    folder = tmp_path_factory.mktemp("odd")
    for student, (data, _) in ODD.items():
        hand_in(folder / "submitted" / student / CHAPTER / f"{CHAPTER}.ipynb", data)
    sparse = folder / "submitted" / "sparse" / CHAPTER / f"{CHAPTER}.ipynb"
    hand_in(sparse, b"{")
    os.truncate(sparse, 10**11)
    for student in ("link", "pipe"):
        (folder / "submitted" / student / CHAPTER).mkdir(parents=True)
    (folder / "submitted" / "link" / CHAPTER / f"{CHAPTER}.ipynb").symlink_to(
        folder / "submitted" / "김 하나" / CHAPTER / f"{CHAPTER}.ipynb"
    )
    os.mkfifo(folder / "submitted" / "pipe" / CHAPTER / f"{CHAPTER}.ipynb")
    places = {"climber": "../../../climbed", "rooted": str(folder / "climbed"), "halved": "\ud800"}
    for student, chapter in places.items():
        claimed = json.loads(RIGHT)
        claimed["metadata"] = {"dlbook": {"chapter": chapter}}
        hand_in(folder / "submitted" / student / "homework.ipynb", json.dumps(claimed).encode())
    hand_in(Path(os.fsdecode(os.fsencode(folder / "submitted" / "half name") + b"/\xff\xfe.ipynb")), b"{}")
    grade_and_render(folder / "submitted", folder / "out", workers=2, limits=LIMITS)
    return folder


@pytest.fixture(scope="module")
def odd_records(odd):
    return {item["student"]: item for item in read_records(odd / "out" / "results.jsonl")}


@pytest.mark.parametrize("student", ODD)
def test_an_odd_file_gets_its_line_and_a_right_one_its_points(odd_records, student):
    data, reason = ODD[student]
    item = odd_records[clean_name(student)]
    if reason is None:
        assert (item["status"], item["score"]) == ("graded", FULL)
    else:
        assert (item["status"], item["score"]) == ("unreadable", 0.0)
        assert reason in item["reason"] and len(item["reason"]) < 300


@pytest.mark.parametrize("student, reason", [("sparse", "MB"), ("link", "link"), ("pipe", "not an ordinary file")])
def test_what_is_no_ordinary_file_is_not_opened(odd_records, student, reason):
    assert odd_records[student]["status"] == "unreadable"
    assert reason in odd_records[student]["reason"]


@pytest.mark.parametrize("student", ["climber", "rooted", "halved", "half name"])
def test_a_chapter_that_a_notebook_makes_up_is_no_place_on_the_disk(odd, odd_records, student):
    assert odd_records[student]["status"] == "unreadable"
    assert sorted(path.name for path in odd.iterdir()) == ["out", "submitted"]


def test_odd_names_are_printed_as_they_are(odd):
    page = io.StringIO()
    class_table(Results(odd / "out"), odd / "out", Console(file=page, width=300))
    assert "[bold] [red]" in page.getvalue()


def test_a_table_holds_no_formula_and_a_page_no_markup(odd):
    assert "\n=1+1" not in (odd / "out" / "grades.csv").read_text(encoding="utf-8")
    for page in (odd / "out" / "feedback").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "<img" not in text and "<script" not in text


# ------------------------------------------------------------------------------------- archives
def member(name, mode=0o100644):
    info = zipfile.ZipInfo(name)
    info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
    return info


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The records of a zip file of traps, and the folder around it."""
    folder = tmp_path_factory.mktemp("zip")
    path = f"{CHAPTER}/{CHAPTER}.ipynb"
    with zipfile.ZipFile(folder / "class.zip", "w") as archive:
        for name in ("../../climber/", "/rooted/", "..\\..\\backslashed/", "김 하나/", "가" * 80 + "/", "ada/"):
            archive.writestr(member(name + path), RIGHT)
        archive.writestr(member("link/" + path, 0o120777), "/etc/passwd")
        archive.writestr(member("bomb/" + path), b" " * 90_000_000)
        archive.writestr(member("broken/" + path), RIGHT)
    data = (folder / "class.zip").read_bytes()
    place = data.index(b"broken/") + 400  # in the last member's own bytes
    (folder / "class.zip").write_bytes(data[:place] + b"\0" * 64 + data[place + 64 :])
    grade_and_render(folder / "class.zip", folder / "out", workers=1, limits=LIMITS)
    return folder, {item["student"]: item for item in read_records(folder / "out" / "results.jsonl")}


def test_nothing_of_an_archive_leads_out_of_the_folder(unpacked):
    folder, records = unpacked
    assert sorted(path.name for path in folder.iterdir()) == ["class.zip", "out"]
    for student in ("climber", "rooted", "backslashed"):
        assert records[student]["status"] == "unreadable"
        assert "leads out of it" in records[student]["reason"]


@pytest.mark.parametrize("student, reason", [("link", "a link"), ("bomb", "thousand times"), ("broken", "cannot be")])
def test_a_trap_in_an_archive_costs_only_its_owner(unpacked, student, reason):
    _, records = unpacked
    assert records[student]["status"] == "unreadable" and reason in records[student]["reason"]
    assert records["ada"]["score"] == records["김 하나"]["score"] == FULL
    assert sum(item["score"] == FULL for item in records.values()) == 3
