"""Takes out of the built pages what the theme loads and the book does not use, and joins what is left."""

import logging
import re
import struct
from pathlib import Path

import tinycss2

ICONS = "_static/vendor/fontawesome/webfonts"
STYLE = "_static/styles/pages.css"
FONT = "stix-two-math.woff2"
UNUSED = ("fontawesome.js", "sphinx-thebe.js", FONT)  # icons drawn twice, and what an earlier build has added
ONLY_FOR_SEARCH = ("searchtools.js", "language_data.js", "searchindex.js")  # the search field leads to search.html
DESIGN = ("sphinx-design.min.css", "design-tabs.js")
TAG = re.compile(r"[ \t]*<(?:link\b[^>]*>|script\b[^>]*></script>)\n?")
SHEET = re.compile(r'[ \t]*<link\b[^>]*href="(?:\.\./)*([^"?]+\.css)[^"]*"[^>]*>\n?')
SCRIPT = re.compile(r'<script(?! data-cfasync| type="application)(?![^>]*\bdefer)(?![^>]*type="module")')
SNIPPET = re.compile(r"[ \t]*<script>((?:(?!</script>|thebe|MathJax).)*)</script>\n?", re.DOTALL | re.IGNORECASE)
VIEWPORT = re.compile(r'<meta name="viewport"[^>]*>')
IMAGE = re.compile(r'<img (?![^>]*\bwidth=)([^>]*src="((?:\.\./)*_images/[^"]+\.png)")')
VIEW_BOX = re.compile(rb'<svg[^>]*viewBox="0 0 ([\d.]+) ([\d.]+)"')
SEARCH_BUTTON = re.compile(r"<button\b[^>]*search-button-field[^>]*>")
WORD = re.compile(r"[\w-]+")


def lighten(site):
    """Lighten the pages of a built site; ``site`` is its folder."""
    site = Path(site)
    pages = [path for path in sorted(site.rglob("*.html")) if "_static" not in path.relative_to(site).parts]
    sheets = {}
    for path in pages:
        text = lighter(path.read_text(encoding="utf-8"), path, site)
        for name in SHEET.findall(text):
            sheets.setdefault(name.removeprefix("../"), None)
        path.write_text(text, encoding="utf-8")
    sheets = [name for name in sheets if name != STYLE]
    for path in [*(site / "_static" / "scripts").glob("fontawesome.js*"), *(site / "_static").rglob("*.map")]:
        path.unlink(missing_ok=True)
    for path in (site / "_static" / "scripts").glob("*.js"):
        path.write_text(re.sub(r"//# sourceMappingURL=\S+", "", path.read_text(encoding="utf-8")), encoding="utf-8")
    scripts = [path for path in (site / "_static").rglob("*.js") if "pyodide" not in path.parts]
    words = {word for path in [*pages, *scripts] for word in WORD.findall(path.read_text(encoding="utf-8"))}
    if sheets:
        join_sheets(site, sheets, words)
    for path in pages:
        path.write_text(with_one_sheet(path, site), encoding="utf-8")
    lighten_icons(site)


def lighter(page, path, site):
    """The text of a page without files that it does not use; its scripts run when it has been read."""
    up = "../" * (len(path.relative_to(site).parts) - 1)
    leave = UNUSED
    if path.name != "search.html":
        leave += ONLY_FOR_SEARCH
    snippets = [code.strip() for code in SNIPPET.findall(page)]
    if snippets:  # joined, and before the scripts that read the settings which they make
        page = SNIPPET.sub("", page)
        joined = "<script defer>" + ";\n".join(dict.fromkeys(snippets)) + "</script>\n"
        page = re.sub(r"(<script[^>]*documentation_options\.js[^>]*></script>\n?)", r"\1" + joined, page, count=1)
    if ' class="sd-' not in page and " sd-" not in page:
        leave += DESIGN
    page = TAG.sub(lambda tag: "" if any(file in tag[0] for file in leave) else tag[0], page)
    page = SCRIPT.sub("<script defer", page)
    page = IMAGE.sub(lambda image: f"<img {_size(path.parent / image[2])}{image[1]}", page)
    # what a button shows must be in its name: "Search", and the keys
    page = SEARCH_BUTTON.sub(lambda button: button[0].replace('aria-label="Search"', ""), page)
    page = page.replace('role="doc-biblioentry"', 'role="listitem"')  # WAI-ARIA 1.2 and later have it no more
    page = VIEWPORT.sub("", page)  # the theme gives three
    head = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    if "<math" in page:
        head += f'\n    <link rel="preload" as="font" type="font/woff2" href="{up}_static/{FONT}" crossorigin>'
    return page.replace('<meta charset="utf-8" />', f'<meta charset="utf-8" />\n    {head}', 1)


def _size(path):
    """Width and height of a picture, so that the page need not move when it comes, and the wish to load it late."""
    try:
        data = path.read_bytes()
        vector = VIEW_BOX.search(data)
        if vector:  # in points, 3 of which are 4 pixels
            width, height = (round(float(length) * 4 / 3) for length in vector.groups())
        else:
            width, height = struct.unpack(">II", data[16:24])
    except (OSError, struct.error):
        return ""
    return f'loading="lazy" decoding="async" width="{width}" height="{height}" '


def join_sheets(site, names, words):
    """One style sheet of all, without the rules for classes that no page and no script names."""
    parts = []
    for name in names:
        path = (site / name).resolve()
        text = path.read_text(encoding="utf-8")
        for imported in re.findall(r'@import (?:url\()?"?([\w./-]+)"?\)?;', text):
            text = (path.parent / imported).read_text(encoding="utf-8") + text
        text = re.sub(r"@import[^;]*;|@charset[^;]*;|/\*# sourceMappingURL.*?\*/", "", text)
        text = re.sub(
            r'url\("?(?!data:|["#/])([^)"]+)"?\)',
            lambda url, path=path: f"url({_from_style(path, url[1], site)})",
            text,
        )
        parts.append(_used(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True), words))
    target = site / STYLE
    target.write_text("\n".join(parts), encoding="utf-8")


def _from_style(path, url, site):
    return "../../" + (path.parent / url).resolve().relative_to(site.resolve()).as_posix()


def _used(rules, words):
    kept = []
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = tinycss2.serialize(rule.prelude).split(",") if not _nested_comma(rule) else None
            if selectors is None:
                kept.append(rule.serialize())
                continue
            selectors = [s.strip() for s in selectors if all(c in words for c in _classes(s))]
            if selectors:
                kept.append(",".join(selectors) + "{" + tinycss2.serialize(rule.content).strip() + "}")
        elif rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports") and rule.content is not None:
            inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            if text := _used(inner, words):
                kept.append(f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{text}}}")
        elif rule.type != "error":
            kept.append(rule.serialize())
    return "\n".join(kept)


def _nested_comma(rule):
    """Whether a comma stands inside of :is(…) or the like, where a selector cannot be cut."""
    return any(token.type == "function" and "," in token.serialize() for token in rule.prelude)


def _classes(selector):
    return re.findall(r"\.(-?[_a-zA-Z][\w-]*)", re.sub(r":not\([^)]*\)|\[[^\]]*\]", "", selector))


def with_one_sheet(path, site):
    """The text of a page with the joined style sheet in the place of the first of its sheets."""
    up = "../" * (len(path.relative_to(site).parts) - 1)
    page = path.read_text(encoding="utf-8")
    first = SHEET.search(page)
    if first is None:
        return page
    place = first.start()
    link = f'<link rel="stylesheet" href="{up}{STYLE}">\n'
    return page[:place] + link + SHEET.sub("", page[place:])


def lighten_icons(site):
    """Keep of the icon fonts the icons that the joined style sheet names."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells each of its steps
    style = (site / STYLE).read_text(encoding="utf-8")
    codes = {int(code, 16) for code in re.findall(r"\\([ef][0-9a-f]{3})\b", style)}
    codes |= {ord(character) for character in style if "\ue000" <= character <= "\uf8ff"}
    for path in sorted((site / ICONS).glob("*.woff2")):
        font = TTFont(path, recalcTimestamp=False)
        subsetter = subset.Subsetter(subset.Options(layout_features=[], notdef_outline=True))
        subsetter.populate(unicodes=codes)
        subsetter.subset(font)
        font.flavor = "woff2"
        font.save(path)
    for path in (site / ICONS).glob("*.ttf"):  # every browser that shows MathML reads woff2
        path.unlink()
