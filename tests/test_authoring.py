"""What authors of exercises are told."""

from dataclasses import replace

from autograder.authoring.verify import _verify
from autograder.exercises import find
from autograder.exporting import container
from autograder.judging.judge import LocalStudent, judge
from autograder.judging.sheet import make_sheet
from solutions import perceptrons

HEAVISIDE = find("perceptrons", "heaviside")


def test_an_exercise_whose_groups_weigh_nothing_is_told_and_does_not_end_the_proof():
    weightless = replace(HEAVISIDE, groups=tuple(replace(group, weight=0.0) for group in HEAVISIDE.groups))
    proof = _verify(weightless, vars(perceptrons), False)
    assert any("give at least one group a weight over 0" in problem for problem in proof.problems)


def test_a_group_that_weighs_nothing_is_proven_next_to_one_that_does():
    first, *others = HEAVISIDE.groups
    light = replace(HEAVISIDE, groups=(replace(first, weight=0.0), *others))
    assert _verify(light, vars(perceptrons), False).problems == ()


def test_groups_that_weigh_nothing_are_worth_nothing_where_a_foreign_grader_shows_them():
    weightless = replace(HEAVISIDE, groups=tuple(replace(group, weight=0.0) for group in HEAVISIDE.groups))
    sheet = make_sheet(weightless)
    shown = list(container.tests_of(judge(sheet, LocalStudent(vars(perceptrons))), sheet))
    assert shown and all(test["max_score"] == 0 for test in shown)
