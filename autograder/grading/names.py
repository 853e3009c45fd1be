"""Names as they can stand in a path, one for each owner: what is not a name's own is replaced, and told apart."""

import hashlib
import re
import unicodedata

from ..errors import is_hidden

MAX_NAME = 200  # bytes: file systems take 255, and files get endings
UNSAFE = re.compile(r'[<>:"/\\|?*]')
MARKED = re.compile(r"~[0-9a-f]{6}$")


def clean_name(name):
    """A student's name as it can stand in a path: any script, spaces too, but nothing that means something there.

    Where something had to be replaced or cut off, a mark of six hex digits of the whole name follows, so that two
    names do not become one: ``a:b`` and ``a?b``, or two that begin with the same 200 bytes. The same name gives the
    same result in every run.
    """
    whole = unicodedata.normalize("NFC", name)
    safe = "".join("_" if is_hidden(character) else character for character in UNSAFE.sub("_", whole)).strip()
    safe = "_" + safe.lstrip(".") if safe.startswith(".") or not safe else safe
    safe = safe.encode()[:MAX_NAME].decode("utf-8", "ignore").strip()
    return safe if safe == whole else safe + mark(whole)


def letters(text):
    """The letters, marks and digits of a name, without capitals: what two ways to write it have in common."""
    whole = unicodedata.normalize("NFC", text).casefold()
    return "".join(character for character in whole if unicodedata.category(character)[0] in "LMN")


def mark(name):
    """Six hex digits that tell a name from others that would look the same."""
    return "~" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:6]


def distinct_names(owners, known=()):
    """{owner: name}: a name for each owner, which no other has, also where capitals do not count.

    owners: {owner as it was written: chapters it has something in}. known: names of earlier runs, which keep what they
    have. Two owners whose names are one in another Unicode form are one student, unless both have the same chapter.
    """
    taken, named, chapters_of = {name.casefold(): name for name in known}, {}, {}
    written = set(known)

    def order(owner):
        name = clean_name(owner)
        return (name not in written, name != owner, owner)

    for owner in sorted(owners, key=order):
        name = clean_name(owner)
        other = taken.get(name.casefold(), name)
        same_form = other == name and not (chapters_of.get(name, set()) & set(owners[owner]))
        of_earlier_runs = name in written and name not in chapters_of
        if name + mark(owner) in written or not (same_form or of_earlier_runs):
            name += mark(owner)
        taken.setdefault(name.casefold(), name)
        chapters_of.setdefault(name, set()).update(owners[owner])
        named[owner] = name
    return named
