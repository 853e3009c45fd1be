"""Gradebook tables in the forms that learning management systems import.

Each form is a function from a gradebook and a roster to a `Table`. Cells that are not numbers are guarded against
being taken for formulas, as those of grades.csv are.
"""

import csv
import io
import re
from dataclasses import dataclass

from ..grading.results import guarded
from .roster import OURS, Roster, match
from .scores import CannotExport

READ_ONLY = r"(Unposted )?(Current|Final|Override) (Score|Points|Grade|Status)"
CANVAS_STUDENT = ("Student", "ID", "SIS User ID", "SIS Login ID", "Integration ID", "Root Account", "Section")
MOODLE_KEYS = ("Username", "Email address", "ID number")
MOODLE_STUDENT = ("Identifier", "First name", "Last name", "Surname", "Full name", *MOODLE_KEYS)
BLACKBOARD_STUDENT = ("Last Name", "First Name", "Username", "Student ID", "Last Access", "Availability")
EDX_STUDENT = ("user_id", "username", "student_key", "course_id", "track", "cohort")


@dataclass
class Table:
    """Lines of cells, the header first; how they are written; what the user should know."""

    lines: list
    left: list
    notes: tuple = ()
    delimiter: str = ","
    encoding: str = "utf-8"
    quoting: int = csv.QUOTE_MINIMAL

    def encoded(self):
        """The file's bytes."""
        text = io.StringIO()
        table = csv.writer(text, delimiter=self.delimiter, quoting=self.quoting, lineterminator="\r\n")
        table.writerows([_guarded(cell) for cell in line] for line in self.lines)
        return text.getvalue().encode(self.encoding, "backslashreplace")


def make_table(form, book, roster_path=None, path=""):
    """The `Table` of one of `FORMS`; ``path``'s ending decides where a system reads more than one kind of file."""
    roster = Roster(roster_path) if roster_path else None
    return FORMS[form](book, roster, str(path))


def number(value):
    """A score with at most four decimals and a point, which every importer reads."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _guarded(cell):
    """A text that no spreadsheet takes for a formula; "-", which says that there is no grade, is none."""
    return cell if cell == "-" or re.fullmatch(r"-?\d+(\.\d+)?", cell) else guarded(cell)


def _scores(students, chapter, book, blank=""):
    """The cell of a row that is ``students`` (of ours; at most one of them has the chapter)."""
    found = [book.scores[student, chapter] for student in students if (student, chapter) in book.scores]
    return number(found[0].score) if found else blank


def _comments(students, chapter, book):
    found = [book.scores[student, chapter] for student in students if (student, chapter) in book.scores]
    return found[0].comments if found else ""


def _comments_left_out(book, system):
    count = sum(bool(score.comments) for score in book.scores.values())
    return (f"{count} comments are not in the file, {system} imports none: the format csv has them",) if count else ()


def _kept(roster, names):
    """Indices of those columns of a roster that ``names`` has, in the roster's order."""
    wanted = {name.casefold() for name in names}
    return [index for index, cell in enumerate(roster.header) if cell.casefold() in wanted and cell != OURS]


# ------------------------------------------------------------------------------------------------------ generic
def plain_table(book, roster, path):
    """One line for each student and chapter, as `nbgrader export` has it, with comments; a roster's columns follow.

    score = max(0, raw_score − late_submission_penalty); empty where nothing was handed in.
    """
    header = ["student", "last_name", "first_name", "email", "chapter", "score", "max_score", "raw_score"]
    header += ["late_submission_penalty", "submitted", "comments"]
    names, extra, left = [(name, []) for name in book.students], [], []
    if roster:
        roster.need([OURS], "a table with our students in a column 'student', and whatever else you like")
        matched, left = match(roster, book, [OURS])
        columns = [index for index, cell in enumerate(roster.header) if cell.casefold() != OURS]
        extra = [roster.header[index] for index in columns]
        own = roster.column(OURS)
        for line, (row, students) in enumerate(zip(roster.rows, matched), 2):
            if not students:
                raise CannotExport(
                    f"{roster.path}, line {line}: there is no student {row[own]!r}: look into grades.csv"
                )
        names = [(students[0], [row[i] for i in columns]) for row, students in zip(roster.rows, matched)]
    lines = [header + extra]
    for name, cells in names:
        owner = book.students[name]
        for chapter, maximum in book.maximum.items():
            score = book.scores.get((name, chapter))
            marks = ["", number(maximum), "", "", "", ""]
            if score:
                marks = [number(score.score), number(maximum), number(score.raw), number(score.penalty)]
                marks += [score.timestamp, score.comments]
            lines.append([name, owner.last_name, owner.first_name, owner.email, chapter, *marks, *cells])
    return Table(lines, left)


# ------------------------------------------------------------------------------------------------------- Canvas
def canvas_table(book, roster, path):
    """Canvas's gradebook CSV: Student, ID, SIS User ID, SIS Login ID, Section, a column for each assignment.

    A line "Points Possible" follows the header. With Canvas's own export as the roster its students keep their
    columns and lines; an assignment's column ``Optimizers (1234)`` is found by the chapter's name in its title.
    Source: ``lib/gradebook_importer.rb`` of Canvas (header, "Points Possible", ids before names).
    """
    notes = _comments_left_out(book, "Canvas")
    if roster is None:
        lines = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *book.maximum]]
        lines.append(["    Points Possible", "", "", "", "", *map(number, book.maximum.values())])
        for name, owner in book.students.items():
            login = "" if owner.lms_user.isdigit() else name
            ids = [name, owner.lms_user if owner.lms_user.isdigit() else "", "", login, ""]
            lines.append(ids + [_scores([name], chapter, book) for chapter in book.maximum])
        return Table(lines, [], notes)
    roster.need(["Student", "ID", "Section"], "Canvas's gradebook export")
    if not ("student" in roster.header[0].casefold() and "id" in roster.header[1].casefold()):
        raise CannotExport(f"{roster.path} does not begin with the columns Student, ID: give Canvas's gradebook export")
    possible = next((row for row in roster.rows if "Points Possible" in row[0]), None)
    roster.rows = [row for row in roster.rows if row is not possible and not _is_posting(row)]
    titles = [_column(roster, chapter, r"\s*\(\d+\)$") for chapter in book.maximum]
    for column, (chapter, maximum) in zip(titles, book.maximum.items()):
        if column is not None and possible is not None:
            _check_points(roster, roster.header[column], possible[column], chapter, maximum, "Canvas")
    columns = _kept(roster, CANVAS_STUDENT)
    keys = ("SIS User ID", "SIS Login ID", "ID")
    matched, left = match(roster, book, keys, "ID", ("Student",))
    header = [roster.header[i] for i in columns]
    header += [roster.header[c] if c is not None else chapter for c, chapter in zip(titles, book.maximum)]
    lines = [header, ["    Points Possible", *[""] * (len(columns) - 1), *map(number, book.maximum.values())]]
    for row, students in zip(roster.rows, matched):
        lines.append([row[i] for i in columns] + [_scores(students, chapter, book) for chapter in book.maximum])
    return Table(lines, left, notes)


def _is_posting(row):
    """Canvas's own line that says which assignments are posted by hand; its importer passes over it."""
    return all(re.fullmatch(r"\s*(Muted|Manual Posting.*)?\s*", cell, re.IGNORECASE) for cell in row)


# ------------------------------------------------------------------------------------------------------- Moodle
def moodle_table(book, roster, path):
    """Moodle's grade import (CSV): an identifying column, then for each chapter its grade and its feedback.

    "Map from" one of Username, Email address, ID number; map each ``CHAPTER`` to its grade item or to a new one, and
    ``CHAPTER feedback`` to the item's feedback. Grades have decimals with a point; "-" is no grade, an empty cell
    would be one in a new item. Source: ``grade/import/csv/classes/load_data.php`` of Moodle.
    """
    if max(book.maximum.values()) > 100:
        notes = ("Moodle takes no grade over 100 unless unlimited grades are allowed there",)
    else:
        notes = ()
    if roster is None:
        emails = all(owner.email or "@" in name for name, owner in book.students.items())
        identity = [MOODLE_KEYS[1] if emails else MOODLE_KEYS[0]]
        people = [([owner.email or name if emails else name], [name]) for name, owner in book.students.items()]
        left = []
    else:
        if not any(roster.column(key) is not None for key in MOODLE_KEYS):
            roster.need(["Email address"], "Moodle's list of participants, grader report or grading worksheet")
        keys, name = MOODLE_KEYS, _full_name(roster)
        matched, left = match(roster, book, keys, "Identifier", name)
        columns = _kept(roster, MOODLE_STUDENT)
        identity = [roster.header[i] for i in columns]
        people = [([row[i] for i in columns], students) for row, students in zip(roster.rows, matched)]
    feedback = [c for c in book.maximum if any(s.comments for (_, chapter), s in book.scores.items() if chapter == c)]
    titles = [[chapter, f"{chapter} feedback"] if chapter in feedback else [chapter] for chapter in book.maximum]
    lines = [identity + [title for group in titles for title in group]]
    for cells, students in people:
        line = list(cells)
        for chapter in book.maximum:
            line.append(_scores(students, chapter, book, "-"))
            if chapter in feedback:
                line.append(_comments(students, chapter, book))
        lines.append(line)
    return Table(lines, left, notes)


def _full_name(roster):
    if roster.column("Full name") is not None:
        return ("Full name",)
    return ("First name", "Surname" if roster.column("Surname") is not None else "Last name")


# --------------------------------------------------------------------------------------------------- Blackboard
def blackboard_table(book, roster, path):
    """Blackboard's Grade Center upload: Username and a column ``Name [Total Pts: 20 Score] |ID`` for each chapter.

    Tab-delimited in UTF-16 where the file's name ends in .xls, .tsv or .txt, as Blackboard's own download is; else
    CSV in UTF-8, every cell in quotes. A column without an ID becomes a new one. Source: Blackboard Help, "Upload
    and download grades for working offline" (delimiters, quotes, user names and column IDs as keys).
    """
    notes, matched, left = _comments_left_out(book, "Blackboard"), None, []
    titles = [f"{chapter} [Total Pts: {number(maximum)} Score]" for chapter, maximum in book.maximum.items()]
    if roster is None:
        identity = list(BLACKBOARD_STUDENT[:4])
        people = [([o.last_name, o.first_name, name, ""], [name]) for name, o in book.students.items()]
        notes += ("columns without Blackboard's IDs become new ones of type text: --roster keeps them",)
    else:
        roster.need(["Username"], "Blackboard's download of the Grade Center")
        for index, (chapter, maximum) in enumerate(book.maximum.items()):
            column = _column(roster, chapter, r"\s*\[Total Pts:.*$")
            if column is not None:
                points = re.search(r"\[Total Pts: (?:up to )?([\d.,]+)", roster.header[column])
                _check_points(
                    roster, roster.header[column], points[1] if points else "", chapter, maximum, "Blackboard"
                )
                titles[index] = roster.header[column]
        matched, left = match(roster, book, ("Username", "Student ID"), "Username", ("First Name", "Last Name"))
        columns = _kept(roster, BLACKBOARD_STUDENT)
        identity = [roster.header[i] for i in columns]
        people = [([row[i] for i in columns], students) for row, students in zip(roster.rows, matched)]
    lines = [identity + titles]
    for cells, students in people:
        lines.append([*cells, *(_scores(students, chapter, book) for chapter in book.maximum)])
    if path.lower().endswith((".xls", ".tsv", ".txt")):
        return Table(lines, left, notes, "\t", "utf-16", csv.QUOTE_ALL)
    return Table(lines, left, notes, ",", "utf-8-sig", csv.QUOTE_ALL)


# ----------------------------------------------------------------------------------------------------- Open edX
def edx_table(book, roster, path):
    """Open edX's bulk grade overrides: its own download with ``new_override-BLOCK`` filled in.

    The subsection of a chapter is the one whose ``name-BLOCK`` has the chapter's name in it. Rows are taken by user_id
    and course_id, which only Open edX knows: without its file as the roster they stay empty. Empty overrides change
    nothing. Source: ``GradeCSVProcessor`` in ``bulk_grades/api.py`` of edx-bulk-grades.
    """
    notes = _comments_left_out(book, "Open edX")
    kinds = ("name", "grade", "original_grade", "previous_override", "new_override")
    if roster is None:
        blocks = {chapter: chapter[:8] for chapter in book.maximum}
        header = [*EDX_STUDENT, *(f"{kind}-{block}" for block in blocks.values() for kind in kinds)]
        lines = [header]
        for name in book.students:
            cells = [(chapter, "", "", "", _scores([name], chapter, book)) for chapter in blocks]
            lines.append(["", name, "", "", "", "", *(cell for group in cells for cell in group)])
        notes += (
            "Open edX wants its own user_id, course_id and blocks: download its grades and give them as --roster",
        )
        return Table(lines, [], notes)
    roster.need(["user_id", "username", "course_id"], "Open edX's download of bulk grades")
    blocks = {chapter: _block(roster, chapter) for chapter in book.maximum}
    matched, left = match(roster, book, ("username", "student_key", "user_id"))
    kept = [i for i, cell in enumerate(roster.header) if cell.casefold() in EDX_STUDENT]
    kept += [i for i, cell in enumerate(roster.header) if cell.partition("-")[2] in blocks.values()]
    header = [roster.header[i] for i in kept]
    header += [f"new_override-{b}" for b in blocks.values() if f"new_override-{b}" not in header]
    lines = [header]
    for row, students in zip(roster.rows, matched):
        cells = {roster.header[i]: row[i] for i in kept}
        cells |= {f"new_override-{block}": _scores(students, chapter, book) for chapter, block in blocks.items()}
        lines.append([cells[title] for title in header])
    return Table(lines, left, notes)


def _block(roster, chapter):
    """The short id of the subsection that is a chapter."""
    found = {}
    for index, title in enumerate(roster.header):
        if title.startswith("name-"):
            shown = next((row[index] for row in roster.rows if row[index]), "")
            found[title.removeprefix("name-")] = shown
    names = _best(found, chapter)
    if len(names) != 1:
        what = "several subsections" if names else "no subsection"
        raise CannotExport(
            f"{roster.path} has {what} with {chapter!r} in the name: name one after the chapter in Open edX, download "
            "its grades again, or choose other chapters with --chapter"
        )
    return names[0]


# ------------------------------------------------------------------------------------------- columns of chapters
def _column(roster, chapter, ending):
    """The index of the roster's column that is a chapter's, None where it has none."""
    titles = {
        index: re.sub(ending, "", title)
        for index, title in enumerate(roster.header)
        if not re.search(READ_ONLY, title) and re.search(ending, title)
    }
    found = _best(titles, chapter)
    if len(found) > 1:
        raise CannotExport(
            f"{roster.path} has two columns for {chapter!r}, {roster.header[found[0]]!r} and "
            f"{roster.header[found[1]]!r}: remove the one that is not it"
        )
    return found[0] if found else None


def _best(titles, chapter):
    """Keys of the titles that are the chapter's name, or else have it in them as words."""
    wanted = _words(chapter)
    exact = [key for key, title in titles.items() if _words(title) == wanted]
    return exact or [key for key, title in titles.items() if f" {wanted} " in f" {_words(title)} "]


def _words(text):
    return re.sub(r"[\W_]+", " ", text).strip().casefold()


def _check_points(roster, title, points, chapter, maximum, system):
    """`CannotExport` where the system counts other points than the chapter has: scores would mean something else."""
    try:
        same = abs(float(points.replace(",", ".")) - maximum) < 1e-6
    except ValueError:
        return
    if not same:
        raise CannotExport(
            f"{roster.path}: {system} has {points} points for {title!r}, {chapter} has {number(maximum)}: change "
            f"the points in {system} and export its gradebook again"
        )


FORMS = {
    "csv": plain_table,
    "canvas": canvas_table,
    "moodle": moodle_table,
    "blackboard": blackboard_table,
    "edx": edx_table,
}
