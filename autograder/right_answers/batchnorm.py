"""Right answers to the exercises of chapter ``batchnorm`` as different people write them."""

import math
import statistics

import numpy as np


def single(*arrays):
    """The arrays in single precision, as somebody who knows PyTorch might compute."""
    return [np.asarray(array, dtype=np.float32) for array in arrays]


# -------------------------------------------------------------------------------------- min_max_normalize


def min_max_feature_by_feature(x):
    out = np.zeros(x.shape)
    for d in range(x.shape[1]):
        column = x[:, d]
        if column.max() != column.min():
            out[:, d] = (column - column.min()) / (column.max() - column.min())
    return out


def min_max_in_single_precision(x):
    (x,) = single(x)
    x = x - x.min(axis=0, keepdims=True)
    top = x.max(axis=0)
    return np.divide(x, top, out=np.zeros_like(x), where=top > 0)


def min_max_with_lists(x):
    columns = []
    for column in np.transpose(x).tolist():
        low, span = min(column), max(column) - min(column)
        columns.append([(value - low) / span if span else 0.0 for value in column])
    return [list(row) for row in zip(*columns)]


# -------------------------------------------------------------------------------------------- standardize


def standardize_with_mean_squares(x, eps=1e-5):
    mean = np.mean(x, axis=0)
    var = np.maximum(np.mean(x * 1.0 * x, axis=0) - mean**2, 0)
    return (x - mean) / np.sqrt(var + eps)


def standardize_in_single_precision(x, eps=1e-5):
    (x,) = single(x)
    return (x - x.mean(axis=0)) * (x.var(axis=0) + np.float32(eps)) ** -0.5


def standardize_with_the_standard_library(x, eps=1e-5):
    columns = []
    for column in np.asarray(x, dtype=float).T.tolist():
        mean, root = statistics.fmean(column), math.sqrt(statistics.pvariance(column) + eps)
        columns.append([(value - mean) / root for value in column])
    return np.array(columns).T.tolist()


# -------------------------------------------------------------------------------------- batchnorm_forward
# A style of the backward brings only its own function, so these leave the cache that the reference leaves, or one of
# their own where it does not matter.


def forward_with_early_return(x, gamma, beta, running_mean, running_var, momentum=0.9, eps=1e-5, training=True):
    if not training:
        x_hat = (x - running_mean) / np.sqrt(running_var + eps)
        return gamma * x_hat + beta, {}, running_mean, running_var
    mu, var = np.mean(x, axis=0), np.var(x, axis=0)
    x_hat = (x - mu) / np.sqrt(var + eps)
    running_mean = running_mean + (1 - momentum) * (mu - running_mean)
    running_var = running_var + (1 - momentum) * (var - running_var)
    return gamma * x_hat + beta, {"x_hat": x_hat, "gamma": gamma}, running_mean, running_var


def forward_as_one_affine_map(x, gamma, beta, running_mean, running_var, momentum=0.9, eps=1e-5, training=True):
    mean, var = running_mean, running_var
    if training:
        mean = x.sum(axis=0) / len(x)
        var = ((x - mean) ** 2).sum(axis=0) / len(x)
        running_mean = np.average([running_mean, mean], axis=0, weights=[momentum, 1 - momentum])
        running_var = np.average([running_var, var], axis=0, weights=[momentum, 1 - momentum])
    scale = gamma / (var + eps) ** 0.5
    return x * scale + (beta - mean * scale), None, running_mean, running_var


def forward_in_single_precision(x, gamma, beta, running_mean, running_var, momentum=0.9, eps=1e-5, training=True):
    x, gamma, beta, running_mean, running_var = single(x, gamma, beta, running_mean, running_var)
    statistics_used = [running_mean, running_var]
    if training:
        statistics_used = [x.mean(axis=0), x.var(axis=0)]
        running_mean, running_var = (
            np.float32(momentum) * old + np.float32(1 - momentum) * new
            for old, new in zip((running_mean, running_var), statistics_used)
        )
    mean, var = statistics_used
    rows = [gamma * (row - mean) / np.sqrt(var + np.float32(eps)) + beta for row in x]
    return [np.array(rows), lambda dout: dout, running_mean.tolist(), running_var.tolist()]


# ------------------------------------------------------------------------------------- batchnorm_backward
# These take the cache of the reference: x − μ, √(σ² + eps) and γ.


def backward_step_by_step(dout, cache):
    centred, std, gamma = cache
    n = len(dout)
    dx_hat = dout * gamma
    dstd = -np.sum(dx_hat * centred, axis=0) / std**2
    dvar = 0.5 * dstd / std
    dcentred = dx_hat / std + 2 * centred * dvar / n
    dmean = -np.sum(dcentred, axis=0)
    return dcentred + dmean / n, np.sum(dout * centred / std, axis=0), np.sum(dout, axis=0)


def backward_with_the_whole_jacobian(dout, cache):
    centred, std, gamma = cache
    x_hat, n, dx = centred / std, len(dout), np.zeros(np.shape(dout))
    for d in range(dx.shape[1]):
        jacobian = np.eye(n) - 1 / n - np.outer(x_hat[:, d], x_hat[:, d]) / n
        dx[:, d] = gamma[d] / std[d] * jacobian @ dout[:, d]
    return dx, np.diag(dout.T @ x_hat), np.ones(n) @ dout


def backward_in_single_precision(dout, cache):
    dout, centred, std, gamma = single(dout, *cache)
    x_hat = centred / std
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    dx = gamma / std * (dout - dout.mean(axis=0) - x_hat * (dout * x_hat).mean(axis=0))
    return [dx.tolist(), dgamma, dbeta.tolist()]


# ----------------------------------------------------------------------------------------- fold_batchnorm


def fold_with_a_diagonal_matrix(w, b, gamma, beta, mean, var, eps=1e-5):
    scaling = np.diag(gamma / np.sqrt(var + eps))
    return w @ scaling, (b - mean) @ scaling + beta


def fold_by_asking_the_layer(w, b, gamma, beta, mean, var, eps=1e-5):
    def layer(x):
        return gamma * (x @ w + b - mean) / np.sqrt(var + eps) + beta

    zero = layer(np.zeros(len(w)))
    return gamma / np.sqrt(var + eps) * w, zero


def fold_unit_by_unit(w, b, gamma, beta, mean, var, eps=1e-5):
    columns, biases = [], []
    for j in range(len(b)):
        scale = float(gamma[j]) / math.sqrt(var[j] + eps)
        columns.append([float(weight) * scale for weight in w[:, j]])
        biases.append(float(beta[j]) + scale * float(b[j] - mean[j]))
    return [list(row) for row in zip(*columns)], biases


# ------------------------------------------------------------------------------ spatial_batchnorm_forward


def spatial_by_rows_of_channels(x, gamma, beta, eps=1e-5):
    n, c, h, w = x.shape
    rows = x.transpose(0, 2, 3, 1).reshape(-1, c)
    rows = gamma * (rows - rows.mean(axis=0)) / np.sqrt(rows.var(axis=0) + eps) + beta
    return rows.reshape(n, h, w, c).transpose(0, 3, 1, 2)


def spatial_channel_by_channel(x, gamma, beta, eps=1e-5):
    out = np.empty(x.shape)
    for c in range(x.shape[1]):
        channel = x[:, c]
        out[:, c] = gamma[c] * (channel - channel.mean()) / np.sqrt(channel.var() + eps) + beta[c]
    return out


def spatial_in_single_precision(x, gamma, beta, eps=1e-5):
    x, gamma, beta = single(x, gamma, beta)
    mean = x.mean(axis=(0, 2, 3), keepdims=True)
    var = np.square(x - mean).mean(axis=(0, 2, 3), keepdims=True)
    out = (x - mean) / np.sqrt(var + np.float32(eps))
    return (out * gamma.reshape(1, -1, 1, 1) + beta.reshape(1, -1, 1, 1)).tolist()


STYLES = {
    "min_max_normalize": (min_max_feature_by_feature, min_max_in_single_precision, min_max_with_lists),
    "standardize": (
        standardize_with_mean_squares,
        standardize_in_single_precision,
        standardize_with_the_standard_library,
    ),
    "batchnorm_forward": (forward_with_early_return, forward_as_one_affine_map, forward_in_single_precision),
    "batchnorm_backward": (
        backward_step_by_step,
        backward_with_the_whole_jacobian,
        backward_in_single_precision,
    ),
    "fold_batchnorm": (fold_with_a_diagonal_matrix, fold_by_asking_the_layer, fold_unit_by_unit),
    "spatial_batchnorm_forward": (
        spatial_by_rows_of_channels,
        spatial_channel_by_channel,
        spatial_in_single_precision,
    ),
}
