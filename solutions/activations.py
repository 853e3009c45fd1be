"""Chapter ``activations``: what a unit does with its sum, the slope of it, and what becomes of gradients in depth.

Every function of ``x`` works elementwise on arrays of any shape. A slope at a kink is the one from the left.
"""

import numpy as np

from .validation import require_range, require_same_shape, require_shape


def sigmoid(x):
    """Logistic sigmoid of each entry.

    Formula: σ(x) = 1/(1 + exp(−x)).

    No overflow warning at any x: σ(−1000) is 0 and comes without one.
    x (...) → (...) between 0 and 1.
    """
    e = np.asarray(np.negative(x, dtype=np.float64))
    with np.errstate(over="ignore"):
        np.exp(e, out=e)  # in place: four passes over one array
    e += 1
    return np.divide(1, e, out=e)


def sigmoid_gradient(x):
    """Slope of the sigmoid at x, the sum that goes in.

    Formula: σ'(x) = σ(x)(1 − σ(x)); with e = exp(−|x|) this is e/(1 + e)², exact also where σ(x) rounds to 1.

    x (...) → (...) from 0 to 1/4.
    """
    e = np.exp(-np.abs(np.asarray(x, dtype=np.float64)))
    return e / (1 + e) ** 2


def tanh_gradient(x):
    """Slope of tanh at x, the sum that goes in.

    Formula: tanh'(x) = 1 − tanh²(x); with e = exp(−|x|) this is (2e/(1 + e²))² = 1/cosh²(x), exact also where
    tanh(x) rounds to ±1.

    x (...) → (...) from 0 to 1.
    """
    e = np.exp(-np.abs(np.asarray(x, dtype=np.float64)))
    return (2 * e / (1 + e**2)) ** 2


def relu(x):
    """Rectified linear unit, max(0, x).

    x (...) → (...) of at least 0.
    Source: Nair & Hinton (2010).
    """
    return np.maximum(np.asarray(x, dtype=np.float64), 0.0)


def relu_gradient(x):
    """Slope of the rectified linear unit at x: 1.0 where x > 0, else 0.0.

    x (...) → (...) of 0.0 and 1.0. At the kink, x = 0, it is 0.0.
    """
    return (np.asarray(x, dtype=np.float64) > 0).astype(np.float64)


def leaky_relu(x, slope=0.01):
    """Leaky rectified linear unit: x where x > 0, slope·x elsewhere.

    x (...), slope a number from 0 to 1 → (...).
    Raises ValueError for a slope outside 0 to 1.
    Source: Maas, Hannun & Ng (2013).
    """
    leak = np.asarray(np.multiply(x, require_range("slope", slope, 0, 1), dtype=np.float64))
    return np.maximum(x, leak, out=leak)


def leaky_relu_gradient(x, slope=0.01):
    """Slope of the leaky rectified linear unit at x: 1.0 where x > 0, else ``slope``.

    x (...), slope a number from 0 to 1 → (...). At the kink, x = 0, it is ``slope``.
    Raises ValueError for a slope outside 0 to 1.
    """
    return np.where(np.asarray(x, dtype=np.float64) > 0, 1.0, require_range("slope", slope, 0, 1))


def elu(x, alpha=1.0):
    """Exponential linear unit: x where x >= 0, α(exp(x) − 1) where x < 0.

    No overflow warning at any x: exp(1000) is not needed.
    x (...), alpha a number of at least 0 → (...) of at least −alpha.
    Raises ValueError for a negative alpha.
    Source: Clevert, Unterthiner & Hochreiter (2016).
    """
    x = np.asarray(x, dtype=np.float64)
    below = require_range("alpha", alpha, 0, None) * np.expm1(np.minimum(x, 0))  # exp cannot overflow
    return np.maximum(x, 0.0) + below


def elu_gradient(x, alpha=1.0):
    """Slope of the exponential linear unit at x: 1.0 where x > 0, α·exp(x) where x < 0.

    x (...), alpha a number of at least 0 → (...). At x = 0 it is alpha; with alpha = 1 there is no kink.
    Raises ValueError for a negative alpha.
    """
    x = np.asarray(x, dtype=np.float64)
    below = require_range("alpha", alpha, 0, None) * np.exp(np.minimum(x, 0))  # exp cannot overflow
    return np.where(x > 0, 1.0, below)


def gelu(x):
    """Gaussian error linear unit, x·Φ(x), where Φ(x) is the chance that a standard normal number is below x.

    Formula: x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³))), which is near enough.

    x (...) → (...), to within 0.001. Example: gelu(1) is 0.841, as Φ(1) = 0.841.
    Source: Hendrycks & Gimpel (2016).
    """
    x = np.asarray(x, dtype=np.float64)
    return 0.5 * x * (1 + np.tanh(_gelu_inner(x)))


def gelu_gradient(x):
    """Slope of the Gaussian error linear unit at x.

    Formula: with u the inner sum of `gelu` and t = tanh(u), (1 + t)/2 + x/2·(1 − t²)·u'.

    x (...) → (...), to within 0.002. It is ½ at 0, a little above 1 near 1.4, and a little below 0 near −1.4.
    """
    x = np.clip(np.asarray(x, dtype=np.float64), -30, 30)  # beyond, the slope is 0 or 1, and x³ could overflow
    t = np.tanh(_gelu_inner(x))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x**2)


def _gelu_inner(x):
    return np.sqrt(2 / np.pi) * (x + 0.044715 * np.clip(x, -1e6, 1e6) ** 3)  # tanh is ±1 long before


def silu(x):
    """Sigmoid linear unit, also called swish: x times its own sigmoid.

    x (...) → (...). At −1000 it is 0, at 1000 it is 1000, and it is never "not a number".
    Source: Elfwing, Uchibe & Doya (2018).
    """
    x = np.asarray(x, dtype=np.float64)
    return x * sigmoid(x)


def maxout(x, weights, biases):
    """Maxout layer: every unit has k affine pieces and answers with the largest.

    Formula: out[n, m] = max over j of (x[n]·weights[j, :, m] + biases[j, m])

    Piece j has the weights weights[j] and the biases biases[j] of an affine layer.
    x (N, D), weights (k, D, M), biases (k, M) → (N, M).
    Raises ValueError where the shapes do not fit, and for k = 0.
    Source: Goodfellow et al. (2013).
    """
    x = require_shape("x", x, (None, None))
    weights = require_shape("weights", weights, (None, x.shape[1], None))
    if len(weights) == 0:
        raise ValueError(f"weights has shape {weights.shape}, it should hold at least 1 piece")
    biases = require_shape("biases", biases, (weights.shape[0], weights.shape[2]))
    pieces = x @ weights + biases[:, None, :]  # (N, D) @ (k, D, M) → (k, N, M)
    return pieces.max(axis=0)


def gradient_attenuation(weights, pre_activations):
    """How much of the output's change reaches each layer of a chain of one-unit sigmoid layers.

    The chain is a_l = σ(z_l) with z_l = w_l a_{l−1} + b_l for l = 1 … L; asked for is ∂a_L/∂b_l for each l.

    Formula: ∂a_L/∂b_l = σ'(z_l) · Π_{j>l} w_j σ'(z_j); the first weight does not occur in it.

    weights (L,), pre_activations (L,), the first layer first → (L,).
    Raises ValueError where the shapes differ.
    """
    w = require_shape("weights", weights, (None,))
    z, _ = require_same_shape("pre_activations", pre_activations, "weights", w)
    slopes = sigmoid_gradient(z)
    later = np.append((w * slopes)[1:], 1.0)  # the factors of layers 2 … L, and an empty product behind the last
    return slopes * np.cumprod(later[::-1])[::-1]


def dead_fraction(activations):
    """Share of the units that are 0 for every sample.

    activations (N, M), a sample a row and a unit a column → a number from 0 to 1.
    Raises ValueError where there is no sample or no unit.
    """
    activations = require_shape("activations", activations, (None, None))
    if activations.size == 0:
        raise ValueError(f"activations has shape {activations.shape}, it should hold at least 1 sample and 1 unit")
    return np.mean(np.all(activations == 0, axis=0))
