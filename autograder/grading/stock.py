"""The check that stock ``nbgrader autograde`` runs in a test cell: every case, partial credit.

A test cell's hidden part puts this `check` in place of the student's. Its value is the cell's last expression,
which nbgrader takes for the points. The course's own engine gives the same points without running in the
student's process; use this only where students are trusted.
"""

import contextlib
import io
import os
import sys

from ..exercises import exercises, find
from ..judging.judge import LocalStudent, judge
from ..judging.sheet import make_sheet

SEED_VARIABLE = "DLBOOK_SEED"


def checker(chapter):
    """The `check` of one chapter: ``check("adam_step")`` is the exercise's points as a float."""

    def check(name, functions=None):
        if functions is None:
            functions = sys._getframe(1).f_globals
        seed = os.environ.get(SEED_VARIABLE, "0")
        # nbgrader gives no points to a cell that wrote to stderr, be it a harmless warning
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            verdict = judge(make_sheet(find(chapter, name), seed), LocalStudent(functions))
            if not verdict.solved and is_right_with_references(chapter, name, functions, seed):
                return float(verdict.max_points)
            return float(verdict.points)

    return check


def is_right_with_references(chapter, name, functions, seed):
    """Whether an answer fails only because it calls other answers of the notebook that are wrong.

    It is judged again with references for these; `autograder.grading.engine` does the same without showing them.
    """
    code = getattr(functions.get(name), "__code__", None)
    called = {*(code.co_names if code else ()), *find(chapter, name).uses} - {name}
    wrong = {
        other.name: other.reference
        for other in exercises(chapter)
        if other.name in called and not judge(make_sheet(other, seed), LocalStudent(functions)).solved
    }
    own = {other: functions.get(other) for other in wrong}
    functions.update(wrong)
    try:
        return bool(wrong) and judge(make_sheet(find(chapter, name), seed), LocalStudent(functions)).solved
    finally:
        functions.update(own)
