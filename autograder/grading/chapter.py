"""Which chapter a notebook belongs to.

Apart from `reading`, which travels to graders elsewhere, where there are no exercises and no references.
"""

from pathlib import Path

from ..exercises import CHAPTERS, exercises
from .plan import definitions
from .reading import Unreadable


def chapter_of(reading, path):
    """The chapter that a notebook's metadata, its name or its functions tell."""
    if reading.chapter in CHAPTERS:
        return reading.chapter
    by_name = [chapter for chapter in CHAPTERS if chapter in Path(path).stem.lower()]
    if by_name:
        return max(by_name, key=len)
    defined = frozenset().union(*(definitions(cell.source) for cell in reading.cells if cell.kind == "code"))
    counts = {chapter: sum(e.name in defined for e in exercises(chapter)) for chapter in CHAPTERS}
    best = max(counts, key=lambda chapter: counts[chapter])
    if not counts[best]:
        raise Unreadable(f"it is not a notebook of this course: name it CHAPTER.ipynb, one of {', '.join(CHAPTERS)}")
    return best
