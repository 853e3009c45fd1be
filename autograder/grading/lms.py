"""The names that learning management systems give to what students hand in.

Canvas      ``lovelaceada_LATE_12345_67890_optimizers-1.ipynb``: sortable name, LATE, user's id, file's id, file
            (``get_filename`` and ``add_upload_submission`` in Canvas's ``lib/content_zipper.rb``); anonymous:
            ``anon_x1Y2z_67890_optimizers.ipynb``
Moodle      ``Ada Lovelace_12345_assignsubmission_file_/optimizers.ipynb``, or flat, without the folder: full name,
            participant's number (``download_submissions`` in Moodle's ``mod/assign/locallib.php``)
Blackboard  ``Optimizers_ada_attempt_2026-01-31-10-15-00_optimizers.ipynb``: assignment, user name, time, file; beside
            it ``Optimizers_ada_attempt_2026-01-31-10-15-00.txt`` with a line ``Name: Ada Lovelace (ada)``
            (the format of nbgrader's documentation on ``zip_collect``)

A student's name here is one that no other student has: Canvas and Moodle get their number after the display name,
Blackboard's user names are unique. Moodle numbers participants for each assignment anew.
"""

import os
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from .reading import Unreadable

MAX_RECEIPT = 100_000  # bytes of the text file that Blackboard puts beside a submission
CANVAS = re.compile(
    r"(?:(?P<name>[^\W_]\w*?)_)??(?P<late>LATE_)?(?P<user>\d+|anon_[^\W_]+)_(?P<late2>LATE_)?(?P<attempt>\d+)_(?P<file>.+)"
)
MOODLE = re.compile(r"(?P<name>.+)_(?P<user>\d+)_assignsubmission_file(?:_(?P<file>.*))?")
BLACKBOARD = re.compile(
    r"(?P<owner>.+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|(?P<receipt>\.txt))", re.DOTALL
)


@dataclass(frozen=True)
class Handed:
    """What a system's name for a file says.

    student: a name that no other student has. file: its name as the student had it. user: the system's own
    identifier, as its gradebook writes it. order: sorts a student's attempts. time: ISO, where the name has it.
    """

    student: str
    file: str
    user: str
    order: str
    late: bool = False
    time: str = None


def recognise(files, receipts):
    """{a file's name: `Handed`} of files from a system's download; empty where they are from none.

    files: of a folder or zip file. receipts: a function that gives the text files that Blackboard adds.
    """
    names = [file.name for file in files]
    found = {name: match for name in names if (match := MOODLE.fullmatch(_owner(name)))}
    if found:
        return {file.name: _moodle(found[file.name], file) for file in files if file.name in found}
    found = {name: match for name in names if (match := BLACKBOARD.fullmatch(_leaf(name))) and match["file"]}
    if found:
        users = _blackboard_users({match["owner"] for match in found.values()}, receipts())
        return {name: _blackboard(match, users) for name, match in found.items()}
    found = {name: match for name in names if (match := CANVAS.fullmatch(_leaf(name)))}
    if found and len(found) == len(names) and len({str(PurePosixPath(name).parent) for name in names}) == 1:
        return {name: _canvas(match) for name, match in found.items()}
    return {}


def is_receipt(name):
    """Whether a file is the text that Blackboard puts beside a submission."""
    match = BLACKBOARD.fullmatch(name)
    return bool(match and match["receipt"])


def attempt_name(handed):
    """The name under which an attempt is kept: its order first, so that the last in the alphabet is the latest."""
    return f"{handed.order}_{'LATE_' if handed.late else ''}{handed.file}"


def parse_attempt(name):
    """(late, time) that a kept attempt's name says."""
    order, _, rest = name.partition("_")
    return rest.startswith("LATE_"), _iso(order) if re.fullmatch(r"\d{4}(-\d\d){5}", order) else None


def _leaf(name):
    return PurePosixPath(name.replace("\\", "/")).name


def _owner(name):
    """The innermost part of a path that Moodle named: a folder, or the file itself in the flat form."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return next((part for part in reversed(parts) if "_assignsubmission_file" in part), "")


def _canvas(match):
    name, user = match["name"], match["user"]
    late = bool(match["late"] or match["late2"])
    return Handed(f"{name}_{user}" if name else user, match["file"], user, match["attempt"].zfill(12), late)


def _moodle(match, file):
    number = match["user"]
    leaf = match["file"] if match["file"] and _leaf(file.name) == match.group() else _leaf(file.name)
    order = f"{file.changed:014.0f}"
    return Handed(f"{match['name'].strip()}_{number}", leaf, f"Participant {number}", order)


def _blackboard(match, users):
    user = users[match["owner"]]
    return Handed(user, match["file"], user, match["time"], time=_iso(match["time"]))


def _iso(time):
    """2026-01-31-10-15-00 as 2026-01-31T10:15:00."""
    return f"{time[:10]}T{time[11:].replace('-', ':')}"


def _blackboard_users(owners, receipts):
    """The user name in each ASSIGNMENT_USERNAME; both may have underscores, so the receipts are asked first."""
    users = {}
    for receipt in receipts:
        owner = BLACKBOARD.fullmatch(_leaf(receipt.name))["owner"]
        users.setdefault(owner, _named_in(receipt, owner))
    shared = os.path.commonprefix(sorted(owners)) if len(owners) > 1 else ""
    shared = shared[: shared.rfind("_") + 1]
    return {o: users.get(o) or (o[len(shared) :] if shared else o.rpartition("_")[2]) for o in owners}


def _named_in(receipt, owner):
    """The user name in the line ``Name: Ada Lovelace (ada)``, if the file's own name ends with it."""
    try:
        text = receipt.read()[:MAX_RECEIPT].decode("utf-8-sig", "replace")
    except Unreadable:
        return None
    match = re.search(r"^Name:.*\(([^()]+)\)\s*$", text, re.MULTILINE)
    return match[1] if match and owner.endswith(f"_{match[1]}") else None
