"""What right answers in chapter ``activations`` are."""

import numpy as np

from solutions import activations as reference

from ..judging.vocabulary import Exercise, Misconception, case, hidden, misconceptions, visible

LADDER = np.array([-4.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0])
OFF_ZERO = np.array([-4.0, -2.0, -1.0, -0.5, -0.01, 0.01, 0.5, 1.0, 2.0, 4.0])
WHOLE = np.array([-3, -2, -1, 1, 2, 3])
FAR = np.array([-1000.0, -30.0, -1.0, 1.0, 30.0, 1000.0])


# -------------------------------------------------------------------------------- what the exercises share
def off_zero(rng, shape, low=0.02, high=4.0):
    """Random numbers of both signs, none close to zero, where a kink may lie."""
    return rng.uniform(low, high, shape) * rng.choice([-1.0, 1.0], shape)


def other_shapes(*settings, **named):
    """A hidden group: random numbers in arrays of one to four axes; settings go behind x."""
    return hidden(
        "other shapes",
        lambda rng: [
            case("a long row", off_zero(rng, int(rng.integers(20, 60))), *settings, **named),
            case("a matrix", off_zero(rng, (3, int(rng.integers(2, 6)))), *settings, **named),
            case("maps of a batch", off_zero(rng, (2, 3, 2, int(rng.integers(2, 4)))), *settings, **named),
            case("one number", off_zero(rng, (1,)), *settings, **named),
            case(
                "whole numbers", rng.integers(1, 6, (4, 3)) * rng.choice([-1, 1], (4, 3)), *settings, **named
            ).as_floats(),
        ],
    )


def far_from_zero(*settings, most=700.0, **named):
    """A hidden group: numbers far from zero, and very close to it."""
    return hidden(
        "extreme values",
        lambda rng: [
            case("far below and above", np.append(off_zero(rng, 6, 20, most), [-1.0, 1.0]), *settings, **named),
            case("a thousand", np.append(off_zero(rng, 4, 900, 1100), [-1.0, 1.0]), *settings, **named),
            case("huge", np.array([-1e6, -1e30, -0.5, 0.5, 1e30, 1e6]), *settings, **named),
            case("close to zero", np.append(off_zero(rng, 6, 1e-9, 1e-6), [-1.0, 1.0]), *settings, **named),
        ],
    )


def in_place(part, change):
    """A function that writes ``change(x[part(x)])`` into its input and returns it."""

    def changed(x, *settings, **named):
        chosen = part(x)
        x[chosen] = change(x[chosen], *settings, **named)
        return x

    return changed


IN_PLACE = (
    "The values are right, but the array that was handed in has changed too. x[…] = … writes into x: make a new array."
)
VALUE_FOR_SLOPE = "You return the value of the function. Its slope at x is asked for: how fast the value changes there."
FROM_THE_OUTPUT = (
    "You take x for the output of the function. Here x is what goes in: the output has to be computed first."
)
OVERFLOW_UNUSED = (
    "Large positive x make exp overflow, though its result is not even wanted there: both of your branches are "
    "computed for every x. Keep what goes into exp from growing."
)

# ------------------------------------------------------------------------------------------------ sigmoid
NEGATIVE_END, POSITIVE_END = np.array([-1000.0, -800.0, -1.0]), np.array([1.0, 800.0, 1000.0])


def sigmoid_by_where(x):
    return np.where(x >= 0, 1 / (1 + np.exp(-x)), np.exp(x) / (1 + np.exp(x)))


sigmoid = Exercise(
    reference.sigmoid,
    points=2,
    groups=(
        visible(
            "the book's numbers",
            case("−4 to 4", LADDER),
            case("a matrix", np.array([[0.0, 5.0], [-5.0, 10.0]])),
            case("whole numbers", WHOLE).as_floats(),
        ),
        visible(
            "far from zero",
            case("down to −1000", NEGATIVE_END),
            case("up to 1000", POSITIVE_END),
            case("20 from zero", np.array([-20.0, 0.0, 20.0])),
        ),
        visible(
            "no overflow warning",
            case("down to −1000, without a warning", NEGATIVE_END).strictly(),
            case("up to 1000, without a warning", POSITIVE_END).strictly(),
            weight=0.3,
        ),
        other_shapes(),
        hidden(
            "extreme values",
            lambda rng: [
                case("far below and above", off_zero(rng, 10, 15, 700)),
                case("a thousand", off_zero(rng, 6, 900, 1100)),
                case("huge", np.array([-1e30, -1e6, 0.0, 1e6, 1e30])),
                case("close to zero", off_zero(rng, 6, 1e-9, 1e-6)),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "overflow-below-zero",
            "Your values are right, but far below zero exp(−x) overflows. Which way of writing the fraction has an "
            "exponential that is small there?",
            lambda x: 1 / (1 + np.exp(-x)),
        ),
        Misconception(
            "overflow-above-zero",
            "Your values are wrong, or come with a warning, far above zero, where exp(x) overflows. Which way of "
            "writing the fraction has an exponential that is small there?",
            lambda x: np.exp(x) / (1 + np.exp(x)),
        ),
        Misconception(
            "overflow-in-unused-branch",
            "You have the right formula for each side, but np.where computes both of them for every x, and one "
            "overflows. Make an exponent that is never positive.",
            sigmoid_by_where,
        ),
        Misconception(
            "exponent-sign",
            "Your curve falls. Put in a large positive x: the exponential in the divisor must vanish.",
            lambda x: np.exp(-np.logaddexp(0, x)),
        ),
        Misconception(
            "division-before-addition",
            "Your values are never below 1. In Python 1 / 1 + a divides first: where do brackets belong?",
            lambda x: 1 / 1 + np.exp(-x),
        ),
        Misconception(
            "tanh-for-sigmoid",
            "Your values run from −1 to 1. Those of the sigmoid run from 0 to 1.",
            lambda x: np.tanh(x),
        ),
        Misconception(
            "argument-doubled",
            "Your curve is too steep. Compare with the formula: what is the exponent at x = 1?",
            lambda x: (1 + np.tanh(x)) / 2,
        ),
        Misconception(
            "clipped-too-early",
            "Clipping x keeps exp from overflowing, but your limit changes values that can still be told from 0 and 1.",
            lambda x: 1 / (1 + np.exp(-np.clip(x, -8, 8))),
        ),
    ),
)

# -------------------------------------------------------------------------------------- sigmoid_gradient
sigmoid_gradient = Exercise(
    reference.sigmoid_gradient,
    points=1,
    size="core",
    groups=(
        visible(
            "the book's numbers",
            case("a quarter at zero", np.array([0.0])),
            case("−4 to 4", LADDER),
            case("a matrix of whole numbers", np.array([[0, 1], [-1, 2]])).as_floats(),
        ),
        visible("far from zero", case("where the curve is flat", FAR)),
        other_shapes(),
        far_from_zero(),
    ),
    misconceptions=(
        Misconception("from-the-output", FROM_THE_OUTPUT, lambda x: x * (1 - x)),
        Misconception("value-for-slope", VALUE_FOR_SLOPE, reference.sigmoid),
        Misconception(
            "factor-forgotten",
            "At 0 your slope is a half. One of two factors is missing: the slope vanishes on both sides.",
            lambda x: 1 - reference.sigmoid(x),
        ),
        Misconception(
            "inner-minus-forgotten",
            "Your slopes are negative, but the curve rises. The chain rule meets two minus signs, not one.",
            lambda x: -reference.sigmoid_gradient(x),
        ),
        Misconception(
            "formula-of-tanh",
            "You have squared the output, as for tanh. At 0 the sigmoid's slope is a quarter.",
            lambda x: 1 - reference.sigmoid(x) ** 2,
        ),
        Misconception(
            "overflow-to-nan",
            "Far below zero you divide infinity by infinity. Use the sigmoid that you have, or an exponential that is "
            "small there.",
            lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2,
        ),
    ),
)

# ----------------------------------------------------------------------------------------- tanh_gradient


def tanh_gradient_by_exponentials(x):
    up, down = np.exp(x), np.exp(-x)
    return 1 - ((up - down) / (up + down)) ** 2


tanh_gradient = Exercise(
    reference.tanh_gradient,
    points=1,
    size="core",
    groups=(
        visible(
            "the book's numbers",
            case("one at zero", np.array([0.0])),
            case("−4 to 4", LADDER),
            case("a matrix of whole numbers", np.array([[0, 1], [-1, 2]])).as_floats(),
        ),
        visible("far from zero", case("where the curve is flat", FAR)),
        other_shapes(),
        far_from_zero(),
    ),
    misconceptions=(
        Misconception("from-the-output", FROM_THE_OUTPUT, lambda x: 1 - x**2),
        Misconception("value-for-slope", VALUE_FOR_SLOPE, np.tanh),
        Misconception(
            "square-forgotten",
            "Your slope differs at −x and x. The curve is as steep on both sides of zero.",
            lambda x: 1 - np.tanh(x),
        ),
        Misconception(
            "formula-of-sigmoid",
            "At 0 your slope is 0, where the curve is steepest. out·(1 − out) belongs to the sigmoid.",
            lambda x: np.tanh(x) * (1 - np.tanh(x)),
        ),
        Misconception(
            "slope-of-sigmoid",
            "At 0 your slope is a quarter. That is the sigmoid; tanh is as steep as the line y = x there.",
            reference.sigmoid_gradient,
        ),
        Misconception(
            "sign-turned",
            "Your slopes are negative, but the curve rises.",
            lambda x: np.tanh(x) ** 2 - 1,
        ),
        Misconception(
            "overflow-to-nan",
            "Far from zero your exponentials overflow, and infinity by infinity is not a number. NumPy has a tanh that "
            "knows its limits.",
            tanh_gradient_by_exponentials,
        ),
    ),
)

# -------------------------------------------------------------------------------------------------- relu
relu = Exercise(
    reference.relu,
    points=1,
    groups=(
        visible(
            "the book's numbers",
            case("−4 to 4", LADDER),
            case("a matrix", np.array([[1.5, -1.5], [-0.1, 0.1]])),
            case("whole numbers", np.array([-2, -1, 0, 1, 2])).as_floats(),
        ),
        other_shapes(),
        far_from_zero(),
    ),
    misconceptions=(
        Misconception(
            "absolute-value",
            "You turn negative numbers into positive ones. The unit is silent below zero.",
            lambda x: np.abs(x),
        ),
        Misconception(
            "minimum-for-maximum",
            "You keep the negative part. Which of 0 and x is the larger?",
            lambda x: np.minimum(x, 0),
        ),
        Misconception(
            "step-for-ramp",
            "Above zero you always answer 1. That is the slope: the value is x itself.",
            lambda x: (x > 0) * 1.0,
        ),
        Misconception(
            "capped-at-one",
            "Your ramp ends at 1. This unit has no upper end, which is what keeps it from saturating.",
            lambda x: np.clip(x, 0, 1),
        ),
        Misconception(
            "leaks",
            "Your unit passes a little of its negative sums on. That is the leaky one, an exercise further on.",
            lambda x: np.where(x > 0, x, 0.01 * x),
        ),
        Misconception(
            "softplus-for-ramp",
            "Your kink is rounded off: at 0 you answer 0.69. This is softplus, a smooth relative.",
            lambda x: np.logaddexp(0, x),
        ),
        Misconception("changes-its-input", IN_PLACE, in_place(lambda x: x < 0, lambda x: 0)),
    ),
)

# ----------------------------------------------------------------------------------------- relu_gradient
relu_gradient = Exercise(
    reference.relu_gradient,
    points=1,
    groups=(
        visible(
            "the book's numbers",
            case("−4 to 4", LADDER),
            case("a matrix of whole numbers", np.array([[3, -3], [0, 1]])).as_floats(),
        ),
        visible("the kink", case("exactly zero, and just beside it", np.array([-1e-9, 0.0, 1e-9]))),
        other_shapes(),
        far_from_zero(),
    ),
    misconceptions=(
        Misconception(
            "one-at-zero",
            "Look at x = 0. The kink has no slope of its own; the exercise says which one to take.",
            lambda x: (x >= 0) * 1.0,
        ),
        Misconception(
            "half-at-zero",
            "Look at x = 0. The mean of both sides is a possible choice, but not the one asked for.",
            lambda x: np.heaviside(x, 0.5),
        ),
        Misconception("value-for-slope", VALUE_FOR_SLOPE, lambda x: np.maximum(x, 0)),
        Misconception(
            "sign-for-slope",
            "Below zero you answer −1, which is the slope of |x|. Here the curve is flat.",
            lambda x: np.sign(x) * 1.0,
        ),
        Misconception(
            "upside-down",
            "Your slope is 1 where the curve is flat, and 0 where it rises.",
            lambda x: (x < 0) * 1.0,
        ),
        Misconception(
            "always-one",
            "Your slope is 1 everywhere. Below zero the value does not change with x.",
            lambda x: np.ones(np.shape(x)),
        ),
    ),
)


# -------------------------------------------------------------------------------------------- leaky_relu
def other_slopes(*slopes):
    """A hidden group: the slope left out, given in its place, and given by name."""
    return hidden(
        "other slopes",
        lambda rng: (
            [
                case("the default left out", off_zero(rng, (2, 4))),
                case("the default given", off_zero(rng, (2, 4)), slope=0.01),
                case("any slope", off_zero(rng, 8), float(rng.uniform(0.05, 0.95))),
            ]
            + [case(f"slope={slope}", off_zero(rng, 6), slope=slope) for slope in slopes]
        ),
    )


SLOPE_IGNORED = "Your result does not change with the slope that is given. Which of your numbers should it replace?"
OTHER_SLIDE = (
    "With the slope given you are right; left out, you take 0.1. One of the slides does, but the default here is 0.01."
)


leaky_relu = Exercise(
    reference.leaky_relu,
    points=1,
    groups=(
        visible(
            "the two slopes of the slides",
            case("the default, 0.01", LADDER),
            case("slope 0.1", LADDER, 0.1),
            case("slope 0.01, by name", np.array([[1.5, -1.5], [-0.1, 0.1]]), slope=0.01),
        ),
        other_shapes(),
        far_from_zero(0.1),
        other_slopes(0.0, 1.0, 0.25),
    ),
    misconceptions=(
        Misconception("slope-of-the-other-slide", OTHER_SLIDE, lambda x, slope=0.1: reference.leaky_relu(x, slope)),
        Misconception("slope-ignored", SLOPE_IGNORED, lambda x, slope=0.01: reference.leaky_relu(x)),
        Misconception(
            "slope-forgotten",
            "Below zero you answer 0. That is the plain unit; the leaky one lets a small part of x through.",
            lambda x, slope=0.01: np.maximum(x, 0),
        ),
        Misconception(
            "minimum-for-maximum",
            "You scale down the positive numbers and let the negative ones through. Which of x and slope·x is larger?",
            lambda x, slope=0.01: np.minimum(x, slope * x),
        ),
        Misconception(
            "slope-for-value",
            "Below zero you answer the same number for every x. The value there falls with x.",
            lambda x, slope=0.01: np.where(x > 0, x, np.where(x < 0, slope, 0)),
        ),
        Misconception(
            "leak-turned-up",
            "Your values below zero are positive. The leak keeps the sign of x.",
            lambda x, slope=0.01: np.where(x > 0, x, -slope * x),
        ),
    ),
)

# ----------------------------------------------------------------------------------- leaky_relu_gradient
leaky_relu_gradient = Exercise(
    reference.leaky_relu_gradient,
    points=1,
    groups=(
        visible(
            "the two slopes of the slides",
            case("the default, 0.01", OFF_ZERO),
            case("slope 0.1", OFF_ZERO, 0.1),
            case("slope 0.01, by name", np.array([[1.5, -1.5], [-0.1, 0.1]]), slope=0.01),
            case("whole numbers", WHOLE, 0.1).as_floats(),
        ),
        visible("the kink", case("exactly zero, and just beside it", np.array([-1e-9, 0.0, 1e-9]), 0.1)),
        other_shapes(),
        far_from_zero(0.1),
        other_slopes(0.0, 1.0, 0.25),
    ),
    misconceptions=(
        Misconception(
            "one-at-zero",
            "Look at x = 0. The kink has no slope of its own; the exercise says which one to take.",
            lambda x, slope=0.01: np.where(x >= 0, 1.0, slope),
        ),
        Misconception(
            "zero-at-zero",
            "Look at x = 0. Your two conditions leave it out, so neither slope is taken there.",
            lambda x, slope=0.01: (x > 0) * 1.0 + (x < 0) * slope,
        ),
        Misconception(
            "zero-below",
            "Below zero your slope is 0. There the plain unit is flat and the leaky one is not.",
            lambda x, slope=0.01: (x > 0) * 1.0,
        ),
        Misconception(
            "slope-of-the-other-slide", OTHER_SLIDE, lambda x, slope=0.1: reference.leaky_relu_gradient(x, slope)
        ),
        Misconception("slope-ignored", SLOPE_IGNORED, lambda x, slope=0.01: reference.leaky_relu_gradient(x)),
        Misconception("value-for-slope", VALUE_FOR_SLOPE, reference.leaky_relu),
        Misconception(
            "slope-times-x",
            "Below zero your slope changes with x. A straight line has one slope.",
            lambda x, slope=0.01: np.where(x > 0, 1.0, slope * x),
        ),
    ),
)


# --------------------------------------------------------------------------------------------------- elu
def other_alphas(*alphas):
    """A hidden group: alpha left out, given in its place, and given by name."""
    return hidden(
        "other alphas",
        lambda rng: (
            [
                case("the default left out", off_zero(rng, (2, 4))),
                case("the default given", off_zero(rng, (2, 4)), alpha=1.0),
                case("any alpha", off_zero(rng, 8), float(rng.uniform(0.2, 0.8))),
            ]
            + [case(f"alpha={alpha}", off_zero(rng, 6), alpha=alpha) for alpha in alphas]
        ),
    )


ALPHA_FORGOTTEN = "Your result does not change with alpha. What does it multiply?"


def elu_below(below):
    """An ELU with another formula than the right one below zero: ``below(x, alpha)``, for x of at most 0."""
    return lambda x, alpha=1.0: np.where(x >= 0, x, below(np.minimum(x, 0), alpha))


elu = Exercise(
    reference.elu,
    points=2,
    groups=(
        visible(
            "the book's numbers",
            case("the default, alpha = 1", LADDER),
            case("alpha = 0.5", LADDER, 0.5),
            case("alpha = 2, by name", np.array([[1.5, -1.5], [-0.1, 0.1]]), alpha=2.0),
            case("whole numbers", WHOLE).as_floats(),
        ),
        visible("far from zero", case("±1000", FAR, 0.5)),
        visible("no overflow warning", case("±1000, without a warning", FAR, 0.5).strictly(), weight=0.3),
        other_shapes(),
        hidden(
            "extreme values",
            lambda rng: [
                case("far below and above", np.append(off_zero(rng, 6, 20, 700), [-1.0, 1.0])),
                case("above what exp can take", np.append(rng.uniform(710, 2000, 4), [-1.0, 1.0])),
                case("far below", np.append(-rng.uniform(710, 2000, 4), [-1.0, 1.0]), 2.0),
                case("close to zero", np.append(off_zero(rng, 6, 1e-9, 1e-6), [-1.0, 1.0])),
            ],
        ),
        other_alphas(0.0, 3.0),
    ),
    misconceptions=(
        Misconception(
            "overflow-in-unused-branch",
            OVERFLOW_UNUSED,
            lambda x, alpha=1.0: np.where(x > 0, x, alpha * (np.exp(x) - 1)),
        ),
        Misconception("alpha-forgotten", ALPHA_FORGOTTEN, elu_below(lambda x, alpha: np.expm1(x))),
        Misconception(
            "minus-one-outside-alpha",
            "With alpha = 1 you are right, with others your curve jumps at zero. What does alpha multiply: the "
            "exponential alone?",
            elu_below(lambda x, alpha: alpha * np.exp(x) - 1),
        ),
        Misconception(
            "alpha-in-exponent",
            "Far below zero your curve ends at −1 whatever alpha is. Where in the formula does alpha stand?",
            elu_below(lambda x, alpha: np.expm1(alpha * x)),
        ),
        Misconception(
            "minus-one-forgotten",
            "Your curve jumps at zero, and is positive everywhere. Just below zero the value must be close to 0.",
            elu_below(lambda x, alpha: alpha * np.exp(x)),
        ),
        Misconception(
            "turned-up",
            "Your values below zero are positive. The curve goes on falling there, towards −alpha.",
            elu_below(lambda x, alpha: -alpha * np.expm1(x)),
        ),
    ),
)


# ------------------------------------------------------------------------------------------ elu_gradient
def elu_slope_below(below):
    """The slope of an ELU with another formula below zero: ``below(x, alpha)``, for x of at most 0."""
    return lambda x, alpha=1.0: np.where(x >= 0, 1.0, below(np.minimum(x, 0), alpha))


elu_gradient = Exercise(
    reference.elu_gradient,
    points=1,
    groups=(
        visible(
            "the book's numbers",
            case("the default, alpha = 1", OFF_ZERO),
            case("alpha = 0.5", OFF_ZERO, 0.5),
            case("alpha = 2, by name", np.array([[1.5, -1.5], [-0.1, 0.1]]), alpha=2.0),
            case("whole numbers", WHOLE, 0.5).as_floats(),
        ),
        visible("no kink", case("alpha = 1, at zero and just beside it", np.array([-1e-9, 0.0, 1e-9]))),
        visible("far from zero", case("down to −1000 and up to 1000", FAR, 0.5)),
        other_shapes(),
        far_from_zero(0.5),
        other_alphas(0.0, 3.0),
    ),
    misconceptions=(
        Misconception("value-for-slope", VALUE_FOR_SLOPE, reference.elu),
        Misconception("alpha-forgotten", ALPHA_FORGOTTEN, elu_slope_below(lambda x, alpha: np.exp(x))),
        Misconception(
            "value-plus-one",
            "With alpha = 1 you are right. The slope below zero is the value plus alpha, not plus 1.",
            elu_slope_below(lambda x, alpha: alpha * np.expm1(x) + 1),
        ),
        Misconception(
            "minus-one-kept",
            "Below zero your slopes are negative. What is left of the −1 when you differentiate?",
            elu_slope_below(lambda x, alpha: alpha * np.expm1(x)),
        ),
        Misconception(
            "power-rule",
            "You differentiate exp(x) as if it were a power of x. What is the slope of exp?",
            elu_slope_below(lambda x, alpha: alpha * x * np.exp(x - 1)),
        ),
        Misconception(
            "zero-at-zero",
            "Look at x = 0. Your two conditions leave it out; with alpha = 1 both sides agree on the slope there.",
            lambda x, alpha=1.0: (x > 0) + (x < 0) * alpha * np.exp(np.minimum(x, 0)),
        ),
        Misconception(
            "overflow-to-nan",
            "Far above zero exp overflows, and infinity times 0 is not a number. Keep what goes into exp from growing.",
            lambda x, alpha=1.0: (x > 0) + (x <= 0) * alpha * np.exp(x),
        ),
        Misconception(
            "zero-below",
            "Below zero your slope is 0. There the rectified unit is flat and this one is not.",
            elu_slope_below(lambda x, alpha: 0.0 * x),
        ),
    ),
)


# ------------------------------------------------------------------------------------------------ maxout
def maxed(x, weights, biases):
    pieces = x @ weights + biases[:, None]  # (k, N, M)
    return pieces.max(axis=0)


def random_layer(rng, label, n, d, k, m):
    return case(label, rng.normal(0, 1, (n, d)), rng.normal(0, 1, (k, d, m)), rng.normal(0, 1, (k, m)))


ONE_INPUT = np.array([[-2.0], [-0.5], [0.5], [2.0]])

maxout = Exercise(
    reference.maxout,
    points=2,
    groups=(
        visible(
            "the book's numbers",
            case("|x| from two pieces", ONE_INPUT, np.array([[[1.0]], [[-1.0]]]), np.zeros((2, 1))),
            case("ReLU from two pieces", ONE_INPUT, np.array([[[1.0]], [[0.0]]]), np.zeros((2, 1))),
            case(
                "three pieces, a valley with a flat floor",
                ONE_INPUT,
                np.array([[[0.0]], [[1.0]], [[-1.0]]]),
                np.array([[0.5], [-1.0], [-1.0]]),
            ),
        ),
        visible(
            "a layer",
            case(
                "two samples, three inputs, two units",
                np.array([[1.0, 2.0, 3.0], [-1.0, 0.5, 0.0]]),
                np.array([[[1.0, -1.0], [0.5, 0.0], [-1.0, 2.0]], [[0.0, 1.0], [-1.0, -0.5], [0.5, -2.0]]]),
                np.array([[0.5, -3.0], [-0.25, -1.0]]),
            ),
            case(
                "every piece below zero",
                np.array([[1.0, 1.0]]),
                np.array([[[-1.0, -2.0], [-1.0, 0.0]], [[-3.0, -1.0], [0.0, -4.0]]]),
                np.array([[-0.5, -1.0], [-0.5, 1.0]]),
            ),
        ),
        hidden(
            "other sizes",
            lambda rng: [
                random_layer(rng, "a batch", int(rng.integers(8, 20)), 5, 2, 4),
                random_layer(rng, "many pieces", 6, 4, int(rng.integers(4, 8)), 3),
                random_layer(rng, "one piece", 5, 3, 1, 2),
                random_layer(rng, "one sample, one unit", 1, 6, 3, 1),
                random_layer(rng, "as many pieces as units and samples", 3, 3, 3, 3),
            ],
        ),
        hidden(
            "whole and large numbers",
            lambda rng: [
                case(
                    "whole numbers", *(rng.integers(-5, 6, shape) for shape in ((4, 3), (3, 3, 2), (3, 2)))
                ).as_floats(),
                case("large", *(1e6 * rng.normal(0, 1, shape) for shape in ((4, 3), (3, 3, 2), (3, 2)))),
            ],
            weight=0.5,
        ),
    ),
    misconceptions=misconceptions(
        maxed,
        {
            "sum-of-pieces": (
                "You add the pieces up, which makes one affine map of them again. A unit answers with one of "
                "its pieces.",
                "pieces.max → pieces.sum",
            ),
            "mean-of-pieces": (
                "You average the pieces, which makes one affine map of them again. A unit answers with one of"
                " its pieces.",
                "pieces.max → pieces.mean",
            ),
            "maximum-over-units": (
                "Your maximum compares the units with each other. It is taken over the pieces of each unit.",
                "axis=0 → axis=2",
            ),
            "biases-forgotten": (
                "All your pieces go through the origin. What moves them away from it?",
                " + biases[:, None] → ",
            ),
            "biases-after-maximum": (
                "You choose the largest piece before its bias has joined it. The biases take part in the comparison.",
                "x @ weights + biases[:, None] → x @ weights",
                "pieces.max(axis=0) → pieces.max(axis=0) + biases.max(axis=0)",
            ),
            "rectified": (
                "Your layer never answers with a negative number. The maximum is over the pieces alone, without a 0.",
                "pieces.max(axis=0) → np.maximum(pieces.max(axis=0), 0)",
            ),
            "only-two-pieces": (
                "Beyond two pieces you look at the first two. The slide shows two; here there may be any number.",
                "pieces.max → pieces[:2].max",
            ),
            "largest-in-size": (
                "You take the piece that is farthest from zero. A large negative piece is small.",
                "pieces.max(axis=0) → np.take_along_axis(pieces, np.abs(pieces).argmax(axis=0)[None], axis=0)[0]",
            ),
        },
    ),
)


# ---------------------------------------------------------------------------------- gradient_attenuation
def attenuation(weights, pre_activations):
    sigma = reference.sigmoid(pre_activations)
    slopes, out = sigma * (1 - sigma), np.zeros(len(weights))
    for layer in range(len(weights)):
        out[layer] = slopes[layer] * np.prod(weights[layer + 1 :] * slopes[layer + 1 :])
    return out


def with_first_weight(weights, pre_activations):
    return weights * attenuation(weights, pre_activations)


def random_chain(rng, label, length, weight=1.5, spread=1.0):
    signs = rng.choice([-1.0, 1.0], length)
    return case(label, signs * rng.uniform(0.3, weight, length), rng.normal(0, spread, length))


gradient_attenuation = Exercise(
    reference.gradient_attenuation,
    points=3,
    groups=(
        visible(
            "the slides' four layers",
            case("at its steepest: a quarter a layer", np.ones(4), np.zeros(4)),
            case("weights below 1", np.array([0.5, -0.8, 0.9, 0.6]), np.array([0.2, -1.0, 0.5, 1.5])),
        ),
        visible(
            "other chains",
            case("two layers", np.array([3.0, 2.0]), np.array([1.0, -1.0])),
            case("one layer", np.array([5.0]), np.array([0.0])),
            case("whole numbers", np.array([2, 4, 8]), np.array([1, 0, -1])).as_floats(),
        ),
        hidden(
            "random chains",
            lambda rng: [
                random_chain(rng, "five layers", 5),
                random_chain(rng, "many layers", int(rng.integers(8, 15))),
                random_chain(rng, "two layers", 2),
                random_chain(rng, "wide sums", 6, spread=3.0),
            ],
        ),
        hidden(
            "extreme chains",
            lambda rng: [
                case("large weights: it grows", rng.uniform(6, 9, 8), rng.uniform(-0.2, 0.2, 8)),
                case("a saturated layer stops it", rng.uniform(0.5, 2, 5), np.array([0.1, -0.3, 1000.0, 0.2, -0.1])),
                case("one at the other end", rng.uniform(0.5, 2, 4), np.array([0.1, -1000.0, 0.2, 0.3])),
                case("a weight of zero stops it", np.array([0.7, 1.2, 0.0, 0.9]), rng.normal(0, 1, 4)),
                random_chain(rng, "sixty layers", 60, weight=1.0),
            ],
        ),
    ),
    misconceptions=misconceptions(
        attenuation,
        {
            "own-weight-included": (
                "You have a weight too many. The bias of a layer joins its sum behind the layer's own weight.",
                "slopes[layer] * np.prod(weights[layer + 1 :] * slopes[layer + 1 :]) → "
                "np.prod(weights[layer:] * slopes[layer:])",
            ),
            "weights-forgotten": (
                "Your result does not change with the weights. The way from one layer to the next goes through one.",
                "weights[layer + 1 :] * slopes → slopes",
            ),
            "weight-of-the-layer-before": (
                "You pair each slope with the weight before the right one. w_l leads into layer l.",
                "weights[layer + 1 :] → weights[layer:-1]",
            ),
            "product-over-earlier-layers": (
                "Your first layer suffers least. A change in a layer passes through the layers behind it: j > l.",
                "weights[layer + 1 :] * slopes[layer + 1 :] → weights[:layer] * slopes[:layer]",
            ),
            "order-reversed": (
                "You have the right numbers in the wrong order. The first entry belongs to the first layer.",
                "return out → return out[::-1]",
            ),
            "own-slope-forgotten": (
                "Your last entry is 1: the slope of the layer itself is missing. You have ∂a_L/∂a_l.",
                "slopes[layer] * np.prod → np.prod",
            ),
            "value-for-slope": (
                "Your factors are the outputs of the units. How an output changes with its sum is asked for.",
                "sigma * (1 - sigma) → sigma",
            ),
            "from-the-output": (
                "You take the pre-activations for outputs of the units. The slope at z comes from σ(z).",
                "sigma * (1 - sigma) → pre_activations * (1 - pre_activations)",
            ),
        },
    ),
)

# ----------------------------------------------------------------------------------------- dead_fraction
RECTIFIED = np.array([[0.0, 1.5, 0.0, 0.3], [0.0, 0.0, 0.0, 2.0], [0.0, 0.7, 0.0, 0.0]])


def random_units(rng, label, n, units, silent):
    """Activations of a ReLU layer in which some units are silent for all samples."""
    activations = np.maximum(rng.normal(0, 1, (n, units)), 0)
    activations[0] += 0.5  # every other unit is active at least once
    activations[:, rng.permutation(units)[:silent]] = 0.0
    return case(label, activations)


dead_fraction = Exercise(
    reference.dead_fraction,
    points=1,
    size="core",
    groups=(
        visible(
            "ReLU units",
            case("two of four are silent", RECTIFIED),
            case("none is silent for every sample", np.array([[0.0, 1.0], [2.0, 0.0], [0.0, 3.0]])),
            case("all of three", np.zeros((2, 3))),
        ),
        visible(
            "other units",
            case("leaky units below zero", np.array([[-0.01, -0.2, 0.0], [-0.03, 1.0, 0.0]])),
            case("tanh units whose outputs cancel", np.array([[0.5, -0.5, 0.2], [-0.5, 0.5, 0.3]])),
        ),
        hidden(
            "random layers",
            lambda rng: [
                random_units(rng, "many units", 20, 40, int(rng.integers(5, 35))),
                random_units(rng, "few samples", 3, 12, int(rng.integers(1, 11))),
                random_units(rng, "more samples than units", 50, 5, int(rng.integers(1, 5))),
                random_units(rng, "no silent unit", 6, 9, 0),
                random_units(rng, "one sample", 1, 7, int(rng.integers(1, 6))),
            ],
        ),
        hidden(
            "whole numbers and few units",
            lambda rng: [
                case("whole numbers", np.array([[0, 2, 0, -1], [0, 0, 0, 3]])).as_floats(),
                case("one dead unit", np.zeros((4, 1))),
                case("one living unit", np.array([[0.0], [0.0], [2.5]])),
            ],
            weight=0.5,
        ),
    ),
    misconceptions=(
        Misconception(
            "zeros-counted",
            "You count zeros. A unit that rests for some samples is not dead: it must be 0 for every one.",
            lambda activations: np.mean(activations == 0),
        ),
        Misconception(
            "any-for-all",
            "For you one zero makes a unit dead. Every unit of this kind rests now and then.",
            lambda activations: np.mean((activations == 0).any(axis=0)),
        ),
        Misconception(
            "rows-for-columns",
            "You look for samples without an active unit. A unit is a column.",
            lambda activations: np.mean((activations == 0).all(axis=1)),
        ),
        Misconception(
            "count-for-share",
            "You return how many units are dead. Their share of all units is asked for.",
            lambda activations: (activations == 0).all(axis=0).sum(),
        ),
        Misconception(
            "living-for-dead",
            "You return the share of the units that are alive.",
            lambda activations: np.mean((activations != 0).any(axis=0)),
        ),
        Misconception(
            "sum-is-zero",
            "Positive and negative outputs of a unit cancel in your sum. Each of them has to be 0.",
            lambda activations: np.mean(activations.sum(axis=0) == 0),
        ),
        Misconception(
            "negative-counts-as-dead",
            "A unit whose outputs are negative is not dead: it differs from sample to sample, and it passes gradients.",
            lambda activations: np.mean((activations <= 0).all(axis=0)),
        ),
    ),
)


# ------------------------------------------------------------------------------------------- gelu and silu
def near(tolerance, *cases):
    return [one.within(tolerance) for one in cases]


def gelu_model(x):
    x = np.asarray(x, dtype=float)
    u = np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)
    t = np.tanh(u)
    return 0.5 * x * (1 + t)


def gelu_slope_model(x):
    x = np.clip(np.asarray(x, dtype=float), -30, 30)
    u = np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)
    du = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x**2)
    t = np.tanh(u)
    return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * du


def silu_model(x):
    x = np.asarray(x, dtype=float)
    return x * reference.sigmoid(x)


def curve_groups(tolerance):
    """Groups of cases for a smooth curve that is asked for to within a tolerance."""
    return (
        visible(
            "around zero", *near(tolerance, case("from −4 to 4", LADDER), case("a matrix", LADDER[:8].reshape(2, 4)))
        ),
        visible("far from zero", *near(tolerance, case("−30 and 30", np.array([-30.0, -8.0, 8.0, 30.0])))),
        hidden(
            "other numbers",
            lambda rng: near(
                tolerance,
                case("a long row", np.append(rng.uniform(-4, 4, int(rng.integers(20, 60))), [-1.5, -1.0, 1.0, 1.5])),
                case("maps of a batch", np.append(rng.uniform(-3, 3, 22), [1.3, -1.3]).reshape(2, 3, 2, 2)),
                case("far below and above", np.append(off_zero(rng, 6, 20, 700), [-1.0, 1.0])),
                case("close to zero", np.append(off_zero(rng, 6, 1e-9, 1e-6), [-1.0, 1.0])),
            ),
        ),
    )


gelu = Exercise(
    reference.gelu,
    points=2,
    groups=curve_groups(1e-3),
    misconceptions=misconceptions(
        gelu_model,
        {
            "half-forgotten": ("Far above zero your curve is twice as high as x. Φ runs from 0 to 1.", "0.5 * x → x"),
            "gate-alone": (
                "You return the chance Φ(x) alone. The unit multiplies it with x.",
                "0.5 * x * (1 + t) → 0.5 * (1 + t)",
            ),
            "sigmoid-for-phi": (
                "You are close, but the sigmoid is not Φ: at 1 it is 0.73, where Φ is 0.84.",
                "0.5 * x * (1 + t) → x * reference.sigmoid(x)",
            ),
            "cube-forgotten": (
                "You are right near zero and a little off around ±2. Is a term of the inner sum missing?",
                "x + 0.044715 * x**3 → x",
            ),
            "constant-not-rooted": (
                "Your curve is too flat near zero. The factor of the inner sum is the root of 2/π.",
                "u = np.sqrt(2 / np.pi) * (x → u = 2 / np.pi * (x",
            ),
            "relu": (
                "You return ReLU. This unit is smooth, and a little below zero just left of it.",
                "0.5 * x * (1 + t) → np.maximum(x, 0.0)",
            ),
        },
    ),
)

gelu_gradient = Exercise(
    reference.gelu_gradient,
    points=2,
    groups=curve_groups(2e-3),
    misconceptions=misconceptions(
        gelu_slope_model,
        {
            "phi-alone": (
                "You return Φ(x). That is the slope if Φ did not change with x: the product rule has a second term.",
                "0.5 * (1 + t) + 0.5 * x * (1 - t**2) * du → 0.5 * (1 + t)",
            ),
            "inner-slope-forgotten": (
                "In the second term the inner sum's own slope is missing: the chain rule once more.",
                "(1 - t**2) * du → (1 - t**2)",
            ),
            "inner-cube-not-differentiated": (
                "The slope of x³ is 3x². Look at your inner slope around ±1.5.",
                "1 + 3 * 0.044715 * x**2 → 1 + 0.044715 * x**2",
            ),
            "x-forgotten": (
                "In the second term the factor x is missing: the slope at 0 must be ½.",
                "0.5 * x * (1 - t**2) → 0.5 * (1 - t**2)",
            ),
            "tanh-for-its-slope": (
                "In the second term stands tanh itself. Its slope is asked for there.",
                "(1 - t**2) * du → t * du",
            ),
            "value-for-slope": (
                VALUE_FOR_SLOPE,
                "return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * du → return x * (1 + t) / 2",
            ),
        },
    ),
)

silu = Exercise(
    reference.silu,
    points=1,
    groups=(
        visible("around zero", case("from −4 to 4", LADDER), case("a matrix", LADDER[:8].reshape(2, 4))),
        visible("far from zero", case("±1000", FAR)),
        other_shapes(),
        hidden(
            "extreme values",
            lambda rng: [
                case("far below and above", np.append(off_zero(rng, 6, 20, 700), [-1.0, 1.0])),
                case("a thousand", np.append(off_zero(rng, 4, 900, 1100), [-1.0, 1.0])),
                case("close to zero", np.append(off_zero(rng, 6, 1e-9, 1e-6), [-1.0, 1.0])),
            ],
        ),
    ),
    misconceptions=misconceptions(
        silu_model,
        {
            "sigmoid-alone": (
                "You return the sigmoid. The unit multiplies it with x.",
                "x * reference.sigmoid(x) → reference.sigmoid(x)",
            ),
            "tanh-for-sigmoid": (
                "Your curve is positive on both sides. The gate runs from 0 to 1, not from −1 to 1.",
                "reference.sigmoid(x) → np.tanh(x)",
            ),
            "slope-of-the-sigmoid": (
                "Your curve returns to zero on the right. The gate is the sigmoid, not its slope.",
                "reference.sigmoid(x) → reference.sigmoid_gradient(x)",
            ),
            "gate-turned-around": (
                "Your curve is x on the left and 0 on the right: the sign in your exponential is turned around.",
                "reference.sigmoid(x) → reference.sigmoid(-x)",
            ),
            "overflows-to-nan": (
                "Far from zero your result is not a number: infinity divided by infinity. Use another sigmoid.",
                "x * reference.sigmoid(x) → x * np.exp(x) / (1 + np.exp(x))",
            ),
        },
    ),
)

EXERCISES = (
    sigmoid,
    sigmoid_gradient,
    tanh_gradient,
    relu,
    relu_gradient,
    leaky_relu,
    leaky_relu_gradient,
    elu,
    elu_gradient,
    gelu,
    gelu_gradient,
    silu,
    maxout,
    gradient_attenuation,
    dead_fraction,
)
