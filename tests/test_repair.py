"""Repair exercises: a whole function with one misconception planted; what was given earns nothing, a repair does."""

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.preprocessors import ClearHiddenTests

from autograder.authoring import verify
from autograder.exercises import CHAPTERS, exercises
from autograder.grading.plan import make_plan
from autograder.grading.reading import Cell, Reading
from autograder.judging import explain
from autograder.judging.judge import LocalStudent, judge
from autograder.judging.sheet import freeze, make_sheet, thaw
from autograder.judging.vocabulary import SIZES, Exercise, case, hidden, misconceptions, visible
from autograder.notebooks import steps, stubs
from autograder.notebooks.chapters import CourseError
from autograder.notebooks.clearing import ClearSolutionsOfRepairs
from autograder.notebooks.steps import STEPS, Recipe, role_of


def mean_distance(a, b):
    """Mean distance of the rows of two arrays.

    Formula: the root of the summed squares of each row's difference,
    averaged over rows.

    a, b (N, D) → a number.
    """
    return float(np.sqrt(((a - b) ** 2).sum(axis=1)).mean())


def model(a, b):
    """Said by its author alone."""
    squares = (a - b) ** 2
    rows = np.sqrt(squares.sum(axis=1))
    return float(rows.mean())


def model_of_another_signature(a, c):
    return float(np.abs(a - c).sum())


FAR = np.array([[3.0, 4.0], [0.0, 1.0]])
CATALOGUE = {
    "no-root": ("Look at the unit.", "np.sqrt(squares.sum(axis=1)) → squares.sum(axis=1)"),
    "summed": ("A mean is asked for.", "rows.mean() → rows.sum()"),
    "over-columns": ("A row is a point.", "sum(axis=1) → sum(axis=0)"),
    "another": ("Nothing.", model_of_another_signature),
}


def repair(planted="no-root"):
    return Exercise(
        mean_distance,
        points=2,
        groups=(
            visible("zero", case("one point twice", FAR, FAR)),
            visible("far", case("two points", FAR, 0 * FAR)),
            hidden("any", lambda rng: [case("random", rng.normal(size=(4, 3)), rng.normal(size=(4, 3)))]),
        ),
        misconceptions=misconceptions(model, CATALOGUE),
        planted=planted,
    )


def defined(source):
    space = {"np": np}
    exec(source, space)
    return space


def verdict_of(source, seed=0):
    return judge(make_sheet(repair(), seed), LocalStudent(defined(source)))


GIVEN = stubs.stub_of(repair())


def test_the_stub_is_the_whole_function_with_the_planted_misconception_and_the_references_words():
    assert GIVEN == (
        'def mean_distance(a, b):\n    """Mean distance of the rows of two arrays.\n\n    a, b (N, D) → a number.\n'
        '    """\n    squares = (a - b) ** 2\n    rows = squares.sum(axis=1)\n    return float(rows.mean())'
    )


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_what_was_given_earns_nothing_although_some_of_its_cases_pass(seed):
    found = verdict_of(GIVEN, seed)
    assert found.passed > 0
    assert (found.points, found.attempted, found.misconceptions, found.hints) == (0, False, (), ())


def test_given_and_only_rewritten_it_still_earns_nothing():
    rewritten = "def mean_distance(a, b):\n    return np.mean(np.sum(np.square(b - a), 1))"
    assert (verdict_of(rewritten).points, verdict_of(rewritten).attempted) == (0, False)


def test_a_repair_earns_all_points():
    repaired = GIVEN.replace("rows = squares.sum(axis=1)", "rows = np.sqrt(squares.sum(axis=1))")
    assert repaired != GIVEN and verdict_of(repaired).points == 2


def test_another_mistake_in_its_place_is_judged_as_usual():
    found = verdict_of(GIVEN.replace("rows = squares.sum(axis=1)", "rows = 2 * np.sqrt(squares.sum(axis=1))"))
    assert found.attempted and 0 < found.points < 2
    found = verdict_of(GIVEN.replace("rows = squares.sum(axis=1)", "rows = 2 * np.sqrt(squares.sum(axis=1))").replace(
        "rows.mean()", "rows.sum() / 2"))  # fmt: skip
    assert found.misconceptions == ("summed",)


def test_the_students_own_check_shows_the_cases_of_what_was_given_and_no_hint():
    sheet = thaw(freeze([make_sheet(repair(), visible_only=True)]))["mean_distance"]
    found = judge(sheet, LocalStudent(defined(GIVEN)))
    report = explain.text(found, sheet)
    assert report.startswith("✗ mean_distance: not repaired yet, 1 of 2 visible cases pass.")
    assert "expected: 3" in report and "got:      13" in report and "Look at the unit" not in report
    assert explain.as_data(found, sheet)["attempted"]


def notebook_for(kind):
    """A notebook with this exercise alone, in a chapter that does not know it."""
    recipe = Recipe("perceptrons", kind)
    recipe.exercise = lambda name: repair()
    cells = [new_code_cell("import numpy as np"), new_code_cell(GIVEN, metadata={"tags": ["exercise"]})]
    notebook = new_notebook(cells=cells)
    for step in STEPS:
        if step not in (steps.add_helpers, steps.explain_use):
            step(notebook, recipe)
    return nbformat.from_dict(notebook)


def test_students_get_it_with_its_task_and_nbgraders_clearing_gives_the_same(monkeypatch):
    monkeypatch.setattr(stubs, "_imports", lambda function: [])  # this file is no chapter that could be imported
    released, source = notebook_for("student"), notebook_for("source")
    assert [cell.source for cell in released.cells if role_of(cell) == "exercise"] == [GIVEN]
    assert "*Core, 2 points: find the mistake and repair it*" in [cell.source for cell in released.cells]
    assert "np.sqrt(((a - b)" in nbformat.writes(source) and "np.sqrt(((a - b)" not in nbformat.writes(released)
    for tool in (ClearSolutionsOfRepairs(code_stub={"python": "raise NotImplementedError"}), ClearHiddenTests()):
        source, _ = tool.preprocess(source, {})
    assert [(cell.source, cell.metadata) for cell in source.cells] == [
        (cell.source, cell.metadata) for cell in released.cells
    ]


def test_a_submission_that_left_it_alone_is_an_untouched_stub():
    released = notebook_for("student")
    reading = Reading([Cell("code", cell.source, None, []) for cell in released.cells if cell.cell_type == "code"])
    roles = make_plan(reading, released, {"mean_distance": None}).roles
    assert ("stub", "mean_distance") in roles and not any(role == "answer" for role, _ in roles)


def problems(exercise):
    module = defined("")
    module["mean_distance"] = mean_distance
    return [problem for seed in "012" for problem in verify.problems_of(exercise, make_sheet(exercise, seed), module)]


def test_verify_proves_it():
    assert [p for p in problems(repair()) if "another" not in p] == []


def test_verify_refuses_one_whose_untouched_cell_would_earn_points(monkeypatch):
    monkeypatch.setattr(verify, "stub_of", lambda exercise: GIVEN.replace("rows.mean()", "2 * rows.mean()"))
    assert any(problem.startswith("the untouched stub earns") for problem in problems(repair()))


@pytest.mark.parametrize("planted, match", [("another", "with the signature mean_distance"), ("absent", "none of its")])
def test_a_plant_that_cannot_be_shown_is_refused_by_name(planted, match):
    with pytest.raises((CourseError, ValueError), match=match):
        stubs.stub_of(repair(planted))


def test_sizes_are_three_and_follow_the_points_where_nothing_is_said():
    given = {points: Exercise(mean_distance, points, (), ()).size for points in (0.5, 1, 2, 3, 4)}
    assert given == {0.5: "warm-up", 1: "warm-up", 2: "core", 3: "challenge", 4: "challenge"}
    assert Exercise(mean_distance, 1, (), (), size="challenge").size == "challenge"
    with pytest.raises(ValueError, match="one of warm-up, core, challenge"):
        Exercise(mean_distance, 1, (), (), size="huge")


def test_every_exercise_of_the_book_has_a_size():
    assert {exercise.size for chapter in CHAPTERS for exercise in exercises(chapter)} == set(SIZES)
