"""Chapter ``optimizers``: from stochastic gradient descent to Adam, one step a function.

Every step takes the parameters ``w``, their gradient ``dw`` of the same shape and the optimizer's state, and
returns new arrays. All operations are elementwise, η is the learning rate.
"""

import numpy as np

from .validation import require_integer, require_range, require_same_shape


def sgd_step(w, dw, learning_rate):
    """One step of stochastic gradient descent: w ← w − η·dw.

    w, dw (...) → w (...).
    Source: Robbins & Monro (1951).
    """
    w, dw = require_same_shape("w", w, "dw", dw)
    return _minus(w, learning_rate * dw)


def momentum_step(w, dw, v, learning_rate, rho=0.9):
    """One step of gradient descent with momentum.

    v ← ρv + dw, then w ← w − ηv. The velocity v starts at zero.
    w, dw, v (...) → (w, v).
    Source: Polyak (1964).
    """
    w, dw = require_same_shape("w", w, "dw", dw)
    v, _ = require_same_shape("v", v, "w", w)
    require_range("rho", rho, 0, 1, high_open=True)
    v = rho * v
    v += dw
    return _minus(w, learning_rate * v), v


def nesterov_lookahead_step(w, v, gradient, learning_rate, rho=0.9):
    """One step of Nesterov momentum with the gradient where the velocity leads.

    v ← ρv − η·gradient(w + ρv), then w ← w + v. ``gradient`` is a function of the parameters.
    w, v (...) → (w, v).
    Source: Nesterov (1983), in the form of Sutskever et al. (2013).
    """
    w, v = require_same_shape("w", w, "v", v)
    require_range("rho", rho, 0, 1, high_open=True)
    dw, _ = require_same_shape("gradient(w + rho * v)", gradient(w + rho * v), "w", w)
    v = rho * v - learning_rate * dw
    return w + v, v


def nesterov_step(w, dw, v, learning_rate, rho=0.9):
    """One step of Nesterov momentum in terms of the look-ahead point w̃ = w + ρv, so that dw is taken at w̃.

    v' = ρv − η·dw, then w̃ ← w̃ − ρv + (1 + ρ)v'. The argument w is w̃.
    w, dw, v (...) → (w, v').
    Source: Bengio et al. (2013).
    """
    w, dw = require_same_shape("w", w, "dw", dw)
    v, _ = require_same_shape("v", v, "w", w)
    require_range("rho", rho, 0, 1, high_open=True)
    step = learning_rate * dw
    v = rho * v
    v -= step
    w = _minus(w, step)
    w += rho * v  # w̃ − ρv + (1 + ρ)v' is w̃ − η·dw + ρv', as v' = ρv − η·dw
    return w, v


def adagrad_step(w, dw, cache, learning_rate, eps=1e-7):
    """One step of AdaGrad: each parameter's rate falls with the sum of its squared gradients.

    cache ← cache + dw², then w ← w − η·dw/(√cache + eps). The cache starts at zero.
    w, dw, cache (...) → (w, cache).
    Source: Duchi, Hazan & Singer (2011).
    """
    w, dw = require_same_shape("w", w, "dw", dw)
    cache, _ = require_same_shape("cache", cache, "w", w)
    cache = cache + dw**2
    return _adaptive_step(w, dw, np.sqrt(cache), learning_rate, eps), cache


def adadelta_step(w, dw, grad_avg, step_avg, rho=0.95, eps=1e-6):
    """One step of Adadelta, which needs no learning rate.

    grad_avg ← ρ·grad_avg + (1 − ρ)dw²
    Δ = −√(step_avg + eps)/√(grad_avg + eps)·dw, with the step_avg of before
    step_avg ← ρ·step_avg + (1 − ρ)Δ²
    w ← w + Δ. Both averages start at zero.
    w, dw, grad_avg, step_avg (...) → (w, grad_avg, step_avg).
    Source: Zeiler (2012), algorithm 1.
    """
    w, dw = require_same_shape("w", w, "dw", dw)
    grad_avg, _ = require_same_shape("grad_avg", grad_avg, "w", w)
    step_avg, _ = require_same_shape("step_avg", step_avg, "w", w)
    require_range("rho", rho, 0, 1, high_open=True)
    grad_avg = _average(grad_avg, dw**2, rho)
    step = np.sqrt((step_avg + eps) / (grad_avg + eps))
    step *= dw
    step_avg = _average(step_avg, step**2, rho)
    return _minus(w, step), grad_avg, step_avg


def rmsprop_step(w, dw, cache, learning_rate, decay=0.9, eps=1e-7):
    """One step of RMSProp: AdaGrad with a moving average in place of the sum.

    cache ← decay·cache + (1 − decay)·dw², then w ← w − η·dw/(√cache + eps). The cache starts at zero.
    w, dw, cache (...) → (w, cache).
    Source: Tieleman & Hinton (2012).
    """
    w, dw = require_same_shape("w", w, "dw", dw)
    cache, _ = require_same_shape("cache", cache, "w", w)
    require_range("decay", decay, 0, 1, high_open=True)
    cache = _average(cache, dw**2, decay)
    return _adaptive_step(w, dw, np.sqrt(cache), learning_rate, eps), cache


def adam_step(w, dw, m, v, t, learning_rate, beta1=0.9, beta2=0.999, eps=1e-7):
    """One step of Adam.

    m ← β₁m + (1 − β₁)dw and v ← β₂v + (1 − β₂)dw², both from zero
    m̂ = m/(1 − β₁ᵗ) and v̂ = v/(1 − β₂ᵗ), where t counts the steps from 1
    w ← w − η·m̂/(√v̂ + eps)
    w, dw, m, v (...), t a whole number of at least 1 → (w, m, v).
    Raises ValueError for t < 1.
    Source: Kingma & Ba (2015), algorithm 1.
    """
    w, dw = require_same_shape("w", w, "dw", dw)
    m, _ = require_same_shape("m", m, "w", w)
    v, _ = require_same_shape("v", v, "w", w)
    require_range("beta1", beta1, 0, 1, high_open=True)
    require_range("beta2", beta2, 0, 1, high_open=True)
    t = require_integer("t", t, 1)
    m = _average(m, 1.0 * dw, beta1)  # a copy: dw stays as it was
    v = _average(v, dw**2, beta2)
    root = np.sqrt(v)
    root /= np.sqrt(1 - beta2**t)  # √v̂
    return _adaptive_step(w, m, root, learning_rate / (1 - beta1**t), eps), m, v


def adamw_step(w, dw, m, v, t, learning_rate, weight_decay, beta1=0.9, beta2=0.999, eps=1e-7):
    """One step of AdamW: Adam's step and, besides it, a decay of the weights.

    w ← w − η·m̂/(√v̂ + eps) − η·weight_decay·w, with the w of before in both places;
    the decay does not enter dw, so it does not enter m and v.
    w, dw, m, v (...), t a whole number of at least 1 → (w, m, v).
    Source: Loshchilov & Hutter (2019), algorithm 2.
    """
    stepped, m, v = adam_step(w, dw, m, v, t, learning_rate, beta1, beta2, eps)
    stepped -= (learning_rate * weight_decay) * np.asarray(w)
    return stepped, m, v


def step_decay(learning_rate, epoch, milestones, factor):
    """The learning rate of an epoch: the first one, times ``factor`` for every milestone reached.

    η·factorᵏ, where k is the number of milestones with epoch >= milestone.
    milestones: epochs in any order → a number.
    """
    return learning_rate * factor ** sum(epoch >= milestone for milestone in milestones)


# ------------------------------------------------------------------------------------------ what they share
# Each line that touches whole arrays is a walk through memory, and a new array costs more than one at hand: what a
# step has made for itself it works on in place.


def _minus(w, step):
    """w − step, in the memory of ``step``."""
    step = np.asarray(step)
    return np.subtract(w, step, out=step)


def _average(old, new, keep):
    """keep·old + (1 − keep)·new, in the memory of ``new``."""
    new *= 1 - keep
    new += keep * old
    return new


def _adaptive_step(w, direction, root, learning_rate, eps):
    """w − η·direction/(root + eps); ``root`` is overwritten."""
    root += eps
    step = learning_rate * direction
    step /= root
    return _minus(w, step)
