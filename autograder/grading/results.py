"""One record per submission, kept in ``results.jsonl``: a run that was cut off resumes where it stopped."""

import json
import os
import unicodedata
from pathlib import Path
from typing import NotRequired, TypedDict


class ExerciseRecord(TypedDict):
    """One exercise of a record."""

    points: float
    max_points: float
    passed: int
    cases: int
    misconceptions: list[str]
    error: str | None
    attempted: NotRequired[bool]
    explained: NotRequired[str | None]
    relation: NotRequired[str | None]
    fingerprints: NotRequired[str]


class Record(TypedDict):
    """One line of ``results.jsonl``; ``verdict`` is the digest of the stored verdict."""

    student: str
    chapter: str
    status: str
    score: float
    max_score: float
    seconds: float
    reason: str | None
    exercises: dict[str, ExerciseRecord]
    fingerprint: str | None
    verdict: NotRequired[str]
    sandbox: NotRequired[bool]
    note: NotRequired[str]
    late: NotRequired[bool]
    submitted: NotRequired[str | None]
    lms_user: NotRequired[str | None]


def record(submission, graded=None, max_points=None, status=None, reason=None, seconds=0.0, fingerprint=None):
    """The record of one submission as it stands in ``results.jsonl``.

    graded: its verdicts, or None for one that could not be run; then ``max_points`` gives each exercise's points.
    """
    exercises = {name: exercise_record(verdict) for name, verdict in graded.verdicts.items()} if graded else {}
    if not graded:
        empty = {
            "points": 0.0,
            "passed": 0,
            "cases": 0,
            "misconceptions": [],
            "error": None,
            "explained": None,
            "relation": None,
        }
        exercises = {name: {**empty, "max_points": points} for name, points in (max_points or {}).items()}
    item = {
        "student": submission.student,
        "chapter": submission.chapter,
        "status": status or (graded.status if graded else "unreadable"),
        "score": round(sum(item["points"] for item in exercises.values()), 4),
        "max_score": round(sum(item["max_points"] for item in exercises.values()), 4),
        "seconds": round(seconds, 3),
        "exercises": exercises,
        "fingerprint": fingerprint,
    }
    return as_handed_in(item, submission, trouble(graded, reason))


def trouble(graded, reason=None):
    """What went wrong with a submission, in words, or None."""
    faults = dict.fromkeys(text for _, text in graded.faults) if graded else ()
    return "; ".join(filter(None, [reason, *faults])) or None


def as_handed_in(item, submission, reason):
    """A record with what is known of how the submission was handed in, on which no score depends.

    reason: its `trouble`; the note on which of several files was graded is added to it.
    """
    item = {key: value for key, value in item.items() if key not in ("late", "submitted", "lms_user", "note")}
    handed, note = submission.handed, submission.note
    if handed:
        item |= {"late": handed.late, "submitted": handed.time, "lms_user": handed.user}
    if note:
        item["note"] = note
    return item | {"reason": "; ".join(filter(None, [reason, note])) or None}


def exercise_record(verdict):
    return {
        "points": verdict.points,
        "max_points": verdict.max_points,
        "passed": verdict.passed,
        "cases": verdict.cases,
        "attempted": verdict.attempted,
        "misconceptions": list(verdict.misconceptions),
        "error": verdict.error,
        "explained": verdict.explained,
        "relation": verdict.relation,
    }


class Results:
    """``results.jsonl`` of a grading folder.

    In memory are only each submission's fingerprint and the place of its latest record in the file, so that
    memory does not grow with what the records hold. Iterating reads the records, in order of student and chapter.
    """

    def __init__(self, folder):
        self.path = Path(folder) / "results.jsonl"
        self.index = {}  # (student, chapter): (fingerprint, offset)
        self.strangers = ()  # names in the last run that its roster did not have
        self.renamed = ()  # (name in these results, the person whose it is by the roster)
        if self.path.exists():
            for offset, item in _records(self.path):
                self.index[item["student"], item["chapter"]] = (item.get("fingerprint"), offset)
            self.compact()  # without the line that a run that was cut off may have left half written

    def __len__(self):
        return len(self.index)

    def __iter__(self):
        if not self.index:
            return
        with open(self.path, "rb") as file:
            for key in sorted(self.index):
                file.seek(self.index[key][1])
                yield json.loads(file.readline())

    def read(self, student, chapter):
        """The record of one submission."""
        with open(self.path, "rb") as file:
            file.seek(self.index[student, chapter][1])
            return json.loads(file.readline())

    def fingerprint(self, submission):
        """The fingerprint that a submission was last graded with, or None."""
        return self.index.get((submission.student, submission.chapter), (None, 0))[0]

    def append(self, item):
        """Add one record; it is on the disk when this returns."""
        line = _line(item)
        with open(self.path, "ab") as file:
            offset = file.tell()
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self.index[item["student"], item["chapter"]] = (item["fingerprint"], offset)

    def compact(self):
        """Rewrite the file: one line for each submission, in order, the latest record of each."""
        temporary = self.path.with_name(f".{self.path.name}.part")
        offset, index = 0, {}
        with open(temporary, "wb") as file:
            for item in self:
                line = _line(item)
                file.write(line)
                index[item["student"], item["chapter"]] = (item.get("fingerprint"), offset)
                offset += len(line)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self.path)
        self.index = index


def _line(item):
    """A record as a line; half a character, which JSON may hold and UTF-8 may not, stays escaped."""
    return (json.dumps(item, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def _records(path):
    """(offset, record) of each whole line of a file that holds a record."""
    offset = 0
    with open(path, "rb") as file:
        for line in file:
            try:
                item = json.loads(line) if line.endswith(b"\n") else None
            except ValueError:
                item = None
            if isinstance(item, dict) and {"student", "chapter", "status", "exercises"} <= item.keys():
                yield offset, item
            offset += len(line)


def read_records(path):
    """The records of a file, in its order; a last line that was cut off is left out."""
    return [item for _, item in _records(path)] if Path(path).exists() else []


def write_atomically(path, content, mode=0o666):
    """Write a file, of text or bytes, so that at any moment the old one or the new one is there, whole.

    mode: the file's permissions, less what the process's umask forbids.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name[:200]}.{os.getpid()}.part")
    data = content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(data)
    os.replace(temporary, path)


def guarded(value):
    """A value as a table's cell that no spreadsheet takes for a formula: some take a full-width ``＝`` for one too."""
    if isinstance(value, str) and unicodedata.normalize("NFKC", value[:1]) in ("=", "+", "-", "@", "\t", "\r", "\n"):
        return "'" + value
    return "" if value is None else value
