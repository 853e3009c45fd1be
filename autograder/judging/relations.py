"""Simple relations between what was expected and what came, where no known mistake explains a verdict."""

import numpy as np


def relation(sheet, results):
    """One sentence on what all of an answer's wrong values have in common, or None."""
    return None


def holds_nan(value):
    """Whether there is a NaN anywhere in a plain value."""
    if isinstance(value, dict):
        return any(map(holds_nan, value.values()))
    if isinstance(value, (tuple, list)):
        return any(map(holds_nan, value))
    return (
        isinstance(value, (float, np.ndarray)) and np.asarray(value).dtype.kind in "fc" and bool(np.isnan(value).any())
    )


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
