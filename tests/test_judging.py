"""The judge: what counts as the same result, what crosses a boundary, what a verdict says."""

import ast
import inspect
import json
import re
from functools import cache, partial
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from autograder.authoring import verify
from autograder.exercises import CHAPTERS, exercises
from autograder.judging import explain, floats, plain
from autograder.judging import judge as judge_module
from autograder.judging.compare import Tolerance, difference
from autograder.judging.judge import LocalStudent, judge, run
from autograder.judging.sheet import freeze, make_sheet, thaw
from autograder.judging.vocabulary import (
    Exercise,
    Group,
    Misconception,
    case,
    hidden,
    misconceptions,
    probe,
    raised,
    table,
    visible,
)
from autograder.notebooks.release import bundle

reproducible = settings(deadline=None, derandomize=True, max_examples=150)
NAN, INF = np.nan, np.inf

# ------------------------------------------------------------------------------------ compare.difference
TWO = np.array([1.0, 2.0])


@pytest.mark.parametrize(
    "expected, got",
    [
        (1.0, True),
        (True, 1.0),
        (3, np.float32(3)),
        (3.0, np.array(3)),
        (3.0, 3 + 0j),
        (1e30, 10**30),
        (np.array([1e30, 1.0]), [10**30, 1]),
        (TWO, [1, 2]),
        (TWO, (1.0, 2.0)),
        ([1, 2], TWO),
        ((1, 2), [1, 2]),
        ([], np.zeros(0)),
        ((), []),
        (np.zeros((0, 3)), np.zeros((0, 3), int)),
        (np.array([[1, 0]]), [[True, False]]),
        (TWO, TWO.astype(complex)),
        (TWO, [np.array(1.0), np.float32(2)]),
        ((TWO, 3.0), [TWO, 3]),
        ((TWO, TWO), np.stack([TWO, TWO])),
        ([TWO, np.ones(3)], (TWO, [1, 1, 1])),
        (np.array([NAN, INF, -INF]), [NAN, INF, -INF]),
        ({"w": TWO, "b": 0}, {"b": 0.0, "w": [1, 2], "more": "ignored"}),
        ("ValueError", "ValueError"),
        (None, None),
        ((TWO, None), (TWO, None)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_count_and_not_types(expected, got):
    assert difference(expected, plain.to_plain(got)) is None


@pytest.mark.parametrize(
    "expected, got, says",
    [
        (TWO, None, "return statement"),
        ((TWO, 1.0), (TWO, None), "value 2 of 2 is None"),
        (TWO, [1, 2, 3], "shape (3,), expected (2,)"),
        (TWO, TWO[:, None], "shape (2, 1), expected (2,)"),
        (TWO, 1.0, "shape (), expected (2,)"),
        (1.0, [1.0], "shape (1,), expected ()"),
        (np.zeros((0, 3)), np.zeros((3, 0)), "shape (3, 0)"),
        (TWO, [1, NAN], "NaN (not a number) at index 1, expected 2"),
        (NAN, 1.0, "expected nan"),
        (INF, 1e308, "expected inf"),
        (INF, -INF, "is -inf"),
        (1.0, INF, "is inf"),
        (1.0, 10**400, "the result"),
        (TWO, [10**400, 1.0], "the result"),
        (np.array([-1.5e308]), [1.5e308], "is 1.5e+308"),
        (TWO, [1, 2 + 1e-9j], "complex numbers, expected real"),
        (np.ones((2, 2)), [[1, 2], [3]], "rows of different lengths"),
        (np.ones((2, 2)), [np.ones(2), np.ones(3)], "rows of different lengths"),
        (TWO, "1, 2", "is a str, expected an array of shape (2,)"),
        (TWO, ["1", "2"], "expected an array of shape (2,)"),
        (TWO, {1, 2}, "is a set, expected an array of shape (2,)"),
        (TWO, (n for n in (1, 2)), "is a generator, expected"),
        (TWO, {"w": TWO}, "is a dict, expected an array"),
        ({"w": TWO, "b": 1}, {"w": TWO}, "lacks b"),
        ({"w": TWO}, TWO, "expected a dict with w"),
        ({"w": TWO}, {"w": [1, 3]}, "w is 3 at index 1"),
        ((TWO, TWO, 1.0), (TWO, TWO), "has 2 values, expected 3"),
        ((TWO, 1.0), 1.0, "expected 2 values"),
        ((TWO, 1.0), (1.0, TWO), "value 1 of 2 has shape ()"),
        ("ValueError", "no error", "is 'no error', expected 'ValueError'"),
        ("ValueError", 1.0, "expected 'ValueError'"),
        (np.arange(4.0), [0, 1, 3, 4], "(2 of 4 entries differ)"),
        (1.0, 1.0001, "is 1.0001, expected 1"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_wrong_result_is_described_in_one_sentence(expected, got, says):
    sentence = difference(expected, plain.to_plain(got))
    assert says in sentence and "\n" not in sentence
    assert not re.search(r" is (.+), expected \1$", sentence)  # "is a single number, expected a single number"


def test_the_results_of_a_function_are_called_by_their_names():
    assert difference((TWO, 1.0), (TWO, 2.0), returns=("w", "b")).startswith("b is 2, expected 1")
    assert difference((TWO, 1.0), (TWO,), returns=("w", "b")) == "the result has 1 values, expected 2 (w, b)"


@given(st.integers(0, 2**32 - 1), st.floats(-6, 30), st.sampled_from([(), (7,), (3, 4)]))
@reproducible
def test_single_precision_is_forgiven_and_an_error_of_one_in_ten_thousand_is_not(seed, exponent, shape):
    right = np.random.default_rng(seed).uniform(0.5, 2, shape) * 10.0**exponent
    assert difference(right, np.float32(right)) is None
    assert difference(right, right * (1 + 5e-6)) is None
    wrong = np.array(right)
    largest = np.unravel_index(np.argmax(np.abs(wrong)), shape)
    wrong[largest] *= 1 + 1e-4
    assert difference(right, wrong) is not None


def test_a_case_may_allow_more():
    assert difference(0.5, 0.53, Tolerance(0.0, 0.0, 0.05)) is None
    assert difference(0.5, 0.56, Tolerance(0.0, 0.0, 0.05)) is not None


# ------------------------------------------------------------------------------------------- plain data
DTYPES = st.one_of(
    arrays_of.boolean_dtypes(),
    arrays_of.integer_dtypes(endianness="?"),
    arrays_of.unsigned_integer_dtypes(endianness="?"),
    arrays_of.floating_dtypes(endianness="?", sizes=(16, 32, 64)),
    arrays_of.complex_number_dtypes(endianness="?", sizes=(64, 128)),
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters()),
    arrays_of.arrays(DTYPES, arrays_of.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)),
)
KEYS = st.one_of(st.text(max_size=4), st.integers())
PLAIN = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.lists(inner, max_size=3).map(tuple), st.dictionaries(KEYS, inner, max_size=3)
    ),
    max_leaves=8,
)


def assert_same(a, b):
    """Equal in value, type, dtype and shape, NaN equal to NaN."""
    assert type(a) is type(b)
    if isinstance(a, np.ndarray):
        assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for x, y in zip(a, b):
            assert_same(x, y)
    elif isinstance(a, dict):
        assert list(a) == list(b)
        for key in a:
            assert_same(a[key], b[key])
    else:
        assert a == b or (a != a and b != b)


@given(PLAIN)
@reproducible
def test_plain_data_cross_the_boundary_unchanged(value):
    assert_same(plain.to_plain(value), value)
    text = plain.dumps(value)
    assert_same(plain.loads(text), value)
    assert text.isascii() and "\n" not in text
    assert plain.same(value, plain.loads(text))
    assert_same(plain.fresh(value), value)


@pytest.mark.parametrize(
    "value",
    [
        np.complex128(1 + 2j),
        1 + 2j,
        np.complex64([1j]),
        np.ones(2, np.longdouble),
        np.ones(2, np.clongdouble),
        np.longdouble(0.5),
        np.clongdouble(0.5),
        np.float16(0.5),
        np.bool_(True),
        np.str_("text"),
        range(3),
        10**400,
        10**5000,
        -(10**5000),
        [10**5000],
        np.arange(6).reshape(2, 3).T,
        np.broadcast_to(1.0, (2, 2)),
        np.arange(3.0).view(type("Sub", (np.ndarray,), {})),
        {"a": {1, 2}},
        lambda: 1,
    ],
    ids=lambda value: f"{type(value).__name__} {str(np.shape(value))}" if np.ndim(value) else type(value).__name__,
)
def test_whatever_has_a_plain_form_can_be_sent(value):
    try:
        form = plain.to_plain(value)
    except plain.NotPlain:
        return
    back = plain.loads(plain.dumps(form))
    assert plain.dumps(back) == plain.dumps(form)
    explain.show(form)
    assert difference(np.ones((4, 4)), back) is not None


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


def endless():
    value = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    "value, says",
    [
        (np.ma.masked_array([1.0, 2.0], [True, False]), "a masked array"),
        (np.array([[1, 2], [3]], dtype=object), "an array of objects, shape (2,)"),
        ([np.array([None])], "an array of objects"),
        (np.array(["a"]), "not of numbers"),
        (np.array(["2020-01-01"], "M8[D]"), "not of numbers"),
        (np.zeros(2, [("a", "f8")]), "not of numbers"),
        (range(10**9), "1000000000 items"),
        (nested(plain.MAX_DEPTH + 1), "nested"),
        (endless(), "nested"),
    ],
    ids=lambda value: "" if isinstance(value, str) else type(value).__name__,
)
def test_what_has_no_plain_form_is_refused_in_words(value, says):
    with pytest.raises(plain.NotPlain, match=re.escape(says)):
        plain.to_plain(value)


def test_what_is_kept_on_the_students_side_comes_back_by_its_handle():
    kept = []

    def keep(value):
        kept.append(value)
        return len(kept) - 1

    form = plain.to_plain((1.0, {"inner": {1, 2}}, (n for n in "ab")), keep)
    back = plain.loads(plain.dumps(form), lambda handle: plain.Opaque("object", kept[handle]))
    assert plain.materialise(back)[1]["inner"] == {1, 2}
    assert list(plain.materialise(back)[2]) == ["a", "b"]
    unresolved = plain.loads(plain.dumps(form))[1]["inner"]
    assert (unresolved.type_name, unresolved.value) == ("set", None)


def array_text(dtype="<f8", shape=(1,), data="AAAAAAAAAAA="):
    return json.dumps({"array": [dtype, shape if isinstance(shape, (str, dict)) else list(shape), data]})


HOSTILE = {
    "nothing": "",
    "no JSON": "{'a': 1}",
    "objects": array_text("|O"),
    "objects by a code": array_text("O8"),
    "text": array_text("<U2"),
    "alias": array_text("a", (0,), ""),
    "void": array_text("|V8"),
    "void of nothing": array_text("|V0", (5,), ""),
    "dates": array_text("<M8[D]"),
    "records": array_text("f4,f4"),
    "subarray": array_text("2f8"),
    "open bracket": array_text("f8,("),
    "commas": array_text("i8,,"),
    "deep brackets": array_text("(" * 5000),
    "surrogate": array_text("\ud800"),
    "unknown type": array_text("quux"),
    "no type": array_text(None),
    "negative": array_text(shape=(-1,)),
    "two negatives": array_text(shape=(-1, -1)),
    "fraction": array_text(shape=(1.0,)),
    "truth": array_text(shape=(True,)),
    "shape of text": array_text(shape=""),
    "shape of a dict": array_text(shape={"1": 1}),
    "too few": array_text(shape=(2,)),
    "too many": array_text(shape=(0,)),
    "huge": array_text(shape=(2**62, 2**62)),
    "huge and empty": array_text(shape=(0, 2**62, 2**62), data=""),
    "beyond C and empty": array_text(shape=(0, 10**40), data=""),
    "many dimensions": array_text(shape=(1,) * 40),
    "no base64": array_text(data="AAAA*AAAAAAA="),
    "no ASCII": array_text(data="é"),
    "no text": json.dumps({"array": ["<f8", [1], 5]}),
    "short": json.dumps({"array": ["<f8", [1]]}),
    "array of null": json.dumps({"array": None}),
    "unknown tag": json.dumps({"pickle": "gASVAAAAAAAAAIwBYZQu"}),
    "two tags": json.dumps({"tuple": [], "dict": []}),
    "no tag": "{}",
    "tuple of text": json.dumps({"tuple": "abc"}),
    "tuple of a dict": json.dumps({"tuple": {"a": 1}}),
    "tuple of a number": json.dumps({"tuple": 5}),
    "dict of a dict": json.dumps({"dict": {"ab": 1}}),
    "dict of text": json.dumps({"dict": ["ab"]}),
    "dict of triples": json.dumps({"dict": [["a", 1, 2]]}),
    "dict with list keys": json.dumps({"dict": [[[1], 2]]}),
    "dict with fractions": json.dumps({"dict": [[1.5, 2]]}),
    "opaque of one": json.dumps({"opaque": ["set"]}),
    "generator": json.dumps({"rng": [0, 0]}),
    "formula": json.dumps({"formula": "__import__('os').getpid"}),
    "deep lists": "[" * 40 + "]" * 40,
    "very deep lists": "[" * 100_000,
    "very deep tuples": '{"tuple":[' * 20_000,
    "many digits": "9" * 5000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_is_refused_with_a_value_error(text):
    with pytest.raises(ValueError):
        plain.loads(text)


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 5),
        st.floats(),
        st.sampled_from(["", "<f8", "O", "AA==", "a,b", "f8,("]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["array", "tuple", "dict", "opaque", "rng", "formula", "x"]), inner, max_size=2
        ),
    ),
    max_leaves=8,
)


@given(st.one_of(JSON.map(json.dumps), st.text(), st.tuples(st.text(max_size=8), st.lists(st.integers())).map(
    lambda pair: json.dumps({"array": [*pair, ""]}))))  # fmt: skip
@reproducible
def test_any_text_is_plain_data_or_a_value_error(text):
    try:
        value = plain.loads(text)
    except ValueError:
        return
    plain.loads(plain.dumps(value))


# ------------------------------------------------------------------------------------------ judge, explain
def grow(x, factor=2.0):
    """x times factor."""
    return np.asarray(x) * factor


def twice(x):
    """grow(grow(x))."""
    return grow(grow(x))


def share(x):
    """x over its sum."""
    return x / max(np.sum(x), 1.0)


def exponential(x):
    """The exponential function."""
    with np.errstate(over="ignore"):
        return np.exp(x)


def checked(x):
    """x, where it is not negative."""
    if np.any(np.asarray(x) < 0):
        raise ValueError("x is negative")
    return x


def total(grids, more=None):
    """A number."""
    return 1.0


def error_of(student, name, x):
    return raised(getattr(student, name), x)


def length_of(student, x):
    return float(np.sum(student.grow(x)[0]))


def stub(*args, **kwargs):
    raise NotImplementedError


GROW = Exercise(
    grow,
    points=2,
    returns=(),
    groups=(
        visible("numbers", case("one and two", TWO), case("tripled", TWO, factor=3.0)),
        visible("shape", case("a matrix", np.array([[1.0, -1.0], [0.5, 4.0]]))),
        hidden("random", lambda rng: [case("a random row", rng.normal(size=3), 0.5)], weight=2.0),
    ),
    misconceptions=(
        Misconception("added", "Times, not plus.", lambda x, factor=2.0: np.asarray(x) + factor),
        Misconception("factor-ignored", "What is factor for?", lambda x, factor=2.0: np.asarray(x) * 2.0),
        Misconception("in-place", "Leave x as it is.", lambda x, factor=2.0: x.__imul__(factor)),
    ),
)


def judged(exercise, seed=0, **functions):
    return judge(make_sheet(exercise, seed), LocalStudent({**globals(), **functions}))


def simple(reference, *cases, points=1):
    return Exercise(reference, points, (visible("cases", *cases),), ())


def messages(verdict):
    return [result.message for result in verdict.results]


def test_a_right_answer_earns_all_and_a_stub_nothing():
    right, nothing = judged(GROW), judged(GROW, grow=stub)
    assert (right.points, right.passed, right.solved, right.attempted, right.error) == (2.0, 4, True, True, None)
    assert (nothing.points, nothing.passed, nothing.solved, nothing.attempted, nothing.error) == (
        0,
        0,
        False,
        False,
        None,
    )
    assert explain.text(nothing).startswith("– grow: not attempted yet")


def test_a_stub_is_not_attempted_even_where_the_case_asks_for_an_error():
    exercise = simple(checked, probe("a negative number", error_of, "checked", np.array([-1.0])))
    assert judged(exercise).solved
    assert not judged(exercise, checked=stub).attempted


def test_each_group_earns_its_share_if_all_its_cases_pass():
    def no_keyword(x, *args):
        return grow(x, *args)

    def rows_only(x, factor=2.0):
        return grow(x, factor) if np.ndim(x) == 1 else None

    def matrices_only(x, factor=2.0):
        return grow(x, factor) if np.ndim(x) == 2 else None

    assert [judged(GROW, grow=f).points for f in (no_keyword, rows_only, matrices_only)] == [1.5, 1.5, 0.5]


@given(st.lists(st.floats(0.1, 5), min_size=1, max_size=6), st.integers(1, 10), st.integers(0, 63))
@reproducible
def test_the_groups_shares_sum_to_the_points(weights, points, pattern):
    groups = tuple(visible(f"group {k}", case(f"case {k}", np.array(k + 1.0)), weight=w) for k, w in enumerate(weights))
    exercise = Exercise(grow, points, groups, ())
    won = [bool(pattern >> k & 1) for k in range(len(weights))]
    verdict = judged(exercise, grow=lambda x: 2 * x if won[int(x) - 1] else x)
    share = sum(w for w, passed in zip(weights, won) if passed) / sum(weights)
    assert verdict.points == (points if all(won) else pytest.approx(points * share, abs=1e-4))
    assert verdict.points <= points


@pytest.mark.parametrize(
    "in_place", ["x *= 2", "x[0] = 5", "x.resize(3, refcheck=False)", "x.sort()", "x.fill(np.nan)"]
)
def test_an_input_that_was_changed_costs_and_is_named(in_place):
    space = {"np": np}
    exec(f"def grow(x, factor=2.0):\n    result = x * factor\n    {in_place}\n    return result", space)
    verdict = judged(simple(grow, case("row", np.array([3.0, 1.0]))), grow=space["grow"])
    assert (verdict.points, verdict.solved) == (1 - judge_module.PURITY_SHARE, False)
    assert verdict.explained == "input-changed"
    assert messages(verdict)[-1].startswith("the call changed its input x: work on a copy")


def test_the_shares_of_the_groups_sum_to_the_points_also_where_an_input_was_changed():
    def rows_in_place(x, factor=2.0):
        x *= factor
        return x if x.ndim == 1 else None

    sheet = make_sheet(GROW)
    verdict = judge(sheet, LocalStudent({"grow": rows_in_place}))
    weights = judge_module.group_weights(sheet, verdict.results)
    groups = {group: [r.passed for r in verdict.results if r.trial.group == group] for group in weights}
    earned = sum(weights[group] for group, passed in groups.items() if all(passed))
    assert verdict.points == pytest.approx(GROW.points * earned / sum(weights.values()), abs=1e-4)
    assert groups[judge_module.PURITY] == [False] and 0 < verdict.points < GROW.points * 0.75


def test_an_answer_that_changes_an_input_is_judged_on_copies_for_the_rest():
    def adding_in_place(x, factor=2.0):
        x += factor
        return x

    def nothing(x, factor=2.0):
        x[...] = 0

    assert judged(GROW, grow=adding_in_place).misconceptions == ("added",)
    assert judged(GROW, grow=nothing).points == 0


def test_changes_inside_containers_and_keyword_arguments_are_named():
    def spoiling(grids, more=None):
        grids[1] = [[1.0], [2.0, 3.0]]
        more["b"] -= 1
        return 1.0

    verdict = judged(simple(total, case("grids", [TWO, TWO], more={"b": TWO})), total=spoiling)
    assert messages(verdict)[-1].startswith("the call changed its input grids, more:")


def test_perturbing_and_restoring_an_input_is_no_change():
    def careful(x, factor=2.0):
        x += 1e-5
        result = (x - 1e-5) * factor
        x -= 1e-5
        return result

    assert judged(GROW, grow=careful).solved


def test_inputs_of_one_case_do_not_reach_the_next():
    def spoiling(x, factor=2.0):
        result = grow(x, factor)
        x[...] = 0
        return result

    sheet = make_sheet(GROW)
    before = [np.array(trial.args[0]) for trial in sheet.trials]
    judge(sheet, LocalStudent({"grow": spoiling}))
    assert all(np.array_equal(trial.args[0], x) for trial, x in zip(sheet.trials, before))


def fails_below(x):
    y = np.asarray(x) + 1
    return np.reshape(y, (7, 7))


def test_an_error_is_told_with_the_students_own_line():
    verdict = judged(simple(grow, case("row", TWO)), grow=fails_below)
    line = inspect.getsourcelines(fails_below)[1] + 2
    assert messages(verdict)[0].startswith("ValueError: cannot reshape")
    assert messages(verdict)[0].endswith(f"(line {line}: return np.reshape(y, (7, 7)))")
    assert verdict.error.startswith("ValueError: cannot reshape") and verdict.results[0].got.line == line
    assert explain.as_data(verdict)["results"][0]["line"] == line


@pytest.mark.parametrize("broken, headline", [(1, False), (3, True)])
def test_the_exception_of_one_case_is_no_headline(broken, headline):
    def answer(x):
        return x + 1 if x[0] >= broken else x.no_such_name

    verdict = judged(simple(grow, *(case(f"{k}", np.array([k, 7.0])) for k in range(4))), grow=answer)
    assert bool(verdict.error) == headline


def test_calling_a_function_that_is_still_a_stub_says_which():
    def grow(x, factor=2.0):
        raise NotImplementedError

    verdict = judged(simple(twice, case("row", TWO)), twice=lambda x: grow(x))
    assert verdict.attempted and verdict.points == 0
    assert messages(verdict)[0].startswith("MissingFunction: it calls grow, which is not written yet")


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def raises(error):
    def function(*args, **kwargs):
        raise error

    return function


@pytest.mark.parametrize(
    "answer, says",
    [
        (raises(SystemExit(1)), "SystemExit"),
        (raises(RecursionError("deep")), "RecursionError: deep"),
        (raises(Unspeakable()), "Unspeakable"),
        (raises(StopIteration()), "StopIteration"),
        (lambda: TWO, "TypeError"),
        ("no function", "TypeError: grow is not a function but str"),
        (None, "NameError: grow is not defined"),
        (lambda x: np.ma.masked_array(x), "the function returned a masked array"),
        (lambda x: np.array([[1], [2, 3]], dtype=object), "an array of objects"),
        (lambda x: (n for n in x), "is a generator"),
        (lambda x: endless(), "nested"),
        (lambda x: 10**400, "the result"),
        (lambda x: None, "return statement"),
        (lambda x: print(x), "return statement"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_whatever_an_answer_does_it_gets_a_verdict_and_a_report(answer, says):
    sheet = make_sheet(simple(grow, case("row", TWO)))
    verdict = judge(sheet, LocalStudent({"grow": answer}))
    assert verdict.points == 0 and verdict.attempted
    assert says in messages(verdict)[0]
    assert says in explain.text(verdict, sheet)
    json.dumps(explain.as_data(verdict, sheet))


@pytest.mark.parametrize(
    "result",
    [None, 1.0, {}, [], "text", np.ones((2, 2)), 10**400, [10**400], {1, 2}],
    ids=lambda result: type(result).__name__,
)
def test_a_result_that_a_probe_cannot_use_is_a_verdict_and_no_crash(result):
    verdict = judged(simple(grow, probe("its sum", length_of, np.ones((2, 2)))), grow=lambda x: result)
    assert verdict.passed in (0, 1) and verdict.attempted
    explain.text(verdict)


def test_a_strict_case_fails_by_an_overflow_that_others_forgive():
    lax = case("large", np.array([1000.0]))
    assert judged(simple(exponential, lax), exponential=np.exp).solved
    verdict = judged(simple(exponential, lax.strictly()), exponential=np.exp)
    assert messages(verdict)[0].startswith("FloatingPointError: overflow")
    assert judged(simple(exponential, lax.strictly())).solved


def test_a_known_mistake_is_recognised_only_if_every_result_agrees():
    assert judged(GROW, grow=lambda x, factor=2.0: x + factor).misconceptions == ("added",)
    once_different = judged(GROW, grow=lambda x, factor=2.0: x + factor if np.ndim(x) == 1 else x)
    assert once_different.misconceptions == once_different.hints == ()
    assert judged(GROW, grow=lambda x, factor=2.0: x * 2).hints == ("What is factor for?",)
    assert judged(GROW).misconceptions == ()


def test_right_values_by_a_changed_input_are_another_mistake_than_wrong_values():
    def spoiling(x, factor=2.0):
        x *= factor
        return x

    def spoiling_rows(x, factor=2.0):
        return spoiling(x, factor) if x.ndim == 1 else grow(x, factor)

    assert judged(GROW, grow=spoiling).misconceptions == ("in-place",)
    assert judged(GROW, grow=spoiling_rows).misconceptions == ("in-place",)


def facts_of(student, x):
    out = student.grow(x)
    return {"mean": float(np.mean(out)), "all positive": bool(np.all(out > 0)), "none is 3": not np.any(out == 3)}


def test_a_fact_that_does_not_hold_is_told_as_such():
    item = simple(grow, probe("facts", facts_of, TWO))
    assert messages(judged(item, grow=lambda x: np.array([-1.0, 7.0])))[0] == (
        "this should hold, and does not: all positive"
    )
    assert "mean is 1.5, expected 3" in messages(judged(item, grow=lambda x: np.array([-1.0, 4.0])))[0]


def test_two_mistakes_at_once_are_both_named():
    def mixed(x, factor=2.0):
        return np.asarray(x) + factor if np.ndim(x) == 1 and factor == 2.0 else np.asarray(x) * 2.0

    assert judged(GROW, seed=3, grow=mixed).misconceptions == ("added", "factor-ignored")


def test_a_mistake_that_gives_nan_is_known_also_where_the_answer_raises():
    def careful(x):
        if np.sum(x) == 0:
            raise ZeroDivisionError
        return x / np.sum(x)

    exercise = Exercise(
        share,
        1,
        (visible("cases", case("halves", TWO / 12), case("nothing", np.zeros(2))),),
        (Misconception("no-least", "The sum may be small.", lambda x: x / np.sum(x)),),
    )
    assert judged(exercise, share=careful).misconceptions == ("no-least",)
    assert judged(exercise, share=lambda x: share(x) if np.sum(x) else 1 / 0).misconceptions == ()


# ---------------------------------------------------------------------------- mistakes as edits of one model
def averaged(x, axis=0, eps=1e-5):
    """x - mean over the axis.

    x (N, D) → (N, D).
    """
    mean = x.mean(axis=axis)
    return (x - mean) / (x.std(axis=axis) + eps)


def test_a_misconception_is_an_edit_of_its_model():
    known = misconceptions(
        averaged,
        {
            "centred-only": ("Divide.", "(x - mean) / (x.std(axis=axis) + eps) → x - mean"),
            "eps-larger": ("Smaller.", "eps=1e-5 → eps=10.0"),
            "two-edits": ("Two.", "x.mean → x.sum", "+ eps → - eps"),
            "a-line-more": ("A line.", "mean = x.mean(axis=axis) → mean = x.mean(axis=axis)\nmean = 2 * mean"),
            "no-edit": ("Other.", lambda x, axis=0, eps=1e-5: x),
        },
    )
    x = np.arange(6.0).reshape(3, 2) ** 2
    mean, std = x.mean(axis=0), x.std(axis=0)
    values = {m.name: m.wrong(x) for m in known}
    assert np.allclose(values["centred-only"], x - mean)
    assert np.allclose(values["eps-larger"], (x - mean) / (std + 10))
    assert np.allclose(values["two-edits"], (x - x.sum(axis=0)) / (std - 1e-5))
    assert np.allclose(values["a-line-more"], (x - 2 * mean) / (std + 1e-5))
    assert values["no-edit"] is x
    assert [m.hint for m in known] == ["Divide.", "Smaller.", "Two.", "A line.", "Other."]


@pytest.mark.parametrize(
    "change, says",
    [
        ("x.median → x.sum", "'x.median' is not in its source"),
        ("mean over the axis → sum", "'mean over the axis' is not in its source"),
        ("axis=axis → axis=1", "stands 2 times in its source"),
        ("x.mean(axis=axis) → x.mean(", "misconception 'odd'"),
        (" → x", "'' is not in its source"),
        ("x.mean", "'x.mean'"),
    ],
)
def test_an_edit_that_does_not_fit_its_model_is_an_error_that_names_the_piece(change, says):
    with pytest.raises(ValueError, match=re.escape(says)) as error:
        misconceptions(averaged, {"odd": ("Hint.", change)})
    assert "averaged" in str(error.value) and "odd" in str(error.value)


def test_a_mistake_that_is_an_error_is_recognised_by_the_error():
    exercise = Exercise(
        grow,
        1,
        (visible("cases", case("row", TWO)),),
        (Misconception("too-long", "Look at the length.", lambda x: np.stack([x, np.ones(3)])),),
    )
    assert judged(exercise, grow=lambda x: np.ones((2, 2)) @ np.ones(3)).misconceptions == ("too-long",)
    assert judged(exercise, grow=lambda x: {}["a"]).misconceptions == ()


def test_one_generator_goes_on_within_a_case_and_starts_anew_in_the_next():
    def two_draws(student, rng):
        return student.draw(rng), student.draw(rng)

    trial = probe("two draws", two_draws, plain.Rng(7))
    student = LocalStudent({"draw": lambda rng: rng.normal()})
    first, second = run(trial, "draw", student), run(trial, "draw", student)
    expected = tuple(np.random.default_rng(7).normal(size=2))
    assert first.value == second.value == expected and first.modified == ()


def test_a_report_names_the_call_what_was_expected_what_came_and_the_hint():
    sheet = make_sheet(GROW, visible_only=True)
    report = explain.text(judge(sheet, LocalStudent({"grow": lambda x, factor=2.0: x + factor})), sheet)
    assert report.splitlines()[:6] == [
        "✗ grow: 0 of 3 visible cases pass.",
        "  ✗ one and two",
        "      call:     grow(x=[1., 2.])",
        "      problem:  the result is 3 at index 0, expected 2 (1 of 2 entries differ)",
        "      expected: [2., 4.]",
        "      got:      [3., 4.]",
    ]
    assert "call:     grow(x=[1., 2.], factor=3)" in report
    assert report.splitlines()[-1] == "  Hint: Times, not plus."
    assert explain.text(judge(sheet, LocalStudent(globals())), sheet) == "✓ grow: all 3 visible cases pass."


@pytest.mark.parametrize("size", [10, 10**6])
def test_a_report_stays_short_however_large_the_result(size):
    sheet = make_sheet(simple(grow, case("row", TWO)))
    for answer in (np.ones(size), [1.0] * size, "x" * size, {k: 1 for k in range(size // 10)}, (np.ones(size),) * 3):
        verdict = judge(sheet, LocalStudent({"grow": lambda x, answer=answer: answer}))
        assert len(explain.text(verdict, sheet)) < 2500


# --------------------------------------------------------------------------------- sheets of all exercises
ALL = {exercise.id: exercise for chapter in CHAPTERS for exercise in exercises(chapter)}


@cache
def thawed(chapter):
    return thaw(plain.loads(bundle(chapter), plain.resolve_rng))


def cases_of(sheet, shown):
    """The cases that are shown, or hidden, as text; generators by their seed alone."""
    data = [(t.group, t.label, t.args, t.kwargs) for t in sheet.trials if t.visible == shown]
    return re.sub(r'"rng":\[(\d+),\d+\]', r'"rng":\1', plain.dumps(data))


@pytest.mark.parametrize("exercise", ALL.values(), ids=ALL)
def test_a_frozen_sheet_judges_as_the_live_one(exercise):
    live, frozen = make_sheet(exercise, visible_only=True), thawed(exercise.chapter)[exercise.name]
    functions = vars(import_module(exercise.reference.__module__))
    answers = [exercise.reference, stub, lambda *args, **kwargs: None, *(m.wrong for m in exercise.misconceptions)]
    for answer in answers:
        student = LocalStudent({**functions, exercise.name: answer})
        a, b = judge(live, student), judge(frozen, student)
        assert explain.as_data(a, live) == explain.as_data(b, frozen)
        assert explain.text(a, live) == explain.text(b, frozen)
        assert (a.points, a.max_points) == (b.points, b.max_points)


@pytest.mark.parametrize("exercise", ALL.values(), ids=ALL)
def test_hidden_cases_follow_the_seed_and_visible_ones_stay(exercise):
    sheets = [make_sheet(exercise, seed) for seed in ("1", "2", "3", "4", "1")]
    assert len({cases_of(sheet, shown=True) for sheet in sheets}) == 1
    assert cases_of(sheets[0], shown=False) == cases_of(sheets[-1], shown=False)
    assert len({cases_of(sheet, shown=False) for sheet in sheets}) > 1


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_what_students_get_holds_no_hidden_case_and_no_reference(chapter):
    data = plain.loads(bundle(chapter), plain.resolve_rng)
    shown = {exercise.name: [g.name for g in exercise.groups if g.visible] for exercise in exercises(chapter)}
    for exercise in exercises(chapter):
        frozen = data["exercises"][exercise.name]
        live = make_sheet(exercise, "0")
        assert list(dict.fromkeys(t["group"] for t in frozen["trials"])) == shown[exercise.name]
        assert len(frozen["trials"]) == sum(trial.visible for trial in live.trials)
    module = import_module(f"solutions.{chapter}")
    probes = ast.parse(data["probes"])
    defined = {node.name for node in ast.walk(probes) if isinstance(node, ast.FunctionDef)}
    assert not defined & vars(module).keys()
    assert not re.search(r"\b(reference|solutions)\b", data["probes"])
    for exercise in exercises(chapter):
        body = ast.parse(inspect.getsource(exercise.reference)).body[0].body[1:]
        lines = [line.strip() for line in "\n".join(map(ast.unparse, body)).splitlines() if len(line) >= 25]
        assert not lines or not all(line in ast.unparse(probes) for line in lines)


def test_a_frozen_case_keeps_its_probe_its_tolerance_and_its_strictness():
    draws = probe("a mean", mean_of, plain.Rng(3), plain.Formula("lambda x: x + 1")).within(0.5).strictly()
    sheet = make_sheet(simple(grow, draws))
    [trial] = thaw(plain.loads(plain.dumps(freeze([sheet])), plain.resolve_rng))["grow"].trials
    assert (trial.tolerance, trial.strict, trial.label) == (draws.tolerance, True, draws.label)
    assert trial.probe is not mean_of
    assert run(trial, "grow", LocalStudent(globals())).value == sheet.trials[0].expected.value


def mean_of(student, rng, formula):
    return mean(student.grow(formula(rng.materialise().normal(size=4))))


def mean(values):
    return float(np.mean(values)) if len(values) < 3 else mean(values[1:])


def test_a_mistake_that_never_gives_a_value_is_refused():
    item = Exercise(
        grow,
        1,
        (visible("cases", case("row", TWO)),),
        (
            Misconception("raises", "Why?", lambda x: {}["a"]),
            Misconception("added", "Times.", lambda x: x + 1),
        ),
    )
    problems = list(verify.problems_of(item, make_sheet(item), globals()))
    assert [problem for problem in problems if "gives no value in any case" in problem] == [
        "raises gives no value in any case, so whatever fails would be taken for it"
    ]
    assert not any(problem.startswith("added") for problem in problems)


def test_a_table_makes_a_case_of_each_row():
    cases = table(lambda n, d: (np.ones((n, d)), float(n)), {"tall": (4, 2), "a row": (1, 3)})
    assert [(c.label, c.args[0].shape, c.args[1]) for c in cases] == [("tall", (4, 2), 4.0), ("a row", (1, 3), 1.0)]


def test_whole_numbers_of_a_case_may_be_given_as_floats():
    whole = case("row", np.arange(3), [np.arange(2), 1], names=("a", np.arange(2.0))).as_floats()
    assert [whole.args[0].dtype, whole.args[1][0].dtype, whole.args[1][1]] == [np.float64, np.float64, 1]
    assert whole.kwargs["names"][0] == "a" and whole.kwargs["names"][1].dtype == np.float64


def test_a_visible_group_that_draws_its_cases_is_the_same_for_every_seed():
    groups = (Group("drawn", lambda rng: [case("row", rng.normal(size=3))], visible=True),)
    texts = {cases_of(make_sheet(Exercise(grow, 1, groups, ()), seed), shown=True) for seed in ("1", "2")}
    assert len(texts) == 1


def test_a_hidden_case_cannot_be_frozen():
    with pytest.raises(ValueError, match="hidden"):
        freeze([make_sheet(GROW)])


def test_a_reference_that_fails_is_an_error_of_the_course():
    with pytest.raises(RuntimeError, match="the reference fails on 'text'"):
        make_sheet(simple(exponential, case("text", "abc")))


STRICT = [
    item
    for chapter in CHAPTERS
    for item in exercises(chapter)
    if any(c.strict for group in item.groups if group.visible for c in group.cases(None))
]


@pytest.mark.parametrize("item", STRICT, ids=lambda item: item.id)
def test_overflow_is_found_also_where_the_processor_reports_none(item, monkeypatch):
    """In WebAssembly there are no floating-point flags, and verdicts must be the same there."""
    here = make_sheet(item, visible_only=True)
    monkeypatch.setattr(judge_module, "strictly", partial(floats.strictly, reported=False))
    there = make_sheet(item, visible_only=True)
    for one, other in zip(here.trials, there.trials):
        assert {name: mistake.error for name, mistake in one.mistakes.items()} == {
            name: mistake.error for name, mistake in other.mistakes.items()
        }
