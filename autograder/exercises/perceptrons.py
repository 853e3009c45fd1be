"""What right answers in chapter ``perceptrons`` are."""

import numpy as np

from solutions import perceptrons as reference

from ..judging.vocabulary import Exercise, Misconception, case, hidden, probe, visible

CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
AND, OR, XOR = np.array([0, 0, 0, 1]), np.array([0, 1, 1, 1]), np.array([0, 1, 1, 0])
LEARNING_RATES = (0.25, 0.5, 1.0, 2.0)  # powers of 2: sums of their multiples are exact in any order


# ---------------------------------------------------------------------------------------------- heaviside
heaviside = Exercise(
    reference.heaviside,
    points=1,
    groups=(
        visible(
            "the book's numbers",
            case("the weighted sums of the AND gate", np.array([-3.0, -1.0, -1.0, 1.0])),
            case("a matrix of sums", np.array([[2.5, 1.5], [0.5, -0.5]])),
        ),
        visible("the threshold", case("exactly zero, and just beside it", np.array([-1e-9, 0.0, 1e-9]))),
        hidden(
            "other shapes and sizes",
            lambda rng: [
                case("random sums", rng.normal(0, 3, rng.integers(5, 30))),
                case("a batch of matrices", rng.normal(0, 1, (2, 3, int(rng.integers(2, 5))))),
                case("whole numbers", rng.permutation(np.arange(-4, 5))).as_floats(),
                case("huge sums", np.array([-1e300, 1e300, 0.0, -1e-300])),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "fires-at-zero",
            "Look at z = 0. The definition has z <= 0 on one side and z > 0 on the other: on which does zero lie?",
            lambda z: (np.asarray(z) >= 0) * 1.0,
        ),
        Misconception(
            "sign-for-step",
            "The sign of z has three values, −1, 0 and 1. A step function has two.",
            lambda z: np.sign(z) * 1.0,
        ),
        Misconception(
            "step-upside-down",
            "Your function is 1 where it should be 0. A unit is active when its sum is above the threshold.",
            lambda z: (np.asarray(z) <= 0) * 1.0,
        ),
        Misconception(
            "ramp-for-step",
            "Between 0 and 1 your function climbs gradually. A step has no values in between.",
            lambda z: np.clip(z, 0.0, 1.0),
        ),
    ),
)

# --------------------------------------------------------------------------------------------- perceptron
perceptron = Exercise(
    reference.perceptron,
    points=1,
    size="core",
    groups=(
        visible(
            "the book's numbers",
            case("AND of the four corners", CORNERS, np.array([2.0, 2.0]), -3.0),
            case("the second NAND", CORNERS, np.array([-2.0, -1.0]), 2.5),
            case("a single sample", np.array([1.0, 0.0]), np.array([2.0, 2.0]), -1.0),
        ),
        visible(
            "the threshold",
            case("a sum of exactly zero", np.array([[1.0, 1.0], [1.0, 2.0]]), np.array([1.0, 1.0]), -2.0),
        ),
        hidden(
            "more inputs and other shapes",
            lambda rng: [
                case("many inputs", rng.normal(size=(20, 7)), rng.normal(size=7), float(rng.normal())),
                case("a batch of batches", rng.normal(size=(2, 3, 4)), rng.normal(size=4), 0.3),
                case("whole numbers", rng.integers(-3, 4, (12, 3)), np.array([2, -1, 1]), 1).as_floats(),
                case("one sample of many inputs", rng.normal(size=50), rng.normal(size=50), -0.5),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "bias-subtracted",
            "The bias is minus the threshold: which sign does it carry when it joins the sum?",
            lambda x, w, b: reference.heaviside(np.asarray(x) @ w - b),
        ),
        Misconception(
            "bias-forgotten",
            "All your lines go through the origin. What moves a line away from it?",
            lambda x, w, b: reference.heaviside(np.asarray(x) @ w),
        ),
        Misconception(
            "no-step",
            "You return the weighted sum itself. What does a perceptron do with its sum?",
            lambda x, w, b: np.asarray(x) @ w + b,
        ),
        Misconception(
            "fires-at-zero",
            "Look at a sum of exactly zero: the step is 1 only above zero.",
            lambda x, w, b: (np.asarray(x) @ w + b >= 0) * 1.0,
        ),
    ),
)


# --------------------------------------------------------------------------------------------------- gates
def gate_outputs(student, gate, corners):
    """Outputs at the given corners of a perceptron with the parameters that the student's function gives."""
    w, b = getattr(student, gate)()
    w = np.asarray(w, dtype=float)
    if w.shape != (2,):
        raise ValueError(f"w has shape {w.shape}, expected (2,)")
    if np.size(b) != 1:
        raise ValueError(f"b has {np.size(b)} values, expected one number")
    return (corners @ w + float(np.reshape(b, ())) > 0) * 1.0


def gate_exercise(function, misconceptions):
    """A gate is judged by its truth table: any parameters that give it are right."""
    name = function.__name__
    return Exercise(
        function,
        points=1,
        groups=(
            visible("truth table", probe("the outputs at (0, 0), (0, 1), (1, 0), (1, 1)", gate_outputs, name, CORNERS)),
            hidden(
                "truth table, shuffled",
                lambda rng: [
                    probe("the corners in another order", gate_outputs, name, CORNERS[rng.permutation(4)])
                    for _ in range(2)
                ],
            ),
        ),
        misconceptions=misconceptions,
    )


def constant(w, b):
    """A function without arguments that gives these parameters."""
    return lambda: (np.array(w), b)


and_gate_parameters = gate_exercise(
    reference.and_gate_parameters,
    (
        Misconception(
            "or-for-and",
            "Your gate opens for a single 1. The bias has to hold back one weight, and let two together through.",
            constant([2.0, 2.0], -1.0),
        ),
        Misconception(
            "nand-for-and",
            "Your table is the exact opposite of the right one. What happens if every sign changes?",
            constant([-2.0, -2.0], 3.0),
        ),
        Misconception(
            "never-active",
            "Your gate never opens, not even for (1, 1). Work out its sum there: it must be above zero, not on it.",
            constant([1.0, 1.0], -2.0),
        ),
        Misconception(
            "always-active",
            "Your gate is 1 even for (0, 0), where only the bias is left in the sum. What sign must it have?",
            constant([2.0, 2.0], 3.0),
        ),
    ),
)

or_gate_parameters = gate_exercise(
    reference.or_gate_parameters,
    (
        Misconception(
            "and-for-or",
            "A single 1 does not open your gate. Work out the sum at (0, 1): it must be above zero, not on it.",
            constant([2.0, 2.0], -3.0),
        ),
        Misconception(
            "always-active",
            "Your gate is 1 even for (0, 0), where only the bias is left in the sum. What sign must it have?",
            constant([2.0, 2.0], 1.0),
        ),
        Misconception(
            "one-input-ignored",
            "Your gate follows its first input and ignores the second. Both inputs need a weight.",
            constant([2.0, 0.0], -1.0),
        ),
        Misconception(
            "nor-for-or",
            "Your table is the exact opposite of the right one. What happens if every sign changes?",
            constant([-2.0, -2.0], 1.0),
        ),
    ),
)

nand_gate_parameters = gate_exercise(
    reference.nand_gate_parameters,
    (
        Misconception(
            "bias-not-negated",
            "Your gate is never 1. NAND negates AND, and to negate a sum every term of it changes its sign: "
            "the weights and the bias.",
            constant([-2.0, -2.0], -3.0),
        ),
        Misconception(
            "and-for-nand",
            "This is AND. NAND has the opposite table: 0 only for (1, 1).",
            constant([2.0, 2.0], -3.0),
        ),
        Misconception(
            "nor-for-nand",
            "A single 1 closes your gate. NAND is 0 only when both inputs are 1: let the bias outweigh one weight.",
            constant([-2.0, -2.0], 1.0),
        ),
        Misconception(
            "weights-not-negated",
            "Your gate is always 1. With positive weights the sum can only grow from (0, 0) to (1, 1).",
            constant([2.0, 2.0], 3.0),
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ xor_gate
X1, X2 = CORNERS.T.copy()
NAND_GATE, OR_GATE, AND_GATE = (np.array([-2.0, -2.0]), 3.0), (np.array([2.0, 2.0]), -1.0), (np.array([2.0, 2.0]), -3.0)


def two_layers(first, second, last):
    """A gate of two gates: last(first(x1, x2), second(x1, x2))."""

    def gate(x1, x2):
        x = np.stack([x1, x2], axis=-1)
        hidden_units = [reference.perceptron(x, *first), reference.perceptron(x, *second)]
        return reference.perceptron(np.stack(hidden_units, axis=-1), *last)

    return gate


xor_gate = Exercise(
    reference.xor_gate,
    points=1,
    size="core",
    groups=(
        visible("truth table", case("the four corners", X1, X2)),
        visible("shape", case("inputs of shape (2, 2)", X1.reshape(2, 2), X2.reshape(2, 2))),
        hidden(
            "many inputs",
            lambda rng: [
                case("a long row", rng.integers(0, 2, 40) * 1.0, rng.integers(0, 2, 40) * 1.0),
                case("whole numbers", rng.integers(0, 2, (3, 4)), rng.integers(0, 2, (3, 4))).as_floats(),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "or-for-xor",
            "Your gate is 1 for (1, 1) too. Exclusive or leaves that corner out.",
            lambda x1, x2: np.maximum(x1, x2) * 1.0,
        ),
        Misconception(
            "nand-for-xor",
            "Your gate is 1 for (0, 0) too. Which gate excludes that corner?",
            lambda x1, x2: 1.0 - np.asarray(x1) * x2,
        ),
        Misconception(
            "xnor-for-xor",
            "Your gate is 1 where the inputs are equal. XOR is 1 where they differ.",
            lambda x1, x2: (np.asarray(x1) == x2) * 1.0,
        ),
        Misconception(
            "and-in-place-of-nand",
            "Your gate is 1 only at (1, 1). Of the two gates in the first layer one must be 0 there.",
            two_layers(AND_GATE, OR_GATE, AND_GATE),
        ),
        Misconception(
            "sum-for-xor",
            "1 and 1 give you 2. The result of a gate is 0 or 1.",
            lambda x1, x2: np.asarray(x1) + np.asarray(x2) * 1.0,
        ),
    ),
)


# -------------------------------------------------------------------------------------- xor_network_parameters
def network_outputs(student, corners):
    """Outputs of the two-layer step network with the parameters that the student's function gives."""
    W1, b1, w2, b2 = student.xor_network_parameters()
    W1, b1, w2 = np.asarray(W1, float), np.asarray(b1, float), np.asarray(w2, float)
    for name, array, shape in (("W1", W1, (2, 2)), ("b1", b1, (2,)), ("w2", w2, (2,))):
        if array.shape != shape:
            raise ValueError(f"{name} has shape {array.shape}, expected {shape}")
    if np.size(b2) != 1:
        raise ValueError(f"b2 has {np.size(b2)} values, expected one number")
    units = (corners @ W1 + b1 > 0) * 1.0
    return (units @ w2 + float(np.reshape(b2, ())) > 0) * 1.0


def network(W1, b1, w2, b2):
    """A function without arguments that gives these parameters."""
    return lambda: (np.array(W1), np.array(b1), np.array(w2), b2)


xor_network_parameters = Exercise(
    reference.xor_network_parameters,
    points=2,
    groups=(
        visible("truth table", probe("the outputs at (0, 0), (0, 1), (1, 0), (1, 1)", network_outputs, CORNERS)),
        hidden(
            "truth table, shuffled",
            lambda rng: [probe("the corners in another order", network_outputs, CORNERS[rng.permutation(4)])],
        ),
    ),
    misconceptions=(
        Misconception(
            "first-bias-negative",
            "Your output is always 0, because a hidden unit never becomes active. Work out the sum of your NAND unit "
            "at (0, 0): only its bias is left there.",
            network([[-2.0, 2.0], [-2.0, 2.0]], [-3.0, -1.0], [2.0, 2.0], -3.0),
        ),
        Misconception(
            "output-unit-or",
            "Your output is always 1. At every corner at least one hidden unit is active: is one enough?",
            network([[-2.0, 2.0], [-2.0, 2.0]], [3.0, -1.0], [2.0, 2.0], -1.0),
        ),
        Misconception(
            "output-unit-nand",
            "Your network computes the opposite of XOR. Look at the signs of its last layer.",
            network([[-2.0, 2.0], [-2.0, 2.0]], [3.0, -1.0], [-2.0, -2.0], 3.0),
        ),
        Misconception(
            "rows-for-columns",
            "Your W1 is transposed: x @ W1 takes the weights of a hidden unit from a column of W1, not from a row.",
            network([[-2.0, -2.0], [2.0, 2.0]], [3.0, -1.0], [2.0, 2.0], -3.0),
        ),
    ),
)


# ---------------------------------------------------------------------------------------- perceptron_update
def update(w, b, x, y, learning_rate, error, bias_moves=True):
    """An update with another error than the right one, for the known mistakes."""
    return w + learning_rate * error * np.asarray(x), b + learning_rate * float(error) * bias_moves


def random_update(rng, label, whole=False):
    """An update of random parameters with a random sample, all of them multiples of 1/8."""
    n = int(rng.integers(2, 6))
    w, b = rng.integers(-16, 17, n) / 8, float(rng.integers(-16, 17) / 8)
    x = rng.integers(-3, 4, n) if whole else rng.integers(-16, 17, n) / 8
    y = 1 - int(reference.perceptron(x, w, b))
    return case(label, w, b, x, y, float(rng.choice(LEARNING_RATES)))


perceptron_update = Exercise(
    reference.perceptron_update,
    points=2,
    returns=("w", "b"),
    groups=(
        visible(
            "a wrong prediction",
            case("0 predicted, 1 is right", np.array([0.0, 0.0]), 0.0, np.array([1.0, 1.0]), 1, 0.5),
            case("1 predicted, 0 is right", np.array([0.5, 0.5]), 0.5, np.array([0.0, 1.0]), 0, 0.5),
        ),
        visible(
            "a right prediction",
            case("1 predicted, 1 is right", np.array([1.0, 2.0]), -1.0, np.array([1.0, 1.0]), 1, 0.5),
            case("0 predicted, 0 is right", np.array([1.0, 2.0]), -4.0, np.array([1.0, 1.0]), 0, 0.5),
        ),
        hidden(
            "other samples",
            lambda rng: (
                [random_update(rng, f"random sample {k + 1}") for k in range(4)]
                + [random_update(rng, "a sample of whole numbers", whole=True).as_floats()]
            ),
        ),
    ),
    misconceptions=(
        Misconception(
            "sign-reversed",
            "Your line moves away from the sample. When 1 is right and 0 came out, should w·x grow or shrink?",
            lambda w, b, x, y, learning_rate: update(w, b, x, y, learning_rate, reference.perceptron(x, w, b) - y),
        ),
        Misconception(
            "bias-not-updated",
            "The weights learn and the bias does not. Think of it as the weight of an input that is always 1.",
            lambda w, b, x, y, learning_rate: update(
                w, b, x, y, learning_rate, y - reference.perceptron(x, w, b), bias_moves=False
            ),
        ),
        Misconception(
            "rate-forgotten",
            "Your steps are of another size than asked: where does the learning rate come in?",
            lambda w, b, x, y, learning_rate: update(w, b, x, y, 1.0, y - reference.perceptron(x, w, b)),
        ),
        Misconception(
            "sum-for-prediction",
            "You subtract the weighted sum from y. The rule compares y with the prediction, which is 0 or 1.",
            lambda w, b, x, y, learning_rate: update(w, b, x, y, learning_rate, y - (np.asarray(x) @ w + b)),
        ),
    ),
)


# ----------------------------------------------------------------------------------------- train_perceptron
def train(x, y, learning_rate, epochs, start=0.0, stop_early=False, at_end=False, count_after=False, total=False):
    """Training with one thing changed, for the known mistakes."""
    w, b, mistakes = np.full(np.shape(x)[1], start), start, []
    for _ in range(epochs):
        wrong, w_new, b_new = 0, w, b
        for sample, label in zip(x, y):
            used = (w, b) if at_end else (w_new, b_new)
            error = label - float(reference.perceptron(sample, *used))
            wrong += int(error != 0)
            w_new, b_new = w_new + learning_rate * error * sample, b_new + learning_rate * error
        w, b = w_new, b_new
        if count_after:
            wrong = int(np.sum(reference.perceptron(x, w, b) != y))
        mistakes.append(wrong + (mistakes[-1] if total and mistakes else 0))
        if stop_early and wrong == 0:
            break
    return w, b, mistakes


def random_training(rng, label, whole=False):
    """Samples with coordinates that are multiples of 1/8, labelled by a random line, some labels flipped."""
    n, dimensions = int(rng.integers(8, 20)), int(rng.integers(2, 4))
    x = rng.integers(-4, 5, (n, dimensions)) if whole else rng.integers(-16, 17, (n, dimensions)) / 8
    y = (x @ rng.normal(size=dimensions) + rng.normal() > 0).astype(int)
    y[rng.integers(0, n, 2)] ^= 1
    return case(label, x, y, float(rng.choice(LEARNING_RATES)), int(rng.integers(3, 8)))


train_perceptron = Exercise(
    reference.train_perceptron,
    points=3,
    returns=("w", "b", "mistakes"),
    groups=(
        visible(
            "gates",
            case("AND, ten epochs", CORNERS, AND, 0.5, 10),
            case("OR, six epochs", CORNERS, OR, 1.0, 6),
        ),
        visible("not separable", case("XOR, six epochs", CORNERS, XOR, 0.5, 6)),
        hidden(
            "random samples",
            lambda rng: (
                [random_training(rng, f"random samples {k + 1}") for k in range(3)]
                + [random_training(rng, "samples of whole numbers", whole=True).as_floats()]
            ),
        ),
        hidden(
            "few epochs",
            lambda rng: [
                case("no epoch at all", CORNERS, OR, 0.5, 0),
                case("one epoch", rng.integers(-8, 9, (6, 2)) / 4, np.array([0, 1, 1, 0, 1, 0]), 0.5, 1),
            ],
            weight=0.5,
        ),
    ),
    misconceptions=(
        Misconception(
            "stops-early",
            "Your training ends after the first epoch without a mistake. All epochs are to be run, so that mistakes "
            "has one entry for each.",
            lambda x, y, learning_rate, epochs: train(x, y, learning_rate, epochs, stop_early=True),
        ),
        Misconception(
            "updates-at-epoch-end",
            "Within an epoch all your predictions are made with the same parameters. Rosenblatt's rule updates after "
            "each sample, and the next sample meets the new line.",
            lambda x, y, learning_rate, epochs: train(x, y, learning_rate, epochs, at_end=True),
        ),
        Misconception(
            "counts-after-epoch",
            "You count the mistakes of the parameters at the end of an epoch. Count those met on the way, each before "
            "its update.",
            lambda x, y, learning_rate, epochs: train(x, y, learning_rate, epochs, count_after=True),
        ),
        Misconception(
            "mistakes-accumulated",
            "Your mistakes only ever grow. The count starts again with each epoch.",
            lambda x, y, learning_rate, epochs: train(x, y, learning_rate, epochs, total=True),
        ),
        Misconception(
            "starts-from-ones",
            "The first prediction is made with weights and bias that should be zero.",
            lambda x, y, learning_rate, epochs: train(x, y, learning_rate, epochs, start=1.0),
        ),
    ),
)

EXERCISES = (
    heaviside,
    perceptron,
    perceptron_update,
    train_perceptron,
    and_gate_parameters,
    or_gate_parameters,
    nand_gate_parameters,
    xor_gate,
    xor_network_parameters,
)
