"""Scores and comments as nbgrader's gradebook has them, manual scores, extra credit and late penalties included."""

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Assignment, BaseCell, Comment, Grade, Student, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ..errors import UserError
from ..exercises import CHAPTERS
from ..grading.forget import check_gradebook
from ..grading.gradebook import NoGradebook, _without_password, reason_of


class CannotExport(UserError):
    """The export cannot be made; the message says why. Nothing has been written."""


@dataclass(frozen=True)
class Score:
    """One student's score in one chapter: ``score`` is ``raw`` less ``penalty``, at least 0, as nbgrader exports it."""

    raw: float
    penalty: float
    timestamp: str
    comments: str = ""

    @property
    def score(self):
        return max(0.0, self.raw - self.penalty)


@dataclass(frozen=True)
class Owner:
    """A student of the gradebook, by the names that nbgrader has for one."""

    name: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user: str = ""


@dataclass
class Gradebook:
    """``students`` by name, ``maximum`` points by chapter in the course's order, ``scores`` by (student, chapter).

    ungraded: (student, chapter) of submissions that could not be read, or are missing, and have no mark by hand: the
    gradebook has 0 for them, and no export writes it over what somebody else may have entered.
    """

    students: dict
    maximum: dict
    scores: dict = field(default_factory=dict)
    ungraded: set = field(default_factory=set)


def read_gradebook(folder, database=None, chapters=CHAPTERS):
    """The `Gradebook` of a graded folder.

    database: its URL if it is not ``FOLDER/gradebook.db``. `CannotExport` for a folder that was not graded or was
    copied in part, `NoGradebook` for a gradebook that cannot be read or is of another course.
    """
    check_folder(folder)
    folder = Path(folder)
    own = folder / "gradebook.db"
    if database is None and not own.is_file():
        raise CannotExport(
            f"{folder} has no gradebook.db, it was copied in part: copy it again, or give --db if it is elsewhere"
        )
    url = database or f"sqlite:///{own}"
    check_gradebook(url)
    with _session(url) as session:
        book = _read(session, chapters)
        marked = _marked_by_hand(session)
    unread = _check_whole(folder, book, chapters)
    book.ungraded = {key for key in unread - marked if not book.scores[key].raw}
    for key in book.ungraded:
        del book.scores[key]
    if not book.maximum:
        raise CannotExport(f"{folder} has no grades of {', '.join(chapters)}: grade them first")
    return book


def check_folder(folder):
    """`CannotExport` unless ``folder`` is one that `dlbook grade` or `dlbook course` made."""
    folder = Path(folder)
    if not folder.is_dir():
        raise CannotExport(f"{folder} is not a folder: give the one that `dlbook grade … --to DIR` made")
    if not any((folder / name).is_file() for name in ("results.jsonl", "nbgrader_config.py")):
        raise CannotExport(f"{folder} is not a graded folder, it has no results.jsonl: run `dlbook grade … --to` first")


@contextmanager
def _session(url):
    engine = create_engine(url)
    try:
        with Session(engine) as session:
            yield session
    except SQLAlchemyError as error:
        raise NoGradebook(f"the gradebook {_without_password(url)} cannot be read: {reason_of(error)}") from None
    finally:
        engine.dispose()


def _read(session, chapters):
    columns = (Student.id, Student.first_name, Student.last_name, Student.email, Student.lms_user_id)
    students = {row[0]: Owner(*(part or "" for part in row)) for row in session.query(*columns).order_by(Student.id)}
    found = dict(session.query(Assignment.name, Assignment.max_score))
    book = Gradebook(students, {chapter: float(found[chapter]) for chapter in chapters if chapter in found})
    comments = _comments(session)
    columns = (
        SubmittedAssignment.student_id,
        Assignment.name,
        SubmittedAssignment.score,
        SubmittedAssignment.late_submission_penalty,
        SubmittedAssignment.timestamp,
    )
    for student, chapter, raw, penalty, time in session.query(*columns).join(SubmittedAssignment.assignment):
        if chapter in book.maximum:
            said = "\n".join(comments.get((student, chapter), ()))
            stamp = time.isoformat(sep=" ") if time else ""
            book.scores[student, chapter] = Score(float(raw or 0), float(penalty or 0), stamp, said)
    return book


def _comments(session):
    """Comments that people made in the formgrader, by (student, chapter): lists of "exercise: text"."""
    query = (
        session.query(SubmittedAssignment.student_id, Assignment.name, BaseCell.name, Comment.manual_comment)
        .join(SubmittedNotebook, Comment.notebook_id == SubmittedNotebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .join(BaseCell, Comment.cell_id == BaseCell.id)
        .filter(Comment.manual_comment.isnot(None), Comment.manual_comment != "")
        .order_by(BaseCell.name)
    )
    found = {}
    for student, chapter, exercise, text in query:
        found.setdefault((student, chapter), []).append(f"{exercise}: {text}")
    return found


def _marked_by_hand(session):
    """(student, chapter) of the submissions that somebody has given a mark by hand."""
    query = (
        session.query(SubmittedAssignment.student_id, Assignment.name)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .filter(Grade.manual_score.isnot(None))
        .distinct()
    )
    return {(student, chapter) for student, chapter in query}


def _check_whole(folder, book, chapters):
    """(student, chapter) of submissions that are missing or unreadable.

    `CannotExport` if the results have submissions that the gradebook lacks: one of the two is an old copy.
    """
    path = folder / "results.jsonl"
    if not path.is_file():
        return set()
    lacking, unread = set(), set()
    with open(path, encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            try:
                item = json.loads(line)
                key = (item["student"], item["chapter"])
            except (ValueError, KeyError, TypeError):
                raise CannotExport(
                    f"{path}, line {number}, is cut off or not a record: run `dlbook grade` again, it fixes the file"
                ) from None
            if key[1] in chapters and key not in book.scores:
                lacking.add(key)
            (unread.add if item.get("status") in ("missing", "unreadable") else unread.discard)(key)
    if lacking:
        student, chapter = min(lacking)
        raise CannotExport(
            f"the gradebook lacks {len(lacking)} of the submissions in {path} (the first: {student}, {chapter}): "
            "the folder was copied in part; copy it again or run `dlbook grade` again"
        )
    return {key for key in unread if key in book.scores}
