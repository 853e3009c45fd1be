"""Feedback on one submission as one self-contained page: exercises, cases, expected against got, hints, points.

It is made from a record, a stored verdict, and what was added since: marks and comments given by hand, lateness, the
class's mean. Of hidden cases it shows whether their group passed, and no more.
"""

import re
from functools import cache
from importlib.resources import files

from jinja2 import Environment

from ..exercises import CHAPTERS
from ..grading.verdicts import error_shown, first_error, groups_shown, solved
from . import book as book_of

CONTEXT = 12  # lines of code shown on each side of the one where an error arose
LONGEST = 500  # characters of a message
WIDEST = 200  # characters of a line of code


@cache
def template():
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(files(__package__).joinpath("feedback.html").read_text(encoding="utf-8"))


def feedback_page(item, verdict, remarks=None, mean=None, book=None, fingerprint=""):
    """The page for one record of ``results.jsonl``.

    verdict: the stored verdict. remarks: what was given by hand,
    ``{"exercises": {name: {"score": …, "extra": …, "comment": …}}, "penalty": …}``. mean: the class's points by
    exercise, with the total as ``"total"``. book: the book's address, for links to its sections. fingerprint: of all
    that enters the page, kept in it.
    """
    remarks = remarks or {"exercises": {}, "penalty": None}
    points, total = final_points(item, remarks)
    exercises = [
        _exercise(item["chapter"], name, exercise, book)
        | {"points": points[name], "hand": remarks["exercises"].get(name, {}), "mean": (mean or {}).get(name)}
        for name, exercise in verdict["exercises"].items()
    ]
    shown = {exercise["name"] for exercise in exercises}
    return template().render(
        item=item,
        title=book_of.title(item["chapter"]) if item["chapter"] in CHAPTERS else item["chapter"],
        exercises=exercises,
        total=total,
        remarks=remarks,
        by_hand=any("score" in hand for hand in remarks["exercises"].values()),
        elsewhere={n: hand for n, hand in remarks["exercises"].items() if n not in shown and hand.get("comment")},
        mean=mean,
        fingerprint=fingerprint,
    )


def final_points(item, remarks=None):
    """(points by exercise, total) as nbgrader counts them: what was given by hand goes before what the checks gave."""
    given = (remarks or {}).get("exercises", {})
    points = {}
    for name, exercise in item["exercises"].items():
        hand = given.get(name, {})
        score = exercise["points"] if hand.get("score") is None else hand["score"]
        points[name] = score + (hand.get("extra") or 0.0)
    penalty = (remarks or {}).get("penalty") or 0.0
    return points, max(0.0, sum(points.values()) - penalty)


def _exercise(chapter, name, exercise, book):
    error, line, text = _error(exercise)
    return {
        "name": name,
        "title": book_of.sections(chapter).get(name, (name,))[0],
        "link": book_of.link(book, chapter, name),
        "signature": exercise["signature"],
        "state": "solved" if solved(exercise) else "partly" if exercise["points"] else "missed",
        "attempted": exercise["attempted"],
        "from_checks": exercise["points"],
        "max_points": exercise["max_points"],
        "error": error,
        "note": exercise.get("note"),
        "code": excerpt(exercise["source"], line, text) if line else [],
        "hints": exercise["hints"],
        "relation": exercise["relation"],
        "groups": [group | {"cases": [_case(case) for case in group["cases"]]} for group in groups_shown(exercise)],
    }


def _case(case):
    """A failed visible case: its label, and (term, text) of what is to be said of it."""
    terms = (("call", "call"), ("problem", "message"), ("expected", "expected"), ("got", "got"))
    details = [(term, case[key]) for term, key in terms if key in case]
    if "got" not in case:  # an error says all there is
        details = [(term, text) for term, text in details if term != "expected"]
    return {"label": case["label"], "details": details}


def _error(exercise):
    """(message, line, text of the line) of the error to show: of the cell itself, or of the first case that has one."""
    ran = exercise["ran"]
    if ran != "ok" and not solved(exercise):
        found = re.fullmatch(r"(.*?) \([^()]*, line (\d{1,6})\)", ran, re.DOTALL)
        message, line = (found[1], int(found[2])) if found else (ran, None)
        message = "It took too long: is there an endless loop?" if ran == "timeout" else message[:LONGEST]
        return f"The cell with this answer did not run to its end. {message}", line, None
    case = first_error(exercise)
    if case and case["visible"] and "line" in case:
        return error_shown(exercise), case["line"], case.get("text")
    return error_shown(exercise), None, None


def excerpt(source, line, text=None):
    """The lines of an answer around the one where an error arose, as (number, text, whether it is that line).

    Lines are counted as Python does in a notebook, from the first that is not empty. text: the line's own text, where
    it is known; a line with another text is not marked. Empty where the line is not to be found.
    """
    lines = source.splitlines()
    while lines and not lines[0].strip():
        del lines[0]
    place = line - 1
    if text is not None:
        same = [number for number, own in enumerate(lines) if own.strip()[:WIDEST] == text.strip()[:WIDEST]]
        place = min(same, key=lambda number: abs(number - place), default=-1)
    if not 0 <= place < len(lines):
        return []
    first = max(0, place - CONTEXT)
    shown = enumerate(lines[first : place + CONTEXT + 1], first)
    return [(number + 1, own.rstrip()[:WIDEST], number == place) for number, own in shown]
