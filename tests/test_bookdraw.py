"""The book's drawings show what they are given, inside their axes, as vectors that do not change from run to run."""

import io
import subprocess
import sys

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

import bookdraw
from autograder.notebooks.chapters import ROOT
from autograder.notebooks.release import write_beside

GRAPH = {"z": ("matmul", "x", "W"), "s": ("add", "z", "b"), "h": ("σ", "s"), "L": ("×", "h", "h")}


def unit(ax):
    bookdraw.draw_unit(ax, ["$w_1 = 2$", "$w_2 = 3$"], "$b = -3$")


def units(ax):
    bookdraw.draw_units(ax, (784, 4, 10), ("pixels", "hidden", "classes"), ("first", "second"))


def layers(ax):
    bookdraw.draw_layers(ax, ("affine", "sigmoid"), ("in", "between", "out"), ("dx", "dz", "dh"), ("W, b", ""))


def graph(ax):
    bookdraw.draw_graph(ax, GRAPH, forward={"x": "1.50", "L": "2.00"}, backward={"x": "−0.40"})


def volumes(ax):
    bookdraw.draw_volumes(ax, ((3, 32, 32), (16, 16, 16), (10, 1, 1)), ("image", "", "scores"), ("3 × 3", "mean"))


DRAWINGS = {
    unit: ["$x_1$", "$x_2$", "$w_1 = 2$", "$w_2 = 3$", "$b = -3$", "Σ", "σ", "z"],
    units: ["pixels", "hidden", "classes", "first", "second", "⋮"],
    layers: ["affine", "sigmoid", "in", "between", "out", "dx", "dz", "dh", "W, b"],
    graph: ["x", "W", "b", "matmul", "add", "σ", "×", "1.50", "2.00", "−0.40", "L"],
    volumes: ["(3, 32, 32)", "(16, 16, 16)", "(10, 1, 1)", "image", "scores", "3 × 3", "mean"],
}
every_drawing = pytest.mark.parametrize("draw", DRAWINGS, ids=lambda draw: draw.__name__)


@pytest.fixture
def ax():
    with plt.rc_context():
        bookdraw.use_style()
        figure, ax = plt.subplots(figsize=(7, 3))
        yield ax
        plt.close(figure)


@every_drawing
def test_every_text_is_drawn_and_lies_within_the_axes(ax, draw):
    draw(ax)
    ax.figure.canvas.draw()
    assert set(DRAWINGS[draw]) <= {text.get_text() for text in ax.texts}
    box = ax.get_window_extent()
    for text in ax.texts:
        x, y = text.get_window_extent().get_points().mean(axis=0)
        assert box.contains(x, y), text.get_text()


@every_drawing
def test_no_two_texts_overlap(ax, draw):
    draw(ax)
    ax.figure.canvas.draw()
    boxes = [(text.get_text(), text.get_window_extent()) for text in ax.texts if text.get_text()]
    clashes = [(a, b) for i, (a, here) in enumerate(boxes) for b, there in boxes[i + 1 :] if here.overlaps(there)]
    assert clashes == []


def svg(draw):
    figure, ax = plt.subplots()
    draw(ax)
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    plt.close(figure)
    return file.getvalue()


@every_drawing
def test_a_drawing_is_all_vectors_and_the_same_each_time(ax, draw):
    first = svg(draw)
    assert "<image" not in first and "<path" in first
    assert svg(draw) == first


def test_edges_reach_from_each_input_to_its_node(ax):
    bookdraw.draw_graph(ax, GRAPH)
    arrows = [text for text in ax.texts if text.get_text() == ""]
    assert len(arrows) == 6 + 1  # x, W, z, b, s, and h once although it is used twice; and the arrow that leaves


def test_a_node_stands_right_of_its_inputs():
    places = bookdraw.places_by_depth(GRAPH)
    assert all(places[name][0] > places[source][0] for name, (_, *inputs) in GRAPH.items() for source in inputs)
    assert len(set(places.values())) == len(places)


@pytest.mark.parametrize(
    "value, text", [(0.2, "0.20"), (-0.4, "−0.40"), (-0.0001, "0.00"), (np.array([[3.0]]), "3.00")]
)
def test_numbers_have_a_true_minus_and_no_minus_zero(value, text):
    assert bookdraw.number(value) == text


def test_shapes_are_written_as_numpy_writes_them():
    assert [bookdraw.shape_text(shape) for shape in ((3,), (2, 3), ("N", 10))] == ["(3,)", "(2, 3)", "(N, 10)"]


def test_the_drawings_travel_with_a_notebook_that_imports_them(tmp_path):
    import nbformat

    for name, source in (("with", "import bookdraw"), ("without", "import numpy")):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
        write_beside("perceptrons", notebook, tmp_path / name)
    assert not (tmp_path / "without" / "bookdraw").exists()
    program = (
        "import matplotlib; matplotlib.use('Agg'); import bookdraw; bookdraw.use_style(); print(bookdraw.__file__)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path / "with", capture_output=True, text=True)
    assert done.stdout.strip().startswith(str(tmp_path / "with")), done.stderr
    assert str(ROOT) not in (tmp_path / "with" / "bookdraw" / "__init__.py").read_text(encoding="utf-8")
