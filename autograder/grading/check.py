"""A student's own check on the command line: the notebook's functions, judged by the visible cases."""

from pathlib import Path

from ..exercises import exercises
from ..judging.sheet import make_sheet
from ..notebooks.release import make_notebook
from .chapter import chapter_of
from .engine import Worker, grade
from .plan import make_plan
from .reading import MAX_BYTES, Unreadable, read_notebook


def check_notebook(path):
    """(chapter, verdicts, sheets, faults) of a notebook; `Unreadable` where it cannot be checked.

    The notebook runs as any notebook of one's own does, in a process of its own but without a sandbox.
    """
    path = Path(path)
    if not path.is_file():
        raise Unreadable("there is no such file")
    if path.stat().st_size > MAX_BYTES:
        raise Unreadable(f"the file has over {MAX_BYTES / 1e6:.0f} MB")
    reading = read_notebook(path.read_bytes())
    chapter = chapter_of(reading, path)
    sheets = {exercise.name: make_sheet(exercise, visible_only=True) for exercise in exercises(chapter)}
    plan = make_plan(reading, make_notebook(chapter), dict.fromkeys(sheets))
    with Worker(sandboxed=False) as worker:
        graded = grade(worker, plan, sheets)
    return chapter, graded.verdicts, sheets, [reason for _, reason in graded.faults]
