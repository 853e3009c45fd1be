"""The Sphinx extension of the book's site: kernels that find the course, mathematics, live exercises."""

import os
from pathlib import Path

import nbformat
from docutils import nodes

from ..exercises import CHAPTERS
from ..notebooks.chapters import ROOT
from . import pages
from .choices import set_up_choices
from .lighten import lighten
from .live import make_live, write_live_files, write_take_away
from .mathematics import set_up_mathematics
from .terms import set_up_terms

STATIC = Path(__file__).with_name("static")


def setup(app):
    let_kernels_find_the_course()
    set_up_mathematics(app)
    set_up_choices(app)
    set_up_terms(app)
    app.connect("builder-inited", use_local_files)
    app.add_config_value("live_runtime", "self-hosted", "", [str])
    app.add_config_value("live_solutions", False, "html", [bool])
    app.connect("doctree-read", offer_notebook)
    app.connect("build-finished", write_files, priority=900)  # after the theme has written its colours of code
    pages.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def let_kernels_find_the_course():
    """The chapters' kernels import the course's packages, whether these are installed or not."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)


def use_local_files(app):
    """The book's own style and scripts."""
    app.config.html_static_path.append(str(STATIC))
    app.add_css_file("book.css")
    app.add_css_file("live.css")
    app.add_js_file("live/main.js", type="module")
    app.add_js_file("book.js", type="module")
    app.config.html_context.setdefault("default_mode", "auto")  # the theme complains of an empty one


def chapter_of(docname):
    """The chapter that a document is, or None."""
    name = docname.rsplit("/", 1)[-1]
    return name if docname == f"chapters/{name}" and name in CHAPTERS else None


def offer_notebook(app, doctree):
    """Under the title of a chapter a link to its notebook for students."""
    chapter = chapter_of(app.env.docname)
    if chapter is None or app.builder.format != "html":
        return
    link = (
        '<div class="take-away"><button type="button" class="live-button live-download live-waits">Download notebook'
        "</button> "
        f'<a class="take-away-link" download href="../_static/notebooks/{chapter}.zip">With its checks '
        f'(zip)</a><p data-chapter-progress="{chapter}"></p></div>'
    )
    title = next(doctree.findall(nodes.title))
    title.parent.insert(title.parent.index(title) + 1, nodes.raw("", link, format="html"))
    make_live(app, doctree, chapter)


def write_files(app, exception):
    """The students' notebooks and the files of the live exercises, beside the pages that refer to them."""
    if exception is not None or app.builder.format != "html":
        return
    for path in (Path(app.outdir).parent / "jupyter_execute").rglob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        merge_streams(notebook)
        nbformat.write(notebook, path)
    static = Path(app.outdir) / "_static"
    for chapter in CHAPTERS:
        if f"chapters/{chapter}" in app.env.found_docs:
            write_take_away(chapter, static)
    lighten(app.outdir)
    write_live_files(app)


def merge_streams(notebook):
    """Join what a cell printed in several parts: a kernel may cut one text anywhere, at another place each time."""
    for cell in notebook.cells:
        merged = []
        for output in cell.get("outputs", []):
            last = merged[-1] if merged else None
            if last and last.output_type == output.output_type == "stream" and last.name == output.name:
                last.text += output.text
            else:
                merged.append(output)
        if cell.cell_type == "code":
            cell.outputs = merged
