"""What right answers in chapter ``networks`` are."""

import numpy as np

from solutions import networks as reference

from ..judging.plain import Formula, Rng
from ..judging.vocabulary import Exercise, Misconception, case, hidden, misconceptions, probe, raised, visible

CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
PREDICTION = np.array([[0.0015, 0.0088, 0.026, 0.029, 0.79, 0.008, 0.039, 0.088, 0.002, 0.0053]])  # the chapter's
LABEL = np.array([[0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]])


# -------------------------------------------------------------------------------- what the exercises share
def sigmoid(z):
    return 1 / (1 + np.exp(-np.asarray(z)))


def random_probabilities(rng, n, k):
    """Rows that sum to 1, none of their entries very small."""
    rows = rng.uniform(0.05, 1, (n, k))
    return rows / rows.sum(axis=1, keepdims=True)


def random_one_hot(rng, n, k, dtype=np.float64):
    return np.eye(k, dtype=dtype)[rng.integers(0, k, n)]


def size(rng, low, high):
    return int(rng.integers(low, high))


# ------------------------------------------------------------------------------------------ sigmoid_neuron
sigmoid_neuron = Exercise(
    reference.sigmoid_neuron,
    points=1,
    groups=(
        visible(
            "the book's numbers",
            case("the AND gate, made smooth", CORNERS, np.array([2.0, 2.0]), -3.0),
            case("a single sample", np.array([1.0, 0.0]), np.array([2.0, 2.0]), -1.0),
        ),
        visible(
            "far from zero",
            case("sums of −1000, 0 and 1000", np.array([[-1000.0], [0.0], [1000.0]]), np.array([1.0]), 0.0),
        ),
        hidden(
            "more inputs and other shapes",
            lambda rng: [
                case("many inputs", rng.normal(size=(20, 7)), rng.normal(size=7), float(rng.normal())),
                case("a batch of batches", rng.normal(size=(2, 3, 4)), rng.normal(size=4), 0.3),
                case("whole numbers", rng.integers(-3, 4, (12, 3)), np.array([2, -1, 1]), 1),
                case("one sample of many inputs", rng.normal(size=50), rng.normal(size=50), -0.5),
                case("one input", rng.normal(size=(6, 1)), np.array([float(rng.normal())]), 2.0),
            ],
        ),
        hidden(
            "extreme sums",
            lambda rng: [
                case("a large bias", rng.normal(size=(3, 2)), rng.normal(size=2), 5000.0),
                case("a large negative bias", rng.normal(size=(3, 2)), rng.normal(size=2), -5000.0),
                case("large inputs", rng.choice([-1.0, 1.0], (6, 1)) * 1e4, np.array([3.0]), 0.5),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "step-for-sigmoid",
            "Your unit still jumps from 0 to 1. The sigmoid passes through all values in between; at z = 0 it is ½.",
            lambda x, w, b: (np.asarray(x) @ w + b > 0) * 1.0,
        ),
        Misconception(
            "sign-of-the-exponent",
            "Your curve falls from 1 to 0. Which sign must the exponent have, so that a large z gives a value near 1?",
            lambda x, w, b: 1 / (1 + np.exp(np.asarray(x) @ w + b)),
        ),
        Misconception(
            "bias-forgotten",
            "A sample of zeros always gives you ½. What else belongs to the sum?",
            lambda x, w, b: sigmoid(np.asarray(x) @ w),
        ),
        Misconception(
            "infinity-over-infinity",
            "At a large sum you get NaN: a numerator and a denominator that both overflow. Write the fraction so that "
            "only one of them can.",
            lambda x, w, b: np.exp(np.asarray(x) @ w + b) / (1 + np.exp(np.asarray(x) @ w + b)),
        ),
        Misconception(
            "tanh-for-sigmoid",
            "Your curve runs from −1 to 1, so it is tanh. The sigmoid runs from 0 to 1.",
            lambda x, w, b: np.tanh(np.asarray(x) @ w + b),
        ),
    ),
)


# --------------------------------------------------------------------------------------------- mlp_forward
def forward(x, weights, biases, with_bias=True, linear_output=False, sums=False):
    """The activations with one thing changed, for the known mistakes."""
    a, kept = np.asarray(x), []
    for layer, (w, b) in enumerate(zip(weights, biases)):
        z = a @ w + b * with_bias
        a = z if linear_output and layer == len(weights) - 1 else sigmoid(z)
        kept.append(z if sums else a)
    return kept


def random_network(rng, label, sizes, samples):
    """A case with layers of the given sizes, the inputs first."""
    weights = [rng.normal(0, 1, shape) for shape in zip(sizes, sizes[1:])]
    return case(label, rng.normal(0, 1, (samples, sizes[0])), weights, [rng.normal(0, 1, n) for n in sizes[1:]])


def saturated_network(rng, label):
    """A case whose sums are huge or 0, and exact in single precision too."""
    weights = [1250.0 * rng.integers(-8, 9, shape) for shape in ((3, 4), (4, 2))]
    return case(label, rng.integers(-16, 17, (5, 3)) / 8.0, weights, [np.zeros(4), np.zeros(2)])


XOR_WEIGHTS = [np.array([[-2.0, 2.0], [-2.0, 2.0]]), np.array([[2.0], [2.0]])]
XOR_BIASES = [np.array([3.0, -1.0]), np.array([-3.0])]

mlp_forward = Exercise(
    reference.mlp_forward,
    points=2,
    groups=(
        visible(
            "two layers",
            case("the XOR network, made smooth", CORNERS, XOR_WEIGHTS, XOR_BIASES),
            case(
                "two inputs, three hidden units, one output",
                np.array([[1.0, -1.0]]),
                [np.array([[1.0, 0.0, -1.0], [0.5, 2.0, 0.0]]), np.array([[1.0], [-2.0], [0.5]])],
                [np.array([0.0, 1.0, -1.0]), np.array([0.25])],
            ),
        ),
        visible(
            "one layer",
            case(
                "no hidden layer",
                np.array([[1.0, 2.0]]),
                [np.array([[0.5, -1.0], [0.25, 1.0]])],
                [np.array([0.0, -1.0])],
            ),
        ),
        hidden(
            "other depths and widths",
            lambda rng: [
                random_network(rng, "three layers", (4, 6, 5, 3), 7),
                random_network(rng, "five layers", (2, 3, 4, 3, 2, 2), 4),
                random_network(rng, "layers of equal width", (3, 3, 3, 3), 3),
                random_network(rng, "any widths", tuple(map(int, rng.integers(1, 7, 4))), size(rng, 1, 6)),
            ],
        ),
        hidden(
            "extreme and whole numbers",
            lambda rng: [
                saturated_network(rng, "huge weights"),
                case(
                    "whole numbers",
                    rng.integers(-2, 3, (4, 3)),
                    [rng.integers(-2, 3, (3, 2)), rng.integers(-2, 3, (2, 2))],
                    [np.array([1, -1]), np.array([0, 2])],
                ),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "only-the-output",
            "You return the activations of the last layer. Those of all layers are asked for, in a list.",
            lambda x, weights, biases: forward(x, weights, biases)[-1],
        ),
        Misconception(
            "input-included",
            "Your list begins with the input. It should begin with the activations of the first hidden layer.",
            lambda x, weights, biases: [np.asarray(x), *forward(x, weights, biases)],
        ),
        Misconception(
            "linear-output",
            "Your last layer returns its weighted sums. In this network it is a layer of sigmoid units as the others.",
            lambda x, weights, biases: forward(x, weights, biases, linear_output=True),
        ),
        Misconception(
            "biases-forgotten",
            "Inputs of zero give ½ in all your first hidden units. What else belongs to the sums?",
            lambda x, weights, biases: forward(x, weights, biases, with_bias=False),
        ),
        Misconception(
            "sums-for-activations",
            "You list the weighted sums of the layers. Their activations, after the sigmoid, are asked for.",
            lambda x, weights, biases: forward(x, weights, biases, sums=True),
        ),
    ),
)


# ------------------------------------------------------------------------------------------------- one_hot
def error_of(student, labels, num_classes):
    """The name of the error that the student's function raises."""
    return raised(student.one_hot, labels, num_classes)


one_hot = Exercise(
    reference.one_hot,
    points=1,
    groups=(
        visible(
            "the worked digit",
            case("the digit 6", np.array([6]), 10),
            case("four labels, one of them twice", np.array([2, 0, 3, 2]), 5),
        ),
        visible(
            "labels outside the range",
            probe("the label 10 of 10 classes", error_of, np.array([3, 10]), 10),
            probe("the label −1", error_of, np.array([0, -1, 2]), 3),
        ),
        hidden(
            "other labels",
            lambda rng: [
                case("many labels", rng.integers(0, 7, 40), 7),
                case("classes without a sample", rng.integers(0, 3, 6), 12),
                case("every class", rng.permutation(6), 6),
                case("a single class", np.zeros(3, dtype=int), 1),
                case("small integers", rng.integers(0, 4, 5).astype(np.uint8), 4),
            ],
        ),
        hidden(
            "other labels outside the range",
            lambda rng: [
                probe("a label far above", error_of, np.array([1, size(rng, 5, 300)]), 4),
                probe("a label far below", error_of, np.array([size(rng, -300, -5), 1]), 4),
            ],
            weight=0.5,
        ),
    ),
    misconceptions=(
        Misconception(
            "negative-labels-accepted",
            "A label outside the range should raise ValueError. Python takes the index −1 for the last one, so a "
            "negative label passes unnoticed.",
            lambda labels, num_classes: np.eye(num_classes)[labels],
        ),
        Misconception(
            "range-not-checked",
            "A label that is no class gives you a row of zeros, and no error. Look at the labels before you use them.",
            lambda labels, num_classes: (np.asarray(labels)[:, None] == np.arange(num_classes)) * 1.0,
        ),
        Misconception(
            "counted-from-one",
            "Your ones stand one place too far left. Labels count from 0, as columns do.",
            lambda labels, num_classes: (
                reference.one_hot((np.asarray(labels) - 1) % num_classes, num_classes)
                if np.all((0 <= np.asarray(labels)) & (np.asarray(labels) < num_classes))
                else reference.one_hot(labels, num_classes)
            ),
        ),
        Misconception(
            "classes-for-samples",
            "Your result is transposed. Batch first: a sample is a row, a class is a column.",
            lambda labels, num_classes: reference.one_hot(labels, num_classes).T,
        ),
        Misconception(
            "classes-from-the-labels",
            "Your number of columns depends on the labels that happen to be there. A class may have no sample in a "
            "batch; which argument says how many classes there are?",
            lambda labels, num_classes: reference.one_hot(labels, num_classes)[:, : np.max(labels) + 1],
        ),
    ),
)

# ------------------------------------------------------------------------------------------------- softmax


def softmax_over(axis):
    """Softmax along another axis, or over all entries."""

    def wrong(logits):
        e = np.exp(logits - np.max(logits, axis=axis, keepdims=True))
        return e / np.sum(e, axis=axis, keepdims=True)

    return wrong


def softmax_after(shift):
    """Softmax of rows from which ``shift(logits)`` is taken off first."""

    def wrong(logits):
        e = np.exp(logits - shift(logits))
        return e / np.sum(e, axis=1, keepdims=True)

    return wrong


softmax = Exercise(
    reference.softmax,
    points=2,
    groups=(
        visible(
            "the book's numbers",
            case("one row", np.array([[1.0, 2.0, 3.0]])),
            case("two rows", np.array([[0.0, 0.0, 0.0, 0.0], [2.0, 1.0, 0.0, -1.0]])),
        ),
        visible(
            "large logits",
            case("one row", np.array([[10001.0, 10002.0, 10003.0]])),
            case("rows far apart", np.array([[10000.0, 10001.0, 9999.0], [-10000.0, -10001.0, -9999.0]])),
        ),
        hidden(
            "other shapes",
            lambda rng: [
                case("many classes", rng.normal(0, 3, (5, 30))),
                case("any shape", rng.normal(0, 2, (size(rng, 1, 9), size(rng, 2, 9)))),
                case("as many rows as classes", rng.normal(0, 2, (4, 4))),
                case("a single class", rng.normal(0, 2, (3, 1))),
                case("whole numbers", rng.integers(-4, 5, (3, 5))),
            ],
        ),
        hidden(
            "extreme logits",
            lambda rng: [
                case("of size 1e4", rng.integers(-80_000, 80_001, (4, 6)) / 8.0),
                case("around 1e4", 1e4 + rng.integers(-40, 41, (4, 6)) / 8.0),
                case("around −1e4", -1e4 + rng.integers(-40, 41, (4, 6)) / 8.0),
                case("rows of different size", np.array([[1e4], [0.0], [-1e4]]) + rng.integers(-16, 17, (3, 5)) / 8.0),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "overflow",
            "Large logits give you NaN: e to the power of 10,000 is more than a float can hold. Adding one number to a "
            "whole row does not change its softmax; which number would help?",
            softmax_after(lambda logits: 0.0),
        ),
        Misconception(
            "maximum-of-the-batch",
            "You take the largest logit of the whole batch off every row. In a row far below it all exponentials "
            "become 0. Each row needs a number of its own.",
            softmax_after(lambda logits: np.max(logits)),
        ),
        Misconception(
            "columns-for-rows",
            "Your columns sum to 1. A sample is a row, so the rows should.",
            softmax_over(0),
        ),
        Misconception(
            "over-the-whole-batch",
            "All your entries together sum to 1. Each row should: every sample has its own probabilities.",
            softmax_over(None),
        ),
        Misconception(
            "sigmoid-for-softmax",
            "You squash each logit on its own, so the rows do not sum to 1. In a softmax the classes share one total.",
            lambda logits: reference.sigmoid(logits),
        ),
    ),
)

# ------------------------------------------------------------------------------------- mean_squared_error
mean_squared_error = Exercise(
    reference.mean_squared_error,
    points=1,
    groups=(
        visible(
            "the worked numbers",
            case("the worked prediction", PREDICTION, LABEL),
            case(
                "two samples",
                np.array([[1.0, 2.0, 3.0], [0.0, 0.5, 1.0]]),
                np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
            ),
        ),
        hidden(
            "other shapes",
            lambda rng: [
                case("many samples", rng.normal(size=(20, 5)), rng.normal(size=(20, 5))),
                case("any shape", *rng.normal(0, 2, (2, size(rng, 2, 8), size(rng, 3, 8)))),
                case("one number a sample", rng.normal(size=(6, 1)), rng.normal(size=(6, 1))),
                case("whole numbers", rng.integers(-5, 6, (4, 3)), rng.integers(-5, 6, (4, 3))),
            ],
        ),
        hidden(
            "extremes",
            lambda rng: [
                case("no error at all", CORNERS, CORNERS),
                case("large errors", 1e6 * rng.normal(size=(3, 4)), np.zeros((3, 4))),
            ],
            weight=0.5,
        ),
    ),
    misconceptions=(
        Misconception(
            "half-forgotten",
            "Your loss is twice the right one. Compare the factor in front of the sum with the formula.",
            lambda prediction, target: np.sum((np.asarray(prediction) - target) ** 2) / len(prediction),
        ),
        Misconception(
            "mean-over-all-entries",
            "You divide by the number of entries. The formula divides by twice the number of samples, N; within a "
            "sample the squares are added up.",
            lambda prediction, target: np.mean((np.asarray(prediction) - target) ** 2),
        ),
        Misconception(
            "mean-over-all-entries-and-half",
            "You divide by the number of classes too. Only the samples, N, are averaged; within a sample the squares "
            "are added up.",
            lambda prediction, target: np.mean((np.asarray(prediction) - target) ** 2) / 2,
        ),
        Misconception(
            "sum-over-the-batch",
            "Your loss grows with the number of samples. It should be the mean over them.",
            lambda prediction, target: np.sum((np.asarray(prediction) - target) ** 2) / 2,
        ),
        Misconception(
            "distance-not-squared",
            "You take the root: that is the distance. The formula has its square.",
            lambda prediction, target: (
                np.sum(np.linalg.norm(np.asarray(prediction) - target, axis=1)) / (2 * len(prediction))
            ),
        ),
    ),
)

# ------------------------------------------------------------------------------------------- cross_entropy
CLIP = 1e-12
NONE_LEFT = np.array([[0.0, 1.0, 0.0], [0.25, 0.5, 0.25]])  # the first sample's class has probability 0

cross_entropy = Exercise(
    reference.cross_entropy,
    points=1,
    groups=(
        visible(
            "the worked numbers",
            case("the worked prediction", PREDICTION, LABEL),
            case(
                "two samples",
                np.array([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]),
                np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
            ),
        ),
        visible(
            "a probability of 0",
            case("at a wrong class", np.array([[0.5, 0.5, 0.0]]), np.array([[1.0, 0.0, 0.0]])),
            case("at the right class", NONE_LEFT, np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])),
        ),
        hidden(
            "other shapes",
            lambda rng: [
                case("many samples", random_probabilities(rng, 30, 10), random_one_hot(rng, 30, 10)),
                case(
                    "any shape",
                    random_probabilities(rng, n := size(rng, 2, 8), k := size(rng, 3, 8)),
                    random_one_hot(rng, n, k),
                ),
                case("targets of whole numbers", random_probabilities(rng, 5, 4), random_one_hot(rng, 5, 4, np.int64)),
                case(
                    "small probabilities",
                    np.array([[1e-6, 1 - 1e-6], [1 - 1e-5, 1e-5]]),
                    np.array([[1.0, 0.0], [0.0, 1.0]]),
                ),
            ],
        ),
        hidden(
            "certain and wrong",
            lambda rng: [
                case(
                    "predictions of whole numbers",
                    random_one_hot(rng, 6, 3, np.int64),
                    np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]]),
                ).within(1e-9, 2e-5),
                case("certain and right", CORNERS[1:3], CORNERS[1:3]).within(1e-9),
            ],
            weight=0.5,
        ),
    ),
    misconceptions=(
        Misconception(
            "not-clipped",
            "A probability of 0 gives you infinity or NaN, as log 0 does not exist. Raise the probabilities to 1e-12 "
            "before you take the logarithm.",
            lambda probabilities, target: -np.sum(target * np.log(probabilities)) / len(target),
        ),
        Misconception(
            "sign-forgotten",
            "Your loss is negative. The logarithm of a number below 1 is negative; what makes a loss of it?",
            lambda probabilities, target: -reference.cross_entropy(probabilities, target),
        ),
        Misconception(
            "mean-over-all-entries",
            "You divide by the number of entries. Only the samples, N, are averaged; within a sample the terms are "
            "added up.",
            lambda probabilities, target: -np.mean(target * np.log(np.maximum(probabilities, CLIP))),
        ),
        Misconception(
            "sum-over-the-batch",
            "Your loss grows with the number of samples. It should be the mean over them.",
            lambda probabilities, target: -np.sum(target * np.log(np.maximum(probabilities, CLIP))),
        ),
        Misconception(
            "clipped-too-high",
            "Your loss for a probability of 0 is too small: you clip at a larger number than 1e-12.",
            lambda probabilities, target: -np.sum(target * np.log(np.maximum(probabilities, 1e-7))) / len(target),
        ),
        Misconception(
            "other-classes-counted",
            "You also charge the wrong classes, for log(1 − p). That is the loss of independent yes-or-no answers; "
            "here only the right class of each sample counts.",
            lambda probabilities, target: (
                reference.cross_entropy(probabilities, target)
                + reference.cross_entropy(1 - np.asarray(probabilities), 1 - np.asarray(target))
            ),
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ accuracy
SCORES = np.array([[2.0, -1.0, 0.5], [0.1, 0.2, 0.3], [-3.0, -2.0, -4.0], [0.2, 0.9, 0.1]])


def labels_near(rng, scores, right):
    """Labels of which about the share ``right`` is at the largest score."""
    labels = scores.argmax(axis=1)
    others = (labels + rng.integers(1, scores.shape[1], len(labels))) % scores.shape[1]
    labels = np.where(rng.random(len(labels)) < right, labels, others)
    labels[:2] = scores[:2].argmax(axis=1)[0], (scores[1].argmax() + 1) % scores.shape[1]  # one right, one wrong
    return labels


def random_scores(rng, n, k, right=0.7):
    scores = rng.permutation(n * k).reshape(n, k) / (n * k) - 0.5  # no two alike
    return scores, labels_near(rng, scores, right)


accuracy = Exercise(
    reference.accuracy,
    points=1,
    groups=(
        visible(
            "by hand",
            case("three of four right", SCORES, np.array([0, 2, 1, 0])),
            case("the worked prediction", PREDICTION, np.array([4])),
        ),
        hidden(
            "random scores",
            lambda rng: [
                case("mostly right", *random_scores(rng, 40, 10)),
                case("mostly wrong", *random_scores(rng, 30, 5, right=0.2)),
                case("any shape", *random_scores(rng, size(rng, 3, 9), size(rng, 3, 9))),
                case("as many samples as classes", *random_scores(rng, 6, 6)),
            ],
        ),
        hidden(
            "extremes",
            lambda rng: [
                case("whole numbers", np.array([[3, 1, 2], [0, 5, 4], [7, 8, 9]]), np.array([0, 1, 0])),
                case("all right", np.tile([2e6, -1e6, 0.0], (5, 1)), np.zeros(5, int)),
                case("all wrong", np.tile([-2e6, -1e6, -3e6], (4, 1)), np.array([0, 2, 2, 0])),
            ],
            weight=0.5,
        ),
    ),
    misconceptions=(
        Misconception(
            "smallest-for-largest",
            "You look for the smallest score. The prediction is the class with the largest.",
            lambda scores, labels: np.mean(np.argmin(scores, axis=1) == labels),
        ),
        Misconception(
            "errors-counted",
            "You return the share of wrong predictions. Accuracy is the share of right ones.",
            lambda scores, labels: np.mean(np.argmax(scores, axis=1) != labels),
        ),
        Misconception(
            "count-for-share",
            "You return how many predictions are right. Their share of all is asked for, a number from 0 to 1.",
            lambda scores, labels: np.sum(np.argmax(scores, axis=1) == labels),
        ),
        Misconception(
            "percent",
            "Your accuracy is in percent. A share, from 0 to 1, is asked for.",
            lambda scores, labels: 100 * np.mean(np.argmax(scores, axis=1) == labels),
        ),
        Misconception(
            "more-than-half",
            "You ask whether the score at the label is above ½. Scores need not be probabilities, and a class can win "
            "with less than half: compare it with the other classes.",
            lambda scores, labels: np.mean(np.asarray(scores)[np.arange(len(labels)), labels] > 0.5),
        ),
    ),
)

# ------------------------------------------------------------------------------------ numerical_derivative
CUBE = Formula("lambda x: x**3")
WAVE = Formula("lambda x: np.exp(-x / 2) * np.sin(3 * x)")
LOGISTIC = Formula("lambda x: 1 / (1 + np.exp(-x))")


def random_cubic(rng):
    a, b, c = (float(n) for n in rng.integers(2, 9, 3))
    return Formula(f"lambda x: {a} * x**3 + {b} * x**2 - {c} * x")


numerical_derivative = Exercise(
    reference.numerical_derivative,
    points=1,
    groups=(
        visible(
            "the book's numbers",
            case("x³ at 2, h = 0.1", CUBE, 2.0, h=0.1),
            case("x³ at 2, h left out", CUBE, 2.0),
            case("the sigmoid at 1, h = 0.5", LOGISTIC, 1.0, h=0.5),
        ),
        hidden(
            "other functions and places",
            lambda rng: [
                case("a cubic", random_cubic(rng), float(rng.uniform(1, 3)), h=0.25),
                case("a cubic, h given by its place", random_cubic(rng), float(rng.uniform(1, 3)), 0.5),
                case("a wave", WAVE, float(rng.uniform(-0.3, 0.3)), h=0.2),
                case("at a negative place", CUBE, float(rng.uniform(-3, -1)), h=0.3),
                case("a whole number", CUBE, size(rng, 2, 6), h=0.5),
            ],
        ),
        hidden(
            "small steps, and a corner",
            lambda rng: [
                case("the default h", random_cubic(rng), float(rng.uniform(1, 3))),
                case("h = 1e-3", WAVE, float(rng.uniform(-0.3, 0.3)), h=1e-3),
                case("|x| at 0", Formula("lambda x: abs(x)"), 0.0, h=0.1),
                case("a constant", Formula("lambda x: 7.0 + 0 * x"), 1.5, h=0.1),
            ],
            weight=0.5,
        ),
    ),
    misconceptions=(
        Misconception(
            "forward-difference",
            "You look ahead only, from x to x + h. The central difference looks to both sides, and its error is of "
            "order h² in place of h.",
            lambda f, x, h=1e-5: (f(x + h) - f(x)) / h,
        ),
        Misconception(
            "backward-difference",
            "You look back only, from x − h to x. The central difference looks to both sides.",
            lambda f, x, h=1e-5: (f(x) - f(x - h)) / h,
        ),
        Misconception(
            "divided-by-h",
            "Your derivative is twice the right one. How far apart are the two places you look at?",
            lambda f, x, h=1e-5: (f(x + h) - f(x - h)) / h,
        ),
        Misconception(
            "multiplied-for-divided",
            "Python reads a / 2 * h from left to right: divide by 2, then multiply by h. Put the divisor in brackets.",
            lambda f, x, h=1e-5: (f(x + h) - f(x - h)) / 2 * h,
        ),
        Misconception(
            "sign-reversed",
            "Your derivative is negative where the function rises. Which of the two values is subtracted?",
            lambda f, x, h=1e-5: (f(x - h) - f(x + h)) / (2 * h),
        ),
        Misconception(
            "h-ignored",
            "The result does not depend on the h that is given. Use the argument.",
            lambda f, x, h=1e-5: (f(x + 1e-5) - f(x - 1e-5)) / 2e-5,
        ),
    ),
)

# -------------------------------------------------------------------------------------- numerical_gradient
BOWL = Formula("lambda x: 0.5 * (x[0]**2 + 25 * x[1]**2)")
CUBES = Formula("lambda x: np.sum(x**3)")
MIXED = Formula("lambda x: np.sum(x**3) + np.sum(x)**2")  # each slope depends on every entry


def perturbed(f, x, h, restore, one_sided=False):
    """The gradient with x itself perturbed, for the known mistakes."""
    gradient = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        old = x[i]
        x[i] = old + h
        ahead = f(x)
        x[i] = old if one_sided else old - h
        gradient[i] = (ahead - f(x)) / (h if one_sided else 2 * h)
        if restore:
            x[i] = old
    return gradient


def on_copy(change=lambda gradient: gradient, **how):
    """A function that perturbs a copy of x, of float64, and changes the result."""
    return lambda f, x, h=1e-5: change(perturbed(f, np.array(x, dtype=float), h, **{"restore": True, **how}))


def all_at_once(f, x, h=1e-5):
    slope = (f(x + h) - f(x - h)) / (2 * h)
    return np.full(np.shape(x), slope)


numerical_gradient = Exercise(
    reference.numerical_gradient,
    points=2,
    groups=(
        visible(
            "the book's numbers",
            case("the bowl at (−8, 1)", BOWL, np.array([-8.0, 1.0])),
            case("x³ + y³ at (1, 2), h = 0.5", CUBES, np.array([1.0, 2.0]), h=0.5),
            case("with a term that couples the entries, h = 0.5", MIXED, np.array([1.0, -2.0, 0.5]), h=0.5),
        ),
        visible(
            "other shapes and whole numbers",
            case("a matrix", MIXED, np.array([[1.0, -2.0, 0.5], [3.0, 0.25, -1.0]]), h=0.5),
            case("whole numbers", MIXED, np.array([1, -2, 3]), h=0.5),
        ),
        hidden(
            "random places",
            lambda rng: [
                case("a vector", MIXED, rng.uniform(0.5, 2, size(rng, 4, 9)), h=0.25),
                case("one entry", CUBES, rng.uniform(0.5, 2, 1), 0.5),
                case("a matrix", MIXED, rng.uniform(0.5, 2, (size(rng, 2, 5), 3)), h=0.25),
                case("three axes", CUBES, rng.uniform(0.5, 2, (2, 3, 2)), h=0.5),
                case("a matrix of whole numbers", MIXED, rng.integers(1, 5, (2, 3)), h=0.5),
                case("a function of products", Formula("lambda x: x[0] * x[1] * x[2]"), rng.uniform(1, 2, 3), h=0.25),
            ],
        ),
        hidden(
            "small steps",
            lambda rng: [
                case("the default h", MIXED, rng.uniform(0.5, 2, 5)),
                case("the default h given", MIXED, rng.uniform(0.5, 2, (2, 2)), h=1e-5),
            ],
            weight=0.5,
        ),
    ),
    misconceptions=(
        Misconception(
            "forward-difference",
            "You look ahead only. The central difference looks to both sides of each entry.",
            on_copy(one_sided=True),
        ),
        Misconception(
            "not-restored",
            "Your first slope is right and the next ones are not, and x has changed. Put each entry back before you "
            "move the next.",
            lambda f, x, h=1e-5: perturbed(f, x, h, restore=False),
        ),
        Misconception(
            "whole-numbers-stay-whole",
            "Look at an x of whole numbers: an integer array cannot hold 1.5, so writing x + h into it loses h. Work "
            "on a copy that can hold fractions.",
            lambda f, x, h=1e-5: perturbed(f, x, h, restore=True),
        ),
        Misconception(
            "all-at-once",
            "You move all entries together, so all your slopes are the same number. A partial derivative moves one "
            "entry and holds the others.",
            all_at_once,
        ),
        Misconception(
            "flattened",
            "The slopes are right, in one long row. The gradient has the shape of x.",
            on_copy(np.ravel),
        ),
        Misconception(
            "divided-by-h",
            "Your slopes are twice the right ones. How far apart are the two places you look at?",
            on_copy(lambda gradient: 2 * gradient),
        ),
    ),
)

# ---------------------------------------------------------------------------------------- gradient_descent
TOY = Formula("lambda w: 200 * w")
BOWL_GRADIENT = Formula("lambda x: np.array([1.0, 25.0]) * x")
DENTED = Formula("lambda x: x - np.cos(2 * x)")


def descend(gradient, x0, learning_rate, steps, sign=-1.0, at_start=False):
    """The path with one thing changed, for the known mistakes."""
    path = [np.array(x0, dtype=float)]
    for _ in range(steps):
        path.append(path[-1] + sign * learning_rate * gradient(path[0] if at_start else path[-1]))
    return np.array(path)


def descend_in_one_array(gradient, x0, learning_rate, steps):
    x, path = np.array(x0, dtype=float), []
    for _ in range(steps):
        path.append(x)
        x -= learning_rate * gradient(x)
    return np.array([*path, x])


def descend_in_the_type_of_x0(gradient, x0, learning_rate, steps):
    path = np.empty((steps + 1, len(x0)), dtype=np.asarray(x0).dtype)
    path[0] = x0
    for k in range(steps):
        path[k + 1] = path[k] - learning_rate * gradient(path[k])
    return path


def random_bowl(rng, n):
    return Formula(f"lambda x: np.array({[float(c) for c in rng.integers(1, 9, n)]}) * (x - 0.5)")


gradient_descent = Exercise(
    reference.gradient_descent,
    points=2,
    groups=(
        visible(
            "the book's numbers",
            case("one weight, rate 0.025", TOY, np.array([0.8]), 0.025, 4),
            case("one weight, rate 0.0025", TOY, np.array([0.8]), 0.0025, 3),
            case("three steps on the bowl", BOWL_GRADIENT, np.array([-8.0, 1.0]), 0.07, 3),
        ),
        visible("a start of whole numbers", case("two steps on the bowl", BOWL_GRADIENT, np.array([-8, 1]), 0.03, 2)),
        hidden(
            "other functions",
            lambda rng: [
                case("one step", BOWL_GRADIENT, rng.normal(0, 2, 2), 0.05, 1),
                case("a dented function", DENTED, rng.normal(0, 2, 5), 0.1, 20),
                case("many dimensions", random_bowl(rng, 7), rng.normal(0, 1, 7), 0.1, 10),
                case(
                    "any dimension", random_bowl(rng, n := size(rng, 2, 6)), rng.normal(0, 1, n), 0.05, size(rng, 3, 9)
                ),
                case("whole numbers", random_bowl(rng, 3), rng.integers(2, 9, 3), 0.1, 5),
            ],
        ),
        hidden(
            "extremes",
            lambda rng: [
                case("no step at all", BOWL_GRADIENT, rng.normal(0, 2, 2), 0.05, 0),
                case("a rate that is too large", TOY, np.array([0.8]), 0.025, 60),
                case("a start at the bottom", BOWL_GRADIENT, np.zeros(2), 0.07, 3),
            ],
            weight=0.5,
        ),
    ),
    misconceptions=(
        Misconception(
            "uphill",
            "Your path climbs. The gradient points to where the function rises: which way do you have to go?",
            lambda gradient, x0, learning_rate, steps: descend(gradient, x0, learning_rate, steps, sign=1.0),
        ),
        Misconception(
            "start-left-out",
            "Your path begins after the first step. Its first row should be x0.",
            lambda gradient, x0, learning_rate, steps: descend(gradient, x0, learning_rate, steps)[1:],
        ),
        Misconception(
            "one-step-short",
            "Your path has `steps` points. With x0 and a point after every step, how many are there?",
            lambda gradient, x0, learning_rate, steps: descend(gradient, x0, learning_rate, steps)[: max(steps, 1)],
        ),
        Misconception(
            "one-array-many-times",
            "All your points are the same. You have put one array into the list many times and changed it in place "
            "(x -= … does): each step needs a new array.",
            descend_in_one_array,
        ),
        Misconception(
            "gradient-of-the-start",
            "All your steps are equal. The gradient has to be taken anew at each point.",
            lambda gradient, x0, learning_rate, steps: descend(gradient, x0, learning_rate, steps, at_start=True),
        ),
        Misconception(
            "whole-numbers-stay-whole",
            "Look at a start of whole numbers: your path is stored in an array of the type of x0, which cuts the "
            "fractions off. The path needs floats.",
            descend_in_the_type_of_x0,
        ),
    ),
)


# --------------------------------------------------------------------------------------------- minibatches
def batches_of(student, n, batch_size, rng):
    """The student's batches as arrays."""
    return [np.asarray(batch) for batch in student.minibatches(n, batch_size, rng)]


def lengths(student, n, batch_size, rng):
    """How many indices each batch holds."""
    return [len(batch) for batch in batches_of(student, n, batch_size, rng)]


def sorted_indices(student, n, batch_size, rng):
    """All indices of all batches, sorted."""
    return np.sort(np.concatenate(batches_of(student, n, batch_size, rng)))


def facts_of_order(student, n, batch_size, rng):
    """What a shuffling of many samples shows, up to a chance that never comes true."""
    batches = batches_of(student, n, batch_size, rng)
    order = np.concatenate(batches)
    neighbours = np.mean(np.concatenate([np.diff(batch) for batch in batches]) == 1)
    return {
        "the order": "0, 1, 2, …" if np.all(order == np.arange(len(order))) else "shuffled",
        "a batch": "a run of neighbours in the data" if neighbours > 0.5 else "a mixture",
    }


def facts_of_rng(student, n, batch_size, rng, same, other):
    """What the generator decides; ``rng`` and ``same`` start from one seed, ``other`` from another."""
    first, second = (np.concatenate(batches_of(student, n, batch_size, rng)) for _ in range(2))
    again, elsewhere = (np.concatenate(batches_of(student, n, batch_size, r)) for r in (same, other))
    return {
        "the order of the same seed": "the same" if np.array_equal(first, again) else "another",
        "the order of another seed": "the same" if np.array_equal(first, elsewhere) else "another",
        "the order of the next epoch": "the same" if np.array_equal(first, second) else "another",
    }


def mixing(student, n, batch_size, rng):
    """Correlation of an index with its place, and the mean spread within a batch, as a share of n."""
    batches = batches_of(student, n, batch_size, rng)
    correlation = np.corrcoef(np.concatenate(batches), np.arange(n))[0, 1]
    return np.array([correlation, np.mean([batch.std() for batch in batches]) / n])


def cut(order, batch_size):
    return [order[k : k + batch_size] for k in range(0, len(order), batch_size)]


def batches_in_random_order(n, batch_size, rng):
    batches = cut(np.arange(n), batch_size)
    return [batches[k] for k in rng.permutation(len(batches))]


def whole_batches_only(n, batch_size, rng):
    order = rng.permutation(n)
    return [order[k : k + batch_size] for k in range(0, n - batch_size + 1, batch_size)]


def drawn_with_replacement(n, batch_size, rng):
    return cut(rng.integers(0, n, n), batch_size)


OWN_GENERATOR = np.random.default_rng(0)

minibatches = Exercise(
    reference.minibatches,
    points=2,
    groups=(
        visible(
            "sizes",
            probe("10 samples, batches of 4", lengths, 10, 4, Rng(0)),
            probe("12 samples, batches of 4", lengths, 12, 4, Rng(1)),
        ),
        visible("every index once", probe("11 samples, batches of 4", sorted_indices, 11, 4, Rng(2))),
        visible(
            "shuffled",
            probe("500 samples, batches of 50", facts_of_order, 500, 50, Rng(3)),
            probe("two epochs of 60 samples, and two seeds", facts_of_rng, 60, 7, Rng(4), Rng(4), Rng(5)),
        ),
        hidden(
            "other sizes",
            lambda rng: [
                probe("one batch for all", lengths, 5, 5, Rng(rng.integers(2**31))),
                probe("fewer samples than a batch", lengths, 3, 8, Rng(rng.integers(2**31))),
                probe("batches of one", lengths, 4, 1, Rng(rng.integers(2**31))),
                probe("any sizes", lengths, n := size(rng, 20, 90), b := size(rng, 3, 19), Rng(rng.integers(2**31))),
                probe("every index once", sorted_indices, n, b, Rng(rng.integers(2**31))),
                probe("every index once, few samples", sorted_indices, 3, 8, Rng(rng.integers(2**31))),
            ],
        ),
        hidden(
            "well shuffled",  # standard errors of the differences, measured: 0.031 and 0.0010
            lambda rng: [
                probe("2000 samples, batches of 50", mixing, 2000, 50, Rng(rng.integers(2**31))).within(0.2),
                probe("other seeds", facts_of_rng, 80, 9, Rng(s := rng.integers(2**31)), Rng(s), Rng(s + 1)),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "not-shuffled",
            "Your batches come in the order of the data, 0, 1, 2, …, in every epoch. Draw a random order first.",
            lambda n, batch_size, rng: cut(np.arange(n), batch_size),
        ),
        Misconception(
            "batches-shuffled-not-samples",
            "You shuffle the batches and leave their contents together: samples that are neighbours in the data always "
            "meet. Shuffle the samples, then cut.",
            batches_in_random_order,
        ),
        Misconception(
            "last-batch-dropped",
            "The samples that do not fill a batch are missing. Every index has to come once; the last batch may be "
            "short.",
            whole_batches_only,
        ),
        Misconception(
            "evenly-split",
            "You make batches of about equal size. All but the last should have batch_size indices.",
            lambda n, batch_size, rng: np.array_split(rng.permutation(n), -(-n // batch_size)),
        ),
        Misconception(
            "with-replacement",
            "Some indices come twice and others never. Draw an order of all indices in place of single indices.",
            drawn_with_replacement,
        ),
        Misconception(
            "rng-ignored",
            "The same seed gives you different batches. All randomness has to come from the argument rng.",
            lambda n, batch_size, rng: cut(OWN_GENERATOR.permutation(n), batch_size),
        ),
        Misconception(
            "same-order-every-time",
            "Every epoch has the same order, whatever the seed. You start a generator of your own inside the function; "
            "draw from the argument rng.",
            lambda n, batch_size, rng: cut(np.random.default_rng(0).permutation(n), batch_size),
        ),
    ),
)

# ------------------------------------------------------------------------------------------------ train
LINE = Formula(
    "lambda p, x, y: (float(np.mean((x @ p['w'] + p['b'] - y) ** 2) / 2),"
    " {'w': x.T @ (x @ p['w'] + p['b'] - y) / len(x), 'b': np.mean(x @ p['w'] + p['b'] - y)})"
)  # squared error of a line: no minibatch, no matter of chance
SHRINK = Formula("lambda p, x, y: (float(p['w'] @ p['w']), {'w': p['w']})")  # each step shrinks w, whatever the samples
COUNTED = Formula(
    "lambda p, x, y: (float(len(x)), {'seen': -1.0 * np.sum(np.reshape(x, (-1, 1)) == np.arange(len(p['seen'])), 0),"
    " 'mismatched': -np.array([np.sum(y != 10.0 * x)])})"
)  # each sample is its own number, its label ten times that: what was used, and whether the labels came along
NAMED = Formula("lambda p, x, y: (float(x[0]), {'w': p['w'] * 0})")  # with minibatches of one the losses are the order


def counted(label, samples, batch_size, epochs, seed):
    params = {"seen": np.zeros(samples), "mismatched": np.zeros(1)}
    numbers = np.arange(samples)
    return case(label, COUNTED, params, numbers, 10.0 * numbers, 1.0, batch_size, epochs, Rng(seed))


def on_all(label, rng, samples, features, rate, epochs):
    """A line fitted with all samples in each step: the order in which they come does not matter."""
    x, params = rng.normal(size=(samples, features)), {"w": rng.normal(size=features), "b": np.asarray(0.5)}
    return case(label, LINE, params, x, rng.normal(size=samples), rate, samples, epochs, Rng(rng.integers(2**31)))


def shrunk(label, samples, batch_size, rate, epochs, seed):
    params = {"w": np.array([8.0, -4.0])}
    return case(label, SHRINK, params, np.zeros((samples, 1)), np.zeros(samples), rate, batch_size, epochs, Rng(seed))


def facts_of_training(student, model, samples, rng, same, other):
    """What the order of two epochs depends on; ``rng`` and ``same`` start from one seed, ``other`` from another."""
    orders = []
    for generator in (rng, same, other):
        params = {"w": np.zeros(1)}
        _, losses = student.train(model, params, np.arange(samples), np.zeros(samples), 1.0, 1, 2, generator)
        orders.append(np.asarray(losses, dtype=float).reshape(2, samples))
    first, again, elsewhere = orders
    return {
        "the first epoch": "0, 1, 2, …" if np.all(np.diff(first[0]) == 1) else "shuffled",
        "the second epoch": "the same order" if np.array_equal(*first) else "another order",
        "the same seed": "the same order" if np.array_equal(first, again) else "another order",
        "another seed": "the same order" if np.array_equal(first, elsewhere) else "another order",
    }


def train_model(loss_and_gradients, params, x, labels, learning_rate, batch_size, epochs, rng):
    params, losses = dict(params), []
    for _ in range(epochs):
        for batch in reference.minibatches(len(x), batch_size, rng):
            loss, grads = loss_and_gradients(params, x[batch], labels[batch])
            for name in params:
                params[name] = params[name] - learning_rate * grads[name]
            losses.append(loss)
    return params, np.array(losses)


def one_order_for_all_epochs(loss_and_gradients, params, x, labels, learning_rate, batch_size, epochs, rng):
    params, losses = dict(params), []
    for batch in reference.minibatches(len(x), batch_size, rng) * epochs:
        loss, grads = loss_and_gradients(params, x[batch], labels[batch])
        params = {name: value - learning_rate * grads[name] for name, value in params.items()}
        losses.append(loss)
    return params, np.array(losses)


def loss_after_the_step(loss_and_gradients, params, x, labels, learning_rate, batch_size, epochs, rng):
    params, losses = dict(params), []
    for _ in range(epochs):
        for batch in reference.minibatches(len(x), batch_size, rng):
            _, grads = loss_and_gradients(params, x[batch], labels[batch])
            params = {name: value - learning_rate * grads[name] for name, value in params.items()}
            losses.append(loss_and_gradients(params, x[batch], labels[batch])[0])
    return params, np.array(losses)


def one_loss_for_each_epoch(*arguments):
    params, losses = train_model(*arguments)
    epochs = arguments[6]
    return params, np.array([part.mean() for part in np.array_split(losses, epochs)] if epochs else [])


def gradients_of_the_start(loss_and_gradients, params, x, labels, learning_rate, batch_size, epochs, rng):
    start, params, losses = params, dict(params), []
    for _ in range(epochs):
        for batch in reference.minibatches(len(x), batch_size, rng):
            loss, grads = loss_and_gradients(start, x[batch], labels[batch])
            params = {name: value - learning_rate * grads[name] for name, value in params.items()}
            losses.append(loss)
    return params, np.array(losses)


train = Exercise(
    reference.train,
    points=3,
    size="challenge",
    returns=("params", "losses"),
    groups=(
        visible(
            "every sample in every epoch",
            counted("10 samples, minibatches of 4", 10, 4, 2, 0),
            counted("6 samples, minibatches of 3", 6, 3, 3, 1),
        ),
        visible(
            "steps",
            on_all("a line, all samples in each step", np.random.default_rng(5), 6, 2, 0.25, 5),
            shrunk("six steps that halve", 6, 2, 0.5, 2, 2),
        ),
        visible(
            "the order",
            probe("two epochs of 40 samples", facts_of_training, NAMED, 40, Rng(3), Rng(3), Rng(4)),
            weight=0.5,
        ),
        visible("no epoch", shrunk("no step", 4, 2, 0.5, 0, 5), weight=0.25),
        hidden(
            "other sizes",
            lambda rng: [
                counted("any sizes", size(rng, 20, 60), size(rng, 3, 19), size(rng, 2, 5), int(rng.integers(2**31))),
                counted("fewer samples than a minibatch", 3, 8, 2, int(rng.integers(2**31))),
                counted("minibatches of one", 7, 1, 2, int(rng.integers(2**31))),
                on_all("another line", rng, 8, 3, 0.1, 20),
                shrunk("another rate", 9, 4, 0.25, 3, int(rng.integers(2**31))),
            ],
        ),
        hidden(
            "other orders",
            lambda rng: [
                probe("60 samples", facts_of_training, NAMED, 60, Rng(s := rng.integers(2**31)), Rng(s), Rng(s + 1))
            ],
            weight=0.5,
        ),
    ),
    misconceptions=misconceptions(
        train_model,
        {
            "uphill": (
                "The loss grows: you step along the gradient. Which way is down?",
                "params[name] - learning_rate → params[name] + learning_rate",
            ),
            "labels-not-cut-along": (
                "The samples of a minibatch come with the labels of other samples. Cut both with the same indices.",
                "labels[batch] → labels[: len(batch)]",
            ),
            "all-samples-in-every-step": (
                "Each of your steps looks at all samples. It should look at those of its minibatch.",
                "x[batch], labels[batch] → x, labels",
            ),
            "one-step-for-each-epoch": (
                "You make one step per epoch. Each minibatch makes a step.",
                "range(epochs) → range(1)",
                "reference.minibatches(len(x), batch_size, rng) → [rng.permutation(len(x)) for _ in range(epochs)]",
            ),
            "same-order-in-every-epoch": (
                "All your epochs have the same order. Draw a new one for each.",
                one_order_for_all_epochs,
            ),
            "not-shuffled": (
                "Your minibatches come in the order of the data.",
                "reference.minibatches(len(x), batch_size, rng) → cut(np.arange(len(x)), batch_size)",
            ),
            "divided-by-the-batch": (
                "Your steps are too short by a factor of the batch size. The gradient is that of a mean already.",
                "learning_rate * grads[name] → learning_rate / len(batch) * grads[name]",
            ),
            "gradients-of-the-start": (
                "All your gradients are those at the first parameters. Each step starts where the previous one ended.",
                gradients_of_the_start,
            ),
            "loss-after-the-step": (
                "Your losses are those after each step. The loss before it is asked for, and known already.",
                loss_after_the_step,
            ),
            "one-loss-for-each-epoch": (
                "You return one loss per epoch. One per minibatch is asked for.",
                one_loss_for_each_epoch,
            ),
            "params-overwritten": (
                "The result is right, but the params that were given have changed. Operators such as -= write into "
                "the array on their left.",
                "params[name] = params[name] - → params[name] -=",
            ),
        },
    ),
)

EXERCISES = (
    sigmoid_neuron,
    mlp_forward,
    one_hot,
    softmax,
    mean_squared_error,
    cross_entropy,
    accuracy,
    numerical_derivative,
    numerical_gradient,
    gradient_descent,
    minibatches,
    train,
)
