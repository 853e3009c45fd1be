"""The references of chapter ``initialization`` against PyTorch, SciPy, the derivations and properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from solutions.initialization import (
    distinct_units,
    forward_statistics,
    he_normal,
    normal_initializer,
    saturation_fraction,
    xavier_normal,
    xavier_uniform,
)

reproducible = settings(deadline=None, derandomize=True)  # a slow machine is no failure

LAYERS = [(100, 100), (64, 900), (3000, 10)]
# name: (the initializer, its standard deviation, the distribution with mean 0 and standard deviation 1)
INITIALIZERS = {
    "normal": (
        lambda n_in, n_out, rng: normal_initializer(n_in, n_out, 0.3, rng),
        lambda n_in, n_out: 0.3,
        stats.norm(),
    ),
    "xavier_normal": (xavier_normal, lambda n_in, n_out: (2 / (n_in + n_out)) ** 0.5, stats.norm()),
    "xavier_uniform": (
        xavier_uniform,
        lambda n_in, n_out: (2 / (n_in + n_out)) ** 0.5,
        stats.uniform(-(3**0.5), 2 * 3**0.5),
    ),
    "he_normal": (he_normal, lambda n_in, n_out: (2 / n_in) ** 0.5, stats.norm()),
}
every_initializer = pytest.mark.parametrize("name", INITIALIZERS)


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip(
        "torch", reason="PyTorch is not installed: pip install torch==2.13.0 runs these oracle tests"
    )


def relu(z):
    return np.maximum(z, 0)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# -------------------------------------------------------------------------------------------- initializers


@every_initializer
@pytest.mark.parametrize("n_in, n_out", LAYERS)
def test_weights_pass_a_test_for_their_distribution(name, n_in, n_out):
    initializer, std, standard = INITIALIZERS[name]
    w = initializer(n_in, n_out, np.random.default_rng(11))
    assert w.shape == (n_in, n_out) and w.dtype == np.float64
    assert stats.kstest(w.ravel() / std(n_in, n_out), standard.cdf).pvalue > 0.001
    other = {"xavier_uniform": stats.norm()}.get(name, stats.uniform(-(3**0.5), 2 * 3**0.5))
    assert stats.kstest(w.ravel() / std(n_in, n_out), other.cdf).pvalue < 1e-6


@every_initializer
@pytest.mark.parametrize("n_in, n_out", LAYERS)
def test_weights_have_mean_zero_and_their_standard_deviation(name, n_in, n_out):
    initializer, std, _ = INITIALIZERS[name]
    w, n = initializer(n_in, n_out, np.random.default_rng(12)), n_in * n_out
    assert abs(w.mean()) < 5 * std(n_in, n_out) / np.sqrt(n)
    assert abs(w.std() / std(n_in, n_out) - 1) < 5 / np.sqrt(2 * n)


@pytest.mark.parametrize("name", ["xavier_normal", "xavier_uniform", "kaiming_normal"])
@pytest.mark.parametrize("n_in, n_out", LAYERS)
def test_weights_are_distributed_as_those_of_pytorch(torch, name, n_in, n_out):
    torch.manual_seed(13)
    w = torch.empty(n_out, n_in, dtype=torch.float64)  # PyTorch's layers are x @ w.T
    options = {"mode": "fan_in", "nonlinearity": "relu"} if name == "kaiming_normal" else {}
    getattr(torch.nn.init, f"{name}_")(w, **options)
    ours = {"kaiming_normal": he_normal, "xavier_normal": xavier_normal, "xavier_uniform": xavier_uniform}[name]
    drawn = ours(n_in, n_out, np.random.default_rng(13))
    assert stats.ks_2samp(drawn.ravel(), w.numpy().ravel()).pvalue > 0.001
    assert drawn.std() == pytest.approx(w.numpy().std(), rel=0.05)


@pytest.mark.parametrize("n_in, n_out", LAYERS)
def test_uniform_weights_fill_their_interval_and_stay_in_it(n_in, n_out):
    w = xavier_uniform(n_in, n_out, np.random.default_rng(14))
    limit = (6 / (n_in + n_out)) ** 0.5
    assert -limit <= w.min() < -0.999 * limit
    assert 0.999 * limit < w.max() <= limit


@every_initializer
def test_the_entries_of_a_layer_are_independent(name):
    initializer, std, _ = INITIALIZERS[name]
    w = initializer(200, 300, np.random.default_rng(15)) / std(200, 300)
    # means of n independent entries have the standard deviation 1/√n
    assert w.mean(axis=0).std() == pytest.approx(200**-0.5, rel=0.25)
    assert w.mean(axis=1).std() == pytest.approx(300**-0.5, rel=0.25)
    assert abs(np.mean(w[:, 1:] * w[:, :-1])) < 0.025 and abs(np.mean(w[1:] * w[:-1])) < 0.025


@every_initializer
@reproducible
@given(n_in=st.integers(1, 30), n_out=st.integers(1, 30), seed=st.integers(0, 2**32))
def test_the_generator_alone_decides(name, n_in, n_out, seed):
    initializer, _, _ = INITIALIZERS[name]
    rng = np.random.default_rng(seed)
    first, second = initializer(n_in, n_out, rng), initializer(n_in, n_out, rng)
    again = initializer(np.int64(n_in), float(n_out), np.random.default_rng(seed))
    assert first.shape == (n_in, n_out)
    assert_array_equal(first, again)
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, initializer(n_in, n_out, np.random.default_rng(seed + 1)))


def test_a_standard_deviation_of_zero_gives_zeros():
    assert_array_equal(normal_initializer(3, 4, 0, np.random.default_rng(0)), np.zeros((3, 4)))


# ------------------------------------------------------------------------------- what the rules promise


def mean_squares(initializer, activation, depth=10, n=200, backward=False):
    """Mean square of the sums of each layer relative to the first, mean over networks of one width."""
    ratios = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        a, squares = rng.normal(size=(50, n)), []
        for _ in range(depth):
            w = initializer(n, n, rng)
            z = a @ (w.T if backward else w)
            squares.append(np.mean(z**2))
            a = activation(z)
        ratios.append(np.array(squares) / squares[0])
    return np.mean(ratios, axis=0)


@pytest.mark.parametrize("initializer", [xavier_normal, xavier_uniform])
@pytest.mark.parametrize("backward", [False, True])
def test_xavier_keeps_the_variance_of_a_linear_network_both_ways(initializer, backward):
    assert_allclose(mean_squares(initializer, lambda z: z, backward=backward), 1, atol=0.15)


def test_he_keeps_the_mean_square_of_a_relu_network():
    assert_allclose(mean_squares(he_normal, relu), 1, atol=0.35)


def test_xavier_halves_the_mean_square_of_a_relu_network_at_each_layer():
    assert_allclose(mean_squares(xavier_normal, relu) * 2.0 ** np.arange(10), 1, atol=0.35)


def test_xavier_is_between_the_two_ways_where_a_layer_narrows():
    w = xavier_normal(900, 100, np.random.default_rng(0))
    assert 900 * w.var() == pytest.approx(1.8, rel=0.05)
    assert 100 * w.var() == pytest.approx(0.2, rel=0.05)


# ---------------------------------------------------------------------------------------------- statistics


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
def test_forward_statistics_agree_with_pytorch(torch, activation):
    rng = np.random.default_rng(16)
    widths = [7, 20, 5, 11, 3]
    x = rng.normal(size=(30, 7))
    weights = [rng.normal(size=shape) for shape in zip(widths[:-1], widths[1:])]
    ours = forward_statistics(x, weights, {"relu": relu, "sigmoid": sigmoid, "tanh": np.tanh}[activation])
    a, means, stds = torch.tensor(x), [], []
    for w in weights:
        layer = torch.nn.Linear(*w.shape, bias=False, dtype=torch.float64)
        layer.weight.data = torch.tensor(w.T.copy())
        a = getattr(torch, activation)(layer(a)).detach()
        means.append(a.mean().item())
        stds.append(a.std(correction=0).item())
    assert_allclose(ours[0], means, rtol=1e-12)
    assert_allclose(ours[1], stds, rtol=1e-12)


def test_forward_statistics_by_hand():
    # ReLU of the rows (1, −1) and (2, 0.5) gives 1, 0, 2, 0.5; their sums in pairs are 1 and 2.5
    weights = [np.array([[1, -1], [2, 0.5]]), np.ones((2, 1))]
    means, stds = forward_statistics(np.eye(2), weights, relu)
    assert_allclose(means, [0.875, 1.75])
    assert_allclose(stds, [np.sqrt((1 + 4 + 0.25) / 4 - 0.875**2), 0.75])


def test_forward_statistics_of_zero_weights_are_those_of_a_constant():
    means, stds = forward_statistics(np.eye(3), [np.zeros((3, 5)), np.zeros((5, 2))], sigmoid)
    assert_array_equal(means, [0.5, 0.5])
    assert_array_equal(stds, [0.0, 0.0])


def test_forward_statistics_without_a_layer_are_empty():
    means, stds = forward_statistics(np.eye(3), [], relu)
    assert means.shape == stds.shape == (0,)


@reproducible
@given(
    data=st.data(),
    widths=st.lists(st.integers(1, 6), min_size=2, max_size=5),
    samples=st.integers(1, 6),
    scale=st.sampled_from([0.25, 0.5, 2.0, 4.0]),
)
def test_a_relu_network_is_homogeneous_and_knows_no_order(data, widths, samples, scale):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    x = rng.normal(size=(samples, widths[0]))
    weights = [rng.normal(size=shape) for shape in zip(widths[:-1], widths[1:])]
    before = x.copy(), [w.copy() for w in weights]
    means, stds = forward_statistics(x, weights, relu)
    depth = np.arange(1, len(widths))
    scaled = forward_statistics(x, [scale * w for w in weights], relu)
    assert_array_equal(scaled[0], means * scale**depth)
    assert_allclose(scaled[1], stds * scale**depth, rtol=1e-12, atol=0)
    orders = [np.arange(widths[0]), *(rng.permutation(n) for n in widths[1:])]
    shuffled = [w[rows][:, columns] for w, rows, columns in zip(weights, orders[:-1], orders[1:])]
    for one, other in zip(forward_statistics(x[::-1], shuffled, relu), (means, stds)):
        assert_allclose(one, other, rtol=1e-10, atol=1e-12)
    assert_array_equal(x, before[0])
    for w, copy in zip(weights, before[1]):
        assert_array_equal(w, copy)


SIXTY_FOURTHS = st.integers(0, 64).map(lambda n: n / 64)  # exact, also as 1 − a


@reproducible
@given(
    a=arrays_of.arrays(np.float64, arrays_of.array_shapes(max_dims=3), elements=SIXTY_FOURTHS),
    margin=st.integers(0, 32).map(lambda n: n / 64),
)
def test_saturation_is_counted_at_both_ends_and_not_on_the_margin(a, margin):
    before = a.copy()
    share = saturation_fraction(a, margin)
    assert share == sum(value < margin or value > 1 - margin for value in a.flat) / a.size
    assert saturation_fraction(1 - a, margin) == share
    assert saturation_fraction(a, margin / 2) <= share
    assert_array_equal(a, before)


def test_saturation_has_a_margin_of_five_percent_by_default():
    a = np.linspace(0, 1, 1000)
    assert saturation_fraction(a) == saturation_fraction(a, 0.05) == saturation_fraction(a, margin=0.05) == 0.1


def test_saturation_is_zero_or_one_at_the_extremes():
    assert saturation_fraction(np.array([[0, 1], [1, 0]])) == 1
    assert saturation_fraction(np.full((3, 2), 0.5)) == 0
    assert saturation_fraction(np.array([0, 1]), 0) == 0


@pytest.mark.parametrize("spread", [0.5, 1.0, 10.0])
@pytest.mark.parametrize("margin", [0.05, 0.2])
def test_saturation_of_normal_sums_is_what_the_normal_distribution_says(spread, margin):
    a = sigmoid(np.random.default_rng(17).normal(0, spread, 200_000))
    expected = 2 * stats.norm.cdf(np.log(margin / (1 - margin)) / spread)
    assert saturation_fraction(a, margin) == pytest.approx(expected, abs=6 * 0.5 / np.sqrt(200_000))


# ------------------------------------------------------------------------------------------ distinct units


@reproducible
@given(arrays_of.arrays(np.int64, arrays_of.array_shapes(min_dims=2, max_dims=2), elements=st.integers(-1, 1)))
def test_distinct_units_of_whole_numbers_are_the_unique_columns(w):
    before = w.copy()
    assert distinct_units(w) == len({tuple(column) for column in w.T.tolist()})
    assert_array_equal(w, before)


@reproducible
@given(kinds=st.integers(1, 8), n_in=st.integers(1, 6), data=st.data())
def test_distinct_units_counts_kinds_in_any_order_and_up_to_rounding(kinds, n_in, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    copies = data.draw(st.lists(st.integers(0, kinds - 1), max_size=20))
    of_kind = rng.permutation(np.r_[np.arange(kinds), np.array(copies, dtype=int)])
    different = np.vstack([rng.permutation(kinds) + 1.0, rng.normal(size=(n_in - 1, kinds))])
    w = different[:, of_kind] * (1 + 1e-12 * rng.uniform(-1, 1, (n_in, len(of_kind))))
    assert distinct_units(w) == kinds
    assert type(distinct_units(w)) is int


@pytest.mark.parametrize(
    "w, expected",
    [
        (np.zeros((4, 7)), 1),
        (np.zeros((4, 1)), 1),
        (np.zeros((4, 0)), 0),
        (np.array([[0.3, 0.1 + 0.2]]), 1),
        (np.array([[1.0, 2.0, 1.0, -1.0, 2.0, 3.0], [0.5, -1.0, 0.5, -0.5, -1.0, 0.5]]), 4),
        (np.array([[1.0, 1.0], [2.0, 2.001]]), 2),
        (np.array([[np.inf, np.inf, -np.inf]]), 2),
        (np.array([[np.nan, 1.0, np.nan]]), 2),
        ([[1, 2, 1], [1, 2, 1]], 2),
    ],
)
def test_distinct_units_in_plain_cases(w, expected):
    assert distinct_units(w) == expected


def test_random_weights_make_every_unit_its_own():
    assert distinct_units(he_normal(50, 80, np.random.default_rng(0))) == 80


@pytest.mark.parametrize("value", [0.0, 0.3])
def test_training_in_pytorch_keeps_equal_units_equal(torch, value):
    rng = np.random.default_rng(18)
    x, y = torch.tensor(rng.normal(size=(40, 6))), torch.tensor(rng.integers(0, 3, 40))
    network = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.Sigmoid(), torch.nn.Linear(5, 3)).double()
    for parameter in network.parameters():
        torch.nn.init.constant_(parameter, value)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.5)
    for _ in range(100):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(x), y).backward()
        optimizer.step()
    incoming, outgoing = network[0].weight.detach().numpy().T, network[2].weight.detach().numpy()
    assert np.abs(incoming).max() > 0.01
    assert distinct_units(incoming) == distinct_units(outgoing) == 1


# --------------------------------------------------------------------------------------------------- errors

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "call, name, was, should",
    [
        (lambda: normal_initializer(0, 3, 1.0, RNG), "n_in", "0", "a whole number of at least 1"),
        (lambda: normal_initializer(3, 1.5, 1.0, RNG), "n_out", "1.5", "a whole number of at least 1"),
        (lambda: normal_initializer(3, 3, -0.1, RNG), "std", "-0.1", "at least 0"),
        (lambda: normal_initializer(3, 3, np.nan, RNG), "std", "nan", "at least 0"),
        (lambda: xavier_normal(-1, 3, RNG), "n_in", "-1", "a whole number of at least 1"),
        (lambda: xavier_normal(3, 0, RNG), "n_out", "0", "a whole number of at least 1"),
        (lambda: xavier_uniform(0, 3, RNG), "n_in", "0", "a whole number of at least 1"),
        (lambda: xavier_uniform(3, 0.5, RNG), "n_out", "0.5", "a whole number of at least 1"),
        (lambda: he_normal(0, 3, RNG), "n_in", "0", "a whole number of at least 1"),
        (lambda: he_normal(3, -2, RNG), "n_out", "-2", "a whole number of at least 1"),
        (lambda: forward_statistics(np.ones(3), [np.ones((3, 2))], relu), "x", "(3,)", "(any, any)"),
        (lambda: forward_statistics(np.ones((2, 3)), [np.ones((2, 2))], relu), "weights[0]", "(2, 2)", "(3, any)"),
        (
            lambda: forward_statistics(np.ones((2, 3)), [np.ones((3, 4)), np.ones((3, 2))], relu),
            "weights[1]",
            "(3, 2)",
            "(4, any)",
        ),
        (lambda: saturation_fraction(np.array([0.5]), 0.6), "margin", "0.6", "at least 0 and at most 0.5"),
        (lambda: saturation_fraction(np.array([0.5]), -0.1), "margin", "-0.1", "at least 0 and at most 0.5"),
        (lambda: saturation_fraction(np.array([-0.5, 0.5])), "activations.min()", "-0.5", "at least 0 and at most 1"),
        (lambda: saturation_fraction(np.array([0.5, 1.5])), "activations.max()", "1.5", "at least 0 and at most 1"),
        (lambda: saturation_fraction(np.array([0.5, np.nan])), "activations.min()", "nan", "at least 0 and at most 1"),
        (lambda: saturation_fraction(np.zeros((0, 3))), "activations.size", "0", "at least 1"),
        (lambda: distinct_units(np.zeros(3)), "w", "(3,)", "(any, any)"),
        (lambda: distinct_units(np.zeros((2, 3, 4))), "w", "(2, 3, 4)", "(any, any)"),
    ],
)
def test_an_error_names_the_argument_and_what_it_was_and_should_be(call, name, was, should):
    with pytest.raises(ValueError) as caught:
        call()
    message = str(caught.value)
    assert message.startswith(f"{name} ")
    given_part, _, wanted_part = message.partition("should be")
    assert was in given_part
    assert should in wanted_part
