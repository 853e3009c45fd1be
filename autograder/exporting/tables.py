"""Gradebook tables in the forms that learning management systems import.

Each form is a function from a gradebook and a roster to a `Table`. Cells that are not numbers are guarded against
being taken for formulas, as those of grades.csv are.
"""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from ..grading.results import guarded
from .roster import OURS, Roster, match
from .scores import CannotExport

READ_ONLY = r"(Unposted )?(Current|Final|Override) (Score|Points|Grade|Status)"
CANVAS_STUDENT = (
    "Student",
    "LastName",
    "FirstName",
    "ID",
    "SIS User ID",
    "SIS Login ID",
    "Integration ID",
    "Root Account",
    "Section",
)
MOODLE_KEYS = ("Username", "Email address", "ID number")
MOODLE_STUDENT = ("Identifier", "First name", "Last name", "Surname", "Full name", *MOODLE_KEYS)
BLACKBOARD_STUDENT = ("Last Name", "First Name", "Username", "Student ID", "Last Access", "Availability")
EXCUSED = ("ex",)
MOODLE_MAXIMUM = ("Maximum Grade", "Maximum grade", "Max. grade")
EDX_STUDENT = ("user_id", "username", "student_key", "course_id", "track", "cohort")


@dataclass(frozen=True)
class Points:
    """What to do where a system counts other points than a chapter has, and which of its columns are the chapters'.

    scale: True to convert scores to the system's points, or a number to convert them to. keep: write scores as they
    are. columns: the system's title by chapter.
    """

    scale: bool | float = False
    keep: bool = False
    columns: dict = field(default_factory=dict)


class Tally(Counter):
    """How many of a system's grades are "set", "changed", "kept" (we have no score), and "the same"."""

    def line(self):
        """The counts in words."""
        kinds = ("set", "changed", "kept", "the same")
        return "grades: " + ", ".join(f"{self[kind]} {kind}" for kind in kinds if self[kind] or kind == "set")


@dataclass
class Table:
    """Lines of cells, the header first; how they are written; what the user should know.

    tally: what becomes of the system's grades. parts: further tables, by what their file's name ends with.
    """

    lines: list
    left: list
    notes: tuple = ()
    delimiter: str = ","
    encoding: str = "utf-8"
    quoting: Literal[0, 1, 2, 3] = csv.QUOTE_MINIMAL
    tally: Tally = field(default_factory=Tally)
    parts: dict = field(default_factory=dict)

    def encoded(self):
        """The file's bytes."""
        text = io.StringIO()
        table = csv.writer(text, delimiter=self.delimiter, quoting=self.quoting, lineterminator="\r\n")
        table.writerows([_guarded(cell) for cell in line] for line in self.lines)
        return text.getvalue().encode(self.encoding, "backslashreplace")


def make_table(form, book, roster_path=None, path="", points=None):
    """The `Table` of one of `FORMS`; ``path``'s ending decides if a system reads more than one kind of file."""
    roster = Roster(roster_path) if roster_path else None
    return FORMS[form](book, roster, str(path), points or Points())


def number(value):
    """A score with at most four decimals and a point, which every importer reads."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _guarded(cell):
    """A text that no spreadsheet takes for a formula; "-", which says that there is no grade, is not one."""
    return cell if cell == "-" or re.fullmatch(r"-?\d+(\.\d+)?", cell) else guarded(cell)


def _score(students, chapter, book):
    """The score of a row that is ``students`` (of ours; at most one of them has the chapter), or None."""
    return next((book.scores[s, chapter].score for s in students if (s, chapter) in book.scores), None)


def _scores(students, chapter, book, blank=""):
    """The cell of a row without a cell of the system's own."""
    score = _score(students, chapter, book)
    return blank if score is None else number(score)


def _cell(own, score, factor, tally):
    """What becomes of a system's own cell: it stays if we have no score, or if the student is excused."""
    own, is_blank = own.strip(), own.strip() in ("", "-")
    if score is None or own.casefold() in EXCUSED:
        if not is_blank:
            tally["kept"] += 1
        return own
    new, before = number(score * factor), _number(own)
    if is_blank:
        tally["set"] += 1
    else:
        tally["the same" if before is not None and abs(before - float(new)) < 5e-3 else "changed"] += 1
    return new


def _number(text):
    """A number with a point or a comma, None for anything else."""
    try:
        return float(text.strip().removesuffix("%").replace(",", "."))
    except ValueError:
        return None


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
def plain_table(book, roster, path, points):
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
        for line, row, students in zip(roster.lines, roster.rows, matched):
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
def canvas_table(book, roster, path, points):
    """Canvas's gradebook CSV: Student, ID, SIS User ID, SIS Login ID, Section, a column for each assignment.

    A line "Points Possible" follows the header. With Canvas's own export as the roster its students keep their
    columns and lines; an assignment's column ``Optimizers (1234)`` is found by the chapter's name in its title. An
    empty cell would clear a grade, and other points in that line would change the assignment's: both are kept as they
    are there. Source: ``process_header``, ``process_pp``, ``process_student``, ``no_change_to_value?`` in Canvas's
    ``lib/gradebook_importer.rb``.
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
    names = ("LastName", "FirstName") if roster.column("LastName") is not None else ("Student",)
    roster.need([*names, "ID", "Section"], "Canvas's gradebook export")
    if [title.casefold() for title in roster.header[: len(names) + 1]] != [n.casefold() for n in (*names, "ID")]:
        raise CannotExport(
            f"{roster.path} does not begin with the columns {', '.join(names)}, ID: give Canvas's gradebook export"
        )
    possible = next((row for row in roster.rows if "Points Possible" in row[0]), None)
    kept = [i for i, row in enumerate(roster.rows) if row is not possible and not _is_posting(row)]
    roster.rows, roster.lines = [roster.rows[i] for i in kept], [roster.lines[i] for i in kept]
    titles = {chapter: _column(roster, chapter, r"\s*\(\d+\)$", points) for chapter in book.maximum}
    factors, header_points = {}, {}
    for chapter, maximum in book.maximum.items():
        column, theirs = titles[chapter], None
        if column is not None and possible is not None:
            theirs = possible[column].strip()
            factors[chapter] = _factor(roster, roster.header[column], theirs, chapter, maximum, "Canvas", points)
        else:
            factors[chapter] = _factor(roster, chapter, "", chapter, maximum, "Canvas", points)
        header_points[chapter] = theirs or number(maximum * factors[chapter])
    columns = _kept(roster, CANVAS_STUDENT)
    keys = ("SIS User ID", "SIS Login ID", "ID")
    matched, left = match(roster, book, keys, "ID", names)
    header = [roster.header[i] for i in columns]
    header += [roster.header[c] if c is not None else chapter for chapter, c in titles.items()]
    table = Table([header, ["    Points Possible", *[""] * (len(columns) - 1), *header_points.values()]], left, notes)
    for row, students in zip(roster.rows, matched):
        cells = [row[i] for i in columns]
        for chapter, column in titles.items():
            own = row[column] if column is not None else ""
            cells.append(_cell(own, _score(students, chapter, book), factors[chapter], table.tally))
        table.lines.append(cells)
    return table


def _is_posting(row):
    """Canvas's own line that says which assignments are posted by hand; its importer passes over it."""
    return all(re.fullmatch(r"\s*(Muted|Manual Posting.*)?\s*", cell, re.IGNORECASE) for cell in row)


# ------------------------------------------------------------------------------------------------------- Moodle
def moodle_table(book, roster, path, points):
    """Moodle's grade import (CSV): an identifying column, then for each chapter its grade and its feedback.

    "Map from" one of Username, Email address, ID number; map each ``CHAPTER`` to its grade item or to a new one, and
    ``CHAPTER feedback`` to the item's feedback. Grades have decimals with a point. An empty cell and "-" both clear the
    grade that an item has: a student who lacks a chapter's grade is left out, and has the others in a file of that
    chapter alone. Source: ``update_grade_item`` in ``grade/import/csv/classes/load_data.php`` of Moodle,
    ``grade_import_commit`` in ``grade/import/lib.php``.

    A grading worksheet without one of these columns (names hidden, another language) is filled in as it is, by its
    identifiers, for Moodle's "Upload grading worksheet".
    """
    notes: tuple[str, ...] = ()
    left, factors = [], dict.fromkeys(book.maximum, 1.0)
    if roster is None:
        emails = all(owner.email or "@" in name for name, owner in book.students.items())
        identity = [MOODLE_KEYS[1] if emails else MOODLE_KEYS[0]]
        people = [([owner.email or name if emails else name], [name]) for name, owner in book.students.items()]
        factors = {c: _factor(None, c, "", c, maximum, "Moodle", points) for c, maximum in book.maximum.items()}
    else:
        identifier, maximum = _moodle_identifier(roster), _moodle_maximum(roster)
        for chapter in book.maximum:
            title = f"the grades of {roster.path.name}"
            factors[chapter] = _factor(roster, title, maximum, chapter, book.maximum[chapter], "Moodle", points)
        if not any(roster.column(key) is not None for key in MOODLE_KEYS):
            if identifier is None:
                roster.need(["Email address"], "Moodle's list of participants, grader report or grading worksheet")
            return _moodle_worksheet(book, roster, identifier, factors, points)
        matched, left = match(roster, book, MOODLE_KEYS, identifier, _full_name(roster), numbered=True)
        columns = _kept(roster, MOODLE_STUDENT)
        identity = [roster.header[i] for i in columns]
        people = [([row[i] for i in columns], students) for row, students in zip(roster.rows, matched)]
    if roster is None or _moodle_maximum(roster) == "":
        most = ", ".join(f"{number(m * factors[c])} for {c}" for c, m in book.maximum.items())
        notes += (f"Moodle takes these grades as points of the item's own maximum, by default 100: set it to {most}",)
    if max(maximum * factors[chapter] for chapter, maximum in book.maximum.items()) > 100:
        notes += ("Moodle takes no grade over 100 unless unlimited grades are allowed there",)
    table = _moodle_lines(book, identity, people, list(book.maximum), factors)
    table.left, table.notes = left, notes
    for chapter in book.maximum if len(book.maximum) > 1 else ():
        part = _moodle_lines(book, identity, people, [chapter], factors, list(book.maximum))
        if len(part.lines) > 1:
            table.parts[chapter] = part
    return table


def _moodle_lines(book, identity, people, chapters, factors, lacking_one_of=()):
    """The lines of the students who have all the chapters; ``lacking_one_of``: only of those who lack one of these."""
    table = Table([], [])
    told = {chapter for (_, chapter), score in book.scores.items() if score.comments}
    titles = [[chapter, f"{chapter} feedback"] if chapter in told else [chapter] for chapter in chapters]
    table.lines.append(identity + [title for group in titles for title in group])
    for cells, students in people:
        have = [chapter for chapter in lacking_one_of or chapters if _score(students, chapter, book) is not None]
        if not set(chapters) <= set(have) or (lacking_one_of and len(have) == len(lacking_one_of)):
            continue
        line = list(cells)
        for chapter in chapters:
            line.append(_cell("", _score(students, chapter, book), factors[chapter], table.tally))
            if chapter in told:
                line.append(_comments(students, chapter, book))
        table.lines.append(line)
    return table


def _moodle_worksheet(book, roster, identifier, factors, points):
    """A grading worksheet with its grades filled in; only lines that we have a score for."""
    if len(book.maximum) != 1:
        raise CannotExport(f"{roster.path} is the worksheet of one assignment: name its chapter with --chapter")
    (chapter,) = book.maximum
    column = _named_column(roster, points.columns[chapter]) if chapter in points.columns else _moodle_grade(roster)
    matched, left = match(roster, book, (), identifier, _full_name(roster), numbered=True)
    table = Table([list(roster.header)], left, delimiter=roster.delimiter)
    for row, students in zip(roster.rows, matched):
        score = _score(students, chapter, book)
        if score is not None:
            line = list(row)
            line[column] = _cell(row[column].strip().removeprefix("-"), score, factors[chapter], table.tally)
            table.lines.append(line)
    return table


def _moodle_identifier(roster):
    """The place of the column ``Identifier``, in any language: one word and a number in every line; or None."""
    named = roster.column("Identifier")
    if named is not None:
        return named
    for index in range(len(roster.header)):
        cells = [row[index].strip() for row in roster.rows]
        words = {re.sub(r"\d+$", "", cell) for cell in cells}
        if cells and len(words) == 1 and words != {""} and all(cell[-1:].isdigit() for cell in cells):
            return index
    return None


def _moodle_maximum(roster):
    """The maximum that a worksheet names, as text, "" for a table without one."""
    column = roster.column(*MOODLE_MAXIMUM)
    if column is None:
        column = _constant_column(roster)
    return next((row[column].strip() for row in roster.rows if row[column].strip()), "") if column is not None else ""


def _constant_column(roster):
    """In a worksheet of another language: the first column in which every line has the same number."""
    if _moodle_identifier(roster) is None or roster.column("Identifier") is not None or len(roster.rows) < 2:
        return None
    for index in range(len(roster.header)):
        values = {row[index].strip() for row in roster.rows}
        if len(values) == 1 and _number(next(iter(values))) is not None:
            return index
    return None


def _moodle_grade(roster):
    """The place of a worksheet's grades: ``Grade``, or the column before the maximum."""
    maximum = roster.column(*MOODLE_MAXIMUM)
    column = roster.column("Grade")
    if column is None:
        maximum = _constant_column(roster) if maximum is None else maximum
        column = maximum - 1 if maximum else None
    if column is None:
        raise CannotExport(f'{roster.path}: it is not clear which column has the grades: name it with --column "TITLE"')
    return column


def _full_name(roster):
    if roster.column("Full name") is not None:
        return ("Full name",)
    return ("First name", "Surname" if roster.column("Surname") is not None else "Last name")


# --------------------------------------------------------------------------------------------------- Blackboard
def blackboard_table(book, roster, path, points):
    """Blackboard's Grade Center upload: Username and a column ``Name [Total Pts: 20 Score] |ID`` for each chapter.

    Tab-delimited in UTF-16 if the file's name ends in .xls, .tsv or .txt, as Blackboard's own download is; else
    CSV in UTF-8, every cell in quotes. A column without an ID becomes a new one. A cell of the download that we have no
    score for stays as it is. Source: Blackboard Help, "Upload
    and download grades for working offline" (delimiters, quotes, user names and column IDs as keys).
    """
    notes, matched, left = _comments_left_out(book, "Blackboard"), None, []
    factors = {c: _factor(None, c, "", c, m, "Blackboard", points) for c, m in book.maximum.items()}
    titles = [f"{c} [Total Pts: {number(m * factors[c])} Score]" for c, m in book.maximum.items()]
    places = dict.fromkeys(book.maximum)
    if roster is None:
        identity = list(BLACKBOARD_STUDENT[:4])
        people = [([o.last_name, o.first_name, name, ""], [name]) for name, o in book.students.items()]
        notes += ("columns without Blackboard's IDs become new ones of type text: --roster keeps them",)
    else:
        roster.need(["Username"], "Blackboard's download of the Grade Center")
        for index, (chapter, maximum) in enumerate(book.maximum.items()):
            column = _column(roster, chapter, r"\s*\[Total Pts:.*$", points)
            if column is not None:
                title, places[chapter] = roster.header[column], column
                said = re.search(r"\[Total Pts: (?:up to )?([\d.,]+)", title)
                factors[chapter] = _factor(
                    roster, title, said[1] if said else "", chapter, maximum, "Blackboard", points
                )
                titles[index] = title
        matched, left = match(roster, book, ("Username", "Student ID"), "Username", ("First Name", "Last Name"))
        columns = _kept(roster, BLACKBOARD_STUDENT)
        identity = [roster.header[i] for i in columns]
        own = [{c: row[p] if p is not None else "" for c, p in places.items()} for row in roster.rows]
        people = [([row[i] for i in columns], students) for row, students in zip(roster.rows, matched)]
    table = Table([identity + titles], left, notes, ",", "utf-8-sig", csv.QUOTE_ALL)
    if path.lower().endswith((".xls", ".tsv", ".txt")):
        table.delimiter, table.encoding = "\t", "utf-16"
    for index, (cells, students) in enumerate(people):
        cells = list(cells)
        for chapter in book.maximum:
            before = own[index][chapter] if roster else ""
            cells.append(_cell(before, _score(students, chapter, book), factors[chapter], table.tally))
        table.lines.append(cells)
    return table


# ----------------------------------------------------------------------------------------------------- Open edX
def edx_table(book, roster, path, points):
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
            groups = [(chapter, "", "", "", _scores([name], chapter, book)) for chapter in blocks]
            lines.append(["", name, "", "", "", "", *(cell for group in groups for cell in group)])
        notes += (
            "Open edX wants its own user_id, course_id and blocks: download its grades and give them as --roster",
        )
        return Table(lines, [], notes)
    roster.need(["user_id", "username", "course_id"], "Open edX's download of bulk grades")
    blocks = {chapter: _block(roster, chapter) for chapter in book.maximum}
    factors = {c: _factor(None, c, "", c, m, "Open edX", points) for c, m in book.maximum.items()}
    matched, left = match(roster, book, ("username", "student_key", "user_id"))
    kept = [i for i, cell in enumerate(roster.header) if cell.casefold() in EDX_STUDENT]
    kept += [i for i, cell in enumerate(roster.header) if cell.partition("-")[2] in blocks.values()]
    header = [roster.header[i] for i in kept]
    header += [f"new_override-{b}" for b in blocks.values() if f"new_override-{b}" not in header]
    table = Table([header], left, notes)
    for row, students in zip(roster.rows, matched):
        cells = {roster.header[i]: row[i] for i in kept}
        for chapter, block in blocks.items():
            own = cells.get(f"new_override-{block}", "")
            score = _score(students, chapter, book)
            cells[f"new_override-{block}"] = _cell(own, score, factors[chapter], table.tally)
        table.lines.append([cells[title] for title in header])
    return table


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
def _named_column(roster, title):
    """The place of the column that the user named; `CannotExport` if there is none."""
    index = roster.column(title)
    if index is None:
        raise CannotExport(f"{roster.path} has no column {title!r}; it has {', '.join(map(repr, roster.header))}")
    return index


def _column(roster, chapter, ending, points):
    """The index of the roster's column that is a chapter's, None if it has none."""
    if chapter in points.columns:
        return _named_column(roster, points.columns[chapter])
    titles = {
        index: re.sub(ending, "", title)
        for index, title in enumerate(roster.header)
        if not re.search(READ_ONLY, title) and re.search(ending, title)
    }
    found = _best(titles, chapter)
    if len(found) > 1:
        raise CannotExport(
            f"{roster.path} has two columns for {chapter!r}, {roster.header[found[0]]!r} and "
            f"{roster.header[found[1]]!r}: name the right one with --column"
        )
    return found[0] if found else None


def _best(titles, chapter):
    """Keys of the titles that are the chapter's name, or else have it in them as words."""
    wanted = _words(chapter)
    exact = [key for key, title in titles.items() if _words(title) == wanted]
    return exact or [key for key, title in titles.items() if f" {wanted} " in f" {_words(title)} "]


def _words(text):
    return re.sub(r"[\W_]+", " ", text).strip().casefold()


def _factor(roster, title, theirs, chapter, maximum, system, points):
    """What scores are multiplied with, so that they mean the same in the system.

    theirs: the points that the system has for the chapter, as text. `CannotExport` if they are others than ours and
    the user has not said what to do.
    """
    target = points.scale if not isinstance(points.scale, bool) else _number(theirs)
    if points.scale and maximum and target is not None:
        return target / maximum
    if target is None or abs(target - maximum) < 1e-6 or points.keep:
        return 1.0
    raise CannotExport(
        f"{roster.path}: {system} has {theirs} points for {title!r}, {chapter} has {number(maximum)}: give --scale to "
        f"convert scores to {theirs} points, --keep-points to write them as they are, or change the points in {system}"
    )


FORMS = {
    "csv": plain_table,
    "canvas": canvas_table,
    "moodle": moodle_table,
    "blackboard": blackboard_table,
    "edx": edx_table,
}
