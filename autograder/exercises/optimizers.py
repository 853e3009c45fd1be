"""What right answers in chapter ``optimizers`` are."""

import inspect

import numpy as np

from solutions import optimizers as reference

from ..judging.plain import Formula
from ..judging.vocabulary import Exercise, case, hidden, misconceptions, probe, visible

ZEROS = np.zeros(2)


# -------------------------------------------------------------------------------- what the exercises share
def descend(student, name, w, curvature, states, settings, counted, steps):
    """Steps in a row on the bowl Σ curvature·w²/2: the parameters after each, and the states after the last."""
    step, state, path = getattr(student, name), [np.zeros_like(w)] * states, []
    for t in range(1, steps + 1):
        returned = step(w, curvature * w, *state, *((t,) if counted else ()), *settings)
        w, *state = returned if states else [returned]
        if len(state) != states:
            raise ValueError(f"the step returned {1 + len(state)} values, expected {1 + states}")
        w, state = np.asarray(w, dtype=float), [np.asarray(s, dtype=float) for s in state]
        path.append(w)
    return np.stack(path), state


def in_a_row(label, function, states, settings, steps=3, w=(2.0, -3.0), curvature=(1.0, 0.25)):
    """A case of several steps in a row, from states of zero; settings: the arguments between t and the defaults."""
    counted = "t" in inspect.signature(function).parameters
    w, curvature = np.array(w), np.array(curvature)
    return probe(label, descend, function.__name__, w, curvature, len(states), settings, counted, steps)


def random_shape(rng):
    """A shape of one to three axes."""
    return tuple(int(n) for n in rng.integers(2, 6, int(rng.integers(1, 4))))


def random_states(rng, states, shape):
    """A state for each sign: "+" averages squares, so it is positive, "±" is not."""
    return [rng.uniform(0.05, 2, shape) if sign == "+" else rng.normal(0, 1, shape) for sign in states]


def hidden_groups(function, states, settings, others=()):
    """Other shapes, extreme gradients, a long run and, where there are defaults, other settings.

    states: a sign for each state, see `random_states`. settings: ``settings(rng)`` gives the arguments between
    t and the defaults. others: dictionaries of settings other than the defaults.
    """
    parameters = inspect.signature(function).parameters
    defaults = {name: p.default for name, p in parameters.items() if p.default is not p.empty}

    def step(rng, label, shape, size=1.0, zero_state=False, **given):
        w, dw = rng.normal(0, 1, shape), size * rng.normal(0, 1, shape)
        state = [np.zeros(shape) for _ in states] if zero_state else random_states(rng, states, shape)
        count = (int(rng.integers(2, 30)),) if "t" in parameters else ()
        return case(label, w, dw, *state, *count, *settings(rng), **given)

    def shapes(rng):
        return [
            step(rng, "one parameter", (1,)),
            step(rng, "many parameters", (int(rng.integers(20, 40)),)),
            step(rng, "a matrix", (3, int(rng.integers(2, 5)))),
            step(rng, "filters, four axes", (2, 3, 2, 2)),
            step(rng, "any shape", random_shape(rng)),
        ]

    def extremes(rng):
        return [
            step(rng, "no gradient and no state", (3,), size=0.0, zero_state=True),
            step(rng, "no gradient", (3,), size=0.0),
            step(rng, "huge gradients", (4,), size=1e12, zero_state=True),
            step(rng, "tiny gradients", (4,), size=1e-6, zero_state=True),
            step(rng, "gradients too small to count", (4,), size=1e-15, zero_state=True),
        ]

    def run(rng):
        w, curvature = rng.uniform(2, 4, 3) * [1, -1, 1], rng.uniform(0.2, 2, 3)
        return [in_a_row("30 steps on a bowl", function, states, settings(rng), 30, w, curvature)]

    def explicit(rng):
        shape = random_shape(rng)
        return [
            step(rng, "the defaults left out", shape),
            step(rng, "the defaults given", shape, **defaults),
        ] + [step(rng, f"with {', '.join(f'{k}={v}' for k, v in given.items())}", shape, **given) for given in others]

    groups = [hidden("other shapes", shapes), hidden("extreme gradients", extremes), hidden("many steps", run)]
    return tuple(groups + [hidden("other settings", explicit)] if defaults else groups)


def random_rate(rng):
    """The learning rate as the only argument between the states and the defaults."""
    return (float(rng.uniform(0.02, 0.15)),)


UPHILL = "Your loss grows. The gradient points to where the loss rises: which way do the parameters have to go?"
IN_PLACE = (
    "The values are right, but the arrays that were handed in have changed too. Operators such as += and -= write "
    "into the array on their left: make a new one."
)
EPS_INSIDE = (
    "Look at small gradients, where eps counts. Some texts add it under the root; here it is added to the root."
)
NO_EPS = "A parameter whose gradients have all been zero gives you 0/0. Something has to keep the divisor above zero."

# ------------------------------------------------------------------------------------------------ sgd_step


def sgd(w, dw, learning_rate):
    return w - learning_rate * dw


sgd_step = Exercise(
    reference.sgd_step,
    points=1,
    groups=(
        visible(
            "the book's numbers",
            case("the slides' one weight, w = 0.8", np.array([0.8]), np.array([160.0]), 0.025),
            case("two weights", np.array([1.0, 2.0]), np.array([0.5, -3.0]), 0.1),
            case("a matrix of weights", np.array([[1.0, -1.0], [0.5, 2.0]]), np.array([[4.0, 0.0], [-2.0, 1.0]]), 0.5),
        ),
        visible("several steps", in_a_row("three steps on a bowl", reference.sgd_step, "", (0.1,))),
        *hidden_groups(reference.sgd_step, "", random_rate),
    ),
    misconceptions=misconceptions(
        sgd,
        {
            "gradient-ascent": (UPHILL, "w - learning_rate → w + learning_rate"),
            "rate-forgotten": (
                "Your step is the whole gradient. Which argument says how much of it to take?",
                "learning_rate * dw → dw",
            ),
            "rate-applied-twice": (
                "Your step shrinks with the square of the learning rate. Count how often you multiply by it.",
                "learning_rate * dw → learning_rate**2 * dw",
            ),
            "change-for-result": (
                "You return the change of the parameters. The new parameters are asked for.",
                "w - learning_rate → -learning_rate",
            ),
            "only-the-sign": (
                "All your steps are equally long. A steep gradient should move a parameter further than a gentle one.",
                "* dw → * np.sign(dw)",
            ),
            "changes-its-input": (IN_PLACE, "return w - → w -= learning_rate * dw\nreturn w + 0 *"),
        },
    ),
)


# ------------------------------------------------------------------------------------------- momentum_step
def momentum(w, dw, v, learning_rate, rho=0.9):
    new = rho * v + dw
    return w - learning_rate * new, new


momentum_step = Exercise(
    reference.momentum_step,
    points=2,
    returns=("w", "v"),
    groups=(
        visible(
            "the book's numbers",
            case("the first step, v = 0", np.array([1.0, 2.0]), np.array([0.5, -3.0]), ZEROS, 0.1),
            case("the second step", np.array([0.95, 2.3]), np.array([0.5, -1.0]), np.array([0.5, -3.0]), 0.1),
            case("rolling on without a gradient", np.array([1.0, -1.0]), ZEROS, np.array([2.0, -4.0]), 0.1),
        ),
        visible(
            "settings",
            case("rho = 0.5", np.array([1.0, 2.0]), np.array([1.0, 1.0]), np.array([2.0, -2.0]), 0.2, 0.5),
            in_a_row("three steps on a bowl", reference.momentum_step, "±", (0.1,)),
        ),
        *hidden_groups(reference.momentum_step, "±", random_rate, ({"rho": 0.5}, {"rho": 0.99}, {"rho": 0.0})),
    ),
    misconceptions=misconceptions(
        momentum,
        {
            "gradient-ascent": (UPHILL, "w - learning_rate → w + learning_rate"),
            "rate-inside-velocity": (
                "Your parameters are right and your velocity is not. Here it collects bare gradients; the learning "
                "rate enters later. (With the rate inside, old gradients would keep their old rate when it changes.)",
                "+ dw → + learning_rate * dw",
                "w - learning_rate * new → w - new",
            ),
            "rate-applied-twice": (
                "The learning rate is in your velocity and again in your step. It belongs in one of them.",
                "+ dw → + learning_rate * dw",
            ),
            "velocity-points-downhill": (
                "Your parameters are right, and your velocity has the sign and the size of a step. Here it collects "
                "bare gradients, and the step is taken from it.",
                "rho * v + dw → rho * v - learning_rate * dw",
                "w - learning_rate * new → w + new",
            ),
            "averaged-velocity": (
                "Your velocity is an average of gradients. Momentum sums them: how much of the new gradient comes in?",
                "+ dw → + (1 - rho) * dw",
            ),
            "friction-forgotten": (
                "Your velocity never fades. Which argument says how much of it is kept?",
                "rho * v → v",
            ),
            "decay-on-gradient": (
                "rho weakens the new gradient in your velocity. What is it that should fade?",
                "rho * v + dw → v + rho * dw",
            ),
            "old-velocity": (
                "You step with the previous velocity. In which order are velocity and parameters renewed?",
                "learning_rate * new → learning_rate * v",
            ),
            "velocity-not-stored": (
                "Your parameters are right, but the velocity you return is the old one: the next step starts from it.",
                "new, new → new, v",
            ),
            "gradient-for-velocity": (
                "Your parameters are right, but you return the gradient as the velocity. What has to be kept for the "
                "next step?",
                "new, new → new, dw",
            ),
            "changes-its-input": (IN_PLACE, "new = rho * v + dw → v *= rho\nv += dw\nnew = v"),
        },
    ),
)


# --------------------------------------------------------------------------------- nesterov_lookahead_step
def lookahead(w, v, gradient, learning_rate, rho=0.9):
    new = rho * v - learning_rate * gradient(w + rho * v)
    return w + new, new


def bowl(*curvature):
    """The gradient of the bowl Σ curvature·w²/2."""
    return Formula(f"lambda w: np.array({list(curvature)}) * w")


def descend_ahead(student, gradient, w, learning_rate, steps):
    """Steps in a row with the gradient as a function: the parameters after each, and the last velocity."""
    v, path = np.zeros_like(w), []
    for _ in range(steps):
        w, v = student.nesterov_lookahead_step(w, v, gradient, learning_rate)
        w, v = np.asarray(w, dtype=float), np.asarray(v, dtype=float)
        path.append(w)
    return np.stack(path), v


CURVED = "lambda w: np.sin(w) + 0.5 * w"  # the gradient of a loss that is no parabola, of any shape


def random_lookahead(rng, label, shape, *settings, still=False, formula=CURVED, **given):
    w, v = rng.normal(0, 1, shape), np.zeros(shape) if still else rng.normal(0, 1, shape)
    return case(label, w, v, Formula(formula), float(rng.uniform(0.02, 0.3)), *settings, **given)


nesterov_lookahead_step = Exercise(
    reference.nesterov_lookahead_step,
    points=2,
    returns=("w", "v"),
    groups=(
        visible(
            "the book's numbers",
            case("the first step, v = 0", np.array([1.0, 2.0]), ZEROS, bowl(1.0, 4.0), 0.1),
            case("in motion", np.array([0.9, 1.2]), np.array([-0.1, -0.8]), bowl(1.0, 4.0), 0.1),
            case("towards the valley", np.array([2.0, -1.0]), np.array([-1.0, 0.5]), bowl(1.0, 1.0), 0.5),
        ),
        visible(
            "settings",
            case("rho = 0.5", np.array([2.0, -1.0]), np.array([1.0, 1.0]), bowl(2.0, 0.5), 0.1, 0.5),
            probe("three steps on a bowl", descend_ahead, bowl(1.0, 0.25), np.array([2.0, -3.0]), 0.1, 3),
        ),
        hidden(
            "other shapes",
            lambda rng: [
                random_lookahead(rng, "one parameter", (1,)),
                random_lookahead(rng, "many parameters", (int(rng.integers(20, 40)),)),
                random_lookahead(rng, "filters, four axes", (2, 3, 2, 2)),
                random_lookahead(rng, "any shape", random_shape(rng)),
            ],
        ),
        hidden(
            "extreme gradients",
            lambda rng: [
                random_lookahead(rng, "no gradient and no velocity", (3,), still=True, formula="lambda w: 0 * w"),
                random_lookahead(rng, "no gradient", (3,), formula="lambda w: 0 * w"),
                random_lookahead(rng, "huge gradients", (3,), formula="lambda w: 1e12 * (w + 2)"),
                random_lookahead(rng, "tiny gradients", (3,), formula="lambda w: 1e-6 * w"),
            ],
        ),
        hidden(
            "many steps",
            lambda rng: [
                probe(
                    "30 steps on a bowl",
                    descend_ahead,
                    bowl(*rng.uniform(0.2, 2, 3).tolist()),
                    rng.uniform(2, 4, 3) * [1, -1, 1],
                    *random_rate(rng),
                    30,
                )
            ],
        ),
        hidden(
            "other settings",
            lambda rng: [
                random_lookahead(rng, "the default left out", (3, 2)),
                random_lookahead(rng, "the default given", (3, 2), rho=0.9),
                random_lookahead(rng, "with rho=0.5", (3, 2), 0.5),
                random_lookahead(rng, "with rho=0.0", (3, 2), rho=0.0),
            ],
        ),
    ),
    misconceptions=misconceptions(
        lookahead,
        {
            "gradient-ascent": (UPHILL, "v - learning_rate → v + learning_rate"),
            "gradient-at-w": (
                "You take the gradient where you stand, which is ordinary momentum. Where does the velocity lead?",
                "gradient(w + rho * v) → gradient(w)",
            ),
            "looks-back": (
                "Your gradient is taken behind you, where you came from. In which direction does the velocity point?",
                "gradient(w + rho * v) → gradient(w - rho * v)",
            ),
            "looks-too-far": (
                "You look ahead by the whole velocity. How much of it will be left in this step, before the gradient?",
                "gradient(w + rho * v) → gradient(w + v)",
            ),
            "starts-from-look-ahead": (
                "You look ahead and then step from there. The look ahead is only for the gradient: ρv is in v already.",
                "return w + new → return w + rho * v + new",
            ),
            "velocity-subtracted": (
                "In this form the velocity points downhill already, because the gradient enters it with a minus. "
                "Which sign is left for the step?",
                "return w + new → return w - new",
            ),
            "rate-forgotten": (
                "Your velocity takes in the whole gradient. Which argument says how much of it to take?",
                "learning_rate * gradient → gradient",
            ),
            "velocity-not-stored": (
                "Your parameters are right, but the velocity you return is the old one: the next step starts from it.",
                "new, new → new, v",
            ),
        },
    ),
)


# ------------------------------------------------------------------------------------------- nesterov_step
def rearranged(w, dw, v, learning_rate, rho=0.9):
    new = rho * v - learning_rate * dw
    return w + (-rho * v + (1 + rho) * new), new


nesterov_step = Exercise(
    reference.nesterov_step,
    points=2,
    returns=("w", "v"),
    groups=(
        visible(
            "the book's numbers",
            case("the first step, v = 0", np.array([1.0, 2.0]), np.array([0.5, -3.0]), ZEROS, 0.1),
            case("in motion", np.array([0.905, 2.57]), np.array([0.5, -1.0]), np.array([-0.05, 0.3]), 0.1),
            case("no gradient", np.array([1.0, -1.0]), ZEROS, np.array([0.2, -0.4]), 0.1),
        ),
        visible(
            "settings",
            case("rho = 0.5", np.array([1.0, 2.0]), np.array([1.0, 1.0]), np.array([2.0, -2.0]), 0.2, 0.5),
            in_a_row("three steps on a bowl", reference.nesterov_step, "±", (0.1,)),
        ),
        *hidden_groups(reference.nesterov_step, "±", random_rate, ({"rho": 0.5}, {"rho": 0.99}, {"rho": 0.0})),
    ),
    misconceptions=misconceptions(
        rearranged,
        {
            "gradient-ascent": (UPHILL, "rho * v - learning_rate → rho * v + learning_rate"),
            "old-velocity-overwritten": (
                "Your step is the new velocity and nothing else. Two velocities enter the formula: is the previous one "
                "still there when you need it?",
                "-rho * v + (1 + rho) * new → new",
            ),
            "old-velocity-forgotten": (
                "Your step has the new velocity and lacks the previous one, which has to be taken back first.",
                "-rho * v + (1 + rho) → (1 + rho)",
            ),
            "old-velocity-added": (
                "The previous velocity enters your step with the wrong sign: the look ahead it gave is to be taken "
                "back.",
                "(-rho * v + → (rho * v +",
            ),
            "new-velocity-once": (
                "After the step w̃ looks ahead again. How much of the new velocity does it take to step and to look "
                "ahead?",
                "(1 + rho) * new → new",
            ),
            "signs-swapped": (
                "Your velocity is right, and your step goes the other way. Read the signs of its two terms again.",
                "w + (-rho → w - (-rho",
            ),
            "rate-outside-velocity": (
                "Your velocity has another size than asked. In this form the learning rate is part of it.",
                "- learning_rate * dw → - dw",
                "w + (-rho → w + learning_rate * (-rho",
            ),
            "velocity-not-stored": (
                "Your parameters are right, but the velocity you return is the old one: the next step starts from it.",
                "new), new → new), v",
            ),
        },
    ),
)


# ------------------------------------------------------------------------------------------- adagrad_step
def adagrad(w, dw, cache, learning_rate, eps=1e-7):
    new = cache + dw**2
    return w - learning_rate * dw / (np.sqrt(new) + eps), new


ROOT_FORGOTTEN = "Steep directions hardly move at all. The cache holds squares: what makes a size of them again?"
SQUARE_FORGOTTEN = "Your cache can become negative, and then it has no root. What is it that it collects?"
OLD_CACHE = "You divide by the previous cache, which is zero at the first step. In which order are both renewed?"

adagrad_step = Exercise(
    reference.adagrad_step,
    points=2,
    returns=("w", "cache"),
    groups=(
        visible(
            "the book's numbers",
            case("the first step, cache = 0", np.array([1.0, 2.0]), np.array([0.5, -3.0]), ZEROS, 0.1),
            case("a later step", np.array([0.9, 2.1]), np.array([0.5, -4.0]), np.array([0.25, 9.0]), 0.1),
            in_a_row("three steps on a bowl", reference.adagrad_step, "+", (0.5,)),
        ),
        visible(
            "small gradients",
            case("gradients of 1e-6 and 1e-5", np.array([0.5, 0.3]), np.array([1e-6, -1e-5]), ZEROS, 0.1),
            case("no gradient so far", np.array([1.0, -2.0]), np.array([0.0, 1.0]), ZEROS, 0.1),
            case("eps = 0.5", np.array([1.0, 2.0]), np.array([0.3, -0.4]), np.array([0.16, 0.09]), 0.2, 0.5),
        ),
        *hidden_groups(reference.adagrad_step, "+", random_rate, ({"eps": 1e-3}, {"eps": 0.3})),
    ),
    misconceptions=misconceptions(
        adagrad,
        {
            "gradient-ascent": (UPHILL, "w - learning_rate → w + learning_rate"),
            "square-forgotten": (SQUARE_FORGOTTEN, "dw**2 → dw"),
            "root-forgotten": (ROOT_FORGOTTEN, "np.sqrt(new) → new"),
            "eps-inside-root": (EPS_INSIDE, "(np.sqrt(new) + eps) → np.sqrt(new + eps)"),
            "eps-forgotten": (NO_EPS, "(np.sqrt(new) + eps) → np.sqrt(new)"),
            "eps-as-10e-7": (
                "Your eps is fixed, and ten times the default: 10e-7 is 1e-6. Use the argument.",
                "+ eps → + 10e-7",
            ),
            "old-cache": (OLD_CACHE, "np.sqrt(new) → np.sqrt(cache)"),
            "average-for-sum": (
                "Your cache forgets, as RMSProp's does. AdaGrad's sums all squares from the first step on.",
                "cache + dw**2 → 0.9 * cache + 0.1 * dw**2",
            ),
            "cache-not-kept": (
                "Your cache holds the last square only, so every step is as long as the rate. What of the ones before?",
                "new = cache + dw**2 → new = dw**2",
            ),
            "changes-its-input": (IN_PLACE, "new = cache + dw**2 → cache += dw**2\nnew = cache"),
        },
    ),
)


# ------------------------------------------------------------------------------------------ adadelta_step
def adadelta(w, dw, grad_avg, step_avg, rho=0.95, eps=1e-6):
    grad_avg = rho * grad_avg + (1 - rho) * dw**2
    step = -np.sqrt(step_avg + eps) / np.sqrt(grad_avg + eps) * dw
    step_avg = rho * step_avg + (1 - rho) * step**2
    return w + step, grad_avg, step_avg


adadelta_step = Exercise(
    reference.adadelta_step,
    points=3,
    returns=("w", "grad_avg", "step_avg"),
    groups=(
        visible(
            "the book's numbers",
            case("the first step, both averages 0", np.array([0.1, -0.2]), np.array([0.5, -3.0]), ZEROS, ZEROS),
            case(
                "a later step",
                np.array([1.0, 2.0]),
                np.array([0.5, -3.0]),
                np.array([0.25, 4.0]),
                np.array([0.01, 0.04]),
            ),
            in_a_row("three steps on a bowl", reference.adadelta_step, "++", (), w=(0.02, -0.03)),
        ),
        visible(
            "settings",
            case("no gradient so far", np.array([1.0, -2.0]), np.array([0.0, 1.0]), ZEROS, ZEROS),
            case(
                "rho = 0.5, eps = 0.01",
                np.array([1.0, 2.0]),
                np.array([0.1, -2.0]),
                np.array([0.04, 1.0]),
                np.array([0.09, 0.01]),
                0.5,
                0.01,
            ),
        ),
        *hidden_groups(reference.adadelta_step, "++", lambda rng: (), ({"rho": 0.5}, {"eps": 1e-2}, {"rho": 0.0})),
    ),
    misconceptions=misconceptions(
        adadelta,
        {
            "gradient-ascent": (UPHILL, "step = -np.sqrt → step = np.sqrt"),
            "new-step-average": (
                "Your step is worked out with an average that this very step has entered. Which one was there before "
                "it?",
                "return → step = -np.sqrt(step_avg + eps) / np.sqrt(grad_avg + eps) * dw\nreturn",
            ),
            "extra-rate": (
                "Your step is smaller than asked by a fixed factor. Adadelta finds its own rate: nothing else scales "
                "it.",
                "w + step → w + 1e-3 * step",
            ),
            "roots-forgotten": (
                "Both averages hold squares. What makes sizes of them again, before one is divided by the other?",
                "-np.sqrt(step_avg + eps) / np.sqrt(grad_avg + eps) → -(step_avg + eps) / (grad_avg + eps)",
            ),
            "upper-root-forgotten": (
                "The size of past gradients is right below. Look at the size of past steps above: it comes from "
                "squares.",
                "np.sqrt(step_avg + eps) → (step_avg + eps)",
            ),
            "eps-outside-root": (
                "Look at the first step, where eps starts everything. In Adadelta it is added to each average, not to "
                "its root.",
                "-np.sqrt(step_avg + eps) / np.sqrt(grad_avg + eps) "
                "→ -(np.sqrt(step_avg) + eps) / (np.sqrt(grad_avg) + eps)",
            ),
            "one-minus-rho-forgotten": (
                "Your averages grow beyond what they average. How much of the new square comes in when ρ of the old "
                "stays?",
                "(1 - rho) * dw → dw",
                "(1 - rho) * step → step",
            ),
            "square-forgotten": (
                "Your grad_avg is right. Look at what enters step_avg: is it as positive as its root needs?",
                "step**2 → step",
            ),
            "gradients-in-step-average": (
                "Both your averages are of gradients. The second one is of what the parameters moved by.",
                "step**2 → dw**2",
            ),
        },
    ),
)


# ------------------------------------------------------------------------------------------- rmsprop_step
def rmsprop(w, dw, cache, learning_rate, decay=0.9, eps=1e-7):
    new = decay * cache + (1 - decay) * dw**2
    return w - learning_rate * dw / (np.sqrt(new) + eps), new


rmsprop_step = Exercise(
    reference.rmsprop_step,
    points=2,
    returns=("w", "cache"),
    groups=(
        visible(
            "the book's numbers",
            case("the first step, cache = 0", np.array([1.0, 2.0]), np.array([0.5, -3.0]), ZEROS, 0.1),
            case("a later step", np.array([0.9, 2.1]), np.array([0.5, -4.0]), np.array([0.25, 9.0]), 0.1),
            in_a_row("three steps on a bowl", reference.rmsprop_step, "+", (0.1,)),
        ),
        visible(
            "small gradients",
            case("gradients of 1e-6 and 1e-5", np.array([0.5, 0.3]), np.array([1e-6, -1e-5]), ZEROS, 0.1),
            case("no gradient so far", np.array([1.0, -2.0]), np.array([0.0, 1.0]), ZEROS, 0.1),
            case(
                "decay = 0.5, eps = 0.5",
                np.array([1.0, 2.0]),
                np.array([0.3, -0.4]),
                np.array([0.16, 0.09]),
                0.2,
                0.5,
                0.5,
            ),
        ),
        *hidden_groups(
            reference.rmsprop_step, "+", random_rate, ({"decay": 0.5}, {"eps": 0.3}, {"decay": 0.99, "eps": 1e-3})
        ),
    ),
    misconceptions=misconceptions(
        rmsprop,
        {
            "gradient-ascent": (UPHILL, "w - learning_rate → w + learning_rate"),
            "decay-on-gradient": (
                "Your cache forgets almost everything at each step. Which share does decay stand for, the old or the "
                "new?",
                "decay * cache + (1 - decay) * dw → (1 - decay) * cache + decay * dw",
            ),
            "one-minus-decay-forgotten": (
                "Your cache grows to many times the squares that it averages. The shares of old and new make 1.",
                "(1 - decay) * dw → dw",
            ),
            "sum-for-average": (
                "Your cache never forgets, as AdaGrad's. RMSProp lets the old squares fade.",
                "decay * cache + (1 - decay) * dw → cache + dw",
            ),
            "square-forgotten": (SQUARE_FORGOTTEN, "dw**2 → dw"),
            "root-forgotten": (ROOT_FORGOTTEN, "np.sqrt(new) → new"),
            "eps-inside-root": (EPS_INSIDE, "(np.sqrt(new) + eps) → np.sqrt(new + eps)"),
            "eps-forgotten": (NO_EPS, "(np.sqrt(new) + eps) → np.sqrt(new)"),
            "old-cache": (OLD_CACHE, "np.sqrt(new) → np.sqrt(cache)"),
        },
    ),
)


# ---------------------------------------------------------------------------------------------- adam_step
def adam(w, dw, m, v, t, learning_rate, beta1=0.9, beta2=0.999, eps=1e-7):
    m = beta1 * m + (1 - beta1) * dw
    v = beta2 * v + (1 - beta2) * dw**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    w = w - learning_rate * m_hat / (np.sqrt(v_hat) + eps)
    return w, m, v


adam_step = Exercise(
    reference.adam_step,
    points=3,
    returns=("w", "m", "v"),
    groups=(
        visible(
            "the first step",
            case("each parameter moves by the rate", np.array([1.0, 2.0]), np.array([0.5, -3.0]), ZEROS, ZEROS, 1, 0.1),
            case(
                "beta2 = 0.9: the correction makes v ten times as large",
                np.array([1.0, 2.0]),
                np.array([0.5, -3.0]),
                ZEROS,
                ZEROS,
                1,
                0.1,
                beta2=0.9,
            ),
        ),
        visible(
            "later steps",
            case(
                "the second step",
                np.array([0.9, 2.1]),
                np.array([0.3, -4.0]),
                np.array([0.05, -0.3]),
                np.array([0.00025, 0.009]),
                2,
                0.1,
            ),
            in_a_row("three steps on a bowl", reference.adam_step, "±+", (0.1,)),
        ),
        visible(
            "small gradients",
            case("gradients of 1e-6 and 1e-5", np.array([0.5, 0.3]), np.array([1e-6, -1e-5]), ZEROS, ZEROS, 1, 0.1),
            case("no gradient so far", np.array([1.0, -2.0]), np.array([0.0, 1.0]), ZEROS, ZEROS, 1, 0.1),
        ),
        *hidden_groups(
            reference.adam_step,
            "±+",
            random_rate,
            ({"beta1": 0.5}, {"beta2": 0.9}, {"eps": 0.3}, {"beta1": 0.8, "beta2": 0.99, "eps": 1e-3}),
        ),
        hidden(
            "late steps",
            lambda rng: [
                case(
                    f"step {t}",
                    rng.normal(0, 1, 5),
                    rng.normal(0, 1, 5),
                    rng.normal(0, 1, 5),
                    rng.uniform(0.05, 2, 5),
                    t,
                    0.01,
                )
                for t in (int(rng.integers(500, 2000)), 100_000)
            ],
            weight=0.5,
        ),
    ),
    misconceptions=misconceptions(
        adam,
        {
            "gradient-ascent": (UPHILL, "w - learning_rate → w + learning_rate"),
            "t-from-zero": (
                "At the first step you divide by zero: 1 − βᵗ is 0 for t = 0. The t that you are given counts from 1.",
                "beta1**t → beta1 ** (t - 1)",
                "beta2**t → beta2 ** (t - 1)",
            ),
            "t-plus-one": (
                "Your correction is that of the next step. The t that you are given counts from 1 already.",
                "beta1**t → beta1 ** (t + 1)",
                "beta2**t → beta2 ** (t + 1)",
            ),
            "no-bias-correction": (
                "Your first steps have the wrong length. Both averages start at zero: what makes up for that?",
                "m / (1 - beta1**t) → m",
                "v / (1 - beta2**t) → v",
            ),
            "only-first-moment-corrected": (
                "Your first steps are too long. Which of the two averages still leans towards its start at zero?",
                "v / (1 - beta2**t) → v",
            ),
            "only-second-moment-corrected": (
                "Your first steps are too short. Which of the two averages still leans towards its start at zero?",
                "m / (1 - beta1**t) → m",
            ),
            "correction-without-power": (
                "Your first step is right, the later ones are not. The correction fades as t grows: where does t "
                "enter?",
                "beta1**t → beta1",
                "beta2**t → beta2",
            ),
            "correction-with-a-fixed-power": (
                "Your correction is the same at every step: its power is a number of yours. Which argument counts the "
                "steps?",
                "beta1**t → beta1**2",
                "beta2**t → beta2**2",
            ),
            "division-before-subtraction": (
                "You divide by 1 and then subtract βᵗ. In Python a / b - c divides first: where do brackets belong?",
                "m / (1 - beta1**t) → m / 1 - beta1**t",
                "v / (1 - beta2**t) → v / 1 - beta2**t",
            ),
            "returns-corrected-moments": (
                "Your w is right, but the m and v you return are corrected, and would be corrected again at the next "
                "step.",
                "return w, m, v → return w, m_hat, v_hat",
            ),
            "second-moment-from-first": (
                "Your v̂ is made of m. Each average is corrected on its own: which one does it begin with?",
                "v / (1 - beta2**t) → np.abs(m) / (1 - beta2**t)",
            ),
            "beta1-for-v": (
                "Your v forgets as fast as m. Which of the two betas belongs to it?",
                "beta2 * v + (1 - beta2) → beta1 * v + (1 - beta1)",
            ),
            "beta1-in-both-corrections": (
                "Both your corrections fade at the pace of m. Which beta belongs to that of v?",
                "beta2**t → beta1**t",
            ),
            "eps-inside-root": (EPS_INSIDE, "(np.sqrt(v_hat) + eps) → np.sqrt(v_hat + eps)"),
            "eps-forgotten": (NO_EPS, "(np.sqrt(v_hat) + eps) → np.sqrt(v_hat)"),
            "eps-before-correction": (
                "Look at small gradients, where eps counts. You add it to a root that is not corrected yet.",
                "m_hat / (np.sqrt(v_hat) + eps) → np.sqrt(1 - beta2**t) * m_hat / (np.sqrt(v) + eps)",
            ),
            "square-forgotten": (SQUARE_FORGOTTEN.replace("cache", "v"), "dw**2 → dw"),
            "root-forgotten": (ROOT_FORGOTTEN.replace("The cache", "v"), "np.sqrt(v_hat) → v_hat"),
            "betas-swapped": (
                "Your two averages have each other's memory. Which beta belongs to m, and which to v?",
                "beta1=0.9, beta2=0.999, eps=1e-7): → beta2=0.9, beta1=0.999, eps=1e-7):",
            ),
        },
    ),
)


# --------------------------------------------------------------------------------------------- adamw_step
def adamw(w, dw, m, v, t, learning_rate, weight_decay, beta1=0.9, beta2=0.999, eps=1e-7):
    stepped, m, v = adam(w, dw, m, v, t, learning_rate, beta1, beta2, eps)
    return stepped - learning_rate * weight_decay * w, m, v


def adamw_random_settings(rng):
    return (float(rng.uniform(0.02, 0.15)), float(rng.uniform(0.1, 0.5)))


adamw_step = Exercise(
    reference.adamw_step,
    points=2,
    returns=("w", "m", "v"),
    groups=(
        visible(
            "the book's numbers",
            case("the first step", np.array([1.0, 2.0]), np.array([0.5, -3.0]), ZEROS, ZEROS, 1, 0.1, 0.2),
            case("the decay alone", np.array([1.0, -2.0]), ZEROS, ZEROS, ZEROS, 1, 0.1, 0.5),
            case("no decay", np.array([1.0, 2.0]), np.array([0.5, -3.0]), ZEROS, ZEROS, 1, 0.1, 0.0),
        ),
        visible(
            "later steps",
            case(
                "the second step",
                np.array([0.9, 2.1]),
                np.array([0.3, -4.0]),
                np.array([0.05, -0.3]),
                np.array([0.00025, 0.009]),
                2,
                0.1,
                0.2,
            ),
            in_a_row("three steps on a bowl", reference.adamw_step, "±+", (0.1, 0.2)),
        ),
        *hidden_groups(
            reference.adamw_step,
            "±+",
            adamw_random_settings,
            ({"beta1": 0.5}, {"beta2": 0.9}, {"eps": 0.3}, {"beta1": 0.8, "beta2": 0.99, "eps": 1e-3}),
        ),
    ),
    misconceptions=misconceptions(
        adamw,
        {
            "decay-in-gradient": (
                "Your m and v know of the decay, which is Adam with an L2 penalty. In AdamW the decay goes past them.",
                "adam(w, dw, → adam(w, dw + weight_decay * w,",
                "stepped - learning_rate * weight_decay * w → stepped",
            ),
            "decay-not-scaled": (
                "Your decay does not change with the learning rate. Which factor has it in common with Adam's step?",
                "learning_rate * weight_decay → weight_decay",
            ),
            "decay-of-new-w": (
                "You step first and then shrink what came out. The decay takes its share of the previous w.",
                "weight_decay * w → weight_decay * stepped",
            ),
            "decay-forgotten": (
                "This is Adam's step. Without a gradient AdamW still pulls the weights towards zero.",
                "stepped - learning_rate * weight_decay * w → stepped",
            ),
            "decay-outward": (
                "Without a gradient your weights grow. The decay is to pull them towards zero.",
                "stepped - learning_rate → stepped + learning_rate",
            ),
            "decay-doubled": (
                "Your decay is twice as strong as asked. The 2 of the derivative of λw² has no place here.",
                "stepped - learning_rate → stepped - 2 * learning_rate",
            ),
        },
    ),
)


# --------------------------------------------------------------------------------------------- step_decay
def decayed(learning_rate, epoch, milestones, factor):
    count = 0
    for milestone in milestones:
        if epoch >= milestone:
            count = count + 1
    return learning_rate * factor**count


def random_schedule(rng, label, epoch):
    """A schedule of two to five different milestones, asked for at ``epoch(milestones)``."""
    milestones = [int(m) for m in rng.permutation(np.arange(5, 100))[: int(rng.integers(2, 6))]]
    rate, factor = float(rng.uniform(0.01, 1)), float(rng.uniform(0.1, 0.9))
    return case(label, rate, int(epoch(milestones)), milestones, factor)


step_decay = Exercise(
    reference.step_decay,
    points=1,
    groups=(
        visible(
            "the book's numbers",
            case("before the first milestone", 0.1, 59, [60, 120, 160], 0.2),
            case("at the first milestone", 0.1, 60, [60, 120, 160], 0.2),
            case("between the second and the third", 0.1, 130, [60, 120, 160], 0.2),
            case("after the last", 0.1, 199, [60, 120, 160], 0.2),
        ),
        visible(
            "other milestones",
            case("not in order", 0.5, 70, [20, 80, 40], 0.1),
            case("none", 0.5, 45, [], 0.1),
        ),
        hidden(
            "random schedules",
            lambda rng: [
                random_schedule(rng, "at the start", lambda milestones: 0),
                random_schedule(rng, "at the first milestone", min),
                random_schedule(rng, "one epoch before the last milestone", lambda milestones: max(milestones) - 1),
                random_schedule(rng, "at the last milestone", max),
                random_schedule(rng, "long after", lambda milestones: 10 * max(milestones)),
                random_schedule(rng, "anywhere", lambda milestones: rng.integers(0, 100)),
            ],
        ),
        hidden(
            "other factors",
            lambda rng: [
                case("a factor above one", 0.01, int(rng.integers(20, 30)), [5, 10, 40], 2.0),
                case("a factor of one", float(rng.uniform(0.01, 1)), 30, [5, 10, 40], 1.0),
                case("one milestone", 0.3, int(rng.integers(7, 10)), [7], float(rng.uniform(0.1, 0.9))),
            ],
            weight=0.5,
        ),
    ),
    misconceptions=misconceptions(
        decayed,
        {
            "after-milestone": (
                "Your rate falls one epoch late. The epoch that equals a milestone has reached it.",
                "epoch >= milestone → epoch > milestone",
            ),
            "only-one-factor": (
                "Your rate falls once and stays. Every milestone that is reached brings it down again.",
                "count = count + 1 → count = 1",
            ),
            "factor-every-epoch": (
                "Your rate falls at every epoch. How many milestones have been reached by then?",
                "factor**count → factor**epoch",
            ),
            "epoch-divided": (
                "Your rate falls at equal distances. The milestones need not be equally far apart: count them.",
                "factor**count → factor ** (epoch // milestones[0] if milestones else 0)",
            ),
            "milestones-ahead": (
                "You count the milestones that are still to come. At the start the rate is the one given.",
                "epoch >= milestone → epoch < milestone",
            ),
            "order-assumed": (
                "Your count ends at the first milestone that is not reached. The list need not be in order.",
                "if epoch → if epoch < milestone:\n    break\nif epoch",
            ),
            "divided-by-factor": (
                "Your rate grows where it should fall. What does a factor of 0.2 do to it?",
                "learning_rate * factor → learning_rate / factor",
            ),
        },
    ),
)

EXERCISES = (
    sgd_step,
    momentum_step,
    nesterov_lookahead_step,
    nesterov_step,
    adagrad_step,
    adadelta_step,
    rmsprop_step,
    adam_step,
    adamw_step,
    step_decay,
)
