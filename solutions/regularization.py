"""Chapter ``regularization``: what keeps a network from learning its training data by heart.

Penalties on the weights, noise in training that a prediction averages over, and stopping in time. ``weights`` are a
list of arrays of any shapes, λ is ``strength``, and randomness comes from the numpy.random.Generator ``rng``.
"""

import numpy as np

from .networks import one_hot
from .validation import require_integer, require_range, require_same_shape, require_shape


def l2_penalty(weights, strength):
    """L2 penalty: λ Σ w², over all entries of all arrays.

    weights a list of arrays (...), strength a number of at least 0 → a number.
    Source: Hoerl & Kennard (1970).
    """
    require_range("strength", strength, 0, None)
    return float(sum(np.sum(strength * w * w) for w in _arrays(weights)))


def l1_penalty(weights, strength):
    """L1 penalty: λ Σ |w|, over all entries of all arrays.

    weights a list of arrays (...), strength a number of at least 0 → a number.
    Source: Tibshirani (1996).
    """
    require_range("strength", strength, 0, None)
    return float(sum(np.sum(strength * np.abs(w)) for w in _arrays(weights)))


def elastic_net_penalty(weights, strength, beta):
    """Elastic net, L2 and L1 together: λ Σ (β w² + |w|), over all entries of all arrays.

    weights a list of arrays (...), strength and beta numbers of at least 0 → a number.
    Source: Zou & Hastie (2005).
    """
    require_range("strength", strength, 0, None)
    require_range("beta", beta, 0, None)
    return l2_penalty(weights, strength * beta) + l1_penalty(weights, strength)


def weight_decay_step(w, dw, learning_rate, strength):
    """One step of gradient descent on a loss with the penalty λ Σ w²: the weights decay, then follow the data.

    w ← (1 − 2ηλ)w − η·dw, where dw is the gradient of the loss without the penalty.
    w, dw (...) → w (...).
    """
    w, dw = require_same_shape("w", w, "dw", dw)
    return (1 - 2 * learning_rate * strength) * w - learning_rate * dw


def multiclass_hinge_loss(scores, labels):
    """Hinge loss: by how much wrong classes come closer than 1 to the right one, mean over the batch.

    1/N Σᵢ Σ_{j≠yᵢ} max(0, sᵢⱼ − sᵢ,yᵢ + 1), with s the scores and yᵢ the label of sample i.
    scores (N, K), labels (N,) of whole numbers from 0 to K − 1 → a number.
    Raises ValueError for a label outside that range.
    Source: Weston & Watkins (1999).
    """
    scores = require_shape("scores", scores, (None, None))
    labels = require_shape("labels", labels, scores.shape[:1])
    right = one_hot(labels, scores.shape[1]) == 1
    margins = np.maximum(0.0, scores - scores[right][:, None] + 1)  # (N, K) − (N, 1)
    return float(np.sum(margins[~right]) / len(scores))


def ridge_polynomial_fit(x, y, degree, strength):
    """Coefficients of the polynomial that fits (x, y) with small coefficients, constant first.

    min ‖Vc − y‖² + λ‖c‖², where V holds the powers x⁰, x¹, …, x^degree as columns. The least squares of V stacked
    on √λ·I and y on zeros are the same problem, without the squared condition number of VᵀV + λI.
    x, y (n,), degree a whole number, strength a number of at least 0 → c (degree + 1,).
    Source: Hoerl & Kennard (1970).
    """
    x, y = require_same_shape("x", require_shape("x", x, (None,)), "y", y)
    degree = require_integer("degree", degree, 0)
    root = np.sqrt(require_range("strength", strength, 0, None))
    powers = np.vander(x, degree + 1, increasing=True)  # (n, degree + 1)
    stacked = np.concatenate([powers, root * np.eye(degree + 1)])
    return np.linalg.lstsq(stacked, np.concatenate([y, np.zeros(degree + 1)]), rcond=None)[0]


def dropout_forward(x, drop_probability, rng, training=True):
    """Inverted dropout: each unit is dropped with probability p, and what is kept is divided by 1 − p.

    mask = 0 with probability p, else 1/(1 − p); out = x·mask. With training=False: (x, ones).
    x (...), drop_probability from 0 to below 1 → (out (...), mask (...)).
    Source: Srivastava et al. (2014).
    """
    x = np.asarray(x, dtype=np.float64)
    require_range("drop_probability", drop_probability, 0, 1, high_open=True)
    mask = np.ones(x.shape)
    if training:
        mask = (rng.random(x.shape) >= drop_probability) / (1 - drop_probability)
    return x * mask, mask


def dropout_backward(dout, mask):
    """Gradient of inverted dropout: it passes where the unit was kept, scaled as the unit was.

    dx = dout·mask.
    dout, mask (...) → dx (...).
    """
    dout, mask = require_same_shape("dout", dout, "mask", mask)
    return dout * mask


def vanilla_dropout_predict(activations, drop_probability):
    """Activations at test time after training with dropout that did not scale: times the probability to be kept.

    (1 − p)·a.
    activations (...), drop_probability from 0 to 1 → (...).
    """
    return (1 - require_range("drop_probability", drop_probability, 0, 1)) * np.asarray(activations, dtype=np.float64)


def dropconnect_forward(x, w, b, drop_probability, rng, training=True):
    """A layer that drops weights in place of units: x @ (mask·w) + b, with one mask for the batch.

    mask (D, M) = 0 with probability p, else 1/(1 − p). With training=False: x @ w + b. The biases are kept.
    x (N, D), w (D, M), b (M,), drop_probability from 0 to below 1 → (N, M).
    Source: Wan et al. (2013), with the weights scaled in training.
    """
    x = require_shape("x", x, (None, None))
    w = require_shape("w", w, (x.shape[1], None))
    b = require_shape("b", b, (w.shape[1],))
    kept, _ = dropout_forward(w, drop_probability, rng, training)
    return x @ kept + b


def stochastic_depth_forward(x, branch, survival_probability, rng, training=True):
    """A residual block that is sometimes skipped: x + branch(x) with probability p, else x; one draw for the batch.

    With training=False: x + p·branch(x).
    x (...), branch a function of an array that gives an array of its shape, survival_probability from 0 to 1 → (...).
    Source: Huang et al. (2016).
    """
    x = np.array(x, dtype=np.float64)
    require_range("survival_probability", survival_probability, 0, 1)
    if training and rng.random() >= survival_probability:
        return x
    change, _ = require_same_shape("branch(x)", branch(x), "x", x)
    return x + change if training else x + survival_probability * change


def fractional_pool_edges(n_in, n_out, rng):
    """Edges that cut n_in pixels into n_out regions of one or two, in a random order.

    0 = e₀ < e₁ < … = n_in with steps of 1 or 2, every order of them equally likely; region k is eₖ to eₖ₊₁.
    n_in, n_out whole numbers of at least 1 → (n_out + 1,) whole numbers.
    Raises ValueError unless n_out <= n_in <= 2·n_out.
    Source: Graham (2014).
    """
    n_out = require_integer("n_out", n_out, 1)
    n_in = require_range("n_in", require_integer("n_in", n_in, 1), n_out, 2 * n_out)
    steps = np.ones(n_out, dtype=np.int64)
    steps[: n_in - n_out] = 2
    return np.concatenate([[0], np.cumsum(rng.permutation(steps))])


def monte_carlo_predict(predict, x, samples, rng):
    """Prediction of a network with noise in it: the mean of several noisy predictions.

    1/S Σₛ predict(x, rng), which tends to the expectation over the noise as S grows.
    predict a function of an array and a generator, samples = S a whole number of at least 1 → as predict(x, rng).
    What predict returns is left as it is: it may be x itself.
    Source: Gal & Ghahramani (2016).
    """
    samples = require_integer("samples", samples, 1)
    return np.mean([predict(x, rng) for _ in range(samples)], axis=0)


def early_stopping_epoch(validation_losses, patience):
    """When training stops, and which epoch's weights it keeps: (stop_epoch, best_epoch), counted from 0.

    Training stops after ``patience`` epochs in a row without a loss below the best so far, else at the last epoch.
    validation_losses (E,) of at least one epoch, patience a whole number of at least 1 → two whole numbers.
    Source: Prechelt (1998).
    """
    losses = require_shape("validation_losses", validation_losses, (None,))
    require_range("len(validation_losses)", len(losses), 1, None)
    patience = require_integer("patience", patience, 1)
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        if epoch - best >= patience:
            return epoch, best
    return len(losses) - 1, best


def _arrays(weights):
    """Every array of the list as a float64 array."""
    return [np.asarray(w, dtype=np.float64) for w in weights]
