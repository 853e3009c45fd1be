"""Where an exercise stands in the book: its heading, and the address of its section."""

import os
import re
from functools import cache

import yaml
from docutils.nodes import make_id

from ..exercises import CHAPTERS
from ..notebooks.chapters import ROOT, chapter_path, course_path
from ..notebooks.stubs import cell_name

HEADING = re.compile(r"#{1,6} +(.+)")


@cache
def sections(chapter):
    """(title, anchor) of the section in which each exercise of the chapter stands, by exercise."""
    found, heading = {}, chapter
    cell: list[str] | None = None
    for line in chapter_path(chapter).read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            if cell and ":tags: [exercise" in "".join(cell[:1]):
                found[cell_name("\n".join(cell))] = (_title(heading), make_id(_plain(heading)))
            cell = [] if cell is None else None
        elif cell is not None:
            cell.append(line)
        elif match := HEADING.match(line):
            heading = match.group(1)
    return found


def _plain(heading):
    """A heading without the marks of Markdown and the backslashes of mathematics."""
    return re.sub(r"\{[\w:]+\}(?=`)|[`$*\\]", "", heading).strip()


def _title(heading):
    title = re.sub(r"^Exercise:\s*", "", _plain(heading))
    return title[:1].upper() + title[1:]


@cache
def title(chapter):
    """The chapter's own title."""
    for line in chapter_path(chapter).read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            return _plain(line.removeprefix("# "))
    return chapter


def published_address():
    """The book's address in ``_config.yml``, or None."""
    config = yaml.safe_load(course_path("_config.yml").read_text(encoding="utf-8")) or {}
    return (config.get("html") or {}).get("baseurl")


def book_address(folder):
    """Where the book is, seen from ``folder``: the address in ``_config.yml``, the site built here, or None."""
    if published_address():
        return published_address()
    site = ROOT / "_build" / "html"
    return os.path.relpath(site, folder).replace(os.sep, "/") if (site / "index.html").is_file() else None


def link(book, chapter, exercise=None):
    """The address of an exercise's section, or of its chapter; None where the book's own address is not known."""
    if not book or chapter not in CHAPTERS:
        return None
    page = f"{book.rstrip('/')}/chapters/{chapter}.html"
    return f"{page}#{sections(chapter)[exercise][1]}" if exercise in sections(chapter) else page
