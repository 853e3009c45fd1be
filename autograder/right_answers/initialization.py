"""Right answers to the exercises of chapter ``initialization`` as different people write them."""

import math
import statistics
from functools import reduce

import numpy as np

from solutions.initialization import normal_initializer

# --------------------------------------------------------------------------------------- normal_initializer


def normal_scaled_afterwards(n_in, n_out, std, rng):
    return std * rng.standard_normal(size=(n_in, n_out))


def normal_number_by_number(n_in, n_out, std, rng):
    return [[rng.normal(0, std) for _ in range(n_out)] for _ in range(n_in)]


def normal_in_single_precision(n_in, n_out, std, rng):
    return rng.standard_normal((n_out, n_in), dtype=np.float32).T * np.float32(std)


# -------------------------------------------------------------------------------------------- xavier_normal


def xavier_normal_by_the_initializer(n_in, n_out, rng):
    return normal_initializer(n_in, n_out, math.sqrt(2 / (n_in + n_out)), rng)


def xavier_normal_by_the_average_number_of_units(n_in, n_out, rng):
    units = (n_in + n_out) / 2
    return (rng.standard_normal(n_in * n_out) / np.sqrt(units)).reshape(n_in, n_out)


def xavier_normal_unit_by_unit(n_in, n_out, rng):
    variance = 2.0 / (n_in + n_out)
    columns = [rng.normal(0.0, variance**0.5, n_in) for _ in range(n_out)]
    return np.stack(columns, axis=1).astype(np.float32)


# ------------------------------------------------------------------------------------------- xavier_uniform


def xavier_uniform_by_its_limit(n_in, n_out, rng):
    limit = math.sqrt(6 / (n_in + n_out))
    return rng.uniform(low=-limit, high=limit, size=[n_in, n_out])


def xavier_uniform_stretched(n_in, n_out, rng):
    limit = np.sqrt(3) * np.sqrt(2 / (n_in + n_out))
    return (2 * rng.random((n_in, n_out)) - 1) * limit


def xavier_uniform_number_by_number(n_in, n_out, rng):
    limit = (6 / (n_in + n_out)) ** 0.5
    w = np.zeros((n_in, n_out), dtype=np.float32)
    for i in range(n_in):
        for j in range(n_out):
            w[i, j] = rng.uniform(-limit, limit)
    return w.tolist()


# ------------------------------------------------------------------------------------------------ he_normal


def he_by_the_initializer(n_in, n_out, rng):
    return normal_initializer(n_in, n_out, np.sqrt(2 / n_in), rng)


def he_scaled_afterwards(n_in, n_out, rng):
    w = rng.normal(size=(n_in, n_out))
    w *= math.sqrt(2.0)
    w /= math.sqrt(n_in)
    return w


def he_row_by_row_in_single_precision(n_in, n_out, rng):
    rows = []
    for _ in range(n_in):
        rows.append(rng.standard_normal(n_out, dtype=np.float32) * np.float32((2 / n_in) ** 0.5))
    return np.vstack(rows)


# --------------------------------------------------------------------------------------- forward_statistics


def forward_in_one_loop(x, weights, activation):
    means, stds = [], []
    h = x
    for w in weights:
        h = activation(np.dot(h, w))
        means.append(h.mean())
        stds.append(h.std())
    return means, stds


def forward_in_single_precision(x, weights, activation):
    table = np.zeros((2, len(weights)), dtype=np.float32)
    h = x.astype(np.float32)
    for layer, w in enumerate(weights):
        h = activation(np.einsum("ni,io->no", h, w.astype(np.float32)))
        table[:, layer] = h.mean(), np.sqrt(np.mean((h - h.mean()) ** 2))
    return table


def forward_with_the_standard_library(x, weights, activation):
    def numbers(depth):
        return reduce(lambda h, w: activation(h @ w), weights[: depth + 1], x).ravel().tolist()

    layers = [numbers(depth) for depth in range(len(weights))]
    return [statistics.fmean(layer) for layer in layers], np.array([statistics.pstdev(layer) for layer in layers])


# -------------------------------------------------------------------------------------- saturation_fraction


def saturated_by_distance_from_the_nearer_end(activations, margin=0.05):
    return (np.minimum(activations, 1 - activations) < margin).mean()


def saturated_counted_in_a_loop(activations, margin=0.05):
    count = 0
    for a in activations.ravel():
        if a < margin or a > 1 - margin:
            count += 1
    return count / activations.size


def saturated_in_single_precision(activations, margin=0.05):
    a = activations.astype(np.float32)
    low, high = np.count_nonzero(a < margin), np.count_nonzero(a > 1 - margin)
    return np.array((low + high) / a.size, dtype=np.float32)


# ------------------------------------------------------------------------------------------- distinct_units


def distinct_by_a_list_of_those_kept(w):
    kept = []
    for j in range(w.shape[1]):
        if not any(np.allclose(w[:, j], other) for other in kept):
            kept.append(w[:, j])
    return len(kept)


def distinct_by_comparing_all_pairs(w):
    same = np.isclose(w[:, :, None], w[:, None, :]).all(axis=0)
    has_an_earlier_twin = np.tril(same, k=-1).any(axis=1)
    return np.sum(~has_an_earlier_twin)


def distinct_by_rounding(w):
    return float(len({tuple(column) for column in np.round(w, 6).T.tolist()}))


STYLES = {
    "normal_initializer": [normal_scaled_afterwards, normal_number_by_number, normal_in_single_precision],
    "xavier_normal": [
        xavier_normal_by_the_initializer,
        xavier_normal_by_the_average_number_of_units,
        xavier_normal_unit_by_unit,
    ],
    "xavier_uniform": [xavier_uniform_by_its_limit, xavier_uniform_stretched, xavier_uniform_number_by_number],
    "he_normal": [he_by_the_initializer, he_scaled_afterwards, he_row_by_row_in_single_precision],
    "forward_statistics": [
        forward_in_one_loop,
        forward_in_single_precision,
        forward_with_the_standard_library,
    ],
    "saturation_fraction": [
        saturated_by_distance_from_the_nearer_end,
        saturated_counted_in_a_loop,
        saturated_in_single_precision,
    ],
    "distinct_units": [
        distinct_by_a_list_of_those_kept,
        distinct_by_comparing_all_pairs,
        distinct_by_rounding,
    ],
}
