"""A class of sample students: right in several styles, untouched, mistaken, crashing, hanging, unreadable."""

import importlib
import inspect
import types
from copy import deepcopy
from functools import cache
from pathlib import Path

import nbformat

from ..exercises import exercises
from ..notebooks.release import make_notebook
from ..notebooks.steps import role_of
from . import mistakes
from .wrong import chosen_mistakes

TROUBLED = ("perceptrons", "optimizers")  # where a crash and an endless loop are shown: each takes its time


def write_class(folder, chapters, progress=None):
    """Write the submissions of all sample students into ``folder``; returns the students' names.

    progress: called with (done, total) students.
    """
    folder = Path(folder)
    for done, (student, write) in enumerate(STUDENTS.items(), 1):
        for chapter in chapters:
            place = folder / student / chapter
            place.mkdir(parents=True, exist_ok=True)
            write(place / f"{chapter}.ipynb", chapter)
        if progress:
            progress(done, len(STUDENTS))
    return list(STUDENTS)


def fill(chapter, answers, extra=()):
    """The chapter's released notebook with ``answers``, sources by exercise, in its stub cells.

    extra: sources of cells that a student added at the end.
    """
    notebook = released(chapter)
    for cell in notebook.cells:
        if role_of(cell) == "exercise":
            cell.source = answers.get(cell.metadata["nbgrader"]["grade_id"], cell.source)
    notebook.cells += [nbformat.v4.new_code_cell(source) for source in extra]
    return notebook


def released(chapter, kind="student"):
    """A chapter's notebook, which its taker may change."""
    return deepcopy(_released(chapter, kind))


@cache
def _released(chapter, kind):
    return make_notebook(chapter, kind)


def reference_answers(chapter):
    """The references' own sources, as an instructor's notebook has them."""
    cells = released(chapter, "instructor").cells
    return {c.metadata["nbgrader"]["grade_id"]: c.source for c in cells if role_of(c) == "exercise"}


def styled_answers(chapter, style):
    """Right answers in another style: 0, 1 or 2.

    A forward function whose cache another exercise's answer takes is the reference's in every style.
    """
    styles = importlib.import_module(f"autograder.right_answers.{chapter}")
    given = {name: exercise.reference for exercise in exercises(chapter) for name in caches_used(exercise, chapter)}
    return {
        name: answer_source(name, given[name] if name in given else functions[style])
        for name, functions in styles.STYLES.items()
    }


def caches_used(exercise, chapter):
    """Its own name, if another exercise of the chapter is judged with what this one returns."""
    return {exercise.name} & {name for other in exercises(chapter) for name in other.uses}


def answer_source(name, function):
    """A cell that defines exercise ``name`` as ``function`` does, with what it uses of its module."""
    sources = {}
    _collect(function, sources)
    last = sources.pop(function.__name__)
    if function.__name__ != name:
        last += f"\n\n\n{name} = {function.__name__}"
    return "\n\n\n".join([*sources.values(), last])


def _collect(function, sources):
    sources[function.__name__] = None  # keeps a function that calls itself from being collected for ever
    for name in _names(function.__code__):
        value = function.__globals__.get(name)
        if value is None or name in sources or name == "np":
            continue
        if isinstance(value, types.ModuleType):
            sources[name] = f"import {value.__name__}"
        elif isinstance(value, type) and value.__module__ == function.__module__:
            sources[name] = inspect.getsource(value).rstrip()
        elif inspect.isfunction(value) and (value.__module__ == function.__module__ or _elsewhere(value, function)):
            _collect(value, sources)
        elif isinstance(value, (int, float, str, tuple)):
            sources[name] = f"{name} = {value!r}"
        elif callable(value) and not value.__module__.startswith("solutions"):
            sources[name] = f"from {value.__module__} import {name}"
    del sources[function.__name__]
    sources[function.__name__] = inspect.getsource(function).rstrip()


def _elsewhere(value, function):
    """Whether a function is a reference of another chapter, which a student's notebook has not."""
    chapter = function.__module__.rpartition(".")[2]
    return value.__module__.startswith("solutions.") and value.__module__ != f"solutions.{chapter}"


def _names(code):
    inner = [_names(constant) for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return dict.fromkeys([*code.co_names, *(name for names in inner for name in names)])


# ---------------------------------------------------------------------------------------------- the students


def _in_style(style):
    return lambda path, chapter: nbformat.write(fill(chapter, styled_answers(chapter, style)), path)


def _untouched(path, chapter):
    nbformat.write(released(chapter), path)


def _with_mistakes(student):
    def write(path, chapter):
        answers = styled_answers(chapter, 0)
        own = mistakes.MISTAKES[student]
        wrong = {e.name: answer_source(e.name, own[e.id]) for e in exercises(chapter) if e.id in own}
        wrong = wrong or chosen_mistakes(chapter, list(mistakes.MISTAKES).index(student))
        nbformat.write(fill(chapter, answers | wrong), path)

    return write


def _half_done(path, chapter):
    answers = styled_answers(chapter, 1)
    first_half = list(answers)[: len(answers) // 2]
    nbformat.write(fill(chapter, {name: answers[name] for name in first_half}), path)


def _crashing(path, chapter):
    answers = styled_answers(chapter, 2)
    if chapter not in TROUBLED:
        return nbformat.write(fill(chapter, answers, extra=["1 / 0", "undefined_name"]), path)
    name = next(iter(answers))
    answers[name] = f"import os\n\n\ndef {name}(*arguments):\n    os._exit(3)"
    nbformat.write(fill(chapter, answers, extra=["1 / 0", "undefined_name"]), path)


def _looping(path, chapter):
    answers = styled_answers(chapter, 0)
    if chapter not in TROUBLED:
        return nbformat.write(fill(chapter, answers), path)
    name = list(answers)[-1]
    answers[name] = f"def {name}(*arguments):\n    while True:\n        pass"
    nbformat.write(fill(chapter, answers), path)


def _as_saved_elsewhere(path, chapter):
    """Right, but saved by a program that keeps no metadata, with Windows line ends, a BOM and another name."""
    notebook = fill(chapter, styled_answers(chapter, 1))
    notebook.metadata, notebook.nbformat_minor = {"colab": {"provenance": []}}, 0
    for cell in notebook.cells:
        cell.metadata = {}
        cell.pop("id", None)
    text = nbformat.writes(notebook, version=nbformat.NO_CONVERT).replace("\n", "\r\n")
    path.with_name(f"{chapter} (1).ipynb").write_bytes(b"\xef\xbb\xbf" + text.encode())


def _broken(path, chapter):
    path.write_text(nbformat.writes(released(chapter))[:2000], encoding="utf-8")


def _web_page(path, chapter):
    path.write_text("<!doctype html><title>Sign in</title><p>Sign in to download this file.", encoding="utf-8")


def _nothing(path, chapter):
    pass


STUDENTS = {
    "ada": _in_style(0),
    "boole": _in_style(1),
    "陈伟": _in_style(2),
    "김 하나": lambda path, chapter: nbformat.write(released(chapter, "instructor"), path),
    "emil": _untouched,
    "frida": _half_done,
    "goran": _with_mistakes("goran"),
    "hana": _with_mistakes("hana"),
    "ines": _with_mistakes("ines"),
    "jakob": _with_mistakes("jakob"),
    "kira": _crashing,
    "leo": _looping,
    "mara": _as_saved_elsewhere,
    "nils": _broken,
    "olga": _web_page,
    "piet": _nothing,
}
