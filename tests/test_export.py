"""Exports: tables that the importers' own rules accept, with the gradebook's scores, and graders that run elsewhere."""

import csv
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
import yaml

from autograder import cli
from autograder.exercises import exercises
from autograder.exporting import export, roster, tables
from autograder.exporting.container import undump
from autograder.exporting.scores import CannotExport, read_gradebook
from autograder.exporting.tables import number
from autograder.grading import sandbox
from autograder.grading.batch import grade_class
from autograder.grading.gradebook import find_own_tools
from autograder.grading.results import read_records
from autograder.notebooks.release import make_notebook
from autograder.sample_class import STUDENTS, fill, styled_answers

CHAPTERS = ("perceptrons", "initialization")
CHAPTER = CHAPTERS[0]
POINTS = {chapter: float(sum(exercise.points for exercise in exercises(chapter))) for chapter in CHAPTERS}
NAMES = ("ada", "goran", "Zoë Müller", "陈伟", "=HYPERLINK(1)", "-bob", "eve_77")
pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="session")
def graded(tmp_path_factory):
    """A small class, graded; then a manual score, extra credit, a penalty and comments, and graded again."""
    folder = tmp_path_factory.mktemp("exported")
    for student in NAMES:
        for chapter in CHAPTERS[: 1 if student == "-bob" else 2]:
            path = folder / "in" / student / chapter / f"{chapter}.ipynb"
            path.parent.mkdir(parents=True)
            if student == "goran" and chapter == CHAPTER:
                STUDENTS["goran"](path, chapter)
            else:
                nbformat.write(fill(chapter, styled_answers(chapter, 0)), path)
    grade_class(folder / "in", folder / "out", workers=1)
    by_hand(f"sqlite:///{folder / 'out' / 'gradebook.db'}")
    path = folder / "in" / "goran" / CHAPTER / f"{CHAPTER}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_markdown_cell("handed in again"))
    nbformat.write(notebook, path)
    grade_class(folder / "in", folder / "out", workers=1)
    return folder / "out"


def by_hand(url):
    """What people do in the formgrader, through nbgrader's own interface."""
    find_own_tools()
    from nbgrader.api import Gradebook

    with Gradebook(url) as book:
        book.find_grade("check-heaviside", CHAPTER, CHAPTER, "goran").manual_score = 0.75
        book.find_grade("check-perceptron", CHAPTER, CHAPTER, "goran").extra_credit = 2.5
        book.find_comment("heaviside", CHAPTER, CHAPTER, "goran").manual_comment = "Nearly: look\nat zero, “again”"
        book.find_submission_notebook(CHAPTER, CHAPTER, "陈伟").late_submission_penalty = 3.0
        book.find_submission_notebook(CHAPTER, CHAPTER, "Zoë Müller").late_submission_penalty = 100.0
        book.db.commit()


@pytest.fixture(scope="session")
def scores(graded):
    return {key: score.score for key, score in read_gradebook(graded).scores.items()}


@pytest.fixture
def write(graded, tmp_path, capsys):
    """Export by the command; returns the file's bytes and what was said on the terminal."""

    def run(form, *options, name="grades.csv", code=0):
        path = tmp_path / name
        said = command(
            capsys, "export", graded, "--format", form, "--to", path, "--chapter", *both, *options, code=code
        )
        return path.read_bytes(), said

    both = (CHAPTERS[0], "--chapter", CHAPTERS[1])
    return run


def command(capsys, *arguments, code):
    """Run the command line in this process; returns what it wrote to stderr."""
    with pytest.raises(SystemExit) as ended:
        cli.main(list(map(str, arguments)))
    said = capsys.readouterr().err
    assert ended.value.code == code, said
    return said


def rows_of(data, encoding="utf-8", delimiter=","):
    return list(csv.reader(io.StringIO(data.decode(encoding), newline=""), delimiter=delimiter))


def guarded(name):
    return f"'{name}" if name[0] in "=-" else name


def a_roster(tmp_path, lines, encoding="utf-8", delimiter=","):
    path = tmp_path / "roster.csv"
    with open(path, "w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(lines)
    return path


def no_formulas(rows):
    cells = [cell for row in rows for cell in row]
    return not [cell for cell in cells if cell[:1] in ("=", "+", "@", "\t", "\r") or (cell[:1] == "-" and cell != "-")]


# ------------------------------------------------------------------------------------------------------ generic
def test_the_table_has_the_scores_that_nbgrader_exports(write, graded, scores, tmp_path):
    line = [str(Path(sys.executable).with_name("nbgrader")), "export", "--db", f"sqlite:///{graded}/gradebook.db"]
    find_own_tools()
    subprocess.run(line, cwd=tmp_path, check=True, capture_output=True, env=os.environ, timeout=120)
    theirs = {}
    for row in csv.DictReader(io.StringIO((tmp_path / "grades.csv").read_text(encoding="utf-8"))):
        theirs[row["student_id"], row["assignment"]] = {k: float(row[k]) for k in KINDS}
    data, _ = write("csv", name="ours.csv")
    ours = {}
    for row in csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")):
        if row["score"]:
            ours[row["student"].removeprefix("'"), row["chapter"]] = {k: float(row[k]) for k in KINDS}
    assert ours == {key: pytest.approx(theirs[key]) for key in scores}
    assert len(ours) == 2 * len(NAMES) - 1


KINDS = ("raw_score", "late_submission_penalty", "score", "max_score")


def test_what_people_set_in_the_formgrader_reaches_the_table_and_survives_a_regrade(write, scores):
    data, _ = write("csv")
    found = {(r["student"], r["chapter"]): r for r in csv.DictReader(io.StringIO(data.decode("utf-8"), newline=""))}
    full = POINTS[CHAPTER]
    assert found["陈伟", CHAPTER]["score"] == number(full - 3)
    assert found["Zoë Müller", CHAPTER]["score"] == "0"
    assert found["goran", CHAPTER]["comments"] == "heaviside: Nearly: look\nat zero, “again”"
    assert float(found["goran", CHAPTER]["score"]) == scores["goran", CHAPTER] == full - 0.25 - 2 + 2.5
    assert found["'-bob", "initialization"]["score"] == ""


# ------------------------------------------------------------------------------------------------------- Canvas
def check_canvas(rows, chapters):
    """The rules of Canvas's ``gradebook_importer.rb``; returns {(student, title): cell}."""
    header = rows[0]
    assert "Student" in header[0] and "ID" in header[1] and len(header) > 3
    last = header.index("Section")
    assert header[2:last] in (["SIS User ID", "SIS Login ID"], ["SIS Login ID"], [])
    titles = header[last + 1 :]
    assert len(set(titles)) == len(titles) == len(chapters)
    assert "Points Possible" in rows[1][0]
    assert [float(cell) for cell in rows[1][last + 1 :]] == [POINTS[chapter] for chapter in chapters]
    assert all(len(row) == len(header) for row in rows) and no_formulas(rows)
    grades = {(row[0], title): cell for row in rows[2:] for title, cell in zip(titles, row[last + 1 :])}
    assert all(cell == "" or float(cell) >= 0 for cell in grades.values())
    return grades


def test_canvas_accepts_the_table(write, scores):
    data, said = write("canvas")
    grades = check_canvas(rows_of(data), CHAPTERS)
    assert {k: float(v) for k, v in grades.items() if v} == {(guarded(n), c): s for (n, c), s in scores.items()}
    assert grades["'-bob", "initialization"] == ""
    assert "comments are not in the file" in said


def test_a_canvas_export_keeps_its_lines_and_its_assignments(write, scores, tmp_path):
    lines = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Notes"],
        ["    Points Possible", "", "", "", "", ""],
        ["Lovelace, Ada", "501", "s1", "ada", "A", "x"],
        ["Müller, Zoë", "502", "s2", "zm", "A", "x"],
        ["Nobody, New", "503", "s3", "nn", "B", "x"],
        ["Student, Eve", "77", "s4", "ev", "B", "x"],
        ["Student, Test", "999", "", "", "B", "x"],
    ]
    for line, extra in zip(lines, [["Week 1: Perceptrons (4711)", "Final Score"], [number(POINTS[CHAPTER]), ""]]):
        line += extra
    lines = [line + [""] * (8 - len(line)) for line in lines]
    lines.insert(1, ["", "", "", "", "", "", "Manual Posting", ""])
    data, said = write("canvas", "--roster", a_roster(tmp_path, lines, "utf-8-sig"), code=1)
    rows = rows_of(data)
    assert rows[0] == [*lines[0][:5], "Week 1: Perceptrons (4711)", "initialization"]
    grades = check_canvas(rows, CHAPTERS)
    title = "Week 1: Perceptrons (4711)"
    assert float(grades["Lovelace, Ada", title]) == scores["ada", CHAPTER]
    assert grades["Müller, Zoë", title] == "0"
    assert grades["Nobody, New", title] == grades["Student, Test", title] == ""
    assert [row[1] for row in rows[2:]] == ["501", "502", "503", "77", "999"]
    [line] = [line for line in said.splitlines() if "students are not in" in line]
    assert all(repr(name) in line for name in ("goran", "陈伟", "eve_77"))


def test_the_id_in_a_name_of_a_canvas_download_finds_its_line(graded, tmp_path):
    book = read_gradebook(graded)
    book.students["eve_77"] = type(book.students["ada"])("eve_77", lms_user="77")
    lines = [["Student", "ID", "SIS Login ID", "Section"], ["Other, Name", "77", "zzz", ""]]
    matched, left = roster.match(roster.Roster(a_roster(tmp_path, lines)), book, ("SIS Login ID",), "ID", ("Student",))
    assert matched == [["eve_77"]] and "eve_77" not in left


# ------------------------------------------------------------------------------------------------------- Moodle
def check_moodle(rows, identity):
    """The rules of Moodle's ``load_data.php``; returns {(user, chapter): cell}."""
    header = rows[0]
    assert len(set(header)) == len(header) and all(cell == cell.strip() for cell in header)
    key = header.index(identity)
    users = [row[key] for row in rows[1:]]
    assert all(users) and len(set(users)) == len(users) and no_formulas(rows)
    grades = {(row[key], chapter): row[header.index(chapter)] for row in rows[1:] for chapter in CHAPTERS}
    for cell in grades.values():
        assert cell == "-" or ("," not in cell and 0 <= float(cell) <= 100)
    return grades


def test_moodle_accepts_the_table_and_gets_the_comments(write, scores, tmp_path):
    data, said = write("moodle")
    rows = rows_of(data)
    grades = check_moodle(rows, "Username")
    whole = {(guarded(n), c): s for (n, c), s in scores.items() if n != "-bob"}
    assert {k: float(v) for k, v in grades.items()} == whole
    rest = rows_of((tmp_path / "grades-perceptrons.csv").read_bytes())
    assert [row[0] for row in rest[1:]] == ["'-bob"] and float(rest[1][1]) == scores["-bob", CHAPTER]
    assert rest[0][:2] == ["Username", CHAPTER] and "grades-perceptrons.csv: students who have no" in said
    comment = rows[0].index(f"{CHAPTER} feedback")
    assert next(row[comment] for row in rows if row[0] == "goran").startswith("heaviside: Nearly")


def test_moodle_s_list_of_participants_names_the_students(graded, scores, tmp_path):
    book = read_gradebook(graded)
    lines = [
        ["First name", "Last name", "ID number", "Email address"],
        ["Zoë", "Müller", "9", "zoe@example.org"],
        ["Eve", "", "10", "eve@example.org"],
        ["Ada", "Lovelace", "ada", "ada@example.org"],
    ]
    from autograder.exporting.tables import make_table

    table = make_table("moodle", book, a_roster(tmp_path, lines, delimiter=";"))
    grades = check_moodle(rows_of(table.encoded()), "Email address")
    assert float(grades["ada@example.org", CHAPTER]) == scores["ada", CHAPTER]
    assert grades["zoe@example.org", CHAPTER] == "0"
    assert float(grades["eve@example.org", CHAPTER]) == scores["eve_77", CHAPTER]
    assert table.left == sorted(["goran", "陈伟", "=HYPERLINK(1)", "-bob"])


def test_a_full_name_that_two_lines_have_is_nobody_s(graded, tmp_path):
    lines = [["Full name", "Email address"], ["Zoë Müller", "a@x.org"], ["Müller, Zoë", "b@x.org"]]
    found = roster.Roster(a_roster(tmp_path, lines))
    matched, left = roster.match(found, read_gradebook(graded), ("Email address",), "Identifier", ("Full name",))
    assert matched == [[], []] and "Zoë Müller" in left


# ------------------------------------------------------------------------------------------- there and back again
TITLES = {11: "Week 1: Perceptrons", 22: "Initialization", 33: "An essay"}
STUDENTS_OF_CANVAS = {
    501: ("Lovelace, Ada", "ada"),
    502: ("Müller, Zoë", "zm"),
    503: ("New, Nobody", "nn"),
    504: ("Excused, Goran", "goran"),
    505: ("Bob, Only One", "-bob"),
}


class CanvasCourse:
    """A course's gradebook as Canvas exports it, and what its importer would change.

    The rules are those of ``header?``, ``process_pp``, ``process_student``, ``no_change_to_value?`` in
    ``lib/gradebook_importer.rb``.
    """

    def __init__(self, points, students, grades):
        self.points, self.students, self.grades = dict(points), students, dict(grades)

    def exported(self, names=("Student",), delimiter=","):
        text = io.StringIO()
        table = csv.writer(text, delimiter=delimiter)
        titles = [f"{title} ({key})" for key, title in TITLES.items()]
        table.writerow([*names, "ID", "SIS Login ID", "Section", *titles, "Current Score"])
        table.writerow(["    Points Possible", *[""] * (len(names) + 2), *self.points.values(), "(read only)"])
        for student, (name, login) in self.students.items():
            own = name.split(", ") if len(names) == 2 else [name]
            cells = [self.grades.get((student, key), "") for key in TITLES]
            table.writerow([*own, student, login, "All, of them", *cells, "50"])
        return text.getvalue()

    def imported(self, data):
        """(grades that change, from what to what; points that change): what the importer would do with a file."""
        header, *rows = rows_of(data)
        by_name = "Student" in header[0] and "ID" in header[1]
        assert len(header) > 3 and (by_name or header[:3] == ["LastName", "FirstName", "ID"])
        at = header.index("Section") + 1
        keys = [int(re.fullmatch(r".* \((\d+)\)", title)[1]) for title in header[at:]]
        changes, points = {}, {}
        for row in rows:
            if "Points Possible" in row[0]:
                points = {key: cell for key, cell in zip(keys, row[at:]) if cell != self.points[key]}
                continue
            student = int(row[header.index("ID")])
            assert student in self.students
            for key, new in zip(keys, row[at:]):
                old = self.grades.get((student, key), "")
                if not self.same(old, new):
                    changes[student, key] = (old, new)
        return changes, points

    @staticmethod
    def same(old, new):
        blank = ("", "-")
        if new == old or (old in blank and new in blank):
            return True
        if old in blank or new in blank or "EX" in (old.upper(), new.upper()):
            return False
        return f"{float(old):.2f}" == f"{float(new):.2f}"


@pytest.fixture
def canvas_course():
    points = {11: number(POINTS["perceptrons"]), 22: number(POINTS["initialization"]), 33: "10"}
    grades = {(503, 11): "9.50", (503, 22): "EX", (504, 22): "EX", (505, 22): "4.00", (501, 33): "8", (501, 11): "1.5"}
    return CanvasCourse(points, STUDENTS_OF_CANVAS, grades)


@pytest.mark.parametrize("names", [("Student",), ("LastName", "FirstName")])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_canvas_gets_back_its_gradebook_with_our_scores_and_nothing_else_changed(
    graded, scores, canvas_course, names, delimiter, tmp_path, capsys
):
    path = tmp_path / "canvas.csv"
    path.write_text(canvas_course.exported(names, delimiter), encoding="utf-8-sig")
    line = ["export", graded, "--format", "canvas", "--to", tmp_path / "a.csv", "--roster", path]
    line += ["--chapter", CHAPTERS[0], "--chapter", CHAPTERS[1]]
    with pytest.raises(SystemExit):
        cli.main(list(map(str, line)))
    changes, points = canvas_course.imported((tmp_path / "a.csv").read_bytes())
    ours = {501: "ada", 502: "Zoë Müller", 504: "goran", 505: "-bob"}
    keys = {(k, c): (n, chapter) for k, n in ours.items() for c, chapter in ((11, CHAPTERS[0]), (22, CHAPTERS[1]))}
    expected = {place: scores[key] for place, key in keys.items() if key in scores and place != (504, 22)}
    assert {place: float(new) for place, (_, new) in changes.items()} == expected and points == {}
    assert "grades: 5 set, 1 changed, 4 kept" in capsys.readouterr().out


def test_other_points_in_canvas_stop_the_export_until_the_user_has_said_what_they_mean(
    graded, scores, canvas_course, tmp_path
):
    canvas_course.points[11] = "100"
    path, full = tmp_path / "canvas.csv", POINTS[CHAPTER]
    path.write_text(canvas_course.exported(), encoding="utf-8")
    with pytest.raises(CannotExport, match="100 points.*--scale.*--keep-points"):
        export.export(graded, "canvas", tmp_path / "a.csv", [CHAPTER], path)
    assert not (tmp_path / "a.csv").exists()
    for points, factor in ((tables.Points(scale=True), 100 / full), (tables.Points(keep=True), 1.0)):
        export.export(graded, "canvas", tmp_path / "a.csv", [CHAPTER], path, force=True, points=points)
        changes, changed_points = canvas_course.imported((tmp_path / "a.csv").read_bytes())
        assert changed_points == {}
        assert float(changes[504, 11][1]) == pytest.approx(scores["goran", CHAPTER] * factor, abs=1e-4)


def test_a_column_can_be_named(graded, scores, canvas_course, tmp_path, capsys):
    path = tmp_path / "canvas.csv"
    path.write_text(canvas_course.exported(), encoding="utf-8")
    line = ["export", graded, "--format", "canvas", "--to", tmp_path / "a.csv", "--roster", path, "--chapter", CHAPTER]
    command(capsys, *line, "--column", "An essay (33)", "--keep-points", code=1)
    changes, _ = canvas_course.imported((tmp_path / "a.csv").read_bytes())
    assert {key[1] for key in changes} == {33} and float(changes[501, 33][1]) == scores["ada", CHAPTER]
    said = command(capsys, *line, "--force", "--column", "Nothing (1)", code=2)
    assert "has no column 'Nothing (1)'" in said


def test_what_could_not_be_read_is_not_written_over_a_grade_unless_somebody_marked_it(graded, tmp_path):
    folder = tmp_path / "copy"
    folder.mkdir()
    for name in ("gradebook.db", "results.jsonl"):
        shutil.copy(graded / name, folder)
    items = [json.loads(line) for line in (folder / "results.jsonl").read_text(encoding="utf-8").splitlines()]
    for item in items:
        item["status"] = {"ada": "unreadable", "eve_77": "missing"}.get(item["student"], item["status"])
    (folder / "results.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    mine = """notebook_id in (select submitted_notebook.id from submitted_notebook join submitted_assignment on
        submitted_assignment.id = submitted_notebook.assignment_id where student_id = ?)"""
    with sqlite3.connect(folder / "gradebook.db") as connection:
        for student in ("ada", "eve_77"):
            connection.execute(f"update grade set auto_score = 0 where {mine}", (student,))
        connection.execute(f"update grade set manual_score = 0 where {mine}", ("eve_77",))
    book = read_gradebook(folder, chapters=[CHAPTER])
    assert ("ada", CHAPTER) not in book.scores and book.ungraded == {("ada", CHAPTER)}
    assert book.scores["eve_77", CHAPTER].score == 0 and ("goran", CHAPTER) in book.scores


def imported_by_moodle(data, key, items, users):
    """{(user, item): grade} that Moodle's importer would set; None clears a grade, an unknown user stops it all.

    The rules are those of ``update_grade_item`` and ``prepare_import_grade_data`` in
    ``grade/import/csv/classes/load_data.php``: each column of an item is read in each line.
    """
    header, *rows = rows_of(data)
    header, changes = [title.strip() for title in header], {}
    for row in rows:
        user = row[header.index(key)]
        assert user in users, "usermappingerrorusernotfound"
        for item in set(items) & set(header):
            value = row[header.index(item)].strip()
            changes[user, item] = None if value in ("", "-") else float(value)
    return changes


def test_moodle_s_importer_changes_only_grades_that_we_have(graded, scores, tmp_path):
    users = {f"{n}@x.org": name for n, name in enumerate(NAMES)} | {"new@x.org": "somebody new"}
    lines = [["Full name", "ID number", "Email address"], *([name, name, user] for user, name in users.items())]
    done = export.export(graded, "moodle", tmp_path / "a.csv", CHAPTERS, a_roster(tmp_path, lines))
    changes = {}
    for file in done.paths:
        changes |= imported_by_moodle(file.read_bytes(), "Email address", CHAPTERS, users)
    assert changes == {(u, c): scores[n, c] for u, n in users.items() for c in CHAPTERS if (n, c) in scores}
    assert any("by default 100" in note for note in done.notes)


@pytest.mark.parametrize("language", ["English", "German"])
def test_a_worksheet_with_hidden_names_is_filled_in_by_its_identifiers(graded, scores, tmp_path, language):
    book = read_gradebook(graded, chapters=[CHAPTER])
    owner, full = type(book.students["ada"]), number(POINTS[CHAPTER])
    for name, own in (("ada", 12), ("goran", 13)):
        book.students[name] = owner(name, lms_user=f"Participant {own}")
    words = {
        "English": (["Identifier", "Status", "Grade", "Maximum Grade"], "Participant "),
        "German": (["ID", "Status", "Bewertung", "Bestwertung"], "Teilnehmer/in"),
    }
    header, word = words[language]
    rows = [[f"{word}{n}", "x", grade, full] for n, grade in ((12, "-"), (13, "3,00"), (14, "7,00"))]
    table = tables.make_table("moodle", book, a_roster(tmp_path, [header, *rows]))
    assert table.lines[0] == header and all(line[3] == full for line in table.lines[1:])
    filled = {f"{word}12": scores["ada", CHAPTER], f"{word}13": scores["goran", CHAPTER]}
    assert {line[0]: float(line[2]) for line in table.lines[1:]} == filled
    assert table.tally == {"set": 1, "changed": 1}
    with pytest.raises(CannotExport, match="100 points"):
        tables.make_table("moodle", book, a_roster(tmp_path, [header, *([*row[:3], "100"] for row in rows)]))


def test_a_group_s_number_is_not_a_participant_s(graded, tmp_path):
    book = read_gradebook(graded, chapters=[CHAPTER])
    owner = type(book.students["ada"])
    book.students["Group 1_12"] = owner("Group 1_12", lms_user="Participant 12")
    book.scores["Group 1_12", CHAPTER] = book.scores["ada", CHAPTER]
    lines = [["Identifier", "Full name", "Email address"], ["Participant 12", "Marie Curie", "mc@x.org"]]
    table = tables.make_table("moodle", book, a_roster(tmp_path, lines))
    assert "Group 1_12" in table.left and len(table.lines) == 1


def test_a_complaint_about_a_roster_names_the_line_of_the_file(graded, tmp_path):
    lines = [
        ["Student", "ID", "Section", "student"],
        ["    Points Possible", "", "", ""],
        ["", "", "", ""],
        ["A name\nof two lines", "1", "x", ""],
        ["B", "2", "x", "nobody"],
    ]
    with pytest.raises(CannotExport, match="line 6: there is no student 'nobody'"):
        export.export(graded, "canvas", tmp_path / "a.csv", [CHAPTER], a_roster(tmp_path, lines))


# --------------------------------------------------------------------------------------------------- Blackboard
def check_blackboard(rows):
    """Blackboard's rules: user names, and column headers with points; returns {(user, header): cell}."""
    header = rows[0]
    key = header.index("Username")
    columns = [i for i, cell in enumerate(header) if "[Total Pts" in cell]
    for i, chapter in zip(columns, CHAPTERS):
        found = re.fullmatch(r".+ \[Total Pts: ([\d.]+) Score\]( \|\d+)?", header[i])
        assert found and float(found[1]) == POINTS[chapter]
    users = [row[key] for row in rows[1:]]
    assert len(set(users)) == len(users) and no_formulas(rows)
    return {(row[key], header[i]): row[i] for row in rows[1:] for i in columns}


@pytest.mark.parametrize("name, encoding, delimiter", [("a.csv", "utf-8-sig", ","), ("a.xls", "utf-16", "\t")])
def test_blackboard_accepts_the_table(write, scores, name, encoding, delimiter):
    data, _ = write("blackboard", name=name)
    assert all(cell[0] == cell[-1] == '"' for cell in data.decode(encoding).splitlines()[1].split(delimiter))
    grades = check_blackboard(rows_of(data, encoding, delimiter))
    assert sorted(float(cell) for cell in grades.values() if cell) == sorted(scores.values())
    assert grades["陈伟", f"{CHAPTER} [Total Pts: {number(POINTS[CHAPTER])} Score]"] == number(POINTS[CHAPTER] - 3)


def test_a_blackboard_download_keeps_its_column_ids(graded, scores, tmp_path):
    from autograder.exporting.tables import make_table

    title = f"Perceptrons [Total Pts: {number(POINTS[CHAPTER])} Score] |660463"
    lines = [["Last Name", "First Name", "Username", "Student ID", title], ["L", "A", "ada", "1", ""]]
    path = a_roster(tmp_path, lines, "utf-16", "\t")
    rows = rows_of(make_table("blackboard", read_gradebook(graded), path).encoded(), "utf-8-sig")
    assert float(check_blackboard(rows)["ada", title]) == scores["ada", CHAPTER]


# ----------------------------------------------------------------------------------------------------- Open edX
def check_edx(rows, course):
    """The rules of ``GradeCSVProcessor``; returns {(username, block): new override}."""
    header = rows[0]
    assert {"user_id", "course_id"} <= set(header) and no_formulas(rows)
    lines = [dict(zip(header, row)) for row in rows[1:]]
    assert all(line["course_id"] == course and line["user_id"].isdigit() for line in lines)
    assert len({line["user_id"] for line in lines}) == len(lines)
    overrides = {(n["username"], k.partition("-")[2]): v for n in lines for k, v in n.items() if k[:4] == "new_"}
    assert all(cell == "" or float(cell) >= 0 for cell in overrides.values())
    return overrides


def test_open_edx_gets_its_own_file_back_with_overrides(write, scores, tmp_path):
    course, blocks = "course-v1:U+DL+2026", {"a1b2c3d4": "Perceptrons", "e5f6a7b8": "3. Initialization"}
    kinds = ("name", "grade", "original_grade", "previous_override", "new_override")
    header = ["user_id", "username", "student_key", "course_id", "track", "cohort"]
    header += [f"{kind}-{block}" for block in blocks for kind in kinds]
    lines = [header]
    for number_, name in enumerate((*NAMES, "new")):
        lines.append([str(number_), name, "", course, "audit", ""])
        lines[-1] += [cell for shown in blocks.values() for cell in (shown, "", "", "", "")]
    data, _ = write("edx", "--roster", a_roster(tmp_path, lines))
    rows = rows_of(data)
    assert rows[0] == header
    overrides = check_edx(rows, course)
    found = {(name.removeprefix("'"), block): float(cell) for (name, block), cell in overrides.items() if cell}
    assert found == {(name, dict(zip(CHAPTERS, blocks))[chapter]): score for (name, chapter), score in scores.items()}


def test_without_its_file_open_edx_s_columns_are_there_and_the_user_is_told(write):
    data, said = write("edx")
    assert rows_of(data)[0][:4] == ["user_id", "username", "student_key", "course_id"]
    assert "--roster" in said


# ---------------------------------------------------------------------------------------------------- Gradescope
@pytest.fixture(scope="session")
def autograder(graded, tmp_path_factory):
    """The unpacked autograder, laid out as Gradescope does it."""
    root = tmp_path_factory.mktemp("gradescope")
    root.chmod(0o755)  # as /autograder is
    (path,) = export.export(graded, "gradescope", root / "zips", [CHAPTER]).paths
    for name in ("source", "submission", "results"):
        (root / name).mkdir()
    with zipfile.ZipFile(path) as archive:
        archive.extractall(root / "source")
    for name in ("setup.sh", "run_autograder"):
        (root / "source" / name).chmod(0o755)
    shutil.copy(root / "source" / "run_autograder", root)
    os.symlink(sys.prefix, root / "venv")  # what setup.sh makes, without the network
    return root


def run_in_container(root, notebook, name="my home work.ipynb", capable=True):
    """results.json of a submission, graded in a file system that has nothing of the course but the autograder."""
    for path in (root / "submission").iterdir():
        path.unlink()
    nbformat.write(notebook, root / "submission" / name)
    line = ["bwrap", "--die-with-parent", "--unshare-pid", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    for path in ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc"):
        if os.path.islink(path):
            line += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            line += ["--ro-bind", path, path]
    for path in sandbox._python_folders():
        line += [*sandbox._parents(path), "--ro-bind", path, path]
    if not capable:
        line += ["--cap-drop", "ALL"]
        for capability in ("SETUID", "SETGID", "KILL", "DAC_OVERRIDE", "CHOWN", "FOWNER"):
            line += ["--cap-add", f"CAP_{capability}"]
    line += ["--bind", str(root), "/autograder", "--setenv", "HOME", "/tmp", "--chdir", "/autograder"]
    done = subprocess.run([*line, "/autograder/run_autograder"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads((root / "results" / "results.json").read_text(encoding="utf-8"))


def check_gradescope(report):
    """The rules of Gradescope's specification."""
    assert isinstance(report["score"], float) and report["execution_time"] >= 0
    for test in report["tests"]:
        assert {"name", "score", "max_score", "number", "status", "visibility", "output"} <= test.keys()
        assert test["visibility"] in ("hidden", "after_due_date", "after_published", "visible")
        assert test["status"] in ("passed", "failed") and 0 <= test["score"] <= test["max_score"]
    assert sum(test["max_score"] for test in report["tests"]) == pytest.approx(POINTS[CHAPTER], abs=0.01)
    assert sum(test["score"] for test in report["tests"]) == pytest.approx(report["score"], abs=0.01)


def test_gradescope_gives_the_score_of_the_course_and_explains_it(autograder, graded, tmp_path):
    path = tmp_path / "x.ipynb"
    STUDENTS["goran"](path, CHAPTER)
    report = run_in_container(autograder, nbformat.read(path, as_version=4))
    check_gradescope(report)
    records = {(item["student"], item["chapter"]): item for item in read_records(graded / "results.jsonl")}
    expected = records["goran", CHAPTER]
    assert report["score"] == expected["score"]
    shown = next(t for t in report["tests"] if t["name"] == "heaviside: the threshold")
    assert all(word in shown["output"] for word in ("expected", "got", "Hint:")) and shown["visibility"] == "visible"
    hidden = [t for t in report["tests"] if t["visibility"] != "visible"]
    assert hidden and not any("expected" in t["output"] for t in hidden)
    assert report["extra_data"]["misconceptions"]["heaviside"] == ["fires-at-zero"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root, as in Gradescope's containers, can change its user")
def test_without_bubblewrap_the_results_say_so_and_the_cases_stay_out_of_reach(autograder):
    answers = styled_answers(CHAPTER, 0)
    spy = "def heaviside(z):\n    raise ValueError(open('/autograder/source/chapter.json').read(40))"
    report = run_in_container(autograder, fill(CHAPTER, {**answers, "heaviside": spy}), capable=False)
    assert report["extra_data"]["sandbox"] is False and "without a sandbox" in report["output"]
    outputs = " ".join(test["output"] for test in report["tests"])
    assert "PermissionError" in outputs and '"chapter"' not in outputs
    check_gradescope(report)


def test_what_cannot_be_graded_gets_results_too(autograder):
    shutil.rmtree(autograder / "submission")
    (autograder / "submission").mkdir()
    report = run_in_container(autograder, nbformat.v4.new_notebook(), name="notes.txt")
    assert report["score"] == 0 and "no notebook was handed in" in report["output"]


def test_the_autograder_holds_no_reference_no_seed_and_no_other_chapter(autograder, graded):
    source = autograder / "source"
    names = {str(path.relative_to(source)) for path in source.rglob("*") if path.is_file()}
    assert not [name for name in names if name.startswith(("solutions", "chapters", "autograder/sample_class"))]
    assert {name for name in names if "exercises" in name} == {"autograder/exercises/__init__.py"}
    text = "".join(p.read_text(encoding="utf-8") for p in source.rglob("*") if p.suffix in (".py", ".json", ".ipynb"))
    assert (graded / "seed.txt").read_text(encoding="utf-8").strip() not in text
    assert "\n    reference.heaviside," not in text
    uses_data = any("bookdata" in cell.source for cell in make_notebook(CHAPTER).cells if cell.cell_type == "code")
    assert ("bookdata/mnist.npz" in names) == uses_data
    requirements = (source / "requirements.txt").read_text(encoding="utf-8")
    assert "numpy==" in requirements and "playwright" not in requirements and "jupyter-book" not in requirements
    assert subprocess.run(["bash", "-n", source / "setup.sh"]).returncode == 0


# --------------------------------------------------------------------------------------------- GitHub Classroom
def test_a_repository_for_github_classroom_scores_its_exercises(graded, tmp_path):
    done = export.export(graded, "github-classroom", tmp_path, [CHAPTER])
    (home,) = done.paths
    text = (home / ".github" / "workflows" / "classroom.yml").read_text(encoding="utf-8")
    (job,) = yaml.safe_load(text)["jobs"].values()
    graders = [step for step in job["steps"] if "grader@" in step.get("uses", "")]
    names = [exercise.name for exercise in exercises(CHAPTER)]
    assert [step["id"] for step in graders] == names
    assert sum(step["with"]["max-score"] for step in graders) == POINTS[CHAPTER]
    reporter = job["steps"][-1]
    assert reporter["with"]["runners"].split(",") == names
    assert set(reporter["env"]) == {f"{name.upper()}_RESULTS" for name in names}
    assert {(home / name).exists() for name in (f"{CHAPTER}.ipynb", "checks/cases.json", "README.md")} == {True}
    assert "visible cases only" in done.notes[0]
    STUDENTS["goran"](home / f"{CHAPTER}.ipynb", CHAPTER)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    codes = []
    for step in graders[:2]:
        command = step["with"]["command"].split()
        assert command[0] == "python"
        ran = subprocess.run([sys.executable, *command[1:]], cwd=home, capture_output=True, env=environment)
        codes.append((step["id"], ran.returncode, b"Hint:" in ran.stdout))
    assert codes == [("heaviside", 1, True), ("perceptron", 0, False)]


def test_a_repository_has_visible_cases_only(graded, tmp_path):
    (home,) = export.export(graded, "github-classroom", tmp_path, [CHAPTER]).paths
    data = json.loads((home / ".github" / "dlbook" / "chapter.json").read_text(encoding="utf-8"))
    tried = {(name, t.group) for name, sheet in undump(json.dumps(data))[1].items() for t in sheet.trials}
    assert tried == {(e.name, g.name) for e in exercises(CHAPTER) for g in e.groups if g.visible}
    for name, groups in data["visible"].items():
        assert set(groups) == {g.name for e in exercises(CHAPTER) if e.name == name for g in e.groups if g.visible}


# ---------------------------------------------------------------------------------------------------- bad input
def spoil_other_course(folder):
    with sqlite3.connect(folder / "gradebook.db") as connection:
        connection.execute("update assignment set name = 'ps' || id")


def spoil_half(folder):
    with sqlite3.connect(folder / "gradebook.db") as connection:
        connection.execute("delete from submitted_assignment where student_id = 'ada'")


@pytest.mark.parametrize(
    "spoil, message",
    [
        (spoil_other_course, "of another course"),
        (spoil_half, "copied in part"),
        (lambda folder: (folder / "gradebook.db").unlink(), "copied in part"),
        (lambda folder: (folder / "gradebook.db").write_bytes(b"no database" * 99), "cannot be read"),
        (lambda folder: (folder / "results.jsonl").unlink(), "not a graded folder"),
        (lambda folder: (folder / "results.jsonl").write_text("half a li"), "cut off"),
        (shutil.rmtree, "is not a folder"),
    ],
)
def test_an_unusable_folder_is_told_and_nothing_is_written(graded, tmp_path, spoil, message):
    folder = tmp_path / "copy"
    folder.mkdir()
    for name in ("gradebook.db", "results.jsonl", "seed.txt"):
        shutil.copy(graded / name, folder)
    spoil(folder)
    from autograder.grading.gradebook import NoGradebook

    with pytest.raises((CannotExport, NoGradebook), match=message):
        export.export(folder, "canvas", tmp_path / "a.csv", CHAPTERS)
    assert not (tmp_path / "a.csv").exists()


@pytest.mark.parametrize(
    "form, lines, message",
    [
        ("canvas", [["Name", "Score"], ["ada", "1"]], "has no column 'Student'"),
        ("moodle", [["Name", "Score"], ["ada", "1"]], "has no column 'Email address'"),
        ("blackboard", [["Name", "Score"], ["ada", "1"]], "has no column 'Username'"),
        ("edx", [["user_id", "username"], ["1", "ada"]], "has no column 'course_id'"),
        ("csv", [["Name"], ["ada"]], "has no column 'student'"),
        ("csv", [["student"], ["nobody"]], "line 2: there is no student 'nobody'"),
        ("moodle", [["student", "Email address"], ["nobody", "n@x.org"]], "line 2: there is no student 'nobody'"),
        ("moodle", [["Username", "ID number"], ["ada", "1"], ["x", "ADA"]], "lines 2 and 3 are both 'ada'"),
        ("canvas", [["Student", "ID", "Section", "Perceptrons (1)"], [" Points Possible", "", "", "99"]], "99 points"),
        ("canvas", [], "is empty"),
    ],
)
def test_a_roster_of_another_kind_is_told_and_nothing_is_written(graded, tmp_path, form, lines, message):
    with pytest.raises(CannotExport, match=message):
        export.export(graded, form, tmp_path / "a.csv", CHAPTERS, a_roster(tmp_path, lines))
    assert not (tmp_path / "a.csv").exists()


@pytest.mark.parametrize(
    "options, message",
    [
        (("--format", "webct", "--to", "a.csv"), "there is no format 'webct'"),
        (("--format", "csv", "--to", "there.csv"), "there.csv exists"),
        (("--format", "csv", "--to", "a.csv", "--chapter", "cooking"), "no chapter 'cooking'"),
        (("--format", "csv", "--to", "a.csv", "--roster", "nowhere.csv"), "nowhere.csv cannot be read"),
        (("--format", "gradescope", "--to", "there.csv"), "is a file"),
        (("--format", "csv", "--to", "a.csv", "--db", "postgresql+psycopg://u:secret@127.0.0.1:1/x"), "cannot be read"),
    ],
)
def test_unusable_options_get_one_line_and_exit_with_2(graded, tmp_path, options, message, capsys, monkeypatch):
    (tmp_path / "there.csv").write_text("mine", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    said = command(capsys, "export", graded, *options, code=2)
    assert message in said and "secret" not in said and len(said.strip().splitlines()) == 1
    assert (tmp_path / "there.csv").read_text(encoding="utf-8") == "mine" and not (tmp_path / "a.csv").exists()


def test_force_replaces_an_earlier_file(graded, tmp_path):
    export.export(graded, "csv", tmp_path / "a.csv", [CHAPTER])
    before = (tmp_path / "a.csv").read_bytes()
    export.export(graded, "csv", tmp_path / "a.csv", CHAPTERS, force=True)
    assert len((tmp_path / "a.csv").read_bytes()) > len(before)


def test_force_does_not_replace_a_folder_that_is_no_earlier_export(graded, tmp_path):
    (tmp_path / CHAPTER).mkdir()
    (tmp_path / CHAPTER / "mine.txt").touch()
    with pytest.raises(CannotExport, match="not an earlier export"):
        export.export(graded, "github-classroom", tmp_path, [CHAPTER], force=True)
    assert (tmp_path / CHAPTER / "mine.txt").exists()


def test_a_folder_that_was_not_graded_has_no_hidden_cases_to_export(tmp_path):
    (tmp_path / "in").mkdir()
    with pytest.raises(CannotExport, match="not a graded folder"):
        export.export(tmp_path / "in", "gradescope", tmp_path / "zips", [CHAPTER])
    (tmp_path / "in" / "results.jsonl").touch()
    with pytest.raises(CannotExport, match="has no seed.txt"):
        export.export(tmp_path / "in", "gradescope", tmp_path / "zips", [CHAPTER])
    assert not (tmp_path / "zips").exists()
