"""Notebooks of a chapter, and what is laid beside them."""

import base64
import shutil
import zipfile
from io import BytesIO
from pathlib import Path

import nbformat

from ..exercises import exercises
from ..judging import plain
from ..judging.sheet import freeze, make_sheet
from .chapters import ROOT, read_chapter
from .steps import ROLE, STEPS, UNPACKS, Recipe

JUDGING = ROOT / "autograder" / "judging"
NOT_DATA = shutil.ignore_patterns("__pycache__", "make.py")
ZIP_DATE = (2026, 1, 1, 0, 0, 0)  # the same files give the same notebook
LARGEST = 500_000  # bytes of a file that travels in a notebook
HIDDEN = {"source_hidden": True}
UNPACKING = {"role": "unpack"}
# What lies next to the notebook goes first, except for checks: those of another chapter would be wrong ones.
UNPACK = """{mark}
import base64, io, pathlib, sys, tempfile, zipfile

packed = zipfile.ZipFile(io.BytesIO(base64.b64decode("{packed}")))
beside = [name for name in packed.namelist() if pathlib.Path(name.split("/")[0]).exists() and "checks/" not in name]
folder = tempfile.mkdtemp(prefix="checks-")
packed.extractall(folder, set(packed.namelist()) - set(beside))
sys.path.insert(0, folder)
"""
NEEDED = """if not pathlib.Path("{name}").exists():
    print("Some experiments need {name}: take it from the zip file on the chapter's page and upload its folder next to "
          "this notebook. The exercises and their checks work without it.")
"""
BESIDE = ("bookdata", "bookdraw")  # packages of the book that a notebook's own cells may import
STUDENT_MODULES = (
    "plain",
    "floats",
    "compare",
    "vocabulary",
    "relations",
    "judge",
    "sheet",
    "words",
    "explain",
    "student",
    "earlier",
)


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
    write_beside(chapter, notebook, path.parent)
    write_notebook(with_its_files(notebook, path.parent), path)
    return path


def with_its_files(notebook, folder):
    """The notebook with a first code cell that unpacks what lies in ``folder``, so that it also works alone.

    Files of over `LARGEST` bytes stay out: the cell says in one line which experiments need them.
    """
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file() and path.suffix != ".ipynb")
    large = [path.relative_to(folder).as_posix() for path in files if path.stat().st_size > LARGEST]
    packed = packed_files(
        {path.relative_to(folder).as_posix(): path for path in files if path.stat().st_size <= LARGEST}
    )
    source = UNPACK.format(mark=UNPACKS, packed=base64.b64encode(packed).decode())
    for name in large:
        source += NEEDED.format(name=name)
    cell = nbformat.v4.new_code_cell(
        source, id="unpack", metadata={"cellView": "form", "jupyter": HIDDEN, ROLE: UNPACKING}
    )
    place = next(index for index, other in enumerate(notebook.cells) if other.cell_type == "code")
    alone = nbformat.from_dict(notebook)
    alone.cells = [*notebook.cells[:place], cell, *notebook.cells[place:]]
    return alone


def packed_files(files):
    """A zip file of name → path, the same bytes whenever it is made."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, path in sorted(files.items()):
            info = zipfile.ZipInfo(name, ZIP_DATE)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, path.read_bytes())
    return content.getvalue()


def write_beside(chapter, notebook, folder):
    """What a chapter's notebook needs next to it: its checks, and the book's data and drawings if it uses them."""
    write_checks(chapter, folder)
    for package in BESIDE:
        if any(cell.cell_type == "code" and package in cell.source for cell in notebook.cells):
            shutil.copytree(ROOT / package, Path(folder) / package, dirs_exist_ok=True, ignore=NOT_DATA)
