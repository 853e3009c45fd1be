"""A grading folder's results, read once, line by line, into what the report is made of."""

import json
from collections import Counter
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..exercises import CHAPTERS, exercises
from ..similarity.fingerprints import unpack
from ..similarity.pairs import ClassFingerprints

FAILED = ("unreadable", "missing")  # nothing of the submission could be run
IDLE, NO_MARKS, MARKS, UNKNOWN = range(4)  # what a student did in a chapter


class NoResults(UserError):
    """The folder cannot be reported on; the message says what it lacks and what to do."""


class Chapter:
    """The submissions of one chapter, one row each. ``run`` is true for those of which anything could be judged."""

    def __init__(self, name):
        self.name = name
        self.exercises = [exercise.name for exercise in exercises(name)] if name in CHAPTERS else []
        self.columns = {exercise: column for column, exercise in enumerate(self.exercises)}
        self.rows = {}  # student's index: row
        self.students, self.statuses, self.reasons, self.lists, self.misconceptions = [], [], [], [], Counter()
        self.packed = []

    def add(self, student, item):
        """Add a record, instead of an earlier one of the same student."""
        row = self.rows.setdefault(student, len(self.students))
        if row == len(self.students):
            for values in (self.students, self.statuses, self.reasons, self.lists, self.packed):
                values.append(None)
        else:
            self.misconceptions.subtract(self._named(self.packed[row]))
        count = len(self.exercises)
        points, most, tried = [0.0] * count, [0.0] * count, [False] * count
        kept = []  # (column, fingerprints or None, misconceptions)
        judged = item["status"] not in FAILED and any(found.get("cases", 1) for found in item["exercises"].values())
        for name, found in item["exercises"].items():
            column = self.columns.get(name)
            if column is None:
                continue
            points[column], most[column] = float(found["points"]), float(found["max_points"])
            tried[column] = bool(found.get("attempted", found["passed"] or found["error"] or found["points"]))
            if "fingerprints" in found or found["misconceptions"]:
                kept.append((column, found.get("fingerprints"), tuple(found["misconceptions"])))
        self.students[row], self.statuses[row], self.reasons[row] = student, item["status"], item.get("reason") or ""
        self.lists[row] = (points, most, tried, judged)
        self.packed[row] = kept
        self.misconceptions.update(self._named(kept))

    @staticmethod
    def _named(kept):
        return [(column, name) for column, _, names in kept for name in names]

    def finish(self):
        """Turn the rows into arrays: points, max_points, attempted (n, E), run (n,), fingerprints."""
        shape = (len(self.students), len(self.exercises))
        self.points = np.array([row[0] for row in self.lists]).reshape(shape)
        self.max_points = np.array([row[1] for row in self.lists]).reshape(shape)
        self.attempted = np.array([row[2] for row in self.lists], dtype=bool).reshape(shape)
        self.run = np.array([row[3] for row in self.lists], dtype=bool)
        self.lists.clear()
        self.fingerprints = self._fingerprints()
        self.packed.clear()

    def _fingerprints(self):
        parts, lengths, owners, columns = [], [], [], []
        answered = np.zeros(len(self.exercises), dtype=int)
        for student, kept in zip(self.students, self.packed):
            for column, packed, _ in kept:
                if packed is None:
                    continue
                data = unpack(packed)
                answered[column] += 1
                parts.append(data)
                lengths.append(len(data) // 4)
                owners.append(student)
                columns.append(column)
        number = np.frombuffer(b"".join(parts), dtype="<u4").astype(np.int64)
        owner = np.repeat(np.array(owners, dtype=np.int64), lengths)
        return ClassFingerprints(owner, np.repeat(np.array(columns, dtype=np.int64), lengths), number, answered)


class ClassResults:
    """All of a class: ``names`` of the students, and a `Chapter` for each that the results have, in course order."""

    def __init__(self, folder, progress=None):
        self.folder = Path(folder)
        self.names, self.has_verdicts, known, found = [], False, {}, {}
        for item in read_results(self.folder):
            student = known.setdefault(item["student"], len(known))
            if student == len(self.names):
                self.names.append(item["student"])
            chapter = found.setdefault(item["chapter"], None) or Chapter(item["chapter"])
            found[item["chapter"]] = chapter
            chapter.add(student, item)
            self.has_verdicts |= "verdict" in item  # the first edition stored none
        ours = [name for name in CHAPTERS if name in found]
        if not ours:
            raise NoResults(
                f"{self.folder / 'results.jsonl'} is of another course: it has {', '.join(sorted(found)[:3])}, "
                f"this course has {', '.join(CHAPTERS)}"
            )
        self.chapters = [found[name] for name in ours]
        self.strays = [found[name] for name in sorted(found.keys() - set(ours))]  # submissions of no known chapter
        for chapter in self.chapters + self.strays:
            chapter.finish()
            if progress:
                progress(chapter.name)

    def activity(self):
        """What each student did in each chapter: (students, chapters) of `IDLE`, `NO_MARKS`, `MARKS`, `UNKNOWN`."""
        table = np.full((len(self.names), len(self.chapters)), IDLE, dtype=np.int8)
        for column, chapter in enumerate(self.chapters):
            students, tried = np.array(chapter.students), chapter.attempted.any(axis=1)
            table[students[tried & (chapter.points.sum(axis=1) <= 0)], column] = NO_MARKS
            table[students[chapter.points.sum(axis=1) > 0], column] = MARKS
            unclear = np.array([status not in ("graded", "missing") for status in chapter.statuses], dtype=bool)
            rows = students[unclear]
            table[rows, column] = np.where(table[rows, column] == MARKS, MARKS, UNKNOWN)
        return table


def read_results(folder):
    """The records of a grading folder one by one; `NoResults` for a folder, or a line, that cannot be used."""
    path = Path(folder) / "results.jsonl"
    if not Path(folder).is_dir():
        raise NoResults(f"{folder} is not a folder: give the one that `dlbook grade … --to DIR` made")
    if not path.is_file():
        raise NoResults(f"{folder} is not a graded folder, it has no results.jsonl: run `dlbook grade … --to {folder}`")
    number = 0
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                item = json.loads(line) if line.endswith(b"\n") else None
                _check(item)
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                what = "is cut off" if not line.endswith(b"\n") else "is not a record of `dlbook grade`"
                raise NoResults(
                    f"{path}, line {number}, {what}: run `dlbook grade` again, it repairs the file"
                ) from None
            yield item
    if not number:
        raise NoResults(f"{path} is empty: nothing has been graded, run `dlbook grade … --to {folder}`")


def _check(item):
    """Raises one of the errors above where a record lacks what the report reads."""
    if not (isinstance(item["student"], str) and isinstance(item["chapter"], str) and isinstance(item["status"], str)):
        raise TypeError
    if not isinstance(item.get("reason"), (str, type(None))):
        raise TypeError
    for found in item["exercises"].values():
        if not all(isinstance(found[key], (int, float)) for key in ("points", "max_points", "passed")):
            raise TypeError
        if not isinstance(found["misconceptions"], list) or "error" not in found:
            raise TypeError


def check_whole(results):
    """Raises `NoResults` where files of students who were graded are not there: a folder copied in part."""
    graded = {
        results.names[chapter.students[row]] for chapter in results.chapters for row in np.flatnonzero(chapter.run)
    }
    expected = ("autograded", "feedback", "verdicts") if results.has_verdicts else ("autograded", "feedback")
    kinds = [kind for kind in expected if (results.folder / kind).is_dir()]
    for kind in kinds:
        there = {path.name for path in (results.folder / kind).iterdir()}
        lacking = sorted(graded - there)
        if lacking:
            raise NoResults(
                f"{results.folder / kind} lacks {len(lacking)} of {len(graded)} graded students (the first: "
                f"{lacking[0]}): the folder was copied in part, copy it again or run `dlbook grade` again"
            )
    if kinds and graded and len(kinds) < len(expected):
        absent = next(kind for kind in expected if kind not in kinds)
        raise NoResults(
            f"{results.folder} has {kinds[0]}/ and no {absent}/: the folder was copied in part, copy it again or run "
            "`dlbook grade` again"
        )
