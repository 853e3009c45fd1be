"""The files of what was handed over: of a folder or of a zip file, those in zip files within it too.

A zip file is listed like a folder of its name. What cannot be taken is a `File` with a ``problem``.
"""

import io
import os
import stat
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath

from ..errors import UserError
from .reading import MAX_BYTES, Unreadable

IGNORED = {".ipynb_checkpoints", "__MACOSX", "checks", "bookdata", "bookdraw", ".git", "__pycache__"}
LEFTOVERS = {"thumbs.db", "desktop.ini"}
NOTEBOOKS = (".ipynb", ".ipynb.txt", ".ipynb.json")
MAX_TOTAL = 20_000_000_000
MAX_INNER = 200_000_000  # bytes of a zip file within another file
MAX_INNER_FILES = 5_000
DEPTH = 2  # zip files in zip files that are opened, the outermost included
EXTENDED_TIME = 0x5455  # the extra field of zip that has seconds since 1970, in UTC


class SubmissionsError(UserError):
    """The whole of what was handed over cannot be used: the message says what to do."""


@dataclass(frozen=True)
class File:
    """One file: a path on the disk, or a member of the zip file there, or of a zip file within that one.

    members: the places in the lists of those zip files. changed: an aware time.
    """

    name: str
    size: int
    changed: datetime
    path: str = ""
    members: tuple = ()
    problem: str | None = None

    @cached_property
    def parts(self):
        """The parts of its name, with none that leads elsewhere."""
        return parts_of(self.name)

    @property
    def leaf(self):
        return self.parts[-1] if self.parts else ""

    def read(self, limit=MAX_BYTES):
        """The file's bytes; `Unreadable` if there are none or more than ``limit``."""
        if self.problem:
            raise Unreadable(self.problem)
        if self.size > limit:
            raise Unreadable(f"the file has {self.size / 1e6:.0f} MB, at most {limit / 1e6:.0f} are read")
        try:
            data = self._read(limit + 1)
        except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError) as error:
            raise Unreadable(f"the file cannot be read ({error})") from None
        except Exception as error:  # zlib, bz2 and lzma have errors of their own
            raise Unreadable(f"the file cannot be unpacked ({error})") from None
        if len(data) > limit:
            raise Unreadable(f"the file has over {limit / 1e6:.0f} MB")
        return data

    def _read(self, limit):
        if not self.members:
            with open(self.path, "rb") as file:
                return file.read(limit)
        archive = opened(self.path, os.stat(self.path).st_mtime_ns)
        for index in self.members[:-1]:
            archive = zipfile.ZipFile(io.BytesIO(_unpacked(archive, index, MAX_INNER)))
        return _unpacked(archive, self.members[-1], limit)


def _unpacked(archive, index, limit):
    with archive.open(archive.infolist()[index]) as member:
        return member.read(limit)


@lru_cache(maxsize=2)
def opened(path, _):
    """An open zip file: reading the list of its members takes longer than reading one of them."""
    return zipfile.ZipFile(path)


def parts_of(name):
    return tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "..", "."))


def is_notebook(name):
    return name.lower().endswith(NOTEBOOKS)


def is_zip(name):
    return name.lower().endswith(".zip")


def is_leftover(name):
    """Whether a file is one that programs leave behind."""
    return name.startswith((".", "~")) or name.lower() in LEFTOVERS


def is_ignored(folder):
    return folder in IGNORED or (folder.startswith(".") and folder not in (".", ".."))


def list_files(source):
    """(files, folders) of a folder, a zip file, or a notebook alone; folders are tuples of their path's parts.

    `SubmissionsError` if it is none of them.
    """
    source = Path(source)
    if source.is_dir():
        return _files_of_folder(source)
    if is_notebook(source.name):
        info = source.stat()
        return [File(source.name, info.st_size, _time(info.st_mtime), path=str(source))], []
    try:
        archive = zipfile.ZipFile(source)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise SubmissionsError(f"{source} is not a zip file that can be read ({error})") from None
    with archive:
        if sum(member.file_size for member in archive.infolist()) > MAX_TOTAL:
            raise SubmissionsError(f"{source} unpacks to over {MAX_TOTAL / 1e9:.0f} GB")
        files, folders = _files_of_archive(archive, str(source))
    return files, sorted(folders)


def _files_of_folder(source):
    files, folders = [], []
    for root, names, leaves in os.walk(source, followlinks=False):
        relative = Path(root).relative_to(source)
        names[:] = sorted(name for name in names if not is_ignored(name))
        folders.append(relative.parts)
        links = [name for name in names if (Path(root) / name).is_symlink()]
        for leaf in sorted(leaves) + links:
            if is_leftover(leaf):
                continue
            path, name = Path(root) / leaf, str(relative / leaf)
            info = path.lstat()
            problem = None
            if leaf in links:
                problem = "it is a link, not a folder: hand in the folder itself"
            elif stat.S_ISLNK(info.st_mode):
                problem = "it is a link, not a file: hand in the notebook itself"
            elif not stat.S_ISREG(info.st_mode):
                problem = "it is not an ordinary file"
            file = File(name, info.st_size, _time(info.st_mtime), path=str(path), problem=problem)
            if is_zip(leaf) and problem is None:
                inside, above = _inside(file)
                files += inside
                folders += above
            else:
                files.append(file)
    return files, folders


def _inside(file):
    """(files, folders) of a zip file that is one of the files; the file with a problem if it cannot be opened."""
    try:
        if len(file.members) + 1 > DEPTH:
            raise Unreadable("it is a zip file in a zip file in a zip file: hand in the notebook itself")
        if not file.members:
            archive = zipfile.ZipFile(file.path)
        else:
            archive = zipfile.ZipFile(io.BytesIO(file.read(MAX_INNER)))
        with archive:
            if len(archive.infolist()) > MAX_INNER_FILES:
                raise Unreadable(f"the zip file holds over {MAX_INNER_FILES} files: hand in the notebook alone")
            files, folders = _files_of_archive(archive, file.path, file.members, file.name + "/")
    except Unreadable as error:
        problem = str(error)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        problem = f"it is not a zip file that can be read ({error})"
    else:
        if any(is_notebook(found.leaf) for found in files):
            return files, folders
        problem = "there is no notebook in the zip file: hand in the .ipynb file itself"
    return [File(file.name, file.size, file.changed, file.path, file.members, problem)], []


def _files_of_archive(archive, path, above=(), prefix=""):
    files, folders = [], set()
    for index, member in enumerate(archive.infolist()):
        name = _name_of(member)
        place = PurePosixPath(name)
        parts = parts_of(prefix) + place.parts
        within = parts if member.is_dir() else parts[:-1]
        kept = next((i for i, part in enumerate(within) if is_ignored(part)), len(within))
        folders.update(within[:depth] for depth in range(1, kept + 1))
        if kept < len(within) or member.is_dir() or not place.name or is_leftover(place.name):
            continue
        file = File(prefix + name, member.file_size, _time_of(member), path, (*above, index), _problem(member, place))
        if is_zip(place.name) and file.problem is None:
            inside, folders_inside = _inside(file)
            files += inside
            folders.update(folders_inside)
        else:
            files.append(file)
    return files, folders


def _problem(member, place):
    if place.is_absolute() or ".." in place.parts:
        return "its place in the zip file leads out of it"
    if (member.external_attr >> 16) & 0o170000 == 0o120000:
        return "it is a link, not a file: hand in the notebook itself"
    if member.flag_bits & 1:
        return "it is encrypted: pack it without a password"
    if member.file_size > 1000 * max(1, member.compress_size) and member.file_size > 1_000_000:
        return "it unpacks to over a thousand times its size, as no notebook does"
    return None


def _name_of(member):
    """A member's name; programs that write UTF-8 and do not say so are understood."""
    name = member.filename
    if not member.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return name.replace("\\", "/")


def _time(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def _time_of(member):
    """When a member was changed: in UTC if it says so, else in the time zone here, as programs that unpack take it."""
    extra = member.extra
    while len(extra) >= 4:
        kind, size = int.from_bytes(extra[:2], "little"), int.from_bytes(extra[2:4], "little")
        if kind == EXTENDED_TIME and size >= 5 and len(extra) >= 9 and extra[4] & 1:
            return _time(int.from_bytes(extra[5:9], "little", signed=True))
        extra = extra[4 + size :]
    try:
        return datetime(*member.date_time).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return _time(0)
