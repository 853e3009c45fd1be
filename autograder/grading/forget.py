"""Removing one student from a grading folder or a course: results, tables, gradebook, notebooks, feedback.

Every file is replaced or removed as a whole, the results last: run again after it was cut off, it resumes.
"""

import csv
import io
import json
import os
import re
import shutil
import unicodedata
import zipfile
from contextlib import contextmanager
from pathlib import Path

from nbgrader.api import Gradebook
from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from ..errors import UserError
from ..exercises import CHAPTERS
from .gradebook import NoGradebook, _without_password, find_own_tools, reason_of
from .lock import holds
from .people import known_people
from .submissions import clean_name, files_of

PER_STUDENT = (
    "autograded",
    "feedback",
    "verdicts",
    "submitted",
    "attempts",
)  # folders of DIR with a folder for each student
OF_THE_COURSE = PER_STUDENT + ("source", "release", "report")
TABLES = ("student", "submitted_assignment", "submitted_notebook", "grade", "comment")
IDENTITY = {"student", "student_id", "id", "sis user id", "sis login id", "username", "user_id", "user name", "login"}
IDENTITY |= {"email", "email address", "e-mail", "identifier", "id number", "full name", "name", "student id"}
IDENTITY |= {"student_key", "first name", "last name", "surname", "student a", "student b", "student_a", "student_b"}
MAX_SEARCHED = 200_000_000  # bytes of one file
TEXTS = (".csv", ".json", ".jsonl", ".txt", ".tsv", ".xml", ".html", ".md", ".log", ".yml", ".yaml")


class CannotForget(UserError):
    """The student cannot be removed; the message says why. Nothing has been changed."""


class NotThere(CannotForget):
    """Nothing in the folder is a student's of that name."""


@holds("folder", "forget")
def forget_student(student, folder, database=None):
    """Remove a student from everything in ``folder``; returns (what was removed, what still has the name).

    database: the gradebook's URL if it is not ``FOLDER/gradebook.db``. `CannotForget` for a name that is not one
    or that nothing knows, for a folder without results or gradebook, and for a gradebook of another course.
    """
    student, folder = checked_name(student), Path(folder)
    people = known_people(folder)
    names = people.identities(student) if people else [student]
    removed, unknown = [], None
    for name in names:
        try:
            removed += _forget_name(name, folder, database)
        except NotThere as error:
            unknown = error
    is_known = people is not None and names[0] in people.persons
    if unknown and not (removed or is_known):
        raise unknown
    if is_known:
        del people.persons[names[0]]
        people.save(folder)
        removed.append("the person from people.json")
    return removed, sorted({path for name in names for path in still_named(name, folder)})


def _forget_name(student, folder, database):
    """What was removed of one of a person's names; `NotThere` if there was nothing."""
    results = folder / "results.jsonl"
    if not folder.is_dir():
        raise CannotForget(f"{folder} is not a folder: give the one that `dlbook grade … --to DIR` made, or a course's")
    books = gradebooks(folder, database)
    if not results.is_file() and not books:
        raise CannotForget(
            f"{folder} is not a graded folder or a course, it has neither results.jsonl nor gradebook.db"
        )
    lines = results_without(results, student)
    tables = {path: table_without(path, student) for path in class_files(folder) if path.suffix == ".csv"}
    places = folders_of(student, folder)
    in_books = [url for url in books if knows(url, student)]
    if not (places or in_books or lines[1] or any(count for _, count in tables.values())):
        raise NotThere(f"{student!r} is not in {folder}: give the name as grades.csv has it")

    removed = []
    for url in in_books:
        remove_from_gradebook(url, student)
        removed.append(f"the student from {_without_password(url)}, with submissions, grades and comments")
    for url in books:
        sweep(url)  # also if a run that was cut off had removed the student already
    for path in places:
        _remove(path)
        removed.append(str(path.relative_to(folder)))
    for path in (folder / "report", folder / ".report.new", folder / ".report.old"):
        if path.is_dir():
            _remove(path)
            removed.append(f"{path.name} (`dlbook report {folder}` makes it again, without the student)")
    for path in leftovers(folder):
        path.unlink(missing_ok=True)
    for path, (content, count) in tables.items():
        if count:
            _replace(path, content)
            removed.append(f"{_lines(count)} from {path.relative_to(folder)}")
    if lines[1]:
        _replace(results, lines[0])
        removed.append(f"{_lines(lines[1])} from results.jsonl")
    return removed


def _lines(count):
    return f"{count} line{'s' if count != 1 else ''}"


def checked_name(student):
    """The name as it stands in paths and records; `CannotForget` for one that leads elsewhere."""
    name = unicodedata.normalize("NFC", student).strip()
    if not name or name != clean_name(name):
        raise CannotForget(f"{student!r} is not a student's name: give it as grades.csv has it, without a path")
    return name


# -------------------------------------------------------------------------------------------------- gradebooks
def gradebooks(folder, database=None):
    """URLs of the gradebooks: that of the folder, and the one that was named. `CannotForget`, `NoGradebook`."""
    own = folder / "gradebook.db"
    urls = [f"sqlite:///{own}"] if own.is_file() else []
    if database and database not in urls:
        urls.append(database)
    for url in urls:
        check_gradebook(url)
    return urls


def check_gradebook(url):
    """Look at a gradebook without changing it; nbgrader's own opening adds tables to whatever it opens."""
    shown = _without_password(url)
    try:
        path = make_url(url).database
        if make_url(url).get_backend_name() == "sqlite" and not Path(path or "").is_file():
            raise NoGradebook(f"the gradebook {shown} does not exist: give the address that `dlbook grade --db` had")
        engine = create_engine(url)
        with engine.connect() as connection:
            if not {"student", "assignment", *TABLES} <= set(inspect(connection).get_table_names()):
                raise NoGradebook(f"{shown} is not a gradebook of nbgrader: give the address that `dlbook grade` had")
            names = {name for (name,) in connection.execute(text("select name from assignment"))}
        engine.dispose()
    except (SQLAlchemyError, ImportError, ArgumentError, NoSuchModuleError) as error:
        raise NoGradebook(f"the gradebook {shown} cannot be read: {reason_of(error)}") from None
    if names and not names & set(CHAPTERS):
        raise NoGradebook(
            f"the gradebook {shown} is of another course: it has {', '.join(sorted(names)[:3])}, "
            f"this course has {', '.join(CHAPTERS)}"
        )


def knows(url, student):
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(text("select 1 from student where id = :id"), {"id": student}).first()
    engine.dispose()
    return found is not None


def remove_from_gradebook(url, student):
    """Through nbgrader's own interface; what SQLite frees it overwrites."""
    find_own_tools()
    with _told(url), Gradebook(url) as gradebook:
        if gradebook.engine.dialect.name == "sqlite":
            gradebook.db.remove()
            gradebook.engine.dispose()
            event.listen(gradebook.engine, "connect", _secure_delete)
        gradebook.remove_student(student)


@contextmanager
def _told(url):
    """A database's refusal becomes one line."""
    try:
        yield
    except SQLAlchemyError as error:
        raise NoGradebook(
            f"the gradebook {_without_password(url)} refused ({reason_of(error)}): close the formgrader, then run this "
            "again"
        ) from None


def _secure_delete(connection, _):
    connection.execute("pragma secure_delete = on")


def sweep(url):
    """Rewrite the gradebook's tables, so that no freed page holds a name."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with _told(url), engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("vacuum"))
        elif engine.dialect.name == "postgresql":
            connection.execute(text("set lock_timeout = '20s'"))
            for table in TABLES:
                connection.execute(text(f"vacuum full {table}"))
    engine.dispose()


# ------------------------------------------------------------------------------------------------------- files
def folders_of(student, folder):
    """The student's own folders, and notebooks that lie loose among those handed in."""
    found = [path for kind in PER_STUDENT if (folder / kind).is_dir() for path in (folder / kind).iterdir()]
    found = [path for path in found if path.is_dir() and _same(path.name, student)]
    for root, names, _ in os.walk(folder / "submitted"):  # a download may have folders around the students' own
        found += [Path(root) / name for name in names if _same(name, student)]
    found += files_of(student, folder / "submitted") if (folder / "submitted").is_dir() else []
    return sorted(path for path in set(found) if not set(path.parents) & set(found))


def _same(name, student):
    return clean_name(name) == student


def leftovers(folder):
    """Half-written files of runs that were cut off: they may hold any name."""
    found = [path for path in folder.glob(".*.part") if path.is_file()]
    return found + [
        path for kind in ("autograded", "feedback", "verdicts") for path in (folder / kind).rglob(".*.part")
    ]


def results_without(path, student):
    """(text of the results without the student's lines, how many there were); `CannotForget` for a damaged file."""
    if not path.is_file():
        return "", 0
    kept, count = [], 0
    with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        for number, line in enumerate(file, 1):
            try:
                owner = json.loads(line)["student"] if line.endswith("\n") else None
            except (ValueError, TypeError, KeyError):
                owner = None
            if not isinstance(owner, str):
                raise CannotForget(f"{path}, line {number}, is cut off or not a record: run `dlbook grade` again first")
            if owner == student:
                count += 1
            else:
                kept.append(line)
    return "".join(kept), count


def table_without(path, student):
    """(text of a table without the student's lines, how many there were).

    A line is the student's if the name is in a column that says whom a line is about: a score may read the same.
    """
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            content = file.read()
        delimiter = max(",;\t", key=content.partition("\n")[0].count)
        rows = list(csv.reader(io.StringIO(content), delimiter=delimiter))
    except (csv.Error, OSError) as error:
        raise CannotForget(f"{path} is not a table that can be read ({error}): move it away") from None
    columns = identity_columns(rows[0]) if rows else []
    kept = [row for row in rows if not any(_is_name(row[i], student) for i in columns if i < len(row))]
    if len(kept) == len(rows):
        return content, 0
    text = io.StringIO()
    table = csv.writer(text, delimiter=delimiter, lineterminator="\r\n" if "\r\n" in content else "\n")
    table.writerows(kept)
    return text.getvalue(), len(rows) - len(kept)


def identity_columns(header):
    """The places of the columns that say whom a line is about; the first column of a table that names none."""
    folded = [cell.strip().removeprefix("\ufeff").strip('"').casefold() for cell in header]
    if "student" in header:  # our own tables: nothing else there is a student's name as we write it
        return [header.index("student")]
    return [index for index, cell in enumerate(folded) if cell in IDENTITY] or [0]


def _is_name(cell, student):
    """Whether a cell is the name: plain, guarded against being a formula, or as the first part of an address."""
    return cell.strip().removeprefix("'").split("@")[0] == student or cell.strip().removeprefix("'") == student


def class_files(folder):
    """Files of the whole class: not those in somebody's folder, nor the course's own, nor the report."""
    found = []
    for root, names, leaves in os.walk(folder):
        names[:] = [name for name in names if Path(root) != folder or name not in OF_THE_COURSE]
        found += [Path(root) / leaf for leaf in leaves if not (Path(root) / leaf).is_symlink()]
    return sorted(found)


def _replace(path, content):
    data = content.encode("utf-8", "surrogateescape")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    with open(temporary, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    shutil.copymode(path, temporary)
    os.replace(temporary, path)


def _remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def still_named(student, folder):
    """Files of the class whose name or text still has the student's name as a word: someone has to look at them."""
    word = re.compile(rf"(?<![^\W_]){re.escape(student)}(?![^\W_])")
    done = {folder / "results.jsonl", folder / "grades.csv"}
    return [path.relative_to(folder) for path in class_files(folder) if path not in done and _has(path, word)]


def _has(path, word):
    if word.search(path.name):
        return True
    if path.suffix == ".zip":
        return _zip_has(path, word)
    return _is_text(path) and word.search(path.read_text(encoding="utf-8", errors="replace")) is not None


def _is_text(path):
    return path.suffix in TEXTS and path.is_file() and path.stat().st_size <= MAX_SEARCHED


def _zip_has(path, word):
    try:
        with zipfile.ZipFile(path) as archive:
            return any(word.search(name) for name in archive.namelist())
    except (OSError, zipfile.BadZipFile, ValueError):
        return False
