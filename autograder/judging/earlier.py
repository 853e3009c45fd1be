"""Functions that a student has written in another chapter's notebook, for experiments of this one."""

import ast
import json
from pathlib import Path


class NotFound(Exception):
    """A function of another chapter cannot be brought: the message says which and what to do. Shown as one line."""

    def _render_traceback_(self):
        return [str(self)]


def bring(chapter, *names, folder="."):
    """The functions ``names`` from the student's own notebook of another chapter.

    The notebook is looked for as ``../CHAPTER/CHAPTER.ipynb`` and as ``CHAPTER.ipynb`` next to this one. Of it only
    imports and function definitions are run.
    """
    folder = Path(folder).resolve()
    places = [folder.parent / chapter / f"{chapter}.ipynb", folder / f"{chapter}.ipynb"]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise NotFound(
            f"This experiment runs on your {', '.join(names)} from the chapter {chapter!r}. Put your notebook "
            f"{chapter}.ipynb next to this one, or in a folder {chapter} next to this one's."
        )
    space = {"__name__": "__main__"}
    for source in code_cells(path):
        run_definitions(source, space, path)
    missing = [name for name in names if not callable(space.get(name))]
    if missing:
        raise NotFound(f"{path.name} defines no {', '.join(missing)}, which this experiment needs.")
    functions = tuple(space[name] for name in names)
    return functions[0] if len(functions) == 1 else functions


def code_cells(path):
    """The sources of a notebook's code cells."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError):
        raise NotFound(f"{path} cannot be read as a notebook.") from None


def run_definitions(source, space, path):
    """Run the imports and function definitions of a cell; a cell that is no plain Python is passed over."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    for statement in tree.body:
        if isinstance(statement, (ast.FunctionDef, ast.Import, ast.ImportFrom)):
            try:
                exec(compile(ast.Module([statement], []), str(path), "exec"), space)
            except ImportError:
                continue  # what only that chapter's figures need
