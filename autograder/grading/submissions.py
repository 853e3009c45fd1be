"""Finding submissions in a folder, in a zip file of one, or in a notebook alone.

The usual layout is ``STUDENT/CHAPTER/CHAPTER.ipynb``; a renamed notebook, a folder around it all or a missing
chapter folder are understood, and so are the downloads of learning management systems (`lms`). Who the owner is comes
from the parts of a path that the owner did not write. What cannot be taken is a `Submission` with a ``problem``, never
an exception; what is not used has its reason.
"""

import csv
import io
import re
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import printable
from ..exercises import CHAPTERS
from . import lms
from .chapter import chapter_of
from .files import File, SubmissionsError, is_notebook, is_zip, list_files, parts_of
from .lms import chapter_named, without_zip
from .names import clean_name, distinct_names
from .people import with_people
from .reading import Unreadable, read_notebook
from .results import guarded, write_atomically

MAX_NOTEBOOKS = 5  # of one student and chapter: more are a sign that a folder was taken for a student's
VERSION = re.compile(r"(v(ersion)?)?[\W_]*\d*|(the[\W_]*)?(final|copy|old|new|draft|my|solutions?|answers?|homework)")
NOT_SUBMITTED = ("source", "release", "autograded", "feedback")  # folders of a course next to that of the submissions
OF_A_COURSE = ("nbgrader_config.py", "gradebook.db", "results.jsonl")


@dataclass(frozen=True)
class Submission:
    """One student's work on one chapter. ``file`` is None if there is a folder and no notebook in it.

    handed: what the learning management system says of it. attempts: all that it has of it, (`lms.Handed`, `File`).
    """

    student: str
    chapter: str
    file: File | None = None
    problem: str | None = None
    note: str | None = None
    handed: lms.Handed | None = None
    attempts: tuple = ()


@dataclass(frozen=True)
class Found:
    """What a source holds: its submissions, and (owner, file's name, reason) of each file that is not used.

    strangers: names of students whom a roster does not have.
    """

    submissions: list
    unused: list
    strangers: tuple = ()


@dataclass(frozen=True)
class Candidate:
    """A notebook that may be a student's work on a chapter."""

    owner: str  # as it was written
    chapter: str
    file: File
    problem: str | None = None
    handed: lms.Handed | None = None


def find_submissions(source, chapters, known=()):
    """The submissions in ``source``, in order of student and chapter; see `collect`."""
    return collect(source, chapters, known).submissions


def collect(source, chapters, known=(), people=None):
    """What is in ``source``, a folder, a zip file or a notebook: `Found`.

    known: names of students of earlier runs, which stay theirs. people: the `People` of the class, who each get a line
    for every chapter that is in the source, and under whose names their submissions are. `SubmissionsError` if there is
    nothing to grade, or if it is not clear what is whose.
    """
    source = Path(source)
    if not source.exists():
        raise SubmissionsError(f"{source} does not exist: give the folder, or the zip file, of the submissions")
    _refuse_course(source)
    files, folders = list_files(source)
    try:
        download = lms.recognize(files, folders, chapters, known)
    except SubmissionsError as error:
        raise SubmissionsError(f"{source}: {error}") from None
    submissions, unused = _of_systems(files, download, chapters)
    rest = [f for f in files if f.name not in download.handed and f.name not in download.own]
    odd = [file for file in rest if file.name in download.odd]
    submissions += [_odd_one(file, download.odd[file.name], chapters) for file in odd if _is_work(file)]
    unused += [("", file.name, download.odd[file.name]) for file in odd if not _is_work(file)]
    own, not_used = _of_folders([f for f in rest if f.name not in download.odd], folders, chapters, source, download)
    submissions, unused = submissions + own, unused + not_used
    if not submissions:
        raise SubmissionsError(
            f"{source} holds no notebooks; expected STUDENT/CHAPTER/CHAPTER.ipynb with chapters {', '.join(chapters)}"
        )
    strangers = ()
    if people:
        submissions, strangers = with_people(submissions, people)
        submissions += _absent(submissions, people, chapters)
    unused = sorted((clean_name(owner) if owner else "", name, reason) for owner, name, reason in unused)
    return Found(sorted(_named(submissions, known), key=lambda s: (s.student, s.chapter)), unused, tuple(strangers))


def _absent(submissions, people, chapters):
    """A line for everybody in the class who has handed in nothing for a chapter that others have."""
    have = {(s.student, s.chapter) for s in submissions}
    graded = {s.chapter for s in submissions} & set(chapters)
    return [Submission(p, chapter) for chapter in graded for p in people.persons if (p, chapter) not in have]


def write_unused(path, unused):
    """``unused.csv``: a line for each file that was handed in and is not used, with the reason."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("student", "file", "reason"))
    table.writerows([guarded(printable(cell)) for cell in line] for line in unused)
    write_atomically(path, text.getvalue())


def files_of(student, source):
    """Paths of all the notebooks in a folder that are a student's, those too that are not the ones graded."""
    files, _ = list_files(source)
    works = [file for file in files if is_notebook(file.leaf) and not file.members]
    students = student_folders([file.parts for file in works], CHAPTERS)
    classes = _class_folders(works, students)
    owners = {file.path: _place(file.parts, CHAPTERS, students, classes)[0] for file in works}
    return [Path(path) for path, owner in owners.items() if clean_name(owner) == student]


def _refuse_course(source):
    """`SubmissionsError` for a course, or for a graded folder: most of the notebooks in it were not handed in."""
    if not source.is_dir() or not any((source / name).exists() for name in OF_A_COURSE):
        return
    if (source / "submitted").is_dir():
        raise SubmissionsError(f"{source} is a course, with notebooks of its own: give {source / 'submitted'}")
    if any((source / name).is_dir() for name in NOT_SUBMITTED):
        raise SubmissionsError(f"{source} is a folder that was graded into: give the folder of what was handed in")


def _is_work(file):
    """Whether somebody may have meant the file to be graded: then it gets a line of its own."""
    return is_notebook(file.leaf) or is_zip(file.leaf)


# ------------------------------------------------------------------------------------- folders and plain names
def _of_folders(files, folders, chapters, source, download):
    """(submissions, unused) of files whose place says whose they are."""
    works = [file for file in files if _is_work(file)]
    students = student_folders([*(f.parts for f in works), *((*parts, "") for parts in folders)], chapters)
    classes = _class_folders(works, students)
    candidates, unused = [], []
    for file in files:
        is_chapter = file.problem is not None and file.leaf.lower() in chapters  # a link in the place of the folder
        owner, chapter = _place((*file.parts, "") if is_chapter else file.parts, chapters, students, classes)
        if not _is_work(file) and not (is_chapter and len(file.parts) > 1):
            owner = owner if len(file.parts) > 1 else ""
            unused.append((owner, file.name, file.problem or "it is not a notebook"))
            continue
        problem = file.problem
        if chapter is None:
            chapter, problem = _chapter_inside(file, chapters)
        candidates.append(Candidate(owner, chapter or "unknown", file, problem))
    _refuse_crowds(candidates)
    submissions = _choose(candidates, unused, source)
    found = {(s.student, s.chapter) for s in submissions}
    for parts in () if download.systems else folders:
        depth = _depth((*parts, ""), students)
        if depth is not None and len(parts) == depth + 2 and parts[-1].lower() in chapters:
            place = (without_zip(parts[depth]), parts[-1].lower())
            if place not in found:
                submissions.append(Submission(*place))
                found.add(place)
    return submissions, unused


def student_folders(paths, chapters):
    """The folders that are a student's each, as parts of their paths.

    From the outside in: in a folder of students most folders have a chapter's folder or a notebook in them. Then all
    are students', and whatever is in one of them, named by its student, is that student's. Else they are folders
    around students'.
    """
    found = set()
    _find_students((), [parts for parts in paths if len(parts) > 1], chapters, found)
    return found


def _find_students(prefix, paths, chapters, found):
    depth, children = len(prefix), {}
    for parts in paths:
        if len(parts) > depth + 1:
            children.setdefault(parts[depth], []).append(parts)
    certain = {name for name, own in children.items() if _is_students(name, own, depth, chapters)}
    every = certain and 2 * len(certain) >= len([name for name in children if name.lower() not in chapters])
    for name, own in children.items():
        if name in certain or (every and name.lower() not in chapters):
            found.add((*prefix, name))
        else:
            _find_students((*prefix, name), own, chapters, found)


def _is_students(name, own, depth, chapters):
    """Whether a folder has a chapter's folder in it, or a notebook; one named as a chapter holds students' folders."""
    has_chapter = any(len(p) > depth + 2 and without_zip(p[depth + 1]).lower() in chapters for p in own)
    return has_chapter or (name.lower() not in chapters and any(len(p) == depth + 2 and p[-1] for p in own))


def _depth(parts, students):
    """The place of the student's folder among the parts of a path, or None."""
    return next((n - 1 for n in range(1, len(parts)) if parts[:n] in students), None)


def _place(parts, chapters, students, classes):
    """(owner, chapter or None) that a file's place says."""
    stem = re.sub(r"\.(ipynb.*|zip)$", "", parts[-1], flags=re.IGNORECASE | re.DOTALL)
    depth = _depth(parts, students)
    by_folder = () if depth is None else (without_zip(part).lower() for part in parts[depth + 1 : -1])
    chapter = next((part for part in by_folder if part in chapters), None) or chapter_named(stem, chapters)
    if depth is not None and parts[: depth + 1] not in classes:
        return without_zip(parts[depth]), chapter
    return _rest(stem, chapter) or "unnamed", chapter


def _rest(stem, chapter):
    """What a file's name says besides the chapter."""
    if chapter:
        stem = re.sub(chapter.replace("_", r"[\s_-]"), "", stem, flags=re.IGNORECASE)
    return re.sub(r"\s*(\(\d+\)|-\d+)$", "", stem).strip(" _-.()") if chapter else stem.strip(" _-.()")


def _class_folders(works, students):
    """Students' folders that hold a whole class instead, each notebook named after its student.

    Such a folder is the only one, and has notebooks only; names in it are a chapter's with something else that differs
    from file to file and is not a version's.
    """
    places = {file.parts[:-1] for file in works if len(file.parts) > 1}
    if len(places) != 1 or not places <= students:
        return set()
    names = set()
    for file in works:
        stem = re.sub(r"\.ipynb.*$", "", file.leaf, flags=re.IGNORECASE | re.DOTALL)
        chapter = chapter_named(stem, CHAPTERS)
        rest = _rest(stem, chapter).casefold() if chapter else ""
        if rest and not VERSION.fullmatch(rest):
            names.add(rest)
    return places if len(names) > 1 else set()


def _refuse_crowds(candidates):
    """`SubmissionsError` if one "student" has more notebooks of a chapter than one person hands in."""
    crowds = {}
    for candidate in candidates:
        if is_notebook(candidate.file.leaf):
            crowds.setdefault((candidate.owner, candidate.chapter), []).append(candidate.file)
    for (owner, chapter), files in crowds.items():
        named = any(rank(file.leaf, chapter) == 2 for file in files)
        if len(files) > MAX_NOTEBOOKS and not named:
            first = printable(files[0].name)
            raise SubmissionsError(
                f"{printable(owner)!r} would be a student with {len(files)} notebooks of {chapter} (as {first}): "
                "give each student a folder, STUDENT/CHAPTER/CHAPTER.ipynb, or remove what is not to be graded"
            )


def _choose(candidates, unused, source):
    """One submission for each owner and chapter: the usual name first, then its copies, then the newest file."""
    groups = {}
    for candidate in candidates:
        groups.setdefault((candidate.owner, candidate.chapter), []).append(candidate)
    submissions = []
    for (owner, chapter), group in groups.items():
        group.sort(key=lambda c: (c.problem is None, rank(c.file.leaf, chapter), c.file.changed))
        *others, best = group
        note = None
        if others:
            note = f"{len(group)} notebooks were handed in, {printable(best.file.name)} is graded"
            unused += [(owner, c.file.name, c.problem or f"{best.file.name} is graded") for c in others]
        collected = _collected(owner, best.file, source)
        submissions.append(Submission(owner, chapter, best.file, best.problem, note, collected))
    return submissions


def rank(leaf, chapter):
    """2 for a chapter's own name, 1 for a copy of it (``-1``, ``(1)``, ``copy``), 0 for any other."""
    stem = re.sub(r"\.ipynb.*$", "", leaf, flags=re.IGNORECASE | re.DOTALL).lower()
    if stem == chapter:
        return 2
    return int(re.fullmatch(re.escape(chapter) + r"[\s_-]*(copy)?[\s_-]*(\d+|\(\d+\))?", stem) is not None)


def _collected(owner, file, source):
    """When the file was handed in, if ``nbgrader collect`` put it there with its ``timestamp.txt``; else None.

    nbgrader writes that file into ``submitted/STUDENT/CHAPTER/`` of a course; anywhere else it may be the student's.
    """
    if file.members or source.name != "submitted" or not (source.parent / "nbgrader_config.py").is_file():
        return None
    if len(file.parts) < 3:
        return None
    path = source.joinpath(*file.parts[:2], "timestamp.txt")
    if path.is_symlink() or not path.is_file():
        return None
    from nbgrader.utils import parse_utc  # slow to import, and only nbgrader's exchange writes such files

    try:
        time = parse_utc(path.read_text(encoding="utf-8")[:100].strip())
    except (OSError, ValueError, OverflowError):  # not nbgrader's
        return None
    return lms.Handed(owner, file.name, user=None, order="", time=time.isoformat())


# ----------------------------------------------------------------------------------------- downloads of systems
def _of_systems(files, download, chapters):
    """(submissions, unused) of a download: the latest attempt of each student and chapter; all are kept."""
    candidates, others = {}, {}
    for file in files:
        for handed in download.handed.get(file.name, ()):
            if not _is_work(file):
                others.setdefault(handed.student, []).append((handed, file))
                continue
            leaf = parts_of(handed.file)[-1]
            chapter, problem = chapter_named(leaf, chapters) or handed.hint, None
            if chapter is None:
                chapter, problem = _chapter_inside(file, chapters, by_content=True)
            candidate = Candidate(handed.student, chapter or "unknown", file, problem or file.problem, handed)
            candidates.setdefault((handed.student, candidate.chapter), []).append(candidate)
    submissions = [_latest(owner, chapter, group) for (owner, chapter), group in candidates.items()]
    passed_over = _passed_over(candidates, submissions)
    unused = [(c.owner, c.file.name, "another notebook of the attempt is graded") for c in passed_over]
    chapters_found = {submission.chapter for submission in submissions} - {"unknown"}
    chapter = chapters_found.pop() if len(chapters_found) == 1 else "unknown"
    have = {submission.student for submission in submissions}
    for owner, found in others.items():
        if owner in have:
            unused += [(owner, file.name, "it is not a notebook") for _, file in found]
        else:
            submissions.append(_without_notebook(owner, chapter, found))
    submissions += [
        Submission(h.student, chapter, handed=h) for h in download.empty if h.student not in {*have, *others}
    ]
    return submissions, unused


def _latest(owner, chapter, group):
    """The submission of one student and chapter: the best notebook of the latest attempt."""
    orders = sorted({candidate.handed.order for candidate in group}, key=lms.order_key)
    attempt = [candidate for candidate in group if candidate.handed.order == orders[-1]]
    attempt.sort(
        key=lambda c: (c.problem is None, rank(parts_of(c.handed.file)[-1], chapter), c.file.changed, c.file.name)
    )
    best, problem, notes = attempt[-1], attempt[-1].problem, []
    if len(orders) > 1:
        notes.append(f"{len(orders)} attempts were handed in, the latest is graded")
    if len(attempt) > 1:
        notes.append(f"{len(attempt)} notebooks were handed in, {printable(best.handed.file)} is graded")
    if len(attempt) > MAX_NOTEBOOKS:
        problem = f"{len(attempt)} notebooks of {chapter} were handed in at once: hand in one, named {chapter}.ipynb"
    kept = tuple((candidate.handed, candidate.file) for candidate in group)
    return Submission(owner, chapter, best.file, problem, "; ".join(notes) or None, best.handed, kept)


def _passed_over(candidates, submissions):
    best = {(s.student, s.chapter): s for s in submissions}
    for (owner, chapter), group in candidates.items():
        chosen = best[owner, chapter]
        yield from (c for c in group if c.handed.order == chosen.handed.order and c.file is not chosen.file)


def _without_notebook(owner, chapter, found):
    """The line of a student who handed in something, and no notebook."""
    handed, file = found[0]
    names = ", ".join(printable(handed.file) for handed, _ in found[:3])
    return Submission(owner, chapter, file, f"{names} is not a notebook: hand in the .ipynb file itself", handed=handed)


def _odd_one(file, reason, chapters):
    """The line of a notebook in a download that is nobody's."""
    stem = re.sub(r"\.(ipynb.*|zip)$", "", file.leaf, flags=re.IGNORECASE | re.DOTALL) or "unnamed"
    return Submission(stem, chapter_named(stem, chapters) or "unknown", file, f"{printable(file.name)}: {reason}")


def _chapter_inside(file, chapters, by_content=False):
    """(chapter, problem): the chapter that a notebook's own metadata name, if it is one of the course.

    by_content: also the one whose functions it defines.
    """
    try:
        reading = read_notebook(file.read())
        chapter = chapter_of(reading, "") if by_content else reading.chapter
    except Unreadable as error:
        return None, str(error)
    if chapter not in chapters:
        return None, f"it is not clear which chapter {printable(file.name)} belongs to: name it CHAPTER.ipynb"
    return chapter, None


# ------------------------------------------------------------------------------------------------------- names
def _named(submissions, known):
    """The submissions with each owner's name as it can stand in a path, unique."""
    owners = {}
    for submission in submissions:
        owners.setdefault(submission.student, set()).add(submission.chapter)
    names = distinct_names(owners, known)
    found = {}
    for submission in submissions:
        key = (names[submission.student], submission.chapter)
        other = found.get(key)
        if other is not None and (other.problem is None or submission.problem is not None):
            key = (key[0] + "~2", key[1])  # an odd file with the name of somebody who has one
        elif other is not None:
            found[key[0] + "~2", key[1]] = replace(other, student=key[0] + "~2")
        found[key] = replace(submission, student=key[0])
    return list(found.values())
