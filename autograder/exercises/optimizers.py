"""What right answers in chapter ``optimizers`` are."""

import inspect
from functools import partial

import numpy as np

from solutions import optimizers as reference

from ..judging.plain import Formula
from ..judging.vocabulary import Exercise, Misconception, case, hidden, probe, visible

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


def sgd_in_place(w, dw, learning_rate):
    w -= learning_rate * dw
    return w


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
    misconceptions=(
        Misconception("gradient-ascent", UPHILL, lambda w, dw, learning_rate: w + learning_rate * dw),
        Misconception(
            "rate-forgotten",
            "Your step is the whole gradient. Which argument says how much of it to take?",
            lambda w, dw, learning_rate: w - dw,
        ),
        Misconception(
            "rate-applied-twice",
            "Your step shrinks with the square of the learning rate. Count how often you multiply by it.",
            lambda w, dw, learning_rate: w - learning_rate * (learning_rate * dw),
        ),
        Misconception(
            "change-for-result",
            "You return the change of the parameters. The new parameters are asked for.",
            lambda w, dw, learning_rate: -learning_rate * dw,
        ),
        Misconception(
            "only-the-sign",
            "All your steps are equally long. A steep gradient should move a parameter further than a gentle one.",
            lambda w, dw, learning_rate: w - learning_rate * np.sign(dw),
        ),
        Misconception("changes-its-input", IN_PLACE, sgd_in_place),
    ),
)


# ------------------------------------------------------------------------------------------- momentum_step
def momentum(w, dw, v, learning_rate, rho=0.9, *, sign=-1, keep=None, take=1.0, late=False):
    """A step of momentum with one thing changed, for the known mistakes.

    keep, take: factors of v and dw in the new velocity; late: the step takes the velocity of before.
    """
    new = (rho if keep is None else keep) * v + take * dw
    return w + sign * learning_rate * (v if late else new), new


def momentum_rate_inside(w, dw, v, learning_rate, rho=0.9):
    v = rho * v + learning_rate * dw
    return w - v, v


def momentum_rate_twice(w, dw, v, learning_rate, rho=0.9):
    v = rho * v + learning_rate * dw
    return w - learning_rate * v, v


def momentum_in_place(w, dw, v, learning_rate, rho=0.9):
    v *= rho
    v += dw
    w -= learning_rate * v
    return w, v


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
    misconceptions=(
        Misconception("gradient-ascent", UPHILL, partial(momentum, sign=1)),
        Misconception(
            "rate-inside-velocity",
            "Your parameters are right and your velocity is not. Here it collects bare gradients; the learning rate "
            "enters later. (With the rate inside, old gradients would keep their old rate when it changes.)",
            momentum_rate_inside,
        ),
        Misconception(
            "rate-applied-twice",
            "The learning rate is in your velocity and again in your step. It belongs in one of them.",
            momentum_rate_twice,
        ),
        Misconception(
            "averaged-velocity",
            "Your velocity is an average of gradients. Momentum sums them: how much of the new gradient comes in?",
            lambda w, dw, v, learning_rate, rho=0.9: momentum(w, dw, v, learning_rate, rho, take=1 - rho),
        ),
        Misconception(
            "friction-forgotten",
            "Your velocity never fades. Which argument says how much of it is kept?",
            partial(momentum, keep=1.0),
        ),
        Misconception(
            "decay-on-gradient",
            "rho weakens the new gradient in your velocity. What is it that should fade?",
            lambda w, dw, v, learning_rate, rho=0.9: momentum(w, dw, v, learning_rate, rho, keep=1.0, take=rho),
        ),
        Misconception(
            "old-velocity",
            "You step with the velocity of before. In which order are velocity and parameters renewed?",
            partial(momentum, late=True),
        ),
        Misconception("changes-its-input", IN_PLACE, momentum_in_place),
    ),
)


# --------------------------------------------------------------------------------- nesterov_lookahead_step
def lookahead(w, v, gradient, learning_rate, rho=0.9, *, ahead=1.0, sign=-1, step=1.0, rated=True, start_ahead=False):
    """A step of Nesterov momentum with one thing changed, for the known mistakes.

    ahead: how many times ρv the gradient's place lies ahead; start_ahead: the step starts from there.
    """
    place = w + ahead * rho * v
    v = rho * v + sign * (learning_rate if rated else 1.0) * gradient(place)
    return (place if start_ahead else w) + step * v, v


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
    misconceptions=(
        Misconception("gradient-ascent", UPHILL, partial(lookahead, sign=1)),
        Misconception(
            "gradient-at-w",
            "You take the gradient where you stand, which is ordinary momentum. Where does the velocity lead?",
            partial(lookahead, ahead=0.0),
        ),
        Misconception(
            "looks-back",
            "Your gradient is taken behind you, where you came from. In which direction does the velocity point?",
            partial(lookahead, ahead=-1.0),
        ),
        Misconception(
            "looks-too-far",
            "You look ahead by the whole velocity. How much of it will be left in this step, before the gradient?",
            lambda w, v, gradient, learning_rate, rho=0.9: lookahead(
                w, v, lambda place: gradient(w + v), learning_rate, rho
            ),
        ),
        Misconception(
            "starts-from-look-ahead",
            "You look ahead and then step from there. The look ahead is only for the gradient: ρv is in v already.",
            partial(lookahead, start_ahead=True),
        ),
        Misconception(
            "velocity-subtracted",
            "In this form the velocity points downhill already, because the gradient enters it with a minus. "
            "Which sign is left for the step?",
            partial(lookahead, step=-1.0),
        ),
        Misconception(
            "rate-forgotten",
            "Your velocity takes in the whole gradient. Which argument says how much of it to take?",
            partial(lookahead, rated=False),
        ),
    ),
)


# ------------------------------------------------------------------------------------------- nesterov_step
def rearranged(w, dw, v, learning_rate, rho=0.9, *, sign=-1, old=-1.0, both=1.0, extra=1.0, outside=False):
    """A rearranged Nesterov step with one thing changed, for the known mistakes.

    old, extra: factors of ρv and ρv' in the step; both: a factor of the whole step; outside: the rate is left
    out of the velocity and enters the step.
    """
    new = rho * v + sign * (1.0 if outside else learning_rate) * dw
    return w + both * (learning_rate if outside else 1.0) * (old * rho * v + (1 + extra * rho) * new), new


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
    misconceptions=(
        Misconception("gradient-ascent", UPHILL, partial(rearranged, sign=1)),
        Misconception(
            "old-velocity-overwritten",
            "Your step is the new velocity and nothing else. Two velocities enter the formula: is the one of before "
            "still there when you need it?",
            partial(rearranged, old=0.0, extra=0.0),
        ),
        Misconception(
            "old-velocity-forgotten",
            "Your step has the new velocity and lacks the one of before, which has to be taken back first.",
            partial(rearranged, old=0.0),
        ),
        Misconception(
            "old-velocity-added",
            "The velocity of before enters your step with the wrong sign: the look ahead it gave is to be taken back.",
            partial(rearranged, old=1.0),
        ),
        Misconception(
            "new-velocity-once",
            "After the step w̃ looks ahead again. How much of the new velocity does it take to step and to look ahead?",
            partial(rearranged, extra=0.0),
        ),
        Misconception(
            "signs-swapped",
            "Your velocity is right, and your step goes the other way. Read the signs of its two terms again.",
            partial(rearranged, both=-1.0),
        ),
        Misconception(
            "rate-outside-velocity",
            "Your velocity has another size than asked. In this form the learning rate is part of it.",
            partial(rearranged, outside=True),
        ),
    ),
)


# ----------------------------------------------------------- steps divided by a root of collected squares
def scaled(w, dw, cache, new, learning_rate, eps, *, sign=-1, divisor=None, late=False):
    """A step of AdaGrad or RMSProp with one thing changed, for the known mistakes; new: the new cache."""
    collected = cache if late else new
    divided_by = np.sqrt(collected) + eps if divisor is None else divisor(collected, eps)
    return w + sign * learning_rate * dw / divided_by, new


def eps_inside(collected, eps):
    return np.sqrt(collected + eps)


def no_root(collected, eps):
    return collected + eps


def no_eps(collected, eps):
    return np.sqrt(collected)


# ------------------------------------------------------------------------------------------- adagrad_step
def adagrad(w, dw, cache, learning_rate, eps=1e-7, *, new=lambda cache, dw: cache + dw**2, **changed):
    return scaled(w, dw, cache, new(cache, dw), learning_rate, eps, **changed)


def adagrad_in_place(w, dw, cache, learning_rate, eps=1e-7):
    cache += dw**2
    return w - learning_rate * dw / (np.sqrt(cache) + eps), cache


ROOT_FORGOTTEN = "Steep directions hardly move at all. The cache holds squares: what makes a size of them again?"
SQUARE_FORGOTTEN = "Your cache can become negative, and then it has no root. What is it that it collects?"
OLD_CACHE = "You divide by the cache of before, which is zero at the first step. In which order are both renewed?"

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
    misconceptions=(
        Misconception("gradient-ascent", UPHILL, partial(adagrad, sign=1)),
        Misconception("square-forgotten", SQUARE_FORGOTTEN, partial(adagrad, new=lambda cache, dw: cache + dw)),
        Misconception("root-forgotten", ROOT_FORGOTTEN, partial(adagrad, divisor=no_root)),
        Misconception("eps-inside-root", EPS_INSIDE, partial(adagrad, divisor=eps_inside)),
        Misconception("eps-forgotten", NO_EPS, partial(adagrad, divisor=no_eps)),
        Misconception(
            "eps-as-10e-7",
            "Your eps is fixed, and ten times the default: 10e-7 is 1e-6. Use the argument.",
            partial(adagrad, divisor=lambda collected, eps: np.sqrt(collected) + 10e-7),
        ),
        Misconception("old-cache", OLD_CACHE, partial(adagrad, late=True)),
        Misconception(
            "average-for-sum",
            "Your cache forgets, as RMSProp's does. AdaGrad's sums all squares from the first step on.",
            partial(adagrad, new=lambda cache, dw: 0.9 * cache + 0.1 * dw**2),
        ),
        Misconception(
            "cache-not-kept",
            "Your cache holds the last square only, so every step is as long as the rate. What of the ones before?",
            partial(adagrad, new=lambda cache, dw: dw**2),
        ),
        Misconception("changes-its-input", IN_PLACE, adagrad_in_place),
    ),
)


# ------------------------------------------------------------------------------------------ adadelta_step
def adadelta(
    w, dw, grad_avg, step_avg, rho=0.95, eps=1e-6, *,
    sign=-1, take=None, above=None, below=None, fresh=False, collect=lambda step, dw: step**2, rate=1.0,
):  # fmt: skip
    """A step of Adadelta with one thing changed, for the known mistakes.

    take: factor of what enters an average; above, below: what is made of step_avg and grad_avg; fresh: the step
    is worked out again with the new step_avg; collect: what step_avg collects; rate: a factor of the step.
    """
    above, below = above or (lambda average: np.sqrt(average + eps)), below or (lambda average: np.sqrt(average + eps))
    take = 1 - rho if take is None else take
    grad_avg = rho * grad_avg + take * dw**2
    step = sign * above(step_avg) / below(grad_avg) * dw
    step_avg = rho * step_avg + take * collect(step, dw)
    if fresh:
        step = sign * above(step_avg) / below(grad_avg) * dw
    return w + rate * step, grad_avg, step_avg


def adadelta_eps_outside(w, dw, grad_avg, step_avg, rho=0.95, eps=1e-6):
    def root(average):
        return np.sqrt(average) + eps

    return adadelta(w, dw, grad_avg, step_avg, rho, eps, above=root, below=root)


def adadelta_no_roots(w, dw, grad_avg, step_avg, rho=0.95, eps=1e-6, *, lower=True):
    def no_root_of(average):
        return average + eps

    below = no_root_of if lower else None
    return adadelta(w, dw, grad_avg, step_avg, rho, eps, above=no_root_of, below=below)


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
    misconceptions=(
        Misconception("gradient-ascent", UPHILL, partial(adadelta, sign=1)),
        Misconception(
            "new-step-average",
            "Your step is worked out with an average that this very step has entered. Which one was there before it?",
            partial(adadelta, fresh=True),
        ),
        Misconception(
            "extra-rate",
            "Your step is smaller than asked by a fixed factor. Adadelta finds its own rate: nothing else scales it.",
            partial(adadelta, rate=1e-3),
        ),
        Misconception(
            "roots-forgotten",
            "Both averages hold squares. What makes sizes of them again, before one is divided by the other?",
            adadelta_no_roots,
        ),
        Misconception(
            "upper-root-forgotten",
            "The size of past gradients is right below. Look at the size of past steps above: it comes from squares.",
            partial(adadelta_no_roots, lower=False),
        ),
        Misconception(
            "eps-outside-root",
            "Look at the first step, where eps starts everything. In Adadelta it is added to each average, not to its "
            "root.",
            adadelta_eps_outside,
        ),
        Misconception(
            "one-minus-rho-forgotten",
            "Your averages grow beyond what they average. How much of the new square comes in when ρ of the old stays?",
            partial(adadelta, take=1.0),
        ),
        Misconception(
            "square-forgotten",
            "Your grad_avg is right. Look at what enters step_avg: is it as positive as its root needs?",
            partial(adadelta, collect=lambda step, dw: step),
        ),
        Misconception(
            "gradients-in-step-average",
            "Both your averages are of gradients. The second one is of what the parameters moved by.",
            partial(adadelta, collect=lambda step, dw: dw**2),
        ),
    ),
)


# ------------------------------------------------------------------------------------------- rmsprop_step
def rmsprop(
    w, dw, cache, learning_rate, decay=0.9, eps=1e-7, *,
    new=lambda cache, dw, decay: decay * cache + (1 - decay) * dw**2, **changed,
):  # fmt: skip
    return scaled(w, dw, cache, new(cache, dw, decay), learning_rate, eps, **changed)


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
    misconceptions=(
        Misconception("gradient-ascent", UPHILL, partial(rmsprop, sign=1)),
        Misconception(
            "decay-on-gradient",
            "Your cache forgets almost everything at each step. Which share does decay stand for, the old or the new?",
            partial(rmsprop, new=lambda cache, dw, decay: (1 - decay) * cache + decay * dw**2),
        ),
        Misconception(
            "one-minus-decay-forgotten",
            "Your cache grows to many times the squares that it averages. The shares of old and new make 1.",
            partial(rmsprop, new=lambda cache, dw, decay: decay * cache + dw**2),
        ),
        Misconception(
            "sum-for-average",
            "Your cache never forgets, as AdaGrad's. RMSProp lets the old squares fade.",
            partial(rmsprop, new=lambda cache, dw, decay: cache + dw**2),
        ),
        Misconception(
            "square-forgotten",
            SQUARE_FORGOTTEN,
            partial(rmsprop, new=lambda cache, dw, decay: decay * cache + (1 - decay) * dw),
        ),
        Misconception("root-forgotten", ROOT_FORGOTTEN, partial(rmsprop, divisor=no_root)),
        Misconception("eps-inside-root", EPS_INSIDE, partial(rmsprop, divisor=eps_inside)),
        Misconception("eps-forgotten", NO_EPS, partial(rmsprop, divisor=no_eps)),
        Misconception("old-cache", OLD_CACHE, partial(rmsprop, late=True)),
    ),
)


# ---------------------------------------------------------------------------------------------- adam_step
def adam(
    w, dw, m, v, t, learning_rate, beta1=0.9, beta2=0.999, eps=1e-7, *,
    sign=-1, first=True, second=True, shift=0, power=True, square=True, divisor=None, corrected=False,
):  # fmt: skip
    """A step of Adam with one thing changed, for the known mistakes.

    first, second: which moments are corrected; shift: what is added to t; power: whether the correction has
    powers; divisor: what is made of v̂ and eps; corrected: the corrected moments are returned.
    """
    t = t + shift if power else 1
    m = beta1 * m + (1 - beta1) * dw
    v = beta2 * v + (1 - beta2) * (dw**2 if square else dw)
    m_hat = m / (1 - beta1**t) if first else m
    v_hat = v / (1 - beta2**t) if second else v
    w = w + sign * learning_rate * m_hat / ((np.sqrt(v_hat) + eps) if divisor is None else divisor(v_hat, eps))
    return (w, m_hat, v_hat) if corrected else (w, m, v)


def adam_betas_swapped(w, dw, m, v, t, learning_rate, beta1=0.9, beta2=0.999, eps=1e-7):
    return adam(w, dw, m, v, t, learning_rate, beta2, beta1, eps)


def adam_uncorrected_eps(w, dw, m, v, t, learning_rate, beta1=0.9, beta2=0.999, eps=1e-7):
    rate = learning_rate * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return adam(w, dw, m, v, t, rate, beta1, beta2, eps, first=False, second=False)


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
    misconceptions=(
        Misconception("gradient-ascent", UPHILL, partial(adam, sign=1)),
        Misconception(
            "t-from-zero",
            "At the first step you divide by zero: 1 − βᵗ is 0 for t = 0. The t that you are given counts from 1.",
            partial(adam, shift=-1),
        ),
        Misconception(
            "t-plus-one",
            "Your correction is that of the next step. The t that you are given counts from 1 already.",
            partial(adam, shift=1),
        ),
        Misconception(
            "no-bias-correction",
            "Your first steps have the wrong length. Both averages start at zero: what makes up for that?",
            partial(adam, first=False, second=False),
        ),
        Misconception(
            "only-first-moment-corrected",
            "Your first steps are too long. Which of the two averages still leans towards its start at zero?",
            partial(adam, second=False),
        ),
        Misconception(
            "only-second-moment-corrected",
            "Your first steps are too short. Which of the two averages still leans towards its start at zero?",
            partial(adam, first=False),
        ),
        Misconception(
            "correction-without-power",
            "Your first step is right, the later ones are not. The correction fades as t grows: where does t enter?",
            partial(adam, power=False),
        ),
        Misconception(
            "returns-corrected-moments",
            "Your w is right, but the m and v you return are corrected, and would be corrected again at the next step.",
            partial(adam, corrected=True),
        ),
        Misconception("eps-inside-root", EPS_INSIDE, partial(adam, divisor=eps_inside)),
        Misconception("eps-forgotten", NO_EPS, partial(adam, divisor=no_eps)),
        Misconception(
            "eps-before-correction",
            "Look at small gradients, where eps counts. You add it to a root that is not corrected yet.",
            adam_uncorrected_eps,
        ),
        Misconception("square-forgotten", SQUARE_FORGOTTEN.replace("cache", "v"), partial(adam, square=False)),
        Misconception("root-forgotten", ROOT_FORGOTTEN.replace("The cache", "v"), partial(adam, divisor=no_root)),
        Misconception(
            "betas-swapped",
            "Your two averages have each other's memory. Which beta belongs to m, and which to v?",
            adam_betas_swapped,
        ),
    ),
)


# --------------------------------------------------------------------------------------------- adamw_step
def adamw(w, dw, m, v, t, learning_rate, weight_decay, beta1=0.9, beta2=0.999, eps=1e-7, *, decayed=None, l2=False):
    """A step of AdamW with one thing changed, for the known mistakes.

    decayed: what Adam's step, the old w, the rate and the decay give; l2: the decay enters the gradient.
    """
    gradient = dw + weight_decay * w if l2 else dw
    stepped, m, v = reference.adam_step(w, gradient, m, v, t, learning_rate, beta1, beta2, eps)
    return stepped if decayed is None else decayed(stepped, w, learning_rate, weight_decay), m, v


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
    misconceptions=(
        Misconception(
            "decay-in-gradient",
            "Your m and v know of the decay, which is Adam with an L2 penalty. In AdamW the decay goes past them.",
            partial(adamw, l2=True),
        ),
        Misconception(
            "decay-not-scaled",
            "Your decay does not change with the learning rate. Which factor has it in common with Adam's step?",
            partial(adamw, decayed=lambda stepped, w, rate, decay: stepped - decay * w),
        ),
        Misconception(
            "decay-of-new-w",
            "You step first and then shrink what came out. The decay takes its share of the w of before.",
            partial(adamw, decayed=lambda stepped, w, rate, decay: stepped - rate * decay * stepped),
        ),
        Misconception(
            "decay-forgotten",
            "This is Adam's step. Without a gradient AdamW still pulls the weights towards zero.",
            adamw,
        ),
        Misconception(
            "decay-outward",
            "Without a gradient your weights grow. The decay is to pull them towards zero.",
            partial(adamw, decayed=lambda stepped, w, rate, decay: stepped + rate * decay * w),
        ),
        Misconception(
            "decay-doubled",
            "Your decay is twice as strong as asked. The 2 of the derivative of λw² has no place here.",
            partial(adamw, decayed=lambda stepped, w, rate, decay: stepped - 2 * rate * decay * w),
        ),
    ),
)


# --------------------------------------------------------------------------------------------- step_decay
def decay_counting(count):
    """A learning rate with another exponent than the right one: ``count(epoch, milestones)``."""
    return lambda learning_rate, epoch, milestones, factor: learning_rate * factor ** count(epoch, milestones)


def milestones_until_first_missed(epoch, milestones):
    count = 0
    for milestone in milestones:
        if epoch < milestone:
            break
        count += 1
    return count


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
    misconceptions=(
        Misconception(
            "after-milestone",
            "Your rate falls one epoch late. The epoch that equals a milestone has reached it.",
            decay_counting(lambda epoch, milestones: sum(epoch > milestone for milestone in milestones)),
        ),
        Misconception(
            "only-one-factor",
            "Your rate falls once and stays. Every milestone that is reached brings it down again.",
            decay_counting(lambda epoch, milestones: int(any(epoch >= milestone for milestone in milestones))),
        ),
        Misconception(
            "factor-every-epoch",
            "Your rate falls at every epoch. How many milestones have been reached by then?",
            decay_counting(lambda epoch, milestones: epoch),
        ),
        Misconception(
            "epoch-divided",
            "Your rate falls at equal distances. The milestones need not be equally far apart: count them.",
            decay_counting(lambda epoch, milestones: epoch // milestones[0] if milestones else 0),
        ),
        Misconception(
            "milestones-ahead",
            "You count the milestones that are still to come. At the start the rate is the one given.",
            decay_counting(lambda epoch, milestones: sum(epoch < milestone for milestone in milestones)),
        ),
        Misconception(
            "order-assumed",
            "Your count ends at the first milestone that is not reached. The list need not be in order.",
            decay_counting(milestones_until_first_missed),
        ),
        Misconception(
            "divided-by-factor",
            "Your rate grows where it should fall. What does a factor of 0.2 do to it?",
            lambda learning_rate, epoch, milestones, factor: reference.step_decay(
                learning_rate, epoch, milestones, 1 / factor
            ),
        ),
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
