"""How fast the references are, and how well the chapter's network reads digits.

``python benchmarks/convolution.py [--threads N] [speed] [digits]``

``speed`` compares with PyTorch, in float64 and with the same number of threads on both sides, and with a loop over
every output. Both sides run in turn, each warmed up, and their medians are compared: times depend on the machine,
ratios less so. It needs PyTorch: ``pip install torch==2.13.0``.

``digits`` trains the chapter's convolutional network on 8,000 of the book's MNIST digits and tests it on the 2,000 it
has not seen. Whenever a digit is trained on, it is moved by up to two pixels first. Rate, decay, epochs and shift were
chosen by the accuracy on 1,500 of the 8,000, held back for that. Its matrix products are small: one thread is enough.

Exits with 1 where a target is missed.
"""

import argparse
import os
import sys
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # also runs where the book is not installed

from bookdata import load_mnist
from solutions.convolution import (
    average_pool_forward,
    conv2d_backward,
    conv2d_forward,
    max_pool_backward,
    max_pool_forward,
    zero_pad,
)
from solutions.optimizers import adamw_step

REPETITIONS = 9
PAUSE = 0.05  # seconds in which the other side's idle threads go to sleep: until then they spin, and take a core
LOOPED = 2  # images for the loop over every output; its time is scaled to the whole batch
IMAGES, FILTERS = (64, 16, 28, 28), (32, 16, 3, 3)

TRAIN, BATCH, EPOCHS, RATE, DECAY, SHIFT = 8_000, 50, 25, 0.005, 0.2, 2
SHAPES = {"w1": (8, 1, 3, 3), "w2": (16, 8, 3, 3), "w3": (784, 10)}
ACCURACY, SECONDS = 0.98, 120


# --------------------------------------------------------------------------------------------------- measuring


def medians(*functions):
    """Median seconds of each function; they run in turn, so that a busy moment hits all."""
    times = [[] for _ in functions]
    for _ in range(REPETITIONS):
        for function, seconds in zip(functions, times):
            time.sleep(PAUSE)
            function()  # warms up
            began = time.perf_counter()
            function()
            seconds.append(time.perf_counter() - began)
    return [float(np.median(seconds)) for seconds in times]


def agree(ours, theirs):
    """`AssertionError` unless both sides compute the same."""
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, np.asarray(other.detach()), rtol=1e-8, atol=1e-9)


def row(name, ours, theirs, unit, target, met):
    """One line of the table; whether the target is met."""
    print(f"{name:42}{1e3 * ours:9.2f}{1e3 * theirs:11.2f} {unit:14}{target:>9}  {'yes' if met else 'NO'}", flush=True)
    return met


def against_torch(name, ours, theirs, target):
    """Compare two functions that return the same arrays; target: how many times PyTorch's time is allowed."""
    agree(ours(), theirs())
    mine, its = medians(ours, theirs)
    return row(name, mine, its, f"{mine / its:8.2f} ×", f"≤ {target:g}", mine <= target * its)


# ----------------------------------------------------------------------------------------------------- layers


def conv_in_loops(x, w, b, dout):
    """Forward and backward of a layer with padding 1, one output at a time."""
    padded, out = zero_pad(x, 1), np.empty_like(dout)
    dpadded, dw, db = np.zeros_like(padded), np.zeros_like(w), np.zeros_like(b)
    for n, f, i, j in np.ndindex(*dout.shape):
        window = padded[n, :, i : i + w.shape[2], j : j + w.shape[3]]
        out[n, f, i, j] = np.sum(window * w[f]) + b[f]
        dw[f] += dout[n, f, i, j] * window
        dpadded[n, :, i : i + w.shape[2], j : j + w.shape[3]] += dout[n, f, i, j] * w[f]
        db[f] += dout[n, f, i, j]
    return out, dpadded[:, :, 1:-1, 1:-1], dw, db


def compare_convolution(torch):
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=IMAGES), rng.normal(size=FILTERS), rng.normal(size=FILTERS[0])
    dout = rng.normal(size=(IMAGES[0], FILTERS[0], *IMAGES[2:]))
    theirs, slope = [torch.tensor(array, requires_grad=True) for array in (x, w, b)], torch.tensor(dout)

    def ours():
        out, cache = conv2d_forward(x, w, b, 1, 1)
        return out, *conv2d_backward(dout, cache)

    def torchs():
        out = torch.nn.functional.conv2d(*theirs, padding=1)
        return out, *torch.autograd.grad(out, theirs, slope)

    met = against_torch("convolution, forward and backward", ours, torchs, 1)
    looped = conv_in_loops(x[:LOOPED], w, b, dout[:LOOPED])
    np.testing.assert_allclose(looped[0], ours()[0][:LOOPED])
    [mine] = medians(ours)
    began = time.perf_counter()
    conv_in_loops(x[:LOOPED], w, b, dout[:LOOPED])
    loop = (time.perf_counter() - began) * len(x) / LOOPED
    return (
        row("  against a loop over every output", mine, loop, f"{loop / mine:8.0f} faster", "≥ 100", loop >= 100 * mine)
        & met
    )


def compare_pooling(torch):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 32, 28, 28))
    images, f = torch.tensor(x, requires_grad=True), torch.nn.functional
    met = True
    for size, stride in ((2, 2), (3, 2)):
        dout = rng.normal(size=max_pool_forward(x, size, stride)[0].shape)
        slope = torch.tensor(dout)

        def ours(size=size, stride=stride, dout=dout):
            out, cache = max_pool_forward(x, size, stride)
            return out, max_pool_backward(dout, cache)

        def torchs(size=size, stride=stride, slope=slope):
            out = f.max_pool2d(images, size, stride)
            return out, *torch.autograd.grad(out, [images], slope)

        met &= against_torch(f"max pooling {size}/{stride}, forward and backward", ours, torchs, 2)
        with torch.no_grad():
            met &= against_torch(
                f"average pooling {size}/{stride}",
                lambda size=size, stride=stride: (average_pool_forward(x, size, stride),),
                lambda size=size, stride=stride: (f.avg_pool2d(images, size, stride),),
                2,
            )
    return met


def compare_affine(torch, backprop):
    rng = np.random.default_rng(0)
    x, w, b, dout = (rng.normal(size=shape) for shape in ((256, 784), (784, 256), (256,), (256, 256)))
    theirs, slope = [torch.tensor(array, requires_grad=True) for array in (x, w, b)], torch.tensor(dout)

    def ours():
        out, cache = backprop.affine_forward(x, w, b)
        return out, *backprop.affine_backward(dout, cache)

    def torchs():
        out = torch.addmm(theirs[2], theirs[0], theirs[1])
        return out, *torch.autograd.grad(out, theirs, slope)

    return against_torch("affine layer, forward and backward", ours, torchs, 2)


def compare_cross_entropy(torch, backprop):
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(10_000, 10)), rng.integers(0, 10, 10_000)
    theirs, targets = torch.tensor(scores, requires_grad=True), torch.tensor(labels)

    def torchs():
        loss = torch.nn.functional.cross_entropy(theirs, targets)
        return loss, *torch.autograd.grad(loss, [theirs])

    return against_torch(
        "softmax cross-entropy and its gradient", lambda: backprop.softmax_cross_entropy(scores, labels), torchs, 2
    )


def compare_activations(torch, activations):
    x = np.random.default_rng(0).normal(0, 3, (256, 4096))
    images, f = torch.tensor(x), torch.nn.functional
    pairs = {
        "sigmoid": torch.sigmoid,
        "relu": torch.relu,
        "leaky_relu": f.leaky_relu,
        "elu": f.elu,
    }
    met = True
    for name, theirs in pairs.items():
        reference = getattr(activations, name)
        met &= against_torch(name, lambda r=reference: (r(x),), lambda t=theirs: (t(images),), 2)
    return met


def speed(threads):
    """Print the table; whether all targets are met."""
    import torch

    torch.set_num_threads(threads)
    print(f"float64, {threads} thread{'s' * (threads > 1)} on both sides, medians of {REPETITIONS}, milliseconds")
    print(f"{'':42}{'ours':>9}{'theirs':>11} {'ratio':>8}{'':6}{'target':>9}  met")
    met = [compare_convolution(torch), compare_pooling(torch)]
    if find_spec("solutions.backprop"):
        backprop = import_module("solutions.backprop")
        met += [compare_affine(torch, backprop), compare_cross_entropy(torch, backprop)]
    if find_spec("solutions.activations"):
        met.append(compare_activations(torch, import_module("solutions.activations")))
    return all(met)


# ----------------------------------------------------------------------------------------------------- digits


def start(rng):
    """He's initialisation, zero biases."""
    params = {}
    for name, shape in SHAPES.items():
        n_in, n_out = (np.prod(shape[1:]), shape[0]) if len(shape) == 4 else shape
        params[name], params[name.replace("w", "b")] = rng.normal(0, np.sqrt(2 / n_in), shape), np.zeros(n_out)
    return params


def network(params, x):
    """Scores (N, 10) of two blocks of convolution, ReLU, max pooling, and a dense layer; what the way back needs."""
    met = []
    for k in "12":
        z, conv_cache = conv2d_forward(x, params["w" + k], params["b" + k], 1, 1)
        x, pool_cache = max_pool_forward(np.maximum(z, 0), 2, 2)
        met.append((conv_cache, z > 0, pool_cache))
    features = x.reshape(len(x), -1)
    return features @ params["w3"] + params["b3"], (features, x.shape, met)


def gradients(params, x, labels):
    """Gradients of the mean cross-entropy."""
    scores, (features, shape, met) = network(params, x)
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    dscores = (p / p.sum(axis=1, keepdims=True) - np.eye(10)[labels]) / len(labels)
    grads = {"w3": features.T @ dscores, "b3": dscores.sum(axis=0)}
    d = (dscores @ params["w3"].T).reshape(shape)
    for k, (conv_cache, active, pool_cache) in zip("21", reversed(met)):
        d, grads["w" + k], grads["b" + k] = conv2d_backward(max_pool_backward(d, pool_cache) * active, conv_cache)
    return grads


def moved(x, rng):
    """The images, each moved by up to `SHIFT` pixels along both axes."""
    padded, (height, width) = zero_pad(x, SHIFT), x.shape[2:]
    corners = rng.integers(0, 2 * SHIFT + 1, (len(x), 2))
    return np.stack([image[:, i : i + height, j : j + width] for image, (i, j) in zip(padded, corners)])


def train(x, labels, seed=0):
    """Parameters after all epochs, the rate falling along a half cosine."""
    rng = np.random.default_rng(seed)
    params = start(rng)
    state = {name: (np.zeros_like(value), np.zeros_like(value)) for name, value in params.items()}
    t, steps = 0, EPOCHS * (len(x) // BATCH)
    for _ in range(EPOCHS):
        for batch in rng.permutation(len(x)).reshape(-1, BATCH):
            rate, t = RATE * (1 + np.cos(np.pi * t / steps)) / 2, t + 1
            for name, dw in gradients(params, moved(x[batch], rng), labels[batch]).items():
                params[name], *state[name] = adamw_step(params[name], dw, *state[name], t, rate, DECAY)
    return params


def accuracy(params, x, labels):
    parts = range(0, len(x), 500)
    found = [network(params, x[k : k + 500])[0].argmax(axis=1) == labels[k : k + 500] for k in parts]
    return float(np.mean(found))


def digits():
    """Train and test; whether the targets are met."""
    images, labels = load_mnist()
    x = images[:, None]  # (10000, 1, 28, 28)
    began = time.perf_counter()
    params = train(x[:TRAIN], labels[:TRAIN])
    seconds = time.perf_counter() - began
    shares = [accuracy(params, x[part], labels[part]) for part in (slice(TRAIN), slice(TRAIN, None))]
    size = sum(value.size for value in params.values())
    print(f"convolutional network of {size:,} parameters, {TRAIN:,} MNIST digits, {EPOCHS} epochs, 1 thread")
    print(f"training {shares[0]:.2%}, held out {shares[1]:.2%} (target ≥ {ACCURACY:.0%})")
    print(f"{seconds:.0f} seconds (target < {SECONDS})")
    return shares[1] >= ACCURACY and seconds < SECONDS


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("parts", nargs="*", metavar="PART", help="speed, digits; both by default")
    options = parser.parse_args()
    parts = {"speed": (speed, options.threads, options.threads), "digits": (digits, 1)}  # function, threads, arguments
    if unknown := set(options.parts) - parts.keys():
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(parts)}")
    if find_spec("torch") is None and "speed" not in options.parts:
        print("PyTorch is not installed: pip install torch==2.13.0 runs the comparison of speed")
        del parts["speed"]
    met = []
    for name in options.parts or parts:
        part, threads, *arguments = parts[name]
        with threadpool_limits(threads):
            met.append(part(*arguments))
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
