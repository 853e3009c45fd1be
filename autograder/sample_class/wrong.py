"""Catalogued misconceptions as cells of a student's notebook: each stands on its own and is recognized by its hint.

A misconception is a function of the catalogue: a ``def``, a lambda, a `partial` of a function with switches, or one
made by another function. Here it becomes the text of a cell, with all that it uses. What cannot be written so is left
out.
"""

import ast
import inspect
import textwrap
import types
import warnings
from functools import cache, partial

import numpy as np

from ..exercises import exercises
from ..judging.judge import LocalStudent, judge
from ..judging.sheet import make_sheet

MOST = 4  # wrong answers of one student in a chapter
LARGEST = 200  # numbers of an array that is written out
LITERALS = (bool, int, float, str, tuple, list, dict, type(None))


class NotWritable(Exception):
    """A function uses something that a cell cannot hold."""


def chosen_mistakes(chapter, number):
    """Exercise → cell of the wrong answers that student ``number`` of the sample class gives in a chapter.

    Two neighbors err in other exercises; who is two further on errs in the same ones, half of the time in the same way.
    """
    given = {name for exercise in exercises(chapter) for name in exercise.uses}
    items = [exercise for exercise in exercises(chapter) if exercise.name not in given]
    found = {}
    for exercise in items[number % 2 :: 2] + items[1 - number % 2 :: 2]:
        place, count = len(found), len(exercise.misconceptions)
        first = place + place % 2 * (number // 2)
        cells = (recognized_cell(chapter, exercise.name, (first + step) % count) for step in range(count))
        if place < MOST and (cell := next(filter(None, cells), None)):
            found[exercise.name] = cell
    return found


@cache
def recognized_cell(chapter, name, number):
    """The cell of an exercise's misconception, or None if the visible cases do not recognize it."""
    exercise = _exercise(chapter, name)
    misconception = exercise.misconceptions[number]
    try:
        source = cell_of(misconception.wrong, exercise)
    except (NotWritable, OSError, TypeError, SyntaxError, ValueError):
        return None
    space = {"np": np, "__name__": "__main__"} | {item.name: item.reference for item in exercises(chapter)}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            exec(compile(source, f"<{misconception.name}>", "exec"), space)
            verdict = judge(_sheet(chapter, name), LocalStudent(space))
        except Exception:  # what a text made by rule does wrong says only that it is not for the sample class
            return None
    return source if misconception.name in verdict.misconceptions else None


def _exercise(chapter, name):
    return next(item for item in exercises(chapter) if item.name == name)


@cache
def _sheet(chapter, name):
    return make_sheet(_exercise(chapter, name), visible_only=True)


def cell_of(wrong, exercise):
    """The text of a cell that defines the exercise's function as ``wrong`` does; `NotWritable` if none can."""
    taken = {item.name for item in exercises(exercise.chapter)} - {exercise.name}
    parts = {}
    if isinstance(wrong, partial):
        _add_partial(wrong, exercise, parts)
    else:
        _add_function(wrong, exercise.name, parts)
    if taken & parts.keys():
        raise NotWritable(f"it needs {', '.join(taken & parts.keys())} of its own")
    return "\n\n\n".join(parts.values())


def _add_partial(wrong, exercise, parts):
    """``def name(x, y): return general(x, y, switch=value)``."""
    general = wrong.func.__name__
    _add_function(wrong.func, general, parts)
    signature = inspect.signature(exercise.reference)
    handed = [_text(value, parts) for value in wrong.args]
    for parameter in signature.parameters.values():
        given = parameter.default is parameter.empty
        handed.append(parameter.name if given else f"{parameter.name}={parameter.name}")
    handed += [f"{key}={_text(value, parts)}" for key, value in wrong.keywords.items()]
    parts[exercise.name] = f"def {exercise.name}{signature}:\n    return {general}({', '.join(handed)})"


def _add_function(function, name, parts):
    """The definition of a function under ``name``, after those of all that it uses."""
    if not inspect.isfunction(function):
        raise NotWritable(f"{function!r} is not a function of Python")
    if name in parts:
        return
    parts[name] = None  # keeps a function that calls itself from being collected for ever
    node = _node(function)
    _add_what_it_uses(function, node, parts)
    del parts[name]
    parts[name] = _definition(node, name)


def _node(function):
    """The syntax tree of a function: its ``def``, or the one lambda with its code."""
    if function.__name__ != "<lambda>":
        source = getattr(function, "source", None) or inspect.getsource(function)  # an edited model has its own
        return ast.parse(textwrap.dedent(source)).body[0]
    lines, _ = inspect.findsource(function)
    places = set(function.__code__.co_positions())
    for node in ast.walk(_tree("".join(lines))):
        if isinstance(node, ast.Lambda):
            body = node.body
            if (body.lineno, body.end_lineno, body.col_offset, body.end_col_offset) in places:
                return node
    raise NotWritable("its lambda was not found")


@cache
def _tree(text):
    return ast.parse(text)


def _definition(node, name):
    if isinstance(node, ast.Lambda):
        return f"def {name}({ast.unparse(node.args)}):\n    return {ast.unparse(node.body)}"
    node.name, node.decorator_list = name, []
    if ast.get_docstring(node) and len(node.body) > 1:
        node.body = node.body[1:]  # it speaks of the catalogue
    return ast.unparse(node)


def _add_what_it_uses(function, node, parts):
    variables = inspect.getclosurevars(function)
    for used, value in {**variables.globals, **variables.nonlocals}.items():
        _add_value(used, value, parts)
    own = {argument.arg for part in ast.walk(node) if isinstance(part, ast.arguments) for argument in part.args}
    for inner in ast.walk(node):  # names in functions inside of it
        if isinstance(inner, ast.Name) and inner.id in function.__globals__ and inner.id not in own:
            _add_value(inner.id, function.__globals__[inner.id], parts)


def _add_value(name, value, parts):
    if name in parts or value is np:
        return
    if isinstance(value, types.ModuleType):
        if value.__name__.startswith(("solutions", "autograder")):
            raise NotWritable(f"it uses {value.__name__}")
        parts[name] = f"import {value.__name__} as {name}" if "." in value.__name__ else f"import {value.__name__}"
    elif inspect.isfunction(value) and value.__module__.startswith(("solutions", "autograder")):
        _add_function(value, name, parts)
    elif isinstance(value, (partial, np.ndarray, *LITERALS)):
        text = _text(value, parts)
        parts[name] = f"{name} = {text}"
    elif callable(value) and not getattr(value, "__module__", "autograder").startswith(("solutions", "autograder")):
        parts[name] = f"from {value.__module__} import {value.__name__}"
    else:
        raise NotWritable(f"{name} cannot be written down")


def _text(value, parts):
    """An expression for a value; functions that it needs are added to ``parts``."""
    if isinstance(value, np.ndarray):
        if value.size > LARGEST:
            raise NotWritable("it uses a large array")
        return f"np.array({value.tolist()!r})"
    if isinstance(value, partial):
        parts.setdefault("partial", "from functools import partial")
        named = [f"{key}={_text(item, parts)}" for key, item in value.keywords.items()]
        return f"partial({', '.join([_text(item, parts) for item in (value.func, *value.args)] + named)})"
    if inspect.isfunction(value) and value.__name__ == "<lambda>":
        node = _node(value)
        _add_what_it_uses(value, node, parts)
        return f"({ast.unparse(node)})"
    if inspect.isfunction(value):
        _add_value(value.__name__, value, parts)
        return value.__name__
    if isinstance(value, (list, tuple, dict)) and "object at" in repr(value) or not isinstance(value, LITERALS):
        raise NotWritable("it uses what cannot be written down")
    return repr(value)
