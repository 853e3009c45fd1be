"""Right answers to the exercises of chapter ``convolution`` as different people write them."""

import itertools
import math

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

# ------------------------------------------------------------------------------------------ conv_output_size


def output_size_by_division(n, f, stride=1, padding=0):
    room = n + 2 * padding - f
    if room < 0:
        raise ValueError("filter too large")
    return int(room / stride) + 1


def output_size_by_counting(n, f, stride=1, padding=0):
    starts = list(range(-padding, n + padding - f + 1, stride))
    if not starts:
        raise ValueError(f"a filter of {f} does not fit")
    return np.float64(len(starts))


def output_size_with_floor(n, f, stride=1, padding=0):
    size = math.floor((n - f + 2 * padding) / stride + 1)
    if size < 1 or f > n + 2 * padding:
        raise ValueError
    return np.array(size)


# ---------------------------------------------------------------------------------------- parameter counts


def conv_count_of_an_array(filter_size, in_channels, out_channels):
    return np.zeros((out_channels, in_channels, filter_size, filter_size)).size + out_channels


def conv_count_by_parts(filter_size, in_channels, out_channels):
    weights = filter_size * filter_size * in_channels
    return float(weights * out_channels + out_channels)


def conv_count_as_a_dense_layer(filter_size, in_channels, out_channels):
    return dense_count_with_a_constant_input(in_channels * filter_size**2, out_channels)


def dense_count_of_arrays(n_in, n_out):
    return sum(math.prod(shape) for shape in ((n_in, n_out), (n_out,)))


def dense_count_by_parts(n_in, n_out):
    return np.int64(n_in * n_out) + n_out


def dense_count_with_a_constant_input(n_in, n_out):
    return 1.0 * (n_in + 1) * n_out


# -------------------------------------------------------------------------------------------------- zero_pad


def pad_with_numpy(x, padding):
    return np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])


def pad_into_zeros(x, padding):
    n, c, h, w = x.shape
    out = np.zeros((n, c, h + 2 * padding, w + 2 * padding), dtype=np.float32)
    for y in range(h):
        for z in range(w):
            out[:, :, y + padding, z + padding] = x[:, :, y, z]
    return out


def pad_by_joining(x, padding):
    n, c, h, w = x.shape
    rows = np.zeros((n, c, padding, w))
    x = np.concatenate([rows, x, rows], axis=2)
    columns = np.zeros((n, c, h + 2 * padding, padding))
    return np.concatenate([columns, x, columns], axis=3).tolist()


# ----------------------------------------------------------------------------------------------- correlate2d


def correlate_in_loops(image, kernel):
    h, w = kernel.shape
    out = np.zeros((image.shape[0] - h + 1, image.shape[1] - w + 1))
    for y in range(out.shape[0]):
        for z in range(out.shape[1]):
            out[y, z] = np.sum(image[y : y + h, z : z + w] * kernel)
    return out


def correlate_weight_by_weight(image, kernel):
    h, w = kernel.shape
    rows, cols = image.shape[0] - h + 1, image.shape[1] - w + 1
    total = 0.0
    for i, j in itertools.product(range(h), range(w)):
        total = total + kernel[i, j] * image[i : i + rows, j : j + cols]
    return total


def correlate_with_einsum(image, kernel):
    return np.einsum("yzij,ij", sliding_window_view(image, kernel.shape), kernel).tolist()


# ---------------------------------------------------------------------------------------------------- im2col


def im2col_in_loops(x, filter_h, filter_w, stride=1, padding=0):
    x = pad_with_numpy(x, padding)
    rows = []
    for image in x:
        for y in range(0, image.shape[1] - filter_h + 1, stride):
            for z in range(0, image.shape[2] - filter_w + 1, stride):
                rows.append(image[:, y : y + filter_h, z : z + filter_w].ravel())
    return rows


def im2col_with_indices(x, filter_h, filter_w, stride=1, padding=0):
    x = pad_with_numpy(x, padding)
    n, c, h, w = x.shape
    y, z = np.arange(0, h - filter_h + 1, stride), np.arange(0, w - filter_w + 1, stride)
    rows = y[:, None, None, None] + np.arange(filter_h)[:, None]  # (H', 1, HH, 1)
    cols = z[:, None, None] + np.arange(filter_w)  # (W', 1, WW)
    picked = x[:, :, rows, cols]  # (N, C, H', W', HH, WW)
    return np.moveaxis(picked, 1, 3).reshape(n * len(y) * len(z), c * filter_h * filter_w)


def im2col_with_strides(x, filter_h, filter_w, stride=1, padding=0):
    x = np.ascontiguousarray(pad_with_numpy(x, padding), dtype=np.float32)
    n, c, h, w = x.shape
    h_out, w_out = (h - filter_h) // stride + 1, (w - filter_w) // stride + 1
    sn, sc, sh, sw = x.strides
    view = as_strided(x, (n, h_out, w_out, c, filter_h, filter_w), (sn, sh * stride, sw * stride, sc, sh, sw))
    return view.reshape(n * h_out * w_out, -1)


# ------------------------------------------------------------------------------------------- conv2d_forward


def conv_in_loops(x, w, b, stride=1, padding=0):
    xp = pad_with_numpy(x, padding)
    (f, _, hh, ww), (n, _, h, wide) = w.shape, xp.shape
    out = np.zeros((n, f, 1 + (h - hh) // stride, 1 + (wide - ww) // stride))
    for image, k, y, z in np.ndindex(*out.shape):
        window = xp[image, :, y * stride : y * stride + hh, z * stride : z * stride + ww]
        out[image, k, y, z] = np.sum(window * w[k]) + b[k]
    return out, {"x": x, "w": w, "stride": stride, "padding": padding}


def conv_by_im2col(x, w, b, stride=1, padding=0):
    h_out = (x.shape[2] + 2 * padding - w.shape[2]) // stride + 1
    rows = im2col_with_indices(x, w.shape[2], w.shape[3], stride, padding)
    out = rows @ w.reshape(len(w), -1).T + b  # (N·H'·W', F)
    return [out.reshape(len(x), h_out, -1, len(w)).transpose(0, 3, 1, 2), (rows, w)]


def conv_weight_by_weight(x, w, b, stride=1, padding=0):
    xp, w, b = single(pad_with_numpy(x, padding), w, b)
    out = b[None, :, None, None]
    for (i, j), place in places_of(xp.shape, w.shape, stride):
        out = out + np.einsum("nchw,fc->nfhw", xp[place], w[:, :, i, j])
    return out, lambda dout: dout


# ------------------------------------------------------------------------------------------ conv2d_backward


def conv_backward_in_loops(dout, cache):
    x, w, stride, padding = cache
    xp = pad_with_numpy(x, padding)
    dxp, dw, db = np.zeros(xp.shape), np.zeros(w.shape), [0.0] * len(w)
    hh, ww = w.shape[2:]
    for (image, k, y, z), slope in np.ndenumerate(dout):
        place = (image, slice(None), slice(y * stride, y * stride + hh), slice(z * stride, z * stride + ww))
        dw[k] += slope * xp[place]
        dxp[place] += slope * w[k]
        db[k] += slope
    return [dxp[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]], dw, db]


def conv_backward_by_scattering(dout, cache):
    x, w, stride, padding = cache
    numbered = np.arange(1, x.size + 1).reshape(x.shape)  # 0 is the border
    places = im2col_with_indices(numbered, w.shape[2], w.shape[3], stride, padding)
    rows = dout.transpose(0, 2, 3, 1).reshape(-1, len(w))  # (N·H'·W', F)
    dx = np.zeros(x.size + 1)
    np.add.at(dx, places, rows @ w.reshape(len(w), -1))
    dw = rows.T @ im2col_with_indices(x, w.shape[2], w.shape[3], stride, padding)
    return dx[1:].reshape(x.shape), dw.reshape(w.shape).tolist(), rows.sum(axis=0).tolist()


def conv_backward_weight_by_weight(dout, cache):
    x, w, stride, padding = cache
    xp, w, dout = single(pad_with_numpy(x, padding), w, dout)
    dxp, dw = np.zeros_like(xp), np.empty_like(w)
    for (i, j), place in places_of(xp.shape, w.shape, stride):
        dxp[place] += np.einsum("nfhw,fc->nchw", dout, w[:, :, i, j])
        dw[:, :, i, j] = np.einsum("nfhw,nchw->fc", dout, xp[place])
    dx = dxp[:, :, padding : xp.shape[2] - padding, padding : xp.shape[3] - padding]
    return dx, dw, np.einsum("nfhw->f", dout)


# ----------------------------------------------------------------------------------------- max_pool_forward


def max_pool_in_loops(x, size, stride):
    n, c, h, w = x.shape
    out = np.zeros((n, c, (h - size) // stride + 1, (w - size) // stride + 1))
    for y in range(out.shape[2]):
        for z in range(out.shape[3]):
            window = x[:, :, y * stride : y * stride + size, z * stride : z * stride + size]
            out[:, :, y, z] = np.max(window, axis=(2, 3))
    return out, (x, size, stride)


def max_pool_of_windows(x, size, stride):
    return [windows_of(x, size, stride).max(axis=-1).tolist(), lambda dout: dout]


def max_pool_by_sorting(x, size, stride):
    found = np.sort(windows_of(x.astype(np.float32), size, stride), axis=-1)
    return found[..., -1], {"x": x}


# ---------------------------------------------------------------------------------------- max_pool_backward


def max_pool_backward_in_loops(dout, cache):
    x, places, winner = cache
    shape = x.shape
    dx = np.zeros(shape)
    for (n, c, y, z), k in np.ndenumerate(winner):
        _, rows, cols = places[k]
        dx[n, c, rows.start + y * rows.step, cols.start + z * cols.step] += dout[n, c, y, z]
    return dx.tolist()


def max_pool_backward_by_counting(dout, cache):
    x, places, winner = cache
    shape = x.shape
    numbered = np.arange(math.prod(shape)).reshape(shape)
    winners = np.choose(winner, [numbered[place] for place in places])
    return np.bincount(winners.ravel(), weights=dout.ravel(), minlength=numbered.size).reshape(shape)


def max_pool_backward_in_single_precision(dout, cache):
    x, places, winner = cache
    shape = x.shape
    dx = np.zeros(shape, dtype=np.float32)
    for k in range(len(places)):
        dx[places[k]] += np.where(winner == k, np.float32(dout), np.float32(0))
    return dx


# -------------------------------------------------------------------------------------- average_pool_forward


def average_pool_in_loops(x, size, stride):
    rows = range(0, x.shape[2] - size + 1, stride)
    cols = range(0, x.shape[3] - size + 1, stride)
    means = [[x[:, :, y : y + size, z : z + size].mean(axis=(2, 3)) for z in cols] for y in rows]
    return np.moveaxis(np.array(means), (0, 1), (2, 3))


def average_pool_of_windows(x, size, stride):
    return np.mean(windows_of(x.astype(np.float32), size, stride), axis=-1)


def average_pool_from_running_sums(x, size, stride):
    sums = np.pad(x.astype(float), ((0, 0), (0, 0), (1, 0), (1, 0))).cumsum(axis=2).cumsum(axis=3)
    total = sums[..., size:, size:] - sums[..., :-size, size:] - sums[..., size:, :-size] + sums[..., :-size, :-size]
    return (total[..., ::stride, ::stride] / size**2).tolist()


# --------------------------------------------------------------------------------------- global_average_pool


def global_mean_twice(x):
    return x.mean(axis=3).mean(axis=2).astype(np.float32)


def global_mean_of_rows(x):
    return [[float(channel.sum()) / channel.size for channel in image] for image in x]


def global_mean_by_einsum(x):
    return np.einsum("nchw->nc", x) / math.prod(x.shape[2:])


# ------------------------------------------------------------------------------------------- receptive_field


def field_from_the_output(layers):
    width = 1
    for size, stride in reversed(layers):
        width = (width - 1) * stride + size
    return width


def field_by_marking(layers):
    """The input pixels that output 0 sees, layer after layer backwards."""
    seen = {0}
    for size, stride in layers[::-1]:
        seen = {pixel * stride + i for pixel in seen for i in range(size)}
    return float(max(seen) - min(seen) + 1)


def field_by_products(layers):
    sizes = np.array([size for size, _ in layers], dtype=int)
    strides = np.array([1] + [stride for _, stride in layers], dtype=int)
    return 1 + np.sum((sizes - 1) * np.cumprod(strides)[: len(sizes)])


# --------------------------------------------------------------------------------------------- shared helpers


def single(*arrays):
    """The arrays in single precision."""
    return [np.asarray(array, dtype=np.float32) for array in arrays]


def places_of(image_shape, filter_shape, stride):
    """Each weight's row and column, and the index of the pixels that lie under it."""
    h_out, w_out = ((n - f) // stride + 1 for n, f in zip(image_shape[2:], filter_shape[2:]))
    for i, j in np.ndindex(*filter_shape[2:]):
        yield (i, j), np.s_[:, :, i : i + stride * h_out : stride, j : j + stride * w_out : stride]


def windows_of(x, size, stride):
    """(N, C, H', W', size²)."""
    found = sliding_window_view(x, (size, size), axis=(2, 3))[:, :, ::stride, ::stride]
    return found.reshape(*found.shape[:4], size * size)


STYLES = {
    "conv_output_size": [output_size_by_division, output_size_by_counting, output_size_with_floor],
    "conv_parameter_count": [conv_count_of_an_array, conv_count_by_parts, conv_count_as_a_dense_layer],
    "dense_parameter_count": [dense_count_of_arrays, dense_count_by_parts, dense_count_with_a_constant_input],
    "zero_pad": [pad_with_numpy, pad_into_zeros, pad_by_joining],
    "correlate2d": [correlate_in_loops, correlate_weight_by_weight, correlate_with_einsum],
    "im2col": [im2col_in_loops, im2col_with_indices, im2col_with_strides],
    "conv2d_forward": [conv_in_loops, conv_by_im2col, conv_weight_by_weight],
    "conv2d_backward": [conv_backward_in_loops, conv_backward_by_scattering, conv_backward_weight_by_weight],
    "max_pool_forward": [max_pool_in_loops, max_pool_of_windows, max_pool_by_sorting],
    "max_pool_backward": [
        max_pool_backward_in_loops,
        max_pool_backward_by_counting,
        max_pool_backward_in_single_precision,
    ],
    "average_pool_forward": [average_pool_in_loops, average_pool_of_windows, average_pool_from_running_sums],
    "global_average_pool": [global_mean_twice, global_mean_of_rows, global_mean_by_einsum],
    "receptive_field": [field_from_the_output, field_by_marking, field_by_products],
}
