"""nbgrader's own gradebook, filled in batches by one writer."""

import os
import re
import sys
from datetime import timedelta
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    MissingEntry,
    Notebook,
    SolutionCell,
    SourceCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.dbutil import ALEMBIC_DIR
from nbgrader.utils import compute_checksum, parse_utc
from sqlalchemy import create_engine, func, inspect, or_
from sqlalchemy.exc import SQLAlchemyError

from ..errors import UserError
from ..exercises import CHAPTERS
from ..notebooks.release import make_notebook
from .penalties import assign_penalty


class NoGradebook(UserError):
    """The gradebook cannot be used; the message says which and why."""


def reason_of(error):
    """A database's complaint in one line."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]


class ClassGradebook:
    """The gradebook of a class: ``save`` writes records in one transaction.

    Manual scores and comments made in the formgrader stay as they are; only automatic scores are written, and the
    time of submission where it is known.
    """

    def __init__(self, url):
        self.url, self.assignments, self.registered = url, {}, set()

    def __enter__(self):
        try:
            stamp_new_database(self.url)
            self.gradebook = Gradebook(self.url)
        except (SQLAlchemyError, ImportError) as error:
            shown = _without_password(self.url)
            raise NoGradebook(f"the gradebook {shown} cannot be opened: {reason_of(error)}") from None
        return self

    def __exit__(self, *exception):
        self.gradebook.close()

    def has(self, item):
        """Whether a record is in the gradebook already, with the points of each of its exercises."""
        try:
            saved = self.gradebook.find_submission(item["chapter"], item["student"])
        except MissingEntry:
            return False
        scores = {g.cell.name.removeprefix("check-"): g.auto_score or 0.0 for n in saved.notebooks for g in n.grades}
        points = {name: item["exercises"].get(name, {"points": 0.0})["points"] for name in scores}
        return points.keys() >= item["exercises"].keys() and all(abs(scores[n] - points[n]) < 1e-9 for n in scores)

    def by_hand(self):
        """What was given by hand, and lateness: remarks by (student, chapter), as `with_remarks` takes them."""
        found = {}

        def remarks(student, chapter):
            return found.setdefault((student, chapter), {"exercises": {}, "penalty": None})

        for kind, columns, chosen in (
            (
                Grade,
                (Grade.manual_score, Grade.extra_credit),
                or_(Grade.manual_score.isnot(None), Grade.extra_credit != 0),
            ),
            (Comment, (Comment.manual_comment,), func.coalesce(Comment.manual_comment, "") != ""),
        ):
            for student, chapter, cell, *values in (
                self.gradebook.db.query(SubmittedAssignment.student_id, Assignment.name, BaseCell.name, *columns)
                .select_from(kind)
                .join(BaseCell, BaseCell.id == kind.cell_id)
                .join(SubmittedNotebook, SubmittedNotebook.id == kind.notebook_id)
                .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
                .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
                .filter(chosen)
            ):
                names = ("score", "extra") if kind is Grade else ("comment",)
                exercise = remarks(student, chapter)["exercises"].setdefault(cell.removeprefix("check-"), {})
                exercise.update(zip(names, values))
        for student, chapter, penalty in (
            self.gradebook.db.query(
                SubmittedAssignment.student_id, Assignment.name, SubmittedNotebook.late_submission_penalty
            )
            .select_from(SubmittedNotebook)
            .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .filter(SubmittedNotebook.late_submission_penalty > 0)
        ):
            remarks(student, chapter)["penalty"] = penalty
        return found

    def save(self, items):
        """Write the records' automatic scores; all of them or, on an error, none."""
        session = self.gradebook.db
        try:
            for item in items:
                if item["chapter"] in CHAPTERS:
                    self._save(session, item)
            session.commit()
            session.expunge_all()  # memory stays flat
            self.assignments = {}
        except BaseException:
            session.rollback()
            raise

    def set_extensions(self, people):
        """Give students the extra time that a roster says; what was set elsewhere for others stays."""
        for assignment in self.gradebook.assignments:
            for submission in assignment.submissions:
                seconds = people.extension(submission.student_id, assignment.name, assignment.duedate)
                if seconds is not None:
                    submission.extension = timedelta(seconds=seconds)
        self.gradebook.db.commit()

    def assign_penalties(self, policy):
        """Set what lateness costs in every assignment that has a due date, by the policy that `late_policy` gives."""
        for assignment in self.gradebook.assignments if policy else ():
            if assignment.duedate is not None:
                for submission in assignment.submissions:
                    for notebook in submission.notebooks:
                        assign_penalty(policy, submission, notebook)
        self.gradebook.db.commit()

    def _save(self, session, item):
        assignment = self._assignment(item["chapter"])
        student = session.query(Student).filter(Student.id == item["student"]).one_or_none()
        if student is None:
            student = Student(id=item["student"])
            session.add(student)
        submission = (
            session.query(SubmittedAssignment)
            .filter(SubmittedAssignment.student_id == student.id, SubmittedAssignment.assignment_id == assignment.id)
            .one_or_none()
        )
        if submission is None:
            submission = SubmittedAssignment(assignment=assignment, student=student)
            session.add(submission)
            notebook = SubmittedNotebook(assignment=submission, notebook=assignment.notebooks[0])
            session.add(notebook)
            for cell in assignment.notebooks[0].grade_cells:
                session.add(Grade(cell=cell, notebook=notebook))
            for cell in assignment.notebooks[0].solution_cells:
                session.add(Comment(cell=cell, notebook=notebook))
            session.flush()
        for grade in submission.notebooks[0].grades:
            result = item["exercises"].get(grade.cell.name.removeprefix("check-"))
            grade.auto_score = result["points"] if result else 0.0
            grade.needs_manual_grade = False
        if item.get("lms_user"):
            student.lms_user_id = item["lms_user"]
        if item.get("submitted"):
            submission.timestamp = parse_utc(item["submitted"])

    def _assignment(self, chapter):
        """The chapter's assignment in the gradebook, with its cells as they are in nbgrader's source notebook."""
        if chapter not in self.registered:
            register_assignment(self.gradebook, chapter)
            self.registered.add(chapter)
        if chapter not in self.assignments:
            self.assignments[chapter] = self.gradebook.find_assignment(chapter)
        return self.assignments[chapter]


def _without_password(url):
    return re.sub(r"//([^:/@]*):[^@]*@", r"//\1:…@", str(url))


def stamp_new_database(url):
    """Note nbgrader's newest schema in a database without tables, so that `nbgrader db upgrade` knows where it stands.

    nbgrader itself starts the program ``alembic`` to learn the newest revision, which takes longer than grading.
    """
    engine = create_engine(url)
    try:
        if not inspect(engine).get_table_names():
            with engine.begin() as connection:
                MigrationContext.configure(connection).stamp(ScriptDirectory(ALEMBIC_DIR), "head")
    finally:
        engine.dispose()


def find_own_tools():
    """nbgrader's own tools start ``alembic`` by name: let them find the one next to this interpreter."""
    folder = str(Path(sys.executable).parent)
    if folder not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([folder, os.environ.get("PATH", os.defpath)])


def register_assignment(gradebook, chapter):
    """Create the chapter's assignment, or bring its cells up to date; grades of cells that stay are kept.

    As nbgrader's ``update_or_create_…`` does it, but in one transaction: each of those waits for the disk.
    """
    session = gradebook.db
    assignment = session.query(Assignment).filter(Assignment.name == chapter).one_or_none()
    if assignment is None:
        assignment = Assignment(name=chapter, course_id=gradebook.course_id)
        session.add(assignment)
    notebook = next((notebook for notebook in assignment.notebooks if notebook.name == chapter), None)
    if notebook is None:
        notebook = Notebook(name=chapter, assignment=assignment)
        session.add(notebook)
    known = {
        (type(cell), cell.name): cell
        for cell in [*notebook.grade_cells, *notebook.solution_cells, *notebook.source_cells]
    }

    def bring(kind, name, **values):
        cell = known.get((kind, name))
        if cell is None:
            session.add(kind(name=name, notebook=notebook, **values))
        else:
            for key, value in values.items():
                setattr(cell, key, value)

    for cell in make_notebook(chapter, "source").cells:
        metadata = cell.metadata.get("nbgrader")
        if metadata is None:
            continue
        name, kind = metadata["grade_id"], cell.cell_type
        if metadata["grade"]:
            bring(GradeCell, name, max_score=metadata["points"], cell_type=kind)
        if metadata["solution"]:
            bring(SolutionCell, name)
        checksum, locked = compute_checksum(cell), metadata["locked"]
        bring(SourceCell, name, cell_type=kind, source=cell.source, locked=locked, checksum=checksum)
    session.commit()
