"""The references of chapter ``networks`` against PyTorch, SciPy, closed forms and properties."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from numpy.testing import assert_allclose, assert_array_equal

from solutions.networks import (
    accuracy,
    cross_entropy,
    gradient_descent,
    mean_squared_error,
    minibatches,
    mlp_forward,
    numerical_derivative,
    numerical_gradient,
    one_hot,
    sigmoid,
    sigmoid_neuron,
    softmax,
    train,
)

reproducible = settings(deadline=None, derandomize=True)  # a slow machine is no failure

FLOATS = st.floats(-50, 50)
EIGHTHS = st.integers(-80, 80).map(lambda n: n / 8)  # their sums and differences are exact


def matrices(elements=FLOATS, fewest_columns=1):
    shapes = st.tuples(st.integers(1, 6), st.integers(fewest_columns, 6))
    return arrays_of.arrays(np.float64, shapes, elements=elements)


def random_network(rng, sizes, samples):
    weights = [rng.normal(size=shape) for shape in zip(sizes, sizes[1:])]
    return rng.normal(size=(samples, sizes[0])), weights, [rng.normal(size=n) for n in sizes[1:]]


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip(
        "torch", reason="PyTorch is not installed: pip install torch==2.13.0 runs these oracle tests"
    )


# ------------------------------------------------------------------------------------------ units and layers


@reproducible
@given(arrays_of.arrays(np.float64, arrays_of.array_shapes(), elements=st.floats(allow_nan=False)))
def test_sigmoid_agrees_with_scipy_everywhere_without_a_warning(z):
    special = pytest.importorskip("scipy.special")
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        ours = sigmoid(z)
    assert ours.shape == z.shape
    assert_allclose(ours, special.expit(z), rtol=1e-14, atol=0)
    assert_allclose(ours + sigmoid(-z), 1.0, rtol=1e-15)


def test_sigmoid_has_its_limits_and_its_middle():
    assert_array_equal(sigmoid(np.array([-np.inf, 0.0, np.inf, 1000.0])), [0.0, 0.5, 1.0, 1.0])
    assert sigmoid(-700.0) == pytest.approx(math.exp(-700))


@reproducible
@given(st.data(), st.integers(1, 5), st.integers(1, 6))
def test_a_neuron_agrees_with_sums_written_out(data, n, samples):
    x = data.draw(arrays_of.arrays(np.float64, (samples, n), elements=EIGHTHS))
    w = data.draw(arrays_of.arrays(np.float64, n, elements=EIGHTHS))
    b = data.draw(EIGHTHS)
    sums = [math.fsum(w[i] * row[i] for i in range(n)) + b for row in x]
    expected = [1 / (1 + math.exp(-z)) if z > -700 else 0.0 for z in sums]
    assert_allclose(sigmoid_neuron(x, w, b), expected, rtol=1e-12, atol=1e-300)
    assert_allclose(sigmoid_neuron(x[0], w, b), expected[0], rtol=1e-12, atol=1e-300)
    assert sigmoid_neuron(x[None, :, None], w, b).shape == (1, samples, 1)
    # mirrored parameters give the mirrored answer, and large ones the step
    assert_allclose(sigmoid_neuron(x, -w, -b), 1 - np.array(expected), rtol=1e-12, atol=1e-12)
    steep = sigmoid_neuron(x, 1e4 * w, 1e4 * b)
    assert_allclose(steep, np.heaviside(sums, 0.5), atol=1e-12)


@pytest.mark.parametrize("sizes", [(3, 2), (2, 3, 1), (5, 4, 4, 4, 2)])
def test_a_network_agrees_with_pytorch(torch, sizes):
    x, weights, biases = random_network(np.random.default_rng(len(sizes)), sizes, 7)
    a, theirs = torch.tensor(x), []
    for w, b in zip(weights, biases):
        layer = torch.nn.Linear(*w.shape, dtype=torch.float64)
        layer.weight.data, layer.bias.data = torch.tensor(w.T.copy()), torch.tensor(b)
        a = torch.sigmoid(layer(a))
        theirs.append(a.detach().numpy())
    ours = mlp_forward(x, weights, biases)
    assert isinstance(ours, list)
    assert [a.shape for a in ours] == [(7, n) for n in sizes[1:]]
    for mine, other in zip(ours, theirs):
        assert_allclose(mine, other, rtol=1e-12)


def test_every_unit_of_a_network_is_a_neuron():
    x, weights, biases = random_network(np.random.default_rng(3), (4, 3, 2), 5)
    hidden, output = mlp_forward(x, weights, biases)
    for j in range(3):
        assert_allclose(hidden[:, j], sigmoid_neuron(x, weights[0][:, j], biases[0][j]), rtol=1e-12)
    for j in range(2):
        assert_allclose(output[:, j], sigmoid_neuron(hidden, weights[1][:, j], biases[1][j]), rtol=1e-12)


def test_samples_do_not_influence_each_other_and_inputs_stay():
    x, weights, biases = random_network(np.random.default_rng(4), (4, 3, 2), 6)
    before = [array.copy() for array in (x, *weights, *biases)]
    whole = mlp_forward(x, weights, biases)
    for i in range(6):
        for all_rows, one_row in zip(whole, mlp_forward(x[i : i + 1], weights, biases)):
            assert_allclose(all_rows[i : i + 1], one_row, rtol=1e-12)
    for array, old in zip((x, *weights, *biases), before):
        assert_array_equal(array, old)


def test_a_network_takes_whole_numbers_and_no_layer_gives_no_activations():
    x, w, b = np.array([[1, -2]]), np.array([[1, 0], [2, 1]]), np.array([3, 1])
    [a] = mlp_forward(x, [w], [b])
    assert_allclose(a, [[0.5, sigmoid(-1.0)]])
    assert mlp_forward(x, [], []) == []


# --------------------------------------------------------------------------------- classes, losses, accuracy


@reproducible
@given(st.integers(1, 8), st.data())
def test_one_hot_rows_are_rows_of_the_identity(k, data):
    labels = data.draw(arrays_of.arrays(np.int64, st.integers(0, 9), elements=st.integers(0, k - 1)))
    rows = one_hot(labels, k)
    assert rows.shape == (len(labels), k)
    assert rows.dtype == np.float64
    assert_array_equal(rows, np.eye(k)[labels])
    assert_array_equal(one_hot(labels.astype(np.uint8), k), rows)


def test_one_hot_agrees_with_pytorch(torch):
    labels = np.random.default_rng(0).integers(0, 6, 30)
    assert_array_equal(one_hot(labels, 6), torch.nn.functional.one_hot(torch.tensor(labels), 6).numpy())


@reproducible
@given(matrices(st.floats(-1e4, 1e4)))
def test_softmax_agrees_with_scipy_and_rows_sum_to_one(logits):
    special = pytest.importorskip("scipy.special")
    before = logits.copy()
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        p = softmax(logits)
    assert_allclose(p, special.softmax(logits, axis=1), rtol=1e-11, atol=1e-300)
    assert_allclose(p.sum(axis=1), 1.0, rtol=1e-14)
    assert np.all((p >= 0) & (p <= 1))
    assert_array_equal(logits, before)


@reproducible
@given(matrices(EIGHTHS), st.integers(-80_000, 80_000).map(lambda n: n / 8))
def test_adding_a_constant_to_a_row_leaves_its_softmax_exactly_as_it_was(logits, shift):
    assert_array_equal(softmax(logits + shift), softmax(logits))


@reproducible
@given(matrices(EIGHTHS, fewest_columns=2))
def test_softmax_keeps_the_order_and_two_classes_are_a_sigmoid(logits):
    p = softmax(logits)
    assert_allclose(np.log(p[:, 0] / p[:, 1]), logits[:, 0] - logits[:, 1], rtol=1e-10, atol=1e-10)
    two = softmax(logits[:, :2])
    assert_allclose(two[:, 0], sigmoid(logits[:, 0] - logits[:, 1]), rtol=1e-12)


def test_losses_agree_with_pytorch(torch):
    rng = np.random.default_rng(1)
    logits, labels = rng.normal(0, 3, (20, 7)), rng.integers(0, 7, 20)
    theirs = torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(labels)).item()
    assert cross_entropy(softmax(logits), one_hot(labels, 7)) == pytest.approx(theirs, rel=1e-12)
    target = rng.normal(size=(20, 7))
    squares = torch.nn.functional.mse_loss(torch.tensor(logits), torch.tensor(target), reduction="sum").item()
    assert mean_squared_error(logits, target) == pytest.approx(squares / 40, rel=1e-12)


def test_accuracy_agrees_with_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(2)
    scores, labels = rng.normal(size=(50, 4)), rng.integers(0, 4, 50)
    assert accuracy(scores, labels) == pytest.approx(metrics.accuracy_score(labels, scores.argmax(axis=1)))


def test_a_prediction_by_hand():
    prediction = np.array([[0.0015, 0.0088, 0.026, 0.029, 0.79, 0.008, 0.039, 0.088, 0.002, 0.0053]])
    target = one_hot(np.array([4]), 10)
    others = np.delete(prediction[0], 4)
    assert mean_squared_error(prediction, target) == pytest.approx((0.21**2 + math.fsum(others**2)) / 2, rel=1e-12)
    assert cross_entropy(prediction, target) == pytest.approx(-math.log(0.79), rel=1e-12)
    assert accuracy(prediction, np.array([4])) == 1.0


@reproducible
@given(matrices(EIGHTHS), st.data())
def test_squared_error_is_zero_at_the_target_symmetric_and_a_mean_over_samples(prediction, data):
    target = data.draw(arrays_of.arrays(np.float64, prediction.shape, elements=EIGHTHS))
    loss = mean_squared_error(prediction, target)
    assert loss == mean_squared_error(target, prediction) >= 0
    assert mean_squared_error(prediction, prediction) == 0.0
    each = [mean_squared_error(p[None], t[None]) for p, t in zip(prediction, target)]
    assert loss == pytest.approx(np.mean(each), rel=1e-12)
    assert loss == pytest.approx(sum(np.linalg.norm(prediction - target, axis=1) ** 2) / (2 * len(target)), rel=1e-12)


@reproducible
@given(matrices(st.floats(1e-6, 1)), st.data())
def test_cross_entropy_looks_at_the_right_class_alone(p, data):
    n, k = p.shape
    labels = data.draw(arrays_of.arrays(np.int64, n, elements=st.integers(0, k - 1)))
    loss = cross_entropy(p, one_hot(labels, k))
    assert loss == pytest.approx(-np.mean([math.log(p[i, labels[i]]) for i in range(n)]), rel=1e-12, abs=1e-12)
    changed = np.where(one_hot(labels, k) == 1, p, 0.5)
    assert cross_entropy(changed, one_hot(labels, k)) == pytest.approx(loss, rel=1e-12, abs=1e-12)


@reproducible
@given(st.floats(0, 1))
def test_cross_entropy_is_finite_clipped_at_1e12_and_warns_of_nothing(q):
    with np.errstate(all="raise"):
        loss = cross_entropy(np.array([[q, 1 - q]]), np.array([[1, 0]]))
    assert loss == pytest.approx(min(-math.log(q), -math.log(1e-12)) if q > 0 else 12 * math.log(10), abs=1e-12)


def test_certain_predictions_cost_nothing_or_the_most():
    p = np.array([[0, 1, 0]])
    assert cross_entropy(p, np.array([[0, 1, 0]])) == 0.0
    assert cross_entropy(p, np.array([[1, 0, 0]])) == pytest.approx(27.631021115928547)


@reproducible
@given(st.integers(1, 9), st.integers(2, 6), st.data())
def test_accuracy_counts_the_rows_and_ignores_the_scale(n, k, data):
    order = data.draw(st.permutations(range(n * k)))
    scores = np.reshape(order, (n, k))  # no ties
    labels = data.draw(arrays_of.arrays(np.int64, n, elements=st.integers(0, k - 1)))
    right = sum(all(scores[i, j] <= scores[i, labels[i]] for j in range(k)) for i in range(n))
    assert accuracy(scores, labels) == pytest.approx(right / n)
    assert accuracy(scores * 1e-3 - 7, labels) == accuracy(scores, labels)
    assert accuracy(scores, scores.argmax(axis=1)) == 1.0


# ---------------------------------------------------------------------------------------------- derivatives


@reproducible
@given(st.floats(-3, 3), st.floats(0.01, 1))
def test_a_central_difference_is_exact_on_parabolas_and_off_by_h_squared_on_cubes(x, h):
    assert numerical_derivative(lambda x: 2 * x**2 - 3 * x + 1, x, h) == pytest.approx(4 * x - 3, abs=1e-9)
    assert numerical_derivative(lambda x: x**3, x, h) == pytest.approx(3 * x**2 + h**2, abs=1e-9)


@pytest.mark.parametrize(
    "f, slope", [(math.sin, math.cos), (math.exp, math.exp), (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z)))]
)
def test_derivatives_with_the_default_h_agree_with_calculus(f, slope):
    for x in (-2.0, -0.5, 0.3, 1.7):
        assert numerical_derivative(f, x) == pytest.approx(slope(x), rel=1e-8)


def test_the_error_falls_with_the_square_of_h():
    errors = [abs(numerical_derivative(math.exp, 1.0, h) - math.e) for h in (0.1, 0.05, 0.025)]
    assert_allclose([errors[0] / errors[1], errors[1] / errors[2]], 4, rtol=0.01)


@reproducible
@given(arrays_of.arrays(np.float64, arrays_of.array_shapes(max_dims=3, max_side=3), elements=st.floats(-2, 2)))
def test_a_gradient_agrees_with_the_closed_form_and_leaves_x(x):
    before = x.copy()
    gradient = numerical_gradient(lambda x: np.sum(x**3) + np.sum(x) ** 2, x, h=0.01)
    assert gradient.shape == x.shape
    assert_allclose(gradient, 3 * x**2 + 0.01**2 + 2 * np.sum(x), atol=1e-9)
    assert_array_equal(x, before)


def test_a_gradient_of_a_layer_agrees_with_pytorch(torch):
    rng = np.random.default_rng(5)
    x, w, labels = rng.normal(size=(9, 4)), rng.normal(size=(4, 3)), rng.integers(0, 3, 9)
    ours = numerical_gradient(lambda w: cross_entropy(softmax(x @ w), one_hot(labels, 3)), w)
    leaf = torch.tensor(w, requires_grad=True)
    torch.nn.functional.cross_entropy(torch.tensor(x) @ leaf, torch.tensor(labels)).backward()
    assert_allclose(ours, leaf.grad.numpy(), rtol=1e-7, atol=1e-9)
    # and with the formula that the chapter derives
    assert_allclose(ours, x.T @ (softmax(x @ w) - one_hot(labels, 3)) / 9, rtol=1e-7, atol=1e-9)


def test_a_gradient_takes_whole_numbers_and_a_function_that_writes_into_its_argument():
    assert_allclose(numerical_gradient(lambda x: x @ x, np.array([1, -2, 3])), [2, -4, 6], rtol=1e-8)

    def careless(x):
        x *= x
        return x.sum()

    assert_allclose(numerical_gradient(careless, np.array([1.0, -2.0, 3.0])), [2, -4, 6], rtol=1e-8)


# --------------------------------------------------------------------------------- descent and minibatches


@reproducible
@given(st.floats(0.001, 0.2), st.integers(0, 30), st.integers(1, 4), st.data())
def test_descent_on_a_bowl_is_a_power(rate, steps, n, data):
    x0 = data.draw(arrays_of.arrays(np.float64, n, elements=EIGHTHS))
    curvature = data.draw(arrays_of.arrays(np.float64, n, elements=st.floats(0.1, 12)))
    before = x0.copy()
    path = gradient_descent(lambda x: curvature * x, x0, rate, steps)
    assert path.shape == (steps + 1, n)
    powers = (1 - rate * curvature) ** np.arange(steps + 1)[:, None]
    assert_allclose(path, x0 * powers, rtol=1e-9, atol=1e-9)
    assert_array_equal(x0, before)


def test_one_weight_is_multiplied_by_minus_4():
    path = gradient_descent(lambda w: 2 * 10 * (10 * w - 0), np.array([0.8]), 0.025, 100)
    assert_allclose(path[:, 0], 0.8 * (-4.0) ** np.arange(101), rtol=1e-12)


def test_descent_agrees_with_pytorch(torch):
    rng = np.random.default_rng(6)
    start = rng.normal(size=4)
    leaf = torch.tensor(start, requires_grad=True)
    optimizer, theirs = torch.optim.SGD([leaf], lr=0.1), [start]
    for _ in range(25):
        optimizer.zero_grad()
        (leaf**2 / 2 + torch.cos(2 * leaf)).sum().backward()
        optimizer.step()
        theirs.append(leaf.detach().numpy().copy())
    ours = gradient_descent(lambda x: x - 2 * np.sin(2 * x), start, 0.1, 25)
    assert_allclose(ours, theirs, rtol=1e-9)


def test_a_start_of_whole_numbers_does_not_round_the_path():
    assert_allclose(gradient_descent(lambda x: x, np.array([1, 3]), 0.5, 2), [[1, 3], [0.5, 1.5], [0.25, 0.75]])


@reproducible
@given(st.integers(0, 60), st.integers(1, 20), st.integers(0, 2**31))
def test_batches_hold_every_index_once_and_only_the_last_may_be_short(n, batch_size, seed):
    batches = minibatches(n, batch_size, np.random.default_rng(seed))
    assert isinstance(batches, list)
    assert_array_equal(np.sort(np.concatenate([*batches, np.zeros(0, int)])), np.arange(n))
    sizes = [len(batch) for batch in batches]
    assert sizes[:-1] == [batch_size] * (len(sizes) - 1)
    assert len(sizes) == math.ceil(n / batch_size)
    again = minibatches(n, batch_size, np.random.default_rng(seed))
    assert all(np.array_equal(one, other) for one, other in zip(batches, again))
    if n:
        np.zeros(n)[batches[0]]  # they are indices


def test_epochs_and_seeds_have_their_own_orders():
    rng = np.random.default_rng(0)
    first, second = (np.concatenate(minibatches(50, 8, rng)) for _ in range(2))
    other = np.concatenate(minibatches(50, 8, np.random.default_rng(1)))
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_each_index_is_equally_likely_at_each_place():
    rng, places = np.random.default_rng(7), np.zeros((5, 5))
    for _ in range(6000):
        order = np.concatenate(minibatches(5, 2, rng))
        places[order, np.arange(5)] += 1
    # a count has mean 1200 and standard deviation √(6000·0.2·0.8) = 31
    assert np.abs(places - 1200).max() < 6 * 31


def test_minibatch_gradients_average_to_the_gradient_of_all():
    rng = np.random.default_rng(8)
    x, y, w = rng.normal(size=(24, 3)), rng.normal(size=(24, 2)), rng.normal(size=(3, 2))

    def gradient(chosen):
        return numerical_gradient(lambda w: mean_squared_error(x[chosen] @ w, y[chosen]), w)

    parts = [gradient(batch) for batch in minibatches(24, 6, rng)]
    assert_allclose(np.mean(parts, axis=0), gradient(np.arange(24)), rtol=1e-7, atol=1e-9)


# --------------------------------------------------------------------------------------------------- errors

X, W = np.zeros((4, 3)), np.zeros((3, 2))
RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "call, name, was, should",
    [
        (lambda: sigmoid_neuron(X, np.zeros(2), 0.0), "x", "(4, 3)", "length 2"),
        (lambda: sigmoid_neuron(1.0, np.zeros(1), 0.0), "x", "()", "length 1"),
        (lambda: sigmoid_neuron(X, W, 0.0), "w", "(3, 2)", "(any,)"),
        (lambda: mlp_forward(np.zeros(3), [W], [np.zeros(2)]), "x", "(3,)", "(any, any)"),
        (lambda: mlp_forward(X, [W], []), "biases", "0 arrays", "1 as weights"),
        (lambda: mlp_forward(X, [W.T], [np.zeros(2)]), "weights[0]", "(2, 3)", "(3, any)"),
        (lambda: mlp_forward(X, [W, W], [np.zeros(2)] * 2), "weights[1]", "(3, 2)", "(2, any)"),
        (lambda: mlp_forward(X, [W], [np.zeros(3)]), "biases[0]", "(3,)", "(2,)"),
        (lambda: mlp_forward(X, [W], [np.zeros((1, 2))]), "biases[0]", "(1, 2)", "(2,)"),
        (lambda: one_hot([0, 3], 3), "labels", "3", "0 to 2"),
        (lambda: one_hot([-1, 0], 3), "labels", "-1", "0 to 2"),
        (lambda: one_hot([0.5], 3), "labels", "0.5", "whole numbers"),
        (lambda: one_hot([np.nan], 3), "labels", "nan", "whole numbers"),
        (lambda: one_hot([[0, 1]], 3), "labels", "(1, 2)", "(any,)"),
        (lambda: one_hot([0], 0), "num_classes", "0", "a whole number of at least 1"),
        (lambda: one_hot([0], 2.5), "num_classes", "2.5", "a whole number of at least 1"),
        (lambda: softmax(np.zeros(3)), "logits", "(3,)", "(any, any)"),
        (lambda: mean_squared_error(np.zeros(3), np.zeros(3)), "prediction", "(3,)", "(any, any)"),
        (lambda: mean_squared_error(X, X[:2]), "prediction", "(4, 3)", "(2, 3)"),
        (lambda: cross_entropy(np.zeros(3), np.zeros(3)), "probabilities", "(3,)", "(any, any)"),
        (lambda: cross_entropy(X, [0, 1, 2, 0]), "probabilities", "(4, 3)", "(4,)"),
        (lambda: accuracy(np.zeros(3), [0]), "scores", "(3,)", "(any, any)"),
        (lambda: accuracy(X, [0, 1, 2]), "labels", "(3,)", "(4,)"),
        (lambda: accuracy(X, [0, 1, 2, 3]), "labels", "3", "0 to 2"),
        (lambda: accuracy(X, [0, 1, 2, -1]), "labels", "-1", "0 to 2"),
        (lambda: numerical_derivative(abs, 1.0, 0.0), "h", "0.0", "above 0"),
        (lambda: numerical_derivative(abs, 1.0, -0.1), "h", "-0.1", "above 0"),
        (lambda: numerical_gradient(np.sum, X, 0), "h", "0", "above 0"),
        (lambda: gradient_descent(np.copy, 1.0, 0.1, 1), "x0", "()", "(any,)"),
        (lambda: gradient_descent(np.copy, X, 0.1, 1), "x0", "(4, 3)", "(any,)"),
        (lambda: gradient_descent(np.copy, np.ones(2), 0.0, 1), "learning_rate", "0.0", "above 0"),
        (lambda: gradient_descent(np.copy, np.ones(2), np.nan, 1), "learning_rate", "nan", "above 0"),
        (lambda: gradient_descent(np.copy, np.ones(2), 0.1, -1), "steps", "-1", "a whole number of at least 0"),
        (lambda: gradient_descent(np.sum, np.ones(2), 0.1, 1), "gradient(x)", "()", "(2,)"),
        (lambda: minibatches(-1, 2, RNG), "n", "-1", "a whole number of at least 0"),
        (lambda: minibatches(5, 0, RNG), "batch_size", "0", "a whole number of at least 1"),
        (lambda: minibatches(5, 1.5, RNG), "batch_size", "1.5", "a whole number of at least 1"),
    ],
)
def test_an_error_names_the_argument_and_what_it_was_and_should_be(call, name, was, should):
    with pytest.raises(ValueError) as caught:
        call()
    given_part, _, wanted_part = str(caught.value).partition("should")
    assert given_part.startswith(f"{name} ")
    assert was in given_part
    assert should in wanted_part


# --------------------------------------------------------------------------------------------------- train
def squares(params, x, y):
    """Half the mean squared error of a line, and its gradients."""
    error = x @ params["w"] + params["b"] - y
    return np.mean(error**2) / 2, {"w": x.T @ error / len(x), "b": np.mean(error)}


def line(samples=12, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(samples, 3))
    return {"w": rng.normal(size=3), "b": np.array(0.5)}, x, x @ [1.0, -2.0, 0.5] + 0.25


def test_training_agrees_with_pytorchs_sgd_on_the_same_minibatches(torch):
    params, x, y = line()
    theirs = {name: torch.tensor(value, requires_grad=True) for name, value in params.items()}
    optimizer = torch.optim.SGD(theirs.values(), lr=0.1)
    expected, rng = [], np.random.default_rng(7)
    for _ in range(4):
        for batch in minibatches(12, 5, rng):
            loss = torch.mean((torch.tensor(x[batch]) @ theirs["w"] + theirs["b"] - torch.tensor(y[batch])) ** 2) / 2
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            expected.append(loss.item())
    found, losses = train(squares, params, x, y, 0.1, 5, 4, np.random.default_rng(7))
    assert_allclose(losses, expected, rtol=1e-12)
    for name in params:
        assert_allclose(found[name], theirs[name].detach().numpy(), rtol=1e-12)


def test_training_with_all_samples_at_once_is_gradient_descent():
    params, x, y = line()

    def gradient(theta):
        grads = squares({"w": theta[:3], "b": theta[3]}, x, y)[1]
        return np.r_[grads["w"], grads["b"]]

    path = gradient_descent(gradient, np.r_[params["w"], params["b"]], 0.1, 20)
    found, losses = train(squares, params, x, y, 0.1, 12, 20, np.random.default_rng(0))
    assert_allclose(np.r_[found["w"], found["b"]], path[-1], rtol=1e-12)
    assert losses.shape == (20,) and np.all(np.diff(losses) < 0)


def test_training_finds_the_line_that_made_the_data_and_leaves_what_it_was_given():
    params, x, y = line(samples=40)
    before = {name: value.copy() for name, value in params.items()}
    found, losses = train(squares, params, x, y, 0.2, 8, 200, np.random.default_rng(1))
    assert_allclose(found["w"], [1.0, -2.0, 0.5], atol=1e-9)
    assert losses.shape == (1000,) and losses[-1] < 1e-12
    assert all(np.array_equal(params[name], before[name]) for name in params)


def test_no_epoch_changes_nothing_and_shares_no_array():
    params, x, y = line()
    found, losses = train(squares, params, x, y, 0.1, 4, 0, np.random.default_rng(0))
    assert losses.shape == (0,) and np.array_equal(found["w"], params["w"]) and found is not params


@pytest.mark.parametrize(
    "changed, match",
    [
        ({"learning_rate": 0.0}, "learning_rate is 0"),
        ({"epochs": -1}, "epochs"),
        ({"batch_size": 0}, "batch_size"),
        ({"labels": np.zeros(3)}, "labels has length 3, it should have 12 as x"),
    ],
)
def test_training_names_the_argument_that_cannot_be(changed, match):
    params, x, y = line()
    arguments = {"learning_rate": 0.1, "batch_size": 4, "epochs": 1, "labels": y} | changed
    with pytest.raises(ValueError, match=match):
        train(squares, params, x, rng=np.random.default_rng(0), **arguments)
