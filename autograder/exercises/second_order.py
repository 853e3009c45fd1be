"""What right answers in chapter ``second_order`` are."""

import numpy as np

from solutions import second_order as reference

from ..judging.plain import Formula
from ..judging.vocabulary import Exercise, case, hidden, misconceptions, probe, visible

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


def model(value, gradient, hessian, step):
    return value + gradient @ step + 0.5 * (step @ hessian @ step)


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
    misconceptions=misconceptions(
        model,
        {
            "half-forgotten": (
                "Your curvature counts too much. Try f(w) = w², whose second derivative is 2: which factor "
                "gives w² back?",
                "0.5 * (step → (step",
            ),
            "first-order-only": (
                "Your model is a plane: it knows nothing of the curvature. Which argument have you not used?",
                "+ 0.5 * (step @ hessian @ step) → ",
            ),
            "gradient-term-forgotten": (
                "Your model is flat where it starts. Which term carries the slope?",
                "+ gradient @ step + → +",
            ),
            "value-forgotten": (
                "Your model gives the change. After no step at all its value is that of the function.",
                "value + gradient → gradient",
            ),
            "step-downhill-assumed": (
                "Your model falls along the gradient. The step is given with its own direction: which sign "
                "has its term?",
                "+ gradient @ step → - gradient @ step",
            ),
            "diagonal-only": (
                "You use the Hessian's diagonal. Its other entries say how one parameter changes another's slope.",
                "(step @ hessian @ step) → np.sum(np.diag(hessian) * step**2)",
            ),
            "squares-for-products": (
                "Every column of the Hessian is multiplied by the square of one entry of the step. Entry (i, "
                "j) belongs to two entries of the step.",
                "(step @ hessian @ step) → np.sum(hessian * step**2)",
            ),
        },
    ),
)


# --------------------------------------------------------------------------------------------- newton_step
def newton(w, gradient, hessian):
    return w - np.linalg.solve(hessian, gradient)


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
    misconceptions=misconceptions(
        newton,
        {
            "gradient-ascent": (UPHILL, "w - np.linalg → w + np.linalg"),
            "hessian-multiplied": (
                "A steep curve makes your step longer. Where the slope changes fast, its zero is near: "
                "multiply or divide?",
                "np.linalg.solve(hessian, gradient) → hessian @ gradient",
            ),
            "diagonal-only": (
                "You divide by the Hessian's diagonal. On a bowl whose axes are not the parameters' you miss "
                "the bottom.",
                "np.linalg.solve(hessian, gradient) → gradient / np.diag(hessian)",
            ),
            "entries-inverted": (
                "You take one over each entry of the Hessian. The inverse of a matrix is something else; "
                "better still, solve a system of equations.",
                "np.linalg.solve(hessian, gradient) → (1 / hessian) @ gradient",
            ),
            "plain-gradient-step": (
                "Your step is the gradient itself. Which argument says how long the step in each direction has to be?",
                "np.linalg.solve(hessian, gradient) → gradient",
            ),
            "change-for-result": (
                "You return the change of the parameters. The new parameters are asked for.",
                "return w - → return -",
            ),
            "saddle-avoided": (
                "At a saddle you walk away from the flat point. That may be wise, but Newton's step goes to "
                "the flat point of the model, whatever the signs of its curvatures.",
                "return → values, axes = np.linalg.eigh(hessian)\nhessian = (axes * np.abs(values)) @ axes.T\nreturn",
            ),
            "changes-its-input": (
                IN_PLACE,
                "return w - np.linalg.solve(hessian, gradient) → w -= np.linalg.solve(hessian, gradient)\nreturn w",
            ),
        },
    ),
)


# --------------------------------------------------------------------------------------------- bfgs_update
def bfgs(inverse_hessian, s, y):
    curvature = s @ y
    if curvature <= 1e-10:
        return inverse_hessian
    factor = np.eye(len(s)) - np.outer(s, y) / curvature
    return factor @ inverse_hessian @ factor.T + np.outer(s, s) / curvature


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
    misconceptions=misconceptions(
        bfgs,
        {
            "curvature-unchecked": (
                "You learn from every pair. Where s·y is not above zero the update destroys the matrix: what "
                "does the exercise say about such pairs?",
                "curvature <= 1e-10 → False",
            ),
            "size-of-curvature-checked": (
                "You leave out pairs whose s·y is close to zero, and learn from those below it. Read the "
                "condition again.",
                "curvature <= 1e-10 → abs(curvature) <= 1e-10",
            ),
            "starts-over": (
                "Where there is nothing to learn you begin again with the identity. What was learnt before is to stay.",
                "return inverse_hessian → return np.eye(len(s))",
            ),
            "s-and-y-swapped": (
                "The new matrix should turn y into s. Yours turns s into y.",
                "curvature = s @ y → s, y = y, s\ncurvature = s @ y",
            ),
            "updates-the-hessian": (
                "Your formula is the one for the Hessian. The matrix here is its inverse: it should turn y into s.",
                bfgs_of_the_hessian,
            ),
            "dfp": (
                "Your matrix turns y into s, but it is that of Davidon, Fletcher and Powell, an older "
                "relative of BFGS.",
                dfp,
            ),
            "outer-product-forgotten": (
                "Your new matrix turns y into zero. Which term puts in what has been learnt along s?",
                "+ np.outer(s, s) / curvature → ",
            ),
            "factors-exchanged": (
                "The two factors around H stand on each other's side. Which of them must turn y into zero?",
                "factor @ inverse_hessian @ factor.T → factor.T @ inverse_hessian @ factor",
            ),
            "one-factor": (
                "Your new matrix is not symmetric. H has a factor on each side.",
                "inverse_hessian @ factor.T → inverse_hessian",
            ),
            "rho-upside-down": (
                "Your ρ is s·y. If steps are measured in other units, the factors around H must not change: "
                "multiply or divide?",
                bfgs_rho_upside_down,
            ),
            "changes-its-input": (IN_PLACE, bfgs_in_place),
        },
    ),
)


# ----------------------------------------------------------------------------------------- lbfgs_direction
def lbfgs(gradient, s_history, y_history):
    if len(s_history) == 0:
        return -gradient
    pairs, alphas, q = list(zip(s_history, y_history)), [], gradient
    for s, y in reversed(pairs):
        alphas.append(s @ q / (s @ y))
        q = q - alphas[-1] * y
    alphas = alphas[::-1]
    s, y = pairs[-1]
    r = s @ y / (y @ y) * q
    for k in range(len(pairs)):
        s, y = pairs[k]
        r = r + (alphas[k] - y @ r / (s @ y)) * s
    return -r


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
    misconceptions=misconceptions(
        lbfgs,
        {
            "gradient-ascent": (UPHILL, "return -gradient → return gradient", "return -r → return r"),
            "oldest-first": (
                "Your first loop begins with the oldest pair. The newest one is the outermost factor: it "
                "meets the gradient first.",
                "reversed(pairs) → pairs",
                "in range(len(pairs)) → in reversed(range(len(pairs)))",
                "alphas = alphas[::-1] → pass",
            ),
            "both-loops-backwards": (
                "Both your loops begin with the newest pair. The second one has to come back the way the "
                "first one went.",
                "in range(len(pairs)) → in reversed(range(len(pairs)))",
            ),
            "identity-for-scale": (
                "Your middle matrix is the identity. The newest pair says how large the inverse Hessian is, roughly.",
                "r = s @ y / (y @ y) * q → r = q",
            ),
            "scale-of-the-oldest": (
                "The scale in the middle comes from your oldest pair. Which pair knows most about the present place?",
                "s, y = pairs[-1] → s, y = pairs[0]",
            ),
            "scale-upside-down": (
                "The scale in the middle is that of the Hessian. Here the matrix is its inverse.",
                "s @ y / (y @ y) * q → (y @ y) / (s @ y) * q",
            ),
            "second-loop-adds-only": (
                "In the second loop you put α back and take nothing off. What is the part of r that y sees already?",
                "(alphas[k] - y @ r / (s @ y)) → alphas[k]",
            ),
            "alpha-from-y": (
                "Your α measures the gradient along y. Along which vector was the step made?",
                "alphas.append(s @ q → alphas.append(y @ q",
            ),
            "stands-still-without-history": (
                "Without a history you do not move, so there will never be one. Where does the first step go?",
                "return -gradient → return 0 * gradient",
            ),
            "changes-its-input": (IN_PLACE, "q = q - alphas[-1] * y → q -= alphas[-1] * y"),
        },
    ),
)


# -------------------------------------------------------------------------------- backtracking_line_search
def backtrack(f, w, direction, gradient, c=1e-4, shrink=0.5):
    t, tries = 1.0, 0
    while tries < 200 and not f(w + t * direction) <= f(w) + c * t * (gradient @ direction):
        t, tries = shrink * t, tries + 1
    return t


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
    misconceptions=misconceptions(
        backtrack,
        {
            "any-decrease": (
                "You accept every step that lowers f, be it ever so little. How much does Armijo's condition ask for?",
                "f(w) + c * t * (gradient @ direction) → f(w)",
            ),
            "step-size-forgotten-in-the-condition": (
                "You ask as much of a short step as of a long one. A step half as long need gain only half as much.",
                "c * t * (gradient → c * (gradient",
            ),
            "steepest-descent-assumed": (
                "Your condition takes the squared length of the gradient for the slope. What is the slope "
                "along another direction than −gradient?",
                "f(w) + c * t * (gradient @ direction) → f(w) - c * t * (gradient @ gradient)",
            ),
            "c-forgotten": (
                "You ask for all that the slope promises. On a curve that bends upwards no step keeps that "
                "promise: which argument lowers the demand?",
                "c * t * (gradient → t * (gradient",
            ),
            "always-halves": (
                "Your step sizes are 1, ½, ¼, … Which argument says by how much they shrink?",
                "t, tries = shrink * t → t, tries = t / 2",
            ),
            "whole-step-not-tried": (
                "You shrink before you have tried. The first step size to test is 1.",
                "t, tries = 1.0, 0 → t, tries = shrink, 0",
            ),
            "last-rejected": (
                "You return the last step size that was too long. Which one met the condition?",
                "return t → return t / shrink if t < 1 else t",
            ),
            "new-point-for-step-size": (
                "You return where the step leads. The step size is asked for.",
                "return t → return w + t * direction",
            ),
            "shrink-subtracted": (
                "Your step sizes fall by equal amounts and soon reach zero. They should fall by a factor.",
                "t, tries = shrink * t → t, tries = max(t - shrink, 0.0)",
            ),
            "c-and-shrink-swapped": (
                "Your two settings have changed places: one says how much gain is asked for, the other how "
                "fast the step size falls.",
                "t, tries = 1.0 → c, shrink = shrink, c\nt, tries = 1.0",
            ),
        },
    ),
)

EXERCISES = (
    quadratic_model,
    newton_step,
    bfgs_update,
    lbfgs_direction,
    backtracking_line_search,
)
