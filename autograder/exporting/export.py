"""One export from a graded folder: a table for a gradebook, or graders that run elsewhere."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ..grading.lock import holds
from ..grading.results import write_atomically
from .scores import CannotExport, check_folder, read_gradebook
from .tables import FORMS, Tally, make_table


@dataclass
class Exported:
    """Paths that were written, what the user should know, and students that the roster lacks."""

    paths: list
    notes: tuple = ()
    left: tuple = ()
    tally: object = None


@holds("folder", "export", reading=True)
def export(
    folder, form, to, chapters, roster=None, database=None, force=False, progress=None, points=None, announce=None
):
    """Write one export to ``to``; returns what was `Exported`.

    points: what to do about other points and titles, `tables.Points`. announce: called with the line that says how many
    grades will be set, changed and kept, before anything is written.

    Everything is worked out before anything is written. What exists stays unless ``force`` is set: `CannotExport`.
    """
    to = Path(to)
    if form in FORMS:
        _check_free(to, force)
        book = read_gradebook(folder, database, chapters)
        table = make_table(form, book, roster, to, points)
        if roster and to.exists() and to.samefile(roster):
            raise CannotExport(f"{to} is the roster itself: give another --to")
        parts = {to.with_stem(f"{to.stem}-{name}"): part for name, part in table.parts.items()}
        for path in parts:
            _check_free(path, force)
        tally = table.tally + sum((part.tally for part in parts.values()), Counter())
        if announce and form != "csv":
            announce(Tally(tally).line())
        for path, part in {to: table, **parts}.items():
            write_atomically(path, part.encoded())
        notes = table.notes
        if parts:
            names = ", ".join(path.name for path in parts)
            notes += (f"{names}: students who have no grade in another chapter, an empty cell would clear it",)
        ungraded = len(book.ungraded)
        if ungraded:
            notes += (f"{ungraded} submissions are missing or could not be read: they are not in the file",)
        return Exported([to, *parts], notes, tuple(table.left), tally)
    if roster or database:
        raise CannotExport(f"--format {form} takes no {'--roster' if roster else '--db'}: it holds no students")
    check_folder(folder)
    seed = Path(folder) / "seed.txt"
    if not seed.is_file() or not seed.read_text(encoding="utf-8").strip():
        raise CannotExport(
            f"{folder} has no seed.txt, from which hidden cases are drawn: run `dlbook grade … --to` first"
        )
    if to.exists() and not to.is_dir():
        raise CannotExport(f"{to} is a file, {form} makes a folder: give another --to")
    from . import classroom, gradescope

    makes_folder = form == "github-classroom"
    write = classroom.write_repository if makes_folder else gradescope.write_zip
    places = {chapter: to / (chapter if makes_folder else f"{chapter}.zip") for chapter in chapters}
    for place in places.values():
        _check_free(place, force, makes_folder)
    for chapter in chapters:
        if progress:
            progress(chapter)
        write(chapter, places[chapter], seed.read_text(encoding="utf-8").strip())
    return Exported(list(places.values()), classroom.NOTES if makes_folder else ())


def _check_free(path, force, folder=False):
    classroom_file = ".github/workflows/classroom.yml"
    if path.exists() and path.is_dir() != folder:
        raise CannotExport(f"{path} is a {'file' if folder else 'folder'}: give another --to")
    if path.exists() and not force:
        raise CannotExport(f"{path} exists: give another --to, or --force to replace it")
    if folder and path.exists() and not (path / classroom_file).is_file():
        raise CannotExport(f"{path} is not an earlier export, it has no {classroom_file}: give another --to")
