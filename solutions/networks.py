"""Chapter ``networks``: sigmoid units in layers, what they answer, how wrong it is, and the way downhill."""

import numpy as np

from .validation import require_integer, require_range, require_same_shape, require_shape


def sigmoid_neuron(x, w, b):
    """Answer of one sigmoid unit to one sample or to many.

    Formula: σ(x·w + b) with σ(z) = 1 / (1 + e^(−z)).

    x (..., n), w (n,), b a number → (...) between 0 and 1. Sums of ±1000 give 1 and 0.
    Example: inputs whose weighted sum with the bias is 0 give 0.5.
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

    Formula: a₀ = x, aₗ = σ(aₗ₋₁ Wₗ + bₗ).

    x (N, D₀), weights [(D₀, D₁), (D₁, D₂), …], biases [(D₁,), (D₂,), …] → list [(N, D₁), (N, D₂), …].
    The input itself is not in the list. Any number of layers, also one.
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
    Raises ValueError for a label outside that range, a negative one too.
    """
    num_classes = require_integer("num_classes", num_classes, 1)
    labels = _require_labels(labels, num_classes)
    rows = np.zeros((len(labels), num_classes))
    rows[np.arange(len(labels)), labels] = 1.0
    return rows


def softmax(logits):
    """Each row of logits as probabilities.

    Formula: e^(zᵢ) / Σₖ e^(zₖ), with the largest logit of the row taken off before the exponential.

    logits (N, K) → (N, K), rows that sum to 1. Exact to rounding for logits as large as ±10,000.
    Example: a row of equal logits gives 1/K for each class.
    """
    z = require_shape("logits", logits, (None, None))
    e = np.exp(z - z.max(axis=1, keepdims=True))  # exp cannot overflow
    return e / e.sum(axis=1, keepdims=True)


def mean_squared_error(prediction, target):
    """Half the squared distance of each prediction from its target, mean over the batch.

    Formula: 1/(2N) Σᵢ ‖predictionᵢ − targetᵢ‖².

    prediction, target (N, K) → a number. Example: (3, 1) against (1, 1) costs 2.
    """
    prediction = require_shape("prediction", prediction, (None, None))
    prediction, target = require_same_shape("prediction", prediction, "target", target)
    return float(np.sum((prediction - target) ** 2) / (2 * len(prediction)))


def cross_entropy(probabilities, target):
    """How surprising the right classes are to the given probabilities, mean over the batch.

    Formula: −1/N Σᵢ Σₖ targetᵢₖ·log(probabilitiesᵢₖ).

    probabilities (N, K), target (N, K) one-hot → a number. A probability below 1e-12 counts as 1e-12.
    Example: a right class with probability 1/2 costs log 2 = 0.693.
    """
    probabilities = require_shape("probabilities", probabilities, (None, None))
    probabilities, target = require_same_shape("probabilities", probabilities, "target", target)
    log_p = np.log(np.maximum(probabilities, 1e-12))  # log 0 would be −∞
    return float(-np.sum(target * log_p) / len(probabilities))


def accuracy(scores, labels):
    """Share of rows whose largest score is at the label.

    scores (N, K), labels (N,) of whole numbers from 0 to K − 1 → a number between 0 and 1.
    """
    scores = require_shape("scores", scores, (None, None))
    labels = _require_labels(labels, scores.shape[1], len(scores))
    return float(np.mean(scores.argmax(axis=1) == labels))


def numerical_derivative(f, x, h=1e-5):
    """Derivative of a function of one number, by the central difference.

    Formula: (f(x + h) − f(x − h)) / 2h.

    f a function of a number, x a number, h > 0 → a number, off by about h² times a constant.
    """
    require_range("h", h, 0, None, low_open=True)
    return (f(x + h) - f(x - h)) / (2 * h)


def numerical_gradient(f, x, h=1e-5):
    """Gradient of a function of an array, by the central difference in each entry.

    Formula: ∂f/∂xᵢ ≈ (f(x + h·eᵢ) − f(x − h·eᵢ)) / 2h, where eᵢ is 1 at entry i and 0 elsewhere.

    f a function of an array that gives a number, x of any shape, h > 0 → an array of x's shape.
    x stays as it was; it may hold whole numbers. Example: for the sum of squares the gradient is 2x.
    """
    x = np.array(x, dtype=np.float64)  # a copy, and one in which whole numbers can move by h
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        along_entry = _along(f, x, index)
        gradient[index] = numerical_derivative(along_entry, x[index], h)
    return gradient


def gradient_descent(gradient, x0, learning_rate, steps):
    """Points that gradient descent visits.

    Formula: x ← x − η·gradient(x), again and again.

    gradient a function of an array (n,) that gives an array (n,), x0 (n,), learning_rate > 0, steps >= 0
    → (steps + 1, n), x0 first. x0 may hold whole numbers. Source: Cauchy (1847).
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


def train(loss_and_gradients, params, x, labels, learning_rate, batch_size, epochs, rng):
    """Minibatch gradient descent on any model whose loss and gradients can be computed.

    In each epoch every sample is used once, in minibatches of a new random order drawn from rng; each
    minibatch makes one step, from where the previous step ended.

    Formula: for each batch, params[name] ← params[name] − η·grads[name] for every name.

    loss_and_gradients(params, x, labels) → (loss, grads), grads with the names and shapes of params.
    params: dict of arrays; x (N, ...), labels (N, ...); learning_rate > 0, batch_size >= 1, epochs >= 0
    → (params, losses): a new dict of the parameters at the end, and an array (steps,) with the loss of each
    minibatch before its step. The params that were given stay as they were.
    """
    require_range("learning_rate", learning_rate, 0, None, low_open=True)
    x, labels = np.asarray(x), np.asarray(labels)
    if len(labels) != len(x):
        raise ValueError(f"labels has length {len(labels)}, it should have {len(x)} as x")
    params = {name: np.asarray(value, dtype=np.float64) for name, value in params.items()}
    losses = []
    for _ in range(require_integer("epochs", epochs, 0)):
        for batch in minibatches(len(x), batch_size, rng):
            loss, grads = loss_and_gradients(params, x[batch], labels[batch])
            params = {name: value - learning_rate * grads[name] for name, value in params.items()}
            losses.append(loss)
    return params, np.array(losses, dtype=np.float64)


# -------------------------------------------------------------------------------------------------- helpers


def _require_labels(labels, num_classes, length=None):
    """The labels as integers; `ValueError` unless they are whole numbers from 0 to num_classes − 1."""
    labels = require_shape("labels", labels, (length,))
    others = labels[~((labels >= 0) & (labels < num_classes) & (labels == np.floor(labels)))]
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
