"""Measures of a class: pure functions from arrays of points to numbers."""

import numpy as np

BINS = 10


def distribution(scores, max_scores):
    """How many submissions have under 10 %, 10 to under 20 %, …, 90 to 100 % of the points: (BINS,)."""
    share = np.divide(scores, max_scores, out=np.zeros(len(scores)), where=np.asarray(max_scores) > 0)
    # a hair is added: 0.3 / 1.0 of the points belongs to the bin that begins at 30 %
    return np.bincount(np.clip((share * BINS + 1e-9).astype(int), 0, BINS - 1), minlength=BINS)


def solved(points, max_points):
    """Which answers earned all their points: (n, E) of booleans."""
    return points >= max_points - 1e-9


def discrimination(points, max_points):
    """The point-biserial correlation of solving an exercise with the points in the chapter's other exercises.

    r = cov(s, t) / (σ_s σ_t), s = 1 where the exercise is solved, t = all points without this exercise's.
    points, max_points (n, E) → (E,), NaN where nobody, or everybody, solves it or the rest does not vary.
    Source: Lord & Novick (1968), the item-total correlation with the item removed.
    """
    if not len(points):
        return np.full(points.shape[1:], np.nan)
    item = solved(points, max_points).astype(float)
    rest = points.sum(axis=1, keepdims=True) - points
    item -= item.mean(axis=0)
    rest = rest - rest.mean(axis=0)
    scale = np.sqrt((item**2).sum(axis=0) * (rest**2).sum(axis=0))
    varies = (np.abs(item).max(axis=0) > 1e-9) & (np.abs(rest).max(axis=0) > 1e-9)
    return np.divide((item * rest).sum(axis=0), scale, out=np.full(points.shape[1], np.nan), where=varies)
