"""The references of chapter ``convolution`` against PyTorch, SciPy, finite differences and properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import signal

from autograder.exercises import convolution as exercises
from autograder.judging.judge import LocalStudent, judge
from autograder.judging.sheet import make_sheet
from solutions import convolution
from solutions.convolution import (
    average_pool_forward,
    conv2d_backward,
    conv2d_forward,
    conv_output_size,
    conv_parameter_count,
    correlate2d,
    dense_parameter_count,
    global_average_pool,
    im2col,
    max_pool_backward,
    max_pool_forward,
    receptive_field,
    zero_pad,
)

reproducible = settings(deadline=None, derandomize=True)  # a slow machine is no failure

# (N, C, H, W), (F, HH, WW), stride, padding
LAYERS = [
    ((2, 3, 7, 6), (4, 3, 3), 1, 0),
    ((2, 3, 7, 6), (4, 3, 3), 1, 1),
    ((3, 2, 8, 7), (2, 3, 2), 2, 0),
    ((1, 2, 9, 8), (3, 2, 4), 3, 2),
    ((2, 1, 5, 5), (2, 2, 2), 3, 0),
    ((2, 3, 4, 5), (3, 1, 1), 1, 0),
    ((2, 3, 4, 5), (3, 1, 1), 2, 1),
    ((3, 2, 4, 5), (2, 4, 5), 1, 0),
    ((1, 1, 2, 3), (2, 5, 5), 1, 2),
    ((40, 8, 14, 14), (6, 5, 5), 1, 2),  # more than one block
]
# (N, C, H, W), size, stride
POOLS = [
    ((2, 3, 6, 8), 2, 2),
    ((2, 3, 7, 5), 2, 2),
    ((1, 2, 7, 8), 3, 2),
    ((2, 2, 6, 5), 3, 1),
    ((2, 1, 8, 8), 2, 3),
    ((3, 2, 4, 4), 4, 4),
    ((1, 2, 3, 4), 1, 1),
    ((1, 1, 40, 40), 17, 5),  # more than 256 pixels in a window
]
every_layer = pytest.mark.parametrize("image, filters, stride, padding", LAYERS)
every_pool = pytest.mark.parametrize("shape, size, stride", POOLS)


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip(
        "torch", reason="PyTorch is not installed: pip install torch==2.13.0 runs these oracle tests"
    )


def layer(image, filters, stride, padding, seed=0):
    """x, w, b and a dout for the layer."""
    rng = np.random.default_rng(seed)
    f, hh, ww = filters
    x, w, b = rng.normal(size=image), rng.normal(size=(f, image[1], hh, ww)), rng.normal(size=f)
    h, wide = (conv_output_size(n, k, stride, padding) for n, k in zip(image[2:], (hh, ww)))
    return x, w, b, rng.normal(size=(image[0], f, h, wide))


def distinct(shape, seed=0):
    """Images without two equal pixels."""
    return np.random.default_rng(seed).permutation(np.prod(shape)).reshape(shape) / 4.0 - 20


def pooled_shape(shape, size, stride):
    return *shape[:2], *(conv_output_size(n, size, stride) for n in shape[2:])


def slope(f, x, direction, h=1e-5):
    """The central difference of f at x along a direction."""
    return (f(x + h * direction) - f(x - h * direction)) / (2 * h)


# ------------------------------------------------------------------------------------------------- PyTorch


@every_layer
def test_the_layer_and_its_gradients_agree_with_pytorch(torch, image, filters, stride, padding):
    x, w, b, dout = layer(image, filters, stride, padding)
    theirs = [torch.tensor(array, requires_grad=True) for array in (x, w, b)]
    expected = torch.nn.functional.conv2d(*theirs, stride=stride, padding=padding)
    gradients = torch.autograd.grad(expected, theirs, torch.tensor(dout))
    out, cache = conv2d_forward(x, w, b, stride, padding)
    assert_allclose(out, expected.detach().numpy(), rtol=1e-10, atol=1e-11)
    for ours, theirs in zip(conv2d_backward(dout, cache), gradients):
        assert_allclose(ours, theirs.numpy(), rtol=1e-10, atol=1e-10)


@every_layer
def test_im2col_agrees_with_pytorchs_unfold(torch, image, filters, stride, padding):
    x, _, _, _ = layer(image, filters, stride, padding)
    unfolded = torch.nn.functional.unfold(torch.tensor(x), filters[1:], padding=padding, stride=stride)
    expected = unfolded.numpy().transpose(0, 2, 1).reshape(-1, unfolded.shape[1])  # (N, K, places) → (N·places, K)
    assert_array_equal(im2col(x, *filters[1:], stride, padding), expected)


@every_pool
def test_pooling_agrees_with_pytorch(torch, shape, size, stride):
    x, dout = distinct(shape), np.random.default_rng(1).normal(size=pooled_shape(shape, size, stride))
    images = torch.tensor(x, requires_grad=True)
    expected = torch.nn.functional.max_pool2d(images, size, stride)
    [gradient] = torch.autograd.grad(expected, [images], torch.tensor(dout))
    out, cache = max_pool_forward(x, size, stride)
    assert_array_equal(out, expected.detach().numpy())
    assert_allclose(max_pool_backward(dout, cache), gradient.numpy(), rtol=1e-12, atol=1e-12)
    means = torch.nn.functional.avg_pool2d(images, size, stride).detach().numpy()
    assert_allclose(average_pool_forward(x, size, stride), means, rtol=1e-12, atol=1e-12)


def test_of_equal_pixels_the_first_wins_as_in_pytorch(torch):
    x = np.random.default_rng(2).integers(0, 2, (3, 2, 8, 8)) * 1.0
    images = torch.tensor(x, requires_grad=True)
    expected = torch.nn.functional.max_pool2d(images, 3, 2)
    dout = np.random.default_rng(3).normal(size=expected.shape)
    [gradient] = torch.autograd.grad(expected, [images], torch.tensor(dout))
    assert_allclose(max_pool_backward(dout, max_pool_forward(x, 3, 2)[1]), gradient.numpy(), atol=1e-12)


def test_parameter_counts_are_those_of_pytorchs_layers(torch):
    for f, c, k in [(5, 3, 4), (5, 4, 6), (3, 1, 1), (1, 7, 2), (11, 3, 96)]:
        assert conv_parameter_count(f, c, k) == sum(p.numel() for p in torch.nn.Conv2d(c, k, f).parameters())
    for n, m in [(3072, 10), (1, 1), (7, 5)]:
        assert dense_parameter_count(n, m) == sum(p.numel() for p in torch.nn.Linear(n, m).parameters())


@reproducible
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3)), max_size=4))
def test_one_output_depends_on_exactly_the_receptive_field(torch, layers):
    field, jump = receptive_field(layers), int(np.prod([stride for _, stride in layers] or [1]))
    x = torch.zeros(1, 1, field + jump, requires_grad=True)
    out = x
    for size, stride in layers:
        out = torch.nn.functional.conv1d(out, torch.ones(1, 1, size), stride=stride)
    [gradient] = torch.autograd.grad(out[0, 0, 0], [x])
    seen = np.flatnonzero(gradient.numpy())
    assert (seen[0], seen[-1]) == (0, field - 1)


# --------------------------------------------------------------------------------------------------- SciPy


@pytest.mark.parametrize("image, kernel", [((5, 5), (3, 3)), ((4, 9), (2, 5)), ((3, 4), (3, 4)), ((2, 3), (1, 1))])
def test_correlate2d_agrees_with_scipy(image, kernel):
    rng = np.random.default_rng(0)
    image, kernel = rng.normal(size=image), rng.normal(size=kernel)
    ours = correlate2d(image, kernel)
    assert_allclose(ours, signal.correlate2d(image, kernel, mode="valid"), atol=1e-12)
    assert_allclose(ours, signal.convolve2d(image, kernel[::-1, ::-1], mode="valid"), atol=1e-12)


def test_dx_is_the_full_convolution_of_dout_with_the_filters():
    x, w, b, dout = layer((2, 3, 7, 6), (4, 3, 3), 1, 0)
    dx, _, _ = conv2d_backward(dout, conv2d_forward(x, w, b)[1])
    for n, c in np.ndindex(2, 3):
        full = sum(signal.convolve2d(dout[n, f], w[f, c], mode="full") for f in range(4))
        assert_allclose(dx[n, c], full, atol=1e-12)


# ------------------------------------------------------------------------------------- closed forms, by hand

SLIDE = np.array([[1, 2, 3, -2, 5], [5, 6, 7, 3, 2], [4, 3, 2, 5, 1], [0, 2, 3, 4, 3], [1, -1, -2, 3, 2]])
FILTER = np.array([[1, 2, 1], [0, 1, 2], [-1, 2, 3]])


def test_the_slides_example_starts_with_36():
    loops = [[sum(SLIDE[y + i, x + j] * FILTER[i, j] for i in range(3) for j in range(3)) for x in range(3)]
             for y in range(3)]  # fmt: skip
    assert loops[0][0] == 36
    assert_array_equal(correlate2d(SLIDE, FILTER), loops)
    out, _ = conv2d_forward(SLIDE[None, None], FILTER[None, None], np.array([1]))
    assert_array_equal(out[0, 0], np.array(loops) + 1)


def test_the_slides_layers_have_304_and_606_parameters():
    assert (conv_parameter_count(5, 3, 4), conv_parameter_count(5, 4, 6)) == (304, 606)


@pytest.mark.parametrize(
    "arguments, expected",
    [((32, 5), 28), ((7, 3, 2), 3), ((8, 3, 2), 3), ((32, 5, 1, 2), 32), ((5, 5), 1), ((4, 5, 1, 1), 2)],
)  # fmt: skip
def test_output_sizes_known_by_hand(arguments, expected):
    assert conv_output_size(*arguments) == expected


@reproducible
@given(st.integers(1, 40), st.integers(1, 12), st.integers(1, 6), st.integers(0, 4))
def test_the_output_size_counts_the_places_of_the_filter(n, f, stride, padding):
    places = [at for at in range(0, n + 2 * padding, stride) if at + f <= n + 2 * padding]
    if places:
        assert conv_output_size(n, f, stride, padding) == len(places)
    else:
        with pytest.raises(ValueError):
            conv_output_size(n, f, stride, padding)


@reproducible
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))
def test_parameters_are_the_numbers_in_the_arrays(f, c, k):
    assert conv_parameter_count(f, c, k) == np.zeros((k, c, f, f)).size + k
    assert dense_parameter_count(c, k) == np.zeros((c, k)).size + k
    assert conv_parameter_count(f, c, k) == dense_parameter_count(f * f * c, k)


@pytest.mark.parametrize(
    "layers, expected",
    [([], 1), ([(3, 1)], 3), ([(3, 1)] * 3, 7), ([(3, 1), (2, 2), (3, 1)], 8), ([(3, 2), (3, 2)], 7), ([(1, 2)], 1)],
)  # fmt: skip
def test_receptive_fields_known_by_hand(layers, expected):
    assert receptive_field(layers) == expected


def test_zero_pad_agrees_with_numpy():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    for padding in (0, 1, 3):
        assert_array_equal(zero_pad(x, padding), np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding))))
    assert not np.shares_memory(zero_pad(x, 0), x)


def test_im2col_of_a_small_image_written_out():
    assert_array_equal(
        im2col(np.arange(9).reshape(1, 1, 3, 3), 2, 2), [[0, 1, 3, 4], [1, 2, 4, 5], [3, 4, 6, 7], [4, 5, 7, 8]]
    )


@every_pool
def test_pooling_agrees_with_loops(shape, size, stride):
    x = distinct(shape)
    out, means = max_pool_forward(x, size, stride)[0], average_pool_forward(x, size, stride)
    for n, c, i, j in np.ndindex(*out.shape):
        window = x[n, c, i * stride : i * stride + size, j * stride : j * stride + size]
        assert out[n, c, i, j] == window.max()
        assert means[n, c, i, j] == pytest.approx(window.mean(), abs=1e-12)


def test_the_max_of_infinities_is_kept():
    x = np.array([[[[-np.inf, -np.inf], [-np.inf, -np.inf]], [[1.0, np.inf], [-1e300, 2.0]]]])
    assert_array_equal(max_pool_forward(x, 2, 2)[0], [[[[-np.inf]], [[np.inf]]]])


def test_global_average_pool_is_average_pooling_by_the_whole_map():
    x = np.random.default_rng(0).normal(size=(3, 4, 5, 5))
    assert_allclose(global_average_pool(x), average_pool_forward(x, 5, 5)[:, :, 0, 0])
    assert_allclose(global_average_pool(x[..., :3]), x[..., :3].mean(axis=(2, 3)))


# -------------------------------------------------------------------------------------- finite differences


@every_layer
def test_the_layers_gradients_agree_with_differences(image, filters, stride, padding):
    x, w, b, dout = layer(image, filters, stride, padding)

    def loss(x, w, b):
        return np.sum(dout * conv2d_forward(x, w, b, stride, padding)[0])

    dx, dw, db = conv2d_backward(dout, conv2d_forward(x, w, b, stride, padding)[1])
    rng = np.random.default_rng(5)
    for f, at, gradient in (
        (lambda x: loss(x, w, b), x, dx),
        (lambda w: loss(x, w, b), w, dw),
        (lambda b: loss(x, w, b), b, db),
    ):
        for _ in range(3):
            direction = rng.normal(size=at.shape)
            assert slope(f, at, direction) == pytest.approx(np.sum(gradient * direction), rel=1e-6, abs=1e-6)


@every_pool
def test_max_poolings_gradient_agrees_with_differences(shape, size, stride):
    x, rng = distinct(shape), np.random.default_rng(6)
    dout = rng.normal(size=pooled_shape(shape, size, stride))
    dx = max_pool_backward(dout, max_pool_forward(x, size, stride)[1])
    for _ in range(3):
        direction = rng.normal(size=shape)
        expected = slope(lambda x: np.sum(dout * max_pool_forward(x, size, stride)[0]), x, direction)
        assert np.sum(dx * direction) == pytest.approx(expected, rel=1e-6, abs=1e-6)


# ---------------------------------------------------------------------------------------------- properties


@st.composite
def layers(draw):
    """Shapes that fit: images, filters, stride, padding."""
    n, c, f, hh, ww = (draw(st.integers(1, 3)) for _ in range(5))
    padding, stride = draw(st.integers(0, 2)), draw(st.integers(1, 3))
    h, w = (draw(st.integers(max(1, k - 2 * padding), 7)) for k in (hh, ww))
    return (n, c, h, w), (f, hh, ww), stride, padding


@reproducible
@given(layers(), st.integers(0, 99))
def test_the_layer_agrees_with_loops_over_every_output(shapes, seed):
    x, w, b, dout = layer(*shapes, seed)
    stride, padding = shapes[2:]
    out, cache = conv2d_forward(x, w, b, stride, padding)
    padded = zero_pad(x, padding)
    expected, dpadded, dw = np.empty_like(dout), np.zeros_like(padded), np.zeros_like(w)
    for n, f, i, j in np.ndindex(*dout.shape):
        place = np.s_[n, :, i * stride : i * stride + w.shape[2], j * stride : j * stride + w.shape[3]]
        expected[n, f, i, j] = np.sum(padded[place] * w[f]) + b[f]
        dpadded[place] += dout[n, f, i, j] * w[f]
        dw[f] += dout[n, f, i, j] * padded[place]
    dx = dpadded[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]]
    assert_allclose(out, expected, atol=1e-12)
    for ours, right in zip(conv2d_backward(dout, cache), (dx, dw, dout.sum(axis=(0, 2, 3)))):
        assert_allclose(ours, right, atol=1e-11)


@reproducible
@given(layers(), st.integers(0, 99))
def test_inputs_stay_as_they_were_and_results_are_new_arrays(shapes, seed):
    x, w, b, dout = layer(*shapes, seed)
    stride, padding = shapes[2:]
    before = [array.copy() for array in (x, w, b, dout)]
    out, cache = conv2d_forward(x, w, b, stride, padding)
    pooled, pool_cache = max_pool_forward(x, 1, 1)
    results = [out, *conv2d_backward(dout, cache), pooled, max_pool_backward(x, pool_cache)]
    results += [zero_pad(x, padding), im2col(x, 1, 1), average_pool_forward(x, 1, 1), global_average_pool(x)]
    for array, copy in zip((x, w, b, dout), before):
        assert_array_equal(array, copy)
    assert not any(np.shares_memory(result, array) for result in results for array in (x, w, b, dout))


@pytest.mark.parametrize("block", [1, 200, 10**9])
def test_the_size_of_the_blocks_changes_nothing(monkeypatch, block):
    x, w, b, dout = layer((7, 3, 6, 5), (4, 3, 2), 2, 1)
    whole = conv2d_forward(x, w, b, 2, 1)
    gradients = conv2d_backward(dout, whole[1])
    monkeypatch.setattr(convolution, "BLOCK", block)
    out, cache = conv2d_forward(x, w, b, 2, 1)
    for one, other in zip([out, *conv2d_backward(dout, cache)], [whole[0], *gradients]):
        assert_allclose(one, other, rtol=1e-12, atol=1e-12)


@reproducible
@given(st.integers(0, 99), st.integers(0, 3), st.integers(0, 3))
def test_a_shifted_image_has_shifted_maps(seed, down, right):
    rng = np.random.default_rng(seed)
    image, w, b = rng.normal(size=(1, 2, 6, 6)), rng.normal(size=(3, 2, 3, 3)), rng.normal(size=3)
    shifted = np.zeros((1, 2, 9, 9))
    shifted[:, :, down : down + 6, right : right + 6] = image
    out, there = conv2d_forward(image, w, b)[0], conv2d_forward(shifted, w, b)[0]
    assert_allclose(there[:, :, down : down + 4, right : right + 4], out, atol=1e-12)


@reproducible
@given(st.integers(0, 99), st.sampled_from([1, 2]), st.sampled_from([0, 1]))
def test_the_layer_is_linear_in_images_and_in_filters(seed, stride, padding):
    (x, w, b, _), (y, v, _, _) = (layer((2, 2, 5, 6), (3, 3, 2), stride, padding, seed + k) for k in (0, 1))
    none = np.zeros(3)

    def out(x, w, b=none):
        return conv2d_forward(x, w, b, stride, padding)[0]

    assert_allclose(out(2 * x - y, w), 2 * out(x, w) - out(y, w), atol=1e-11)
    assert_allclose(out(x, 2 * w - v), 2 * out(x, w) - out(x, v), atol=1e-11)
    assert_allclose(out(x, w, b), out(x, w) + b[:, None, None], atol=1e-12)


def test_a_1_by_1_filter_is_a_dense_layer_at_every_pixel():
    x, w, b, _ = layer((2, 3, 4, 5), (6, 1, 1), 1, 0)
    assert_allclose(conv2d_forward(x, w, b)[0], np.einsum("nchw,fc->nfhw", x, w[:, :, 0, 0]) + b[:, None, None])


def test_a_filter_as_large_as_the_image_is_a_dense_layer():
    x, w, b, _ = layer((2, 3, 4, 5), (6, 4, 5), 1, 0)
    assert_allclose(conv2d_forward(x, w, b)[0][:, :, 0, 0], x.reshape(2, -1) @ w.reshape(6, -1).T + b)


@reproducible
@given(layers(), st.integers(0, 99))
def test_the_layer_is_its_rows_times_its_filters(shapes, seed):
    x, w, b, dout = layer(*shapes, seed)
    product = im2col(x, *w.shape[2:], *shapes[2:]) @ w.reshape(len(w), -1).T + b
    n, f, h, wide = dout.shape
    expected = product.reshape(n, h, wide, f).transpose(0, 3, 1, 2)
    assert_allclose(conv2d_forward(x, w, b, *shapes[2:])[0], expected, atol=1e-12)


@reproducible
@given(st.integers(0, 99), st.integers(1, 4), st.integers(1, 3))
def test_max_poolings_gradient_arrives_whole(seed, size, stride):
    x = distinct((2, 2, 7, 6), seed)
    out, cache = max_pool_forward(x, size, stride)
    dout = np.random.default_rng(seed).normal(size=out.shape)
    dx = max_pool_backward(dout, cache)
    assert dx.sum() == pytest.approx(dout.sum(), abs=1e-10)
    assert np.isin(x[dx != 0], out).all()


def test_layers_stacked_see_the_sum_of_what_they_see():
    first, second = [(3, 1), (2, 2)], [(5, 1), (3, 2)]
    assert receptive_field(first + second) == receptive_field(first) + (receptive_field(second) - 1) * 2


def test_whole_numbers_are_taken_as_floats():
    rng = np.random.default_rng(0)
    x, w, b = rng.integers(-9, 9, (2, 2, 5, 4)), rng.integers(-9, 9, (3, 2, 2, 3)), rng.integers(-9, 9, 3)
    out, cache = conv2d_forward(x, w, b)
    expected, expected_cache = conv2d_forward(x * 1.0, w * 1.0, b * 1.0)
    assert_array_equal(out, expected)
    for one, other in zip(conv2d_backward(out.astype(int), cache), conv2d_backward(out, expected_cache)):
        assert_array_equal(one, other)
    assert_array_equal(max_pool_forward(x, 2, 2)[0], max_pool_forward(x * 1.0, 2, 2)[0])
    assert_array_equal(average_pool_forward(x, 2, 1), average_pool_forward(x * 1.0, 2, 1))
    assert_array_equal(global_average_pool(x), x.mean(axis=(2, 3)))
    assert im2col(x, 2, 2).dtype == zero_pad(x, 1).dtype == np.float64


# ---------------------------------------------------------------- a backward with the cache of its own forward


def closures():
    """A layer and a pooling whose caches are functions."""

    def conv_forward(x, w, b, stride=1, padding=0):
        out, cache = conv2d_forward(x, w, b, stride, padding)
        return out, lambda dout: conv2d_backward(dout, cache)

    def pool_forward(x, size, stride):
        out, cache = max_pool_forward(x, size, stride)
        return out, {"back": lambda dout: max_pool_backward(dout, cache)}

    return {
        "conv2d_forward": conv_forward,
        "conv2d_backward": lambda dout, cache: cache(dout),
        "max_pool_forward": pool_forward,
        "max_pool_backward": lambda dout, cache: cache["back"](dout),
    }


@pytest.mark.parametrize("exercise", [exercises.conv2d_backward, exercises.max_pool_backward], ids=lambda e: e.name)
def test_any_cache_earns_full_marks(exercise):
    found = judge(make_sheet(exercise, 0), LocalStudent({**vars(convolution), **closures()}))
    assert found.solved


# --------------------------------------------------------------------------------------------------- errors

X = np.zeros((2, 3, 4, 4))
W = np.zeros((5, 3, 3, 3))
B = np.zeros(5)


@pytest.mark.parametrize(
    "call, name, was, should",
    [
        (lambda: conv_output_size(0, 1), "n", "0", "a whole number of at least 1"),
        (lambda: conv_output_size(5, 0), "f", "0", "a whole number of at least 1"),
        (lambda: conv_output_size(4, 7, padding=1), "f", "7", "at most 6"),
        (lambda: conv_output_size(4, 2, stride=0), "stride", "0", "a whole number of at least 1"),
        (lambda: conv_output_size(4, 2, stride=1.5), "stride", "1.5", "a whole number of at least 1"),
        (lambda: conv_output_size(4, 2, padding=-1), "padding", "-1", "a whole number of at least 0"),
        (lambda: conv_parameter_count(0, 1, 1), "filter_size", "0", "a whole number of at least 1"),
        (lambda: conv_parameter_count(1, 0, 1), "in_channels", "0", "a whole number of at least 1"),
        (lambda: conv_parameter_count(1, 1, 0.5), "out_channels", "0.5", "a whole number of at least 1"),
        (lambda: dense_parameter_count(0, 1), "n_in", "0", "a whole number of at least 1"),
        (lambda: dense_parameter_count(1, 0), "n_out", "0", "a whole number of at least 1"),
        (lambda: zero_pad(X[0], 1), "x", "(3, 4, 4)", "(any, any, any, any)"),
        (lambda: zero_pad(X, -1), "padding", "-1", "a whole number of at least 0"),
        (lambda: correlate2d(X[0], W[0, 0]), "image", "(3, 4, 4)", "(any, any)"),
        (lambda: correlate2d(X[0, 0], W[0]), "kernel", "(3, 3, 3)", "(any, any)"),
        (lambda: correlate2d(X[0, 0], np.zeros((5, 1))), "kernel height", "5", "at most 4"),
        (lambda: correlate2d(X[0, 0], np.zeros((1, 6))), "kernel width", "6", "at most 4"),
        (lambda: im2col(X[0], 2, 2), "x", "(3, 4, 4)", "(any, any, any, any)"),
        (lambda: im2col(X, 5, 2), "filter_h", "5", "at most 4"),
        (lambda: im2col(X, 2, 9, 1, 2), "filter_w", "9", "at most 8"),
        (lambda: im2col(X, 2, 2, 0), "stride", "0", "a whole number of at least 1"),
        (lambda: im2col(X, 2, 2, 1, -1), "padding", "-1", "a whole number of at least 0"),
        (lambda: conv2d_forward(X[0], W, B), "x", "(3, 4, 4)", "(any, any, any, any)"),
        (lambda: conv2d_forward(X, W[:, :2], B), "w", "(5, 2, 3, 3)", "(any, 3, any, any)"),
        (lambda: conv2d_forward(X, W, B[:4]), "b", "(4,)", "(5,)"),
        (lambda: conv2d_forward(X[:, :, :2], W, B), "filter height", "3", "at most 2"),
        (lambda: conv2d_forward(X[..., :2], W, B), "filter width", "3", "at most 2"),
        (lambda: conv2d_forward(X, W, B, 0), "stride", "0", "a whole number of at least 1"),
        (lambda: conv2d_forward(X, W, B, 1, -1), "padding", "-1", "a whole number of at least 0"),
        (lambda: conv2d_backward(X, conv2d_forward(X, W, B)[1]), "dout", "(2, 3, 4, 4)", "(2, 5, 2, 2)"),
        (lambda: max_pool_forward(X[0], 2, 2), "x", "(3, 4, 4)", "(any, any, any, any)"),
        (lambda: max_pool_forward(X, 5, 1), "size", "5", "at most 4"),
        (lambda: max_pool_forward(X, 0, 1), "size", "0", "a whole number of at least 1"),
        (lambda: max_pool_forward(X, 2, 0), "stride", "0", "a whole number of at least 1"),
        (lambda: max_pool_backward(X, max_pool_forward(X, 2, 2)[1]), "dout", "(2, 3, 4, 4)", "(2, 3, 2, 2)"),
        (lambda: average_pool_forward(X[0], 2, 2), "x", "(3, 4, 4)", "(any, any, any, any)"),
        (lambda: average_pool_forward(X, 6, 1), "size", "6", "at most 4"),
        (lambda: average_pool_forward(X, 2, -1), "stride", "-1", "a whole number of at least 1"),
        (lambda: global_average_pool(X[0]), "x", "(3, 4, 4)", "(any, any, any, any)"),
        (lambda: receptive_field([(3, 1), (0, 1)]), "filter", "0", "a whole number of at least 1"),
        (lambda: receptive_field([(3, 1), (2, 0.5)]), "stride", "0.5", "a whole number of at least 1"),
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
