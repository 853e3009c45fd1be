"""Chapter ``transfer``: what a network that was trained on one task is worth on another.

A network is a list of weights (D₀, D₁), (D₁, D₂), … and a list of biases (D₁,), (D₂,), …; its last layer, the
head, gives the logits, and a ReLU follows every layer below it.
"""

import numpy as np

from .activations import relu
from .initialization import he_normal
from .networks import one_hot
from .validation import require_integer, require_range, require_same_shape, require_shape

STRATEGIES = {
    ("little", "similar"): "linear_probe",
    ("little", "different"): "probe_other_stages",
    ("lots", "similar"): "finetune_few",
    ("lots", "different"): "finetune_many",
}


def transfer_strategy(data, similarity):
    """What to do with a pretrained network, by how much data there is and how similar the new task is.

    data "little" or "lots", similarity "similar" or "different" → "linear_probe" (little, similar),
    "probe_other_stages" (little, different), "finetune_few" (lots, similar) or "finetune_many" (lots, different).
    Raises ValueError for other words.
    """
    for name, word, words in (("data", data, ("little", "lots")), ("similarity", similarity, ("similar", "different"))):
        if word not in words:
            raise ValueError(f"{name} is {word!r}, it should be {words[0]!r} or {words[1]!r}")
    return STRATEGIES[data, similarity]


def extract_features(x, weights, biases, depth):
    """Activations of a ReLU network after its first ``depth`` layers; depth 0 is x itself.

    a₀ = x, aₗ = relu(aₗ₋₁ Wₗ + bₗ), and the result is a_depth.
    x (N, D₀), weights [(D₀, D₁), (D₁, D₂), …], biases [(D₁,), (D₂,), …] → (N, D_depth).
    Raises ValueError where the shapes do not fit, or for a depth that is not between 0 and the number of layers.
    """
    a = require_shape("x", x, (None, None))
    weights, biases = _require_layers(weights, biases)
    require_range("depth", require_integer("depth", depth, 0), 0, len(weights))
    for layer in range(int(depth)):
        w = require_shape(f"weights[{layer}]", weights[layer], (a.shape[1], None))
        b = require_shape(f"biases[{layer}]", biases[layer], (w.shape[1],))
        a = relu(a @ w + b)  # (N, D) @ (D, M)
    return a.copy()


def linear_probe(features, labels, num_classes, strength):
    """A linear classifier by least squares, with a penalty on its weights: ridge regression on one-hot targets.

    min ‖x w + b − onehot‖² + strength·‖w‖² over w and b: sums, not means, and b is not penalised. At the minimum
    b = mean(onehot) − mean(x) w, so w follows from centred data by their singular value decomposition U S Vᵀ,
    w = V S/(S² + strength) Uᵀ (onehot − mean(onehot)).
    features (N, D), labels (N,) of whole numbers from 0 to num_classes − 1 → (w (D, K), b (K,)).
    Where strength is 0 and many w are best, the shortest. Raises ValueError for a label outside its range,
    strength < 0, or no sample.
    Source: Hoerl & Kennard (1970).
    """
    x = require_shape("features", features, (None, None))
    y = one_hot(require_shape("labels", labels, x.shape[:1]), num_classes)
    require_range("len(features)", len(x), 1, None)
    require_range("strength", strength, 0, None)
    x_mean, y_mean = x.mean(axis=0), y.mean(axis=0)
    u, s, vt = np.linalg.svd(x - x_mean, full_matrices=False)
    kept = s > s.max(initial=0.0) * max(x.shape) * np.finfo(np.float64).eps  # the others are rounding
    u, s, vt = u[:, kept], s[kept, None], vt[kept]
    w = vt.T @ (u.T @ (y - y_mean) / (s + strength / s))  # (D, R) @ (R, K)
    return w, y_mean - x_mean @ w


def trainable_layers(num_layers, num_finetuned):
    """Which layers are trained: the last ``num_finetuned`` of them, True; the others are frozen, False.

    num_finetuned from 0 to num_layers → bool (num_layers,), first layer first.
    Raises ValueError for a number outside that range.
    """
    num_layers = require_integer("num_layers", num_layers, 0)
    require_range("num_finetuned", require_integer("num_finetuned", num_finetuned, 0), 0, num_layers)
    return np.arange(num_layers) >= num_layers - num_finetuned


def layerwise_learning_rates(base, decay, num_layers):
    """A learning rate for each layer: ``base`` at the last one, times ``decay`` for each layer further down.

    ηₗ = base·decay^(L − 1 − l) for the layers l = 0, …, L − 1.
    base >= 0, decay >= 0 → (num_layers,), first layer first.
    Source: Howard & Ruder (2018).
    """
    require_range("base", base, 0, None)
    require_range("decay", decay, 0, None)
    num_layers = require_integer("num_layers", num_layers, 0)
    return base * np.float64(decay) ** np.arange(num_layers - 1, -1, -1)


def finetune_step(params, grads, learning_rates):
    """One step of gradient descent with a learning rate for each layer; a rate of 0 freezes its layer.

    paramₗ ← paramₗ − ηₗ·gradₗ; where ηₗ = 0, paramₗ stays bit-identical whatever its gradient is, NaN or infinite.
    params, grads: lists of arrays of the same shapes, learning_rates one number each → list of new arrays.
    Raises ValueError where lengths or shapes differ.
    """
    for name, other in (("grads", grads), ("learning_rates", learning_rates)):
        if len(other) != len(params):
            raise ValueError(f"{name} has {len(other)} entries, it should have {len(params)} as params")
    stepped = []
    for layer, (param, grad, rate) in enumerate(zip(params, grads, learning_rates)):
        param, grad = require_same_shape(f"params[{layer}]", param, f"grads[{layer}]", grad)
        stepped.append(param - rate * grad if rate != 0 else param.copy())  # 0 · NaN would be NaN
    return stepped


def replace_head(weights, biases, num_classes, rng):
    """The network with a new last layer for ``num_classes`` classes, the layers below it as they were.

    The new weights are He's, N(0, 2/n_in) for a layer of n_in inputs, the new biases zero.
    weights [(D₀, D₁), …], biases [(D₁,), …], rng: a numpy.random.Generator → (weights, biases), new lists.
    Raises ValueError for a network without layers, or num_classes < 1.
    """
    weights, biases = _require_layers(weights, biases)
    require_range("len(weights)", len(weights), 1, None)
    n_in = require_shape("weights[-1]", weights[-1], (None, None)).shape[0]
    head = he_normal(n_in, require_integer("num_classes", num_classes, 1), rng)
    kept = [[np.array(p, dtype=np.float64) for p in params[:-1]] for params in (weights, biases)]
    return [*kept[0], head], [*kept[1], np.zeros(head.shape[1])]


def _require_layers(weights, biases):
    """Both lists; ValueError unless they are equally long."""
    if len(weights) != len(biases):
        raise ValueError(f"biases has {len(biases)} arrays, it should have {len(weights)} as weights")
    return weights, biases
