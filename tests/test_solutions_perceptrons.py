"""The references of chapter ``perceptrons`` against logic, scikit-learn, theorems and properties."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from numpy.testing import assert_allclose, assert_array_equal

from solutions.perceptrons import (
    and_gate_parameters,
    heaviside,
    nand_gate_parameters,
    or_gate_parameters,
    perceptron,
    perceptron_update,
    train_perceptron,
    xor_gate,
    xor_network_parameters,
)

reproducible = settings(deadline=None, derandomize=True)  # a slow machine is no failure

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
FLOATS = st.floats(-1e3, 1e3)
EIGHTHS = st.integers(-80, 80).map(lambda n: n / 8)  # their products and sums are exact


def clouds(rng, n=40, dimensions=3, gap=0.5):
    """Samples and labels that a plane separates by ``gap`` on each side, the first label 1."""
    normal, offset = rng.normal(size=dimensions), rng.normal()
    normal /= np.linalg.norm(normal)
    x = rng.normal(0, 2, (10 * n, dimensions))
    x = x[np.abs(x @ normal + offset) > gap]
    y = (x @ normal + offset > 0).astype(int)
    first = int(np.argmax(y))
    order = np.r_[first, np.delete(np.arange(len(x)), first)][:n]
    return x[order], y[order], normal, offset


# ----------------------------------------------------------------------------------- units, gates, networks


@reproducible
@given(arrays_of.arrays(np.float64, arrays_of.array_shapes(), elements=st.floats(allow_nan=False)))
def test_heaviside_agrees_with_numpy_and_keeps_the_shape(z):
    before = z.copy()
    result = heaviside(z)
    assert result.shape == z.shape
    assert_array_equal(result, np.heaviside(z, 0.0))
    assert_array_equal(z, before)


def test_heaviside_is_zero_at_its_threshold():
    assert_array_equal(heaviside(np.array([-0.0, 0.0, 5e-324])), [0.0, 0.0, 1.0])


@reproducible
@given(st.data(), st.integers(1, 5), st.integers(1, 6))
def test_perceptron_agrees_with_sums_written_out(data, n, samples):
    x = data.draw(arrays_of.arrays(np.float64, (samples, n), elements=EIGHTHS))
    w = data.draw(arrays_of.arrays(np.float64, n, elements=EIGHTHS))
    b = data.draw(EIGHTHS)
    expected = [float(sum(float(w[i]) * float(row[i]) for i in range(n)) + b > 0) for row in x]
    assert_array_equal(perceptron(x, w, b), expected)
    assert_array_equal(perceptron(x[0], w, b), expected[0])
    assert_array_equal(perceptron(x[None, :, None], w, b), np.reshape(expected, (1, samples, 1)))


@reproducible
@given(st.data(), st.integers(-8, 8))
def test_scaling_weights_and_bias_by_a_positive_constant_changes_nothing(data, power):
    x = data.draw(arrays_of.arrays(np.float64, (4, 3), elements=EIGHTHS))
    w = data.draw(arrays_of.arrays(np.float64, 3, elements=EIGHTHS))
    b, scale = data.draw(EIGHTHS), 2.0**power
    assert_array_equal(perceptron(x, scale * w, scale * b), perceptron(x, w, b))


@reproducible
@given(st.data())
def test_negating_weights_and_bias_negates_the_output_off_the_line(data):
    x = data.draw(arrays_of.arrays(np.float64, (4, 3), elements=EIGHTHS))
    w = data.draw(arrays_of.arrays(np.float64, 3, elements=EIGHTHS))
    b = data.draw(EIGHTHS)
    assume(np.all(x @ w + b != 0))
    assert_array_equal(perceptron(x, -w, -b), 1 - perceptron(x, w, b))


@pytest.mark.parametrize(
    "parameters, logic",
    [
        (and_gate_parameters, np.logical_and),
        (or_gate_parameters, np.logical_or),
        (nand_gate_parameters, lambda x1, x2: ~np.logical_and(x1, x2)),
    ],
)
def test_gate_parameters_give_the_truth_table(parameters, logic):
    w, b = parameters()
    assert w.shape == (2,)
    assert np.ndim(b) == 0
    assert_array_equal(perceptron(CORNERS, w, b), logic(*CORNERS.T))


@reproducible
@given(st.data(), arrays_of.array_shapes(max_side=4))
def test_xor_gate_agrees_with_logical_xor(data, shape):
    x1, x2 = (data.draw(arrays_of.arrays(np.int64, shape, elements=st.integers(0, 1))) for _ in range(2))
    assert_array_equal(xor_gate(x1, x2), np.logical_xor(x1, x2))
    assert_array_equal(xor_gate(x1 * 1.0, x2 * 1.0), x1 != x2)


def test_xor_network_is_exclusive_or():
    W1, b1, w2, b2 = xor_network_parameters()
    assert (W1.shape, b1.shape, w2.shape, np.shape(b2)) == ((2, 2), (2,), (2,), ())
    assert_array_equal(heaviside(heaviside(CORNERS @ W1 + b1) @ w2 + b2), [0, 1, 1, 0])


# ------------------------------------------------------------------------------------------------- learning


@reproducible
@given(st.data(), st.integers(1, 5), st.sampled_from([0, 1]), st.sampled_from([0.25, 0.5, 1.0, 2.0]))
def test_an_update_moves_towards_a_missed_sample_and_only_then(data, n, y, rate):
    w = data.draw(arrays_of.arrays(np.float64, n, elements=EIGHTHS))
    x = data.draw(arrays_of.arrays(np.float64, n, elements=EIGHTHS))
    b = data.draw(EIGHTHS)
    before = w.copy(), x.copy()
    w_new, b_new = perceptron_update(w, b, x, y, rate)
    moved = 0 if perceptron(x, w, b) == y else 1 if y else -1
    assert_array_equal(w_new, w + moved * rate * x)
    assert b_new == b + moved * rate
    # the sum at the sample moves by η(‖x‖² + 1) towards its label
    assert x @ w_new + b_new == x @ w + b + moved * rate * (x @ x + 1)
    assert_array_equal(w, before[0])
    assert_array_equal(x, before[1])
    assert not np.shares_memory(w_new, w)


def training_sets():
    n = st.shared(st.integers(1, 8), key="n")
    x = n.flatmap(lambda n: arrays_of.arrays(np.float64, (n, 2), elements=EIGHTHS))
    y = n.flatmap(lambda n: arrays_of.arrays(np.int64, n, elements=st.integers(0, 1)))
    return x, y


@reproducible
@given(*training_sets(), st.integers(0, 6))
def test_training_is_the_updates_one_after_another_and_always_the_same(x, y, epochs):
    before = x.copy(), y.copy()
    w, b, mistakes = train_perceptron(x, y, 0.5, epochs)
    again = train_perceptron(x, y, 0.5, epochs)
    expected_w, expected_b, missed = np.zeros(2), 0.0, 0
    for _ in range(epochs):
        for sample, label in zip(x, y):
            missed += perceptron(sample, expected_w, expected_b) != label
            expected_w, expected_b = perceptron_update(expected_w, expected_b, sample, label, 0.5)
    assert_array_equal(w, expected_w)
    assert b == expected_b
    assert len(mistakes) == epochs
    assert sum(mistakes) == missed
    assert_array_equal(w, again[0])
    assert (b, mistakes) == again[1:]
    assert_array_equal(x, before[0])
    assert_array_equal(y, before[1])


@reproducible
@given(*training_sets(), st.sampled_from([0.25, 2.0, 8.0]))
def test_from_zero_the_learning_rate_only_scales_the_parameters(x, y, rate):
    w, b, mistakes = train_perceptron(x, y, 1.0, 4)
    w_scaled, b_scaled, mistakes_scaled = train_perceptron(x, y, rate, 4)
    assert_array_equal(w_scaled, rate * w)
    assert b_scaled == rate * b
    assert mistakes_scaled == mistakes


@reproducible
@given(*training_sets())
def test_an_epoch_without_mistakes_is_the_last_with_any_change(x, y):
    w, b, mistakes = train_perceptron(x, y, 1.0, 12)
    if 0 in mistakes:
        assert mistakes[mistakes.index(0) :] == [0] * (12 - mistakes.index(0))
        assert_array_equal(perceptron(x, w, b), y)


@pytest.mark.parametrize("seed", range(5))
def test_mistakes_stay_below_novikoffs_bound(seed):
    # Novikoff (1962): with x̃ = (x, 1), ‖x̃‖ <= R and a unit vector u with ±u·x̃ >= γ for every sample, at most
    # (R/γ)² updates are made, in however many epochs.
    x, y, normal, offset = clouds(np.random.default_rng(seed))
    extended, unit = np.column_stack([x, np.ones(len(x))]), np.append(normal, offset)
    unit /= np.linalg.norm(unit)
    margin = np.min((2 * y - 1) * (extended @ unit))
    bound = (np.linalg.norm(extended, axis=1).max() / margin) ** 2
    epochs = math.floor(bound) + 1  # each epoch but the last makes at least one of the mistakes
    w, b, mistakes = train_perceptron(x, y, 0.5, epochs)
    assert 0 < sum(mistakes) <= bound
    assert mistakes[-1] == 0
    assert_array_equal(perceptron(x, w, b), y)


def test_xor_is_never_learnt():
    _, _, mistakes = train_perceptron(CORNERS, [0, 1, 1, 0], 0.5, 200)
    assert min(mistakes) > 0


@pytest.mark.parametrize("eta0", [0.25, 1.0])
@pytest.mark.parametrize("epochs", [1, 2, 7])
@pytest.mark.parametrize("flipped", [0, 6])
def test_training_follows_scikit_learn(eta0, epochs, flipped):
    # scikit-learn also updates at a sum of exactly zero, so the first sample, met with zero weights, has label 1
    linear_model = pytest.importorskip("sklearn.linear_model")
    x, y, _, _ = clouds(np.random.default_rng(epochs), gap=0.1)
    y[1 : 1 + flipped] ^= 1  # with wrong labels no plane separates the classes
    theirs = linear_model.Perceptron(eta0=eta0, max_iter=epochs, tol=None, shuffle=False).fit(x, y)
    w, b, mistakes = train_perceptron(x, y, eta0, epochs)
    assert_allclose(w, theirs.coef_[0], rtol=1e-9)
    assert b == pytest.approx(theirs.intercept_[0], rel=1e-9)
    assert_array_equal(perceptron(x, w, b), theirs.predict(x))


# --------------------------------------------------------------------------------------------------- errors

X, Y = CORNERS, [0, 0, 0, 1]


@pytest.mark.parametrize(
    "call, name, was, should",
    [
        (lambda: perceptron(np.zeros((4, 3)), np.zeros(2), 0.0), "x", "(4, 3)", "length 2"),
        (lambda: perceptron(1.0, np.zeros(1), 0.0), "x", "()", "length 1"),
        (lambda: perceptron(X, np.zeros((2, 1)), 0.0), "w", "(2, 1)", "(any,)"),
        (lambda: perceptron_update(np.zeros(2), 0.0, np.zeros(3), 1, 0.5), "x", "(3,)", "(2,)"),
        (lambda: perceptron_update(np.zeros((1, 2)), 0.0, np.zeros(2), 1, 0.5), "w", "(1, 2)", "(any,)"),
        (lambda: train_perceptron(np.zeros(4), Y, 0.5, 1), "x", "(4,)", "(any, any)"),
        (lambda: train_perceptron(X, [0, 1, 1], 0.5, 1), "y", "(3,)", "(4,)"),
        (lambda: train_perceptron(X, Y, 0.0, 1), "learning_rate", "0.0", "above 0"),
        (lambda: train_perceptron(X, Y, -1, 1), "learning_rate", "-1", "above 0"),
        (lambda: train_perceptron(X, Y, np.nan, 1), "learning_rate", "nan", "above 0"),
        (lambda: train_perceptron(X, Y, 0.5, -1), "epochs", "-1", "a whole number of at least 0"),
        (lambda: train_perceptron(X, Y, 0.5, 1.5), "epochs", "1.5", "a whole number of at least 0"),
    ],
)
def test_an_error_names_the_argument_and_what_it_was_and_should_be(call, name, was, should):
    with pytest.raises(ValueError) as caught:
        call()
    given_part, _, wanted_part = str(caught.value).partition("should")
    assert given_part.startswith(f"{name} ")
    assert was in given_part
    assert should in wanted_part


@pytest.mark.parametrize(
    "call, name",
    [
        (lambda: xor_gate([0, 2], [0, 1]), "x1"),
        (lambda: xor_gate([0, 1], [0.5, 1]), "x2"),
        (lambda: perceptron_update(np.zeros(2), 0.0, np.zeros(2), -1, 0.5), "y"),
        (lambda: train_perceptron(X, [-1, -1, -1, 1], 0.5, 1), "y"),
        (lambda: train_perceptron(X, [0, 0, np.nan, 1], 0.5, 1), "y"),
    ],
)
def test_labels_and_logic_values_other_than_0_and_1_are_refused_by_name(call, name):
    with pytest.raises(ValueError, match=f"^{name} has the entry .* should be 0 or 1"):
        call()
