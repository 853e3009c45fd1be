"""Chapter ``batchnorm``: every feature on one scale, once for data, and again at every layer while training.

Features are the columns of x (N, D). For images (N, C, H, W) a channel takes a feature's place, and its N·H·W pixels
the place of the N samples. Means and variances are per feature, and variances divide by the number of values.
"""

import math

import numpy as np

from .validation import require_range, require_shape


def min_max_normalize(x):
    """Each feature stretched and moved to the range from 0 to 1; a feature that does not vary becomes 0.

    (x − min)/(max − min), per feature.
    x (N, D) → (N, D).
    Raises ValueError where there is no sample.
    """
    x = _require_samples(require_shape("x", x, (None, None))) / 2  # halves: max − min cannot overflow
    low = x.min(axis=0)
    span = x.max(axis=0) - low
    return (x - low) / np.where(span > 0, span, 1.0)


def standardize(x, eps=1e-5):
    """Each feature with mean 0 and standard deviation 1, or a little less, as eps takes part.

    (x − μ)/√(σ² + eps), per feature; with eps > 0 a feature that does not vary becomes 0.
    x (N, D), eps >= 0 → (N, D).
    Raises ValueError where there is no sample.
    """
    mean, var, centred = _statistics(require_shape("x", x, (None, None)))
    return centred / _deviation(centred, var, eps)


def batchnorm_forward(x, gamma, beta, running_mean, running_var, momentum=0.9, eps=1e-5, training=True):
    """Batch normalisation of a layer's features.

    Training: out = γ(x − μ)/√(σ² + eps) + β with the batch's own μ and σ², and
    running ← momentum·running + (1 − momentum)·batch, for the mean and for the variance.
    Test: the same with the running mean and variance, which stay as they are.
    x (N, D), the other arrays (D,) → (out (N, D), cache, running_mean, running_var), the cache for
    `batchnorm_backward`; None at test time.
    Raises ValueError where shapes disagree, for a variance or eps < 0 and a momentum outside 0 to 1.
    Source: Ioffe & Szegedy (2015), algorithm 1.
    """
    x = require_shape("x", x, (None, None))
    return _forward(x, gamma, beta, running_mean, running_var, momentum, eps, training)


def batchnorm_backward(dout, cache):
    """Gradients of `batchnorm_forward` in training, where μ and σ² depend on every sample of the batch.

    With x̂ = (x − μ)/√(σ² + eps): dbeta = Σ dout, dgamma = Σ dout·x̂,
    dx = γ/√(σ² + eps)·(dout − dbeta/N − x̂·dgamma/N).
    dout (N, D) → dx (N, D), dgamma (D,), dbeta (D,).
    Raises ValueError where dout has another shape than out, or the cache is of test time.
    """
    return _backward(dout, cache)


def fold_batchnorm(w, b, gamma, beta, mean, var, eps=1e-5):
    """The affine layer that does the work of an affine layer and, behind it, batch normalisation at test time.

    With s = γ/√(var + eps): w' = w·s, column by column, and b' = (b − mean)·s + β.
    w (D, M), the other arrays (M,) → (w' (D, M), b' (M,)).
    Raises ValueError where shapes disagree, and for a variance or eps < 0.
    """
    w = require_shape("w", w, (None, None))
    b = require_shape("b", b, w.shape[1:])
    gamma, beta, mean, var = _require_features(w.shape[1], gamma=gamma, beta=beta, mean=mean, var=var)
    scale = gamma / _root(var, eps)
    return w * scale, (b - mean) * scale + beta


def spatial_batchnorm_forward(x, gamma, beta, eps=1e-5):
    """Batch normalisation of images in training: one mean and one variance for each channel.

    out = γ(x − μ)/√(σ² + eps) + β, with μ and σ² over all images and pixels of a channel.
    x (N, C, H, W), gamma, beta (C,) → out (N, C, H, W).
    Raises ValueError where shapes disagree.
    Source: Ioffe & Szegedy (2015), section 3.2.
    """
    x = require_shape("x", x, (None,) * 4)
    out, *_ = _forward(x, gamma, beta, np.zeros(x.shape[1]), np.ones(x.shape[1]), 0.0, eps, True)
    return out


# --------------------------------------------------------------------------------------- for deeper networks


def spatial_batchnorm(x, gamma, beta, running_mean, running_var, momentum=0.9, eps=1e-5, training=True):
    """`batchnorm_forward` for images, with a channel in a feature's place.

    x (N, C, H, W), the other arrays (C,) → (out (N, C, H, W), cache, running_mean, running_var), the cache for
    `spatial_batchnorm_backward`; None at test time.
    """
    x = require_shape("x", x, (None,) * 4)
    return _forward(x, gamma, beta, running_mean, running_var, momentum, eps, training)


def spatial_batchnorm_backward(dout, cache):
    """Gradients of `spatial_batchnorm` in training.

    dout (N, C, H, W) → dx (N, C, H, W), dgamma (C,), dbeta (C,).
    """
    return _backward(dout, cache)


# ------------------------------------------------------------------------------------------ what they share
# x is (N, C) or (N, C, H, W) from here on. Each line that touches all of x costs a walk through memory, so there are
# few of them, and an array that is new is worked on in place.


def _forward(x, gamma, beta, running_mean, running_var, momentum, eps, training):
    """Batch normalisation in training and at test time."""
    gamma, beta, running_mean, running_var = _require_features(
        x.shape[1], gamma=gamma, beta=beta, running_mean=running_mean, running_var=running_var
    )
    require_range("momentum", momentum, 0, 1)
    if not training:
        centred, std, cache = x - _spread(running_mean, x), _root(running_var, eps), None
    else:
        mean, var, centred = _statistics(x)
        std = _deviation(centred, var, eps)
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
        cache = centred, std, gamma
    out = centred * _spread(gamma / std, x)
    out += _spread(beta, x)
    return out, cache, running_mean, running_var


def _backward(dout, cache):
    """Gradients of batch normalisation in training."""
    if cache is None:
        raise ValueError("cache is None, it should be that of a forward pass with training=True")
    centred, std, gamma = cache
    dout = require_shape("dout", dout, centred.shape)
    count = _count(centred)
    dbeta = _sum(dout)
    dgamma = _sum(dout, centred) / std
    dx = centred * _spread(-dgamma / (count * std), centred)
    dx += dout
    dx -= _spread(dbeta / count, centred)
    dx *= _spread(gamma / std, centred)
    return dx, dgamma, dbeta


def _statistics(x):
    """Mean (C,), variance (C,) and x − mean."""
    count = _count(_require_samples(x))
    mean = _sum(x) / count
    centred = x - _spread(mean, x)
    return mean, _sum(centred, centred) / count, centred


def _deviation(centred, var, eps):
    """√(var + eps) (C,), also where the squares in var are beyond the largest float."""
    std = _root(var, eps)
    for c in np.flatnonzero(np.isinf(std)):
        unit = np.abs(centred[:, c]).max()
        std[c] = unit * np.sqrt(np.mean((centred[:, c] / unit) ** 2))  # eps is nothing beside such a variance
    return std


def _root(var, eps):
    """√(var + eps)."""
    return np.sqrt(var + require_range("eps", eps, 0, None))


def _sum(*factors):
    """Sum of an array, or of a product of arrays, over all but the axis of the channels: (N, C, …) → (C,)."""
    n, c, *sides = factors[0].shape
    pixels = [factor.reshape(n, c, math.prod(sides)) for factor in factors]
    return np.einsum(",".join(["ncs"] * len(factors)) + "->c", *pixels)  # the product is never stored


def _spread(values, x):
    """A number for each channel as an array of the shape of one sample of x, in which whole rows are one step."""
    return np.repeat(values, math.prod(x.shape[2:])).reshape(x.shape[1:])


def _count(x):
    """Number of values of a feature or channel."""
    return x.size // x.shape[1]


def _require_samples(x):
    """x; `ValueError` unless it holds at least one number."""
    if x.size == 0:
        raise ValueError(f"x has shape {x.shape}, it should hold at least 1 sample of at least 1 feature")
    return x


def _require_features(length, **arrays):
    """The arrays as float64 of shape (length,); `ValueError` for another shape, or a negative variance."""
    arrays = {name: require_shape(name, array, (length,)) for name, array in arrays.items()}
    for name in arrays.keys() & {"var", "running_var"}:
        require_range(f"{name}.min()", arrays[name].min(initial=np.inf), 0, None)
    return arrays.values()
