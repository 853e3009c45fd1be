"""Chapter ``backprop``: gradients of single operations, of layers, and of a network of two layers.

A backward function takes the gradient of the loss with respect to its operation's output, of the output's shape,
and returns the gradients with respect to the inputs, each of its input's shape.
"""

import numpy as np

from .networks import one_hot, sigmoid
from .validation import require_same_shape, require_shape


def add_backward(dz):
    """Gradients of z = x + y: the distributor hands dz on to both.

    dx = dz, dy = dz.
    dz (...) → (dx, dy), each (...).
    """
    dz = np.asarray(dz, dtype=np.float64)
    return dz.copy(), dz.copy()


def multiply_backward(dz, x, y):
    """Gradients of z = x·y: the switcher weighs dz with the other factor.

    dx = dz·y, dy = dz·x, elementwise.
    dz, x, y (...) → (dx, dy), each (...).
    """
    dz, x = require_same_shape("dz", dz, "x", x)
    y, _ = require_same_shape("y", y, "x", x)
    return dz * y, dz * x


def max_backward(dz, x, y):
    """Gradients of z = max(x, y), elementwise: the router sends dz to the larger input.

    dx = dz where x > y, else 0; dy = dz where y > x, else 0. At a tie any split is right.
    dz, x, y (...) → (dx, dy), each (...).
    """
    dz, x = require_same_shape("dz", dz, "x", x)
    y, _ = require_same_shape("y", y, "x", x)
    return np.where(x >= y, dz, 0.0), np.where(x >= y, 0.0, dz)  # a tie goes to x


def sigmoid_backward(dout, out):
    """Gradient of out = σ(z) with respect to z, from the output alone.

    dz = dout·out·(1 − out), elementwise.
    dout, out (...) → dz (...).
    """
    dout, out = require_same_shape("dout", dout, "out", out)
    return dout * out * (1 - out)


def affine_forward(x, w, b):
    """A layer's weighted sums, out = x w + b, and what its backward pass needs.

    x (N, D), w (D, M), b (M,) → (out (N, M), cache), the cache for `affine_backward` alone.
    Raises ValueError where the shapes do not fit.
    """
    x = require_shape("x", x, (None, None))
    w = require_shape("w", w, (x.shape[1], None))
    b = require_shape("b", b, (w.shape[1],))
    return x @ w + b, (x, w)  # (N, D) @ (D, M) + (M,)


def affine_backward(dout, cache):
    """Gradients of out = x w + b.

    dx = dout wᵀ, dw = xᵀ dout, db = Σᵢ doutᵢ, the sum over the batch.
    dout (N, M), cache from `affine_forward` → (dx (N, D), dw (D, M), db (M,)).
    Raises ValueError where dout has not the shape of out.
    """
    x, w = cache
    dout = require_shape("dout", dout, (x.shape[0], w.shape[1]))
    dx = dout @ w.T  # (N, M) @ (M, D)
    dw = x.T @ dout  # (D, N) @ (N, M)
    return dx, dw, dout.sum(axis=0)


def softmax_cross_entropy(logits, labels):
    """Mean cross-entropy of softmax(logits), and its gradient with respect to the logits.

    log pᵢₖ = zᵢₖ − log Σⱼ exp(zᵢⱼ), loss = −1/N Σᵢ log pᵢₖ at k = labelsᵢ, dlogits = (p − onehot)/N.
    p itself never enters a logarithm, so the loss is exact also where p underflows to 0.
    logits (N, K), labels (N,) of whole numbers from 0 to K − 1 → (loss, dlogits (N, K)).
    Raises ValueError for a label outside the range.
    """
    logits = require_shape("logits", logits, (None, None))
    target = one_hot(require_shape("labels", labels, logits.shape[:1]), logits.shape[1])
    z = logits - logits.max(axis=1, keepdims=True)  # exp cannot overflow
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))  # (N, K)
    loss = -np.mean(log_p[target == 1])  # one entry of each row
    return float(loss), (np.exp(log_p) - target) / len(target)


def two_layer_loss(params, x, labels):
    """Loss of affine–sigmoid–affine–softmax cross-entropy, and its gradients by backpropagation.

    h = σ(x W1 + b1), logits = h W2 + b2, loss = the mean cross-entropy of softmax(logits).
    params: dict of W1 (D, H), b1 (H,), W2 (H, K), b2 (K,); x (N, D), labels (N,) of whole numbers
    from 0 to K − 1 → (loss, grads), grads a dict of the same names and shapes.
    Source: Rumelhart, Hinton & Williams (1986).
    """
    x, W1, b1, W2, b2 = _require_two_layers(params, x)
    z1, cache1 = affine_forward(x, W1, b1)  # (N, H)
    h = sigmoid(z1)
    logits, cache2 = affine_forward(h, W2, b2)  # (N, K)
    loss, dlogits = softmax_cross_entropy(logits, labels)

    dh, dW2, db2 = affine_backward(dlogits, cache2)
    dz1 = sigmoid_backward(dh, h)
    _, dW1, db1 = affine_backward(dz1, cache1)
    return loss, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


def relative_error(a, b):
    """The largest relative difference between two arrays.

    max |a − b| / max(1e-8, |a| + |b|): 0 for equal numbers, 1 for opposite signs; 1e-8 against 0/0.
    a, b (...) → a number from 0 to 1.
    """
    a, b = require_same_shape("a", a, "b", b)
    a, b = a / 2, b / 2  # the sum of two large numbers cannot overflow
    return float(np.max(np.abs(a - b) / np.maximum(0.5e-8, np.abs(a) + np.abs(b)), initial=0.0))


# -------------------------------------------------------------------------------------------------- helpers


def _require_two_layers(params, x):
    """x, W1, b1, W2, b2 as float64 arrays; ValueError unless their shapes fit."""
    x = require_shape("x", x, (None, None))
    W1 = require_shape("params['W1']", params["W1"], (x.shape[1], None))
    b1 = require_shape("params['b1']", params["b1"], W1.shape[1:])
    W2 = require_shape("params['W2']", params["W2"], (W1.shape[1], None))
    b2 = require_shape("params['b2']", params["b2"], W2.shape[1:])
    return x, W1, b1, W2, b2
