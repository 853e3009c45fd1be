"""A class of thirty in the downloads of eight systems, named as their own sources name files; and forged names.

Each layout is written from what the system's exporter does; the functions are named in ``autograder/grading/lms.py``.
"""

import io
import json
import re
import unicodedata
import zipfile
from dataclasses import dataclass

import pytest
import yaml

from autograder.exercises import CHAPTERS
from autograder.grading.attempts import keep_attempts
from autograder.grading.files import list_files
from autograder.grading.lms import recognize
from autograder.grading.submissions import SubmissionsError, collect, find_submissions

CHAPTER = "perceptrons"


def notebook(mark, chapter=CHAPTER):
    cell = {"cell_type": "code", "source": f"mark = {mark!r}", "metadata": {}, "outputs": [], "execution_count": None}
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {"dlbook": {"chapter": chapter}}, "cells": [cell]}
    )


def packed(**members):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


@dataclass
class Person:
    """Somebody in the class, and the files that they hand in, in one attempt after another."""

    first: str
    last: str
    number: int
    attempts: list
    late: bool = False
    graded: bool = True

    @property
    def login(self):
        return f"user{self.number}"

    @property
    def mark(self):
        return f"{self.number} right"


NAMES = [
    ("Ada", "Lovelace"),
    ("Ada", "Lovelace"),  # a namesake
    ("지우", "김"),
    ("하나", "김"),
    ("सीता", "शर्मा"),  # with combining marks
    ("प्रिया", "हिंदी"),
    (unicodedata.normalize("NFD", "Zoë"), unicodedata.normalize("NFD", "Müller")),
    ("Søren", "Kierkegård"),
    ("Grace", "O'Neil-Hopper"),
    ("María José", "García López"),
    ("小明", "王"),
    ("محمد", "الخوارزمی"),
    ("می\u200cنا", "نوری"),
    ("Jean_Luc", "under_score"),
    ("X Æ", "12"),
]
NAMES += [(f"First{n}", f"Last{n}") for n in range(30 - len(NAMES))]


def the_class():
    """Thirty people; most hand in one notebook, some hand in something else, late, or twice."""
    people = []
    for index, (first, last) in enumerate(NAMES):
        person = Person(first, last, 1000 + 7 * index, [])
        person.attempts = [{f"{CHAPTER}.ipynb": notebook(person.mark)}]
        people.append(person)
    own, old = (lambda p: notebook(p.mark)), notebook("an older one")
    people[3].late = True
    people[4].attempts.insert(0, {f"{CHAPTER}.ipynb": old})
    people[5].attempts = [{f"{CHAPTER}.ipynb": own(people[5]), "scratch.ipynb": old, f"{CHAPTER} (1).ipynb": old}]
    people[6].attempts = [{f"{CHAPTER} (2).ipynb": own(people[6]), "notes.ipynb": old}]
    people[7].attempts = [{"my work.zip": packed(**{f"{CHAPTER}/{CHAPTER}.ipynb": own(people[7])})}]
    people[8].attempts = [{"final (3).ipynb": own(people[8]), "report.pdf": "%PDF"}]
    people[9].attempts = [{"과제 1.ipynb": own(people[9])}]
    for index, files in ((15, {"essay.pdf": "%PDF"}), (16, {"answer.py": "pass"}), (17, {"broken.zip": "PK"})):
        people[index].attempts, people[index].graded = [files], False
    people[18].attempts, people[18].graded = [{f"{CHAPTER}.ipynb.docx": "text"}], False
    return people


# --------------------------------------------------------------------------------------------- the eight systems
def canvas(people):
    """``get_filename`` and ``add_upload_submission`` of Canvas; a download has the files of the last attempt."""
    files, attachment = {}, 60_000
    for person in people:
        name = f"{person.last}, {person.first}"
        name = re.sub(r"^([0-9]+)$", r"\1", re.sub(r"_([0-9]+)_", r"\1", name)).lower()
        start = "_".join(filter(None, [name, "LATE" if person.late else None, str(person.number)]))
        start = "".join(
            c for c in start if unicodedata.category(c)[0] in "LM" or unicodedata.category(c) in ("Nd", "Pc")
        )
        for file, content in person.attempts[-1].items():
            attachment += 11
            files[f"{start}_{attachment}_" + re.sub(r'[\x00/\\:*?"<>|]+', "_", file)] = content
    files["textentry_5_text.html"] = "<p>online text"
    files["anlink_LATE_6_link.html"] = "<a>"
    return files


def moodle_prefix(person):
    """``get_student_prefix`` of Moodle, with what ``clean_filename`` leaves."""
    name = f"{person.first} {person.last}".replace("_", " ")
    return re.sub(r"[\x00-\x1f&<>\"`|':\\/]", "", f"{name}_{person.number}")


def moodle(people):
    files = {}
    for person in people:
        for name, content in person.attempts[-1].items():
            files[f"{moodle_prefix(person)}_assignsubmission_file_/{name}"] = content
        files[f"{moodle_prefix(person)}_assignsubmission_onlinetext_/onlinetext.html"] = "<p>"
    return files


def moodle_flat(people):
    files = {}
    for person in people:
        for name, content in person.attempts[-1].items():
            name = name.replace("'", "")
            files[f"{moodle_prefix(person)}_assignsubmission_file_{name}"] = content
    return files


def blackboard(people):
    files = {}
    for person in people:
        for day, attempt in enumerate(person.attempts, 10):
            start = f"Week_3_Perceptrons_{person.login}_attempt_2026-01-{day}-10-15-00"
            receipt = f"Name: {person.first} {person.last} ({person.login})\nAssignment: Week_3\n\nName: Forged (x)\n"
            files[f"{start}.txt"] = receipt
            for name, content in attempt.items():
                files[f"{start}_{name}"] = content
    return files


def sakai(people):
    """``zipSubmissions`` of Sakai."""
    files = {"Week 3/grades.csv": "Week 3,Points\n"}
    for person in people:
        folder = f"Week 3/{person.last}, {person.first}({person.login})"
        files[f"{folder}/timestamp.txt"] = "2026-01-31T10:15:00Z"
        files[f"{folder}/comments.txt"] = ""
        for name, content in person.attempts[-1].items():
            files[f"{folder}/Submission attachment(s)/{name}"] = content
        files[f"{folder}/Feedback Attachment(s)/model.ipynb"] = notebook("a model answer")
    return files


def brightspace(people):
    files = {"index.html": "<html>"}
    for person in people:
        for hour, attempt in enumerate(person.attempts, 1):
            folder = f"{person.number}-2557369 - {person.first} {person.last} - Sep 24, 2026 {hour}26 PM"
            for name, content in attempt.items():
                files[f"{folder}/{name}"] = content
    return files


def brightspace_flat(people):
    return {name.replace(" PM/", " PM - "): content for name, content in brightspace(people).items()}


def google(people):
    """Classroom's copies of one notebook, in the folder that Drive packs; all have the title of the assignment."""
    files = {}
    for person in people:
        for name, content in person.attempts[-1].items():
            if name.endswith(".ipynb"):
                files.setdefault(f"Homework 1/{person.first} {person.last} - Homework 1.ipynb", content)
            else:
                files[f"Homework 1/{name}"] = content
    return files


def github(people):
    """``student-repos`` of gh-classroom."""
    files = {}
    for person in people:
        home = f"week-3-submissions/week-3-{person.login}"
        files[f"{home}/.git/HEAD"] = "ref"
        files[f"{home}/README.md"] = "#"
        for name, content in person.attempts[-1].items():
            files[f"{home}/{name}"] = content
    return files


def gradescope(people):
    records, files = {}, {}
    for index, person in enumerate(people):
        owner = {
            ":name": f"{person.first} {person.last}",
            ":sid": str(person.number),
            ":email": f"{person.login}@x.org",
        }
        records[f"submission_{index}"] = {":submitters": [owner], ":created_at": f"2026-01-31T10:{index:02}:00-07:00"}
        for name, content in person.attempts[-1].items():
            files[f"assignment_7_export/submission_{index}/{name}"] = content
    text = yaml.safe_dump(records, allow_unicode=True)
    files["assignment_7_export/submission_metadata.yml"] = text.replace(
        "submission_0:", "submission_0: !ruby/hash:Hash"
    )
    return files


SYSTEMS = {
    "Canvas": canvas,
    "Moodle": moodle,
    "Moodle, flat": moodle_flat,
    "Blackboard": blackboard,
    "Sakai": sakai,
    "Brightspace": brightspace,
    "Brightspace, flat": brightspace_flat,
    "GitHub Classroom": github,
    "Gradescope": gradescope,
}


def as_zip(to, files, name="download.zip"):
    with zipfile.ZipFile(to / name, "w") as archive:
        for minute, (member, content) in enumerate(files.items()):
            archive.writestr(zipfile.ZipInfo(member, (2026, 2, 1, minute // 60 % 24, minute % 60, 0)), content)
    return to / name


def as_folder(to, files):
    with zipfile.ZipFile(as_zip(to, files)) as archive:
        archive.extractall(to / "download")
    return to / "download"


def mark_of(submission):
    return json.loads(submission.file.read())["cells"][0]["source"].partition("'")[2].rstrip("'")


both = pytest.mark.parametrize("lay", [as_zip, as_folder], ids=["zip", "folder"])


@both
@pytest.mark.parametrize("system", SYSTEMS)
def test_thirty_of_thirty_get_a_line_and_the_right_notebook_is_graded(system, lay, tmp_path):
    people = the_class()
    found = find_submissions(lay(tmp_path, SYSTEMS[system](people)), CHAPTERS)
    graded = {mark_of(s): s for s in found if not s.problem}
    assert set(graded) == {person.mark for person in people if person.graded}
    problems = [s for s in found if s.problem]
    extra = 2 if system == "Canvas" else 0  # a text and a link
    assert len(problems) == sum(not person.graded for person in people) + extra
    assert len({s.student for s in found}) == 30 + extra
    if system == "Canvas":
        assert [s.handed.late for s in found if not s.problem].count(True) == 1
    if system in ("Blackboard", "Sakai", "Gradescope", "GitHub Classroom"):
        users = {person.login + ("@x.org" if system == "Gradescope" else "") for person in people}
        assert {s.student for s in found} == users == {s.handed.user for s in found}


@both
def test_google_classroom_s_copies_are_their_students_and_namesakes_are_told(lay, tmp_path):
    people = the_class()
    files = google(people)
    files["Homework 1/Ada Lovelace - Homework 1(1).ipynb"] = notebook(people[1].mark)
    found = find_submissions(lay(tmp_path, files), CHAPTERS)
    graded = {mark_of(s) for s in found if not s.problem}
    assert graded == {p.mark for p in people if p.graded and p.number > 1007 and p is not people[7]}
    namesakes = [s for s in found if s.problem and "students can rename them" in s.problem]
    assert len(namesakes) == 2


@pytest.mark.parametrize("system", ["Canvas", "Moodle", "Moodle, flat"])
def test_a_later_download_brings_the_later_attempt_in_whatever_form(system, tmp_path):
    """One download unpacked and the other a zip file; either may come first, and the later attempt is graded."""
    people = the_class()[4:5] + the_class()[20:25]
    ada = people[0]
    first, last = dict(SYSTEMS[system]([Person(ada.first, ada.last, ada.number, [a]) for a in ada.attempts[:1]])), {}
    for name, content in SYSTEMS[system](people).items():
        last[name.replace("60011", "60500")] = content
    earlier = tmp_path / "earlier.zip"
    with zipfile.ZipFile(earlier, "w") as archive:
        for name, content in first.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 30, 10, 0, 0)), content)
    later = as_folder(tmp_path, last)  # unpacked now, which is after that
    for order in ((earlier, later), (later, earlier)):
        out = tmp_path / f"out {order[0].name}"
        for source in order:
            for submission in find_submissions(source, CHAPTERS):
                graded = keep_attempts(out, submission)
                if graded.handed and str(ada.number) in graded.student:
                    mark = mark_of(graded)
        assert mark == ada.mark


def test_repositories_of_two_assignments_are_one_student_s(tmp_path):
    files = {
        f"{chapter}-{user}/{chapter}.ipynb": notebook(user, chapter)
        for chapter in (CHAPTER, "second_order".replace("_", "-"))
        for user in ("ada", "grace-hopper")
    }
    found = find_submissions(as_zip(tmp_path, files), CHAPTERS)
    chapters = (CHAPTER, "second_order")
    assert {(s.student, s.chapter) for s in found} == {(u, c) for u in ("ada", "grace-hopper") for c in chapters}


def test_a_group_s_submission_is_each_member_s(tmp_path):
    owners = [
        {":name": "Ada", ":sid": "1", ":email": "ada@x.org"},
        {":name": "Bob", ":sid": "2", ":email": "bob@x.org"},
    ]
    text = yaml.safe_dump({"submission_1": {":submitters": owners}})
    files = {"e/submission_metadata.yml": text, f"e/submission_1/{CHAPTER}.ipynb": notebook("ours")}
    found = find_submissions(as_zip(tmp_path, files), CHAPTERS)
    assert [(s.student, mark_of(s)) for s in found] == [("ada@x.org", "ours"), ("bob@x.org", "ours")]
    files = {
        f"T/{names}/Submission attachment(s)/{CHAPTER}.ipynb": notebook(names)
        for names in ("Lovelace, Ada(ada); Boole, George(boole)", "Curie, Marie(mc)")
    }
    assert [s.student for s in find_submissions(as_zip(tmp_path, files), CHAPTERS)] == ["ada", "boole", "mc"]


def test_a_student_whose_folder_is_empty_has_a_line(tmp_path):
    files = {
        "T/A, A(a)/Submission attachment(s)/perceptrons.ipynb": notebook("a"),
        "T/B, B(b)/Submission attachment(s)/": "",
    }
    files["T/C, C(c)/Submission attachment(s)/perceptrons.ipynb"] = notebook("c")
    found = {s.student: s for s in find_submissions(as_zip(tmp_path, files), CHAPTERS)}
    assert set(found) == {"a", "b", "c"} and found["b"].file is None and found["b"].chapter == CHAPTER


# ------------------------------------------------------------------------------------------------ odd and forged
@pytest.mark.parametrize("system", ["Canvas", "Moodle", "Blackboard", "Sakai", "Brightspace", "Gradescope"])
def test_one_odd_name_gets_its_line_and_undoes_nobody_else(system, tmp_path):
    people = the_class()
    files = SYSTEMS[system](people)
    root = {"Sakai": "Week 3/", "Gradescope": "assignment_7_export/"}.get(system, "")
    files[f"{root}mailed by hand.ipynb"] = notebook("odd")
    files[f"{root}notes for myself.txt"] = "call Ada"
    found = collect(as_zip(tmp_path, files), CHAPTERS)
    assert {mark_of(s) for s in found.submissions if not s.problem} == {p.mark for p in people if p.graded}
    [odd] = [s for s in found.submissions if s.student == "mailed by hand"]
    assert "does not fit a download of" in odd.problem
    assert [line for line in found.unused if line[1].endswith("notes for myself.txt")]


def test_downloads_of_two_systems_in_one_are_refused_in_one_line(tmp_path):
    people = the_class()
    mixed = {f"a/{n}": c for n, c in canvas(people).items()} | {f"b/{n}": c for n, c in moodle(people).items()}
    with pytest.raises(SubmissionsError, match="Canvas and of Moodle"):
        find_submissions(as_zip(tmp_path, mixed), CHAPTERS)
    with pytest.raises(SubmissionsError, match="one folder holds downloads of"):
        find_submissions(as_zip(tmp_path, moodle_flat(people) | canvas(people)), CHAPTERS)


FORGED = (
    "lovelaceada_1000_99999999_perceptrons.ipynb",
    "x_user1000_attempt_2030-01-31-10-15-00_perceptrons.ipynb",
    "Week_3_Perceptrons_user1000_attempt_2030-01-31-10-15-00_perceptrons.ipynb",
    "Ada Lovelace_1000_assignsubmission_file_perceptrons.ipynb",
    "Ada Lovelace_1000_assignsubmission_file_/perceptrons.ipynb",
    "Lovelace, Ada(user1000)/Submission attachment(s)/perceptrons.ipynb",
    "1000-2557369 - Ada Lovelace - Sep 24, 2030 1026 PM/perceptrons.ipynb",
    "1000-2557369 - Ada Lovelace - Sep 24, 2030 1026 PM - perceptrons.ipynb",
    "week-3-submissions/week-3-user1000/perceptrons.ipynb",
    "perceptrons-user1000/perceptrons.ipynb",
    "user1000/perceptrons/perceptrons.ipynb",
    "Ada Lovelace - Homework 1.ipynb",
)


@pytest.mark.parametrize("forged", FORGED)
@pytest.mark.parametrize("system", SYSTEMS)
def test_nothing_that_a_student_names_takes_another_s_place(system, forged, tmp_path):
    people = the_class()[:3] + the_class()[20:25]
    ada, mallory = people[0], people[-1]
    if "/" in forged and ("flat" in system or system in ("Canvas", "Blackboard")):
        mallory.attempts = [{"all.zip": packed(**{forged: notebook("forged")})}]
    else:
        mallory.attempts = [{forged: notebook("forged")}]
    found = find_submissions(as_zip(tmp_path, SYSTEMS[system](people)), CHAPTERS)
    assert {mark_of(s) for s in found if not s.problem} == {p.mark for p in people[:-1]} | {"forged"}
    found = [s for s in found if not s.problem]
    owner = next(s.student for s in found if mark_of(s) == "forged")
    others = {s.student for s in found if mark_of(s) != "forged"}
    assert owner not in others and len(others) == len(people) - 1
    assert str(mallory.number) in owner
    [submission] = [s for s in found if mark_of(s) == ada.mark]
    assert "2030" not in str(submission.handed) and not submission.note


@pytest.mark.parametrize("forged", FORGED)
@pytest.mark.parametrize("layout", ["{}/perceptrons/", "{}/", "class/{}/perceptrons/"])
def test_in_the_usual_layout_nothing_is_a_system_s(layout, forged, tmp_path):
    files = {
        layout.format(name) + f"{CHAPTER}.ipynb": notebook(name) for name in ("user1000", "Ada Lovelace_1000", "bob")
    }
    files[layout.format("mallory") + forged] = notebook("mallory")
    found = find_submissions(as_zip(tmp_path, files), CHAPTERS)
    whose = {mark_of(s): s.student for s in found}
    assert whose == {name: name for name in ("user1000", "Ada Lovelace_1000", "bob", "mallory")}


def test_a_class_whose_folders_all_hold_a_system_s_names_is_still_the_class(tmp_path):
    forged = "{}/perceptrons/Ada Lovelace_{}_assignsubmission_file_/x.ipynb"
    files = {forged.format(name, n): notebook(f"{name} {n}") for name in "ab" for n in (1, 2)}
    assert {s.student for s in find_submissions(as_zip(tmp_path, files), CHAPTERS)} == {"a", "b"}


@pytest.mark.parametrize("name", ["Ada_5", "Ada"])
def test_a_file_named_as_moodle_would_name_it_stays_its_owner_s_in_flat_downloads(name, tmp_path):
    people = the_class()[20:23]
    people[0].attempts = [{f"{name}_7_assignsubmission_file_perceptrons.ipynb": notebook(people[0].mark)}]
    for person in people:
        person.first, person.last = f"x{person.number}", "y"
    found = find_submissions(as_zip(tmp_path, moodle_flat(people)), CHAPTERS)
    assert {s.student for s in found} == {f"x{p.number} y_{p.number}" for p in people}


def test_a_name_in_canvas_that_ends_with_a_classmate_s_number_does_not_take_her_place(tmp_path):
    files = {
        "lovelaceada_1000_60011_perceptrons.ipynb": notebook("ada"),
        "lovelaceada_1000_1007_60022_perceptrons.ipynb": notebook("mallory, who calls herself lovelaceada_1000"),
        "boole_1014_60033_2_perceptrons.ipynb": notebook("boole, whose file begins with a number"),
    }
    found = {mark_of(s): s for s in find_submissions(as_zip(tmp_path, files), CHAPTERS)}
    assert found["ada"].student == "lovelaceada_1000" and not found["ada"].problem and not found["ada"].note
    assert "can be lovelaceada_1000's" in found["mallory, who calls herself lovelaceada_1000"].problem
    assert found["boole, whose file begins with a number"].student == "boole_1014"


def test_a_receipt_that_a_student_hands_in_names_nobody(tmp_path):
    files = blackboard(the_class()[:3] + the_class()[20:25])
    start = "Week_3_Perceptrons_user1000_attempt_2026-01-10-10-15-00"
    files["Week_3_Perceptrons_user1007_attempt_2026-01-10-10-15-00_" + start + ".txt"] = "Name: Mallory (user1007)\n"
    found = {s.student: mark_of(s) for s in find_submissions(as_zip(tmp_path, files), CHAPTERS)}
    assert found["user1000"] == "1000 right" and found["user1007"] == "1007 right"


def test_a_student_alone_in_a_folder_cannot_be_a_download(tmp_path):
    files = {"mallory/Ada Lovelace_1000_assignsubmission_file_/perceptrons.ipynb": notebook("forged")}
    with pytest.raises(SubmissionsError, match="not clear whether mallory is a download of Moodle"):
        find_submissions(as_zip(tmp_path, files), CHAPTERS)
    files["mallory/Bob_7_assignsubmission_file_/perceptrons.ipynb"] = notebook("forged too")
    found = find_submissions(as_zip(tmp_path, files), CHAPTERS, known={"mallory"})
    assert {s.student for s in found}.isdisjoint({"Ada Lovelace_1000", "Bob_7"})


def test_a_download_in_a_folder_of_its_own_is_read(tmp_path):
    people = the_class()
    files = {f"downloads/week 3/{name}": content for name, content in moodle(people).items()}
    found = find_submissions(as_zip(tmp_path, files), CHAPTERS)
    assert {mark_of(s) for s in found if not s.problem} == {p.mark for p in people if p.graded}
    inner = as_zip(tmp_path, canvas(people), "canvas.zip").read_bytes()
    found = find_submissions(as_zip(tmp_path, {"Week 3.zip": inner}, "outer.zip"), CHAPTERS)
    assert {mark_of(s) for s in found if not s.problem} >= {p.mark for p in people if p.graded and p is not people[7]}


def test_what_a_system_s_file_says_is_read_as_plain_text(tmp_path):
    evil = "submission_1: !!python/object/apply:os.system ['touch /tmp/evil']\n"
    files = {"e/submission_metadata.yml": evil, f"e/submission_1/{CHAPTER}.ipynb": notebook("x")}
    source = as_zip(tmp_path, files)
    assert recognize(*list_files(source), CHAPTERS).systems == set()
    assert [s.student for s in find_submissions(source, CHAPTERS)] == ["submission_1"]
