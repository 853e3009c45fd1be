"""What right answers in chapter ``model_selection`` are.

Random splits and draws are judged by what holds for every one of them, and by shares and means. 6,000 draws know
the share of a sixth to 0.5 %, 900 trials to 1.3 %; the tolerances are six times what these errors, the student's and
the reference's together, add up to, and more.
"""

import numpy as np

from solutions import model_selection as reference

from ..judging.plain import Formula, Rng
from ..judging.vocabulary import Exercise, Misconception, case, hidden, misconceptions, probe, raised, visible

OWN_GENERATOR = (
    "Your result is the same whatever generator is passed in, so no second draw can ever differ from the first. Draw "
    "from rng in place of a generator of your own."
)
OTHER_GENERATOR = (
    "Two generators of one seed give you different results, so a run cannot be repeated. Where else than from rng does "
    "your randomness come?"
)


def seed_of(rng):
    return int(rng.integers(2**31))


# ------------------------------------------------------------------------------------ train_val_test_split
def split_sizes(student, n, val_fraction, test_fraction, rng):
    """The numbers of indices in the three parts."""
    train, val, test = student.train_val_test_split(n, val_fraction, test_fraction, rng)
    return {"size of train": len(train), "size of val": len(val), "size of test": len(test)}


def split_overlaps(student, n, val_fraction, test_fraction, rng):
    """Whether the parts are disjoint and hold everything."""
    train, val, test = (np.ravel(part) for part in student.train_val_test_split(n, val_fraction, test_fraction, rng))
    return {
        "train and val share no index": not np.isin(train, val).any(),
        "train and test share no index": not np.isin(train, test).any(),
        "val and test share no index": not np.isin(val, test).any(),
        "together every index once": sorted([*train, *val, *test]) == list(range(n)),
    }


def split_mixing(student, n, val_fraction, test_fraction, rng):
    """Whether each part comes from everywhere, and the mean place of val and test as a share of n."""
    parts = [np.ravel(part) for part in student.train_val_test_split(n, val_fraction, test_fraction, rng)]
    return {
        "each part as it stands in the data": all(np.all(np.diff(part) == 1) for part in parts),
        "each part from the whole of the data": all(np.ptp(part) > 0.9 * n for part in parts),
        "mean index of val / n": round(float(np.mean(parts[1]) / n), 4),
        "mean index of test / n": round(float(np.mean(parts[2]) / n), 4),
    }


def split_randomness(student, n, rng, twin, other):
    """What the generator decides: rng and twin have one seed, other has another."""

    def parts(given):
        return [np.sort(np.ravel(part)).tolist() for part in student.train_val_test_split(n, 0.3, 0.2, given)]

    first, again, different = parts(rng), parts(twin), parts(other)
    return {
        "same seed, same split": first == again,
        "another seed, another split": first != different,
        "second draw, another split": first != parts(rng),
    }


def split_mixed(label, n, seed):
    """2,000 samples: the mean index of 400 of them is known to 1.3 % of n."""
    return probe(label, split_mixing, n, 0.25, 0.2, Rng(seed)).within(0.12)


def cut(order, n_val, n_test):
    """An order of the indices cut into train, val and test, for the known mistakes."""
    return order[n_val + n_test :], order[:n_val], order[n_val : n_val + n_test]


def cut_without_shuffling(n, val_fraction, test_fraction, rng):
    n_val, n_test = round(n * val_fraction), round(n * test_fraction)
    return tuple(np.split(np.arange(n), [n - n_val - n_test, n - n_test]))


def shuffled_within_blocks(n, val_fraction, test_fraction, rng):
    return tuple(rng.permutation(part) for part in cut_without_shuffling(n, val_fraction, test_fraction, rng))


def val_from_the_rest(n, val_fraction, test_fraction, rng):
    n_test = round(n * test_fraction)
    return cut(rng.permutation(n), round((n - n_test) * val_fraction), n_test)


def drawn_apart(n, val_fraction, test_fraction, rng):
    n_val, n_test = round(n * val_fraction), round(n * test_fraction)
    sizes = (n - n_val - n_test, n_val, n_test)
    return tuple(rng.permutation(n)[:size] for size in sizes)


def cut_from_the_end(n, val_fraction, test_fraction, rng):
    n_val, n_test = round(n * val_fraction), round(n * test_fraction)
    order = rng.permutation(n)
    return order[: n - n_val - n_test], order[-n_val - n_test : -n_test], order[-n_test:]


def split_by_own_generator(n, val_fraction, test_fraction, rng):
    return reference.train_val_test_split(n, val_fraction, test_fraction, np.random.default_rng(0))


train_val_test_split = Exercise(
    reference.train_val_test_split,
    points=2,
    groups=(
        visible(
            "sizes",
            probe("10 samples, shares 0.2 and 0.3", split_sizes, 10, 0.2, 0.3, Rng(0)),
            probe("11 samples, shares 0.25 and 0.15", split_sizes, 11, 0.25, 0.15, Rng(1)),
            probe("no test data", split_sizes, 10, 0.3, 0.0, Rng(2)),
        ),
        visible(
            "every index once",
            probe("40 samples, shares 0.3 and 0.4", split_overlaps, 40, 0.3, 0.4, Rng(3)),
        ),
        visible(
            "shuffled",
            split_mixed("2000 samples", 2000, 4),
            probe("rng decides, and nothing else", split_randomness, 60, Rng(5), Rng(5), Rng(6)),
        ),
        hidden(
            "other sizes",
            lambda rng: [
                probe("any sizes", split_sizes, 10 * int(rng.integers(5, 20)) + 3, 0.16, 0.27, Rng(seed_of(rng))),
                probe("no validation data", split_sizes, 12, 0.0, 0.25, Rng(seed_of(rng))),
                probe("training data only", split_sizes, 9, 0.0, 0.0, Rng(seed_of(rng))),
                probe("test data only", split_sizes, 9, 0.0, 1.0, Rng(seed_of(rng))),
                probe("one sample", split_sizes, 1, 0.2, 0.2, Rng(seed_of(rng))),
                probe("every index once", split_overlaps, int(rng.integers(50, 90)), 0.3, 0.5, Rng(seed_of(rng))),
                probe("every index once, nothing tested", split_overlaps, 7, 0.3, 0.0, Rng(seed_of(rng))),
            ],
        ),
        hidden(
            "well shuffled",
            lambda rng: [
                split_mixed("other draws", 2000, seed_of(rng)),
                probe("other seeds", split_randomness, 80, Rng(s := seed_of(rng)), Rng(s), Rng(s + 1)),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "not-shuffled",
            "You cut the data as they lie. Data often come sorted, by class or by date: then the parts are of other "
            "kinds each. Draw a random order first.",
            cut_without_shuffling,
        ),
        Misconception(
            "shuffled-after-the-cut",
            "You shuffle each part for itself, so it still depends on the order of the data which samples are tested. "
            "Shuffle first, then cut.",
            shuffled_within_blocks,
        ),
        Misconception(
            "val-and-test-swapped",
            "The sizes of val and test are exchanged. The result is (train, val, test), in this order.",
            lambda n, val_fraction, test_fraction, rng: cut(
                rng.permutation(n), round(n * test_fraction), round(n * val_fraction)
            ),
        ),
        Misconception(
            "val-from-the-rest",
            "You take the share for validation from what the test data leave. Both shares are shares of all n.",
            val_from_the_rest,
        ),
        Misconception(
            "rounded-down",
            "Your parts are sometimes one sample short: 2.75 samples are nearer to 3 than to 2.",
            lambda n, val_fraction, test_fraction, rng: cut(
                rng.permutation(n), int(n * val_fraction), int(n * test_fraction)
            ),
        ),
        Misconception(
            "drawn-apart",
            "Your parts overlap: some samples are trained on and tested on, and others are nowhere. One random order, "
            "cut in three, gives every sample one place.",
            drawn_apart,
        ),
        Misconception(
            "slice-from-minus-zero",
            "Try a share of 0: order[-0:] is not the empty end of order but all of it. Count from the front.",
            cut_from_the_end,
        ),
        Misconception("rng-ignored", OWN_GENERATOR, split_by_own_generator),
    ),
)


# ------------------------------------------------------------------------------------------ k_fold_indices
def folds_of(student, n, k):
    """The folds, each part in ascending order."""
    folds = list(student.k_fold_indices(n, k))
    found = {"number of folds": len(folds)}
    for place, (train, val) in enumerate(folds, start=1):
        found[f"train of fold {place}"] = np.sort(np.ravel(train)).tolist()
        found[f"val of fold {place}"] = np.sort(np.ravel(val)).tolist()
    return found


def fold_errors(student, pairs):
    """What each pair (n, k) raises."""
    return {f"n = {n}, k = {k}": raised(student.k_fold_indices, n, k) for n, k in pairs}


def checked(n, k):
    if not 2 <= k <= n:
        raise ValueError(f"k is {k}, it should be at least 2 and at most {n}")


def by_folds(folds_of_range):
    """``k_fold_indices`` from a function that gives the validation parts, for the known mistakes."""

    def folds(n, k):
        checked(n, k)
        return [(np.setdiff1d(np.arange(n), val), np.array(val)) for val in folds_of_range(n, k)]

    return folds


def changed_folds(change):
    """``k_fold_indices`` with each right (train, val) changed, for the known mistakes."""
    return lambda n, k: [change(train, val) for train, val in reference.k_fold_indices(n, k)]


def leave_one_out_refused(n, k):
    if not 2 <= k < n:
        raise ValueError(f"k is {k}, it should be at least 2 and below {n}")
    return reference.k_fold_indices(n, k)


def unchecked_folds(n, k):
    folds = np.array_split(np.arange(n), k)
    return [(np.setdiff1d(np.arange(n), val), val) for val in folds]


k_fold_indices = Exercise(
    reference.k_fold_indices,
    points=2,
    groups=(
        visible(
            "the book's numbers",
            probe("8 samples in 3 folds", folds_of, 8, 3),
            probe("6 samples in 2 folds", folds_of, 6, 2),
        ),
        visible("as many folds as samples", probe("4 samples in 4 folds", folds_of, 4, 4)),
        visible("impossible folds", probe("1 fold, and more folds than samples", fold_errors, [(5, 1), (3, 4)])),
        hidden(
            "other sizes",
            lambda rng: [
                probe("even folds", folds_of, 4 * int(rng.integers(3, 8)), 4),
                probe("one over", folds_of, 5 * int(rng.integers(3, 8)) + 1, 5),
                probe("one missing", folds_of, 7 * int(rng.integers(2, 5)) - 1, 7),
                probe("two halves", folds_of, 2 * int(rng.integers(5, 20)) + 1, 2),
                probe("nearly as many folds as samples", folds_of, 11, 10),
                probe("two samples", folds_of, 2, 2),
                probe("no fold, fewer, too many", fold_errors, [(6, 0), (6, -2), (6, 7), (1, 1)]),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "val-in-train",
            "Your training data hold the fold that is to be validated on. What has been trained on says nothing.",
            changed_folds(lambda train, val: (np.sort(np.concatenate([train, val])), val)),
        ),
        Misconception(
            "train-and-val-swapped",
            "You train on one fold and validate on all the others. It should be the other way round.",
            changed_folds(lambda train, val: (val, train)),
        ),
        Misconception(
            "rest-dropped",
            "Where k does not divide n, your last samples are never validated on. Some folds have to be larger by one.",
            by_folds(lambda n, k: [np.arange(i * (n // k), (i + 1) * (n // k)) for i in range(k)]),
        ),
        Misconception(
            "rest-in-the-last-fold",
            "Your last fold takes all that is left over. Sizes should differ by at most 1: spread the rest.",
            by_folds(lambda n, k: [np.arange(i * (n // k), (i + 1) * (n // k) if i < k - 1 else n) for i in range(k)]),
        ),
        Misconception(
            "larger-last",
            "The sizes of your folds are right and their order is not: the larger folds come first.",
            by_folds(lambda n, k: [n - 1 - val[::-1] for val in np.array_split(np.arange(n), k)[::-1]]),
        ),
        Misconception(
            "every-kth-sample",
            "Your folds take every k-th sample. Each fold should be a run of neighbours.",
            by_folds(lambda n, k: [np.arange(n)[i::k] for i in range(k)]),
        ),
        Misconception(
            "bounds-unchecked",
            "Your function accepts one fold, or more folds than samples. What would be left to train on, or to "
            "validate on? Raise a ValueError.",
            unchecked_folds,
        ),
        Misconception(
            "leave-one-out-refused",
            "As many folds as samples are allowed: each sample is held back once.",
            leave_one_out_refused,
        ),
    ),
)

# ------------------------------------------------------------------------------------------ cross_validate
DISTANCE = Formula("lambda x_train, y_train, x_val, y_val: -np.mean((y_val - np.mean(y_train)) ** 2)")
SLOPE = Formula(
    "lambda x_train, y_train, x_val, y_val: "
    "-np.mean((y_val - x_val[:, 0] * (x_train[:, 0] @ y_train) / (x_train[:, 0] @ x_train[:, 0])) ** 2)"
)
CENTRES = Formula(
    "lambda x_train, y_train, x_val, y_val: "
    "np.mean((np.sum((x_val - x_train[y_train == 1].mean(axis=0)) ** 2, axis=1)"
    " < np.sum((x_val - x_train[y_train == 0].mean(axis=0)) ** 2, axis=1)) == y_val)"
)
BRIGHTNESS = Formula(
    "lambda x_train, y_train, x_val, y_val: -np.max(np.abs(y_val - np.mean(y_train) - np.mean(x_val, axis=(1, 2))))"
)
SIZES = Formula("lambda x_train, y_train, x_val, y_val: len(x_train) + 100 * len(y_val)")
COUNTED = np.arange(7.0)[:, None]
LINE_X = np.array([[1.0], [2.0], [-1.0], [3.0], [0.5]])
LINE_Y = np.array([2.0, 3.5, -2.5, 7.0, 2.0])


def over_folds(call):
    """``cross_validate`` whose score of a fold is ``call(score, x, y, train, val)``, for the known mistakes."""
    return lambda fit_and_score, x, y, k: np.mean(
        [call(fit_and_score, x, y, train, val) for train, val in reference.k_fold_indices(len(x), k)]
    )


def fold_scores(fit_and_score, x, y, k):
    return np.array([fit_and_score(x[t], y[t], x[v], y[v]) for t, v in reference.k_fold_indices(len(x), k)])


def weighted_by_size(fit_and_score, x, y, k):
    sizes = [len(val) for _, val in reference.k_fold_indices(len(x), k)]
    return np.average(fold_scores(fit_and_score, x, y, k), weights=sizes)


def two_groups(rng, n, features):
    """Samples of two classes, in mixed order, both in every half."""
    y = np.arange(n) % 2
    return rng.normal(0, 1, (n, features)) + y[:, None], y


cross_validate = Exercise(
    reference.cross_validate,
    points=2,
    groups=(
        visible(
            "the book's numbers",
            case(
                "three numbers, each predicted by the mean of the others", DISTANCE, COUNTED[:3], np.array([1, 2, 6]), 3
            ),
        ),
        visible(
            "x and y",
            case("a line through the origin, five points in 2 folds", SLOPE, LINE_X, LINE_Y, 2),
            case(
                "a score that counts: training samples, and 100 times the held-back ones",
                SIZES,
                COUNTED,
                LINE_Y[[0] * 7],
                3,
            ),
        ),
        hidden(
            "other data",
            lambda rng: [
                case("random points", SLOPE, rng.normal(2, 1, (13, 2)), rng.normal(0, 3, 13), int(rng.integers(3, 6))),
                case("two classes", CENTRES, *two_groups(rng, 23, 3), 4),
                case("as many folds as samples", SLOPE, rng.normal(2, 1, (6, 1)), rng.normal(0, 3, 6), 6),
                case("whole numbers", DISTANCE, np.arange(11)[:, None], rng.integers(-9, 10, 11), 3).as_floats(),
                case("images", BRIGHTNESS, rng.uniform(0, 1, (10, 3, 4)), rng.normal(0, 1, 10), 4),
                case("one-dimensional x", DISTANCE, np.arange(9.0), rng.normal(0, 2, 9), 2),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "trained-on-everything",
            "The fold that is held back is among your training data. Hand only the other folds to the training.",
            over_folds(lambda score, x, y, train, val: score(x, y, x[val], y[val])),
        ),
        Misconception(
            "scored-on-training-data",
            "Your score is that of the training data, which the fold held back was to replace.",
            over_folds(lambda score, x, y, train, val: score(x[train], y[train], x[train], y[train])),
        ),
        Misconception(
            "train-and-val-swapped",
            "You train on the fold and score on the rest. Look at the order of the four arguments.",
            over_folds(lambda score, x, y, train, val: score(x[val], y[val], x[train], y[train])),
        ),
        Misconception(
            "summed",
            "You add the scores up, so more folds look better. Asked is their mean.",
            lambda fit_and_score, x, y, k: np.sum(fold_scores(fit_and_score, x, y, k)),
        ),
        Misconception(
            "weighted-by-size",
            "You weigh the folds by their sizes. Asked is the plain mean of the k scores.",
            weighted_by_size,
        ),
        Misconception(
            "last-fold-only",
            "Your result is the score of one fold, the last. Is a score overwritten, or returned too early?",
            lambda fit_and_score, x, y, k: fold_scores(fit_and_score, x, y, k)[-1],
        ),
        Misconception(
            "best-fold",
            "You return the score of the luckiest fold. The mean over all of them is an estimate; the best one is a "
            "boast.",
            lambda fit_and_score, x, y, k: np.max(fold_scores(fit_and_score, x, y, k)),
        ),
        Misconception(
            "one-score-a-fold",
            "You return all k scores. Asked is one number, their mean.",
            fold_scores,
        ),
    ),
)

# ------------------------------------------------------------------------------------ standardize_features
TRAIN, OTHER = np.array([[0.0, 10.0], [4.0, 10.0]]), np.array([[6.0, 12.0]])
MORE_TRAIN = np.array([[1.0, -2.0, 5.0], [3.0, 0.0, 2.0], [4.0, 1.0, 5.0], [8.0, 7.0, 0.0]])
MORE_OTHER = np.array([[2.0, 1.0, 1.0], [6.0, -3.0, 4.0]])


def standardized(train, other):
    mean, std = train.mean(axis=0), train.std(axis=0)
    std = np.where(std == 0, 1, std)
    return (train - mean) / std, (other - mean) / std


def random_features(rng, n, m, features):
    """Training and other data of features of different places and scales."""
    scale, place = rng.uniform(0.5, 5, features), rng.uniform(-5, 5, features)
    return rng.normal(place, scale, (n, features)), rng.normal(place + 1, 2 * scale, (m, features))


def with_constants(rng, n, m, features):
    """The same with two features that do not vary in the training data, one of them nowhere."""
    train, other = random_features(rng, n, m, features)
    train[:, 0], train[:, -1], other[:, -1] = 2.0, -4.0, -4.0
    return train, other


standardize_features = Exercise(
    reference.standardize_features,
    points=2,
    returns=("train", "other"),
    groups=(
        visible("the book's numbers", case("two samples, and one other", TRAIN, OTHER)),
        visible("more of both", case("four samples, and two others", MORE_TRAIN, MORE_OTHER)),
        visible(
            "a feature that does not vary in train counts as deviation 1",
            case("the first is always 2", np.array([[2.0, 1.0], [2.0, 3.0]]), np.array([[2.0, 2.0], [5.0, 0.0]])),
            weight=0.2,
        ),
        hidden(
            "random features",
            lambda rng: [
                case("more training data", *random_features(rng, 40, 7, 5)),
                case("fewer training data", *random_features(rng, 5, 30, 4)),
                case("one other sample", *random_features(rng, 9, 1, 3)),
                case("one feature", *random_features(rng, 12, 6, 1)),
                case("whole numbers", rng.integers(-9, 10, (8, 3)), rng.integers(-9, 10, (4, 3))).as_floats(),
            ],
        ),
        hidden(
            "features that do not vary",
            lambda rng: [
                case("in the training data", *with_constants(rng, 16, 8, 4)),
                case("in all data", np.full((4, 2), 8.0), np.full((3, 2), 8.0)),
                case("in the other data only", random_features(rng, 10, 1, 3)[0], np.ones((5, 3))),
            ],
            weight=0.2,
        ),
    ),
    misconceptions=misconceptions(
        standardized,
        {
            "own-statistics": (
                "You standardize the other data by their own mean and deviation. One and the same sample then comes "
                "out differently in the two arrays. Which numbers does training know?",
                "(other - mean) / std "
                "→ (other - other.mean(axis=0)) / np.where(other.std(axis=0) == 0, 1, other.std(axis=0))",
            ),
            "statistics-of-everything": (
                "Your mean and deviation are those of both arrays together, so the data to be tested on have a say in "
                "the training. That is a leak.",
                "mean, std = train.mean(axis=0), train.std(axis=0) "
                "→ both = np.vstack([train, other])\nmean, std = both.mean(axis=0), both.std(axis=0)",
            ),
            "other-left-alone": (
                "The other data come back unchanged. A network trained on standardized features has to be shown such.",
                "(other - mean) / std → other",
            ),
            "one-scale-for-all-features": (
                "You use one mean and one deviation for the whole table. Each feature, that is each column, has its "
                "own.",
                "train.mean(axis=0), train.std(axis=0) → train.mean(), train.std()",
            ),
            "rows-for-columns": (
                "You standardize each sample by its own numbers. A feature is a column: average over the samples.",
                "(train - mean) / std → (train - train.mean(axis=1, keepdims=True)) / train.std(axis=1, keepdims=True)",
                "(other - mean) / std → (other - other.mean(axis=1, keepdims=True)) / other.std(axis=1, keepdims=True)",
            ),
            "divided-by-n-minus-one": (
                "Your values are a little too small: the variance should divide by the number of samples, not by one "
                "less.",
                "train.std(axis=0) → train.std(axis=0, ddof=1)",
            ),
            "variance-for-std": (
                "You divide by the variance. Standardized features have variance 1, which takes its square root.",
                "train.std(axis=0) → train.var(axis=0)",
            ),
            "divided-by-zero": (
                "A feature that does not vary has the deviation 0, and you divide by it. Let it count as 1.",
                "np.where(std == 0, 1, std) → std",
            ),
            "small-number-added": (
                "You add a small number to the deviation. A feature that does not vary in the training data then "
                "explodes where the other data differ; its deviation should count as 1.",
                "np.where(std == 0, 1, std) → std + 1e-8",
            ),
        },
    ),
)


# -------------------------------------------------------------------------------------- sample_log_uniform
def shares_of(values, low, high, parts):
    """Share of the values in each of ``parts`` ranges of the same ratio, and outside low to high."""
    values = np.asarray(values, dtype=float)
    edges = np.linspace(np.log(low), np.log(high), parts + 1)
    edges[0], edges[-1] = edges[0] - 1e-4, edges[-1] + 1e-4  # single precision may step over an end
    places = np.log(np.maximum(values, 1e-300))
    shares = np.histogram(places, edges)[0] / max(values.size, 1)
    return {
        **{f"share in part {i} of {parts}": round(float(share), 4) for i, share in enumerate(shares, 1)},
        "share outside": round(float(1 - sum(shares)), 4),
    }


def sample_shape(student, low, high, size, rng):
    return list(np.shape(student.sample_log_uniform(low, high, size, rng)))


def sample_shares(student, low, high, size, parts, rng):
    return shares_of(student.sample_log_uniform(low, high, size, rng), low, high, parts)


def sample_facts(student, low, high, rng, twin, other):
    """What the generator decides: rng and twin have one seed, other has another."""
    first, again, different = (
        np.asarray(student.sample_log_uniform(low, high, 20, given)) for given in (rng, twin, other)
    )
    second = np.asarray(student.sample_log_uniform(low, high, 20, rng))
    return {
        "same seed, same values": np.array_equal(first, again),
        "another seed, other values": not np.array_equal(first, different),
        "second draw, other values": not np.array_equal(first, second),
        "no two values equal": np.unique(first).size == first.size,
        "in random order": bool(np.any(np.diff(first) < 0)),
    }


def sample_errors(student, ranges, rng):
    """What each range raises."""
    return {f"{low} to {high}": raised(student.sample_log_uniform, low, high, 3, rng) for low, high in ranges}


def shared(label, low, high, parts, seed):
    return probe(label, sample_shares, low, high, 6000, parts, Rng(seed)).within(0.045)


def sampled(draw):
    """``sample_log_uniform`` by ``draw(low, high, size, rng)`` after the check of the range, for the known mistakes."""

    def sample(low, high, size, rng):
        if not 0 < low < high:
            raise ValueError(f"the range is {low} to {high}, it should be 0 < low < high")
        return draw(low, high, size, rng)

    return sample


def normal_in_the_exponent(low, high, size, rng):
    middle, width = (np.log(low) + np.log(high)) / 2, np.log(high) - np.log(low)
    return np.exp(rng.normal(middle, width / 4, size))


def powers_of_ten(low, high, size, rng):
    return 10.0 ** rng.integers(round(np.log10(low)), round(np.log10(high)) + 1, size)


sample_log_uniform = Exercise(
    reference.sample_log_uniform,
    points=2,
    groups=(
        visible(
            "distribution",
            probe("the shape of 5 values", sample_shape, 0.1, 10.0, 5, Rng(0)),
            shared("0.001 to 1000, decade by decade", 1e-3, 1e3, 6, 1),
        ),
        visible("randomness", probe("rng decides, and nothing else", sample_facts, 1e-4, 1.0, Rng(2), Rng(2), Rng(3))),
        visible("impossible ranges", probe("0, turned, empty", sample_errors, [(0, 1), (2, 1), (1, 1)], Rng(4))),
        hidden(
            "other ranges",
            lambda rng: [
                shared("narrow", 0.02, 0.05, 4, seed_of(rng)),
                shared("across 1", float(rng.uniform(0.001, 0.1)), float(rng.uniform(10, 1000)), 4, seed_of(rng)),
                shared("large numbers only", 10, 10**6, 5, seed_of(rng)),
                shared("very wide", 1e-12, 1e12, 6, seed_of(rng)),
                probe("one value", sample_shape, 0.1, 10.0, 1, Rng(seed_of(rng))),
                probe("no value", sample_shape, 0.1, 10.0, 0, Rng(seed_of(rng))),
            ],
        ),
        hidden(
            "other seeds",
            lambda rng: [
                probe("rng decides", sample_facts, 1e-3, 0.1, Rng(s := seed_of(rng)), Rng(s), Rng(s + 1)),
                probe("more impossible ranges", sample_errors, [(-1, 1), (0, 0), (-2, -1), (1e-3, 1e-4)], Rng(0)),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "uniform-not-logarithmic",
            "Nearly all your values lie in the highest decade. Draw the exponent uniformly, not the value.",
            sampled(lambda low, high, size, rng: rng.uniform(low, high, size)),
        ),
        Misconception(
            "exponents-returned",
            "You return logarithms. What leads from a logarithm back to the number?",
            sampled(lambda low, high, size, rng: rng.uniform(np.log(low), np.log(high), size)),
        ),
        Misconception(
            "e-for-ten",
            "Your values reach neither end of the range. You take the logarithm to base 10 and come back with e.",
            sampled(lambda low, high, size, rng: np.exp(rng.uniform(np.log10(low), np.log10(high), size))),
        ),
        Misconception(
            "ten-for-e",
            "Many of your values lie outside the range: you take the natural logarithm and come back with a power of "
            "10.",
            sampled(lambda low, high, size, rng: 10.0 ** rng.uniform(np.log(low), np.log(high), size)),
        ),
        Misconception(
            "normal-in-the-exponent",
            "Your values crowd in the middle of the range. Every decade should be as likely as any other.",
            sampled(normal_in_the_exponent),
        ),
        Misconception(
            "whole-powers-only",
            "Your values are powers of 10, a handful of different ones. The exponent need not be a whole number.",
            sampled(powers_of_ten),
        ),
        Misconception(
            "grid-for-random",
            "Your values are a grid: evenly spaced, in order, the same every time. Draw the exponents from rng.",
            sampled(lambda low, high, size, rng: np.geomspace(low, high, size)),
        ),
        Misconception(
            "rng-ignored",
            OWN_GENERATOR,
            lambda low, high, size, rng: reference.sample_log_uniform(low, high, size, np.random.default_rng(0)),
        ),
        Misconception(
            "another-generator",
            OTHER_GENERATOR,
            sampled(lambda low, high, size, rng: np.exp(np.random.uniform(np.log(low), np.log(high), size))),
        ),
        Misconception(
            "bounds-unchecked",
            "A range has to begin above 0 and end above its beginning. Say so with a ValueError, before you draw.",
            lambda low, high, size, rng: np.exp(
                np.log(np.maximum(low, 1e-300))
                + (np.log(np.maximum(high, 1e-300)) - np.log(np.maximum(low, 1e-300))) * rng.random(size)
            ),
        ),
    ),
)

# ------------------------------------------------------------------------------------------- random_search
PEAK = Formula("lambda value: -abs(np.log10(value) - 1)")
WAVE = Formula("lambda value: float(np.sin(3 * np.log(value)))")
LOSSES = Formula("lambda value: -100 - value ** 2")


def pairs_of(history, trials):
    """The history as values and scores; `ValueError` unless it is a list of ``trials`` pairs."""
    pairs = np.asarray([tuple(pair) for pair in history], dtype=float)
    if pairs.shape != (trials, 2):
        raise ValueError(f"the history has shape {pairs.shape}, expected ({trials}, 2): a pair (value, score) a trial")
    return pairs.T


def history_shape(student, evaluate, low, high, trials, rng):
    return list(np.shape(student.random_search(evaluate, low, high, trials, rng)))


def history_facts(student, evaluate, low, high, trials, rng):
    """What holds for every search."""
    values, scores = pairs_of(student.random_search(evaluate, low, high, trials, rng), trials)
    right = [evaluate(value) if value > 0 else np.nan for value in values]
    return {
        "every value within the range": bool(np.all((values >= low * 0.9999) & (values <= high * 1.0001))),
        "every score is that of its value": bool(np.allclose(scores, right, rtol=1e-4, atol=1e-4)),
        "scores fall": bool(np.all(np.diff(scores) <= 0)),
        "scores rise": bool(np.all(np.diff(scores) >= 0)),
        "values fall": bool(np.all(np.diff(values) <= 0)),
        "values rise": bool(np.all(np.diff(values) >= 0)),
    }


def history_shares(student, evaluate, low, high, trials, parts, rng):
    values, _ = pairs_of(student.random_search(evaluate, low, high, trials, rng), trials)
    return shares_of(values, low, high, parts)


def history_randomness(student, evaluate, rng, twin, other):
    """What the generator decides: rng and twin have one seed, other has another."""

    def values(given):
        return np.sort(pairs_of(student.random_search(evaluate, 0.01, 100.0, 12, given), 12)[0])

    first, again, different = values(rng), values(twin), values(other)
    steps = np.diff(np.log(np.maximum(first, 1e-300)))
    return {
        "same seed, same values": np.array_equal(first, again),
        "another seed, other values": not np.array_equal(first, different),
        "second search, other values": not np.array_equal(first, values(rng)),
        "values evenly spaced": bool(np.allclose(steps, steps[0], rtol=1e-3)),
        "no two values equal": np.unique(first).size == first.size,
    }


def searched(label, low, high, parts, seed):
    return probe(label, history_shares, PEAK, low, high, 900, parts, Rng(seed)).within(0.11)


def search(draw=reference.sample_log_uniform, arrange=None):
    """``random_search`` with other draws, or with its pairs arranged otherwise, for the known mistakes."""

    def random_search(evaluate, low, high, trials, rng):
        pairs = [(value, evaluate(value)) for value in draw(low, high, trials, rng)]
        return arrange(pairs) if arrange else sorted(pairs, key=lambda pair: -pair[1])

    return random_search


random_search = Exercise(
    reference.random_search,
    points=2,
    groups=(
        visible(
            "every search",
            probe("7 trials, 7 pairs", history_shape, PEAK, 0.1, 10.0, 7, Rng(5)),
            probe("many peaks, 25 trials", history_facts, WAVE, 0.01, 100.0, 25, Rng(1)),
        ),
        visible("log-uniform values", searched("0.001 to 1000, decade by decade", 1e-3, 1e3, 6, 2)),
        visible("randomness", probe("rng decides, and nothing else", history_randomness, WAVE, Rng(3), Rng(3), Rng(4))),
        hidden(
            "other searches",
            lambda rng: [
                probe("many peaks", history_facts, WAVE, 1e-4, 10.0, int(rng.integers(20, 60)), Rng(seed_of(rng))),
                probe("one peak", history_facts, PEAK, 0.01, 100.0, 15, Rng(seed_of(rng))),
                probe("all scores negative", history_facts, LOSSES, 0.1, 10.0, 20, Rng(seed_of(rng))),
                probe("one trial", history_facts, PEAK, 0.1, 10.0, 1, Rng(seed_of(rng))),
                probe("a narrow range", history_facts, WAVE, 1.0, 1.5, 10, Rng(seed_of(rng))),
                searched("another range", 1e-6, 1.0, 4, seed_of(rng)),
                probe("other seeds", history_randomness, WAVE, Rng(s := seed_of(rng)), Rng(s), Rng(s + 1)),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "lowest-first",
            "Your list begins with the worst trial. A score is better the higher it is.",
            search(arrange=lambda pairs: sorted(pairs, key=lambda pair: pair[1])),
        ),
        Misconception(
            "order-of-the-draws",
            "Your trials come in the order in which they were made. Sort them by their scores.",
            search(arrange=lambda pairs: pairs),
        ),
        Misconception(
            "sorted-by-value",
            "You sort by the value. Sorting pairs looks at their first entry; the score is the second.",
            search(arrange=lambda pairs: sorted(pairs, reverse=True)),
        ),
        Misconception(
            "score-first",
            "Your pairs are (score, value). They should be (value, score).",
            search(arrange=lambda pairs: sorted(((score, value) for value, score in pairs), reverse=True)),
        ),
        Misconception(
            "best-trial-only",
            "You return the best pair alone. The other trials say where the range can be narrowed: return them all.",
            search(arrange=lambda pairs: max(pairs, key=lambda pair: pair[1])),
        ),
        Misconception(
            "uniform-not-logarithmic",
            "Nearly all your trials lie in the highest decade of the range. You have a function that treats decades "
            "alike.",
            search(lambda low, high, trials, rng: rng.uniform(low, high, trials)),
        ),
        Misconception(
            "grid-for-random",
            "Your values are a grid, the same every time. Draw them from rng.",
            search(lambda low, high, trials, rng: np.geomspace(low, high, trials)),
        ),
        Misconception(
            "rng-ignored",
            OWN_GENERATOR,
            search(
                lambda low, high, trials, rng: reference.sample_log_uniform(low, high, trials, np.random.default_rng(0))
            ),
        ),
        Misconception(
            "one-value-for-all",
            "All your trials have the same value. Each trial has to draw its own.",
            search(lambda low, high, trials, rng: np.repeat(reference.sample_log_uniform(low, high, 1, rng), trials)),
        ),
    ),
)

# -------------------------------------------------------------------------------------------- narrow_range
BOOK = [(0.01, 0.7), (10.0, 0.2), (0.1, 0.9), (0.001, 0.3), (1.0, 0.8)]
LOSS_HISTORY = [(0.5, -3.0), (2.0, -0.5), (0.02, -1.0), (7.0, -0.25), (0.1, -2.0), (3.0, -4.0)]


def random_history(rng, trials, shift=0.0):
    """Trials in random order, no two scores alike."""
    scores = rng.permutation(trials) / trials + shift
    return [(float(value), float(score)) for value, score in zip(10 ** rng.uniform(-4, 2, trials), scores)]


def best_of(history, keep):
    return [value for value, _ in sorted(history, key=lambda pair: -pair[1])[:keep]]


def ends(values):
    return min(values), max(values)


narrow_range = Exercise(
    reference.narrow_range,
    points=1,
    returns=("low", "high"),
    groups=(
        visible(
            "the book's numbers",
            case("the best three of five", BOOK, 3),
            case("the best four of six, scores below 0", LOSS_HISTORY, 4),
        ),
        hidden(
            "other searches",
            lambda rng: [
                case("random order", random_history(rng, 20), int(rng.integers(4, 8))),
                case("scores below 0", random_history(rng, 15, -3.0), 5),
                case("best first", sorted(random_history(rng, 12), key=lambda pair: -pair[1]), 4),
                case("best last", sorted(random_history(rng, 12), key=lambda pair: pair[1]), 4),
                case("one kept", random_history(rng, 8), 1),
                case("all kept", random_history(rng, 8), 8),
                case(
                    "whole numbers", [(int(v), int(s)) for v, s in zip(rng.permutation(9) + 1, rng.permutation(9))], 4
                ),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "first-trials-kept",
            "You take the first trials of the list. It may come in any order: which ones have the highest scores?",
            lambda history, keep: ends([value for value, _ in history[:keep]]),
        ),
        Misconception(
            "worst-kept",
            "You keep the trials with the lowest scores.",
            lambda history, keep: ends([value for value, _ in sorted(history, key=lambda pair: pair[1])[:keep]]),
        ),
        Misconception(
            "largest-values-kept",
            "You keep the largest values. Sorting pairs looks at their first entry; the score is the second.",
            lambda history, keep: ends([value for value, _ in sorted(history, reverse=True)[:keep]]),
        ),
        Misconception(
            "range-of-scores",
            "Your ends are scores. Asked are the values that scored so well.",
            lambda history, keep: ends(sorted((score for _, score in history), reverse=True)[:keep]),
        ),
        Misconception(
            "nothing-narrowed",
            "Your range spans all values that were tried. Only the best `keep` count.",
            lambda history, keep: ends([value for value, _ in history]),
        ),
        Misconception(
            "best-and-last-kept",
            "You return the value of the best trial and that of the last one kept. The smallest and the largest value "
            "may stand anywhere among them.",
            lambda history, keep: (best_of(history, keep)[0], best_of(history, keep)[-1]),
        ),
        Misconception(
            "ends-swapped",
            "Your ends are exchanged: (low, high), the smaller first.",
            lambda history, keep: ends(best_of(history, keep))[::-1],
        ),
    ),
)

EXERCISES = (
    train_val_test_split,
    k_fold_indices,
    cross_validate,
    standardize_features,
    sample_log_uniform,
    random_search,
    narrow_range,
)
