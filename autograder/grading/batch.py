"""A class: many submissions, several processes, one writer."""

import atexit
import hashlib
import multiprocessing
import secrets
import time
import traceback
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..exercises import CHAPTERS, exercises
from ..judging.sheet import make_sheet
from ..notebooks.chapters import ROOT
from ..notebooks.release import make_notebook
from . import sandbox
from .autograded import autograded_notebook
from .engine import DEFAULT_LIMITS, Limits, Worker, grade
from .gradebook import ClassGradebook
from .plan import make_plan
from .reading import Unreadable, read_notebook
from .results import Results, record, write_atomically
from .submissions import Submission, find_submissions

MAX_TRIES = 2  # of a submission whose grading process died
BATCH = 50  # submissions for each transaction of the gradebook


@dataclass(frozen=True)
class Settings:
    """What is the same for every submission of a run."""

    to: str
    seed: str
    sandboxed: bool = True
    limits: Limits = DEFAULT_LIMITS


@dataclass(frozen=True)
class Course:
    """A chapter as the grader needs it: sheets of all cases, and the released notebook."""

    sheets: dict
    released: object
    version: str


@cache
def course(chapter, seed):
    """The `Course` of one chapter with its hidden cases drawn from ``seed``."""
    sheets = {exercise.name: make_sheet(exercise, seed) for exercise in exercises(chapter)}
    return Course(sheets, make_notebook(chapter), version(chapter, seed))


def version(chapter, seed):
    """A digest of all that a chapter's scores depend on: its text, its exercises, the references, the judge."""
    digest = hashlib.sha256(seed.encode())
    files = [ROOT / "chapters" / f"{chapter}.md", *sorted((ROOT / "autograder" / "judging").glob("*.py"))]
    files += [ROOT / "autograder" / "exercises" / f"{chapter}.py", *sorted((ROOT / "solutions").glob("*.py"))]
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def course_seed(folder):
    """The secret from which a course's hidden cases are drawn, made at its first use and kept in ``folder``."""
    path = Path(folder) / "seed.txt"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, secrets.token_hex(16) + "\n")
        path.chmod(0o600)
    return path.read_text(encoding="utf-8").strip()


def grade_class(source, to, workers=2, sandboxed=True, limits=DEFAULT_LIMITS, progress=None):
    """Grade every submission in ``source`` and leave results, notebooks, feedback and gradebook in ``to``.

    Goes on where an earlier run stopped; what was graded with the same course is not graded again.
    progress: called with (done, total, record) after each submission. Returns the records, in order.
    """
    if sandboxed:
        sandbox.check_sandbox()
    submissions = find_submissions(source, CHAPTERS)
    Path(to).mkdir(parents=True, exist_ok=True)
    settings = Settings(str(to), course_seed(to), sandboxed, limits)
    results = Results(to)
    pending, done = [], 0
    for submission in submissions:
        fingerprint = fingerprint_of(submission, settings)
        if results.is_done(submission, fingerprint):
            done += 1
        else:
            pending.append((submission, fingerprint))
    if progress:
        progress(done, len(submissions), None)
    unsaved = [item for item in results.records.values() if item["chapter"] in CHAPTERS]
    with ClassGradebook(Path(to) / "gradebook.db", settings) as gradebook:
        gradebook.save([item for item in unsaved if not gradebook.has(item)])
        waiting = []
        for item in run_all(pending, settings, workers):
            results.append(item)
            waiting.append(item)
            done += 1
            if progress:
                progress(done, len(submissions), item)
            if len(waiting) >= BATCH:
                gradebook.save(waiting)
                waiting = []
        gradebook.save(waiting)
    items = results.compact()
    write_grades(items, Path(to) / "grades.csv")
    return items


def fingerprint_of(submission, settings):
    """A digest of a submission's file and of the course it is graded with."""
    digest = hashlib.sha256()
    if submission.file is not None:
        try:
            digest.update(submission.file.read())
        except Unreadable as error:
            digest.update(str(error).encode())
    if submission.chapter in CHAPTERS:
        digest.update(version_once(submission.chapter, settings.seed).encode())
    return digest.hexdigest()[:24]


version_once = cache(version)


def run_all(pending, settings, workers):
    """Yield the record of each pending submission as it is done."""
    if workers <= 1 or len(pending) <= 1:
        for submission, fingerprint in pending:
            yield grade_submission(submission, fingerprint, settings)
        return
    tries = dict.fromkeys(range(len(pending)), 0)
    while tries:
        yield from _run_pool(pending, settings, min(workers, len(tries)), tries)


def _run_pool(pending, settings, workers, tries):
    """One pool's life. A submission that was being graded when a process died is tried again in the next."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context) as pool:
        queue, running = list(tries), {}
        while queue or running:
            while queue and len(running) < 2 * workers:
                index = queue.pop(0)
                submission, fingerprint = pending[index]
                try:
                    running[pool.submit(grade_submission, submission, fingerprint, settings)] = index
                except BrokenProcessPool:
                    return
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                index = running.pop(future)
                try:
                    item = future.result()
                except BrokenProcessPool:
                    item = _after_death(pending[index], settings, tries, index)
                if item is not None:
                    tries.pop(index)
                    yield item


def _after_death(entry, settings, tries, index):
    """None to try again, or the record of a submission that twice brought its grading process down."""
    tries[index] += 1
    if tries[index] < MAX_TRIES:
        return None
    submission, fingerprint = entry
    return failure(submission, "crashed", "the grading process died over it twice", fingerprint, settings)


_workers = {}


def local_worker(sandboxed):
    """This process's `Worker`."""
    if sandboxed not in _workers:
        identity = multiprocessing.current_process()._identity
        _workers[sandboxed] = Worker(sandboxed, index=(identity[0] if identity else 0) % 4000)
        atexit.register(_workers[sandboxed].discard)
    return _workers[sandboxed]


def grade_submission(submission, fingerprint, settings):
    """Grade one submission and write its notebook and feedback; returns its record, whatever happens."""
    start = time.monotonic()
    try:
        item = _grade_submission(submission, fingerprint, settings, start)
    except Unreadable as error:
        item = failure(submission, "unreadable", str(error), fingerprint, settings)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        reason = f"grading failed: {type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
        item = failure(submission, "crashed", reason, fingerprint, settings)
    item["seconds"] = round(time.monotonic() - start, 3)
    return item


def _grade_submission(submission, fingerprint, settings, start):
    from ..reporting.feedback import feedback_page

    if submission.file is None:
        return failure(submission, "missing", "no notebook was handed in", fingerprint, settings)
    if submission.problem:
        raise Unreadable(submission.problem)
    if submission.chapter not in CHAPTERS:
        raise Unreadable(f"there is no chapter {submission.chapter!r}; there are {', '.join(CHAPTERS)}")
    chapter = course(submission.chapter, settings.seed)
    reading = read_notebook(submission.file.read())
    plan = make_plan(reading, chapter.released, dict.fromkeys(chapter.sheets))
    graded = grade(local_worker(settings.sandboxed), plan, chapter.sheets, settings.limits)
    item = record(submission, graded, seconds=time.monotonic() - start, fingerprint=fingerprint)
    if not settings.sandboxed:
        item["sandbox"] = False
    notebook = autograded_notebook(reading, plan, graded, chapter.released)
    write_atomically(output(settings.to, "autograded", submission, "ipynb"), notebook)
    page = feedback_page(item, graded.verdicts, chapter.sheets)
    write_atomically(output(settings.to, "feedback", submission, "html"), page)
    return item


def failure(submission, status, reason, fingerprint, settings):
    """The record, and the feedback, of a submission that was not run."""
    from ..reporting.feedback import feedback_page

    points = {}
    if submission.chapter in CHAPTERS:
        points = {exercise.name: float(exercise.points) for exercise in exercises(submission.chapter)}
    item = record(submission, None, points, status, reason, fingerprint=fingerprint)
    write_atomically(output(settings.to, "feedback", submission, "html"), feedback_page(item, {}, {}))
    return item


def output(to, kind, submission, ending):
    return Path(to) / kind / submission.student / submission.chapter / f"{submission.chapter}.{ending}"


def write_grades(items, path):
    """``grades.csv``: one line a submission."""
    import csv
    import io

    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["student", "chapter", "score", "max_score", "status", "reason"])
    for item in items:
        table.writerow([_cell(item[key]) for key in ("student", "chapter", "score", "max_score", "status", "reason")])
    write_atomically(path, text.getvalue())


def _cell(value):
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return "" if value is None else value


__all__ = ["Settings", "Submission", "course", "grade_class", "grade_submission"]
