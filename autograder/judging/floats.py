"""Floating-point warnings as errors, also on processors that report none, as in WebAssembly."""

from contextlib import contextmanager
from functools import wraps

import numpy as np

STRICT = {"over": "raise", "invalid": "raise", "divide": "raise"}
WATCHED = (
    "exp exp2 expm1 log log2 log10 log1p cosh sinh power float_power square sqrt divide true_divide reciprocal multiply"
).split()


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

    Where the processor reports nothing, NumPy's functions in `WATCHED` look at their results themselves; operators
    (``*``, ``/``) then go unwatched.
    """
    with np.errstate(**STRICT):
        if reported:
            yield
            return
        kept = {name: getattr(np, name) for name in WATCHED}
        try:
            for name, function in kept.items():
                setattr(np, name, _watched(function))
            yield
        finally:
            for name, function in kept.items():
                setattr(np, name, function)


def _watched(function):
    @wraps(function)
    def call(*args, **kwargs):
        result = function(*args, **kwargs)
        given = [np.asarray(arg, dtype=np.float64) for arg in args[: function.nin]]
        made = np.asarray(result, dtype=np.float64)
        finite = np.logical_and.reduce(np.broadcast_arrays(*map(np.isfinite, given), kwargs.get("where", True)))
        if np.any(finite & ~np.isfinite(made)):
            raise FloatingPointError(f"overflow or invalid value encountered in {function.__name__}")
        return result

    return call
