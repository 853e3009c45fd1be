"""The course's engine inside ``nbgrader autograde``: a preprocessor in place of nbgrader's ``Execute``.

Switched on in ``nbgrader_config.py`` (`dlbook course` writes the lines, commented out).
"""

import os

from nbformat.v4 import new_code_cell, new_output
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Unicode

from ..notebooks.release import make_notebook
from ..notebooks.steps import role_of
from .autograded import outputs_of
from .engine import grade
from .plan import make_plan
from .reading import Cell, Reading
from .stock import SEED_VARIABLE
from .work import local_worker, materials


class JudgeApart(NbGraderPreprocessor):
    """Run the submission in a sandboxed worker and write each check's points where nbgrader looks for them."""

    sandboxed = Bool(True, help="Run students' code in bubblewrap's sandbox.").tag(config=True)
    seed = Unicode("", help=f"The secret of the hidden cases; by default ${SEED_VARIABLE}.").tag(config=True)

    def preprocess(self, notebook, resources):
        """The notebook with outputs; a check that the submission lacks is added at the end."""
        chapter = resources["nbgrader"]["notebook"]
        known = materials(chapter, self.seed or os.environ.get(SEED_VARIABLE, "0"))
        reading = Reading([_cell(cell) for cell in notebook.cells])
        plan = make_plan(reading, known.released, dict.fromkeys(known.sheets))
        graded = grade(local_worker(self.sandboxed), plan, known.sheets, references=known.references, uses=known.uses)
        for reason in (text for _, text in graded.faults):
            self.log.warning("%s: %s", chapter, reason)
        missing = dict(graded.verdicts)
        for index, (cell, (role, name)) in enumerate(zip(notebook.cells, plan.roles)):
            if cell.cell_type != "code":
                continue
            if role == "check" and name in missing:
                cell.outputs = points_output(missing.pop(name))
            elif role != "check":
                cell.outputs = [new_output(**output) for output in outputs_of(index, reading.cells[index], graded)]
        for cell in make_notebook(chapter, "source").cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "").removeprefix("check-")
            if role_of(cell) == "check" and name in missing:
                outputs = points_output(missing[name])
                notebook.cells.append(new_code_cell(cell.source, metadata=cell.metadata, outputs=outputs))
        return notebook, resources


def points_output(verdict):
    """The points as the result of the cell, from which nbgrader takes them."""
    return [new_output("execute_result", data={"text/plain": repr(float(verdict.points))}, execution_count=1)]


def _cell(cell):
    grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
    return Cell(
        cell.cell_type if cell.cell_type == "code" else "markdown", cell.source, grade_id, cell.get("outputs", [])
    )
