"""A class: many submissions, several processes, one writer of results, files and gradebook."""

import csv
import secrets
from itertools import islice
from pathlib import Path

from ..exercises import CHAPTERS
from . import sandbox
from .engine import DEFAULT_LIMITS
from .gradebook import ClassGradebook
from .pool import run_cluster, run_here, run_processes
from .results import Results, write_atomically
from .submissions import find_submissions
from .work import Settings, make_work

BATCH = 50  # submissions for each transaction of the gradebook
COLUMNS = ("student", "chapter", "score", "max_score", "status", "reason")


def course_seed(folder):
    """The secret from which a course's hidden cases are drawn, made at its first use and kept in ``folder``."""
    path = Path(folder) / "seed.txt"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, secrets.token_hex(16) + "\n")
        path.chmod(0o600)
    return path.read_text(encoding="utf-8").strip()


def grade_class(
    source, to, workers=2, sandboxed=True, limits=DEFAULT_LIMITS, progress=None, scheduler=None, database=None
):
    """Grade every submission in ``source`` and leave results, notebooks, feedback and gradebook in ``to``.

    Goes on where an earlier run stopped: what was graded with the same course is not graded again.
    progress: called with (done, total) after each submission. scheduler: the address of a Dask scheduler, to
    work there in place of local processes. database: the gradebook's URL, by default ``TO/gradebook.db``.
    Returns the `Results`.
    """
    if sandboxed and scheduler is None:
        sandbox.check_sandbox()
    submissions = find_submissions(source, CHAPTERS)
    to = Path(to)
    to.mkdir(parents=True, exist_ok=True)
    settings = Settings(course_seed(to), sandboxed, limits)
    results = Results(to)
    done = 0

    def works():
        nonlocal done
        for submission in submissions:
            work = make_work(submission, settings)
            if results.fingerprint(submission) == work.fingerprint:
                done += 1
                report()
            else:
                yield work

    def report():
        if progress:
            progress(done, len(submissions))

    if scheduler:
        finished = run_cluster(works(), scheduler)
    elif workers <= 1:
        finished = run_here(works())
    else:
        finished = run_processes(works(), workers)
    report()
    with ClassGradebook(database or f"sqlite:///{to / 'gradebook.db'}") as gradebook:
        catch_up(gradebook, results)
        waiting = []
        for item in finished:
            keep(to, item)
            results.append(item.record)
            waiting.append(item.record)
            done += 1
            report()
            if len(waiting) >= BATCH:
                gradebook.save(waiting)
                waiting = []
        gradebook.save(waiting)
    results.compact()
    write_grades(results, to / "grades.csv")
    return results


def keep(to, done):
    """Write the files of one submission."""
    student, chapter = done.record["student"], done.record["chapter"]
    for kind, text in done.files.items():
        ending = "ipynb" if kind == "autograded" else "html"
        write_atomically(to / kind / student / chapter / f"{chapter}.{ending}", text)


def catch_up(gradebook, results):
    """Write what an earlier run, cut off, had in its results and not yet in the gradebook."""
    known = (item for item in results if item["chapter"] in CHAPTERS and not gradebook.has(item))
    while batch := list(islice(known, BATCH)):
        gradebook.save(batch)


def write_grades(results, path):
    """``grades.csv``: one line a submission."""
    temporary = path.with_name(f".{path.name}.part")
    with open(temporary, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for item in results:
            table.writerow([_cell(item[key]) for key in COLUMNS])
    temporary.replace(path)


def _cell(value):
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return "" if value is None else value
