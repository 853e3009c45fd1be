"""Who is who: a roster decides which names in downloads are one person, across assignments.

A roster is a table with any of the columns student, name (or first and last name), id, email, login, group, due,
extension, in the words that systems use for them. A person's name in DIR is the cell ``student``, else the login, the
email, the id, the name. What is known stays in ``DIR/people.json``, with every name that a person has had.
"""

import json
import re
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from ..errors import UserError
from ..exercises import CHAPTERS
from .names import clean_name, letters
from .results import write_atomically
from .table import CsvTable

FILE = "people.json"
FULL_NAME = ("name", "full name", "student name", "display name")
FIRST, LAST = ("first name", "firstname", "given name"), ("last name", "lastname", "surname", "family name")
LOGIN = ("login", "username", "user name", "login id", "sis login id", "netid", "github_username", "github", "user")
EMAIL = ("email", "email address", "e-mail", "e-mail address", "mail")
ID = ("id", "id number", "student id", "sid", "sis user id", "user id", "orgdefinedid", "identifier")
GROUP = ("group", "groups", "team", "group name")
UNITS = {"d": 86_400, "h": 3_600, "m": 60}


class BadRoster(UserError):
    """The roster cannot be used; the message says which line and why."""


class _Roster(CsvTable):
    error = BadRoster


@dataclass
class Person:
    """One person. ``student``: the name in DIR. ids: what systems call them. aliases: names they have had in DIR.

    extension: seconds by chapter, "" for all. due: ISO times in the same way.
    """

    student: str
    name: str = ""
    ids: list = field(default_factory=list)
    group: str = ""
    aliases: list = field(default_factory=list)
    extension: dict = field(default_factory=dict)
    due: dict = field(default_factory=dict)


class People:
    """The people of a class, and whom a name in a download means."""

    def __init__(self, persons):
        self.persons = {person.student: person for person in persons}
        self.by_id, self.by_letters, self.by_group = {}, {}, {}
        for person in persons:
            local = [text.partition("@")[0] for text in person.ids if "@" in text]
            for text in {person.student, *person.ids, *local}:
                self.by_id.setdefault(_fold(text), set()).add(person.student)
            for written in _orders(person.name):
                self.by_letters.setdefault(written, set()).add(person.student)
            for group in filter(None, (letters(part) for part in re.split(r"[;,]", person.group))):
                self.by_group.setdefault(group, set()).add(person.student)
        for person in persons:  # a name that nobody else has
            for alias in person.aliases:
                self.by_id.setdefault(_fold(alias), {person.student})

    def owners(self, owner, handed=None):
        """Names of the people that a name in a download means: one, a group's members, or none."""
        user = handed.user if handed and handed.user and not handed.user.startswith("Participant ") else None
        name = (handed.name if handed else None) or re.sub(r"_\d+$", "", owner)
        for found in (
            self.by_id.get(_fold(user)) if user else None,
            self.by_id.get(_fold(owner)),
            self.by_id.get(_fold(owner.partition("@")[0])) if "@" in owner else None,
        ):
            if found and len(found) == 1:
                return sorted(found)
        if members := self.by_group.get(letters(name)) or self.by_group.get(letters(owner)):
            return sorted(members)
        found = self.by_letters.get(letters(name), ())
        return sorted(found) if len(found) == 1 else []

    def identities(self, name):
        """All names in DIR that the person has whom a name means; the name alone if nobody is known by it."""
        for person in self.persons.values():
            if name in (person.student, *person.aliases):
                return [person.student, *(alias for alias in person.aliases if alias != person.student)]
        return [name]

    def renamed(self, names):
        """(name, person) of those among the names that are not what the person is called now."""
        return sorted((alias, p.student) for p in self.persons.values() for alias in p.aliases if alias in names)

    def extension(self, student, chapter, due):
        """Seconds that a student has more than others for a chapter that is due at an aware or naive UTC time."""
        person = self.persons.get(student)
        if person is None:
            return None
        own = person.due.get(chapter) or person.due.get("")
        if own and due is not None:
            due = due if due.tzinfo else due.replace(tzinfo=UTC)
            return max(0.0, (datetime.fromisoformat(own) - due).total_seconds())
        return person.extension.get(chapter, person.extension.get(""))

    def save(self, folder):
        """Keep what is known in ``folder``."""
        text = json.dumps([vars(person) for person in self.persons.values()], ensure_ascii=False, indent=1)
        write_atomically(Path(folder) / FILE, text + "\n")


def known_people(folder):
    """The `People` of earlier runs, or None."""
    path = Path(folder) / FILE
    if not path.is_file():
        return None
    try:
        return People([Person(**item) for item in json.loads(path.read_text(encoding="utf-8"))])
    except (ValueError, TypeError) as error:
        raise BadRoster(f"{path} is damaged ({error}): remove it and give --roster again") from None


def people_of(folder, roster=None):
    """The `People` that a roster names, with what earlier runs know of them; without one, those of earlier runs."""
    before = known_people(folder)
    if roster is None:
        return before
    people = read_roster(roster)
    for person in before.persons.values() if before else ():
        found = [p for p in people.persons.values() if {p.student, *p.ids} & {person.student, *person.ids}]
        for own in found[:1]:
            own.aliases = sorted({*own.aliases, *person.aliases, person.student} - {own.student})
    return People(list(people.persons.values()))


def read_roster(path):
    """The `People` in a table; `BadRoster` names the line that is wrong."""
    table = _Roster(path)
    student = table.header.index("student") if "student" in table.header else None
    columns = {kind: table.column(*names) for kind, names in (("login", LOGIN), ("email", EMAIL), ("id", ID))}
    ids = [i for i, cell in enumerate(table.header) if cell.casefold() in {*LOGIN, *EMAIL, *ID}]
    name, group = table.column(*FULL_NAME), table.column(*GROUP)
    if name is None and student is None:
        name = table.column("Student")  # Canvas's sortable name
    first, last = table.column(*FIRST), table.column(*LAST)
    if student is None and not ids and name is None and last is None:
        raise BadRoster(
            f"{path} has no column that says who somebody is (it has {', '.join(table.header[:8])}): it needs student, "
            "login, email, id or name"
        )
    persons, lines = [], {}
    for line, row in zip(table.lines, table.rows):

        def cell(index, row=row):
            return row[index].strip() if index is not None else ""

        full = cell(name) or f"{cell(first)} {cell(last)}".strip()
        own = cell(student) or next((cell(i) for i in columns.values() if cell(i)), "") or full
        if not own or "Points Possible" in full:
            continue
        own = clean_name(own)
        if own in lines:
            raise BadRoster(f"{path}: lines {lines[own]} and {line} are both {own!r}: remove one")
        lines[own] = line
        person = Person(own, full, sorted({cell(i) for i in ids} - {""}), cell(group))
        for title, text in zip(table.header, row):
            _read_date(person, title, text.strip(), f"{path}, line {line}")
        persons.append(person)
    return People(persons)


def _read_date(person, title, text, place):
    """Take a cell of a column ``due``, ``extension``, or one of these and a chapter."""
    kind, _, chapter = title.casefold().partition(" ")
    if kind not in ("due", "extension") or chapter not in ("", *CHAPTERS) or not text:
        return
    if kind == "extension":
        found = re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*([dhm]?)[a-z]*", text.casefold())
        if found is None:
            raise BadRoster(f"{place}: {title} is {text!r}: write days, as 2 or 2 days, or hours, as 36 h")
        person.extension[chapter] = float(found[1].replace(",", ".")) * UNITS[found[2] or "d"]
        return
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise BadRoster(f"{place}: {title} is {text!r}: write it as 2026-01-31 or 2026-01-31 23:59") from None
    person.due[chapter] = (time if time.tzinfo else time.astimezone()).isoformat()


def with_people(submissions, people):
    """(submissions by person, names of owners that nobody in the roster has); each person's aliases are noted."""
    placed, strangers = {}, []
    for submission in submissions:
        owners = people.owners(submission.student, submission.handed)
        if not owners:
            strangers.append(clean_name(submission.student))
        alone = len(owners) == 1
        for owner in owners or [submission.student]:
            note = submission.note
            if owners and alone:
                _note_alias(people.persons[owner], clean_name(submission.student))
            elif owners:
                note = "; ".join(filter(None, [note, f"handed in by the group {submission.student}"]))
            own = replace(submission, student=owner, note=note)
            if owners and not alone and own.handed:
                own = replace(own, handed=replace(own.handed, user=None))
            placed.setdefault((owner, submission.chapter), []).append(own)
    return [_latest_of(own) for own in placed.values()], sorted(set(strangers))


def _note_alias(person, name):
    if name != person.student and name not in person.aliases:
        person.aliases = sorted([*person.aliases, name])


def _latest_of(own):
    """One of several submissions of a person: of the latest attempt."""
    if len(own) == 1:
        return own[0]
    never = datetime.min.replace(tzinfo=UTC)
    own = sorted(own, key=lambda s: (s.file is not None and s.problem is None, s.file.changed if s.file else never))
    note = f"{len(own)} submissions are this person's, the latest is graded"
    attempts = tuple(attempt for submission in own for attempt in submission.attempts)
    return replace(own[-1], note="; ".join(filter(None, [own[-1].note, note])), attempts=attempts)


def _orders(name):
    """A full name first name first and last name first, letters only."""
    parts = name.split(",")
    words = name.replace(",", " ").split()
    turned = [*words[-1:], *words[:-1]]
    return {letters("".join(p)) for p in (parts, reversed(parts), turned)} - {""}


def _fold(text):
    return unicodedata.normalize("NFC", text or "").strip().casefold()
