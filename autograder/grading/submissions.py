"""Finding submissions in a folder or in a zip file of one.

The usual layout is ``STUDENT/CHAPTER/CHAPTER.ipynb``; a renamed notebook, a folder around it all or a missing
chapter folder are understood, and so are the downloads of Canvas, Moodle and Blackboard (`lms`). What cannot be taken
is a `Submission` with a ``problem``, never an exception.
"""

import os
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nbgrader.utils import parse_utc

from ..exercises import CHAPTERS
from . import lms
from .check import chapter_of
from .reading import MAX_BYTES, Unreadable, read_notebook

IGNORED = {".ipynb_checkpoints", "__MACOSX", "checks", "bookdata", "bookdraw", ".git", "__pycache__"}
MAX_TOTAL = 20_000_000_000
MAX_NAME = 200  # bytes: file systems take 255, and files get endings
UNSAFE = re.compile(r'[\x00-\x1f<>:"/\\|?*]')


class SubmissionsError(Exception):
    """The whole of what was handed over cannot be used: the message says what to do."""


@dataclass(frozen=True)
class File:
    """One notebook file: a path, or a member of a zip archive."""

    name: str
    size: int
    changed: float
    path: str = None
    archive: str = None
    problem: str = None

    def read(self):
        """The file's bytes; `Unreadable` where they cannot be had."""
        if self.problem:
            raise Unreadable(self.problem)
        if self.size > MAX_BYTES:
            raise Unreadable(f"the file has {self.size / 1e6:.0f} MB, at most {MAX_BYTES / 1e6:.0f} are read")
        try:
            if self.archive:
                with zipfile.ZipFile(self.archive) as archive, archive.open(self.name) as member:
                    data = member.read(MAX_BYTES + 1)
            else:
                with open(self.path, "rb") as file:
                    data = file.read(MAX_BYTES + 1)
        except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError) as error:
            raise Unreadable(f"the file cannot be read ({error})") from None
        except Exception as error:
            raise Unreadable(f"the file cannot be unpacked ({error})") from None
        if len(data) > MAX_BYTES:
            raise Unreadable(f"the file has over {MAX_BYTES / 1e6:.0f} MB")
        return data


@dataclass(frozen=True)
class Submission:
    """One student's work on one chapter. ``file`` is None where there is a folder and no notebook in it.

    handed: what the learning management system says of it. attempts: all that it has of it, (`lms.Handed`, `File`).
    """

    student: str
    chapter: str
    file: File = None
    problem: str = None
    note: str = None
    handed: lms.Handed = None
    attempts: tuple = ()


def find_submissions(source, chapters):
    """The submissions in ``source``, a folder or a zip file, in order of student and chapter.

    Raises `SubmissionsError` where there is nothing to grade.
    """
    source = Path(source)
    if not source.exists():
        raise SubmissionsError(f"{source} does not exist: give the folder, or the zip file, of the submissions")
    files_of_source = _files_of_folder if source.is_dir() else _files_of_zip
    files, folders = files_of_source(source)
    handed = lms.recognise(files, lambda: files_of_source(source, lms.is_receipt)[0])
    if handed:
        submissions = _choose_attempts(handed, files, chapters)
        others = files_of_source(source, lambda name: not (_is_notebook(name) or lms.is_receipt(name)))[0]
        submissions += _without_notebook(lms.recognise(others, tuple), others, submissions)
        files = [file for file in files if file.name not in handed]
        folders = []
    else:
        submissions = []
    placed = [(_place(file, chapters), file) for file in files]
    submissions += _choose(placed, chapters)
    found = {(s.student, s.chapter) for s in submissions}
    for parts in folders:
        if len(parts) >= 2 and parts[-1].lower() in chapters:
            student, chapter = _owner(parts, chapters)
            if (student, chapter) not in found:
                submissions.append(Submission(student, chapter))
                found.add((student, chapter))
    if not submissions:
        raise SubmissionsError(
            f"{source} holds no notebooks; expected STUDENT/CHAPTER/CHAPTER.ipynb with chapters {', '.join(chapters)}"
        )
    return sorted(submissions, key=lambda s: (s.student, s.chapter))


def files_of(student, source):
    """Paths of all the notebooks in a folder that are a student's, those too that are not the ones graded."""
    files, _ = _files_of_folder(Path(source))
    return [Path(file.path) for file in files if _place(file, CHAPTERS)[0] == student]


def _files_of_folder(source, wanted=None):
    wanted = wanted or _is_notebook
    files, folders = [], []
    for root, names, leaves in os.walk(source, followlinks=False):
        names[:] = sorted(name for name in names if not _is_ignored(name))
        relative = Path(root).relative_to(source)
        folders.append(relative.parts)
        for leaf in sorted(leaves):
            path = Path(root) / leaf
            if not wanted(leaf):
                continue
            problem = None
            if path.is_symlink():
                problem = "it is a link, not a file: hand in the notebook itself"
            elif not path.is_file():
                problem = "it is no ordinary file"
            info = path.lstat()
            files.append(File(str(relative / leaf), info.st_size, info.st_mtime, path=str(path), problem=problem))
    return files, folders


def _files_of_zip(source, wanted=None):
    wanted = wanted or _is_notebook
    try:
        with zipfile.ZipFile(source) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise SubmissionsError(f"{source} is not a zip file that can be read ({error})") from None
    files, folders, total = [], set(), 0
    for member in members:
        name = member.filename.replace("\\", "/")
        path = PurePosixPath(name)
        above = path.parts if member.is_dir() else path.parts[:-1]
        kept = next((i for i, part in enumerate(above) if _is_ignored(part)), len(above))
        folders.update(above[:depth] for depth in range(1, kept + 1))
        if kept < len(above):
            continue
        if member.is_dir() or not wanted(path.name):
            continue
        problem = None
        if path.is_absolute() or ".." in path.parts:
            problem = "its place in the zip file leads out of it"
        elif (member.external_attr >> 16) & 0o170000 == 0o120000:
            problem = "it is a link, not a file: hand in the notebook itself"
        elif member.flag_bits & 1:
            problem = "it is encrypted: pack it without a password"
        elif member.file_size > 1000 * max(1, member.compress_size) and member.file_size > 1_000_000:
            problem = "it unpacks to over a thousand times its size, as no notebook does"
        total += member.file_size
        if total > MAX_TOTAL:
            raise SubmissionsError(f"{source} unpacks to over {MAX_TOTAL / 1e9:.0f} GB")
        changed = float("".join(f"{part:02d}" for part in member.date_time))
        files.append(File(member.filename, member.file_size, changed, archive=str(source), problem=problem))
    return files, sorted(folders)


def _is_ignored(folder):
    return folder in IGNORED or (folder.startswith(".") and folder not in (".", ".."))


def _is_notebook(name):
    return name.lower().endswith((".ipynb", ".ipynb.txt", ".ipynb.json")) and not name.startswith((".", "~"))


def _place(file, chapters):
    """(student, chapter or None) that a file's place says."""
    parts = [part for part in PurePosixPath(file.name.replace("\\", "/")).parts if part not in ("/", "..", ".")]
    stem = re.sub(r"\.ipynb.*$", "", parts[-1], flags=re.IGNORECASE)
    owner = _owner(parts[:-1], chapters)
    if owner:
        return owner
    chapter = next((name for name in sorted(chapters, key=len, reverse=True) if name in stem.lower()), None)
    if len(parts) > 1:
        return clean_name(parts[-2]), chapter
    student = re.sub(re.escape(chapter), "", stem, flags=re.IGNORECASE) if chapter else stem
    return clean_name(student.strip(" _-.()") or "unnamed"), chapter


def _owner(folders, chapters):
    """(student, chapter) of the outermost chapter folder that lies in a student's folder, or None."""
    for index in range(1, len(folders)):
        if folders[index].lower() in chapters:
            return clean_name(folders[index - 1]), folders[index].lower()
    return None


def clean_name(name):
    """A student's name as it can stand in a path: any script, spaces too, but nothing that means something there."""
    name = UNSAFE.sub("_", unicodedata.normalize("NFC", name)).strip()
    name = name.encode("utf-8", "replace")[:MAX_NAME].decode("utf-8", "ignore").strip()
    return "_" + name.lstrip(".") if name.startswith(".") or not name else name


def _choose(placed, chapters):
    """One submission for each student and chapter: the usual name first, then the newest file."""
    groups = {}
    for (student, chapter), file in placed:
        problem = None
        if chapter is None:
            chapter, problem = _chapter_inside(file, chapters)
        groups.setdefault((student, chapter or "unknown"), []).append((file, problem))
    submissions = []
    for (student, chapter), candidates in groups.items():
        candidates.sort(key=lambda item: (PurePosixPath(item[0].name).stem == chapter, item[0].changed))
        file, problem = candidates[-1]
        note = f"{len(candidates)} notebooks were handed in, {file.name} is graded" if len(candidates) > 1 else None
        submissions.append(Submission(student, chapter, file, problem, note, _collected(student, file)))
    return submissions


def _collected(student, file):
    """When the file was handed in, if ``nbgrader collect`` put it there with its ``timestamp.txt``; else None."""
    path = Path(file.path).with_name("timestamp.txt") if file.path else None
    if path is None or path.is_symlink() or not path.is_file():
        return None
    try:
        time = parse_utc(path.read_text(encoding="utf-8")[:100].strip())
    except (OSError, ValueError, OverflowError):  # not nbgrader's
        return None
    return lms.Handed(student, file.name, user=None, order="", time=time.isoformat())


def _choose_attempts(handed, files, chapters):
    """One submission for each student and chapter of a system's download: the latest attempt; all are kept."""
    groups = {}
    for file in (file for file in files if file.name in handed):
        said, problem = handed[file.name], None
        stem = said.file.lower()
        chapter = next((name for name in sorted(chapters, key=len, reverse=True) if name in stem), None)
        if chapter is None:
            chapter, problem = _chapter_inside(file, chapters, by_content=True)
        groups.setdefault((clean_name(said.student), chapter or "unknown"), []).append((said, file, problem))
    submissions = []
    for (student, chapter), attempts in groups.items():
        attempts.sort(key=lambda attempt: (attempt[0].order, PurePosixPath(attempt[0].file).stem == chapter))
        said, file, problem = attempts[-1]
        note = f"{len(attempts)} attempts were handed in, the latest is graded" if len(attempts) > 1 else None
        kept = tuple((said, file) for said, file, _ in attempts)
        submissions.append(Submission(student, chapter, file, problem, note, said, kept))
    return submissions


def _without_notebook(handed, others, submissions):
    """Submissions of students who handed in something, and no notebook."""
    have = {submission.student for submission in submissions}
    chapters = {submission.chapter for submission in submissions} - {"unknown"}
    chapter = chapters.pop() if len(chapters) == 1 else "unknown"
    found = {}
    for file in (file for file in others if file.name in handed):
        said = handed[file.name]
        student = clean_name(said.student)
        if student not in have:
            problem = f"{said.file} is not a notebook: hand in the .ipynb file itself"
            found[student] = Submission(student, chapter, file, problem, handed=said)
    return list(found.values())


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
        return None, f"it is not clear which chapter {file.name} belongs to: name it CHAPTER.ipynb"
    return chapter, None
