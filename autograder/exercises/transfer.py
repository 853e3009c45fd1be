"""What right answers in chapter ``transfer`` are.

A new head is judged by its statistics. 20,000 weights know their standard deviation to 0.5 % and their mean to
0.7 % of a standard deviation; the tolerance is seven times what these errors, the student's and the reference's
together, add up to, and more. Whether the weights are normal or uniform is not asked.
"""

import numpy as np

from solutions import transfer as reference

from ..judging.plain import Rng
from ..judging.vocabulary import Exercise, Misconception, case, hidden, misconceptions, probe, raised, visible

MOMENTS = 0.07  # in standard deviations


# ---------------------------------------------------------------------------------------- transfer_strategy
def complaint_about(student, data, similarity):
    """The error that the student's function raises for these words."""
    return raised(student.transfer_strategy, data, similarity)


def strategies(little_similar, little_different, lots_similar, lots_different):
    """A table with these entries, for the known mistakes."""
    table = {
        ("little", "similar"): little_similar,
        ("little", "different"): little_different,
        ("lots", "similar"): lots_similar,
        ("lots", "different"): lots_different,
    }

    def strategy(data, similarity):
        if (data, similarity) not in table:
            raise ValueError("no such words")
        return table[data, similarity]

    return strategy


def strategy_that_falls_through(data, similarity):
    if data == "little":
        return "linear_probe" if similarity == "similar" else "probe_other_stages"
    return "finetune_few" if similarity == "similar" else "finetune_many"


def _unknown_word(rng):
    return "".join(rng.choice(list("abcdefgh"), size=7))


transfer_strategy = Exercise(
    reference.transfer_strategy,
    points=1,
    groups=(
        visible(
            "the slides' table",
            case("little data, a similar task", "little", "similar"),
            case("little data, a different task", "little", "different"),
            case("lots of data, a similar task", "lots", "similar"),
            case("lots of data, a different task", "lots", "different"),
        ),
        visible(
            "other words",
            probe("some data, a similar task", complaint_about, "some", "similar"),
            probe("lots of data, an identical task", complaint_about, "lots", "identical"),
        ),
        hidden(
            "more words",
            lambda rng: [
                probe("the arguments in the wrong order", complaint_about, "similar", "little"),
                probe("an empty word", complaint_about, "", "different"),
                probe("two unknown words", complaint_about, "medium", "near"),
                probe("an unknown amount of data", complaint_about, _unknown_word(rng), "similar"),
                probe("an unknown similarity", complaint_about, "lots", _unknown_word(rng)),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "axes-mixed-up",
            "Two corners of your table have changed places: little data on a different task, and lots on a similar "
            "one. With 20 samples, can you train whole layers?",
            strategies("linear_probe", "finetune_few", "probe_other_stages", "finetune_many"),
        ),
        Misconception(
            "few-and-many-swapped",
            "You train more layers where the task is similar. On which task do the pretrained layers need more change?",
            strategies("linear_probe", "probe_other_stages", "finetune_many", "finetune_few"),
        ),
        Misconception(
            "probes-swapped",
            "You trust the top layer on a different task and look at other stages on a similar one. Whose features do "
            "the layers near the top hold?",
            strategies("probe_other_stages", "linear_probe", "finetune_few", "finetune_many"),
        ),
        Misconception(
            "data-ignored",
            "Your answer doesn't change with the amount of data. What can a few samples teach a whole layer?",
            strategies("finetune_few", "finetune_many", "finetune_few", "finetune_many"),
        ),
        Misconception(
            "key-error",
            "A dictionary raises KeyError for a word that it doesn't have. Asked is a ValueError: test the words "
            "first, or catch the one and raise the other.",
            lambda data, similarity: reference.STRATEGIES[data, similarity],
        ),
        Misconception(
            "falls-through",
            "You answer for words that are not in the table: whatever is not one of the two words counts as the other. "
            "Raise a ValueError for it.",
            strategy_that_falls_through,
        ),
    ),
)


# ----------------------------------------------------------------------------------------- extract_features
def forward(x, weights, biases, depth):
    a = x
    for layer in range(depth):
        a = np.maximum(a @ weights[layer] + biases[layer], 0)
    return a


def random_network(rng, widths, size=1.0):
    """Weights and biases of a network of these widths."""
    weights = [size * rng.normal(0, 1, shape) for shape in zip(widths[:-1], widths[1:])]
    return weights, [rng.normal(0, 1, n) for n in widths[1:]]


SMALL_X = np.array([[1.0, -2.0], [3.0, 1.0]])
SMALL_WEIGHTS = [np.array([[1.0, -1.0, 2.0], [0.0, -1.0, 1.0]]), np.array([[1.0, 2.0], [-1.0, 1.0], [0.5, -1.0]])]
SMALL_BIASES = [np.array([0.0, 1.0, -1.0]), np.array([0.5, -2.0])]

extract_features = Exercise(
    reference.extract_features,
    points=2,
    groups=(
        visible(
            "the book's numbers",
            case("after one layer", SMALL_X, SMALL_WEIGHTS, SMALL_BIASES, 1),
            case("after both layers", SMALL_X, SMALL_WEIGHTS, SMALL_BIASES, 2),
        ),
        visible("depth 0", case("before the first layer", SMALL_X, SMALL_WEIGHTS, SMALL_BIASES, 0)),
        hidden(
            "deeper networks",
            lambda rng: [
                case(f"depth {depth} of 4", rng.normal(0, 1, (6, 5)), *random_network(rng, [5, 8, 7, 6, 4]), depth)
                for depth in range(5)
            ],
        ),
        hidden(
            "small and whole",
            lambda rng: [
                case("one sample, one layer", rng.normal(0, 1, (1, 3)), *random_network(rng, [3, 4]), 1),
                case(
                    "whole numbers",
                    rng.integers(-3, 4, (5, 3)),
                    [rng.integers(-2, 3, (3, 4)), rng.integers(-2, 3, (4, 2))],
                    [rng.integers(-2, 3, 4), rng.integers(-2, 3, 2)],
                    int(rng.integers(1, 3)),
                ).as_floats(),
                case(
                    "units that are all silent",
                    rng.uniform(0, 1, (4, 3)),
                    [-np.ones((3, 5)), np.ones((5, 2))],
                    [-np.ones(5), rng.normal(0, 1, 2)],
                    2,
                ),
                case("large numbers", rng.normal(0, 1e6, (4, 3)), *random_network(rng, [3, 5, 4], 1e3), 2),
            ],
        ),
    ),
    misconceptions=misconceptions(
        forward,
        {
            "input-rectified": (
                "Your depth 0 is not x: its negative numbers are gone. A ReLU follows a layer; before the "
                "first layer there is none.",
                "a = x → a = np.maximum(x, 0)",
            ),
            "last-layer-linear": (
                "The last layer that you pass gives bare sums, some of them negative. Asked are activations: "
                "every layer up to this depth ends in its ReLU.",
                "a = np.maximum(a @ weights[layer] + biases[layer], 0) → a = a @ weights[layer] + "
                "biases[layer]\na = np.maximum(a, 0) if layer < depth - 1 else a",
            ),
            "one-layer-too-deep": (
                "You pass one layer too many. How many layers lie before depth 0?",
                "range(depth) → range(min(depth + 1, len(weights)))",
            ),
            "depth-ignored": (
                "You always go through the whole network. Stop after depth layers.",
                "range(depth) → range(len(weights))",
            ),
            "biases-forgotten": ("Your layers are x @ w. Something is added before the ReLU.", " + biases[layer] → "),
            "sigmoid-for-relu": (
                "All your activations lie between 0 and 1. The layers of this network end in a ReLU.",
                "np.maximum(a @ weights[layer] + biases[layer], 0) → 0.5 + 0.5 * np.tanh((a @ weights[layer] "
                "+ biases[layer]) / 2)",
            ),
        },
    ),
)


# --------------------------------------------------------------------------------------------- linear_probe
def classifier(features, labels, num_classes, strength):
    y = np.eye(num_classes)[labels]
    x_mean = features.mean(axis=0)
    w = ridge(features - x_mean, y - y.mean(axis=0), np.sqrt(strength))
    return w, y.mean(axis=0) - x_mean @ w


def ridge(x, y, root):
    """w of a ridge regression whose strength is the square of ``root``."""
    rows = np.zeros((x.shape[1], y.shape[1]))
    return np.linalg.lstsq(np.vstack([x, root * np.eye(x.shape[1])]), np.vstack([y, rows]), rcond=None)[0]


def classifier_with_penalised_bias(features, labels, num_classes, strength):
    x, y = np.asarray(features, dtype=float), np.eye(num_classes)[labels]
    w = ridge(np.column_stack([x, np.ones(len(x))]), y, np.sqrt(strength))
    return w[:-1], w[-1]


def classifier_without_bias(features, labels, num_classes, strength):
    x, y = np.asarray(features, dtype=float), np.eye(num_classes)[labels]
    return ridge(x, y, np.sqrt(strength)), np.zeros(num_classes)


def random_probe(rng, label, n, d, k, strength, whole=False):
    """A probe on random features, not centred at 0, whose classes overlap; each class occurs."""
    labels = rng.permutation(np.arange(n) % k)
    x = rng.normal(0, 1, (n, d)) + rng.normal(0, 1, (k, d))[labels] + 2
    return case(label, np.round(2 * x) if whole else x, labels, k, strength)


LINE, LINE_LABELS = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 0, 1, 1])
PLANE = np.array([[1.0, 0.0], [2.0, 1.0], [0.0, 3.0], [1.0, 4.0], [4.0, 2.0], [5.0, 3.0]])
PLANE_LABELS = np.array([0, 0, 1, 1, 2, 2])

linear_probe = Exercise(
    reference.linear_probe,
    points=3,
    returns=("w", "b"),
    groups=(
        visible(
            "the book's numbers",
            case("four samples on a line, strength 1", LINE, LINE_LABELS, 2, 1.0),
            case("four samples on a line, no penalty", LINE, LINE_LABELS, 2, 0.0),
        ),
        visible(
            "three classes",
            case("six samples in the plane", PLANE, PLANE_LABELS, 3, 2.0),
            case("the same, and a class without a sample", PLANE, PLANE_LABELS, 4, 0.5),
        ),
        hidden(
            "random features",
            lambda rng: [
                random_probe(rng, "two classes", 12, 3, 2, 0.5),
                random_probe(rng, "many features", 40, 10, 5, 3.0),
                random_probe(rng, "more features than samples", 8, 20, 3, 1.0),
                random_probe(rng, "features of whole numbers", 20, 4, 3, 1.0, whole=True),
                random_probe(rng, "no penalty", 30, 3, 3, 0.0),
                random_probe(rng, "strength 3, a whole number", 15, 4, 3, 3),
            ],
        ),
        hidden(
            "extremes",
            lambda rng: [
                random_probe(rng, "a penalty that leaves the bias alone", 15, 4, 3, 1e9),
                case("one class only", rng.normal(0, 1, (5, 3)), np.full(5, 1), 3, 1.0).within(1e-5),
                case("one sample", rng.normal(0, 1, (1, 3)), np.array([2]), 3, 1.0).within(1e-5),
                case("features that never vary", np.full((6, 2), 3.0), np.array([0, 1, 1, 0, 1, 1]), 2, 1.0).within(
                    1e-5
                ),
            ],
        ),
    ),
    misconceptions=misconceptions(
        classifier,
        {
            "bias-penalised": (
                "Your bias is drawn towards 0 as the weights are. With a huge strength a probe should still "
                "know how often each class occurs.",
                classifier_with_penalised_bias,
            ),
            "strength-forgotten": (
                "Your weights don't depend on the strength: this is plain least squares.",
                "np.sqrt(strength) → 0",
            ),
            "mean-for-sum": (
                "Your penalty is too strong. Is the squared error a sum over the samples or their mean?",
                "np.sqrt(strength) → np.sqrt(len(features) * strength)",
            ),
            "bias-forgotten": (
                "Your bias is 0, and the weights have to make up for it. What should the probe say where all "
                "features are 0?",
                classifier_without_bias,
            ),
            "bias-of-centred-data": (
                "Your weights are right. Your bias is the one that belongs to centred features; those that "
                "will come are not centred.",
                "y.mean(axis=0) - x_mean @ w → y.mean(axis=0)",
            ),
            "targets-of-plus-minus-one": (
                "Your targets are −1 for the wrong classes. Asked is one-hot: 0 and 1.",
                "y = np.eye(num_classes)[labels] → y = 2 * np.eye(num_classes)[labels] - 1",
            ),
            "strength-doubled": (
                "Your penalty is twice as strong as asked. A factor 2 belongs to the derivatives of both terms.",
                "np.sqrt(strength) → np.sqrt(2 * strength)",
            ),
        },
    ),
)


# ----------------------------------------------------------------------------------------- trainable_layers
def mask_by_slice(num_layers, num_finetuned):
    mask = np.zeros(num_layers, dtype=bool)
    mask[-num_finetuned:] = True
    return mask


trainable_layers = Exercise(
    reference.trainable_layers,
    points=1,
    groups=(
        visible(
            "some layers",
            case("the last of four", 4, 1),
            case("the last three of five", 5, 3),
        ),
        visible("none and all", case("none of four", 4, 0), case("all of three", 3, 3)),
        hidden(
            "other networks",
            lambda rng: [
                case(f"{n} of {layers}", layers, n)
                for layers, n in ((layers, int(rng.integers(1, layers))) for layers in (2, 7, 12, 50))
            ],
        ),
        hidden("one layer", lambda rng: [case("trained", 1, 1), case("frozen", 1, 0)], weight=0.5),
    ),
    misconceptions=(
        Misconception(
            "everything-for-zero",
            "With num_finetuned = 0 you train every layer. In Python −0 is 0, and a slice from 0 is the whole array.",
            mask_by_slice,
        ),
        Misconception(
            "first-for-last",
            "You train the layers next to the input. Which layers know most about the old task, the first or the last?",
            lambda num_layers, num_finetuned: np.arange(num_layers) < num_finetuned,
        ),
        Misconception(
            "frozen-for-trained",
            "Your True marks the layers that are frozen. It should mark those that are trained.",
            lambda num_layers, num_finetuned: np.arange(num_layers) < num_layers - num_finetuned,
        ),
        Misconception(
            "one-too-many",
            "You train one layer too many. Count again with num_finetuned = 1.",
            lambda num_layers, num_finetuned: np.arange(num_layers) >= num_layers - num_finetuned - 1,
        ),
        Misconception(
            "indices-for-mask",
            "You return the numbers of the trained layers. Asked is True or False for each layer.",
            lambda num_layers, num_finetuned: np.arange(num_layers - num_finetuned, num_layers),
        ),
    ),
)

# --------------------------------------------------------------------------------- layerwise_learning_rates
layerwise_learning_rates = Exercise(
    reference.layerwise_learning_rates,
    points=1,
    groups=(
        visible(
            "the book's numbers",
            case("four layers, a tenth a layer", 0.1, 0.1, 4),
            case("three layers, 0.4 a layer", 0.2, 0.4, 3),
        ),
        visible("no decay", case("three layers at one rate", 0.05, 1.0, 3)),
        hidden(
            "other networks",
            lambda rng: [
                case(f"{layers} layers", float(rng.uniform(0.01, 1)), float(rng.uniform(0.2, 0.9)), layers)
                for layers in (2, 5, 9)
            ],
        ),
        hidden(
            "extremes",
            lambda rng: [
                case("one layer", float(rng.uniform(0.01, 1)), 0.5, 1),
                case("a decay of 0 freezes all but the last", 0.3, 0.0, 4),
                case("whole numbers", 1, 2, 4),
                case("a rate of 0", 0.0, 0.5, 3),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "base-at-the-first",
            "Your rates fall from the first layer to the last. Which layers should change most?",
            lambda base, decay, num_layers: base * float(decay) ** np.arange(num_layers),
        ),
        Misconception(
            "last-layer-decayed",
            "Your last layer has base · decay. It should have the base itself.",
            lambda base, decay, num_layers: base * float(decay) ** np.arange(num_layers, 0, -1),
        ),
        Misconception(
            "decayed-once",
            "All your lower layers have one rate. The decay applies again with each layer down.",
            lambda base, decay, num_layers: base * np.where(np.arange(num_layers) < num_layers - 1, decay, 1.0),
        ),
        Misconception(
            "one-minus-decay",
            "You multiply by 1 − decay for each layer. The factor is decay itself.",
            lambda base, decay, num_layers: base * float(1 - decay) ** np.arange(num_layers - 1, -1, -1),
        ),
        Misconception(
            "decay-in-equal-steps",
            "Your rates fall by the same amount from layer to layer. They should fall by the same factor.",
            lambda base, decay, num_layers: base * (1 - (1 - decay) * np.arange(num_layers - 1, -1, -1)),
        ),
    ),
)


# -------------------------------------------------------------------------------------------- finetune_step
def frozen_and_trained(student, params, grads, learning_rates):
    """The new parameters, and of each layer whether not one bit of it has changed."""
    stepped = student.finetune_step(params, grads, learning_rates)
    if not isinstance(stepped, (list, tuple, np.ndarray)):
        raise ValueError("expected a list of arrays")
    unchanged = [bool(np.array_equal(new, old)) for new, old in zip(stepped, params)]
    return {"number of layers": len(stepped), "layer unchanged": unchanged}


def steps(params, grads, rates):
    """A step of every layer that has a rate, for the known mistakes."""
    return [p - r * g if r else p + 0.0 for p, g, r in zip(params, grads, rates)]


def finetune_in_place(params, grads, learning_rates):
    for param, grad, rate in zip(params, grads, learning_rates):
        if rate:
            param -= rate * grad
    return params


def random_step(rng, label, layers, whole=False, as_list=True, frozen=0):
    """Parameters and gradients of random shapes, the first ``frozen`` layers at rate 0."""
    shapes = [tuple(int(n) for n in rng.integers(1, 5, int(rng.integers(1, 3)))) for _ in range(layers)]
    draw = (lambda s: rng.integers(-5, 6, s)) if whole else (lambda s: rng.normal(0, 1, s))
    rates = np.where(np.arange(layers) < frozen, 0.0, rng.uniform(0.05, 0.5, layers))
    return case(label, [draw(s) for s in shapes], [draw(s) for s in shapes], rates.tolist() if as_list else rates)


TWO_LAYERS = [np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0], [-1.0]])]
TWO_GRADS = [np.array([[1.0, 0.0], [-2.0, 4.0]]), np.array([[0.5], [2.0]])]
BROKEN_GRADS = [np.array([[np.inf, 0.0], [np.nan, -np.inf]]), np.array([[0.5], [2.0]])]

finetune_step = Exercise(
    reference.finetune_step,
    points=2,
    groups=(
        visible(
            "the book's numbers",
            case("two layers, two rates", TWO_LAYERS, TWO_GRADS, [0.1, 0.5]),
            case("the first layer frozen", TWO_LAYERS, TWO_GRADS, [0.0, 0.5]),
        ),
        visible(
            "frozen means frozen",
            case("a frozen layer whose gradient is not finite", TWO_LAYERS, BROKEN_GRADS, [0.0, 0.5]),
            probe("which layers change", frozen_and_trained, [p / 3 for p in TWO_LAYERS], TWO_GRADS, [0.0, 0.5]),
        ),
        hidden(
            "other networks",
            lambda rng: [
                random_step(rng, "one layer", 1),
                random_step(rng, "five layers", 5),
                random_step(rng, "rates in an array", 4, as_list=False),
                random_step(rng, "three of six frozen", 6, frozen=3),
                random_step(rng, "whole numbers", 3, whole=True).as_floats(),
                random_step(rng, "all frozen", 3, frozen=3),
                random_step(rng, "whole numbers, all frozen", 3, frozen=3, whole=True).as_floats(),
            ],
        ),
        hidden(
            "frozen means frozen, other numbers",
            lambda rng: [
                probe(
                    "which of four layers change",
                    frozen_and_trained,
                    [rng.normal(0, 1, (3, 3)) for _ in range(4)],
                    [rng.normal(0, 1, (3, 3)) for _ in range(4)],
                    [0.0, 0.0, 0.1, 0.2],
                ),
                case(
                    "a frozen layer between trained ones",
                    [rng.normal(0, 1, 3) for _ in range(3)],
                    [rng.normal(0, 1, 3), np.full(3, np.nan), rng.normal(0, 1, 3)],
                    [0.1, 0.0, 0.2],
                ),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "gradient-ascent",
            "Your loss grows. The gradient points to where the loss rises: which way do the parameters have to go?",
            lambda params, grads, learning_rates: steps(params, grads, [-r for r in learning_rates]),
        ),
        Misconception(
            "one-rate-for-all",
            "All your layers move at the last layer's rate. Each layer has its own.",
            lambda params, grads, learning_rates: steps(params, grads, [learning_rates[-1]] * len(params)),
        ),
        Misconception(
            "zero-times-infinity",
            "A frozen layer of yours turns into NaN where its gradient is infinite or NaN: 0 times either is NaN. "
            "Leave a frozen layer out of the arithmetic.",
            lambda params, grads, learning_rates: [p - r * g for p, g, r in zip(params, grads, learning_rates)],
        ),
        Misconception(
            "frozen-dropped",
            "You return the trained layers only. The frozen ones are still part of the network.",
            lambda params, grads, learning_rates: (
                steps(*zip(*[layer for layer in zip(params, grads, learning_rates) if layer[2]]))
                if any(learning_rates)
                else []
            ),
        ),
        Misconception(
            "rates-reversed",
            "Your rates belong to the layers in the opposite order. The first rate is the first layer's.",
            lambda params, grads, learning_rates: steps(params, grads, list(learning_rates)[::-1]),
        ),
        Misconception(
            "changes-its-input",
            "The values are right, but the arrays that were handed in have changed too: the pretrained network would "
            "be lost. Operators such as -= write into the array on their left: make new ones.",
            finetune_in_place,
        ),
    ),
)


# --------------------------------------------------------------------------------------------- replace_head
def network_of(widths):
    """A network of these widths whose parameters follow a formula."""
    weights = [np.cos(1.0 + np.arange(n * m)).reshape(n, m) for n, m in zip(widths[:-1], widths[1:])]
    return weights, [np.sin(1.0 + np.arange(m)) for m in widths[1:]]


def rebuilt(student, widths, num_classes, rng):
    """The student's network, two lists of arrays."""
    weights, biases = student.replace_head(*network_of(widths), num_classes, rng)
    return [np.asarray(w, dtype=float) for w in weights], [np.asarray(b, dtype=float) for b in biases]


def shapes_after(student, widths, num_classes, rng):
    """The shapes of all weights and biases."""
    weights, biases = rebuilt(student, widths, num_classes, rng)
    return {"weights": [list(w.shape) for w in weights], "biases": [list(b.shape) for b in biases]}


def layers_below(student, widths, num_classes, rng):
    """All that is not drawn: the layers below the head, and the biases of the head."""
    weights, biases = rebuilt(student, widths, num_classes, rng)
    return {"weights below the head": weights[:-1], "biases": biases}


def head_statistics(student, widths, num_classes, rng):
    """Mean and standard deviation of the head's weights."""
    head = rebuilt(student, widths, num_classes, rng)[0][-1]
    return {"mean": float(head.mean()), "standard deviation": float(head.std())}


def head_randomness(student, widths, num_classes, rng, twin, other):
    """What the generator decides: rng and twin have one seed, other has another."""
    first, again, different = (rebuilt(student, widths, num_classes, given)[0][-1] for given in (rng, twin, other))
    second = rebuilt(student, widths, num_classes, rng)[0][-1]
    return {
        "same seed, same head": bool(np.array_equal(first, again)),
        "another seed, another head": not np.array_equal(first, different),
        "second draw, another head": not np.array_equal(first, second),
        "no two weights equal": bool(np.unique(first).size == first.size),
    }


def he(n_in, num_classes):
    return np.sqrt(2 / n_in)


def headed(weights, biases, num_classes, rng):
    n_in = weights[-1].shape[0]
    head = rng.normal(0, np.sqrt(2 / n_in), (n_in, num_classes))
    return [*weights[:-1], head], [*biases[:-1], np.zeros(num_classes)]


def statistics(widths, num_classes, seed):
    """A case of the head's statistics."""
    label = f"a head from {widths[-2]} to {num_classes} units"
    found = probe(label, head_statistics, widths, num_classes, Rng(seed))
    return found.within(MOMENTS * he(widths[-2], num_classes))


def head_groups(rng):
    """The hidden cases' networks: random widths, 20,000 weights or a little more in the head."""
    n_in = int(rng.integers(60, 400))
    return [
        statistics((2, n_in, 3), 20_000 // n_in + 1, int(rng.integers(2**31))),
        statistics((1, 2000, 2), 10, int(rng.integers(2**31))),
        statistics((50, 2), 400, int(rng.integers(2**31))),
    ]


replace_head = Exercise(
    reference.replace_head,
    points=2,
    returns=("weights", "biases"),
    groups=(
        visible(
            "shapes",
            probe("from ten classes to three", shapes_after, (6, 5, 4, 10), 3, Rng(1)),
            probe("as many classes as before", shapes_after, (3, 4, 2), 2, Rng(2)),
        ),
        visible(
            "what stays, and the biases",
            probe("three layers", layers_below, (3, 4, 2, 5), 3, Rng(3)),
            probe("as many classes as before", layers_below, (3, 4, 2), 2, Rng(4)),
        ),
        visible("mean and standard deviation", statistics((2, 200, 3), 100, 5)),
        visible("randomness", probe("rng decides", head_randomness, (3, 4, 2), 3, Rng(6), Rng(6), Rng(7)), weight=0.5),
        hidden(
            "other networks",
            lambda rng: [
                probe("five layers", layers_below, (2, 3, 4, 3, 2, 6), 4, Rng(int(rng.integers(2**31)))),
                probe("one layer", layers_below, (4, 3), 7, Rng(int(rng.integers(2**31)))),
                probe("the shapes of five layers", shapes_after, (2, 3, 4, 3, 2, 6), 9, Rng(int(rng.integers(2**31)))),
                probe("one class", shapes_after, (4, 3), 1, Rng(int(rng.integers(2**31)))),
            ],
        ),
        hidden("statistics of other heads", head_groups),
    ),
    misconceptions=misconceptions(
        headed,
        {
            "layer-added": (
                "Your network has one layer more than before: the new head stands on the old one. It should "
                "take its place.",
                "n_in = weights[-1].shape[0] → n_in = weights[-1].shape[1]",
                "[*weights[:-1], head], [*biases[:-1], → [*weights, head], [*biases,",
            ),
            "everything-fresh": (
                "You draw all layers anew, so nothing of the pretrained network is left. Only the head is new.",
                "head = rng → weights = [rng.normal(0, np.sqrt(2 / w.shape[0]), w.shape) for w in weights]\n"
                "biases = [0 * b for b in biases]\nhead = rng",
            ),
            "old-biases-kept": (
                "Your head still has the biases of the old one. They belong to the old classes.",
                "[*biases[:-1], np.zeros(num_classes)] → list(biases)",
            ),
            "outputs-for-inputs": (
                "The spread of your head is that for num_classes inputs. He's rule counts the inputs of the layer.",
                "np.sqrt(2 / n_in) → np.sqrt(2 / num_classes)",
            ),
            "variance-for-std": (
                "Your weights are too small. You draw with the variance where the generator asks for a "
                "standard deviation.",
                "np.sqrt(2 / n_in) → 2 / n_in",
            ),
            "factor-two-forgotten": (
                "The variance of your head is half of He's.",
                "np.sqrt(2 / n_in) → np.sqrt(1 / n_in)",
            ),
            "transposed": (
                "Your head is turned. A layer is x @ w: how many rows must w have?",
                "(n_in, num_classes)) → (num_classes, n_in))",
            ),
            "changes-its-input": (
                "The values are right, but the lists that were handed in have changed too: the old head is "
                "lost, and with it the old task. Make new lists.",
                "return [*weights[:-1], head], [*biases[:-1], np.zeros(num_classes)] → weights[-1], "
                "biases[-1] = head, np.zeros(num_classes)\nreturn weights, biases",
            ),
            "own-generator": (
                "Your head is the same whatever generator is passed in. Draw from rng.",
                "head = rng → rng = np.random.default_rng(0)\nhead = rng",
            ),
        },
    ),
)

EXERCISES = (
    transfer_strategy,
    extract_features,
    linear_probe,
    trainable_layers,
    layerwise_learning_rates,
    finetune_step,
    replace_head,
)
