"""The references of chapter ``wide_resnet`` against PyTorch, SciPy, finite differences and properties."""

import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from bookdata import load_mnist
from solutions.convolution import conv_parameter_count, dense_parameter_count
from solutions.networks import accuracy
from solutions.optimizers import momentum_step
from solutions.wide_resnet import (
    augment_batch,
    block_forward,
    block_strides,
    exponential_moving_average,
    initialise_network,
    network_backward,
    network_forward,
    network_loss,
    network_predict,
    residual_forward,
    shortcut,
    shortcut_backward,
    train_epoch,
    unit_forward,
    wide_resnet_plan,
)

reproducible = settings(deadline=None, derandomize=True)  # a slow machine is no failure


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip(
        "torch", reason="PyTorch is not installed: pip install torch==2.13.0 runs these oracle tests"
    )


# ---------------------------------------------------------------------------------------- wide_resnet_plan


def parameters_of(depth, widen, classes=10):
    """Parameters of the paper's networks, which have no biases in convolutions and a 1 × 1 convolution as shortcut
    where the width changes."""

    def conv(size, n_in, n_out):
        return conv_parameter_count(size, n_in, n_out) - n_out

    blocks, (channels, *groups) = wide_resnet_plan(depth, widen)
    total = conv(3, 3, channels)
    for width in groups:
        total += conv(1, channels, width) if channels != width else 0
        for _ in range(blocks):
            total += conv(3, channels, width) + conv(3, width, width) + 2 * (channels + width)
            channels = width
    return total + 2 * channels + dense_parameter_count(channels, classes)


@pytest.mark.parametrize(
    "depth, widen, millions", [(40, 1, 0.6), (40, 4, 8.9), (16, 8, 11.0), (22, 8, 17.2), (28, 10, 36.5)]
)
def test_plans_have_as_many_parameters_as_the_paper_says(depth, widen, millions):
    assert round(parameters_of(depth, widen) / 1e6, 1) == millions


def test_wrn_28_10_has_as_many_parameters_as_its_published_code():
    assert parameters_of(28, 10) == 36_479_194


@given(st.integers(0, 200), st.integers(1, 30))
@reproducible
def test_depth_is_four_more_than_six_times_the_blocks(blocks, widen):
    assert wide_resnet_plan(6 * blocks + 4, widen) == (blocks, [16, 16 * widen, 32 * widen, 64 * widen])


@pytest.mark.parametrize("depth", [*range(5, 10), 20, 27, 1001, 3, -2, 28.5, np.nan])
def test_a_depth_without_a_plan_is_an_error(depth):
    with pytest.raises(ValueError, match="depth is"):
        wide_resnet_plan(depth, 10)


@pytest.mark.parametrize("widen", [0, -1, 2.5])
def test_a_widening_that_is_no_positive_whole_number_is_an_error(widen):
    with pytest.raises(ValueError, match="widen is"):
        wide_resnet_plan(28, widen)


# ---------------------------------------------------------------------------------------- residual_forward

SHAPES = [
    ((2, 3, 6, 6), (2, 3, 6, 6)),
    ((2, 2, 8, 4), (2, 5, 4, 2)),
    ((1, 1, 7, 5), (1, 1, 4, 3)),
    ((3, 2, 7, 7), (3, 4, 3, 3)),
]


@pytest.mark.parametrize("before, after", SHAPES)
def test_the_block_is_branch_plus_pytorchs_strided_and_padded_input(torch, before, after):
    rng = np.random.default_rng(0)
    x, maps = rng.normal(size=before), rng.normal(size=after)
    s = int(np.ceil(before[2] / after[2]))
    short = torch.nn.functional.pad(torch.tensor(x)[:, :, ::s, ::s], (0, 0, 0, 0, 0, after[1] - before[1]))
    assert_allclose(residual_forward(x, lambda _: maps), maps + short.numpy())


@given(
    st.integers(1, 3), st.integers(1, 3), st.integers(1, 12), st.integers(1, 12), st.integers(1, 3), st.integers(0, 3)
)
@reproducible
def test_a_branch_of_zeros_lets_through_every_strideth_pixel(n, c, height, width, s, more):
    x = np.random.default_rng(n + c).normal(size=(n, c, height, width))
    taken = x[:, :, ::s, ::s]
    if -(-height // taken.shape[2]) != s or -(-width // taken.shape[3]) != s:
        return  # another stride gives maps of this size too
    out = residual_forward(x, lambda x: np.zeros((n, c + more, *taken.shape[2:])))
    assert_array_equal(out[:, :c], taken)
    assert not out[:, c:].any()


@pytest.mark.parametrize("before, after", SHAPES)
def test_the_shortcuts_backward_is_its_transpose(before, after):
    rng = np.random.default_rng(1)
    x, dout = rng.normal(size=before), rng.normal(size=after)
    assert np.sum(shortcut(x, after) * dout) == pytest.approx(np.sum(x * shortcut_backward(dout, before)))


def test_whole_numbers_are_welcome_and_the_input_stays():
    x = np.arange(16).reshape(1, 1, 4, 4)
    out = residual_forward(x, lambda x: 0.5 * x[:, :, 1::2, 1::2])
    assert_array_equal(out[0, 0], [[2.5, 5.5], [14.5, 17.5]])
    assert_array_equal(x.ravel(), range(16))


@pytest.mark.parametrize(
    "before, after, message",
    [
        ((2, 3, 4), (2, 3, 4), "x has shape"),
        ((2, 3, 4, 4), (2, 2, 4, 4), "channels of branch"),
        ((2, 3, 4, 4), (1, 3, 4, 4), "branch.x. has shape"),
        ((2, 3, 4, 4), (2, 3, 4), "branch.x. has shape"),
        ((1, 1, 5, 5), (1, 1, 4, 4), "branch.x. has shape"),
        ((1, 1, 4, 4), (1, 1, 8, 8), "branch.x. has shape"),
        ((1, 1, 4, 4), (1, 1, 2, 4), "branch.x. has shape"),
    ],
)
def test_a_branch_that_does_not_fit_is_an_error(before, after, message):
    with pytest.raises(ValueError, match=message):
        residual_forward(np.zeros(before), lambda x: np.zeros(after))


# ------------------------------------------------------------------------------------------- augment_batch


def standard(image):
    return (image - image.mean()) / max(image.std(), 1 / np.sqrt(image.size))


def test_each_image_is_one_of_its_crops_or_their_mirror_images_and_all_of_them_come():
    rng = np.random.default_rng(0)
    image = rng.uniform(0.2, 1, (5, 4, 2))
    out = augment_batch(np.stack([image] * 1800), 1, 0.0, rng)
    padded = np.pad(image, ((1, 1), (1, 1), (0, 0)))
    crops = [padded[i : i + 5, j : j + 4] for i in range(3) for j in range(3)]
    known = np.array([standard(view) for crop in crops for view in (crop, crop[:, ::-1])]).reshape(18, -1)
    away = np.abs(out.reshape(1800, 1, -1) - known).max(axis=2)
    assert away.min(axis=1).max() < 1e-12
    counts = np.bincount(away.argmin(axis=1), minlength=18)
    assert np.abs(counts - 100).max() < 60  # six standard errors
    assert abs(counts[1::2].sum() / 1800 - 0.5) < 0.07  # the mirror images, six standard errors


def test_brightness_is_uniform_and_clipped():
    rng = np.random.default_rng(1)
    ramp = np.linspace(0, 1, 101)[:, None, None] * np.ones((1, 1, 1))
    out = augment_batch(np.stack([ramp] * 2000), 0, 0.4, rng)[..., 0, 0]
    clipped_low = np.sum(np.isclose(out, out.min(axis=1, keepdims=True)), axis=1) - 1
    clipped_high = np.sum(np.isclose(out, out.max(axis=1, keepdims=True)), axis=1) - 1
    assert np.all(np.minimum(clipped_low, clipped_high) == 0)  # one end at most
    delta = (clipped_high - clipped_low) / 100
    assert np.abs(delta).max() <= 0.4
    ranks = np.sort(delta)
    assert np.abs(ranks - np.linspace(-0.4, 0.4, 2000)).max() < 0.05


def test_without_chance_the_batch_is_standardised_image_by_image():
    images = np.array([[[[0.1], [0.9], [0.1]]], [[[0.5], [0.6], [0.5]]], [[[1.0], [1.0], [1.0]]]])
    out = augment_batch(images, 0, 0.0, np.random.default_rng(0))
    assert_allclose(out, [standard(image) for image in images], atol=1e-15)


def test_an_empty_batch_stays_empty_and_the_same_seed_gives_the_same_batch():
    images = np.random.default_rng(2).uniform(0, 1, (6, 5, 5, 1))
    assert augment_batch(images[:0], 2, 0.1, np.random.default_rng(0)).shape == (0, 5, 5, 1)
    first, again = (augment_batch(images, 2, 0.1, np.random.default_rng(3)) for _ in range(2))
    assert_array_equal(first, again)


@pytest.mark.parametrize(
    "shape, padding, max_delta, message",
    [
        ((4, 4, 1), 1, 0.1, "images has shape"),
        ((2, 4, 4, 1), -1, 0.1, "padding is"),
        ((2, 4, 4, 1), 1.5, 0.1, "padding is"),
        ((2, 4, 4, 1), 1, -0.1, "max_delta is"),
    ],
)
def test_batches_that_cannot_be_augmented_are_errors(shape, padding, max_delta, message):
    with pytest.raises(ValueError, match=message):
        augment_batch(np.zeros(shape), padding, max_delta, np.random.default_rng(0))


# ------------------------------------------------------------------------------ exponential_moving_average


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.9, 0.999])
def test_smoothing_is_scipys_filter_divided_by_what_it_gives_for_ones(weight):
    signal = pytest.importorskip("scipy.signal")
    values = np.random.default_rng(0).normal(3, 1, 200)
    filtered, ones = (signal.lfilter([1 - weight], [1, -weight], v) for v in (values, np.ones(200)))
    assert_allclose(exponential_moving_average(values, weight), filtered / ones, rtol=1e-12)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.floats(0, 0.99))
@reproducible
def test_a_smooth_curve_begins_at_the_first_value_and_stays_between_the_extremes(values, weight):
    smooth = exponential_moving_average(np.array(values), weight)
    assert smooth[0] == pytest.approx(values[0], rel=1e-9)
    assert np.all(smooth >= min(values) - 1e-6) and np.all(smooth <= max(values) + 1e-6)


def test_a_constant_stays_and_nothing_comes_of_nothing():
    assert_allclose(exponential_moving_average(np.full(50, 4), 0.98), 4, rtol=1e-13)
    assert exponential_moving_average([], 0.5).shape == (0,)


@pytest.mark.parametrize("values, weight", [([1.0], 1.0), ([1.0], -0.1), ([1.0], np.nan), ([[1.0]], 0.5)])
def test_a_weight_outside_its_range_or_a_table_of_values_is_an_error(values, weight):
    with pytest.raises(ValueError, match="weight is|values has shape"):
        exponential_moving_average(values, weight)


# --------------------------------------------------------------------------------------------- the network


def small_network(normalise=True, depth=16, seed=0):
    """A network of 2 to 8 channels whose γ and β are not the initial ones, and a batch of odd-sized images."""
    rng = np.random.default_rng(seed)
    params, running = initialise_network(depth, 1, 2, 4, rng, shrink=8)
    for name in params:
        if name.endswith(("gamma", "beta", "head/b")):
            params[name] = params[name] + rng.normal(0, 0.3, params[name].shape)
    return params, running if normalise else {}, rng.normal(size=(5, 2, 9, 7)), rng.integers(0, 4, 5)


@pytest.mark.parametrize("normalise", [True, False], ids=["normalised", "γ and β alone"])
def test_every_gradient_of_the_network_agrees_with_finite_differences(normalise):
    params, running, x, labels = small_network(normalise)
    loss, grads, _ = network_loss(params, running, x, labels)
    assert grads.keys() == params.keys()
    rng = np.random.default_rng(1)
    for name, value in params.items():
        d = rng.normal(size=value.shape)
        ends = [network_loss(params | {name: value + h * d}, running, x, labels)[0] for h in (1e-6, -1e-6)]
        assert np.sum(grads[name] * d) == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-4, abs=1e-7), name


def torch_network(torch, params, running, x, training):
    """The same network in PyTorch's functions."""
    f = torch.nn.functional

    def norm(name, x):
        if name in running:
            mean, var = (torch.tensor(array) for array in running[name])
            x = f.batch_norm(x, mean, var, params[f"{name}/gamma"], params[f"{name}/beta"], training)
        else:
            x = x * params[f"{name}/gamma"][:, None, None] + params[f"{name}/beta"][:, None, None]
        return f.relu(x)

    x = f.conv2d(x, params["stem/w"], padding=1)
    for group in (1, 2, 3):
        for block in range(1, 1 + sum(f"group{group}/block{b}/unit1/w" in params for b in range(1, 9))):
            name, stride = f"group{group}/block{block}", 2 if group > 1 and block == 1 else 1
            out = f.conv2d(norm(f"{name}/unit1", x), params[f"{name}/unit1/w"], stride=stride, padding=1)
            out = f.conv2d(norm(f"{name}/unit2", out), params[f"{name}/unit2/w"], padding=1)
            x = out + f.pad(x[:, :, ::stride, ::stride], (0, 0, 0, 0, 0, out.shape[1] - x.shape[1]))
    return norm("head", x).mean(dim=(2, 3)) @ params["head/w"] + params["head/b"]


@pytest.mark.parametrize("normalise", [True, False], ids=["normalised", "γ and β alone"])
def test_scores_and_gradients_are_those_of_the_same_network_in_pytorch(torch, normalise):
    params, running, x, labels = small_network(normalise)
    theirs = {name: torch.tensor(value, requires_grad=True) for name, value in params.items()}
    logits = torch_network(torch, theirs, running, torch.tensor(x), training=True)
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor(labels))
    loss.backward()
    assert_allclose(network_forward(params, running, x)[0], logits.detach().numpy(), rtol=1e-9, atol=1e-11)
    found, grads, _ = network_loss(params, running, x, labels)
    assert found == pytest.approx(loss.item(), rel=1e-12)
    for name, gradient in grads.items():
        assert_allclose(gradient, theirs[name].grad.numpy(), rtol=1e-7, atol=1e-10, err_msg=name)


def test_at_test_time_scores_use_the_running_statistics_as_pytorchs_do(torch):
    params, running, x, labels = small_network()
    for _ in range(3):
        _, _, running = network_forward(params, running, x)
    theirs = {name: torch.tensor(value) for name, value in params.items()}
    logits, _, after = network_forward(params, running, x, training=False)
    assert_allclose(
        logits, torch_network(torch, theirs, running, torch.tensor(x), False).numpy(), rtol=1e-9, atol=1e-11
    )
    assert all(np.array_equal(new, old) for name in running for new, old in zip(after[name], running[name]))


def test_a_forward_pass_changes_nothing_that_was_handed_in():
    params, running, x, labels = small_network()
    before = {name: [array.copy() for array in pair] for name, pair in running.items()}
    _, _, after = network_loss(params, running, x, labels)
    for name, pair in before.items():
        assert all(map(np.array_equal, pair, running[name]))
        assert not np.array_equal(after[name][0], pair[0])


def test_widths_strides_and_names_follow_the_plan():
    params, running = initialise_network(16, 4, 3, 10, np.random.default_rng(0), shrink=2)
    assert block_strides(params) == {f"group{g}/block{b}": 1 + (g > 1 and b == 1) for g in (1, 2, 3) for b in (1, 2)}
    assert params["stem/w"].shape == (8, 3, 3, 3) and params["head/w"].shape == (128, 10)
    assert params["group2/block1/unit1/w"].shape == (64, 32, 3, 3)
    assert params["group3/block2/unit2/w"].shape == (128, 128, 3, 3)
    assert {name: len(pair[0]) for name, pair in running.items()}["group3/block1/unit1"] == 64
    x = np.zeros((1, 32, 9, 9))
    out, _ = block_forward(params, {}, "group2/block1", x, 2)
    assert out.shape == (1, 64, 5, 5) and unit_forward(params, {}, "group1/block2/unit1", x)[0].shape == x.shape


def test_filters_are_hes_and_the_network_starts_with_scores_of_moderate_size():
    params, running = initialise_network(10, 8, 3, 10, np.random.default_rng(0))
    assert params["group3/block1/unit2/w"].std() == pytest.approx(np.sqrt(2 / (9 * 512)), rel=0.01)
    logits, _, _ = network_forward(params, running, np.random.default_rng(1).normal(size=(4, 3, 8, 8)))
    assert 0.1 < logits.std() < 10


def digits(count):
    images, labels = load_mnist(count)
    return images.reshape(count, 14, 2, 14, 2).mean(axis=(2, 4))[..., None], labels


def test_training_learns_digits_and_leaves_its_inputs_alone():
    images, labels = digits(400)
    params, running = initialise_network(10, 1, 1, 10, np.random.default_rng(0), shrink=2)
    state = {name: np.zeros_like(value) for name, value in params.items()}
    start, rng, means = {name: value.copy() for name, value in params.items()}, np.random.default_rng(0), []
    step = partial(momentum_step, learning_rate=0.1)
    now = params, running, state
    for _ in range(4):
        *now, losses = train_epoch(*now, images[:300], labels[:300], 30, prepared, step, rng)
        means.append(np.mean(losses))
    assert all(np.array_equal(params[name], value) for name, value in start.items())
    assert len(losses) == 10 and means[-1] < means[0] / 2
    assert accuracy(network_predict(*now[:2], images[300:]), labels[300:]) > 0.6


def prepared(images, rng):
    return np.array([standard(image) for image in images])


def test_scores_do_not_depend_on_how_images_are_batched():
    images, _ = digits(30)
    params, running = initialise_network(10, 1, 1, 10, np.random.default_rng(0), shrink=4)
    one, many = (network_predict(params, running, images, size) for size in (30, 7))
    assert_allclose(one, many, rtol=1e-10, atol=1e-12)


def test_the_way_back_needs_a_forward_pass_in_training():
    params, running, x, _ = small_network()
    logits, cache, _ = network_forward(params, running, x, training=False)
    with pytest.raises(ValueError, match="training=True"):
        network_backward(logits, cache)


# --------------------------------------------------------------------------------------------- TensorBoard

CHAPTER = Path(__file__).resolve().parents[1] / "chapters" / "wide_resnet.md"


def from_chapter(*names):
    """Functions that the chapter's own cells define."""
    cells = re.findall(r"```{code-cell} ipython3\n(.*?)\n```", CHAPTER.read_text(encoding="utf-8"), re.DOTALL)
    found = {"np": np}
    for name in names:
        [source] = [cell for cell in cells if re.search(rf"^def {name}\(", cell, re.MULTILINE)]
        exec(re.sub(r"^:tags:.*$", "", source, flags=re.MULTILINE), found)
    return [found[name] for name in names]


def test_event_files_of_the_chapter_are_read_back_by_tensorboard(tmp_path):
    pytest.importorskip("tensorboardX", reason="tensorboardX is not installed: pip install tensorboardX")
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed: pip install tensorboard")
    write_events, read_events = from_chapter("write_events", "read_events")
    rng = np.random.default_rng(0)
    scalars = {"loss": [2.3, 1.1, 0.7], "accuracy": [0.1, 0.6, 0.9]}
    image = rng.uniform(0, 1, (1, 14, 14))
    weights = [rng.normal(0, s, 500) for s in (1.0, 2.0)]
    write_events(tmp_path, scalars, {"digits": image}, {"stem/w": weights})
    assert [path.name.startswith("events.out.tfevents") for path in tmp_path.iterdir()] == [True]
    events = read_events(tmp_path)
    assert set(events.Tags()["scalars"]) == {"loss", "accuracy"}
    for name, values in scalars.items():
        assert [event.step for event in events.Scalars(name)] == [0, 1, 2]
        assert_allclose([event.value for event in events.Scalars(name)], values, rtol=1e-6)
    histograms = [event.histogram_value for event in events.Histograms("stem/w")]
    assert [h.num for h in histograms] == [500, 500]
    assert_allclose([h.sum_squares for h in histograms], [np.sum(w**2) for w in weights], rtol=1e-9)
    [picture] = events.Images("digits")
    assert (picture.width, picture.height) == (14, 14) and picture.encoded_image_string.startswith(b"\x89PNG")
