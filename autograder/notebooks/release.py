"""Notebooks of a chapter, and what is laid beside them."""

import shutil
from pathlib import Path

import nbformat

from ..exercises import exercises
from ..judging import plain
from ..judging.sheet import freeze, make_sheet
from .chapters import ROOT, read_chapter
from .steps import STEPS, Recipe

JUDGING = ROOT / "autograder" / "judging"
NOT_DATA = shutil.ignore_patterns("__pycache__", "make.py")
STUDENT_MODULES = ("plain", "floats", "compare", "vocabulary", "relations", "judge", "sheet", "explain", "student")


def make_notebook(chapter, kind="student"):
    """The chapter's notebook for a student, an instructor, or as nbgrader's source."""
    notebook, recipe = read_chapter(chapter), Recipe(chapter, kind)
    for step in STEPS:
        step(notebook, recipe)
    return nbformat.from_dict(notebook)


def bundle(chapter):
    """The chapter's visible cases as text: no reference, no hidden case."""
    frozen = freeze([make_sheet(exercise, visible_only=True) for exercise in exercises(chapter)])
    return plain.dumps(plain.anonymous(frozen))


def write_checks(chapter, folder):
    """The package ``checks``: the judge's own modules as they are, and the visible cases as data."""
    package = Path(folder) / "checks"
    package.mkdir(parents=True, exist_ok=True)
    for name in STUDENT_MODULES:
        source = (JUDGING / f"{name}.py").read_text(encoding="utf-8")
        (package / f"{name}.py").write_text(source, encoding="utf-8")
    init = '"""Checks of this chapter\'s exercises: `check("name")` judges one by its visible cases."""\n\n'
    (package / "__init__.py").write_text(init + "from .student import check as check\n", encoding="utf-8")
    (package / "cases.json").write_text(bundle(chapter), encoding="utf-8")


def write_notebook(notebook, path):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")


def release(chapter, to, kind="student"):
    """Write ``TO/CHAPTER/CHAPTER.ipynb`` and its checks; returns the notebook's path."""
    path = Path(to) / chapter / f"{chapter}.ipynb"
    notebook = make_notebook(chapter, kind)
    write_notebook(notebook, path)
    write_beside(chapter, notebook, path.parent)
    return path


def write_beside(chapter, notebook, folder):
    """What a chapter's notebook needs beside it: its checks, and the book's data where it uses them."""
    write_checks(chapter, folder)
    if any(cell.cell_type == "code" and "bookdata" in cell.source for cell in notebook.cells):
        shutil.copytree(ROOT / "bookdata", Path(folder) / "bookdata", dirs_exist_ok=True, ignore=NOT_DATA)
