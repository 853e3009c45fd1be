"""Right answers to the exercises of chapter ``backprop`` as different people write them."""

import math

import numpy as np


def single(*arrays):
    """The arrays in single precision, as somebody who knows PyTorch might compute."""
    return [np.asarray(array, dtype=np.float32) for array in arrays]


# --------------------------------------------------------------------------------------------- add_backward


def add_hands_on(dz):
    return dz, dz


def add_as_lists(dz):
    return [dz.tolist(), dz.tolist()]


def add_with_local_derivatives(dz):
    ones = np.ones(dz.shape, dtype=np.float32)
    return np.stack([dz * ones, dz * ones])


# ---------------------------------------------------------------------------------------- multiply_backward


def multiply_in_place_on_copies(dz, x, y):
    dx, dy = y.copy(), x.copy()
    dx *= dz
    dy *= dz
    return dx, dy


def multiply_by_broadcasting(dz, x, y):
    return dz * np.array([y, x])


def multiply_number_by_number(dz, x, y):
    dx, dy = np.zeros(x.shape, dtype=np.float32), np.zeros(y.shape, dtype=np.float32)
    for index in np.ndindex(*x.shape):
        dx[index], dy[index] = dz[index] * y[index], dz[index] * x[index]
    return dx.tolist(), dy.tolist()


# --------------------------------------------------------------------------------------------- max_backward


def max_with_masks(dz, x, y):
    return dz * (x > y), dz * (y > x)


def max_by_the_output(dz, x, y):
    z = np.maximum(x, y)
    dx, dy = np.zeros_like(z, dtype=float), np.zeros_like(z, dtype=float)
    dx[x == z] = dz[x == z]
    dy[y == z] = dz[y == z]
    return [dx, dy]


def max_by_what_is_left(dz, x, y):
    dx = np.heaviside(x - y, 0.5).astype(np.float32) * dz
    return dx, dz - dx


# ----------------------------------------------------------------------------------------- sigmoid_backward


def sigmoid_multiplied_out(dout, out):
    return dout * (out - out**2)


def sigmoid_in_single_precision(dout, out):
    dout, out = single(dout, out)
    out = out * (1 - out)
    out *= dout
    return out.tolist()


def sigmoid_number_by_number(dout, out):
    slopes = [s * (1 - s) for s in out.ravel().tolist()]
    return np.array([d * slope for d, slope in zip(dout.ravel(), slopes)]).reshape(out.shape)


# ------------------------------------------------------------------------------------------ affine_forward


def affine_with_einsum(x, w, b):
    return np.einsum("nd,dm->nm", x, w) + b, {"x": x, "w": w}


def affine_with_a_closure(x, w, b):
    def backward(dout):
        return [dout @ w.transpose(), (dout.T @ x).T, sum(dout)]

    return np.dot(x, w) + b[None, :], backward


def affine_with_an_extended_matrix(x, w, b):
    x, w, b = single(x, w, b)
    extended, matrix = np.hstack([x, np.ones((len(x), 1), dtype=np.float32)]), np.vstack([w, b])
    return (extended @ matrix).tolist(), (extended, matrix)


# ----------------------------------------------------------------------------------------- affine_backward
# A style brings only its own function, so these take the cache (x, w) of the reference.


def affine_back_with_einsum(dout, cache):
    x, w = cache
    return [np.einsum("nm,dm->nd", dout, w), np.einsum("nd,nm->dm", x, dout), np.einsum("nm->m", dout)]


def affine_back_sample_by_sample(dout, cache):
    x, w = cache
    dx, dw, db = [], np.zeros(w.shape), np.zeros(w.shape[1])
    for sample, gradient in zip(x, dout):
        dx.append(w @ gradient)
        dw += np.outer(sample, gradient)
        db += gradient
    return np.array(dx), dw, db


def affine_back_in_single_precision(dout, cache):
    dout, x, w = single(dout, *cache)
    extended = np.concatenate([x, np.ones((len(x), 1), dtype=np.float32)], axis=1)
    both = extended.T @ dout
    return (w @ dout.T).T.tolist(), both[:-1].tolist(), both[-1]


# ----------------------------------------------------------------------------------- softmax_cross_entropy


def cross_entropy_with_logaddexp(logits, labels):
    log_p = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    one_hot = labels[:, None] == np.arange(logits.shape[1])
    return -np.where(one_hot, log_p, 0).sum() / len(labels), (np.exp(log_p) - one_hot) / len(labels)


def cross_entropy_in_single_precision(logits, labels):
    (z,) = single(logits)
    n = len(z)
    z = z - np.max(z, axis=1)[:, np.newaxis]
    e = np.exp(z)
    total = e.sum(1, keepdims=True)
    loss = np.mean(np.log(total[:, 0]) - z[range(n), labels])
    gradient = e / total
    gradient[range(n), labels] -= 1
    gradient /= n
    return [loss, gradient.tolist()]


def cross_entropy_row_by_row(logits, labels):
    loss, gradient = 0.0, np.zeros(logits.shape)
    for i, (row, label) in enumerate(zip(logits.tolist(), labels.tolist())):
        top = max(row)
        log_sum = top + math.log(sum(math.exp(score - top) for score in row))
        loss += (log_sum - row[label]) / len(labels)
        for k, score in enumerate(row):
            gradient[i, k] = (math.exp(score - log_sum) - (k == label)) / len(labels)
    return loss, gradient


# ------------------------------------------------------------------------------------------ two_layer_loss


def loss_from_the_other_exercises(params, x, labels):
    def affine(x, w, b):
        return x @ w + b, x

    sums, first = affine(x, params["W1"], params["b1"])
    h = 1 / (1 + np.exp(-sums))
    scores, second = affine(h, params["W2"], params["b2"])
    loss, dscores = cross_entropy_with_logaddexp(scores, labels)
    grads = {"W2": second.T @ dscores, "b2": dscores.sum(axis=0)}
    dsums = sigmoid_multiplied_out(dscores @ params["W2"].T, h)
    grads["W1"], grads["b1"] = first.T @ dsums, dsums.sum(axis=0)
    return loss, grads


def loss_in_single_precision(params, x, labels):
    W1, b1, W2, b2, x = single(*(params[name] for name in ("W1", "b1", "W2", "b2")), x)
    h = 0.5 * (1 + np.tanh(0.5 * (x @ W1 + b1)))
    loss, dscores = cross_entropy_in_single_precision(h @ W2 + b2, labels)
    dscores = np.array(dscores, dtype=np.float32)
    dsums = np.dot(dscores, W2.T) * h * (1 - h)
    return [loss, dict(W1=x.T @ dsums, b1=sum(dsums), W2=(h.T @ dscores).tolist(), b2=sum(dscores))]


def loss_sample_by_sample(params, x, labels):
    loss, grads = 0.0, {name: np.zeros(array.shape) for name, array in params.items()}
    for sample, label in zip(x, labels):
        h = 1 / (1 + np.exp(-(sample @ params["W1"] + params["b1"])))
        scores = h @ params["W2"] + params["b2"]
        one, dscores = cross_entropy_row_by_row(scores[None], np.array([label]))
        loss += one / len(x)
        dscores = dscores[0] / len(x)
        dsums = params["W2"] @ dscores * h * (1 - h)
        for name, gradient in (
            ("W1", np.outer(sample, dsums)),
            ("b1", dsums),
            ("W2", np.outer(h, dscores)),
            ("b2", dscores),
        ):
            grads[name] += gradient
    return loss, grads


# ------------------------------------------------------------------------------------------- relative_error


def error_with_where(a, b):
    size = np.abs(a) + np.abs(b)
    return (np.abs(a - b) / np.where(size > 1e-8, size, 1e-8)).max()


def error_in_single_precision(a, b):
    a, b = single(a, b)
    return np.amax(np.fabs(a - b) / np.clip(np.fabs(a) + np.fabs(b), 1e-8, None))


def error_in_plain_python(a, b):
    pairs = zip(a.ravel().tolist(), b.ravel().tolist())
    return max(abs(p - q) / max(1e-8, abs(p) + abs(q)) for p, q in pairs)


STYLES = {
    "add_backward": [add_hands_on, add_as_lists, add_with_local_derivatives],
    "multiply_backward": [multiply_in_place_on_copies, multiply_by_broadcasting, multiply_number_by_number],
    "max_backward": [max_with_masks, max_by_the_output, max_by_what_is_left],
    "sigmoid_backward": [sigmoid_multiplied_out, sigmoid_in_single_precision, sigmoid_number_by_number],
    "affine_forward": [affine_with_einsum, affine_with_a_closure, affine_with_an_extended_matrix],
    "affine_backward": [affine_back_with_einsum, affine_back_sample_by_sample, affine_back_in_single_precision],
    "softmax_cross_entropy": [
        cross_entropy_with_logaddexp,
        cross_entropy_in_single_precision,
        cross_entropy_row_by_row,
    ],
    "two_layer_loss": [loss_from_the_other_exercises, loss_in_single_precision, loss_sample_by_sample],
    "relative_error": [error_with_where, error_in_single_precision, error_in_plain_python],
}
