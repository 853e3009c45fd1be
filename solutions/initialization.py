"""Chapter ``initialization``: where the weights start, and what that does to the signals of a deep network.

A layer's weights are w (n_in, n_out), so that a layer is ``activation(x @ w)``.
"""

import numpy as np

from .validation import require_integer, require_range, require_shape


def normal_initializer(n_in, n_out, std, rng):
    """Weights of a layer, drawn independently from the normal distribution N(0, std²).

    rng: a numpy.random.Generator, the only source of randomness → w (n_in, n_out).
    Raises ValueError for n_in or n_out < 1 and for std < 0.
    """
    shape = require_integer("n_in", n_in, 1), require_integer("n_out", n_out, 1)
    return rng.normal(0.0, require_range("std", std, 0, None), shape)


def xavier_normal(n_in, n_out, rng):
    """Xavier's weights, normally distributed: N(0, σ²) with σ² = 2/(n_in + n_out).

    rng: a numpy.random.Generator → w (n_in, n_out).
    Raises ValueError for n_in or n_out < 1.
    Source: Glorot & Bengio (2010).
    """
    return normal_initializer(n_in, n_out, _xavier_std(n_in, n_out), rng)


def xavier_uniform(n_in, n_out, rng):
    """Xavier's weights, uniformly distributed: between −a and a, with the variance a²/3 = 2/(n_in + n_out).

    rng: a numpy.random.Generator → w (n_in, n_out).
    Raises ValueError for n_in or n_out < 1.
    Source: Glorot & Bengio (2010), equation 16.
    """
    limit = np.sqrt(3) * _xavier_std(n_in, n_out)
    return rng.uniform(-limit, limit, (int(n_in), int(n_out)))


def he_normal(n_in, n_out, rng):
    """He's weights for a layer before a ReLU: N(0, σ²) with σ² = 2/n_in.

    rng: a numpy.random.Generator → w (n_in, n_out).
    Raises ValueError for n_in or n_out < 1.
    Source: He et al. (2015).
    """
    return normal_initializer(n_in, n_out, np.sqrt(2 / require_integer("n_in", n_in, 1)), rng)


def forward_statistics(x, weights, activation):
    """Mean and standard deviation of the activations of each layer, over all samples and units together.

    a₀ = x and a_l = activation(a_{l−1} w_l), without biases; the input x itself is not among the layers.
    x (N, D), weights a list of L matrices (D, M₁), (M₁, M₂), …, activation a function of an array
    → (means (L,), stds (L,)). The standard deviation divides by the number of entries.
    Raises ValueError where the shapes do not fit together.
    """
    a, layers = require_shape("x", x, (None, None)), []
    for index, w in enumerate(weights):
        a = activation(a @ require_shape(f"weights[{index}]", w, (a.shape[1], None)))
        layers.append(a)
    return np.array([np.mean(a) for a in layers]), np.array([np.std(a) for a in layers])


def saturation_fraction(activations, margin=0.05):
    """Share of sigmoid outputs close to 0 or to 1: below ``margin`` or above 1 − ``margin``.

    activations (...) of at least one number, margin between 0 and 0.5 → a number between 0 and 1.
    Raises ValueError for activations or a margin outside their range.
    """
    activations = np.asarray(activations, dtype=np.float64)
    require_range("margin", margin, 0, 0.5)
    require_range("activations.size", activations.size, 1, None)
    require_range("activations.min()", activations.min(), 0, 1)
    require_range("activations.max()", activations.max(), 0, 1)
    return float(np.mean((activations < margin) | (activations > 1 - margin)))


def distinct_units(w):
    """Number of units of a layer that differ: of columns of w that np.allclose tells apart.

    w (n_in, n_out), column j holds the weights of unit j → an integer, 1 if all units are the same.
    Raises ValueError unless w is a matrix.
    """
    w, count = require_shape("w", w, (None, None)), 0
    while w.shape[1]:
        same = np.isclose(w, w[:, :1], equal_nan=True).all(axis=0)  # the first unit left, and all that equal it
        w, count = w[:, ~same], count + 1
    return count


def _xavier_std(n_in, n_out):
    """√(2/(n_in + n_out))."""
    return np.sqrt(2 / (require_integer("n_in", n_in, 1) + require_integer("n_out", n_out, 1)))
