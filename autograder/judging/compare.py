"""Whether a result is the right one, and if not, what is wrong with it in one sentence.

Values count, not types: ``True`` is 1.0, a list of numbers is an array, a tuple may be a list. Shapes,
missing items, NaN and infinities count.
"""

from dataclasses import dataclass

import numpy as np

from .plain import Opaque


@dataclass(frozen=True)
class Tolerance:
    """Allowed: ``|got - expected| <= relative * |expected| + scaled * max|expected| + absolute``.

    The defaults forgive what single precision and another order of summation do (relative errors of some
    1e-6, and the same relative to the largest entry where entries cancel) and nothing that a wrong formula
    does.
    """

    relative: float = 2e-5
    scaled: float = 2e-6
    absolute: float = 1e-12


DEFAULT = Tolerance()


def difference(expected, got, tolerance=DEFAULT, returns=()):
    """``None`` where ``got`` is right, else a sentence that says what is wrong.

    returns: names of the results of a function that returns several, for the sentence.
    """
    return _difference(expected, got, tolerance, "the result", returns)


def _difference(expected, got, tolerance, where, returns=()):
    if expected is None:
        return None if got is None else f"{where} is {_kind(got)}, expected None"
    if got is None:
        return f"{where} is None: is a return statement missing?"
    if isinstance(expected, str):
        if isinstance(got, str):
            return None if got == expected else f"{where} is {_show(got)}, expected {expected!r}"
        return f"{where} is {_kind(got)}, expected {expected!r}"
    if isinstance(got, (Opaque, str)):
        kind = got.type_name if isinstance(got, Opaque) else "str"
        return f"{where} is a {kind}, expected {_kind(expected)}"
    if isinstance(expected, dict):
        return _difference_of_dicts(expected, got, tolerance, where)
    if isinstance(expected, (tuple, list)) and not _is_numbers(expected):
        return _difference_of_sequences(expected, got, tolerance, where, returns)
    return _difference_of_arrays(expected, got, tolerance, where)


def _difference_of_dicts(expected, got, tolerance, where):
    if not isinstance(got, dict):
        return f"{where} is a {type(got).__name__}, expected a dict with {_names(expected)}"
    missing = [key for key in expected if key not in got]
    if missing:
        return f"{where} lacks {_names(missing)}"
    for key, value in expected.items():
        found = _difference(value, got[key], tolerance, str(key))
        if found:
            return found
    return None


def _difference_of_sequences(expected, got, tolerance, where, returns):
    if isinstance(got, np.ndarray) and got.ndim:
        got = list(got) if len(got) == len(expected) else range(len(got))
    if not isinstance(got, (tuple, list, range)):
        return f"{where} is {_kind(got)}, expected {len(expected)} values {_tuple_of(returns)}".rstrip()
    if len(got) != len(expected):
        return f"{where} has {len(got)} values, expected {len(expected)} {_tuple_of(returns)}".rstrip()
    for index, (right, value) in enumerate(zip(expected, got)):
        name = returns[index] if index < len(returns) else f"value {index + 1} of {len(expected)}"
        found = _difference(right, value, tolerance, name)
        if found:
            return found
    return None


def _difference_of_arrays(expected, got, tolerance, where):
    right = _array(expected)
    try:
        value = _array(got)
    except OverflowError:
        return f"{where} holds a number beyond all floats, expected {_kind(expected)}"
    except ValueError:
        if _holds_text(got):
            return f"{where} is a list with text, expected {_kind(expected)}"
        return f"{where} is a list with rows of different lengths, expected shape {right.shape}"
    if value.dtype.kind not in "biufc":
        return f"{where} is {_kind(got)}, expected {_kind(expected)}"
    if value.shape != right.shape:
        return f"{where} has shape {value.shape}, expected {right.shape}"
    if value.dtype.kind == "c":
        if np.any(value.imag != 0):
            return f"{where} has complex numbers, expected real ones"
        value = value.real
    right, value = right.astype(np.float64), value.astype(np.float64)
    bad = np.isnan(value) & ~np.isnan(right)
    if bad.any():
        return f"{where} is NaN (not a number){_at(bad)}, expected {_number(right[bad][0])}"
    finite = np.abs(right[np.isfinite(right)])
    allowed = tolerance.absolute + tolerance.scaled * finite.max(initial=0.0)
    with np.errstate(invalid="ignore", over="ignore"):
        limit = tolerance.relative * np.abs(right) + allowed
        wrong = ~((value == right) | (np.abs(value - right) <= limit) | (np.isnan(value) & np.isnan(right)))
        wrong |= np.isinf(right) & (value != right)
    if not wrong.any():
        return None
    ours, theirs = _apart(right[wrong][0], value[wrong][0])
    count = f" ({wrong.sum()} of {wrong.size} entries differ)" if wrong.size > 1 else ""
    return f"{where} is {theirs}{_at(wrong)}, expected {ours}{count}"


def _array(value):
    """A number, a list of numbers or an array as an array; whole numbers that only a float can hold become one."""
    if _holds_text(value):
        raise ValueError("text among numbers")
    array = np.asarray(value)
    if array.dtype == object:
        return array.astype(np.float64) if all(isinstance(item, (int, float)) for item in array.flat) else array
    return array


def _holds_text(value):
    """Whether there is text in it, of which NumPy would make an array as wide as the longest for every entry."""
    if isinstance(value, (list, tuple)):
        return any(map(_holds_text, value))
    return isinstance(value, str)


def _is_numbers(values):
    """Whether a sequence holds scalar numbers only: such a sequence is compared as an array."""
    return all(isinstance(v, (bool, int, float, np.generic)) for v in values)


def _at(mask):
    if mask.ndim == 0:
        return ""
    index = tuple(int(i) for i in np.argwhere(mask)[0])
    return f" at index {index[0] if len(index) == 1 else index}"


def _number(value, digits=6):
    return f"{value:.{digits}g}"


def _apart(a, b):
    """Both numbers with as many digits as it takes to tell them apart."""
    for digits in (4, 6, 9, 12, 17):
        if _number(a, digits) != _number(b, digits):
            break
    return _number(a, digits), _number(b, digits)


def _kind(value):
    if isinstance(value, Opaque):
        return f"a {value.type_name}"
    if isinstance(value, dict):
        return "a dict"
    if isinstance(value, (tuple, list)) and not _is_numbers(value):
        return f"{len(value)} values"
    if isinstance(value, str):
        return f"the text {value!r}"
    try:
        shape = np.shape(_array(value))
    except (ValueError, OverflowError):
        return "a list that is no array"
    return f"an array of shape {shape}" if shape else "a single number"


def _show(value):
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _names(keys):
    return ", ".join(str(key) for key in keys)


def _tuple_of(returns):
    return f"({', '.join(returns)})" if returns else ""
