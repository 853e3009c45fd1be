"""How fast batch normalisation and the optimizers' steps are, against PyTorch.

``python benchmarks/batchnorm.py [--threads N …]``

In float64 and with the same number of threads on both sides, first 1 and then 2 where none are given. Both sides run
in turn, each warmed up, and their medians are compared: times depend on the machine, ratios less so. PyTorch's
optimizers work on their parameters in place and as PyTorch chooses by itself; the book's steps return new arrays.
It needs PyTorch: ``pip install torch==2.13.0``.

Exits with 1 where a target is missed.
"""

import argparse
import os
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # also runs where the book is not installed

from convolution import REPETITIONS, against_torch, agree, medians, row  # the benchmark beside this one

from solutions import optimizers
from solutions.batchnorm import batchnorm_backward, batchnorm_forward, spatial_batchnorm, spatial_batchnorm_backward

LAYERS = {
    "batch norm": (batchnorm_forward, batchnorm_backward, (256, 512)),
    "batch norm of images": (spatial_batchnorm, spatial_batchnorm_backward, (64, 16, 28, 28)),
    "batch norm of small images": (spatial_batchnorm, spatial_batchnorm_backward, (64, 64, 8, 8)),
}
TARGET = 2  # times PyTorch's time
PARAMETERS, STEPS = 1_000_000, 3  # of the optimizers; steps on which both sides have to agree before they are timed
RATE, DECAY = 0.01, 0.1


def compare_layer(torch, name, forward, backward, shape):
    rng = np.random.default_rng(0)
    x, dout, (gamma, beta) = rng.normal(size=shape), rng.normal(size=shape), rng.normal(size=(2, shape[1]))
    theirs, slope = [torch.tensor(array, requires_grad=True) for array in (x, gamma, beta)], torch.tensor(dout)
    mean, var = np.zeros(shape[1]), np.ones(shape[1])
    its_mean, its_var = torch.zeros(shape[1], dtype=torch.float64), torch.ones(shape[1], dtype=torch.float64)
    count = x[:, 0].size

    def ours():
        out, cache, _, _ = forward(x, gamma, beta, mean, var)
        return out, *backward(dout, cache)

    def torchs():
        weight, bias = theirs[1:]
        out = torch.nn.functional.batch_norm(theirs[0], its_mean, its_var, weight, bias, training=True)
        return out, *torch.autograd.grad(out, theirs, slope)

    torchs()  # the first batch: PyTorch's momentum is 1 − ours, and its variance divides by N − 1
    _, _, moved_mean, moved_var = forward(x, gamma, beta, mean, var)
    agree((moved_mean, 0.9 + (moved_var - 0.9) * count / (count - 1)), (its_mean, its_var))
    return against_torch(f"{name} {shape}", ours, torchs, TARGET)


def peers(torch):
    """Name, number of state arrays, a step (w, dw, t, *state) → (w, *state) and PyTorch's optimizer of one array."""

    def without_t(step, *settings):
        return lambda w, dw, t, *state: step(w, dw, *state, *settings)

    return [
        ("SGD", 0, lambda w, dw, t: (optimizers.sgd_step(w, dw, RATE),), partial(torch.optim.SGD, lr=RATE)),
        ("momentum", 1, without_t(optimizers.momentum_step, RATE), partial(torch.optim.SGD, lr=RATE, momentum=0.9)),
        (
            "Nesterov",
            1,
            without_t(optimizers.nesterov_step, RATE),
            partial(torch.optim.SGD, lr=RATE, momentum=0.9, nesterov=True),
        ),
        ("AdaGrad", 1, without_t(optimizers.adagrad_step, RATE), partial(torch.optim.Adagrad, lr=RATE, eps=1e-7)),
        ("Adadelta", 2, without_t(optimizers.adadelta_step), partial(torch.optim.Adadelta, rho=0.95, eps=1e-6)),
        (
            "RMSProp",
            1,
            without_t(optimizers.rmsprop_step, RATE),
            partial(torch.optim.RMSprop, lr=RATE, alpha=0.9, eps=1e-7),
        ),
        (
            "Adam",
            2,
            lambda w, dw, t, m, v: optimizers.adam_step(w, dw, m, v, t, RATE),
            partial(torch.optim.Adam, lr=RATE, eps=1e-7),
        ),
        (
            "AdamW",
            2,
            lambda w, dw, t, m, v: optimizers.adamw_step(w, dw, m, v, t, RATE, DECAY),
            partial(torch.optim.AdamW, lr=RATE, eps=1e-7, weight_decay=DECAY),
        ),
    ]


def compare_optimizer(torch, name, states, step, optimizer):
    """`STEPS` steps of both sides give the same parameters; one more is timed."""
    rng = np.random.default_rng(0)
    w, dw = rng.normal(size=(2, PARAMETERS))
    theirs = torch.tensor(w, requires_grad=True)
    theirs.grad = torch.tensor(dw)
    its = optimizer([theirs])
    state = [np.zeros(PARAMETERS)] * states
    for t in range(1, STEPS + 1):
        w, *state = step(w, dw, t, *state)
        its.step()
    agree([w], [theirs])
    mine, torchs = medians(lambda: step(w, dw, STEPS + 1, *state), its.step)
    return row(f"a step of {name}", mine, torchs, f"{mine / torchs:8.2f} ×", f"≤ {TARGET}", mine <= TARGET * torchs)


def speed(threads):
    """Print the table; whether all targets are met."""
    import torch

    torch.set_num_threads(threads)
    print(f"float64, {threads} thread{'s' * (threads > 1)} on both sides, medians of {REPETITIONS}, milliseconds")
    print("(a layer: forward and backward; an optimizer: one step of 1,000,000 parameters)")
    print(f"{'':42}{'ours':>9}{'theirs':>11} {'ratio':>8}{'':6}{'target':>9}  met")
    met = [compare_layer(torch, name, *layer) for name, layer in LAYERS.items()]
    met += [compare_optimizer(torch, *peer) for peer in peers(torch)]
    return all(met)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--threads", type=int, nargs="+", default=sorted({1, min(2, os.cpu_count() or 1)}))
    options = parser.parse_args()
    if find_spec("torch") is None:
        print("PyTorch is not installed: pip install torch==2.13.0 runs the comparison of speed")
        return 0
    met = []
    for threads in options.threads:
        with threadpool_limits(threads):
            met.append(speed(threads))
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
