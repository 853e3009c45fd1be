"""The command ``dlbook``: a thin face on the rooms of the house."""

import argparse
import json
import sys

from .exercises import CHAPTERS

EXPORTS = ("csv", "canvas", "moodle", "blackboard", "edx", "gradescope", "github-classroom")
EXPORT_HELP = (
    "Write the gradebook for a learning management system, or a grader that runs there. Exits with 1 where students "
    "of ours are not in the roster: the file is written, without them."
)


class Unusable(Exception):
    """Input that cannot be used; the message is the one line that the user sees."""


def main(arguments=None):
    """Run one subcommand; exits 0 on success, 1 when work was judged wrong, 2 on unusable input."""
    options = parser().parse_args(arguments)
    try:
        code = options.run(options)
    except Unusable as error:
        code = _complain(error)
    except KeyboardInterrupt:
        code = _complain("interrupted; run the same command again to go on")
    except Exception as error:
        if not _is_known(error):
            raise
        code = _complain(error)
    sys.exit(code)


def _complain(error):
    print(f"dlbook: {' '.join(str(error).split())}", file=sys.stderr)
    return 2


def _is_known(error):
    from .exporting.scores import CannotExport
    from .grading.forget import CannotForget
    from .grading.gradebook import NoGradebook
    from .grading.pool import NoCluster
    from .grading.sandbox import NoSandbox
    from .grading.submissions import SubmissionsError
    from .judging.sheet import Unfinished
    from .notebooks.chapters import CourseError
    from .reporting.classroom import NoResults
    from .site.publish import CannotPublish
    from .site.serve import CannotServe

    known = (NoSandbox, NoGradebook, NoCluster, SubmissionsError, CourseError, PermissionError, NotADirectoryError)
    return isinstance(error, (*known, Unfinished, NoResults, CannotForget, CannotExport, CannotServe, CannotPublish))


def parser():
    main_parser = argparse.ArgumentParser(
        prog="dlbook", description="Build, release, check and grade the course book.", allow_abbrev=False
    )
    commands = main_parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name, run, text):
        command = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
        command.set_defaults(run=run)
        return command

    command = add("build", run_build, "Build the site, _build/html/index.html.")
    where = command.add_mutually_exclusive_group()
    where.add_argument("--cdn", action="store_true", help="the pages load Python from a content delivery network")
    where.add_argument("--self-hosted", action="store_true", help="Python is in the site: the default")

    command = add("serve", run_serve, "Serve the built site on this machine, until Ctrl-C.")
    command.add_argument("--port", type=int, metavar="N", help="by default 8642, or a free one if that is taken")

    command = add("publish", run_publish, "Copy the built site with its hand-outs, and nothing private, into a folder.")
    command.add_argument("--to", required=True, metavar="DIR", help="empty, or written by an earlier run; .git stays")

    command = add("release", run_release, "Write the notebooks for students, with their checks beside them.")
    command.add_argument("chapters", nargs="*", metavar="CHAPTER", help="all chapters where none is named")
    command.add_argument("--to", required=True, metavar="DIR")
    command.add_argument("--solutions", action="store_true", help="the instructor's notebooks, solutions filled in")

    command = add("check", run_check, "Check a student's notebook on the visible cases.")
    command.add_argument("notebook", metavar="NOTEBOOK")
    command.add_argument("--json", action="store_true", help="the report as JSON")

    command = add(
        "grade",
        run_grade,
        "Grade a class: a folder STUDENT/CHAPTER/CHAPTER.ipynb, a zip file of one, or a download of submissions from "
        "Canvas, Moodle or Blackboard.",
    )
    command.add_argument("submitted", metavar="SUBMITTED")
    command.add_argument("--to", required=True, metavar="DIR")
    command.add_argument("--workers", type=int, default=None, metavar="N", help="processes; as many as cores")
    command.add_argument("--scheduler", metavar="ADDRESS", help="a Dask scheduler, to work there instead of here")
    command.add_argument("--db", metavar="URL", help="the gradebook's database; by default DIR/gradebook.db")
    command.add_argument("--book", metavar="URL", help="the book's address, for links from feedback to its sections")
    command.add_argument("--class-mean", action="store_true", help="the class's mean beside each score in the feedback")
    command.add_argument("--no-sandbox", action="store_true", help="without bubblewrap: for submissions you trust")

    command = add(
        "report", run_report, "Write DIR/report/index.html, the class at a glance, with CSV and JSON beside it."
    )
    command.add_argument("folder", metavar="DIR", help="what `dlbook grade --to DIR` made")
    command.add_argument("--book", metavar="URL", help="the book's address; by default the site that is built here")
    command.add_argument("--pseudonyms", action="store_true", help="names replaced, by a key that stays in DIR")

    command = add("forget", run_forget, "Remove one student everywhere in DIR, a graded folder or a course.")
    command.add_argument("student", metavar="STUDENT", help="the name as grades.csv has it")
    command.add_argument("folder", metavar="DIR")
    command.add_argument("--db", metavar="URL", help="the gradebook's database where it is not DIR/gradebook.db")

    command = add("export", run_export, EXPORT_HELP)
    command.add_argument("folder", metavar="DIR", help="what `dlbook grade --to DIR` made")
    command.add_argument("--format", required=True, metavar="FORMAT", help=", ".join(EXPORTS))
    command.add_argument("--to", required=True, metavar="PATH", help="a file; a folder for the last two formats")
    command.add_argument("--chapter", action="append", default=[], metavar="NAME", help="may be repeated; all without")
    command.add_argument("--roster", metavar="CSV", help="the system's own export: its ids, lines and columns are kept")
    command.add_argument("--db", metavar="URL", help="the gradebook's database where it is not DIR/gradebook.db")
    command.add_argument("--force", action="store_true", help="replace what is at PATH")

    command = add("course", run_course, "Lay out an nbgrader course on which stock nbgrader works.")
    command.add_argument("chapters", nargs="*", metavar="CHAPTER", help="all chapters where none is named")
    command.add_argument("--to", required=True, metavar="DIR")

    command = add("stubs", run_stubs, "Write the chapters' stubs from the references.")
    command.add_argument("--check", action="store_true", help="change nothing, exit 1 where a stub differs")

    command = add("new-exercise", run_new_exercise, "Add an exercise, or a chapter with one, for you to fill in.")
    command.add_argument("chapter", metavar="CHAPTER", help="of the book, or a new one")
    command.add_argument("name", metavar="NAME", help="the function that students write")

    command = add("verify", run_verify, "Prove the exercises: reference, stub, and every known mistake.")
    command.add_argument("chapters", nargs="*", metavar="CHAPTER")
    return main_parser


def chosen(names):
    """The chapters that were named, all where none was; `Unusable` for an unknown one."""
    unknown = [name for name in names if name not in CHAPTERS]
    if unknown:
        raise Unusable(f"there is no chapter {unknown[0]!r}; there are {', '.join(CHAPTERS)}")
    return list(names) or list(CHAPTERS)


def run_build(options):
    from .site.build import build

    code = build(options.cdn)
    if code == 0:
        print("The site: _build/html/index.html. To read it: dlbook serve")
    return code


def run_serve(options):
    from .site.serve import serve

    serve(port=options.port, announce=lambda address: print(f"The book: {address}  (Ctrl-C ends it)", flush=True))
    return 0


def run_publish(options):
    from .site.publish import publish

    print(f"{publish(options.to)} files in {options.to}")
    return 0


def run_release(options):
    from .notebooks.release import release

    for chapter in chosen(options.chapters):
        print(release(chapter, options.to, "instructor" if options.solutions else "student"))
    return 0


def run_check(options):
    from .grading.check import check_notebook
    from .grading.reading import Unreadable
    from .judging import explain

    try:
        chapter, verdicts, sheets, faults = check_notebook(options.notebook)
    except Unreadable as error:
        raise Unusable(f"{options.notebook}: {error}") from None
    if options.json:
        reports = [explain.as_data(verdict, sheets[name]) for name, verdict in verdicts.items()]
        print(json.dumps({"chapter": chapter, "exercises": reports, "faults": faults}, ensure_ascii=False, indent=1))
    else:
        for name, verdict in verdicts.items():
            print(explain.text(verdict, sheets[name]))
        solved = sum(verdict.solved for verdict in verdicts.values())
        print(f"{chapter}: {solved} of {len(verdicts)} exercises pass their visible cases.")
    return 0 if all(verdict.solved for verdict in verdicts.values()) else 1


def run_grade(options):
    import os

    from .grading.batch import grade_class
    from .reporting.terminal import class_table, grading_progress

    if options.workers is not None and options.workers < 1:
        raise Unusable(f"--workers is {options.workers}, it should be at least 1")
    workers = options.workers or len(os.sched_getaffinity(0))
    with grading_progress() as progress:
        results = grade_class(
            options.submitted,
            options.to,
            workers,
            sandboxed=not options.no_sandbox,
            progress=progress,
            scheduler=options.scheduler,
            database=options.db,
            book=options.book,
            class_mean=options.class_mean,
        )
    class_table(results, options.to)
    return 0


def run_report(options):
    from rich.console import Console

    from .reporting.report import write_report

    with Console(stderr=True).status("reading the results") as status:
        print(
            write_report(
                options.folder,
                options.book,
                options.pseudonyms,
                progress=lambda done: status.update(f"comparing the answers: {done} is done"),
            )
        )
    return 0


def run_forget(options):
    from rich.console import Console

    from .grading.forget import forget_student

    with Console(stderr=True).status(f"looking for {options.student!r}"):
        removed, left = forget_student(options.student, options.folder, options.db)
    for line in removed:
        print(f"removed {line}")
    for path in left:
        print(f"dlbook: {path} still has the name: look at it yourself", file=sys.stderr)
    return 1 if left else 0


def run_export(options):
    from rich.console import Console

    from .exporting import export

    if options.format not in EXPORTS:
        raise Unusable(f"there is no format {options.format!r}; there are {', '.join(EXPORTS)}")
    with Console(stderr=True).status("reading the gradebook") as status:
        done = export.export(
            options.folder,
            options.format,
            options.to,
            chosen(options.chapter),
            options.roster,
            options.db,
            options.force,
            progress=lambda what: status.update(f"writing {what}"),
        )
    for path in done.paths:
        print(path)
    for note in done.notes:
        print(f"dlbook: {note}", file=sys.stderr)
    for student in done.left:
        print(f"dlbook: {student!r} is not in {options.roster}: the file has no line for this student", file=sys.stderr)
    return 1 if done.left else 0


def run_course(options):
    from .grading.course import lay_out_course

    for path in lay_out_course(options.to, chosen(options.chapters)):
        print(path)
    return 0


def run_stubs(options):
    from .notebooks.stubs import write_stubs

    changed = []
    for chapter in CHAPTERS:
        changed += [f"chapters/{chapter}.md: {name}" for name in write_stubs(chapter, check_only=options.check)]
    for line in changed:
        print(line, "differs from its reference" if options.check else "written from its reference")
    return 1 if changed and options.check else 0


def run_new_exercise(options):
    from .scaffold import new_exercise

    for path, line in new_exercise(options.chapter, options.name):
        print(f"{path}:{line}")
    print(f"Fill these in; `dlbook verify {options.chapter}` says what is missing.")
    return 0


def run_verify(options):
    from rich.console import Console

    from .reporting.terminal import verify_table
    from .verify import verify_chapter

    proofs, chapters = {}, chosen(options.chapters)
    with Console(stderr=True).status("") as status:
        for number, chapter in enumerate(chapters, 1):
            status.update(f"proving {chapter}, chapter {number} of {len(chapters)}")
            proofs[chapter] = verify_chapter(chapter)
    return verify_table(proofs)
