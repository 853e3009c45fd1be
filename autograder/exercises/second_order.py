"""What right answers in chapter ``second_order`` are."""

from functools import partial

import numpy as np

from solutions import second_order as reference

from ..judging.plain import Formula
from ..judging.vocabulary import Exercise, Misconception, case, hidden, probe, visible

CURVED = np.array([[2.0, 1.0], [1.0, 3.0]])  # the book's Hessian with axes that are not the parameters'
SADDLE = np.array([[1.0, 0.5], [0.5, -2.0]])
BOWL = np.diag([1.0, 25.0])
IDENTITY = np.eye(2)


# -------------------------------------------------------------------------------- what the exercises share
def random_hessian(rng, n, saddle=False):
    """A symmetric matrix with eigenvalues of sizes 0.5 to 3, all positive unless it is a saddle's."""
    axes, _ = np.linalg.qr(rng.normal(size=(n, n)))
    eigenvalues = rng.uniform(0.5, 3, n)
    if saddle:
        eigenvalues[: (n + 1) // 2] *= -1
    return symmetric((axes * eigenvalues) @ axes.T)


def symmetric(matrix):
    return (matrix + matrix.T) / 2


def whole_hessian(rng, n):
    """A symmetric matrix of whole numbers with a heavy diagonal."""
    entries = rng.integers(-1, 2, (n, n))
    return np.triu(entries, 1) + np.triu(entries, 1).T + np.diag(rng.integers(n, 2 * n, n))


IN_PLACE = (
    "The values are right, but the arrays that were handed in have changed too. Operators such as += and -= write "
    "into the array on their left: make a new one."
)
UPHILL = "Your step leads to where f is larger. The gradient points uphill: which sign belongs to the step?"

# ----------------------------------------------------------------------------------------- quadratic_model


def model(value, gradient, hessian, step, *, keep=1.0, slope=1.0, half=0.5):
    """The model with a factor before each of its terms, for the known mistakes."""
    return keep * value + slope * (gradient @ step) + half * (step @ hessian @ step)


def random_model(rng, label, n, size=1.0, saddle=False):
    gradient, step = rng.normal(size=n), size * rng.normal(size=n)
    return case(label, float(rng.normal()), gradient, random_hessian(rng, n, saddle), step)


quadratic_model = Exercise(
    reference.quadratic_model,
    points=1,
    groups=(
        visible(
            "the book's numbers",
            case("on the bowl, at (−8, 1)", 44.5, np.array([-8.0, 25.0]), BOWL, np.array([1.0, -1.0])),
            case("curved along no axis", 3.5, np.array([3.0, 4.0]), CURVED, np.array([-1.0, -0.5])),
            case("no step", 3.5, np.array([3.0, 4.0]), CURVED, np.zeros(2)),
        ),
        visible(
            "other points",
            case("where the gradient is zero", 0.5, np.zeros(2), CURVED, np.array([0.5, 1.0])),
            case("at a saddle, along the ridge", 0.25, np.zeros(2), SADDLE, np.array([0.0, 2.0])),
            case("one parameter", 1.0, np.array([-2.0]), np.array([[6.0]]), np.array([0.5])),
        ),
        hidden(
            "more parameters",
            lambda rng: [
                random_model(rng, "one", 1),
                random_model(rng, "three", 3),
                random_model(rng, "many", int(rng.integers(10, 20))),
                random_model(rng, "a saddle", 4, saddle=True),
            ],
        ),
        hidden(
            "small and large",
            lambda rng: [
                random_model(rng, "a tiny step", 3, size=1e-3),
                random_model(rng, "a huge step", 3, size=1e6),
                case("a flat place", 2.5, np.zeros(3), np.zeros((3, 3)), rng.normal(size=3)),
                case("no value", 0.0, rng.normal(size=3), random_hessian(rng, 3), rng.normal(size=3)),
            ],
        ),
        hidden(
            "whole numbers",
            lambda rng: [
                case("integers", 3, rng.integers(1, 9, 3), whole_hessian(rng, 3), rng.integers(1, 5, 3)).as_floats(),
            ],
            weight=0.5,
        ),
    ),
    misconceptions=(
        Misconception(
            "half-forgotten",
            "Your curvature counts too much. Try f(w) = w², whose second derivative is 2: which factor gives w² back?",
            partial(model, half=1.0),
        ),
        Misconception(
            "first-order-only",
            "Your model is a plane: it knows nothing of the curvature. Which argument have you not used?",
            partial(model, half=0.0),
        ),
        Misconception(
            "gradient-term-forgotten",
            "Your model is flat where it starts. Which term carries the slope?",
            partial(model, slope=0.0),
        ),
        Misconception(
            "value-forgotten",
            "Your model gives the change. After no step at all its value is that of the function.",
            partial(model, keep=0.0),
        ),
        Misconception(
            "step-downhill-assumed",
            "Your model falls along the gradient. The step is given with its own direction: which sign has its term?",
            partial(model, slope=-1.0),
        ),
        Misconception(
            "diagonal-only",
            "You use the Hessian's diagonal. Its other entries say how one parameter changes another's slope.",
            lambda value, gradient, hessian, step: value + gradient @ step + 0.5 * np.sum(np.diag(hessian) * step**2),
        ),
        Misconception(
            "squares-for-products",
            "Every column of the Hessian is multiplied by the square of one entry of the step. Entry (i, j) belongs "
            "to two entries of the step.",
            lambda value, gradient, hessian, step: value + gradient @ step + 0.5 * np.sum(hessian * step**2),
        ),
    ),
)


# --------------------------------------------------------------------------------------------- newton_step
def newton(w, gradient, hessian, *, keep=1.0, sign=-1.0, change=np.asarray):
    """A Newton step with one thing changed, for the known mistakes; ``change`` makes another Hessian."""
    return keep * w + sign * np.linalg.solve(change(hessian), gradient)


def absolute(hessian):
    """The matrix with the same axes and positive eigenvalues."""
    values, vectors = np.linalg.eigh(hessian)
    return (vectors * np.abs(values)) @ vectors.T


def newton_in_place(w, gradient, hessian):
    w -= np.linalg.solve(hessian, gradient)
    return w


def newton_by_entries(w, gradient, hessian):
    return w - (1 / hessian) @ gradient


def random_newton(rng, label, n, size=1.0, saddle=False):
    return case(label, rng.normal(size=n), size * rng.normal(size=n), size * random_hessian(rng, n, saddle))


newton_step = Exercise(
    reference.newton_step,
    points=2,
    groups=(
        visible(
            "the book's numbers",
            case("the bowl, solved in one step", np.array([-8.0, 1.0]), np.array([-8.0, 25.0]), BOWL),
            case("a bowl along no axis", np.array([1.0, 1.0]), np.array([3.0, 4.0]), CURVED),
            case("√(1 + w²) at 2, where it overshoots", np.array([2.0]), np.array([2 / 5**0.5]), np.array([[5**-1.5]])),
        ),
        visible(
            "other points",
            case("at a saddle", np.array([1.5, 0.5]), np.array([1.75, -0.25]), SADDLE),
            case("where the gradient is zero", np.array([1.0, -2.0]), np.zeros(2), CURVED),
        ),
        hidden(
            "more parameters",
            lambda rng: [
                random_newton(rng, "one", 1),
                random_newton(rng, "three", 3),
                random_newton(rng, "many", int(rng.integers(10, 20))),
                random_newton(rng, "a saddle", 4, saddle=True),
                random_newton(rng, "a maximum", 1, saddle=True),
            ],
        ),
        hidden(
            "small and large",
            lambda rng: [
                random_newton(rng, "tiny derivatives", 3, size=1e-8),
                random_newton(rng, "huge derivatives", 3, size=1e8),
                case(
                    "parameters of very different scales",
                    rng.normal(size=3),
                    np.array([1e-6, 1.0, 1e6]) * rng.normal(size=3),
                    np.diag([1e-6, 1.0, 1e6]) * float(rng.uniform(1, 2)),
                ),
            ],
        ),
        hidden(
            "whole numbers",
            lambda rng: [
                case("integers", rng.integers(-5, 6, 3), rng.integers(1, 9, 3), whole_hessian(rng, 3)).as_floats(),
            ],
            weight=0.5,
        ),
    ),
    misconceptions=(
        Misconception("gradient-ascent", UPHILL, partial(newton, sign=1.0)),
        Misconception(
            "hessian-multiplied",
            "A steep curve makes your step longer. Where the slope changes fast, its zero is near: multiply or divide?",
            lambda w, gradient, hessian: w - hessian @ gradient,
        ),
        Misconception(
            "diagonal-only",
            "You divide by the Hessian's diagonal. On a bowl whose axes are not the parameters' you miss the bottom.",
            partial(newton, change=lambda hessian: np.diag(np.diag(hessian))),
        ),
        Misconception(
            "entries-inverted",
            "You take one over each entry of the Hessian. The inverse of a matrix is something else; better still, "
            "solve a system of equations.",
            newton_by_entries,
        ),
        Misconception(
            "plain-gradient-step",
            "Your step is the gradient itself. Which argument says how long the step in each direction has to be?",
            lambda w, gradient, hessian: w - gradient,
        ),
        Misconception(
            "change-for-result",
            "You return the change of the parameters. The new parameters are asked for.",
            partial(newton, keep=0.0),
        ),
        Misconception(
            "saddle-avoided",
            "At a saddle you walk away from the flat point. That may be wise, but Newton's step goes to the flat "
            "point of the model, whatever the signs of its curvatures.",
            partial(newton, change=absolute),
        ),
        Misconception("changes-its-input", IN_PLACE, newton_in_place),
    ),
)


# --------------------------------------------------------------------------------------------- bfgs_update
def bfgs(inverse_hessian, s, y, *, skips=lambda curvature: curvature <= 1e-10, outer=True, order=1, right=True):
    """The update with one thing changed, for the known mistakes.

    skips: of which s·y the matrix stays; outer: with ρ s sᵀ; order: −1 exchanges the two factors; right: with
    the factor on the right.
    """
    curvature = s @ y
    if skips(curvature):
        return inverse_hessian
    factor = np.eye(len(s)) - np.outer(s, y) / curvature
    left, last = (factor, factor.T)[::order]
    return left @ inverse_hessian @ (last if right else np.eye(len(s))) + outer * np.outer(s, s) / curvature


def bfgs_swapped(inverse_hessian, s, y):
    return bfgs(inverse_hessian, y, s)


def bfgs_of_the_hessian(inverse_hessian, s, y):
    if s @ y <= 1e-10:
        return inverse_hessian
    bs = inverse_hessian @ s
    return inverse_hessian - np.outer(bs, bs) / (s @ bs) + np.outer(y, y) / (s @ y)


def dfp(inverse_hessian, s, y):
    if s @ y <= 1e-10:
        return inverse_hessian
    hy = inverse_hessian @ y
    return inverse_hessian - np.outer(hy, hy) / (y @ hy) + np.outer(s, s) / (s @ y)


def bfgs_rho_upside_down(inverse_hessian, s, y):
    if s @ y <= 1e-10:
        return inverse_hessian
    factor = np.eye(len(s)) - (s @ y) * np.outer(s, y)
    return factor @ inverse_hessian @ factor.T + (s @ y) * np.outer(s, s)


def bfgs_starts_over(inverse_hessian, s, y):
    return np.eye(len(s)) if s @ y <= 1e-10 else bfgs(inverse_hessian, s, y)


def bfgs_in_place(inverse_hessian, s, y):
    if s @ y > 1e-10:
        inverse_hessian[:] = bfgs(inverse_hessian, s, y)
    return inverse_hessian


def random_pair(rng, n, size=1.0):
    """A step and the change of a gradient along it, by a Hessian that is positive definite."""
    s = size * rng.normal(size=n)
    return s, random_hessian(rng, n) @ s


def random_update(rng, label, n, size=1.0, sign=1.0):
    s, y = random_pair(rng, n, size)
    return case(label, random_hessian(rng, n), s, sign * y)


def updates_in_a_row(student, hessian, steps):
    """The matrix after several updates on a bowl, starting from the identity."""
    matrix = np.eye(len(hessian))
    for s in steps:
        matrix = np.asarray(student.bfgs_update(matrix, s, hessian @ s), dtype=float)
    return matrix


LEARNT = np.array([[0.75, -0.5], [-0.5, 1.0]])  # the identity after the book's first update

bfgs_update = Exercise(
    reference.bfgs_update,
    points=3,
    groups=(
        visible(
            "the book's numbers",
            case("the first update", IDENTITY, np.array([1.0, 0.0]), np.array([2.0, 1.0])),
            case("the second update", LEARNT, np.array([0.5, 1.0]), np.array([2.0, 3.5])),
            case("not a unit step", LEARNT, np.array([2.0, -1.0]), np.array([3.0, -1.0])),
        ),
        visible(
            "no curvature to learn from",
            case("curvature below zero", LEARNT, np.array([1.0, 0.0]), np.array([-1.0, 2.0])),
            case("no change of the gradient", LEARNT, np.array([1.0, 1.0]), np.zeros(2)),
            case("s·y = 1e-12", LEARNT, np.array([1e-6, 0.0]), np.array([1e-6, 0.0])),
        ),
        visible(
            "several updates",
            probe("three on a bowl", updates_in_a_row, CURVED, np.array([[1.0, 0.0], [0.5, 1.0], [1, -1]])),
        ),
        hidden(
            "more parameters",
            lambda rng: [
                random_update(rng, "one", 1),
                random_update(rng, "three", 3),
                random_update(rng, "many", int(rng.integers(10, 16))),
                case(
                    "whole numbers", np.diag([2, 1, 3]), np.array([1, 0, -2]), rng.integers(1, 4, 3) * [1, 1, -1]
                ).as_floats(),
            ],
        ),
        hidden(
            "where to learn and where not",
            lambda rng: [
                random_update(rng, "curvature below zero", 4, sign=-1.0),
                case("no step", random_hessian(rng, 3), np.zeros(3), np.zeros(3)),
                random_update(rng, "a short step", 3, size=1e-3),
                random_update(rng, "a long step", 3, size=1e4),
                case("s·y = 4e-10", IDENTITY, np.array([2e-5, 0.0]), np.array([2e-5, 1e-5])),
            ],
        ),
        hidden(
            "several updates",
            lambda rng: [
                probe("ten on a bowl", updates_in_a_row, random_hessian(rng, 4), rng.normal(size=(10, 4))),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "curvature-unchecked",
            "You learn from every pair. Where s·y is not above zero the update destroys the matrix: what does the "
            "exercise say about such pairs?",
            partial(bfgs, skips=lambda curvature: False),
        ),
        Misconception(
            "size-of-curvature-checked",
            "You leave out pairs whose s·y is close to zero, and learn from those below it. Read the condition again.",
            partial(bfgs, skips=lambda curvature: abs(curvature) <= 1e-10),
        ),
        Misconception(
            "starts-over",
            "Where there is nothing to learn you begin again with the identity. What was learnt before is to stay.",
            bfgs_starts_over,
        ),
        Misconception(
            "s-and-y-swapped",
            "The new matrix should turn y into s. Yours turns s into y.",
            bfgs_swapped,
        ),
        Misconception(
            "updates-the-hessian",
            "Your formula is the one for the Hessian. The matrix here is its inverse: it should turn y into s.",
            bfgs_of_the_hessian,
        ),
        Misconception(
            "dfp",
            "Your matrix turns y into s, but it is that of Davidon, Fletcher and Powell, an older relative of BFGS.",
            dfp,
        ),
        Misconception(
            "outer-product-forgotten",
            "Your new matrix turns y into zero. Which term puts in what has been learnt along s?",
            partial(bfgs, outer=False),
        ),
        Misconception(
            "factors-exchanged",
            "The two factors around H stand on each other's side. Which of them must turn y into zero?",
            partial(bfgs, order=-1),
        ),
        Misconception(
            "one-factor",
            "Your new matrix is not symmetric. H has a factor on each side.",
            partial(bfgs, right=False),
        ),
        Misconception(
            "rho-upside-down",
            "Your ρ is s·y. If steps are measured in other units, the factors around H must not change: "
            "multiply or divide?",
            bfgs_rho_upside_down,
        ),
        Misconception("changes-its-input", IN_PLACE, bfgs_in_place),
    ),
)


# ----------------------------------------------------------------------------------------- lbfgs_direction
def newest_scale(s_history, y_history):
    return s_history[-1] @ y_history[-1] / (y_history[-1] @ y_history[-1])


def lbfgs(gradient, s_history, y_history, *, scale=newest_scale, order=-1, back=1, sign=-1.0, beta=1.0, alpha="s"):
    """The two loops with one thing changed, for the known mistakes.

    scale: the number of H₀; order, back: in which order the pairs are met in the first and the second loop;
    beta: a factor of what the second loop takes off; alpha: which vector the first loop multiplies by.
    """
    if len(s_history) == 0:
        return sign * gradient
    pairs = list(enumerate(zip(s_history, y_history)))
    q, alphas = np.array(gradient, dtype=float), {}
    for k, (s, y) in pairs[::order]:
        alphas[k] = (s if alpha == "s" else y) @ q / (s @ y)
        q = q - alphas[k] * y
    r = scale(s_history, y_history) * q
    for k, (s, y) in pairs[::back]:
        r = r + (alphas[k] - beta * (y @ r) / (s @ y)) * s
    return sign * r


def lbfgs_in_place(gradient, s_history, y_history):
    alphas = []
    for s, y in zip(s_history[::-1], y_history[::-1]):
        alphas.append(s @ gradient / (s @ y))
        gradient -= alphas[-1] * y
    r = newest_scale(s_history, y_history) * gradient if len(s_history) else gradient
    for s, y, a in zip(s_history, y_history, alphas[::-1]):
        r = r + (a - y @ r / (s @ y)) * s
    return -r


def lbfgs_without_first_step(gradient, s_history, y_history):
    return lbfgs(gradient, s_history, y_history) if len(s_history) else np.zeros_like(gradient)


def random_history(rng, label, n, m, size=1.0):
    hessian, steps = random_hessian(rng, n), size * rng.normal(size=(m, n))
    return case(label, rng.normal(size=n), list(steps), [hessian @ s for s in steps])


def as_arrays(rng):
    hessian, steps = random_hessian(rng, 3), rng.normal(size=(4, 3))
    return case("histories as arrays of shape (m, n)", rng.normal(size=3), steps, steps @ hessian)


S_HISTORY = [np.array([1.0, 0.0]), np.array([0.5, 1.0])]
Y_HISTORY = [np.array([2.0, 1.0]), np.array([2.0, 3.5])]

lbfgs_direction = Exercise(
    reference.lbfgs_direction,
    points=3,
    groups=(
        visible(
            "the book's numbers",
            case("no history", np.array([1.0, 2.0]), [], []),
            case("one pair", np.array([1.0, 2.0]), S_HISTORY[:1], Y_HISTORY[:1]),
            case("two pairs", np.array([1.0, 2.0]), S_HISTORY, Y_HISTORY),
        ),
        visible(
            "more pairs than parameters",
            case(
                "three pairs",
                np.array([3.0, -1.0]),
                [*S_HISTORY, np.array([1.0, -1.0])],
                [*Y_HISTORY, np.array([1.0, -2.0])],
            ),
            case("no gradient", np.zeros(2), S_HISTORY, Y_HISTORY),
        ),
        hidden(
            "more parameters and longer histories",
            lambda rng: [
                random_history(rng, "one of each", 1, 1),
                random_history(rng, "five parameters, three pairs", 5, 3),
                random_history(rng, "many parameters", int(rng.integers(20, 30)), 5),
                random_history(rng, "many pairs", 4, 8),
                as_arrays(rng),
            ],
        ),
        hidden(
            "small and large",
            lambda rng: [
                random_history(rng, "short steps", 4, 3, size=1e-4),
                random_history(rng, "long steps", 4, 3, size=1e4),
                case("no history", rng.normal(size=6), [], []),
                case("whole numbers", np.array([3, -2]), [np.array([1, 2])], [np.array([2, 1])]).as_floats(),
            ],
        ),
    ),
    misconceptions=(
        Misconception("gradient-ascent", UPHILL, partial(lbfgs, sign=1.0)),
        Misconception(
            "oldest-first",
            "Your first loop begins with the oldest pair. The newest one is the outermost factor: it meets the "
            "gradient first.",
            partial(lbfgs, order=1, back=-1),
        ),
        Misconception(
            "both-loops-backwards",
            "Both your loops begin with the newest pair. The second one has to come back the way the first one went.",
            partial(lbfgs, back=-1),
        ),
        Misconception(
            "identity-for-scale",
            "Your middle matrix is the identity. The newest pair says how large the inverse Hessian is, roughly.",
            partial(lbfgs, scale=lambda s_history, y_history: 1.0),
        ),
        Misconception(
            "scale-of-the-oldest",
            "The scale in the middle comes from your oldest pair. Which pair knows most about the present place?",
            partial(lbfgs, scale=lambda s_history, y_history: newest_scale(s_history[:1], y_history[:1])),
        ),
        Misconception(
            "scale-upside-down",
            "The scale in the middle is that of the Hessian. Here the matrix is its inverse.",
            partial(lbfgs, scale=lambda s_history, y_history: 1 / newest_scale(s_history, y_history)),
        ),
        Misconception(
            "second-loop-adds-only",
            "In the second loop you put α back and take nothing off. What is the part of r that y sees already?",
            partial(lbfgs, beta=0.0),
        ),
        Misconception(
            "alpha-from-y",
            "Your α measures the gradient along y. Along which vector was the step made?",
            partial(lbfgs, alpha="y"),
        ),
        Misconception(
            "stands-still-without-history",
            "Without a history you do not move, so there will never be one. Where does the first step go?",
            lbfgs_without_first_step,
        ),
        Misconception("changes-its-input", IN_PLACE, lbfgs_in_place),
    ),
)


# -------------------------------------------------------------------------------- backtracking_line_search
def backtrack(f, w, direction, gradient, c=1e-4, shrink=0.5, *, bound=None, first=1.0, back=1.0, factor=None):
    """The search with one thing changed, for the known mistakes.

    bound: the height to come below, of f(w), c, t, the slope and the gradient; first: the first step size; back:
    a factor of the last one; factor: what is used in the place of shrink.
    """
    bound = bound or (lambda height, c, t, slope, gradient: height + c * t * slope)
    height, slope, t = f(w), gradient @ direction, shrink if first is None else first
    for _ in range(200):
        if f(w + t * direction) <= bound(height, c, t, slope, gradient):
            break
        t *= factor or shrink
    return t * (1 / shrink if back is None and t < 1 else 1.0)


def new_point(f, w, direction, gradient, c=1e-4, shrink=0.5):
    return w + backtrack(f, w, direction, gradient, c, shrink) * direction


def subtracts(f, w, direction, gradient, c=1e-4, shrink=0.5):
    t = 1.0
    while t > 0 and not f(w + t * direction) <= f(w) + c * t * (gradient @ direction):
        t -= shrink
    return t


def c_and_shrink_swapped(f, w, direction, gradient, c=1e-4, shrink=0.5):
    return backtrack(f, w, direction, gradient, shrink, c)


ROOT = Formula("lambda w: np.sqrt(1 + np.sum(w**2))")
ROUND = Formula("lambda w: np.sum(w**2)")
LOG_BARRIER = Formula("lambda w: np.sum(w - np.log(w)) if np.all(w > 0) else np.inf")
ROSENBROCK = Formula("lambda w: (1 - w[0])**2 + 100 * (w[1] - w[0]**2)**2")


def decisive(f, w, direction, gradient, c=1e-4, shrink=0.5):
    """Whether every step size up to the right one passes or fails clearly, not by rounding."""
    f_w, slope = f(w), gradient @ direction
    t = backtrack(f, w, direction, gradient, c, shrink)
    sizes = [shrink**k for k in range(round(np.log(t) / np.log(shrink)) + 1)]
    gaps = [f(w + size * direction) - f_w - c * size * slope for size in sizes]
    return all(abs(gap) > 1e-3 * max(abs(f_w), abs(slope) * size) for gap, size in zip(gaps, sizes))


def random_search(rng, label, n, stretch, **settings):
    """A search on Σ a(w − b)⁴ + w·w from a random point, along a random downhill direction of a length."""
    while True:
        a, b = np.round(rng.uniform(0.5, 2, n), 3), np.round(rng.normal(size=n), 3)
        f = Formula(f"lambda w: np.sum(np.array({a.tolist()}) * (w - np.array({b.tolist()}))**4) + np.sum(w**2)")
        w = rng.normal(size=n)
        gradient = 4 * a * (w - b) ** 3 + 2 * w
        direction = -stretch * gradient * rng.uniform(0.5, 1.5, n)
        if decisive(f, w, direction, gradient, **settings):
            return case(label, f, w, direction, gradient, **settings)


backtracking_line_search = Exercise(
    reference.backtracking_line_search,
    points=2,
    groups=(
        visible(
            "the book's numbers",
            case("Newton's step on √(1 + w²) at 2", ROOT, np.array([2.0]), np.array([-10.0]), np.array([2 / 5**0.5])),
            case(
                "a step that may be made whole",
                ROUND,
                np.array([3.0, 1.0]),
                np.array([-3.0, -1.0]),
                np.array([6.0, 2.0]),
            ),
            case(
                "Rosenbrock's valley, down the gradient",
                ROSENBROCK,
                np.array([-1.2, 1.0]),
                np.array([215.6, 88.0]),
                np.array([-215.6, -88.0]),
            ),
        ),
        visible(
            "settings",
            case("c = 0.3", ROUND, np.array([1.0]), np.array([-1.8]), np.array([2.0]), c=0.3),
            case("c = 0.3, met at once", ROUND, np.array([1.0]), np.array([-1.2]), np.array([2.0]), c=0.3),
            case("shrink = 0.8", ROUND, np.array([1.0, 1.0]), np.array([-2.3, -2.2]), np.array([2.0, 2.0]), shrink=0.8),
            case("c = 0.45, shrink = 0.1", ROUND, np.array([2.0]), np.array([-6.0]), np.array([4.0]), 0.45, 0.1),
        ),
        visible(
            "a wall",
            case("f is infinite where w <= 0", LOG_BARRIER, np.array([3.0]), np.array([-4.0]), np.array([2 / 3])),
        ),
        hidden(
            "random searches",
            lambda rng: [
                random_search(rng, "one parameter", 1, 1.0),
                random_search(rng, "three parameters", 3, 0.3),
                random_search(rng, "many parameters", int(rng.integers(10, 15)), 2.0),
                random_search(rng, "a short direction", 3, 1e-3),
                random_search(rng, "a long direction", 2, 1e3),
            ],
        ),
        hidden(
            "other settings",
            lambda rng: [
                random_search(rng, "the defaults given", 2, 1.0, c=1e-4, shrink=0.5),
                random_search(rng, "a large c", 3, 0.3, c=0.6),
                random_search(rng, "shrink = 0.7", 3, 1.0, shrink=0.7),
                random_search(rng, "both", 2, 2.0, c=0.3, shrink=0.25),
            ],
        ),
        hidden(
            "walls and whole numbers",
            lambda rng: [
                case(
                    "a wall",
                    LOG_BARRIER,
                    np.array([2.0, 4.0]),
                    np.array([-9.0, -3.0]) * 10.0 ** int(rng.integers(0, 4)),
                    np.array([0.5, 0.75]),
                ),
                case("integers", ROUND, np.array([3, -2]), np.array([-7, 5]), np.array([6, -4])).as_floats(),
            ],
        ),
    ),
    misconceptions=(
        Misconception(
            "any-decrease",
            "You accept every step that lowers f, be it ever so little. How much does Armijo's condition ask for?",
            partial(backtrack, bound=lambda height, c, t, slope, gradient: height),
        ),
        Misconception(
            "step-size-forgotten-in-the-condition",
            "You ask as much of a short step as of a long one. A step half as long need gain only half as much.",
            partial(backtrack, bound=lambda height, c, t, slope, gradient: height + c * slope),
        ),
        Misconception(
            "steepest-descent-assumed",
            "Your condition takes the squared length of the gradient for the slope. What is the slope along another "
            "direction than −gradient?",
            partial(backtrack, bound=lambda height, c, t, slope, gradient: height - c * t * (gradient @ gradient)),
        ),
        Misconception(
            "c-forgotten",
            "You ask for all that the slope promises. On a curve that bends upwards no step keeps that promise: which "
            "argument lowers the demand?",
            partial(backtrack, bound=lambda height, c, t, slope, gradient: height + t * slope),
        ),
        Misconception(
            "always-halves",
            "Your step sizes are 1, ½, ¼, … Which argument says by how much they shrink?",
            partial(backtrack, factor=0.5),
        ),
        Misconception(
            "whole-step-not-tried",
            "You shrink before you have tried. The first step size to test is 1.",
            partial(backtrack, first=None),
        ),
        Misconception(
            "last-rejected",
            "You return the last step size that was too long. Which one met the condition?",
            partial(backtrack, back=None),
        ),
        Misconception(
            "new-point-for-step-size",
            "You return where the step leads. The step size is asked for.",
            new_point,
        ),
        Misconception(
            "shrink-subtracted",
            "Your step sizes fall by equal amounts and soon reach zero. They should fall by a factor.",
            subtracts,
        ),
        Misconception(
            "c-and-shrink-swapped",
            "Your two settings have changed places: one says how much gain is asked for, the other how fast the step "
            "size falls.",
            c_and_shrink_swapped,
        ),
    ),
)

EXERCISES = (
    quadratic_model,
    newton_step,
    bfgs_update,
    lbfgs_direction,
    backtracking_line_search,
)
