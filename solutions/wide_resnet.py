"""Chapter ``wide_resnet``: a wide residual network, its training, and smooth curves to watch it by.

The network's parameters are a dict of arrays and so are their gradients, with the same names. A *unit* is batch norm,
ReLU and a 3 × 3 convolution; a *block* is two units beside a shortcut; the network is a convolution (the stem), three
groups of blocks, and a head of batch norm, ReLU, global average pooling and a dense layer.
"""

import numpy as np

from .augmentation import adjust_brightness, flip_left_right, pad_and_crop, per_image_standardization
from .backprop import affine_backward, affine_forward, softmax_cross_entropy
from .batchnorm import spatial_batchnorm, spatial_batchnorm_backward
from .convolution import conv2d_backward, conv2d_forward, global_average_pool
from .initialization import he_normal
from .networks import minibatches
from .validation import require_integer, require_range, require_shape


def wide_resnet_plan(depth, widen):
    """The plan of a wide residual network: blocks in each of its three groups, and channels of stem and groups.

    blocks = (depth − 4)/6, widths = [16, 16k, 32k, 64k] with k = widen.
    depth, widen: whole numbers → (blocks, list of 4 whole numbers).
    Raises ValueError unless depth − 4 is a multiple of 6.
    Source: Zagoruyko & Komodakis (2016), table 1.
    """
    depth, widen = require_integer("depth", depth, 4), require_integer("widen", widen, 1)
    if (depth - 4) % 6:
        raise ValueError(f"depth is {depth}, it should be 4 more than a multiple of 6, such as 10, 16 or 28")
    return (depth - 4) // 6, [16, 16 * widen, 32 * widen, 64 * widen]


def residual_forward(x, branch):
    """A residual block: what comes in, plus what the branch makes of it.

    out = shortcut(x) + branch(x). The shortcut is x where the shapes agree; else x[:, :, ::s, ::s] with
    s = ⌈input size/map size⌉, and channels of zeros after its own.
    x (N, C, H, W), branch a function from (N, C, H, W) to (N, F, H', W') → out (N, F, H', W').
    Raises ValueError where the branch has fewer channels, or maps of a size that the shortcut does not reach.
    Source: He et al. (2016).
    """
    x = require_shape("x", x, (None,) * 4)
    maps = require_shape("branch(x)", branch(x), (len(x), None, None, None))
    return maps + shortcut(x, maps.shape)


def augment_batch(images, padding, max_delta, rng):
    """Every image padded and cropped, flipped or not, brightened or darkened, and standardised.

    Each image gets its own draws: the crop's place, left–right flip with probability ½, a change of brightness
    uniform in ±max_delta, after which values are clipped to [0, 1]; then zero mean and unit variance.
    images (N, H, W, C) with values in [0, 1], padding in pixels, rng: a numpy.random.Generator → (N, H, W, C).
    """
    images = require_shape("images", images, (None,) * 4)
    require_range("max_delta", max_delta, 0, None)
    return np.array([_augmented(image, padding, max_delta, rng) for image in images]).reshape(images.shape)


def exponential_moving_average(values, weight):
    """The smoothed curve that TensorBoard draws, with bias correction.

    mₜ = weight·mₜ₋₁ + (1 − weight)·valueₜ from m₀ = 0, and smoothₜ = mₜ/(1 − weightᵗ) for t = 1, 2, …
    values (n,), 0 <= weight < 1 → (n,).
    Raises ValueError for a weight outside its range.
    """
    values = require_shape("values", values, (None,))
    require_range("weight", weight, 0, 1, high_open=True)
    m, smooth = 0.0, np.empty_like(values)
    for t, value in enumerate(values, start=1):
        m = weight * m + (1 - weight) * value
        smooth[t - 1] = m / (1 - weight**t)
    return smooth


# ------------------------------------------------------------------------------------------- the shortcut


def shortcut(x, shape):
    """x (N, C, H, W) in the shape (N, F, H', W') of the branch: pixels left out, channels of zeros added."""
    taken = x[_taken(x.shape, shape)]
    require_shape("branch(x)", np.empty(shape), (len(x), None, *taken.shape[2:]))
    require_range("channels of branch(x)", shape[1], x.shape[1], None)
    out = np.zeros(shape)
    out[:, : x.shape[1]] = taken
    return out


def shortcut_backward(dout, shape):
    """Gradient of `shortcut` with respect to its x of the given shape: what was left out gets 0."""
    dx = np.zeros(shape)
    dx[_taken(shape, dout.shape)] = dout[:, : shape[1]]
    return dx


def _taken(before, after):
    """Index of the pixels that the shortcut takes from maps of one shape for maps of another."""
    s = -(-before[2] // after[2])  # rounded up
    return ..., slice(None, None, s), slice(None, None, s)


# -------------------------------------------------------------------------------------------- the network


def initialise_network(depth, widen, in_channels, num_classes, rng, shrink=1):
    """Parameters of a wide residual network, and the running statistics of its batch norms.

    He's weights, γ = 1, β = 0; the convolutions have no biases, as β does their work. All widths of
    `wide_resnet_plan` are divided by ``shrink``.
    rng: a numpy.random.Generator → (params, running), running a dict of (mean, variance).
    """
    blocks, widths = wide_resnet_plan(depth, widen)
    channels, *groups = (width // shrink for width in widths)
    params = {"stem/w": _filters(in_channels, channels, rng)}
    for group, width in enumerate(groups, start=1):
        for block in range(1, blocks + 1):
            for unit, n_in in ((1, channels), (2, width)):
                name = f"group{group}/block{block}/unit{unit}"
                params |= _scale_and_shift(name, n_in) | {f"{name}/w": _filters(n_in, width, rng)}
            channels = width
    params |= _scale_and_shift("head", channels)
    params |= {"head/w": he_normal(channels, num_classes, rng), "head/b": np.zeros(num_classes)}
    scales = {name.removesuffix("/gamma"): gamma for name, gamma in params.items() if name.endswith("/gamma")}
    return params, {name: (np.zeros_like(gamma), np.ones_like(gamma)) for name, gamma in scales.items()}


def network_forward(params, running, x, training=True):
    """Scores of a batch, what the way back needs, and the running statistics after the batch.

    x (N, C, H, W) → (logits (N, K), cache, running). With an empty dict for ``running`` nothing is normalised,
    and only γ and β are left of the batch norms.
    """
    running, caches = dict(running), {}
    x, caches["stem"] = _conv(x, params["stem/w"], 1)
    for block, stride in block_strides(params).items():
        x, caches[block] = block_forward(params, running, block, x, stride, training)
    h, caches["norm"] = norm_forward(params, running, "head", x, training)
    logits, caches["dense"] = affine_forward(global_average_pool(h), params["head/w"], params["head/b"])
    return logits, (caches, h.shape), running


def network_backward(dlogits, cache):
    """Gradients of `network_forward` with respect to all parameters: dlogits (N, K) → a dict of their names."""
    (caches, shape), grads = cache, {}
    d, grads["head/w"], grads["head/b"] = affine_backward(dlogits, caches["dense"])
    d = np.broadcast_to(d[:, :, None, None] / (shape[2] * shape[3]), shape)  # every pixel has its share of the mean
    d, head = norm_backward(d, caches["norm"], "head")
    grads |= head
    for block in [name for name in reversed(caches) if name.startswith("group")]:
        d, found = block_backward(d, caches[block])
        grads |= found
    grads["stem/w"] = conv2d_backward(d, caches["stem"])[1]
    return grads


def block_strides(params):
    """The names of the blocks from the input on, each with its stride: 2 where a new group halves the maps."""
    blocks = [name.removesuffix("/unit1/w") for name in params if name.endswith("/unit1/w")]
    return {name: 2 if name.endswith("/block1") and name != blocks[0] else 1 for name in blocks}


def block_forward(params, running, block, x, stride=1, training=True):
    """Two units beside a shortcut: (out, cache). New running statistics are put into ``running``."""
    cache = {}

    def branch(h):
        for unit, step in ((f"{block}/unit1", stride), (f"{block}/unit2", 1)):
            h, cache[unit] = unit_forward(params, running, unit, h, step, training)
        return h

    return residual_forward(x, branch), cache


def block_backward(dout, cache):
    """Gradients of `block_forward`: dx, where branch and shortcut add up, and those of the parameters."""
    d, grads = dout, {}
    for unit in reversed(cache):
        d, found = unit_backward(d, cache[unit], unit)
        grads |= found
    return d + shortcut_backward(dout, d.shape), grads


def unit_forward(params, running, unit, x, stride=1, training=True):
    """Batch norm, ReLU, 3 × 3 convolution: (out, cache)."""
    h, norm_cache = norm_forward(params, running, unit, x, training)
    out, conv_cache = _conv(h, params[f"{unit}/w"], stride)
    return out, (norm_cache, conv_cache)


def unit_backward(dout, cache, unit):
    """Gradients of `unit_forward`: dx and those of the parameters."""
    norm_cache, conv_cache = cache
    d, dw, _ = conv2d_backward(dout, conv_cache)
    dx, grads = norm_backward(d, norm_cache, unit)
    return dx, grads | {f"{unit}/w": dw}


def norm_forward(params, running, name, x, training=True):
    """Batch norm and ReLU: (out, cache). Without statistics under ``name`` γ and β alone are applied."""
    gamma, beta = params[f"{name}/gamma"], params[f"{name}/beta"]
    normalise = name in running
    if normalise:
        z, cache, *running[name] = spatial_batchnorm(x, gamma, beta, *running[name], training=training)
    else:
        z, cache = gamma[:, None, None] * x + beta[:, None, None], None
    return np.maximum(z, 0), (normalise, cache, z > 0, x, gamma)


def norm_backward(dout, cache, name):
    """Gradients of `norm_forward`: dx and those of γ and β."""
    normalise, norm_cache, active, x, gamma = cache
    dz = dout * active
    if normalise:
        dx, dgamma, dbeta = spatial_batchnorm_backward(dz, norm_cache)
    else:
        dx, dgamma, dbeta = gamma[:, None, None] * dz, (dz * x).sum(axis=(0, 2, 3)), dz.sum(axis=(0, 2, 3))
    return dx, {f"{name}/gamma": dgamma, f"{name}/beta": dbeta}


# ------------------------------------------------------------------------------------------- the training


def network_loss(params, running, x, labels):
    """Mean cross-entropy of a batch, its gradients, and the running statistics: (loss, grads, running)."""
    logits, cache, running = network_forward(params, running, x)
    loss, dlogits = softmax_cross_entropy(logits, labels)
    return loss, network_backward(dlogits, cache), running


def train_epoch(params, running, state, images, labels, batch_size, augment, step, rng):
    """One pass over the training images in shuffled minibatches.

    images (N, H, W, C); ``augment(images, rng)`` prepares a minibatch; ``step(w, dw, v)`` gives (w, v), v its state
    of the parameter's shape → (params, running, state, losses), one loss a minibatch.
    """
    params, state, losses = dict(params), dict(state), []
    for batch in minibatches(len(images), batch_size, rng):
        x = augment(images[batch], rng).transpose(0, 3, 1, 2)  # (n, H, W, C) → (n, C, H, W)
        loss, grads, running = network_loss(params, running, x, labels[batch])
        for name, dw in grads.items():
            params[name], state[name] = step(params[name], dw, state[name])
        losses.append(loss)
    return params, running, state, losses


def network_predict(params, running, images, batch_size=200):
    """Scores (N, K) of images (N, H, W, C), standardised one by one and otherwise as they are."""
    x = np.array([per_image_standardization(image) for image in images]).transpose(0, 3, 1, 2)
    parts = [x[start : start + batch_size] for start in range(0, len(x), batch_size)]
    return np.concatenate([network_forward(params, running, part, training=False)[0] for part in parts])


# -------------------------------------------------------------------------------------------------- helpers


def _augmented(image, padding, max_delta, rng):
    """One image through the pipeline of `augment_batch`."""
    image = pad_and_crop(image, padding, rng)
    if rng.random() < 0.5:
        image = flip_left_right(image)
    return per_image_standardization(adjust_brightness(image, rng.uniform(-max_delta, max_delta)))


def _conv(x, w, stride):
    """A 3 × 3 convolution without biases that keeps the size, or divides it by the stride."""
    return conv2d_forward(x, w, np.zeros(len(w)), stride, padding=1)


def _filters(n_in, n_out, rng):
    """He's 3 × 3 filters (n_out, n_in, 3, 3)."""
    return he_normal(9 * n_in, n_out, rng).T.reshape(n_out, n_in, 3, 3)


def _scale_and_shift(name, channels):
    """γ = 1 and β = 0 of a batch norm."""
    return {f"{name}/gamma": np.ones(channels), f"{name}/beta": np.zeros(channels)}
