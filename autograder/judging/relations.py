"""Simple relations between what was expected and what came, where no known mistake explains a verdict.

A relation is told only if it holds in every case that gives a value, those that pass included, and if at least two
failing cases of different sizes show it. Its sentence holds no number of a case: at most 2, ½, −1 and the like, and
the names of arguments and results. So what is found in hidden cases tells nothing of what their inputs are.
"""

import inspect
import itertools
import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from .vocabulary import PURITY

RELATIVE, SCALED, ABSOLUTE = 2e-5, 2e-6, 1e-12
LARGEST = 20_000  # entries of a result beyond which no relation is looked for
MOST_PAIRS = 40
STATISTICAL = 1e-4  # an absolute tolerance from which on a case compares statistics of draws


@dataclass(frozen=True)
class Pair:
    """One array that was expected, and the one that came in its place.

    inputs, arrays, numbers: all arguments of the case by name, and those that are arrays or single numbers.
    wrong: entries in which they differ, or True if their shapes do.
    """

    expected: np.ndarray
    got: np.ndarray
    wrong: Any
    inputs: dict
    arrays: dict
    numbers: dict

    @property
    def failing(self):
        return bool(np.any(self.wrong))

    @property
    def same_shape(self):
        return self.expected.shape == self.got.shape


@dataclass(frozen=True)
class Fact:
    """What is wrong in the same way in every case of a group: with one part, with two of them, or as a whole.

    group: the name of the probe, "" for cases that call the function directly. text: with ``{it}`` for the parts.
    """

    group: str | None
    parts: tuple
    text: str | None


def relation(sheet, results):
    """One sentence on what all of an answer's wrong values have in common, or None."""
    try:
        return _sentence(sheet, results)
    except (ArithmeticError, IndexError, TypeError, ValueError):
        return None  # on values that nobody thought of: a help must not cost a verdict


def _sentence(sheet, results):
    found = facts(sheet, results)
    if not found:
        return None
    results = [result for result in results if result.trial.group != PURITY]
    told = {}
    for fact in found:
        told.setdefault(fact.text, []).extend(fact.parts)
    group, groups = found[0].group, _groups(results)
    sentences = [text.replace("{it}", _subject(names, sheet)) for text, names in told.items()]
    if ONLY in told and len(told[ONLY]) > 1:
        sentences = [f"only {_subject(told[ONLY], sheet)} are wrong"]
    if group is not None and found[0].parts:
        parts = _parts(sheet, groups[group])
        right = [name for name, pairs in parts.items() if not any(pair.failing for pair in pairs)]
        if right:
            sentences.append(_all_right(right))
    text = "; ".join(sentences[:3])
    failing = [name for name, group in groups.items() if not all(result.passed for result in group)]
    if group is None or len(failing) < 2:
        return text
    labels = [result.trial.label for result in groups[group] if result.trial.visible]
    return f"{f'in cases such as “{labels[0]}”' if group and labels else 'in single calls'}, {text}"


def facts(sheet, results):
    """The facts that make the relation of these results, first those of the simplest cases; empty if there is none."""
    results = [r for r in results if r.trial.group != PURITY and (r.got.error or r.got.value is not None)]
    failing = [r for r in results if not r.passed]
    errors = [r for r in failing if r.got.error]
    if len(failing) < 2 or 2 * len(errors) > len(failing):
        return []
    with np.errstate(all="ignore"):
        groups = _groups(results)
        wrong = [name for name, group in groups.items() if not all(result.passed for result in group)]
        for name in sorted(wrong, key=lambda name: (name != "", -len(groups[name]))):
            if _parts(sheet, groups[name]) is None:
                return []  # a result that is missing or built in another way says more than any relation
            found = list(_facts_of_group(name, sheet, groups[name]))
            if found:
                return found
        return list(_facts_of_cases(sheet, results))


def holds(fact, sheet, results):
    """Whether a fact is one of these results too: those that showed it, and more."""
    results = [r for r in results if r.trial.group != PURITY and (r.got.error or r.got.value is not None)]
    with np.errstate(all="ignore"):
        if fact.group is None:
            return fact in _facts_of_cases(sheet, results, most=99)
        group = _groups(results, most=len(results)).get(fact.group, [])
        parts = _parts(sheet, group) or {}
        if fact.text == ONLY:
            return fact.parts == tuple(name for name, pairs in parts.items() if any(pair.failing for pair in pairs))
        if len(fact.parts) > 1:
            return fact in _facts_of_group(fact.group, sheet, group)
        return fact.text in _texts(parts.get(fact.parts[0], []))


def _groups(results, most=MOST_PAIRS):
    """Results that came as values, by the probe that called the function; "" for direct calls."""
    groups = {}
    for result in [r for r in results if not r.got.error][:most]:
        groups.setdefault(getattr(result.trial.probe, "__name__", ""), []).append(result)
    return groups


def _parts(sheet, results):
    """The `Pair` objects of each part of the result, or None if one result is built in another way than expected."""
    parts = {}
    for result in results:
        found = pairs_of(result, arguments(result.trial, sheet), sheet.returns)
        if found is None:
            return None
        for name, pair in found:
            parts.setdefault(name, []).append(pair)
    return parts


ONLY = "only {it} is wrong"


def _facts_of_group(group, sheet, results):
    parts = _parts(sheet, results)
    if not parts:
        return
    wrong = [name for name, pairs in parts.items() if any(pair.failing for pair in pairs)]
    exchanged = list(_exchanged(wrong, parts))
    if exchanged:
        yield Fact(group, *exchanged[0])
        return
    texts = {name: next(_texts(parts[name]), None) for name in wrong}
    following = {one: other for one, other in itertools.permutations(wrong, 2) if _follows(parts[one], parts[other])}
    for name in wrong:
        cause = following.get(name)
        if cause and following.get(cause) != name and not texts[name]:
            yield Fact(
                group, (name, cause), "{it}: what the first is off by follows from the second, so look there first"
            )
        elif texts[name]:
            yield Fact(group, (name,), texts[name])
    enough = sum(not r.passed for r in results) > (1 if len(parts) > 3 else 2)
    if not any(texts.values()) and len(wrong) < len(parts) and enough:
        yield Fact(group, tuple(wrong), ONLY)


def _exchanged(wrong, parts):
    """(parts, text) where one part is what another one should be."""
    for one, other in itertools.permutations(wrong, 2):
        pairs = [(a, b) for a, b in zip(parts[one], parts[other]) if a.failing or b.failing]
        if len(parts[one]) != len(parts[other]) or len(pairs) < 2:
            continue
        if all(close(b.expected, a.got) for a, b in pairs):
            if all(close(a.expected, b.got) for a, b in pairs):
                yield (one, other), "{it} are exchanged"
            yield (one,), "{it} is what is expected as another result: " + _listed([other])


def _follows(one, other):
    """Whether what a part is off by is a multiple, in each case, of what another part is off by."""
    if len(one) != len(other):
        return False
    shown = 0
    for a, b in zip(one, other):
        if not (a.same_shape and b.same_shape and a.got.shape == b.got.shape and np.isfinite(a.got).all()):
            return False
        if a.failing:
            factor = _multiple(a.got - a.expected, b.got - b.expected, np.asarray)
            if factor is None or not b.failing:
                return False
            shown += a.got.size > 2
    return shown > 1


def _all_right(names):
    if "" in names or len(names) > 3:
        return "all else is right"
    return f"{_listed(names)} {'is' if len(names) == 1 else 'are'} right"


def _subject(names, sheet):
    """How the parts are called in a sentence."""
    if list(names) in ([], [""]):
        return "the result"
    return _listed(names)


def _listed(names):
    names = [f"“{name}”" if " " in name else name or "the result" for name in dict.fromkeys(names)]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


# ------------------------------------------------------------------------------------------------- what is compared
def arguments(trial, sheet):
    """The arguments of a case by their names; those of a probe by the probe's own names."""
    try:
        if trial.probe is None:
            signature = inspect.Signature(_parameters(sheet.signature))
            bound = signature.bind(*trial.args, **trial.kwargs)
        else:
            bound = inspect.signature(trial.probe).bind(None, *trial.args, **trial.kwargs)
    except (TypeError, ValueError, SyntaxError):
        return {}
    bound.apply_defaults()
    return dict(list(bound.arguments.items())[trial.probe is not None :])


@cache
def _parameters(signature):
    space: dict[str, Any] = {"np": np}
    exec(f"def {re.sub(r'<[^>]*>', 'None', signature)}: pass", space)
    return list(inspect.signature(space[signature.partition("(")[0]]).parameters.values())


def pairs_of(result, inputs, returns):
    """[(name of the part, `Pair`)] of one result, or None where the two are not built in the same way."""
    names = returns if result.trial.probe is None else ()
    found = list(_leaves(result.trial.expected.value, result.got.value, "", names))
    if any(leaf is None for leaf in found):
        return None
    given = inputs, _arrays(inputs), _numbers(inputs)
    return [
        (name, Pair(expected, got, wrong_entries(expected, got, result.trial.tolerance), *given))
        for name, expected, got in found
    ]


def _leaves(expected, got, name, names=()):
    """(name, expected array, got array) of each part; None for a part that did not come as numbers."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            if not isinstance(got, dict) or key not in got:
                yield None
            else:
                yield from _leaves(value, got[key], f"{name} {key}".strip())
    elif isinstance(expected, (tuple, list)) and shape(expected) is None:
        if isinstance(got, np.ndarray) and got.ndim:
            got = list(got)
        if not isinstance(got, (tuple, list)) or len(got) != len(expected):
            yield None
            return
        for index, (one, other) in enumerate(zip(expected, got)):
            own = names[index] if index < len(names) else f"value {index + 1}" if isinstance(expected, tuple) else ""
            yield from _leaves(one, other, f"{name} {own}".strip())
    elif isinstance(expected, (bool, int, float, np.generic, np.ndarray, tuple, list)):
        values = as_floats(expected), as_floats(got)
        yield None if values[0] is None or values[1] is None else (name, *values)
    elif expected != got:
        yield None


def as_floats(value):
    """Numbers as an array of floats; None for anything else."""
    if isinstance(value, (str, dict)) or value is None:
        return None
    try:
        array = np.asarray(value)
        return array.astype(np.float64) if array.dtype.kind in "biuf" else None
    except (ValueError, TypeError, OverflowError):
        return None


def wrong_entries(expected, got, tolerance):
    """The entries in which two arrays differ by more than is allowed; True if their shapes differ."""
    if expected.shape != got.shape:
        return True
    scale = np.abs(expected[np.isfinite(expected)]).max(initial=0.0)
    allowed = tolerance.absolute + tolerance.scaled * scale + tolerance.relative * np.abs(expected)
    wrong = ~((expected == got) | (np.abs(expected - got) <= allowed) | (np.isnan(expected) & np.isnan(got)))
    return wrong | (np.isinf(expected) & (expected != got))


def close(a, b):
    """Whether two arrays agree up to rounding, where both are finite; NaN and infinities have to agree."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        return False
    finite = np.isfinite(b)
    if not np.array_equal(finite, np.isfinite(a)):
        return False
    a, b = a[finite], b[finite]
    allowed = RELATIVE * np.abs(b) + SCALED * np.abs(b).max(initial=0.0) + ABSOLUTE
    return bool(np.all(np.abs(a - b) <= allowed))


def _sizes(pair):
    """What tells cases of different sizes apart: shapes, and numbers if there are no arrays."""
    shapes = [pair.expected.shape, *(np.shape(value) for value in pair.arrays.values())]
    if any(shapes):
        return tuple(shapes)
    return tuple(repr(value) for value in pair.inputs.values())


def _arrays(inputs):
    """The arguments that are arrays, or lists of numbers, by name."""
    found = {name: as_floats(value) for name, value in inputs.items() if isinstance(value, (np.ndarray, list, tuple))}
    return {name: value for name, value in found.items() if value is not None and value.ndim}


def _numbers(inputs):
    """The arguments that are single numbers, by name."""
    kinds = (int, float, np.integer, np.floating)
    return {k: float(v) for k, v in inputs.items() if isinstance(v, kinds) and not isinstance(v, bool)}


# ------------------------------------------------------------------------------------------------ one part's relation
def _texts(pairs):
    """What is wrong with one part in every case, the simplest first: sentences with ``{it}`` for the part."""
    failing = sorted((pair for pair in pairs if pair.failing), key=lambda pair: pair.expected.size)
    if len(failing) < 2 or len({_sizes(pair) for pair in failing}) < 2 or failing[-1].expected.size > LARGEST:
        return
    ordered = failing + [pair for pair in pairs if not pair.failing]
    for find in FINDERS:
        text = find(ordered, failing)
        if text:
            yield text


def _plain_copies(pairs, failing):
    """Values that carry no information: all zero, all equal."""
    if not all(p.got.size > 1 and np.isfinite(p.got).all() for p in failing):
        return None
    if all(not p.got.any() for p in failing):
        return "{it} is 0 in every failing case: is the result ever filled?"
    varied = [pair for pair in failing if np.ptp(pair.expected) > 0]
    if len(varied) > 1 and all(np.ptp(p.got) == 0 for p in failing):
        return "{it} is the same number in every failing case, though different ones are expected"
    return None


SIMPLE = {
    -1.0: "has the wrong sign",
    2.0: "is twice what is expected: is something counted twice, or is a half missing?",
    0.5: "is half of what is expected: is something counted once that counts twice?",
    -2.0: "is twice what is expected and has the wrong sign",
    -0.5: "is half of what is expected and has the wrong sign",
    3.0: "is 3 times what is expected",
    4.0: "is 4 times what is expected",
    0.25: "is a quarter of what is expected",
    1 / 3: "is a third of what is expected",
}


def _factor(pairs, failing):
    """The result is a multiple of what is expected, in every case."""
    factors = []
    for pair in pairs:
        if not pair.same_shape or not np.isfinite(pair.got).all():
            return None
        counted = np.abs(pair.expected) > 1e-9 * np.abs(pair.expected).max(initial=0.0)
        if not counted.any():
            if pair.failing:
                return None
            continue
        factor = float(np.median(pair.got[counted] / pair.expected[counted]))
        if not close(factor * pair.expected, pair.got):
            return None
        factors.append((pair, factor))
    if all(abs(factor) < 1e-9 for _, factor in factors):
        return None
    text = _quantity(factors, FACTORS)
    if text:
        return "{it} is " + text
    values = [factor for pair, factor in factors if pair.failing]
    same = np.allclose(values, values[0], RELATIVE)
    single = all(pair.got.size == 1 for pair in failing)
    for simple, text in SIMPLE.items():
        if same and len(failing) > (3 if single else 1) and abs(values[0] - simple) < 1e-4 * abs(simple):
            return "{it} " + text
    entries = [np.count_nonzero(pair.expected) for pair, _ in factors if pair.failing]
    if sum(count > 2 for count in entries) > 1 or (same and len(values) > 2):
        which = "the same in every case" if same else "another one in each case"
        return "{it} is right up to a factor, " + which
    return None


def _change(pairs, failing):
    """The change of an input is a multiple of the expected change, or goes the other way."""
    for name in failing[0].arrays:
        moved = [_moved(pair, name) for pair in pairs]
        if None in moved:
            continue
        text = _factor(moved, moved[: len(failing)])
        if text:
            return text.replace("{it} ", f"the change of `{name}`, which gives {{it}}, ")
    return None


def _moved(pair, name):
    array = pair.arrays.get(name)
    if array is None or array.shape != pair.expected.shape or not pair.same_shape or not array.any():
        return None
    return replace(pair, expected=pair.expected - array, got=pair.got - array)


def _sample_mean(n):
    return n / (n - 1) if n > 1 else None


FACTORS: dict[str, Any] = {
    "{q} times too large": lambda q: q,
    "{q} times too small": lambda q: 1 / q if q else None,
    "{q} times too large, and has the wrong sign": lambda q: -q,
    "{q} times too small, and has the wrong sign": lambda q: -1 / q if q else None,
    "too large by the factor n/(n − 1), n {q}: by what is a sum divided to give a mean?": lambda q: _sample_mean(q),
    "too small by the factor (n − 1)/n, n {q}: by what is a sum divided to give a mean?": (
        lambda q: (q - 1) / q if q > 1 else None
    ),
    "too large by the root of n/(n − 1), n {q}: by what is the sum of squares divided?": (
        lambda q: np.sqrt(_sample_mean(q)) if q > 1 else None
    ),
    "too small by the root of n/(n − 1), n {q}: by what is the sum of squares divided?": (
        lambda q: np.sqrt((q - 1) / q) if q > 1 else None
    ),
    "too large by the root of {q}": lambda q: np.sqrt(q) if q > 0 else None,
    "too small by the root of {q}": lambda q: 1 / np.sqrt(q) if q > 0 else None,
    "too large by the square of {q}": lambda q: q * q,
    "too small by the square of {q}": lambda q: 1 / q**2 if q else None,
    "twice {q} times too large": lambda q: 2 * q,
    "twice {q} times too small": lambda q: 0.5 / q if q else None,
}
OFFSETS = {
    "too large by {q}": lambda q: q,
    "too small by {q}": lambda q: -q,
    "too large by twice {q}": lambda q: 2 * q,
    "too small by twice {q}": lambda q: -2 * q,
}


def _quantity(measured, forms):
    """The form and the quantity of the case, an axis's length or an argument, that give every measured number."""
    failing = [(pair, value) for pair, value in measured if pair.failing]
    if len({round(value, 9) for _, value in failing}) < 2:
        return None
    own = [(quantities(pair), value) for pair, value in measured]
    values = len({round(value, 9) for _, value in failing})
    for name in own[0][0]:
        if any(name not in given for given, _ in own):
            continue
        for index, (form, made) in enumerate(forms.items()):
            if values < 3 and (index > 1 or name.startswith("1 ")):
                continue  # of so many forms one would fit by chance
            predicted = [made(given[name]) for given, _ in own]
            if all(p is not None and np.isclose(p, value, 1e-4, 1e-12) for p, (_, value) in zip(predicted, own)):
                question = ""
                if form.startswith("{q} times too") and name.startswith("the number"):
                    question = ": is a mean missing?" if "large" in form else ": is a mean taken where a sum is due?"
                return form.replace("{q}", name) + question
    return None


def quantities(pair):
    """Numbers of a case by what they are called: lengths of axes, single numbers among the arguments."""
    found = {}
    for name, array in pair.arrays.items():
        axes = AXES.get(array.ndim, [f"axis {k}" for k in range(array.ndim)])
        for axis, length in zip(axes, array.shape):
            found[f"the number of {axis} of `{name}`" if axis != "axis" else f"the length of `{name}`"] = float(length)
        if array.ndim > 1:
            found[f"the number of entries of `{name}`"] = float(array.size)
        if array.ndim == 4:
            found[f"the number of pixels of a map of `{name}`"] = float(array[0, 0].size) if array[:1, :1].size else 0.0
    axes = AXES.get(pair.expected.ndim, [])
    for axis, length in zip(axes, pair.expected.shape):
        found[f"the number of {axis} of the result"] = float(length)
    for name, value in pair.inputs.items():
        if isinstance(value, (list, tuple)) and as_floats(value) is None:
            found[f"the length of `{name}`"] = float(len(value))
    for name, value in pair.numbers.items():
        found[f"`{name}`"] = value
        if 0 < value < 1:
            found[f"1 − `{name}`"] = 1 - value
            found[f"1 + `{name}`"] = 1 + value
    return found


AXES = {
    1: ["entries"],
    2: ["rows", "columns"],
    3: ["rows", "columns", "channels"],
    4: ["images", "channels", "rows", "columns"],
}


def _offset(pairs, failing):
    """The result differs from what is expected by one number in each case."""
    offsets = []
    for pair in pairs:
        if not pair.same_shape or not np.isfinite(pair.got).all() or not pair.got.size:
            return None
        offset = float(np.median(pair.got - pair.expected))
        if not close(pair.expected + offset, pair.got):
            return None
        offsets.append((pair, offset))
    text = _quantity(offsets, OFFSETS) if len(failing) > 2 else None
    if text:
        return "{it} is " + text
    values = [offset for pair, offset in offsets if pair.failing]
    enough = len(failing) > (4 if all(pair.got.size == 1 for pair in failing) else 1)
    if enough and np.allclose(values, values[0], RELATIVE) and abs(values[0]) in (0.5, 1.0, 2.0):
        size = {0.5: "½", 1.0: "1", 2.0: "2"}[abs(values[0])]
        return "{it} is too " + f"{'large' if values[0] > 0 else 'small'} by {size} in every failing case"
    if sum(pair.got.size > 2 for pair in failing) > 1:
        return "{it} is off by the same number, throughout a case"
    return None


def _sqrt(e):
    return np.sqrt(e) if (e >= 0).all() else None


ELEMENTWISE: dict[str, Any] = {
    "is the square of what is expected": lambda e: e**2,
    "is the square root of what is expected": _sqrt,
    "is the exponential of what is expected": np.exp,
    "is the logarithm of what is expected": lambda e: np.log(e) if (e > 0).all() else None,
    "is the reciprocal of what is expected": lambda e: 1 / e if e.all() else None,
    "is 1 minus what is expected": lambda e: 1 - e,
    "is the absolute value of what is expected: where has the sign gone?": np.abs,
    "is what is expected, rounded to a whole number": np.round,
    "is what is expected, cut to a whole number: is it kept in an array of integers?": np.trunc,
    "is only the sign of what is expected": np.sign,
    "is right where it is positive, and 0 where it should be negative": lambda e: np.maximum(e, 0),
    "is right where it is negative, and 0 where it should be positive": lambda e: np.minimum(e, 0),
    "is what is expected, cut off at 0 and 1": lambda e: np.clip(e, 0, 1),
    "has only single or half precision": lambda e: e.astype(np.float16).astype(float),
    "is a running sum of what is expected": lambda e: np.cumsum(e, axis=0) if e.ndim else None,
    "is the difference of what is expected from entry to entry": (
        lambda e: np.diff(e, axis=0, prepend=0 * e[:1]) if e.ndim and len(e) else None
    ),
    "is sorted, and it should not be": lambda e: np.sort(e, axis=-1) if e.ndim else None,
}


def _elementwise(pairs, failing):
    """A square, a root, a rounding too many or missing."""
    for text, function in ELEMENTWISE.items():
        if all(p.same_shape and _predicts(function(p.expected), p.got) for p in pairs):
            return "{it} " + text
    return None


def _predicts(prediction, got):
    return prediction is not None and close(prediction, got)


def _arrangement(pairs, failing):
    """The right numbers in another order, or in another shape."""
    if not all(p.expected.size == p.got.size and p.expected.ndim for p in pairs):
        return None
    if not all(p.expected.size > 1 or p.expected.shape != p.got.shape for p in failing):
        return None
    for ndim in {pair.expected.ndim for pair in pairs}:
        for axes in itertools.permutations(range(ndim)):
            if axes != tuple(range(ndim)) and all(
                p.expected.ndim == ndim and close(p.expected.transpose(axes), p.got) for p in pairs
            ):
                which = "rows and columns exchanged" if ndim == 2 else "its axes in another order"
                return f"{{it}} has the right numbers, with {which}"
        for axis in range(ndim):
            name = _axis(axis, ndim)
            if all(p.expected.ndim == ndim and close(np.flip(p.expected, axis), p.got) for p in pairs):
                return f"{{it}} has the right numbers, but reversed along {name}"
            for step in (1, -1):
                if all(p.expected.ndim == ndim and close(np.roll(p.expected, step, axis), p.got) for p in pairs):
                    return f"{{it}} has the right numbers, but shifted by one place along {name}"
            if all(p.same_shape and p.expected.ndim == ndim and _shifted(p, axis) for p in failing):
                return f"{{it}} has the right numbers, but one place too early or too late along {name}"
    if all(close(p.expected.ravel(), p.got.ravel()) for p in pairs):
        if all(p.got.squeeze().shape == p.expected.squeeze().shape for p in failing):
            return "{it} has the right numbers, in a shape with an axis of length 1 too many or too few"
        return "{it} has the right numbers in the right order, in another shape"
    if all(close(np.sort(p.expected.ravel()), np.sort(p.got.ravel())) for p in pairs):
        if all(np.ptp(p.expected) > 0 and p.expected.size > 2 for p in failing):
            return "{it} has the right numbers, in another order"
    return None


def _shifted(pair, axis):
    e, g = np.moveaxis(pair.expected, axis, 0), np.moveaxis(pair.got, axis, 0)
    if len(e) < 3 or not e.size or not np.ptp(e):
        return False
    return close(e[:-1], g[1:]) or close(e[1:], g[:-1])


def _axis(axis, ndim):
    if ndim == 1:
        return "its only axis"
    return "its last axis" if axis == ndim - 1 else "its first axis" if axis == 0 else f"its axis {axis}"


REDUCTIONS: dict[str, Any] = {
    "the sum": np.sum,
    "the mean": np.mean,
    "the largest": np.max,
    "the smallest": np.min,
    "the product": np.prod,
    "the standard deviation": np.std,
    "the variance": np.var,
}


OF_INPUTS = {
    "the square of": np.square,
    "the negative of": np.negative,
    "the sign of": np.sign,
    "the absolute value of": np.abs,
    "1 minus": lambda a: 1 - a,
    "the exponential of": np.exp,
}


def _inputs(pairs, failing):
    """The result is an input, or a sum or a mean of one."""
    if all(pair.got.size == 1 for pair in failing) and len(failing) > 2:
        for name in failing[0].numbers:
            given = [pair.numbers.get(name, np.nan) for pair in failing]
            if len(set(given)) > 1 and all(close(np.reshape(g, p.got.shape), p.got) for g, p in zip(given, failing)):
                return "{it} is " + f"`{name}`, unchanged"
    for name in failing[0].arrays:
        arrays = [pair.arrays.get(name) for pair in failing]
        if any(array is None for array in arrays):
            continue
        if all(close(array, pair.got) and array.any() for array, pair in zip(arrays, failing)):
            return "{it} is that of `" + name + "`, unchanged"
        for text, function in (
            ("the square of", np.square),
            ("the negative of", np.negative),
            ("the sign of", np.sign),
        ):
            if all(close(function(array), pair.got) and array.any() for array, pair in zip(arrays, failing)):
                return "{it} is " + f"{text} `{name}`"
        ndim = {array.ndim for array in arrays}
        if len(ndim) > 1 or not all(array.size > 1 for array in arrays):
            continue
        axes = [None, *range(ndim.pop())]
        for (text, function), axis, keep in itertools.product(REDUCTIONS.items(), axes, (False, True)):
            if all(
                array.size and close(function(array, axis=axis, keepdims=keep), pair.got)
                for array, pair in zip(arrays, failing)
            ):
                along = "all entries" if axis is None else f"axis {axis}"
                return "{it} is " + f"{text} of `{name}` over {along}"
    return None


def _reductions(pairs, failing):
    """A sum or a mean too many, or one that is missing; shapes differ."""
    if any(pair.same_shape for pair in failing):
        return None
    for (text, function), keep in itertools.product(list(REDUCTIONS.items())[:3], (False, True)):
        for axis in (None, 0, 1, -1):
            over = "all entries" if axis is None else "the first axis" if axis == 0 else f"axis {axis}"

            def reduced(a, b, function=function, axis=axis, keep=keep):
                if axis is not None and not -a.ndim <= axis < a.ndim:
                    return False
                return a.size > b.size and close(function(a, axis=axis, keepdims=keep), b)

            if all(reduced(p.got, p.expected) for p in failing):
                return f"{{it}} is expected to be {text} over {over} of what you return"
            if all(reduced(p.expected, p.got) for p in failing):
                return f"{{it}} is {text} over {over} of what is expected"
    if all(p.got.size > p.expected.size and _broadcasts(p.expected, p.got) for p in failing):
        return "{it} has the right numbers, but repeated: it has been stretched to a larger shape"
    return None


def _broadcasts(small, large):
    try:
        return close(np.broadcast_to(small, large.shape), large)
    except ValueError:
        return False


def _residual(pairs, failing):
    """What is too much or too little is a multiple of an input."""
    if not all(p.same_shape and np.isfinite(p.got).all() and p.expected.ndim for p in pairs):
        return None
    if sum(pair.expected.size > 2 for pair in failing) < 2:
        return None
    for name in failing[0].arrays:
        for text, function in (("`{}`", np.asarray), ("the square of `{}`", np.square), ("the sign of `{}`", np.sign)):
            multiples = _multiples(pairs, name, function)
            if multiples:
                shown = [multiple for multiple in multiples if multiple is not None]
                what = text.format(name)
                if np.allclose(shown, 1, 1e-4):
                    return "{it} is too large by " + f"{what}: is it added once too often, or not subtracted?"
                if np.allclose(shown, -1, 1e-4):
                    return "{it} is too small by " + f"{what}: is it left out, or subtracted once too often?"
                return "{it} is off by a multiple of " + what
    for one, other in itertools.combinations_with_replacement(failing[0].arrays, 2):
        if sum(p.expected.size > 3 for p in failing) > 1 and all(_is_outer(p, one, other) for p in failing):
            return "{it} is off by a multiple of the outer product of " + f"`{one}` and `{other}`"
    for name in failing[0].arrays:
        for (what, function), power in itertools.product(FACTORS_OF_ENTRIES.items(), (1, -1, 2, -2)):
            if all(_is_multiple(p, name, function, power) for p in pairs):
                how, times = ("multiplied" if power > 0 else "divided"), ("once" if abs(power) == 1 else "twice")
                return f"{{it}} is right but for a factor: it is {how} by {what.format(name)} {times} too often"
    return None


def _is_outer(pair, one, other):
    """Whether what is too much is a multiple of the outer product of two vectors, or of it and its transpose."""
    a, b = pair.arrays.get(one), pair.arrays.get(other)
    if a is None or b is None or a.ndim != 1 or b.ndim != 1 or (a.size, b.size) != pair.expected.shape:
        return False
    rest, product = pair.got - pair.expected, np.outer(a, b)
    products = (product, product + product.T) if a.size == b.size else (product,)
    return any(_multiple(rest, given, np.asarray) is not None for given in products)


FACTORS_OF_ENTRIES: dict[str, Any] = {"`{}`": np.asarray, "1 − `{}`": lambda a: 1 - a, "1 + `{}`": lambda a: 1 + a}


def _multiples(pairs, name, function):
    """For each pair the number that makes of an input what is too much; None if one pair has none."""
    found, shown = [], 0
    for pair in pairs:
        array = pair.arrays.get(name)
        if array is None:
            return None
        if not pair.failing:
            found.append(0.0 if array.any() else None)  # anything times nothing
            continue
        found.append(_multiple(pair.got - pair.expected, array, function))
        if found[-1] is None:
            return None
        shown += pair.failing and array.size > 2 and np.ptp(array) > 0  # else any constant is a multiple
    return found if shown > 1 else None


def _multiple(rest, array, function):
    if array is None:
        return None
    try:
        given = np.broadcast_to(function(array), rest.shape)
    except ValueError:
        return None
    counted = np.abs(given) > 1e-9 * np.abs(given).max(initial=0.0)
    if not counted.any():
        return None if np.abs(rest).max(initial=0.0) > 1e-9 else 1.0
    factor = float(np.median(rest[counted] / given[counted]))
    return factor if close(factor * given, rest) and factor else None


def _is_multiple(pair, name, function, power):
    array = pair.arrays.get(name)
    if array is None:
        return False
    array = function(array)
    if not array.size or (pair.failing and np.ptp(array) == 0) or not array.all():
        return False
    try:
        return close(pair.expected * np.broadcast_to(array, pair.expected.shape) ** float(power), pair.got)
    except ValueError:
        return False


def _lines(pairs, failing):
    """Each row, or each column, is off by a factor or an amount of its own."""
    if not all(p.same_shape and p.expected.ndim > 1 and np.isfinite(p.got).all() for p in pairs):
        return None
    for axis, kind in ((-1, "row"), (0, "column")):
        enough = [pair for pair in failing if pair.expected.shape[axis] > 2]
        if len(enough) < 2:
            continue
        if all(_constant_ratio(p, axis) for p in pairs):
            return "{it} is right up to a factor, and each " + f"{kind} has a factor of its own"
        if all(_constant_difference(p, axis) for p in pairs):
            return "{it} is off by an amount that is the same throughout a " + kind
    return None


def _constant_ratio(pair, axis):
    e, g = pair.expected, pair.got
    norms = np.sum(e * e, axis=axis, keepdims=True)
    factors = np.sum(e * g, axis=axis, keepdims=True) / np.where(norms == 0, 1, norms)
    return close(factors * e, g)


def _constant_difference(pair, axis):
    rest = pair.got - pair.expected
    return close(pair.expected + np.mean(rest, axis=axis, keepdims=True), pair.got)


def _affine(pairs, failing):
    """Right up to one factor and one shift in each case."""
    if not all(p.same_shape and np.isfinite(p.got).all() and np.isfinite(p.expected).all() for p in pairs):
        return None
    if sum(np.unique(pair.expected).size > 3 for pair in failing) < 2:
        return None
    return "{it} is right up to a factor and a shift" if all(map(_is_affine, failing)) else None


def _is_affine(pair):
    e, g = pair.expected.ravel(), pair.got.ravel()
    spread = np.ptp(e) if e.size else 0
    if not spread or not np.ptp(g):
        return False
    low, high = e.argmin(), e.argmax()
    slope = (g[high] - g[low]) / spread
    return close(g[low] + slope * (e - e[low]), g)


# ------------------------------------------------------------------------------------------------ right except where
def _entries(pairs, failing):
    """Right except at some kind of entries, or only there."""
    pairs = [pair for pair in pairs if pair.same_shape and pair.expected.ndim]
    if len([pair for pair in pairs if pair.failing]) < len(failing):
        return None
    if all(np.all(pair.wrong) for pair in pairs if pair.failing):
        return None
    found = [(pair, places(pair)) for pair in pairs]
    same = _same_places([pair for pair in pairs if pair.failing])
    if same:
        return same
    for name in dict.fromkeys(name for pair, kinds in found if pair.failing for name in kinds):
        if any(name not in kinds for pair, kinds in found if pair.failing):
            continue
        masks = [(pair, kinds[name]) for pair, kinds in found if name in kinds]
        if not any(mask.any() for _, mask in masks):
            continue
        few = max(np.unique(pair.expected).size for pair, _ in masks) < 3  # of zeros and ones much is right by chance
        for at, text in ((True, "right except "), (False, "right only ")):
            if not at and "expected" in name:
                continue
            if few and (not at or "expected" in name or sum(mask.sum() for _, mask in masks) < 5):
                continue
            if _explained_by(masks, at):
                return "{it} is " + text + name
    return None


def _same_places(failing):
    """The places along an axis at which every failing case is wrong, where these are few and always the same."""
    ndim = {pair.expected.ndim for pair in failing}
    if len(failing) < 3 or len(ndim) > 1:
        return None
    told = []
    for axis in range(ndim.pop()):
        lengths = {pair.expected.shape[axis] for pair in failing}
        others = tuple(k for k in range(failing[0].expected.ndim) if k != axis)
        masks = [pair.wrong.any(axis=others) for pair in failing]
        if len(lengths) > 1 or not all(np.array_equal(mask, masks[0]) for mask in masks):
            continue
        places = np.flatnonzero(masks[0])
        if 2 * len(places) < len(masks[0]) or len(places) == 1 < len(masks[0]):
            name = _axis(axis, failing[0].expected.ndim)
            told.append(f"at {', '.join(str(place) for place in places[:4])} along {name}, counted from 0")
    return "{it} is right except " + " and ".join(told) if told else None


def _explained_by(found, at):
    """Whether entries are wrong where the masks are ``at``, nearly all of these, and nowhere else."""
    chosen = wrong = others = 0
    shown = 0
    for pair, mask in found:
        mask = mask if at else ~mask
        if np.any(pair.wrong & ~mask):
            return False
        chosen, wrong, others = chosen + mask.sum(), wrong + np.sum(pair.wrong & mask), others + np.sum(~mask)
        shown += bool(np.any(pair.wrong)) and bool(np.any(~mask))
    return shown > 1 and wrong >= 0.75 * chosen and others >= max(2, 0.1 * chosen)


def places(pair):
    """Kinds of entries of a result, as masks, by what they are called."""
    e = pair.expected
    found = {}
    for axis in range(e.ndim):
        index = np.arange(e.shape[axis]).reshape([-1 if k == axis else 1 for k in range(e.ndim)])
        along = "" if e.ndim == 1 else f" along {_axis(axis, e.ndim)}"
        found[f"at the first place{along}"] = np.broadcast_to(index == 0, e.shape)
        found[f"at the last place{along}"] = np.broadcast_to(index == e.shape[axis] - 1, e.shape)
    if e.ndim > 1 and min(e.shape[-2:]) > 2:
        border = np.ones(e.shape, bool)
        border[..., 1:-1, 1:-1] = False
        found["at the border"] = border
    if e.ndim == 2 and e.shape[0] == e.shape[1]:
        found["on the diagonal"] = np.eye(len(e), dtype=bool)
    for name, array in pair.arrays.items():
        if array.shape == e.shape[:1] and e.ndim == 2 and np.array_equal(array, np.round(array)):
            found[f"in the column that `{name}` names"] = np.arange(e.shape[1]) == array[:, None]
        if array.shape != e.shape:
            continue
        found |= {
            f"where `{name}` is 0": array == 0,
            f"where `{name}` is negative": array < 0,
            f"where `{name}` is not positive": array <= 0,
            f"where `{name}` is not negative": array >= 0,
            f"where `{name}` is positive": array > 0,
            f"where `{name}` is above 1": array > 1,
            f"where `{name}` is between 0 and 1": (array > 0) & (array <= 1),
            f"where `{name}` is between −1 and 0": (array < 0) & (array >= -1),
            f"where `{name}` is far from 0": np.abs(array) > 30,
        }
    found |= {
        "where 0 is expected": e == 0,
        "where 1 is expected": e == 1,
        "where a negative number is expected": e < 0,
        "where a positive number is expected": e > 0,
    }
    return found


def _bounds(pairs, failing):
    """Bounds and sums that hold for every expected result, and not for what came."""
    if not all(p.same_shape and np.isfinite(p.expected).all() and p.expected.size for p in pairs):
        return None
    entries = np.concatenate([pair.expected.ravel() for pair in pairs])
    if len(failing) < 3 or np.unique(entries).size < 6:
        return None
    for text, bad in BOUNDS.items():
        if any(np.any(bad(pair.expected)) for pair in pairs):
            continue
        if sum(bool(np.any(bad(pair.got))) for pair in failing) > 1:
            return "{it} " + text
    square = [
        pair for pair in pairs if pair.expected.ndim == 2 and pair.expected.shape[0] == pair.expected.shape[1] > 1
    ]
    if len(square) == len(pairs) and all(close(pair.expected, pair.expected.T) for pair in pairs):
        if not any(np.allclose(pair.got, pair.got.T, 1e-4) for pair in failing):
            return "{it} should be a symmetric matrix, and is not"
    for axis, kind in ((-1, "row"), (0, "column")):
        sums = [pair.expected.sum(axis=axis) for pair in pairs if pair.expected.ndim == 2 and len(pair.expected) > 1]
        for total in (1.0, 0.0):
            if len(sums) == len(pairs) and all(np.allclose(one, total, 0, 1e-6) for one in sums):
                if not any(np.allclose(pair.got.sum(axis=axis), total, 0, 1e-4) for pair in failing):
                    return f"each {kind} of {{it}} should sum to {total:g}, and does not"
    return None


BOUNDS = {
    "should never be negative, and is": lambda a: a < -1e-9,
    "should never be above 1, and is": lambda a: a > 1 + 1e-9,
    "should never be positive, and is": lambda a: a > 1e-9,
    "should never be 0, and is": lambda a: a == 0,
}


def _before_last(pairs, failing):
    """Before a last sigmoid, exponential, square or root all is right up to a factor or an amount."""
    if not all(pair.same_shape for pair in pairs):
        return None
    for text, (inverse, domain) in LAST.items():
        inner = _restricted(pairs, lambda e, g, domain=domain: domain(e) & domain(g))
        if sum(p.expected.size for p in inner) < 0.5 * sum(p.expected.size for p in pairs):
            continue
        moved = [replace(pair, expected=inverse(pair.expected), got=inverse(pair.got)) for pair in inner]
        found = _amount_or_factor(moved)
        if found:
            return f"before a last {text}, {found}"
    return None


def _restricted(pairs, kept):
    """The pairs with those entries alone for which ``kept(expected, got)`` holds; pairs without such are left out."""
    inner = []
    for pair in pairs:
        free = np.asarray(kept(pair.expected, pair.got))
        if free.all():
            inner.append(pair)
        elif free.any():
            given = {name: array[free] for name, array in pair.arrays.items() if array.shape == free.shape}
            parts = {"expected": pair.expected[free], "got": pair.got[free], "wrong": pair.wrong[free]}
            inner.append(replace(pair, **parts, arrays=given))
    return inner


def _amount_or_factor(pairs):
    failing = [pair for pair in pairs if pair.failing]
    if len(failing) < 2:
        return None
    ordered = failing + [pair for pair in pairs if not pair.failing]
    return next(filter(None, (find(ordered, failing) for find in (_factor, _offset, _residual))), None)


LAST: dict[str, Any] = {
    "sigmoid": (lambda a: np.log(a / (1 - a)), lambda a: (a > 1e-9) & (a < 1 - 1e-9)),
    "exponential": (np.log, lambda a: (a > 1e-300) & (a < 1e300)),
    "square root": (np.square, lambda a: (a >= 0) & (a < 1e150)),
    "square": (np.sqrt, lambda a: a >= 0),
    "reciprocal": (lambda a: 1 / a, lambda a: np.abs(a) > 1e-150),
}


def _between_bounds(pairs, failing):
    """Right up to an amount or a factor where nothing is cut off at 0 or 1."""
    values = [value for pair in pairs if pair.same_shape for value in (pair.expected, pair.got)]
    if len(values) < 2 * len(pairs) or not all(np.all((v >= 0) & (v <= 1)) for v in values):
        return None
    inner = _restricted(pairs, lambda e, g: (e > 0) & (e < 1) & (g > 0) & (g < 1))
    inner = [pair for pair in inner if pair.expected.size > 2]
    if sum(pair.expected.size for pair in inner) == sum(pair.expected.size for pair in pairs):
        return None  # nothing is cut off
    found = _amount_or_factor(inner)
    return f"where nothing is cut off at 0 or 1, {found}" if found else None


def _mirrored(pairs, failing):
    """The value at x is the one expected at −x, or at another place."""
    for name in failing[0].arrays:
        arrays = [pair.arrays.get(name) for pair in pairs]
        if not all(a is not None and a.shape == p.expected.shape == p.got.shape for a, p in zip(arrays, pairs)):
            continue
        known = {round(float(x), 9): e for a, p in zip(arrays, pairs) for x, e in zip(a.flat, p.expected.flat)}
        for text, place in (("−", lambda x: -x), ("2 · ", lambda x: 2 * x), ("½ · ", lambda x: x / 2)):
            found = [
                (known[round(float(place(x)), 9)], g, e)
                for a, p in zip(arrays, pairs)
                for x, g, e in zip(a.flat, p.got.flat, p.expected.flat)
                if round(float(place(x)), 9) in known
            ]
            wanted, got, expected = np.array(found).reshape(-1, 3).T
            if np.unique(got[~np.isclose(wanted, expected)]).size > 2 and close(got, wanted):
                return f"{{it}} is what is expected at {text}`{name}`"
    return None


def _signs(pairs, failing):
    """The signs are right and the sizes are not, or the other way round."""
    if not all(p.same_shape and np.isfinite(p.got).all() and np.isfinite(p.expected).all() for p in failing):
        return None
    e = np.concatenate([pair.expected[pair.wrong] for pair in failing])
    g = np.concatenate([pair.got[pair.wrong] for pair in failing])
    if len(failing) < 3 or min(np.sum(e > 0), np.sum(e < 0)) < 60:
        return None
    if np.array_equal(np.sign(e), np.sign(g)):
        return "{it} has the right sign, but not the right size"
    if np.array_equal(np.sign(e), -np.sign(g)):
        return "{it} has the wrong sign wherever it is wrong, and another size"
    return None


def _sizes_of_errors(pairs, failing):
    """Too large, or too small, wherever it is wrong."""
    if len(failing) < 3 or not all(p.same_shape and np.isfinite(p.got).all() for p in failing):
        return None
    rest = np.concatenate([(pair.got - pair.expected)[pair.wrong] for pair in failing])
    if rest.size < 7 or not np.isfinite(rest).all():
        return None
    if np.all(rest > 0):
        return "{it} is too large wherever it is wrong"
    return "{it} is too small wherever it is wrong" if np.all(rest < 0) else None


def _order(pairs, failing):
    """The largest is the largest and the smallest the smallest, but the values are not right."""
    ranked = [pair for pair in failing if pair.same_shape and np.unique(pair.expected).size > 7]
    if len(ranked) < 6 or not all(pair.same_shape and np.isfinite(pair.got).all() for pair in failing):
        return None
    for sign, text in ((1, "in the right order"), (-1, "in the reverse order")):
        if all(_rises_with(pair.expected, sign * pair.got) for pair in failing):
            return f"the numbers of {{it}} stand {text} of size, but are not those expected"
    return None


def _rises_with(e, g):
    order = np.argsort(e, axis=None, kind="stable")
    e, g = e.ravel()[order], g.ravel()[order]
    return bool(np.all(np.diff(g)[np.diff(e) > 0] > 0)) and np.ptp(g) > 0 if g.size > 1 else True


FINDERS = (
    _plain_copies,
    _factor,
    _offset,
    _elementwise,
    _arrangement,
    _inputs,
    _change,
    _reductions,
    _residual,
    _entries,
    _mirrored,
    _before_last,
    _between_bounds,
    _lines,
    _affine,
    _bounds,
    _order,
    _signs,
    _sizes_of_errors,
)


# ------------------------------------------------------------------------------------------- right except in cases …
def _facts_of_cases(sheet, results, most=3):
    """What the failing cases have in common and the others have not; nothing if it may be more than a few things."""
    failing = [not result.passed for result in results]
    if sum(failing) < 2 or len(failing) - sum(failing) < 2:
        return
    kinds = [kinds_of_case(result.trial, sheet) for result in results]
    found = []
    for name in dict.fromkeys(name for kind in kinds for name in kind):
        values = [kind.get(name, False) for kind in kinds]
        if values == failing and len(failing) - sum(failing) > 2:
            found.append(f"right except where {name}")
        elif (
            name.endswith((" is all 0", " is 0"))
            and values == [not value for value in failing]
            and min(sum(values), sum(failing)) > 2
        ):
            found.append(f"right only where {name}")
    if len(found) <= most:
        yield from (Fact(None, (), text) for text in found[: 1 if most == 3 else most])


def kinds_of_case(trial, sheet):
    """What may be said of a case's arguments: {what: whether it is so}."""
    inputs = arguments(trial, sheet)
    found = {}
    defaults = {}
    if trial.probe is None:
        defaults = {p.name: p.default for p in _parameters(sheet.signature) if p.default is not p.empty}
        names = [parameter.name for parameter in _parameters(sheet.signature)][: len(trial.args)]
        found |= {f"`{name}` is left out": name not in (*names, *trial.kwargs) for name in defaults}
    for name, value in inputs.items():
        if isinstance(value, (bool, np.bool_)):
            found[f"`{name}` is {bool(value)}"] = True
            found[f"`{name}` is {not value}"] = False
        elif name in _numbers(inputs):
            if name in defaults:
                found[f"`{name}` is not its default"] = value != defaults[name]
            found |= {
                f"`{name}` is 0": value == 0,
                f"`{name}` is 1": value == 1,
                f"`{name}` is negative": value < 0,
                f"`{name}` is above 1": value > 1,
                f"`{name}` is odd": value % 2 == 1,
            }
    numbers = _numbers(inputs)
    for one, other in itertools.combinations(list(numbers)[:4], 2):
        found[f"`{one}` is larger than `{other}`"] = numbers[one] > numbers[other]
        found[f"`{one}` is smaller than `{other}`"] = numbers[one] < numbers[other]
    for name, array in _arrays(inputs).items():
        if not array.size:
            found[f"`{name}` is empty"] = True
            continue
        found |= {
            f"`{name}` has length 1": len(array) == 1,
            f"`{name}` is all 0": not array.any(),
            f"`{name}` holds a 0": not array.all(),
            f"`{name}` holds negative numbers": bool((array < 0).any()),
            f"`{name}` holds equal numbers": np.unique(array).size < array.size,
            f"`{name}` has one axis": array.ndim == 1,
            f"`{name}` has more than two axes": array.ndim > 2,
            f"`{name}` holds very large numbers": bool(np.abs(array).max() > 500),
            f"`{name}` holds whole numbers": np.asarray(inputs[name]).dtype.kind in "iu",
        }
        if array.ndim > 1:
            found[f"`{name}` is not square"] = array.shape[-1] != array.shape[-2]
            found[f"`{name}` has one column"] = array.shape[-1] == 1
    return {name: bool(value) for name, value in found.items()}


# ---------------------------------------------------------------------------------------------------------- forms
def holds_nan(value):
    """Whether there is a NaN anywhere in a plain value."""
    if isinstance(value, dict):
        return any(map(holds_nan, value.values()))
    if isinstance(value, (tuple, list)):
        return any(map(holds_nan, value))
    if not isinstance(value, (float, np.ndarray)):
        return False
    return np.asarray(value).dtype.kind in "fc" and bool(np.isnan(value).any())


def same_form(expected, got):
    """Whether two plain values hold numbers in the same arrangement: keys, count of values, shapes."""
    if isinstance(expected, dict):
        return isinstance(got, dict) and all(key in got and same_form(expected[key], got[key]) for key in expected)
    shapes = shape(expected), shape(got)
    if None not in shapes:
        return shapes[0] == shapes[1]
    if isinstance(expected, (tuple, list)) and isinstance(got, (tuple, list)):
        return len(expected) == len(got) and all(map(same_form, expected, got))
    return type(expected) is type(got)


def shape(value):
    """The shape of a number, an array or a list of numbers; None for anything else."""
    if isinstance(value, np.ndarray):
        return value.shape
    if isinstance(value, (bool, int, float, np.generic)):
        return ()
    if isinstance(value, (tuple, list)) and all(shape(item) == () for item in value):
        return (len(value),)
    return None
