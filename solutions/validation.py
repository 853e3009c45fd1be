"""Checks of arguments, in one voice: every message names the argument, what it was and what it should be."""

import numpy as np


def require_shape(name, array, shape):
    """The argument as a float64 array; `ValueError` unless its shape is ``shape`` (None: any length)."""
    array = np.asarray(array, dtype=np.float64)
    if len(array.shape) != len(shape) or any(n not in (None, m) for n, m in zip(shape, array.shape)):
        wanted = ", ".join("any" if n is None else str(n) for n in shape)
        raise ValueError(f"{name} has shape {array.shape}, it should be ({wanted}{',' if len(shape) == 1 else ''})")
    return array


def require_same_shape(name, array, other_name, other):
    """Both arguments as float64 arrays; `ValueError` unless they have one shape."""
    array, other = np.asarray(array, dtype=np.float64), np.asarray(other, dtype=np.float64)
    if array.shape != other.shape:
        raise ValueError(f"{name} has shape {array.shape}, it should be that of {other_name}, {other.shape}")
    return array, other


def require_range(name, value, low, high, *, low_open=False, high_open=False):
    """``value``; `ValueError` unless it lies between ``low`` and ``high`` (open ends excluded; None: no end)."""
    too_low = low is not None and (value <= low if low_open else value < low)
    too_high = high is not None and (value >= high if high_open else value > high)
    if too_low or too_high or value != value:
        wanted = " and ".join(
            part
            for part in (
                f"{'above' if low_open else 'at least'} {low}" if low is not None else "",
                f"{'below' if high_open else 'at most'} {high}" if high is not None else "",
            )
            if part
        )
        raise ValueError(f"{name} is {value}, it should be {wanted}")
    return value


def require_integer(name, value, low):
    """``value`` as an int; `ValueError` unless it is a whole number of at least ``low``."""
    if not isinstance(value, (int, float, np.number)) or not np.isfinite(value) or value % 1 or value < low:
        raise ValueError(f"{name} is {value}, it should be a whole number of at least {low}")
    return int(value)


def require_binary(name, array):
    """The argument as a float64 array; `ValueError` unless all its entries are 0 or 1."""
    array = np.asarray(array, dtype=np.float64)
    others = array[~np.isin(array, (0.0, 1.0))]
    if others.size:
        raise ValueError(f"{name} has the entry {others.flat[0]:g}, all its entries should be 0 or 1")
    return array
