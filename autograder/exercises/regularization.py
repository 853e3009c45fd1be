"""What right answers in chapter ``regularization`` are.

Random functions are judged by their statistics: every tolerance is at least six standard errors of the difference
of two right answers. A generator of one seed is handed to both, but nothing depends on the order of its draws.
"""

import numpy as np

from solutions import regularization as reference

from ..judging.plain import Formula, Rng
from ..judging.vocabulary import Exercise, Misconception, case, draws, hidden, misconceptions, probe, raised, visible

WEIGHTS = [np.array([[1.0, -2.0], [0.5, 0.0]]), np.array([3.0, -1.0])]

OWN_GENERATOR = (
    "Your noise is the same whatever generator is passed in. Then nobody can repeat a training with another seed. "
    "Draw from rng."
)
SUM_NOT_MEAN = "The penalty is a sum over all weights. You take a mean, so that a larger network pays no more."
FIRST_ARRAY = "Only the first array counts in your penalty. A network has more than one layer."
STRENGTH_FORGOTTEN = "Your penalty is the same for every strength. Which factor of the formula is missing?"


# ------------------------------------------------------------------------------ what the exercises share
def seed_of(rng):
    """The seed of a case's generator."""
    return int(rng.integers(2**31))


def random_weights(rng):
    """Weights of a network of a few layers, biases among them."""
    d, m, k = (int(n) for n in rng.integers(2, 6, 3))
    return [rng.normal(0, 1, (d, m)), rng.normal(0, 1, m), rng.normal(0, 1, (m, k))]


def penalty_groups(name, *settings):
    """Cases of a penalty; settings: what follows ``strength`` in the visible cases."""

    def others(rng):
        drawn = [float(rng.uniform(0.2, 3)) for _ in settings]
        return [
            case("a network of two layers", random_weights(rng), float(rng.uniform(0.01, 1)), *drawn),
            case("one large array", [rng.normal(0, 2, (30, 20))], float(rng.uniform(1, 3)), *drawn),
            case("filters, four axes", [rng.normal(0, 1, (2, 3, 2, 2))], 0.3, *drawn),
            case("whole numbers", [rng.integers(1, 5, (2, 3)), rng.integers(-4, 0, 3)], 2, *drawn).as_floats(),
        ]

    def extremes(rng):
        large, small = 1e6 * rng.uniform(1, 2, 3), 1e-6 * rng.uniform(1, 2, 3)
        return [
            case("no strength", random_weights(rng), 0.0, *settings),
            case("weights of zero", [np.zeros((2, 2)), np.zeros(2)], 0.5, *settings),
            case("large weights", [large, -large], 0.1, *settings),
            case("small weights", [small, -small], 0.1, *settings),
        ]

    return (
        visible(
            "the book's numbers",
            case("two arrays", WEIGHTS, 0.1, *settings),
            case("twice the strength", WEIGHTS, 0.2, *settings),
            case("one array", [np.array([[0.5, -0.5], [2.0, 1.0]])], 3.0, *settings),
        ),
        hidden("other weights", others),
        hidden("extreme weights", extremes),
    )


def total(function, weights):
    """The sum of function(w) over all entries of all arrays."""
    return float(sum(np.sum(function(np.asarray(w, dtype=float))) for w in weights))


def count(weights):
    """The number of entries."""
    return sum(np.size(w) for w in weights)


def penalty_mistakes(each):
    """What goes wrong with any penalty. each: ``each(w, *settings)``, an entry's share before the strength."""

    def summed(weights, settings):
        return total(lambda w: each(w, *settings), weights)

    return (
        Misconception(
            "mean-for-sum",
            SUM_NOT_MEAN,
            lambda weights, strength, *settings: strength * summed(weights, settings) / count(weights),
        ),
        Misconception(
            "first-array-only",
            FIRST_ARRAY,
            lambda weights, strength, *settings: strength * summed(weights[:1], settings),
        ),
        Misconception(
            "strength-forgotten",
            STRENGTH_FORGOTTEN,
            lambda weights, strength, *settings: summed(weights, settings),
        ),
    )


# --------------------------------------------------------------------------------------------- l2_penalty
l2_penalty = Exercise(
    reference.l2_penalty,
    points=1,
    groups=penalty_groups("l2_penalty"),
    misconceptions=(
        Misconception(
            "half-the-penalty",
            "Your penalty is half of what is asked. Some texts write λ/2 to save a 2 in the gradient; not this one.",
            lambda weights, strength: strength / 2 * total(np.square, weights),
        ),
        Misconception(
            "absolute-for-square",
            "This is the L1 penalty: it adds up sizes. The L2 penalty adds up squares.",
            lambda weights, strength: strength * total(np.abs, weights),
        ),
        Misconception(
            "root-taken",
            "You take the root of the sum. The penalty is the squared length of the weights, not their length.",
            lambda weights, strength: strength * np.sqrt(total(np.square, weights)),
        ),
        *penalty_mistakes(np.square),
    ),
)

# --------------------------------------------------------------------------------------------- l1_penalty
l1_penalty = Exercise(
    reference.l1_penalty,
    points=1,
    groups=penalty_groups("l1_penalty"),
    misconceptions=(
        Misconception(
            "signs-cancel",
            "Weights of opposite signs cancel in your sum. Where does the size have to be taken?",
            lambda weights, strength: strength * abs(total(lambda w: w, weights)),
        ),
        Misconception(
            "square-for-absolute",
            "This is the L2 penalty: it adds up squares. The L1 penalty adds up sizes.",
            lambda weights, strength: strength * total(np.square, weights),
        ),
        *penalty_mistakes(np.abs),
    ),
)

# ------------------------------------------------------------------------------------ elastic_net_penalty
elastic_net_penalty = Exercise(
    reference.elastic_net_penalty,
    points=1,
    groups=penalty_groups("elastic_net_penalty", 0.3),
    misconceptions=(
        Misconception(
            "beta-on-the-sizes",
            "β belongs to the other of the two terms.",
            lambda weights, strength, beta: strength * total(lambda w: w**2 + beta * np.abs(w), weights),
        ),
        Misconception(
            "beta-as-a-mixture",
            "You weigh the two terms with β and 1 − β, as some libraries do. Here the sizes have no factor but λ.",
            lambda weights, strength, beta: strength * total(lambda w: beta * w**2 + (1 - beta) * np.abs(w), weights),
        ),
        Misconception(
            "strength-on-the-squares-only",
            "λ multiplies only one of your two terms. It stands before the whole sum.",
            lambda weights, strength, beta: total(lambda w: strength * beta * w**2 + np.abs(w), weights),
        ),
        Misconception(
            "sizes-forgotten",
            "Your penalty has squares only. The elastic net is L2 and L1 together.",
            lambda weights, strength, beta: strength * beta * total(np.square, weights),
        ),
        *penalty_mistakes(lambda w, beta: beta * w**2 + np.abs(w)),
    ),
)


# -------------------------------------------------------------------------------------- weight_decay_step
def decay_in_place(w, dw, learning_rate, strength):
    w *= 1 - 2 * learning_rate * strength
    w -= learning_rate * dw
    return w


weight_decay_step = Exercise(
    reference.weight_decay_step,
    points=2,
    groups=(
        visible(
            "the book's numbers",
            case("two weights", np.array([1.0, -2.0]), np.array([0.5, 0.5]), 0.1, 0.5),
            case("no gradient: the weights only decay", np.array([4.0, -1.0, 0.5]), np.zeros(3), 0.5, 0.2),
            case("no strength: gradient descent", np.array([1.0, -2.0]), np.array([0.5, 3.0]), 0.1, 0.0),
        ),
        hidden(
            "other weights",
            lambda rng: [
                case("a matrix", rng.normal(size=(3, 4)), rng.normal(size=(3, 4)), 0.3, 0.4),
                case("filters", rng.normal(size=(2, 3, 2, 2)), rng.normal(size=(2, 3, 2, 2)), 0.05, 2.0),
                case("whole numbers", rng.integers(1, 9, 5), rng.integers(-3, 4, 5), 0.25, 0.5).as_floats(),
                case("a decay of more than all", rng.normal(size=6), rng.normal(size=6), 1.0, 2.0),
                case("a small decay", 1 + rng.random(6), rng.normal(size=6), 0.1, 0.001),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "two-forgotten",
            "Your weights decay half as fast as they should. The penalty here is λ Σ w², without a half before it: "
            "what is the derivative of w²?",
            lambda w, dw, learning_rate, strength: (1 - learning_rate * strength) * w - learning_rate * dw,
        ),
        Misconception(
            "divided-by-n",
            "You divide λ by a number of entries. That belongs to another penalty, (λ/2n) Σ w²; here it is λ Σ w².",
            lambda w, dw, learning_rate, strength: w - learning_rate * (strength * w / np.size(w) + dw),
        ),
        Misconception(
            "rate-missing-in-the-decay",
            "Your decay does not depend on the learning rate. The penalty is a part of the loss, and its gradient is "
            "followed with the same rate.",
            lambda w, dw, learning_rate, strength: (1 - 2 * strength) * w - learning_rate * dw,
        ),
        Misconception(
            "decays-the-step-too",
            "You step first and shrink the result, so the step shrinks as well. Which w does the penalty see?",
            lambda w, dw, learning_rate, strength: (1 - 2 * learning_rate * strength) * (w - learning_rate * dw),
        ),
        Misconception(
            "weights-grow",
            "With no gradient your weights grow. A penalty on large weights has to pull them to zero.",
            lambda w, dw, learning_rate, strength: (1 + 2 * learning_rate * strength) * w - learning_rate * dw,
        ),
        Misconception(
            "changes-its-input",
            "The values are right, but the array that was handed in has changed too. Operators such as *= and -= "
            "write into the array on their left: make a new one.",
            decay_in_place,
        ),
    ),
)


# ---------------------------------------------------------------------------------- multiclass_hinge_loss
def hinge(scores, labels):
    rows = np.arange(len(labels))
    lacking = np.maximum(0.0, scores - scores[rows, labels][:, None] + 1)
    lacking[rows, labels] = 0
    return lacking.sum(axis=1).mean()


multiclass_hinge_loss = Exercise(
    reference.multiclass_hinge_loss,
    points=2,
    groups=(
        visible(
            "the book's numbers",
            case("one sample, 1.5", np.array([[2.0, 2.5, -1.0]]), np.array([0])),
            case("two samples", np.array([[2.0, 2.5, 1.4], [0.0, 3.0, 1.0]]), np.array([0, 2])),
            case("right by more than 1: no loss", np.array([[5.0, 1.0, 3.9], [0.0, 0.5, 2.0]]), np.array([0, 2])),
        ),
        visible("all scores equal", case("K − 1 for each sample", np.zeros((2, 4)), np.array([3, 0]))),
        hidden(
            "other scores",
            lambda rng: [
                case("many samples", rng.normal(0, 1, (25, 6)), rng.integers(0, 6, 25)),
                case("two classes", rng.normal(0, 2, (9, 2)), rng.integers(0, 2, 9)),
                case("whole numbers", rng.integers(-2, 3, (8, 4)).astype(float), rng.integers(0, 4, 8)),
                case("large scores", rng.normal(0, 1e6, (5, 3)), rng.integers(0, 3, 5)),
                case("scores far from zero", 1000 + np.round(rng.normal(0, 2, (6, 3)), 2), rng.integers(0, 3, 6)),
            ],
        ),
    ),
    misconceptions=misconceptions(
        hinge,
        {
            "right-class-counted": (
                "Your loss is 1 too large. The sum leaves out the right class, whose term would always be 1.",
                "lacking[rows, labels] = 0 → pass",
            ),
            "margin-forgotten": (
                "A right class that is barely ahead costs nothing in your loss. By how much should it be ahead?",
                "[:, None] + 1 → [:, None]",
            ),
            "signs-swapped": (
                "Your loss is high where the right class has the highest score. Look at the order of the difference.",
                "scores - scores[rows, labels][:, None] → scores[rows, labels][:, None] - scores",
            ),
            "mean-over-classes": (
                "You average over the classes too, as some libraries do. Over the classes this loss is a sum.",
                "sum(axis=1) → mean(axis=1)",
            ),
            "worst-class-only": (
                "You count the strongest wrong class only. All of those that come too close count.",
                "sum(axis=1) → max(axis=1)",
            ),
            "squared": (
                "You square what is lacking. That is another loss, the squared hinge.",
                "lacking.sum → (lacking**2).sum",
            ),
            "sum-over-the-batch": (
                "Your loss grows with the number of samples. It is a mean over the batch.",
                "sum(axis=1).mean() → sum()",
            ),
        },
    ),
)


# ----------------------------------------------------------------------------------- ridge_polynomial_fit
def ridge(x, y, degree, strength):
    powers = np.vander(x, degree + 1, increasing=True)
    penalty = strength * np.eye(degree + 1)
    return np.linalg.lstsq(powers.T @ powers + penalty, powers.T @ y, rcond=None)[0]


def fits(rng, label, n, degree, strength):
    """A case of n points between −1 and 1, evenly spread, so that the problem is well conditioned."""
    return case(label, np.linspace(-1, 1, n), rng.normal(0, 2, n), degree, strength).within(1e-3, 1e-3)


ODD, ODD_X = np.array([1.0, 3.0, 5.0, 7.0]), np.array([1.0, 2.0, 3.0, 4.0])
LINE_X, LINE_Y = np.array([-1.0, 0.0, 1.0, 2.0]), np.array([1.0, 2.0, 2.5, 5.0])

ridge_polynomial_fit = Exercise(
    reference.ridge_polynomial_fit,
    points=2,
    groups=(
        visible(
            "the book's numbers",
            case("a line through 1, 3, 5, 7", ODD_X, ODD, 1, 0.0).within(1e-3, 1e-3),
            case("through 1, 3, 5, 7, 217341", np.append(ODD_X, 5.0), np.append(ODD, 217341.0), 4, 0.0).within(
                99, 0.01
            ),
        ),
        visible(
            "with a penalty",
            case("strength 1", LINE_X, LINE_Y, 1, 1.0).within(1e-3, 1e-3),
            case("strength 5, a parabola", LINE_X, LINE_Y, 2, 5.0).within(1e-3, 1e-3),
        ),
        hidden(
            "other data",
            lambda rng: [
                fits(rng, "no penalty", 12, 4, 0.0),
                fits(rng, "a weak penalty", 15, 5, 0.05),
                fits(rng, "a strong penalty", int(rng.integers(8, 20)), 3, float(rng.uniform(2, 20))),
                fits(rng, "more coefficients than points", 4, 6, 0.5),
                fits(rng, "a constant", 7, 0, 2.0),
                case("whole numbers", np.array([-2, -1, 0, 1, 2]), rng.integers(-5, 6, 5), 2, 3)
                .within(1e-3, 1e-3)
                .as_floats(),
                case("a penalty above all", np.linspace(-1, 1, 5), rng.normal(size=5), 2, 1e9).within(1e-6, 1e-3),
            ],
        ),
    ),
    misconceptions=misconceptions(
        ridge,
        {
            "highest-power-first": (
                "Your coefficients are in reverse order. The constant comes first.",
                ", increasing=True → ",
            ),
            "penalty-forgotten": (
                "Your coefficients don't depend on the strength.",
                "penalty = strength * → penalty = 0 *",
            ),
            "constant-spared": (
                "You leave the constant out of the penalty. That is often wise, but here ‖c‖² has all the "
                "coefficients.",
                "strength * np.eye(degree + 1) → strength * np.diag([0.0] + [1.0] * degree)",
            ),
            "strength-squared": (
                "Your penalty is λ²‖c‖². If you add rows to V: what has to stand in them, so that their squares give "
                "λ?",
                "penalty = strength * → penalty = strength**2 *",
            ),
            "mean-of-the-errors": (
                "Your penalty is too strong by a factor that grows with the number of points. The errors are summed "
                "here, not averaged.",
                "penalty = strength * → penalty = len(x) * strength *",
            ),
            "highest-power-missing": (
                "Your polynomial's degree is one too small: a polynomial of degree 1 has two coefficients.",
                "powers = → degree = degree - 1\npowers =",
            ),
        },
    ),
)


# ---------------------------------------------------------------------------------------- dropout_forward
def numbers(shape):
    """An array of numbers between 1 and 2."""
    return np.linspace(1, 2, int(np.prod(shape))).reshape(shape)


def statistics_of_mask(mask):
    """What a mask of many entries is known by; the spread is that of the share dropped: large if not each is drawn."""
    dropped = mask == 0
    return {
        "share dropped": float(np.mean(dropped)),
        "mean": float(np.mean(mask)),
        "largest": float(mask.max()),
        "spread of rows": float(np.std(np.mean(dropped, axis=1))),
        "spread of columns": float(np.std(np.mean(dropped, axis=0))),
    }


def dropout_statistics(student, shape, drop_probability, rng):
    """Statistics of the student's mask, and whether the output has been multiplied by it."""
    x = numbers(shape)
    out, mask = student.dropout_forward(x, drop_probability, rng)
    out, mask = np.asarray(out, dtype=float), np.asarray(mask, dtype=float)
    if out.shape != x.shape or mask.shape != x.shape:
        raise ValueError(f"out and mask have shapes {out.shape} and {mask.shape}, expected {x.shape}")
    return {**statistics_of_mask(mask), "out = x·mask": bool(np.allclose(out, x * mask, rtol=1e-4))}


def dropout_randomness(student, rng, twin, other):
    """What the generator decides: rng and twin have one seed, other has another."""
    x = np.ones((5, 12))
    first, again, different = (np.asarray(student.dropout_forward(x, 0.5, given)[1]) for given in (rng, twin, other))
    second = np.asarray(student.dropout_forward(x, 0.5, rng)[1])
    return {
        "same seed, same": bool(np.array_equal(first, again)),
        "another seed, another": not np.array_equal(first, different),
        "second call, another": not np.array_equal(first, second),
    }


def masks(label, shape, drop_probability, seed):
    """20,000 entries and p up to 0.5: the mean of a mask has a standard error of at most 0.007, all else less."""
    return probe(label, dropout_statistics, shape, drop_probability, Rng(seed)).within(0.065)


def dropout(x, drop_probability, rng, training=True):
    if not training:
        return x, np.ones(x.shape)
    mask = (rng.random(x.shape) >= drop_probability) / (1 - drop_probability)
    return x * mask, mask


X = np.array([[1.0, -2.0, 0.5], [3.0, 0.0, -1.0]])

dropout_forward = Exercise(
    reference.dropout_forward,
    points=3,
    returns=("out", "mask"),
    groups=(
        visible(
            "training",
            masks("100 × 200 units, p = 0.2", (100, 200), 0.2, 1),
            case("p = 0 drops nothing", X, 0.0, Rng(3)),
        ),
        visible("test", case("training=False hands x on", X, 0.5, Rng(4), training=False)),
        visible("randomness", probe("rng decides", dropout_randomness, Rng(5), Rng(5), Rng(6))),
        hidden(
            "other masks",
            lambda rng: [
                masks("200 × 100 units", (200, 100), float(rng.uniform(0.1, 0.45)), seed_of(rng)),
                masks("p = 0.05", (100, 200), 0.05, seed_of(rng)),
                masks("p = 0.5", (100, 200), 0.5, seed_of(rng)),
                masks("maps of images, four axes", (50, 20, 4, 5), 0.3, seed_of(rng)),
            ],
        ),
        hidden(
            "other inputs",
            lambda rng: [
                case(
                    "whole numbers at test time", rng.integers(-4, 5, (3, 4)), 0.25, Rng(1), training=False
                ).as_floats(),
                case("whole numbers, p = 0", rng.integers(-4, 5, (3, 4)), 0.0, Rng(1)).as_floats(),
                case("a vector", rng.normal(size=7), 0.4, Rng(1), training=False),
                case("zeros at test time", np.zeros((2, 3)), 0.4, Rng(1), training=False),
                case("training=True given, p = 0", rng.normal(size=(2, 3)), 0.0, Rng(1), training=True),
                probe("other seeds", dropout_randomness, Rng(11), Rng(11), Rng(seed_of(rng))),
            ],
        ),
    ),
    misconceptions=misconceptions(
        dropout,
        {
            "keep-for-drop": (
                "You keep as many units as should be dropped. The argument is the probability to be dropped.",
                ">= drop_probability) / (1 - drop_probability) → < drop_probability) / drop_probability",
            ),
            "drops-what-should-stay": (
                "Your factor is right, and you keep the units that should be dropped: with p = 0 nothing is left. "
                "Which draws lie below p?",
                ">= drop_probability) → < drop_probability)",
            ),
            "normal-for-uniform": (
                "You compare p with normally distributed draws, half of which are negative. A share of p has to lie "
                "below p: between which bounds must the draws be uniform?",
                "rng.random(x.shape) → rng.normal(size=x.shape)",
            ),
            "not-scaled": (
                "On average your layer hands on less than it gets: that is dropout without scaling, and the test has "
                "to make up for it. Inverted dropout makes up for it in training.",
                "/ (1 - drop_probability) → * 1.0",
            ),
            "scaled-by-the-drop-probability": (
                "You divide what is kept by the probability to be dropped. Which share of the sum is left on average?",
                "/ (1 - drop_probability) → / drop_probability",
            ),
            "scaled-the-wrong-way": (
                "You make what is kept smaller. On average the layer should hand on as much as it gets: must what is "
                "left become smaller or larger?",
                "/ (1 - drop_probability) → * (1 - drop_probability)",
            ),
            "same-units-for-every-sample": (
                "You drop the same units for the whole batch. Every sample has its own draw.",
                "rng.random(x.shape) → np.broadcast_to(rng.random((1, *x.shape[1:])), x.shape)",
            ),
            "drops-at-test-time": (
                "You drop units with training=False too. A prediction should not depend on luck.",
                "if not training → if False",
            ),
            "scaled-at-test-too": (
                "With training=False you scale. Inverted dropout has done that in training already.",
                "return x, np → return (1 - drop_probability) * x, np",
            ),
            "mask-without-scale": (
                "Your output is scaled and your mask is not. The way back will need the same factor: put it into the "
                "mask.",
                "return x * mask, mask → return x * mask, 1.0 * (mask > 0)",
            ),
            "own-generator": (OWN_GENERATOR, "mask = → rng = np.random.default_rng(0)\nmask ="),
        },
    ),
)

# --------------------------------------------------------------------------------------- dropout_backward
MASK = np.array([[2.0, 0.0, 2.0], [0.0, 2.0, 0.0]])


def masked(rng, shape, p):
    """A scaled mask."""
    return (rng.random(shape) >= p) / (1 - p)


dropout_backward = Exercise(
    reference.dropout_backward,
    points=1,
    groups=(
        visible(
            "the book's numbers",
            case("p = 0.5", np.array([[0.5, 1.0, -1.0], [2.0, -0.5, 3.0]]), MASK),
            case("p = 0.2", np.array([4.0, -2.0, 1.0]), np.array([1.25, 0.0, 1.25])),
            case("at test time, a mask of ones", np.array([0.5, -1.0]), np.ones(2)),
        ),
        hidden(
            "other masks",
            lambda rng: [
                case("a batch", rng.normal(size=(6, 9)), masked(rng, (6, 9), 0.3)),
                case("maps of images", rng.normal(size=(2, 3, 4, 2)), masked(rng, (2, 3, 4, 2), 0.75)),
                case("whole numbers", rng.integers(-5, 6, (3, 4)), rng.integers(0, 2, (3, 4)) * 2).as_floats(),
                case("all dropped", rng.normal(size=(2, 3)), np.zeros((2, 3))),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "mask-forgotten",
            "Your gradient flows through units that were dropped. They did not contribute to the loss.",
            lambda dout, mask: dout * 1.0,
        ),
        Misconception(
            "not-scaled",
            "The gradient passes where it should, without the factor that the forward pass has multiplied by.",
            lambda dout, mask: dout * (np.asarray(mask) > 0),
        ),
        Misconception(
            "dropped-for-kept",
            "Your gradient flows through the dropped units and not through the others.",
            lambda dout, mask: dout * (np.asarray(mask) == 0),
        ),
        Misconception(
            "scaled-twice",
            "You multiply by the factor of the mask twice.",
            lambda dout, mask: dout * np.square(mask),
        ),
        Misconception(
            "divided-by-the-factor",
            "Where the forward pass made values larger, you make gradients smaller. A product by a constant has that "
            "constant as its derivative.",
            lambda dout, mask: np.where(np.asarray(mask) > 0, dout / np.where(np.asarray(mask) > 0, mask, 1), 0.0),
        ),
    ),
)

# -------------------------------------------------------------------------------- vanilla_dropout_predict
vanilla_dropout_predict = Exercise(
    reference.vanilla_dropout_predict,
    points=1,
    groups=(
        visible(
            "the book's numbers",
            case("p = 0.2", np.array([10.0, -5.0, 0.0]), 0.2),
            case("p = 0.5", np.array([[1.0, 3.0], [2.0, -4.0]]), 0.5),
            case("p = 0: nothing was dropped", np.array([1.5, -2.0]), 0.0),
        ),
        hidden(
            "other activations",
            lambda rng: [
                case("a batch", rng.normal(size=(5, 8)), float(rng.uniform(0.05, 0.4))),
                case("many dropped", rng.normal(size=9), 0.9),
                case("maps of images", rng.normal(size=(2, 3, 4, 4)), 0.25),
                case("whole numbers", rng.integers(1, 9, (2, 5)), 0.25).as_floats(),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "times-the-drop-probability",
            "You multiply by the probability to be dropped, as a slide says. With one half it makes no difference. If "
            "a unit is hardly ever dropped, how much of it should be left?",
            lambda activations, drop_probability: drop_probability * np.asarray(activations),
        ),
        Misconception(
            "not-scaled",
            "You hand the activations on. In training the next layer saw only a part of them at a time; at test time "
            "it sees all of them.",
            lambda activations, drop_probability: np.asarray(activations) * 1.0,
        ),
        Misconception(
            "divided",
            "You make the activations larger. In training the next layer was given smaller sums than now.",
            lambda activations, drop_probability: np.asarray(activations) / (1 - drop_probability),
        ),
        Misconception(
            "scaled-by-the-root",
            "You take a root of the factor, which keeps the variance. Here the mean is to be kept.",
            lambda activations, drop_probability: np.asarray(activations) * np.sqrt(1 - drop_probability),
        ),
    ),
)


# ------------------------------------------------------------------------------------ dropconnect_forward
def dropconnect_statistics(student, shape, drop_probability, rng):
    """Statistics of the mask, read off from the outputs for unit vectors: row d of out is mask[d]·w[d] + b."""
    w, b = numbers(shape), np.linspace(-1, 1, shape[1])
    out = np.asarray(student.dropconnect_forward(np.eye(shape[0]), w, b, drop_probability, rng), dtype=float)
    if out.shape != w.shape:
        raise ValueError(f"the result has shape {out.shape}, expected {w.shape}")
    mask = (out - b) / w
    return statistics_of_mask(np.where(np.abs(mask) < 1e-4, 0.0, mask))


def dropconnect_randomness(student, rng, twin, other):
    """What the generator decides, and what it decides for the whole batch. rng and twin have one seed."""
    x, w, b = np.ones((4, 30)), numbers((30, 12)), np.zeros(12)
    first, again, different = (
        np.asarray(student.dropconnect_forward(x, w, b, 0.5, given), dtype=float) for given in (rng, twin, other)
    )
    second = np.asarray(student.dropconnect_forward(x, w, b, 0.5, rng), dtype=float)
    return {
        "equal samples, equal outputs": bool(np.allclose(first, first[0])),
        "no sum is zero": bool(np.all(np.abs(first) > 1e-6)),
        "same seed, same": bool(np.array_equal(first, again)),
        "another seed, another": not np.allclose(first, different),
        "second call, another": not np.allclose(first, second),
    }


def connections(label, shape, drop_probability, seed):
    """12,000 weights and more, p up to 0.5: the mean of a mask has a standard error of at most 0.009."""
    return probe(label, dropconnect_statistics, shape, drop_probability, Rng(seed)).within(0.08)


def dropconnect(x, w, b, drop_probability, rng, training=True):
    if not training:
        return x @ w + b
    mask = (rng.random(w.shape) >= drop_probability) / (1 - drop_probability)
    return x @ (mask * w) + b


DC_X, DC_W = np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 0.5]]), np.array([[0.5, -1.0], [2.0, 1.5]])
DC_B = np.array([0.25, -4.0])

dropconnect_forward = Exercise(
    reference.dropconnect_forward,
    points=2,
    groups=(
        visible(
            "training",
            connections("120 × 100 weights, p = 0.2", (120, 100), 0.2, 1),
            case("p = 0 drops nothing", DC_X, DC_W, DC_B, 0.0, Rng(3)),
        ),
        visible("biases", case("without weights only the biases are left", DC_X, 0 * DC_W, DC_B, 0.5, Rng(4))),
        visible("test", case("training=False: a layer", DC_X, DC_W, DC_B, 0.4, Rng(5), training=False)),
        visible("randomness", probe("rng decides, once a batch", dropconnect_randomness, Rng(6), Rng(6), Rng(7))),
        hidden(
            "other layers",
            lambda rng: [
                connections("100 × 120 weights", (100, 120), float(rng.uniform(0.1, 0.45)), seed_of(rng)),
                connections("p = 0.5", (120, 100), 0.5, seed_of(rng)),
                case(
                    "a layer at test time",
                    *(rng.normal(size=s) for s in ((5, 4), (4, 3), 3)),
                    0.3,
                    Rng(1),
                    training=False,
                ),
                case("whole numbers", *(rng.integers(-3, 4, s) for s in ((3, 4), (4, 2), 2)), 0.0, Rng(1)).as_floats(),
                case("biases only", rng.normal(size=(6, 4)), np.zeros((4, 8)), 1 + rng.random(8), 0.5, Rng(2)),
                probe("other seeds", dropconnect_randomness, Rng(21), Rng(21), Rng(seed_of(rng))),
            ],
        ),
    ),
    misconceptions=misconceptions(
        dropconnect,
        {
            "inputs-dropped": (
                "A whole row of weights disappears at a time: you drop the inputs, which is dropout. DropConnect draws "
                "for every weight.",
                "rng.random(w.shape) → rng.random(x.shape)",
                "x @ (mask * w) → (mask * x) @ w",
            ),
            "outputs-dropped": (
                "You drop the sums. DropConnect drops weights, so that each sum loses some of its terms.",
                "rng.random(w.shape) → rng.random((len(x), w.shape[1]))",
                "x @ (mask * w) → mask * (x @ w)",
            ),
            "biases-dropped": (
                "You drop biases too. They stay.",
                "(mask * w) + b → (mask * w) + b * (rng.random(b.shape) >= drop_probability) / (1 - drop_probability)",
            ),
            "not-scaled": (
                "The weights that are kept keep their size, so the sums are too small on average.",
                "/ (1 - drop_probability) → * 1.0",
            ),
            "keep-for-drop": (
                "You keep as many weights as should be dropped. The argument is the probability to be dropped.",
                ">= drop_probability) / (1 - drop_probability) → < drop_probability) / drop_probability",
            ),
            "a-mask-for-each-sample": (
                "Equal samples of a batch get different results. Here one mask serves the batch.",
                "rng.random(w.shape) → rng.random((len(x), *w.shape))",
                "x @ (mask * w) → np.einsum('nd,ndm->nm', x, mask * w)",
            ),
            "drops-at-test-time": (
                "You drop weights with training=False too. A prediction should not depend on luck.",
                "if not training → if False",
            ),
            "scaled-at-test-too": (
                "With training=False you scale the weights. The scaling has been done in training already.",
                "return x @ w → return x @ ((1 - drop_probability) * w)",
            ),
            "own-generator": (OWN_GENERATOR, "mask = → rng = np.random.default_rng(0)\nmask ="),
        },
    ),
)

# ------------------------------------------------------------------------------- stochastic_depth_forward
SD_X = np.array([[1.0, -2.0], [0.5, 3.0], [0.0, 1.0]])
SQUARE = Formula("lambda x: x**2 + 1")
HALF = Formula("lambda x: 0.5 * x - 3")


def depth_statistics(student, x, branch, survival_probability, rng):
    """Of 200 passes in training: the share with the branch, and whether each is one of the two possible results."""
    results = draws(student.stochastic_depth_forward, 200, x, branch, survival_probability, rng)
    results = np.array(results, dtype=float)
    skipped, kept = x * 1.0, x + branch(x)
    axes = tuple(range(1, results.ndim))
    is_skipped = np.isclose(results, skipped, rtol=1e-4, atol=1e-6).all(axis=axes)
    is_kept = np.isclose(results, kept, rtol=1e-4, atol=1e-6).all(axis=axes)
    return {
        "each x or x + branch(x)": bool(np.all(is_skipped | is_kept)),
        "share with the branch": float(np.mean(is_kept)),
        "mean": float(np.mean(results) / np.mean(np.abs(kept))),
    }


def depth_randomness(student, x, branch, rng, twin, other):
    """What the generator decides, in 24 passes each: rng and twin have one seed, other has another."""
    first, again, different = (
        np.array(draws(student.stochastic_depth_forward, 24, x, branch, 0.5, given), dtype=float)
        for given in (rng, twin, other)
    )
    return {
        "same seed, same": bool(np.array_equal(first, again)),
        "another seed, another": not np.array_equal(first, different),
    }


def depths(label, x, branch, survival_probability, seed):
    """200 passes: a share has a standard error of at most 0.036."""
    return probe(label, depth_statistics, x, branch, survival_probability, Rng(seed)).within(0.31)


def depth(x, branch, survival_probability, rng, training=True):
    if not training:
        return x + survival_probability * branch(x)
    if rng.random() < survival_probability:
        return x + branch(x)
    return 1.0 * x


stochastic_depth_forward = Exercise(
    reference.stochastic_depth_forward,
    points=2,
    groups=(
        visible(
            "training",
            depths("200 passes, survival 0.9", SD_X, SQUARE, 0.9, 1),
            case("survival 1: always the branch", SD_X, SQUARE, 1.0, Rng(2)),
            case("survival 0: never", SD_X, SQUARE, 0.0, Rng(3)),
        ),
        visible(
            "test",
            case("survival 0.8", SD_X, SQUARE, 0.8, Rng(4), training=False),
            case("survival 0.3", SD_X, HALF, 0.3, Rng(5), training=False),
        ),
        visible("randomness", probe("rng decides", depth_randomness, SD_X, SQUARE, Rng(6), Rng(6), Rng(7))),
        hidden(
            "other blocks",
            lambda rng: [
                depths("survival 0.15", rng.normal(2, 1, (4, 3)), HALF, 0.15, seed_of(rng)),
                case("maps of images", rng.normal(size=(2, 3, 2, 2)), HALF, 0.6, Rng(1), training=False),
                case("survival 1, training=True given", rng.normal(size=5), SQUARE, 1.0, Rng(1), training=True),
                case("whole numbers", rng.integers(-3, 4, (3, 2)), HALF, 0.5, Rng(1), training=False).as_floats(),
                case("whole numbers, skipped", rng.integers(-3, 4, (3, 2)), HALF, 0.0, Rng(1)).as_floats(),
            ],
        ),
    ),
    misconceptions=misconceptions(
        depth,
        {
            "drop-for-survival": (
                "Your branch survives as often as it should be skipped. The argument is the probability to survive.",
                "rng.random() < survival_probability → rng.random() >= survival_probability",
            ),
            "unscaled-at-test": (
                "At test time your branch counts in full. In training it was there in only a part of the passes.",
                "survival_probability * branch(x) → branch(x)",
            ),
            "scaled-by-the-skip-probability": (
                "At test time you multiply by the probability to be skipped. How often was the branch there in "
                "training?",
                "survival_probability * branch(x) → (1 - survival_probability) * branch(x)",
            ),
            "whole-sum-scaled": (
                "At test time you scale x too. The shortcut was there in every pass.",
                "x + survival_probability * branch(x) → survival_probability * (x + branch(x))",
            ),
            "scaled-in-training-too": (
                "In training your branch is made larger or smaller. Here the scaling is done at test time.",
                "x + branch(x) → x + survival_probability * branch(x)",
            ),
            "shortcut-lost": (
                "A block that is skipped hands on zeros. It should hand on its input: nothing else keeps the signal "
                "alive.",
                "return 1.0 * x → return 0.0 * x",
            ),
            "a-draw-for-each-sample": (
                "Some samples of your batch have the branch and others don't. Here one draw decides for the batch.",
                "if rng.random() < survival_probability: "
                "→ survives = rng.random((len(x), *[1] * (x.ndim - 1))) < survival_probability\n"
                "return x + survives * branch(x)\nif False:",
            ),
            "own-generator": (OWN_GENERATOR, "if rng.random() → rng = np.random.default_rng(0)\nif rng.random()"),
        },
    ),
)


# ---------------------------------------------------------------------------------- fractional_pool_edges
def form_of_edges(student, n_in, n_out, rng):
    """What holds for the edges whatever the draw."""
    edges = np.asarray(student.fractional_pool_edges(n_in, n_out, rng), dtype=float)
    if edges.ndim != 1:
        raise ValueError(f"the edges have shape {edges.shape}, expected ({n_out + 1},)")
    steps = np.diff(edges)
    return {
        "number of edges": int(edges.size),
        "begin at 0": bool(edges[:1] == 0),
        "end at n_in": bool(edges[-1:] == n_in),
        "steps of 1 or 2": bool(np.all((steps == 1) | (steps == 2))),
    }


def order_of_steps(student, n_in, n_out, rng):
    """Where the steps of 2 lie, and how often neighbouring steps are equal."""
    steps = np.diff(np.asarray(student.fractional_pool_edges(n_in, n_out, rng), dtype=float))
    return {
        "steps of 2 in the first half": float(np.mean(steps[: n_out // 2] == 2) * (n_out // 2)) / (n_in - n_out),
        "equal neighbours": float(np.mean(steps[1:] == steps[:-1])),
    }


def randomness_of_edges(student, rng, twin, other):
    """What the generator decides: rng and twin have one seed, other has another."""
    first, again, different = (np.asarray(student.fractional_pool_edges(60, 40, given)) for given in (rng, twin, other))
    second = np.asarray(student.fractional_pool_edges(60, 40, rng))
    return {
        "same seed, same": bool(np.array_equal(first, again)),
        "another seed, another": not np.array_equal(first, different),
        "second draw, another": not np.array_equal(first, second),
    }


def edges_refused(student, n_in, n_out, rng):
    """The error for an impossible pair of sizes."""
    return raised(student.fractional_pool_edges, n_in, n_out, rng)


def forms(*sizes, seed=1):
    return [probe(f"{a} pixels to {b}", form_of_edges, a, b, Rng(seed)) for a, b in sizes]


def orders(label, n_in, n_out, seed):
    """200 regions: both shares have a standard error of about 0.035."""
    return probe(label, order_of_steps, n_in, n_out, Rng(seed)).within(0.31)


def edges_by(steps_of, *, checked=True):
    """Edges from steps ``steps_of(twos, ones, rng)``, for the known mistakes."""

    def edges(n_in, n_out, rng):
        if checked and not n_out <= n_in <= 2 * n_out:
            raise ValueError("the sizes don't fit")
        return np.concatenate([[0], np.cumsum(steps_of(n_in - n_out, 2 * n_out - n_in, rng))])

    return edges


def twos_first(twos, ones, rng):
    return np.array([2] * max(twos, 0) + [1] * max(ones, 0))


def shuffled(twos, ones, rng):
    return rng.permutation(twos_first(twos, ones, rng))


def evenly(n_in, n_out, rng):
    if not n_out <= n_in <= 2 * n_out:
        raise ValueError("the sizes don't fit")
    return np.arange(n_out + 1) * n_in // n_out


def any_cuts(n_in, n_out, rng):
    if not n_out <= n_in <= 2 * n_out:
        raise ValueError("the sizes don't fit")
    inner = np.sort(rng.choice(np.arange(1, n_in), n_out - 1, replace=False))
    return np.concatenate([[0], inner, [n_in]])


fractional_pool_edges = Exercise(
    reference.fractional_pool_edges,
    points=2,
    groups=(
        visible("form", *forms((7, 5), (60, 40), (4, 4), (6, 3))),
        visible("order", orders("300 pixels to 200", 300, 200, 2)),
        visible("randomness", probe("rng decides", randomness_of_edges, Rng(3), Rng(3), Rng(4))),
        visible(
            "sizes that cannot be met",
            probe("more regions than pixels", edges_refused, 5, 6, Rng(5)),
            probe("fewer than half as many", edges_refused, 9, 4, Rng(6)),
        ),
        hidden(
            "other sizes", lambda rng: forms((1, 1), (2, 1), (9, 5), (10, 5), (36, 25), (41, 28), seed=seed_of(rng))
        ),
        hidden(
            "order, other draws",
            lambda rng: [
                orders("300 pixels to 200", 300, 200, seed_of(rng)),
                orders("310 pixels to 200", 310, 200, seed_of(rng)),
            ],
        ),
        hidden(
            "other sizes that cannot be met",
            lambda rng: [
                probe("one region too many", edges_refused, 8, 9, Rng(1)),
                probe("one pixel too many", edges_refused, 17, 8, Rng(1)),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "not-shuffled",
            "All your large regions lie on one side. Their order is to be random.",
            edges_by(twos_first),
        ),
        Misconception(
            "evenly-spread",
            "Your edges are the same at every draw, spread as evenly as they can be. There is no noise in them.",
            evenly,
        ),
        Misconception(
            "zero-left-out",
            "The first edge is missing. n regions need n + 1 edges.",
            lambda n_in, n_out, rng: edges_by(shuffled)(n_in, n_out, rng)[1:],
        ),
        Misconception(
            "steps-in-place-of-edges",
            "You return the sizes of the regions. The places where they begin and end are asked for.",
            lambda n_in, n_out, rng: np.diff(edges_by(shuffled)(n_in, n_out, rng)),
        ),
        Misconception(
            "number-of-twos-left-to-chance",
            "Your edges end anywhere. How many steps of 2 does it take, so that all the steps together make n_in?",
            edges_by(lambda twos, ones, rng: rng.integers(1, 3, twos + ones)),
        ),
        Misconception(
            "cut-anywhere",
            "Some of your regions are larger than 2. Choose the order of the steps, not the places of the cuts.",
            any_cuts,
        ),
        Misconception(
            "sizes-not-checked",
            "Sizes that steps of 1 and 2 cannot meet should be refused with a ValueError.",
            edges_by(shuffled, checked=False),
        ),
    ),
)


# ------------------------------------------------------------------------------------ monte_carlo_predict
def sampled(student, predict, size, samples, rng):
    """Mean and spread, over many entries, of the student's mean over samples; the spread times √samples."""
    result = np.asarray(student.monte_carlo_predict(predict, np.ones(size), samples, rng), dtype=float)
    if result.shape != (size,):
        raise ValueError(f"the result has shape {result.shape}, expected ({size},)")
    return {
        "mean": float(np.mean(result)),
        "spread · √samples": float(np.std(result) * np.sqrt(samples)),
    }


def sampling_randomness(student, predict, rng, twin, other):
    """What the generator decides: rng and twin have one seed, other has another."""
    first, again, different = (
        np.asarray(student.monte_carlo_predict(predict, np.ones(6), 3, given), dtype=float)
        for given in (rng, twin, other)
    )
    return {
        "same seed, same": bool(np.array_equal(first, again)),
        "another seed, another": not np.allclose(first, different),
    }


SKEWED = Formula("lambda x, rng: x * rng.exponential(size=x.shape)")  # mean 1, median 0.69, deviation 1
MASKED = Formula("lambda x, rng: 2 * x * (rng.random(x.shape) < 0.5)")  # mean 1, deviation 1
CERTAIN = Formula("lambda x, rng: 3 * x - 1")
ITSELF = Formula("lambda x, rng: x")
ROWS = Formula("lambda x, rng: x.sum(axis=1, keepdims=True) * np.array([1.0, -2.0])")


def samplings(label, predict, samples, seed):
    """900 entries of deviation 1/√samples: the mean is known to 0.012, the spread (of skewed noise) to 0.027."""
    return probe(label, sampled, predict, 900, samples, Rng(seed)).within(0.24)


def expectation(predict, x, samples, rng):
    results = np.array([predict(x, rng) for _ in range(samples)])
    return results.mean(axis=0)


monte_carlo_predict = Exercise(
    reference.monte_carlo_predict,
    points=1,
    groups=(
        visible(
            "without noise",
            case("three samples", CERTAIN, np.array([[1.0, 2.0], [0.0, -1.0]]), 3, Rng(1)),
            case("scores of another shape than x", ROWS, np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 4.0]]), 4, Rng(2)),
        ),
        visible(
            "with noise",
            samplings("16 samples of skewed noise", SKEWED, 16, 3),
            samplings("25 samples of a dropout mask", MASKED, 25, 4),
        ),
        visible("randomness", probe("rng decides", sampling_randomness, SKEWED, Rng(5), Rng(5), Rng(6))),
        visible(
            "results that are not yours to change",
            case("predict returns its argument", ITSELF, np.array([[1.0, 2.0], [0.0, -1.0]]), 3, Rng(7)),
            weight=0.5,
        ),
        hidden(
            "other predictions",
            lambda rng: [
                samplings("30 samples", SKEWED, 30, seed_of(rng)),
                samplings("one sample", MASKED, 1, seed_of(rng)),
                case("one sample without noise", CERTAIN, rng.normal(size=(3, 2)), 1, Rng(1)),
                case("many samples without noise", ROWS, rng.normal(size=(4, 3)), 17, Rng(1)),
                case("whole numbers", CERTAIN, rng.integers(-3, 4, (2, 3)), 5, Rng(1)).as_floats(),
            ],
        ),
    ),
    misconceptions=misconceptions(
        expectation,
        {
            "sum-for-mean": ("Your prediction grows with the number of samples.", "results.mean → results.sum"),
            "last-sample-only": (
                "Your prediction is as noisy as a single one, however many samples are asked for. Are they all in it?",
                "results.mean(axis=0) → results[-1]",
            ),
            "median-for-mean": (
                "You take the median of the samples. The expectation over the noise is approached by their mean.",
                "results.mean(axis=0) → np.median(results, axis=0)",
            ),
            "mean-over-all": (
                "You average over everything: samples, rows and classes. Only the samples are to be averaged over.",
                "results.mean(axis=0) → np.full(results.shape[1:], results.mean())",
            ),
            "same-noise-each-time": (
                "Your samples are all the same: every one of them has a new generator of the same seed. Hand rng on.",
                "predict(x, rng) → predict(x, np.random.default_rng(0))",
            ),
            "adds-into-a-prediction": (
                "You add into the array that predict has returned. It is not yours: here it is x itself. Make a new "
                "one.",
                "results = np.array([predict(x, rng) for _ in range(samples)]) "
                "→ results = predict(x, rng)\nfor _ in range(samples - 1):\n    results += predict(x, rng)",
                "results.mean(axis=0) → results / samples",
            ),
        },
    ),
)


# ----------------------------------------------------------------------------------- early_stopping_epoch
def stopping(validation_losses, patience):
    best, waited = 0, 0
    for epoch in range(1, len(validation_losses)):
        if validation_losses[epoch] < validation_losses[best]:
            best, waited = epoch, 0
        else:
            waited = waited + 1
        if waited >= patience:
            return epoch, best
    return len(validation_losses) - 1, best


def random_losses(rng, n):
    """Losses that fall and rise again, with noise; all of them different."""
    epochs = np.arange(n)
    return np.round((epochs / n - 0.5) ** 2 + rng.normal(0, 0.02, n), 4) + 1 + epochs * 1e-6


CURVE = np.array([1.0, 0.8, 0.9, 0.7, 0.75, 0.72, 0.6, 0.65, 0.66, 0.64, 0.5])

early_stopping_epoch = Exercise(
    reference.early_stopping_epoch,
    points=1,
    returns=("stop_epoch", "best_epoch"),
    groups=(
        visible(
            "the book's numbers",
            case("patience 2", CURVE, 2),
            case("patience 3", CURVE, 3),
            case("patience 4: to the end", CURVE, 4),
            case("patience 1", CURVE, 1),
        ),
        visible(
            "ends of the curve",
            case("still falling", np.array([3.0, 2.0, 1.5, 1.2]), 2),
            case("the best is the first", np.array([1.0, 2.0, 3.0, 4.0]), 3),
            case("the last epoch is not the best, and patience is left", np.array([3.0, 2.0, 1.0, 1.5]), 3),
        ),
        visible("a loss as low as the best", case("is not below it", np.array([2.0, 1.0, 1.0, 1.0, 0.5]), 2)),
        hidden(
            "other curves",
            lambda rng: [
                case("a noisy curve", random_losses(rng, 40), 4),
                case("a noisy curve, patience 1", random_losses(rng, 25), 1),
                case("a noisy curve, much patience", random_losses(rng, 30), 20),
                case("whole numbers", np.array([9, 7, 8, 7, 7, 6]), 3).as_floats(),
                case("one epoch", np.array([0.7]), int(rng.integers(1, 4))),
                case("one level", np.full(6, 0.5), 3),
            ],
        ),
    ),
    misconceptions=misconceptions(
        stopping,
        {
            "a-tie-is-better": (
                "You take a loss that equals the best one for an improvement. Only a loss below the best is one.",
                "[epoch] < validation_losses[best] → [epoch] <= validation_losses[best]",
            ),
            "one-epoch-late": (
                "You stop one epoch late. With patience 1 the first epoch without an improvement is the last.",
                "waited >= patience → waited > patience",
            ),
            "not-in-a-row": (
                "You count all epochs without an improvement. After an improvement the patience starts again.",
                "best, waited = epoch, 0 → best = epoch",
            ),
            "compared-with-the-epoch-before": (
                "You compare each loss with the one before it. What matters is the best so far: a loss can fall and "
                "still be above it.",
                "best, waited = epoch, 0 → waited = 0",
                "if validation_losses[epoch] < validation_losses[best] "
                "→ best = epoch if validation_losses[epoch] < validation_losses[best] else best\n"
                "if validation_losses[epoch] < validation_losses[epoch - 1]",
            ),
            "looks-into-the-future": (
                "Your best epoch lies after the one at which training stopped. It has never been trained.",
                "return epoch, best → return epoch, int(np.argmin(validation_losses))",
            ),
            "best-is-patience-before-the-stop": (
                "Your best epoch is right only where the patience ran out. Training can also end before it does.",
                "return len(validation_losses) - 1, best "
                "→ return len(validation_losses) - 1, max(len(validation_losses) - 1 - patience, 0)",
            ),
            "counted-from-1": (
                "Your epochs are counted from 1. The first entry of the losses is that of epoch 0.",
                "return epoch, best → return epoch + 1, best + 1",
                "return len(validation_losses) - 1, best → return len(validation_losses), best + 1",
            ),
        },
    ),
)

EXERCISES = (
    l2_penalty,
    l1_penalty,
    elastic_net_penalty,
    weight_decay_step,
    multiclass_hinge_loss,
    ridge_polynomial_fit,
    dropout_forward,
    dropout_backward,
    vanilla_dropout_predict,
    dropconnect_forward,
    stochastic_depth_forward,
    fractional_pool_edges,
    monte_carlo_predict,
    early_stopping_epoch,
)
