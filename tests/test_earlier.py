"""Functions of earlier chapters come from the student's own notebooks, and what is missing is said in one line."""

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.judging.earlier import NotFound, bring
from autograder.notebooks.release import release

ANSWER = (
    "import numpy as np\n\n\ndef helper(x):\n    return x + 1\n\n\ndef twice(x):\n    return 2 * helper(np.asarray(x))"
)


def notebook_at(path, *sources):
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources]), path)


@pytest.mark.parametrize("place", ["class/one/one.ipynb", "class/two/one.ipynb"])
def test_a_function_comes_with_what_it_uses_from_either_place(tmp_path, place):
    notebook_at(tmp_path / place, ANSWER)
    twice = bring("one", "twice", folder=tmp_path / "class" / "two")
    assert np.array_equal(twice([1, 2]), [4, 6])


def test_only_definitions_and_imports_are_run(tmp_path):
    notebook_at(tmp_path / "one.ipynb", "%matplotlib inline", "raise SystemExit", "import no_such_module", ANSWER)
    twice, helper = bring("one", "twice", "helper", folder=tmp_path)
    assert (twice(1), helper(1)) == (4, 2)


def test_a_missing_notebook_or_function_is_said_in_one_line_without_a_traceback(tmp_path):
    with pytest.raises(NotFound, match="your train from the chapter 'networks'. Put your notebook") as missing:
        bring("networks", "train", folder=tmp_path)
    assert missing.value._render_traceback_() == [str(missing.value)]
    notebook_at(tmp_path / "networks.ipynb", ANSWER)
    with pytest.raises(NotFound, match="networks.ipynb defines no train"):
        bring("networks", "train", folder=tmp_path)
    (tmp_path / "networks.ipynb").write_text("no notebook", encoding="utf-8")
    with pytest.raises(NotFound, match="cannot be read"):
        bring("networks", "train", folder=tmp_path)


def test_the_training_loop_of_a_released_chapter_serves_the_next_one(tmp_path):
    release("networks", tmp_path, "instructor")
    train = bring("networks", "train", folder=tmp_path / "backprop")
    found, losses = train(
        lambda p, x, y: (float(p["w"] @ p["w"]), {"w": 2 * p["w"]}),
        {"w": np.ones(2)}, np.zeros((4, 1)), np.zeros(4), 0.25, 2, 1, np.random.default_rng(0),
    )  # fmt: skip
    assert losses.tolist() == [2.0, 0.5] and found["w"].tolist() == [0.25, 0.25]
