"""A roster: a table that says under which ids a learning management system knows our students.

The system's own export is the natural one. A column ``student`` may name the student of ours that a line is;
without it, ids decide, and full names only where nobody else has the same.
"""

import re
import unicodedata

from ..grading.names import letters
from ..grading.table import CsvTable
from .scores import CannotExport

OURS = "student"  # the column that names the student as grades.csv does


class Roster(CsvTable):
    """The table that a learning management system exports."""

    error = CannotExport

    def need(self, names, what):
        """`CannotExport` where one of the columns is missing."""
        lacking = [name for name in names if self.column(name) is None]
        if lacking:
            raise CannotExport(
                f"{self.path} has no column {lacking[0]!r} (it has {', '.join(self.header[:8])}): "
                f"give {what} as it was downloaded"
            )


def match(roster, book, keys, system_id=None, names=(), numbered=False):
    """([students of ours] for each row, students of ours that no row has).

    keys: columns whose value may be our student's name. system_id: the column of the id that the system's downloads
    have, or its place. names: columns that together are a full name. numbered: ids are Moodle's, whose number counts.
    `CannotExport` if two rows claim one student.
    """
    by_name = {_fold(name): name for name in book.students}
    ids = {name: owner.lms_user for name, owner in book.students.items() if owner.lms_user}
    by_id = {_number_of(lms_user) if numbered else _fold(lms_user): name for name, lms_user in ids.items()}
    column = roster.column(system_id) if isinstance(system_id, str) else system_id
    found = []
    for line, row in zip(roster.lines, roster.rows):
        name = _named(roster, row, line, by_name)
        if name is None and column is not None:
            name = by_id.get(_number_of(row[column]) if numbered else _fold(row[column]) or None)
            name = name if not numbered or name is None or _fits(roster, row, row[column], name, names) else None
        values = [_fold(row[index]) for index in map(roster.column, keys) if index is not None]
        found.append(name or next((by_name[value] for value in values if value in by_name), None))
    claimed = {}
    for line, name in zip(roster.lines, found):
        if name is not None and claimed.setdefault(name, line) != line:
            raise CannotExport(f"{roster.path}: lines {claimed[name]} and {line} are both {name!r}: remove one")
    matched = [[name] if name else [] for name in found]
    _by_full_name(roster, book, matched, names, claimed)
    handed_in = {student for student, _ in book.scores}
    taken = {name for group in matched for name in group}
    return matched, sorted(handed_in - taken)


def _named(roster, row, line, by_name):
    """The student that the column ``student`` names, if the table has one."""
    if OURS not in roster.header or not (own := row[roster.header.index(OURS)].strip()):
        return None
    if _fold(own) not in by_name:
        raise CannotExport(f"{roster.path}, line {line}: there is no student {own!r}, look into grades.csv")
    return by_name[_fold(own)]


def _number_of(text):
    """The number in Moodle's ``Participant 12``, which each language writes in its own way; None if it is none."""
    found = re.fullmatch(r"(\D*?)\s*(\d+)", text.strip())
    return found[2] if found else None


def _fits(roster, row, identifier, name, names):
    """Whether a row's full name can be that of a student of ours who has its number.

    A group's number may be a participant's too, and participants are numbered again for each assignment. If names are
    hidden, both sides say "Participant".
    """
    own = letters(re.sub(r"_\d+$", "", name))
    columns = [index for index in map(roster.column, names) if index is not None]
    written = _orders([row[column] for column in columns])
    return not written or own in written or own == letters(re.sub(r"\d", "", identifier))


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
            ours.setdefault(letters(written), []).append(name)
    for key, group in ours.items():
        chapters = [chapter for student, chapter in book.scores if student in group]
        if len(rows.get(key, ())) == 1 and len(chapters) == len(set(chapters)) and not matched[rows[key][0]]:
            matched[rows[key][0]] = group  # several if the system numbers its students again for each chapter


def _orders(parts):
    """A full name first name first and last name first, letters only."""
    parts = [part for cell in parts for part in cell.split(",")]
    return {letters("".join(parts)), letters("".join(reversed(parts)))} - {""}


def _fold(text):
    return unicodedata.normalize("NFC", text).strip().casefold()
