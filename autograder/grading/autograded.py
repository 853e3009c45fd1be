"""The autograded notebook: the submission's cells with the course's own checks, and what came of them."""

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from ..notebooks.steps import role_of

MAX_SAVED_OUTPUTS = 20


def autograded_notebook(chapter, reading, plan, graded, released):
    """A notebook that nbgrader's tools take for the autograded one of this chapter."""
    course = {c.metadata["nbgrader"]["grade_id"]: c for c in released.cells if "nbgrader" in c.metadata}
    cells, used = [], set()
    for index, (cell, (role, name)) in enumerate(zip(reading.cells, plan.roles)):
        grade_id = {"answer": name, "stub": name, "check": f"check-{name}"}.get(role)
        if grade_id in used:
            grade_id = None
        if role == "check" and grade_id is not None:
            cells.append(check_cell(course[grade_id], graded.verdicts[name]))
        elif cell.kind == "markdown":
            cells.append(new_markdown_cell(cell.source))
        else:
            metadata = {"nbgrader": dict(course[grade_id].metadata["nbgrader"])} if grade_id in course else {}
            cells.append(new_code_cell(cell.source, metadata=metadata, outputs=_outputs(index, cell, graded)))
        used.add(grade_id)
    for grade_id, cell in course.items():  # what the submission lacks
        if grade_id not in used:
            name = grade_id.removeprefix("check-")
            is_check = role_of(cell) == "check"
            cells.append(check_cell(cell, graded.verdicts[name]) if is_check else nbformat.from_dict(dict(cell)))
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=dict(released.metadata))
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    return notebook


def check_cell(cell, verdict):
    """The course's check with its result as output; hidden cases are named by their group only."""
    lines = [f"{verdict.name}: {verdict.points:g} of {verdict.max_points:g} points"]
    lines += [f"  {group}: {passed} of {count}" for group, passed, count in by_group(verdict)]
    if verdict.error:
        lines.append(f"  {verdict.error}")
    lines += [f"  Hint: {hint}" for hint in verdict.hints]
    output = new_output("stream", name="stdout", text="\n".join(lines) + "\n")
    return new_code_cell(cell.source, metadata=dict(cell.metadata), outputs=[output])


def by_group(verdict):
    """(group's name, cases passed, cases) of a verdict, in order."""
    counts = {}
    for result in verdict.results:
        passed, count = counts.get(result.trial.group, (0, 0))
        counts[result.trial.group] = (passed + result.passed, count + 1)
    return [(group, *count) for group, count in counts.items()]


def _outputs(index, cell, graded):
    """What the cell gave when it was graded; for cells that were not run, what was saved with it."""
    if index in graded.outputs:
        return _valid(graded.outputs[index][1] or [])
    return _valid(cell.outputs[:MAX_SAVED_OUTPUTS])


def _valid(outputs):
    """Outputs that nbformat accepts: nothing that a student's side sent is believed to be well formed."""
    kept = []
    for item in outputs if isinstance(outputs, list) else []:
        if not isinstance(item, dict):
            continue
        text, data = item.get("text"), item.get("data")
        if item.get("output_type") == "stream" and isinstance(text, (str, list)):
            kept.append(new_output("stream", name="stdout", text=_text(text)))
        elif item.get("output_type") in ("display_data", "execute_result") and isinstance(data, dict):
            plain = {kind: _text(body) for kind, body in data.items() if kind in ("text/plain", "image/png")}
            kept.append(new_output("display_data", data=plain))
        elif item.get("output_type") == "error" and isinstance(item.get("evalue"), str):
            kept.append(
                new_output("error", ename=str(item.get("ename"))[:200], evalue=item["evalue"][:2000], traceback=[])
            )
    return kept


def _text(text):
    return "".join(part for part in text if isinstance(part, str)) if isinstance(text, list) else str(text)
