"""Right answers to the exercises of chapter ``regularization`` as different people write them."""

import math
from itertools import accumulate

import numpy as np

# ---------------------------------------------------------------------------------------------- the penalties


def l2_flattened(weights, strength):
    flat = np.concatenate([np.ravel(w) for w in weights])
    return strength * np.dot(flat, flat)


def l2_number_by_number(weights, strength):
    total = 0.0
    for w in weights:
        for value in np.asarray(w).ravel().tolist():
            total += value**2
    return total * strength


def l2_in_single_precision(weights, strength):
    norms = [np.linalg.norm(np.asarray(w, dtype=np.float32).ravel()) for w in weights]
    return np.float32(strength) * np.sum(np.square(norms), dtype=np.float32)


def l1_by_norms(weights, strength):
    return strength * sum(np.linalg.norm(np.ravel(w), ord=1) for w in weights)


def l1_by_signs(weights, strength):
    return math.fsum(float(np.sum(np.sign(w) * w)) for w in weights) * strength


def l1_in_single_precision(weights, strength):
    total = np.float32(0)
    for w in weights:
        total += np.abs(np.asarray(w, dtype=np.float32)).sum()
    return np.array(np.float32(strength) * total)


def elastic_of_two_sums(weights, strength, beta):
    squares = sum(float((np.asarray(w) ** 2).sum()) for w in weights)
    sizes = sum(float(abs(w).sum()) for w in weights)
    return strength * beta * squares + strength * sizes


def elastic_entry_by_entry(weights, strength, beta):
    entries = [abs(float(value)) for w in weights for value in np.asarray(w).flat]
    return strength * math.fsum(a * (beta * a + 1) for a in entries)


def elastic_in_single_precision(weights, strength, beta):
    flat = np.hstack([np.asarray(w, dtype=np.float32).ravel() for w in weights])
    return np.float32(strength) * (np.float32(beta) * (flat @ flat) + np.abs(flat).sum())


# ------------------------------------------------------------------------------------------ weight_decay_step


def decay_by_the_gradient_of_the_whole_loss(w, dw, learning_rate, strength):
    return w - learning_rate * (dw + 2 * strength * w)


def decay_in_place_on_a_copy(w, dw, learning_rate, strength):
    new = np.array(w, dtype=float)
    new *= 1 - 2 * learning_rate * strength
    new -= learning_rate * np.asarray(dw)
    return new


def decay_number_by_number_in_single_precision(w, dw, learning_rate, strength):
    keep, rate = np.float32(1 - 2 * learning_rate * strength), np.float32(learning_rate)
    new = [keep * np.float32(a) - rate * np.float32(g) for a, g in zip(np.ravel(w), np.ravel(dw))]
    return np.reshape(new, np.shape(w)).tolist()


# -------------------------------------------------------------------------------------- multiclass_hinge_loss


def hinge_in_loops(scores, labels):
    total = 0.0
    for row, label in zip(scores, labels):
        for j, score in enumerate(row):
            if j != label:
                total += max(0.0, score - row[label] + 1)
    return total / len(scores)


def hinge_minus_the_right_classes_share(scores, labels):
    right = np.take_along_axis(scores, np.asarray(labels)[:, None], axis=1)
    return np.maximum(scores - right + 1, 0).sum(axis=1).mean() - 1


def hinge_by_deleting_the_right_class(scores, labels):
    losses = []
    for row, label in zip(np.asarray(scores, dtype=np.float64), labels):
        lacking = np.delete(row, label) - row[label] + 1
        losses.append(lacking[lacking > 0].sum())
    return np.float32(np.mean(losses))


# --------------------------------------------------------------------------------------- ridge_polynomial_fit


def ridge_by_normal_equations(x, y, degree, strength):
    v = np.stack([np.asarray(x, dtype=float) ** k for k in range(degree + 1)], axis=1)
    return np.linalg.solve(v.T @ v + strength * np.eye(degree + 1), v.T @ y)


def ridge_by_singular_values(x, y, degree, strength):
    v = np.vander(np.asarray(x, dtype=float), degree + 1)[:, ::-1]
    u, s, vt = np.linalg.svd(v, full_matrices=False)
    return vt.T @ (s / (s**2 + strength) * (u.T @ y))


def ridge_by_stacked_rows_in_a_list(x, y, degree, strength):
    rows = [[float(value) ** k for k in range(degree + 1)] for value in x]
    rows += [[math.sqrt(strength) * (j == k) for k in range(degree + 1)] for j in range(degree + 1)]
    q, r = np.linalg.qr(np.array(rows))
    return np.linalg.solve(r, q.T @ np.array([*y, *[0] * (degree + 1)])).tolist()


# -------------------------------------------------------------------------------------------- dropout_forward


def dropout_by_binomial_draws(x, drop_probability, rng, training=True):
    if not training:
        return x, np.ones_like(x)
    keep = 1 - drop_probability
    mask = rng.binomial(1, keep, size=x.shape) / keep
    return mask * x, mask


def dropout_entry_by_entry(x, drop_probability, rng, training=True):
    out, mask = np.zeros(x.shape), np.ones(x.shape)
    for index in np.ndindex(x.shape):
        if training:
            mask[index] = 0.0 if rng.uniform() < drop_probability else 1 / (1 - drop_probability)
        out[index] = x[index] * mask[index]
    return [out, mask]


def dropout_in_single_precision(x, drop_probability, rng, training=True):
    x = np.asarray(x, dtype=np.float32)
    p = drop_probability if training else 0.0
    kept = rng.random(x.shape, dtype=np.float32) >= np.float32(p)
    mask = np.where(kept, np.float32(1 / (1 - p)), np.float32(0))
    return (x * mask).tolist(), mask


# ------------------------------------------------------------------------------------------- dropout_backward


def dropout_backward_by_multiply(dout, mask):
    return np.multiply(dout, mask)


def dropout_backward_where_kept(dout, mask):
    dx = np.zeros(dout.shape)
    kept = mask > 0
    dx[kept] = dout[kept] * mask[kept]
    return dx


def dropout_backward_number_by_number(dout, mask):
    dx = [np.float32(d) * np.float32(m) for d, m in zip(dout.flat, mask.flat)]
    return np.reshape(dx, dout.shape).tolist()


# ------------------------------------------------------------------------------------ vanilla_dropout_predict


def vanilla_by_the_part_to_take_away(activations, drop_probability):
    return activations - drop_probability * activations


def vanilla_on_a_copy(activations, drop_probability):
    scaled = activations.astype(np.float64)
    scaled *= 1 - drop_probability
    return scaled


def vanilla_in_single_precision(activations, drop_probability):
    return (np.asarray(activations, dtype=np.float32) * np.float32(1 - drop_probability)).tolist()


# ---------------------------------------------------------------------------------------- dropconnect_forward


def dropconnect_by_scaling_the_sums(x, w, b, drop_probability, rng, training=True):
    if not training:
        return x @ w + b
    kept = rng.random(w.shape) > drop_probability
    return x @ np.where(kept, w, 0) / (1 - drop_probability) + b


def dropconnect_unit_by_unit(x, w, b, drop_probability, rng, training=True):
    p = drop_probability if training else 0
    columns = []
    for j in range(w.shape[1]):
        weights = w[:, j] * rng.choice([0, 1 / (1 - p)], size=len(w), p=[p, 1 - p])
        columns.append(x @ weights + b[j])
    return np.stack(columns, axis=1)


def dropconnect_in_single_precision(x, w, b, drop_probability, rng, training=True):
    x, w, b = (np.asarray(array, dtype=np.float32) for array in (x, w, b))
    if training:
        w = w * (rng.uniform(size=w.shape) < 1 - drop_probability) / np.float32(1 - drop_probability)
    return np.einsum("nd,dm->nm", x, w) + b


# ----------------------------------------------------------------------------------- stochastic_depth_forward


def depth_by_one_factor(x, branch, survival_probability, rng, training=True):
    factor = rng.binomial(1, survival_probability) if training else survival_probability
    return x + factor * branch(x)


def depth_in_small_steps(x, branch, survival_probability, rng, training=True):
    if not training:
        return x * (1 - survival_probability) + survival_probability * (x + branch(x))
    if rng.uniform() < survival_probability:
        return x + branch(x)
    return x


def depth_in_single_precision(x, branch, survival_probability, rng, training=True):
    x = np.asarray(x, dtype=np.float32)
    weight = survival_probability
    if training:
        weight = rng.choice([0.0, 1.0], p=[1 - survival_probability, survival_probability])
    return (x + np.float32(weight) * branch(x)).tolist()


# -------------------------------------------------------------------------------------- fractional_pool_edges


def edges_of_a_shuffled_list(n_in, n_out, rng):
    if n_in < n_out or n_in > 2 * n_out:
        raise ValueError("n_in must lie between n_out and 2 n_out")
    steps = [2] * (n_in - n_out) + [1] * (2 * n_out - n_in)
    rng.shuffle(steps)
    return [0, *accumulate(steps)]


def edges_by_choosing_the_regions_of_two(n_in, n_out, rng):
    if not n_out <= n_in <= 2 * n_out:
        raise ValueError(f"{n_in} pixels, {n_out} regions")
    steps = np.ones(n_out)
    steps[rng.choice(n_out, n_in - n_out, replace=False)] += 1
    edges = np.zeros(n_out + 1)
    edges[1:] = steps.cumsum()
    return edges


def edges_one_after_the_other(n_in, n_out, rng):
    twos, ones = n_in - n_out, 2 * n_out - n_in
    if twos < 0 or ones < 0:
        raise ValueError("sizes do not fit")
    edges = [0]
    while twos + ones:
        if rng.random() * (twos + ones) < twos:
            twos -= 1
            edges.append(edges[-1] + 2)
        else:
            ones -= 1
            edges.append(edges[-1] + 1)
    return np.array(edges, dtype=np.int32)


# ---------------------------------------------------------------------------------------- monte_carlo_predict


def monte_carlo_by_a_sum(predict, x, samples, rng):
    total = 0
    for _ in range(samples):
        total = total + predict(x, rng)
    return total / samples


def monte_carlo_by_a_running_mean(predict, x, samples, rng):
    mean = predict(x, rng)
    for k in range(2, samples + 1):
        mean = mean + (predict(x, rng) - mean) / k
    return mean


def monte_carlo_stacked_in_single_precision(predict, x, samples, rng):
    return np.stack([predict(x, rng) for _ in range(samples)]).astype(np.float32).mean(0).tolist()


# --------------------------------------------------------------------------------------- early_stopping_epoch


def stopping_with_a_counter(validation_losses, patience):
    best_loss, best_epoch, waited = float("inf"), 0, 0
    for epoch, loss in enumerate(validation_losses):
        if loss < best_loss:
            best_loss, best_epoch, waited = loss, epoch, 0
        else:
            waited += 1
            if waited == patience:
                break
    return epoch, best_epoch


def stopping_by_the_best_of_each_beginning(validation_losses, patience):
    losses = list(validation_losses)
    for epoch in range(len(losses)):
        seen = losses[: epoch + 1]
        best = seen.index(min(seen))
        if epoch == best + patience:
            break
    return [epoch, best]


def stopping_by_running_minima(validation_losses, patience):
    losses = np.asarray(validation_losses, dtype=float)
    lowest = np.minimum.accumulate(losses)
    improved = np.concatenate([[True], losses[1:] < lowest[:-1]])
    best = np.maximum.accumulate(np.where(improved, np.arange(len(losses)), 0))
    stops = np.flatnonzero(np.arange(len(losses)) - best >= patience)
    stop = stops[0] if len(stops) else len(losses) - 1
    return np.array([stop, best[stop]])


STYLES = {
    "l2_penalty": [l2_flattened, l2_number_by_number, l2_in_single_precision],
    "l1_penalty": [l1_by_norms, l1_by_signs, l1_in_single_precision],
    "elastic_net_penalty": [elastic_of_two_sums, elastic_entry_by_entry, elastic_in_single_precision],
    "weight_decay_step": [
        decay_by_the_gradient_of_the_whole_loss,
        decay_in_place_on_a_copy,
        decay_number_by_number_in_single_precision,
    ],
    "multiclass_hinge_loss": [
        hinge_in_loops,
        hinge_minus_the_right_classes_share,
        hinge_by_deleting_the_right_class,
    ],
    "ridge_polynomial_fit": [
        ridge_by_normal_equations,
        ridge_by_singular_values,
        ridge_by_stacked_rows_in_a_list,
    ],
    "dropout_forward": [dropout_by_binomial_draws, dropout_entry_by_entry, dropout_in_single_precision],
    "dropout_backward": [
        dropout_backward_by_multiply,
        dropout_backward_where_kept,
        dropout_backward_number_by_number,
    ],
    "vanilla_dropout_predict": [
        vanilla_by_the_part_to_take_away,
        vanilla_on_a_copy,
        vanilla_in_single_precision,
    ],
    "dropconnect_forward": [
        dropconnect_by_scaling_the_sums,
        dropconnect_unit_by_unit,
        dropconnect_in_single_precision,
    ],
    "stochastic_depth_forward": [depth_by_one_factor, depth_in_small_steps, depth_in_single_precision],
    "fractional_pool_edges": [
        edges_of_a_shuffled_list,
        edges_by_choosing_the_regions_of_two,
        edges_one_after_the_other,
    ],
    "monte_carlo_predict": [
        monte_carlo_by_a_sum,
        monte_carlo_by_a_running_mean,
        monte_carlo_stacked_in_single_precision,
    ],
    "early_stopping_epoch": [
        stopping_with_a_counter,
        stopping_by_the_best_of_each_beginning,
        stopping_by_running_minima,
    ],
}
