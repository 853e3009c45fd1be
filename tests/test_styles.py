"""Right answers earn full marks however they are written; known mistakes lose marks and are named."""

from functools import cache
from importlib import import_module

import numpy as np
import pytest

from autograder.exercises import CHAPTERS, exercises
from autograder.judging.judge import LocalStudent, judge
from autograder.judging.sheet import make_sheet
from autograder.sample_class import styled_answers, write_class

STYLES = {chapter: import_module(f"autograder.right_answers.{chapter}").STYLES for chapter in CHAPTERS}
EXERCISES = {exercise.id: exercise for chapter in STYLES for exercise in exercises(chapter)}
SEEDS = (0, 1, 2)


@cache
def sheet(exercise_id, seed, visible_only=False):
    return make_sheet(EXERCISES[exercise_id], seed, visible_only)


def verdict(exercise_id, seed, function=None, visible_only=False):
    """The verdict on one function put among the chapter's references, or on the reference itself."""
    exercise = EXERCISES[exercise_id]
    functions = vars(import_module(f"solutions.{exercise.chapter}"))
    if function is not None:
        functions = {**functions, exercise.name: function}
    return judge(sheet(exercise_id, seed, visible_only), LocalStudent(functions))


def complaints(found):
    return [(result.trial.label, result.message) for result in found.results if not result.passed]


def test_every_exercise_has_three_styles():
    written = {f"{chapter}.{name}": len(styles) for chapter in STYLES for name, styles in STYLES[chapter].items()}
    assert written == dict.fromkeys(EXERCISES, 3)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "exercise_id, style",
    [
        pytest.param(f"{chapter}.{name}", style, id=style.__name__)
        for chapter in STYLES
        for name, styles in STYLES[chapter].items()
        for style in styles
    ],
)
def test_a_right_answer_earns_full_marks_in_any_style(exercise_id, style, seed):
    found = verdict(exercise_id, seed, style)
    assert complaints(found) == []
    assert found.points == found.max_points


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_the_reference_earns_full_marks(exercise_id):
    for seed in SEEDS:
        found = verdict(exercise_id, seed)
        assert complaints(found) == []
        assert found.points == found.max_points == EXERCISES[exercise_id].points


@pytest.mark.parametrize("visible_only", [False, True], ids=["all cases", "visible cases"])
@pytest.mark.parametrize(
    "exercise_id, mistake",
    [
        pytest.param(exercise_id, mistake, id=f"{exercise.name}-{mistake.name}")
        for exercise_id, exercise in EXERCISES.items()
        for mistake in exercise.misconceptions
    ],
)
def test_a_known_mistake_loses_marks_and_is_named(exercise_id, mistake, visible_only):
    for seed in SEEDS:
        found = verdict(exercise_id, seed, mistake.wrong, visible_only)
        assert found.points < found.max_points
        assert found.misconceptions == (mistake.name,)
        assert found.hints == (mistake.hint,)


@pytest.mark.parametrize("chapter", CHAPTERS)
@pytest.mark.parametrize("style", range(3))
def test_an_answer_of_the_sample_class_stands_on_its_own_in_a_notebook(chapter, style):
    for name, source in styled_answers(chapter, style).items():
        namespace = {"np": np, "__name__": "__main__"}
        exec(compile(source, f"<{name}>", "exec"), namespace)
        assert callable(namespace[name])


def test_the_sample_class_hands_in_every_chapter(tmp_path):
    students = write_class(tmp_path, CHAPTERS)
    assert {path.name for path in tmp_path.iterdir()} == {*students}
