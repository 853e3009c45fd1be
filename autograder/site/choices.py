"""What an instructor chooses in ``_config.yml``: chapters that the site leaves out, chapters with exercises."""

import re
from functools import cache
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.errors import ExtensionError

from ..exercises import CHAPTERS
from ..notebooks.chapters import ROOT, CourseError, chapter_path

LEFT_OUT, WITH_EXERCISES = "chapters_left_out", "chapters_with_exercises"
LABEL = re.compile(r"^\(([\w:-]+)\)=|^\$\$ *\(([\w:-]+)\)|\bname: ([\w:-]+)", re.MULTILINE)


def set_up_choices(app):
    app.add_config_value(LEFT_OUT, [], "env", [list])
    app.add_config_value(WITH_EXERCISES, "all", "env", [str, list])
    app.connect("config-inited", leave_chapters_out, priority=100)  # before the table of contents is read
    app.connect("missing-reference", without_link)


def leave_chapters_out(app, config):
    """Give Sphinx a table of contents without the chapters that are left out."""
    try:
        check_choices(config)
    except CourseError as error:
        raise ExtensionError(str(error)) from None
    if config[LEFT_OUT]:
        toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
        path = Path(app.doctreedir) / "toc.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(shorter(toc, config[LEFT_OUT])), encoding="utf-8")
        config.external_toc_path = path.as_posix()
        config.exclude_patterns = [*config.exclude_patterns, *(f"chapters/{name}.md" for name in config[LEFT_OUT])]


def check_choices(config):
    """`CourseError`, with the line that an instructor can act on, if a setting names a chapter that does not exist."""
    for setting in (LEFT_OUT, WITH_EXERCISES):
        names = config[setting] if setting in config else []
        unknown = [] if names == "all" else [names] if isinstance(names, str) else set(names) - set(CHAPTERS)
        if unknown:
            listed = ", ".join(map(str, sorted(unknown)))
            raise CourseError(f"_config.yml, {setting}: no such chapter: {listed}; there are {', '.join(CHAPTERS)}")


def shorter(toc, left_out):
    """A table of contents without some chapters, and without the parts that only had those."""

    def kept(entries):
        return [entry for entry in entries if Path(entry.get("file", "")).name not in left_out]

    toc = dict(toc)
    if "chapters" in toc:
        toc["chapters"] = kept(toc["chapters"])
    parts = [{**part, "chapters": kept(part["chapters"])} for part in toc.get("parts", [])]
    return toc | {"parts": [part for part in parts if part["chapters"]]}


def has_exercises(config, chapter):
    """Whether the site shows the exercises of a chapter as editors."""
    return config[WITH_EXERCISES] == "all" or chapter in config[WITH_EXERCISES]


def without_link(app, env, node, contnode):
    """A reference to something in a chapter that is left out becomes its text."""
    target = node.get("reftarget", "")
    name = Path(target).name.removesuffix(".md")
    for chapter in app.config[LEFT_OUT]:
        if name == chapter or target in labels(chapter):
            text = contnode.astext() if node.get("refexplicit") else f"the chapter {title(chapter)}"
            return nodes.inline("", text)
    return None


@cache
def labels(chapter):
    """The labels of sections, equations and figures in a chapter."""
    text = chapter_path(chapter).read_text(encoding="utf-8")
    return {label for groups in LABEL.findall(text) for label in groups if label}


@cache
def title(chapter):
    lines = chapter_path(chapter).read_text(encoding="utf-8").splitlines()
    return next((line.removeprefix("# ") for line in lines if line.startswith("# ")), chapter)
