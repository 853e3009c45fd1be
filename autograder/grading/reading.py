"""Reading notebooks as people really have them.

Whatever the program that saved it (JupyterLab, Notebook, VS Code, Colab) and the format (nbformat 3 and 4),
what grading needs of a notebook is the sources of its cells and their nbgrader ids.
"""

import json
from dataclasses import dataclass, field

from ..notebooks.steps import UNPACKS

MAX_BYTES = 30_000_000  # JSON takes up to thirty times its size in memory
MAX_CELLS = 5_000
MAX_SOURCE = 1_000_000


class Unreadable(Exception):
    """A file that cannot be graded; the message tells a student why and what to do."""


@dataclass
class Cell:
    """One cell of a submission. ``outputs`` are those that were saved with it."""

    kind: str
    source: str
    grade_id: str | None = None
    outputs: list = field(default_factory=list)


@dataclass
class Reading:
    """A submission's cells, and the chapter that its metadata name, if any."""

    cells: list
    chapter: str | None = None


def read_notebook(data):
    """The `Reading` of a notebook file's bytes; `Unreadable` says why there is none."""
    if len(data) > MAX_BYTES:
        raise Unreadable(
            f"the file has {len(data) / 1e6:.0f} MB, at most {MAX_BYTES / 1e6:.0f} are read: "
            "clear its outputs, save it and hand it in again"
        )
    notebook = _parse(data)
    version = notebook.get("nbformat")
    if version not in (3, 4):
        raise Unreadable(f"its nbformat is {str(version)[:20]!r}, notebooks have 3 or 4: save it again in Jupyter")
    cells = notebook.get("cells") if version == 4 else _cells_of_version_3(notebook)
    if not isinstance(cells, list):
        raise Unreadable("it has no list of cells: save it again in Jupyter")
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"it has {len(cells)} cells, at most {MAX_CELLS} are read")
    found = [_cell(cell) for cell in cells if isinstance(cell, dict)]
    return Reading([cell for cell in found if not cell.source.startswith(UNPACKS)], _chapter(notebook))


def _parse(data):
    if not data.strip():
        raise Unreadable("the file is empty: save the notebook and hand it in again")
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("the file is not text in UTF-8, so not a notebook: was it packed or damaged?") from None
    try:
        notebook = json.loads(text)
    except RecursionError:
        raise Unreadable("its JSON is nested too deeply to be a notebook") from None
    except ValueError as error:
        what = "a web page" if text.lstrip()[:1] == "<" else "broken JSON"
        place = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise Unreadable(f"the file holds {what}{place}, not a notebook: download or save it again") from None
    if not isinstance(notebook, dict):
        raise Unreadable("the file holds JSON, but no notebook")
    return notebook


def _cells_of_version_3(notebook):
    """The cells of all worksheets, with their text where version 4 has it; None where there is no list of cells."""
    worksheets, cells = notebook.get("worksheets"), []
    for worksheet in worksheets if isinstance(worksheets, list) else [None]:
        found = worksheet.get("cells") if isinstance(worksheet, dict) else None
        if not isinstance(found, list):
            return None
        cells += [
            {**cell, "source": cell.get("input", cell.get("source", ""))} for cell in found if isinstance(cell, dict)
        ]
    return cells


def _cell(cell):
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str) or len(source) > MAX_SOURCE:
        source = ""
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    outputs = cell.get("outputs")
    return Cell(
        kind="code" if cell.get("cell_type") == "code" else "markdown",
        source=source.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode(),
        grade_id=grade_id if isinstance(grade_id, str) else None,
        outputs=outputs if isinstance(outputs, list) else [],
    )


def _chapter(notebook):
    metadata = notebook.get("metadata")
    own = metadata.get("dlbook") if isinstance(metadata, dict) else None
    chapter = own.get("chapter") if isinstance(own, dict) else None
    return chapter if isinstance(chapter, str) else None
