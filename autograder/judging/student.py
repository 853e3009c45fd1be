"""A student's own check, in the notebook and in the page: the visible cases of one chapter.

It reads ``cases.json`` beside it, which `autograder.notebooks.release` writes there.
"""

import sys
from functools import cache
from pathlib import Path

from . import plain
from .explain import text
from .judge import LocalStudent, judge
from .sheet import thaw


class CheckFailed(AssertionError):
    """A check failed. Notebooks show its report and no traceback."""

    def _render_traceback_(self):
        return [str(self)]


@cache
def sheets():
    """The sheets of the chapter, by exercise."""
    path = Path(__file__).with_name("cases.json")
    return thaw(plain.loads(path.read_text(encoding="utf-8"), plain.resolve_rng))


def check(name, functions=None):
    """Judge the exercise ``name`` by its visible cases and print the report.

    functions: where the student's functions are looked up, by default where `check` is called.
    Raises `CheckFailed`, whose message is the report, where a case fails.
    """
    if callable(name):
        name = name.__name__
    if name not in sheets():
        raise CheckFailed(f"There is no exercise {name!r} in this chapter; it has {', '.join(sheets())}.")
    if functions is None:
        functions = sys._getframe(1).f_globals
    sheet = sheets()[name]
    verdict = judge(sheet, LocalStudent(functions))
    report = text(verdict, sheet)
    if not verdict.solved:
        raise CheckFailed(report)
    print(report)
