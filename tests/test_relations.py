"""Relations: what all of an answer's wrong values have in common, told in one sentence, and never by chance."""

import dataclasses
import io
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from test_judging import PLAIN

from autograder.authoring import mutants
from autograder.judging import explain, plain, relations
from autograder.judging.judge import LocalStudent, Outcome, Result, judge, verdict
from autograder.judging.sheet import freeze, make_sheet, thaw
from autograder.judging.vocabulary import Exercise, Misconception, case, hidden, probe, visible
from autograder.reporting.terminal import mutants_table

reproducible = settings(deadline=None, derandomize=True, max_examples=100)
RNG = np.random.default_rng(0)


# ------------------------------------------------------------------------------ functions whose answers go wrong
def loss(x, target, rate=0.5):
    """A mean over the rows: rate times the squared distance."""
    return float(rate * np.sum((x - target) ** 2) / len(x))


def step(w, dw, rate):
    """(w - rate * dw, dw * dw)."""
    return w - rate * dw, dw * dw


def table(x):
    """tanh of x (N, D)."""
    return np.tanh(x)


def cube(x):
    """The cube of each entry."""
    return x**3


def spread(x):
    """The variance of each column."""
    return np.var(x, axis=0)


def shares(x):
    """Rows that sum to 1."""
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def rows(*shapes):
    return [RNG.normal(0, 1, shape) for shape in shapes]


SHAPES = ((3, 4), (5, 2), (4, 4), (6, 3))


def exercise(function, cases, returns=()):
    return Exercise(function, 1, (visible("cases", *cases),), (), returns)


LOSS = exercise(
    loss,
    [case(f"case {k}", *rows(shape, shape), *([0.3] if k == 2 else [])) for k, shape in enumerate(SHAPES)],
)
STEP = exercise(
    step,
    [case(f"case {k}", *rows(shape, shape), 0.1 * (k + 1)) for k, shape in enumerate(SHAPES)],
    ("w", "square"),
)
TABLE = exercise(table, [case(f"case {k}", x) for k, x in enumerate(rows(*SHAPES))])
CUBE = exercise(cube, [case(f"case {k}", 2 * x) for k, x in enumerate(rows(*SHAPES))])
SPREAD = exercise(spread, [case(f"case {k}", x) for k, x in enumerate(rows(*SHAPES))])
SHARES = exercise(shares, [case(f"case {k}", x) for k, x in enumerate(rows(*SHAPES))])


def told(item, answer, seed=0):
    """The relation that the judge tells of an answer."""
    return judge(make_sheet(item, seed), LocalStudent({item.name: answer})).relation


def both(w, square):
    return lambda x, dw, rate: (w(x, dw, rate), square(dw))


def squared(dw):
    return dw * dw


def stepped(w, dw, rate):
    return w - rate * dw


WRONG = [
    (LOSS, lambda x, t, rate=0.5: loss(x, t, rate) * len(x), "the number of rows of `x` times too large: is a mean"),
    (LOSS, lambda x, t, rate=0.5: loss(x, t, rate) / len(x), "the number of rows of `x` times too small"),
    (LOSS, lambda x, t, rate=0.5: loss(x, t, rate) / x.shape[1], "the number of columns of `x` times too small"),
    (LOSS, lambda x, t, rate=0.5: 2 * loss(x, t, rate), "twice what is expected"),
    (LOSS, lambda x, t, rate=0.5: loss(x, t, rate) / 2, "half of what is expected"),
    (LOSS, lambda x, t, rate=0.5: -loss(x, t, rate), "has the wrong sign"),
    (LOSS, lambda x, t, rate=0.5: loss(x, t, rate) ** 0.5, "the square root of what is expected"),
    (LOSS, lambda x, t, rate=0.5: np.log(loss(x, t, rate)), "the logarithm of what is expected"),
    (LOSS, lambda x, t, rate=0.5: 1 / loss(x, t, rate), "the reciprocal of what is expected"),
    (STEP, both(lambda w, dw, rate: w + rate * dw, squared), "the change of `w`, which gives w, has the wrong sign"),
    (STEP, both(lambda w, dw, rate: w - dw, squared), "is `rate` times too small"),
    (STEP, both(lambda w, dw, rate: -rate * dw, squared), "w is too small by `w`: is it left out"),
    (STEP, both(stepped, lambda dw: dw * 1.0), "square is that of `dw`, unchanged; w is right"),
    (STEP, lambda w, dw, rate: step(w, dw, rate)[::-1], "w and square are exchanged"),
    (STEP, both(lambda w, dw, rate: np.sin(dw) * w, squared), "only w is wrong; square is right"),
    (TABLE, lambda x: np.tanh(x).T, "rows and columns exchanged"),
    (TABLE, lambda x: np.tanh(x)[::-1], "reversed along its first axis"),
    (TABLE, lambda x: np.roll(np.tanh(x), 1, 1), "shifted by one place along its last axis"),
    (TABLE, lambda x: np.tanh(x).ravel(), "in another shape"),
    (TABLE, lambda x: np.tanh(x)[:, :, None], "an axis of length 1 too many"),
    (TABLE, lambda x: np.random.default_rng(1).permutation(np.tanh(x).ravel()).reshape(x.shape), "in another order"),
    (TABLE, lambda x: x, "that of `x`, unchanged"),
    (TABLE, lambda x: np.round(np.tanh(x)), "rounded to a whole number"),
    (CUBE, lambda x: (x**3).astype(int), "cut to a whole number: is it kept in an array of integers?"),
    (TABLE, lambda x: np.float16(np.tanh(x)), "single or half precision"),
    (TABLE, lambda x: np.tanh(x) + 1, "too large by 1"),
    (TABLE, lambda x: np.maximum(np.tanh(x), 0), "0 where it should be negative"),
    (TABLE, lambda x: np.where(x < 0, -3, np.tanh(x)), "right except where `x` is negative"),
    (TABLE, lambda x: np.where(np.arange(len(x))[:, None] == 0, 7, np.tanh(x)), "except at the first place along its"),
    (TABLE, lambda x: np.tanh(x) * (2 + np.arange(len(x))[:, None]), "each row has a factor of its own"),
    (TABLE, lambda x: np.tanh(-x) * 0 + np.tanh(x).sum(), "the same number"),
    (TABLE, lambda x: np.zeros(x.shape), "is 0 in every failing case"),
    (SPREAD, lambda x: np.var(x, axis=0, ddof=1), "by the factor n/(n − 1), n the number of rows of `x`"),
    (SPREAD, lambda x: np.std(x, axis=0, ddof=0), "the square root of what is expected"),
    (SPREAD, lambda x: np.var(x, axis=1), "the variance of `x` over axis 1"),
    (SPREAD, lambda x: np.var(x, axis=0, keepdims=True), "an axis of length 1 too many"),
    (SPREAD, lambda x: (x - x.mean(axis=0)) ** 2, "expected to be the mean over the first axis of what you return"),
    (SHARES, lambda x: np.exp(x) / np.exp(x).sum(), "right up to a factor"),
    (SHARES, lambda x: np.cbrt(shares(x)) * (1.2 + np.cos(9 * x)) / 4, "should sum to 1"),
]


@pytest.mark.parametrize("item, answer, says", WRONG, ids=[says for _, _, says in WRONG])
def test_a_relation_that_holds_in_every_case_is_told(item, answer, says):
    sentence = told(item, answer)
    assert sentence and says in sentence
    assert "\n" not in sentence and "{" not in sentence


ALLOWED = {"0", "1", "2", "3", "4"}  # of the relations' own words: a half, twice, axis 1, 1 − x


@pytest.mark.parametrize("item, answer, says", WRONG, ids=[says for _, _, says in WRONG])
def test_a_relation_holds_no_number_of_a_case(item, answer, says):
    assert set(re.findall(r"\d[\d.]*", told(item, answer))) <= ALLOWED


@pytest.mark.parametrize("item", [LOSS, STEP, TABLE, SPREAD, SHARES], ids=lambda item: item.name)
def test_right_answers_and_noise_are_told_no_relation(item):
    assert told(item, item.reference) is None
    noise = np.random.default_rng(5)

    def answer(*args):
        value = item.reference(*args)
        if isinstance(value, tuple):
            return tuple(noise.normal(1, 3, np.shape(part)) for part in value)
        return noise.normal(1, 3, np.shape(value))

    found = told(item, answer)
    assert found is None or "sum to 1" in found or "never" in found  # which noise does violate


def test_what_may_be_chance_is_not_told():
    one = exercise(table, [case("one", rows((3, 3))[0])])
    same_sizes = exercise(table, [case(f"{k}", x) for k, x in enumerate(rows((3, 3), (3, 3)))])
    for item in (one, same_sizes):
        assert told(item, lambda x: 2 * np.tanh(x)) is None
    assert told(TABLE, lambda x: 2 * np.tanh(x)) is not None


def test_a_relation_that_one_failing_case_lacks_is_not_told():
    def answer(x):
        return np.tanh(x) * (2 if len(x) < 6 else np.cos(x) + 2)

    assert "twice" not in (told(TABLE, answer) or "")


def test_a_relation_that_passing_cases_contradict_is_not_told():
    assert "number of rows" not in (told(LOSS, lambda x, t, rate=0.5: loss(x, t, rate) * min(len(x), 4)) or "")
    n_times_but_once = told(LOSS, lambda x, t, rate=0.5: loss(x, t, rate) * (len(x) if len(x) > 3 else 1))
    assert "number of rows" not in (n_times_but_once or "")


def test_what_failing_cases_have_in_common_is_told():
    def scaled(x, factor=1.0):
        """x times factor."""
        return np.cos(x) * factor

    cases = [case(f"plain {k}", x) for k, x in enumerate(rows((3, 2), (4, 5), (2, 2)))]
    cases += [case(f"given {k}", x, factor=f) for k, (x, f) in enumerate(zip(rows((3, 3), (2, 4)), (0.3, 0.7)))]
    item = exercise(scaled, cases)
    sheet = make_sheet_with(item, scaled)
    answer = LocalStudent({"scaled": lambda x, factor=1.0: np.cos(x) + np.sin(7 * x) * (factor - 1) ** 2})
    assert judge(sheet, answer).relation == "right except where `factor` is not its default"


def test_a_default_that_is_wrong_is_told_where_the_argument_is_left_out():
    def scaled(x, factor=2.0):
        """x times factor."""
        return np.cos(x) * factor

    cases = [case(f"given {k}", x, factor=f) for k, (x, f) in enumerate(zip(rows((3, 3), (2, 4), (4, 4)), (2, 7, 3)))]
    cases += [case(f"left out {k}", x) for k, x in enumerate(rows((3, 2), (4, 5)))]
    sheet = make_sheet_with(exercise(scaled, cases), scaled)
    answer = LocalStudent({"scaled": lambda x, factor=None: np.cos(x) * factor if factor else np.sin(x) ** 2})
    assert judge(sheet, answer).relation == "right except where `factor` is left out"


def test_what_is_cut_off_at_bounds_does_not_hide_a_relation():
    def brighter(image, delta):
        """image + delta, cut off at 0 and 1."""
        return np.clip(image + delta, 0, 1)

    rng = np.random.default_rng(2)
    cases = [case(f"{k}", rng.random((k + 3, 4)), 0.1 * (k + 1)) for k in range(4)]
    sheet = make_sheet_with(exercise(brighter, cases), brighter)
    answer = LocalStudent({"brighter": lambda image, delta: np.clip(image - delta, 0, 1)})
    assert judge(sheet, answer).relation == (
        "where nothing is cut off at 0 or 1, the result is too small by twice `delta`"
    )


def make_sheet_with(item, function):
    """The sheet of an exercise whose reference is a function inside a test."""
    globals()[function.__name__] = function
    return make_sheet(item)


def test_a_known_mistake_is_told_and_no_relation():
    known = dataclasses.replace(TABLE, misconceptions=(Misconception("doubled", "Once.", lambda x: 2 * np.tanh(x)),))
    found = judge(make_sheet(known), LocalStudent({"table": lambda x: np.tanh(x) * 2}))
    assert (found.misconceptions, found.relation, found.explained) == (("doubled",), None, "misconception")


@pytest.mark.parametrize(
    "answer, kind",
    [
        (lambda x: np.tanh(x) * 2, "relation"),
        (lambda x: {}["a"], "error"),
        (lambda x: np.concatenate([np.cos(x), np.sin(x), x * x]), "shape"),
        (table, None),
        (lambda x: np.sin(9 * x + 0.3) * 0.9, None),
    ],
)
def test_a_verdict_says_by_what_it_is_explained(answer, kind):
    assert judge(make_sheet(TABLE), LocalStudent({"table": answer})).explained == kind


def test_an_answer_that_raises_in_most_cases_is_told_the_error_and_no_relation():
    def answer(x):
        return np.tanh(x) * 2 if len(x) == 3 else x.no_such_name

    found = judge(make_sheet(TABLE), LocalStudent({"table": answer}))
    assert (found.relation, found.explained) == (None, "error")


def test_the_relation_is_the_same_from_the_data_that_students_get():
    live = make_sheet(TABLE, visible_only=True)
    frozen = thaw(plain.loads(plain.dumps(freeze([live])), plain.resolve_rng))["table"]
    student = LocalStudent({"table": lambda x: np.tanh(x).T})
    sentences = [judge(sheet, student).relation for sheet in (live, frozen)]
    assert sentences[0] == sentences[1] is not None
    assert sentences[0] in explain.text(judge(live, student), live)
    assert explain.as_data(judge(live, student), live)["relation"] == sentences[0]


def looked_at(student, x):
    out = np.asarray(student.table(x))
    return {"out": out, "in bounds": bool(np.all(np.abs(out) <= 1))}


def test_of_several_results_the_wrong_ones_are_named():
    probed = exercise(table, [probe(f"case {k}", looked_at, x) for k, x in enumerate(rows(*SHAPES))])
    assert told(probed, lambda x: np.tanh(x) / 2) == (
        "out is half of what is expected: is something counted once that counts twice?; “in bounds” is right"
    )


@given(st.lists(PLAIN, min_size=4, max_size=4))
@reproducible
def test_whatever_comes_a_relation_never_fails(values):
    for item in (TABLE, STEP):
        sheet = make_sheet(item)
        results = [Result(t, Outcome(value=v), False, "wrong") for t, v in zip(sheet.trials, values)]
        assert verdict(sheet, results).max_points == 1
        relations.facts(sheet, results)


def test_relations_are_found_in_hidden_cases_too():
    def cases(rng):
        return [case(f"{n}", rng.normal(0, 1, (n, 3))) for n in (2, 4, 5)]

    item = Exercise(table, 1, (visible("one", case("one", rows((3, 2))[0])), hidden("more", cases)), ())
    assert "twice" in told(item, lambda x: np.tanh(x) * 2)


# ------------------------------------------------------------------------------------------------------- mutants
def centred(x, axis=0):
    """x less its mean; ValueError for nothing."""
    if x.size == 0:
        raise ValueError("nothing")
    return x - x.mean(axis=axis, keepdims=True)


def test_a_mutant_is_the_reference_with_one_change():
    made = [(mutant.before, mutant.after) for mutant in mutants.mutants(centred)]
    assert ("x.mean", "x.sum") in made
    assert ("x - x.mean(axis=axis, keepdims=True)", "x + x.mean(axis=axis, keepdims=True)") in made
    assert ("x - x.mean(axis=axis, keepdims=True)", "x") in made
    assert ("True", "False") in made and ("0", "1") in made
    assert len(made) > 8


def test_a_mutant_that_does_not_end_is_cut_off():
    def endless(x):
        """x, counted down."""
        while np.any(x > 0):
            x = x - 1
        return x

    item = exercise(endless, [case("row", np.array([3.0, 1.0]))])
    sheet = make_sheet_with(item, endless)
    turned = next(m for m in mutants.mutants(endless) if m.after == "x + 1")
    found, lines = mutants._judged(item, turned.function, sheet, most_lines=500)
    assert found.results[0].got.error == "DoesNotEnd" and lines > 500


def test_of_the_mutants_of_a_chapter_most_are_explained_and_hardly_any_falsely():
    whole = mutants.tally("perceptrons", mutants.findings("perceptrons", most=8))
    assert whole.failed > 30
    assert whole.explained >= mutants.LEAST_EXPLAINED * whole.failed
    assert whole.false <= mutants.MOST_FALSE * whole.failed


def test_the_table_of_mutants_lists_what_passes_and_what_is_told_nothing():
    told = [
        mutants.Finding("a.f", "line 1: x  →  y", True, None),
        mutants.Finding("a.f", "line 2: x  →  y", False, "relation", "twice"),
        mutants.Finding("a.f", "line 3: x  →  y", False, None),
        mutants.Finding("a.f", "line 4: x  →  y", False, "relation", "half", True),
    ]
    console = Console(record=True, width=200, file=io.StringIO())
    assert mutants_table({"a": told}, console) == 1
    text = console.export_text()
    assert "a.f passes: line 1" in text and "a.f is told nothing: line 3" in text
    assert "a.f is told a false relation (half): line 4" in text and "line 2" not in text
    assert mutants_table({"a": told[:2]}, console) == 0
