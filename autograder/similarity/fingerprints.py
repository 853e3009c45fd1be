"""Fingerprints of an answer: short numbers by which answers are compared, whatever their names, comments and layout.

An answer is read as tokens; comments, docstrings and white space are dropped, all texts count as equal, and a name that
the student chose is replaced by the distance to where it last stood (Baker 1995), so that renaming changes nothing.
Every run of `RUN` tokens is hashed, and of each `WINDOW` neighbouring hashes the smallest is kept: winnowing
(Schleimer, Wilkerson & Aiken 2003). What two answers share over `RUN` + `WINDOW` − 1 tokens is found in both.
"""

import base64
import builtins
import keyword
import re
from functools import lru_cache
from zlib import crc32

import numpy as np

RUN = 10  # tokens
WINDOW = 7  # runs
SPACING = (WINDOW + 1) / 2  # tokens for each fingerprint that is kept, on average
MAX_SOURCE = 60_000  # characters
FAR = 2 * RUN  # a name that last stood further away counts as new
KEPT = frozenset(keyword.kwlist) | frozenset(dir(builtins)) | {"np", "numpy", "self"}
TOKEN = re.compile(
    r"""\#[^\n]*                                            # not captured: dropped
    | [rRbBfFuU]{0,2}(?:\"\"\"[\s\S]*?\"\"\"|'''[\s\S]*?''')   # nor are docstrings
    | ( [rRbBfFuU]{0,2}(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
      | \.?[^\W\d]\w*
      | \d[\w.]*
      | \*\*=? | //=? | [=!<>+\-*/@%&|^]= | -> | << | >>
      | [^\s\w] )""",
    re.VERBOSE,
)
_POWERS = np.array([pow(0x9E3779B97F4A7C15, power, 2**64) for power in range(1, RUN + 1)], dtype=np.uint64)


def tokens(source):
    """The tokens of a program, without comments and triple-quoted texts; any text gives some, none fails."""
    return [token for token in TOKEN.findall(source[:MAX_SOURCE]) if token]


def is_chosen(token):
    """Whether a token is a name that its writer chose; attributes (``.sum``), words of Python and NumPy are not."""
    return (token[0] == "_" or token[0].isalpha()) and token[-1] not in "\"'" and token not in KEPT


@lru_cache(maxsize=50_000)
def _code(token):
    """A number for a token, the same in every process; 0 for a name that was chosen."""
    if token[-1] in "\"'":
        return FAR + 1
    return 0 if is_chosen(token) else FAR + 2 + crc32(token.encode("utf-8", "replace"))


def fingerprints(source):
    """The fingerprints of a program: sorted distinct numbers, none for a text of fewer than `RUN` tokens."""
    codes, last = [], {}
    for place, token in enumerate(tokens(source)):
        code = _code(token)
        if code == 0:
            distance = place - last.get(token, -FAR)
            code = 1 + distance if distance < FAR else 1
            last[token] = place
        codes.append(code)
    if len(codes) < RUN:
        return np.empty(0, dtype=np.uint32)
    numbers = np.array(codes, dtype=np.uint64)
    count = len(codes) - RUN + 1
    hashes = np.zeros(count, dtype=np.uint64)
    for shift in range(RUN):
        hashes += numbers[shift : shift + count] * _POWERS[shift]  # modulo 2**64
    hashes ^= hashes >> np.uint64(29)
    hashes *= np.uint64(0xBF58476D1CE4E5B9)
    hashes >>= np.uint64(32)
    lowest = hashes
    if count > WINDOW:
        lowest = hashes[: count - WINDOW + 1].copy()
        for shift in range(1, WINDOW):
            np.minimum(lowest, hashes[shift : shift + len(lowest)], out=lowest)
    else:
        lowest = hashes.min(keepdims=True)
    return np.array(sorted(set(lowest.tolist())), dtype="<u4")


def pack(numbers):
    """Fingerprints as a short text for a record."""
    return base64.b64encode(numbers.tobytes()).decode("ascii")


def unpack(text):
    """The bytes of packed fingerprints, four for each; none for a text that holds no fingerprints."""
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, TypeError):
        return b""
    return data if len(data) % 4 == 0 else b""


def without_header(source, header):
    """An answer without the signature and docstring that the course provided.

    header: the lines of the released stub up to its ``raise NotImplementedError``.
    """
    text = "\n".join(line.rstrip() for line in source.strip().splitlines())
    first = header.split('"""', 1)[0].rstrip()  # a student may have changed or dropped the docstring
    for provided in (header, first):
        if provided and provided in text:
            return text.replace(provided, "", 1)
    return text


def header_of(stub):
    """The provided lines of a stub, up to where the student's own begin."""
    lines = [line.rstrip() for line in stub.strip().splitlines()]
    end = next((n for n, line in enumerate(lines) if line.strip().startswith("raise NotImplementedError")), len(lines))
    return "\n".join(lines[:end])


def provided_headers(released):
    """`header_of` each stub in the course's released notebook, by exercise."""
    stubs = [cell for cell in released.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    return {cell.metadata["nbgrader"]["grade_id"]: header_of(cell.source) for cell in stubs}


def answer_fingerprints(answers, headers):
    """Packed fingerprints of each answer: ``answers`` and ``headers`` are sources by exercise."""
    return {name: pack(fingerprints(without_header(source, headers.get(name, "")))) for name, source in answers.items()}
