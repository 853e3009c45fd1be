"""A class: many submissions, several processes, one writer of results, files and gradebook."""

import csv
from collections import Counter
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

from ..exercises import CHAPTERS
from ..reporting.book import published_address
from ..reporting.feedback import final_points, has_remarks, with_remarks
from . import sandbox
from .attempts import keep_attempts
from .engine import DEFAULT_LIMITS
from .gradebook import ClassGradebook
from .lock import holds
from .penalties import late_policy
from .people import people_of
from .pool import LocalProcesses, run_cluster, run_here
from .results import Results, guarded, write_atomically
from .seed import course_seed
from .submissions import collect, write_unused
from .work import Settings, make_work

MEAN_OF = 5  # submissions of which a mean is shown at least
BATCH = 50  # submissions for each transaction of the gradebook
COLUMNS = ("student", "chapter", "score", "max_score", "status", "reason")


@holds("to", "grade", create=True)
def grade_class(
    source,
    to,
    workers=2,
    sandboxed=True,
    limits=DEFAULT_LIMITS,
    progress=None,
    scheduler=None,
    database=None,
    book=None,
    class_mean=False,
    roster=None,
):
    """Grade every submission in ``source`` and leave results, notebooks, feedback and gradebook in ``to``.

    Goes on where an earlier run stopped: what was graded with the same course is not graded again.
    progress: called with (done, total) after each submission. scheduler: the address of a Dask scheduler, to
    work there in place of local processes. database: the gradebook's URL, by default ``TO/gradebook.db``.
    book: the book's address for links from feedback, by default that in ``_config.yml``. class_mean: feedback has it.
    roster: a table that says who is who, see `people`. Returns the `Results`.
    """
    if sandboxed and scheduler is None:
        sandbox.check_sandbox()
    to = Path(to)
    if (to / "results.jsonl").exists():
        course_seed(to)  # results without their secret stay as they are
    results = Results(to)
    people = people_of(to, roster)
    found = collect(source, CHAPTERS, {student for student, _ in results.index}, people)
    results.strangers = found.strangers
    if people:
        people.save(to)
        results.renamed = people.renamed({student for student, _ in results.index})
    submissions = [
        keep_attempts(to, s) for s in found.submissions if s.file or (s.student, s.chapter) not in results.index
    ]
    settings = Settings(course_seed(to), sandboxed, limits, book or published_address())
    write_unused(to / "unused.csv", found.unused)
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

    report()
    with ExitStack() as stack:
        if scheduler:
            finished = run_cluster(works(), scheduler)
        elif workers <= 1:
            finished = run_here(works())
        else:  # they get ready while the gradebook is opened
            chapters = [chapter for chapter in CHAPTERS if any(s.chapter == chapter for s in submissions)]
            finished = stack.enter_context(LocalProcesses(workers, settings, chapters)).run(works())
        gradebook = stack.enter_context(ClassGradebook(database or f"sqlite:///{to / 'gradebook.db'}"))
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
        if people:
            gradebook.set_extensions(people)
        gradebook.assign_penalties(late_policy(to))
        by_hand = gradebook.by_hand()
    results.compact()
    write_grades(results, to / "grades.csv")
    write_remarks(to, results, by_hand, class_means(results, by_hand) if class_mean else {})
    return results


def keep(to, done):
    """Write the files of one submission."""
    student, chapter = done.record["student"], done.record["chapter"]
    for kind, text in done.files.items():
        ending = "ipynb" if kind == "autograded" else "html"
        write_atomically(to / kind / student / chapter / f"{chapter}.{ending}", text)


def write_remarks(to, results, by_hand, means):
    """Write marks and comments given by hand, and the class's mean, into the feedback; take out what holds no more."""
    for student, chapter in list(results.index):
        path = to / "feedback" / student / chapter / f"{chapter}.html"
        remarks, mean = by_hand.get((student, chapter)), means.get(chapter)
        if not path.is_file() or not (remarks or mean or has_remarks(path)):
            continue
        page = path.read_text(encoding="utf-8")
        written = with_remarks(page, results.read(student, chapter), remarks, mean)
        if written != page:
            write_atomically(path, written)


def class_means(results, by_hand):
    """Mean points by chapter and exercise of the submissions that were run, of chapters with `MEAN_OF` or more.

    The mean of fewer tells one student too much about another.
    """
    sums, counts = {}, Counter()
    for item in results:
        if item["status"] in ("missing", "unreadable"):
            continue
        points, total = final_points(item, by_hand.get((item["student"], item["chapter"])))
        own = sums.setdefault(item["chapter"], Counter())
        for name, value in (points | {"total": total}).items():
            own[name] += value
        counts[item["chapter"]] += 1
    return {
        chapter: {name: value / counts[chapter] for name, value in own.items()}
        for chapter, own in sums.items()
        if counts[chapter] >= MEAN_OF
    }


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
            table.writerow([guarded(item[key]) for key in COLUMNS])
    temporary.replace(path)
