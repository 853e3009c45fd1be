"""How long a chapter takes, estimated from its text and its exercises."""

import re
from functools import cache

from ..exercises import exercises
from ..notebooks.chapters import ROOT

WORDS_PER_MINUTE = 180  # of text with formulas
LINES_PER_MINUTE = 12  # of code that is read, not written
MINUTES = {"warm-up": 3, "core": 8, "challenge": 18}  # to write an exercise
UNSIZED = 7
CELL = re.compile(r"^```\{code-cell\}.*?\n(.*?)^```", re.MULTILINE | re.DOTALL)


@cache
def minutes(chapter):
    """Minutes to read a chapter and to solve its exercises."""
    text = (ROOT / "chapters" / f"{chapter}.md").read_text(encoding="utf-8")
    cells = [cell for cell in CELL.findall(text) if "remove-cell" not in cell and "hide-input" not in cell]
    lines = sum(len(cell.splitlines()) for cell in cells)
    words = len(CELL.sub("", text).split())
    writing = sum(MINUTES.get(getattr(exercise, "size", None), UNSIZED) for exercise in exercises(chapter))
    return words / WORDS_PER_MINUTE + lines / LINES_PER_MINUTE + writing


def about(number):
    """Minutes in words, no more exact than an estimate is."""
    if number < 55:
        return f"about {max(5, 5 * round(number / 5))} minutes"
    hours = round(number / 30) / 2
    return "about 1 hour" if hours == 1 else f"about {hours:g} hours".replace(".5", "½")


def effort(chapter):
    """One line for readers: the time, and the number of exercises."""
    count = len(exercises(chapter))
    return f"{about(minutes(chapter)).capitalize()}, {count} {'exercise' if count == 1 else 'exercises'}"
