"""Feedback on one submission as one self-contained page: exercises, cases, expected against got, hints, points.

What may change without a new grading, marks and comments given by hand and the class's mean, stands between marks
in the page, so that `with_remarks` can write it anew.
"""

import re
from functools import cache
from importlib.resources import files

from jinja2 import Environment
from markupsafe import Markup

from ..exercises import CHAPTERS
from ..judging import explain
from ..judging.judge import NOT_ATTEMPTED
from . import book as book_of

CONTEXT = 12  # lines of code shown on each side of the one where an error arose
LONGEST = 500  # characters of a message
WIDEST = 200  # characters of a line of code
SLOT = re.compile(r"<!--slot (\w+)-->.*?<!--/slot-->", re.DOTALL)  # students' text is escaped: it holds no mark
HEAD = 8_000  # characters of a page in which its total stands


@cache
def template(name="feedback.html"):
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(files(__package__).joinpath(name).read_text(encoding="utf-8"))


def feedback_page(item, verdicts, sheets, code=None, book=None):
    """The page for one record of ``results.jsonl``; of hidden cases it names the group and no more.

    verdicts, sheets: by exercise; empty for a submission that could not be run. code: (source, what came of running
    it) of each exercise's answer. book: the book's address, for links to its sections.
    """
    exercises = [
        _exercise(verdict, sheets[name], *(code or {}).get(name, ("", "ok")), book)
        for name, verdict in verdicts.items()
    ]
    title = book_of.title(item["chapter"]) if item["chapter"] in CHAPTERS else item["chapter"]
    slots = {name: Markup(f"<!--slot {name}-->{text}<!--/slot-->") for name, text in _slots(item).items()}
    return template().render(item=item, title=title, exercises=exercises, slots=slots)


def with_remarks(page, item, remarks=None, mean=None):
    """A page with the marks and comments given by hand, and the class's mean where there is one.

    remarks: ``{"exercises": {name: {"score": …, "extra": …, "comment": …}}, "penalty": …}``.
    mean: points by exercise, with the total as ``"total"``.
    """
    slots = _slots(item, remarks, mean)
    return SLOT.sub(lambda mark: f"<!--slot {mark[1]}-->{slots.get(mark[1], '')}<!--/slot-->", page)


def has_remarks(path):
    """Whether a page's total holds more than what the checks gave; only the file's head is read."""
    with open(path, encoding="utf-8", errors="replace") as file:
        total = SLOT.search(file.read(HEAD))
    return total is not None and not re.search(r"-->\s*<strong>[^<]*</strong>\s*<!--/slot-->", total[0])


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


def _slots(item, remarks=None, mean=None):
    """The HTML of each place in the page that may change: ``total``, ``points_NAME`` and ``note_NAME``."""
    points, total = final_points(item, remarks)
    given = (remarks or {}).get("exercises", {})
    parts = template("feedback_slots.html").module
    slots = {"total": parts.total(item, total, remarks or {}, mean, _elsewhere(item, given))}
    for name, exercise in item["exercises"].items():
        slots[f"points_{name}"] = parts.points(points[name], exercise["max_points"])
        slots[f"note_{name}"] = parts.note(exercise, given.get(name, {}), (mean or {}).get(name))
    return {name: str(text).strip() for name, text in slots.items()}


def _elsewhere(item, given):
    """Comments that have no place of their own: of a page without exercises, as of a file that cannot be read."""
    run = any(exercise["cases"] for exercise in item["exercises"].values())
    return {} if run else {name: hand for name, hand in given.items() if hand.get("comment")}


def _exercise(verdict, sheet, source, came, book):
    groups = {}
    for result in verdict.results:
        group = groups.setdefault(
            result.trial.group, {"name": result.trial.group, "cases": [], "passed": 0, "count": 0}
        )
        group["visible"] = result.trial.visible
        group["passed"] += result.passed
        group["count"] += 1
        if result.trial.visible:
            group["cases"].append(_case(result, verdict.name, sheet))
    error, line, text = _error(verdict, came)
    return {
        "name": verdict.name,
        "title": book_of.sections(verdict.chapter).get(verdict.name, (verdict.name,))[0],
        "link": book_of.link(book, verdict.chapter, verdict.name),
        "signature": sheet.signature,
        "state": "solved" if verdict.solved else "partly" if verdict.points else "missed",
        "attempted": verdict.attempted,
        "error": error,
        "code": excerpt(source, line, text) if line else [],
        "hints": verdict.hints,
        "groups": list(groups.values()),
    }


def _case(result, name, sheet):
    details = [] if result.passed else [line.split(":", 1) for line in explain.details(result, name, sheet)]
    return {"label": result.trial.label, "passed": result.passed, "details": details}


def _error(verdict, came):
    """(message, line, text of the line) of the error to show: of the cell itself, or of the first visible case."""
    if came != "ok" and not verdict.solved:
        found = re.fullmatch(r"(.*?) \([^()]*, line (\d{1,6})\)", came, re.DOTALL)
        message, line = (found[1], int(found[2])) if found else (came, None)
        message = "It took too long: is there an endless loop?" if came == "timeout" else message[:LONGEST]
        return f"The cell with this answer did not run to its end. {message}", line, None
    for result in verdict.results:
        got = result.got
        if result.trial.visible and not result.passed and got.error not in (None, NOT_ATTEMPTED) and got.line:
            return verdict.error, got.line, got.text
    return verdict.error, None, None


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
