"""Floating-point warnings as errors, also on processors that report none, as in WebAssembly."""

from contextlib import contextmanager
from functools import wraps
from typing import Any

import numpy as np

STRICT: dict[str, Any] = {"over": "raise", "invalid": "raise", "divide": "raise"}
WATCHED = (
    "exp exp2 expm1 log log2 log10 log1p cosh sinh power float_power square sqrt divide true_divide reciprocal multiply"
).split()
KEEPING = ("array", "asarray", "ascontiguousarray")  # functions that would make a watched array an ordinary one


def reports_overflow():
    """Whether NumPy learns of an overflow here."""
    try:
        with np.errstate(over="raise"):
            np.exp(np.array([1000.0]))
    except FloatingPointError:
        return True
    return False


REPORTED = reports_overflow()


@contextmanager
def strictly(reported=REPORTED):
    """Make an overflow, an invalid operation and a division by zero raise FloatingPointError.

    Gives a function that prepares the arguments of a call. Where the processor reports nothing, it makes their arrays
    `Watched`, and NumPy's own functions in `WATCHED` look at their results as well.
    """
    with np.errstate(**STRICT):
        if reported:
            yield unchanged
            return
        kept = {name: getattr(np, name) for name in (*WATCHED, *KEEPING)}
        try:
            for name in WATCHED:
                setattr(np, name, _looking(kept[name]))
            for name in KEEPING:
                setattr(np, name, _keeping(kept[name]))
            yield watched
        finally:
            for name, function in kept.items():
                setattr(np, name, function)


def unchanged(value):
    return value


def watched(value):
    """The same value with its arrays `Watched`; they share their memory."""
    if isinstance(value, np.ndarray):
        return value.view(Watched)
    if isinstance(value, (list, tuple)):
        return type(value)(map(watched, value))
    if isinstance(value, dict):
        return {key: watched(item) for key, item in value.items()}
    return value


class Watched(np.ndarray):
    """An array whose operators look at their results."""

    def __array_ufunc__(self, function, method, *inputs, out=None, **options):  # type: ignore[override]
        if out is not None:
            options["out"] = tuple(map(_plain, out))
        given = [_plain(value) for value in inputs]
        result = getattr(function, method)(*given, **options)
        if method in ("__call__", "reduce"):
            for part in result if isinstance(result, tuple) else (result,):
                _look(function, given, part, options.get("where", True) if method == "__call__" else True)
        if out is not None:
            return out[0] if len(out) == 1 else out
        if isinstance(result, tuple):
            return tuple(map(watched, result))
        return watched(result)


def _plain(value):
    return value.view(np.ndarray) if isinstance(value, Watched) else value


def _look(function, given, result, where=True):
    """Raise FloatingPointError where a result is not finite though all that it was made from is."""
    kinds = {np.result_type(value).kind for value in (*given, result) if value is not None}
    if not kinds <= set("biuf"):
        return
    bad = ~np.isfinite(result) & where
    if not np.any(bad):
        return
    finite = [np.isfinite(value) for value in given]
    if all(np.ndim(one) in (0, np.ndim(bad)) or np.shape(one) == np.shape(bad) for one in finite):
        fine = np.logical_and.reduce(np.broadcast_arrays(*finite, bad))
    else:
        fine = all(np.all(one) for one in finite)
    if np.any(fine):
        raise FloatingPointError(f"overflow or invalid value encountered in {function.__name__}")


def _looking(function):
    @wraps(function)
    def call(*args, **kwargs):
        result = function(*args, **kwargs)
        _look(function, [_plain(value) for value in args[: function.nin]], _plain(result), kwargs.get("where", True))
        return result

    return call


def _keeping(function):
    @wraps(function)
    def call(value, *args, **kwargs):
        made = function(value, *args, **kwargs)
        return made.view(Watched) if isinstance(value, Watched) else made

    return call
