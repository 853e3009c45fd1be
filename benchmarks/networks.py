"""How well and how fast the chapter's network reads digits: ``python benchmarks/networks.py``.

A network with 200 sigmoid units learns 8,000 of the book's MNIST digits and is tested on the 2,000 it has not seen.
Gradients are `solutions.backprop`'s, steps `solutions.optimizers`', on one core. Width, batch size, rates and epochs
were chosen by the accuracy on 1,500 of the 8,000, held back for that.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy: a time for one core

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # also runs where the book is not installed

from bookdata import load_mnist
from solutions.backprop import two_layer_loss
from solutions.networks import accuracy, minibatches, mlp_forward
from solutions.optimizers import adam_step, momentum_step, sgd_step

TRAIN, HIDDEN, CLASSES, BATCH, EPOCHS = 8_000, 200, 10, 20, 25
# name: (learning rate, state arrays, a step of one parameter array: w, dw, t, rate, *state → w, *state)
OPTIMIZERS = {
    "SGD": (0.7, 0, lambda w, dw, t, rate: (sgd_step(w, dw, rate),)),
    "Momentum": (0.1, 1, lambda w, dw, t, rate, v: momentum_step(w, dw, v, rate)),
    "Adam": (0.002, 2, lambda w, dw, t, rate, m, v: adam_step(w, dw, m, v, t, rate)),
}


def start(rng):
    """Parameters of the network: Xavier's standard deviation (2 / (n_in + n_out))^½, zero biases."""
    sizes = (784, HIDDEN, CLASSES)
    params = {}
    for layer, (n_in, n_out) in enumerate(zip(sizes, sizes[1:]), start=1):
        params[f"W{layer}"] = rng.normal(0, np.sqrt(2 / (n_in + n_out)), (n_in, n_out))
        params[f"b{layer}"] = np.zeros(n_out)
    return params


def train(name, x, labels, seed=0):
    """Parameters after all epochs of minibatches."""
    rate, states, step = OPTIMIZERS[name]
    rng = np.random.default_rng(seed)
    params = start(rng)
    state = {key: [np.zeros_like(value)] * states for key, value in params.items()}
    t = 0
    for _ in range(EPOCHS):
        for batch in minibatches(len(x), BATCH, rng):
            t += 1
            _, grads = two_layer_loss(params, x[batch], labels[batch])
            for key, dw in grads.items():
                params[key], *state[key] = step(params[key], dw, t, rate, *state[key])
    return params


def scores(params, x):
    """Logits of the network."""
    [h] = mlp_forward(x, [params["W1"]], [params["b1"]])
    return h @ params["W2"] + params["b2"]


def main():
    images, labels = load_mnist()
    x = images.reshape(len(images), -1)
    print(f"784–{HIDDEN}–{CLASSES} sigmoid network, {TRAIN:,} MNIST digits, {EPOCHS} epochs in batches of {BATCH}")
    print(f"{'optimizer':10} {'rate':>6} {'seconds':>8} {'training':>9} {'held out':>9}")
    for name, (rate, _, _) in OPTIMIZERS.items():
        began = time.perf_counter()
        params = train(name, x[:TRAIN], labels[:TRAIN])
        seconds = time.perf_counter() - began
        shares = [accuracy(scores(params, x[part]), labels[part]) for part in (slice(TRAIN), slice(TRAIN, None))]
        print(f"{name:10} {rate:6g} {seconds:8.1f} {shares[0]:9.2%} {shares[1]:9.2%}", flush=True)


if __name__ == "__main__":
    main()
