"""What the command line says in one line: bad input, and a disk or a database that refuses. Never our own mistakes."""

import errno
import os
import sys
import unicodedata
from pathlib import Path

REFUSED_BY_THE_SYSTEM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE}
JOINERS = "\u200c\u200d"  # letters of Persian and of many Indian scripts are written with them


class UserError(Exception):
    """Something that the person at the keyboard can put right; the message says what and how, in one line."""


def line_for(error, named=()):
    """The line that an exception is told in, or None for a programming error, which keeps its traceback.

    named: paths that the user gave. An `OSError` is told only if it comes from within one of them, or says that the
    disk is full, read-only or broken: any other is a mistake of ours. So is a statement that a database rejects.
    """
    if isinstance(error, UserError):
        return _flat(str(error))
    if type(error).__module__.startswith("nbgrader.") and error.__context__ is not None:
        error = error.__context__  # it wraps what its database says
    if isinstance(error, OSError) and (error.errno in REFUSED_BY_THE_SYSTEM or _lies_within(error.filename, named)):
        place = f"{error.filename}: " if error.filename else ""
        return _flat(f"{place}{error.strerror or error}: put that right and run the same command again")
    if _is_refusal_of_a_database(error):
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        return _flat(f"the gradebook refused ({reason}): close what else uses it or make room, then run this again")
    return None


def _lies_within(name, folders):
    if not isinstance(name, (str, os.PathLike)):
        return False
    path = Path(os.path.abspath(name))
    return any(path.is_relative_to(os.path.abspath(folder)) for folder in folders)


def _is_refusal_of_a_database(error):
    """Whether a database could not do what it was asked (locked, full, read-only, gone), not: was asked nonsense."""
    alchemy = sys.modules.get("sqlalchemy.exc")  # an error of it cannot come before its import
    if alchemy is None or not isinstance(error, (alchemy.DatabaseError, alchemy.InterfaceError)):
        return False
    ours = (alchemy.ProgrammingError, alchemy.IntegrityError, alchemy.DataError, alchemy.NotSupportedError)
    return not isinstance(error, ours)


def _flat(text):
    return " ".join(printable(text).split())


def printable(text):
    """A text that a terminal shows as it is: no control character, none that turns the direction of writing.

    A name can hold U+009B, which starts a terminal's commands, or U+202E, after which a terminal writes backwards.
    """
    return "".join("\N{REPLACEMENT CHARACTER}" if is_hidden(c) and c not in "\n\t" else c for c in text)


def is_hidden(character):
    """Whether a character is a control, a format or a separator that shows nothing and changes what is around it."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in JOINERS
