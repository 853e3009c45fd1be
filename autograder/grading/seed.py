"""The secret from which a course's hidden cases are drawn, ``DIR/seed.txt``."""

import os
import secrets
from pathlib import Path

from ..errors import UserError


class NoSeed(UserError):
    """A graded folder without its secret: a regrade would meet other cases than the results next to it did."""


def course_seed(folder):
    """The secret of a folder, made at its first use and on the disk when this returns.

    `NoSeed` if the folder has results and no secret, or an empty one.
    """
    path = Path(folder) / "seed.txt"
    seed = path.read_text(encoding="utf-8").strip() if path.exists() else ""
    if seed:
        return seed
    results = path.with_name("results.jsonl")
    if results.exists() and results.stat().st_size:
        what = "is empty" if path.exists() else "is missing"
        raise NoSeed(
            f"{path} {what}, and {results.name} was made with it: put it back from a copy, or grade into another folder"
        )
    seed = secrets.token_hex(16)
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_durably(path, seed + "\n")
    return seed


def _write_durably(path, text):
    """Write a file for its owner's eyes so that it is whole after a power failure, name and content."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
