"""Tables and progress bars for the terminal."""

from collections import Counter
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

MAX_STUDENTS = 60
SHOWN = ("score", "max_score", "status", "reason")
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

    def report(done, total):
        nonlocal task
        if task is None:
            progress.start()
            task = progress.add_task("grading", total=total)
        progress.update(task, completed=done)

    try:
        yield report
    finally:
        progress.stop()


MAX_COLUMNS = 6  # chapters side by side


def class_table(results, folder, console=None):
    """The class at a glance, and where its results lie.

    results: the records, in order of student and chapter; of a large class the first students are shown.
    """
    console = console or Console()
    chapters, counts, misconceptions, rows = set(), Counter(), Counter(), {}
    for item in results:
        chapters.add(item["chapter"])
        counts[item["status"]] += 1
        if item["student"] in rows or len(rows) < MAX_STUDENTS:
            rows.setdefault(item["student"], {})[item["chapter"]] = {k: item[k] for k in SHOWN}
        for name, exercise in item["exercises"].items():
            misconceptions.update((f"{item['chapter']}.{name}", found) for found in exercise["misconceptions"])
    table = Table(title=", ".join(f"{count} {status}" for status, count in counts.most_common()))
    table.add_column("student")
    many = len(chapters) > MAX_COLUMNS  # a terminal is too narrow for all of them
    for name in ["chapters", "score"] if many else sorted(chapters):
        table.add_column(escape(name), justify="right")
    table.add_column("remarks", overflow="fold")
    for student, own in rows.items():
        if many:
            total, most = (sum(item[key] for item in own.values()) for key in ("score", "max_score"))
            scores = [str(len(own)), f"{total:g}/{most:g}"]
        else:
            scores = [f"{own[c]['score']:g}/{own[c]['max_score']:g}" if c in own else "–" for c in sorted(chapters)]
        remarks = [f"{c}: {i['status']}, {i['reason']}" for c, i in own.items() if i["status"] in TROUBLE]
        table.add_row(escape(student), *scores, escape("; ".join(remarks)[:200]))
    console.print(table)
    if sum(counts.values()) > len([item for own in rows.values() for item in own]):
        console.print(f"The first {len(rows)} students are shown; all are in grades.csv.")
    misconceptions_table(misconceptions, console)
    where = f"Results: {folder}/grades.csv, results.jsonl, gradebook.db, autograded/, feedback/, verdicts/"
    console.print(where, markup=False, soft_wrap=True)


def misconceptions_table(misconceptions, console, most=10):
    """The misconceptions that most students hold, with how many."""
    if not misconceptions:
        return
    table = Table(title="Most frequent misconceptions")
    table.add_column("exercise")
    table.add_column("misconception")
    table.add_column("students", justify="right")
    for (exercise, name), count in sorted(misconceptions.items(), key=lambda entry: (-entry[1], entry[0]))[:most]:
        table.add_row(exercise, name, str(count))
    console.print(table)


def verify_table(proofs, console=None):
    """The proofs of all chapters as a table, then what is missing or wrong, one to a line; 0 where all hold, else 1."""
    console = console or Console()
    table = Table(title="Reference full marks, stub none, every misconception caught and named")
    table.add_column("exercise", no_wrap=True)
    for name in ("points", "visible", "hidden", "misconceptions"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("proof", overflow="fold")
    wrong = [proof for chapter in proofs.values() for proof in chapter if proof.problems]
    for proof in (proof for chapter in proofs.values() for proof in chapter):
        result = f"{len(proof.problems)} to fix" if proof.problems else "holds"
        numbers = (f"{proof.points:g}", str(proof.visible), str(proof.hidden), str(proof.mistakes))
        table.add_row(proof.exercise, *numbers, result)
    console.print(table)
    for proof in wrong:
        for problem in proof.problems:
            console.print(f"{proof.exercise}: {problem}", markup=False, highlight=False, soft_wrap=True)
    return 1 if wrong else 0


def mutants_table(found, console=None):
    """What was told of the mutants of each chapter, then those that pass and those told nothing; 0 if goals are met.

    found: the findings by chapter. A mutant that passes may be right; one that is wrong shows a hole in the cases.
    """
    from ..authoring.mutants import KINDS, LEAST_EXPLAINED, MOST_FALSE, tally, total

    console = console or Console()
    table = Table(title="Mutants of the references: what their authors would be told")
    table.add_column("chapter", no_wrap=True)
    for name in ("mutants", "pass", "fail", *(kind or "nothing" for kind in KINDS), "explained", "false"):
        table.add_column(name, justify="right")
    rows = [tally(chapter, items) for chapter, items in found.items()]
    whole = total(rows)
    for row in [*rows, whole]:
        counts = (row.mutants, row.passed, row.failed, *row.by)
        shares = (f"{100 * share / max(1, row.failed):.1f} %" for share in (row.explained, row.false))
        table.add_row(row.chapter, *map(str, counts), *shares)
    console.print(table)
    for item in (item for items in found.values() for item in items):
        what = "passes" if item.passed else "is told nothing" if not item.explained else "is told a false relation"
        if item.passed or not item.explained or item.false:
            said = f" ({item.relation})" if item.false else ""
            line = f"{item.exercise} {what}{said}: {item.change}"
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    met = whole.explained >= LEAST_EXPLAINED * whole.failed and whole.false <= MOST_FALSE * whole.failed
    return 0 if met else 1
