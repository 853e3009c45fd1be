"""All attempts of a student, kept in ``DIR/attempts/STUDENT/CHAPTER/``; the latest is the one that is graded."""

import os
from dataclasses import replace
from pathlib import Path

from . import lms
from .reading import Unreadable
from .results import write_atomically
from .submissions import File, clean_name


def keep_attempts(folder, submission):
    """Write the attempts of a submission that are not there yet; returns the `Submission` of the latest of all.

    Also where the downloads come in another order than the attempts: what is there already may be later.
    """
    if not submission.attempts:
        return submission
    place = Path(folder) / "attempts" / submission.student / submission.chapter
    for handed, file in submission.attempts:
        _keep(place / _name(handed), file)
    latest = max(_kept(place), default="")
    if latest <= _name(submission.handed):
        return submission
    late, time = lms.parse_attempt(latest)
    info = (place / latest).stat()
    file = File(latest, info.st_size, info.st_mtime, path=str(place / latest))
    note = f"a later attempt is known already, {latest} is graded"
    handed = replace(submission.handed, late=late, time=time)
    return replace(submission, file=file, problem=None, note=note, handed=handed)


def _name(handed):
    return clean_name(lms.attempt_name(handed))


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
