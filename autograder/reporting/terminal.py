"""Tables and progress bars for the terminal."""

from collections import Counter
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

TROUBLE = {"timeout", "out-of-memory", "crashed", "unreadable", "missing"}


def bars(console=None):
    """A progress display with a bar, a count, the time passed and the time left."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console or Console(stderr=True),
    )


@contextmanager
def grading_progress():
    """A function for `grade_class` to report its progress to; the bar appears with the first report."""
    progress, task = bars(), None

    def report(done, total, item):
        nonlocal task
        if task is None:
            progress.start()
            task = progress.add_task("grading", total=total)
        progress.update(task, completed=done)

    try:
        yield report
    finally:
        progress.stop()


def class_table(items, folder, console=None):
    """The class at a glance, and where its results lie."""
    console = console or Console()
    chapters = sorted({item["chapter"] for item in items})
    table = Table(title=f"{len(items)} submissions")
    table.add_column("student")
    for chapter in chapters:
        table.add_column(chapter, justify="right")
    table.add_column("remarks", overflow="fold")
    for student in sorted({item["student"] for item in items}):
        own = {item["chapter"]: item for item in items if item["student"] == student}
        scores = [f"{own[c]['score']:g}/{own[c]['max_score']:g}" if c in own else "–" for c in chapters]
        remarks = [f"{i['chapter']}: {i['status']}, {i['reason']}" for i in own.values() if i["status"] in TROUBLE]
        table.add_row(student, *scores, "; ".join(remarks)[:200])
    console.print(table)
    mistakes_table(items, console)
    console.print(f"Results: {folder}/grades.csv, results.jsonl, gradebook.db, autograded/, feedback/")


def mistakes_table(items, console=None, most=10):
    """The mistakes that most students hold, with how many."""
    counts = Counter(
        (f"{item['chapter']}.{name}", mistake)
        for item in items
        for name, exercise in item["exercises"].items()
        for mistake in exercise["misconceptions"]
    )
    if not counts:
        return
    table = Table(title="Mistakes met most")
    table.add_column("exercise")
    table.add_column("mistake")
    table.add_column("students", justify="right")
    for (exercise, mistake), count in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:most]:
        table.add_row(exercise, mistake, str(count))
    (console or Console()).print(table)


def verify_table(proofs, console=None):
    """The proofs of all chapters as a table; 0 where all hold, else 1."""
    console = console or Console()
    table = Table(title="Reference full marks, stub none, every known mistake caught and named")
    table.add_column("exercise", no_wrap=True)
    for name in ("points", "visible", "hidden", "mistakes"):
        table.add_column(name, justify="right")
    table.add_column("proof", overflow="fold")
    wrong = 0
    for proof in (proof for chapter in proofs.values() for proof in chapter):
        wrong += bool(proof.problems)
        result = "; ".join(proof.problems) if proof.problems else "holds"
        numbers = (f"{proof.points:g}", str(proof.visible), str(proof.hidden), str(proof.mistakes))
        table.add_row(proof.exercise, *numbers, result)
    console.print(table)
    return 1 if wrong else 0
