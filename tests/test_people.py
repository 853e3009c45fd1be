"""Who is who: one person under the names of several assignments, groups, extra time, those who are absent."""

import csv
import json
import sqlite3
import zipfile

import nbformat
import pytest

from autograder.exercises import CHAPTERS, exercises
from autograder.grading.forget import forget_student
from autograder.grading.people import BadRoster, People, Person, people_of, read_roster
from autograder.grading.results import read_records
from autograder.grading.submissions import collect
from autograder.sample_class import fill, styled_answers

CHAPTER, OTHER = "perceptrons", "initialization"
FULL = float(sum(exercise.points for exercise in exercises(CHAPTER)))
MOODLE = "{}_{}_assignsubmission_file_/{}.ipynb"
ROSTER = [
    ["Full name", "Username", "Email address", "ID number", "Group", "extension", "extension initialization", "due"],
    ["Ada Lovelace", "ada", "ada@x.org", "7001", "Red", "2 days", "36h", ""],
    ["George Boole", "boole", "gb@x.org", "7002", "Red", "", "", "2026-02-03 12:00+00:00"],
    ["शर्मा सीता", "sita", "sita@x.org", "7003", "", "", "", ""],
    ["शर्मा सता", "sata", "sata@x.org", "7004", "", "", "", ""],
    ["Maria Müller", "mm1", "m1@x.org", "7005", "", "", "", ""],
    ["Maria Müller", "mm2", "m2@x.org", "7006", "", "", "", ""],
]


def a_table(to, lines, name="roster.csv"):
    with open(to / name, "w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows(lines)
    return to / name


def a_zip(to, files, name="in.zip"):
    with zipfile.ZipFile(to / name, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return to / name


def notebook(chapter=CHAPTER):
    return json.dumps({"nbformat": 4, "metadata": {"dlbook": {"chapter": chapter}}, "cells": []})


@pytest.fixture
def people(tmp_path):
    return read_roster(a_table(tmp_path, ROSTER))


def test_a_person_is_known_by_each_of_their_ids_and_by_a_name_that_nobody_else_has(people):
    for name in ("ada", "ADA", "ada@x.org", "7001", "Ada Lovelace", "Lovelace, Ada", "Ada Lovelace_55"):
        assert people.owners(name) == ["ada"], name
    assert people.owners("शर्मा सीता") == ["sita"] and people.owners("शर्मा सता") == ["sata"]
    assert people.owners("Maria Müller") == people.owners("Nobody") == people.owners("") == []


def test_a_person_whom_moodle_numbers_anew_for_each_assignment_is_one(tmp_path, people):
    first = {MOODLE.format(n, i, CHAPTER): notebook() for i, n in ((1, "Ada Lovelace"), (2, "George Boole"))}
    second = {MOODLE.format(n, i, OTHER): notebook(OTHER) for i, n in ((91, "Ada Lovelace"), (92, "George Boole"))}
    found = [collect(a_zip(tmp_path, files), CHAPTERS, people=people) for files in (first, second)]
    handed_in = {(s.student, s.chapter) for f in found for s in f.submissions if s.file}
    assert handed_in == {(student, chapter) for student in ("ada", "boole") for chapter in (CHAPTER, OTHER)}
    assert people.identities("Ada Lovelace_91") == ["ada", "Ada Lovelace_1", "Ada Lovelace_91"]


def test_who_handed_in_nothing_has_a_line_and_who_is_a_stranger_is_told_and_graded(tmp_path, people):
    found = collect(
        a_zip(tmp_path, {f"{n}/{CHAPTER}/x.ipynb": notebook() for n in ("ada", "eve")}), CHAPTERS, people=people
    )
    assert {s.student for s in found.submissions if s.file is None} == {"boole", "sita", "sata", "mm1", "mm2"}
    assert found.strangers == ("eve",) and {s.student for s in found.submissions if s.file} == {"ada", "eve"}


def test_a_group_s_submission_is_its_members_and_the_group_is_nobody(tmp_path, people):
    found = collect(a_zip(tmp_path, {MOODLE.format("Red", 12, CHAPTER): notebook()}), CHAPTERS, people=people)
    handed_in = {s.student: s for s in found.submissions if s.file}
    assert set(handed_in) == {"ada", "boole"} and found.strangers == ()
    assert all(s.handed.user is None and "by the group Red_12" in s.note for s in handed_in.values())


def test_two_submissions_of_one_person_are_one_with_a_note(tmp_path, people):
    files = {f"{name}/{CHAPTER}/x.ipynb": notebook() for name in ("ada", "7001", "boole")}
    found = {s.student: s for s in collect(a_zip(tmp_path, files), CHAPTERS, people=people).submissions}
    assert "2 submissions are this person's" in found["ada"].note and found["boole"].note is None


def test_what_was_known_stays_known_without_the_roster_and_with_a_new_one(tmp_path, people):
    collect(a_zip(tmp_path, {MOODLE.format("Ada Lovelace", 1, CHAPTER): notebook()}), CHAPTERS, people=people)
    people.save(tmp_path)
    assert people_of(tmp_path).owners("Ada Lovelace_1") == ["ada"]
    renamed = a_table(tmp_path, [["login", "email"], ["ada.king", "ada@x.org"], ["boole", "gb@x.org"]], "new.csv")
    later = people_of(tmp_path, renamed)
    assert later.owners("Ada Lovelace_1") == later.owners("ada") == ["ada.king"]
    assert set(later.identities("ada.king")) == {"ada.king", "ada", "Ada Lovelace_1"}


def test_extra_time_is_a_person_s_own(people):
    from datetime import datetime

    due = datetime(2026, 2, 1, 12)
    assert people.extension("ada", CHAPTER, due) == 2 * 86_400 and people.extension("ada", OTHER, due) == 36 * 3600
    assert people.extension("boole", CHAPTER, due) == 2 * 86_400
    assert people.extension("sita", CHAPTER, due) is None and people.extension("nobody", CHAPTER, due) is None


@pytest.mark.parametrize(
    "lines, message",
    [
        ([["score"], ["1"]], "no column that says who somebody is"),
        ([["login"], ["ada"], ["bob"], ["ada"]], "lines 2 and 4 are both 'ada'"),
        ([["login", "extension"], ["ada", "soon"]], "line 2: extension is 'soon'"),
        ([["login", "due"], ["ada", ""], ["bob", "tomorrow"]], "line 3: due is 'tomorrow'"),
        ([], "is empty"),
    ],
)
def test_a_roster_that_cannot_be_used_is_told_with_its_line(tmp_path, lines, message):
    with pytest.raises(BadRoster, match=message):
        read_roster(a_table(tmp_path, lines))


@pytest.mark.sandbox
def test_a_class_graded_by_its_roster_is_forgotten_person_by_person(tmp_path, run_dlbook):
    right = {chapter: nbformat.writes(fill(chapter, styled_answers(chapter, 0))) for chapter in (CHAPTER, OTHER)}
    out, roster = tmp_path / "out", a_table(tmp_path, ROSTER[:3])
    first = a_zip(tmp_path, {MOODLE.format("Ada Lovelace", 1, CHAPTER): right[CHAPTER]}, "first.zip")
    second = a_zip(tmp_path, {MOODLE.format("Ada Lovelace", 91, OTHER): right[OTHER]}, "second.zip")
    done = run_dlbook("grade", first, "--to", out, "--workers", 1)  # before there was a roster
    assert done.returncode == 0, done.stderr
    for source, options in ((first, ("--roster", roster)), (second, ())):
        done = run_dlbook("grade", source, "--to", out, "--workers", 1, *options)
        assert done.returncode == 0, done.stderr
        assert "Ada Lovelace_1 is ada by the roster" in done.stdout
    records = {(r["student"], r["chapter"]): (r["status"], r["score"]) for r in read_records(out / "results.jsonl")}
    assert records["ada", CHAPTER] == records["Ada Lovelace_1", CHAPTER] == ("graded", FULL)
    assert (
        records["ada", OTHER][0] == "graded" and records["boole", CHAPTER][0] == records["boole", OTHER][0] == "missing"
    )
    with sqlite3.connect(out / "gradebook.db") as connection:
        times = dict(
            connection.execute("select student_id, extension from submitted_assignment where extension not null")
        )
    assert "ada" in times
    removed, left = forget_student("Ada Lovelace_1", out)
    assert {r["student"] for r in read_records(out / "results.jsonl")} == {"boole"} and left == []
    assert not [path for path in out.rglob("*") if "ada" in path.name.lower()]
    assert "ada" not in json.dumps(json.loads((out / "people.json").read_text(encoding="utf-8"))).lower()


def test_people_without_an_ambiguity_are_people_with_names_of_their_own():
    twice = People([Person("a", ids=["1"]), Person("b", ids=["1"])])
    assert twice.owners("1") == [] and twice.owners("a") == ["a"]
