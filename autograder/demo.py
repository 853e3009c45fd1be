"""`make demo`: the whole way once, from the chapters to the gradebook of a sample class, and a site to look at."""

import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager

from rich.console import Console

from .classwork import grade_and_render
from .exercises import CHAPTERS
from .grading import sandbox
from .grading.course import lay_out_course
from .notebooks.chapters import ROOT
from .notebooks.release import release
from .reporting.report import write_report
from .reporting.terminal import bars, class_table
from .sample_class import write_class
from .site.build import Lines, Steps
from .site.serve import make_server

SITE = ROOT / "_build" / "html"
FOLDER = ROOT / "_build" / "demo"
SOLVED = ("ada", "perceptrons")  # whose feedback shows a solved exercise, and whose a mistake that was recognized
MISTAKEN = ("goran", "optimizers")


def main():
    """Build the site, release the notebooks, grade the sample class, report on it, and show where to look."""
    console = Console()
    sandboxed = has_sandbox(console)
    with bars(console) as progress:
        show = Steps(progress)
        with site_built_meanwhile(show) as site:
            hand_out(show)
            graded = steps_of(show, "grading")
            book = "../../../../html"  # from a page of feedback, on the disk as in the served site
            results, _ = grade_and_render(FOLDER / "submitted", FOLDER, sandboxed=sandboxed, progress=graded, book=book)
            write_report(FOLDER, book="../../html", progress=counted(show, "comparing the answers"))
            lay_out_course(FOLDER, ())  # nbgrader's configuration, for the formgrader
        show.tell("")
    if site.returncode:
        sys.exit("The site did not build: the messages above say why.")
    class_table(results, FOLDER.relative_to(ROOT), console)
    if console.is_terminal:
        show_in_browser(console)
    else:
        console.rule("Where to look")
        print_links(console, f"{SITE.relative_to(ROOT)}/", f"{FOLDER.relative_to(ROOT)}/")
        console.print("To read and solve the book in a browser: .venv/bin/dlbook serve")


def has_sandbox(console):
    try:
        sandbox.check_sandbox()
    except sandbox.NoSandbox as reason:
        console.print(f"[yellow]{reason}[/yellow]\nThe sample class can be trusted: it is graded without the sandbox.")
        return False
    return True


@contextmanager
def site_built_meanwhile(show):
    """The process that builds the site; it has ended when this ends."""
    line = [sys.executable, "-m", "autograder.site.build"]
    process = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    reader = threading.Thread(target=Lines.repeat, args=(process.stdout, show))
    reader.start()
    try:
        yield process
    except BaseException:
        process.terminate()
        raise
    finally:
        process.wait()
        reader.join()


def hand_out(show):
    """The released notebooks, and the sample class's submissions; those of an earlier demonstration go."""
    for name in ("release", "submitted"):
        shutil.rmtree(FOLDER / name, ignore_errors=True)
    for number, chapter in enumerate(CHAPTERS, 1):
        release(chapter, FOLDER / "release")
        show("releasing the notebooks", number, len(CHAPTERS))
    write_class(FOLDER / "submitted", CHAPTERS, progress=steps_of(show, "writing the sample class"))


def steps_of(show, step):
    return lambda done, total: show(step, done, total)


def counted(show, step):
    """A function to be called with each chapter that is done."""
    done = []
    return lambda chapter: show(step, len(done) + 1, len(CHAPTERS)) or done.append(chapter)


def print_links(console, site, demo):
    """What there is to see; ``site`` and ``demo`` are where the two are found."""
    student, chapter = SOLVED
    other, mistaken = MISTAKEN
    folder = FOLDER.relative_to(ROOT)
    for text, place in (
        ("the book", f"{site}chapters/intro.html"),
        ("a solved exercise", f"{demo}feedback/{student}/{chapter}/{chapter}.html"),
        ("the class report", f"{demo}report/index.html"),
        ("feedback on mistakes", f"{demo}feedback/{other}/{mistaken}/{mistaken}.html"),
        ("a student's notebook", f"{folder}/release/{chapter}/{chapter}.ipynb"),
        ("the formgrader", f"cd {folder} && ../../.venv/bin/jupyter lab, then menu Nbgrader, Formgrader"),
    ):
        console.print(f"  {text:22}{place}", soft_wrap=True, markup=False, highlight=False)


def show_in_browser(console):
    """Serve the site, the report and the feedback until Ctrl-C."""
    beside = {name: FOLDER / name for name in ("report", "feedback")}
    with make_server(SITE, beside=beside) as server:
        try:
            console.rule("Where to look (Ctrl-C ends it)")
            print_links(console, server.address, server.address)
            server.serve_forever()
        except KeyboardInterrupt:
            console.print("\nAgain: .venv/bin/dlbook serve")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted; `make demo` resumes.")
