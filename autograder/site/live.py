"""The live exercises: what the site's pages get so that readers can write, run and check code in them."""

import hashlib
import json
import re
import shutil
import tempfile
from pathlib import Path

from docutils import nodes
from sphinx.util import logging

from ..exercises import CHAPTERS, exercises
from ..notebooks.release import packed_files, release
from ..notebooks.steps import size_and_worth
from ..notebooks.stubs import cell_name
from . import runtime
from .choices import has_exercises
from .offline import write_service_worker
from .policy import with_policy
from .solutions import are_shown, write_solutions

STATIC = Path(__file__).with_name("static")
CHAPTER_DATA = re.compile(r'(<script type="application/json" id="live-chapter">)(.*?)(</script>)', re.DOTALL)
NO_RUNTIME = "No Python in the pages: "
INLINE = re.compile(
    r"<script(?P<attributes>(?:\s(?!src=)[\w-]+(?:=\"[^\"]*\")?)*)\s*>(?P<code>.*?)</script>", re.DOTALL
)

logger = logging.getLogger(__name__)


def make_live(app, doctree, chapter):
    """Turn a chapter's stubs into the elements of live exercises, and give the page what they need."""
    if not has_exercises(app.config, chapter):
        return
    known = {exercise.name: exercise for exercise in exercises(chapter)}
    for cell in list(doctree.findall(nodes.container)):
        if "tag_exercise" not in cell["classes"]:
            continue
        name = cell_name(next(cell.findall(nodes.literal_block)).astext())
        place = cell.parent.index(cell)
        cell.parent.insert(place + 1, nodes.raw("", "</div>", format="html"))
        told = size_and_worth(known[name])
        opening = f'<p class="exercise-size">{told}</p><div class="live-exercise" data-exercise="{chapter}.{name}">'
        cell.parent.insert(place, nodes.raw("", opening, format="html"))
    doctree.append(chapter_data(app, chapter))


def chapter_data(app, chapter):
    """What a page with exercises of a chapter knows of them, as an element of the page; `set_runtime` adds to it."""
    data = {
        "chapter": chapter,
        "exercises": [exercise.name for exercise in exercises(chapter)],
        "uses": {exercise.name: list(exercise.uses) for exercise in exercises(chapter) if exercise.uses},
        "hints": {exercise.name: [m.hint for m in exercise.misconceptions] for exercise in exercises(chapter)},
    }
    return nodes.raw("", f'<script type="application/json" id="live-chapter">{_json(data)}</script>', format="html")


def _json(data):
    """JSON that can stand in a page."""
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")


def write_live_files(app):
    """Checks, notebooks, the course's list of exercises, the runtime, the service worker."""
    site = Path(app.outdir)
    live = site / "_static" / "live"
    chapters = [chapter for chapter in CHAPTERS if f"chapters/{chapter}" in app.env.found_docs]
    shutil.copy(Path(__file__).with_name("page.py"), live)
    course = {"chapters": [_contents(app, site, chapter) for chapter in chapters], "solutions": are_shown(app)}
    write_solutions(app, live, chapters)
    _write(live / "course.json", json.dumps(course, ensure_ascii=False).encode())
    mode = place_runtime(app, site)
    for path in sorted(site.rglob("*.html")):
        move_inline_scripts(path, site)
        set_runtime(path, mode)
    write_service_worker(site)


def place_runtime(app, site):
    """Put Pyodide into the site, or take it out; returns which runtime the pages have."""
    mode = runtime.wanted(app.config.live_runtime)
    if mode == runtime.SELF_HOSTED:
        try:
            runtime.fetch()
            runtime.place(runtime.KEPT, site)
            return mode
        except runtime.NoRuntime as problem:
            logger.info("%s%s. The exercises of this site only show text.", NO_RUNTIME, problem)  # a warning would fail
            mode = runtime.NONE
    runtime.remove(site)
    return mode


def set_runtime(path, mode):
    """Write into a page where its Python is, and what it may load: every time, as Sphinx keeps pages of before."""
    page = path.read_text(encoding="utf-8")

    def described(data):
        return data[1] + _json(json.loads(data[2]) | {"runtime": runtime.settings(mode)}) + data[3]

    path.write_text(with_policy(CHAPTER_DATA.sub(described, page), mode), encoding="utf-8")


def write_take_away(chapter, static):
    """A chapter's released folder as a zip file, its notebook, and the package ``checks`` for the page's Python."""
    with tempfile.TemporaryDirectory() as place:
        folder = release(chapter, place).parent
        files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
        checks = {name: path for name, path in files.items() if name.startswith("checks/")}
        whole = {f"{chapter}/{name}": path for name, path in files.items()}
        _write(static / "notebooks" / f"{chapter}.zip", packed_files(whole))
        _write(static / "notebooks" / f"{chapter}.ipynb", files[f"{chapter}.ipynb"].read_bytes())
        _write(static / "live" / "checks" / f"{chapter}.zip", packed_files(checks))


def _contents(app, site, chapter):
    """Title, page and exercises of a chapter, each with the heading that it stands under."""
    page = f"chapters/{chapter}.html"
    anchors, heading = {}, ""
    for match in re.finditer(
        r'<section id="([^"]+)"|data-exercise="([^"]+)"', (site / page).read_text(encoding="utf-8")
    ):
        heading = match.group(1) or heading
        if match.group(2):
            anchors[match.group(2)] = heading
    listed = [{"name": e.name, "anchor": anchors[e.id]} for e in exercises(chapter) if e.id in anchors]
    return {"name": chapter, "title": app.env.titles[f"chapters/{chapter}"].astext(), "page": page, "exercises": listed}


def move_inline_scripts(path, site):
    """Scripts in the page become files of the site, so that a Content-Security-Policy can forbid all others.

    What the theme adds for Thebe, another way to run code, which needs another host, goes.
    """
    text = path.read_text(encoding="utf-8")

    def as_file(match):
        code, kind = match["code"], re.search(r'type="([^"]*)"', match["attributes"])
        if "thebe" in match[0].lower():  # the theme's own live code, from another host: not used here
            return ""
        if kind and kind[1] not in ("text/javascript", "module"):
            return match[0]
        name = f"_static/inline/{hashlib.sha256(code.encode()).hexdigest()[:16]}.js"
        _write(site / name, code.encode())
        up = "../" * (len(path.relative_to(site).parts) - 1)
        return f'<script{match["attributes"]} src="{up}{name}"></script>'

    text = INLINE.sub(as_file, text)
    text = re.sub(r'onclick="((?:window\.print|toggleFullScreen)\(\))"', r'data-do="\1"', text)
    text = re.sub(r"<(?:script|link)[^>]*sphinx-thebe\.(?:js|css)[^>]*>(?:</script>)?", "", text)
    path.write_text(text, encoding="utf-8")


def _write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
