"""The references of chapter ``regularization`` against scikit-learn, PyTorch, closed forms and statistics."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from sklearn.linear_model import Ridge

from solutions.networks import numerical_gradient
from solutions.regularization import (
    dropconnect_forward,
    dropout_backward,
    dropout_forward,
    early_stopping_epoch,
    elastic_net_penalty,
    fractional_pool_edges,
    l1_penalty,
    l2_penalty,
    monte_carlo_predict,
    multiclass_hinge_loss,
    ridge_polynomial_fit,
    stochastic_depth_forward,
    vanilla_dropout_predict,
    weight_decay_step,
)

reproducible = settings(deadline=None, derandomize=True)  # a slow machine is no failure
numbers = st.floats(-100, 100).map(lambda value: round(value, 3))  # no differences of numbers that almost cancel
matrices = arrays_of.arrays(float, arrays_of.array_shapes(min_dims=1, max_dims=4, max_side=5), elements=numbers)


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip(
        "torch", reason="PyTorch is not installed: pip install torch==2.13.0 runs these oracle tests"
    )


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def network(rng):
    return [rng.normal(size=(4, 3)), rng.normal(size=3), rng.normal(size=(3, 2))]


# ----------------------------------------------------------------------------------------------- penalties


@reproducible
@given(st.lists(matrices, max_size=3), st.floats(0, 10), st.floats(0, 10))
def test_penalties_are_those_of_all_weights_in_one_vector(weights, strength, beta):
    flat = np.concatenate([np.ravel(w) for w in weights]) if weights else np.zeros(1)
    l1, l2 = np.linalg.norm(flat, 1), np.linalg.norm(flat) ** 2
    assert_allclose(l2_penalty(weights, strength), strength * l2, rtol=1e-12, atol=1e-300)
    assert_allclose(l1_penalty(weights, strength), strength * l1, rtol=1e-12, atol=1e-300)
    assert_allclose(elastic_net_penalty(weights, strength, beta), strength * (beta * l2 + l1), rtol=1e-12, atol=1e-300)


def test_penalties_of_the_books_weights():
    weights = [np.array([[1, -2], [0.5, 0]]), np.array([3, -1])]
    assert l2_penalty(weights, 0.1) == pytest.approx(1.525)
    assert l1_penalty(weights, 0.1) == pytest.approx(0.75)
    assert elastic_net_penalty(weights, 0.1, 0.3) == pytest.approx(0.3 * 1.525 + 0.75)


def test_without_strength_even_huge_weights_cost_nothing():
    assert l2_penalty([np.array([1e200])], 0.0) == l1_penalty([np.array([1e300])], 0.0) == 0.0
    assert l2_penalty([np.array([1e200])], 1e-300) == pytest.approx(1e100)


def test_l2_penalty_has_the_gradient_two_lambda_w(rng):
    w = rng.normal(size=(3, 4))
    assert_allclose(numerical_gradient(lambda w: l2_penalty([w], 0.7), w), 2 * 0.7 * w, rtol=1e-8)


# --------------------------------------------------------------------------------------- weight_decay_step


def test_weight_decay_follows_the_gradient_of_loss_and_penalty(rng):
    w, target = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))

    def whole_loss(w):
        return np.sum(np.cos(w - target)) + l2_penalty([w], 0.3)

    stepped = weight_decay_step(w, -np.sin(w - target), 0.05, 0.3)
    assert_allclose(stepped, w - 0.05 * numerical_gradient(whole_loss, w), rtol=1e-8)


@pytest.mark.parametrize("strength", [0.0, 0.01, 2.0])
def test_weight_decay_is_pytorchs_sgd_with_twice_the_strength(torch, strength):
    start = np.array([2.0, -1.5, 0.3])
    ours, theirs = start, torch.tensor(start, requires_grad=True)
    optimizer = torch.optim.SGD([theirs], lr=0.05, weight_decay=2 * strength)
    for _ in range(50):
        ours = weight_decay_step(ours, -np.sin(ours), 0.05, strength)
        optimizer.zero_grad()
        torch.cos(theirs).sum().backward()
        optimizer.step()
        assert_allclose(ours, theirs.detach().numpy(), rtol=1e-12)


# ----------------------------------------------------------------------------------- multiclass_hinge_loss


@reproducible
@given(st.integers(1, 8), st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_hinge_loss_is_pytorchs_times_the_number_of_classes(torch, n, k, seed):
    rng = np.random.default_rng(seed)
    scores, labels = rng.normal(0, 2, (n, k)), rng.integers(0, k, n)
    theirs = torch.nn.functional.multi_margin_loss(torch.tensor(scores), torch.tensor(labels))
    assert multiclass_hinge_loss(scores, labels) == pytest.approx(k * theirs.item(), rel=1e-12, abs=1e-12)


@reproducible
@given(st.floats(-1e6, 1e6), st.integers(0, 2**32 - 1))
def test_hinge_loss_does_not_see_a_shift_of_all_scores(shift, seed):
    scores = np.random.default_rng(seed).integers(-3, 4, (5, 4))
    labels = np.array([0, 1, 2, 3, 0])
    assert multiclass_hinge_loss(scores + shift, labels) == pytest.approx(multiclass_hinge_loss(scores, labels))


def test_hinge_loss_of_equal_scores_is_the_number_of_wrong_classes():
    assert multiclass_hinge_loss(np.full((3, 7), 4), np.array([0, 3, 6])) == 6
    assert multiclass_hinge_loss(np.full((3, 1), 4), np.zeros(3, dtype=int)) == 0


def test_hinge_loss_takes_its_extremes():
    assert multiclass_hinge_loss([[1e300, -1e300]], [0]) == 0
    assert multiclass_hinge_loss([[-1e300, 1e300]], [0]) == 2e300


# ------------------------------------------------------------------------------------ ridge_polynomial_fit


@pytest.mark.parametrize("strength", [1e-6, 0.01, 1.0, 100.0])
@pytest.mark.parametrize("n, degree", [(20, 3), (9, 8), (4, 7), (5, 0)])
def test_ridge_fit_is_scikit_learns_on_the_vandermonde_matrix(rng, n, degree, strength):
    x, y = rng.uniform(-1, 1, n), rng.normal(size=n)
    powers = np.vander(x, degree + 1, increasing=True)
    theirs = Ridge(alpha=strength, fit_intercept=False, solver="svd").fit(powers, y).coef_
    assert_allclose(ridge_polynomial_fit(x, y, degree, strength), theirs, rtol=1e-6, atol=1e-9)


def test_without_strength_it_is_the_polynomial_through_the_points():
    x, y = np.arange(1, 6), np.array([1, 3, 5, 7, 217341])
    assert_allclose(ridge_polynomial_fit(x, y, 4, 0), [217331, -452773, 316942.5, -90555, 9055.5], rtol=1e-9)
    assert_allclose(ridge_polynomial_fit(x[:4], y[:4], 3, 0), [-1, 2, 0, 0], atol=1e-10)


def test_without_strength_it_is_numpys_least_squares_fit(rng):
    x, y = rng.uniform(-1, 1, 30), rng.normal(size=30)
    assert_allclose(ridge_polynomial_fit(x, y, 5, 0), np.polynomial.polynomial.polyfit(x, y, 5), rtol=1e-9)


def test_ridge_fit_is_where_its_objective_is_flat(rng):
    x, y = rng.uniform(-1, 1, 12), rng.normal(size=12)
    powers = np.vander(x, 5, increasing=True)
    slope = numerical_gradient(
        lambda c: np.sum((powers @ c - y) ** 2) + 0.3 * np.sum(c**2), ridge_polynomial_fit(x, y, 4, 0.3)
    )
    assert_allclose(slope, 0, atol=1e-8)


@reproducible
@given(st.floats(0, 10), st.floats(1.1, 100))
def test_a_stronger_penalty_gives_smaller_coefficients(strength, factor):
    x = np.linspace(-1, 1, 15)
    weak, strong = (ridge_polynomial_fit(x, np.exp(x), 4, s) for s in (strength, strength * factor + 1e-3))
    assert np.linalg.norm(strong) < np.linalg.norm(weak)


def test_with_more_coefficients_than_points_it_is_the_shortest_solution(rng):
    x, y = np.array([-0.5, 0.2, 0.9]), rng.normal(size=3)
    powers = np.vander(x, 6, increasing=True)
    assert_allclose(ridge_polynomial_fit(x, y, 5, 0), np.linalg.pinv(powers) @ y, rtol=1e-9)


# ------------------------------------------------------------------------------------------------- dropout


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9])
def test_each_unit_is_dropped_with_the_given_probability(rng, p):
    out, mask = dropout_forward(np.ones((300, 400)), p, rng)
    assert abs(np.mean(mask == 0) - p) <= 6 * np.sqrt(p * (1 - p) / mask.size)
    assert abs(out.mean() - 1) <= 6 * np.sqrt(p / (1 - p) / mask.size)
    assert_allclose(np.unique(mask), [0, 1 / (1 - p)] if p else [1])


def test_units_are_dropped_independently(rng):
    dropped = dropout_forward(np.ones((2000, 30)), 0.3, rng)[1] == 0
    counts = np.bincount(dropped.sum(axis=1), minlength=31)
    expected = 2000 * stats.binom.pmf(np.arange(31), 30, 0.3)
    likely = expected > 5
    observed = np.append(counts[likely], counts[~likely].sum())
    assert stats.chisquare(observed, np.append(expected[likely], expected[~likely].sum())).pvalue > 1e-6


def test_dropout_has_the_distribution_of_pytorchs(torch, rng):
    x, p = np.linspace(1, 2, 50), 0.3
    torch.manual_seed(0)
    theirs = torch.nn.functional.dropout(torch.tensor(x).repeat(4000, 1), p).numpy()
    ours, _ = dropout_forward(np.tile(x, (4000, 1)), p, rng)
    error = 6 * np.sqrt(2 * p / (1 - p) / 4000) * x
    assert np.all(np.abs(ours.mean(axis=0) - theirs.mean(axis=0)) <= error)
    assert_allclose(np.unique(ours[:, 0]), np.unique(theirs[:, 0]))


def test_dropout_backward_is_pytorchs(torch):
    torch.manual_seed(0)
    x, dout = torch.randn(6, 9, dtype=torch.float64, requires_grad=True), torch.randn(6, 9, dtype=torch.float64)
    out = torch.nn.functional.dropout(x, 0.4)
    out.backward(dout)
    mask = (out / x).detach().numpy()
    assert_allclose(dropout_backward(dout.numpy(), mask), x.grad.numpy(), rtol=1e-12)


@reproducible
@given(matrices, st.floats(0, 0.95), st.integers(0, 2**32 - 1))
def test_dropout_backward_is_the_gradient_of_dropout_forward(x, p, seed):
    _, mask = dropout_forward(x, p, np.random.default_rng(seed))
    dout = np.cos(np.arange(x.size)).reshape(x.shape)
    slope = numerical_gradient(lambda x: np.sum(dout * dropout_forward(x, p, np.random.default_rng(seed))[0]), x, 1e-2)
    assert_allclose(dropout_backward(dout, mask), slope, rtol=1e-6, atol=1e-6 * (1 + mask.max()))


@reproducible
@given(matrices, st.floats(0, 0.95))
def test_dropout_at_test_time_hands_its_input_on_and_draws_nothing(x, p):
    rng = np.random.default_rng(1)
    out, mask = dropout_forward(x, p, rng, training=False)
    assert_array_equal(out, x)
    assert_array_equal(mask, np.ones(x.shape))
    assert out is not x
    assert rng.bit_generator.state == np.random.default_rng(1).bit_generator.state


@reproducible
@given(matrices, st.floats(0, 0.99))
def test_vanilla_dropout_scales_by_the_probability_to_be_kept(x, p):
    assert_allclose(vanilla_dropout_predict(x, p), (1 - p) * x)


def test_vanilla_dropout_predicts_the_mean_of_unscaled_masks(rng):
    p, x = 0.2, rng.normal(size=8)
    mean = np.mean(rng.random((100_000, 8)) >= p, axis=0) * x
    assert np.all(np.abs(vanilla_dropout_predict(x, p) - mean) <= 6 * np.sqrt(p * (1 - p) / 100_000) * np.abs(x))


# --------------------------------------------------------------------------------------------- dropconnect


def test_dropconnect_drops_each_weight_on_its_own_and_keeps_the_mean(rng):
    p, b = 0.3, np.linspace(-1, 1, 200)
    out = dropconnect_forward(np.eye(300), np.ones((300, 200)), b, p, rng)
    mask = out - b
    assert_allclose(np.unique(np.round(mask, 9)), [0, 1 / (1 - p)], atol=1e-8)
    assert abs(mask.mean() - 1) <= 6 * np.sqrt(p / (1 - p) / mask.size)
    for axis, count in ((0, 300), (1, 200)):
        spread = np.std(np.mean(mask < 0.5, axis=axis))
        assert spread == pytest.approx(np.sqrt(p * (1 - p) / count), rel=0.3)


def test_dropconnect_has_the_variance_of_a_sum_of_dropped_terms(rng):
    x, w, p = rng.normal(size=(1, 6)), rng.normal(size=(6, 1)), 0.25
    sums = np.array([dropconnect_forward(x, w, [0.5], p, rng)[0, 0] for _ in range(20_000)])
    terms = x[0] * w[:, 0]
    variance = p / (1 - p) * np.sum(terms**2)
    assert abs(sums.mean() - terms.sum() - 0.5) <= 6 * np.sqrt(variance / 20_000)
    assert sums.var() == pytest.approx(variance, rel=0.1)


def test_dropconnect_has_one_mask_for_the_batch(rng):
    out = dropconnect_forward(np.ones((5, 20)), rng.normal(size=(20, 7)), np.zeros(7), 0.5, rng)
    assert_allclose(out, np.tile(out[0], (5, 1)))


def test_dropconnect_at_test_time_is_a_layer(rng):
    x, w, b = rng.integers(-3, 4, (5, 4)), rng.normal(size=(4, 3)), rng.normal(size=3)
    assert_allclose(dropconnect_forward(x, w, b, 0.5, rng, training=False), x @ w + b, rtol=1e-12)
    assert_allclose(dropconnect_forward(x, w, b, 0.0, rng), x @ w + b, rtol=1e-12)
    assert_allclose(dropconnect_forward(x, 0 * w, b, 0.5, rng), np.tile(b, (5, 1)))


# ---------------------------------------------------------------------------------------- stochastic depth


def test_a_block_is_skipped_or_whole(rng):
    x = rng.normal(size=(3, 4))
    passes = np.array([stochastic_depth_forward(x, np.exp, 0.7, rng) for _ in range(2000)])
    whole = np.isclose(passes, x + np.exp(x)).all(axis=(1, 2))
    skipped = np.isclose(passes, x).all(axis=(1, 2))
    assert np.all(whole ^ skipped)
    assert abs(whole.mean() - 0.7) <= 6 * np.sqrt(0.7 * 0.3 / 2000)


@reproducible
@given(matrices, st.floats(0, 1))
def test_at_test_time_a_block_is_its_expectation(x, p):
    rng = np.random.default_rng(0)
    assert_allclose(stochastic_depth_forward(x, np.sin, p, rng, training=False), x + p * np.sin(x))
    assert rng.bit_generator.state == np.random.default_rng(0).bit_generator.state


def test_survival_of_one_and_zero_leave_no_choice(rng):
    x = rng.normal(size=5)
    for _ in range(100):
        assert_array_equal(stochastic_depth_forward(x, np.sin, 1.0, rng), x + np.sin(x))
        assert_array_equal(stochastic_depth_forward(x, np.sin, 0.0, rng), x)


# ------------------------------------------------------------------------------------ fractional max pooling


@reproducible
@given(st.integers(1, 40), st.data(), st.integers(0, 2**32 - 1))
def test_edges_cut_the_pixels_into_regions_of_one_and_two(n_out, data, seed):
    n_in = data.draw(st.integers(n_out, 2 * n_out))
    edges = fractional_pool_edges(n_in, n_out, np.random.default_rng(seed))
    assert edges.shape == (n_out + 1,) and edges[0] == 0 and edges[-1] == n_in
    assert np.issubdtype(edges.dtype, np.integer)
    assert set(np.diff(edges)) <= {1, 2}


def test_every_order_of_steps_is_equally_likely(rng):
    orders = sorted(set(permutations([2, 2, 1, 1, 1])))
    drawn = [tuple(np.diff(fractional_pool_edges(7, 5, rng))) for _ in range(4000)]
    counts = [drawn.count(order) for order in orders]
    assert sum(counts) == 4000 and len(orders) == 10
    assert stats.chisquare(counts).pvalue > 1e-6


# ------------------------------------------------------------------------------------ Monte-Carlo prediction


def test_mean_of_samples_approaches_the_expectation(rng):
    p, x = 0.5, np.linspace(-2, 2, 40)

    def predict(x, rng):
        return np.maximum(dropout_forward(x, p, rng)[0] - 1, 0)

    expected = (1 - p) * np.maximum(x / (1 - p) - 1, 0)
    deviation = np.sqrt(p * (1 - p)) * np.maximum(x / (1 - p) - 1, 0)
    error = np.abs(monte_carlo_predict(predict, x, 4000, rng) - expected)
    assert np.all(error <= 6 * deviation / np.sqrt(4000))


@reproducible
@given(matrices, st.integers(1, 20))
def test_without_noise_the_number_of_samples_does_not_matter(x, samples):
    assert_allclose(monte_carlo_predict(lambda x, rng: np.sin(x), x, samples, None), np.sin(x))


def test_each_sample_is_one_call_with_the_same_generator(rng):
    calls = []
    monte_carlo_predict(lambda x, given: calls.append(given) or x, np.ones(2), 5, rng)
    assert len(calls) == 5 and all(given is rng for given in calls)


# ------------------------------------------------------------------------------------------ early stopping


@reproducible
@given(st.lists(st.integers(0, 6), min_size=1, max_size=25), st.integers(1, 6))
def test_early_stopping_by_its_definition(losses, patience):
    stop, best = early_stopping_epoch(losses, patience)
    assert losses[best] == min(losses[: stop + 1]) and losses.index(losses[best]) == best
    assert stop == len(losses) - 1 or stop - best == patience
    assert stop - best <= patience
    for earlier in range(stop):  # nowhere before was the patience at its end
        assert earlier - losses.index(min(losses[: earlier + 1])) < patience


def test_early_stopping_on_the_books_curve():
    curve = [1.0, 0.8, 0.9, 0.7, 0.75, 0.72, 0.6, 0.65, 0.66, 0.64, 0.5]
    assert [early_stopping_epoch(curve, patience) for patience in (1, 2, 3, 4)] == [(2, 1), (5, 3), (9, 6), (10, 10)]
    assert early_stopping_epoch([1, 0.5, 0.5, 0.5], 2) == (3, 1)


# --------------------------------------------------------------------------------------------- all of them


def test_inputs_stay_as_they_were(rng):
    x, w, b = rng.normal(size=(4, 3)), rng.normal(size=(3, 3)), rng.normal(size=3)
    kept = [a.copy() for a in (x, w, b)]
    weight_decay_step(w, w, 0.1, 0.1)
    dropout_forward(x, 0.5, rng)[0][:] = 7
    dropout_forward(x, 0.5, rng, training=False)[0][:] = 7
    dropconnect_forward(x, w, b, 0.5, rng)[:] = 7
    stochastic_depth_forward(x, np.sin, 0.0, rng)[:] = 7
    vanilla_dropout_predict(x, 0.0)[:] = 7
    for now, before in zip((x, w, b), kept):
        assert_array_equal(now, before)


RNG, FOUR = np.random.default_rng(0), np.ones((2, 2))


@pytest.mark.parametrize(
    "call, named",
    [
        (lambda: l2_penalty([FOUR], -1), "strength"),
        (lambda: l1_penalty([FOUR], -1), "strength"),
        (lambda: elastic_net_penalty([FOUR], -1, 0.5), "strength is -1,"),
        (lambda: elastic_net_penalty([FOUR], 1, -0.5), "beta"),
        (lambda: weight_decay_step(FOUR, np.ones(2), 0.1, 0.1), "w has shape"),
        (lambda: multiclass_hinge_loss(np.ones(3), [0]), "scores has shape"),
        (lambda: multiclass_hinge_loss(FOUR, [0, 1, 1]), "labels has shape"),
        (lambda: multiclass_hinge_loss(FOUR, [0, 2]), "labels has the entry 2"),
        (lambda: multiclass_hinge_loss(FOUR, [0, -1]), "labels has the entry -1"),
        (lambda: ridge_polynomial_fit(FOUR, FOUR, 1, 1), "x has shape"),
        (lambda: ridge_polynomial_fit([1, 2], [1, 2, 3], 1, 1), "x has shape"),
        (lambda: ridge_polynomial_fit([1, 2], [1, 2], 1.5, 1), "degree"),
        (lambda: ridge_polynomial_fit([1, 2], [1, 2], -1, 1), "degree"),
        (lambda: ridge_polynomial_fit([1, 2], [1, 2], 1, -1), "strength"),
        (lambda: dropout_forward(FOUR, 1.0, RNG), "drop_probability"),
        (lambda: dropout_forward(FOUR, -0.1, RNG), "drop_probability"),
        (lambda: dropout_backward(FOUR, np.ones(3)), "dout has shape"),
        (lambda: vanilla_dropout_predict(FOUR, 1.1), "drop_probability"),
        (lambda: dropconnect_forward(np.ones(2), FOUR, [0, 0], 0.5, RNG), "x has shape"),
        (lambda: dropconnect_forward(FOUR, np.ones((3, 2)), [0, 0], 0.5, RNG), "w has shape"),
        (lambda: dropconnect_forward(FOUR, FOUR, [0, 0, 0], 0.5, RNG), "b has shape"),
        (lambda: dropconnect_forward(FOUR, FOUR, [0, 0], 1.0, RNG), "drop_probability"),
        (lambda: stochastic_depth_forward(FOUR, np.sin, 1.1, RNG), "survival_probability"),
        (lambda: stochastic_depth_forward(FOUR, np.sum, 1.0, RNG), "branch"),
        (lambda: fractional_pool_edges(5, 6, RNG), "n_in is 5"),
        (lambda: fractional_pool_edges(9, 4, RNG), "n_in is 9"),
        (lambda: fractional_pool_edges(5.5, 4, RNG), "n_in is 5.5"),
        (lambda: fractional_pool_edges(0, 0, RNG), "n_out is 0"),
        (lambda: monte_carlo_predict(lambda x, rng: x, FOUR, 0, RNG), "samples"),
        (lambda: early_stopping_epoch([1.0, 2.0], 0), "patience"),
        (lambda: early_stopping_epoch([1.0, 2.0], 1.5), "patience"),
        (lambda: early_stopping_epoch([], 1), "validation_losses"),
        (lambda: early_stopping_epoch(FOUR, 1), "validation_losses has shape"),
    ],
)
def test_bad_arguments_are_named(call, named):
    with pytest.raises(ValueError, match=named):
        call()
