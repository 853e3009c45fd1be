"""The command ``dlbook``: a thin face on the rooms of the house."""

import argparse
import json
import logging
import sys

from . import __version__
from .errors import UserError, line_for, printable
from .exercises import CHAPTERS

EXPORTS = ("csv", "canvas", "moodle", "blackboard", "edx", "gradescope", "github-classroom")
EXPORT_HELP = (
    "Write the gradebook for a learning management system, or a grader that runs there. Exits with 1 if students "
    "of ours are not in the roster: the file is written, without them."
)


class Unusable(UserError):
    """Input that cannot be used; the message is the one line that the user sees."""


def main(arguments=None):
    """Run one subcommand; exits 0 on success, 1 when work was judged wrong, 2 on unusable input."""
    options = parser().parse_args(arguments)
    logging.getLogger("tornado.application").disabled = True  # nbgrader logs there, with traceback, what it raises
    try:
        code = options.run(options)
    except KeyboardInterrupt:
        code = _complain("interrupted; run the same command again to resume")
    except Exception as error:
        line = line_for(error, [value for value in vars(options).values() if value and isinstance(value, str)])
        if line is None and isinstance(error, unfinished()):
            line = str(error)
        if line is None:
            raise
        code = _complain(line)
    sys.exit(code)


def _complain(line):
    print(f"dlbook: {printable(' '.join(line.split()))}", file=sys.stderr)
    return 2


def unfinished():
    """The error of an exercise whose cases cannot be made; `judging` travels alone and knows no `UserError`."""
    from .judging.sheet import Unfinished

    return Unfinished


def parser():
    main_parser = argparse.ArgumentParser(
        prog="dlbook", description="Build, release, check and grade the course book.", allow_abbrev=False
    )
    main_parser.add_argument("--version", action="version", version=f"dlbook {__version__}")
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

    command = add("release", run_release, "Write the notebooks for students, with their checks next to them.")
    command.add_argument("chapters", nargs="*", metavar="CHAPTER", help="all chapters if none is named")
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
    command.add_argument("--roster", metavar="CSV", help="who is who: name, id, email, login, group, due, extension")
    command.add_argument("--workers", type=int, default=None, metavar="N", help="processes; as many as cores")
    command.add_argument("--scheduler", metavar="ADDRESS", help="a Dask scheduler, to work there instead of here")
    command.add_argument("--db", metavar="URL", help="the gradebook's database; by default DIR/gradebook.db")
    command.add_argument("--book", metavar="URL", help="the book's address, for links from feedback to its sections")
    command.add_argument(
        "--class-mean", action="store_true", help="the class's mean next to each score of the feedback"
    )
    command.add_argument(
        "--slips-cost-again",
        action="store_true",
        help="an answer that fails only because it calls another, wrong answer of the student's loses its points too",
    )
    command.add_argument("--no-sandbox", action="store_true", help="without bubblewrap: for submissions you trust")

    command = add(
        "report", run_report, "Write DIR/report/index.html, the class at a glance, with CSV and JSON next to it."
    )
    command.add_argument("folder", metavar="DIR", help="what `dlbook grade --to DIR` made")
    command.add_argument("--book", metavar="URL", help="the book's address; by default the site that is built here")
    command.add_argument("--pseudonyms", action="store_true", help="names replaced, by a key that stays in DIR")

    command = add(
        "explain",
        run_explain,
        "Print one verdict in full, for an appeal: every case, hidden ones too. Nothing is run. It is for the "
        "instructor's eyes only.",
    )
    command.add_argument("student", metavar="STUDENT", help="the name as grades.csv has it")
    command.add_argument("exercise", metavar="CHAPTER.EXERCISE")
    command.add_argument("folder", metavar="DIR", help="what `dlbook grade --to DIR` made")

    command = add("forget", run_forget, "Remove one student everywhere in DIR, a graded folder or a course.")
    command.add_argument("student", metavar="STUDENT", help="the name as grades.csv has it")
    command.add_argument("folder", metavar="DIR")
    command.add_argument("--db", metavar="URL", help="the gradebook's database if it is not DIR/gradebook.db")

    command = add("export", run_export, EXPORT_HELP)
    command.add_argument("folder", metavar="DIR", help="what `dlbook grade --to DIR` made")
    command.add_argument("--format", required=True, metavar="FORMAT", help=", ".join(EXPORTS))
    command.add_argument("--to", required=True, metavar="PATH", help="a file; a folder for the last two formats")
    command.add_argument("--chapter", action="append", default=[], metavar="NAME", help="may be repeated; all without")
    command.add_argument("--roster", metavar="CSV", help="the system's own export: its ids, lines and columns are kept")
    command.add_argument("--db", metavar="URL", help="the gradebook's database if it is not DIR/gradebook.db")
    command.add_argument("--force", action="store_true", help="replace what is at PATH")
    command.add_argument(
        "--column", action="append", default=[], metavar="TITLE", help="the roster's column, TITLE or CHAPTER=TITLE"
    )
    points = command.add_mutually_exclusive_group()
    points.add_argument(
        "--scale",
        nargs="?",
        const=True,
        default=False,
        type=float,
        metavar="MAX",
        help="to the system's points, or to MAX",
    )
    points.add_argument(
        "--keep-points", action="store_true", help="write the scores as they are, whatever it counts to"
    )

    command = add("course", run_course, "Lay out an nbgrader course on which stock nbgrader works.")
    command.add_argument("chapters", nargs="*", metavar="CHAPTER", help="all chapters if none is named")
    command.add_argument("--to", required=True, metavar="DIR")

    command = add("stubs", run_stubs, "Write the chapters' stubs from the references.")
    command.add_argument("--check", action="store_true", help="change nothing, exit 1 if a stub differs")

    command = add("new-exercise", run_new_exercise, "Add an exercise, or a chapter with one, for you to fill in.")
    command.add_argument("chapter", metavar="CHAPTER", help="of the book, or a new one")
    command.add_argument("name", metavar="NAME", help="the function that students write")

    command = add("verify", run_verify, "Prove the exercises: reference, stub, and every misconception.")
    command.add_argument("chapters", nargs="*", metavar="CHAPTER")
    command.add_argument(
        "--mutants",
        nargs="?",
        type=int,
        const=0,
        metavar="N",
        help="instead, judge random wrong answers made from the references, at most N an exercise",
    )
    return main_parser


def chosen(names):
    """The chapters that were named, all if none was; `Unusable` for an unknown one."""
    unknown = [name for name in names if name not in CHAPTERS]
    if unknown:
        raise Unusable(f"there is no chapter {unknown[0]!r}; there are {', '.join(CHAPTERS)}")
    return list(names) or list(CHAPTERS)


def run_build(options):
    from .notebooks.chapters import need_repository
    from .site.build import build

    need_repository("build the site")
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

    from .classwork import grade_and_render
    from .reporting.terminal import class_table, grading_progress

    if options.workers is not None and options.workers < 1:
        raise Unusable(f"--workers is {options.workers}, it should be at least 1")
    workers = options.workers or len(os.sched_getaffinity(0))
    if not options.no_sandbox and not options.scheduler:
        from .grading.sandbox import missing_bounds

        for missing in missing_bounds():
            print(f"Without {missing}, each process of a submission is bounded, but not all of them together.")
    with grading_progress() as progress:
        results, problems = grade_and_render(
            options.submitted,
            options.to,
            workers=workers,
            sandboxed=not options.no_sandbox,
            progress=progress,
            scheduler=options.scheduler,
            database=options.db,
            book=options.book,
            class_mean=options.class_mean,
            slips_cost_once=not options.slips_cost_again,
            roster=options.roster,
        )
    class_table(results, options.to)
    _say_unused(options.to)
    if results.strangers:
        names = ", ".join(map(printable, results.strangers))
        print(f"{len(results.strangers)} not in the roster, graded under the names of their files: {names}")
    for old, new in results.renamed:
        print(f"{printable(old)} is {printable(new)} by the roster; what was graded under the old name is still there")
    for problem in problems:
        print(f"dlbook: {problem}", file=sys.stderr)
    return 1 if problems else 0


def _say_unused(folder):
    import csv
    from pathlib import Path

    path = Path(folder) / "unused.csv"
    with open(path, encoding="utf-8", newline="") as file:
        count = len(list(csv.reader(file))) - 1
    if count:
        print(f"{count} {'file was' if count == 1 else 'files were'} not used: {path} has the reasons")


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


def run_explain(options):
    from .reporting.appeal import explain_verdict

    print(explain_verdict(options.student, options.exercise, options.folder))
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
    from .exporting.tables import Points

    if options.format not in EXPORTS:
        raise Unusable(f"there is no format {options.format!r}; there are {', '.join(EXPORTS)}")
    if options.scale is not True and options.scale is not False and not options.scale > 0:
        raise Unusable(f"--scale is {options.scale:g}, it should be above 0")
    chapters = chosen(options.chapter)
    points = Points(options.scale, options.keep_points, _columns(options.column, chapters))
    with Console(stderr=True).status("reading the gradebook") as status:
        done = export.export(
            options.folder,
            options.format,
            options.to,
            chapters,
            options.roster,
            options.db,
            options.force,
            progress=lambda what: status.update(f"writing {what}"),
            points=points,
            announce=print,
        )
    for path in done.paths:
        print(path)
    for note in done.notes:
        print(f"dlbook: {note}", file=sys.stderr)
    if done.left:
        names = ", ".join(repr(printable(student)) for student in done.left)
        count = f"{len(done.left)} student{'s are' if len(done.left) > 1 else ' is'}"
        print(f"dlbook: {count} not in {options.roster}, the file has no line for: {names}", file=sys.stderr)
    return 1 if done.left else 0


def _columns(given, chapters):
    """{chapter: title} of ``--column``."""
    columns = {}
    for text in given:
        chapter, equals, title = text.partition("=")
        if not (equals and chapter in CHAPTERS):
            chapter, title = chapters[0], text
            if len(chapters) != 1:
                raise Unusable(f"--column {text!r}: say which chapter it is, CHAPTER=TITLE, or name one with --chapter")
        columns[chapter] = title
    return columns


def run_course(options):
    from .grading.course import lay_out_course

    for path in lay_out_course(options.to, chosen(options.chapters)):
        print(path)
    return 0


def run_stubs(options):
    from .notebooks.chapters import need_repository
    from .notebooks.stubs import write_stubs

    need_repository("write stubs")
    changed = []
    for chapter in CHAPTERS:
        changed += [f"chapters/{chapter}.md: {name}" for name in write_stubs(chapter, check_only=options.check)]
    for line in changed:
        print(line, "differs from its reference" if options.check else "written from its reference")
    return 1 if changed and options.check else 0


def run_new_exercise(options):
    from .authoring.scaffold import new_exercise
    from .notebooks.chapters import need_repository

    need_repository("add an exercise")
    for path, line in new_exercise(options.chapter, options.name):
        print(f"{path}:{line}")
    print(f"Fill these in; `dlbook verify {options.chapter}` says what is missing.")
    return 0


def run_verify(options):
    from rich.console import Console

    from .authoring.verify import verify_chapter
    from .reporting.terminal import mutants_table, verify_table

    proofs, chapters = {}, chosen(options.chapters)
    if options.mutants is not None:
        from .authoring.mutants import findings

        found = {}
        with Console(stderr=True).status("") as status:
            for number, chapter in enumerate(chapters, 1):
                status.update(f"judging mutants of {chapter}, chapter {number} of {len(chapters)}")
                found[chapter] = findings(chapter, options.mutants or None)
        return mutants_table(found)
    with Console(stderr=True).status("") as status:
        for number, chapter in enumerate(chapters, 1):
            status.update(f"proving {chapter}, chapter {number} of {len(chapters)}")
            proofs[chapter] = verify_chapter(chapter)
    return verify_table(proofs)
