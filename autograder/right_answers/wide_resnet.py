"""Right answers to the exercises of chapter ``wide_resnet`` as different people write them."""

import math
from functools import reduce

import numpy as np

# ----------------------------------------------------------------------------------------- wide_resnet_plan


def plan_by_divmod(depth, widen):
    blocks, rest = divmod(depth - 4, 6)
    if rest != 0:
        raise ValueError("depth has to be 6n + 4")
    return blocks, np.array([16, 16 * widen, 32 * widen, 64 * widen])


def plan_by_counting_up(depth, widen):
    blocks = 0
    while 6 * blocks + 4 < depth:
        blocks += 1
    if 6 * blocks + 4 > depth:
        raise ValueError(depth)
    return [blocks, [16.0] + [16.0 * widen * 2**group for group in range(3)]]


class NoSuchNetwork(ValueError):
    """The plan of a depth that has none was asked for."""


def plan_by_fractions(depth, widen):
    blocks = (depth - 4) / 6
    if blocks != math.floor(blocks):
        raise NoSuchNetwork(f"a group would have {blocks} blocks")
    widths = (16,)
    for factor in (1, 2, 4):
        widths += (factor * widen * 16,)
    return np.float32(blocks), widths


# ----------------------------------------------------------------------------------------- residual_forward


def residual_by_padding(x, branch):
    out = branch(x)
    stride = math.ceil(x.shape[2] / out.shape[2])
    short = x[:, :, ::stride, ::stride]
    return out + np.pad(short, ((0, 0), (0, out.shape[1] - x.shape[1]), (0, 0), (0, 0)))


def residual_channel_by_channel(x, branch):
    out = np.array(branch(x), dtype=float)
    step = 1
    while step * out.shape[2] < x.shape[2]:
        step += 1
    for channel in range(x.shape[1]):
        out[:, channel] += x[:, channel, ::step, ::step]
    return out


def residual_by_a_matrix_in_single_precision(x, branch):
    maps = branch(x).astype(np.float32)
    rows = np.arange(maps.shape[2]) * -(-x.shape[2] // maps.shape[2])
    columns = np.arange(maps.shape[3]) * -(-x.shape[3] // maps.shape[3])
    taken = x[:, :, rows[:, None], columns].astype(np.float32)
    first = np.eye(maps.shape[1], x.shape[1], dtype=np.float32)  # puts x's channels before those of zeros
    return maps + np.einsum("fc,nchw->nfhw", first, taken)


# -------------------------------------------------------------------------------------------- augment_batch


def augment_in_one_loop(images, padding, max_delta, rng):
    batch = []
    height, width = images.shape[1:3]
    for image in images:
        big = np.pad(image.astype(float), [(padding, padding), (padding, padding), (0, 0)])
        top = rng.integers(0, 2 * padding, endpoint=True)
        left = rng.integers(0, 2 * padding, endpoint=True)
        crop = big[top : top + height, left : left + width]
        if rng.integers(2):
            crop = np.fliplr(crop)
        crop = np.clip(crop + rng.uniform(-max_delta, max_delta), 0, 1)
        batch.append((crop - crop.mean()) / max(crop.std(), 1 / math.sqrt(crop.size)))
    return np.stack(batch)


def augment_without_a_loop(images, padding, max_delta, rng):
    n, height, width, channels = images.shape
    big = np.zeros((n, height + 2 * padding, width + 2 * padding, channels))
    big[:, padding : padding + height, padding : padding + width] = images
    delta = max_delta * (2 * rng.random((n, 1, 1, 1)) - 1)
    rows = rng.integers(0, 2 * padding + 1, (n, 1)) + np.arange(height)
    columns = rng.integers(0, 2 * padding + 1, (n, 1)) + np.arange(width)
    mirrored = rng.random(n) > 0.5
    columns = np.where(mirrored[:, None], columns[:, ::-1], columns)
    out = big[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]
    flat = np.clip(out + delta, 0, 1).reshape(n, -1)
    deviation = np.sqrt(flat.var(axis=1))
    deviation[deviation < flat.shape[1] ** -0.5] = flat.shape[1] ** -0.5
    return ((flat - flat.mean(axis=1)[:, None]) / deviation[:, None]).reshape(images.shape)


def augment_by_mirroring_first_in_single_precision(images, padding, max_delta, rng):
    def one(image):
        image = image.astype(np.float32)
        image = image[:, ::-1] if rng.choice([True, False]) else image
        moved = np.zeros_like(image)
        height, width, _ = image.shape
        down, right = rng.integers(-padding, padding + 1, 2)
        for y in range(max(0, down), min(height, height + down)):
            for x in range(max(0, right), min(width, width + right)):
                moved[y, x] = image[y - down, x - right]
        moved = np.minimum(np.maximum(moved + np.float32(rng.uniform(-max_delta, max_delta)), 0), 1)
        moved = moved - np.mean(moved, dtype=np.float64).astype(np.float32)
        return moved / max(np.sqrt(np.mean(moved**2)), np.float32(moved.size) ** -0.5)

    return [one(image) for image in images]


# ------------------------------------------------------------------------------- exponential_moving_average


def smooth_by_sums_of_weights(values, weight):
    out = []
    total = weights = 0.0
    for value in values:
        total = weight * total + value
        weights = weight * weights + 1  # the sum of weight to the powers 0, …, t − 1
        out.append(total / weights)
    return out


def smooth_by_a_matrix(values, weight):
    t = np.arange(len(values))
    age = t[:, None] - t
    powers = np.where(age >= 0, float(weight) ** np.maximum(age, 0), 0.0)
    return powers @ values / powers.sum(axis=1)


def smooth_by_reduce_in_single_precision(values, weight):
    w = np.float32(weight)

    def step(done, value):
        m = w * done[-1][0] + (1 - w) * np.float32(value)
        return [*done, (m, 1 - w ** len(done))]

    pairs = reduce(step, values, [(np.float32(0), None)])[1:]
    return np.array([m / correction for m, correction in pairs], dtype=np.float32)


STYLES = {
    "wide_resnet_plan": [plan_by_divmod, plan_by_counting_up, plan_by_fractions],
    "residual_forward": [
        residual_by_padding,
        residual_channel_by_channel,
        residual_by_a_matrix_in_single_precision,
    ],
    "augment_batch": [
        augment_in_one_loop,
        augment_without_a_loop,
        augment_by_mirroring_first_in_single_precision,
    ],
    "exponential_moving_average": [
        smooth_by_sums_of_weights,
        smooth_by_a_matrix,
        smooth_by_reduce_in_single_precision,
    ],
}
