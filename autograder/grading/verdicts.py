"""Verdicts stored whole: ``DIR/verdicts/STUDENT/CHAPTER.json``, one for each submission, hidden cases included.

Feedback, report and appeals are made from them and never run a student's code. They hold what students must not see,
so the folder is readable by its owner only; `groups_shown` and `error_shown` say what of a verdict a student may see.
"""

import hashlib
import json
from pathlib import Path
from typing import NotRequired, TypedDict, cast

from ..errors import UserError
from ..judging import explain
from ..judging.judge import NOT_ATTEMPTED, Result, Sheet, Trial, Verdict, builtin_kind
from .results import Record, write_atomically

FORMAT = 1
FOLDER = "verdicts"
MAX_SOURCE = 60_000  # characters of one answer's cell
MAX_OUTPUT = 4_000  # of what that cell printed
MAX_TEXT = 1_000  # of a message or a call
MAX_PASSED = 160  # of the call and the expected result of a case that passed: of most verdicts that is most cases
LOSSES = ("timeout", "crashed", "out-of-memory")  # kinds of errors that the engine names, not Python


class NoVerdict(UserError):
    """There is no stored verdict that can be read; the message says where it should be."""


class StoredCase(TypedDict):
    """One case. Of a case that passed, ``got`` is what was expected, within the tolerance, and is not written."""

    group: str
    label: str
    visible: bool
    passed: bool
    expected: str
    call: NotRequired[str]  # of a case that calls the function itself, without a probe
    message: NotRequired[str]
    got: NotRequired[str]
    error: NotRequired[str]  # its kind, which may be a class of the student's own
    kind: NotRequired[str]  # the nearest kind that Python itself has
    error_message: NotRequired[str]
    line: NotRequired[int]
    text: NotRequired[str]  # of that line


class StoredExercise(TypedDict):
    """One exercise: its cases, and the cell that holds its answer (``ran``: "ok" or why it did not run to its end)."""

    points: float
    max_points: float
    attempted: bool
    signature: str
    misconceptions: list[str]
    hints: list[str]
    error: str | None
    relation: str | None
    explained: str | None
    source: str
    ran: str
    output: str
    note: NotRequired[str | None]  # what its student should know of where it was judged
    cases: list[StoredCase]


class StoredVerdict(TypedDict):
    """One submission."""

    format: int
    student: str
    chapter: str
    fingerprint: str
    status: str
    reason: str | None
    sandbox: bool
    exercises: dict[str, StoredExercise]


# ------------------------------------------------------------------------------------------------------ storing
def case_facts(sheet: Sheet) -> dict[int, StoredCase]:
    """What is the same of a sheet's cases for every student, by the identity of the trial: worked out once."""
    return {id(trial): _fact(trial, sheet) for trial in sheet.trials}


def _fact(trial: Trial, sheet: Sheet) -> StoredCase:
    fact: StoredCase = {
        "group": trial.group,
        "label": trial.label,
        "visible": trial.visible,
        "passed": True,
        "expected": trial.expected.error or explain.show(trial.expected.value),
    }
    if trial.probe is None:
        fact["call"] = explain.call(trial, sheet.name, sheet)[:MAX_TEXT]
    return fact


def stored_exercise(
    verdict: Verdict, sheet: Sheet, facts: dict[int, StoredCase], source: str = "", ran: str = "ok", output: str = ""
) -> StoredExercise:
    """A verdict on one exercise as data.

    facts: of the sheet's `case_facts`. source, ran, output: of the cell with the answer.
    """
    return {
        "points": verdict.points,
        "max_points": verdict.max_points,
        "attempted": verdict.attempted,
        "signature": sheet.signature,
        "misconceptions": list(verdict.misconceptions),
        "hints": list(verdict.hints),
        "error": verdict.error and verdict.error[:MAX_TEXT],
        "relation": verdict.relation,
        "explained": verdict.explained,
        "source": source[:MAX_SOURCE],
        "ran": ran[:MAX_TEXT],
        "output": output[:MAX_OUTPUT],
        # a changed input has a case of its own, which is not one of the sheet's
        "cases": [
            _stored_case(result, facts.get(id(result.trial)) or _fact(result.trial, sheet))
            for result in verdict.results
        ],
    }


def _stored_case(result: Result, fact: StoredCase) -> StoredCase:
    if result.passed:
        return cast(StoredCase, {key: _shortened(value) for key, value in fact.items()})
    case: StoredCase = {**fact, "passed": False, "message": result.message[:MAX_TEXT]}
    got = result.got
    if got.error is None:
        case["got"] = explain.show(got.value)
        return case
    case["error"], case["kind"] = got.error, builtin_kind(got)
    case["error_message"] = got.message[:MAX_TEXT]
    if isinstance(got.line, int):
        case["line"] = got.line
        case["text"] = (got.text or "")[:MAX_TEXT]
    return case


def _shortened(value: object) -> object:
    return f"{value[: MAX_PASSED - 3]}..." if isinstance(value, str) and len(value) > MAX_PASSED else value


def stored_verdict(record: Record, reason: str | None, exercises: dict[str, StoredExercise]) -> StoredVerdict:
    """The verdict on a submission; ``exercises`` is empty for one that could not be run. reason: its `trouble`."""
    return {
        "format": FORMAT,
        "student": record["student"],
        "chapter": record["chapter"],
        "fingerprint": record["fingerprint"] or "",
        "status": record["status"],
        "reason": reason,
        "sandbox": record.get("sandbox", True),
        "exercises": exercises,
    }


def text_of(verdict: StoredVerdict) -> bytes:
    """A verdict as the bytes of its file; half a character, which JSON may hold and UTF-8 may not, stays escaped."""
    text = json.dumps(verdict, ensure_ascii=False, separators=(",", ":")) + "\n"
    return text.encode("utf-8", "backslashreplace")


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:24]


def verdict_path(folder: Path | str, student: str, chapter: str) -> Path:
    return Path(folder) / FOLDER / student / f"{chapter}.json"


def write_verdict(folder: Path | str, student: str, chapter: str, data: bytes) -> None:
    """Write the bytes that `text_of` gave, for the owner's eyes only."""
    top = Path(folder) / FOLDER
    top.mkdir(parents=True, exist_ok=True)
    top.chmod(0o700)
    write_atomically(verdict_path(folder, student, chapter), data, mode=0o600)


def read_verdict(folder: Path | str, student: str, chapter: str) -> StoredVerdict:
    """The stored verdict on a submission; `NoVerdict` if it does not exist or is damaged."""
    path = verdict_path(folder, student, chapter)
    try:
        verdict = json.loads(path.read_bytes())
        if verdict["format"] == FORMAT and verdict["chapter"] == chapter and isinstance(verdict["exercises"], dict):
            return verdict
    except FileNotFoundError:
        raise NoVerdict(f"{path} does not exist: run `dlbook grade … --to {folder}` again") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoVerdict(f"{path} cannot be read ({error}): delete it and run `dlbook grade` again") from None
    raise NoVerdict(f"{path} was written by another version: delete it and run `dlbook grade` again")


# -------------------------------------------------------------------------------------- what a student may see
class Group(TypedDict):
    """A group of cases as a student sees it; ``cases`` are those that failed, none of a hidden group."""

    name: str
    visible: bool
    passed: int
    count: int
    solved: bool
    cases: list[StoredCase]


def groups_shown(exercise: StoredExercise) -> list[Group]:
    """The groups of an exercise, in order. Of a hidden one a student sees whether it passed, not how many cases."""
    groups: dict[str, Group] = {}
    for case in exercise["cases"]:
        empty: Group = {
            "name": case["group"],
            "visible": case["visible"],
            "passed": 0,
            "count": 0,
            "solved": True,
            "cases": [],
        }
        group = groups.setdefault(case["group"], empty)
        group["solved"] &= case["passed"]
        group["count"] += 1
        group["passed"] += case["passed"]
        if case["visible"] and not case["passed"]:
            group["cases"].append(case)
    for group in groups.values():
        if not group["visible"]:
            group["passed"], group["count"] = int(group["solved"]), 1
    return list(groups.values())


def first_error(exercise: StoredExercise) -> StoredCase | None:
    """The first failing case with an error, a visible one if there is one; None if the stub was left as it was."""
    raised = [case for case in exercise["cases"] if case.get("error") not in (None, NOT_ATTEMPTED)]
    return min(raised, key=lambda case: not case["visible"], default=None)


def error_shown(exercise: StoredExercise) -> str | None:
    """The first error in one line, as a student may see it.

    Of a hidden case only the kind, and only one of Python's own: a message, or the name of a class that a student
    makes, could carry the case's inputs out.
    """
    case = first_error(exercise)
    if case is None:
        return None
    kind = case.get("error", "")
    if not case["visible"]:
        return f"{case.get('kind')} in a case that only the grader has"
    message = case.get("error_message", "")
    lines = (message if kind in LOSSES else f"{kind}: {message}").splitlines()
    return lines[0] if lines else kind


def solved(exercise: StoredExercise) -> bool:
    return bool(exercise["cases"]) and all(case["passed"] for case in exercise["cases"])
