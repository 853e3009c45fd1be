"""The words in which an exercise says what a right answer is.

An `Exercise` has groups of cases. A `Case` is a call of the student's function, or of a *probe*: a small
function that calls the student's functions and returns what is to be looked at. What the reference gives is
right; what each `Misconception` gives is known, so a wrong answer can be explained.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from .compare import DEFAULT, Tolerance


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

    def strictly(self):
        """The same case, failed also by a floating-point warning (overflow, invalid, division by zero)."""
        return replace(self, strict=True)


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


@dataclass(frozen=True)
class Misconception:
    """A known mistake: ``wrong`` is the function as somebody who holds it writes it.

    name: short, lower case, with hyphens. hint: what a student is told; it helps and doesn't give the answer.
    """

    name: str
    hint: str
    wrong: object


@dataclass(frozen=True)
class Exercise:
    """What a right answer to one exercise is, and what usual wrong answers are.

    reference: the function in ``solutions``; its name is the exercise's name.
    returns: names of the results, where there are several.
    uses: names of the functions of the chapter whose results (a ``cache``) its probes hand to it.
    """

    reference: Callable
    points: float
    groups: tuple
    misconceptions: tuple
    returns: tuple = ()
    uses: tuple = ()

    @property
    def name(self):
        return self.reference.__name__

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


PROBE_NAMES = {"np": np, "raised": raised}
