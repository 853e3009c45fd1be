"""The autograded notebook: the submission's cells with the course's own checks, and what came of them."""

import json

from ..notebooks.steps import role_of
from .markup import without_markup
from .verdicts import error_shown, groups_shown

MAX_SAVED_OUTPUTS = 20  # of one cell
MAX_SAVED = 16_000_000  # characters of all outputs


def autograded_notebook(reading, plan, graded, exercises, released):
    """The text of a notebook that nbgrader's tools take for the autograded one.

    graded: what came of the cells. exercises: the stored verdicts by name. released: the course's notebook.
    It is built as plain data: nbformat's own constructors validate each cell, which takes longer than grading.
    """
    room = MAX_SAVED
    course = {c.metadata["nbgrader"]["grade_id"]: c for c in released.cells if "nbgrader" in c.metadata}
    texts = {c.source for c in released.cells if c.cell_type == "markdown"}  # the course's own need no change
    cells, used = [], set()
    for index, (cell, (role, name)) in enumerate(zip(reading.cells, plan.roles)):
        grade_id = {"answer": name, "stub": name, "check": f"check-{name}"}.get(role)
        if grade_id in used:
            grade_id = None
        if role == "check" and grade_id in course:
            cells.append(check_cell(course[grade_id], name, exercises[name]))
        elif cell.kind == "markdown":
            source = cell.source if cell.source in texts else without_markup(cell.source)
            cells.append({"cell_type": "markdown", "metadata": {}, "source": source})
        else:
            metadata = {"nbgrader": course[grade_id].metadata["nbgrader"]} if grade_id in course else {}
            outputs = outputs_of(index, cell, graded)
            room -= len(str(outputs))
            cells.append(code_cell(cell.source, metadata, outputs if room > 0 else []))
        used.add(grade_id)
    for grade_id, cell in course.items():  # what the submission lacks
        if grade_id not in used:
            name = grade_id.removeprefix("check-")
            is_check = role_of(cell) == "check"
            cells.append(
                check_cell(cell, name, exercises[name]) if is_check else code_cell(cell.source, cell.metadata, [])
            )
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    notebook = {"cells": cells, "metadata": released.metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def code_cell(source, metadata, outputs):
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": metadata,
        "outputs": outputs,
        "source": source,
    }


def stream(text):
    return {"output_type": "stream", "name": "stdout", "text": text}


def check_cell(cell, name, exercise):
    """The course's check with its result as output; of hidden cases it says what `groups_shown` does.

    nbgrader makes a feedback page of its own from this notebook, so it holds nothing that a student must not see.
    """
    lines = [f"{name}: {exercise['points']:g} of {exercise['max_points']:g} points"]
    for group in groups_shown(exercise):
        count = (
            f"{group['passed']} of {group['count']}" if group["visible"] else "passed" if group["solved"] else "failed"
        )
        lines.append(f"  {group['name']}: {count}")
    lines += [f"  {error}" for error in [error_shown(exercise)] if error]
    lines += [f"  Hint: {hint}" for hint in exercise["hints"]]
    lines += [f"  In all of it: {relation}." for relation in [exercise["relation"]] if relation]
    return code_cell(cell.source, cell.metadata, [stream("\n".join(lines) + "\n")])


def outputs_of(index, cell, graded):
    """What the cell gave when it was graded; for cells that were not run, what was saved with it."""
    if index in graded.outputs:
        return valid_outputs(graded.outputs[index][1])
    return valid_outputs(cell.outputs[:MAX_SAVED_OUTPUTS])


def printed(outputs):
    """What a cell's outputs say, as text; a figure is a word."""
    parts = []
    for item in valid_outputs(outputs):
        if item["output_type"] == "stream":
            parts.append(item["text"])
        elif item["output_type"] == "error":
            parts.append(f"{item['ename']}: {item['evalue']}\n")
        else:
            parts.append("[figure]\n" if "image/png" in item["data"] else item["data"].get("text/plain", "") + "\n")
    return "".join(parts)


def valid_outputs(outputs):
    """Outputs that nbformat accepts: nothing that a student's side sent is believed to be well formed."""
    kept = []
    for item in outputs if isinstance(outputs, list) else []:
        if not isinstance(item, dict):
            continue
        kind, data = item.get("output_type"), item.get("data")
        if kind == "stream" and isinstance(item.get("text"), (str, list)):
            kept.append(stream(_text(item["text"])))
        elif kind in ("display_data", "execute_result") and isinstance(data, dict):
            shown = {mime: _text(body) for mime, body in data.items() if mime in ("text/plain", "image/png")}
            kept.append({"output_type": "display_data", "data": shown, "metadata": {}})
        elif kind == "error" and isinstance(item.get("evalue"), str):
            name, message = str(item.get("ename"))[:200], item["evalue"][:2000]
            kept.append({"output_type": "error", "ename": name, "evalue": message, "traceback": []})
    return kept


def _text(text):
    return "".join(part for part in text if isinstance(part, str)) if isinstance(text, list) else str(text)
