"""Chapter ``networks``: sigmoid units in layers, what they answer, how wrong it is, and the way downhill."""

import numpy as np

from .validation import require_integer, require_range, require_same_shape, require_shape


def sigmoid_neuron(x, w, b):
    """Output of a sigmoid neuron, σ(x·w + b) with σ(z) = 1 / (1 + e^(−z)).

    x (..., n), w (n,), b a number → (...) between 0 and 1.
    Raises ValueError where the last axis of x and w differ in length.
    """
    w = require_shape("w", w, (None,))
    x = np.asarray(x, dtype=np.float64)
    if x.ndim == 0 or x.shape[-1] != w.shape[0]:
        raise ValueError(f"x has shape {x.shape}, its last axis should have length {w.shape[0]} as w")
    return sigmoid(x @ w + b)


def sigmoid(z):
    """The smooth step σ(z) = 1 / (1 + e^(−z)), elementwise, without overflow.

    z (...) → (...). A helper of this chapter; the chapter on activation functions makes an exercise of it.
    """
    e = np.exp(-np.abs(z))  # at most 1: exp cannot overflow
    return np.where(np.asarray(z) >= 0, 1.0, e) / (1.0 + e)


def mlp_forward(x, weights, biases):
    """Activations of every layer of a network of sigmoid units, from the first hidden layer to the output.

    a₀ = x, aₗ = σ(aₗ₋₁ Wₗ + bₗ).
    x (N, D₀), weights [(D₀, D₁), (D₁, D₂), …], biases [(D₁,), (D₂,), …] → [(N, D₁), (N, D₂), …].
    Raises ValueError where the shapes do not fit, or the numbers of weights and biases differ.
    """
    a = require_shape("x", x, (None, None))
    if len(weights) != len(biases):
        raise ValueError(f"biases has {len(biases)} arrays, it should have {len(weights)} as weights")
    activations = []
    for layer, (w, b) in enumerate(zip(weights, biases)):
        w = require_shape(f"weights[{layer}]", w, (a.shape[1], None))
        b = require_shape(f"biases[{layer}]", b, (w.shape[1],))
        a = sigmoid(a @ w + b)  # (N, D) @ (D, M)
        activations.append(a)
    return activations


def one_hot(labels, num_classes):
    """Labels as rows with a single 1.0, at the place of the label.

    labels (N,) of whole numbers from 0 to num_classes − 1 → (N, num_classes) of 0.0 and 1.0.
    Raises ValueError for a label outside that range.
    """
    num_classes = require_integer("num_classes", num_classes, 1)
    labels = _require_labels(labels, num_classes)
    rows = np.zeros((len(labels), num_classes))
    rows[np.arange(len(labels)), labels] = 1.0
    return rows


def softmax(logits):
    """Each row of logits as probabilities.

    e^(zᵢ) / Σₖ e^(zₖ), with the largest logit of the row taken off before the exponential.
    logits (N, K) → (N, K), rows that sum to 1.
    """
    z = require_shape("logits", logits, (None, None))
    e = np.exp(z - z.max(axis=1, keepdims=True))  # exp cannot overflow
    return e / e.sum(axis=1, keepdims=True)


def mean_squared_error(prediction, target):
    """Half the squared distance of prediction and target, mean over the batch.

    1/(2N) Σᵢ ‖predictionᵢ − targetᵢ‖².
    prediction, target (N, K) → a number.
    """
    prediction = require_shape("prediction", prediction, (None, None))
    prediction, target = require_same_shape("prediction", prediction, "target", target)
    return float(np.sum((prediction - target) ** 2) / (2 * len(prediction)))


def cross_entropy(probabilities, target):
    """How surprising the right classes are to the given probabilities, mean over the batch.

    −1/N Σᵢ Σₖ targetᵢₖ·log(probabilitiesᵢₖ), each probability raised to 1e-12 where it is below.
    probabilities (N, K), target (N, K) one-hot → a number.
    """
    probabilities = require_shape("probabilities", probabilities, (None, None))
    probabilities, target = require_same_shape("probabilities", probabilities, "target", target)
    log_p = np.log(np.maximum(probabilities, 1e-12))  # log 0 would be −∞
    return float(-np.sum(target * log_p) / len(probabilities))


def accuracy(scores, labels):
    """Share of rows whose largest score is at the label.

    scores (N, K), labels (N,) of whole numbers from 0 to K − 1 → a number between 0 and 1.
    Raises ValueError for a label outside that range.
    """
    scores = require_shape("scores", scores, (None, None))
    labels = _require_labels(labels, scores.shape[1], len(scores))
    return float(np.mean(scores.argmax(axis=1) == labels))


def numerical_derivative(f, x, h=1e-5):
    """Derivative of a function of one number, by the central difference.

    (f(x + h) − f(x − h)) / 2h.
    f a function of a number, x a number, h > 0 → a number.
    """
    require_range("h", h, 0, None, low_open=True)
    return (f(x + h) - f(x - h)) / (2 * h)


def numerical_gradient(f, x, h=1e-5):
    """Gradient of a function of an array, by the central difference in one entry after another.

    ∂f/∂xᵢ ≈ (f(x + h·eᵢ) − f(x − h·eᵢ)) / 2h, where eᵢ is 1 at entry i and 0 elsewhere.
    f a function of an array that gives a number, x (...), h > 0 → (...). x stays as it was.
    """
    x = np.array(x, dtype=np.float64)  # a copy, and one in which whole numbers can move by h
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        along_entry = _along(f, x, index)
        gradient[index] = numerical_derivative(along_entry, x[index], h)
    return gradient


def gradient_descent(gradient, x0, learning_rate, steps):
    """Points that gradient descent visits: x ← x − η·gradient(x), again and again.

    gradient a function of an array (n,) that gives an array (n,), x0 (n,) → (steps + 1, n), x0 first.
    Source: Cauchy (1847).
    """
    require_range("learning_rate", learning_rate, 0, None, low_open=True)
    path = [require_shape("x0", x0, (None,))]
    for _ in range(require_integer("steps", steps, 0)):
        slope, x = require_same_shape("gradient(x)", gradient(path[-1]), "x", path[-1])
        path.append(x - learning_rate * slope)
    return np.stack(path)


def minibatches(n, batch_size, rng):
    """The indices of n samples in a random order, cut into batches.

    n >= 0, batch_size >= 1 → list of index arrays of length batch_size, the last one perhaps shorter;
    together they hold each of 0, …, n − 1 once.
    """
    n, batch_size = require_integer("n", n, 0), require_integer("batch_size", batch_size, 1)
    order = rng.permutation(n)
    return [order[start : start + batch_size] for start in range(0, n, batch_size)]


# -------------------------------------------------------------------------------------------------- helpers


def _require_labels(labels, num_classes, length=None):
    """The labels as integers; `ValueError` unless they are whole numbers from 0 to num_classes − 1."""
    labels = require_shape("labels", labels, (length,))
    others = labels[~np.isin(labels, np.arange(num_classes))]
    if others.size:
        raise ValueError(
            f"labels has the entry {others[0]:g}, all its entries should be whole numbers from 0 to {num_classes - 1}"
        )
    return labels.astype(np.int64)


def _along(f, x, index):
    """f as a function of one entry of x, the others held."""

    def along_entry(value):
        moved = x.copy()
        moved[index] = value
        return f(moved)

    return along_entry
