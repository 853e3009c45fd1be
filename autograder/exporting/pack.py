"""What a grader that runs elsewhere needs: the modules it imports, the packages they need, one chapter's data."""

import ast
import importlib
import re
from functools import cache
from importlib import metadata
from modulefinder import ModuleFinder

import nbformat
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ..exercises import exercises
from ..judging.judge import LocalStudent, judge
from ..judging.sheet import make_sheet
from ..notebooks.chapters import ROOT, course_path
from ..notebooks.release import BESIDE, STUDENT_MODULES, make_notebook
from . import container
from .scores import CannotExport

ENTRIES = ("autograder.exporting.container", "autograder.grading.worker")
OF_ANSWERS = ("numpy", "matplotlib", "scipy", "sklearn")  # what students may use in every chapter


@cache
def machinery():
    """({path in the package: bytes} of our modules that a grader imports, names of others that they import)."""
    finder = ModuleFinder(path=[str(ROOT)])
    for entry in (*ENTRIES, *(f"autograder.judging.{name}" for name in STUDENT_MODULES)):
        finder.import_hook(entry)
    files = {}
    for name, module in finder.modules.items():
        if name.partition(".")[0] == "autograder" and getattr(module, "__file__", None):
            path = ROOT.joinpath(*name.split("."))
            path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
            files[str(path.relative_to(ROOT))] = path.read_bytes()
    return files, frozenset(name.partition(".")[0] for name in finder.any_missing())


def imports(chapter):
    """Top names of the modules that the chapter's released notebook imports."""
    names = set()
    for cell in make_notebook(chapter).cells:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(cell.source)):
                found = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                found += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
                names |= {name.partition(".")[0] for name in found}
    return names


def requirements(chapter):
    """The part of ``requirements.lock``, with its hashes, that a grader and the chapter's notebook need."""
    lock = course_path("requirements.lock")
    if not lock.is_file():
        raise CannotExport(f"{lock.name} is missing next to pyproject.toml: run `make lock`")
    blocks = re.split(r"^(?=\S)", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    named = [
        (canonicalize_name(re.split(r"[^\w.-]", block, maxsplit=1)[0]), block)
        for block in blocks
        if block[:1].isalnum()
    ]
    locked = {name for name, _ in named}
    distributions = metadata.packages_distributions()
    names = machinery()[1] | imports(chapter) | set(OF_ANSWERS)
    imported = {canonicalize_name(found) for name in names for found in distributions.get(name, ())}
    needed, queue = set(), sorted(imported & locked)
    while queue:
        name = queue.pop()
        if name not in needed:
            needed.add(name)
            queue += [required for required in _requires(name) if required in locked]
    return "".join(block for name, block in named if name in needed)


def _requires(name):
    """Names of what a distribution needs, on any system, without its extras."""
    try:
        wanted = [Requirement(text) for text in metadata.requires(name) or ()]
    except metadata.PackageNotFoundError:
        return []  # of another system: nothing of ours needs more than the name
    return [canonicalize_name(r.name) for r in wanted if r.marker is None or "extra" not in str(r.marker)]


def chapter_data(chapter, seed=None):
    """{file name: bytes}: the chapter's cases, all with a seed, the visible ones without, and its released notebook.

    `CannotExport` where a case does not survive as data: its reference must pass every case as it is packed.
    """
    sheets = [make_sheet(exercise, seed or 0, visible_only=seed is None) for exercise in exercises(chapter)]
    text = container.dump(chapter, sheets)
    references = LocalStudent(vars(importlib.import_module(f"solutions.{chapter}")))
    for name, sheet in container.undump(text)[1].items():
        failed = [result.trial.label for result in judge(sheet, references).results if not result.passed]
        if failed:
            raise CannotExport(
                f"autograder/exercises/{chapter}.py: the case {failed[0]!r} of {name} does not survive as data: its "
                "probe must use nothing but np, raised and functions of its module"
            )
    notebook = nbformat.writes(make_notebook(chapter)) + "\n"
    return {"chapter.json": text.encode(), "released.ipynb": notebook.encode()}


def book_data(chapter):
    """{path: bytes} of ``bookdata`` and ``bookdraw``; data only where the chapter's notebook uses them."""
    used = any("bookdata" in cell.source for cell in make_notebook(chapter).cells if cell.cell_type == "code")
    paths = [p for name in BESIDE for p in (ROOT / name).iterdir() if p.is_file() and p.name != "make.py"]
    return {f"{p.parent.name}/{p.name}": p.read_bytes() for p in sorted(paths) if used or p.name == "__init__.py"}
