"""Chapter ``second_order``: models that know curvature, and the methods that step to their minimum.

w is a vector (n,) of parameters, g the gradient there and H the Hessian (n, n), or an approximation of its inverse.
A pair (s, y) holds a step, s = w' − w, and the change of the gradient along it, y = g' − g.
"""

import numpy as np

from .validation import require_range, require_shape


def quadratic_model(value, gradient, hessian, step):
    """Value of the second-order Taylor model after a step.

    value + gradient·step + ½ step·hessian·step.
    value a number, gradient, step (n,), hessian (n, n) → a number.
    """
    gradient = require_shape("gradient", gradient, (None,))
    hessian = require_shape("hessian", hessian, gradient.shape * 2)
    step = require_shape("step", step, gradient.shape)
    return value + gradient @ step + 0.5 * step @ hessian @ step


def newton_step(w, gradient, hessian):
    """One step of Newton's method, to the point where the quadratic model is flat.

    w − H⁻¹g, from the equations H·step = −g.
    w, gradient (n,), hessian (n, n) → w (n,).
    Raises numpy.linalg.LinAlgError where H is singular.
    """
    w = require_shape("w", w, (None,))
    gradient = require_shape("gradient", gradient, w.shape)
    hessian = require_shape("hessian", hessian, w.shape * 2)
    return w - np.linalg.solve(hessian, gradient)


def bfgs_update(inverse_hessian, s, y):
    """BFGS: the approximate inverse Hessian H after a step s along which the gradient changed by y.

    H ← (I − ρ s yᵀ) H (I − ρ y sᵀ) + ρ s sᵀ, with ρ = 1/(s·y). H stays as it is if s·y <= 1e-10.
    inverse_hessian (n, n), symmetric, s, y (n,) → (n, n).
    Source: Broyden, Fletcher, Goldfarb, Shanno (1970).
    """
    s = require_shape("s", s, (None,))
    y = require_shape("y", y, s.shape)
    h = require_shape("inverse_hessian", inverse_hessian, s.shape * 2)
    curvature = s @ y
    if curvature <= 1e-10:
        return h.copy()
    hy = h @ y
    cross = np.outer(s, hy) / curvature  # multiplied out, the update takes n² operations and not n³
    return h - (cross + cross.T) + (1 + y @ hy / curvature) * np.outer(s, s) / curvature


def lbfgs_direction(gradient, s_history, y_history):
    """L-BFGS: the direction −Hg of the BFGS matrix that the last steps make, without making the matrix.

    Two loops over the pairs, from H₀ = (s·y / y·y) I of the newest pair; every s·y > 0.
    gradient (n,), s_history and y_history m pairs of (n,), the oldest first → (n,); −gradient if m = 0.
    Source: Nocedal (1980).
    """
    gradient = require_shape("gradient", gradient, (None,))
    if len(s_history) == len(y_history) == 0:
        return -gradient
    s_history = require_shape("s_history", s_history, (None, len(gradient)))
    y_history = require_shape("y_history", y_history, s_history.shape)
    curvatures = np.sum(s_history * y_history, axis=1)
    require_range("the least s·y", curvatures.min(), 0, None, low_open=True)
    q, alphas = gradient, np.zeros(len(curvatures))
    for k in reversed(range(len(curvatures))):  # from the newest pair to the oldest
        alphas[k] = s_history[k] @ q / curvatures[k]
        q = q - alphas[k] * y_history[k]
    r = curvatures[-1] / (y_history[-1] @ y_history[-1]) * q
    for k in range(len(curvatures)):  # and back
        r = r + (alphas[k] - y_history[k] @ r / curvatures[k]) * s_history[k]
    return -r


def backtracking_line_search(f, w, direction, gradient, c=1e-4, shrink=0.5):
    """The first of the step sizes 1, shrink, shrink², … that lowers f enough (Armijo's condition).

    f(w + t·direction) <= f(w) + c·t·gradient·direction, where the slope gradient·direction is below 0.
    f a function of w, w, direction, gradient (n,) → the step size t.
    Raises ValueError where the direction does not lead downhill or f(w) is not finite.
    Source: Armijo (1966).
    """
    w = require_shape("w", w, (None,))
    direction = require_shape("direction", direction, w.shape)
    gradient = require_shape("gradient", gradient, w.shape)
    require_range("c", c, 0, 1, low_open=True, high_open=True)
    require_range("shrink", shrink, 0, 1, low_open=True, high_open=True)
    start, slope = f(w), gradient @ direction
    require_range("f(w)", start, -np.inf, np.inf, low_open=True, high_open=True)
    require_range("gradient·direction", slope, -np.inf, 0, low_open=True, high_open=True)
    t = 1.0
    while not f(w + t * direction) <= start + c * t * slope:  # NaN is no decrease either
        t = t * shrink
    return t
