"""The book's drawings: units, layers, computational graphs and volumes, with shapes and numbers on their edges.

Everything is drawn with matplotlib in units of its own axes, so it stays sharp at any size. Text that goes forward is
upright and above its edge; what comes back is in italics and below it: nothing is said by color alone.
"""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import FancyBboxPatch, Polygon

INK, EDGE, PAPER, SHADE = "0.15", "0.45", "white", "0.9"
FORWARD, BACKWARD = "C0", "C5"  # the palette's blue and dark orange: told apart also without color vision
STYLE = {
    "figure.dpi": 144,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.constrained_layout.use": True,
    "svg.hashsalt": "book",  # the same figure gives the same file
    "svg.fonttype": "path",
}


def use_style():
    """Set the book's style of figures, and vector graphics where a notebook shows them."""
    plt.style.use("tableau-colorblind10")
    plt.rcParams.update(STYLE)
    try:
        from IPython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:  # no notebook: figures are shown as the program likes
        return
    if get_ipython() is not None:
        set_matplotlib_formats("svg", metadata={"Date": None})


def number(value, digits=2):
    """A number, or an array of one number, as text with a true minus and no minus zero."""
    text = f"{np.ravel(value)[0]:.{digits}f}"
    return text.replace("-", "−") if float(text) else text.lstrip("-")


def shape_text(shape):
    """A shape as NumPy writes it: ``(N, 784)``, ``(10,)``."""
    inside = ", ".join(str(length).replace("-", "−") for length in shape)
    return f"({inside},)" if len(shape) == 1 else f"({inside})"


def blank(ax, width, height, title=None):
    """Axes without axes: ``width`` and ``height`` are their (lower, upper) ends, one unit is as long both ways."""
    ax.set(xlim=width, ylim=height, aspect="equal", title=title)
    ax.axis("off")


def draw_node(ax, place, label, fill=PAPER, radius=0.42):
    """A circle with a text in it; a rounded box for a longer one."""
    x, y = place
    if len(label) <= 3 or label.startswith("$"):
        shape = plt.Circle(place, radius, facecolor=fill, edgecolor=INK, lw=1.4, zorder=3)
    else:
        half = 0.125 * len(label)
        box = f"round,pad=0.1,rounding_size={0.6 * radius}"
        corner = (x - half, y - 0.7 * radius)
        shape = FancyBboxPatch(corner, 2 * half, 1.4 * radius, box, fc=fill, ec=INK, lw=1.4, zorder=3)
    ax.add_patch(shape)
    ax.text(x, y, label, ha="center", va="center", color=INK, zorder=4, fontsize=11 if len(label) <= 3 else 9)


def draw_edge(ax, start, end, forward="", backward="", at=0.5, gap=0.42):
    """An arrow from one place to another, with what goes forward above it and what comes back below it.

    at: where along the arrow the texts stand, from 0 to 1. gap: how far from both places it keeps away.
    """
    start, end = np.array(start, float), np.array(end, float)
    along = (end - start) / np.linalg.norm(end - start)
    arrow = {"arrowstyle": "-|>", "color": EDGE, "lw": 1.4, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", end - gap * along, start + gap * along, arrowprops=arrow)
    across = np.array([-along[1], along[0]]) if along[0] >= 0 else np.array([along[1], -along[0]])
    middle = start + at * (end - start)
    steep = abs(along[1])  # a text beside a steep arrow needs its own half width as room
    for text, sign, color, style in ((forward, 1, FORWARD, "normal"), (backward, -1, BACKWARD, "italic")):
        if text:
            place = middle + sign * across * (0.22 + steep * 0.045 * len(text))
            ax.text(*place, text, ha="center", va="center", color=color, style=style, fontsize=10, zorder=5)


def draw_unit(ax, weights, bias, answer="ŷ", activation="σ"):
    """One unit: inputs with their weights on the edges, the weighted sum with its bias, the activation.

    weights, bias: texts such as ``"$w_1 = 2$"``. Returns nothing; the axes are blank afterwards.
    """
    heights = _spread(len(weights), 1.3)
    for index, (weight, height) in enumerate(zip(weights, heights), 1):
        draw_edge(ax, (0, height), (2.6, 0), weight, at=0.42)
        draw_node(ax, (0, height), f"$x_{index}$")
    draw_edge(ax, (2.6, heights[0] + 1.1), (2.6, 0))
    ax.text(2.6, heights[0] + 0.95, bias, ha="center", va="center", color=FORWARD, fontsize=10)
    draw_edge(ax, (2.6, 0), (4.6, 0), "z")
    draw_edge(ax, (4.6, 0), (6.2, 0))
    draw_node(ax, (2.6, 0), "Σ", SHADE)
    draw_node(ax, (4.6, 0), activation, SHADE)
    ax.text(6.0, 0, answer, ha="center", va="center", color=INK)
    blank(ax, (-0.6, 6.4), (min(heights) - 0.6, heights[0] + 1.3))


def draw_units(ax, sizes, names, weights=(), most=5, lines=None):
    """A network unit by unit: a column of circles for each layer, all edges between neighbors.

    sizes: units in each layer; beyond ``most`` the middle ones become dots. names: a text under each layer.
    weights: a text over the edges of each pair of layers, such as ``"$W_1$ (784, 30)"``.
    lines: ``lines(layer, i, j)`` gives (text, line style) of the edge from unit i to unit j, where edges have texts.
    """
    columns = [_column(size, most) for size in sizes]
    step = 3.0
    for layer, (here, there) in enumerate(pairwise(columns)):
        for i, low in here:
            for j, high in there:
                text, style = lines(layer, i, j) if lines else ("", "-")
                ends = np.array([[layer * step, low], [(layer + 1) * step, high]])
                ax.plot(*ends.T, color=EDGE, lw=0.8, ls=style, zorder=1)
                if text:
                    place = ends[0] + 0.3 * (ends[1] - ends[0])
                    ax.text(*place, text, ha="center", va="center", color=FORWARD, fontsize=10, zorder=5,
                            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.6})  # fmt: skip
    top = max(height for column in columns for _, height in column)
    for layer, (size, column, name) in enumerate(zip(sizes, columns, names)):
        for _, height in column:
            circle = plt.Circle((layer * step, height), 0.3, facecolor=PAPER, edgecolor=INK, lw=1.3, zorder=3)
            ax.add_patch(circle)
        if size > most:
            ax.text(layer * step, 0, "⋮", ha="center", va="center", fontsize=16, color=INK)
        ax.text(layer * step, -top - 0.75, name, ha="center", va="top", color=INK, fontsize=10)
    for layer, text in enumerate(weights):
        ax.text((layer + 0.5) * step, top + 0.65, text, ha="center", va="bottom", color=FORWARD, fontsize=10)
    blank(ax, (-1.1, step * (len(sizes) - 1) + 1.1), (-top - 2.0, top + 1.9))


def draw_layers(ax, boxes, forward, backward=(), parameters=()):
    """A network layer by layer: a row of boxes, what passes between them on the arrows.

    boxes: a text for each layer. forward, backward: texts (shapes, gradients) on the len(boxes) + 1 arrows.
    parameters: a text under each box, such as the names and shapes of its weights.
    """
    wide, gap = 2.2, 1.7
    for index, box in enumerate(boxes):
        left = index * (wide + gap)
        ax.add_patch(plt.Rectangle((left, -0.5), wide, 1, facecolor=SHADE, edgecolor=INK, lw=1.4, zorder=3))
        ax.text(left + wide / 2, 0, box, ha="center", va="center", color=INK, zorder=4, fontsize=10)
        if parameters and parameters[index]:
            ax.text(left + wide / 2, -0.68, parameters[index], ha="center", va="top", color=INK, fontsize=9)
    texts = list(forward), list(backward) or [""] * len(forward)
    for index, (out, back) in enumerate(zip(*texts)):
        right = index * (wide + gap)
        draw_edge(ax, (right - gap, 0.12), (right, 0.12), out, gap=0.06)
        if back:
            draw_edge(ax, (right, -0.12), (right - gap, -0.12), gap=0.06)
            ax.text(right - gap / 2, -0.34, back, ha="center", va="center", color=BACKWARD, style="italic", fontsize=10)
    blank(ax, (-gap - 0.1, len(boxes) * (wide + gap) + 0.1), (-1.7 if parameters else -0.8, 0.9))


def draw_graph(ax, graph, places=None, forward=None, backward=None, labels=None):
    """A computational graph: each node a circle, its inputs' arrows, numbers or shapes on them.

    graph: a name → (operation, input, …); what is an input and not a name is a leaf. forward, backward: a name → text,
    written on the arrows that leave the node, and for the last node on an arrow that leaves the picture.
    places: a name → (x, y); without, columns by depth. labels: a name → text in the circle.
    """
    forward, backward, labels = forward or {}, backward or {}, labels or {}
    places = places or places_by_depth(graph)
    fed = {name for _, *inputs in graph.values() for name in inputs}
    for name, (_, *inputs) in graph.items():
        for source in dict.fromkeys(inputs):
            draw_edge(ax, places[source], places[name], forward.get(source, ""), backward.get(source, ""), at=0.46)
    for name, (x, y) in places.items():
        leaf = name not in graph
        draw_node(ax, (x, y), labels.get(name, name if leaf else graph[name][0]), PAPER if leaf else SHADE)
        if name not in fed:
            draw_edge(ax, (x, y), (x + 2, y), forward.get(name, ""), backward.get(name, ""))
            ax.text(x + 1.75, y, name, ha="left", va="center", color=INK)
    x, y = np.array(list(places.values())).T
    blank(ax, (x.min() - 0.6, x.max() + 2.6), (y.min() - 0.7, y.max() + 0.7))


def places_by_depth(graph, step=(2.4, 1.6)):
    """Places for `draw_graph`: a node stands right of all its inputs, nodes of one depth under each other."""
    depth = {}

    def depth_of(name):
        if name not in depth:
            depth[name] = 1 + max(map(depth_of, graph[name][1:])) if name in graph else 0
        return depth[name]

    for name in graph:
        depth_of(name)
    for name in depth:  # a leaf stands just left of the first node that it feeds
        if name not in graph:
            depth[name] = min(depth[user] for user, (_, *inputs) in graph.items() if name in inputs) - 1
    columns = {}
    for name in depth:
        columns.setdefault(depth[name], []).append(name)
    return {
        name: (level * step[0], float(height))
        for level, names in columns.items()
        for name, height in zip(names, _spread(len(names), step[1]))
    }


def draw_array(ax, left, rows, columns, name, shape, row=None, column=None, top=4):
    """An array as a box of cells whose upper edge is at ``top``; one row, one column or their crossing marked."""
    for i in range(rows):
        for j in range(columns):
            marked = (row is not None or column is not None) and row in (None, i) and column in (None, j)
            ax.add_patch(plt.Rectangle((left + j, top - i - 1), 1, 1, fc="C1" if marked else PAPER, ec=EDGE))
    ax.text(left + columns / 2, top + 0.3, name, ha="center", va="bottom", fontsize=13, color=INK)
    ax.text(left + columns / 2, top - rows - 0.3, shape, ha="center", va="top", fontsize=10, color=INK)


def draw_volumes(ax, volumes, names=(), operations=()):
    """Images on their way through a network: a block for each (channels, height, width), shapes under it.

    names: a text over each block. operations: a text on the arrow to the next block.
    """
    left, ends, slant = 0.0, [], 0.35
    for channels, height, width in volumes:
        thick, tall, deep = 0.3 + 0.45 * np.log2(1 + channels), 0.4 + 0.5 * np.log2(height), 0.4 + 0.5 * np.log2(width)
        shift = np.array([slant * deep, slant * deep])
        front = np.array([[left, -tall / 2], [left + thick, -tall / 2], [left + thick, tall / 2], [left, tall / 2]])
        top = np.array([front[3], front[2], front[2] + shift, front[3] + shift])
        side = np.array([front[1], front[2], front[2] + shift, front[1] + shift])
        for face, fill in ((front, PAPER), (top, SHADE), (side, "0.8")):
            ax.add_patch(Polygon(face, facecolor=fill, edgecolor=INK, lw=1.2, zorder=3))
        middle, right = left + (thick + shift[0]) / 2, left + thick + shift[0]
        text = shape_text((channels, height, width))
        ax.text(middle, -tall / 2 - 0.25, text, ha="center", va="top", fontsize=9, color=INK)
        ends.append((left, right, middle, tall / 2 + shift[1]))
        left = right + 1.9
    for (_, right, _, _), (start, _, _, _), operation in zip(ends, ends[1:], operations):
        draw_edge(ax, (right, 0.2), (start, 0.2), operation, gap=0.12)
    for (_, _, middle, high), name in zip(ends, names):
        ax.text(middle, high + 0.2, name, ha="center", va="bottom", fontsize=10, color=INK)
    tallest = max(high for *_, high in ends)
    blank(ax, (-0.6, ends[-1][1] + 0.6), (-tallest - 0.9, tallest + 0.8))


def _spread(count, step):
    """Heights of ``count`` things under each other, symmetric about 0, the highest first."""
    return (np.arange(count)[::-1] - (count - 1) / 2) * step


def _column(size, most):
    """(index, height) of a layer's units that are drawn; the middle ones of a large layer are left out."""
    if size <= most:
        return list(enumerate(_spread(size, 0.95)))
    half = most // 2
    heights = _spread(2 * half + 1, 0.95)
    return [*zip(range(half), heights[:half]), *zip(range(size - half, size), heights[half + 1 :])]
