"""Where the course's texts are, and how a chapter is read."""

from copy import deepcopy
from functools import cache, lru_cache
from pathlib import Path

import jupytext
import yaml

from ..errors import UserError

ROOT = Path(__file__).resolve().parents[2]
PACKED = Path("autograder", "course")  # where an installed package has the texts that lie at the repository's root


class CourseError(UserError):
    """Something in the course's own files that its author has to fix: the message says what and where."""


def course_path(name):
    """A file of the course's texts: at the root of the repository, or inside the installed package."""
    path = ROOT / name
    return path if path.exists() else ROOT / PACKED / name


def need_repository(what):
    """`CourseError` if this is an installed package, which has no repository in which to do ``what``."""
    if not (ROOT / "chapters").is_dir():
        raise CourseError(f"an installed dlbook cannot {what}: run it in the course's repository, in its .venv")


def chapter_path(chapter):
    """``chapters/NAME.md``; `CourseError` if it does not exist."""
    path = course_path(f"chapters/{chapter}.md")
    if not path.is_file():
        raise CourseError(f"chapters/{chapter}.md does not exist: write it, or leave the chapter out of _toc.yml")
    return path


def read_chapter(chapter):
    """The chapter as a notebook (nbformat 4), as its authors wrote it."""
    return deepcopy(_parsed(chapter_path(chapter).read_text(encoding="utf-8")))


@lru_cache(maxsize=32)
def _parsed(text):
    """Parsing takes longer than making any of a chapter's notebooks from it."""
    return jupytext.reads(text, fmt="md:myst")


@cache
def table_of_contents():
    """Names of the files in ``_toc.yml``, in order."""
    toc = yaml.safe_load(course_path("_toc.yml").read_text(encoding="utf-8"))
    entries = toc.get("chapters", []) + [entry for part in toc.get("parts", []) for entry in part["chapters"]]
    return [Path(entry["file"]).name for entry in entries]


@cache
def bibliography():
    """Of every reference its authors and its year, as in "Kingma & Ba" and "2015"."""
    from pybtex.database import parse_file

    entries = parse_file(str(course_path("references.bib"))).entries
    return {key: (_authors(entry), entry.fields.get("year", "")) for key, entry in entries.items()}


def _authors(entry):
    names = [" ".join(person.prelast_names + person.last_names) for person in entry.persons.get("author", [])]
    names = [name.replace("{", "").replace("}", "") for name in names]
    if len(names) > 2:
        return f"{names[0]} et al."
    return " & ".join(names) or entry.fields.get("title", entry.key)
