"""What is made of stored results and verdicts for people to read: feedback pages and ``grades.csv``.

Nothing here runs a student's code, so a changed address of the book, style, late rule or mark by hand costs no new
grading. A page is written only if something that enters it has changed.
"""

import csv
import hashlib
import io
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

from ..exercises import CHAPTERS
from ..grading import verdicts
from ..grading.results import guarded, write_atomically
from ..notebooks.chapters import chapter_path
from .feedback import feedback_page, final_points

MEAN_OF = 5  # submissions of which a mean is shown at least
COLUMNS = ("student", "chapter", "score", "max_score", "status", "reason")
HEAD = 400  # characters of a page in which its fingerprint stands
STAMP = re.compile(r'<meta name="fingerprint" content="(\w*)">')


def render(folder, results, by_hand, book=None, class_mean=False, progress=None):
    """Write the feedback and ``grades.csv`` of a graded folder; returns what is wrong with stored verdicts, in lines.

    by_hand: remarks by (student, chapter), as `feedback_page` takes them. book: its address, for links.
    class_mean: the feedback has the class's mean. progress: called with (done, total) as pages are written.
    """
    means = class_means(results, by_hand) if class_mean else {}
    problems, rows, total = [], [], len(results)
    for number, item in enumerate(results, 1):
        remarks = by_hand.get((item["student"], item["chapter"]))
        rows.append(grade_row(item, remarks))
        try:
            render_page(folder, item, remarks, means.get(item["chapter"]), book)
        except verdicts.NoVerdict as problem:
            problems.append(str(problem))
        if progress:
            progress(number, total)
    write_grades(rows, Path(folder) / "grades.csv")
    return problems


def render_page(folder, item, remarks=None, mean=None, book=None):
    """Write one feedback page if it does not show what it should; returns whether it was written."""
    if "verdict" not in item:  # graded by an edition that stored no verdicts: its page stays
        return False
    student, chapter = item["student"], item["chapter"]
    path = page_path(folder, student, chapter)
    fingerprint = page_fingerprint(item, remarks, mean, book)
    if fingerprint_in(path) == fingerprint:
        return False
    verdict = verdicts.read_verdict(folder, student, chapter)
    write_atomically(path, feedback_page(item, verdict, remarks, mean, book, fingerprint))
    return True


def page_path(folder, student, chapter):
    return Path(folder) / "feedback" / student / chapter / f"{chapter}.html"


def page_fingerprint(item, remarks, mean, book):
    """A digest of all that enters a page: the record (with its verdict's digest), what was added since, the look."""
    chapter = item["chapter"]
    parts = [look(), headings(chapter) if chapter in CHAPTERS else "", item, remarks, mean, book]
    text = json.dumps(parts, sort_keys=True)  # ASCII: names may hold what UTF-8 cannot
    return hashlib.sha256(text.encode()).hexdigest()[:24]


@cache
def look():
    """A digest of the code that makes the pages."""
    here = Path(__file__).parent
    files = (here / "feedback.py", here / "feedback.html", here / "book.py", Path(verdicts.__file__))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


@cache
def headings(chapter):
    """A digest of the chapter, whose headings stand in the pages."""
    return hashlib.sha256(chapter_path(chapter).read_bytes()).hexdigest()


def fingerprint_in(path):
    """The fingerprint that stands in a page, or None."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            found = STAMP.search(file.read(HEAD))
    except FileNotFoundError:
        return None
    return found[1] if found else None


def class_means(results, by_hand):
    """Mean points by chapter and exercise of the submissions that were run, of chapters with `MEAN_OF` or more.

    The mean of fewer tells one student too much about another.
    """
    sums, counts = {}, Counter()
    for item in results:
        if item["status"] in ("missing", "unreadable"):
            continue
        points, total = final_points(item, by_hand.get((item["student"], item["chapter"])))
        own = sums.setdefault(item["chapter"], Counter())
        for name, value in (points | {"total": total}).items():
            own[name] += value
        counts[item["chapter"]] += 1
    return {
        chapter: {name: value / counts[chapter] for name, value in own.items()}
        for chapter, own in sums.items()
        if counts[chapter] >= MEAN_OF
    }


def grade_row(item, remarks=None):
    """A line of ``grades.csv``: the score is the final one, with marks by hand and less what lateness costs."""
    _, total = final_points(item, remarks)
    final = item | {"score": round(total, 4)}
    return [guarded(final[key]) for key in COLUMNS]


def write_grades(rows, path):
    """``grades.csv``: one line per submission."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(rows)
    write_atomically(path, text.getvalue())
