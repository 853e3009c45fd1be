"""The front page's start: what the book is, a first exercise to solve right there, a line that learns, the chapters."""

import html
import re
from pathlib import Path
from urllib.parse import unquote

import numpy as np
from docutils import nodes

from ..exercises import CHAPTERS, exercises
from ..notebooks.stubs import stub
from .effort import effort

CARDS = ("<!-- cards -->", "<!-- end of cards -->")
CARD_SIZE = (480, 300)
PICTURE = re.compile(r'<img [^>]*src="((?:\.\./)*_images/[^"]+)"')
BLUE, ORANGE = "#005a9e", "#c85200"


def open_with_a_start(app, doctree):
    """Before the text of the book's first page: pitch, picture, first exercise, cards."""
    if app.env.docname != app.config.root_doc or app.builder.format != "html":
        return
    from .live import chapter_data

    title = next(doctree.findall(nodes.title))
    place = title.parent.index(title) + 1
    chapter = next(name for name in CHAPTERS if f"chapters/{name}" in app.env.found_docs)
    head = nodes.raw("", start(chapter), format="html")
    cards = nodes.raw("", f"{CARDS[0]}{CARDS[1]}", format="html")
    title.parent.insert(place, [head, cards])
    doctree.append(chapter_data(app, chapter))


def start(chapter):
    first = exercises(chapter)[0]
    return f"""<div class="front-hero">
<div>
<p class="front-pitch">Write every part of a neural network yourself, in NumPy. Each exercise runs right here in the
page and tells you not only <em>that</em> it is wrong, but <em>why</em>.</p>
<p class="front-actions"><a class="live-button live-main front-start" href="{chapter}.html">Start reading</a>
<a class="live-button" href="#front-chapters-title">All chapters</a></p>
</div>
<figure class="front-picture">{picture()}
<figcaption><span class="front-told">A perceptron, one of the first things that you will write, finds a line between two
kinds of points by correcting itself at each mistake.</span>
<button type="button" class="live-button live-small front-again front-waits">Watch it learn</button></figcaption>
</figure>
</div>
<div class="front-first">
<h2 id="front-first-title">Try one now: a single line</h2>
<p>A threshold unit answers 1 if its input is greater than zero and 0 otherwise. The input is an array, and so is the
answer; with arrays, <code>z &gt; 0</code> compares all entries at once. Replace the last line and press <em>Check</em>.
What you solve here counts in the book.</p>
<div class="live-exercise" data-exercise="{chapter}.{first.name}"><div class="cell tag_exercise docutils container">
<div class="cell_input docutils container"><div class="highlight-ipython3 notranslate"><div class="highlight"><pre>{
        html.escape(stub(first.reference))
    }</pre></div></div></div></div>
</div>
</div>
"""


# --------------------------------------------------------------------------------------------- a line that learns
def points():
    """Two kinds of points on [0, 10] × [0, 6] that a line can separate, the same each time."""
    rng = np.random.default_rng(5)
    places = rng.uniform((0.5, 0.5), (9.5, 5.5), (60, 2))
    side = places @ (0.9, 1.0) - 7.4
    keep = np.abs(side) > 0.8
    return places[keep][:30], side[keep][:30] > 0


def picture():
    """The points and the line that separates them, as SVG. The page's script lets it learn again."""
    places, kinds = points()
    marks = []
    for (x, y), kind in zip(places * 40, kinds):
        if kind:
            marks.append(f'<circle class="front-one" cx="{x:.0f}" cy="{y:.0f}" r="7"/>')
        else:
            marks.append(f'<rect class="front-zero" x="{x - 6:.0f}" y="{y - 6:.0f}" width="12" height="12"/>')
    line = '<line class="front-line" x1="62" y1="240" x2="329" y2="0"/>'
    title = "Circles on one side, squares on the other, and a line between them"
    frame = f'<svg viewBox="0 0 400 240" role="img" aria-label="{title}" class="front-svg">'
    return f"{frame}<g>{''.join(marks)}</g>{line}</svg>"


def draw_preview(path, title):
    """The picture that other sites show with a link to the book, 1200 × 630."""
    import matplotlib

    matplotlib.use("agg", force=False)
    from matplotlib.figure import Figure

    places, kinds = points()
    figure = Figure(figsize=(12, 6.3), dpi=100, facecolor="white")
    axes = figure.add_axes((0.45, 0.08, 0.52, 0.84))
    axes.scatter(*places[kinds].T, s=170, color=BLUE)
    axes.scatter(*places[~kinds].T, s=150, color=ORANGE, marker="s")
    axes.plot([1.5, 8.2], [6.05, 0.02], color="#222222", linewidth=4)
    axes.set(xlim=(0, 10), ylim=(6, 0))
    axes.set_axis_off()
    words, lines = title.split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) > 15:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    figure.text(0.05, 0.56, "\n".join(lines), fontsize=36, fontweight="bold", va="center", color="#222222")
    figure.text(0.05, 0.13, "Exercises that run in the page\nand explain your mistakes", fontsize=18, color="#444444")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})


# ---------------------------------------------------------------------------------------------------------- cards
def fill(app, site):
    """Put the chapters' cards into the built front page; each shows the first figure of its chapter."""
    page = site / f"{app.config.root_doc}.html"
    text = page.read_text(encoding="utf-8")
    if CARDS[0] not in text:
        return
    chapters = [name for name in CHAPTERS if f"chapters/{name}" in app.env.found_docs]
    cards = "\n".join(card(app, site, chapter) for chapter in chapters)
    section = (
        '<div class="front-chapters"><h2 id="front-chapters-title">The chapters</h2>'
        f'<p class="front-total" role="status"></p><ol class="front-cards">{cards}</ol></div>'
    )
    before, rest = text.split(CARDS[0], 1)
    after = rest.split(CARDS[1], 1)[1]
    page.write_text(f"{before}{CARDS[0]}{section}{CARDS[1]}{after}", encoding="utf-8")


def card(app, site, chapter):
    title = html.escape(app.env.titles[f"chapters/{chapter}"].astext())
    number = app.env.toc_secnumbers.get(f"chapters/{chapter}", {}).get("", ())
    number = f"{'.'.join(map(str, number))}. " if number else ""
    image = thumbnail(site, chapter)
    shown = (
        f'<img alt="" src="../{image}" width="{CARD_SIZE[0]}" height="{CARD_SIZE[1]}" loading="lazy" decoding="async">'
    )
    return (
        f'<li class="front-card">{shown if image else ""}<a href="{chapter}.html">{number}{title}</a>'
        f'<span class="front-effort">{effort(chapter)}</span>'
        f'<span class="front-progress" data-card="{chapter}"></span></li>'
    )


def thumbnail(site, chapter):
    """The first figure of a chapter, small; its name in the site, or None."""
    from PIL import Image

    article = (site / "chapters" / f"{chapter}.html").read_text(encoding="utf-8").partition("<article")[2]
    found = PICTURE.search(article)
    if not found:
        return None
    source = site / unquote(found[1]).replace("../", "")
    if source.suffix == ".svg":
        return source.relative_to(site).as_posix()
    target = site / "_static" / "cards" / f"{chapter}.webp"
    target.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(source) as image:
        image = image.convert("RGB")
        width, height = image.size
        if width / height > 1.6 * CARD_SIZE[0] / CARD_SIZE[1]:  # a row of panels: the first ones are read, all are not
            image = image.crop((0, 0, round(height * 1.6 * CARD_SIZE[0] / CARD_SIZE[1]), height))
        image.thumbnail(CARD_SIZE, Image.Resampling.LANCZOS)
        sheet = Image.new("RGB", CARD_SIZE, "white")
        sheet.paste(image, ((CARD_SIZE[0] - image.width) // 2, (CARD_SIZE[1] - image.height) // 2))
        sheet.save(target, "WEBP", quality=82, method=6)
    return target.relative_to(site).as_posix()
