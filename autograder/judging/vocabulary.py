"""The words in which an exercise says what a right answer is.

An `Exercise` has groups of cases. A `Case` is a call of the student's function, or of a *probe*: a small
function that calls the student's functions and returns what is to be looked at. What the reference gives is
right; what each `Misconception` gives is known, so a wrong answer can be explained.
"""

import ast
import inspect
import textwrap
import types
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from .compare import DEFAULT, Tolerance

PURITY = "leaves its inputs as they were"  # the group of the calls' side effects, which has no cases of its own


@dataclass(frozen=True)
class Case:
    """One call of the exercise's function with ``args`` and ``kwargs``, or of its ``probe``."""

    label: str
    args: tuple = ()
    kwargs: dict = field(default_factory=dict)
    probe: object = None
    tolerance: Tolerance = DEFAULT
    strict: bool = False

    def within(self, absolute, relative=0.0):
        """The same case with another tolerance, for statistics of random draws."""
        return replace(self, tolerance=Tolerance(relative, 0.0, absolute))

    def as_floats(self):
        """The same case with the whole numbers of its arrays as floats: what a stub does not ask for is not judged."""
        args, kwargs = with_float_arrays((self.args, self.kwargs))
        return replace(self, args=args, kwargs=kwargs)

    def strictly(self):
        """The same case, failed also by a floating-point warning (overflow, invalid, division by zero).

        Only for exercises whose stub demands silence in so many words: elsewhere values count, and a warning is none.
        """
        return replace(self, strict=True)


def with_float_arrays(value):
    """The same plain data with every array of whole numbers as one of floats."""
    if isinstance(value, np.ndarray):
        return value.astype(np.float64) if value.dtype.kind in "iu" else value
    if isinstance(value, (tuple, list)):
        return type(value)(map(with_float_arrays, value))
    return {key: with_float_arrays(item) for key, item in value.items()} if isinstance(value, dict) else value


def case(label, *args, **kwargs):
    """A case that calls the exercise's function."""
    return Case(label, args, kwargs)


def probe(label, function, *args, **kwargs):
    """A case that calls ``function(student, *args, **kwargs)`` and looks at what it returns."""
    return Case(label, args, kwargs, probe=function)


@dataclass(frozen=True)
class Group:
    """Cases that earn their share of the points together: all of them pass, or the share is lost.

    make: ``make(rng)`` gives the cases. A visible group's cases are the same in every course and travel to
    students; a hidden group's are drawn anew from each course's secret seed and never leave the judge.
    """

    name: str
    make: Callable
    visible: bool
    weight: float = 1.0

    def cases(self, rng):
        return list(self.make(rng))


def visible(name, *cases, weight=1.0):
    """A group that students see."""
    return Group(name, lambda rng: cases, True, weight)


def hidden(name, make, weight=1.0):
    """A group that only the grader sees; ``make(rng)`` draws its cases."""
    return Group(name, make, False, weight)


def table(make, rows):
    """A case for each row of a table ``{label: arguments}``: ``make(*arguments)`` gives the arguments of the call.

    For the shapes that the hidden groups of several exercises repeat.
    """
    return [case(label, *make(*arguments)) for label, arguments in rows.items()]


@dataclass(frozen=True)
class Misconception:
    """A known mistake: ``wrong`` is the function as somebody who holds it writes it.

    name: short, lower case, with hyphens. hint: what a student is told; it helps and doesn't give the answer.
    """

    name: str
    hint: str
    wrong: object


class NoSuchPiece(ValueError):
    """An edit does not fit its model: the message names the model, the misconception and the piece."""


def misconceptions(model, catalogue):
    """`Misconception` objects, most of them as edits of one plain model of the function.

    catalogue: ``{name: (hint, "piece → other", …)}``. Each edit replaces a piece that stands exactly once in the
    source of ``model``, docstring left out; ``(hint, function)`` is a mistake that is no edit.
    `NoSuchPiece` if a piece is absent or stands there more than once.
    """
    found = []
    for name, (hint, *changes) in catalogue.items():
        wrong = changes[0] if callable(changes[0]) else edited(model, name, changes)
        found.append(Misconception(name, hint, wrong))
    return tuple(found)


def edited(model, name, changes):
    """The function ``model`` with each change of the form ``"piece → other"`` made in its source."""
    source = source_without_docstring(model)
    for change in changes:
        piece, arrow, other = (part.strip() for part in change.partition("→"))
        times = source.count(piece) if piece else 0
        if times != 1 or not arrow:
            what = "is not in its source" if not times else f"stands {times} times in its source: give a longer one"
            raise NoSuchPiece(
                f"{model.__module__}.{model.__name__}, misconception {name!r}: the piece {piece!r} {what}"
            )
        [line] = [line for line in source.splitlines() if piece.splitlines()[0] in line][:1]
        indent = line[: len(line) - len(line.lstrip())]
        source = source.replace(piece, other.replace("\n", "\n" + indent))
    space = dict(model.__globals__)
    try:
        exec(compile(source, f"<misconception {name} of {model.__name__}>", "exec"), space)
    except SyntaxError as error:
        raise NoSuchPiece(f"{model.__module__}.{model.__name__}, misconception {name!r}: {error}") from None
    made = space[model.__name__]
    # the model's own globals, so that helpers which its module defines further down are found
    function = types.FunctionType(made.__code__, model.__globals__, model.__name__, made.__defaults__)
    function.__kwdefaults__ = made.__kwdefaults__
    vars(function)["source"] = source  # what a repair exercise shows
    return function


def source_without_docstring(function):
    """The source of a function, from ``def`` on, without its docstring."""
    source = textwrap.dedent(inspect.getsource(function))
    [definition] = ast.parse(source).body
    body = definition.body if isinstance(definition, ast.FunctionDef) else []
    if not (len(body) > 1 and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)):
        return source
    lines = source.splitlines()
    return "\n".join(lines[: body[0].lineno - 1] + lines[body[0].end_lineno :]) + "\n"


SIZES = ("warm-up", "core", "challenge")  # a few lines; an idea of the chapter; several ideas put together


@dataclass(frozen=True)
class Exercise:
    """What a right answer to one exercise is, and what usual wrong answers are.

    reference: the function in ``solutions``; its name is the exercise's name.
    returns: names of the results, where there are several.
    uses: names of the functions of the chapter whose results (a ``cache``) its probes hand to it.
    size: one of `SIZES`; without, what the points suggest.
    planted: the misconception that a repair exercise's stub cell holds; without, the stub has no body.
    """

    reference: Callable
    points: float
    groups: tuple
    misconceptions: tuple
    returns: tuple = ()
    uses: tuple = ()
    size: str | None = None
    planted: str | None = None

    def __post_init__(self):
        if self.size is None:
            object.__setattr__(self, "size", SIZES[min(2, max(0, int(self.points) - 1))])
        if self.size not in SIZES:
            raise ValueError(f"{self.id}: the size is {self.size!r}, it should be one of {', '.join(SIZES)}")
        names = [misconception.name for misconception in self.misconceptions]
        if self.planted is not None and self.planted not in names:
            raise ValueError(f"{self.id}: the planted {self.planted!r} is none of its misconceptions {names}")

    @property
    def name(self):
        return self.reference.__name__

    @property
    def kind(self):
        """``"repair"`` if the stub cell holds a whole function with a misconception planted, else ``"write"``."""
        return "repair" if self.planted else "write"

    @property
    def chapter(self):
        return self.reference.__module__.rpartition(".")[2]

    @property
    def id(self):
        return f"{self.chapter}.{self.name}"

    @property
    def signature(self):
        return f"{self.name}{inspect.signature(self.reference)}"


def raised(function, *args, **kwargs):
    """The name of the error that a call raises, ``"ValueError"`` for any ValueError; ``"no error"`` if none."""
    try:
        function(*args, **kwargs)
    except Exception as error:
        kinds = getattr(error, "kinds", None) or [kind.__name__ for kind in type(error).__mro__]
        if kinds[0] == "NotImplementedError":
            raise  # an untouched stub is not an answer
        return "ValueError" if "ValueError" in kinds else kinds[0]
    return "no error"


def draws(function, times, *args, **kwargs):
    """The results of the same call so many times; in the grader that is one message to the student's process."""
    many = getattr(function, "many", None)
    return many(times, *args, **kwargs) if many else [function(*args, **kwargs) for _ in range(times)]


PROBE_NAMES = {"np": np, "raised": raised, "draws": draws}
