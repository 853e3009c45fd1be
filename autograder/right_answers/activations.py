"""Right answers to the exercises of chapter ``activations`` as different people write them."""

import math

import numpy as np

from solutions.activations import sigmoid_gradient


def number_by_number(function, x):
    """The function of one number at every entry of an array, one after the other."""
    return np.reshape([function(float(value)) for value in x.flat], x.shape)


# -------------------------------------------------------------------------------------------------- sigmoid


def sigmoid_from_tanh(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


def sigmoid_side_by_side(x):
    result = np.empty(x.shape, dtype=np.float32)
    right = x >= 0
    result[right] = 1 / (1 + np.exp(-x[right]))
    up = np.exp(x[~right])
    result[~right] = up / (1 + up)
    return result


def sigmoid_clipped(x):
    return (1 / (1 + np.exp(-np.clip(x, -700, 700)))).tolist()


# ----------------------------------------------------------------------------------------- sigmoid_gradient


def sigmoid_gradient_from_the_value(x):
    out = sigmoid_from_tanh(x)
    return out * (1 - out)


def sigmoid_gradient_from_cosh(x):
    return (1 / (2 + 2 * np.cosh(x))).tolist()


def sigmoid_gradient_as_a_product(x):
    def slope(value):
        small = math.exp(-abs(value))
        return small / (1 + small) * (1 / (1 + small))

    return number_by_number(slope, x)


# -------------------------------------------------------------------------------------------- tanh_gradient


def tanh_gradient_in_single_precision(x):
    t = np.tanh(x.astype(np.float32))
    return 1 - t * t


def tanh_gradient_from_cosh(x):
    return np.power(np.cosh(x), -2.0)


def tanh_gradient_from_the_sigmoid(x):
    return (4 * sigmoid_gradient(2 * x)).tolist()


# ----------------------------------------------------------------------------------------------------- relu


def relu_as_a_product(x):
    return x * (x > 0)


def relu_on_a_copy(x):
    result = x.astype(np.float32)
    result[result < 0] = 0
    return result


def relu_from_the_absolute_value(x):
    return ((x + np.abs(x)) / 2).tolist()


# -------------------------------------------------------------------------------------------- relu_gradient


def relu_gradient_as_booleans(x):
    return x > 0


def relu_gradient_with_where(x):
    return np.where(x <= 0, 0, 1)


def relu_gradient_number_by_number(x):
    return number_by_number(lambda value: 1.0 if value > 0 else 0.0, x)


# ----------------------------------------------------------------------------------------------- leaky_relu


def leaky_as_a_maximum(x, slope=0.01):
    return np.maximum(x, slope * x)


def leaky_in_two_parts(x, slope=0.01):
    x = x.astype(np.float32)
    return np.clip(x, 0, None) + np.float32(slope) * np.clip(x, None, 0)


def leaky_number_by_number(x, slope=0.01):
    def leak(value):
        if value < 0:
            return slope * value
        return value

    return number_by_number(leak, x)


# -------------------------------------------------------------------------------------- leaky_relu_gradient


def leaky_gradient_as_a_sum(x, slope=0.01):
    above = x > 0
    return above + slope * ~above


def leaky_gradient_filled(x, slope=0.01):
    result = np.full(x.shape, slope, dtype=np.float32)
    result[x > 0] = 1
    return result


def leaky_gradient_as_lists(x, slope=0.01):
    return np.array([slope, 1.0])[(x > 0).astype(int)].tolist()


# ------------------------------------------------------------------------------------------------------ elu


def elu_in_two_parts(x, alpha=1.0):
    return np.maximum(x, 0) + alpha * (np.exp(np.minimum(x, 0)) - 1)


def elu_on_a_copy(x, alpha=1.0):
    result = np.array(x, dtype=np.float32)
    below = result < 0
    result[below] = alpha * np.expm1(result[below])
    return result


def elu_number_by_number(x, alpha=1.0):
    return number_by_number(lambda value: value if value > 0 else alpha * (math.exp(value) - 1), x)


# --------------------------------------------------------------------------------------------- elu_gradient


def elu_gradient_from_the_value(x, alpha=1.0):
    return np.where(x > 0, 1.0, elu_in_two_parts(x, alpha) + alpha)


def elu_gradient_filled(x, alpha=1.0):
    result = np.ones(x.shape, dtype=np.float32)
    below = x < 0
    result[below] = alpha * np.exp(x[below])
    return result


def elu_gradient_with_both_branches(x, alpha=1.0):
    return np.where(x <= 0, alpha * np.exp(x), 1).tolist()


# --------------------------------------------------------------------------------------------------- maxout


def maxout_einsum(x, weights, biases):
    return np.max(np.einsum("nd,kdm->nmk", x, weights) + biases.T, axis=-1)


def maxout_piece_after_piece(x, weights, biases):
    largest = np.full((len(x), biases.shape[1]), -np.inf)
    for w, b in zip(weights, biases):
        largest = np.maximum(largest, x @ w + b)
    return largest.astype(np.float32)


def maxout_unit_after_unit(x, weights, biases):
    pieces, inputs, units = weights.shape

    def piece(sample, k, m):
        return sum(sample[d] * weights[k, d, m] for d in range(inputs)) + biases[k, m]

    return [[max(piece(sample, k, m) for k in range(pieces)) for m in range(units)] for sample in x]


# ------------------------------------------------------------------------------------- gradient_attenuation


def attenuation_backwards(weights, pre_activations):
    slopes = sigmoid_gradient_from_the_value(pre_activations)
    result, reached = np.zeros(len(weights)), 1.0
    for layer in reversed(range(len(weights))):
        result[layer] = reached * slopes[layer]
        reached = result[layer] * weights[layer]
    return result


def attenuation_product_for_each_layer(weights, pre_activations):
    slopes = [sigmoid_gradient(z) for z in pre_activations]
    factors = [w * s for w, s in zip(weights, slopes)]
    return [s * math.prod(factors[layer + 1 :]) for layer, s in enumerate(slopes)]


def attenuation_as_a_triangle(weights, pre_activations):
    slopes = sigmoid_gradient(pre_activations)
    later = np.triu(np.ones((len(weights), len(weights))), k=1).astype(bool)
    return (slopes * np.where(later, weights * slopes, 1.0).prod(axis=1)).astype(np.float32)


# -------------------------------------------------------------------------------------------- dead_fraction


def dead_fraction_without_any(activations):
    return 1 - activations.any(axis=0).mean()


def dead_fraction_by_size(activations):
    silent = np.abs(activations).max(axis=0) == 0
    return np.float32(silent.sum() / len(silent))


def dead_fraction_unit_after_unit(activations):
    dead = [unit for unit in activations.T.tolist() if set(unit) <= {0}]
    return len(dead) / activations.shape[1]


# ------------------------------------------------------------------------------------------- gelu and silu


def gelu_by_the_error_function(x):
    phi = np.vectorize(lambda z: (1 + math.erf(z / math.sqrt(2))) / 2)
    return x * phi(x)


def gelu_in_two_steps(x):
    inner = math.sqrt(2 / math.pi) * x * (1 + 0.044715 * x * x)
    return (x + x * np.tanh(inner)) / 2


def gelu_from_the_sigmoid_of_two(x):
    inner = math.sqrt(8 / math.pi) * (x + 0.044715 * np.power(x, 3))
    return x / (1 + np.exp(-np.clip(inner, -700, 700)))


def gelu_gradient_of_the_exact_one(x):
    phi = np.vectorize(lambda z: (1 + math.erf(z / math.sqrt(2))) / 2)
    return phi(x) + x * np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)


def gelu_gradient_by_parts(x):
    c = math.sqrt(2 / math.pi)
    t = np.tanh(c * (x + 0.044715 * x**3))
    left = (1 + t) / 2
    right = x * (1 - t) * (1 + t) / 2
    return left + right * (c + 3 * c * 0.044715 * x**2)


def gelu_gradient_by_differences(x):
    h = 1e-5
    return (gelu_in_two_steps(x + h) - gelu_in_two_steps(x - h)) / (2 * h)


def silu_as_a_quotient(x):
    with np.errstate(over="ignore"):
        return x / (1 + np.exp(-x))


def silu_by_tanh(x):
    return x / 2 * (1 + np.tanh(x / 2))


def silu_on_each_side(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, x, x * e) / (1 + e)


STYLES = {
    "sigmoid": [sigmoid_from_tanh, sigmoid_side_by_side, sigmoid_clipped],
    "sigmoid_gradient": [
        sigmoid_gradient_from_the_value,
        sigmoid_gradient_from_cosh,
        sigmoid_gradient_as_a_product,
    ],
    "tanh_gradient": [
        tanh_gradient_in_single_precision,
        tanh_gradient_from_cosh,
        tanh_gradient_from_the_sigmoid,
    ],
    "relu": [relu_as_a_product, relu_on_a_copy, relu_from_the_absolute_value],
    "relu_gradient": [relu_gradient_as_booleans, relu_gradient_with_where, relu_gradient_number_by_number],
    "leaky_relu": [leaky_as_a_maximum, leaky_in_two_parts, leaky_number_by_number],
    "leaky_relu_gradient": [leaky_gradient_as_a_sum, leaky_gradient_filled, leaky_gradient_as_lists],
    "elu": [elu_in_two_parts, elu_on_a_copy, elu_number_by_number],
    "elu_gradient": [elu_gradient_from_the_value, elu_gradient_filled, elu_gradient_with_both_branches],
    "gelu": [gelu_by_the_error_function, gelu_in_two_steps, gelu_from_the_sigmoid_of_two],
    "gelu_gradient": [gelu_gradient_of_the_exact_one, gelu_gradient_by_parts, gelu_gradient_by_differences],
    "silu": [silu_as_a_quotient, silu_by_tanh, silu_on_each_side],
    "maxout": [maxout_einsum, maxout_piece_after_piece, maxout_unit_after_unit],
    "gradient_attenuation": [
        attenuation_backwards,
        attenuation_product_for_each_layer,
        attenuation_as_a_triangle,
    ],
    "dead_fraction": [dead_fraction_without_any, dead_fraction_by_size, dead_fraction_unit_after_unit],
}
