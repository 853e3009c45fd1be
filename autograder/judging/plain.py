"""Plain data, and its passage across a boundary that neither side trusts.

Plain data are ``None``, booleans, numbers, strings, arrays of plain numeric types, and tuples, lists and
dictionaries of these. Whatever else a student's function returns (a closure in a cache, an instance of a
class) becomes an `Opaque`: it can be handed back to the student's functions and nothing more.

`dumps` and `loads` write plain data as JSON text. Nothing is unpickled, so nothing is executed.
"""

import base64
import hashlib
import itertools
import json
import math
import re

import numpy as np

MAX_DEPTH = 32
MAX_BITS = 8_192  # of a whole number: what Python writes as text without complaint
MAX_ITEMS = 1_000_000
MAX_PLACES = 50_000_000  # of an array's shape, in which an axis of length 0 counts as one
RESTORED = 1e-12  # a perturbed and restored input differs by rounding only
NUMERIC_KINDS = "biufc"  # booleans, integers, unsigned integers, floats, complex numbers
DTYPE = re.compile(r"[<>|=]?[biufc][0-9]{1,2}")


_keys = itertools.count()


class NotPlain(ValueError):
    """A value that has no plain form, said in words that fit "the function returned …"."""


class Opaque:
    """Something that stays on the student's side and is passed by handle, such as a ``cache``."""

    def __init__(self, type_name, value=None, handle=None):
        self.type_name = type_name
        self.value = value
        self.handle = handle

    def __repr__(self):
        return f"<{self.type_name}>"


class Rng:
    """A ``numpy.random.Generator`` made from ``seed`` where it is used.

    Within one case the same `Rng` is the same generator: draws go on where the last call left off.
    """

    def __init__(self, seed):
        self.seed = int(seed)
        self.key = next(_keys)  # tells generators of one seed apart on the other side of a boundary
        self.generator = None

    def materialise(self):
        if self.generator is None:
            self.generator = np.random.default_rng(self.seed)
        return self.generator

    def __repr__(self):
        return f"np.random.default_rng({self.seed})"


class Formula:
    """A function given by its source, a lambda expression over ``np``: it can be sent, shown and called."""

    def __init__(self, source):
        self.source = source
        self.function = eval(source, {"np": np})

    def __call__(self, *args):
        return self.function(*args)

    def __repr__(self):
        return self.source


def to_plain(value, keep=None, depth=0):
    """The plain form of what a student's function returned.

    keep: called with an object that is not plain, returns the handle under which it is kept.
    Raises `NotPlain` where guessing a plain form would be wrong: masked arrays, arrays of objects.
    """
    if depth > MAX_DEPTH:
        raise NotPlain(f"containers nested more than {MAX_DEPTH} deep")
    if value is None or isinstance(value, (bool, str, Rng, Formula, Opaque)):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, np.ma.MaskedArray):
        raise NotPlain("a masked array; return an ordinary array")
    if isinstance(value, np.ndarray):
        return _plain_array(value)
    if isinstance(value, np.generic):
        scalar = _plain_array(np.asarray(value))
        return scalar if scalar.dtype.kind == "c" else scalar.item()
    if isinstance(value, int):
        if value.bit_length() > MAX_BITS:
            raise NotPlain(f"a whole number of {value.bit_length()} bits")
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, complex):
        return np.asarray(value)
    if isinstance(value, (tuple, list, range)):
        if len(value) > MAX_ITEMS:
            raise NotPlain(f"a sequence of {len(value)} items")
        items = [to_plain(item, keep, depth + 1) for item in value]
        return tuple(items) if isinstance(value, tuple) else items
    if isinstance(value, dict) and all(isinstance(key, (str, int)) for key in value):
        return {key: to_plain(item, keep, depth + 1) for key, item in value.items()}
    return Opaque(type(value).__name__, value=value, handle=keep(value) if keep else None)


def _plain_array(value):
    array = np.array(value, copy=None, subok=False)
    if array.dtype.kind == "O":
        raise NotPlain(f"an array of objects, shape {array.shape}; are its rows of different lengths?")
    if array.dtype.kind not in NUMERIC_KINDS:
        raise NotPlain(f"an array of {array.dtype}, not of numbers")
    if _places(array.shape) > MAX_PLACES:
        raise NotPlain(f"an array of shape {array.shape}, which is too large")
    if array.dtype in (np.longdouble, np.clongdouble):  # their form differs from machine to machine
        array = array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)
    return array


def _places(shape):
    """The size of an array of this shape if no axis were empty: what is not there can be very long too."""
    return math.prod(max(1, length) for length in shape)


def materialise(value):
    """What a student's function is given: real generators for `Rng`, kept objects for `Opaque`."""
    return _mapped(_materialised, value)


def _materialised(leaf):
    if isinstance(leaf, Rng):
        return leaf.materialise()
    return leaf.value if isinstance(leaf, Opaque) else leaf


def _copied(leaf):
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf


def _mapped(change, value):
    """``value`` with every leaf changed, in new containers."""
    if isinstance(value, tuple):
        return tuple(_mapped(change, item) for item in value)
    if isinstance(value, list):
        return [_mapped(change, item) for item in value]
    if isinstance(value, dict):
        return {key: _mapped(change, item) for key, item in value.items()}
    return change(value)


def fresh(value):
    """An independent copy: arrays copied, generators started anew."""
    return _mapped(lambda leaf: Rng(leaf.seed) if isinstance(leaf, Rng) else _copied(leaf), value)


def fresh_arrays(value):
    """A copy in which arrays and containers are new, and generators go on where they are."""
    return _mapped(_copied, value)


def same(a, b):
    """Whether two plain values are equal, NaN equal to NaN, up to what adding and subtracting a number leaves."""
    if isinstance(a, (Rng, Formula, Opaque)):
        return True  # using a generator moves it on, and a cache belongs to the student
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)):
            return False
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        return a.tobytes() == b.tobytes() or np.allclose(a, b, RESTORED, RESTORED, equal_nan=True)
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (math.isnan(a) and math.isnan(b))
    return type(a) is type(b) and a == b


def anonymous(value):
    """The same data with generators that have no identity, for a file that is the same whenever it is written."""

    def without_key(leaf):
        if isinstance(leaf, Rng):
            leaf = Rng(leaf.seed)
            leaf.key = 0
        return leaf

    return _mapped(without_key, value)


def size(value):
    """Bytes of the arrays and texts in plain data."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, str):
        return len(value)
    if isinstance(value, (tuple, list)):
        return sum(map(size, value))
    return sum(map(size, value.values())) if isinstance(value, dict) else 8


def digest(value):
    """A short text that is the same for equal data; what is not data, such as a generator, does not count."""
    total = hashlib.blake2b(digest_size=16)
    _feed(total.update, value)
    return total.hexdigest()


def _feed(update, value):
    if isinstance(value, np.ndarray):
        update(f"{value.dtype.str}{value.shape}".encode())
        update(np.ascontiguousarray(value).data if value.size and value.dtype.kind in NUMERIC_KINDS else b"")
    elif isinstance(value, (tuple, list)):
        update(b"[")
        for item in value:
            _feed(update, item)
        update(b"]")
    elif isinstance(value, dict):
        update(b"{")
        for key, item in value.items():
            update(repr(key).encode())
            _feed(update, item)
        update(b"}")
    elif value is None or isinstance(value, (bool, int, float, str, np.generic)):
        update(repr(value).encode("utf-8", "backslashreplace"))
    else:
        update(b"-")


def dumps(value):
    """Plain data as JSON text."""
    return json.dumps(_encode(value), separators=(",", ":"))


def loads(text, resolve=None):
    """Plain data from the text that `dumps` wrote.

    resolve: given by a side that may receive them, turns handles into what they stand for: a handle of an
    `Opaque` into the object kept under it, ``("rng", seed, key)`` into a generator.
    Raises `ValueError` for anything that `dumps` cannot have written.
    """
    try:
        return _decode(json.loads(text), resolve)
    except (KeyError, TypeError, IndexError, RecursionError, OverflowError) as error:
        raise ValueError(f"not plain data: {error!r}") from None


def resolve_rng(handle):
    """`resolve` for one's own files, where generators are the only handles."""
    if isinstance(handle, tuple) and handle[0] == "rng":
        return Rng(handle[1])
    return Opaque("object")


def _encode(value):
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.ndarray):
        array = np.ascontiguousarray(value).reshape(value.shape)
        data = base64.b64encode(array.tobytes()).decode()
        return {"array": [array.dtype.str, list(array.shape), data]}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple):
        return {"tuple": [_encode(item) for item in value]}
    if isinstance(value, list):
        return [_encode(item) for item in value]
    if isinstance(value, dict):
        return {"dict": [[key, _encode(item)] for key, item in value.items()]}
    if isinstance(value, Rng):
        return {"rng": [value.seed, value.key]}
    if isinstance(value, Formula):
        return {"formula": value.source}
    if isinstance(value, Opaque):
        return {"opaque": [value.type_name, value.handle]}
    raise NotPlain(f"a {type(value).__name__}")


def _decode(node, resolve, depth=0):
    if depth > MAX_DEPTH + 2:
        raise ValueError(f"nested more than {MAX_DEPTH} deep")
    if node is None or isinstance(node, (bool, int, float, str)):
        return node
    if isinstance(node, list):
        return [_decode(item, resolve, depth + 1) for item in node]
    if not isinstance(node, dict) or len(node) != 1:
        raise ValueError("not plain data")
    [(tag, body)] = node.items()
    if tag == "array":
        dtype, shape, data = body
        return _decode_array(dtype, shape, data)
    if tag == "tuple":
        if not isinstance(body, list):
            raise ValueError("a tuple that is no list")
        return tuple(_decode(item, resolve, depth + 1) for item in body)
    if tag == "dict":
        return _decode_dict(body, resolve, depth + 1)
    if tag == "opaque":
        type_name, handle = body
        return resolve(handle) if resolve else Opaque(str(type_name)[:80], handle=handle)
    if resolve is None:
        raise ValueError(f"unexpected {str(tag)[:20]!r}")
    if tag == "rng":
        return resolve(("rng", *body))
    if tag == "formula":
        return Formula(body)
    raise ValueError(f"unknown kind of data {str(tag)[:20]!r}")


def _decode_dict(body, resolve, depth):
    if not isinstance(body, list):
        raise ValueError("a dict that is no list of pairs")
    result = {}
    for pair in body:
        if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], (str, int))):
            raise ValueError("a dict that is no list of pairs")
        result[pair[0]] = _decode(pair[1], resolve, depth)
    return result


def _decode_array(dtype, shape, data):
    if not (isinstance(dtype, str) and DTYPE.fullmatch(dtype)):
        raise ValueError(f"arrays of {str(dtype)[:20]!r} are not plain data")
    dtype = np.dtype(dtype)
    if not isinstance(shape, list) or len(shape) > MAX_DEPTH or not all(isinstance(n, int) and n >= 0 for n in shape):
        raise ValueError("not the shape of an array")
    if _places(shape) > MAX_PLACES:
        raise ValueError("an array that is too large")
    raw = base64.b64decode(data, validate=True)
    if math.prod(shape) * dtype.itemsize != len(raw):
        raise ValueError("an array whose size and shape disagree")
    return np.frombuffer(raw, dtype).reshape(shape).copy()
