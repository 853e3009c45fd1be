"""Small charts as SVG: drawn in the page's own colours, in the light and in the dark, with text as text."""

from markupsafe import Markup, escape

WIDTH, HEIGHT, FOOT = 240, 96, 18


def histogram(counts, label):
    """Bars of equal width, for shares from 0 to 100 %; the highest is marked with its count."""
    step, most = WIDTH / len(counts), max(max(counts), 1)
    highest = counts.index(most) if most in counts else None
    parts = []
    for place, count in enumerate(counts):
        high = (HEIGHT - FOOT - 16) * count / most
        top, left = HEIGHT - FOOT - high, place * step
        parts.append(f'<rect class="bar" x="{left + 1:g}" y="{top:.1f}" width="{step - 2:g}" height="{high:.1f}"/>')
        if place == highest:
            at, anchor = {0: (0, "start"), len(counts) - 1: (WIDTH, "end")}.get(place, (left + step / 2, "middle"))
            parts.append(_text(at, top - 4, f"{count:,}", anchor))
    base = HEIGHT - FOOT
    parts.append(f'<line class="axis" x1="0" y1="{base}" x2="{WIDTH}" y2="{base}"/>')
    parts += [_text(0, HEIGHT - 4, "0 %", "start"), _text(WIDTH / 2, HEIGHT - 4, "50 %", "middle")]
    parts.append(_text(WIDTH, HEIGHT - 4, "100 %", "end"))
    return _svg(parts, WIDTH, HEIGHT, label)


def share_bar(share):
    """A bar for a share between 0 and 1. It stands next to its number, so it is hidden from screen readers."""
    width = 60
    filled = f'<rect class="bar" width="{width * share:.1f}" height="8" rx="2"/>'
    empty = f'<rect class="track" width="{width}" height="8" rx="2"/>'
    return Markup(f'<svg class="share" aria-hidden="true" viewBox="0 0 {width} 8">{empty}{filled}</svg>')


def _text(x, y, text, anchor):
    return f'<text x="{x:g}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


def _svg(parts, width, height, label):
    return Markup(f'<svg role="img" viewBox="0 0 {width} {height}" aria-label="{escape(label)}">{"".join(parts)}</svg>')
