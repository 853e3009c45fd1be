"""What right answers in chapter ``initialization`` are.

Random weights are judged by their statistics. 20,000 of them know their standard deviation to 0.5 %, their mean
to 0.7 % of a standard deviation and their kurtosis to 0.035; the tolerances are seven times what these errors,
the student's and the reference's together, add up to, and more.
"""

import numpy as np

from solutions import initialization as reference

from ..judging.plain import Formula, Rng
from ..judging.vocabulary import Exercise, Misconception, case, hidden, probe, visible

WIDENING, FUNNEL, SQUARE = (80, 250), (2000, 10), (150, 150)  # layers of 20,000 weights and more
MOMENTS, KURTOSIS, ENDS = 0.07, 0.4, 0.01  # tolerances; of the first in standard deviations, of the last in limits
RELU = Formula("lambda z: np.maximum(z, 0)")
SIGMOID = Formula("lambda z: 1 / (1 + np.exp(-z))")
TANH = Formula("lambda z: np.tanh(z)")
IDENTITY = Formula("lambda z: z")


# --------------------------------------------------------------------------- what the initializers share
def weights_of(student, name, args, rng):
    """The weights that the student's initializer draws."""
    return np.asarray(getattr(student, name)(*args, rng), dtype=float)


def shape_of(student, name, args, rng):
    """The shape of the weights."""
    return list(np.shape(getattr(student, name)(*args, rng)))


def moments_of(student, name, args, rng):
    """Mean and standard deviation of the weights."""
    w = weights_of(student, name, args, rng)
    return {"mean": float(w.mean()), "standard deviation": float(w.std())}


def kurtosis_of(student, name, args, rng):
    """Fourth moment of the standardised weights: it tells distributions of one variance apart."""
    w = weights_of(student, name, args, rng)
    w = w - w.mean()
    return {"kurtosis (normal 3, uniform 1.8)": float(np.mean(w**4) / max(np.mean(w**2) ** 2, 1e-300))}


def ends_of(student, name, args, rng):
    """The smallest and the largest weight."""
    w = weights_of(student, name, args, rng)
    return {"smallest": float(w.min()), "largest": float(w.max())}


def randomness_of(student, name, args, rng, twin, other):
    """What the generator decides: rng and twin have one seed, other has another."""
    first, again, different = (weights_of(student, name, args, given) for given in (rng, twin, other))
    second = weights_of(student, name, args, rng)
    return {
        "same seed, same weights": bool(np.array_equal(first, again)),
        "another seed, other weights": not np.array_equal(first, different),
        "second draw, other weights": not np.array_equal(first, second),
        "no two weights of a layer equal": bool(np.unique(first).size == first.size),
    }


def draws(name, std, distribution="normal", settings=()):
    """The groups of cases of one initializer.

    std: the right standard deviation, ``std(n_in, n_out)``. settings: arguments between n_out and rng.
    """

    def args(shape):
        return (*shape, *settings)

    def moments(label, shape, seed):
        return probe(label, moments_of, name, args(shape), Rng(seed)).within(MOMENTS * std(*shape))

    def form(seed, shape=WIDENING):
        label = f"a {distribution} distribution"
        cases = [probe(label, kurtosis_of, name, args(shape), Rng(seed)).within(KURTOSIS)]
        if distribution == "uniform":
            limit = np.sqrt(3) * std(*shape)
            cases.append(probe("its two ends", ends_of, name, args(shape), Rng(seed)).within(ENDS * limit))
        return cases

    def randomness(seed):
        label = "rng decides, and nothing else"
        return probe(label, randomness_of, name, args((4, 6)), Rng(seed), Rng(seed), Rng(seed + 1))

    return (
        visible(
            "shape",
            probe("the shape of weights from 2 to 5 units", shape_of, name, args((2, 5)), Rng(1)),
            probe("the shape of weights from 4 to 1 unit", shape_of, name, args((4, 1)), Rng(2)),
        ),
        visible(
            "mean and standard deviation",
            moments("a layer from 80 to 250 units", WIDENING, 3),
            moments("a layer from 150 to 150 units", SQUARE, 4),
        ),
        visible("distribution", *form(5)),
        visible("randomness", randomness(6)),
        hidden(
            "other layers",
            lambda rng: [
                moments("a layer from 2000 to 10 units", FUNNEL, int(rng.integers(2**31))),
                moments("a layer from 10 to 2000 units", FUNNEL[::-1], int(rng.integers(2**31))),
                moments("a layer of random shape", random_layer(rng), int(rng.integers(2**31))),
                probe("the shape of one weight", shape_of, name, args((1, 1)), Rng(int(rng.integers(2**31)))),
            ],
        ),
        hidden("distribution, other draws", lambda rng: form(int(rng.integers(2**31)), FUNNEL)),
        hidden("randomness, other seeds", lambda rng: [randomness(int(rng.integers(2**31)))]),
    )


def random_layer(rng):
    """n_in and n_out, 20,000 weights or a little more."""
    n_in = int(rng.integers(60, 400))
    return n_in, 20_000 // n_in + 1


def normal(std):
    """An initializer ``(n_in, n_out, rng)`` of normal weights of this standard deviation, for the known mistakes."""
    return lambda n_in, n_out, rng: rng.normal(0, std(n_in, n_out), (n_in, n_out))


def uniform(limit):
    """An initializer ``(n_in, n_out, rng)`` of weights between −limit and limit, for the known mistakes."""

    def initializer(n_in, n_out, rng):
        a = limit(n_in, n_out)
        return rng.uniform(-a, a, (n_in, n_out))

    return initializer


def xavier_std(n_in, n_out):
    return np.sqrt(2 / (n_in + n_out))


def he_std(n_in, n_out):
    return np.sqrt(2 / n_in)


TRANSPOSED = "Your matrix is turned. A layer is x @ w with x of shape (N, n_in): how many rows must w have?"
OWN_GENERATOR = (
    "Your weights are the same whatever generator is passed in. Then nobody can repeat a training with another "
    "seed, and layers of one shape start alike. Draw from rng."
)
OTHER_GENERATOR = (
    "Two generators of one seed give you different weights, so a run cannot be repeated. Where else than from rng "
    "does your randomness come?"
)
DEVIATION_FOR_VARIANCE = (
    "Your weights are too large. The slide writes a root after Var(W), but the root is the standard deviation, and you "
    "have taken the root of it once more. Check with n · Var(W) = 1 for a square layer."
)
VARIANCE_FOR_DEVIATION = (
    "Your weights are too small. You draw with the variance where the generator asks for a standard deviation."
)

# ------------------------------------------------------------------------------------- normal_initializer
STD = 0.2  # not 1, whose root and square it is itself

normal_initializer = Exercise(
    reference.normal_initializer,
    points=1,
    groups=(
        *draws("normal_initializer", lambda n_in, n_out: STD, settings=(STD,)),
        hidden(
            "other standard deviations",
            lambda rng: [
                probe(
                    f"standard deviation {std:.4g}",
                    moments_of,
                    "normal_initializer",
                    (*WIDENING, std),
                    Rng(int(rng.integers(2**31))),
                ).within(MOMENTS * std)
                for std in (1, 0.01, float(rng.uniform(2, 5)))
            ],
        ),
        hidden("no spread at all", lambda rng: [case("standard deviation 0", 3, 4, 0.0, Rng(0))], weight=0.5),
    ),
    misconceptions=(
        Misconception(
            "std-taken-for-variance",
            "Your weights spread too far for a std below 1, and not far enough for one above. The argument std is the "
            "standard deviation already: no root is needed.",
            lambda n_in, n_out, std, rng: rng.normal(0, np.sqrt(std), (n_in, n_out)),
        ),
        Misconception(
            "variance-for-std",
            "Your weights don't spread far enough for a std below 1, and too far for one above. NumPy's normal asks "
            "for the standard deviation, not for the variance.",
            lambda n_in, n_out, std, rng: rng.normal(0, std**2, (n_in, n_out)),
        ),
        Misconception(
            "std-forgotten",
            "The spread of your weights is 1 whatever std is asked for.",
            lambda n_in, n_out, std, rng: rng.standard_normal((n_in, n_out)),
        ),
        Misconception(
            "uniform-for-normal",
            "Mean and standard deviation are right, but no weight is far out: you draw from a uniform distribution.",
            lambda n_in, n_out, std, rng: rng.uniform(-np.sqrt(3) * std, np.sqrt(3) * std, (n_in, n_out)),
        ),
        Misconception(
            "units-alike",
            "All units of your layer get the same weights, so they will compute and learn the same. Draw every entry "
            "on its own.",
            lambda n_in, n_out, std, rng: rng.normal(0, std, (n_in, 1)) * np.ones(n_out),
        ),
        Misconception("transposed", TRANSPOSED, lambda n_in, n_out, std, rng: rng.normal(0, std, (n_out, n_in))),
        Misconception(
            "own-generator",
            OWN_GENERATOR,
            lambda n_in, n_out, std, rng: np.random.default_rng(0).normal(0, std, (n_in, n_out)),
        ),
        Misconception(
            "other-generator",
            OTHER_GENERATOR,
            lambda n_in, n_out, std, rng: np.random.normal(0, std, (n_in, n_out)),
        ),
    ),
)

# ------------------------------------------------------------------------------------------ xavier_normal
xavier_normal = Exercise(
    reference.xavier_normal,
    points=2,
    groups=draws("xavier_normal", xavier_std),
    misconceptions=(
        Misconception(
            "variance-is-the-std",
            DEVIATION_FOR_VARIANCE,
            normal(lambda n_in, n_out: np.sqrt(xavier_std(n_in, n_out))),
        ),
        Misconception(
            "variance-for-std",
            VARIANCE_FOR_DEVIATION,
            normal(lambda n_in, n_out: xavier_std(n_in, n_out) ** 2),
        ),
        Misconception(
            "only-the-inputs",
            "You count the inputs of the layer only. Xavier's rule is a compromise between the way forward and the "
            "way back.",
            normal(lambda n_in, n_out: np.sqrt(1 / n_in)),
        ),
        Misconception(
            "he-for-xavier",
            "This is He's rule. Its factor 2 makes up for what a ReLU takes away; Xavier's rule has no ReLU in mind.",
            normal(he_std),
        ),
        Misconception(
            "sum-for-average",
            "You divide by the sum of n_in and n_out. Which number of units lies between the two?",
            normal(lambda n_in, n_out: np.sqrt(1 / (n_in + n_out))),
        ),
        Misconception(
            "uniform-for-normal",
            "Mean and standard deviation are right, but no weight is far out: this is the uniform form of the rule.",
            uniform(lambda n_in, n_out: np.sqrt(3) * xavier_std(n_in, n_out)),
        ),
        Misconception(
            "transposed",
            TRANSPOSED,
            lambda n_in, n_out, rng: rng.normal(0, xavier_std(n_in, n_out), (n_out, n_in)),
        ),
        Misconception(
            "own-generator",
            OWN_GENERATOR,
            lambda n_in, n_out, rng: np.random.default_rng(0).normal(0, xavier_std(n_in, n_out), (n_in, n_out)),
        ),
    ),
)

# ----------------------------------------------------------------------------------------- xavier_uniform
xavier_uniform = Exercise(
    reference.xavier_uniform,
    points=2,
    groups=draws("xavier_uniform", xavier_std, "uniform"),
    misconceptions=(
        Misconception(
            "variance-is-the-std",
            DEVIATION_FOR_VARIANCE,
            uniform(lambda n_in, n_out: np.sqrt(3 * xavier_std(n_in, n_out))),
        ),
        Misconception(
            "limit-is-the-std",
            "Your weights end at one standard deviation. Those of a uniform distribution spread further: what is the "
            "variance of numbers drawn uniformly between −a and a?",
            uniform(xavier_std),
        ),
        Misconception(
            "normal-for-uniform",
            "Mean and standard deviation are right, but some weights are far out: this is the normal form of the rule.",
            normal(xavier_std),
        ),
        Misconception(
            "positive-only",
            "All your weights are positive. The distribution should have mean 0.",
            lambda n_in, n_out, rng: rng.uniform(0, np.sqrt(3) * xavier_std(n_in, n_out), (n_in, n_out)),
        ),
        Misconception(
            "sum-for-average",
            "The variance of your weights is half of what it should be. Is it 2 or 1 that n_in + n_out divides?",
            uniform(lambda n_in, n_out: np.sqrt(3 / (n_in + n_out))),
        ),
        Misconception(
            "only-the-inputs",
            "You count the inputs of the layer only. Xavier's rule is a compromise between the way forward and the "
            "way back.",
            uniform(lambda n_in, n_out: np.sqrt(3 / n_in)),
        ),
    ),
)

# ---------------------------------------------------------------------------------------------- he_normal
he_normal = Exercise(
    reference.he_normal,
    points=2,
    groups=draws("he_normal", he_std),
    misconceptions=(
        Misconception(
            "variance-is-the-std",
            "Your weights are too large. The slide writes a root after Var(W), but the root is the standard deviation, "
            "and you have taken the root of it once more. Check with ½ · n_in · Var(W) = 1.",
            normal(lambda n_in, n_out: np.sqrt(he_std(n_in, n_out))),
        ),
        Misconception(
            "variance-for-std",
            VARIANCE_FOR_DEVIATION,
            normal(lambda n_in, n_out: he_std(n_in, n_out) ** 2),
        ),
        Misconception(
            "xavier-for-he",
            "This is Xavier's rule. He's looks at the inputs of the layer only.",
            normal(xavier_std),
        ),
        Misconception(
            "outputs-for-inputs",
            "You count the outputs of the layer. How many terms has the sum that arrives at one unit?",
            normal(lambda n_in, n_out: np.sqrt(2 / n_out)),
        ),
        Misconception(
            "factor-two-forgotten",
            "Your variance makes n_in · Var(W) = 1. Which share of the mean square does a ReLU let through?",
            normal(lambda n_in, n_out: np.sqrt(1 / n_in)),
        ),
        Misconception(
            "uniform-for-normal",
            "Mean and standard deviation are right, but no weight is far out: you draw from a uniform distribution.",
            uniform(lambda n_in, n_out: np.sqrt(3) * he_std(n_in, n_out)),
        ),
    ),
)


# ------------------------------------------------------------------------------------- forward_statistics
def layers_of(x, weights, activation, passed_on=True):
    """Sums and activations of every layer, for the known mistakes."""
    a, sums, outputs = x, [], []
    for w in weights:
        sums.append((a if passed_on else x) @ w)
        a = activation(sums[-1])
        outputs.append(a)
    return sums, outputs


def statistics(layers, spread=np.std):
    """Means and spreads, for the known mistakes."""
    return np.array([np.mean(a) for a in layers]), np.array([spread(a) for a in layers])


def random_layers(rng, widths, std=None):
    """Weights between layers of these widths."""
    return [rng.normal(0, std or np.sqrt(2 / n), (n, m)) for n, m in zip(widths[:-1], widths[1:])]


CORNER_INPUT = np.array([[1.0, 0.0], [0.0, 1.0]])
SMALL_LAYERS = [np.array([[1.0, -1.0], [2.0, 0.5]]), np.array([[1.0], [1.0]])]
FIXED_INPUT = np.array([[0.5, -1.0, 2.0], [1.5, 0.0, -0.5], [-2.0, 1.0, 0.25], [0.0, -0.5, 1.0]])
FIXED_LAYERS = [
    np.array([[1.0, -0.5, 0.0], [0.5, 1.0, -1.0], [-1.0, 0.5, 2.0]]),
    np.array([[-1.0, 2.0, 0.5], [0.5, -0.5, 1.0], [1.0, 1.5, -2.0]]),
]

forward_statistics = Exercise(
    reference.forward_statistics,
    points=2,
    returns=("means", "stds"),
    groups=(
        visible(
            "the book's numbers",
            case("two small layers of ReLU", CORNER_INPUT, SMALL_LAYERS, RELU),
        ),
        visible(
            "other activations",
            case("two layers of sigmoid", FIXED_INPUT, FIXED_LAYERS, SIGMOID),
            case("two layers of tanh", FIXED_INPUT, FIXED_LAYERS, TANH),
        ),
        hidden(
            "deeper networks",
            lambda rng: [
                case("five layers of ReLU", rng.normal(0, 1, (40, 12)), random_layers(rng, [12] * 6), RELU),
                case("a narrowing network", rng.normal(0, 1, (30, 9)), random_layers(rng, [9, 7, 5, 3]), SIGMOID),
                case("small weights", rng.normal(0, 1, (30, 10)), random_layers(rng, [10] * 6, 0.01), SIGMOID),
                case("large weights", rng.normal(0, 1, (30, 10)), random_layers(rng, [10] * 4, 30.0), RELU),
            ],
        ),
        hidden(
            "small and whole",
            lambda rng: [
                case("one layer", rng.normal(0, 1, (5, 4)), random_layers(rng, [4, 3]), RELU),
                case("one sample", rng.normal(0, 1, (1, 4)), random_layers(rng, [4, 6, 2]), SIGMOID),
                case(
                    "whole numbers",
                    rng.integers(-3, 4, (6, 3)),
                    [rng.integers(-2, 3, (3, 4)), rng.integers(-2, 3, (4, 2))],
                    IDENTITY,
                ),
                case("all weights zero", rng.normal(0, 1, (6, 3)), [np.zeros((3, 4)), np.zeros((4, 2))], SIGMOID),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "not-passed-on",
            "Every layer of yours sees the input x. What does the second layer receive?",
            lambda x, weights, activation: statistics(layers_of(x, weights, activation, passed_on=False)[1]),
        ),
        Misconception(
            "before-the-activation",
            "These are the statistics of the sums x @ w. Asked are those of what leaves a layer.",
            lambda x, weights, activation: statistics(layers_of(x, weights, activation)[0]),
        ),
        Misconception(
            "activation-forgotten",
            "Your network is linear: the activation is never applied.",
            lambda x, weights, activation: statistics(layers_of(x, weights, lambda z: z)[1]),
        ),
        Misconception(
            "divided-by-n-minus-one",
            "Your standard deviations are a little too large. They should divide by the number of entries, not by one "
            "less.",
            lambda x, weights, activation: statistics(
                layers_of(x, weights, activation)[1], lambda a: np.sqrt(np.sum((a - a.mean()) ** 2) / (a.size - 1))
            ),
        ),
        Misconception(
            "variance-for-std",
            "Your means are right, and your spreads are variances. Asked are standard deviations.",
            lambda x, weights, activation: statistics(layers_of(x, weights, activation)[1], np.var),
        ),
        Misconception(
            "unit-by-unit",
            "You take the spread of each unit over the samples and average. Asked is the spread over all entries of a "
            "layer together, in which the units may differ too.",
            lambda x, weights, activation: statistics(
                layers_of(x, weights, activation)[1], lambda a: np.mean(np.std(a, axis=0))
            ),
        ),
        Misconception(
            "input-counted",
            "You have one value too many: the input itself is not among the layers.",
            lambda x, weights, activation: statistics([x, *layers_of(x, weights, activation)[1]]),
        ),
    ),
)

# ------------------------------------------------------------------------------------ saturation_fraction
saturation_fraction = Exercise(
    reference.saturation_fraction,
    points=1,
    groups=(
        visible(
            "the book's numbers",
            case("six outputs", np.array([[0.01, 0.3, 0.97], [0.5, 0.94, 0.0]])),
            case("the same with a margin of 0.1", np.array([[0.01, 0.3, 0.97], [0.5, 0.94, 0.0]]), 0.1),
        ),
        visible("the margin itself", case("outputs at 1/4 and 3/4", np.array([0.25, 0.75, 0.125, 0.5]), 0.25)),
        hidden(
            "other outputs",
            lambda rng: [
                case("random outputs", rng.uniform(0, 1, (20, int(rng.integers(3, 9))))),
                case("outputs of one sample", rng.beta(0.2, 0.2, 30)),
                case("three axes", rng.uniform(0, 1, (2, 3, 5)), 0.3),
                case("the margin by name", rng.beta(0.2, 0.5, (10, 4)), margin=0.2),
                case("the default given", rng.beta(0.2, 0.5, (10, 4)), margin=0.05),
            ],
        ),
        hidden(
            "extremes",
            lambda rng: [
                case("all saturated", rng.integers(0, 2, (5, 4))),
                case("none saturated", rng.uniform(0.2, 0.8, (5, 4))),
                case("one output", np.array([[1.0]])),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "lower-end-only",
            "You count the outputs near 0. A sigmoid is flat at its other end too.",
            lambda activations, margin=0.05: np.mean(np.asarray(activations) < margin),
        ),
        Misconception(
            "upper-end-only",
            "You count the outputs near 1. A sigmoid is flat at its other end too.",
            lambda activations, margin=0.05: np.mean(np.asarray(activations) > 1 - margin),
        ),
        Misconception(
            "count-for-share",
            "You return how many outputs are saturated. Which share of all is that?",
            lambda activations, margin=0.05: np.sum((activations < margin) | (activations > 1 - margin)),
        ),
        Misconception(
            "active-share",
            "You return the share of outputs that are *not* saturated.",
            lambda activations, margin=0.05: np.mean((activations >= margin) & (activations <= 1 - margin)),
        ),
        Misconception(
            "margin-ignored",
            "Your answer doesn't change with the margin. Use the argument in place of 0.05.",
            lambda activations, margin=0.05: np.mean((activations < 0.05) | (activations > 0.95)),
        ),
        Misconception(
            "edges-counted",
            "An output of exactly the margin counts in yours. It should lie below the margin, or above 1 − margin.",
            lambda activations, margin=0.05: np.mean((activations <= margin) | (activations >= 1 - margin)),
        ),
        Misconception(
            "unit-by-unit",
            "You return one share for each unit. Asked is one number for the whole layer.",
            lambda activations, margin=0.05: np.mean((activations < margin) | (activations > 1 - margin), axis=0),
        ),
    ),
)


# ----------------------------------------------------------------------------------------- distinct_units
def first_of_kind(columns, alike):
    """How many columns are left if those that are alike count once, for the known mistakes."""
    kept = []
    for column in columns:
        if not any(alike(column, other) for other in kept):
            kept.append(column)
    return len(kept)


def some_alike(rng, n_in, kinds, units, noise=0.0):
    """A layer of ``units`` units of ``kinds`` kinds, in random order; noise: relative, within a kind."""
    different = rng.normal(0, 1, (n_in, kinds))
    of_kind = rng.permutation(np.arange(units) % kinds)
    return different[:, of_kind] * (1 + noise * rng.uniform(-1, 1, (n_in, units)))


PAIRS = np.array([[1.0, 2.0, 1.0, -1.0, 2.0, 3.0], [0.5, -1.0, 0.5, -0.5, -1.0, 0.5]])
ROUNDED = np.array([[0.3, 0.1 + 0.2, 0.7], [0.8, 0.8, 0.1 + 0.7]])

distinct_units = Exercise(
    reference.distinct_units,
    points=2,
    groups=(
        visible(
            "the book's numbers",
            case("six units, some alike", PAIRS),
            case("all zeros", np.zeros((3, 4))),
        ),
        visible("rounding", case("0.3 and 0.1 + 0.2", ROUNDED)),
        hidden(
            "random layers",
            lambda rng: [
                case("all different", rng.normal(0, 1, (4, 7))),
                case("some alike", some_alike(rng, 3, int(rng.integers(3, 6)), 11)),
                case("two kinds of many", some_alike(rng, 5, 2, 20)),
                case("more inputs than units", some_alike(rng, 30, 3, 5)),
                case("alike up to rounding", some_alike(rng, 6, 4, 12, noise=1e-13)),
                case("differing in one weight", np.ones((5, 5)) + np.eye(5) * rng.integers(1, 4, 5)),
            ],
        ),
        hidden(
            "extremes",
            lambda rng: [
                case("a single unit", rng.normal(0, 1, (4, 1))),
                case("all the same", rng.normal(0, 1, (4, 1)) * np.ones(6)),
                case("a single input", np.array([[2.0, -1.0, 2.0, 0.0, 5.0, -1.0]])),
                case("whole numbers", rng.integers(0, 2, (2, 9))).as_floats(),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "rows-for-columns",
            "You compare the rows of w. The weights of one unit are a column: x @ w makes one output from each.",
            lambda w: first_of_kind(np.asarray(w), np.allclose),
        ),
        Misconception(
            "exact-equality",
            "0.1 + 0.2 is not 0.3 in floating point. Units that differ by rounding only should count as one.",
            lambda w: np.unique(w, axis=1).shape[1],
        ),
        Misconception(
            "numbers-counted",
            "You count different numbers. Two units are the same only if all of their weights are.",
            lambda w: len(np.unique(np.round(w, 8))),
        ),
        Misconception(
            "only-against-the-first",
            "You compare every unit with the first one. Units that differ from it may still equal each other.",
            lambda w: 1 + sum(not np.allclose(column, np.asarray(w)[:, 0]) for column in np.asarray(w).T),
        ),
        Misconception(
            "only-against-the-neighbour",
            "You compare every unit with the one before it. Equal units need not stand side by side.",
            lambda w: 1 + sum(not np.allclose(a, b) for a, b in zip(np.asarray(w).T[1:], np.asarray(w).T[:-1])),
        ),
        Misconception(
            "rank-for-number",
            "The rank counts independent directions. A unit with twice the weights of another, or with their negative, "
            "is a different unit.",
            lambda w: int(np.linalg.matrix_rank(w)),
        ),
        Misconception(
            "one-weight-enough",
            "You take two units for the same as soon as one of their weights agrees. All of them have to.",
            lambda w: first_of_kind(np.asarray(w).T, lambda a, b: np.isclose(a, b).any()),
        ),
    ),
)

EXERCISES = (
    normal_initializer,
    xavier_normal,
    xavier_uniform,
    he_normal,
    forward_statistics,
    saturation_fraction,
    distinct_units,
)
