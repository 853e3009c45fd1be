"""One submission as a piece of work: plain in, plain out, the same in a local process and on a cluster."""

import atexit
import hashlib
import multiprocessing
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from ..exercises import CHAPTERS, exercises
from ..judging.judge import Sheet
from ..judging.sheet import make_sheet
from ..notebooks.chapters import ROOT, chapter_path
from ..notebooks.release import make_notebook
from ..similarity.fingerprints import answer_fingerprints, provided_headers
from .autograded import autograded_notebook, printed
from .bounds import OutOfTime, bound_memory, time_limit
from .engine import DEFAULT_LIMITS, Limits, Worker, grade
from .plan import answers_of, cells_of_answers, make_plan
from .reading import Unreadable, read_notebook
from .results import record, trouble
from .submissions import Submission
from .verdicts import StoredCase, case_facts, digest_of, stored_exercise, stored_verdict, text_of

ENGINE = (  # modules of this room that a score depends on
    *("bounds", "cells", "channel", "confinement", "controlgroup", "engine", "host", "plan", "reading", "sandbox"),
    *("systemcalls", "work", "worker"),
)
READING = 20  # seconds to read a notebook and plan its run


@dataclass(frozen=True)
class Settings:
    """What is the same for every submission of a run, and changes what a score may be."""

    seed: str
    sandboxed: bool = True
    limits: Limits = DEFAULT_LIMITS
    slips_cost_once: bool = True  # an answer that is right but for another, wrong answer that it calls has its points


@dataclass(frozen=True)
class Work:
    """One submission to grade: its bytes, or the reason why there are none, and the version of the course."""

    submission: Submission
    data: bytes
    problem: str | None
    fingerprint: str
    version: str
    settings: Settings


@dataclass(frozen=True)
class Done:
    """What came of one piece of work: its record, its verdict as bytes, and the autograded notebook if it could run."""

    record: dict
    verdict: bytes
    notebook: str | None = None
    starved: bool = False  # a timeout that others may have caused: to be done again, alone


@dataclass(frozen=True)
class Materials:
    """A chapter as the grader needs it: sheets of all cases, the released notebook, what its stubs provide."""

    sheets: dict[str, Sheet]
    references: dict[str, Callable]
    uses: dict[str, tuple]  # by exercise: the others whose results its cases hand to it
    facts: dict[str, dict[int, StoredCase]]  # of each sheet's cases
    released: object
    headers: dict[str, str]


@cache
def materials(chapter, seed):
    """The `Materials` of one chapter with its hidden cases drawn from ``seed``."""
    sheets = {exercise.name: make_sheet(exercise, seed) for exercise in exercises(chapter)}
    facts = {name: case_facts(sheet) for name, sheet in sheets.items()}
    released = make_notebook(chapter)
    references = {exercise.name: exercise.reference for exercise in exercises(chapter)}
    uses = {exercise.name: exercise.uses for exercise in exercises(chapter)}
    return Materials(sheets, references, uses, facts, released, provided_headers(released))


@cache
def version(chapter, seed):
    """A digest of all that a chapter's scores depend on but the submission and the settings.

    The chapter's text, its exercises, the references, the judge, the engine; and Python and NumPy, whose random draws
    and messages may differ from one release to the next.
    """
    python, package = sys.version_info, ROOT / "autograder"
    digest = hashlib.sha256(f"{seed} {python.major}.{python.minor} {np.__version__}".encode())
    files = [chapter_path(chapter), package / "exercises" / f"{chapter}.py"]
    files += [*sorted((package / "judging").glob("*.py")), *sorted((ROOT / "solutions").glob("*.py"))]
    files += [package / "grading" / f"{name}.py" for name in ENGINE]
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def make_work(submission, settings):
    """The `Work` for a submission; its file is read here, once.

    Its fingerprint holds all that changes a score, and nothing else: with the same one it is not run again.
    """
    data, problem = b"", submission.problem
    if submission.file is not None and problem is None:
        try:
            data = submission.file.read()
        except Unreadable as error:
            problem = str(error)
    known = version(submission.chapter, settings.seed) if submission.chapter in CHAPTERS else ""
    parts = [known, problem or "", "missing" if submission.file is None else ""]
    parts += ["sandbox" if settings.sandboxed else "no sandbox", repr(settings.limits), f"{settings.slips_cost_once}"]
    digest = hashlib.sha256(data + "\0".join(parts).encode("utf-8", "backslashreplace"))
    return Work(submission, data, problem, digest.hexdigest()[:24], known, settings)


_workers = {}
_one_at_a_time = threading.Lock()  # a cluster's process may have several threads, and one warm worker


def local_worker(sandboxed):
    """This process's `Worker`."""
    if sandboxed not in _workers:
        _workers[sandboxed] = Worker(sandboxed)
        atexit.register(_workers[sandboxed].discard)
    return _workers[sandboxed]


def start_worker(settings):
    """Start this process's worker in a thread of its own; a fault is told by the first grading.

    The thread then waits: bubblewrap's ``--die-with-parent`` ends the sandbox with the thread that started it.
    """

    def start():
        with suppress(Exception), _one_at_a_time:
            worker = local_worker(settings.sandboxed)
            if worker.process is None:
                worker.start()
        threading.Event().wait()

    threading.Thread(target=start, daemon=True).start()


def get_ready(settings, chapters):
    """Make what the first submissions of these chapters would wait for; what fails here is told by their grading."""
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    bound_memory()
    with suppress(Exception):
        local_worker(settings.sandboxed).start()
        for chapter in chapters:
            materials(chapter, settings.seed)


def _leave_with_parent():
    """End this process when the grader that started it is gone, however it went."""
    if parent := multiprocessing.parent_process():
        parent.join()
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
    submission, settings = work.submission, work.settings
    if submission.file is None:
        return failure(work, "missing", "no notebook was handed in")
    if work.problem:
        raise Unreadable(work.problem)
    if submission.chapter not in CHAPTERS:
        raise Unreadable(f"there is no chapter {submission.chapter!r}; there are {', '.join(CHAPTERS)}")
    if version(submission.chapter, settings.seed) != work.version:
        raise RuntimeError("this process has another version of the course than the one that sent the work")
    chapter = materials(submission.chapter, settings.seed)
    try:
        with time_limit(READING):
            reading = read_notebook(work.data)
            plan = make_plan(reading, chapter.released, dict.fromkeys(chapter.sheets))
    except OutOfTime:
        raise Unreadable(f"reading it took over {READING} s: is one of its cells no program?") from None
    references = chapter.references if settings.slips_cost_once else None
    worker = local_worker(settings.sandboxed)
    graded = grade(worker, plan, chapter.sheets, settings.limits, references, chapter.uses)
    item = record(submission, graded, fingerprint=work.fingerprint)
    for name, packed in answer_fingerprints(answers_of(reading, plan), chapter.headers).items():
        item["exercises"][name]["fingerprints"] = packed
    if not settings.sandboxed:
        item["sandbox"] = False
    cells = cells_of_answers(reading, plan, chapter.sheets)
    judged = {}
    for name, verdict in graded.verdicts.items():
        source, ran, output = _answer(reading, graded, cells.get(name))
        judged[name] = stored_exercise(verdict, chapter.sheets[name], chapter.facts[name], source, ran, output)
        judged[name]["note"] = plan.notes.get(name)
    notebook = autograded_notebook(reading, plan, graded, judged, chapter.released)
    return _done(item, trouble(graded), judged, notebook, graded.starved)


def _answer(reading, graded, cell):
    """(source, how it ran, what it printed) of the cell that holds an answer; empty if there is no such cell."""
    if cell is None:
        return "", "ok", ""
    ran, outputs = graded.outputs.get(cell, ("ok", []))
    return reading.cells[cell].source, str(ran), printed(outputs)


def _done(item, reason, judged, notebook=None, starved=False):
    verdict = text_of(stored_verdict(item, reason, judged))
    item["verdict"] = digest_of(verdict)
    return Done(item, verdict, notebook, starved)


def failure(work, status, reason):
    """What is kept of a submission that was not run."""
    submission, points = work.submission, {}
    if submission.chapter in CHAPTERS:
        points = {exercise.name: float(exercise.points) for exercise in exercises(submission.chapter)}
    item = record(submission, None, points, status, reason, fingerprint=work.fingerprint)
    return _done(item, reason, {})
