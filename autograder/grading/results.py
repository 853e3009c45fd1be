"""One record a submission, kept in ``results.jsonl``: a run that was cut off goes on where it stopped."""

import json
import os
from pathlib import Path


def record(submission, graded=None, max_points=None, status=None, reason=None, seconds=0.0, fingerprint=None):
    """The record of one submission as it stands in ``results.jsonl``.

    graded: its verdicts, or None for one that could not be run; then ``max_points`` gives each exercise's points.
    """
    verdicts = graded.verdicts if graded else {}
    faults = [text for _, text in graded.faults] if graded else []
    exercises = {name: exercise_record(verdict) for name, verdict in verdicts.items()}
    if not graded:
        empty = {"points": 0.0, "passed": 0, "cases": 0, "misconceptions": [], "error": None}
        exercises = {name: {**empty, "max_points": points} for name, points in (max_points or {}).items()}
    return {
        "student": submission.student,
        "chapter": submission.chapter,
        "status": status or (graded.status if graded else "unreadable"),
        "score": round(sum(item["points"] for item in exercises.values()), 4),
        "max_score": round(sum(item["max_points"] for item in exercises.values()), 4),
        "seconds": round(seconds, 3),
        "reason": "; ".join(filter(None, [reason, submission.note, *dict.fromkeys(faults)])) or None,
        "exercises": exercises,
        "fingerprint": fingerprint,
    }


def exercise_record(verdict):
    return {
        "points": verdict.points,
        "max_points": verdict.max_points,
        "passed": verdict.passed,
        "cases": verdict.cases,
        "attempted": verdict.attempted,
        "misconceptions": list(verdict.misconceptions),
        "error": verdict.error,
    }


class Results:
    """``results.jsonl`` of a grading folder."""

    def __init__(self, folder):
        self.path = Path(folder) / "results.jsonl"
        self.records = {(item["student"], item["chapter"]): item for item in read_records(self.path)}

    def is_done(self, submission, fingerprint):
        """Whether this very submission was graded with this very course."""
        known = self.records.get((submission.student, submission.chapter))
        return known is not None and known.get("fingerprint") == fingerprint

    def append(self, item):
        """Add one record; it is on the disk when this returns."""
        self.records[item["student"], item["chapter"]] = item
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(item, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def compact(self):
        """One line for each submission, in order, the latest record of each."""
        items = [self.records[key] for key in sorted(self.records)]
        text = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)
        write_atomically(self.path, text)
        return items


def read_records(path):
    """The records of a file; a last line that was cut off is left out."""
    if not Path(path).exists():
        return []
    items = []
    for line in Path(path).read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            item = json.loads(line)
        except ValueError:
            continue
        if isinstance(item, dict) and {"student", "chapter", "status", "exercises"} <= item.keys():
            items.append(item)
    return items


def write_atomically(path, text):
    """Write a text file so that at any moment the old one or the new one is there, whole."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    os.replace(temporary, path)
