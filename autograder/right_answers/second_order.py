"""Right answers to the exercises of chapter ``second_order`` as different people write them."""

import math

import numpy as np


def single(*arrays):
    """The arrays in single precision."""
    return [np.asarray(array, dtype=np.float32) for array in arrays]


def dot(a, b):
    """The dot product, number by number."""
    return sum(float(x) * float(y) for x, y in zip(a, b))


# ------------------------------------------------------------------------------------------ quadratic_model


def model_with_einsum(value, gradient, hessian, step):
    return value + np.einsum("i,i", gradient, step) + np.einsum("i,ij,j", step, hessian, step) / 2


def model_factored(value, gradient, hessian, step):
    gradient, hessian, step = single(gradient, hessian, step)
    return value + step @ (gradient + hessian @ step / 2)


def model_number_by_number(value, gradient, hessian, step):
    total = float(value)
    for i in range(len(step)):
        total += gradient[i] * step[i]
        for j in range(len(step)):
            total += 0.5 * hessian[i][j] * step[i] * step[j]
    return np.array(total)


# ---------------------------------------------------------------------------------------------- newton_step


def newton_with_the_inverse(w, gradient, hessian):
    return w - np.linalg.inv(hessian) @ gradient


def newton_with_eigenvalues(w, gradient, hessian):
    values, vectors = np.linalg.eigh(hessian)
    return (w - vectors @ (vectors.T @ gradient / values)).tolist()


def newton_by_elimination(w, gradient, hessian):
    n = len(w)
    rows = [[float(h) for h in hessian[i]] + [-float(gradient[i])] for i in range(n)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda k: abs(rows[k][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for k in range(n):
            if k != i:
                factor = rows[k][i] / rows[i][i]
                rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i])]
    return tuple(float(w[i]) + rows[i][n] / rows[i][i] for i in range(n))


# ---------------------------------------------------------------------------------------------- bfgs_update


def bfgs_with_two_factors(inverse_hessian, s, y):
    sy = np.dot(s, y)
    if sy <= 1e-10:
        return inverse_hessian
    left = np.eye(len(s)) - np.outer(s, y) / sy
    return left @ inverse_hessian @ left.T + np.outer(s, s) / sy


def bfgs_with_columns_in_single_precision(inverse_hessian, s, y):
    h, s, y = single(inverse_hessian, s.reshape(-1, 1), y.reshape(-1, 1))
    sy = (s.T @ y).item()
    if sy > 1e-10:
        hy = h @ y
        h = h + (sy + (y.T @ hy).item()) / sy * (s / sy) @ s.T - (hy @ s.T + s @ hy.T) / sy
    return h


def bfgs_entry_by_entry(inverse_hessian, s, y):
    n, sy = len(s), dot(s, y)
    new = [[float(entry) for entry in row] for row in inverse_hessian]
    if not sy > 1e-10:
        return new
    hy = [dot(row, y) for row in new]
    yhy = dot(y, hy)
    for i in range(n):
        for j in range(n):
            new[i][j] += (1 + yhy / sy) * s[i] * s[j] / sy - (hy[i] * s[j] + s[i] * hy[j]) / sy
    return new


# ------------------------------------------------------------------------------------------ lbfgs_direction


def lbfgs_with_zipped_loops(gradient, s_history, y_history):
    if len(s_history) == 0:
        return -1 * gradient
    q, kept = gradient.copy(), []
    for s, y in zip(reversed(s_history), reversed(y_history)):
        rho = 1 / (y @ s)
        alpha = rho * (s @ q)
        kept.append((s, y, rho, alpha))
        q = q - alpha * y
    newest_s, newest_y, *_ = kept[0]
    r = q * (newest_s @ newest_y) / (newest_y @ newest_y)
    for s, y, rho, alpha in reversed(kept):
        r = r + s * (alpha - rho * (y @ r))
    return -r


def lbfgs_by_recursion(gradient, s_history, y_history):
    def times_matrix(v, m, scale):
        """H v, where H is made by the first m pairs."""
        if m == 0:
            return [scale * x for x in v]
        s, y = s_history[m - 1], y_history[m - 1]
        alpha = dot(s, v) / dot(s, y)
        r = times_matrix([a - alpha * b for a, b in zip(v, y)], m - 1, scale)
        beta = dot(y, r) / dot(s, y)
        return [a + (alpha - beta) * b for a, b in zip(r, s)]

    m = len(s_history)
    scale = dot(s_history[-1], y_history[-1]) / dot(y_history[-1], y_history[-1]) if m else 1.0
    return [-x for x in times_matrix([float(g) for g in gradient], m, scale)]


def lbfgs_with_the_dense_matrix(gradient, s_history, y_history):
    identity = np.eye(len(gradient))
    h = identity
    if len(s_history):
        h = np.dot(s_history[-1], y_history[-1]) / np.dot(y_history[-1], y_history[-1]) * identity
    for s, y in zip(s_history, y_history):
        rho = 1 / np.dot(s, y)
        v = identity - rho * np.outer(y, s)
        h = v.T @ h @ v + rho * np.outer(s, s)
    return (-h @ gradient).astype(np.float32)


# --------------------------------------------------------------------------------- backtracking_line_search


def search_with_powers(f, w, direction, gradient, c=1e-4, shrink=0.5):
    start, slope, k = f(w), np.dot(gradient, direction), 0
    while f(w + shrink**k * direction) > start + c * shrink**k * slope:
        k += 1
    return shrink**k


def search_that_returns_early(f, w, direction, gradient, c=1e-4, shrink=0.5):
    def enough(t):
        return f(w) - f(w + t * direction) >= -c * t * dot(gradient, direction)

    t = np.ones(())
    while True:
        if enough(t):
            return t
        t = np.multiply(t, shrink)


def search_in_single_precision(f, w, direction, gradient, c=1e-4, shrink=0.5):
    w, direction, gradient = single(w, direction, gradient)
    slope, height = float(gradient @ direction), float(f(w))
    sizes = (math.exp(k * math.log(shrink)) for k in range(10_000))
    return np.float32(next(t for t in sizes if f(w + np.float32(t) * direction) <= height + c * t * slope))


STYLES = {
    "quadratic_model": (model_with_einsum, model_factored, model_number_by_number),
    "newton_step": (newton_with_the_inverse, newton_with_eigenvalues, newton_by_elimination),
    "bfgs_update": (bfgs_with_two_factors, bfgs_with_columns_in_single_precision, bfgs_entry_by_entry),
    "lbfgs_direction": (lbfgs_with_zipped_loops, lbfgs_by_recursion, lbfgs_with_the_dense_matrix),
    "backtracking_line_search": (search_with_powers, search_that_returns_early, search_in_single_precision),
}
