"""The book's glossary, read from ``chapters/glossary.md``: what a term means, and its names in other languages."""

import re
from dataclasses import dataclass
from functools import cache

from .chapters import CourseError, chapter_path

ENTRIES = re.compile(r"^```\{glossary\}\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NAME = re.compile(r"\{(ko|zh)\}`([^`]+)`")
TERM = re.compile(r"\{term\}`([^`]+)`")
LANGUAGES = {"ko": "Korean", "zh": "Chinese"}


@dataclass(frozen=True)
class Entry:
    """A term, its definition in one sentence or two, and (language, name) in other languages."""

    term: str
    definition: str
    names: tuple


@cache
def glossary():
    """The entries by term, in lower case. `CourseError` where an entry is not complete or comes twice."""
    text = chapter_path("glossary").read_text(encoding="utf-8")
    entries = {}
    for block in "\n".join(ENTRIES.findall(text)).strip().split("\n\n"):
        term, *lines = block.splitlines()
        body = " ".join(line.strip() for line in lines)
        entry = Entry(term.strip(), NAME.sub("", body).strip(), tuple(NAME.findall(body)))
        if not entry.definition or {language for language, _ in entry.names} != set(LANGUAGES):
            raise CourseError(f"chapters/glossary.md: {term!r} needs a definition, {{ko}}`…` and {{zh}}`…`")
        if term.lower() in entries:
            raise CourseError(f"chapters/glossary.md has {term!r} twice")
        entries[term.lower()] = entry
    return entries


def entry_of(role_text, chapter):
    """The entry that ``{term}`role_text``` names, as in ``layers <layer>``."""
    found = re.search(r"<([^>]+)>$", role_text)
    term = " ".join((found.group(1) if found else role_text).split())
    try:
        return glossary()[term.lower()]
    except KeyError:
        raise CourseError(f"chapters/{chapter}.md: {term!r} is not in chapters/glossary.md: add it there") from None


def entries_of(text, chapter):
    """The entries of all terms that a text marks, in order of appearance."""
    return list(dict.fromkeys(entry_of(found, chapter) for found in TERM.findall(text)))
