"""`make demo`: the whole way once, from the chapters to the gradebook of a sample class."""

import shutil
import sys

from rich.console import Console

from .classwork import grade_and_render
from .exercises import CHAPTERS
from .grading import sandbox
from .notebooks.chapters import ROOT
from .notebooks.release import release
from .reporting.terminal import bars, class_table, grading_progress
from .sample_class import write_class
from .site.build import build

FOLDER = ROOT / "_build" / "demo"


def main():
    """Build the site, release the notebooks, grade the sample class, and say where to look."""
    console = Console()
    console.rule("The site")
    if build():
        sys.exit("The site did not build: the messages above say why.")

    console.rule("The notebooks for students")
    shutil.rmtree(FOLDER, ignore_errors=True)
    with bars(console) as progress:
        for chapter in progress.track(CHAPTERS, description="releasing"):
            release(chapter, FOLDER / "release")

    console.rule("A sample class")
    students = write_class(FOLDER / "submitted", CHAPTERS)
    console.print(f"{len(students)} students hand in {len(CHAPTERS)} chapters.")
    sandboxed = True
    try:
        sandbox.check_sandbox()
    except sandbox.NoSandbox as reason:
        sandboxed = False
        console.print(f"[yellow]{reason}[/yellow]\nThe sample class can be trusted: it is graded without the sandbox.")
    with grading_progress() as report:
        results, _ = grade_and_render(FOLDER / "submitted", FOLDER, sandboxed=sandboxed, progress=report)
    class_table(results, FOLDER.relative_to(ROOT), console)

    console.rule("Where to look")
    for text, path in (
        ("the book", ROOT / "_build" / "html" / "index.html"),
        ("a student's notebook", FOLDER / "release" / CHAPTERS[0] / f"{CHAPTERS[0]}.ipynb"),
        ("feedback on mistakes", FOLDER / "feedback" / "goran" / "optimizers" / "optimizers.html"),
        ("the grades", FOLDER / "grades.csv"),
        ("the gradebook", FOLDER / "gradebook.db"),
    ):
        console.print(f"  {text:24}{path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
