"""Right answers to the exercises of chapter ``perceptrons`` as different people write them."""

import math

import numpy as np

from solutions.perceptrons import perceptron

# ------------------------------------------------------------------------------------------------ heaviside


def heaviside_where(z):
    return np.where(z > 0, 1.0, 0.0)


def heaviside_as_booleans(z):
    return ~np.less_equal(z, 0)


def heaviside_in_a_loop(z):
    result = np.zeros(z.shape, dtype=int)
    for index in np.ndindex(*z.shape):
        if z[index] > 0:
            result[index] = 1
    return result


# ----------------------------------------------------------------------------------------------- perceptron


def perceptron_by_broadcasting(x, w, b):
    return ((x * w).sum(axis=-1) > -b).astype(np.float32)


def perceptron_einsum(x, w, b):
    total = np.einsum("...i,i->...", x, w)
    total += b
    return np.where(total <= 0, 0, 1)


def perceptron_recursive(x, w, b):
    if x.ndim == 1:
        return 1.0 if math.fsum(x_i * w_i for x_i, w_i in zip(x, w)) + b > 0 else 0.0
    return [perceptron_recursive(row, w, b) for row in x]


# ---------------------------------------------------------------------------------------------------- gates


def and_as_halves():
    return np.array([0.5, 0.5]), -0.7


def and_with_an_array_bias():
    return [np.ones(2, dtype=np.float32), np.array([-1.5])]


def and_of_whole_numbers():
    return (3, 2), -4


def or_as_halves():
    return np.array([0.5, 0.5]), -0.2


def or_of_lists():
    return [[1, 1], -0.5]


def or_uneven():
    return np.array([5.0, 3.0]), np.float64(-2.0)


def nand_as_halves():
    return np.array([-0.5, -0.5]), 0.7


def nand_from_and():
    w, b = and_as_halves()
    return -w, -b


def nand_uneven():
    return np.array([-2.0, -1.0]), 2.5


# ------------------------------------------------------------------------------------------------- xor_gate


def xor_from_gates(x1, x2):
    x = np.array([x1, x2], dtype=float)
    s1 = -x.sum(axis=0) + 1.5 > 0
    s2 = x.sum(axis=0) - 0.5 > 0
    return np.logical_and(s1, s2)


def xor_by_inequality(x1, x2):
    return (x1 != x2).astype(int)


def xor_by_arithmetic(x1, x2):
    return (x1 + x2 - 2 * x1 * x2).tolist()


# ----------------------------------------------------------------------------------- xor_network_parameters


def network_of_nand_and_or():
    return np.array([[-0.5, 0.5], [-0.5, 0.5]]), np.array([0.7, -0.2]), np.array([0.5, 0.5]), -0.7


def network_of_two_corners():
    # one unit for each corner that counts, (1, 0) and (0, 1), and OR
    return [[1, -1], [-1, 1]], [-0.5, -0.5], [1, 1], -0.5


def network_of_or_without_and():
    W1 = np.ones((2, 2), dtype=np.float32)
    return [W1, np.array([-0.5, -1.5]), np.array([1.0, -2.0]), np.array([-0.5])]


# ---------------------------------------------------------------------------------------- perceptron_update


def update_by_cases(w, b, x, y, learning_rate):
    prediction = 1 if np.dot(w, x) + b > 0 else 0
    if prediction == y:
        return w, b
    if y == 1:
        return w + learning_rate * x, b + learning_rate
    return w - learning_rate * x, b - learning_rate


def update_in_place_on_a_copy(w, b, x, y, learning_rate):
    w = np.array(w, dtype=float)
    error = y - perceptron(x, w, b)
    for i in range(len(w)):
        w[i] += learning_rate * error * x[i]
    b += learning_rate * error
    return [w, b]


def update_with_extended_vectors(w, b, x, y, learning_rate):
    parameters, extended = np.append(w, b).astype(np.float32), np.append(x, 1)
    parameters = parameters + np.float32(learning_rate) * (y - (extended @ parameters > 0)) * extended
    return parameters[:-1].tolist(), parameters[-1]


# ----------------------------------------------------------------------------------------- train_perceptron


def train_by_cases(x, y, learning_rate, epochs):
    w, b, mistakes = np.zeros(x.shape[1]), 0.0, []
    for epoch in range(epochs):
        mistakes.append(0)
        for i in range(len(x)):
            w_new, b_new = update_by_cases(w, b, x[i], y[i], learning_rate)
            if b_new != b:
                mistakes[epoch] += 1
            w, b = w_new, b_new
    return w, b, mistakes


def train_with_extended_vectors(x, y, learning_rate, epochs):
    extended = np.hstack([x, np.ones((len(x), 1))])
    parameters = np.zeros(extended.shape[1])
    mistakes = np.zeros(epochs, dtype=int)
    for epoch in range(epochs):
        for row, label in zip(extended, y):
            error = label - np.heaviside(row @ parameters, 0)
            parameters += learning_rate * error * row
            mistakes[epoch] += error != 0
    return parameters[:-1], parameters[-1], mistakes


def train_in_plain_python(x, y, learning_rate, epochs):
    w, b, mistakes = [0.0] * x.shape[1], 0.0, ()
    for _ in range(epochs):
        wrong = 0
        for sample, label in zip(x.tolist(), y.tolist()):
            error = label - (sum(w_i * x_i for w_i, x_i in zip(w, sample)) + b > 0)
            w = [w_i + learning_rate * error * x_i for w_i, x_i in zip(w, sample)]
            b += learning_rate * error
            wrong += abs(error)
        mistakes += (wrong,)
    return [w, b, mistakes]


STYLES = {
    "heaviside": [heaviside_where, heaviside_as_booleans, heaviside_in_a_loop],
    "perceptron": [perceptron_by_broadcasting, perceptron_einsum, perceptron_recursive],
    "and_gate_parameters": [and_as_halves, and_with_an_array_bias, and_of_whole_numbers],
    "or_gate_parameters": [or_as_halves, or_of_lists, or_uneven],
    "nand_gate_parameters": [nand_as_halves, nand_from_and, nand_uneven],
    "xor_gate": [xor_from_gates, xor_by_inequality, xor_by_arithmetic],
    "xor_network_parameters": [network_of_nand_and_or, network_of_two_corners, network_of_or_without_and],
    "perceptron_update": [update_by_cases, update_in_place_on_a_copy, update_with_extended_vectors],
    "train_perceptron": [train_by_cases, train_with_extended_vectors, train_in_plain_python],
}
