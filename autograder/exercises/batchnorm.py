"""What right answers in chapter ``batchnorm`` are."""

from functools import partial

import numpy as np

from solutions import batchnorm as reference

from ..judging.vocabulary import Exercise, case, hidden, misconceptions, probe, table, visible

BY_VARIANCE = "You divide by the variance. It has the square of the feature's unit: what has the unit itself?"
EPS_OUTSIDE = "Your eps is added to the root. It is added to the variance, before the root is taken."
NO_EPS = "A feature that does not vary has variance 0, and you divide by zero. What is eps for?"
UNBIASED = "Your variance divides by N − 1. It is a variance of this very batch, no estimate for another: divide by N."
WHOLE = "You take one mean and one deviation of the whole array. Every feature, every column, has its own."
ACROSS = "You normalize each sample, along its row. The statistics of a feature run over the samples, down its column."
IN_PLACE = (
    "The values are right, but an array that was handed in has changed too. Operators such as *= and -= write into "
    "the array on their left: make a new one."
)

# Four samples of two features with means 5 and 30, standard deviations 2 and 20.
BATCH = np.array([[3.0, 10.0], [7.0, 50.0], [3.0, 50.0], [7.0, 10.0]])
SAMPLES = np.array([[1.0, -0.2], [2.0, 0.3], [4.5, 0.5]])
CONSTANT = np.array([[2.0, 4.0], [2.0, -1.0], [2.0, 2.0]])  # its first feature does not vary
SMALL = np.array([[0.01, 2.0], [-0.02, 1.0], [0.03, -1.0]])  # eps counts in its first feature


def random_features(rng, samples, features, size=1.0):
    """Features of different scales, with means that are not 0."""
    scales, shifts = rng.uniform(0.5, 2, features), rng.uniform(0.5, 1, features) * rng.choice([-1, 1], features)
    return size * scales * (rng.normal(0, 1, (samples, features)) + shifts)


def whole_features(rng, samples, features):
    """Whole numbers of which no feature is constant."""
    x = rng.integers(-9, 10, (samples, features))
    x[:2] = [[-10], [11]]
    return x


def feature_shapes(rng):
    """Cases of features of several shapes."""
    shapes = {
        "one feature": (7, 1),
        "three samples": (3, 5),
        "any shape": rng.integers((4, 2), (12, 6)).tolist(),
        "a large batch": (50, 4),
    }
    whole = case("whole numbers", whole_features(rng, 6, 4)).as_floats()
    return [*table(lambda n, d: (random_features(rng, n, d),), shapes), whole]


# -------------------------------------------------------------------------------------- min_max_normalize
def stretched(x):
    low = x.min(axis=0)
    span = x.max(axis=0) - low
    return (x - low) / np.where(span == 0, 1, span)


min_max_normalize = Exercise(
    reference.min_max_normalize,
    points=1,
    groups=(
        visible(
            "the book's numbers",
            case("two features", np.array([[3.0, 10.0], [7.0, 50.0], [4.0, 20.0]])),
            case("some of them negative", SAMPLES),
        ),
        visible("a feature that does not vary", case("the first is always 2", CONSTANT), weight=0.3),
        hidden(
            "other shapes",
            lambda rng: [
                *feature_shapes(rng),
                case("all negative", -np.abs(random_features(rng, 6, 3)) - 1),
            ],
        ),
        hidden(
            "extreme numbers",
            lambda rng: [
                case("huge numbers", random_features(rng, 5, 3, size=1e15)),
                case("one sample", random_features(rng, 1, 4)),
                case("all the same", np.full((4, 3), float(rng.integers(-5, 0)))),
                case("all zero", np.zeros((3, 2))),
            ],
            weight=0.5,
        ),
    ),
    misconceptions=misconceptions(
        stretched,
        {
            "range-of-all": (
                "One feature fills the whole range, the others a part of it. Each has a minimum and a maximum of its "
                "own.",
                "x.min(axis=0) → x.min()",
                "x.max(axis=0) → x.max()",
            ),
            "along-the-samples": (
                "You stretch each row. The range of a feature is that of its column.",
                "x.min(axis=0) → x.min(axis=1, keepdims=True)",
                "x.max(axis=0) → x.max(axis=1, keepdims=True)",
            ),
            "minimum-not-subtracted": (
                "Your largest value is 1, but the smallest is not 0. What has to happen before the division?",
                "(x - low) / np.where(span == 0, 1, span) → x / x.max(axis=0)",
            ),
            "divided-by-maximum": (
                "Your smallest value is 0, but the largest is not 1. How far is it from the minimum to the maximum?",
                "np.where(span == 0, 1, span) → x.max(axis=0)",
            ),
            "constant-divides-by-zero": (
                "Where a feature does not vary its range is 0, and you divide by it. Such a feature becomes 0.",
                "np.where(span == 0, 1, span) → span",
            ),
            "from-minus-one-to-one": (
                "Your values run from −1 to 1. The range asked for starts at 0.",
                "return (x - low) → return -1 + 2 * (x - low)",
            ),
        },
    ),
)


# -------------------------------------------------------------------------------------------- standardize
def standardized(x, eps=1e-5):
    mean, var = x.mean(axis=0), x.var(axis=0)
    return (x - mean) / np.sqrt(var + eps)


standardize = Exercise(
    reference.standardize,
    points=1,
    groups=(
        visible(
            "the book's numbers",
            case("deviations of 2 and 20", BATCH),
        ),
        visible(
            "where eps counts",
            case("a feature that hardly varies", SMALL),
            case("a feature that does not vary, eps of 0.3", CONSTANT, eps=0.3),
        ),
        hidden(
            "other shapes",
            lambda rng: [
                *feature_shapes(rng),
                case("eps in its place", random_features(rng, 6, 3), float(rng.uniform(0.1, 2))),
            ],
        ),
        hidden(
            "extreme numbers",
            lambda rng: [
                case("huge numbers", random_features(rng, 5, 3, size=1e15)),
                case("tiny numbers", random_features(rng, 5, 3, size=1e-4)),
                case("one sample", np.round(random_features(rng, 1, 4))),
                case("all zero", np.zeros((4, 2))),
            ],
            weight=0.5,
        ),
    ),
    misconceptions=misconceptions(
        standardized,
        {
            "divides-by-variance": (BY_VARIANCE, "np.sqrt(var + eps) → (var + eps)"),
            "eps-outside-root": (EPS_OUTSIDE, "np.sqrt(var + eps) → (np.sqrt(var) + eps)"),
            "eps-forgotten": (NO_EPS, "np.sqrt(var + eps) → np.sqrt(var)"),
            "eps-fixed": (
                "You always take 1e-5, whatever eps is. The default is in the signature; use the argument.",
                "var + eps → var + 1e-5",
            ),
            "eps-10e-7": (
                "Your eps is 10e-7 whatever is asked for. That is 1e-6, ten times 1e-7, and here eps is an argument.",
                "var + eps → var + 10e-7",
            ),
            "unbiased-variance": (UNBIASED, "x.var(axis=0) → x.var(axis=0, ddof=1)"),
            "statistics-of-all": (WHOLE, "x.mean(axis=0), x.var(axis=0) → x.mean(), x.var()"),
            "along-the-samples": (
                ACROSS,
                "x.mean(axis=0), x.var(axis=0) → x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)",
            ),
            "mean-not-subtracted": (
                "Your features have the right spread, but their means are not 0.",
                "(x - mean) → x",
            ),
        },
    ),
)


# ------------------------------------------------------------------------------------- batchnorm_forward
GAMMA, BETA = np.array([1.0, 2.0]), np.array([0.0, -1.0])
START = np.zeros(2), np.ones(2)  # running mean and variance before the first batch
LATER = np.array([4.0, 25.0]), np.array([9.0, 225.0])
SCALES, SHIFTS = np.array([0.5, -1.5]), np.array([1.0, 0.5])


def layer_results(student, x, gamma, beta, running_mean, running_var, **settings):
    """What the student's layer returns; its cache is the student's own affair."""
    out, _, running_mean, running_var = student.batchnorm_forward(x, gamma, beta, running_mean, running_var, **settings)
    return {"out": out, "running_mean": running_mean, "running_var": running_var}


def two_batches_then_test(student, batches, gamma, beta, x, momentum):
    """Two batches of training hand the running statistics on, and a test uses them."""
    running = np.zeros(len(gamma)), np.ones(len(gamma))
    for batch in batches:
        _, _, *running = student.batchnorm_forward(batch, gamma, beta, *running, momentum=momentum)
    out, _, *running = student.batchnorm_forward(x, gamma, beta, *running, momentum=momentum, training=False)
    return {"out": out, "running_mean": running[0], "running_var": running[1]}


def random_layer(rng, samples, features, size=1.0, whole=False):
    """(x, gamma, beta, running_mean, running_var) of a layer of this shape."""
    x = whole_features(rng, samples, features) if whole else random_features(rng, samples, features, size)
    gamma = rng.uniform(0.5, 2, features) * rng.choice([-1, 1], features)
    return (
        x,
        gamma,
        rng.normal(0, 1, features),
        size * rng.normal(0, 1, features),
        size**2 * rng.uniform(0.5, 3, features),
    )


def random_test_sequence(rng):
    batches = [random_features(rng, 6, 3) for _ in range(2)]
    _, gamma, beta, _, _ = random_layer(rng, 2, 3)
    return probe(
        "two batches, then a test", two_batches_then_test, batches, gamma, beta, random_features(rng, 4, 3), 0.7
    )


def layer(x, gamma, beta, running_mean, running_var, momentum=0.9, eps=1e-5, training=True):
    if training:
        mean, var = x.mean(axis=0), x.var(axis=0)
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
    else:
        mean, var = running_mean, running_var
    out = gamma * (x - mean) / np.sqrt(var + eps) + beta
    return out, None, running_mean, running_var


MOVES = (
    "\nrunning_mean = momentum * running_mean + (1 - momentum) * x.mean(axis=0)"
    "\nrunning_var = momentum * running_var + (1 - momentum) * x.var(axis=0)"
)


batchnorm_forward = Exercise(
    reference.batchnorm_forward,
    points=3,
    returns=("out", "cache", "running_mean", "running_var"),
    groups=(
        visible(
            "a batch in training",
            probe("deviations of 2 and 20", layer_results, BATCH, GAMMA, BETA, *LATER),
        ),
        visible(
            "at test time",
            probe("one sample", layer_results, BATCH[:1], GAMMA, BETA, *LATER, training=False),
            probe("two batches, then a test", two_batches_then_test, [SAMPLES, SMALL], GAMMA, BETA, SMALL[:1], 0.5),
        ),
        visible(
            "where eps counts",
            probe(
                "a feature that does not vary, momentum of 0.5, eps of 0.3",
                layer_results,
                CONSTANT,
                SCALES,
                SHIFTS,
                *START,
                momentum=0.5,
                eps=0.3,
            ),
            probe(
                "at test time, variances of 0 and 0.1, eps of 0.3",
                layer_results,
                CONSTANT,
                SCALES,
                SHIFTS,
                np.array([1.0, 2.0]),
                np.array([0.0, 0.1]),
                eps=0.3,
                training=False,
            ),
            weight=0.5,
        ),
        hidden(
            "other shapes",
            lambda rng: [
                probe("one feature", layer_results, *random_layer(rng, 6, 1)),
                probe("three samples", layer_results, *random_layer(rng, 3, 4)),
                probe(
                    "any shape", layer_results, *random_layer(rng, int(rng.integers(4, 12)), int(rng.integers(2, 6)))
                ),
                probe("whole numbers", layer_results, *random_layer(rng, 6, 3, whole=True)).as_floats(),
                probe("defaults given", layer_results, *random_layer(rng, 6, 3), momentum=0.9, eps=1e-5, training=True),
                probe(
                    "another momentum", layer_results, *random_layer(rng, 6, 3), momentum=float(rng.uniform(0.1, 0.8))
                ),
            ],
        ),
        hidden(
            "at test time, other shapes",
            lambda rng: [
                probe("one sample", layer_results, *random_layer(rng, 1, 4), training=False),
                probe("any shape", layer_results, *random_layer(rng, int(rng.integers(4, 12)), 3), training=False),
                probe("whole numbers", layer_results, *random_layer(rng, 5, 3, whole=True), training=False).as_floats(),
                probe("eps at test time", layer_results, *random_layer(rng, 5, 3), eps=0.4, training=False),
                random_test_sequence(rng),
            ],
        ),
        hidden(
            "extreme numbers",
            lambda rng: [
                probe("huge numbers", layer_results, *random_layer(rng, 5, 3, size=1e12)),
                probe("tiny numbers", layer_results, *random_layer(rng, 5, 3, size=1e-3)),
                probe("all zero", layer_results, np.zeros((4, 2)), GAMMA, BETA, *START),
                probe("a running mean that stays", layer_results, *random_layer(rng, 5, 2), momentum=1.0),
                probe("no memory", layer_results, *random_layer(rng, 5, 2), momentum=0.0),
            ],
            weight=0.5,
        ),
    ),
    misconceptions=misconceptions(
        layer,
        {
            "divides-by-variance": (BY_VARIANCE, "np.sqrt(var + eps) → (var + eps)"),
            "eps-outside-root": (EPS_OUTSIDE, "np.sqrt(var + eps) → (np.sqrt(var) + eps)"),
            "eps-forgotten": (NO_EPS, "np.sqrt(var + eps) → np.sqrt(var)"),
            "eps-forgotten-at-test": (
                "In training your out is right; at test time your divisor lacks eps.",
                "mean, var = running_mean, running_var → mean, var, eps = running_mean, running_var, 0",
            ),
            "eps-outside-root-at-test": (
                "In training your out is right; at test time your eps is added to the root instead of the variance.",
                "np.sqrt(var + eps) → (np.sqrt(var + eps) if training else np.sqrt(var) + eps)",
            ),
            "unbiased-variance": (UNBIASED, "x.var(axis=0) → x.var(axis=0, ddof=1)"),
            "running-variance-unbiased": (
                "Your out is right. Your running variance takes in the batch's divided by N − 1, as PyTorch's does; "
                "here both divide by N.",
                "(1 - momentum) * var → (1 - momentum) * x.var(axis=0, ddof=1)",
            ),
            "momentum-of-the-new": (
                "Your running statistics forget too fast or too slowly. Here momentum is the share of the old value; "
                "PyTorch gives the name to that of the new.",
                "momentum * running_mean + (1 - momentum) → (1 - momentum) * running_mean + momentum",
                "momentum * running_var + (1 - momentum) → (1 - momentum) * running_var + momentum",
            ),
            "running-not-moved": (
                "Your running statistics stay where they were. Training moves them a little towards each batch.",
                "running_mean = momentum * running_mean + (1 - momentum) * mean → pass",
                "running_var = momentum * running_var + (1 - momentum) * var → pass",
            ),
            "running-deviation": (
                "Your running variance takes in standard deviations. Average variances, and take the root at test "
                "time.",
                "(1 - momentum) * var → (1 - momentum) * np.sqrt(var)",
            ),
            "batch-statistics-at-test": (
                "At test time your out depends on which samples stand in the batch. Use the running mean and variance.",
                "mean, var = running_mean, running_var → mean, var = x.mean(axis=0), x.var(axis=0)",
            ),
            "training-ignored": (
                "You do the same whether training is True or False. At test time nothing is measured and nothing "
                "moves.",
                "if training → if True",
            ),
            "running-moved-at-test": (
                "Your out is right, but at test time the running statistics move. A test must not teach the network.",
                "mean, var = running_mean, running_var → mean, var = running_mean, running_var" + MOVES,
            ),
            "running-in-training": (
                "In training you normalize with the running mean and variance. The batch has its own.",
                "out = gamma → mean, var = running_mean, running_var\nout = gamma",
            ),
            "along-the-samples": (
                ACROSS,
                "mean, var = x.mean(axis=0), x.var(axis=0)"
                "→ mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)",
            ),
            "gamma-beta-swapped": (
                "γ and β have changed places. Which one scales, and which one shifts?",
                "out = gamma → gamma, beta = beta, gamma\nout = gamma",
            ),
            "gamma-beta-forgotten": (
                "You return the normalized features. γ and β are to have the last word.",
                "gamma * (x - mean) / np.sqrt(var + eps) + beta → (x - mean) / np.sqrt(var + eps)",
            ),
            "gamma-beta-forgotten-at-test": (
                "In training your out is right; at test time you return the normalized features without γ and β.",
                "mean, var = running_mean, running_var → mean, var, gamma, beta = running_mean, running_var, 1, 0",
            ),
            "changes-its-input": (
                IN_PLACE,
                "running_mean = momentum → running_mean[:] = momentum",
                "running_var = momentum → running_var[:] = momentum",
            ),
        },
    ),
)


# ------------------------------------------------------------------------------------ batchnorm_backward
SLOPES = np.array([[1.0, -1.0], [0.5, 2.0], [-2.0, 0.5], [3.0, 1.0]])


def layer_gradients(student, x, gamma, beta, dout, **settings):
    """The gradients of a layer by the student's own forward and backward."""
    features = len(gamma)
    _, cache, _, _ = student.batchnorm_forward(x, gamma, beta, np.zeros(features), np.ones(features), **settings)
    dx, dgamma, dbeta = student.batchnorm_backward(dout, cache)
    return {"dx": dx, "dgamma": dgamma, "dbeta": dbeta}


def two_layers_back(student, x, gamma, beta, dout):
    """Two layers of normalisation: both go forward before one goes back, each with its own cache."""
    running = np.zeros(len(gamma)), np.ones(len(gamma))
    h, first, _, _ = student.batchnorm_forward(x, gamma, beta, *running)
    _, second, _, _ = student.batchnorm_forward(np.asarray(h) ** 2, beta, gamma, *running)
    dh, _, _ = student.batchnorm_backward(dout, second)
    dx, dgamma, _ = student.batchnorm_backward(2 * np.asarray(dh) * h, first)
    return {"dx": dx, "dgamma of the first": dgamma}


def random_gradients(rng, label, samples, features, whole=False, size=1.0, scale=1.0, **settings):
    """A layer of this shape with a gradient from above."""
    x, gamma, beta, _, _ = random_layer(rng, samples, features, size, whole)
    dout = rng.integers(-4, 5, x.shape) if whole else scale * rng.normal(0, 1, x.shape)
    drawn = probe(label, layer_gradients, x, gamma, beta, dout, **settings)
    return drawn.within(2e-5, 2e-5) if size == scale == 1 else drawn  # sums of either sign may come close to 0


def layer_back(dout, cache):
    centred, std, gamma = cache
    n, unit = len(centred), centred / std
    dgamma, dbeta = np.sum(dout * unit, axis=0), np.sum(dout, axis=0)
    dx = gamma / std * (dout - dbeta / n - unit * dgamma / n)
    return dx, dgamma, dbeta


batchnorm_backward = Exercise(
    reference.batchnorm_backward,
    points=3,
    returns=("dx", "dgamma", "dbeta"),
    uses=("batchnorm_forward",),
    groups=(
        visible(
            "the book's numbers",
            probe("deviations of 2 and 20", layer_gradients, BATCH, GAMMA, BETA, SLOPES),
            probe("one that moves all samples alike", layer_gradients, SAMPLES, SCALES, SHIFTS, np.ones((3, 2))),
        ),
        visible(
            "where eps counts",
            probe("a feature that does not vary", layer_gradients, CONSTANT, GAMMA, BETA, SLOPES[:3], eps=0.3),
            weight=0.5,
        ),
        hidden(
            "other shapes",
            lambda rng: [
                random_gradients(rng, "one feature", 6, 1),
                random_gradients(rng, "four samples", 4, 4),
                random_gradients(rng, "any shape", int(rng.integers(4, 12)), int(rng.integers(2, 6))),
                random_gradients(rng, "a large batch", 40, 5),
                random_gradients(rng, "whole numbers", 6, 3, whole=True).as_floats(),
                random_gradients(rng, "another eps", 6, 3, eps=float(rng.uniform(0.1, 1))),
                probe("two layers", two_layers_back, *random_layer(rng, 7, 3)[:3], rng.normal(0, 1, (7, 3))).within(
                    1e-4, 1e-4
                ),
            ],
        ),
        hidden(
            "extreme numbers",
            lambda rng: [
                random_gradients(rng, "no gradient", 5, 3, scale=0.0),
                random_gradients(rng, "huge gradients", 5, 3, scale=1e12),
                random_gradients(rng, "huge inputs", 5, 3, size=1e6),
                probe("all zero", layer_gradients, np.zeros((4, 2)), GAMMA, BETA, rng.normal(0, 1, (4, 2))),
            ],
            weight=0.5,
        ),
    ),
    misconceptions=misconceptions(
        layer_back,
        {
            "statistics-as-constants": (
                "You treat μ and σ as given numbers. Move one sample: mean and variance move too, and with them every "
                "other sample's output.",
                "(dout - dbeta / n - unit * dgamma / n) → dout",
            ),
            "mean-as-constant": (
                "A shift of all samples changes nothing, so each column of dx should sum to 0. Through what else does "
                "x act?",
                "dout - dbeta / n → dout",
            ),
            "variance-as-constant": (
                "Your dx counts the way through the mean, but not the one through the variance.",
                "dbeta / n - unit * dgamma / n → dbeta / n",
            ),
            "own-sample-only": (
                "You let a sample act on mean and variance, but only its own output feel it. The outputs of all "
                "samples change with them.",
                "dbeta / n - unit * dgamma / n → dout / n - unit**2 * dout / n",
            ),
            "count-forgotten": (
                "Your corrections for mean and variance are too large. A sample has only its share in either.",
                "dbeta / n - unit * dgamma / n → dbeta - unit * dgamma",
            ),
            "gamma-forgotten": (
                "Your dx is that of x̂ = out. On the way back, what does dout pass before it reaches x̂?",
                "gamma / std → 1 / std",
            ),
            "divides-by-variance": (
                "Your dx is divided by the variance. x̂ moves with x/σ: by what is its slope divided?",
                "gamma / std → gamma / std**2",
            ),
            "eps-forgotten": (
                "The forward divided by √(σ² + eps), your backward divides by σ. Put the divisor itself into the "
                "cache.",
                "n, unit = → std = np.sqrt(np.mean(centred**2, axis=0))\nn, unit =",
            ),
            "dgamma-not-normalised": (
                "Your dgamma weighs dout with x − μ. What is it that γ multiplies?",
                "return dx, dgamma → return dx, np.sum(dout * centred, axis=0)",
            ),
            "averaged": (
                "Your dgamma and dbeta are means over the batch. If the loss is a mean, dout brings its 1/N along "
                "already.",
                "return dx, dgamma, dbeta → return dx, dgamma / n, dbeta / n",
            ),
            "not-summed": (
                "Your dgamma and dbeta have a row for each sample. One γ acts on all of them: what becomes of its "
                "gradients?",
                "return dx, dgamma, dbeta → return dx, dout * unit, 1.0 * dout",
            ),
            "axis-of-one-kept": (
                "Your dgamma and dbeta are right, in an array of one row. γ and β have the shape (D,).",
                "return dx, dgamma, dbeta → return dx, dgamma[None], dbeta[None]",
            ),
        },
    ),
)


# ------------------------------------------------------------------------------------------ fold_batchnorm
W = np.array([[2.0, -1.0], [0.5, 3.0]])
B = np.array([0.5, -1.0])
WEIGHTS = np.array([[1.0, -2.0]])


def random_folding(rng, inputs, outputs, whole=False, size=1.0):
    """The arguments of a layer of this shape."""
    if whole:
        w, b, mean = (rng.integers(-4, 5, shape) for shape in ((inputs, outputs), (outputs,), (outputs,)))
        gamma, beta, var = rng.integers(1, 4, outputs), rng.integers(-3, 4, outputs), rng.integers(1, 10, outputs)
        return w, b, gamma, beta, mean, var
    w, b = size * rng.normal(0, 1, (inputs, outputs)), size * rng.normal(0, 1, outputs)
    _, gamma, beta, mean, var = random_layer(rng, 2, outputs, size)
    return w, b, gamma, beta, mean, var


def folded(w, b, gamma, beta, mean, var, eps=1e-5):
    scale = gamma / np.sqrt(var + eps)
    return w * scale, (b - mean) * scale + beta


fold_batchnorm = Exercise(
    reference.fold_batchnorm,
    points=2,
    returns=("w", "b"),
    groups=(
        visible(
            "the book's numbers",
            case("deviations of 2 and 10", W, B, GAMMA, BETA, np.array([5.0, 10.0]), np.array([4.0, 100.0])),
            case("one input", WEIGHTS, B, SCALES, SHIFTS, *LATER),
        ),
        visible(
            "where eps counts",
            case(
                "a unit without variance, eps of 0.5",
                *(W, B, GAMMA, BETA),
                *(np.array([1.0, 2.0]), np.array([0.0, 4.0])),
                eps=0.5,
            ),
            weight=0.5,
        ),
        hidden(
            "other shapes",
            lambda rng: [
                case("one input", *random_folding(rng, 1, 4)),
                case("one unit", *random_folding(rng, 4, 1)),
                case("a square", *random_folding(rng, 3, 3)),
                case("any shape", *random_folding(rng, int(rng.integers(5, 9)), int(rng.integers(2, 5)))),
                case("whole numbers", *random_folding(rng, 3, 4, whole=True)).as_floats(),
                case("another eps", *random_folding(rng, 3, 4), eps=float(rng.uniform(0.1, 1))),
            ],
        ),
        hidden(
            "extreme numbers",
            lambda rng: [
                case("huge numbers", *random_folding(rng, 3, 2, size=1e12)),
                case("nothing to do", W, B, np.ones(2), np.zeros(2), np.zeros(2), np.ones(2), 0.0),
                case("γ of zero", W, B, np.zeros(2), BETA, rng.normal(0, 1, 2), rng.uniform(1, 2, 2)),
            ],
            weight=0.5,
        ),
    ),
    misconceptions=misconceptions(
        folded,
        {
            "divides-by-variance": (BY_VARIANCE, "np.sqrt(var + eps) → (var + eps)"),
            "eps-outside-root": (EPS_OUTSIDE, "np.sqrt(var + eps) → (np.sqrt(var) + eps)"),
            "eps-forgotten": (
                "A unit whose variance is 0 has you divide by zero, and elsewhere the scale is a little off. What is "
                "eps for?",
                "np.sqrt(var + eps) → np.sqrt(var)",
            ),
            "mean-forgotten": (
                "Your bias does not know of the mean. The normalization subtracts it before it scales.",
                "(b - mean) → b",
            ),
            "old-bias-forgotten": (
                "The layer's own bias has got lost. It is added before the normalization: what does that do to it?",
                "(b - mean) → -mean",
            ),
            "old-bias-not-scaled": (
                "The layer's own bias passes your normalization unscaled. It is part of what gets scaled.",
                "(b - mean) * scale → b - mean * scale",
            ),
            "mean-not-scaled": (
                "The mean is subtracted before the scaling, so the scaling takes hold of it too.",
                "(b - mean) * scale → b * scale - mean",
            ),
            "rows-scaled": (
                "You scale the rows of w. A unit's weights stand in a column, and the units are what is normalized.",
                "w * scale, → w * scale[:, None],",
            ),
            "weights-left-alone": (
                "Only your bias has changed. The division by the deviation, and γ, scale the weights too.",
                "w * scale, → 1.0 * w,",
            ),
        },
    ),
)


# ------------------------------------------------------------------------------ spatial_batchnorm_forward
IMAGES = np.array(
    [
        [[[1.0, 2.0], [0.0, 3.0]], [[10.0, 30.0], [20.0, 40.0]]],
        [[[4.0, 1.0], [2.0, 5.0]], [[50.0, 20.0], [40.0, 30.0]]],
    ]
)  # (2, 2, 2, 2): two images of two channels
ONE_IMAGE = np.array([[[[1.0, 2.0, 4.0]], [[-3.0, 1.0, 2.0]]]])  # (1, 2, 1, 3)
CHANNEL = np.array([0.5, 2.0]), np.array([-1.0, 3.0])


def random_images(rng, n, c, h, w, size=1.0, whole=False):
    """(x, gamma, beta) for images of this shape, every channel on a scale of its own."""
    if whole:
        x = rng.integers(-9, 10, (n, c, h, w)) * (1 + np.arange(c))[:, None, None]
        x[0, :, 0, 0], x[-1, :, -1, -1] = -10, 11
    else:
        scales, shifts = rng.uniform(0.5, 2, (c, 1, 1)), rng.uniform(0.5, 1, (c, 1, 1)) * rng.choice([-1, 1], (c, 1, 1))
        x = size * scales * (rng.normal(0, 1, (n, c, h, w)) + shifts)
    return x, rng.uniform(0.5, 2, c) * rng.choice([-1, 1], c), rng.normal(0, 1, c)


def image_shapes(rng):
    return {
        "one channel": (3, 1, 3, 2),
        "many channels": (3, 6, 2, 3),
        "any shape": rng.permutation(np.arange(2, 6)).tolist(),
        "one pixel": (5, 3, 1, 1),
    }


def normalized_images(x, gamma, beta, eps=1e-5):
    mean = x.mean(axis=(0, 2, 3), keepdims=True)
    var = x.var(axis=(0, 2, 3), keepdims=True)
    unit = (x - mean) / np.sqrt(var + eps)
    return gamma[:, None, None] * unit + beta[:, None, None]


spatial_batchnorm_forward = Exercise(
    reference.spatial_batchnorm_forward,
    points=2,
    groups=(
        visible(
            "the book's numbers",
            case("two images, two channels", IMAGES, *CHANNEL),
        ),
        visible(
            "where eps counts",
            case("a black channel, eps of 0.3", ONE_IMAGE * np.array([1, 0])[:, None, None], *CHANNEL, eps=0.3),
            weight=0.5,
        ),
        hidden(
            "other shapes",
            lambda rng: [
                *table(partial(random_images, rng), image_shapes(rng)),
                case("whole numbers", *random_images(rng, 3, 2, 3, 3, whole=True)).as_floats(),
                case("another eps", *random_images(rng, 3, 2, 3, 3), eps=float(rng.uniform(0.1, 1))),
            ],
        ),
        hidden(
            "extreme numbers",
            lambda rng: [
                case("huge numbers", *random_images(rng, 2, 3, 2, 2, size=1e12)),
                case("tiny numbers", *random_images(rng, 2, 3, 2, 2, size=1e-3)),
                case("all black", np.zeros((2, 2, 2, 2)), *CHANNEL),
            ],
            weight=0.5,
        ),
    ),
    misconceptions=misconceptions(
        normalized_images,
        {
            "statistics-per-pixel": (
                "You normalize every pixel by itself. The same filter made all pixels of a channel: they share one "
                "mean and one variance.",
                "x.mean(axis=(0, 2, 3), keepdims=True) → x.mean(axis=0, keepdims=True)",
                "x.var(axis=(0, 2, 3), keepdims=True) → x.var(axis=0, keepdims=True)",
            ),
            "statistics-per-image": (
                "You normalize every image by itself. A channel's statistics run over the whole batch too.",
                "x.mean(axis=(0, 2, 3), keepdims=True) → x.mean(axis=(2, 3), keepdims=True)",
                "x.var(axis=(0, 2, 3), keepdims=True) → x.var(axis=(2, 3), keepdims=True)",
            ),
            "statistics-of-all": (
                "You take one mean and one variance of all channels together. Each channel has its own.",
                "x.mean(axis=(0, 2, 3), keepdims=True) → x.mean(axis=(0, 1, 2, 3), keepdims=True)",
                "x.var(axis=(0, 2, 3), keepdims=True) → x.var(axis=(0, 1, 2, 3), keepdims=True)",
            ),
            "axes-not-moved": (
                "Your reshape to rows mixes the channels. The channels are axis 1, and reshape takes the last axis "
                "first.",
                "mean = → shape = x.shape\nx = x.reshape(-1, len(gamma), 1, 1)\nmean =",
                "return gamma[:, None, None] * unit + beta[:, None, None] "
                "→ return (gamma[:, None, None] * unit + beta[:, None, None]).reshape(shape)",
            ),
            "gamma-along-the-width": (
                "γ and β meet the last axis, the width. How do you bring them to the axis of the channels?",
                "gamma[:, None, None] → gamma",
                "beta[:, None, None] → beta",
            ),
            "divides-by-variance": (BY_VARIANCE, "np.sqrt(var + eps) → (var + eps)"),
            "eps-outside-root": (EPS_OUTSIDE, "np.sqrt(var + eps) → (np.sqrt(var) + eps)"),
            "eps-forgotten": (NO_EPS.replace("feature", "channel"), "np.sqrt(var + eps) → np.sqrt(var)"),
            "unbiased-variance": (
                UNBIASED,
                "x.var(axis=(0, 2, 3), keepdims=True) → x.var(axis=(0, 2, 3), keepdims=True, ddof=1)",
            ),
        },
    ),
)

EXERCISES = (
    min_max_normalize,
    standardize,
    batchnorm_forward,
    batchnorm_backward,
    fold_batchnorm,
    spatial_batchnorm_forward,
)
