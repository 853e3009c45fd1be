"""Terms: roles for names in other languages, and what the page's tooltips say."""

import html
import json

from docutils import nodes
from sphinx import addnodes

from ..notebooks.glossary import LANGUAGES, glossary

PAGE = "chapters/glossary"


def set_up_terms(app):
    """``{ko}`…``` and ``{zh}`…``` mark words of other languages; pages get the entries of the terms that they use."""
    for language in LANGUAGES:
        app.add_role(language, _word_of(language))
    app.connect("doctree-read", name_languages)
    app.connect("html-page-context", add_entries)
    app.add_css_file("terms.css")
    app.add_js_file("terms.js", type="module")


def _word_of(language):
    def role(name, rawtext, text, lineno, inliner, options=None, content=()):
        word = nodes.raw("", f'<span lang="{language}">{html.escape(text)}</span>', format="html")
        return [word], []

    return role


def name_languages(app, doctree):
    """Terms that are links to the glossary are marked as such, and keep the entry's own name for the page's script."""
    for reference in doctree.findall(addnodes.pending_xref):
        if reference.get("reftype") == "term":
            reference.children[0]["classes"].append("glossary-term")


def add_entries(app, pagename, templatename, context, doctree):
    """The entries of the terms that a page marks, as data that no policy forbids and that works offline."""
    body = context.get("body") or ""
    if pagename == PAGE or "glossary.html#term-" not in body:
        return
    used = {}
    for (kind, term), (page, anchor) in app.env.domains["std"].objects.items():
        if (kind, page) == ("term", PAGE) and f'#{anchor}"' in body:
            entry = glossary()[term.lower()]
            used[anchor] = {"term": entry.term, "definition": entry.definition, "names": entry.names}
    data = json.dumps(used, ensure_ascii=False).replace("<", "\\u003c")
    context["body"] = f'{body}<script type="application/json" id="glossary-entries">{data}</script>'
