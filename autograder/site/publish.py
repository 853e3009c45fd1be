"""`dlbook publish`: what the public may see of a private course, in a folder of its own."""

import shutil
from pathlib import Path

from ..errors import UserError
from ..notebooks.chapters import ROOT

SITE = ROOT / "_build" / "html"
PRIVATE = ("_sources", "reports", ".buildinfo", ".doctrees")  # texts of the course itself, and notes of the build
MARK = ".nojekyll"  # keeps GitHub Pages from leaving out folders that begin with "_"; tells our folders from others


class CannotPublish(UserError):
    """The folder cannot be written; the message says why and what to do."""


def publish(to, site=SITE):
    """Copy the built site, which holds the hand-outs, into ``to``; returns the number of files.

    A folder that an earlier run wrote is brought up to date, its ``.git`` stays; any other that holds files is refused.
    """
    to, site = Path(to), Path(site)
    if not (site / "index.html").is_file():
        raise CannotPublish(f"{site} holds no site: run `dlbook build` first")
    if to.resolve() == ROOT or ROOT.is_relative_to(to.resolve()):
        raise CannotPublish(f"{to} holds the course itself: name a folder that is only for what is public")
    if to.exists() and any(path.name != ".git" for path in to.iterdir()) and not (to / MARK).is_file():
        raise CannotPublish(f"{to} holds other files: name an empty folder")
    to.mkdir(parents=True, exist_ok=True)
    for path in to.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    (to / MARK).write_text("")
    shutil.copytree(site, to, dirs_exist_ok=True, ignore=_private(site))
    return sum(path.is_file() for path in to.rglob("*") if ".git" not in path.relative_to(to).parts)


def _private(site):
    """Leaves out what is not for the public, at the top of the site only."""
    return lambda folder, names: [name for name in names if Path(folder) == Path(site) and name in PRIVATE]
