"""What shuts a submission in: nothing of the course is seen, nothing is left, nobody's time is taken."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from attacks import CHAPTER, FULL, WRONG, body, notebook, right_answers

from autograder.exercises import CHAPTERS, exercises
from autograder.grading import bounds, sandbox, systemcalls
from autograder.grading.batch import grade_class
from autograder.grading.controlgroup import ControlGroup
from autograder.grading.engine import Limits, Worker, grade
from autograder.grading.markup import without_markup
from autograder.grading.plan import definitions, make_plan
from autograder.grading.pool import LocalProcesses
from autograder.grading.reading import read_notebook
from autograder.grading.results import read_records
from autograder.grading.submissions import find_submissions
from autograder.grading.work import Settings, make_work, materials
from autograder.judging.judge import LocalStudent, judge
from autograder.judging.sheet import make_sheet
from autograder.notebooks.chapters import ROOT

LIMITS = Limits(cell_seconds=20, exercise_seconds=20, submission_seconds=120)


def outputs(worker, *cells, answers=None):
    """What the cells of a submission print, and its `Graded`."""
    reading = read_notebook(json.dumps(notebook(answers or {}, *cells)).encode())
    known = materials(CHAPTER, "seed")
    plan = make_plan(reading, known.released, dict.fromkeys(known.sheets) if answers else {})
    done = grade(worker, plan, known.sheets if answers else {}, LIMITS)
    texts = [o["text"] for _, found in done.outputs.values() for o in found if o["output_type"] == "stream"]
    return "".join(texts), done


@pytest.fixture(scope="module")
def worker():
    with Worker(index=4000) as worker:
        yield worker


SEEN = """
import os
for folder in {folders!r}:
    if os.path.isdir(folder) and os.listdir(folder):
        print('seen', folder)
try:
    import solutions
    print('seen solutions')
except ImportError:
    print('no solutions')
"""


@pytest.mark.sandbox
def test_an_environment_inside_the_course_shows_nothing_of_the_course(monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(ROOT))
    sandbox._python_folders.cache_clear()
    try:
        folders = [str(ROOT / name) for name in ("solutions", "chapters", "autograder", "tests")]
        with Worker(index=4001) as worker:
            printed, _ = outputs(worker, SEEN.format(folders=folders))
    finally:
        monkeypatch.undo()
        sandbox._python_folders.cache_clear()
    assert printed.strip() == "no solutions"


@pytest.mark.sandbox
def test_a_worker_that_would_see_the_course_does_not_start(monkeypatch):
    monkeypatch.setattr(sandbox, "_bound", lambda: [])
    monkeypatch.setattr(sandbox, "_python_folders", lambda: [*original, str(ROOT)])
    with Worker(index=4002) as worker, pytest.raises(RuntimeError, match="which students must not read"):
        worker.start()


original = sandbox._python_folders()


@pytest.mark.sandbox
def test_a_graded_folder_that_students_could_read_is_refused():
    with pytest.raises(sandbox.NoSandbox, match="which the sandbox shows to students' code: move it"):
        sandbox.check_sandbox(private=["/usr/share/course"])


@pytest.mark.sandbox
def test_files_of_a_submission_are_bounded_and_gone_with_it(worker):
    fill = (
        "import os\nwritten = 0\ntry:\n    for i in range(100):\n        with open(f'/tmp/{i}', 'wb') as f:\n"
        "            written += f.write(b'x' * 10**7)\nexcept OSError as error:\n    print(error.errno == 28, written)"
    )
    printed, _ = outputs(worker, fill)
    full, written = printed.split()
    assert full == "True" and int(written) <= sandbox.TMP_BYTES
    look = "import os\nprint([n for n in os.listdir('/tmp') + os.listdir('/dev/shm') if n.isdigit()])"
    assert outputs(worker, look)[0].strip() == "[]"


@pytest.mark.sandbox
def test_a_submission_that_hangs_does_not_cost_the_worker(worker):
    limits = Limits(cell_seconds=1, exercise_seconds=1, submission_seconds=30)
    reading = read_notebook(
        json.dumps(notebook(WRONG | {"xor_gate": "def xor_gate(x1, x2):\n    while True:\n        pass"})).encode()
    )
    known = materials(CHAPTER, "seed")
    plan = make_plan(reading, known.released, dict.fromkeys(known.sheets))
    outputs(worker, "1")
    process = worker.process.pid
    assert grade(worker, plan, known.sheets, limits).status == "timeout"
    assert worker.process.pid == process
    assert outputs(worker, "print('still here')")[0].strip() == "still here"


def test_the_system_filter_is_there_where_libseccomp_is():
    found = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True).stdout
    if "libseccomp.so.2" not in found:
        pytest.skip("libseccomp is not installed (Debian, Ubuntu: apt-get install libseccomp2)")
    assert len(systemcalls.filter_program()) % 8 == 0


def test_a_control_group_that_is_removed_leaves_nothing():
    group = ControlGroup(f"dlbook-test-{os.getpid()}")
    folders = list(group.folders.values())
    assert all(folder.is_dir() for folder in folders)
    group.remove()
    assert not any(folder.exists() for folder in folders)


NESTED = ["bwrap", "--unshare-user", "--disable-userns", "--dev-bind", "/", "/", "--proc", "/proc"]


@pytest.mark.sandbox
def test_a_system_that_forbids_namespaces_is_told_in_one_line_with_what_to_switch_on(tmp_path):
    probe = subprocess.run([*NESTED, "true"], capture_output=True, text=True)
    if probe.returncode:
        pytest.skip(f"this bubblewrap cannot forbid namespaces: {probe.stderr.strip()}")
    (tmp_path / "submitted" / "ada" / CHAPTER).mkdir(parents=True)
    (tmp_path / "submitted" / "ada" / CHAPTER / f"{CHAPTER}.ipynb").write_text(json.dumps(notebook(right_answers())))
    line = [
        *NESTED,
        "--uid",
        "1234",
        sys.executable,
        "-m",
        "autograder",
        "grade",
        tmp_path / "submitted",
        "--to",
        tmp_path / "out",
    ]
    done = subprocess.run(list(map(str, line)), capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2
    assert re.search(r"Allow unprivileged user namespaces.*--no-sandbox", done.stderr)
    assert len(done.stderr.strip().splitlines()) == 1


# ------------------------------------------------------------------------------------------------- no sandbox
def test_right_answers_get_full_marks_without_a_sandbox_too(tmp_path):
    path = tmp_path / "submitted" / "ada" / CHAPTER / f"{CHAPTER}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(notebook(right_answers())))
    grade_class(tmp_path / "submitted", tmp_path / "out", sandboxed=False)
    assert read_records(tmp_path / "out" / "results.jsonl")[0]["score"] == FULL


# --------------------------------------------------------------------------------------------- magics of IPython
MAGICS = (
    "%matplotlib inline",
    "%matplotlib notebook",
    "%matplotlib widget",
    "%config InlineBackend.figure_format = 'retina'",
    "%load_ext autoreload",
    "%autoreload 2",
    "%load_ext no_such_extension",
    "%no_such_magic at all",
    "!pip install numpy",
    "%pip install numpy",
    "files = !ls",
    "?np.sum",
    "np.sum?",
    "%%time",
    "%%capture",
    "%%no_such_magic",
)


@pytest.mark.sandbox
@pytest.mark.parametrize("magic", MAGICS)
def test_a_magic_leaves_the_definitions_of_its_cell_standing(worker, magic):
    answers = right_answers()
    answers["xor_gate"] = f"{magic}\n{answers['xor_gate']}"
    _, done = outputs(worker, answers=answers)
    assert sum(verdict.points for verdict in done.verdicts.values()) == FULL, done.verdicts["xor_gate"].error
    assert "xor_gate" in definitions(answers["xor_gate"])


# ------------------------------------------------------------------------------------------------ a bounded judge
def test_a_refusal_of_everything_earns_nothing_in_any_exercise():
    def refuse(*args, **kwargs):
        raise ValueError("no")

    for chapter in CHAPTERS:
        for exercise in exercises(chapter):
            functions = dict.fromkeys([e.name for e in exercises(chapter)], refuse)
            assert judge(make_sheet(exercise, 0), LocalStudent(functions)).points == 0.0, exercise.id


ODD_RESULTS = (
    np.zeros((3, 0)),
    np.zeros(3),
    np.array(["a", "b"]),
    [np.zeros(2), "text", None],
    {"a": np.zeros(3)},
    object(),
    float("nan"),
    (),
    ((),),
    "ValueError",
    b"bytes",
    {1, 2},
    1j,
    [[1], [1, 2]],
)


@pytest.mark.parametrize("odd", ODD_RESULTS, ids=lambda odd: type(odd).__name__)
def test_whatever_a_function_returns_it_costs_at_most_its_cases(odd):
    for chapter in CHAPTERS:
        for exercise in exercises(chapter):
            functions = dict.fromkeys([e.name for e in exercises(chapter)], lambda *args, **kwargs: odd)
            verdict = judge(make_sheet(exercise, 0, visible_only=True), LocalStudent(functions))
            assert 0 <= verdict.points <= verdict.max_points and verdict.cases


def test_an_array_where_a_text_is_due_fails_its_case_only():
    from autograder.judging.compare import difference

    assert difference("probe", np.array(["probe", "probe"])) == "the result is an array of shape (2,), expected 'probe'"


@pytest.mark.sandbox
def test_reading_a_cell_takes_no_time_that_grows_with_its_square():
    """A thousand times the text in at most some thousand times the steps, counted and not timed."""

    def steps(source):
        definitions.cache_clear()
        count = 0

        def trace(frame, event, argument):
            nonlocal count
            count += 1
            return trace

        sys.settrace(trace)
        try:
            definitions(source)
        finally:
            sys.settrace(None)
        return count

    for make in (
        lambda n: "x = !ls\n" * n + "y = (1\n",
        lambda n: "x = 1" + "\n" * n + "y = 2",
        lambda n: "%matplotlib inline" + "\n" * n + "x = (",
    ):
        assert steps(make(2000)) < 30 * steps(make(100)) + 1000


def test_the_judges_own_work_ends_at_its_time_limit():
    with pytest.raises(bounds.OutOfTime), bounds.time_limit(0.05):
        while True:
            pass


def test_a_grading_process_that_grows_too_far_gets_an_error_instead_of_the_memory():
    code = (
        "from autograder.grading.bounds import bound_memory\nimport numpy as np\nbound_memory()\n"
        "try:\n    np.ones(10**9)\nexcept MemoryError:\n    print('bounded')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "bounded", done.stderr


# ------------------------------------------------------------------------------------------------- fair time
@pytest.mark.sandbox
@pytest.mark.parametrize("code, runs", [("import time\ntime.sleep(1000)", 2), ("while True:\n    pass", 1)])
def test_a_timeout_that_others_may_have_caused_counts_when_it_comes_again_alone(tmp_path, monkeypatch, code, runs):
    path = tmp_path / "ada" / CHAPTER / f"{CHAPTER}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(notebook(right_answers() | {"xor_gate": body(code).replace("NAME", "xor_gate")})))
    settings = Settings("seed", limits=Limits(cell_seconds=2, exercise_seconds=1, submission_seconds=40))
    works = [make_work(submission, settings) for submission in find_submissions(tmp_path, CHAPTERS)]
    alone = []
    original_alone = LocalProcesses._alone
    monkeypatch.setattr(LocalProcesses, "_alone", lambda self, work: alone.append(work) or original_alone(self, work))
    with LocalProcesses(2, settings, [CHAPTER]) as pool:
        [done] = pool.run(works)
    assert done.record["status"] == "timeout"
    assert len(alone) == runs - 1 or runs == 1  # on a busy machine a spinning one may look starved too


# ----------------------------------------------------------------------------------------------- students' text
@pytest.mark.parametrize(
    "text, shown",
    [
        ("if $a<b$ and $i<n$, so", "if $a< b$ and $i< n$, so"),
        ("**bold** <b>b</b> <br/> 1 < 2 <- x", "**bold** <b>b</b> <br/> 1 < 2 <- x"),
        ("<https://example.org/a?b>", "<https://example.org/a?b>"),
        ("<b onclick=f()>x</b>", "< b onclick=f()>x</b>"),
        ("<scr<b>ipt>", "< scr<b>ipt>"),
        ("<!-- x --><?php", "< !-- x -->< ?php"),
        ("[x]( javascript:f())", "[x]( unsafe-javascript:f())"),
        ("[x]: data:text/html,y", "[x]: unsafe-data:text/html,y"),
        ("data: three rows", "data: three rows"),
    ],
)
def test_markup_becomes_text_and_text_stays(text, shown):
    assert without_markup(text) == shown
