"""A new exercise: stub, reference, cases, known mistakes, styles and test, each in its place, for its author to fill.

What is left to write is marked ``TODO(name)`` or is missing; `dlbook verify` says what. Files are only added to.
"""

import builtins
import importlib
import keyword
import re

from ..exercises import CHAPTERS
from ..notebooks.chapters import ROOT, CourseError
from ..notebooks.stubs import CELL, TAGS

WIDTH = 120
IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")

REFERENCE = '''

def {name}(x):
    """TODO({name}): what it returns, in one plain sentence.

    The formula; then shapes, errors, source: x (N, D) → (N,).
    """
    raise NotImplementedError
'''
EXERCISE = """# {line} {name}
{name} = Exercise(
    reference.{name},
    points=1,
    groups=(
        # visible("the book's numbers", case("what the case shows", np.array([1.0, 2.0]))),
        # hidden("other shapes and sizes", lambda rng: [case("random numbers", rng.normal(size=5))]),
    ),
    misconceptions=(
        # Misconception("what-is-wrong", "A hint that helps and does not give the answer.", lambda x: x),
    ),
)

"""
STYLES = """# {line} {name}


# TODO({name}): three right answers as different people write them
def {name}_by_the_book(x):
    raise NotImplementedError


def {name}_in_another_way(x):
    raise NotImplementedError


def {name}_in_a_third_way(x):
    raise NotImplementedError


"""
STYLES_ENTRY = """    "{name}": [{name}_by_the_book, {name}_in_another_way, {name}_in_a_third_way],
"""
TEST = """

def test_{name}_has_the_property_that_defines_it():
    # TODO({name}): state a property, or compare with an independent implementation
    assert {name}(np.ones(3)) is not None
"""
CELL_TEXT = """
### Exercise: {title}

TODO({name}): say what to write.

```{{code-cell}} ipython3
:tags: [{tags}]
{stub}```
"""
NEW_CHAPTER = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# {heading}

TODO({name}): what the chapter is about, and what one can do at its end.

```{{code-cell}} ipython3
:tags: [remove-cell]

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # sums in one order: the same numbers each time

from solutions.{chapter} import {name}
```

```{{code-cell}} ipython3
import numpy as np
```

## The first idea
"""
NEW_SOLUTIONS = '"""Chapter ``{chapter}``."""\n\nimport numpy as np\n'
NEW_EXERCISES = '''"""What right answers in chapter ``{chapter}`` are."""

import numpy as np

from solutions import {chapter} as reference

from ..judging.vocabulary import Exercise, Misconception, case, hidden, visible

{exercise}EXERCISES = ({name},)
'''
NEW_STYLES = '''"""Right answers to the exercises of chapter ``{chapter}`` as different people write them."""

import numpy as np

{styles}STYLES = {{
{entry}}}
'''
NEW_TEST = '''"""The references of chapter ``{chapter}`` against properties and independent implementations."""

import numpy as np

from solutions.{chapter} import {name}
'''


def new_exercise(chapter, name):
    """Add an exercise to a chapter, or to a new one; returns (path, number of its first new line) of what was written.

    `CourseError` for a name that cannot be used; nothing is written then.
    """
    _check_identifier("chapter", chapter)
    _check_identifier("exercise", name)
    paths = {
        "chapter": ROOT / "chapters" / f"{chapter}.md",
        "solutions": ROOT / "solutions" / f"{chapter}.py",
        "exercises": ROOT / "autograder" / "exercises" / f"{chapter}.py",
        "styles": ROOT / "autograder" / "right_answers" / f"{chapter}.py",
        "test": ROOT / "tests" / f"test_solutions_{chapter}.py",
    }
    if chapter in CHAPTERS:
        texts = {kind: _read(path) for kind, path in paths.items()}
        _check_free(chapter, name, texts)
        written = _add(texts, chapter, name)
    else:
        for path in paths.values():
            if path.exists():
                raise CourseError(
                    f"{path.relative_to(ROOT)} exists, but {chapter} is not in CHAPTERS of "
                    "autograder/exercises/__init__.py: add it there, or choose another name"
                )
        texts, written = dict.fromkeys(paths, ""), _create(chapter, name)
        paths |= {"course": ROOT / "autograder" / "exercises" / "__init__.py", "contents": ROOT / "_toc.yml"}
        texts |= {kind: _read(paths[kind]) for kind in ("course", "contents")}
        written |= {
            "course": _with_item(texts["course"], "CHAPTERS = ", f'"{chapter}"'),
            "contents": _with_chapter(texts["contents"], chapter),
        }
    for kind, text in written.items():
        paths[kind].write_text(text, encoding="utf-8", newline="\n")
    return [(paths[kind].relative_to(ROOT), _first_difference(texts[kind], text)) for kind, text in written.items()]


def left_to_write(chapter, name):
    """What of an exercise's texts is still marked as to be written: ``path:line: what``."""
    paths = (
        ROOT / "chapters" / f"{chapter}.md",
        ROOT / "solutions" / f"{chapter}.py",
        ROOT / "autograder" / "right_answers" / f"{chapter}.py",
        ROOT / "tests" / f"test_solutions_{chapter}.py",
    )
    mark = f"TODO({name}): "
    for path in paths:
        stub = False  # it repeats the reference's docstring, which is asked for once
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines() if path.is_file() else (), 1):
            stub = line.startswith(f"def {name}(") if line.startswith(("def ", "```")) else stub
            if mark in line and not (stub and path.suffix == ".md"):
                yield f"{path.relative_to(ROOT)}:{number}: {line.partition(mark)[2]}"


def _check_identifier(what, name):
    if not IDENTIFIER.fullmatch(name) or keyword.iskeyword(name) or name in dir(builtins):
        raise CourseError(
            f"{name!r} is no name for {'an exercise' if what == 'exercise' else 'a chapter'}: use lower-case letters, "
            "digits and underscores, begin with a letter, and take no word of Python's own"
        )


def _check_free(chapter, name, texts):
    """`CourseError` where the name is taken in one of the chapter's modules, or nothing of them can be read."""
    for module in (f"solutions.{chapter}", f"autograder.exercises.{chapter}"):
        try:
            taken = vars(importlib.import_module(module))
        except Exception as error:
            raise CourseError(
                f"{module.replace('.', '/')}.py cannot be read ({type(error).__name__}: {error}): mend it first"
            ) from None
        if name in taken:
            raise CourseError(f"{name!r} is in {module.replace('.', '/')}.py already: choose another name")
    for kind in ("styles", "test", "chapter"):
        if re.search(rf'^def (test_)?{name}\(|^    "{name}":', texts[kind], re.MULTILINE):
            raise CourseError(f"{name!r} is in the {kind} file of {chapter} already: choose another name")


def _read(path):
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CourseError(f"{path.relative_to(ROOT)} cannot be read: {error.strerror}") from None


def _parts(chapter, name):
    line = "-" * (WIDTH - 3 - len(name))
    reference = REFERENCE.format(name=name)
    return {
        "reference": reference,
        "exercise": EXERCISE.format(name=name, line=line),
        "styles": STYLES.format(name=name, line=line),
        "entry": STYLES_ENTRY.format(name=name),
        "test": TEST.format(name=name),
        "cell": CELL_TEXT.format(name=name, title=name.replace("_", " "), tags=", ".join(TAGS), stub=reference[1:]),
    }


def _add(texts, chapter, name):
    """The files' texts with the exercise as the chapter's last."""
    parts = _parts(chapter, name)
    text = texts["chapter"]
    cells = list(CELL.finditer(text))
    if not cells:
        raise CourseError(f"chapters/{chapter}.md has no exercise yet after which a new one could stand")
    end = text.index("\n", cells[-1].end()) + 1
    exercises = _before(texts["exercises"], "EXERCISES = ", parts["exercise"], chapter)
    styles = _before(texts["styles"], "STYLES = {", parts["styles"], chapter)
    close = styles.index("\n}", styles.index("STYLES = {")) + 1
    return {
        "chapter": _with_import(text[:end] + parts["cell"] + text[end:], chapter, name),
        "solutions": texts["solutions"].rstrip("\n") + "\n" + parts["reference"],
        "exercises": _with_item(exercises, "EXERCISES = ", name),
        "styles": styles[:close] + parts["entry"] + styles[close:],
        "test": _with_import(texts["test"], chapter, name).rstrip("\n") + "\n" + parts["test"],
    }


def _create(chapter, name):
    """The files' texts of a new chapter with this exercise."""
    parts, names = _parts(chapter, name), {"chapter": chapter, "name": name}
    heading = chapter.replace("_", " ").capitalize()
    return {
        "chapter": NEW_CHAPTER.format(heading=heading, **names) + parts["cell"],
        "solutions": NEW_SOLUTIONS.format(**names) + parts["reference"],
        "exercises": NEW_EXERCISES.format(exercise=parts["exercise"], **names),
        "styles": NEW_STYLES.format(styles=parts["styles"], entry=parts["entry"], **names),
        "test": NEW_TEST.format(**names) + parts["test"],
    }


def _before(text, mark, part, chapter):
    place = re.search(rf"^{re.escape(mark)}", text, re.MULTILINE)
    if place is None:
        raise CourseError(f"chapter {chapter}: no line begins with {mark.strip()!r}: write it as the other chapters do")
    return text[: place.start()] + part + text[place.start() :]


def _with_item(text, opening, item, ordered=False):
    """The text with an item more in the last ``opening(...)``: at the end, or in order."""
    match = list(re.finditer(rf"^{re.escape(opening)}\(([^)]*)\)", text, re.MULTILINE))[-1]
    items = [part.strip() for part in match.group(1).split(",") if part.strip()]
    place = next((n for n, other in enumerate(items) if ordered and other > item), len(items))
    items.insert(place, item)
    line = f"{opening}({', '.join(items)})"
    if "\n" in match.group(0) or len(line) > WIDTH:
        line = f"{opening}(\n" + "".join(f"    {part},\n" for part in items) + ")"
    return text[: match.start()] + line + text[match.end() :]


def _with_import(text, chapter, name):
    """The text with ``name`` in its last import from the chapter's references."""
    opening = f"from solutions.{chapter} import "
    lines = list(re.finditer(rf"^{re.escape(opening)}(.*)$", text, re.MULTILINE))
    if not lines:
        raise CourseError(f"no line begins with {opening.strip()!r}: write it as the other chapters do")
    last = lines[-1]
    if last.group(1).startswith("("):
        return _with_item(text, opening, name, ordered=True)
    names = ", ".join(sorted([*last.group(1).split(", "), name]))
    line = opening + names if len(opening + names) <= WIDTH else opening + last.group(1) + "\n" + opening + name
    return text[: last.start()] + line + text[last.end() :]


def _with_chapter(toc, chapter):
    """The table of contents with the chapter after the last one that has exercises."""
    listed = [m for m in re.finditer(r"^( *)- file: chapters/(\w+)\n", toc, re.MULTILINE) if m.group(2) in CHAPTERS]
    if not listed:
        raise CourseError("_toc.yml lists no chapter after which a new one could stand: add a first one by hand")
    last = listed[-1]
    return toc[: last.end()] + f"{last.group(1)}- file: chapters/{chapter}\n" + toc[last.end() :]


def _first_difference(old, new):
    """The number of the first line in which two texts differ."""
    before, after = old.splitlines(), new.splitlines()
    return next((n for n, (a, b) in enumerate(zip(before, after), 1) if a != b), len(before) + 1)
