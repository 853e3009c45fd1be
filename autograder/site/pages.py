"""What pages have around their text: title, description, preview, footer; and pages that no chapter is."""

import ast
import html
import re
from pathlib import Path
from urllib.parse import quote, urlsplit

from docutils import nodes

from . import front_page, search
from .effort import effort

TEMPLATES = Path(__file__).with_name("templates")
LENGTH = 160  # characters of a description, which search engines show whole
PREVIEW = "_static/preview.png"
PREVIEW_ALT = "A line that has learned to separate two kinds of points, and the title of the book"
LISTED = re.compile(r"\s+")
DESCRIPTIONS = {
    "search": "Search all chapters, exercises and definitions of the book.",
    "genindex": "The terms of the book, each with the places that explain it.",
}


def setup(app):
    app.add_config_value("book_report_errors", "", "html", [str])
    app.connect("config-inited", use_templates)
    app.connect("doctree-read", tell_effort, priority=600)  # after the links to the notebook
    app.connect("doctree-read", fold_set_up, priority=600)
    app.connect("doctree-read", front_page.open_with_a_start, priority=700)
    app.connect("html-page-context", describe)
    app.connect("build-finished", finish, priority=800)  # before pages are made light and listed for offline reading


def use_templates(app, config):
    app.add_css_file("front.css")
    app.add_css_file("page.css", priority=900)  # after the theme's and the book's own
    config.templates_path.insert(0, str(TEMPLATES))  # before the theme's own
    config.html_theme_options = {**(config.html_theme_options or {}), "footer_content_items": "book-footer.html"}


def tell_effort(app, doctree):
    """Under a chapter's title: how long it takes, and how many exercises there are."""
    from . import chapter_of

    chapter = chapter_of(app.env.docname)
    if chapter is None or app.builder.format != "html":
        return
    text = f'<p class="book-effort">{effort(chapter)}</p>'
    title = next(doctree.findall(nodes.title))
    title.parent.insert(title.parent.index(title) + 1, nodes.raw("", text, format="html"))


def fold_set_up(app, doctree):
    """Cells that only import and set how plots look are folded: they are the same in every chapter."""
    if app.builder.format != "html":
        return
    for cell in list(doctree.findall(nodes.container)):
        if "cell" not in cell["classes"] or "tag_hide-input" in cell["classes"]:
            continue
        source = next(iter(cell.findall(nodes.literal_block)), None)
        if source is None or not is_set_up(source.astext()):
            continue
        place = cell.parent.index(cell)
        cell.parent.insert(place + 1, nodes.raw("", "</details>", format="html"))
        opening = '<details class="book-fold"><summary>Set-up: NumPy, and how plots look</summary>'
        cell.parent.insert(place, nodes.raw("", opening, format="html"))


def is_set_up(source):
    """Whether code does nothing but import and set how plots look, with the latter in it."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return False
    code = [s for s in statements if not isinstance(s, (ast.Import, ast.ImportFrom))]
    calls = [ast.unparse(s) for s in code]
    looks = ("plt.style", "plt.rcParams", "set_matplotlib_formats", "np.set_printoptions", "use_style")
    return bool(calls) and all(call.startswith(looks) for call in calls) and any("plt" in call for call in calls)


def describe(app, pagename, templatename, context, doctree):
    """What the templates need to know of a page."""
    book = app.config.project or app.config.html_title
    name = _plain(context.get("title") or "") or {"search": "Search"}.get(pagename, "")
    base = _with_slash(app.config.html_baseurl)
    report = app.config.book_report_errors
    context["book_page"] = {
        "title": book if pagename == app.config.root_doc or not name else f"{name} — {book}",
        "description": DESCRIPTIONS.get(pagename) or description(doctree) or f"{name}: a page of {book}.",
        "address": f"{base}{pagename}.html" if base else "",
        "preview": f"{base}{PREVIEW}" if base else context["pathto"](PREVIEW, 1),
        "preview_alt": PREVIEW_ALT,
        "report": report.replace("{page}", quote(name or pagename)) if report else "",
    }


def description(doctree):
    """The first sentences of a page's text, at most `LENGTH` characters, cut between words."""
    if doctree is None:
        return ""
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section):
            text = LISTED.sub(" ", "".join(_text(child) for child in paragraph.children)).strip()
            if len(text) > 40:
                return text if len(text) <= LENGTH else text[: LENGTH - 1].rsplit(" ", 1)[0].rstrip(",;:.–") + "…"
    return ""


def _text(node):
    if isinstance(node, nodes.raw):
        return ""
    return node.astext()


def _plain(markup):
    return html.unescape(re.sub(r"<[^>]*>", "", markup))


def _with_slash(address):
    return f"{address.rstrip('/')}/" if address else ""


# ------------------------------------------------------------------------------------- pages that no chapter is
def finish(app, exception):
    """The front page's cards, the preview picture, the page for addresses that do not exist, the map of the site."""
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    front_page.fill(app, site)
    search.write_index(app, site)
    base = _with_slash(app.config.html_baseurl)
    (site / "404.html").write_text(not_found(app.config.project, base, app.config.root_doc), encoding="utf-8")
    front_page.draw_preview(site / PREVIEW, app.config.project)
    sitemap = site / "sitemap.xml"
    sitemap.unlink(missing_ok=True)
    if base:  # a map of a site holds whole addresses
        sitemap.write_text(site_map(base, sorted(app.env.found_docs)), encoding="utf-8")
    rules = "User-agent: *\nAllow: /\n" + (f"Sitemap: {base}sitemap.xml\n" if base else "")
    (site / "robots.txt").write_text(rules, encoding="utf-8")


def site_map(base, names):
    rows = "".join(f"  <url><loc>{html.escape(base + quote(name))}.html</loc></url>\n" for name in names)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return f"{head}{rows}</urlset>\n"


def not_found(title, base, root_doc):
    """A page that a server may show under any address, so it loads nothing and its links start at the site's root."""
    root = urlsplit(base).path or "/"
    title = html.escape(title)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="This address does not exist in the book.">
<meta name="robots" content="noindex">
<title>Page not found — {title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1.1rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 12vh auto; padding: 0 1.2rem; }}
</style>
</head>
<body>
<main>
<h1>Page not found</h1>
<p>This address does not exist in <em>{title}</em>. The page may have another name by now.</p>
<p><a href="{root}{root_doc}.html">The first page of the book</a> · <a href="{root}search.html">Search</a></p>
</main>
</body>
</html>
"""
