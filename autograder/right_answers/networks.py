"""Right answers to the exercises of chapter ``networks`` as different people write them."""

import math

import numpy as np

# ------------------------------------------------------------------------------------------- sigmoid_neuron


def neuron_by_the_formula(x, w, b):
    return 1 / (1 + np.exp(-(x @ w + b)))


def neuron_by_tanh(x, w, b):
    z = np.einsum("...i,i->...", x, w) + b
    return (0.5 + 0.5 * np.tanh(z / 2)).astype(np.float32)


def neuron_recursive(x, w, b):
    if np.ndim(x) > 1:
        return [neuron_recursive(row, w, b) for row in x]
    z = math.fsum(float(x_i) * float(w_i) for x_i, w_i in zip(x, w)) + b
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(max(z, -700.0)) / (1 + math.exp(max(z, -700.0)))


# ---------------------------------------------------------------------------------------------- mlp_forward


def smooth_step(z):
    positive = z >= 0
    out = np.empty(z.shape)
    out[positive] = 1 / (1 + np.exp(-z[positive]))
    e = np.exp(z[~positive])
    out[~positive] = e / (1 + e)
    return out


def forward_layer_by_layer(x, weights, biases):
    activations = []
    for i in range(len(weights)):
        x = smooth_step(np.dot(x, weights[i]) + biases[i])
        activations.append(x)
    return activations


def forward_recursive(x, weights, biases):
    if not weights:
        return []
    a = 1 / (1 + np.exp(-(x @ weights[0] + biases[0])))
    return [a] + forward_recursive(a, weights[1:], biases[1:])


def forward_with_columns_in_single_precision(x, weights, biases):
    a = np.asarray(x, dtype=np.float32).T  # a column a sample, as W x + b has it
    activations = ()
    for w, b in zip(weights, biases):
        w, b = np.asarray(w, dtype=np.float32).T, np.asarray(b, dtype=np.float32)
        a = 1 / (1 + np.exp(-(w @ a + b[:, None])))
        activations += (a.T,)
    return activations


# -------------------------------------------------------------------------------------------------- one_hot


def one_hot_from_the_identity(labels, num_classes):
    if np.any((labels < 0) | (labels >= num_classes)):
        raise ValueError("label outside the range")
    return np.eye(num_classes)[labels]


def one_hot_by_comparison(labels, num_classes):
    labels = np.asarray(labels, dtype=int)
    if labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError(f"labels should be from 0 to {num_classes - 1}")
    return labels[:, np.newaxis] == np.arange(num_classes)


def one_hot_in_lists(labels, num_classes):
    rows = []
    for label in labels.tolist():
        row = [0] * num_classes
        row[range(num_classes).index(label)] = 1  # index raises ValueError for a number that is not in the range
        rows.append(row)
    return rows


# -------------------------------------------------------------------------------------------------- softmax


def softmax_by_rows(logits):
    probabilities = np.zeros(logits.shape)
    for i, row in enumerate(logits):
        e = np.exp(row - max(row))
        probabilities[i] = e / sum(e)
    return probabilities


def softmax_by_log_sum_exp(logits):
    return np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))


def softmax_in_single_precision(logits):
    z = np.asarray(logits, dtype=np.float32)
    z = np.exp(z - np.amax(z, axis=-1)[:, None])
    z /= z.sum(axis=-1)[:, None]
    return z


# --------------------------------------------------------------------------------------- mean_squared_error


def squared_error_of_means(prediction, target):
    return np.mean(np.sum((prediction - target) ** 2, axis=1)) / 2


def squared_error_by_norms(prediction, target):
    distances = np.linalg.norm(np.subtract(prediction, target, dtype=np.float64), axis=1)
    return 0.5 * np.dot(distances, distances) / prediction.shape[0]


def squared_error_in_a_loop(prediction, target):
    total = 0.0
    for a, b in zip(prediction.tolist(), target.tolist()):
        total += sum((p - t) ** 2 for p, t in zip(a, b))
    return total / (2 * len(prediction))


# -------------------------------------------------------------------------------------------- cross_entropy


def entropy_at_the_labels(probabilities, target):
    p = probabilities[np.arange(len(target)), target.argmax(axis=1)]
    return -np.mean(np.log(np.clip(p, 1e-12, 1)))


def entropy_with_a_sum(probabilities, target):
    log_p = np.log(np.clip(probabilities, 1e-12, None).astype(np.float32))
    return np.float32(-1.0) * np.sum(log_p * target) / np.float32(len(target))


def entropy_in_a_loop(probabilities, target):
    total = 0.0
    for p, t in zip(probabilities, target):
        for p_k, t_k in zip(p, t):
            if t_k == 1:
                total -= math.log(max(p_k, 1e-12))
    return total / len(probabilities)


# ------------------------------------------------------------------------------------------------- accuracy


def accuracy_by_argmax(scores, labels):
    return (np.argmax(scores, axis=1) == labels).mean()


def accuracy_by_rank(scores, labels):
    at_label = np.take_along_axis(scores, labels[:, None], axis=1)
    return 1 - np.count_nonzero((scores > at_label).any(axis=1)) / len(labels)


def accuracy_in_a_loop(scores, labels):
    right = 0
    for row, label in zip(scores.tolist(), labels.tolist()):
        if row.index(max(row)) == label:
            right += 1
    return np.array(right / len(labels))


# ------------------------------------------------------------------------------------- numerical_derivative


def derivative_in_one_line(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / 2 / h


def derivative_in_small_steps(f, x, h=1e-5):
    above, below = f(x + h), f(x - h)
    rise, run = above - below, 2 * h
    return np.array(rise / run)


def derivative_as_a_mean_of_two(f, x, h=1e-5):
    here = f(x)
    return np.mean([(f(x + h) - here) / h, (here - f(x - h)) / h])


# --------------------------------------------------------------------------------------- numerical_gradient


def gradient_by_perturbing_and_restoring(f, x, h=1e-5):
    if x.dtype.kind != "f":
        x = x.astype(float)
    gradient = np.zeros_like(x)
    it = np.nditer(x, flags=["multi_index"])
    for _ in it:
        index = it.multi_index
        old = x[index]
        x[index] = old + h
        ahead = f(x)
        x[index] = old - h
        gradient[index] = (ahead - f(x)) / (2 * h)
        x[index] = old
    return gradient


def gradient_with_unit_vectors(f, x, h=1e-5):
    units = np.eye(x.size).reshape(x.size, *x.shape)
    return np.reshape([(f(x + h * unit) - f(x - h * unit)) / (2 * h) for unit in units], x.shape)


def gradient_entry_by_entry(f, x, h=1e-5):
    flat = [float(value) for value in x.flat]
    slopes = []
    for k in range(len(flat)):
        values = [f(np.reshape(flat[:k] + [flat[k] + s * h] + flat[k + 1 :], x.shape)) for s in (1, -1)]
        slopes.append((values[0] - values[1]) / (2 * h))
    return np.array(slopes).reshape(x.shape).tolist()


# ----------------------------------------------------------------------------------------- gradient_descent


def descent_into_an_array(gradient, x0, learning_rate, steps):
    path = np.zeros((steps + 1, x0.size))
    path[0] = x0
    for k in range(steps):
        path[k + 1] = path[k] - learning_rate * gradient(path[k])
    return path


def descent_with_copies(gradient, x0, learning_rate, steps):
    x = x0.astype(float)
    path = [x.copy()]
    while len(path) <= steps:
        x -= learning_rate * gradient(x)
        path.append(x.copy())
    return path


def descent_recursive(gradient, x0, learning_rate, steps):
    x0 = np.asarray(x0, dtype=np.float32)
    if steps == 0:
        return x0[None]
    following = x0 - np.float32(learning_rate) * np.asarray(gradient(x0), dtype=np.float32)
    return np.vstack([x0, descent_recursive(gradient, following, learning_rate, steps - 1)])


# ---------------------------------------------------------------------------------------------- minibatches


def batches_of_a_permutation(n, batch_size, rng):
    order = rng.permutation(n)
    batches = []
    while len(order):
        batches.append(order[:batch_size])
        order = order[batch_size:]
    return batches


def batches_of_a_shuffled_list(n, batch_size, rng):
    order = np.arange(n)
    rng.shuffle(order)
    count = math.ceil(n / batch_size)
    return tuple(order[k * batch_size : min(n, (k + 1) * batch_size)].tolist() for k in range(count))


def batches_by_sorting_random_keys(n, batch_size, rng):
    order = np.argsort(rng.random(n))
    return np.split(order, range(batch_size, n, batch_size))


# ---------------------------------------------------------------------------------------------------- train


def train_in_place_on_copies(loss_and_gradients, params, x, labels, learning_rate, batch_size, epochs, rng):
    params = {name: np.array(value, dtype=float) for name, value in params.items()}
    losses = []
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for start in range(0, len(x), batch_size):
            chosen = order[start : start + batch_size]
            loss, grads = loss_and_gradients(params, x[chosen], labels[chosen])
            losses.append(loss)
            for name in params:
                params[name] -= learning_rate * grads[name]
    return params, np.array(losses)


def train_with_a_list_of_losses(loss_and_gradients, params, x, labels, learning_rate, batch_size, epochs, rng):
    losses = []
    for _ in range(epochs):
        indices = list(range(len(x)))
        rng.shuffle(indices)
        while indices:
            batch, indices = indices[:batch_size], indices[batch_size:]
            loss, slopes = loss_and_gradients(
                params, np.array([x[k] for k in batch]), np.array([labels[k] for k in batch])
            )
            params = {name: params[name] - learning_rate * slopes[name] for name in slopes}
            losses.append(float(loss))
    return dict(params), losses


def train_by_shuffling_both(loss_and_gradients, params, x, labels, learning_rate, batch_size, epochs, rng):
    params, steps = dict(params), -(-len(x) // batch_size)
    losses = np.zeros(epochs * steps)
    for step in range(epochs * steps):
        if step % steps == 0:
            order = rng.permutation(len(x))
            shuffled_x, shuffled_labels = x[order], labels[order]
        part = slice(step % steps * batch_size, (step % steps + 1) * batch_size)
        losses[step], grads = loss_and_gradients(params, shuffled_x[part], shuffled_labels[part])
        for name, gradient in grads.items():
            params[name] = params[name] + -learning_rate * gradient
    return params, losses


STYLES = {
    "sigmoid_neuron": [neuron_by_the_formula, neuron_by_tanh, neuron_recursive],
    "mlp_forward": [forward_layer_by_layer, forward_recursive, forward_with_columns_in_single_precision],
    "one_hot": [one_hot_from_the_identity, one_hot_by_comparison, one_hot_in_lists],
    "softmax": [softmax_by_rows, softmax_by_log_sum_exp, softmax_in_single_precision],
    "mean_squared_error": [squared_error_of_means, squared_error_by_norms, squared_error_in_a_loop],
    "cross_entropy": [entropy_at_the_labels, entropy_with_a_sum, entropy_in_a_loop],
    "accuracy": [accuracy_by_argmax, accuracy_by_rank, accuracy_in_a_loop],
    "numerical_derivative": [derivative_in_one_line, derivative_in_small_steps, derivative_as_a_mean_of_two],
    "numerical_gradient": [
        gradient_by_perturbing_and_restoring,
        gradient_with_unit_vectors,
        gradient_entry_by_entry,
    ],
    "gradient_descent": [descent_into_an_array, descent_with_copies, descent_recursive],
    "minibatches": [batches_of_a_permutation, batches_of_a_shuffled_list, batches_by_sorting_random_keys],
    "train": [train_in_place_on_copies, train_with_a_list_of_losses, train_by_shuffling_both],
}
