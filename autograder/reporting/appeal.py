"""One verdict in full, for an appeal: every case, hidden ones too, from what was stored. For the instructor only."""

import difflib

from ..errors import UserError
from ..exercises import CHAPTERS
from ..grading import verdicts
from .class_results import read_results

WORDS = {
    "misconception": "a misconception",
    "relation": "a relation between what was expected and what came",
    "error": "an error",
    "input-changed": "a changed input",
    "shape": "a wrong shape",
    "dependency": "another function of the student's",
}


class NoSuchVerdict(UserError):
    """There is no such student, chapter or exercise; the message names what there is."""


def explain_verdict(student, exercise_id, folder):
    """The text on one exercise of one student: each case with call, expected, got and message; hints; output."""
    chapter, _, name = exercise_id.partition(".")
    if chapter not in CHAPTERS or not name:
        raise NoSuchVerdict(f"{exercise_id!r} is not an exercise: give CHAPTER.EXERCISE, such as optimizers.adam_step")
    known = {(item["student"], item["chapter"]): item for item in read_results(folder)}
    if (student, chapter) not in known:
        raise NoSuchVerdict(_nobody(student, chapter, known, folder))
    item, stored = known[student, chapter], verdicts.read_verdict(folder, student, chapter)
    if not stored["exercises"]:
        return printable(f"{student}, {chapter}: {item['status']}. {item['reason'] or ''}".strip())
    if name not in stored["exercises"]:
        raise NoSuchVerdict(f"{chapter} has no exercise {name!r}; it has {', '.join(stored['exercises'])}")
    return "\n".join(map(printable, _lines(student, exercise_id, item, stored, stored["exercises"][name])))


def printable(text):
    """A line as a terminal may show it: characters that steer a terminal or turn text around are escaped."""
    return "".join(c if c.isprintable() or c == "\t" else c.encode("unicode_escape").decode() for c in text)


def _nobody(student, chapter, known, folder):
    own = sorted(other for who, other in known if who == student)
    if own:
        return f"{student!r} has no verdict on {chapter} in {folder}; there are {', '.join(own)}"
    near = difflib.get_close_matches(student, sorted({who for who, _ in known}), n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ": give the name as grades.csv has it"
    return f"{student!r} is not in {folder}{hint}"


def _lines(student, exercise_id, item, stored, exercise):
    passed = sum(case["passed"] for case in exercise["cases"])
    points = f"{exercise['points']:g} of {exercise['max_points']:g} points"
    yield f"{exercise_id} of {student}: {points}, {passed} of {len(exercise['cases'])} cases pass."
    if not exercise["attempted"]:
        yield "Not attempted: the stub is as it was released."
    if item["reason"]:
        yield f"The submission: {item['status']}, {item['reason']}"
    if not stored["sandbox"]:
        yield "It was run without the sandbox."
    if exercise["ran"] != "ok":
        yield f"The cell with the answer did not run to its end: {exercise['ran']}"
    group = None
    for case in exercise["cases"]:
        if case["group"] != group:
            group = case["group"]
            own = [other["passed"] for other in exercise["cases"] if other["group"] == group]
            yield ""
            yield f"{group} ({'visible' if case['visible'] else 'hidden'}): {sum(own)} of {len(own)}"
        yield from _case(case)
    yield ""
    for found, hint in zip(exercise["misconceptions"], exercise["hints"]):
        yield f"Misconception {found}. The student's hint: {hint}"
    if exercise["relation"]:
        yield f"Relation: {exercise['relation']}"
    if exercise["explained"]:
        yield f"Explained to the student by {WORDS.get(exercise['explained'], exercise['explained'])}."
    elif not exercise["misconceptions"] and exercise["attempted"] and passed < len(exercise["cases"]):
        yield "No catalogued misconception explains it."
    yield from _block("The answer", exercise["source"])
    yield from _block("What its cell printed", exercise["output"])


def _case(case):
    yield f"  {'passed' if case['passed'] else 'FAILED'}  {case['label']}"
    for term, key in (("call", "call"), ("expected", "expected"), ("got", "got"), ("problem", "message")):
        if key in case:
            yield f"          {term + ':':10}{case[key]}"
    if "line" in case:
        yield f"          {'at:':10}line {case['line']}: {case.get('text', '')}"


def _block(title, text):
    if text.strip():
        yield ""
        yield f"{title}:"
        yield from (f"    {line}" for line in text.rstrip().splitlines())
