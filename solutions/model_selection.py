"""Chapter ``model_selection``: data split so that a score can be believed, and hyperparameters searched by it.

Splits are given as index arrays. A score is a number of which larger is better; randomness comes from ``rng`` alone.
"""

import numpy as np

from .validation import require_integer, require_range, require_shape


def train_val_test_split(n, val_fraction, test_fraction, rng):
    """The indices of n samples in a random order, cut into training, validation and test data.

    round(n·val_fraction) indices for validation, round(n·test_fraction) for the test, the rest for training.
    n >= 0, fractions between 0 and 1 → (train, val, test), index arrays that together hold each of 0, …, n − 1 once.
    Raises ValueError for fractions outside 0 to 1, and where they ask for more than n samples.
    """
    n = require_integer("n", n, 0)
    n_val = round(n * require_range("val_fraction", val_fraction, 0, 1))
    n_test = round(n * require_range("test_fraction", test_fraction, 0, 1))
    require_range("the number of samples for validation and test", n_val + n_test, 0, n)
    val, test, train = np.split(rng.permutation(n), [n_val, n_val + n_test])
    return train, val, test


def k_fold_indices(n, k):
    """The indices of n samples cut into k contiguous folds, each of which is the validation data once.

    The folds' sizes differ by at most 1, and the larger ones come first.
    n, k whole numbers → list of k pairs (train, val) of index arrays, train all that is not in val.
    Raises ValueError unless 2 <= k <= n.
    Source: Stone (1974), Geisser (1975).
    """
    n = require_integer("n", n, 2)
    k = require_range("k", require_integer("k", k, 2), 2, n)
    folds = np.array_split(np.arange(n), k)
    return [(np.concatenate(folds[:i] + folds[i + 1 :]), folds[i]) for i in range(k)]


def cross_validate(fit_and_score, x, y, k):
    """Mean score over k folds, each held back once from a training on the others.

    1/k Σ fit_and_score(x_train, y_train, x_val, y_val) over the folds of `k_fold_indices`, all of equal weight.
    fit_and_score: a function that trains on its first two arguments and returns a score on the last two;
    x (N, ...), y (N, ...) → a number.
    Raises ValueError where x and y differ in length, and unless 2 <= k <= N.
    """
    x, y = np.asarray(x), np.asarray(y)
    if x.shape[:1] != y.shape[:1]:
        raise ValueError(f"y has shape {y.shape}, its first axis should have length {len(x)} as x")
    scores = [fit_and_score(x[train], y[train], x[val], y[val]) for train, val in k_fold_indices(len(x), k)]
    return float(np.mean(scores))


def standardize_features(train, other):
    """Both arrays moved and scaled so that every feature of ``train`` has mean 0 and standard deviation 1.

    (x − μ)/σ with the μ and σ of train's columns, for other too.
    A column that does not vary in train has σ = 0: it counts as 1, so nothing is divided by 0.
    train (N, D) with N >= 1, other (M, D) → (train (N, D), other (M, D)).
    Raises ValueError where the shapes do not fit.
    """
    train = require_shape("train", train, (None, None))
    require_range("len(train)", len(train), 1, None)
    other = require_shape("other", other, (None, train.shape[1]))
    mean, std = train.mean(axis=0), _column_std(train)
    return (train - mean) / std, (other - mean) / std


def sample_log_uniform(low, high, size, rng):
    """Numbers between low and high whose logarithm is uniformly distributed: every decade is as likely.

    exp(u) with u uniform between log(low) and log(high).
    size: how many → (size,) of numbers from low to high.
    Raises ValueError unless 0 < low < high, both finite.
    """
    require_range("low", low, 0, high, low_open=True, high_open=True)
    require_range("high", high, low, np.inf, low_open=True, high_open=True)
    exponents = rng.uniform(np.log(low), np.log(high), require_integer("size", size, 0))
    return np.clip(np.exp(exponents), low, high)  # rounding must not lead out of the range


def random_search(evaluate, low, high, trials, rng):
    """The values of a hyperparameter that were tried, and their scores, the best first.

    The values are drawn by `sample_log_uniform`. A score that is not a number counts as the worst.
    evaluate: a function of one value that returns its score; trials >= 1 → list of trials pairs (value, score).
    Raises ValueError unless 0 < low < high.
    Source: Bergstra & Bengio (2012).
    """
    values = sample_log_uniform(low, high, require_integer("trials", trials, 1), rng)
    return _best_first([(float(value), float(evaluate(float(value)))) for value in values])


def narrow_range(history, keep):
    """The smallest and the largest of the values that scored best: the range of the next search.

    history: pairs (value, score) in any order; keep: how many of the highest-scored count → (low, high).
    Raises ValueError unless 1 <= keep <= len(history).
    """
    keep = require_range("keep", require_integer("keep", keep, 1), 1, len(history))
    best = [value for value, _ in _best_first(history)[:keep]]
    return min(best), max(best)


# -------------------------------------------------------------------------------------------------- helpers


def _column_std(x):
    """Standard deviation of each column, 1 where all its entries are the same.

    x (N, D) → (D,). Scaled before it is squared, so that columns of very large or small numbers come out right.
    """
    varies = np.ptp(x, axis=0) > 0  # the mean of equal numbers may miss them by rounding
    deviation = x - x.mean(axis=0)
    scale = np.where(varies, np.abs(deviation).max(axis=0), 1.0)
    return np.where(varies, scale * np.sqrt(np.mean((deviation / scale) ** 2, axis=0)), 1.0)


def _best_first(history):
    """Pairs (value, score) by falling score, NaN last, ties in the order given."""
    return sorted(history, key=lambda pair: pair[1] if pair[1] == pair[1] else -np.inf, reverse=True)
