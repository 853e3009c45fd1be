"""The references of chapter ``activations`` against PyTorch, SciPy, finite differences, closed forms and properties."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from numpy.testing import assert_allclose, assert_array_equal
from scipy import special

from solutions.activations import (
    dead_fraction,
    elu,
    elu_gradient,
    gelu,
    gelu_gradient,
    gradient_attenuation,
    leaky_relu,
    leaky_relu_gradient,
    maxout,
    relu,
    relu_gradient,
    sigmoid,
    sigmoid_gradient,
    silu,
    tanh_gradient,
)

reproducible = settings(deadline=None, derandomize=True)  # a slow machine is no failure

X = np.linspace(-8, 8, 321)  # zero among them
EXTREMES = np.array([-np.inf, -1e308, -1e4, -1000.0, -745.0, -40.0, 40.0, 745.0, 1000.0, 1e4, 1e308, np.inf])

# name: (function, its slope, another setting than the default)
UNITS = {
    "sigmoid": (sigmoid, sigmoid_gradient, ()),
    "tanh": (np.tanh, tanh_gradient, ()),
    "relu": (relu, relu_gradient, ()),
    "leaky_relu": (leaky_relu, leaky_relu_gradient, ()),
    "leaky_relu, 0.1": (leaky_relu, leaky_relu_gradient, (0.1,)),
    "elu": (elu, elu_gradient, ()),
    "elu, 0.5": (elu, elu_gradient, (0.5,)),
}
every_unit = pytest.mark.parametrize("name", UNITS)
ELEMENTWISE = [
    sigmoid,
    sigmoid_gradient,
    tanh_gradient,
    relu,
    relu_gradient,
    leaky_relu,
    leaky_relu_gradient,
    elu,
    elu_gradient,
]
every_function = pytest.mark.parametrize("function", ELEMENTWISE, ids=lambda function: function.__name__)


# ------------------------------------------------------------------------------------------------- PyTorch


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip(
        "torch", reason="PyTorch is not installed: pip install torch==2.13.0 runs these oracle tests"
    )


TORCH = {
    "sigmoid": lambda f, x: x.sigmoid(),
    "tanh": lambda f, x: x.tanh(),
    "relu": lambda f, x: f.relu(x),
    "leaky_relu": lambda f, x: f.leaky_relu(x),
    "leaky_relu, 0.1": lambda f, x: f.leaky_relu(x, 0.1),
    "elu": lambda f, x: f.elu(x),
    "elu, 0.5": lambda f, x: f.elu(x, 0.5),
}


@every_unit
def test_values_and_slopes_agree_with_pytorch_kinks_included(torch, name):
    function, slope, setting = UNITS[name]
    x = torch.tensor(X, dtype=torch.float64, requires_grad=True)
    y = TORCH[name](torch.nn.functional, x)
    y.sum().backward()
    assert_allclose(function(X, *setting), y.detach().numpy(), rtol=1e-12, atol=1e-15)
    assert_allclose(slope(X, *setting), x.grad.numpy(), rtol=1e-9, atol=1e-15)


def test_attenuation_agrees_with_pytorchs_gradients_of_the_biases(torch):
    rng = np.random.default_rng(0)
    for length in (1, 2, 4, 9):
        w, b = rng.normal(0, 2, length), rng.normal(0, 1, length)
        biases = torch.tensor(b, requires_grad=True)
        a, sums = torch.tensor(0.7, dtype=torch.float64), []
        for layer in range(length):
            z = float(w[layer]) * a + biases[layer]
            sums.append(z.item())
            a = z.sigmoid()
        a.backward()
        assert_allclose(gradient_attenuation(w, np.array(sums)), biases.grad.numpy(), rtol=1e-10)


def test_maxout_agrees_with_pytorch(torch):
    rng = np.random.default_rng(1)
    x, w, b = rng.normal(size=(7, 4)), rng.normal(size=(3, 4, 5)), rng.normal(size=(3, 5))
    pieces = torch.einsum("nd,kdm->knm", torch.tensor(x), torch.tensor(w)) + torch.tensor(b)[:, None]
    assert_allclose(maxout(x, w, b), pieces.amax(dim=0).numpy(), rtol=1e-12)


# --------------------------------------------------------------------------------------------------- SciPy


def test_sigmoid_is_scipys_expit_over_the_whole_range():
    x = np.concatenate([X, np.linspace(-740, 740, 1481), EXTREMES])
    assert_allclose(sigmoid(x), special.expit(x), rtol=1e-14, atol=1e-307)  # SciPy drops subnormal numbers


def test_slopes_keep_their_relative_precision_where_the_curves_look_flat():
    x = np.linspace(-700, 700, 1401)
    log_sigmoid_slope = special.log_expit(x) + special.log_expit(-x)
    assert_allclose(np.log(sigmoid_gradient(x)), log_sigmoid_slope, rtol=1e-12, atol=1e-12)
    x = np.linspace(-350, 350, 701)
    log_tanh_slope = np.log(4) + special.log_expit(2 * x) + special.log_expit(-2 * x)
    assert_allclose(np.log(tanh_gradient(x)), log_tanh_slope, rtol=1e-12, atol=1e-12)


def test_elu_is_exact_just_below_zero():
    x = -np.logspace(-18, -2, 33)
    assert_allclose(elu(x), np.expm1(x), rtol=1e-15)


# ------------------------------------------------------------------------------------- finite differences


@every_unit
def test_slopes_agree_with_central_differences(name):
    function, slope, setting = UNITS[name]
    x = X[X != 0]
    h = 1e-5
    assert_allclose(slope(x, *setting), (function(x + h, *setting) - function(x - h, *setting)) / (2 * h), atol=1e-9)


@every_unit
def test_slopes_at_zero_are_those_from_the_left(name):
    function, slope, setting = UNITS[name]
    zero, h = np.zeros(1), 1e-6
    assert_allclose(slope(zero, *setting), (function(zero, *setting) - function(zero - h, *setting)) / h, atol=1e-6)


def test_attenuation_agrees_with_nudging_the_biases():
    rng = np.random.default_rng(2)
    w, b = rng.normal(0, 2, 6), rng.normal(0, 1, 6)

    def run(b):
        a, sums = 0.3, []
        for layer in range(6):
            sums.append(w[layer] * a + b[layer])
            a = float(sigmoid(sums[-1]))
        return a, np.array(sums)

    numeric = [(run(b + 1e-5 * unit)[0] - run(b - 1e-5 * unit)[0]) / 2e-5 for unit in np.eye(6)]
    assert_allclose(gradient_attenuation(w, run(b)[1]), numeric, atol=1e-10)


# ------------------------------------------------------------------------------------------- closed forms


def test_the_numbers_of_the_slides():
    assert sigmoid_gradient(np.zeros(1)) == 0.25
    assert tanh_gradient(np.zeros(1)) == 1.0
    assert_allclose(leaky_relu(np.array([-2.0, 3.0])), [-0.02, 3.0])
    assert_allclose(leaky_relu(np.array([-2.0, 3.0]), 0.1), [-0.2, 3.0])
    assert_array_equal(gradient_attenuation(np.ones(4), np.zeros(4)), [1 / 256, 1 / 64, 1 / 16, 1 / 4])


def test_kinks_have_the_slope_that_the_exercises_ask_for():
    edge = np.array([-5e-324, -0.0, 0.0, 5e-324])
    assert_array_equal(relu_gradient(edge), [0, 0, 0, 1])
    assert_array_equal(leaky_relu_gradient(edge, 0.1), [0.1, 0.1, 0.1, 1])
    assert_array_equal(elu_gradient(edge), [1, 1, 1, 1])


def test_limits_are_reached_without_a_warning():
    below, above = EXTREMES < 0, EXTREMES > 0
    far = np.abs(EXTREMES) >= 1000
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert_array_equal(sigmoid(EXTREMES[far]), above[far])
        assert_array_equal(sigmoid_gradient(EXTREMES[far]), 0.0)
        assert_array_equal(tanh_gradient(EXTREMES[far]), 0.0)
        assert_array_equal(relu(EXTREMES), np.where(above, EXTREMES, 0.0))
        assert_array_equal(leaky_relu(EXTREMES, 0.5), np.where(above, EXTREMES, 0.5 * EXTREMES))
        assert_allclose(elu(EXTREMES, 2.0), np.where(above, EXTREMES, -2.0), rtol=1e-15)
        assert_array_equal(elu_gradient(EXTREMES[far], 2.0), above[far])
        assert_array_equal(leaky_relu_gradient(EXTREMES), np.where(below, 0.01, 1.0))


def test_slopes_are_steepest_at_zero():
    assert sigmoid_gradient(X).max() == sigmoid_gradient(X)[160] == 0.25
    assert tanh_gradient(X).max() == tanh_gradient(X)[160] == 1.0


def test_elu_reaches_its_floor_and_has_one_corner_unless_alpha_is_one():
    assert_allclose(elu(np.array([-50.0]), 0.3), -0.3)
    assert elu_gradient(np.array([-1e-12]), 0.3) == pytest.approx(0.3)


def test_maxout_makes_relu_and_the_absolute_value():
    x = X[:, None]
    no_bias = np.zeros((2, 1))
    assert_array_equal(maxout(x, [[[1.0]], [[0.0]]], no_bias), relu(x))
    assert_array_equal(maxout(x, [[[1.0]], [[-1.0]]], no_bias), np.abs(x))
    assert_allclose(maxout(x, [[[1.0]], [[0.1]]], no_bias), leaky_relu(x, 0.1), rtol=1e-15)


def test_a_saturated_layer_stops_the_gradient_of_those_before_it():
    reached = gradient_attenuation(np.ones(4), np.array([0.0, 0.0, 1000.0, 0.0]))
    assert_array_equal(reached, [0.0, 0.0, 0.0, 0.25])


def test_attenuation_grows_where_weights_are_large_and_units_are_not_saturated():
    assert_allclose(gradient_attenuation(np.full(5, 8.0), np.zeros(5)), 0.25 * 2.0 ** np.arange(4, -1, -1))


def test_no_layer_has_no_attenuation():
    assert gradient_attenuation(np.zeros(0), np.zeros(0)).shape == (0,)


def test_dead_units_are_zero_for_every_sample():
    activations = np.array([[0.0, 1.0, 0.0, -1.0], [0.0, 0.0, 0.0, 1.0]])
    assert dead_fraction(activations) == 0.5
    assert dead_fraction(-activations) == 0.5
    assert dead_fraction(np.zeros((3, 2))) == 1.0
    assert dead_fraction(np.array([[5e-324]])) == 0.0
    assert dead_fraction(np.array([[np.nan]])) == 0.0


# ---------------------------------------------------------------------------------------------- properties

SHAPES = arrays_of.array_shapes(min_dims=0, max_dims=4, max_side=4, min_side=0)
FINITE = arrays_of.arrays(np.float64, SHAPES, elements=st.floats(allow_nan=False, allow_infinity=False))
MODERATE = arrays_of.arrays(np.float64, (6,), elements=st.floats(-30, 30))


@every_function
@reproducible
@given(x=FINITE)
def test_elementwise_functions_keep_the_shape_and_their_input(function, x):
    before = x.copy()
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        result = function(x)
    assert result.shape == x.shape
    assert np.isfinite(result).all()
    assert_array_equal(x, before)
    assert not np.shares_memory(result, x)
    one_by_one = [function(np.array([value]))[0] for value in x.flat]
    assert_allclose(np.ravel(result), one_by_one, rtol=1e-14)  # SIMD loops may round the last bit differently


@every_function
def test_whole_numbers_and_lists_are_taken_as_floats(function):
    whole = [[-3, -1, 0], [1, 2, 5]]
    expected = function(np.array(whole, dtype=float))
    for given_as in (whole, np.array(whole), np.array(whole, dtype=np.int8)):
        result = function(given_as)
        assert result.dtype == np.float64
        assert_array_equal(result, expected)


@every_function
def test_not_a_number_is_not_hidden_by_a_branch(function):
    if function not in (relu_gradient, leaky_relu_gradient):  # a comparison with NaN is false
        assert np.isnan(function(np.array([np.nan]))).all()


@every_unit
@reproducible
@given(x=st.floats(-50, 50), step=st.floats(0, 10))
def test_every_unit_rises_and_its_slope_lies_between_0_and_1(name, x, step):
    function, slope, setting = UNITS[name]
    low, high = function(np.array([x, x + step]), *setting)
    assert low <= high + 1e-15
    assert 0 <= slope(np.array([x]), *setting)[0] <= 1


@reproducible
@given(x=MODERATE)
def test_symmetries(x):
    assert_allclose(sigmoid(-x), 1 - sigmoid(x), atol=1e-15)
    assert_array_equal(sigmoid_gradient(-x), sigmoid_gradient(x))
    assert_array_equal(tanh_gradient(-x), tanh_gradient(x))
    assert_allclose(2 * sigmoid(2 * x) - 1, np.tanh(x), atol=1e-15)
    assert_allclose(4 * sigmoid_gradient(2 * x), tanh_gradient(x), rtol=1e-13)
    assert_array_equal(relu(x) - relu(-x), x)


@reproducible
@given(x=MODERATE, slope=st.floats(0, 1), alpha=st.floats(0, 5))
def test_relatives_of_relu(x, slope, alpha):
    assert_array_equal(leaky_relu(x, slope), np.maximum(x, slope * x))
    assert_array_equal(leaky_relu(x, 0), relu(x))
    assert_array_equal(leaky_relu(x, 1), x)
    assert_array_equal(elu(x, 0), relu(x))
    assert_allclose(elu_gradient(x, alpha), np.where(x > 0, 1.0, elu(x, alpha) + alpha), atol=1e-14)
    assert (elu(x, alpha) >= -alpha).all()


@reproducible
@given(data=st.data(), n=st.integers(1, 4), d=st.integers(1, 4), k=st.integers(1, 4), m=st.integers(1, 4))
def test_maxout_is_the_largest_of_its_pieces_in_any_order(data, n, d, k, m):
    elements = st.integers(-50, 50)  # products of whole numbers are exact
    x, w, b = (data.draw(arrays_of.arrays(np.int64, shape, elements=elements)) for shape in ((n, d), (k, d, m), (k, m)))
    out = maxout(x, w, b)
    assert out.shape == (n, m)
    assert_array_equal(out, np.max([x @ w[j] + b[j] for j in range(k)], axis=0))
    order = data.draw(st.permutations(range(k)))
    assert_array_equal(maxout(x, w[order], b[order]), out)
    assert_array_equal(maxout(2 * x, w, 2 * b), 2 * out)


@reproducible
@given(x=arrays_of.arrays(np.float64, (2, 3), elements=st.floats(-5, 5)), t=st.floats(0, 1))
def test_maxout_is_convex(x, t):
    rng = np.random.default_rng(3)
    w, b = rng.normal(size=(4, 3, 2)), rng.normal(size=(4, 2))
    between = maxout((t * x[0] + (1 - t) * x[1])[None], w, b)
    assert (between <= t * maxout(x[:1], w, b) + (1 - t) * maxout(x[1:], w, b) + 1e-12).all()


@reproducible
@given(data=st.data(), length=st.integers(1, 12))
def test_attenuation_is_the_product_that_the_chain_rule_writes(data, length):
    w, z = (data.draw(arrays_of.arrays(np.float64, length, elements=st.floats(-6, 6))) for _ in range(2))
    result = gradient_attenuation(w, z)
    for layer in range(length):
        later = math.prod(w[j] * sigmoid_gradient(z[j]) for j in range(layer + 1, length))
        assert_allclose(result[layer], sigmoid_gradient(z[layer]) * later, rtol=1e-10, atol=1e-300)
    first_changed = np.append(data.draw(st.floats(-6, 6)), w[1:])
    assert_array_equal(gradient_attenuation(first_changed, z), result)


@reproducible
@given(data=st.data(), length=st.integers(1, 12))
def test_weights_below_one_keep_attenuation_below_a_quarter_a_layer(data, length):
    w = data.draw(arrays_of.arrays(np.float64, length, elements=st.floats(-1, 1)))
    z = data.draw(arrays_of.arrays(np.float64, length, elements=st.floats(-6, 6)))
    assert (np.abs(gradient_attenuation(w, z)) <= 0.25 ** np.arange(length, 0, -1) * (1 + 1e-12)).all()


@reproducible
@given(activations=arrays_of.arrays(np.int64, st.tuples(*[st.integers(1, 6)] * 2), elements=st.integers(-1, 1)))
def test_dead_fraction_counts_columns(activations):
    expected = sum(set(column) == {0} for column in activations.T.tolist()) / activations.shape[1]
    assert dead_fraction(activations) == pytest.approx(expected)
    assert dead_fraction(activations[::-1, ::-1]) == dead_fraction(activations)
    assert dead_fraction(np.concatenate([activations, activations])) == dead_fraction(activations)


# --------------------------------------------------------------------------------------------------- errors

ONE = np.ones(1)
LAYER = (np.ones((2, 3)), np.ones((4, 3, 5)), np.ones((4, 5)))


@pytest.mark.parametrize(
    "call, name, was, should",
    [
        (lambda: leaky_relu(ONE, -0.1), "slope", "-0.1", "at least 0 and at most 1"),
        (lambda: leaky_relu(ONE, 1.5), "slope", "1.5", "at least 0 and at most 1"),
        (lambda: leaky_relu(ONE, np.nan), "slope", "nan", "at least 0 and at most 1"),
        (lambda: leaky_relu_gradient(ONE, 2), "slope", "2", "at least 0 and at most 1"),
        (lambda: leaky_relu_gradient(ONE, slope=-1), "slope", "-1", "at least 0 and at most 1"),
        (lambda: elu(ONE, -1.0), "alpha", "-1.0", "at least 0"),
        (lambda: elu(ONE, np.nan), "alpha", "nan", "at least 0"),
        (lambda: elu_gradient(ONE, alpha=-0.5), "alpha", "-0.5", "at least 0"),
        (lambda: maxout(np.ones(3), *LAYER[1:]), "x", "(3,)", "(any, any)"),
        (lambda: maxout(np.ones((2, 4)), *LAYER[1:]), "weights", "(4, 3, 5)", "(any, 4, any)"),
        (lambda: maxout(LAYER[0], np.ones((3, 5)), LAYER[2]), "weights", "(3, 5)", "(any, 3, any)"),
        (lambda: maxout(*LAYER[:2], np.ones(5)), "biases", "(5,)", "(4, 5)"),
        (lambda: maxout(*LAYER[:2], np.ones((5, 4))), "biases", "(5, 4)", "(4, 5)"),
        (lambda: maxout(LAYER[0], np.ones((0, 3, 5)), np.ones((0, 5))), "weights", "(0, 3, 5)", "at least 1 piece"),
        (lambda: gradient_attenuation(np.ones((2, 2)), np.ones((2, 2))), "weights", "(2, 2)", "(any,)"),
        (lambda: gradient_attenuation(np.ones(3), np.ones(2)), "pre_activations", "(2,)", "(3,)"),
        (lambda: dead_fraction(np.ones(3)), "activations", "(3,)", "(any, any)"),
        (lambda: dead_fraction(np.ones((2, 3, 4))), "activations", "(2, 3, 4)", "(any, any)"),
        (lambda: dead_fraction(np.ones((0, 3))), "activations", "(0, 3)", "at least 1 sample and 1 unit"),
        (lambda: dead_fraction(np.ones((3, 0))), "activations", "(3, 0)", "at least 1 sample and 1 unit"),
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


# ------------------------------------------------------------------------------------------- gelu and silu
def test_gelu_and_its_slope_agree_with_pytorch_and_with_the_exact_one(torch):
    x = torch.tensor(X, requires_grad=True)
    torch.nn.functional.gelu(x, approximate="tanh").sum().backward()
    assert_allclose(gelu(X), torch.nn.functional.gelu(x, approximate="tanh").detach().numpy(), rtol=1e-12, atol=1e-12)
    assert_allclose(gelu_gradient(X), x.grad.numpy(), rtol=1e-9, atol=1e-12)
    phi = special.ndtr(X)
    assert np.abs(gelu(X) - X * phi).max() < 6e-4
    assert np.abs(gelu_gradient(X) - phi - X * np.exp(-(X**2) / 2) / math.sqrt(2 * math.pi)).max() < 1.3e-3


def test_silu_agrees_with_pytorch(torch):
    assert_allclose(silu(X), torch.nn.functional.silu(torch.tensor(X)).numpy(), rtol=1e-12, atol=1e-15)


def test_smooth_units_have_their_limits_without_a_warning():
    x = np.array([-1e300, -1000.0, 1000.0, 1e300])
    for unit in (gelu, silu):
        assert_array_equal(unit(x), [0, 0, 1000.0, 1e300])
    assert_array_equal(gelu_gradient(x), [0, 0, 1, 1])
