"""The live exercises: what the site's pages get so that readers can write, run and check code in them."""

import hashlib
import json
import re
import shutil
import zipfile
from io import BytesIO
from pathlib import Path

import nbformat
from docutils import nodes

from ..exercises import CHAPTERS, exercises
from ..notebooks.chapters import ROOT
from ..notebooks.release import make_notebook, write_checks
from ..notebooks.steps import size_and_worth
from ..notebooks.stubs import cell_name
from . import runtime

STATIC = Path(__file__).with_name("static")
DATE = (2026, 1, 1, 0, 0, 0)  # the same files give the same archive
NOT_OFFLINE = ("_sources/", "_static/notebooks/", "offline.js", ".buildinfo", "objects.inv")
CONTENT_SECURITY_POLICY = (  # of a self-hosted site; the README gives it
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
INLINE = re.compile(
    r"<script(?P<attributes>(?:\s(?!src=)[\w-]+(?:=\"[^\"]*\")?)*)\s*>(?P<code>.*?)</script>", re.DOTALL
)


def make_live(app, doctree, chapter):
    """Turn a chapter's stubs into the elements of live exercises, and give the page what they need."""
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
    data = {
        "chapter": chapter,
        "exercises": [exercise.name for exercise in exercises(chapter)],
        "uses": {exercise.name: list(exercise.uses) for exercise in exercises(chapter) if exercise.uses},
        "hints": {exercise.name: [m.hint for m in exercise.misconceptions] for exercise in exercises(chapter)},
        "runtime": runtime.settings(runtime.is_self_hosted(app.config.live_runtime)),
    }
    text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    doctree.append(nodes.raw("", f'<script type="application/json" id="live-chapter">{text}</script>', format="html"))


def write_live_files(app):
    """Checks, notebooks, the course's list of exercises, the runtime where asked for, the service worker."""
    site = Path(app.outdir)
    live = site / "_static" / "live"
    chapters = [chapter for chapter in CHAPTERS if f"chapters/{chapter}" in app.env.found_docs]
    shutil.copy(Path(__file__).with_name("page.py"), live)
    for chapter in chapters:
        _write(live / "checks" / f"{chapter}.zip", checks_zip(chapter))
        notebook = nbformat.writes(make_notebook(chapter)) + "\n"
        _write(site / "_static" / "notebooks" / f"{chapter}.ipynb", notebook.encode())
    course = {"chapters": [_contents(app, site, chapter) for chapter in chapters]}
    _write(live / "course.json", json.dumps(course, ensure_ascii=False).encode())
    if runtime.is_self_hosted(app.config.live_runtime):
        folder = ROOT / "_build" / "pyodide"  # kept for the next build
        runtime.fetch(folder)
        shutil.copytree(folder, site / runtime.FOLDER, dirs_exist_ok=True)
    for path in sorted(site.rglob("*.html")):
        move_inline_scripts(path, site)
    write_service_worker(site)


def checks_zip(chapter):
    """The package ``checks`` of a chapter, as it lies beside the released notebook, in a zip file."""
    import tempfile

    content = BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        write_checks(chapter, folder)
        for file in sorted(Path(folder).rglob("*.*")):
            info = zipfile.ZipInfo(file.relative_to(folder).as_posix(), DATE)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, file.read_bytes())
    return content.getvalue()


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
    listed = [{"name": e.name, "anchor": anchors.get(e.id, "")} for e in exercises(chapter)]
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


def write_service_worker(site):
    """``offline.js`` at the site's root, with the list of its files and a version that changes with any of them."""
    files, digest = [], hashlib.sha256()
    for path in sorted(site.rglob("*")):
        name = path.relative_to(site).as_posix()
        if path.is_file() and not name.startswith(NOT_OFFLINE):
            files.append(name)
            digest.update(name.encode() + hashlib.sha256(path.read_bytes()).digest())
    source = (STATIC / "live" / "offline.js").read_text(encoding="utf-8")
    head = f"const version = {json.dumps(digest.hexdigest()[:16])}, files = {json.dumps(files)};\n"
    (site / "offline.js").write_text(head + source, encoding="utf-8")


def _write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
