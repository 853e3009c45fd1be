"""The references of chapter ``second_order`` against SciPy, PyTorch, closed forms and properties."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import optimize

from solutions.second_order import (
    backtracking_line_search,
    bfgs_update,
    lbfgs_direction,
    newton_step,
    quadratic_model,
)

reproducible = settings(deadline=None, derandomize=True)  # a slow machine is no failure
seeded = given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 8))


def random_hessian(rng, n, saddle=False):
    """A symmetric matrix whose eigenvalues have sizes from 0.5 to 3, half of them negative at a saddle."""
    axes, _ = np.linalg.qr(rng.normal(size=(n, n)))
    eigenvalues = rng.uniform(0.5, 3, n) * (np.where(np.arange(n) < n / 2, -1, 1) if saddle else 1)
    matrix = (axes * eigenvalues) @ axes.T
    return (matrix + matrix.T) / 2


def random_pairs(rng, n, m, size=1.0):
    """Steps (m, n) on a bowl, and the changes of its gradient along them."""
    steps = size * rng.normal(size=(m, n))
    return steps, steps @ random_hessian(rng, n)


# ----------------------------------------------------------------------------------------- quadratic_model


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip(
        "torch", reason="PyTorch is not installed: pip install torch==2.13.0 runs these oracle tests"
    )


def test_the_model_is_what_pytorchs_derivatives_make_of_rosenbrock(torch):
    def rosenbrock(w):
        return (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2

    at = torch.tensor([-1.2, 1.0], dtype=torch.float64)
    gradient = torch.func.grad(rosenbrock)(at).numpy()
    hessian = torch.func.hessian(rosenbrock)(at).numpy()
    assert_allclose(gradient, optimize.rosen_der(at.numpy()))
    assert_allclose(hessian, optimize.rosen_hess(at.numpy()))
    errors = []
    for h in (1e-1, 1e-2, 1e-3):
        step = h * np.array([0.6, -0.8])
        modelled = quadratic_model(rosenbrock(at).item(), gradient, hessian, step)
        errors.append(abs(modelled - optimize.rosen(at.numpy() + step)))
    assert_allclose(np.log10(errors[:-1]) - np.log10(errors[1:]), 3, atol=0.1)  # what is left out is of third order


@seeded
@reproducible
def test_the_model_of_a_quadratic_is_the_quadratic(seed, n):
    rng = np.random.default_rng(seed)
    a, b, c = random_hessian(rng, n, saddle=True), rng.normal(size=n), rng.normal()
    w, step = rng.normal(size=n), rng.normal(size=n)

    def f(w):
        return w @ a @ w / 2 + b @ w + c

    assert quadratic_model(f(w), a @ w + b, a, step) == pytest.approx(f(w + step), rel=1e-9, abs=1e-9)


@seeded
@reproducible
def test_the_models_gradient_is_that_of_finite_differences(seed, n):
    rng = np.random.default_rng(seed)
    gradient, hessian, step = rng.normal(size=n), random_hessian(rng, n), rng.normal(size=n)
    slopes = [
        (quadratic_model(1.0, gradient, hessian, step + h) - quadratic_model(1.0, gradient, hessian, step - h)) / 2e-4
        for h in 1e-4 * np.eye(n)
    ]
    assert_allclose(slopes, gradient + hessian @ step, rtol=1e-8, atol=1e-8)


# --------------------------------------------------------------------------------------------- newton_step


@seeded
@reproducible
def test_newton_solves_a_quadratic_in_one_step_also_at_a_saddle(seed, n):
    rng = np.random.default_rng(seed)
    for saddle in (False, True):
        a, flat, w = random_hessian(rng, n, saddle), rng.normal(size=n), rng.normal(size=n)
        assert_allclose(newton_step(w, a @ (w - flat), a), flat, rtol=1e-9, atol=1e-9)


@seeded
@reproducible
def test_newton_ends_where_the_model_is_flat(seed, n):
    rng = np.random.default_rng(seed)
    w, gradient, hessian = rng.normal(size=n), rng.normal(size=n), random_hessian(rng, n, saddle=True)
    step = newton_step(w, gradient, hessian) - w
    assert_allclose(gradient + hessian @ step, 0, atol=1e-10)


@seeded
@reproducible
def test_newton_does_not_notice_a_change_of_coordinates(seed, n):
    # with w = M u the gradient becomes Mᵀg and the Hessian MᵀHM
    rng = np.random.default_rng(seed)
    w, gradient, hessian = rng.normal(size=n), rng.normal(size=n), random_hessian(rng, n, saddle=True)
    change = random_hessian(rng, n) @ np.linalg.qr(rng.normal(size=(n, n)))[0]
    moved = newton_step(np.linalg.solve(change, w), change.T @ gradient, change.T @ hessian @ change)
    assert_allclose(change @ moved, newton_step(w, gradient, hessian), rtol=1e-8, atol=1e-8)


def test_newton_squares_its_error_on_w_minus_log_w():
    w = np.array([0.1, 0.9, 1.5])
    assert_allclose(1 - newton_step(w, 1 - 1 / w, np.diag(1 / w**2)), (1 - w) ** 2)


def test_newton_arrives_on_rosenbrock():
    w = np.array([-1.2, 1.0])
    for _ in range(7):
        w = newton_step(w, optimize.rosen_der(w), optimize.rosen_hess(w))
    assert_allclose(w, [1, 1], atol=1e-12)


def test_newton_takes_scipys_step_in_one_dimension():
    # root finding of f' by SciPy's Newton is Newton's method for f
    root = optimize.newton(lambda w: w**3 - 2, 3.0, fprime=lambda w: 3 * w**2)
    w = np.array([3.0])
    for _ in range(30):
        w = newton_step(w, w**3 - 2, np.diag(3 * w**2))
    assert_allclose(w, root, rtol=1e-12)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_newton_does_not_depend_on_the_unit_of_f(scale):
    w, gradient, hessian = np.array([1.0, 1.0]), np.array([3.0, 4.0]), np.array([[2.0, 1.0], [1.0, 3.0]])
    assert_allclose(newton_step(w, scale * gradient, scale * hessian), [0, 0], atol=1e-12)


def test_newton_says_so_where_the_hessian_has_no_inverse():
    with pytest.raises(np.linalg.LinAlgError):
        newton_step(np.ones(2), np.ones(2), np.ones((2, 2)))


# --------------------------------------------------------------------------------------------- bfgs_update


@seeded
@reproducible
def test_the_update_is_scipys(seed, n):
    rng = np.random.default_rng(seed)
    s, y = (pairs[0] for pairs in random_pairs(rng, n, 1))
    inverse_hessian = random_hessian(rng, n)
    theirs = optimize.BFGS(min_curvature=1e-12)
    theirs.initialize(n, "inv_hess")
    theirs.H, theirs.first_iteration = inverse_hessian.copy(), False
    theirs.update(s, y)
    ours = bfgs_update(inverse_hessian, s, y)
    assert_allclose(ours, theirs.get_matrix(), rtol=1e-9, atol=1e-9)


@seeded
@reproducible
def test_the_update_is_its_product_form_and_the_inverse_of_the_hessians_update(seed, n):
    rng = np.random.default_rng(seed)
    s, y = (pairs[0] for pairs in random_pairs(rng, n, 1))
    b = random_hessian(rng, n)
    h, rho, identity = np.linalg.inv(b), 1 / (s @ y), np.eye(n)
    product = (identity - rho * np.outer(s, y)) @ h @ (identity - rho * np.outer(y, s)) + rho * np.outer(s, s)
    hessians = b - np.outer(b @ s, b @ s) / (s @ b @ s) + np.outer(y, y) * rho
    assert_allclose(bfgs_update(h, s, y), product, rtol=1e-8, atol=1e-8)
    assert_allclose(bfgs_update(h, s, y) @ hessians, identity, atol=1e-7)


@seeded
@reproducible
def test_the_new_matrix_meets_the_secant_equation_and_stays_symmetric_and_positive(seed, n):
    rng = np.random.default_rng(seed)
    h = random_hessian(rng, n)
    for s, y in zip(*random_pairs(rng, n, 3)):
        h = bfgs_update(h, s, y)
        assert_allclose(h @ y, s, rtol=1e-7, atol=1e-7)
        assert_array_equal(h, h.T)
        assert np.linalg.eigvalsh(h).min() > 0


@seeded
@reproducible
def test_the_update_does_not_notice_a_change_of_coordinates(seed, n):
    # with w = M u: s = M s̃, y = M⁻ᵀ ỹ, H = M H̃ Mᵀ
    rng = np.random.default_rng(seed)
    s, y = (pairs[0] for pairs in random_pairs(rng, n, 1))
    h, change = random_hessian(rng, n), random_hessian(rng, n)
    back = np.linalg.inv(change)
    moved = bfgs_update(back @ h @ back.T, back @ s, change.T @ y)
    assert_allclose(change @ moved @ change.T, bfgs_update(h, s, y), rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_n_exact_line_searches_on_a_bowl_learn_its_inverse_hessian(n):
    rng = np.random.default_rng(n)
    a, w, h = random_hessian(rng, n), rng.normal(size=n), np.eye(n)
    for _ in range(n):
        direction = -h @ a @ w
        s = -(direction @ a @ w) / (direction @ a @ direction) * direction
        w, h = w + s, bfgs_update(h, s, a @ s)
    assert_allclose(w, 0, atol=1e-9)
    assert_allclose(h, np.linalg.inv(a), atol=1e-8)


@pytest.mark.parametrize(
    "s, y",
    [([1, 0], [-1, 2]), ([0, 0], [0, 0]), ([1, 1], [1, -1]), ([1e-10, 0], [1, 0]), ([0, 1e-7], [5, 5e-4])],
    ids=["negative", "no step", "orthogonal", "at the threshold", "below it"],
)
def test_without_curvature_the_matrix_stays(s, y):
    h = np.array([[0.75, -0.5], [-0.5, 1.0]])
    new = bfgs_update(h, s, y)
    assert_array_equal(new, h)
    assert not np.shares_memory(new, h)


def test_a_little_above_the_threshold_it_learns():
    new = bfgs_update(np.eye(2), np.array([1.1e-5, 0]), np.array([1.1e-5, 0]) * 2)
    assert_allclose(new, [[0.5, 0], [0, 1]])


# ----------------------------------------------------------------------------------------- lbfgs_direction


def scale_of(s, y):
    return s[-1] @ y[-1] / (y[-1] @ y[-1])


@reproducible
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 8), m=st.integers(1, 6))
def test_the_two_loops_give_what_the_dense_recursion_gives(seed, n, m):
    rng = np.random.default_rng(seed)
    s, y = random_pairs(rng, n, m)
    gradient, h = rng.normal(size=n), scale_of(s, y) * np.eye(n)
    for pair in zip(s, y):
        h = bfgs_update(h, *pair)
    # the update leaves a pair with s·y <= 1e-10 out, the two loops take every pair
    assume(np.sum(s * y, axis=1).min() > 1e-8)
    assert_allclose(lbfgs_direction(gradient, list(s), list(y)), -h @ gradient, rtol=1e-6, atol=1e-6)


@reproducible
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 8), m=st.integers(1, 6))
def test_the_two_loops_give_what_scipys_product_gives(seed, n, m):
    rng = np.random.default_rng(seed)
    s, y = random_pairs(rng, n, m)
    gradient = rng.normal(size=n)
    # SciPy starts from H₀ = I. In coordinates stretched by the root of the scale our H₀ is I too.
    root = np.sqrt(scale_of(s, y))
    theirs = root * optimize.LbfgsInvHessProduct(s / root, y * root).matvec(root * gradient)
    assert_allclose(lbfgs_direction(gradient, s, y), -theirs, rtol=1e-7, atol=1e-7)


@reproducible
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 8), m=st.integers(0, 6))
def test_the_direction_leads_downhill_and_leaves_its_inputs(seed, n, m):
    rng = np.random.default_rng(seed)
    s, y = random_pairs(rng, n, m)
    gradient = rng.normal(size=n)
    before = [array.copy() for array in (gradient, s, y)]
    direction = lbfgs_direction(gradient, s, y)
    assert gradient @ direction < 0
    assert not np.shares_memory(direction, gradient)
    for array, copy in zip((gradient, s, y), before):
        assert_array_equal(array, copy)


def test_the_newest_pair_is_met_exactly():
    s, y = random_pairs(np.random.default_rng(0), 5, 4)
    assert_allclose(lbfgs_direction(y[-1], s, y), -s[-1])  # H y = s


@pytest.mark.parametrize("empty", [[], (), np.zeros((0, 2))], ids=["list", "tuple", "array"])
def test_without_history_it_is_steepest_descent(empty):
    assert_array_equal(lbfgs_direction(np.array([1, -2]), empty, empty), [-1.0, 2.0])


@pytest.mark.parametrize("size", [1e-100, 1e100])
def test_extreme_steps_do_no_harm(size):
    s, y = random_pairs(np.random.default_rng(1), 4, 3)
    gradient = np.arange(4.0)
    assert_allclose(lbfgs_direction(gradient, size * s, size * y), lbfgs_direction(gradient, s, y))


# -------------------------------------------------------------------------------- backtracking_line_search


def quartic(a, b):
    return (lambda w: np.sum(a * (w - b) ** 4) + w @ w), (lambda w: 4 * a * (w - b) ** 3 + 2 * w)


@reproducible
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 5),
    stretch=st.floats(1e-3, 1e3),
    c=st.floats(1e-4, 0.9),
    shrink=st.floats(0.1, 0.9),
)
def test_the_step_size_is_the_first_that_meets_armijo(seed, n, stretch, c, shrink):
    rng = np.random.default_rng(seed)
    f, slope_of = quartic(rng.uniform(0.5, 2, n), rng.normal(size=n))
    w = rng.normal(size=n)
    gradient = slope_of(w)
    direction = -stretch * gradient * rng.uniform(0.5, 1.5, n)

    def excess(t):
        return f(w + t * direction) - f(w) - c * t * (gradient @ direction)

    t = backtracking_line_search(f, w, direction, gradient, c, shrink)
    k = round(np.log(t) / np.log(shrink))
    assert t == pytest.approx(shrink**k)
    assert excess(t) <= 1e-12 * abs(f(w))
    assert all(excess(shrink**j) > -1e-12 * abs(f(w)) for j in range(k))


@pytest.mark.parametrize("stretch", [0.01, 1.0, 30.0])
def test_halving_agrees_with_scipys_armijo_where_that_too_tries_one_first(stretch):
    # SciPy interpolates where t = 1 fails; where it passes both must say 1, and what SciPy accepts meets our condition
    rng = np.random.default_rng(3)
    f, slope_of = quartic(rng.uniform(0.5, 2, 3), rng.normal(size=3))
    w = rng.normal(size=3)
    gradient = slope_of(w)
    direction = -stretch * gradient
    line_search = pytest.importorskip("scipy.optimize._linesearch")
    theirs, _, _ = line_search.line_search_armijo(f, w, direction, gradient, f(w), c1=1e-4)
    ours = backtracking_line_search(f, w, direction, gradient)
    assert f(w + theirs * direction) <= f(w) + 1e-4 * theirs * (gradient @ direction)
    assert (theirs == 1) == (ours == 1)


def test_it_tries_one_first_and_each_size_once():
    tried = []

    def f(w):
        tried.append(float(w[0]))
        return abs(w[0] - 0.1)

    assert backtracking_line_search(f, np.zeros(1), np.ones(1), -np.ones(1), shrink=0.5) == 0.125
    assert tried == [0.0, 1.0, 0.5, 0.25, 0.125]


@pytest.mark.parametrize("outside", [np.inf, np.nan], ids=["infinite", "undefined"])
def test_it_steps_back_from_where_f_is_no_number(outside):
    def f(w):
        return w[0] - np.log(w[0]) if w[0] > 0 else outside

    assert backtracking_line_search(f, np.array([3.0]), np.array([-4.0]), np.array([2 / 3])) == 0.5


def test_the_books_numbers():
    def f(w):
        return np.sqrt(1 + w @ w)

    gradient, hessian = np.array([2 / 5**0.5]), np.array([[5**-1.5]])
    assert_allclose(newton_step(np.array([2.0]), gradient, hessian), [-8.0])
    assert backtracking_line_search(f, np.array([2.0]), np.array([-10.0]), gradient) == 0.25
    h = bfgs_update(np.eye(2), [1, 0], [2, 1])
    assert_allclose(h, [[0.75, -0.5], [-0.5, 1.0]])
    assert_allclose(lbfgs_direction([1, 2], [[1, 0]], [[2, 1]]), [-0.2, -0.6])
    assert quadratic_model(44.5, [-8, 25], np.diag([1, 25]), [1, -1]) == 24.5


def descend(direction_of, memory, steps=60):
    """Rosenbrock's valley from the usual start: (last point, gradient's largest entry)."""
    w = np.array([-1.2, 1.0])
    gradient, h, s_history, y_history = optimize.rosen_der(w), np.eye(2), [], []
    for _ in range(steps):
        if np.abs(gradient).max() < 1e-6:
            break
        direction = direction_of(w, gradient, h, s_history, y_history)
        t = backtracking_line_search(optimize.rosen, w, direction, gradient)
        s, old = t * direction, gradient
        w = w + s
        gradient = optimize.rosen_der(w)
        y = gradient - old
        h = bfgs_update(h, s, y)
        if s @ y > 1e-10:
            s_history, y_history = [*s_history, s][-memory:], [*y_history, y][-memory:]
        else:
            s_history, y_history = [], []  # what was learnt elsewhere misleads here
    return w, np.abs(gradient).max()


@pytest.mark.parametrize(
    "direction_of",
    [
        lambda w, g, h, s, y: newton_step(w, g, optimize.rosen_hess(w)) - w,
        lambda w, g, h, s, y: -h @ g,
        lambda w, g, h, s, y: lbfgs_direction(g, s, y),
    ],
    ids=["Newton", "BFGS", "L-BFGS"],
)
def test_each_method_ends_where_scipy_ends(direction_of):
    w, slope = descend(direction_of, memory=10)
    assert slope < 1e-6
    assert_allclose(w, optimize.minimize(optimize.rosen, [-1.2, 1], jac=optimize.rosen_der, method="BFGS").x, atol=1e-5)


# ------------------------------------------------------------------------------------ all of them, and errors

W, SHORT, SQUARE = np.zeros(2), np.zeros(3), np.eye(2)
UP = np.array([1.0, 0.0])


def height(w):
    return w @ w


@pytest.mark.parametrize(
    "call",
    [
        lambda array: quadratic_model(1, array([1, 2]), array([[2, 1], [1, 3]]), array([2, -1])),
        lambda array: newton_step(array([1, 2]), array([2, -1]), array([[2, 1], [1, 3]])),
        lambda array: bfgs_update(array([[2, 1], [1, 3]]), array([1, 2]), array([2, -0])),
        lambda array: lbfgs_direction(array([1, 2]), [array([1, 2])], [array([2, 1])]),
        lambda array: backtracking_line_search(height, array([3, 1]), array([-8, -3]), array([6, 2])),
    ],
    ids=["quadratic_model", "newton_step", "bfgs_update", "lbfgs_direction", "backtracking_line_search"],
)
def test_lists_and_whole_numbers_are_taken_as_floats(call):
    expected = call(lambda values: np.array(values, dtype=float))
    assert_array_equal(call(list), expected)
    assert_array_equal(call(np.array), expected)


@pytest.mark.parametrize(
    "call, name, was, should",
    [
        (lambda: quadratic_model(0.0, SQUARE, SQUARE, W), "gradient", "(2, 2)", "(any,)"),
        (lambda: quadratic_model(0.0, W, np.eye(3), W), "hessian", "(3, 3)", "(2, 2)"),
        (lambda: quadratic_model(0.0, W, SQUARE, SHORT), "step", "(3,)", "(2,)"),
        (lambda: newton_step(SQUARE, W, SQUARE), "w", "(2, 2)", "(any,)"),
        (lambda: newton_step(W, SHORT, SQUARE), "gradient", "(3,)", "(2,)"),
        (lambda: newton_step(W, W, W), "hessian", "(2,)", "(2, 2)"),
        (lambda: bfgs_update(SQUARE, SQUARE, W), "s", "(2, 2)", "(any,)"),
        (lambda: bfgs_update(SQUARE, W, SHORT), "y", "(3,)", "(2,)"),
        (lambda: bfgs_update(np.eye(3), W, W), "inverse_hessian", "(3, 3)", "(2, 2)"),
        (lambda: lbfgs_direction(SQUARE, [], []), "gradient", "(2, 2)", "(any,)"),
        (lambda: lbfgs_direction(W, [SHORT], [SHORT]), "s_history", "(1, 3)", "(any, 2)"),
        (lambda: lbfgs_direction(W, [UP], [UP, UP]), "y_history", "(2, 2)", "(1, 2)"),
        (lambda: lbfgs_direction(W, [], [UP]), "s_history", "(0,)", "(any, 2)"),
        (lambda: lbfgs_direction(W, [UP], [-UP]), "the least s·y", "-1.0", "above 0"),
        (lambda: backtracking_line_search(height, SQUARE, W, W), "w", "(2, 2)", "(any,)"),
        (lambda: backtracking_line_search(height, W, SHORT, W), "direction", "(3,)", "(2,)"),
        (lambda: backtracking_line_search(height, W, W, SHORT), "gradient", "(3,)", "(2,)"),
        (lambda: backtracking_line_search(height, W, -UP, UP, c=0), "c", "0", "above 0 and below 1"),
        (lambda: backtracking_line_search(height, W, -UP, UP, c=1.0), "c", "1.0", "above 0 and below 1"),
        (lambda: backtracking_line_search(height, W, -UP, UP, shrink=0.0), "shrink", "0.0", "above 0 and below 1"),
        (lambda: backtracking_line_search(height, W, -UP, UP, shrink=1), "shrink", "1", "above 0 and below 1"),
        (lambda: backtracking_line_search(height, W, UP, UP), "gradient·direction", "1.0", "below 0"),
        (lambda: backtracking_line_search(height, W, UP, W), "gradient·direction", "0.0", "below 0"),
        (lambda: backtracking_line_search(height, W, UP, UP * np.nan), "gradient·direction", "nan", "below 0"),
        (lambda: backtracking_line_search(lambda w: np.nan, W, -UP, UP), "f(w)", "nan", "below inf"),
        (lambda: backtracking_line_search(lambda w: np.inf, W, -UP, UP), "f(w)", "inf", "below inf"),
    ],
)
def test_an_error_names_the_argument_and_what_it_was_and_should_be(call, name, was, should):
    with pytest.raises(ValueError) as caught:
        call()
    message = str(caught.value)
    assert message.startswith(f"{name} ")
    given_part, _, wanted_part = message.partition("should be")
    assert was in given_part
    assert should in wanted_part
