"""Finding submissions in a folder or in a zip file of one.

The usual layout is ``STUDENT/CHAPTER/CHAPTER.ipynb``; a renamed notebook, a folder around it all or a missing
chapter folder are understood. What cannot be taken is a `Submission` with a ``problem``, never an exception.
"""

import os
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from .reading import MAX_BYTES, Unreadable, read_notebook

IGNORED = {".ipynb_checkpoints", "__MACOSX", "checks", "bookdata", ".git", "__pycache__"}
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
    """One student's work on one chapter. ``file`` is None where there is a folder and no notebook in it."""

    student: str
    chapter: str
    file: File = None
    problem: str = None
    note: str = None


def find_submissions(source, chapters):
    """The submissions in ``source``, a folder or a zip file, in order of student and chapter.

    Raises `SubmissionsError` where there is nothing to grade.
    """
    source = Path(source)
    if not source.exists():
        raise SubmissionsError(f"{source} does not exist: give the folder, or the zip file, of the submissions")
    if source.is_dir():
        files, folders = _files_of_folder(source)
    else:
        files, folders = _files_of_zip(source)
    placed = [(_place(file, chapters), file) for file in files]
    submissions = _choose(placed, chapters)
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


def _files_of_folder(source):
    files, folders = [], []
    for root, names, leaves in os.walk(source, followlinks=False):
        names[:] = sorted(name for name in names if not _is_ignored(name))
        relative = Path(root).relative_to(source)
        folders.append(relative.parts)
        for leaf in sorted(leaves):
            path = Path(root) / leaf
            if not _is_notebook(leaf):
                continue
            problem = None
            if path.is_symlink():
                problem = "it is a link, not a file: hand in the notebook itself"
            elif not path.is_file():
                problem = "it is no ordinary file"
            info = path.lstat()
            files.append(File(str(relative / leaf), info.st_size, info.st_mtime, path=str(path), problem=problem))
    return files, folders


def _files_of_zip(source):
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
        if member.is_dir() or not _is_notebook(path.name):
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
        return _clean(parts[-2]), chapter
    student = re.sub(re.escape(chapter), "", stem, flags=re.IGNORECASE) if chapter else stem
    return _clean(student.strip(" _-.()") or "unnamed"), chapter


def _owner(folders, chapters):
    """(student, chapter) of the outermost chapter folder that lies in a student's folder, or None."""
    for index in range(1, len(folders)):
        if folders[index].lower() in chapters:
            return _clean(folders[index - 1]), folders[index].lower()
    return None


def _clean(name):
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
        submissions.append(Submission(student, chapter, file, problem, note))
    return submissions


def _chapter_inside(file, chapters):
    """(chapter, problem): the chapter that a notebook's own metadata name, if it is one of the course."""
    try:
        chapter = read_notebook(file.read()).chapter
    except Unreadable as error:
        return None, str(error)
    if chapter not in chapters:
        return None, f"it is not clear which chapter {file.name} belongs to: name it CHAPTER.ipynb"
    return chapter, None
