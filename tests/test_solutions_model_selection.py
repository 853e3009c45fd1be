"""The references of chapter ``model_selection`` against scikit-learn, SciPy, PyTorch, closed forms and properties."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from sklearn.datasets import load_iris
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from solutions.model_selection import (
    cross_validate,
    k_fold_indices,
    narrow_range,
    random_search,
    sample_log_uniform,
    standardize_features,
    train_val_test_split,
)

reproducible = settings(deadline=None, derandomize=True)  # a slow machine is no failure


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip(
        "torch", reason="PyTorch is not installed: pip install torch==2.13.0 runs these oracle tests"
    )


# ---------------------------------------------------------------------------------------------- three parts


@reproducible
@given(n=st.integers(0, 80), shares=st.tuples(st.integers(0, 20), st.integers(0, 20)), seed=st.integers(0, 2**32))
def test_a_split_holds_every_index_once_in_parts_of_the_asked_sizes(n, shares, seed):
    val_fraction, test_fraction = shares[0] / 41, shares[1] / 41  # 41 is odd and prime: never a tie below n = 41
    parts = train_val_test_split(n, val_fraction, test_fraction, np.random.default_rng(seed))
    sizes = [len(part) for part in parts]
    assert sizes[1:] == [round(n * val_fraction), round(n * test_fraction)]
    assert sorted(np.concatenate(parts)) == list(range(n))
    assert all(part.dtype.kind == "i" for part in parts)
    for part, again in zip(parts, train_val_test_split(n, val_fraction, test_fraction, np.random.default_rng(seed))):
        assert_array_equal(part, again)


def test_a_split_has_the_parts_in_their_order():
    train, val, test = train_val_test_split(20, 0.2, 0.35, np.random.default_rng(0))
    assert (len(train), len(val), len(test)) == (9, 4, 7)


def test_shares_of_zero_and_one_give_empty_and_full_parts():
    rng = np.random.default_rng(0)
    assert [len(part) for part in train_val_test_split(8, 0, 0, rng)] == [8, 0, 0]
    assert [len(part) for part in train_val_test_split(8, 1, 0, rng)] == [0, 8, 0]
    assert [len(part) for part in train_val_test_split(8, 0, 1, rng)] == [0, 0, 8]
    assert [len(part) for part in train_val_test_split(8, 0.25, 0.75, rng)] == [0, 2, 6]


def test_every_sample_is_equally_likely_in_every_part():
    rng, counts = np.random.default_rng(1), np.zeros((3, 10))
    for _ in range(4000):
        for part, indices in enumerate(train_val_test_split(10, 0.2, 0.3, rng)):
            counts[part, indices] += 1
    expected = 4000 * np.array([0.5, 0.2, 0.3])[:, None]
    for row, share in zip(counts, expected):
        assert stats.chisquare(row, np.full(10, share[0])).pvalue > 0.001


def test_a_second_draw_is_another_split():
    rng = np.random.default_rng(2)
    first, second = (train_val_test_split(30, 0.3, 0.3, rng) for _ in range(2))
    assert set(first[2]) != set(second[2])


# ----------------------------------------------------------------------------------------------------- folds


@pytest.mark.parametrize("n, k", [(n, k) for n in (2, 3, 7, 10, 23) for k in range(2, n + 1)])
def test_folds_are_those_of_scikit_learn(n, k):
    expected = list(KFold(k).split(np.zeros((n, 1))))
    ours = k_fold_indices(n, k)
    assert len(ours) == k
    for (train, val), (sk_train, sk_val) in zip(ours, expected):
        assert_array_equal(train, sk_train)
        assert_array_equal(val, sk_val)


@reproducible
@given(n=st.integers(2, 60), data=st.data())
def test_folds_are_contiguous_even_and_complete(n, data):
    k = data.draw(st.integers(2, n))
    folds = k_fold_indices(n, k)
    sizes = [len(val) for _, val in folds]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] - sizes[-1] <= 1
    assert_array_equal(np.concatenate([val for _, val in folds]), np.arange(n))
    for train, val in folds:
        assert sorted([*train, *val]) == list(range(n))


def ridge_score(x_train, y_train, x_val, y_val):
    return Ridge(alpha=0.7).fit(x_train, y_train).score(x_val, y_val)


@pytest.mark.parametrize("n, k", [(20, 2), (31, 4), (25, 7)])
def test_cross_validation_agrees_with_scikit_learn_on_a_regression(n, k):
    rng = np.random.default_rng(n)
    x = rng.normal(size=(n, 3))
    y = x @ [1.0, -2.0, 0.5] + rng.normal(size=n)
    expected = cross_val_score(Ridge(alpha=0.7), x, y, cv=KFold(k)).mean()
    assert cross_validate(ridge_score, x, y, k) == pytest.approx(expected, rel=1e-12)


def standardized_neighbours(x_train, y_train, x_val, y_val):
    x_train, x_val = standardize_features(x_train, x_val)
    return KNeighborsClassifier(5).fit(x_train, y_train).score(x_val, y_val)


def test_a_fit_that_standardises_inside_the_fold_agrees_with_a_pipeline_of_scikit_learn():
    x, y = load_iris(return_X_y=True)
    order = np.random.default_rng(3).permutation(len(y))
    x, y = x[order], y[order]
    pipeline = make_pipeline(StandardScaler(), KNeighborsClassifier(5))
    expected = cross_val_score(pipeline, x, y, cv=KFold(7)).mean()
    assert cross_validate(standardized_neighbours, x, y, 7) == pytest.approx(expected, rel=1e-12)


def test_sorted_classes_leave_nothing_right_to_learn():
    x, y = load_iris(return_X_y=True)
    assert cross_validate(standardized_neighbours, x, y, 3) == 0


def mean_distance(x_train, y_train, x_val, y_val):
    return -np.mean((y_val - np.mean(y_train)) ** 2)


def test_cross_validation_by_hand():
    # held back 1, 2, 6 in turn; the others' means are 4, 3.5 and 1.5
    assert cross_validate(mean_distance, np.zeros((3, 1)), [1, 2, 6], 3) == -(9 + 2.25 + 20.25) / 3


@reproducible
@given(arrays_of.arrays(np.float64, st.integers(2, 20), elements=st.floats(-100, 100)))
def test_leave_one_out_of_a_mean_has_a_closed_form(y):
    # y_i minus the mean of the others is n/(n − 1) times y_i minus the mean of all
    n = len(y)
    expected = -((n / (n - 1)) ** 2) * np.var(y)
    assert cross_validate(mean_distance, np.zeros(n), y, n) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_the_linear_shortcut_for_leave_one_out_holds():
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(12, 3)), rng.normal(size=12)
    hat = x @ np.linalg.solve(x.T @ x, x.T)
    expected = -np.mean(((y - hat @ y) / (1 - np.diag(hat))) ** 2)

    def least_squares(x_train, y_train, x_val, y_val):
        return -np.mean((y_val - x_val @ np.linalg.lstsq(x_train, y_train, rcond=None)[0]) ** 2)

    assert cross_validate(least_squares, x, y, 12) == pytest.approx(expected, rel=1e-10)


def test_every_fold_counts_the_same_and_sees_its_own_rows():
    seen = []

    def remember(x_train, y_train, x_val, y_val):
        seen.append((x_train, y_train, x_val, y_val))
        return len(y_val)

    x, y = np.arange(7 * 2 * 3).reshape(7, 2, 3), np.arange(7) * 10
    assert cross_validate(remember, x, y, 3) == pytest.approx((3 + 2 + 2) / 3)
    for (x_train, y_train, x_val, y_val), (train, val) in zip(seen, k_fold_indices(7, 3)):
        assert_array_equal(x_train, x[train])
        assert_array_equal(y_train, y[train])
        assert_array_equal(x_val, x[val])
        assert_array_equal(y_val, y[val])


# ------------------------------------------------------------------------------------------------- standardise


@pytest.mark.parametrize("n, m, features", [(30, 7, 5), (2, 4, 1), (9, 1, 3)])
def test_standardising_agrees_with_scikit_learn(n, m, features):
    rng = np.random.default_rng(n)
    train, other = rng.normal(5, 3, (n, features)), rng.normal(0, 9, (m, features))
    train[:, 0] = 7.0
    scaler = StandardScaler().fit(train)
    ours = standardize_features(train, other)
    assert_allclose(ours[0], scaler.transform(train), rtol=1e-12, atol=1e-12)
    assert_allclose(ours[1], scaler.transform(other), rtol=1e-12, atol=1e-12)


def test_standardising_agrees_with_pytorch(torch):
    rng = np.random.default_rng(5)
    train, other = rng.normal(-2, 4, (25, 6)), rng.normal(1, 2, (8, 6))
    t, o = torch.tensor(train), torch.tensor(other)
    std, mean = torch.std_mean(t, dim=0, correction=0)
    for ours, theirs in zip(standardize_features(train, other), ((t - mean) / std, (o - mean) / std)):
        assert_allclose(ours, theirs.numpy(), rtol=1e-12, atol=1e-12)


finite = st.floats(-1e6, 1e6).filter(lambda value: value == 0 or abs(value) > 1e-3)


@reproducible
@given(arrays_of.arrays(np.float64, st.tuples(st.integers(1, 12), st.integers(1, 4)), elements=finite), st.data())
def test_standardised_training_data_have_mean_zero_and_deviation_one(train, data):
    other = data.draw(arrays_of.arrays(np.float64, (3, train.shape[1]), elements=finite))
    before = train.copy(), other.copy()
    ours, others = standardize_features(train, other)
    varies = np.ptp(train, axis=0) > 0
    spread = np.where(varies, train.std(axis=0), 1)
    rounding = 1e-14 * len(train) * np.abs(train).max(axis=0) / spread + 1e-9
    assert np.all(np.abs(ours.mean(axis=0)) <= rounding)
    assert np.all(np.abs(ours.std(axis=0) - varies) <= rounding)
    assert_allclose(others * spread + train.mean(axis=0), other, rtol=1e-9, atol=1e-9 * np.abs(train).max() + 1e-9)
    assert_array_equal(train, before[0])
    assert_array_equal(other, before[1])


def test_the_same_row_comes_out_the_same_in_both():
    rng = np.random.default_rng(6)
    train = rng.normal(3, 2, (10, 4))
    ours, others = standardize_features(train, train[[4, 7]])
    assert_array_equal(ours[[4, 7]], others)


def test_a_column_that_does_not_vary_is_moved_and_not_scaled():
    for value in (0.0, 0.1, 7.0, 1e9 + 0.1):  # the mean of ten times 0.1 is not quite 0.1
        ours, others = standardize_features(np.full((10, 1), value), np.array([[value], [value + 3]]))
        assert_allclose(ours, 0, atol=1e-15 * max(1, value))
        assert_allclose(others, [[0], [3]], rtol=1e-6, atol=1e-6)


def test_one_training_sample_counts_as_not_varying():
    ours, others = standardize_features([[2, 5]], [[3, 1]])
    assert_array_equal(ours, [[0, 0]])
    assert_array_equal(others, [[1, -4]])


@pytest.mark.parametrize("scale", [1e-200, 1e-160, 1.0, 1e160, 1e200])
def test_very_large_and_very_small_features_come_out_the_same(scale):
    train, other = np.array([[1.0], [2.0], [6.0]]), np.array([[4.0]])
    expected = standardize_features(train, other)
    with np.errstate(all="raise"):
        ours = standardize_features(scale * train, scale * other)
    assert_allclose(ours[0], expected[0], rtol=1e-12)
    assert_allclose(ours[1], expected[1], rtol=1e-12)


# ------------------------------------------------------------------------------------------------- log-uniform


@pytest.mark.parametrize("low, high", [(1e-3, 1e3), (1e-12, 1e-2), (0.5, 0.6), (1e-300, 1e300), (3, 4000)])
def test_values_are_log_uniform_by_the_test_of_scipy(low, high):
    values = sample_log_uniform(low, high, 5000, np.random.default_rng(7))
    assert values.shape == (5000,)
    assert low <= values.min() and values.max() <= high
    uniform = stats.uniform(math.log(low), math.log(high) - math.log(low))
    assert stats.kstest(np.log(values), uniform.cdf).pvalue > 0.001
    if high / low < 1e100:
        assert stats.kstest(values, stats.loguniform(low, high).cdf).pvalue > 0.001
        assert stats.kstest(values, stats.uniform(low, high - low).cdf).pvalue < 0.01 or high / low < 2


def test_the_mean_is_that_of_the_density():
    values = sample_log_uniform(0.1, 10, 200_000, np.random.default_rng(8))
    expected = (10 - 0.1) / math.log(10 / 0.1)  # ∫ v · 1/(v log(high/low)) dv
    assert stats.loguniform(0.1, 10).mean() == pytest.approx(expected)
    assert abs(values.mean() - expected) < 6 * stats.loguniform(0.1, 10).std() / math.sqrt(200_000)


@reproducible
@given(low=st.floats(1e-30, 1e30), factor=st.floats(1.0001, 1e30), size=st.integers(0, 9), seed=st.integers(0, 2**32))
def test_values_stay_in_the_range_and_come_from_the_generator_alone(low, factor, size, seed):
    rng = np.random.default_rng(seed)
    first = sample_log_uniform(low, low * factor, size, rng)
    assert first.shape == (size,)
    assert np.all((first >= low) & (first <= low * factor))
    assert_array_equal(first, sample_log_uniform(low, low * factor, size, np.random.default_rng(seed)))
    if size:
        assert not np.array_equal(first, sample_log_uniform(low, low * factor, size, rng))


@pytest.mark.parametrize("low", [1e-300, 1e-7, 0.1, 0.3, 7.0, 1e5, 1e300])
def test_rounding_leads_out_of_no_range_however_narrow(low):
    high = np.nextafter(low, np.inf)
    values = sample_log_uniform(low, high, 50, np.random.default_rng(0))
    assert set(values) <= {low, high}


# ---------------------------------------------------------------------------------------------------- searches


@reproducible
@given(trials=st.integers(1, 30), seed=st.integers(0, 2**32))
def test_a_search_evaluates_every_trial_once_and_sorts_them(trials, seed):
    calls = []

    def evaluate(value):
        calls.append(value)
        return math.sin(5 * math.log(value))

    history = random_search(evaluate, 0.01, 10, trials, np.random.default_rng(seed))
    assert len(history) == len(calls) == trials
    assert sorted(value for value, _ in history) == sorted(calls)
    assert all(score == math.sin(5 * math.log(value)) for value, score in history)
    scores = [score for _, score in history]
    assert scores == sorted(scores, reverse=True)
    assert all(0.01 <= value <= 10 and type(value) is type(score) is float for value, score in history)
    values = sample_log_uniform(0.01, 10, trials, np.random.default_rng(seed))
    assert sorted(values) == sorted(calls)


def test_a_search_draws_log_uniformly():
    history = random_search(lambda value: -value, 1e-4, 1e4, 4000, np.random.default_rng(9))
    values = np.array([value for value, _ in history])
    assert stats.kstest(values, stats.loguniform(1e-4, 1e4).cdf).pvalue > 0.001
    assert_array_equal(values, np.sort(values))


def test_scores_that_are_not_numbers_come_last():
    history = random_search(lambda value: np.nan if value > 1 else -value, 0.01, 100, 40, np.random.default_rng(10))
    finite_scores = [score for _, score in history if score == score]
    assert 0 < len(finite_scores) < 40
    assert [score for _, score in history[: len(finite_scores)]] == sorted(finite_scores, reverse=True)


def test_infinite_scores_stand_at_the_ends():
    scores = iter([0.0, np.inf, -np.inf, 1.0])
    history = random_search(lambda value: next(scores), 1, 2, 4, np.random.default_rng(0))
    assert [score for _, score in history] == [np.inf, 1.0, 0.0, -np.inf]


def test_the_best_of_many_trials_is_near_the_peak():
    history = random_search(lambda value: -abs(math.log10(value)), 1e-3, 1e3, 200, np.random.default_rng(11))
    assert 0.5 < history[0][0] < 2
    # of n places in an interval of length 6 the nearest lies within 6/n · 5 of its middle but for e^−10 of all draws
    assert -history[0][1] < 5 * 6 / 200


@reproducible
@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=1, max_size=15, unique_by=lambda p: p[1]),
    st.data(),
)
def test_the_narrowed_range_is_that_of_the_best(history, data):
    keep = data.draw(st.integers(1, len(history)))
    before = list(history)
    low, high = narrow_range(history, keep)
    threshold = sorted(score for _, score in history)[-keep]
    best = [value for value, score in history if score >= threshold]
    assert (low, high) == (min(best), max(best))
    assert narrow_range(data.draw(st.permutations(history)), keep) == (low, high)
    assert history == before
    wider = narrow_range(history, min(keep + 1, len(history)))
    assert wider[0] <= low <= high <= wider[1]


def test_a_search_narrows_itself_to_its_peak():
    low, high = 1e-3, 1e3
    for round_ in range(4):
        rng = np.random.default_rng(round_)
        history = random_search(lambda value: -abs(math.log10(value) - 1), low, high, 20, rng)
        low, high = narrow_range(history, 5)
    assert 9 < low < 10 < high < 11


def test_trials_that_are_not_numbers_are_not_kept():
    assert narrow_range([(1.0, np.nan), (2.0, 0.1), (3.0, np.nan), (4.0, -0.2)], 2) == (2.0, 4.0)


# ------------------------------------------------------------------------------------------------------ errors

RNG = np.random.default_rng(0)
HISTORY = [(1.0, 0.5), (2.0, 0.6)]


def evaluate_nothing(value):
    raise AssertionError("nothing should be evaluated")


@pytest.mark.parametrize(
    "call, name, was, should",
    [
        (lambda: train_val_test_split(-1, 0.1, 0.1, RNG), "n", "-1", "a whole number of at least 0"),
        (lambda: train_val_test_split(2.5, 0.1, 0.1, RNG), "n", "2.5", "a whole number of at least 0"),
        (lambda: train_val_test_split(9, -0.1, 0.1, RNG), "val_fraction", "-0.1", "at least 0 and at most 1"),
        (lambda: train_val_test_split(9, 0.1, 1.1, RNG), "test_fraction", "1.1", "at least 0 and at most 1"),
        (lambda: train_val_test_split(9, 0.1, np.nan, RNG), "test_fraction", "nan", "at least 0 and at most 1"),
        (lambda: train_val_test_split(9, 0.7, 0.7, RNG), "the number of samples", "12", "at least 0 and at most 9"),
        (lambda: k_fold_indices(5, 1), "k", "1", "a whole number of at least 2"),
        (lambda: k_fold_indices(5, 2.5), "k", "2.5", "a whole number of at least 2"),
        (lambda: k_fold_indices(5, 6), "k", "6", "at least 2 and at most 5"),
        (lambda: k_fold_indices(1, 1), "n", "1", "a whole number of at least 2"),
        (lambda: cross_validate(mean_distance, np.ones((4, 1)), np.ones(3), 2), "y", "(3,)", "length 4 as x"),
        (lambda: cross_validate(mean_distance, np.ones((4, 1)), 3.0, 2), "y", "()", "length 4 as x"),
        (lambda: cross_validate(mean_distance, np.ones((4, 1)), np.ones(4), 5), "k", "5", "at least 2 and at most 4"),
        (lambda: standardize_features(np.ones(3), np.ones((2, 3))), "train", "(3,)", "(any, any)"),
        (lambda: standardize_features(np.ones((0, 3)), np.ones((2, 3))), "len(train)", "0", "at least 1"),
        (lambda: standardize_features(np.ones((2, 3)), np.ones((2, 4))), "other", "(2, 4)", "(any, 3)"),
        (lambda: standardize_features(np.ones((2, 3)), np.ones(3)), "other", "(3,)", "(any, 3)"),
        (lambda: sample_log_uniform(0, 1, 3, RNG), "low", "0", "above 0 and below 1"),
        (lambda: sample_log_uniform(-1, 1, 3, RNG), "low", "-1", "above 0 and below 1"),
        (lambda: sample_log_uniform(1, 1, 3, RNG), "low", "1", "above 0 and below 1"),
        (lambda: sample_log_uniform(2, 1, 3, RNG), "low", "2", "above 0 and below 1"),
        (lambda: sample_log_uniform(np.nan, 1, 3, RNG), "low", "nan", "above 0 and below 1"),
        (lambda: sample_log_uniform(1, np.nan, 3, RNG), "high", "nan", "above 1 and below inf"),
        (lambda: sample_log_uniform(1, np.inf, 3, RNG), "high", "inf", "above 1 and below inf"),
        (lambda: sample_log_uniform(1, 2, -3, RNG), "size", "-3", "a whole number of at least 0"),
        (lambda: random_search(evaluate_nothing, 0, 1, 3, RNG), "low", "0", "above 0 and below 1"),
        (lambda: random_search(evaluate_nothing, 1, 2, 0, RNG), "trials", "0", "a whole number of at least 1"),
        (lambda: narrow_range(HISTORY, 0), "keep", "0", "a whole number of at least 1"),
        (lambda: narrow_range(HISTORY, 3), "keep", "3", "at least 1 and at most 2"),
        (lambda: narrow_range([], 1), "keep", "1", "at least 1 and at most 0"),
    ],
)
def test_an_error_names_the_argument_and_what_it_was_and_should_be(call, name, was, should):
    with pytest.raises(ValueError) as caught:
        call()
    message = str(caught.value)
    assert message.startswith(f"{name} ")
    given_part, _, wanted_part = message.partition("should")
    assert was in given_part
    assert should in wanted_part
