"""Right answers to the exercises of chapter ``backprop`` as different people write them."""

import math

import numpy as np


def single(*arrays):
    """The arrays in single precision, as somebody who knows PyTorch might compute."""
    return [np.asarray(array, dtype=np.float32) for array in arrays]


# --------------------------------------------------------------------------------------------- add_backward


def add_hands_on(dz):
    return dz, dz


def add_as_lists(dz):
    return [dz.tolist(), dz.tolist()]


def add_with_local_derivatives(dz):
    ones = np.ones(dz.shape, dtype=np.float32)
    return np.stack([dz * ones, dz * ones])


# ---------------------------------------------------------------------------------------- multiply_backward


def multiply_in_place_on_copies(dz, x, y):
    dx, dy = y.copy(), x.copy()
    dx *= dz
    dy *= dz
    return dx, dy


def multiply_by_broadcasting(dz, x, y):
    return dz * np.array([y, x])


def multiply_number_by_number(dz, x, y):
    dx, dy = np.zeros(x.shape, dtype=np.float32), np.zeros(y.shape, dtype=np.float32)
    for index in np.ndindex(*x.shape):
        dx[index], dy[index] = dz[index] * y[index], dz[index] * x[index]
    return dx.tolist(), dy.tolist()


# --------------------------------------------------------------------------------------------- max_backward


def max_with_masks(dz, x, y):
    return dz * (x > y), dz * (y > x)


def max_by_the_output(dz, x, y):
    z = np.maximum(x, y)
    dx, dy = np.zeros_like(z, dtype=float), np.zeros_like(z, dtype=float)
    dx[x == z] = dz[x == z]
    dy[y == z] = dz[y == z]
    return [dx, dy]


def max_by_what_is_left(dz, x, y):
    dx = np.heaviside(x - y, 0.5).astype(np.float32) * dz
    return dx, dz - dx


# ----------------------------------------------------------------------------------------- sigmoid_backward


def sigmoid_multiplied_out(dout, out):
    return dout * (out - out**2)


def sigmoid_in_single_precision(dout, out):
    dout, out = single(dout, out)
    out = out * (1 - out)
    out *= dout
    return out.tolist()


def sigmoid_number_by_number(dout, out):
    slopes = [s * (1 - s) for s in out.ravel().tolist()]
    return np.array([d * slope for d, slope in zip(dout.ravel(), slopes)]).reshape(out.shape)


# ------------------------------------------------------------------------------------------ affine_forward


def affine_with_einsum(x, w, b):
    return np.einsum("nd,dm->nm", x, w) + b, {"x": x, "w": w}


def affine_with_a_closure(x, w, b):
    def backward(dout):
        return [dout @ w.transpose(), (dout.T @ x).T, sum(dout)]

    return np.dot(x, w) + b[None, :], backward


def affine_with_an_extended_matrix(x, w, b):
    x, w, b = single(x, w, b)
    extended, matrix = np.hstack([x, np.ones((len(x), 1), dtype=np.float32)]), np.vstack([w, b])
    return (extended @ matrix).tolist(), (extended, matrix)


# ----------------------------------------------------------------------------------------- affine_backward
# A style brings only its own function, so these take the cache (x, w) of the reference.


def affine_back_with_einsum(dout, cache):
    x, w = cache
    return [np.einsum("nm,dm->nd", dout, w), np.einsum("nd,nm->dm", x, dout), np.einsum("nm->m", dout)]


def affine_back_sample_by_sample(dout, cache):
    x, w = cache
    dx, dw, db = [], np.zeros(w.shape), np.zeros(w.shape[1])
    for sample, gradient in zip(x, dout):
        dx.append(w @ gradient)
        dw += np.outer(sample, gradient)
        db += gradient
    return np.array(dx), dw, db


def affine_back_in_single_precision(dout, cache):
    dout, x, w = single(dout, *cache)
    extended = np.concatenate([x, np.ones((len(x), 1), dtype=np.float32)], axis=1)
    both = extended.T @ dout
    return (w @ dout.T).T.tolist(), both[:-1].tolist(), both[-1]


# ----------------------------------------------------------------------------------- softmax_cross_entropy


def cross_entropy_with_logaddexp(logits, labels):
    log_p = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    one_hot = labels[:, None] == np.arange(logits.shape[1])
    return -np.where(one_hot, log_p, 0).sum() / len(labels), (np.exp(log_p) - one_hot) / len(labels)


def cross_entropy_in_single_precision(logits, labels):
    (z,) = single(logits)
    n = len(z)
    z = z - np.max(z, axis=1)[:, np.newaxis]
    e = np.exp(z)
    total = e.sum(1, keepdims=True)
    loss = np.mean(np.log(total[:, 0]) - z[range(n), labels])
    gradient = e / total
    gradient[range(n), labels] -= 1
    gradient /= n
    return [loss, gradient.tolist()]


def cross_entropy_row_by_row(logits, labels):
    loss, gradient = 0.0, np.zeros(logits.shape)
    for i, (row, label) in enumerate(zip(logits.tolist(), labels.tolist())):
        top = max(row)
        log_sum = top + math.log(sum(math.exp(score - top) for score in row))
        loss += (log_sum - row[label]) / len(labels)
        for k, score in enumerate(row):
            gradient[i, k] = (math.exp(score - log_sum) - (k == label)) / len(labels)
    return loss, gradient


# ------------------------------------------------------------------------------------------ two_layer_loss


def loss_from_the_other_exercises(params, x, labels):
    def affine(x, w, b):
        return x @ w + b, x

    sums, first = affine(x, params["W1"], params["b1"])
    h = 1 / (1 + np.exp(-sums))
    scores, second = affine(h, params["W2"], params["b2"])
    loss, dscores = cross_entropy_with_logaddexp(scores, labels)
    grads = {"W2": second.T @ dscores, "b2": dscores.sum(axis=0)}
    dsums = sigmoid_multiplied_out(dscores @ params["W2"].T, h)
    grads["W1"], grads["b1"] = first.T @ dsums, dsums.sum(axis=0)
    return loss, grads


def loss_in_single_precision(params, x, labels):
    W1, b1, W2, b2, x = single(*(params[name] for name in ("W1", "b1", "W2", "b2")), x)
    h = 0.5 * (1 + np.tanh(0.5 * (x @ W1 + b1)))
    loss, dscores = cross_entropy_in_single_precision(h @ W2 + b2, labels)
    dscores = np.array(dscores, dtype=np.float32)
    dsums = np.dot(dscores, W2.T) * h * (1 - h)
    return [loss, dict(W1=x.T @ dsums, b1=sum(dsums), W2=(h.T @ dscores).tolist(), b2=sum(dscores))]


def loss_sample_by_sample(params, x, labels):
    loss, grads = 0.0, {name: np.zeros(array.shape) for name, array in params.items()}
    for sample, label in zip(x, labels):
        h = 1 / (1 + np.exp(-(sample @ params["W1"] + params["b1"])))
        scores = h @ params["W2"] + params["b2"]
        one, dscores = cross_entropy_row_by_row(scores[None], np.array([label]))
        loss += one / len(x)
        dscores = dscores[0] / len(x)
        dsums = params["W2"] @ dscores * h * (1 - h)
        for name, gradient in (
            ("W1", np.outer(sample, dsums)),
            ("b1", dsums),
            ("W2", np.outer(h, dscores)),
            ("b2", dscores),
        ):
            grads[name] += gradient
    return loss, grads


# ------------------------------------------------------------------------------------------- relative_error


def error_with_where(a, b):
    size = np.abs(a) + np.abs(b)
    return (np.abs(a - b) / np.where(size > 1e-8, size, 1e-8)).max()


def error_in_single_precision(a, b):
    a, b = single(a, b)
    return np.amax(np.fabs(a - b) / np.clip(np.fabs(a) + np.fabs(b), 1e-8, None))


def error_in_plain_python(a, b):
    pairs = zip(a.ravel().tolist(), b.ravel().tolist())
    return max(abs(p - q) / max(1e-8, abs(p) + abs(q)) for p, q in pairs)


# ------------------------------------------------------------------------------------------ topological_order


def order_recursive(graph, output):
    order, entered = [], set()

    def visit(name):
        if name in order:
            return
        if name in entered:
            raise ValueError(f"{name} needs itself")
        entered.add(name)
        for source in graph.get(name, ("leaf",))[1:]:
            visit(source)
        order.append(name)

    visit(output)
    return order


def order_by_counting_users(graph, output):
    reached, queue = {output}, [output]
    while queue:
        for source in graph.get(queue.pop(), ("",))[1:]:
            if source not in reached:
                reached.add(source)
                queue.append(source)
    users = {name: 0 for name in reached}
    for name in reached:
        for source in set(graph.get(name, ("",))[1:]):
            users[source] += 1
    if users[output]:
        raise ValueError("a cycle")
    ready, backward = [output], []
    while ready:
        name = ready.pop()
        backward.append(name)
        for source in set(graph.get(name, ("",))[1:]):
            users[source] -= 1
            if users[source] == 0:
                ready.append(source)
    if len(backward) < len(reached):
        raise ValueError("a cycle")
    return tuple(reversed(backward))


def order_by_repeated_passes(graph, output):
    needed = [output]
    for name in needed:
        needed += [source for source in sorted(set(graph.get(name, ("",))[1:])) if source not in needed]
    placed = [name for name in needed if name not in graph]
    while len(placed) < len(needed):
        ready = [n for n in needed if n not in placed and all(source in placed for source in graph[n][1:])]
        if not ready:
            raise ValueError("these nodes wait for each other")
        placed += sorted(ready)
    return [name for name in placed if name != output] + [output]


# ----------------------------------------------------------------------------------------------- unbroadcast


def unbroadcast_in_two_steps(gradient, shape):
    extra = gradient.ndim - len(shape)
    total = gradient.sum(axis=tuple(range(extra)))
    ones = tuple(axis for axis, length in enumerate(shape) if length == 1)
    return total.sum(axis=ones, keepdims=True)


def unbroadcast_axis_by_axis(gradient, shape):
    padded = (1,) * (gradient.ndim - len(shape)) + tuple(shape)
    for axis in range(gradient.ndim):
        if padded[axis] != gradient.shape[axis]:
            gradient = np.sum(gradient, axis=axis, keepdims=True)
    return np.reshape(gradient, shape)


def unbroadcast_entry_by_entry(gradient, shape):
    result = np.zeros(shape, dtype=np.float64)
    place = np.broadcast_to(np.arange(result.size).reshape(shape), np.shape(gradient))
    np.add.at(result.reshape(-1), np.ravel(place), np.ravel(gradient))
    return result


# ------------------------------------------------------------------------------------------- local_gradients


def local_with_branches(operation, dout, out, inputs):
    if operation == "sigmoid":
        return (out * (1 - out) * dout,)
    if operation == "sum":
        return (dout * np.ones(inputs[0].shape),)
    if operation == "log_softmax":
        p = np.exp(out)
        return (dout - p * np.sum(dout, axis=1)[:, None],)
    x, y = inputs
    if operation == "matmul":
        return np.dot(dout, y.T), np.dot(x.T, dout)
    if operation == "add":
        parts = dout, dout
    elif operation == "multiply":
        parts = dout * y, x * dout
    elif operation == "maximum":
        parts = dout * (x > y), dout * (y > x)
    else:
        raise ValueError(operation)
    return unbroadcast_in_two_steps(parts[0], np.shape(x)), unbroadcast_in_two_steps(parts[1], np.shape(y))


def local_from_a_table(operation, dout, out, inputs):
    rules = {
        "add": lambda x, y: [dout, dout],
        "multiply": lambda x, y: [dout * y, dout * x],
        "maximum": lambda x, y: [np.where(x == out, dout, 0.0), np.where(y == out, dout, 0.0)],
        "matmul": lambda x, y: [np.einsum("nm,dm->nd", dout, y), np.einsum("nd,nm->dm", x, dout)],
        "sigmoid": lambda z: [dout * (out - out**2)],
        "log_softmax": lambda z: [dout - np.exp(out) * dout.sum(axis=1, keepdims=True)],
        "sum": lambda x: [np.broadcast_to(dout, np.shape(x))],
    }
    if operation not in rules:
        raise ValueError(f"unknown operation {operation}")
    found = rules[operation](*inputs)
    return [unbroadcast_axis_by_axis(gradient, np.shape(x)) for gradient, x in zip(found, inputs)]


def local_by_jacobians_of_rows(operation, dout, out, inputs):
    if operation == "log_softmax":
        rows = []
        for row_gradient, row in zip(dout, out):
            jacobian = np.eye(len(row)) - np.exp(row)[None, :]
            rows.append(row_gradient @ jacobian)
        return (np.array(rows),)
    return local_with_branches(operation, dout, out, inputs)


# --------------------------------------------------------------------------------------------- backpropagate


def backpropagate_with_zeros(graph, values, output):
    order = order_recursive(graph, output)
    gradients = {name: np.zeros_like(np.asarray(values[name], dtype=float)) for name in order}
    gradients[output] = np.ones(())
    for name in order[::-1]:
        if name in graph:
            inputs = [values[source] for source in graph[name][1:]]
            found = local_with_branches(graph[name][0], gradients[name], values[name], inputs)
            for source, gradient in zip(graph[name][1:], found):
                gradients[source] = gradients[source] + gradient
    return gradients


def backpropagate_recursive(graph, values, output):
    names = order_by_repeated_passes(graph, output)
    known = {output: np.array(1.0)}

    def gradient_of(name):
        if name not in known:
            total = np.zeros(np.shape(values[name]))
            for user in names:
                if user in graph and name in graph[user][1:]:
                    inputs = [values[source] for source in graph[user][1:]]
                    handed = local_from_a_table(graph[user][0], gradient_of(user), values[user], inputs)
                    for source, gradient in zip(graph[user][1:], handed):
                        if source == name:
                            total = total + gradient
            known[name] = total
        return known[name]

    return {name: gradient_of(name) for name in names}


def backpropagate_collecting_lists(graph, values, output):
    received = {output: [1.0]}
    for name in reversed(order_by_counting_users(graph, output)):
        received[name] = np.sum(received[name], axis=0)
        if name not in graph:
            continue
        operation, *inputs = graph[name]
        handed = local_with_branches(operation, received[name], values[name], [values[key] for key in inputs])
        for key, gradient in zip(inputs, handed):
            received.setdefault(key, []).append(gradient)
    return received


# --------------------------------------------------------------------------------------------- mlp_gradients


def mlp_with_lists(x, labels, weights, biases):
    activations = [x]
    for w, b in zip(weights[:-1], biases[:-1]):
        activations.append(0.5 * (1 + np.tanh((activations[-1] @ w + b) / 2)))
    logits = activations[-1] @ weights[-1] + biases[-1]
    loss, error = stable_loss(logits, labels)
    dweights, dbiases = [None] * len(weights), [None] * len(weights)
    for layer in range(len(weights) - 1, -1, -1):
        dweights[layer], dbiases[layer] = activations[layer].T @ error, error.sum(axis=0)
        if layer > 0:
            error = (error @ weights[layer].T) * activations[layer] * (1 - activations[layer])
    return loss, dweights, dbiases


def mlp_recursive(x, labels, weights, biases):
    def below(a, layer):
        z = a @ weights[layer] + biases[layer]
        if layer == len(weights) - 1:
            loss, dz = stable_loss(z, labels)
            dweights, dbiases = [], []
        else:
            out = 1 / (1 + np.exp(-np.clip(z, -500, 500)))
            loss, dout, dweights, dbiases = below(out, layer + 1)
            dz = dout * out * (1 - out)
        return loss, dz @ weights[layer].T, [a.T @ dz, *dweights], [dz.sum(axis=0), *dbiases]

    loss, _, dweights, dbiases = below(x, 0)
    return loss, dweights, dbiases


def mlp_sample_by_sample(x, labels, weights, biases):
    total, dweights, dbiases = 0.0, [0.0 * w for w in weights], [0.0 * b for b in biases]
    for k in range(len(x)):
        loss, dw, db = mlp_with_lists(x[k : k + 1], labels[k : k + 1], weights, biases)
        total += loss / len(x)
        dweights = [sum_ + part / len(x) for sum_, part in zip(dweights, dw)]
        dbiases = [sum_ + part / len(x) for sum_, part in zip(dbiases, db)]
    return total, dweights, dbiases


def stable_loss(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(labels))
    gradient = np.exp(log_p)
    gradient[rows, labels] -= 1
    return -log_p[rows, labels].mean(), gradient / len(labels)


STYLES = {
    "add_backward": [add_hands_on, add_as_lists, add_with_local_derivatives],
    "multiply_backward": [multiply_in_place_on_copies, multiply_by_broadcasting, multiply_number_by_number],
    "max_backward": [max_with_masks, max_by_the_output, max_by_what_is_left],
    "sigmoid_backward": [sigmoid_multiplied_out, sigmoid_in_single_precision, sigmoid_number_by_number],
    "affine_forward": [affine_with_einsum, affine_with_a_closure, affine_with_an_extended_matrix],
    "affine_backward": [affine_back_with_einsum, affine_back_sample_by_sample, affine_back_in_single_precision],
    "softmax_cross_entropy": [
        cross_entropy_with_logaddexp,
        cross_entropy_in_single_precision,
        cross_entropy_row_by_row,
    ],
    "two_layer_loss": [loss_from_the_other_exercises, loss_in_single_precision, loss_sample_by_sample],
    "relative_error": [error_with_where, error_in_single_precision, error_in_plain_python],
    "topological_order": [order_recursive, order_by_counting_users, order_by_repeated_passes],
    "unbroadcast": [unbroadcast_in_two_steps, unbroadcast_axis_by_axis, unbroadcast_entry_by_entry],
    "local_gradients": [local_with_branches, local_from_a_table, local_by_jacobians_of_rows],
    "backpropagate": [backpropagate_with_zeros, backpropagate_recursive, backpropagate_collecting_lists],
    "mlp_gradients": [mlp_with_lists, mlp_recursive, mlp_sample_by_sample],
}
