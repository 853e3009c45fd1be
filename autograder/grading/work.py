"""One submission as a piece of work: plain in, plain out, the same in a local process and on a cluster."""

import atexit
import hashlib
import multiprocessing
import os
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ..exercises import CHAPTERS, exercises
from ..judging.sheet import make_sheet
from ..notebooks.chapters import ROOT
from ..notebooks.release import make_notebook
from ..reporting.prints import answer_prints, provided_headers
from .autograded import autograded_notebook
from .bounds import OutOfTime, bound_memory, time_limit
from .engine import DEFAULT_LIMITS, Limits, Worker, grade
from .plan import answers_of, cells_of_answers, make_plan
from .reading import Unreadable, read_notebook
from .results import record
from .submissions import Submission

READING = 20  # seconds to read a notebook and plan its run


@dataclass(frozen=True)
class Settings:
    """What is the same for every submission of a run."""

    seed: str
    sandboxed: bool = True
    limits: Limits = DEFAULT_LIMITS
    book: str = None  # its address, for links from feedback


@dataclass(frozen=True)
class Work:
    """One submission to grade: its bytes, or the reason why there are none, and the version of the course."""

    submission: Submission
    data: bytes
    problem: str
    fingerprint: str
    version: str
    settings: Settings


@dataclass(frozen=True)
class Done:
    """What came of one piece of work: its record, and its files by kind (``autograded``, ``feedback``)."""

    record: dict
    files: dict = field(default_factory=dict)
    starved: bool = False  # a timeout that others may have caused: to be done again, alone


@dataclass(frozen=True)
class Course:
    """A chapter as the grader needs it: sheets of all cases, the released notebook, what its stubs provide."""

    sheets: dict
    released: object
    headers: dict


@cache
def course(chapter, seed):
    """The `Course` of one chapter with its hidden cases drawn from ``seed``."""
    sheets = {exercise.name: make_sheet(exercise, seed) for exercise in exercises(chapter)}
    released = make_notebook(chapter)
    return Course(sheets, released, provided_headers(released))


@cache
def version(chapter, seed):
    """A digest of all that a chapter's scores depend on: its text, its exercises, the references, the judge."""
    digest = hashlib.sha256(seed.encode())
    files = [ROOT / "chapters" / f"{chapter}.md", *sorted((ROOT / "autograder" / "judging").glob("*.py"))]
    files += [ROOT / "autograder" / "exercises" / f"{chapter}.py", *sorted((ROOT / "solutions").glob("*.py"))]
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def make_work(submission, settings):
    """The `Work` for a submission; its file is read here, once."""
    data, problem = b"", submission.problem
    if submission.file is not None and problem is None:
        try:
            data = submission.file.read()
        except Unreadable as error:
            problem = str(error)
    known = version(submission.chapter, settings.seed) if submission.chapter in CHAPTERS else ""
    missing = "missing" if submission.file is None else ""
    parts = [known, problem or "", missing]
    if settings.book:  # it stands in the feedback
        parts.append(settings.book)
    if submission.handed:  # the same notebook handed in again, later, has another record
        parts.append(f"{submission.handed.late} {submission.handed.time}")
    digest = hashlib.sha256(data + "\0".join(parts).encode())
    return Work(submission, data, problem, digest.hexdigest()[:24], known, settings)


_workers = {}
_one_at_a_time = threading.Lock()  # a cluster's process may have several threads, and one warm worker


def local_worker(sandboxed):
    """This process's `Worker`."""
    if sandboxed not in _workers:
        _workers[sandboxed] = Worker(sandboxed)
        atexit.register(_workers[sandboxed].discard)
    return _workers[sandboxed]


def get_ready(settings, chapters):
    """Make what the first submissions of these chapters would wait for; what fails here is told by their grading."""
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    bound_memory()
    with suppress(Exception):
        local_worker(settings.sandboxed).start()
        for chapter in chapters:
            course(chapter, settings.seed)


def _leave_with_parent():
    """End this process when the grader that started it is gone, however it went."""
    multiprocessing.parent_process().join()
    os._exit(1)


def do(work):
    """Grade one submission; returns its `Done`, whatever happens."""
    start = time.monotonic()
    try:
        with _one_at_a_time:
            done = _do(work)
    except Unreadable as error:
        done = failure(work, "unreadable", str(error))
    except (Exception, OutOfTime) as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        reason = f"grading failed: {type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
        done = failure(work, "crashed", reason)
    done.record["seconds"] = round(time.monotonic() - start, 3)
    return done


def _do(work):
    from ..reporting.feedback import feedback_page

    submission, settings = work.submission, work.settings
    if submission.file is None:
        return failure(work, "missing", "no notebook was handed in")
    if work.problem:
        raise Unreadable(work.problem)
    if submission.chapter not in CHAPTERS:
        raise Unreadable(f"there is no chapter {submission.chapter!r}; there are {', '.join(CHAPTERS)}")
    if version(submission.chapter, settings.seed) != work.version:
        raise RuntimeError("this process has another version of the course than the one that sent the work")
    chapter = course(submission.chapter, settings.seed)
    try:
        with time_limit(READING):
            reading = read_notebook(work.data)
            plan = make_plan(reading, chapter.released, dict.fromkeys(chapter.sheets))
    except OutOfTime:
        raise Unreadable(f"reading it took over {READING} s: is one of its cells no program?") from None
    graded = grade(local_worker(settings.sandboxed), plan, chapter.sheets, settings.limits)
    item = record(submission, graded, fingerprint=work.fingerprint)
    for name, packed in answer_prints(answers_of(reading, plan), chapter.headers).items():
        item["exercises"][name]["prints"] = packed
    if not settings.sandboxed:
        item["sandbox"] = False
    cells = cells_of_answers(reading, plan, chapter.sheets)
    code = {name: (reading.cells[at].source, graded.outputs.get(at, ("ok",))[0]) for name, at in cells.items()}
    files = {
        "autograded": autograded_notebook(reading, plan, graded, chapter.released),
        "feedback": feedback_page(item, graded.verdicts, chapter.sheets, code, settings.book),
    }
    return Done(item, files, graded.starved)


def failure(work, status, reason):
    """The record, and the feedback, of a submission that was not run."""
    from ..reporting.feedback import feedback_page

    submission, points = work.submission, {}
    if submission.chapter in CHAPTERS:
        points = {exercise.name: float(exercise.points) for exercise in exercises(submission.chapter)}
    item = record(submission, None, points, status, reason, fingerprint=work.fingerprint)
    return Done(item, {"feedback": feedback_page(item, {}, {})})
