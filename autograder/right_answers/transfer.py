"""Right answers to the exercises of chapter ``transfer`` as different people write them."""

import math
from itertools import accumulate, repeat

import numpy as np

from solutions.initialization import he_normal

# ---------------------------------------------------------------------------------------- transfer_strategy


def strategy_by_branches(data, similarity):
    if data not in ("little", "lots") or similarity not in ("similar", "different"):
        raise ValueError(f"no strategy for {data} data of a {similarity} task")
    if data == "little":
        return "linear_probe" if similarity == "similar" else "probe_other_stages"
    return "finetune_few" if similarity == "similar" else "finetune_many"


def strategy_by_a_table_in_a_table(data, similarity):
    table = {
        "little": {"similar": "linear_probe", "different": "probe_other_stages"},
        "lots": {"similar": "finetune_few", "different": "finetune_many"},
    }
    try:
        return table[data][similarity]
    except KeyError as error:
        raise ValueError(f"unknown word: {error}") from error


def strategy_by_positions(data, similarity):
    row = ("little", "lots").index(data)  # raises ValueError itself
    column = ("similar", "different").index(similarity)
    return ["linear_probe", "probe_other_stages", "finetune_few", "finetune_many"][2 * row + column]


# ----------------------------------------------------------------------------------------- extract_features


def features_in_a_loop(x, weights, biases, depth):
    a = x
    for w, b in zip(weights[:depth], biases[:depth]):
        a = np.maximum(0, np.dot(a, w) + b)
    return a


def features_by_recursion(x, weights, biases, depth):
    if depth == 0:
        return np.array(x, dtype=float)
    z = features_by_recursion(x, weights, biases, depth - 1) @ weights[depth - 1] + biases[depth - 1]
    return z * (z > 0)


def features_in_single_precision(x, weights, biases, depth):
    a = x.astype(np.float32)
    for layer in range(depth):
        z = np.einsum("nd,dm->nm", a, weights[layer].astype(np.float32))
        z += biases[layer].astype(np.float32)
        a = np.where(z < 0, np.float32(0), z)
    return a


# --------------------------------------------------------------------------------------------- linear_probe


def probe_by_centred_normal_equations(features, labels, num_classes, strength):
    y = np.eye(num_classes)[labels]
    x_mean, y_mean = features.mean(axis=0), y.mean(axis=0)
    x = features - x_mean
    w = np.linalg.solve(x.T @ x + strength * np.eye(x.shape[1]), x.T @ (y - y_mean))
    return w, y_mean - x_mean @ w


def probe_by_a_column_of_ones(features, labels, num_classes, strength):
    n, d = features.shape
    x = np.hstack([features, np.ones((n, 1))])
    penalty = np.diag([strength] * d + [0.0])
    solution = np.linalg.solve(x.T @ x + penalty, x.T @ np.eye(num_classes)[labels])
    return solution[:d], solution[d]


def probe_class_by_class_by_extra_samples(features, labels, num_classes, strength):
    # a penalty is least squares on D more samples, the rows of √strength · I, with target 0 and no bias
    n, d = features.shape
    x = np.zeros((n + d, d + 1))
    x[:n, :d], x[:n, d] = features, 1.0
    x[n:, :d] = math.sqrt(strength) * np.eye(d)
    w, b = [], []
    for k in range(num_classes):
        target = np.concatenate([labels == k, np.zeros(d)])
        solution = np.linalg.lstsq(x, target, rcond=None)[0]
        w.append(solution[:d])
        b.append(solution[d])
    return np.stack(w, axis=1), b


# ----------------------------------------------------------------------------------------- trainable_layers


def trainable_by_counting_the_frozen(num_layers, num_finetuned):
    frozen = num_layers - num_finetuned
    return [False] * frozen + [True] * num_finetuned


def trainable_by_a_slice_from_the_front(num_layers, num_finetuned):
    mask = np.ones(num_layers, dtype=bool)
    mask[: num_layers - num_finetuned] = False
    return mask


def trainable_by_the_distance_from_the_end(num_layers, num_finetuned):
    return np.array([num_layers - layer <= num_finetuned for layer in range(num_layers)])


# --------------------------------------------------------------------------------- layerwise_learning_rates


def rates_by_powers(base, decay, num_layers):
    return [base * decay ** (num_layers - 1 - layer) for layer in range(num_layers)]


def rates_from_the_last_down(base, decay, num_layers):
    return np.array(list(accumulate(repeat(decay, num_layers - 1), lambda rate, d: rate * d, initial=base))[::-1])


def rates_by_a_cumulative_product_in_single_precision(base, decay, num_layers):
    factors = np.full(num_layers, decay, dtype=np.float32)
    factors[0] = base
    return np.cumprod(factors)[::-1]


# -------------------------------------------------------------------------------------------- finetune_step


def step_with_a_branch(params, grads, learning_rates):
    new = []
    for i in range(len(params)):
        if learning_rates[i] == 0:
            new.append(params[i])
        else:
            new.append(params[i] - learning_rates[i] * grads[i])
    return new


def step_on_copies(params, grads, learning_rates):
    copies = [np.array(p, dtype=float) for p in params]
    for copy, grad, rate in zip(copies, grads, learning_rates):
        if rate > 0:
            copy -= rate * np.asarray(grad)
    return tuple(copies)


def step_in_single_precision_without_frozen_gradients(params, grads, learning_rates):
    rates = np.asarray(learning_rates, dtype=np.float32)
    moving = [layer for layer in range(len(params)) if rates[layer] != 0]
    stepped = dict(enumerate(params))
    for layer in moving:
        stepped[layer] = params[layer].astype(np.float32) - rates[layer] * grads[layer].astype(np.float32)
    return [stepped[layer] for layer in range(len(params))]


# --------------------------------------------------------------------------------------------- replace_head


def head_by_the_initializer(weights, biases, num_classes, rng):
    head = he_normal(weights[-1].shape[0], num_classes, rng)
    return weights[:-1] + [head], biases[:-1] + [np.zeros(num_classes)]


def head_on_copied_lists(weights, biases, num_classes, rng):
    weights, biases = list(weights), list(biases)
    n_in, _ = np.shape(weights[-1])
    weights[-1] = rng.standard_normal((n_in, num_classes), dtype=np.float32) * np.float32(math.sqrt(2 / n_in))
    biases[-1] = [0.0] * num_classes
    return weights, biases


def head_unit_by_unit(weights, biases, num_classes, rng):
    n_in = len(weights[-1])
    units = [rng.normal(0.0, (2 / n_in) ** 0.5, n_in) for _ in range(num_classes)]
    return (*weights[:-1], np.array(units).T), (*biases[:-1], np.zeros(num_classes))


STYLES = {
    "transfer_strategy": [strategy_by_branches, strategy_by_a_table_in_a_table, strategy_by_positions],
    "extract_features": [features_in_a_loop, features_by_recursion, features_in_single_precision],
    "linear_probe": [
        probe_by_centred_normal_equations,
        probe_by_a_column_of_ones,
        probe_class_by_class_by_extra_samples,
    ],
    "trainable_layers": [
        trainable_by_counting_the_frozen,
        trainable_by_a_slice_from_the_front,
        trainable_by_the_distance_from_the_end,
    ],
    "layerwise_learning_rates": [
        rates_by_powers,
        rates_from_the_last_down,
        rates_by_a_cumulative_product_in_single_precision,
    ],
    "finetune_step": [
        step_with_a_branch,
        step_on_copies,
        step_in_single_precision_without_frozen_gradients,
    ],
    "replace_head": [head_by_the_initializer, head_on_copied_lists, head_unit_by_unit],
}
