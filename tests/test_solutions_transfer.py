"""The references of chapter ``transfer`` against scikit-learn, SciPy, PyTorch, closed forms and properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import optimize, stats
from sklearn.linear_model import LinearRegression, Ridge

from solutions.transfer import (
    extract_features,
    finetune_step,
    layerwise_learning_rates,
    linear_probe,
    replace_head,
    trainable_layers,
    transfer_strategy,
)

reproducible = settings(deadline=None, derandomize=True, max_examples=50)  # a slow machine is no failure
seeds = st.integers(0, 2**32)


@pytest.fixture
def torch():
    return pytest.importorskip(
        "torch", reason="PyTorch is not installed: pip install torch==2.13.0 runs these oracle tests"
    )


def network(widths, seed=0):
    """Weights and biases of random numbers."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=s) for s in zip(widths[:-1], widths[1:])], [rng.normal(size=n) for n in widths[1:]]


def samples(n, d, k, seed=0):
    """Features away from 0, labels of which every class occurs."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % k)
    return rng.normal(size=(n, d)) + rng.normal(size=(k, d))[labels] + 3, labels


def objective(w, b, x, labels, strength):
    residual = x @ w + b - np.eye(w.shape[1])[labels]
    return np.sum(residual**2) + strength * np.sum(w**2)


# ------------------------------------------------------------------------------------------------- strategy


@pytest.mark.parametrize(
    "data, similarity, strategy",
    [
        ("little", "similar", "linear_probe"),
        ("little", "different", "probe_other_stages"),
        ("lots", "similar", "finetune_few"),
        ("lots", "different", "finetune_many"),
    ],
)
def test_the_strategies_are_those_of_the_table(data, similarity, strategy):
    assert transfer_strategy(data, similarity) == strategy


# ------------------------------------------------------------------------------------------------- features


@pytest.mark.parametrize("depth", range(5))
def test_features_are_those_of_a_stack_of_linear_layers_and_relus_in_pytorch(torch, depth):
    widths = [7, 9, 4, 8, 3]
    weights, biases = network(widths, 1)
    layers = []
    for w, b in zip(weights[:depth], biases[:depth]):
        linear = torch.nn.Linear(*w.shape, dtype=torch.float64)
        linear.weight.data, linear.bias.data = torch.tensor(w.T.copy()), torch.tensor(b)
        layers += [linear, torch.nn.ReLU()]
    x = np.random.default_rng(2).normal(size=(20, 7))
    expected = torch.nn.Sequential(*layers)(torch.tensor(x)).detach().numpy()
    assert_allclose(extract_features(x, weights, biases, depth), expected, rtol=1e-12, atol=1e-12)


@reproducible
@given(widths=st.lists(st.integers(1, 6), min_size=1, max_size=5), n=st.integers(0, 5), seed=seeds, data=st.data())
def test_features_of_a_depth_are_features_of_features(widths, n, seed, data):
    weights, biases = network(widths, seed)
    x = np.random.default_rng(seed).normal(size=(n, widths[0]))
    lower = data.draw(st.integers(0, len(weights)))
    upper = data.draw(st.integers(lower, len(weights)))
    middle = extract_features(x, weights, biases, lower)
    assert middle.shape == (n, widths[lower])
    assert lower == 0 or np.all(middle >= 0)
    at_once = extract_features(x, weights, biases, upper)
    assert_array_equal(extract_features(middle, weights[lower:], biases[lower:], upper - lower), at_once)


@pytest.mark.parametrize("dtype", [np.int64, np.float64])
def test_features_at_depth_0_are_a_copy_of_the_input(dtype):
    x = np.array([[-1, 2], [3, -4]], dtype=dtype)
    features = extract_features(x, *network([2, 3]), 0)
    assert_array_equal(features, x)
    features[:] = 0
    assert_array_equal(x, [[-1, 2], [3, -4]])


def test_features_by_hand():
    # the sums are 1·1 − 2·2 + 1 = −2 and 3·1 − 2·1 + 0 = 1, then 1·5 − 4 = 1
    weights, biases = [np.array([[1, 3], [-2, -1]]), np.array([[7], [5]])], [np.array([1, 0]), np.array([-4])]
    x = np.array([[1, 2]])
    assert_array_equal(extract_features(x, weights, biases, 1), [[0, 1]])
    assert_array_equal(extract_features(x, weights, biases, 2), [[1]])
    assert_array_equal(extract_features(x, weights, biases, 2.0), [[1]])


# ---------------------------------------------------------------------------------------------------- probe


@pytest.mark.parametrize("strength", [0.01, 1, 30.0])
@pytest.mark.parametrize("n, d, k", [(40, 6, 3), (10, 30, 4), (100, 3, 10), (3, 1, 3)])
def test_a_probe_is_ridge_regression_of_scikit_learn(n, d, k, strength):
    x, labels = samples(n, d, k)
    w, b = linear_probe(x, labels, k, strength)
    ridge = Ridge(alpha=strength, solver="svd").fit(x, np.eye(k)[labels])
    assert_allclose(w, ridge.coef_.T, rtol=1e-9, atol=1e-12)
    assert_allclose(b, ridge.intercept_, rtol=1e-9, atol=1e-12)


def test_a_probe_without_penalty_is_least_squares_of_scikit_learn():
    x, labels = samples(50, 4, 3)
    w, b = linear_probe(x, labels, 3, 0)
    regression = LinearRegression().fit(x, np.eye(3)[labels])
    assert_allclose(w, regression.coef_.T, rtol=1e-9, atol=1e-12)
    assert_allclose(b, regression.intercept_, rtol=1e-9, atol=1e-12)


def test_no_step_of_a_minimiser_betters_a_probe():
    x, labels = samples(12, 3, 2)
    w, b = linear_probe(x, labels, 2, 0.7)

    def loss(p):
        return objective(p[:6].reshape(3, 2), p[6:], x, labels, 0.7)

    best = optimize.minimize(loss, np.zeros(8), method="BFGS", options={"gtol": 1e-6})
    assert_allclose(np.concatenate([w.ravel(), b]), best.x, atol=1e-5)
    assert loss(np.concatenate([w.ravel(), b])) <= best.fun


@reproducible
@given(
    n=st.integers(1, 12),
    d=st.integers(0, 8),
    k=st.integers(1, 4),
    strength=st.sampled_from([1e-3, 0.5, 1, 20.0]),
    seed=seeds,
)
def test_at_a_probe_both_derivatives_vanish(n, d, k, strength, seed):
    rng = np.random.default_rng(seed)
    x, labels = rng.normal(2, 1, (n, d)), rng.integers(0, k, n)
    w, b = linear_probe(x, labels, k, strength)
    assert w.shape == (d, k) and b.shape == (k,)
    residual = x @ w + b - np.eye(k)[labels]
    assert_allclose(x.T @ residual + strength * w, 0, atol=1e-9)
    assert_allclose(residual.sum(axis=0), 0, atol=1e-9)


@reproducible
@given(seed=seeds, n=st.integers(2, 15), shift=st.floats(-50, 50), scale=st.sampled_from([0.25, 2.0, 8.0]))
def test_a_probe_knows_no_origin_and_no_unit(seed, n, shift, scale):
    x, labels = samples(n, 3, 2, seed)
    w, b = linear_probe(x, labels, 2, 1.5)
    moved = linear_probe(x + shift, labels, 2, 1.5)
    assert_allclose(moved[0], w, atol=1e-9)
    assert_allclose((x + shift) @ moved[0] + moved[1], x @ w + b, atol=1e-9)
    scaled = linear_probe(scale * x, labels, 2, 1.5 * scale**2)
    assert_allclose(scale * scaled[0], w, atol=1e-9)


@reproducible
@given(seed=seeds, n=st.integers(1, 10), d=st.integers(1, 20), strength=st.sampled_from([0.0, 1e-12, 1.0]))
def test_the_outputs_of_a_probe_sum_to_one(seed, n, d, strength):
    x, labels = samples(n, d, 4, seed)
    w, b = linear_probe(x, labels, 4, strength)
    assert_allclose((x @ w + b).sum(axis=1), 1, atol=1e-8)


def test_a_probe_by_hand():
    # centred, x·x = 5 and x·y = 2: w = 2/(5 + 1), b = 1/2 − 3/2 · w
    x, labels = np.arange(4)[:, None], [0, 0, 1, 1]
    w, b = linear_probe(x, labels, 2, 1)
    assert_allclose(w, [[-1 / 3, 1 / 3]])
    assert_allclose(b, [1, 0], atol=1e-15)


def test_a_huge_strength_leaves_the_shares_of_the_classes():
    x, labels = samples(30, 4, 3)
    for strength in (1e15, 1e300, np.inf):
        w, b = linear_probe(x, labels, 3, strength)
        assert_allclose(w, 0, atol=1e-12)
        assert_allclose(b, [1 / 3, 1 / 3, 1 / 3])


def test_without_penalty_a_probe_is_the_shortest_of_many():
    x, labels = samples(5, 20, 5)
    w, b = linear_probe(x, labels, 5, 0)
    assert_allclose(x @ w + b, np.eye(5)[labels], atol=1e-10)
    centred = x - x.mean(axis=0)
    assert_allclose(w, np.linalg.pinv(centred) @ np.eye(5)[labels], atol=1e-10)
    assert_allclose(linear_probe(x, labels, 5, 1e-13)[0], w, atol=1e-9)


@pytest.mark.parametrize("size", [1e-150, 1e150])
def test_features_may_be_tiny_or_huge(size):
    x, labels = samples(8, 3, 2)
    w, _ = linear_probe(size * x, labels, 2, 0)
    assert_allclose(size * w, linear_probe(x, labels, 2, 0)[0], rtol=1e-9)


def test_features_that_never_vary_get_no_weight():
    w, b = linear_probe(np.full((6, 2), 3), [0, 1, 1, 0, 1, 1], 2, 0)
    assert_array_equal(w, np.zeros((2, 2)))
    assert_allclose(b, [1 / 3, 2 / 3])


# --------------------------------------------------------------------------------- layers, rates, and a step


@reproducible
@given(num_layers=st.integers(0, 30), data=st.data())
def test_the_last_layers_are_trained_and_no_other(num_layers, data):
    n = data.draw(st.integers(0, num_layers))
    mask = trainable_layers(num_layers, n)
    assert mask.dtype == bool
    assert mask.tolist() == [False] * (num_layers - n) + [True] * n


@reproducible
@given(base=st.floats(0, 10), decay=st.floats(0, 2), num_layers=st.integers(0, 12))
def test_rates_fall_by_one_factor_from_the_last_layer_down(base, decay, num_layers):
    rates = layerwise_learning_rates(base, decay, num_layers)
    assert rates.shape == (num_layers,)
    assert num_layers == 0 or rates[-1] == base
    assert_allclose(rates[:-1], decay * rates[1:], rtol=1e-12, atol=1e-300)


def test_rates_at_the_ends_of_the_decay():
    assert_array_equal(layerwise_learning_rates(0.5, 1, 4), [0.5] * 4)
    assert_array_equal(layerwise_learning_rates(0.5, 0, 4), [0, 0, 0, 0.5])
    assert_allclose(layerwise_learning_rates(0.1, 0.1, 4), [1e-4, 1e-3, 1e-2, 1e-1])
    assert_array_equal(layerwise_learning_rates(1, 2, 4), [8, 4, 2, 1])
    assert layerwise_learning_rates(1.0, 0.1, 400)[0] == 0


def test_a_step_is_that_of_parameter_groups_in_pytorch(torch):
    rng, rates = np.random.default_rng(3), layerwise_learning_rates(0.3, 0.5, 4)
    params = [rng.normal(size=s) for s in ((3, 4), (4,), (2, 2, 2), (1,))]
    tensors = [torch.tensor(p, requires_grad=True) for p in params]
    groups = [{"params": [t], "lr": float(rate)} for t, rate in zip(tensors, rates)]
    optimizer = torch.optim.SGD(groups, lr=0.1)
    for _ in range(5):
        optimizer.zero_grad()
        sum((t**3).sum() for t in tensors).backward()
        optimizer.step()
        params = finetune_step(params, [3 * p**2 for p in params], rates)
    for ours, theirs in zip(params, tensors):
        assert_allclose(ours, theirs.detach().numpy(), rtol=1e-12)


@reproducible
@given(seed=seeds, rates=st.lists(st.sampled_from([0.0, 0.1, 0.5]), max_size=5))
def test_a_step_freezes_bit_by_bit_and_leaves_its_inputs(seed, rates):
    rng = np.random.default_rng(seed)
    params = [rng.normal(size=rng.integers(1, 4, 2)) for _ in rates]
    grads = [rng.normal(size=p.shape) if rate else np.full(p.shape, np.nan) for p, rate in zip(params, rates)]
    before = [p.copy() for p in params], [g.copy() for g in grads]
    stepped = finetune_step(params, grads, rates)
    assert isinstance(stepped, list) and len(stepped) == len(params)
    for old, new, grad, rate in zip(params, stepped, grads, rates):
        assert new is not old and not np.shares_memory(new, old)
        if rate:
            assert_array_equal(new, old - rate * grad)
        else:
            assert new.tobytes() == old.tobytes()
    for arrays, copies in zip((params, grads), before):
        for array, copy in zip(arrays, copies):
            assert_array_equal(array, copy)


def test_a_frozen_minus_zero_keeps_its_sign():
    [stepped] = finetune_step([np.array([-0.0])], [np.array([-1.0])], [0])
    assert np.signbit(stepped[0])


def test_whole_numbers_become_fractions():
    [stepped] = finetune_step([np.array([1, 2])], [np.array([1, 1])], [0.5])
    assert_array_equal(stepped, [0.5, 1.5])


# ----------------------------------------------------------------------------------------------------- head


@reproducible
@given(widths=st.lists(st.integers(1, 6), min_size=2, max_size=6), k=st.integers(1, 8), seed=seeds)
def test_a_new_head_replaces_the_last_layer_and_no_other(widths, k, seed):
    weights, biases = network(widths, seed)
    before = [w.copy() for w in weights], [b.copy() for b in biases]
    new_w, new_b = replace_head(weights, biases, k, np.random.default_rng(seed))
    assert [w.shape for w in new_w] == list(zip(widths[:-1], [*widths[1:-1], k]))
    assert [b.shape for b in new_b] == [(n,) for n in [*widths[1:-1], k]]
    assert_array_equal(new_b[-1], np.zeros(k))
    for old, copy, new in zip(weights + biases, before[0] + before[1], new_w + new_b):
        assert_array_equal(old, copy)
        assert not np.shares_memory(old, new)
    for old, new in zip(weights[:-1] + biases[:-1], new_w[:-1] + new_b[:-1]):
        assert_array_equal(old, new)
    again, _ = replace_head(weights, biases, k, np.random.default_rng(seed))
    assert_array_equal(new_w[-1], again[-1])
    rng = np.random.default_rng(seed)
    first, second = (replace_head(weights, biases, k, rng)[0][-1] for _ in range(2))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("n_in, k", [(200, 100), (2000, 10), (2, 10_000)])
def test_a_new_head_has_the_statistics_of_he(n_in, k):
    weights, biases = [np.ones((3, n_in)), np.ones((n_in, 5))], [np.ones(n_in), np.ones(5)]
    head = replace_head(weights, biases, k, np.random.default_rng(4))[0][-1]
    std, n = np.sqrt(2 / n_in), n_in * k
    assert abs(head.mean()) < 6 * std / np.sqrt(n)
    assert abs(head.std() / std - 1) < 6 / np.sqrt(2 * n)
    assert stats.kstest(head.ravel() / std, "norm").pvalue > 0.001


def test_a_head_is_drawn_as_that_of_pytorch(torch):
    torch.manual_seed(5)
    theirs = torch.empty(100, 200, dtype=torch.float64)
    torch.nn.init.kaiming_normal_(theirs, mode="fan_in", nonlinearity="relu")
    ours = replace_head([np.ones((200, 3))], [np.ones(3)], 100, np.random.default_rng(5))[0][-1]
    assert stats.ks_2samp(ours.ravel(), theirs.numpy().ravel()).pvalue > 0.001


# --------------------------------------------------------------------------------------------------- errors

RNG = np.random.default_rng(0)
W, B = network([2, 3, 4])
X = np.ones((5, 2))


@pytest.mark.parametrize(
    "call, name, was, should",
    [
        (lambda: transfer_strategy("much", "similar"), "data", "'much'", "'little' or 'lots'"),
        (lambda: transfer_strategy("lots", "near"), "similarity", "'near'", "'similar' or 'different'"),
        (lambda: transfer_strategy("similar", "little"), "data", "'similar'", "'little' or 'lots'"),
        (lambda: extract_features(np.ones(2), W, B, 1), "x", "(2,)", "(any, any)"),
        (lambda: extract_features(np.ones((5, 3)), W, B, 1), "weights[0]", "(2, 3)", "(3, any)"),
        (lambda: extract_features(X, W, [B[0], B[0]], 2), "biases[1]", "(3,)", "(4,)"),
        (lambda: extract_features(X, W, B[:1], 1), "biases", "1 arrays", "2 as weights"),
        (lambda: extract_features(X, W, B, 3), "depth", "3", "at most 2"),
        (lambda: extract_features(X, W, B, -1), "depth", "-1", "a whole number of at least 0"),
        (lambda: extract_features(X, W, B, 0.5), "depth", "0.5", "a whole number of at least 0"),
        (lambda: linear_probe(np.ones(5), [0] * 5, 2, 1), "features", "(5,)", "(any, any)"),
        (lambda: linear_probe(X, [0] * 4, 2, 1), "labels", "(4,)", "(5,)"),
        (lambda: linear_probe(X, [0, 0, 1, 2, 1], 2, 1), "labels", "2", "from 0 to 1"),
        (lambda: linear_probe(X, [0, 0, 1, -1, 1], 2, 1), "labels", "-1", "from 0 to 1"),
        (lambda: linear_probe(X, [0] * 5, 0, 1), "num_classes", "0", "a whole number of at least 1"),
        (lambda: linear_probe(X, [0] * 5, 2, -1), "strength", "-1", "at least 0"),
        (lambda: linear_probe(X, [0] * 5, 2, np.nan), "strength", "nan", "at least 0"),
        (lambda: linear_probe(np.ones((0, 2)), [], 2, 1), "len(features)", "0", "at least 1"),
        (lambda: trainable_layers(3, 4), "num_finetuned", "4", "at most 3"),
        (lambda: trainable_layers(3, -1), "num_finetuned", "-1", "a whole number of at least 0"),
        (lambda: trainable_layers(-1, 0), "num_layers", "-1", "a whole number of at least 0"),
        (lambda: trainable_layers(2.5, 1), "num_layers", "2.5", "a whole number of at least 0"),
        (lambda: layerwise_learning_rates(-0.1, 0.5, 3), "base", "-0.1", "at least 0"),
        (lambda: layerwise_learning_rates(0.1, -0.5, 3), "decay", "-0.5", "at least 0"),
        (lambda: layerwise_learning_rates(0.1, 0.5, 1.5), "num_layers", "1.5", "a whole number of at least 0"),
        (lambda: finetune_step(W, W[:1], [1, 1]), "grads", "1 entries", "2 as params"),
        (lambda: finetune_step(W, W, [1]), "learning_rates", "1 entries", "2 as params"),
        (lambda: finetune_step(W, W[::-1], [1, 1]), "params[0]", "(2, 3)", "grads[0], (3, 4)"),
        (lambda: replace_head([], [], 3, RNG), "len(weights)", "0", "at least 1"),
        (lambda: replace_head(W, B[:1], 3, RNG), "biases", "1 arrays", "2 as weights"),
        (lambda: replace_head([np.ones(3)], [np.ones(3)], 3, RNG), "weights[-1]", "(3,)", "(any, any)"),
        (lambda: replace_head(W, B, 0, RNG), "num_classes", "0", "a whole number of at least 1"),
        (lambda: replace_head(W, B, 2.5, RNG), "num_classes", "2.5", "a whole number of at least 1"),
    ],
)
def test_an_error_names_the_argument_and_what_it_was_and_should_be(call, name, was, should):
    with pytest.raises(ValueError) as caught:
        call()
    message = str(caught.value)
    assert message.startswith(f"{name} ")
    given_part, _, wanted_part = message.partition("should ")
    assert was in given_part
    assert should in wanted_part
