"""The names that learning management systems give to what students hand in.

A system writes the first part of a path, a student the last. So each name is read from its start, what a system wrote
ends where its form first fits, and nothing after that place decides who the owner is.

Canvas      ``lovelaceada_LATE_12345_67890_optimizers-1.ipynb``: sortable name, LATE, user's id, file's id, file;
            ``…_12345_text.html`` and ``…_12345_link.html`` for text and links; anonymous ``anon_x1Y2z_67890_…``.
            The name is small letters, `[[:word:]]` of Ruby, which has combining marks, unlike Python's ``\\w``
            (``get_filename``, ``add_upload_submission``, ``sanitize_user_name`` in Canvas's ``lib/content_zipper.rb``)
Moodle      ``Ada Lovelace_12345_assignsubmission_file_/optimizers.ipynb``, or flat, ``…_file_optimizers.ipynb``: full
            name or group, in which each underscore is made a space, then the participant's or the group's number
            (``get_student_prefix``, ``load_submissionplugin_filelist`` in ``mod/assign/classes/downloader.php``)
Blackboard  ``Optimizers_ada_attempt_2026-01-31-10-15-00_optimizers.ipynb``: assignment, user name, time, file; next to
            it ``Optimizers_ada_attempt_2026-01-31-10-15-00.txt``, which begins ``Name: Ada Lovelace (ada)``
            (the format of nbgrader's documentation on ``zip_collect``)
Sakai       ``Title/Lovelace, Ada(ada)/Submission attachment(s)/optimizers.ipynb`` and ``…/timestamp.txt``; several
            owners joined by ``; ``; without folders ``Lovelace, Ada(ada)_Submission attachment(s)_optimizers.ipynb``
            (``zipSubmissions`` in Sakai's ``AssignmentServiceImpl.java``)
Brightspace ``397063-2557369 - Ada Lovelace - Sep 24, 2024 926 PM/optimizers.ipynb``, or flat, the file after another
            `` - `` (its source is closed: the form is that of published downloads)
Gradescope  ``assignment_7_export/submission_123/optimizers.ipynb``; owners and time in ``submission_metadata.yml``
            (its source is closed: the form is that of published exports)
GitHub      ``perceptrons-submissions/perceptrons-ada/``: the assignment's slug, the account
Classroom   (``NewCmdStudentRepo`` in gh-classroom's ``cmd/gh-classroom/clone/student-repos/student-repos.go``)
Google      ``Ada Lovelace - Homework 1.ipynb``, as Classroom names the copy that it makes for each student. Students
Classroom   can rename their copies: two files in one name are nobody's

A student's name here is one that no other student has: Canvas, Moodle and Brightspace get their number after the
display name, user names and addresses are unique. Moodle numbers participants again for each assignment.
"""

import os
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

import yaml

from ..errors import printable
from .files import SubmissionsError, is_notebook, is_zip
from .reading import Unreadable

MAX_TEXT = 5_000_000  # bytes of a text file of a system's own
CANVAS = re.compile(
    r"(?:(?P<name>[^ ]+?)_)??(?P<late>LATE_)?(?P<user>[0-9]+|anon_[A-Za-z0-9]+)_(?P<late2>LATE_)?"
    r"(?:(?P<attempt>[0-9]+)_(?P<file>.+)|(?P<text>text|link)\.html)",
    re.DOTALL,
)
MOODLE_FOLDER = re.compile(r"(?P<name>.+?)(?:_(?P<user>[0-9]+))?_assignsubmission_(?P<kind>[a-z0-9]+)_?")
MOODLE_FLAT = re.compile(
    r"(?P<name>[^_]+)(?:_(?P<user>[0-9]+))?_assignsubmission_(?P<kind>[a-z0-9]+)_(?P<file>.+)", re.DOTALL
)
BLACKBOARD = re.compile(r"(?P<owner>.+?)_attempt_(?P<time>[0-9]{4}(?:-[0-9]{2}){5})(?P<rest>.+)", re.DOTALL)
SAKAI_OWNER = re.compile(r"(?P<name>.*)\((?P<user>[^()]+)\)")
SAKAI_FOLDER, SAKAI_FEEDBACK = "Submission attachment(s)", "Feedback Attachment(s)"
SAKAI_FLAT = re.compile(r"(?P<owner>[^()]+\([^()]+\)(?:; [^()]+\([^()]+\))*)_Submission attachment\(s\)_(?P<file>.+)")
CLOCK = r"[^-/]*[0-9]{4}[^-/0-9]+[0-9]{3,4}(?: ?[AaPp][Mm])?"
BRIGHTSPACE_FOLDER = re.compile(rf"(?P<user>[0-9]+)-[0-9]+ - (?P<name>.+?) - (?P<time>{CLOCK})")
BRIGHTSPACE_FLAT = re.compile(
    rf"(?P<user>[0-9]+)-[0-9]+ - (?P<name>.+?) - (?:(?P<time>{CLOCK}) - )?(?P<file>[^/]+)", re.DOTALL
)
GITHUB_USER = r"[A-Za-z0-9](?:[A-Za-z0-9]|-(?=[A-Za-z0-9]))*"
GOOGLE = re.compile(r"(?P<name>.+?) - (?P<title>.+?)(?: ?\([0-9]+\))?\.ipynb", re.DOTALL)


@dataclass(frozen=True)
class Handed:
    """What a system says of a file: whose it is, what it is called, when it came.

    student: a name that no other student has. file: its name as the student had it. user: the system's own
    identifier, as its gradebook writes it. order: sorts a student's attempts, see `order_key`. time: ISO, if the
    system tells it. name: the student's full name, if the system tells it. hint: the chapter that the system's part of
    the path names.
    """

    student: str
    file: str
    user: str | None
    order: str
    late: bool = False
    time: str | None = None
    name: str | None = None
    hint: str | None = None


@dataclass(frozen=True)
class Claim:
    """One reading of a path: the system, the folder that the download is, the part that names the owner, the owner."""

    system: str
    root: tuple
    entry: str  # the folder's or the file's name
    handed: Handed


class Download:
    """What the files of a source are in the systems that they come from.

    handed: {a file's name: its `Handed`, several for a group}. odd: {name: why a file of the download is not used}.
    own: names of files that the system itself wrote. empty: `Handed` of students whose folder has no file in it.
    """

    def __init__(self):
        self.systems, self.handed, self.odd, self.own, self.empty = set(), {}, {}, set(), []
        self.roots = {}  # the folder of the download that a file handed in lies in


def recognize(files, folders, chapters, known=()):
    """The `Download` that the files are; its ``systems`` are empty if they are from none.

    files: every `File`. folders: every folder's parts. chapters: of the course; a file in ``STUDENT/CHAPTER/`` is of
    no system, unless the student's folder itself is one of a system. known: students' names that are known already.
    `SubmissionsError` for a source that holds downloads of several systems.
    """
    texts = SystemsTexts(files)
    claims = {file.name: _claims(file.parts, chapters, texts) for file in files}
    accepted = _accepted(files, claims, chapters, known)
    download = Download()
    download.systems = set(accepted.values())
    if len(download.systems) > 1:
        raise SubmissionsError(
            f"this holds downloads of {' and of '.join(sorted(download.systems))}: "
            "grade each by itself, into the same DIR"
        )
    for file in files:
        _sort_in(file, claims[file.name], accepted, download, chapters)
    _empty_folders(download, folders, accepted, chapters, texts)
    if "Canvas" in download.systems:
        _doubtful_in_canvas(download)
    if "Blackboard" in download.systems:
        _blackboard_users(download, files)
    if "Google Classroom" in download.systems:
        _doubtful_in_google(download)
    _order_attempts(files, download)
    return download


# --------------------------------------------------------------------------------- which downloads there are
def _accepted(files, claims, chapters, known):
    """{root: system} of the folders that are downloads, by what most of the names in them are."""
    votes, entries, readings = {}, {}, {}
    for file in files:
        parts = file.parts
        for claim in claims[file.name]:
            votes.setdefault((claim.root, claim.system), set()).add(claim.entry)
            readings.setdefault((claim.root, claim.system), []).append(claim)
        for depth in range(len(parts)):
            alone = depth == len(parts) - 1
            counts = not alone or is_notebook(file.leaf) or is_zip(file.leaf) or claims[file.name]
            if counts and not _is_systems_own(parts, parts[:depth]):
                entries.setdefault(parts[:depth], set()).add(parts[depth])
    best = {}
    for (root, system), names in votes.items():
        if system == "Google Classroom":
            names &= _copies_of_one(readings[root, system])
        if names and 2 * len(names) > len(entries.get(root, names)):
            weight = (len(names), *_plausible(readings[root, system]))
            if root not in best or weight > best[root][2]:
                best[root] = (system, names, weight)
    exclusive = {
        root: {s for (r, s), names in votes.items() if r == root and names - best[root][1] and s != "Google Classroom"}
        for root in best
    }
    for root, others in exclusive.items():
        if others - {best[root][0]} and best[root][0] != "Google Classroom":
            mixed = sorted({best[root][0], *others})
            raise SubmissionsError(
                f"one folder holds downloads of {' and of '.join(mixed)}: grade each by itself, into the same DIR"
            )
    accepted = {root: system for root, (system, *_) in best.items()}
    accepted = {r: s for r, s in accepted.items() if not any(r[:n] in accepted for n in range(len(r)))}
    return _not_a_students(accepted, best, files, chapters, known)


def _copies_of_one(found):
    """Names of the files in a folder that are copies of one title for several students: Classroom's own naming."""
    title = Counter(claim.handed.file.casefold() for claim in found).most_common(1)
    copies = [claim for claim in found if title and claim.handed.file.casefold() == title[0][0]]
    return {claim.entry for claim in copies} if len({claim.handed.student for claim in copies}) > 1 else set()


def _plausible(found):
    """(owners that a reading finds, less the length of what it takes for the system's): the larger, the likelier.

    A name can fit two systems: what a student wrote may look like the start of another. The system wrote the start.
    """
    found = [claim for claim in found if claim.handed]
    starts = [len(claim.entry) - len(claim.handed.file.partition("/")[0]) for claim in found]
    return len({claim.handed.student for claim in found}), -min(starts, default=0)


def _not_a_students(accepted, best, files, chapters, known):
    """Without the folders that may be a student's own, who can name what is in them as a system would."""
    inner = {root for root in accepted if root}
    if not inner:
        return accepted
    works = [file.parts for file in files if len(file.parts) > 1 and (is_notebook(file.leaf) or is_zip(file.leaf))]
    others = [parts for parts in works if not any(parts[:n] in accepted for n in range(len(parts)))]
    for root in inner:
        native = accepted[root] in ("Sakai", "Gradescope", "GitHub Classroom", "Google Classroom")
        alone = len(best[root][1]) < 2 and not native
        if others or root[0] in known:
            del accepted[root]
        elif alone and accepted[root] in ("Canvas", "Brightspace"):
            del accepted[root]
        elif alone:
            raise SubmissionsError(
                f"it is not clear whether {'/'.join(map(printable, root))} is a download of {accepted[root]} or a "
                "student's folder: give that folder itself if it is a download"
            )
    return accepted


def _sort_in(file, claims, accepted, download, chapters):
    """Put a file into the part of the download that it belongs to, if it does."""
    root = next((file.parts[:n] for n in range(len(file.parts)) if file.parts[:n] in accepted), None)
    if root is None:
        if accepted and () not in accepted and _default_depth(file.parts, chapters) == len(file.parts):
            download.odd[file.name] = f"it lies outside of the download of {' and '.join(sorted(download.systems))}"
        return
    found = [claim for claim in claims if claim.root == root and claim.system == accepted[root]]
    if found:
        if found[0].handed is None:
            download.own.add(file.name)
        else:
            download.handed[file.name] = [claim.handed for claim in found]
            download.roots[file.name] = root
    elif _is_systems_own(file.parts, root):
        download.own.add(file.name)
    elif not _is_next_to(file.parts, root, chapters):
        download.odd[file.name] = f"its name does not fit a download of {accepted[root]}"


def _is_next_to(parts, root, chapters):
    """Whether a file lies in a ``STUDENT/CHAPTER/`` that somebody put next to what a system wrote."""
    return _default_depth(parts, chapters) == len(root) and not any(map(is_zip, parts[len(root) : len(root) + 2]))


def _default_depth(parts, chapters):
    return next((i - 1 for i in range(1, len(parts) - 1) if without_zip(parts[i]).lower() in chapters), len(parts))


def without_zip(name):
    return name[:-4] if is_zip(name) else name


def _is_systems_own(parts, root):
    """Whether a file is one that a system adds to its download."""
    inside = parts[len(root) :]
    added = {"index.html", "submission_metadata.yml", "grades.csv", "grades.xls", "grades.xlsx"}
    if len(inside) == 1:
        return inside[0].lower() in added
    of_sakai = inside[1] in ("timestamp.txt", "comments.txt", "feedbackText.html")
    return inside[1] == SAKAI_FEEDBACK or (
        len(inside) == 2 and (of_sakai or inside[1].endswith("_submissionText.html"))
    )


# ------------------------------------------------------------------------------------------ reading one path
def _claims(parts, chapters, texts):
    """The readings of a path, by the outermost part that any system could have written; none in the default layout."""
    student = _default_depth(parts, chapters)
    for index, part in enumerate(parts):
        if index > student:
            return []
        is_folder = index < len(parts) - 1
        found = []
        if is_folder and not is_zip(part):
            for system, read in FOLDERS.items():
                found += [(system, handed) for handed in read(parts, index, chapters, texts)]
        elif not is_folder or is_zip(part):
            for system, read_flat in FLAT.items():
                found += [(system, handed) for handed in read_flat(part)]
            inner = parts[index + 1 :]
            found = [(s, h and replace(h, file="/".join((h.file, *inner))) if inner else h) for s, h in found]
        if found:
            return [Claim(system, parts[:index], part, handed) for system, handed in found]
    return []


def _canvas(name):
    match = CANVAS.fullmatch(name)
    if match is None or not _is_canvas_name(match["name"] or ""):
        return []
    own, user = match["name"], match["user"]
    student, late = f"{own}_{user}" if own else user, bool(match["late"] or match["late2"])
    file = match["file"] or f"{match['text']}.html"
    return [Handed(student, file, user, (match["attempt"] or "0").zfill(12), late)]


def _is_canvas_name(name):
    """Small letters, marks, digits and underscores: what Ruby's ``downcase`` and ``[[:word:]]`` leave of a name."""
    return not re.search("[A-Z]", name) and all(
        unicodedata.category(c)[0] in "LM" or c.isdecimal() or c == "_" for c in name
    )


def _moodle(match, file):
    number = match["user"]
    name = match["name"].strip()
    return Handed(
        f"{name}_{number}" if number else name, file, f"Participant {number}" if number else None, "", name=name
    )


def _moodle_folder(parts, index, chapters, texts):
    match = MOODLE_FOLDER.fullmatch(parts[index])
    return [_moodle(match, "/".join(parts[index + 1 :]))] if match else []


def _moodle_flat(name):
    match = MOODLE_FLAT.fullmatch(name)
    return [_moodle(match, match["file"])] if match else []


def _blackboard(name):
    match = BLACKBOARD.match(name)
    if match is None:
        return []
    if match["rest"] == ".txt":
        return [None]  # a receipt
    if not match["rest"].startswith("_") or len(match["rest"]) == 1:
        return []
    time = match["time"]
    return [Handed(match["owner"], match["rest"][1:], None, time, time=f"{time[:10]}T{time[11:].replace('-', ':')}")]


def _sakai(owners, file, time=None):
    found = []
    for owner in owners.split("; "):
        match = SAKAI_OWNER.fullmatch(owner)
        user, name = (match["user"], match["name"].strip(" ,")) if match else (owner, None)
        order = datetime.fromisoformat(time).astimezone(UTC).strftime("%Y-%m-%d-%H-%M-%SZ") if time else ""
        found.append(Handed(user, file, user, order, time=time, name=name))
    return found


def _sakai_folder(parts, index, chapters, texts):
    if parts[index + 1] != SAKAI_FOLDER or len(parts) == index + 2:
        return []
    return _sakai(parts[index], "/".join(parts[index + 2 :]), texts.sakai_time(parts[: index + 1]))


def _sakai_flat(name):
    match = SAKAI_FLAT.fullmatch(name)
    return _sakai(match["owner"], match["file"]) if match else []


def _brightspace(match, file):
    name, user = match["name"].strip(), match["user"]
    time = _clock(match["time"] or "")
    order = time.strftime("%Y-%m-%d-%H-%M-%S") if time else ""
    return Handed(f"{name}_{user}", file, user, order, time=time.isoformat() if time else None, name=name)


def _clock(text):
    """The time in ``Sep 24, 2024 926 PM``, None in another language."""
    match = re.fullmatch(r"([A-Z][a-z]{2})[a-z]* ([0-9]{1,2}), ([0-9]{4}) ([0-9]{1,2})([0-9]{2}) ([AP]M)", text)
    if match is None:
        return None
    month, day, year, hour, minute, half = match.groups()
    try:
        return datetime.strptime(f"{month} {day} {year} {hour}:{minute} {half}", "%b %d %Y %I:%M %p")
    except ValueError:
        return None


def _brightspace_folder(parts, index, chapters, texts):
    match = BRIGHTSPACE_FOLDER.fullmatch(parts[index])
    return [_brightspace(match, "/".join(parts[index + 1 :]))] if match else []


def _brightspace_flat(name):
    match = BRIGHTSPACE_FLAT.fullmatch(name)
    return [_brightspace(match, match["file"])] if match else []


def _gradescope_folder(parts, index, chapters, texts):
    said = texts.gradescope(parts[:index]).get(parts[index])
    owners = said.get(":submitters") if isinstance(said, dict) else None
    found = []
    for owner in owners if isinstance(owners, list) else []:
        email, sid, name = (str(owner.get(key) or "").strip() for key in (":email", ":sid", ":name"))
        if user := email or sid or name:
            time = _aware(said.get(":created_at"))
            order = time.astimezone(UTC).strftime("%Y-%m-%d-%H-%M-%SZ") if time else ""
            iso = time.isoformat() if time else None
            found.append(Handed(user, "/".join(parts[index + 1 :]), user, order, time=iso, name=name or None))
    return found


def _aware(value):
    try:
        time = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _github_folder(parts, index, chapters, texts):
    folder = parts[index].lower()
    if "-" not in folder:
        return []
    slugs = [parts[index - 1][: -len("-submissions")]] if index and parts[index - 1].endswith("-submissions") else []
    slugs += sorted({c for name in chapters for c in (name, name.replace("_", "-"))}, key=len, reverse=True)
    for slug in slugs:
        match = re.fullmatch(rf"{re.escape(slug.lower())}-(?P<user>{GITHUB_USER})", folder, re.IGNORECASE)
        if slug and match:
            user, hint = match["user"], chapter_named(slug, chapters)
            return [Handed(user, "/".join(parts[index + 1 :]), user, "", hint=hint)]
    return []


def _google_flat(name):
    match = GOOGLE.fullmatch(name)
    return [Handed(match["name"].strip(), match["title"] + ".ipynb", None, "", name=match["name"])] if match else []


FOLDERS = {
    "Moodle": _moodle_folder,
    "Sakai": _sakai_folder,
    "Brightspace": _brightspace_folder,
    "Gradescope": _gradescope_folder,
    "GitHub Classroom": _github_folder,
}
FLAT = {
    "Moodle": _moodle_flat,
    "Blackboard": _blackboard,
    "Sakai": _sakai_flat,
    "Brightspace": _brightspace_flat,
    "Canvas": _canvas,
    "Google Classroom": _google_flat,
}


def chapter_named(text, chapters):
    """The chapter whose name is in a text, the longest of several; hyphens and spaces count as underscores."""
    text = re.sub(r"[\s-]", "_", text.lower())
    return next((name for name in sorted(chapters, key=len, reverse=True) if name in text), None)


class SystemsTexts:
    """The texts that systems add: read once, and only those that lie where the systems put them."""

    def __init__(self, files):
        self.by_parts = {file.parts: file for file in files if not is_notebook(file.leaf)}
        self.metadata, self.times = {}, {}

    def sakai_time(self, folder):
        if folder not in self.times:
            time = _aware(self._text((*folder, "timestamp.txt"), 100).strip().replace("Z", "+00:00") or None)
            self.times[folder] = time.isoformat() if time else None
        return self.times[folder]

    def gradescope(self, root):
        """The records of ``submission_metadata.yml`` in a folder, by submission."""
        if root not in self.metadata:
            try:
                records = yaml.load(self._text((*root, "submission_metadata.yml"), MAX_TEXT), _PlainLoader)
            except (yaml.YAMLError, ValueError, RecursionError):
                records = None
            self.metadata[root] = records if isinstance(records, dict) else {}
        return self.metadata[root]

    def _text(self, parts, limit):
        file = self.by_parts.get(parts)
        try:
            return file.read(limit).decode("utf-8-sig", "replace") if file else ""
        except Unreadable:
            return ""


class _PlainLoader(yaml.SafeLoader):
    """Plain values only; Ruby's own tags are passed over."""


def _untagged(loader, suffix, node):
    kind = {yaml.MappingNode: partial(loader.construct_mapping, deep=True), yaml.ScalarNode: loader.construct_scalar}
    return kind.get(type(node), partial(loader.construct_sequence, deep=True))(node)


_PlainLoader.add_multi_constructor("!ruby/", _untagged)


# ------------------------------------------------------------------------------------- what names leave open
def _doubtful_in_canvas(download):
    """Take out names with one number more, which may be another student's whose name ends with a number.

    ``ada_1_22_333_x`` is Ada (1), who handed in ``333_x``, or ``ada_1`` (22), who handed in ``x``. The first reading
    holds, unless it claims the name of somebody who has another file, and the second is as likely.
    """
    sure, doubtful = {}, []
    for name, (handed, *_) in download.handed.items():
        further = re.match(r"([0-9]+)_.", handed.file)
        if further:
            doubtful.append((name, handed, int(further[1])))
        else:
            sure.setdefault(handed.student, []).append(int(handed.order))
    ids = [number for numbers in sure.values() for number in numbers if number]
    for name, handed, other_id in doubtful:
        likely = not ids or min(ids) / 100 <= other_id <= max(ids) * 100
        if handed.student in sure and likely:
            del download.handed[name]
            download.odd[name] = (
                f"its name can be {handed.student}'s, or of a student whose name ends with a number: look whose it is, "
                "and give it alone, in STUDENT/CHAPTER/"
            )


def _doubtful_in_google(download):
    """Take out files in one student's name for one thing: students can rename their copies."""
    counts = Counter((handed[0].student, handed[0].file) for handed in download.handed.values())
    for name, handed in list(download.handed.items()):
        if counts[handed[0].student, handed[0].file] > 1:
            del download.handed[name]
            download.odd[name] = (
                f"several files are named as {handed[0].student}'s, and students can rename them in Google Classroom: "
                "look whose they are, and give them in STUDENT/CHAPTER/"
            )


def _blackboard_users(download, files):
    """Put the user name instead of ASSIGNMENT_USERNAME; both may have underscores, so the receipts are asked first."""
    owners = {handed.student for found in download.handed.values() for handed in found}
    users = {}
    for file in files:
        match = BLACKBOARD.match(file.leaf)
        if file.name in download.own and match:
            users.setdefault(match["owner"], _named_in(file, match["owner"]))
    shared = os.path.commonprefix(sorted(owners)) if len(owners) > 1 else ""
    shared = shared[: shared.rfind("_") + 1]
    for name, found in download.handed.items():
        owner = found[0].student
        user, full = users.get(owner) or (owner[len(shared) :] if shared else owner.rpartition("_")[2], None)
        download.handed[name] = [replace(found[0], student=user, user=user, name=full)]


def _named_in(receipt, owner):
    """(user name, full name) in a receipt's first line, if the file's name ends with that user name."""
    try:
        line = receipt.read().decode("utf-8-sig", "replace").lstrip().partition("\n")[0]
    except Unreadable:
        return None
    match = re.fullmatch(r"[^:]*:\s*(.*)\(([^()]+)\)\s*", line)
    return (match[2], match[1].strip()) if match and owner.endswith(f"_{match[2]}") else None


def _empty_folders(download, folders, accepted, chapters, texts):
    """Students whose folder is there and has no file in it."""
    have = {handed.student for found in download.handed.values() for handed in found}
    for parts in folders:
        system = accepted.get(parts[:-1]) if parts else None
        probe = (*parts, SAKAI_FOLDER, "x") if system == "Sakai" else (*parts, "x")
        if system in FOLDERS:
            for handed in FOLDERS[system](probe, len(parts) - 1, chapters, texts):
                if handed and handed.student not in have:
                    have.add(handed.student)
                    download.empty.append(handed)


# --------------------------------------------------------------------------------------- the order of attempts
def _order_attempts(files, download):
    """Give every file the order of its attempt; without a time from the system, files that came together are one."""
    changed = {file.name: file.changed for file in files}
    latest = {}
    for name, found in download.handed.items():
        for handed in found:
            key = (download.roots[name], handed.student, handed.late)
            if "-" not in handed.order:
                own = handed.order or changed[name].strftime("%Y%m%dT%H%M%SZ")
                latest[key] = max(latest.get(key, own), own, key=order_key)
    for name, found in download.handed.items():
        download.handed[name] = [
            handed
            if "-" in handed.order
            else replace(handed, order=latest[download.roots[name], handed.student, handed.late])
            for handed in found
        ]


def order_key(order):
    """What sorts attempts: Canvas's number of a file, or an aware time.

    A time is ``2026-01-31-10-15-00`` (as the system writes it, taken as the time here), with a Z in UTC, or
    ``20260131T101500Z`` (when the file was changed).
    """
    for form in ("%Y-%m-%d-%H-%M-%SZ", "%Y%m%dT%H%M%SZ"):
        try:
            return (1, datetime.strptime(order, form).replace(tzinfo=UTC).timestamp())
        except ValueError:
            pass
    try:
        return (1, datetime.strptime(order, "%Y-%m-%d-%H-%M-%S").astimezone(UTC).timestamp())
    except (ValueError, OverflowError, OSError):
        return (0, int(order)) if order.isdecimal() else (-1, 0)


def attempt_name(handed):
    """The start of the name under which an attempt is kept: what `parse_attempt` reads."""
    return f"{handed.order}_{'LATE_' if handed.late else ''}"


def parse_attempt(name):
    """(order, late, time, file) that a kept attempt's name says."""
    order, _, rest = name.partition("_")
    late = rest.startswith("LATE_")
    time = None
    if match := re.fullmatch(r"(\d{4}-\d\d-\d\d)-(\d\d)-(\d\d)-(\d\d)(Z?)", order):
        time = f"{match[1]}T{match[2]}:{match[3]}:{match[4]}{'+00:00' if match[5] else ''}"
    return order, late, time, rest.removeprefix("LATE_") if late else rest
