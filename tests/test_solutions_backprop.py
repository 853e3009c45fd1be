"""The references of chapter ``backprop`` against PyTorch, SciPy, finite differences and properties."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import log_softmax

from autograder.exercises.backprop import evaluated, random_graph
from solutions.backprop import (
    add_backward,
    affine_backward,
    affine_forward,
    backpropagate,
    local_gradients,
    max_backward,
    mlp_gradients,
    multiply_backward,
    relative_error,
    sigmoid_backward,
    softmax_cross_entropy,
    topological_order,
    two_layer_loss,
    unbroadcast,
)

reproducible = settings(deadline=None, derandomize=True)  # a slow machine is no failure

SHAPES = arrays_of.array_shapes(max_dims=4, max_side=4)
EIGHTHS = st.integers(-80, 80).map(lambda n: n / 8)  # their products and sums are exact
SIZES = st.integers(1, 5)


def draw(data, shape, elements=EIGHTHS):
    return data.draw(arrays_of.arrays(np.float64, shape, elements=elements))


def slopes(f, x, h=1e-6):
    """The gradient of f, a function of x that gives a number, by central differences."""
    gradient = np.empty(x.shape)
    for index in np.ndindex(*x.shape):
        up, down = x.copy(), x.copy()
        up[index] += h
        down[index] -= h
        gradient[index] = (f(up) - f(down)) / (2 * h)
    return gradient


def network(rng, samples=5, inputs=4, units=3, classes=3):
    """Parameters, samples and labels of a small network."""
    params = {
        "W1": rng.normal(size=(inputs, units)),
        "b1": rng.normal(size=units),
        "W2": rng.normal(size=(units, classes)),
        "b2": rng.normal(size=classes),
    }
    return params, rng.normal(size=(samples, inputs)), rng.integers(0, classes, samples)


# ------------------------------------------------------------------------------------------------- PyTorch


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip(
        "torch", reason="PyTorch is not installed: pip install torch==2.13.0 runs these oracle tests"
    )


def torch_gradients(torch, function, dout, *inputs):
    """Output of a function of tensors, and what autograd gives for its inputs when dout arrives at the output."""
    tensors = [torch.tensor(np.asarray(array, dtype=np.float64), requires_grad=True) for array in inputs]
    out = function(*tensors)
    out.backward(torch.tensor(np.asarray(dout, dtype=np.float64)))
    return out.detach().numpy(), [tensor.grad.numpy() for tensor in tensors]


@pytest.mark.parametrize("shape", [(1,), (7,), (3, 4), (2, 3, 2, 2)])
def test_single_operations_agree_with_autograd(torch, shape):
    rng = np.random.default_rng(len(shape))
    dz, x, y = rng.normal(size=(3, *shape))
    for function, ours in (
        (lambda x, y: x + y, add_backward(dz)),
        (lambda x, y: x * y, multiply_backward(dz, x, y)),
        (torch.maximum, max_backward(dz, x, y)),
    ):
        _, theirs = torch_gradients(torch, function, dz, x, y)
        for one, other in zip(ours, theirs):
            assert_allclose(one, other, rtol=1e-13)


def test_sigmoid_backward_agrees_with_autograd(torch):
    rng = np.random.default_rng(0)
    dout, z = rng.normal(0, 3, (2, 5, 6))
    out, [theirs] = torch_gradients(torch, torch.sigmoid, dout, z)
    assert_allclose(sigmoid_backward(dout, out), theirs, rtol=1e-12)


@pytest.mark.parametrize("samples, inputs, units", [(1, 1, 1), (1, 4, 3), (6, 1, 3), (6, 4, 1), (6, 4, 3), (3, 3, 3)])
def test_an_affine_layer_agrees_with_pytorchs_linear(torch, samples, inputs, units):
    rng = np.random.default_rng(samples)
    x, w, b = rng.normal(size=(samples, inputs)), rng.normal(size=(inputs, units)), rng.normal(size=units)
    dout = rng.normal(size=(samples, units))
    out, theirs = torch_gradients(torch, lambda x, w, b: torch.nn.functional.linear(x, w.T, b), dout, x, w, b)
    ours, cache = affine_forward(x, w, b)
    assert_allclose(ours, out, rtol=1e-12)
    for one, other in zip(affine_backward(dout, cache), theirs):
        assert_allclose(one, other, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("size", [0.0, 1.0, 100.0, 1e4])
def test_softmax_cross_entropy_agrees_with_pytorch(torch, size):
    rng = np.random.default_rng(1)
    logits, labels = size * rng.normal(size=(8, 5)), rng.integers(0, 5, 8)
    targets = torch.tensor(labels)
    out, [theirs] = torch_gradients(torch, lambda z: torch.nn.functional.cross_entropy(z, targets), 1.0, logits)
    loss, dlogits = softmax_cross_entropy(logits, labels)
    assert loss == pytest.approx(float(out), rel=1e-12)
    assert_allclose(dlogits, theirs, rtol=1e-11, atol=1e-16)


@pytest.mark.parametrize("sizes", [(5, 4, 3, 3), (1, 2, 6, 2), (7, 1, 1, 4)])
def test_the_network_agrees_with_autograd(torch, sizes):
    params, x, labels = network(np.random.default_rng(2), *sizes)

    def loss_of(W1, b1, W2, b2):
        h = torch.sigmoid(torch.tensor(x) @ W1 + b1)
        return torch.nn.functional.cross_entropy(h @ W2 + b2, torch.tensor(labels))

    out, theirs = torch_gradients(torch, loss_of, 1.0, *params.values())
    loss, grads = two_layer_loss(params, x, labels)
    assert loss == pytest.approx(float(out), rel=1e-12)
    assert list(grads) == ["W1", "b1", "W2", "b2"]
    for name, other in zip(params, theirs):
        assert_allclose(grads[name], other, rtol=1e-11, atol=1e-15, err_msg=name)


# -------------------------------------------------------------------------------------- single operations


def test_the_walk_through_a_graph_of_two_branches():
    dq1, dq2 = add_backward(np.array([0.20]))
    assert_allclose(multiply_backward(dq1, np.array([1.0]), np.array([-2.0])), [[-0.40], [0.20]])
    assert_allclose(max_backward(dq2, np.array([3.0]), np.array([-1.0])), [[0.20], [0.0]])


@reproducible
@given(st.data(), SHAPES)
def test_single_operations_agree_with_finite_differences(data, shape):
    dz, x, y = (draw(data, shape) for _ in range(3))
    assume(np.all(x != y))
    for operation, found in (
        (np.add, add_backward(dz)),
        (np.multiply, multiply_backward(dz, x, y)),
        (np.maximum, max_backward(dz, x, y)),
    ):
        for k, gradient in enumerate(found):
            assert gradient.shape == shape
            inputs = [x, y]
            for h in (2.0**-10, -(2.0**-10)):  # exact in these numbers, for operations that are linear in each input
                inputs[k] = [x, y][k] + h
                assert_array_equal(dz * (operation(*inputs) - operation(x, y)) / h, gradient)


@reproducible
@given(st.data(), SHAPES)
def test_the_router_loses_nothing_and_doubles_nothing(data, shape):
    dz, x, y = (draw(data, shape, st.floats(-1e3, 1e3)) for _ in range(3))
    dx, dy = max_backward(dz, x, y)  # at ties, too
    assert_array_equal(dx + dy, dz)
    assert np.all((dx == 0) | (dy == 0))


@reproducible
@given(st.data(), SHAPES)
def test_single_operations_leave_their_inputs_and_share_no_memory(data, shape):
    given_arrays = [draw(data, shape) for _ in range(3)]
    before = [array.copy() for array in given_arrays]
    dz, x, y = given_arrays
    for found in (add_backward(dz), multiply_backward(dz, x, y), max_backward(dz, x, y), [sigmoid_backward(dz, x)]):
        assert not any(np.shares_memory(one, other) for one in found for other in given_arrays)
        assert len(found) == 1 or not np.shares_memory(*found)
    for array, copy in zip(given_arrays, before):
        assert_array_equal(array, copy)


@reproducible
@given(st.data(), SHAPES)
def test_sigmoid_backward_agrees_with_finite_differences(data, shape):
    z, dout = draw(data, shape, st.floats(-5, 5)), draw(data, shape)
    sigmoid = np.vectorize(lambda z: 1 / (1 + np.exp(-z)))
    assert_allclose(
        sigmoid_backward(dout, sigmoid(z)),
        dout * (sigmoid(z + 1e-5) - sigmoid(z - 1e-5)) / 2e-5,
        rtol=1e-7,
        atol=1e-9,
    )


def test_a_saturated_sigmoid_passes_nothing_on():
    assert_array_equal(sigmoid_backward(np.array([1e300, -1e300]), np.array([0.0, 1.0])), [0.0, 0.0])
    assert sigmoid_backward(np.array([8.0]), np.array([0.5])) == 2.0


# ----------------------------------------------------------------------------------------------- layers


@reproducible
@given(st.data(), SIZES, SIZES, SIZES)
def test_an_affine_layer_is_sums_written_out_and_its_gradients_are_exact_differences(data, n, d, m):
    x, w, b, dout = draw(data, (n, d)), draw(data, (d, m)), draw(data, m), draw(data, (n, m))
    before = [array.copy() for array in (x, w, b, dout)]
    out, cache = affine_forward(x, w, b)
    expected = [[sum(x[i, k] * w[k, j] for k in range(d)) + b[j] for j in range(m)] for i in range(n)]
    assert_array_equal(out, expected)
    gradients = affine_backward(dout, cache)

    def loss(x, w, b):
        return float(np.sum(affine_forward(x, w, b)[0] * dout))

    inputs = [x, w, b]
    for k, gradient in enumerate(gradients):
        along = slopes(lambda moved, k=k: loss(*[moved if i == k else inputs[i] for i in range(3)]), inputs[k], 0.125)
        assert gradient.shape == inputs[k].shape
        assert_array_equal(gradient, along)
    for array, copy in zip((x, w, b, dout), before):
        assert_array_equal(array, copy)


def test_each_forward_has_a_cache_of_its_own():
    rng = np.random.default_rng(0)
    layers = [[rng.normal(size=(4, 3)), rng.normal(size=(3, 3)), rng.normal(size=3)] for _ in range(2)]
    caches = [affine_forward(*layer)[1] for layer in layers]
    dout = rng.normal(size=(4, 3))
    for (x, w, _), cache in zip(layers, caches):
        dx, dw, db = affine_backward(dout, cache)
        assert_allclose(dx, dout @ w.T)
        assert_allclose(dw, x.T @ dout)
        assert_allclose(db, dout.sum(axis=0))


# ------------------------------------------------------------------------------------ softmax cross-entropy


def scores_and_labels(data, elements):
    n, k = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 5))
    labels = data.draw(arrays_of.arrays(np.int64, n, elements=st.integers(0, k - 1)))
    return draw(data, (n, k), elements), labels


@reproducible
@given(st.data(), st.sampled_from([1.0, 50.0, 1e4, 1e300]))
def test_the_loss_is_scipys_log_softmax_at_the_labels(data, size):
    logits, labels = scores_and_labels(data, st.floats(-size, size))
    before = logits.copy(), labels.copy()
    loss, _ = softmax_cross_entropy(logits, labels)
    expected = -log_softmax(logits, axis=1)[np.arange(len(labels)), labels].mean()
    assert_allclose(loss, expected, rtol=1e-12, atol=1e-15)
    assert_array_equal(logits, before[0])
    assert_array_equal(labels, before[1])


@reproducible
@given(st.data())
def test_the_gradient_agrees_with_finite_differences_of_the_loss(data):
    logits, labels = scores_and_labels(data, st.floats(-5, 5))
    _, dlogits = softmax_cross_entropy(logits, labels)
    assert_allclose(dlogits, slopes(lambda z: softmax_cross_entropy(z, labels)[0], logits), atol=1e-8)


@reproducible
@given(st.data(), st.floats(-1e4, 1e4))
def test_the_gradient_of_each_row_sums_to_zero_and_a_shift_changes_nothing(data, shift):
    logits, labels = scores_and_labels(data, st.floats(-30, 30))
    loss, dlogits = softmax_cross_entropy(logits, labels)
    assert_allclose(dlogits.sum(axis=1), 0, atol=1e-15)
    rows = np.arange(len(labels))
    assert np.all(dlogits[rows, labels] <= 0)
    assert np.all(np.delete(dlogits.ravel(), rows * logits.shape[1] + labels) >= 0)
    shifted_loss, shifted = softmax_cross_entropy(logits + shift, labels)
    assert_allclose(shifted_loss, loss, atol=1e-11)
    assert_allclose(shifted, dlogits, atol=1e-11)


@reproducible
@given(st.data(), st.randoms(use_true_random=False))
def test_the_order_of_samples_and_the_names_of_classes_do_not_matter(data, random):
    logits, labels = scores_and_labels(data, st.floats(-5, 5))
    samples, classes = list(range(logits.shape[0])), list(range(logits.shape[1]))
    random.shuffle(samples)
    random.shuffle(classes)
    loss, dlogits = softmax_cross_entropy(logits, labels)
    renamed = np.argsort(classes)[labels[samples]]
    other_loss, other = softmax_cross_entropy(logits[samples][:, classes], renamed)
    assert_allclose(other_loss, loss, rtol=1e-12, atol=1e-15)
    assert_allclose(other, dlogits[samples][:, classes], rtol=1e-12, atol=1e-15)


def test_probabilities_that_underflow_keep_an_exact_loss():
    loss, dlogits = softmax_cross_entropy(np.array([[1e4, -1e4], [0.0, -745.5]]), np.array([1, 1]))
    assert loss == (2e4 + 745.5) / 2
    assert_array_equal(dlogits, [[0.5, -0.5], [0.5, -0.5]])


def test_the_limits_of_certainty():
    loss, dlogits = softmax_cross_entropy(np.array([[1e300, -1e300], [5.0, -np.inf]]), np.array([0, 0]))
    assert loss == 0.0
    assert_array_equal(dlogits, np.zeros((2, 2)))
    assert softmax_cross_entropy(np.zeros((3, 7)), np.array([0, 3, 6]))[0] == pytest.approx(np.log(7), rel=1e-15)


# --------------------------------------------------------------------------------------------- the network


@pytest.mark.parametrize("seed", range(4))
def test_the_networks_gradients_agree_with_finite_differences(seed):
    rng = np.random.default_rng(seed)
    params, x, labels = network(rng, *rng.integers(1, 6, 3), rng.integers(2, 6))
    before = {name: array.copy() for name, array in params.items()}
    loss, grads = two_layer_loss(params, x, labels)
    assert loss > 0
    assert grads.keys() == params.keys()
    for name in params:
        numerical = slopes(lambda moved, name=name: two_layer_loss(params | {name: moved}, x, labels)[0], params[name])
        assert grads[name].shape == params[name].shape
        assert_allclose(grads[name], numerical, atol=1e-8, err_msg=name)
        assert_array_equal(params[name], before[name])


def test_steps_against_the_gradient_lower_the_loss_until_the_labels_are_learnt():
    params, x, labels = network(np.random.default_rng(0), samples=12, units=8)
    losses = []
    for _ in range(400):
        loss, grads = two_layer_loss(params, x, labels)
        losses.append(loss)
        params = {name: params[name] - 0.5 * grads[name] for name in params}
    assert np.all(np.diff(losses) < 0)
    assert losses[-1] < 0.1 < 1 < losses[0]


def test_the_order_of_the_hidden_units_does_not_matter():
    params, x, labels = network(np.random.default_rng(1))
    order = [2, 0, 1]
    turned = {"W1": params["W1"][:, order], "b1": params["b1"][order], "W2": params["W2"][order], "b2": params["b2"]}
    loss, grads = two_layer_loss(params, x, labels)
    other_loss, other = two_layer_loss(turned, x, labels)
    assert other_loss == pytest.approx(loss, rel=1e-14)
    assert_allclose(other["W1"], grads["W1"][:, order], rtol=1e-12)
    assert_allclose(other["b1"], grads["b1"][order], rtol=1e-12)
    assert_allclose(other["W2"], grads["W2"][order], rtol=1e-12)
    assert_allclose(other["b2"], grads["b2"], rtol=1e-12)


def test_units_and_classes_far_beyond_saturation_give_finite_gradients():
    params, x, labels = network(np.random.default_rng(3))
    loss, grads = two_layer_loss({name: 1e5 * array for name, array in params.items()}, x, labels)
    assert np.isfinite(loss)
    assert loss > 1e4
    assert all(np.isfinite(gradient).all() for gradient in grads.values())
    assert_array_equal(grads["W1"], np.zeros((4, 3)))


def test_lists_of_whole_numbers_are_taken_as_floats():
    for one, other in (
        (add_backward([1, -2]), ([1.0, -2.0], [1.0, -2.0])),
        (multiply_backward([1, -2], [3, 4], [5, 6]), ([5.0, -12.0], [3.0, -8.0])),
        (max_backward([1, -2], [3, 4], [5, 1]), ([0.0, -2.0], [1.0, 0.0])),
        ([sigmoid_backward([3, 4], [1, 0])], ([0.0, 0.0],)),
        (
            affine_backward(
                [[1, 2]],
                affine_forward(
                    [
                        [1],
                    ],
                    [[2, 3]],
                    [0, 0],
                )[1],
            ),
            ([[8.0]], [[1.0, 2.0]], [1.0, 2.0]),
        ),
    ):
        for found, expected in zip(one, other):
            assert found.dtype == np.float64
            assert_array_equal(found, expected)
    params = {"W1": [[1, 0]], "b1": [0, 0], "W2": [[1, 0], [0, 1]], "b2": [0, 0]}
    loss, grads = two_layer_loss(params, [[0]], [0])
    assert loss == pytest.approx(np.log(2))
    assert_allclose(grads["b2"], [-0.5, 0.5])


# ------------------------------------------------------------------------------------------ relative error


@reproducible
@given(st.data(), SHAPES)
def test_the_relative_error_is_the_worst_of_single_ones_and_symmetric(data, shape):
    a, b = draw(data, shape, st.floats(-1e6, 1e6)), draw(data, shape, st.floats(-1e6, 1e6))
    expected = max(abs(p - q) / max(1e-8, abs(p) + abs(q)) for p, q in zip(a.ravel().tolist(), b.ravel().tolist()))
    assert relative_error(a, b) == pytest.approx(expected, rel=1e-14, abs=1e-300)
    assert relative_error(a, b) == relative_error(b, a)
    assert relative_error(a, a) == 0
    assert 0 <= relative_error(a, b) <= 1


@pytest.mark.parametrize(
    "a, b, expected",
    [
        ([3.0], [5.0], 0.25),
        ([0.0], [0.0], 0.0),
        ([1e-9], [3e-9], 0.2),
        ([1e-8], [0.0], 1.0),
        ([5e-9], [0.0], 0.5),
        ([1e308], [-1e308], 1.0),
        ([1.7e308], [1.7e308], 0.0),
        ([1, -2], [1, 2], 1.0),
    ],
)
def test_the_relative_error_at_its_corners(a, b, expected):
    assert relative_error(a, b) == pytest.approx(expected, rel=1e-14)


# --------------------------------------------------------------------------------------------------- errors

TWO, THREE = np.zeros(2), np.zeros(3)
PARAMS = {"W1": np.zeros((2, 3)), "b1": np.zeros(3), "W2": np.zeros((3, 4)), "b2": np.zeros(4)}
POINTS, LABELS = np.zeros((5, 2)), np.zeros(5, dtype=int)


def network_with(**changed):
    return lambda: two_layer_loss(PARAMS | changed, POINTS, LABELS)


def back(dout):
    return affine_backward(dout, affine_forward(np.zeros((5, 2)), np.zeros((2, 3)), np.zeros(3))[1])


@pytest.mark.parametrize(
    "call, name, was, should",
    [
        (lambda: multiply_backward(THREE, TWO, TWO), "dz", "(3,)", "(2,)"),
        (lambda: multiply_backward(TWO, TWO, THREE), "y", "(3,)", "(2,)"),
        (lambda: max_backward(np.zeros((2, 1)), TWO, TWO), "dz", "(2, 1)", "(2,)"),
        (lambda: max_backward(TWO, TWO, THREE), "y", "(3,)", "(2,)"),
        (lambda: sigmoid_backward(TWO, THREE), "dout", "(2,)", "(3,)"),
        (lambda: affine_forward(TWO, np.zeros((2, 3)), THREE), "x", "(2,)", "(any, any)"),
        (lambda: affine_forward(POINTS, np.zeros((3, 2)), TWO), "w", "(3, 2)", "(2, any)"),
        (lambda: affine_forward(POINTS, np.zeros((2, 3)), TWO), "b", "(2,)", "(3,)"),
        (lambda: back(np.zeros((5, 2))), "dout", "(5, 2)", "(5, 3)"),
        (lambda: back(np.zeros((4, 3))), "dout", "(4, 3)", "(5, 3)"),
        (lambda: back(THREE), "dout", "(3,)", "(5, 3)"),
        (lambda: softmax_cross_entropy(THREE, [0]), "logits", "(3,)", "(any, any)"),
        (lambda: softmax_cross_entropy(np.zeros((2, 3)), [0]), "labels", "(1,)", "(2,)"),
        (lambda: softmax_cross_entropy(np.zeros((2, 3)), np.eye(2, 3)), "labels", "(2, 3)", "(2,)"),
        (lambda: softmax_cross_entropy(np.zeros((2, 3)), [0, 3]), "labels", "3", "from 0 to 2"),
        (lambda: softmax_cross_entropy(np.zeros((2, 3)), [-1, 0]), "labels", "-1", "from 0 to 2"),
        (lambda: softmax_cross_entropy(np.zeros((2, 3)), [0, 0.5]), "labels", "0.5", "from 0 to 2"),
        (lambda: softmax_cross_entropy(np.zeros((2, 3)), [np.nan, 0]), "labels", "nan", "from 0 to 2"),
        (lambda: two_layer_loss(PARAMS, TWO, LABELS), "x", "(2,)", "(any, any)"),
        (lambda: two_layer_loss(PARAMS, POINTS, LABELS[:4]), "labels", "(4,)", "(5,)"),
        (lambda: two_layer_loss(PARAMS, POINTS, LABELS + 4), "labels", "4", "from 0 to 3"),
        (network_with(W1=np.zeros((3, 3))), "params['W1']", "(3, 3)", "(2, any)"),
        (network_with(b1=TWO), "params['b1']", "(2,)", "(3,)"),
        (network_with(W2=np.zeros((2, 4))), "params['W2']", "(2, 4)", "(3, any)"),
        (network_with(b2=np.zeros((1, 4))), "params['b2']", "(1, 4)", "(4,)"),
        (lambda: relative_error(TWO, THREE), "a", "(2,)", "(3,)"),
    ],
)
def test_an_error_names_the_argument_and_what_it_was_and_should_be(call, name, was, should):
    with pytest.raises(ValueError) as caught:
        call()
    given_part, _, wanted_part = str(caught.value).partition("should")
    assert given_part.startswith(f"{name} ")
    assert was in given_part
    assert should in wanted_part


# ------------------------------------------------------------------------------ automatic differentiation
def as_torch(torch):
    """The operations of graphs, in PyTorch."""
    return {
        "add": torch.add,
        "multiply": torch.mul,
        "maximum": torch.maximum,
        "matmul": torch.matmul,
        "sigmoid": torch.sigmoid,
        "log_softmax": lambda z: torch.log_softmax(z, dim=1),
        "sum": torch.sum,
    }


def run_in_torch(torch, graph, leaves, output):
    """Tensors of all nodes and leaves that ``output`` is computed from, each keeping its gradient."""
    operations = as_torch(torch)
    tensors = {}
    for name in topological_order(graph, output):
        if name in graph:
            operation, *inputs = graph[name]
            tensors[name] = operations[operation](*[tensors[source] for source in inputs])
            tensors[name].retain_grad()
        else:
            tensors[name] = torch.tensor(leaves[name], requires_grad=True)
    return tensors


@pytest.mark.parametrize("operations", [4, 8, 16, 32])
@pytest.mark.parametrize("seed", range(12))
def test_gradients_of_random_graphs_agree_with_autograd(torch, seed, operations):
    graph, leaves = random_graph(np.random.default_rng([seed, operations]), operations)
    tensors = run_in_torch(torch, graph, leaves, "L")
    tensors["L"].backward()
    values = {name: tensor.detach().numpy() for name, tensor in tensors.items()}
    gradients = backpropagate(graph, values, "L")
    assert set(gradients) == set(tensors)
    for name, tensor in tensors.items():
        assert gradients[name].shape == values[name].shape
        assert_allclose(gradients[name], tensor.grad.numpy(), rtol=1e-9, atol=1e-12, err_msg=name)


def test_the_random_graphs_have_shared_nodes_and_broadcasting():
    shared = broadcast = 0
    for seed in range(12):
        graph, leaves = random_graph(np.random.default_rng([seed, 16]), 16)
        needed = topological_order(graph, "L")
        used = [source for name in needed if name in graph for source in graph[name][1:]]
        shared += any(used.count(name) > 1 for name in used)
        broadcast += any(np.shape(leaves[name]) not in ((3, 4), (4, 4)) for name in used if name in leaves)
    assert shared == 12 and broadcast >= 10


@reproducible
@given(st.data(), st.integers(1, 25))
def test_every_name_stands_once_and_after_its_inputs(data, size):
    names = data.draw(st.permutations(range(size + 3)))
    graph = {}
    for place in range(3, size + 3):
        inputs = data.draw(st.lists(st.sampled_from(names[:place]), min_size=1, max_size=2))
        graph[str(names[place])] = ("add", *map(str, inputs))
    output = str(names[-1])
    order = topological_order(dict(data.draw(st.permutations(list(graph.items())))), output)
    assert order[-1] == output and len(set(order)) == len(order)
    assert all(order.index(source) < order.index(name) for name in order if name in graph for source in graph[name][1:])
    fed = {source for name in order if name in graph for source in graph[name][1:]}
    assert set(order) == fed | {output}


def test_a_deep_graph_and_one_with_very_many_ways_are_walked_at_once():
    chain = {f"n{k + 1}": ("sigmoid", f"n{k}") for k in range(5000)}
    assert topological_order(chain, "n5000") == [f"n{k}" for k in range(5001)]
    doubling = {f"n{k + 1}": ("add", f"n{k}", f"n{k}") for k in range(60)}  # 2^60 ways from the output to n0
    values = {f"n{k}": np.array(2.0**k) for k in range(61)}
    assert backpropagate(doubling, values, "n60")["n0"] == 2.0**60


@pytest.mark.parametrize(
    "graph",
    [
        {"a": ("sigmoid", "a")},
        {"a": ("add", "x", "b"), "b": ("sigmoid", "a")},
        {"a": ("add", "x", "b"), "b": ("add", "x", "c"), "c": ("add", "d", "d"), "d": ("sigmoid", "b")},
    ],
)
def test_a_node_that_is_computed_from_itself_is_an_error(graph):
    with pytest.raises(ValueError, match="is computed from itself"):
        topological_order(graph, "a")


@reproducible
@given(st.data())
def test_unbroadcasting_is_the_transpose_of_broadcasting(data):
    small, full = data.draw(arrays_of.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=4)).input_shapes
    full = np.broadcast_shapes(small, full)
    x, g = draw(data, small), draw(data, full)
    assert np.sum(np.broadcast_to(x, full) * g) == np.sum(x * unbroadcast(g, small))  # ⟨Bx, g⟩ = ⟨x, Bᵀg⟩
    assert unbroadcast(g, small).shape == small


def test_a_shape_that_does_not_broadcast_is_an_error():
    for shape in ((2,), (3, 1), (1, 1, 1)):
        with pytest.raises(ValueError, match="it should broadcast"):
            unbroadcast(np.ones((4, 3)), shape)


def test_an_operation_that_nobody_knows_is_an_error():
    with pytest.raises(ValueError, match="'divide'"):
        local_gradients("divide", np.ones(2), np.ones(2), [np.ones(2), np.ones(2)])


@pytest.mark.parametrize("sizes", [(4, 3), (4, 6, 3), (3, 5, 4, 2), (2, 3, 4, 3, 5, 4)])
def test_a_network_of_any_depth_agrees_with_autograd(torch, sizes):
    rng = np.random.default_rng(len(sizes))
    weights = [rng.normal(size=shape) for shape in zip(sizes, sizes[1:])]
    biases = [rng.normal(size=size) for size in sizes[1:]]
    x, labels = rng.normal(size=(7, sizes[0])), rng.integers(0, sizes[-1], 7)
    ws, bs = ([torch.tensor(array, requires_grad=True) for array in arrays] for arrays in (weights, biases))
    a = torch.tensor(x)
    for w, b in zip(ws[:-1], bs[:-1]):
        a = torch.sigmoid(a @ w + b)
    expected = torch.nn.functional.cross_entropy(a @ ws[-1] + bs[-1], torch.tensor(labels))
    expected.backward()
    loss, dweights, dbiases = mlp_gradients(x, labels, weights, biases)
    assert_allclose(loss, expected.item(), rtol=1e-12)
    for found, tensor in zip([*dweights, *dbiases], [*ws, *bs]):
        assert_allclose(found, tensor.grad.numpy(), rtol=1e-9, atol=1e-14)


def test_two_layers_are_the_network_of_two_layers():
    params, x, labels = network(np.random.default_rng(4))
    loss, grads = two_layer_loss(params, x, labels)
    found, dweights, dbiases = mlp_gradients(x, labels, [params["W1"], params["W2"]], [params["b1"], params["b2"]])
    assert found == loss
    for name, gradient in zip(("W1", "W2", "b1", "b2"), [*dweights, *dbiases]):
        assert_allclose(gradient, grads[name], rtol=1e-14)


def test_the_same_network_as_a_graph_has_the_same_gradients():
    params, x, labels = network(np.random.default_rng(5))
    graph = {
        "z1": ("matmul", "x", "W1"),
        "a1": ("add", "z1", "b1"),
        "h": ("sigmoid", "a1"),
        "z2": ("matmul", "h", "W2"),
        "logits": ("add", "z2", "b2"),
        "logp": ("log_softmax", "logits"),
        "chosen": ("multiply", "logp", "target"),
        "L": ("sum", "chosen"),
    }
    target = -np.eye(3)[labels] / len(x)
    leaves = {**params, "x": x, "target": target}
    values = evaluated(graph, "L", leaves)
    loss, grads = two_layer_loss(params, x, labels)
    gradients = backpropagate(graph, values, "L")
    assert_allclose(values["L"], loss, rtol=1e-12)
    for name in params:
        assert_allclose(gradients[name], grads[name], rtol=1e-9, atol=1e-14)


def test_a_network_without_layers_or_without_a_bias_is_an_error():
    for weights, biases in (([], []), ([np.ones((2, 3))], [])):
        with pytest.raises(ValueError, match="as many of each and at least one"):
            mlp_gradients(np.ones((1, 2)), np.array([0]), weights, biases)
