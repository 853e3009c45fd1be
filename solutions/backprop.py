"""Chapter ``backprop``: gradients of single operations, of graphs of operations, of layers and of networks.

A backward function takes the gradient of the loss with respect to its operation's output, of the output's shape,
and returns the gradients with respect to the inputs, each of its input's shape.
"""

import numpy as np

from .networks import one_hot, sigmoid
from .validation import require_same_shape, require_shape


def add_backward(dz):
    """Gradients of both inputs of z = x + y, from the gradient of z.

    Formula: dx = dz, dy = dz.

    dz (...) → (dx, dy), each (...).
    """
    dz = np.asarray(dz, dtype=np.float64)
    return dz.copy(), dz.copy()


def multiply_backward(dz, x, y):
    """Gradients of both factors of z = x·y (entry by entry), from the gradient of z.

    Formula: dx = dz·y, dy = dz·x, elementwise.

    dz, x, y (...) → (dx, dy), each (...).
    """
    dz, x = require_same_shape("dz", dz, "x", x)
    y, _ = require_same_shape("y", y, "x", x)
    return dz * y, dz * x


def max_backward(dz, x, y):
    """Gradients of both inputs of z = max(x, y) (entry by entry), from the gradient of z.

    Formula: dx = dz where x > y, else 0; dy = dz where y > x, else 0.

    dz, x, y (...) → (dx, dy), each (...). At a tie any split is right.
    """
    dz, x = require_same_shape("dz", dz, "x", x)
    y, _ = require_same_shape("y", y, "x", x)
    return np.where(x >= y, dz, 0.0), np.where(x >= y, 0.0, dz)  # a tie goes to x


def sigmoid_backward(dout, out):
    """Gradient of z, where out = σ(z) entry by entry, from the gradient of out and from out itself.

    Formula: dz = dout·out·(1 − out), elementwise.

    dout, out (...) → dz (...).
    """
    dout, out = require_same_shape("dout", dout, "out", out)
    return dout * out * (1 - out)


def affine_forward(x, w, b):
    """A layer's weighted sums x w + b, and what its backward pass needs.

    x (N, D), w (D, M), b (M,) → (out (N, M), cache). The cache is whatever you want; it goes to your
    `affine_backward` and nowhere else.
    """
    x = require_shape("x", x, (None, None))
    w = require_shape("w", w, (x.shape[1], None))
    b = require_shape("b", b, (w.shape[1],))
    return x @ w + b, (x, w)  # (N, D) @ (D, M) + (M,)


def affine_backward(dout, cache):
    """Gradients of the input, the weights and the biases of a layer, from the gradient of its output.

    Formula: dx = dout wᵀ, dw = xᵀ dout, db = Σᵢ doutᵢ, the sum over the batch.

    dout (N, M), cache from your `affine_forward` → (dx (N, D), dw (D, M), db (M,)).
    """
    x, w = cache
    dout = require_shape("dout", dout, (x.shape[0], w.shape[1]))
    dx = dout @ w.T  # (N, M) @ (M, D)
    dw = x.T @ dout  # (D, N) @ (N, M)
    return dx, dw, dout.sum(axis=0)


def softmax_cross_entropy(logits, labels):
    """Mean cross-entropy of softmax(logits), and its gradient with respect to the logits.

    Formula: log pᵢₖ = zᵢₖ − log Σⱼ exp(zᵢⱼ), loss = −1/N Σᵢ log pᵢₖ at k = labelsᵢ, dlogits = (p − onehot)/N.

    logits (N, K), labels (N,) of whole numbers from 0 to K − 1 → (loss, dlogits (N, K)).
    Both are exact to rounding for logits as large as ±10,000, also where a probability underflows to 0.
    Example: K equal logits cost log K.
    """
    logits = require_shape("logits", logits, (None, None))
    target = one_hot(require_shape("labels", labels, logits.shape[:1]), logits.shape[1])
    z = logits - logits.max(axis=1, keepdims=True)  # exp cannot overflow
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))  # (N, K)
    loss = -np.mean(log_p[target == 1])  # one entry of each row
    return float(loss), (np.exp(log_p) - target) / len(target)


def two_layer_loss(params, x, labels):
    """Loss of a network with one hidden layer, and its gradients by backpropagation.

    The hidden units are sigmoids, h = σ(x W1 + b1); the scores are linear, logits = h W2 + b2; the loss is
    the mean cross-entropy of softmax(logits).

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
    """The largest relative difference between two arrays, entry by entry.

    Formula: max |a − b| / max(1e-8, |a| + |b|).

    The difference of two entries is divided by the sum of their sizes, or by 1e-8 if that is larger.
    a, b (...) → a number from 0, for equal arrays, to 1, for entries of opposite signs.
    """
    a, b = require_same_shape("a", a, "b", b)
    a, b = a / 2, b / 2  # the sum of two large numbers cannot overflow
    return float(np.max(np.abs(a - b) / np.maximum(0.5e-8, np.abs(a) + np.abs(b)), initial=0.0))


def topological_order(graph, output):
    """The names of all that a node is computed from, each after its own inputs.

    Formula: visit a node's inputs before the node itself, each node once.

    graph: dict, a node's name → (operation, input, …, input), the inputs being names. A name that is no key
    of graph is a leaf. output: a name → list of names, each once; output stands last. What output is not
    computed from is not in the list. Raises ValueError if a node is computed from itself.
    """
    order, state = [], {}
    stack = [output]
    while stack:
        name = stack[-1]
        inputs = graph[name][1:] if name in graph else ()
        waiting = [source for source in inputs if state.get(source) != "done"]
        if state.get(name) is None and waiting:
            state[name] = "open"
            circle = [source for source in waiting if state.get(source) == "open"]
            if circle:
                raise ValueError(f"graph has a cycle: {circle[0]} is computed from itself")
            stack += waiting
        else:
            stack.pop()
            if state.get(name) != "done":
                state[name] = "done"
                order.append(name)
    return order


def unbroadcast(gradient, shape):
    """Gradient of an array of the given shape that NumPy has broadcast to the shape of ``gradient``.

    Formula: sum over the axes that broadcasting has added or stretched.

    gradient (...), shape a tuple that broadcasts to gradient.shape → an array of that shape.
    Example: ones of shape (5, 3) give [5, 5, 5] for the shape (3,), and 15 for the shape ().
    """
    gradient = np.asarray(gradient, dtype=np.float64)
    added = gradient.ndim - len(shape)
    if added < 0 or any(own not in (1, there) for own, there in zip(shape, gradient.shape[added:])):
        raise ValueError(f"shape is {tuple(shape)}, it should broadcast to gradient's {gradient.shape}")
    stretched = [added + axis for axis, length in enumerate(shape) if length == 1]
    return gradient.sum(axis=(*range(added), *stretched)).reshape(shape)


def local_gradients(operation, dout, out, inputs):
    """Gradients of an operation's inputs, from the gradient of its output: one step of the walk backward.

    Formula: "add", "multiply", "maximum", "sigmoid" as in the exercises above, then `unbroadcast`;
    "matmul": dout yᵀ and xᵀ dout; "log_softmax": dout − exp(out)·Σ dout of the row; "sum": dout everywhere.

    operation: "add", "multiply" or "maximum" of two arrays that broadcast; "matmul" of (N, D) and (D, M);
    "sigmoid" of one array; "log_softmax" of the rows of one array (N, K); "sum" of all entries of one array.
    out: the operation's output, and dout its gradient, of the same shape; inputs: list of one or two arrays
    → tuple with a gradient for each input, of that input's shape. Raises ValueError for another operation.
    """
    arrays = [np.asarray(array, dtype=np.float64) for array in inputs]
    dout, out = np.asarray(dout, dtype=np.float64), np.asarray(out, dtype=np.float64)
    x, y = arrays[0], arrays[-1]
    if operation == "matmul":
        return dout @ y.T, x.T @ dout
    if operation == "sigmoid":
        return (sigmoid_backward(dout, out),)
    if operation == "log_softmax":
        return (dout - np.exp(out) * dout.sum(axis=1, keepdims=True),)
    if operation == "sum":
        return (np.full(x.shape, dout),)
    x, y = np.broadcast_to(x, out.shape), np.broadcast_to(y, out.shape)
    if operation == "add":
        gradients = add_backward(dout)
    elif operation == "multiply":
        gradients = multiply_backward(dout, x, y)
    elif operation == "maximum":
        gradients = max_backward(dout, x, y)
    else:
        raise ValueError(f"operation is {operation!r}, which this function does not know")
    return tuple(unbroadcast(gradient, array.shape) for gradient, array in zip(gradients, arrays))


def backpropagate(graph, values, output):
    """Gradients of one number with respect to everything that it is computed from.

    Formula: 1 for output; then, from output back to the leaves, what each node's users hand to it, added up.

    graph as in `topological_order`, its operations those of `local_gradients`; values: dict, the array of every
    node and leaf; output: a name whose value has shape (), the loss
    → dict of gradients of output and of all nodes and leaves that it is computed from, shaped as their values.
    A node may be used several times, also twice by one operation. Source: Linnainmaa (1976).
    """
    gradients = {output: np.ones(np.shape(values[output]))}
    for name in reversed(topological_order(graph, output)):
        if name not in graph:
            continue
        operation, *inputs = graph[name]
        local = local_gradients(operation, gradients[name], values[name], [values[source] for source in inputs])
        for source, gradient in zip(inputs, local):
            gradients[source] = gradients[source] + gradient if source in gradients else gradient
    return gradients


def mlp_gradients(x, labels, weights, biases):
    """Loss of a network with any number of layers, and its gradients by backpropagation.

    All layers but the last are sigmoid layers, σ(a w + b); the last one is linear and gives the logits; the
    loss is the mean cross-entropy of softmax(logits).

    Formula: backward through the last layer, then for each earlier one through its sigmoid and its sums.

    x (N, D₀), labels (N,) of whole numbers from 0 to K − 1, weights [(D₀, D₁), …, (Dₙ, K)], biases
    [(D₁,), …, (K,)] → (loss, dweights, dbiases), lists of the same shapes. One layer is a network too.
    """
    if len(weights) != len(biases) or not len(weights):
        raise ValueError(f"there are {len(weights)} weights and {len(biases)} biases, as many of each and at least one")
    a, caches, outs = x, [], []
    for w, b in zip(weights, biases):
        z, cache = affine_forward(a, w, b)
        a = sigmoid(z)
        caches.append(cache)
        outs.append(a)
    loss, dz = softmax_cross_entropy(z, labels)  # of the last sums: the last sigmoid is not used
    dweights, dbiases = [], []
    for layer in reversed(range(len(weights))):
        da, dw, db = affine_backward(dz, caches[layer])
        dweights.insert(0, dw)
        dbiases.insert(0, db)
        if layer:
            dz = sigmoid_backward(da, outs[layer - 1])
    return loss, dweights, dbiases


# -------------------------------------------------------------------------------------------------- helpers


def _require_two_layers(params, x):
    """x, W1, b1, W2, b2 as float64 arrays; ValueError unless their shapes fit."""
    x = require_shape("x", x, (None, None))
    W1 = require_shape("params['W1']", params["W1"], (x.shape[1], None))
    b1 = require_shape("params['b1']", params["b1"], W1.shape[1:])
    W2 = require_shape("params['W2']", params["W2"], (W1.shape[1], None))
    b2 = require_shape("params['b2']", params["b2"], W2.shape[1:])
    return x, W1, b1, W2, b2
