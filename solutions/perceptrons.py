"""Chapter ``perceptrons``: threshold units, logic gates, XOR, Rosenblatt's learning rule."""

import numpy as np

from .validation import require_binary, require_integer, require_range, require_shape


def heaviside(z):
    """Step function: 0.0 where z <= 0, else 1.0, elementwise.

    z (...) → (...) of 0.0 and 1.0. The threshold itself, z = 0, gives 0.0.
    """
    return (np.asarray(z) > 0).astype(np.float64)


def perceptron(x, w, b):
    """Answer of a perceptron to one sample or to many.

    Formula: heaviside(x·w + b).

    x (..., n), w (n,), b a number → (...) of 0.0 and 1.0.
    Source: Rosenblatt (1958).
    """
    w = require_shape("w", w, (None,))
    x = np.asarray(x, dtype=np.float64)
    if x.ndim == 0 or x.shape[-1] != w.shape[0]:
        raise ValueError(f"x has shape {x.shape}, its last axis should have length {w.shape[0]} as w")
    return heaviside(x @ w + b)


def and_gate_parameters():
    """Weights w (2,) and bias b with which a perceptron computes AND.

    heaviside(w₁x₁ + w₂x₂ + b) is 1 for (1, 1) and 0 for (0, 0), (0, 1), (1, 0).
    Returns (w, b). Many choices are right.
    """
    return np.array([2.0, 2.0]), -3.0


def or_gate_parameters():
    """Weights w (2,) and bias b with which a perceptron computes OR.

    heaviside(w₁x₁ + w₂x₂ + b) is 0 for (0, 0) and 1 for (0, 1), (1, 0), (1, 1).
    Returns (w, b). Many choices are right.
    """
    return np.array([2.0, 2.0]), -1.0


def nand_gate_parameters():
    """Weights w (2,) and bias b with which a perceptron computes NAND, the negation of AND.

    heaviside(w₁x₁ + w₂x₂ + b) is 0 for (1, 1) and 1 for (0, 0), (0, 1), (1, 0).
    Returns (w, b). Many choices are right.
    """
    return np.array([-2.0, -2.0]), 3.0


def xor_gate(x1, x2):
    """Exclusive or: 1.0 where exactly one of x1, x2 is 1.

    Formula: XOR(x₁, x₂) = AND(NAND(x₁, x₂), OR(x₁, x₂)).

    x1 and x2 are arrays of 0 and 1 of one shape; so is the result.
    Raises ValueError for entries other than 0 and 1.
    """
    x = np.stack(np.broadcast_arrays(require_binary("x1", x1), require_binary("x2", x2)), axis=-1)
    s1 = perceptron(x, *nand_gate_parameters())
    s2 = perceptron(x, *or_gate_parameters())
    return perceptron(np.stack([s1, s2], axis=-1), *and_gate_parameters())


def xor_network_parameters():
    """Parameters (W1, b1, w2, b2) of a two-layer network of step units that computes XOR.

    h = heaviside(x W1 + b1), y = heaviside(h·w2 + b2), with x (N, 2).
    W1 (2, 2): column j holds the weights of hidden unit j; b1 (2,); w2 (2,); b2 a number.
    Returns (W1, b1, w2, b2). Many choices are right.
    """
    w_nand, b_nand = nand_gate_parameters()
    w_or, b_or = or_gate_parameters()
    w_and, b_and = and_gate_parameters()
    return np.column_stack([w_nand, w_or]), np.array([b_nand, b_or]), w_and, b_and


def perceptron_update(w, b, x, y, learning_rate):
    """One update of Rosenblatt's rule for one sample.

    Formula: w ← w + η(y − ŷ)x and b ← b + η(y − ŷ), with ŷ = perceptron(x, w, b) and η the learning rate.

    w (n,), b a number, x (n,), y 0 or 1 → (w, b), new ones; the inputs stay as they are.
    Source: Rosenblatt (1958).
    """
    w = require_shape("w", w, (None,))
    x = require_shape("x", x, w.shape)
    error = float(require_binary("y", y)) - perceptron(x, w, b)
    return w + learning_rate * error * x, b + learning_rate * float(error)


def train_perceptron(x, y, learning_rate, epochs):
    """Train a perceptron from zero weights by Rosenblatt's rule, sample after sample.

    Each epoch goes through the samples in order and updates after each one; all epochs are run.
    x (N, n), y (N,) of 0 and 1 → (w (n,), b, mistakes): mistakes[k] counts the wrong predictions met in
    epoch k, each made with the parameters of that moment.
    Source: Rosenblatt (1958); it stops making mistakes if a line separates the classes (Novikoff, 1962).
    """
    x = require_shape("x", x, (None, None))
    y = require_shape("y", require_binary("y", y), x.shape[:1])
    require_range("learning_rate", learning_rate, 0, None, low_open=True)
    w, b = np.zeros(x.shape[1]), 0.0
    mistakes = []
    for _ in range(require_integer("epochs", epochs, 0)):
        wrong = 0
        for sample, label in zip(x, y):
            wrong += int(perceptron(sample, w, b) != label)
            w, b = perceptron_update(w, b, sample, label, learning_rate)
        mistakes.append(wrong)
    return w, b, mistakes
