"""What right answers in chapter ``backprop`` are."""

from itertools import pairwise

import numpy as np

from solutions import backprop as reference
from solutions.networks import sigmoid

from ..judging.vocabulary import Exercise, Misconception, case, hidden, misconceptions, probe, raised, visible

IN_PLACE = (
    "The values are right, but an array that was handed in has changed too. Operators such as *= and -= write into "
    "the array on their left: make a new one."
)
UPSTREAM = "You return the local derivative. The chain rule multiplies it with the gradient that arrives from above."


# -------------------------------------------------------------------------------- what the exercises share
def random_shape(rng):
    """A shape of one to three axes."""
    return tuple(int(n) for n in rng.integers(2, 6, int(rng.integers(1, 4))))


def gate_case(rng, label, shape, inputs, whole=False, size=1.0):
    """A gradient dz and the inputs of an operation; no input is 0 and no two of them are equal."""
    count = inputs * int(np.prod(shape))
    values = rng.permutation(np.r_[-count:0, 1 : count + 1])[:count].reshape(inputs, *shape)
    dz = rng.integers(1, 9, shape) * rng.choice([-1, 1], shape)
    if whole:
        return case(label, dz, *values)
    return case(label, size * dz / 4, *(size * values / 8))


def gate_groups(inputs):
    """Other shapes, whole numbers and extreme gradients for an operation of so many inputs that come with dz."""

    def shapes(rng):
        return [
            gate_case(rng, "one number", (1,), inputs),
            gate_case(rng, "a long row", (int(rng.integers(15, 30)),), inputs),
            gate_case(rng, "filters, four axes", (2, 3, 2, 2), inputs),
            gate_case(rng, "any shape", random_shape(rng), inputs),
            gate_case(rng, "whole numbers", (3, int(rng.integers(2, 5))), inputs, whole=True),
        ]

    def extremes(rng):
        zero = gate_case(rng, "no gradient", (4,), inputs)
        return [
            case("no gradient", np.zeros(4), *zero.args[1:]),
            gate_case(rng, "huge numbers", (4,), inputs, size=1e15),
            gate_case(rng, "tiny numbers", (4,), inputs, size=1e-3),
        ]

    return hidden("other shapes", shapes), hidden("extreme numbers", extremes, weight=0.5)


def zeros(dz):
    return np.zeros(np.shape(dz))


# ------------------------------------------------------------------------------------------- add_backward
add_backward = Exercise(
    reference.add_backward,
    points=1,
    returns=("dx", "dy"),
    groups=(
        visible(
            "the book's numbers",
            case("the worked 0.20", np.array([0.20])),
            case("a row", np.array([1.0, -2.0, 0.5])),
            case("a matrix", np.array([[3.0, 0.0], [-1.5, 4.0]])),
        ),
        *gate_groups(0),
    ),
    misconceptions=(
        Misconception(
            "splits-in-half",
            "You share dz out between x and y. Move x alone by a little: how far does z move?",
            lambda dz: (dz / 2, dz / 2),
        ),
        Misconception("upstream-forgotten", UPSTREAM, lambda dz: (zeros(dz) + 1, zeros(dz) + 1)),
        Misconception(
            "only-the-first",
            "Your y gets no gradient. z depends on it exactly as on x.",
            lambda dz: (dz * 1.0, zeros(dz)),
        ),
        Misconception(
            "minus-for-plus",
            "Your dy has the sign that it would have for z = x − y.",
            lambda dz: (dz * 1.0, -1.0 * dz),
        ),
    ),
)


# ------------------------------------------------------------------------------------- multiply_backward
def multiply_in_place(dz, x, y):
    x *= dz
    y *= dz
    return y, x


multiply_backward = Exercise(
    reference.multiply_backward,
    points=1,
    returns=("dx", "dy"),
    groups=(
        visible(
            "the book's numbers",
            case("the worked 0.20, 1.00 and −2.00", np.array([0.20]), np.array([1.0]), np.array([-2.0])),
            case("a row", np.array([1.0, -2.0, 0.5]), np.array([3.0, 4.0, -1.0]), np.array([0.5, -1.0, 8.0])),
        ),
        visible("a zero", case("one factor is zero", np.array([2.0]), np.array([0.0]), np.array([5.0])), weight=0.5),
        *gate_groups(2),
    ),
    misconceptions=(
        Misconception(
            "not-switched",
            "You weigh each gradient with the input's own value. By which number does z grow when x grows by 1?",
            lambda dz, x, y: (dz * x, dz * y),
        ),
        Misconception("upstream-forgotten", UPSTREAM, lambda dz, x, y: (y * 1.0, x * 1.0)),
        Misconception(
            "product-for-factor",
            "You multiply dz with the whole product. In ∂(xy)/∂x one of the two factors is left: which?",
            lambda dz, x, y: (dz * x * y, dz * x * y),
        ),
        Misconception(
            "distributes",
            "You hand dz on unchanged, as a sum does. A product weighs it.",
            lambda dz, x, y: (dz * 1.0, dz * 1.0),
        ),
        Misconception("changes-its-input", IN_PLACE, multiply_in_place),
    ),
)


# ------------------------------------------------------------------------------------------ max_backward
def routed(dz, first_wins, second_wins):
    """dz to x where the first mask holds, to y where the second does."""
    return np.where(first_wins, dz, 0.0), np.where(second_wins, dz, 0.0)


def max_in_place(dz, x, y):
    dy = np.where(y > x, dz, 0)
    dz[y > x] = 0
    return dz, dy


max_backward = Exercise(
    reference.max_backward,
    points=1,
    returns=("dx", "dy"),
    groups=(
        visible(
            "the book's numbers",
            case("the worked 0.20, the first is larger", np.array([0.20]), np.array([3.0]), np.array([-1.0])),
            case("the second is larger", np.array([0.20]), np.array([-1.0]), np.array([3.0])),
        ),
        visible(
            "elementwise",
            case("a row", np.array([1.0, -2.0, 0.5]), np.array([2.0, 0.0, -5.0]), np.array([1.0, 7.0, -4.0])),
            case(
                "a matrix of negative numbers",
                np.array([[1.0, 2.0], [3.0, 4.0]]),
                np.array([[-1.0, -4.0], [-0.5, -2.0]]),
                np.array([[-3.0, -2.0], [-2.5, -1.0]]),
            ),
        ),
        *gate_groups(2),
    ),
    misconceptions=(
        Misconception(
            "second-never",
            "Where y is the larger one the gradient gets lost: z = y there, so ∂z/∂y is not 0.",
            lambda dz, x, y: routed(dz, x > y, False),
        ),
        Misconception(
            "routes-to-the-smaller",
            "Your gradient goes to the smaller input. Move that one by a little: does the maximum notice?",
            lambda dz, x, y: routed(dz, x < y, y < x),
        ),
        Misconception(
            "distributes",
            "You hand dz on to both inputs, as a sum does. The maximum is only one of them.",
            lambda dz, x, y: routed(dz, True, True),
        ),
        Misconception("upstream-forgotten", UPSTREAM, lambda dz, x, y: routed(1.0, x > y, y > x)),
        Misconception(
            "one-winner-for-all",
            "You compare the arrays as wholes. The maximum is taken entry by entry, and each has its own winner.",
            lambda dz, x, y: routed(dz, np.max(x) > np.max(y), np.max(y) > np.max(x)),
        ),
        Misconception(
            "compares-sizes",
            "Look at negative inputs: −1 is larger than −3.",
            lambda dz, x, y: routed(dz, np.abs(x) > np.abs(y), np.abs(y) > np.abs(x)),
        ),
        Misconception("changes-its-input", IN_PLACE, max_in_place),
    ),
)


# -------------------------------------------------------------------------------------- sigmoid_backward
def sigmoid_in_place(dout, out):
    dout *= out * (1 - out)
    return dout


def random_sigmoid(rng, label, shape, size=1.0):
    """A gradient of this size and outputs of a sigmoid, none of them close to 0 or 1."""
    return case(label, size * rng.normal(0, 1, shape), rng.uniform(0.05, 0.95, shape))


sigmoid_backward = Exercise(
    reference.sigmoid_backward,
    points=1,
    groups=(
        visible(
            "the book's numbers",
            case("at z = 1", np.array([1.0]), np.array([0.7310585786300049])),
            case("the steepest place", np.array([[1.0, -2.0]]), np.array([[0.5, 0.5]])),
            case("a row", np.array([1.0, 3.0, -1.0]), np.array([0.25, 0.75, 0.125])),
        ),
        visible("saturated", case("outputs of 0 and 1", np.array([5.0, -3.0, 2.0]), np.array([0.0, 1.0, 0.5]))),
        hidden(
            "other shapes",
            lambda rng: [
                random_sigmoid(rng, "one number", (1,)),
                random_sigmoid(rng, "a layer of a batch", (int(rng.integers(5, 10)), 4)),
                random_sigmoid(rng, "four axes", (2, 3, 2, 2)),
                random_sigmoid(rng, "any shape", random_shape(rng)),
                case("whole numbers", rng.integers(-5, 6, 4), np.array([0, 1, 1, 0])),
            ],
        ),
        hidden(
            "extreme gradients",
            lambda rng: [
                random_sigmoid(rng, "no gradient", (3,), size=0.0),
                random_sigmoid(rng, "huge gradients", (4,), size=1e15),
                random_sigmoid(rng, "tiny gradients", (4,), size=1e-6),
                case("tiny outputs", rng.normal(0, 1, 3) + 2, 10.0 ** rng.uniform(-6, -4, 3)),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "sigmoid-again",
            "You apply the sigmoid to out. out is already σ(z), so σ' can be written with out alone.",
            lambda dout, out: dout * sigmoid(out) * (1 - sigmoid(out)),
        ),
        Misconception("upstream-forgotten", UPSTREAM, lambda dout, out: out * (1.0 - out)),
        Misconception(
            "one-factor-missing",
            "Your gradient does not vanish where out is 0. A saturated unit passes on nothing, on either side.",
            lambda dout, out: dout * (1.0 - out),
        ),
        Misconception(
            "tanh-for-sigmoid",
            "1 − out² belongs to the hyperbolic tangent. At out = 0.5, where the sigmoid is steepest, its slope is ¼.",
            lambda dout, out: dout * (1.0 - out * out),
        ),
        Misconception(
            "output-for-derivative",
            "You multiply with σ(z) itself. What is its derivative?",
            lambda dout, out: dout * out * 1.0,
        ),
        Misconception("changes-its-input", IN_PLACE, sigmoid_in_place),
    ),
)


# ---------------------------------------------------------------------------------------- affine_forward
X = np.array([[1.0, 2.0], [-1.0, 0.5]])
W = np.array([[2.0, -1.0], [0.5, 3.0]])
B = np.array([0.5, -1.0])
SAMPLES = np.array([[1.0, 0.0, -1.0], [2.0, 1.0, 0.0], [0.0, 3.0, 1.0], [1.0, 1.0, 1.0]])
WEIGHTS = np.array([[1.0, -2.0], [0.5, 4.0], [-1.0, 2.0]])
GRADIENTS = np.array([[1.0, 0.0], [0.0, -1.0], [2.0, 1.0], [0.5, -0.5]])


def affine_output(student, x, w, b):
    """The output of the student's layer; its cache is the student's own affair."""
    out, _ = student.affine_forward(x, w, b)
    return out


def random_layer(rng, samples, inputs, outputs, whole=False, size=1.0):
    """(x, w, b) of a layer of this shape; whole: of whole numbers."""
    if whole:
        return [rng.integers(-4, 5, shape) for shape in ((samples, inputs), (inputs, outputs), (outputs,))]
    return [size * rng.normal(0, 1, shape) for shape in ((samples, inputs), (inputs, outputs), (outputs,))]


def layer_sizes(rng):
    """Labelled shapes (N, D, M) of layers, thin ones and thick ones."""
    a, b, c = (int(n) for n in rng.choice(np.arange(2, 8), 3, replace=False))
    return {
        "any shape": (a, b, c),
        "a batch of one sample": (1, b, c),
        "one input": (a, 1, c),
        "one output": (a, b, 1),
        "a large layer": (20, 12, 9),
    }


affine_forward = Exercise(
    reference.affine_forward,
    points=1,
    returns=("out", "cache"),
    groups=(
        visible(
            "the book's numbers",
            probe("two samples, two units", affine_output, X, W, B),
            probe("four samples of three features", affine_output, SAMPLES, WEIGHTS, B),
            probe("one sample", affine_output, X[:1], W, B),
        ),
        hidden(
            "other shapes",
            lambda rng: [
                *(probe(label, affine_output, *random_layer(rng, *size)) for label, size in layer_sizes(rng).items()),
                probe("whole numbers", affine_output, *random_layer(rng, 5, 3, 2, whole=True)),
            ],
        ),
        hidden(
            "extreme numbers",
            lambda rng: [
                probe("all zero", affine_output, np.zeros((3, 2)), np.zeros((2, 4)), np.zeros(4)),
                probe("huge numbers", affine_output, *random_layer(rng, 3, 2, 4, size=1e9)),
            ],
            weight=0.5,
        ),
    ),
    misconceptions=(
        Misconception(
            "bias-forgotten",
            "Your layer maps zero to zero. Which argument shifts it?",
            lambda x, w, b: (np.matmul(x, w) * 1.0, (x, w)),
        ),
        Misconception(
            "weights-transposed",
            "Look at the shapes: x is (N, D) and w is (D, M). Does a unit's set of weights stand in a row or in a "
            "column of w?",
            lambda x, w, b: (np.matmul(x, np.transpose(w)) + b, (x, w)),
        ),
        Misconception(
            "activation-added",
            "An affine layer stops at the weighted sum. The activation is an operation of its own, with a backward of "
            "its own.",
            lambda x, w, b: (sigmoid(np.matmul(x, w) + b), (x, w)),
        ),
        Misconception(
            "bias-subtracted",
            "Your bias pushes in the wrong direction: it is added to the sum.",
            lambda x, w, b: (np.matmul(x, w) - b, (x, w)),
        ),
        Misconception(
            "no-cache",
            "Return two things: the output, and whatever your affine_backward will want to know.",
            lambda x, w, b: np.matmul(x, w) + b,
        ),
    ),
)


# --------------------------------------------------------------------------------------- affine_backward
def affine_gradients(student, x, w, b, dout):
    """The gradients of a layer by the student's own forward and backward."""
    _, cache = student.affine_forward(x, w, b)
    dx, dw, db = student.affine_backward(dout, cache)
    return {"dx": dx, "dw": dw, "db": db}


def two_layers_back(student, x, w1, b1, w2, b2, dout):
    """The gradients of two layers: both go forward before the first goes back, each with its own cache."""
    h, cache1 = student.affine_forward(x, w1, b1)
    _, cache2 = student.affine_forward(h, w2, b2)
    dh, dw2, db2 = student.affine_backward(dout, cache2)
    dx, dw1, db1 = student.affine_backward(dh, cache1)
    return {"dx": dx, "dw1": dw1, "db1": db1, "dw2": dw2, "db2": db2}


def random_gradients(rng, label, size, whole=False, scale=1.0):
    """A layer of this shape with a gradient from above."""
    x, w, b = random_layer(rng, *size, whole=whole)
    shape = (size[0], size[2])
    dout = rng.integers(-4, 5, shape) if whole else scale * rng.normal(0, 1, shape)
    return probe(label, affine_gradients, x, w, b, dout)


def random_two_layers(rng):
    x, w1, b1 = random_layer(rng, 5, 4, 3)
    _, w2, b2 = random_layer(rng, 5, 3, 2)
    return probe("two layers", two_layers_back, x, w1, b1, w2, b2, rng.normal(0, 1, (5, 2)))


def affine_mistake(dx=None, dw=None, db=None, order=(0, 1, 2)):
    """The backward with one of its gradients by another formula of (dout, x, w)."""

    def wrong(dout, cache):
        x, w = cache
        right = reference.affine_backward(dout, cache)
        found = [formula(dout, x, w) if formula else right[k] for k, formula in enumerate((dx, dw, db))]
        return tuple(found[k] for k in order)

    return wrong


affine_backward = Exercise(
    reference.affine_backward,
    points=3,
    returns=("dx", "dw", "db"),
    uses=("affine_forward",),
    groups=(
        visible(
            "the book's numbers",
            probe("two samples, two units", affine_gradients, X, W, B, np.array([[1.0, -1.0], [0.5, 2.0]])),
            probe("four samples of three features", affine_gradients, SAMPLES, WEIGHTS, B, GRADIENTS),
            probe("one sample", affine_gradients, X[:1], W, B, np.array([[1.0, -2.0]])),
        ),
        visible(
            "two layers",
            probe("two layers, there and back", two_layers_back, SAMPLES, WEIGHTS, B, W, -B, GRADIENTS),
        ),
        hidden(
            "other shapes",
            lambda rng: [
                *(random_gradients(rng, label, size) for label, size in layer_sizes(rng).items()),
                random_gradients(rng, "whole numbers", (5, 3, 2), whole=True),
                random_two_layers(rng),
            ],
        ),
        hidden(
            "extreme gradients",
            lambda rng: [
                random_gradients(rng, "no gradient", (3, 2, 4), scale=0.0),
                random_gradients(rng, "huge gradients", (3, 2, 4), scale=1e15),
                random_gradients(rng, "tiny gradients", (3, 2, 4), scale=1e-6),
            ],
            weight=0.5,
        ),
    ),
    misconceptions=(
        Misconception(
            "bias-not-summed",
            "db has the shape of dout. The one bias of a unit acts on every sample of the batch: what do you do with "
            "the gradients of all its uses?",
            affine_mistake(db=lambda dout, x, w: np.array(dout)),
        ),
        Misconception(
            "bias-averaged",
            "Your db is a mean over the batch. If the loss is a mean, dout brings its 1/N along already.",
            affine_mistake(db=lambda dout, x, w: np.mean(dout, axis=0)),
        ),
        Misconception(
            "averaged-over-batch",
            "Your dw and db are divided by N. If the loss is a mean, dout brings its 1/N along already.",
            affine_mistake(dw=lambda dout, x, w: x.T @ dout / len(x), db=lambda dout, x, w: np.mean(dout, axis=0)),
        ),
        Misconception(
            "bias-summed-over-units",
            "Your db has an entry for each sample. There is a bias for each unit: over which axis is the sum?",
            affine_mistake(db=lambda dout, x, w: np.sum(dout, axis=1)),
        ),
        Misconception(
            "dw-transposed",
            "Your dw is the transpose of the right one. A gradient has the shape of its array: dw that of w, (D, M).",
            affine_mistake(dw=lambda dout, x, w: np.transpose(dout) @ x),
        ),
        Misconception(
            "dx-without-transpose",
            "In dx the weights enter as they went forward. Backward a sum runs over the outputs: w has to be turned "
            "round.",
            affine_mistake(dx=lambda dout, x, w: dout @ w),
        ),
        Misconception(
            "results-in-another-order",
            "The gradients are right and in another order. They come back as the arguments went in: x, w, b.",
            affine_mistake(order=(1, 2, 0)),
        ),
    ),
)


# --------------------------------------------------------------------------------- softmax_cross_entropy
def softmax_rows(logits, axis=1):
    z = np.asarray(logits, dtype=float)
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def softmax_loss(logits, labels, axis=1, log=None, shift=True, sign=1, summed=False, mean_gradient=True, target=True):
    """Loss and gradient with one thing changed, for the known mistakes.

    log: logarithm of the probabilities, in place of log-sum-exp; target: whether one is subtracted from p.
    """
    logits, rows = np.asarray(logits, dtype=float), np.arange(len(labels))
    p = softmax_rows(logits, axis) if shift else np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    if log is None and shift and axis == 1:
        z = logits - logits.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    else:
        log_p = (log or np.log)(p)
    dlogits = p.copy()
    dlogits[rows, labels] -= target
    losses = -log_p[rows, labels]
    loss = losses.sum() if summed else losses.mean()
    return loss, sign * dlogits / (len(labels) if mean_gradient else 1)


def mistaken_softmax(**changed):
    return lambda logits, labels: softmax_loss(logits, labels, **changed)


def random_scores(rng, label, samples, classes, whole=False, size=2.0):
    """Logits and labels; the labels hold the first and the last class."""
    scores = rng.integers(-4, 5, (samples, classes)) if whole else size * rng.normal(0, 1, (samples, classes))
    labels = rng.integers(0, classes, samples)
    labels[[0, -1]] = classes - 1, 0
    return case(label, scores, labels)


softmax_cross_entropy = Exercise(
    reference.softmax_cross_entropy,
    points=3,
    returns=("loss", "dlogits"),
    groups=(
        visible(
            "the book's numbers",
            case("three classes, one sample", np.array([[2.0, 1.0, 0.0]]), np.array([0])),
            case("two samples", np.array([[2.0, 1.0, 0.0], [-1.0, 0.5, 3.0]]), np.array([0, 1])),
            case("equal scores, the loss is log K", np.zeros((2, 4)), np.array([3, 1])),
        ),
        visible(
            "large scores",
            case("two scores of about 10,000", np.array([[10000.0, 10001.0]]), np.array([0])),
            case("a probability that underflows", np.array([[0.0, -1000.0], [0.0, 1.0]]), np.array([1, 1])),
        ),
        hidden(
            "other shapes",
            lambda rng: [
                random_scores(rng, "any shape", int(rng.integers(3, 9)), int(rng.integers(3, 7))),
                random_scores(rng, "ten classes", 12, 10),
                random_scores(rng, "two classes", 5, 2),
                random_scores(rng, "whole numbers", 6, 4, whole=True),
                case("one class only", rng.normal(0, 1, (3, 1)), np.zeros(3, dtype=int)),
            ],
        ),
        hidden(
            "extreme scores",
            lambda rng: [
                case("a large offset", 10000 + rng.integers(-3, 4, (4, 3)), rng.integers(0, 3, 4)),
                case("a large negative offset", -10000.0 + rng.integers(-3, 4, (4, 3)), rng.integers(0, 3, 4)),
                case("sure and wrong", 2000.0 * np.eye(4) + rng.integers(-2, 3, (4, 4)), np.array([1, 2, 3, 0])),
                case("sure and right", 2000.0 * np.eye(4), np.arange(4)),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "log-of-underflow",
            "Where a probability underflows to 0 your loss is infinite. Write log p without p: log-sum-exp.",
            mistaken_softmax(log=np.log),
        ),
        Misconception(
            "clipped",
            "Where a probability is tiny your loss stops growing at the clip. Write log p without p: log-sum-exp.",
            mistaken_softmax(log=lambda p: np.log(np.maximum(p, 1e-12))),
        ),
        Misconception(
            "exp-overflows",
            "exp of a large score is infinite. Which number may you subtract from all scores of a row without changing "
            "the probabilities?",
            mistaken_softmax(shift=False),
        ),
        Misconception(
            "gradient-not-averaged",
            "Your loss is a mean over the batch, your gradient is not: it is the gradient of the sum.",
            mistaken_softmax(mean_gradient=False),
        ),
        Misconception(
            "sum-for-mean",
            "Loss and gradient are sums over the batch. The mean is asked for.",
            mistaken_softmax(summed=True, mean_gradient=False),
        ),
        Misconception(
            "target-minus-p",
            "Your gradient has the opposite sign. To lower the loss the right class's score has to rise: what sign "
            "has its derivative?",
            mistaken_softmax(sign=-1),
        ),
        Misconception(
            "target-forgotten",
            "Your gradient is never negative. The right class needs a term of its own.",
            mistaken_softmax(target=False),
        ),
        Misconception(
            "softmax-over-batch",
            "Your probabilities sum to 1 over the samples. They should for each sample, over the classes: which axis?",
            mistaken_softmax(axis=0),
        ),
    ),
)

# ---------------------------------------------------------------------------------------- two_layer_loss
NETWORK = {
    "W1": np.array([[0.5, -1.0, 0.25], [1.0, 0.5, -0.5]]),
    "b1": np.array([0.0, 0.5, -0.25]),
    "W2": np.array([[1.0, -0.5], [-1.0, 0.75], [0.5, 2.0]]),
    "b2": np.array([0.25, -0.25]),
}
SQUARE = {
    "W1": np.array([[0.5, -1.0], [1.0, 0.5]]),
    "b1": np.array([0.0, 0.5]),
    "W2": np.array([[1.0, -0.5], [-1.0, 0.75]]),
    "b2": np.array([0.25, -0.25]),
}
POINTS = np.array([[1.0, 2.0], [-1.0, 0.5], [0.0, -1.5]])
LEAST_LIKELY = np.argmin(sigmoid(POINTS[:2] @ NETWORK["W1"] + NETWORK["b1"]) @ NETWORK["W2"], axis=1)


def two_layers(
    params,
    x,
    labels,
    slope=lambda z, h: h * (1 - h),
    activation=sigmoid,
    last=lambda logits: logits,
    factor=1.0,
    dh_of=lambda dlogits, W2: dlogits @ W2.T,
):
    """Loss and gradients of the network with one thing changed, for the known mistakes.

    slope: of the hidden units, from (z1, h); last: an operation on the scores that the backward ignores;
    factor: of every gradient; dh_of: the gradient that reaches the hidden units.
    """
    z1 = x @ params["W1"] + params["b1"]
    h = activation(z1)
    loss, dlogits = reference.softmax_cross_entropy(last(h @ params["W2"] + params["b2"]), labels)
    dlogits = factor * dlogits
    dz1 = dh_of(dlogits, params["W2"]) * slope(z1, h)
    return loss, {"W1": x.T @ dz1, "b1": dz1.sum(axis=0), "W2": h.T @ dlogits, "b2": dlogits.sum(axis=0)}


def mistaken_network(**changed):
    return lambda params, x, labels: two_layers(params, x, labels, **changed)


def steps_too(params, x, labels):
    loss, grads = reference.two_layer_loss(params, x, labels)
    for name in params:
        params[name] = params[name] - 0.1 * grads[name]
    return loss, grads


def random_network(rng, label, samples, inputs, units, classes, whole=False):
    """A network's parameters, samples and labels; the hidden sums stay small, so that no unit is near 0 or 1."""
    x, W1, b1 = random_layer(rng, samples, inputs, units, size=inputs**-0.5)
    _, W2, b2 = random_layer(rng, samples, units, classes)
    if whole:
        x, W1, b1, W2, b2 = (rng.integers(-1, 2, array.shape) for array in (x, W1, b1, W2, b2))
    return case(label, {"W1": W1, "b1": b1, "W2": W2, "b2": b2}, x, rng.integers(0, classes, samples))


two_layer_loss = Exercise(
    reference.two_layer_loss,
    points=3,
    returns=("loss", "grads"),
    groups=(
        visible(
            "the book's network",
            case("three samples, three hidden units", NETWORK, POINTS, np.array([0, 1, 1])),
            case("one sample", NETWORK, POINTS[:1], np.array([1])),
        ),
        visible("as many of everything", case("two of everything", SQUARE, POINTS[:2], np.array([0, 1]))),
        hidden(
            "other shapes",
            lambda rng: [
                random_network(rng, "any shape", *(int(n) for n in rng.integers(2, 7, 4))),
                random_network(rng, "a network for digits", 10, 16, 8, 10),
                random_network(rng, "one hidden unit", 4, 3, 1, 2),
                random_network(rng, "one input", 4, 1, 3, 3),
                random_network(rng, "whole numbers", 5, 3, 2, 3, whole=True),
            ],
        ),
        hidden(
            "extreme parameters",
            lambda rng: [
                case("all zero", {k: 0 * v for k, v in NETWORK.items()}, POINTS, np.array([1, 0, 1])),
                case(
                    "saturated hidden units",
                    NETWORK | {"W1": 900 * NETWORK["W1"]},
                    rng.choice([-1.0, 1.0], (4, 1)) * [[3.0, 1.0], [1.0, 4.0], [2.0, 3.0], [1.0, 5.0]],
                    np.array([0, 1, 1, 0]),
                ),
                case("sure and wrong", NETWORK | {"W2": 1000 * NETWORK["W2"]}, POINTS[:2], LEAST_LIKELY),
            ],
            weight=0.5,
        ),
    ),
    misconceptions=(
        Misconception(
            "activation-not-passed",
            "The loss and the second layer are right. On the way down the gradient has to pass the sigmoid, too.",
            mistaken_network(slope=lambda z, h: 1.0),
        ),
        Misconception(
            "derivative-from-sum",
            "The loss and the second layer are right. In σ' = σ(1 − σ) stands what the sigmoid gave, not what it got.",
            mistaken_network(slope=lambda z, h: z * (1 - z)),
        ),
        Misconception(
            "w2-not-turned",
            "The loss and the second layer are right. In dh the weights W2 enter as they went forward. Going back, a "
            "hidden unit collects from all the scores that it fed.",
            mistaken_network(dh_of=lambda dlogits, W2: dlogits @ W2),
        ),
        Misconception(
            "averaged-twice",
            "All your gradients are too small by a factor of N. The mean is taken once, in the loss.",
            lambda params, x, labels: two_layers(params, x, labels, factor=1 / len(x)),
        ),
        Misconception(
            "sum-of-gradients",
            "Your loss is a mean over the batch, your gradients are those of the sum.",
            lambda params, x, labels: two_layers(params, x, labels, factor=len(x)),
        ),
        Misconception(
            "sigmoid-on-scores",
            "Your loss is that of squashed scores. The last layer's sums go into the softmax as they are.",
            mistaken_network(last=sigmoid),
        ),
        Misconception(
            "no-hidden-activation",
            "Your hidden units are linear, and two linear layers are one. What stands between them?",
            mistaken_network(activation=lambda z: z * 1.0, slope=lambda z, h: 1.0),
        ),
        Misconception(
            "steps-as-well",
            "Loss and gradients are right, but params has changed. Taking a step is the optimizer's work, not the "
            "loss's.",
            steps_too,
        ),
    ),
)


# ---------------------------------------------------------------------------------------- relative_error
def compared(a, b):
    """|a − b| and |a| + |b|, for the known mistakes."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    return np.abs(a - b), np.abs(a) + np.abs(b)


def random_pair(rng, label, shape, size=1.0):
    """Two arrays of one sign per entry that differ by 10 to 40 percent, and one entry that is equal."""
    a = size * rng.uniform(0.5, 2, shape) * rng.choice([-1, 1], shape)
    b = a * (1 + rng.uniform(0.1, 0.4, shape) * rng.choice([-1, 1], shape))
    b.flat[0] = a.flat[0]
    return case(label, a, b)


def relative_mistake(divisor):
    """The largest |a − b| divided by something else, a formula of (a, b)."""
    return lambda a, b: np.max(compared(a, b)[0] / divisor(np.asarray(a, dtype=float), np.asarray(b, dtype=float)))


relative_error = Exercise(
    reference.relative_error,
    points=1,
    groups=(
        visible(
            "the book's numbers",
            case("3 and 5", np.array([3.0]), np.array([5.0])),
            case("the worst of three", np.array([1.0, -2.0, 100.0]), np.array([1.5, -2.5, 96.0])),
            case("opposite signs", np.array([1.0, 2.0]), np.array([1.0, -2.0])),
            case("the larger one first", np.array([[6.0, 1.0], [5.0, 2.0]]), np.array([[2.0, 1.0], [4.0, 2.0]])),
        ),
        visible(
            "zeros",
            case("twice zero", np.array([0.0, 0.5]), np.array([0.0, 0.75])),
            case("below the floor of 1e-8", np.array([1e-9, 1.0]), np.array([3e-9, 1.0])),
        ),
        hidden(
            "other shapes",
            lambda rng: [
                random_pair(rng, "a row", (int(rng.integers(5, 20)),)),
                random_pair(rng, "a matrix", (3, int(rng.integers(2, 5)))),
                random_pair(rng, "four axes", (2, 3, 2, 2)),
                case("whole numbers", np.array([1, -4, 7]), np.array([2, -4, 9])),
                case("equal arrays", np.arange(-2.0, 3.0), np.arange(-2.0, 3.0)),
            ],
        ),
        hidden(
            "extreme numbers",
            lambda rng: [
                random_pair(rng, "huge numbers", (4,), size=1e15),
                random_pair(rng, "small numbers", (4,), size=1e-6),
                random_pair(rng, "below the floor", (4,), size=1e-10),
                case("all zero", np.zeros((2, 3)), np.zeros((2, 3))),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "no-floor",
            "Where both numbers are 0 you divide 0 by 0. The divisor has a floor.",
            relative_mistake(lambda a, b: np.abs(a) + np.abs(b)),
        ),
        Misconception(
            "floor-added",
            "Look at tiny numbers: the divisor is the larger of 1e-8 and the sum, not 1e-8 more than the sum.",
            relative_mistake(lambda a, b: np.abs(a) + np.abs(b) + 1e-8),
        ),
        Misconception(
            "absolute-error",
            "Your error grows with the unit in which a and b are measured. Divide by their size.",
            lambda a, b: np.max(compared(a, b)[0]),
        ),
        Misconception(
            "larger-for-sum",
            "You divide by the larger of the two sizes. The definition has their sum.",
            relative_mistake(lambda a, b: np.maximum(1e-8, np.maximum(np.abs(a), np.abs(b)))),
        ),
        Misconception(
            "size-of-the-first",
            "You divide by the size of a alone. Then swapping a and b changes the error.",
            relative_mistake(lambda a, b: np.maximum(1e-8, np.abs(a))),
        ),
        Misconception(
            "mean-for-max",
            "You average the errors, so one wrong entry hides among many right ones. The worst one counts.",
            lambda a, b: np.mean(compared(a, b)[0] / np.maximum(1e-8, compared(a, b)[1])),
        ),
        Misconception(
            "signs-kept",
            "Where a is the smaller one your difference is negative, and a maximum never sees it.",
            lambda a, b: np.max(np.subtract(a, b) / np.maximum(1e-8, compared(a, b)[1])),
        ),
        Misconception(
            "one-error-for-each",
            "You return an error for each entry. The largest of them is asked for.",
            lambda a, b: compared(a, b)[0] / np.maximum(1e-8, compared(a, b)[1]),
        ),
    ),
)


# ------------------------------------------------------------------------------------- topological_order
def facts_of_topological_order(student, graph, output):
    """What makes a list of names an order to walk in; any order that has it is right."""
    order = list(student.topological_order(graph, output))
    if not all(isinstance(name, str) for name in order):
        raise ValueError("the result should be a list of names")
    place = {name: index for index, name in enumerate(order)}
    late = [name for name in place if name in graph and any(place.get(s, -1) > place[name] for s in graph[name][1:])]
    return {
        "names": sorted(order),
        "the last name": order[-1] if order else None,
        "names that stand before one of their inputs": sorted(late),
    }


def order_of(label, graph, output):
    return probe(label, facts_of_topological_order, graph, output)


def topological_model(graph, output):
    order = []

    def visit(name):
        inputs = graph[name][1:] if name in graph else ()
        for source in inputs:
            visit(source)
        if name not in order:
            order.append(name)

    visit(output)
    return order


def order_without_cycles(walk):
    """A walk that notices cycles as the reference does."""

    def ordered(graph, output):
        reference.topological_order(graph, output)
        return walk(graph, output)

    return ordered


def topological_walk(graph, output):
    inputs = graph[output][1:] if output in graph else ()
    return [name for source in inputs for name in topological_walk(graph, source)] + [output]


def order_by_depth_alone(graph, output):
    order, seen = [], set()

    def visit(name):
        if name not in seen:
            seen.add(name)
            for source in graph[name][1:] if name in graph else ():
                visit(source)
            order.append(name)

    visit(output)
    return order


def order_by_breadth(graph, output):
    order, queue = [], [output]
    while queue:
        name = queue.pop(0)
        if name not in order:
            order.append(name)
            queue += graph[name][1:] if name in graph else ()
    return order[::-1]


def order_of_the_dictionary(graph, output):
    wanted = reference.topological_order(graph, output)
    return [name for name in wanted if name not in graph] + [name for name in graph if name in wanted]


def order_of_everything(graph, output):
    order = []
    for name in [*graph, output]:
        order += [found for found in reference.topological_order(graph, name) if found not in order]
    return [name for name in order if name != output] + [output]


FORK = {"s": ("add", "x", "y"), "p": ("multiply", "s", "x"), "L": ("sum", "p")}
SHUFFLED = {"L": ("sum", "c"), "c": ("add", "b", "a"), "b": ("multiply", "a", "v"), "a": ("sigmoid", "u")}
LONG_WAY = {  # a is one step from L and three steps, too: breadth alone puts it in the wrong place
    "L": ("sum", "d"),
    "d": ("add", "a", "c"),
    "c": ("sigmoid", "b"),
    "b": ("sigmoid", "a"),
    "a": ("multiply", "x", "w"),
}
SIDEWAYS = {**FORK, "q": ("multiply", "p", "z"), "r": ("sigmoid", "q")}
CIRCLE = {"a": ("add", "x", "c"), "b": ("sigmoid", "a"), "c": ("multiply", "b", "w"), "L": ("sum", "c")}


def random_order_case(rng, label, size):
    """A graph of up to ``size`` operations, its names and its order in the dictionary shuffled."""
    names = [f"n{k}" for k in rng.permutation(size + 4)]
    graph = {}
    for index in range(4, size + 4):
        inputs = rng.choice(names[max(0, index - 6) : index], int(rng.integers(1, 3)))
        graph[names[index]] = ("add", *map(str, inputs)) if len(inputs) == 2 else ("sigmoid", str(inputs[0]))
    keys = [names[k + 4] for k in rng.permutation(size)]
    return order_of(label, {key: graph[key] for key in keys}, names[-1])


def cycle(student, graph, output):
    return raised(student.topological_order, graph, output)


topological_order = Exercise(
    reference.topological_order,
    points=2,
    size="core",
    groups=(
        visible(
            "the book's graphs",
            order_of("x is used twice", FORK, "L"),
            order_of("keys in another order", SHUFFLED, "L"),
        ),
        visible(
            "what belongs to it",
            order_of("a node in the middle", SIDEWAYS, "p"),
            order_of("a leaf alone", FORK, "x"),
        ),
        visible("two ways of different length", order_of("a is used early and late", LONG_WAY, "L")),
        visible("cycles", probe("a node of a cycle", cycle, CIRCLE, "L"), weight=0.5),
        hidden(
            "other graphs",
            lambda rng: [
                random_order_case(rng, "ten operations", 10),
                random_order_case(rng, "thirty operations", 30),
                order_of("a chain", {f"n{k + 1}": ("sigmoid", f"n{k}") for k in rng.permutation(60)}, "n60"),
                order_of("one operation", {"L": ("multiply", "x", "x")}, "L"),
            ],
        ),
        hidden(
            "other cycles",
            lambda rng: [
                probe("a node that is its own input", cycle, {"a": ("add", "a", "x")}, "a"),
                probe("no cycle, only a fork", cycle, FORK, "L"),
                probe("a cycle that the output does not need", cycle, {**FORK, "k": ("sigmoid", "k")}, "L"),
            ],
            weight=0.5,
        ),
    ),
    misconceptions=misconceptions(
        topological_model,
        {
            "from-output-to-inputs": (
                "Your list begins with the output. The walk backward will reverse it: here each name stands after its "
                "inputs.",
                order_without_cycles(lambda graph, output: reference.topological_order(graph, output)[::-1]),
            ),
            "visited-again-and-again": (
                "A node that is used twice stands in your list twice. Remember which ones you have been at.",
                order_without_cycles(topological_walk),
            ),
            "by-breadth": (
                "You go level by level. A node may be used both near the output and far from it; it has to stand "
                "before all its users.",
                order_without_cycles(order_by_breadth),
            ),
            "order-of-the-dictionary": (
                "You trust the order in which the graph was written down. Follow the inputs instead.",
                order_of_the_dictionary,
            ),
            "whole-graph": (
                "Your list holds nodes that the output is not computed from. Start from the output.",
                order_without_cycles(order_of_everything),
            ),
            "leaves-left-out": (
                "Leaves are missing: they have gradients, too. They are the names that are no key of the graph.",
                lambda graph, output: [n for n in reference.topological_order(graph, output) if n in graph],
            ),
            "cycles-unnoticed": (
                "Of a node that is computed from itself there is no order. Notice when you meet a node whose inputs "
                "you are still visiting.",
                order_by_depth_alone,
            ),
        },
    ),
)

# ------------------------------------------------------------------------------------------- unbroadcast


def unbroadcast_model(gradient, shape):
    gradient = np.asarray(gradient, dtype=float)
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    for axis, length in enumerate(shape):
        if length == 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return gradient


def random_broadcast(rng, label, full, kept, size=1.0):
    """A gradient of shape ``full`` and one of the shapes that broadcast to it."""
    return case(label, size * rng.integers(-9, 10, full) / 4, kept)


unbroadcast = Exercise(
    reference.unbroadcast,
    points=2,
    size="core",
    groups=(
        visible(
            "a bias",
            case("a row for each of two samples", np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), (3,)),
            case("three of everything", np.arange(9.0).reshape(3, 3), (3,)),
        ),
        visible("a column", case("one number per sample", np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), (2, 1))),
        visible("a single number", case("a number", np.array([[1.0, 2.0], [3.0, 4.0]]), ())),
        visible("nothing to do", case("the same shape", np.array([[1.0, -2.0], [3.0, 4.0]]), (2, 2))),
        hidden(
            "other shapes",
            lambda rng: [
                random_broadcast(rng, "a bias", (5, 4), (4,)),
                random_broadcast(rng, "a row with both axes", (6, 3), (1, 3)),
                random_broadcast(rng, "one entry, two axes", (3, 4), (1, 1)),
                random_broadcast(rng, "a channel of images", (2, 3, 4, 4), (3, 1, 1)),
                random_broadcast(rng, "the middle of three axes", (2, 5, 3), (2, 1, 3)),
                random_broadcast(rng, "an axis of length one that was not stretched", (4, 1), (1,)),
                random_broadcast(rng, "two axes added", (3, 2, 4), (4,)),
            ],
        ),
        hidden(
            "no broadcasting, and numbers",
            lambda rng: [
                random_broadcast(rng, "the same shape", (3, 1, 4), (3, 1, 4)),
                random_broadcast(rng, "from an array to a number", (7,), ()),
                case("from a number to a number", np.array(2.5), ()),
            ],
        ),
    ),
    misconceptions=misconceptions(
        unbroadcast_model,
        {
            "mean-for-sum": (
                "Each copy hands its own gradient back, and they add up. You average them.",
                "gradient.sum(axis=0) → gradient.mean(axis=0)",
                "gradient.sum(axis=axis, keepdims=True) → gradient.mean(axis=axis, keepdims=True)",
            ),
            "first-copy-only": (
                "You keep the gradient of one copy. All the copies reached the loss.",
                "gradient.sum(axis=0) → gradient[0]",
                "gradient.sum(axis=axis, keepdims=True) → gradient.take([0], axis=axis)",
            ),
            "stretched-axes-kept": (
                "Axes that were added you sum, but axes of length 1 were stretched, and are still long in your result.",
                "if length == 1: → if False:",
            ),
            "added-axes-kept": (
                "Axes of length 1 you sum, but broadcasting also adds axes in front; they are still in your result.",
                "while gradient.ndim > len(shape): → while False:",
            ),
            "axis-dropped": (
                "The values are right, but axes of length 1 are gone: the gradient has the shape of its array.",
                "keepdims=True → keepdims=False",
                "enumerate(shape) → reversed(list(enumerate(shape)))",
            ),
            "added-at-the-end": (
                "You take the added axes to be the last ones. NumPy lines shapes up at their ends and adds in front.",
                "gradient.sum(axis=0) → gradient.sum(axis=-1)",
            ),
        },
    ),
)

# --------------------------------------------------------------------------------------- local_gradients


def local_model(operation, dout, out, inputs):
    x, y = np.asarray(inputs[0], dtype=float), np.asarray(inputs[-1], dtype=float)
    if operation == "matmul":
        return dout @ y.T, x.T @ dout
    if operation == "sigmoid":
        return (dout * out * (1 - out),)
    if operation == "log_softmax":
        return (dout - np.exp(out) * dout.sum(axis=1, keepdims=True),)
    if operation == "sum":
        return (np.full(x.shape, dout),)
    if operation == "add":
        dx, dy = dout, dout
    elif operation == "multiply":
        dx, dy = dout * y, dout * x
    elif operation == "maximum":
        first = x >= y
        dx, dy = np.where(first, dout, 0), np.where(first, 0, dout)
    else:
        raise ValueError(f"no operation {operation}")
    return reference.unbroadcast(dx, x.shape), reference.unbroadcast(dy, y.shape)


FORWARD = {
    "add": np.add,
    "multiply": np.multiply,
    "maximum": np.maximum,
    "matmul": np.matmul,
    "sigmoid": sigmoid,
    "log_softmax": lambda z: (
        z - z.max(axis=1, keepdims=True) - np.log(np.exp(z - z.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True))
    ),
    "sum": np.sum,
}


def local_case(rng, label, operation, *shapes):
    """An operation on random inputs, its output, and a gradient of the output."""
    inputs = [np.asarray(rng.integers(-12, 13, shape) / 8 + 0.01 * k) for k, shape in enumerate(shapes)]
    out = np.asarray(FORWARD[operation](*inputs), dtype=float)
    return case(
        label, operation, np.asarray(rng.integers(1, 9, out.shape) * rng.choice([-0.5, 0.25]), float), out, inputs
    )


def fixed(label, operation, *shapes):
    return local_case(np.random.default_rng(3), label, operation, *shapes)


def unknown_operation(student):
    one = np.array([1.0])
    return raised(student.local_gradients, "divide", one, one, [one, one])


local_gradients = Exercise(
    reference.local_gradients,
    points=3,
    size="core",
    groups=(
        visible(
            "entry by entry",
            fixed("a sum", "add", (2, 3), (2, 3)),
            fixed("a product", "multiply", (2, 3), (2, 3)),
            fixed("a maximum", "maximum", (2, 3), (2, 3)),
            fixed("a sigmoid", "sigmoid", (2, 3)),
        ),
        visible(
            "with broadcasting",
            fixed("a bias is added", "add", (3, 2), (2,)),
            fixed("a number is multiplied", "multiply", (3, 2), ()),
        ),
        visible(
            "whole arrays",
            fixed("a matrix product", "matmul", (2, 3), (3, 2)),
            fixed("a sum of all entries", "sum", (2, 3)),
            fixed("log softmax of two rows", "log_softmax", (2, 3)),
        ),
        hidden(
            "other shapes",
            lambda rng: [
                local_case(rng, "a product of a row and a column", "multiply", (4, 1), (1, 3)),
                local_case(rng, "a maximum with a number", "maximum", (), (3, 4)),
                local_case(rng, "a sum of three axes and a column", "add", (2, 3, 4), (3, 1)),
                local_case(rng, "a matrix product", "matmul", *((n := int(rng.integers(2, 6)), 4), (4, n + 1))),
                local_case(rng, "a square matrix product", "matmul", (3, 3), (3, 3)),
                local_case(rng, "a sigmoid of images", "sigmoid", (2, 2, 3, 3)),
                local_case(rng, "log softmax of ten classes", "log_softmax", (5, 10)),
                local_case(rng, "log softmax of as many rows as classes", "log_softmax", (4, 4)),
                local_case(rng, "a sum of a row", "sum", (6,)),
            ],
        ),
        hidden("anything else", lambda rng: [probe("an unknown operation", unknown_operation)], weight=0.25),
    ),
    misconceptions=misconceptions(
        local_model,
        {
            "product-not-switched": (
                "In a product each factor is weighted with itself. By how much does the product change if only the "
                "other factor is large?",
                "dout * y, dout * x → dout * x, dout * y",
            ),
            "matmul-not-turned": (
                "In the matrix product the first gradient uses the second factor as it is. Look at the shapes of three "
                "different lengths.",
                "dout @ y.T → dout @ y.reshape(y.shape[::-1])",
            ),
            "matmul-second-not-turned": (
                "In the matrix product the second gradient uses the first factor as it is.",
                "x.T @ dout → x.reshape(x.shape[::-1]) @ dout",
            ),
            "broadcasting-forgotten": (
                "Some gradients have the shape of the output. Each has to have the shape of its input: undo the "
                "broadcasting.",
                "reference.unbroadcast(dx, x.shape), reference.unbroadcast(dy, y.shape) → dx + 0 * dout, dy + 0 * dout",
            ),
            "sigmoid-upstream-forgotten": (
                "For the sigmoid you return the slope alone. The chain rule multiplies it with what arrives.",
                "dout * out * (1 - out) → out * (1 - out)",
            ),
            "sigmoid-of-the-output": (
                "The argument out is what the sigmoid gave; you put it through the sigmoid again.",
                "dout * out * (1 - out) → dout * sigmoid(out) * (1 - sigmoid(out))",
            ),
            "maximum-to-both": (
                "Your maximum hands the gradient to both inputs. Only the larger one moves the output.",
                "np.where(first, dout, 0), np.where(first, 0, dout) → dout, dout",
            ),
            "maximum-to-the-smaller": (
                "Your maximum hands the gradient to the smaller input.",
                "first = x >= y → first = x < y",
            ),
            "sum-shared-out": (
                "Your sum divides the gradient among the entries: that is the mean's. Each entry counts fully.",
                "np.full(x.shape, dout) → np.full(x.shape, dout / x.size)",
            ),
            "log-softmax-of-one-class": (
                "In log softmax every score lowers all log-probabilities of its row, so what arrives at the whole row "
                "matters: which sum is missing?",
                "np.exp(out) * dout.sum(axis=1, keepdims=True) → np.exp(out) * dout",
            ),
            "log-softmax-over-samples": (
                "In log softmax you sum what arrives over the samples. Rows do not know of each other.",
                "dout.sum(axis=1, keepdims=True) → dout.sum(axis=0, keepdims=True)",
            ),
            "log-not-undone": (
                "The output of log softmax is a logarithm. Where its gradient needs the probability, undo it.",
                "np.exp(out) * → out *",
            ),
        },
    ),
)

# ----------------------------------------------------------------------------------------- backpropagate


def evaluated(graph, output, leaves):
    """All values of a graph, from those of its leaves."""
    values = {name: np.asarray(value, dtype=float) for name, value in leaves.items()}
    for name in reference.topological_order(graph, output):
        if name in graph:
            operation, *inputs = graph[name]
            values[name] = np.asarray(FORWARD[operation](*[values[source] for source in inputs]), dtype=float)
    return values


def graph_case(label, graph, leaves, output="L"):
    return case(label, graph, evaluated(graph, output, leaves), output)


def random_graph(rng, operations):
    """(graph, leaves) with shared nodes and broadcasting; the output is L."""
    leaves = {
        "x": rng.normal(size=(3, 4)),
        "w": rng.normal(size=(4, 4)) / 2,
        "b": rng.normal(size=4),
        "c": rng.normal(size=(3, 1)),
        "k": np.asarray(rng.normal()),
    }
    graph, whole = {}, ["x"]
    for index in range(operations):
        name = f"n{index}"
        kind = str(rng.choice(["add", "multiply", "maximum", "matmul", "sigmoid", "log_softmax"]))
        source = str(rng.choice(whole))
        if kind == "matmul":
            graph[name] = (kind, source, "w")
        elif kind in ("sigmoid", "log_softmax"):
            graph[name] = (kind, source)
        elif kind == "maximum":  # with numbers of its own: no two entries are equal
            leaves[f"m{index}"] = rng.normal(size=[(4,), (3, 1), (3, 4)][int(rng.integers(3))])
            graph[name] = (kind, source, f"m{index}")
        else:
            others = ["b", "c", "k"] if rng.random() < 0.5 else whole
            other = str(rng.choice(others))
            graph[name] = (kind, source, other)
        whole.append(name)
        if kind == "multiply":  # keeps the numbers small
            graph[name + "s"] = ("sigmoid", name)
            whole.append(name + "s")
    graph["joined"] = ("add", whole[-1], str(rng.choice(whole)))
    graph["L"] = ("sum", "joined")
    keys = list(graph)
    return {keys[k]: graph[keys[k]] for k in rng.permutation(len(keys))}, leaves


def random_graph_case(rng, label, operations):
    graph, leaves = random_graph(rng, operations)
    return graph_case(label, graph, leaves)


def backpropagate_model(graph, values, output):
    order = reference.topological_order(graph, output)
    gradients = {name: np.zeros(np.shape(values[name])) for name in order}
    gradients[output] = np.ones(np.shape(values[output]))
    for name in reversed(order):
        if name in graph:
            operation, *inputs = graph[name]
            arrays = [values[source] for source in inputs]
            local = reference.local_gradients(operation, gradients[name], values[name], arrays)
            for source, gradient in zip(inputs, local):
                gradients[source] = gradients[source] + gradient
    return gradients


def mean_over_uses(graph, values, output):
    uses = [
        source for name in reference.topological_order(graph, output) if name in graph for source in graph[name][1:]
    ]
    order = reference.topological_order(graph, output)
    gradients = {name: np.zeros(np.shape(values[name])) for name in order}
    gradients[output] = np.ones(np.shape(values[output]))
    for name in reversed(order):
        gradients[name] = gradients[name] / max(1, uses.count(name))
        if name in graph:
            arrays = [values[source] for source in graph[name][1:]]
            local = reference.local_gradients(graph[name][0], gradients[name], values[name], arrays)
            for source, gradient in zip(graph[name][1:], local):
                gradients[source] = gradients[source] + gradient
    return gradients


GRAPH = {"q": ("multiply", "w", "x"), "m": ("maximum", "v", "u"), "s": ("add", "q", "m"), "L": ("multiply", "c", "s")}
GRAPH_LEAVES = {"x": 1.0, "w": -2.0, "v": 3.0, "u": -1.0, "c": 0.2}
SQUARE_OF_A_SUM = {"s": ("add", "x", "b"), "q": ("multiply", "s", "s"), "L": ("sum", "q")}
ONE_LAYER = {
    "z": ("matmul", "x", "w"),
    "a": ("add", "z", "b"),
    "h": ("sigmoid", "a"),
    "g": ("multiply", "h", "k"),
    "L": ("sum", "g"),
}
ONE_LAYER_LEAVES = {
    "x": np.array([[1.0, 2.0], [-1.0, 0.5], [0.0, -1.5]]),
    "w": np.array([[0.5, -1.0], [1.0, 0.5]]),
    "b": np.array([0.0, 0.5]),
    "k": 2.0,
}
TWO_WAYS = {**LONG_WAY, "L": ("sum", "d")}

backpropagate = Exercise(
    reference.backpropagate,
    points=3,
    size="challenge",
    groups=(
        visible("the book's graph", graph_case("numbers", GRAPH, GRAPH_LEAVES)),
        visible(
            "what is used twice",
            graph_case(
                "the square of a sum",
                SQUARE_OF_A_SUM,
                {"x": np.array([[1.0, 2.0], [3.0, -1.0]]), "b": np.array([0.5, 1.0])},
            ),
            graph_case("a short way and a long one", TWO_WAYS, {"x": np.array([1.0, -2.0]), "w": np.array([0.5, 2.0])}),
        ),
        visible("a layer", graph_case("three samples, two units", ONE_LAYER, ONE_LAYER_LEAVES)),
        hidden(
            "other graphs",
            lambda rng: [
                random_graph_case(rng, "six operations", 6),
                random_graph_case(rng, "twelve operations", 12),
                random_graph_case(rng, "twenty operations", 20),
                graph_case("numbers", GRAPH, {name: rng.normal() for name in GRAPH_LEAVES}),
                graph_case("a number that is the loss", {"a": ("add", "x", "y")}, {"x": 1.5, "y": 2.0}, output="x"),
            ],
        ),
        hidden(
            "parts of a graph",
            lambda rng: [
                graph_case(
                    "a loss in the middle",
                    {**SQUARE_OF_A_SUM, "M": ("multiply", "L", "x")},
                    {"x": rng.normal(size=(2, 2)), "b": rng.normal(size=2)},
                )
            ],
            weight=0.5,
        ),
    ),
    misconceptions=misconceptions(
        backpropagate_model,
        {
            "last-user-wins": (
                "A value that is used twice gets the gradient of one use alone. Where the forward pass copies, what "
                "does the backward pass do?",
                "gradients[source] + gradient → gradient",
            ),
            "walked-forward": (
                "You walk from the leaves to the output. A node can hand nothing on before its own gradient has come.",
                "reversed(order) → order",
            ),
            "starts-at-zero": (
                "All your gradients are 0. What is the derivative of the loss with respect to itself?",
                "np.ones(np.shape(values[output])) → np.zeros(np.shape(values[output]))",
            ),
            "starts-with-the-loss": (
                "You start from the value of the loss. By how much does the loss change per unit of itself?",
                "np.ones(np.shape(values[output])) → values[output] * 1.0",
            ),
            "upstream-forgotten": (
                "Each node hands on its local derivative. The chain rule multiplies it with the node's own gradient.",
                "gradients[name], values[name], arrays → np.ones(np.shape(values[name])), values[name], arrays",
            ),
            "leaves-left-out": (
                "Gradients of the leaves are missing, and the leaves are what will be trained.",
                "return gradients → return {name: gradients[name] for name in graph if name in gradients}",
            ),
            "order-of-the-dictionary": (
                "You walk through the graph as it was written down. A node may stand before one of its users there.",
                "for name in reversed(order): → for name in [n for n in reversed(list(graph)) if n in order]:",
            ),
            "mean-over-uses": (
                "A value that is used several times gets the mean of what its users hand it. Effects add up.",
                mean_over_uses,
            ),
        },
    ),
)

# ----------------------------------------------------------------------------------------- mlp_gradients


def mlp_model(x, labels, weights, biases):
    activations = [x]
    for w, b in zip(weights, biases):
        activations.append(sigmoid(activations[-1] @ w + b))
    logits = activations[-2] @ weights[-1] + biases[-1]
    loss, dz = reference.softmax_cross_entropy(logits, labels)
    dweights, dbiases = [], []
    for layer in reversed(range(len(weights))):
        a = activations[layer]
        dweights = [a.T @ dz, *dweights]
        dbiases = [dz.sum(axis=0), *dbiases]
        dz = dz @ weights[layer].T * a * (1 - a)
    return loss, dweights, dbiases


def layers_of(params):
    return [params["W1"], params["W2"]], [params["b1"], params["b2"]]


THREE = (
    [np.array([[0.5, -1.0], [1.0, 0.5]]), np.array([[1.0, 0.25], [-0.5, 1.0]]), np.array([[1.0, -1.0], [0.5, 2.0]])],
    [np.array([0.0, 0.5]), np.array([-0.25, 0.25]), np.array([0.5, 0.0])],
)


def random_mlp(rng, label, samples, *sizes):
    weights = [rng.normal(size=(n, m)) / np.sqrt(n) for n, m in pairwise(sizes)]
    biases = [0.5 * rng.normal(size=m) for m in sizes[1:]]
    return case(label, rng.normal(size=(samples, sizes[0])), rng.integers(0, sizes[-1], samples), weights, biases)


mlp_gradients = Exercise(
    reference.mlp_gradients,
    points=3,
    size="challenge",
    returns=("loss", "dweights", "dbiases"),
    groups=(
        visible(
            "two and three layers",
            case("the book's network", POINTS, np.array([0, 1, 1]), *layers_of(NETWORK)),
            case("three layers of two units", POINTS, np.array([0, 1, 0]), *THREE),
        ),
        visible(
            "one layer",
            case("softmax regression", POINTS, np.array([0, 1, 1]), [NETWORK["W2"][:2]], [NETWORK["b2"]]),
        ),
        hidden(
            "other sizes",
            lambda rng: [
                random_mlp(rng, "two layers", 5, 4, 6, 3),
                random_mlp(rng, "three layers", 6, 5, 4, 7, 3),
                random_mlp(rng, "five layers", 4, 3, 5, 4, 6, 2, 4),
                random_mlp(rng, "one layer", 5, 4, 3),
                random_mlp(rng, "one sample", 1, 3, 4, 2),
            ],
        ),
        hidden(
            "extreme parameters",
            lambda rng: [
                case(
                    "sure and wrong", POINTS[:2], LEAST_LIKELY, THREE[0][:1] + [1000 * NETWORK["W2"][:2]], THREE[1][:2]
                ),
                case("all zero", POINTS, np.array([1, 0, 1]), [0 * w for w in THREE[0]], [0 * b for b in THREE[1]]),
            ],
            weight=0.5,
        ),
    ),
    misconceptions=misconceptions(
        mlp_model,
        {
            "last-layer-squashed": (
                "You put the last layer's sums through the sigmoid. They are the logits, and go into the softmax as "
                "they are.",
                "activations[-2] @ weights[-1] + biases[-1] → activations[-1]",
            ),
            "activation-not-passed": (
                "The last layer is right, the earlier ones are not: on the way down the gradient passes the sigmoids, "
                "too.",
                "weights[layer].T * a * (1 - a) → weights[layer].T",
            ),
            "input-for-every-layer": (
                "A layer's dw takes what that layer got. For the first one that is x, for the others it is not.",
                "a.T @ dz → x.T @ dz if x.shape[1] == a.shape[1] else a.T @ dz * 0",
            ),
            "last-to-first": (
                "The gradients are right, but their order is from the last layer to the first.",
                "[a.T @ dz, *dweights] → [*dweights, a.T @ dz]",
                "[dz.sum(axis=0), *dbiases] → [*dbiases, dz.sum(axis=0)]",
            ),
            "bias-averaged": (
                "Your bias gradients are too small by a factor of N. The mean is taken once, in the loss.",
                "dz.sum(axis=0) → dz.mean(axis=0)",
            ),
            "averaged-again": (
                "Your weight gradients are too small by a factor of N. The mean is taken once, in the loss.",
                "a.T @ dz → a.T @ dz / len(x)",
            ),
            "gradient-of-the-last-layer-only": (
                "Only the last layer's gradients are right: the earlier layers' are 0. The error has to travel on.",
                "dz = dz @ weights[layer].T * a * (1 - a) → dz = 0 * (dz @ weights[layer].T)",
            ),
        },
    ),
)

EXERCISES = (
    add_backward,
    multiply_backward,
    max_backward,
    sigmoid_backward,
    affine_forward,
    affine_backward,
    softmax_cross_entropy,
    topological_order,
    unbroadcast,
    local_gradients,
    backpropagate,
    two_layer_loss,
    mlp_gradients,
    relative_error,
)
