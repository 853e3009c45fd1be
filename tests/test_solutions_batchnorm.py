"""The references of chapter ``batchnorm`` against PyTorch, scikit-learn, finite differences and properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from solutions.batchnorm import (
    batchnorm_backward,
    batchnorm_forward,
    fold_batchnorm,
    min_max_normalize,
    spatial_batchnorm,
    spatial_batchnorm_backward,
    spatial_batchnorm_forward,
    standardize,
)

reproducible = settings(deadline=None, derandomize=True)  # a slow machine is no failure

DENSE = [(2, 1), (5, 3), (1, 4), (40, 7)]
IMAGES = [(3, 2, 4, 5), (1, 3, 2, 2), (4, 1, 3, 1), (6, 5, 1, 1), (2, 8, 7, 6)]
every_shape = pytest.mark.parametrize("shape", DENSE + IMAGES)
pytorchs_shapes = pytest.mark.parametrize("shape", [s for s in DENSE + IMAGES if s != (1, 4)])  # it wants 2 values
every_image = pytest.mark.parametrize("shape", IMAGES)


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip(
        "torch", reason="PyTorch is not installed: pip install torch==2.13.0 runs these oracle tests"
    )


def layer(shape, seed=0):
    """x, gamma, beta, running_mean, running_var and a dout for the layer."""
    rng = np.random.default_rng(seed)
    c = shape[1]
    x = rng.normal(1, 3, shape)
    return x, rng.normal(size=c), rng.normal(size=c), rng.normal(size=c), rng.uniform(0.1, 3, c), rng.normal(size=shape)


def functions(shape):
    """Forward and backward for arrays of this many axes."""
    dense = len(shape) == 2
    return (batchnorm_forward, batchnorm_backward) if dense else (spatial_batchnorm, spatial_batchnorm_backward)


def per_channel(values, x):
    """(C,) → an array that meets the channels of x."""
    return np.reshape(values, (1, -1) + (1,) * (x.ndim - 2))


def features(fewest=1):
    """Batches (N, D) of whole quarters."""
    shapes = st.tuples(st.integers(fewest, 12), st.integers(1, 5))
    whole = shapes.flatmap(lambda shape: arrays(np.int64, shape, elements=st.integers(-400, 400)))
    return whole.map(lambda x: x / 4)


def slope(f, x, direction, h=1e-5):
    """The central difference of f at x along a direction."""
    return (f(x + h * direction) - f(x - h * direction)) / (2 * h)


# ------------------------------------------------------------------------------------------------- PyTorch


@pytorchs_shapes
@pytest.mark.parametrize("eps", [1e-5, 0.3])
def test_the_layer_and_its_gradients_agree_with_pytorch(torch, shape, eps):
    x, gamma, beta, mean, var, dout = layer(shape)
    forward, backward = functions(shape)
    theirs = [torch.tensor(array, requires_grad=True) for array in (x, gamma, beta)]
    expected = torch.nn.functional.batch_norm(theirs[0], None, None, *theirs[1:], training=True, eps=eps)
    gradients = torch.autograd.grad(expected, theirs, torch.tensor(dout))
    out, cache, _, _ = forward(x, gamma, beta, mean, var, eps=eps)
    assert_allclose(out, expected.detach().numpy(), rtol=1e-10, atol=1e-11)
    for ours, its in zip(backward(dout, cache), gradients, strict=True):
        assert_allclose(ours, its.numpy(), rtol=1e-9, atol=1e-11)


@pytorchs_shapes
@pytest.mark.parametrize("momentum", [0.9, 0.25])
def test_training_moves_the_running_statistics_as_pytorchs_modules_do(torch, shape, momentum):
    """PyTorch calls the share of the new value momentum, and divides the batch's variance by N − 1."""
    x, gamma, beta, mean, var, _ = layer(shape)
    n = x[:, 0].size
    forward, _ = functions(shape)
    module = (torch.nn.BatchNorm1d if x.ndim == 2 else torch.nn.BatchNorm2d)(
        shape[1], momentum=1 - momentum, dtype=torch.float64
    )
    for step in range(3):
        module(torch.tensor(x + step))
    running_mean, running_var = np.zeros(shape[1]), np.ones(shape[1])
    for step in range(3):
        _, _, running_mean, running_var = forward(x + step, gamma, beta, running_mean, running_var, momentum)
    assert_allclose(running_mean, module.running_mean.numpy(), rtol=1e-12)
    kept = momentum**3  # the share of the first variance, 1, which is the same on both sides
    assert_allclose(running_var - kept, (module.running_var.numpy() - kept) * (n - 1) / n, rtol=1e-10)


@every_shape
def test_the_test_mode_agrees_with_pytorch(torch, shape):
    x, gamma, beta, mean, var, _ = layer(shape)
    forward, _ = functions(shape)
    expected = torch.nn.functional.batch_norm(*map(torch.tensor, (x, mean, var, gamma, beta)), training=False)
    out, cache, new_mean, new_var = forward(x, gamma, beta, mean, var, training=False)
    assert_allclose(out, expected.numpy(), rtol=1e-11, atol=1e-12)
    assert cache is None
    assert_array_equal(new_mean, mean)
    assert_array_equal(new_var, var)


def test_features_are_scaled_as_by_scikit_learn():
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    x = layer((20, 6))[0]
    x[:, 2] = 4.0
    assert_allclose(min_max_normalize(x), preprocessing.MinMaxScaler().fit_transform(x), atol=1e-13)
    x = x[:, [0, 1, 3]]
    assert_allclose(standardize(x, 0.0), preprocessing.StandardScaler().fit_transform(x), atol=1e-12)


# -------------------------------------------------------------------------------------------- closed forms


def test_worked_numbers():
    x = np.array([[3, 10], [7, 50], [3, 50], [7, 10]])  # means 5 and 30, deviations 2 and 20
    assert_array_equal(min_max_normalize(x), [[0, 0], [1, 1], [0, 1], [1, 0]])
    signs = np.array([[-1, -1], [1, 1], [-1, 1], [1, -1]])
    assert_allclose(standardize(x, 0.0), signs)
    assert_allclose(standardize(x), signs * [2, 20] / np.sqrt([4.00001, 400.00001]), rtol=1e-14)
    out, _, mean, var = batchnorm_forward(x, [1, 2], [0, -1], [0, 0], [1, 1], eps=0)
    assert_allclose(out, signs * [1, 2] + [0, -1])
    assert_allclose(mean, [0.5, 3])
    assert_allclose(var, [1.3, 40.9])
    w, b = fold_batchnorm([[2, -1], [0, 3]], [1, 5], [1, 2], [0, -1], [5, 30], [4, 400], eps=0)
    assert_allclose(w, [[1, -0.1], [0, 0.3]])
    assert_allclose(b, [-2, -3.5])


@every_shape
def test_a_layer_of_the_book_s_formula(shape):
    x, gamma, beta, mean, var, _ = layer(shape)
    axes = tuple(a for a in range(x.ndim) if a != 1)
    forward, _ = functions(shape)
    out, _, new_mean, new_var = forward(x, gamma, beta, mean, var, 0.7, 0.01)
    unit = (x - x.mean(axis=axes, keepdims=True)) / np.sqrt(x.var(axis=axes, keepdims=True) + 0.01)
    assert_allclose(out, per_channel(gamma, x) * unit + per_channel(beta, x), rtol=1e-11, atol=1e-12)
    assert_allclose(new_mean, 0.7 * mean + 0.3 * x.mean(axis=axes), rtol=1e-12)
    assert_allclose(new_var, 0.7 * var + 0.3 * x.var(axis=axes), rtol=1e-12)


def test_the_defaults_are_those_of_the_signature():
    x, gamma, beta, mean, var, _ = layer((6, 3))
    plain, given_ = (
        batchnorm_forward(x, gamma, beta, mean, var),
        batchnorm_forward(x, gamma, beta, mean, var, momentum=0.9, eps=1e-5, training=True),
    )
    for one, other in zip((plain[0], *plain[2:]), (given_[0], *given_[2:])):
        assert_array_equal(one, other)
    assert_array_equal(standardize(x), standardize(x, 1e-5))


@every_image
def test_the_spatial_exercise_is_the_layer_s_output_in_training(shape):
    x, gamma, beta, mean, var, _ = layer(shape)
    for eps in (1e-5, 0.3):
        out, *_ = spatial_batchnorm(x, gamma, beta, mean, var, eps=eps)
        assert_array_equal(spatial_batchnorm_forward(x, gamma, beta, eps), out)


@every_image
def test_images_are_batches_of_pixels(shape):
    x, gamma, beta, mean, var, dout = layer(shape)

    def rows(images):
        return images.transpose(0, 2, 3, 1).reshape(-1, shape[1])

    out, cache, new_mean, new_var = spatial_batchnorm(x, gamma, beta, mean, var)
    flat, flat_cache, flat_mean, flat_var = batchnorm_forward(rows(x), gamma, beta, mean, var)
    assert_allclose(rows(out), flat, rtol=1e-11, atol=1e-12)
    assert_allclose([new_mean, new_var], [flat_mean, flat_var], rtol=1e-12)
    ours, flats = spatial_batchnorm_backward(dout, cache), batchnorm_backward(rows(dout), flat_cache)
    for one, other in zip((rows(ours[0]), *ours[1:]), flats):
        assert_allclose(one, other, rtol=1e-9, atol=1e-11)


# --------------------------------------------------------------------------------------- finite differences


@every_shape
@pytest.mark.parametrize("eps", [1e-5, 0.3])
def test_gradients_agree_with_finite_differences(shape, eps):
    x, gamma, beta, mean, var, dout = layer(shape, seed=3)
    forward, backward = functions(shape)
    given_ = {"x": x, "gamma": gamma, "beta": beta}
    _, cache, _, _ = forward(x, gamma, beta, mean, var, eps=eps)
    rng = np.random.default_rng(4)
    for (name, value), gradient in zip(given_.items(), backward(dout, cache), strict=True):
        assert gradient.shape == value.shape

        def loss(moved, name=name):
            a = {**given_, name: moved}
            return np.sum(dout * forward(a["x"], a["gamma"], a["beta"], mean, var, eps=eps)[0])

        for _ in range(3):
            direction = rng.normal(size=value.shape)
            assert_allclose(slope(loss, value, direction), np.sum(gradient * direction), rtol=1e-6, atol=1e-6)


# ---------------------------------------------------------------------------------------------- properties


@reproducible
@given(features())
def test_min_max_fills_the_range_from_0_to_1(x):
    out, varies = min_max_normalize(x), np.ptp(x, axis=0) > 0
    assert np.all((out >= 0) & (out <= 1))
    assert_array_equal(out.max(axis=0), varies * 1.0)
    assert_array_equal(out.min(axis=0), 0)


@reproducible
@given(features(), st.integers(1, 50), st.integers(-50, 50))
def test_scaling_and_shifting_the_data_changes_nothing(x, scale, shift):
    assert_allclose(min_max_normalize(scale * x + shift), min_max_normalize(x), atol=1e-12)
    x = x[:, np.ptp(x, axis=0) > 0]
    if x.size:
        assert_allclose(standardize(scale * x + shift, 0.0), standardize(x, 0.0), atol=1e-9)


@reproducible
@given(features(), st.sampled_from([1e-5, 0.5]))
def test_standardised_features_have_mean_0_and_a_variance_just_below_1(x, eps):
    out = standardize(x, eps)
    assert_allclose(out.mean(axis=0), 0, atol=1e-10)
    assert_allclose(out.var(axis=0), x.var(axis=0) / (x.var(axis=0) + eps), atol=1e-10)


@reproducible
@given(features(fewest=2), st.randoms(use_true_random=False))
def test_the_order_of_the_samples_does_not_matter(x, random):
    order = list(range(len(x)))
    random.shuffle(order)
    ones, zeros = np.ones(x.shape[1]), np.zeros(x.shape[1])
    out, cache, *running = batchnorm_forward(x, ones, zeros, zeros, ones)
    shuffled, shuffled_cache, *shuffled_running = batchnorm_forward(x[order], ones, zeros, zeros, ones)
    assert_allclose(shuffled, out[order], atol=1e-10)
    assert_allclose(shuffled_running, running, atol=1e-10)
    dout = np.cos(np.arange(x.size, dtype=float)).reshape(x.shape)
    assert_allclose(
        batchnorm_backward(dout[order], shuffled_cache)[0], batchnorm_backward(dout, cache)[0][order], atol=1e-6
    )


@reproducible
@given(features(fewest=2), st.integers(0, 2**32 - 1))
def test_the_gradient_cannot_shift_the_batch(x, seed):
    """A shift of all samples changes no output, so each column of dx sums to 0."""
    ones, zeros = np.ones(x.shape[1]), np.zeros(x.shape[1])
    _, cache, *_ = batchnorm_forward(x, ones, zeros, zeros, ones)
    dout = np.random.default_rng(seed).normal(size=x.shape)
    dx, _, dbeta = batchnorm_backward(dout, cache)
    assert_allclose(dx.sum(axis=0), 0, atol=1e-8)
    assert_allclose(dbeta, dout.sum(axis=0))


@reproducible
@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**32 - 1), st.sampled_from([1e-5, 0.1]))
def test_the_folded_layer_is_the_two_layers_at_test_time(inputs, outputs, seed, eps):
    rng = np.random.default_rng(seed)
    x, w, b = rng.normal(size=(4, inputs)), rng.normal(size=(inputs, outputs)), rng.normal(size=outputs)
    gamma, beta, mean, var = *rng.normal(size=(3, outputs)), rng.uniform(0, 2, outputs)
    out, *_ = batchnorm_forward(x @ w + b, gamma, beta, mean, var, eps=eps, training=False)
    folded_w, folded_b = fold_batchnorm(w, b, gamma, beta, mean, var, eps)
    assert_allclose(x @ folded_w + folded_b, out, rtol=1e-9, atol=1e-8)


def test_gamma_and_beta_can_undo_the_normalisation():
    x = layer((30, 4))[0]
    std = np.sqrt(x.var(axis=0) + 1e-5)
    out, *_ = batchnorm_forward(x, std, x.mean(axis=0), np.zeros(4), np.ones(4))
    assert_allclose(out, x, rtol=1e-10)


def test_the_running_statistics_converge_to_the_batch_s():
    x = layer((30, 4))[0]
    running = np.zeros(4), np.ones(4)
    for _ in range(400):
        _, _, *running = batchnorm_forward(x, np.ones(4), np.zeros(4), *running)
    assert_allclose(running, [x.mean(axis=0), x.var(axis=0)], rtol=1e-12)


# ------------------------------------------------------------------------------------------------ extremes


def test_numbers_too_large_to_square():
    x = np.array([[1.0, 2.0, 4.0], [3.0, -1.0, 4.0]]) * np.array([1e200, 1.0, 1e300])
    with np.errstate(over="ignore"):
        assert_allclose(standardize(x), [[-1, 1, 0], [1, -1, 0]], rtol=1e-5)
        out, _, _, var = batchnorm_forward(x, np.ones(3), np.zeros(3), np.zeros(3), np.ones(3))
    assert_allclose(out, [[-1, 1, 0], [1, -1, 0]], rtol=1e-5)
    assert var[0] == np.inf
    assert_allclose(min_max_normalize(np.array([[-1.7e308], [1.7e308], [0]])), [[0], [1], [0.5]])


def test_what_does_not_vary_becomes_0_without_a_warning():
    with np.errstate(all="raise"):
        for value in (0.0, 0.1, 1e6, -3.0):
            x = np.full((7, 2), value)
            assert_array_equal(min_max_normalize(x), 0)
            assert_allclose(standardize(x), 0, atol=1e-6)
            out, cache, _, _ = batchnorm_forward(x, [1, 2], [3, 4], [0, 0], [1, 1])
            assert_allclose(out, np.tile([3, 4], (7, 1)), atol=1e-6)
            assert np.all(np.isfinite(batchnorm_backward(np.ones((7, 2)), cache)[0]))


def test_a_batch_of_one_sample_is_beta():
    out, cache, mean, var = batchnorm_forward(np.array([[5.0, -2.0]]), [1, 2], [3, 4], [0, 0], [1, 1])
    assert_array_equal(out, [[3, 4]])
    assert_allclose(mean, [0.5, -0.2])
    assert_allclose(var, [0.9, 0.9])
    assert_array_equal(batchnorm_backward([[1.0, 1.0]], cache)[0], 0)


def test_an_empty_batch_is_fine_at_test_time():
    out, *_ = batchnorm_forward(np.zeros((0, 2)), [1, 1], [0, 0], [0, 0], [1, 1], training=False)
    assert out.shape == (0, 2)


@every_shape
def test_whole_numbers_and_lists_are_welcome(shape):
    rng = np.random.default_rng(0)
    x, dout = rng.integers(-5, 6, shape), rng.integers(-5, 6, shape)
    c = shape[1]
    gamma, beta, mean, var = rng.integers(1, 4, (4, c))
    forward, backward = functions(shape)
    out, cache, *running = forward(x.tolist(), gamma.tolist(), beta, mean, var)
    expected, expected_cache, *expected_running = forward(x / 1, gamma / 1, beta / 1, mean / 1, var / 1)
    assert_array_equal(out, expected)
    assert_array_equal(running, expected_running)
    for one, other in zip(backward(dout, cache), backward(dout / 1, expected_cache)):
        assert_array_equal(one, other)


@every_shape
def test_arguments_and_cache_stay_as_they_were(shape):
    given_ = layer(shape)
    kept = [array.copy() for array in given_]
    forward, backward = functions(shape)
    for training in (False, True):
        out, cache, *_ = forward(*given_[:5], training=training)
    first = backward(given_[5], cache)
    out[:] = 0
    for one, other in zip(first, backward(given_[5], cache)):  # a second time, the same
        assert_array_equal(one, other)
    for array, before in zip(given_, kept):
        assert_array_equal(array, before)


def test_images_in_another_memory_order():
    x, gamma, beta, mean, var, dout = layer((3, 2, 4, 5))
    turned, dturned = (np.asfortranarray(array) for array in (x, dout))
    out, cache, *_ = spatial_batchnorm(turned, gamma, beta, mean, var)
    assert_allclose(out, spatial_batchnorm(x, gamma, beta, mean, var)[0], rtol=1e-12, atol=1e-12)
    expected = spatial_batchnorm_backward(dout, spatial_batchnorm(x, gamma, beta, mean, var)[1])
    for ours, right in zip(spatial_batchnorm_backward(dturned, cache), expected):
        assert_allclose(ours, right, rtol=1e-11, atol=1e-12)


# -------------------------------------------------------------------------------------------------- errors

ONES, ZEROS = np.ones(2), np.zeros(2)
TESTED = ONES, ZEROS, ZEROS, ONES
X, PICTURES, MATRIX = np.ones((3, 2)), np.ones((3, 2, 4, 4)), np.ones((4, 2))


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: min_max_normalize(ONES), r"x has shape \(2,\), it should be \(any, any\)"),
        (lambda: min_max_normalize(np.ones((0, 2))), r"x has shape \(0, 2\), it should hold at least 1 sample"),
        (lambda: standardize(PICTURES), r"x has shape \(3, 2, 4, 4\), it should be \(any, any\)"),
        (lambda: standardize(np.ones((0, 2))), "at least 1 sample"),
        (lambda: standardize(X, -1e-5), "eps is -1e-05, it should be at least 0"),
        (lambda: batchnorm_forward(PICTURES, ONES, ZEROS, ZEROS, ONES), r"it should be \(any, any\)"),
        (lambda: batchnorm_forward(np.ones((0, 2)), ONES, ZEROS, ZEROS, ONES), "at least 1 sample"),
        (lambda: batchnorm_forward(np.ones((3, 0)), *np.ones((4, 0))), "at least 1 sample of at least 1 feature"),
        (lambda: batchnorm_forward(X, np.ones(3), ZEROS, ZEROS, ONES), r"gamma has shape \(3,\), it should be \(2,\)"),
        (lambda: batchnorm_forward(X, ONES, np.ones((1, 2)), ZEROS, ONES), r"beta has shape \(1, 2\)"),
        (lambda: batchnorm_forward(X, ONES, ZEROS, 0.0, ONES), r"running_mean has shape \(\)"),
        (lambda: batchnorm_forward(X, ONES, ZEROS, ZEROS, np.ones(1)), r"running_var has shape \(1,\)"),
        (lambda: batchnorm_forward(X, ONES, ZEROS, ZEROS, -ONES), r"running_var.min\(\) is -1.0, .* at least 0"),
        (lambda: batchnorm_forward(X, ONES, ZEROS, ZEROS, ONES, 1.5), "momentum is 1.5, it should be at least 0 and"),
        (lambda: batchnorm_forward(X, ONES, ZEROS, ZEROS, ONES, -0.1), "momentum is -0.1"),
        (lambda: batchnorm_forward(X, ONES, ZEROS, ZEROS, ONES, eps=-1), "eps is -1, it should be at least 0"),
        (lambda: batchnorm_forward(X, ONES, ZEROS, ZEROS, ONES, eps=-1, training=False), "eps is -1"),
        (lambda: batchnorm_backward(X, batchnorm_forward(X, *TESTED, training=False)[1]), "cache is None"),
        (
            lambda: batchnorm_backward(np.ones((3, 1)), batchnorm_forward(X, ONES, ZEROS, ZEROS, ONES)[1]),
            r"dout has shape \(3, 1\), it should be \(3, 2\)",
        ),
        (lambda: fold_batchnorm(ONES, ONES, ONES, ZEROS, ZEROS, ONES), r"w has shape \(2,\), it should be"),
        (lambda: fold_batchnorm(MATRIX, np.ones(4), ONES, ZEROS, ZEROS, ONES), r"b has shape \(4,\)"),
        (lambda: fold_batchnorm(MATRIX, ONES, np.ones(4), ZEROS, ZEROS, ONES), r"gamma has shape \(4,\)"),
        (lambda: fold_batchnorm(MATRIX, ONES, ONES, np.ones(4), ZEROS, ONES), r"beta has shape \(4,\)"),
        (lambda: fold_batchnorm(MATRIX, ONES, ONES, ZEROS, np.ones(4), ONES), r"mean has shape \(4,\)"),
        (lambda: fold_batchnorm(MATRIX, ONES, ONES, ZEROS, ZEROS, np.ones(4)), r"var has shape \(4,\)"),
        (lambda: fold_batchnorm(MATRIX, ONES, ONES, ZEROS, ZEROS, -ONES), r"var.min\(\) is -1.0"),
        (lambda: fold_batchnorm(MATRIX, ONES, ONES, ZEROS, ZEROS, ONES, -1), "eps is -1"),
        (lambda: spatial_batchnorm_forward(X, ONES, ZEROS), r"x has shape \(3, 2\), it should be \(any, "),
        (lambda: spatial_batchnorm_forward(PICTURES, np.ones(4), ZEROS), r"gamma has shape \(4,\)"),
        (lambda: spatial_batchnorm_forward(PICTURES, ONES, np.ones(4)), r"beta has shape \(4,\)"),
        (lambda: spatial_batchnorm_forward(PICTURES[:0], ONES, ZEROS), "at least 1 sample"),
        (lambda: spatial_batchnorm_forward(PICTURES, ONES, ZEROS, -1), "eps is -1"),
        (lambda: spatial_batchnorm(X, ONES, ZEROS, ZEROS, ONES), r"it should be \(any, any, any, any\)"),
        (lambda: spatial_batchnorm(PICTURES, ONES, ZEROS, ZEROS, ONES, momentum=2), "momentum is 2"),
        (lambda: spatial_batchnorm_backward(PICTURES, None), "cache is None"),
        (
            lambda: spatial_batchnorm_backward(X, spatial_batchnorm(PICTURES, ONES, ZEROS, ZEROS, ONES)[1]),
            r"dout has shape \(3, 2\), it should be \(3, 2, 4, 4\)",
        ),
    ],
)  # fmt: skip
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
