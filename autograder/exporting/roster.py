"""A roster: a table that says under which ids a learning management system knows our students.

The system's own export is the natural one. A column ``student`` may name the student of ours that a line is;
without it, ids decide, and full names only where nobody else has the same.
"""

import csv
import io
import re
import unicodedata
from pathlib import Path

from .scores import CannotExport

MAX_BYTES = 50_000_000
OURS = "student"  # the column that names the student as grades.csv does


class Roster:
    """``header`` and ``rows`` (lists of as many cells) of a table; ``delimiter`` and ``encoding`` as it has them."""

    def __init__(self, path):
        self.path = Path(path)
        text = self._text()
        self.delimiter = max("\t;,", key=text.partition("\n")[0].count)
        try:
            lines = [line for line in csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter) if any(line)]
        except csv.Error as error:
            raise CannotExport(f"{path} is not a table that can be read ({error})") from None
        if not lines:
            raise CannotExport(f"{path} is empty: export the students from your system again")
        self.header = [cell.strip() for cell in lines[0]]
        self.rows = [(line + [""] * len(self.header))[: len(self.header)] for line in lines[1:]]

    def _text(self):
        try:
            if self.path.stat().st_size > MAX_BYTES:
                raise CannotExport(f"{self.path} has over {MAX_BYTES / 1e6:.0f} MB, it is no roster")
            data = self.path.read_bytes()
        except OSError as error:
            raise CannotExport(f"the roster {self.path} cannot be read ({error.strerror})") from None
        self.encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        try:
            return data.decode(self.encoding)
        except UnicodeDecodeError:
            raise CannotExport(f"{self.path} is not text in UTF-8 or UTF-16: save it as CSV in UTF-8") from None

    def column(self, name):
        """The index of a column, or None; case does not matter."""
        folded = [cell.casefold() for cell in self.header]
        return folded.index(name.casefold()) if name.casefold() in folded else None

    def need(self, names, what):
        """`CannotExport` where one of the columns is missing."""
        lacking = [name for name in names if self.column(name) is None]
        if lacking:
            raise CannotExport(
                f"{self.path} has no column {lacking[0]!r} (it has {', '.join(self.header[:8])}): "
                f"give {what} as it was downloaded"
            )


def match(roster, book, keys, system_id=None, names=()):
    """([students of ours] for each row, students of ours that no row has).

    keys: columns whose value may be our student's name. system_id: the column of the id that the system's downloads
    have. names: columns that together are a full name. `CannotExport` where two rows claim one student.
    """
    by_name = {_fold(name): name for name in book.students}
    by_id = {_fold(owner.lms_user): name for name, owner in book.students.items() if owner.lms_user}
    found = [_by_id(roster, row, line, by_name, by_id, keys, system_id) for line, row in enumerate(roster.rows, 2)]
    claimed = {}
    for line, name in enumerate(found, 2):
        if name is not None and claimed.setdefault(name, line) != line:
            raise CannotExport(f"{roster.path}: lines {claimed[name]} and {line} are both {name!r}: remove one")
    matched = [[name] if name else [] for name in found]
    _by_full_name(roster, book, matched, names, claimed)
    handed_in = {student for student, _ in book.scores}
    taken = {name for group in matched for name in group}
    return matched, sorted(handed_in - taken)


def _by_id(roster, row, line, by_name, by_id, keys, system_id):
    if OURS in roster.header and (own := row[roster.header.index(OURS)].strip()):
        if _fold(own) not in by_name:
            raise CannotExport(f"{roster.path}, line {line}: there is no student {own!r}, look into grades.csv")
        return by_name[_fold(own)]
    column = roster.column(system_id) if system_id else None
    if column is not None and row[column].strip() and _fold(row[column]) in by_id:
        return by_id[_fold(row[column])]
    values = [_fold(row[index]) for index in map(roster.column, keys) if index is not None]
    return next((by_name[value] for value in values if value in by_name), None)


def _by_full_name(roster, book, matched, names, claimed):
    """Match what is left by full name; a name that several rows have is nobody's."""
    rows, ours = {}, {}
    columns = [index for index in map(roster.column, names) if index is not None]
    for index, row in enumerate(roster.rows):
        for key in _orders([row[column] for column in columns]):
            rows.setdefault(key, []).append(index)
    for name, owner in book.students.items():
        if name not in claimed:
            written = f"{owner.first_name} {owner.last_name}".strip() or re.sub(r"_\d+$", "", name)
            ours.setdefault(_letters(written), []).append(name)
    for key, group in ours.items():
        chapters = [chapter for student, chapter in book.scores if student in group]
        if len(rows.get(key, ())) == 1 and len(chapters) == len(set(chapters)) and not matched[rows[key][0]]:
            matched[rows[key][0]] = group  # several where the system numbers its students anew for each chapter


def _orders(parts):
    """A full name first name first and last name first, letters only."""
    parts = [part for cell in parts for part in cell.split(",")]
    return {_letters("".join(parts)), _letters("".join(reversed(parts)))} - {""}


def _letters(text):
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFC", text)).casefold()


def _fold(text):
    return unicodedata.normalize("NFC", text).strip().casefold()
