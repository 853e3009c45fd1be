"""Chapter ``convolution``: filters that slide over images, pooling, and their gradients.

Images are (N, C, H, W), filters (F, C, HH, WW), and (H', W') is the size of what comes out. A *window* is the
part of the image under the filter in one of its H'·W' positions.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .validation import require_integer, require_range, require_shape

BLOCK = 2**20  # numbers in the columns of a block of images: few enough to stay in the processor's cache


def conv_output_size(n, f, stride=1, padding=0):
    """Number of positions that a filter of size f has along an axis of n pixels.

    floor((n − f + 2·padding)/stride) + 1
    Raises ValueError where the filter is larger than the padded image.
    """
    return _positions("f", require_integer("n", n, 1), f, stride, padding)


def conv_parameter_count(filter_size, in_channels, out_channels):
    """Number of parameters of a convolutional layer with square filters.

    (filter_size²·in_channels + 1)·out_channels: each filter has a weight for each pixel of each channel that
    it covers, and one bias.
    """
    filter_size = require_integer("filter_size", filter_size, 1)
    in_channels = require_integer("in_channels", in_channels, 1)
    out_channels = require_integer("out_channels", out_channels, 1)
    return (filter_size**2 * in_channels + 1) * out_channels


def dense_parameter_count(n_in, n_out):
    """Number of parameters of a dense layer.

    (n_in + 1)·n_out: each unit has a weight for each input, and one bias.
    """
    return (require_integer("n_in", n_in, 1) + 1) * require_integer("n_out", n_out, 1)


def zero_pad(x, padding):
    """Images with a border of zeros, ``padding`` pixels wide.

    x (N, C, H, W) → (N, C, H + 2·padding, W + 2·padding).
    """
    x = require_shape("x", x, (None,) * 4)
    padding = require_integer("padding", padding, 0)
    n, c, h, w = x.shape
    padded = np.zeros((n, c, h + 2 * padding, w + 2 * padding))
    padded[:, :, padding : padding + h, padding : padding + w] = x
    return padded


def correlate2d(image, kernel):
    """Cross-correlation of one channel with one filter, with stride 1 and no padding.

    out[y, x] = Σᵢⱼ image[y + i, x + j]·kernel[i, j]
    image (H, W), kernel (HH, WW) → (H − HH + 1, W − WW + 1).
    Raises ValueError where the kernel does not fit into the image.
    """
    image = require_shape("image", image, (None, None))
    kernel = require_shape("kernel", kernel, (None, None))
    for side, n, f in zip(("height", "width"), image.shape, kernel.shape):
        _positions(f"kernel {side}", n, f)
    return np.tensordot(sliding_window_view(image, kernel.shape), kernel, axes=2)  # (H', W', HH, WW) · (HH, WW)


def im2col(x, filter_h, filter_w, stride=1, padding=0):
    """Every window of every image as a row.

    x (N, C, H, W) → (N·H'·W', C·filter_h·filter_w), rows in (n, y, x) order, columns in (c, i, j) order.
    Raises ValueError where the filter does not fit.
    """
    padded = zero_pad(x, padding)
    n, c, h, w = padded.shape
    h_out, w_out = _positions("filter_h", h, filter_h, stride), _positions("filter_w", w, filter_w, stride)
    windows = sliding_window_view(padded, (filter_h, filter_w), axis=(2, 3))[:, :, ::stride, ::stride]
    # Copied in (c, i, j, n, y, x) order and handed out transposed: the copy moves whole rows of pixels.
    columns = windows.transpose(1, 4, 5, 0, 2, 3).reshape(c * filter_h * filter_w, n * h_out * w_out)
    return columns.T


def conv2d_forward(x, w, b, stride=1, padding=0):
    """A convolutional layer: every filter slides over every image.

    out[n, f, y, x] = Σ_cij padded x[n, c, y·stride + i, x·stride + j]·w[f, c, i, j] + b[f]
    x (N, C, H, W), w (F, C, HH, WW), b (F,) → out (N, F, H', W') and the cache of `conv2d_backward`.
    Raises ValueError where the shapes disagree or the filter does not fit.
    """
    x = require_shape("x", x, (None,) * 4)
    w = require_shape("w", w, (None, x.shape[1], None, None))
    b = require_shape("b", b, w.shape[:1])
    out = np.empty(_maps_shape(x, w, stride, padding))
    filters = w.reshape(len(w), -1)
    for block in _blocks(x, w, out):
        columns = im2col(x[block], *w.shape[2:], stride, padding).T
        maps = filters @ columns  # (F, C·HH·WW) @ (C·HH·WW, n·H'·W')
        out[block] = _swap_first_axes(maps.reshape(len(w), -1, *out.shape[2:])) + b[:, None, None]
    return out, (x, w, stride, padding)


def conv2d_backward(dout, cache):
    """Gradients of `conv2d_forward`.

    A weight collects dout times the pixel under it, over all windows; a pixel collects dout times the weight
    on it, over all windows that cover it; a bias collects its map's dout.
    dout (N, F, H', W') → dx (N, C, H, W), dw (F, C, HH, WW), db (F,).
    Raises ValueError where dout has another shape than out.
    """
    x, w, stride, padding = cache
    dout = require_shape("dout", dout, _maps_shape(x, w, stride, padding))
    filters, dx = w.reshape(len(w), -1), np.empty_like(x)
    dfilters = np.zeros_like(filters)
    for block in _blocks(x, w, dout):
        columns = im2col(x[block], *w.shape[2:], stride, padding).T
        dmaps = _swap_first_axes(dout[block]).reshape(len(w), -1)
        dfilters += dmaps @ columns.T  # (F, n·H'·W') @ (n·H'·W', C·HH·WW)
        dcolumns = filters.T @ dmaps  # (C·HH·WW, F) @ (F, n·H'·W')
        dcolumns = dcolumns.reshape(*w.shape[1:], -1, *dout.shape[2:])
        dx[block] = _col2im(dcolumns, x.shape[2:], stride, padding)
    return dx, dfilters.reshape(w.shape), dout.sum(axis=(0, 2, 3))


def max_pool_forward(x, size, stride):
    """Largest pixel of each size × size window, for each channel on its own.

    x (N, C, H, W) → out (N, C, H', W') and the cache of `max_pool_backward`.
    Raises ValueError where the window does not fit.
    """
    x, places = _pooling(x, size, stride)
    out = x[places[0]].copy()
    winner = np.zeros(out.shape, dtype=np.min_scalar_type(len(places)))  # number of the largest pixel in its window
    for k, place in enumerate(places[1:], start=1):
        np.maximum(winner, winner.dtype.type(k) * (x[place] > out), out=winner)
        np.maximum(out, x[place], out=out)
    return out, (x, places, winner)


def max_pool_backward(dout, cache):
    """Gradient of `max_pool_forward`: each dout goes to the pixel that was the largest of its window.

    dout (N, C, H', W') → dx (N, C, H, W); all other pixels get 0, and of equal ones the first gets it.
    Raises ValueError where dout has another shape than out.
    """
    x, places, winner = cache
    dout = require_shape("dout", dout, winner.shape)
    dx, share = np.zeros(x.shape), np.empty(dout.shape)
    for k, place in enumerate(places):
        dx[place] += np.multiply(dout, winner == k, out=share)  # a pixel may have won in several windows
    return dx


def average_pool_forward(x, size, stride):
    """Mean of each size × size window, for each channel on its own.

    x (N, C, H, W) → (N, C, H', W').
    Raises ValueError where the window does not fit.
    """
    x, places = _pooling(x, size, stride)
    total = x[places[0]].copy()
    for place in places[1:]:
        total += x[place]
    return total / len(places)


def global_average_pool(x):
    """Mean of each map.

    x (N, C, H, W) → (N, C).
    Source: Lin, Chen & Yan (2014).
    """
    x = require_shape("x", x, (None,) * 4)
    n, c, h, w = x.shape
    return x.reshape(n, c, h * w).mean(axis=2)


def receptive_field(layers):
    """Width, in input pixels, of what one output of a stack of layers sees.

    From 1, each layer adds (filter − 1)·jump, where jump is the product of the strides before it.
    layers: list of (filter, stride), first layer first; convolutions and pooling alike → a whole number.
    """
    field, jump = 1, 1
    for filter_size, stride in layers:
        field += (require_integer("filter", filter_size, 1) - 1) * jump
        jump *= require_integer("stride", stride, 1)
    return field


# ------------------------------------------------------------------------------------------ what they share


def _positions(name, n, f, stride=1, padding=0):
    """Number of positions of a filter of size f, which an error calls ``name``, along n pixels."""
    stride, padding = require_integer("stride", stride, 1), require_integer("padding", padding, 0)
    require_range(name, require_integer(name, f, 1), 1, n + 2 * padding)
    return (n - f + 2 * padding) // stride + 1


def _maps_shape(x, w, stride, padding):
    """Shape (N, F, H', W') of the layer's output."""
    h_out = _positions("filter height", x.shape[2], w.shape[2], stride, padding)
    w_out = _positions("filter width", x.shape[3], w.shape[3], stride, padding)
    return len(x), len(w), h_out, w_out


def _blocks(x, w, maps):
    """Slices of the batch whose columns stay within `BLOCK` numbers, at least one image each."""
    per_image = w[0].size * maps.shape[2] * maps.shape[3]
    step = max(1, BLOCK // per_image)
    return [slice(start, start + step) for start in range(0, len(x), step)]


def _swap_first_axes(array):
    """(F, N, …) ↔ (N, F, …)."""
    return array.swapaxes(0, 1)


def _place(i, j, h_out, w_out, stride):
    """Index of the pixels (…, H', W') that lie under position (i, j) of all windows."""
    return ..., slice(i, i + stride * h_out, stride), slice(j, j + stride * w_out, stride)


def _col2im(columns, size, stride, padding):
    """What all windows hold, added up pixel by pixel: columns (C, HH, WW, n, H', W') → (n, C, H, W)."""
    channels, filter_h, filter_w, n, h_out, w_out = columns.shape
    height, width = size
    image = np.zeros((channels, n, height + 2 * padding, width + 2 * padding))
    for i in range(filter_h):
        for j in range(filter_w):
            image[_place(i, j, h_out, w_out, stride)] += columns[:, i, j]
    return _swap_first_axes(image[:, :, padding : padding + height, padding : padding + width])


def _pooling(x, size, stride):
    """The images, and for each position in a window the index of its pixels in all windows."""
    x = require_shape("x", x, (None,) * 4)
    h_out, w_out = (_positions("size", n, size, stride) for n in x.shape[2:])
    return x, [_place(i, j, h_out, w_out, stride) for i in range(size) for j in range(size)]
