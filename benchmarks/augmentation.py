"""How fast the references of the chapter on augmentation are.

``python benchmarks/augmentation.py``

Compares `warp_affine` with SciPy's warp of each channel, bilinear and with zeros outside. Both sides run in turn, each
warmed up, on one thread, and their medians are compared: times depend on the machine, ratios less so. The other rows
say how long one picture or one second of sound takes. Exits with 1 where the target is missed.
"""

import sys
import time
from pathlib import Path

import numpy as np
from scipy import ndimage
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # also runs where the book is not installed

from solutions.augmentation import (
    adjust_contrast,
    adjust_saturation,
    affine_matrix,
    pad_and_crop,
    per_image_standardization,
    pitch_shift,
    time_stretch,
    warp_affine,
)

REPETITIONS, TARGET = 21, 2.0  # target: how many times SciPy's time is allowed
MATRIX = affine_matrix(scale=(1.2, 0.9), rotation=0.3, shear=0.2, translation=(5, -7))


def medians(*functions):
    """Median milliseconds of each function; they run in turn, so that a busy moment hits all."""
    times = [[] for _ in functions]
    for _ in range(REPETITIONS):
        for function, taken in zip(functions, times):
            function()  # warms up
            began = time.perf_counter()
            function()
            taken.append(1e3 * (time.perf_counter() - began))
    return [float(np.median(taken)) for taken in times]


def scipys_warp(image):
    """The same warp by SciPy, whose axes are (row, column) and whose origin is a corner."""
    inverse = np.linalg.inv(MATRIX)
    turned = inverse[:2, :2][::-1, ::-1]
    centre = (np.array(image.shape[:2]) - 1) / 2
    offset = centre + inverse[:2, 2][::-1] - turned @ centre
    channels = np.moveaxis(image, 2, 0)
    warped = [ndimage.affine_transform(c, turned, offset, order=1, mode="grid-constant") for c in channels]
    return np.stack(warped, axis=2)


def compare_warps(rng):
    """Whether the target is met on an image of 224 × 224 × 3."""
    image = rng.uniform(size=(224, 224, 3))
    np.testing.assert_allclose(warp_affine(image, MATRIX), scipys_warp(image), atol=1e-9)
    ours, theirs = medians(lambda: warp_affine(image, MATRIX), lambda: scipys_warp(image))
    met = ours <= TARGET * theirs
    ratio = f"{ours / theirs:.2f} × SciPy's {theirs:.2f}, allowed {TARGET:g} ×"
    print(f"{'warp_affine, 224 × 224 × 3':36}{ours:8.2f} ms  {ratio}  {'yes' if met else 'NO'}")
    return met


def time_the_others(rng):
    """A line for each of some other functions."""
    image, digit, sound = rng.uniform(size=(224, 224, 3)), rng.uniform(size=(28, 28, 1)), rng.normal(size=16_000)
    rows = {
        "warp_affine, 28 × 28 × 1": lambda: warp_affine(digit, MATRIX),
        "pad_and_crop, 28 × 28 × 1": lambda: pad_and_crop(digit, 2, rng),
        "adjust_contrast, 224 × 224 × 3": lambda: adjust_contrast(image, 1.5),
        "adjust_saturation, 224 × 224 × 3": lambda: adjust_saturation(image, 1.5),
        "per_image_standardization, 224²·3": lambda: per_image_standardization(image),
        "time_stretch, 16,000 samples": lambda: time_stretch(sound, 1.3),
        "pitch_shift, 16,000 samples": lambda: pitch_shift(sound, 3),
    }
    for name, taken in zip(rows, medians(*rows.values())):
        print(f"{name:36}{taken:8.3f} ms")


if __name__ == "__main__":
    with threadpool_limits(1):
        generator = np.random.default_rng(0)
        target_met = compare_warps(generator)
        time_the_others(generator)
    sys.exit(not target_met)
