"""Right answers to the exercises of chapter ``model_selection`` as different people write them."""

import heapq
import math
import statistics

import numpy as np

from solutions.model_selection import k_fold_indices, sample_log_uniform

# ------------------------------------------------------------------------------------ train_val_test_split


def split_by_slices(n, val_fraction, test_fraction, rng):
    order = rng.permutation(n)
    n_val, n_test = round(n * val_fraction), round(n * test_fraction)
    n_train = n - n_val - n_test
    return order[:n_train], order[n_train : n_train + n_val], order[n_train + n_val :]


def split_by_a_shuffled_list(n, val_fraction, test_fraction, rng):
    rest = list(range(n))
    rng.shuffle(rest)
    test = [rest.pop() for _ in range(int(np.rint(n * test_fraction)))]
    val = [rest.pop() for _ in range(int(np.rint(n * val_fraction)))]
    return rest, val, test


def split_by_drawing_from_the_rest(n, val_fraction, test_fraction, rng):
    everything = np.arange(n)
    test = rng.choice(everything, round(n * test_fraction), replace=False)
    rest = np.setdiff1d(everything, test)
    val = rng.choice(rest, round(n * val_fraction), replace=False)
    return np.setdiff1d(rest, val), val, test


# ------------------------------------------------------------------------------------------ k_fold_indices


def folds_by_their_sizes(n, k):
    if k < 2 or k > n:
        raise ValueError("between 2 and n folds")
    sizes = np.full(k, n // k)
    sizes[: n % k] += 1
    folds, start = [], 0
    for size in sizes:
        inside = (np.arange(n) >= start) & (np.arange(n) < start + size)
        folds.append((np.flatnonzero(~inside), np.flatnonzero(inside)))
        start += size
    return folds


def folds_in_lists(n, k):
    if not 2 <= k <= n:
        raise ValueError(f"{k} folds of {n} samples")
    edges = [(n // k) * i + min(i, n % k) for i in range(k + 1)]
    return [
        [[j for j in range(n) if j < low or j >= high], list(range(low, high))] for low, high in zip(edges, edges[1:])
    ]


def folds_rolled_to_the_front(n, k):
    if k not in range(2, n + 1):
        raise ValueError("k")
    result, first = [], 0
    for i in range(k):
        size = math.ceil((n - first) / (k - i))
        turned = np.roll(np.arange(n), -first)
        result.append((turned[size:], turned[:size]))
        first += size
    return result


# ------------------------------------------------------------------------------------------ cross_validate


def validate_in_a_loop(fit_and_score, x, y, k):
    total = 0.0
    for train, val in k_fold_indices(len(x), k):
        total += fit_and_score(x[train], y[train], x[val], y[val])
    return total / k


def validate_with_the_standard_library(fit_and_score, x, y, k):
    def score(fold):
        train, val = fold
        return float(fit_and_score(np.take(x, train, axis=0), np.take(y, train, axis=0), x[val], y[val]))

    return statistics.fmean(map(score, k_fold_indices(len(y), k)))


def validate_by_deleting_the_fold(fit_and_score, x, y, k):
    parts = zip(np.array_split(np.arange(len(x)), k), np.array_split(x, k), np.array_split(y, k))
    scores = [fit_and_score(np.delete(x, i, axis=0), np.delete(y, i, axis=0), a, b) for i, a, b in parts]
    return np.array(scores, dtype=np.float32).mean()


# ------------------------------------------------------------------------------------ standardize_features


def standardize_by_mean_and_std(train, other):
    mean, std = np.mean(train, axis=0), np.std(train, axis=0)
    std[std == 0] = 1
    return (train - mean) / std, (other - mean) / std


def standardize_column_by_column(train, other):
    scaled = [np.zeros(np.shape(train)), np.zeros(np.shape(other))]
    for j in range(train.shape[1]):
        column = train[:, j].tolist()
        mean, std = statistics.fmean(column), statistics.pstdev(column) or 1.0
        for array, result in zip((train, other), scaled):
            result[:, j] = (array[:, j] - mean) / std
    return scaled


def standardize_in_single_precision(train, other):
    train, other = train.astype(np.float32), other.astype(np.float32)
    mean = train.sum(axis=0) / len(train)
    variance = ((train - mean) ** 2).mean(axis=0)
    scale = 1 / np.sqrt(np.where(variance > 0, variance, 1))
    return (train - mean) * scale, (other - mean) * scale


# -------------------------------------------------------------------------------------- sample_log_uniform


def sample_by_natural_logarithms(low, high, size, rng):
    if not 0 < low < high:
        raise ValueError("0 < low < high")
    return np.exp(rng.uniform(np.log(low), np.log(high), size))


def sample_by_powers_of_the_ratio(low, high, size, rng):
    if low <= 0 or high <= low:
        raise ValueError(f"{low} to {high} is no range")
    return low * (high / low) ** rng.random(size)


def sample_number_by_number(low, high, size, rng):
    if low <= 0:
        raise ValueError("low should be above 0")
    if low >= high:
        raise ValueError("high should be above low")
    a, b = math.log10(low), math.log10(high)
    return [np.float32(10 ** (a + (b - a) * rng.random())) for _ in range(size)]


# ------------------------------------------------------------------------------------------- random_search


def search_all_at_once(evaluate, low, high, trials, rng):
    history = [(value, evaluate(value)) for value in sample_log_uniform(low, high, trials, rng)]
    return sorted(history, key=lambda trial: trial[1], reverse=True)


def search_one_by_one(evaluate, low, high, trials, rng):
    history = []
    for _ in range(trials):
        value = sample_log_uniform(low, high, 1, rng)[0]
        history.append([float(value), float(evaluate(value))])
        history.sort(key=lambda trial: -trial[1])
    return history


def search_into_a_table(evaluate, low, high, trials, rng):
    values = np.exp(rng.uniform(np.log(low), np.log(high), trials))
    scores = np.array([evaluate(value) for value in values])
    order = np.argsort(scores)[::-1]
    return np.column_stack([values, scores])[order]


# -------------------------------------------------------------------------------------------- narrow_range


def narrow_by_sorting(history, keep):
    best = sorted(history, key=lambda trial: trial[1])[-keep:]
    values = [value for value, _ in best]
    return min(values), max(values)


def narrow_by_argsort(history, keep):
    values, scores = np.array(history, dtype=float).T
    best = values[np.argsort(-scores)[:keep]]
    return np.array([best.min(), best.max()])


def narrow_with_a_heap(history, keep):
    best = sorted(value for value, score in heapq.nlargest(keep, history, key=lambda trial: trial[1]))
    return [best[0], best[-1]]


STYLES = {
    "train_val_test_split": [split_by_slices, split_by_a_shuffled_list, split_by_drawing_from_the_rest],
    "k_fold_indices": [folds_by_their_sizes, folds_in_lists, folds_rolled_to_the_front],
    "cross_validate": [validate_in_a_loop, validate_with_the_standard_library, validate_by_deleting_the_fold],
    "standardize_features": [
        standardize_by_mean_and_std,
        standardize_column_by_column,
        standardize_in_single_precision,
    ],
    "sample_log_uniform": [sample_by_natural_logarithms, sample_by_powers_of_the_ratio, sample_number_by_number],
    "random_search": [search_all_at_once, search_one_by_one, search_into_a_table],
    "narrow_range": [narrow_by_sorting, narrow_by_argsort, narrow_with_a_heap],
}
