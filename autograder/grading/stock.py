"""The check that stock ``nbgrader autograde`` runs in a test cell: every case, partial credit.

A test cell's hidden part puts this `check` in place of the student's. Its value is the cell's last expression,
which nbgrader takes for the points. The course's own engine gives the same points without running in the
student's process; use this only where students are trusted.
"""

import contextlib
import io
import os
import sys

from ..exercises import find
from ..judging.judge import LocalStudent, judge
from ..judging.sheet import make_sheet

SEED_VARIABLE = "DLBOOK_SEED"


def checker(chapter):
    """The `check` of one chapter: ``check("adam_step")`` is the exercise's points as a float."""

    def check(name, functions=None):
        if functions is None:
            functions = sys._getframe(1).f_globals
        sheet = make_sheet(find(chapter, name), os.environ.get(SEED_VARIABLE, "0"))
        # nbgrader gives no points to a cell that wrote to stderr, be it a harmless warning
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            return float(judge(sheet, LocalStudent(functions)).points)

    return check
