"""A class: many submissions, several processes, one writer of results, verdicts, notebooks and gradebook."""

from contextlib import ExitStack
from itertools import chain, islice
from pathlib import Path

from ..exercises import CHAPTERS
from . import sandbox
from .attempts import keep_attempts
from .engine import DEFAULT_LIMITS
from .people import people_of
from .pool import LocalProcesses, run_cluster, run_here
from .results import Results, as_handed_in, write_atomically
from .seed import course_seed
from .submissions import collect, write_unused
from .verdicts import read_verdict, verdict_path, write_verdict
from .work import Settings, make_work

BATCH = 50  # submissions for each transaction of the gradebook


def database_url(folder, database=None):
    """The address of a graded folder's gradebook, ``FOLDER/gradebook.db`` if no other was named."""
    return database or f"sqlite:///{Path(folder) / 'gradebook.db'}"


def grade_class(
    source,
    to,
    workers=2,
    sandboxed=True,
    limits=DEFAULT_LIMITS,
    progress=None,
    scheduler=None,
    database=None,
    slips_cost_once=True,
    roster=None,
):
    """Run and judge every submission in ``source``; leave results, verdicts, notebooks and gradebook in ``to``.

    Resumes where an earlier run stopped: what was graded with the same course and settings is not run again.
    progress: called with (done, total) after each submission. scheduler: the address of a Dask scheduler, to
    work there instead of in local processes. database: the gradebook's URL, by default ``TO/gradebook.db``.
    slips_cost_once: an answer that is right but for another, wrong one that it calls has its points. roster: a table
    that says who is who, see `people`.
    Returns the `Results`. Feedback and tables are made from them by `autograder.classwork`.
    """
    if sandboxed and scheduler is None:
        sandbox.check_sandbox((source, to))
    to = Path(to)
    to.mkdir(parents=True, exist_ok=True)
    if (to / "results.jsonl").exists():
        course_seed(to)  # `NoSeed` before anything is changed
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
    settings = Settings(course_seed(to), sandboxed, limits, slips_cost_once)
    write_unused(to / "unused.csv", found.unused)
    done = 0

    def works():
        nonlocal done
        for submission in submissions:
            work = make_work(submission, settings)
            if is_done(to, results, work):
                note_hand_in(to, results, submission, saved)
                done += 1
                report()
            else:
                yield work

    def report():
        if progress:
            progress(done, len(submissions))

    saved = []  # records that are to go into the gradebook
    report()
    with ExitStack() as stack:
        to_do = works()
        first = next(to_do, None)  # nothing is started if there is nothing to do
        to_do = chain([first], to_do) if first else ()
        workers = min(workers, len(submissions))
        if not first:
            finished = ()
        elif scheduler:
            finished = run_cluster(to_do, scheduler)
        elif workers == 1:
            finished = run_here(to_do, settings)
        else:  # they get ready while the gradebook is opened
            chapters = [chapter for chapter in CHAPTERS if any(s.chapter == chapter for s in submissions)]
            finished = stack.enter_context(LocalProcesses(workers, settings, chapters)).run(to_do)
        from .gradebook import ClassGradebook  # slow to import: meanwhile the processes get ready

        gradebook = stack.enter_context(ClassGradebook(database_url(to, database)))
        catch_up(gradebook, results)
        for item in finished:
            keep(to, item)
            results.append(item.record)
            saved.append(item.record)
            done += 1
            report()
            if len(saved) >= BATCH:
                gradebook.save(saved)
                saved.clear()
        gradebook.save(saved)
        if people:
            gradebook.set_extensions(people)
    results.compact()
    return results


def is_done(to, results, work):
    """Whether a submission's verdict stands: the same bytes with the same course and settings, and all is there."""
    submission = work.submission
    if results.fingerprint(submission) != work.fingerprint:
        return False
    return verdict_path(to, submission.student, submission.chapter).is_file()


def note_hand_in(to, results, submission, saved):
    """Bring a record up to date with how its submission was handed in; one that changed is added to ``saved``."""
    item = results.read(submission.student, submission.chapter)
    known = as_handed_in(item, submission, item["reason"])
    if known | {"reason": item["reason"]} == item:
        return
    item = as_handed_in(item, submission, read_verdict(to, submission.student, submission.chapter)["reason"])
    results.append(item)
    saved.append(item)


def keep(to, done):
    """Write the verdict on one submission and its autograded notebook; what could not be run has no notebook."""
    student, chapter = done.record["student"], done.record["chapter"]
    write_verdict(to, student, chapter, done.verdict)
    path = to / "autograded" / student / chapter / f"{chapter}.ipynb"
    if done.notebook is None:
        path.unlink(missing_ok=True)
    else:
        write_atomically(path, done.notebook)


def catch_up(gradebook, results):
    """Write what an earlier run, cut off, had in its results and not yet in the gradebook."""
    known = (item for item in results if item["chapter"] in CHAPTERS and not gradebook.has(item))
    while batch := list(islice(known, BATCH)):
        gradebook.save(batch)
