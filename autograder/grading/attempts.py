"""All attempts of a student, kept in ``DIR/attempts/STUDENT/CHAPTER/``; the latest is the one that is graded."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from . import lms
from .files import File, parts_of
from .names import clean_name, mark
from .reading import Unreadable
from .results import write_atomically
from .submissions import rank


def keep_attempts(folder, submission):
    """Write the attempts of a submission that are not there yet; returns the `Submission` of the latest of all.

    Also if the downloads come in another order than the attempts: what is there already may be later.
    """
    if not submission.attempts:
        return submission
    place = Path(folder) / "attempts" / submission.student / submission.chapter
    names = _names(submission.attempts)
    for name, file in names.items():
        _keep(place / name, file)
    timed = "T" in submission.handed.order
    own = _key(submission.handed.order, timed)
    later = [name for name in _kept(place) if _key(lms.parse_attempt(name)[0], timed) > own]
    if not later:
        return submission
    latest = max(later, key=lambda name: (_key(lms.parse_attempt(name)[0], timed), _rank_of(name, submission.chapter)))
    _, late, time, _ = lms.parse_attempt(latest)
    info = (place / latest).stat()
    file = File(latest, info.st_size, datetime.fromtimestamp(info.st_mtime, UTC), path=str(place / latest))
    note = f"a later attempt is known already, {latest} is graded"
    handed = replace(submission.handed, late=late, time=time)
    return replace(submission, file=file, problem=None, note=note, handed=handed)


def _names(attempts):
    """{name under which it is kept: file}: the attempt's order first, then the file's own name, told apart."""
    names = {}
    for handed, file in attempts:
        leaf = parts_of(handed.file)[-1]
        name = clean_name(lms.attempt_name(handed) + leaf)
        if name in names:
            stem, dot, ending = leaf.partition(".")
            name = clean_name(f"{lms.attempt_name(handed)}{stem}{mark(handed.file + file.name)}{dot}{ending}")
        names[name] = file
    return names


def _rank_of(name, chapter):
    return rank(lms.parse_attempt(name)[3], chapter)


def _key(order, timed):
    """`lms.order_key`, and what earlier editions wrote where now a time stands: 14 digits, local time or seconds."""
    if timed and order.isdecimal() and len(order) == 14:
        if order.startswith("00"):
            return (1, float(order))
        order = "-".join((order[:4], order[4:6], order[6:8], order[8:10], order[10:12], order[12:]))
    return lms.order_key(order)


def _kept(place):
    return [name for name in os.listdir(place) if not name.startswith(".")] if place.is_dir() else []


def _keep(path, file):
    """Write one attempt, once; one that cannot be read is told by its grading."""
    if path.exists():
        return
    try:
        data = file.read()
    except Unreadable:
        return
    write_atomically(path, data)
