"""Right answers to the exercises of chapter ``optimizers`` as different people write them."""

import math
from bisect import bisect_right

import numpy as np

from solutions.optimizers import adam_step


def single(*arrays):
    """The arrays in single precision."""
    return [np.asarray(array, dtype=np.float32) for array in arrays]


# ------------------------------------------------------------------------------------------------- sgd_step


def sgd_in_place_on_a_copy(w, dw, learning_rate):
    w = w.copy()
    w -= learning_rate * dw
    return w


def sgd_in_a_loop(w, dw, learning_rate):
    new = np.empty_like(w)
    for index, slope in np.ndenumerate(dw):
        new[index] = w[index] - learning_rate * slope
    return new.tolist()


def sgd_in_single_precision(w, dw, learning_rate):
    w, dw = single(w, dw)
    return np.add(w, -learning_rate * dw)


# -------------------------------------------------------------------------------------------- momentum_step


def momentum_in_place_on_copies(w, dw, v, learning_rate, rho=0.9):
    w, v = np.copy(w), np.copy(v)
    v *= rho
    v += dw
    w -= learning_rate * v
    return [w, v]


def momentum_in_one_formula(w, dw, v, learning_rate, rho=0.9):
    return w - learning_rate * rho * v - learning_rate * dw, dw + rho * v


def momentum_number_by_number(w, dw, v, learning_rate, rho=0.9):
    new_v = [rho * float(a) + float(b) for a, b in zip(v.flat, dw.flat)]
    new_w = [float(a) - learning_rate * b for a, b in zip(w.flat, new_v)]
    return np.reshape(new_w, w.shape).astype(np.float32), np.reshape(new_v, w.shape).tolist()


# ---------------------------------------------------------------------------------- nesterov_lookahead_step


def lookahead_in_small_steps(w, v, gradient, learning_rate, rho=0.9):
    kept = rho * v
    slope = gradient(w + kept)
    new_v = kept - learning_rate * slope
    new_w = w + new_v
    return [new_w, new_v]


def lookahead_from_the_place_ahead(w, v, gradient, learning_rate, rho=0.9):
    place = np.array(w)
    place += rho * v
    new_w = place - learning_rate * gradient(place)
    return new_w, rho * v - learning_rate * gradient(place)


def lookahead_in_single_precision(w, v, gradient, learning_rate, rho=0.9):
    w, v = single(w, v)
    v = np.float32(rho) * v + np.float32(-learning_rate) * gradient(w + np.float32(rho) * v).astype(np.float32)
    return (w + v).tolist(), v.tolist()


# -------------------------------------------------------------------------------------------- nesterov_step


def nesterov_with_the_old_velocity(w, dw, v, learning_rate, rho=0.9):
    old_v = v
    v = rho * v - learning_rate * dw
    w = w + v + rho * (v - old_v)
    return w, v


def nesterov_with_a_velocity_of_bare_gradients(w, dw, v, learning_rate, rho=0.9):
    buffer = -rho * v / learning_rate + dw
    return [w - learning_rate * (dw + rho * buffer), -learning_rate * buffer]


def nesterov_number_by_number(w, dw, v, learning_rate, rho=0.9):
    w, new_v = w.astype(np.float32), np.zeros(v.shape)
    for index in np.ndindex(*w.shape):
        new_v[index] = rho * v[index] - learning_rate * dw[index]
        w[index] = w[index] - rho * v[index] + (1 + rho) * new_v[index]
    return w, new_v.tolist()


# --------------------------------------------------------------------------------------------- adagrad_step


def adagrad_in_place_on_copies(w, dw, cache, learning_rate, eps=1e-7):
    w, cache = w.copy(), cache.copy()
    cache += dw * dw
    w -= learning_rate * dw / (cache**0.5 + eps)
    return [w, cache]


def adagrad_with_a_rate_for_each(w, dw, cache, learning_rate, eps=1e-7):
    dw, cache = single(dw, cache)
    cache = cache + np.square(dw)
    rates = learning_rate / (eps + np.sqrt(cache))
    return w - rates * dw, cache


def adagrad_number_by_number(w, dw, cache, learning_rate, eps=1e-7):
    def one(w, dw, cache):
        cache = math.pow(dw, 2) + cache
        return w - learning_rate * (dw / (math.sqrt(cache) + eps)), cache

    pairs = [one(*numbers) for numbers in zip(w.ravel().tolist(), dw.ravel().tolist(), cache.ravel().tolist())]
    return tuple(np.reshape(values, w.shape).tolist() for values in zip(*pairs))


# -------------------------------------------------------------------------------------------- adadelta_step


def rms(average, eps):
    return np.sqrt(average + eps)


def adadelta_with_rms(w, dw, grad_avg, step_avg, rho=0.95, eps=1e-6):
    new_grad_avg = grad_avg + (1 - rho) * (dw * dw - grad_avg)
    change = dw * rms(step_avg, eps) / rms(new_grad_avg, eps)
    return [w - change, new_grad_avg, rho * step_avg + (1 - rho) * np.square(change)]


def adadelta_with_one_root(w, dw, grad_avg, step_avg, rho=0.95, eps=1e-6):
    w, dw, grad_avg, step_avg = single(w, dw, grad_avg, step_avg)
    grad_avg = np.average([grad_avg, dw**2], axis=0, weights=[rho, 1 - rho])
    squared_rate = (step_avg + eps) / (grad_avg + eps)
    step_avg = rho * step_avg + (1 - rho) * squared_rate * dw**2
    return w - np.sqrt(squared_rate) * dw, grad_avg, step_avg


def adadelta_number_by_number(w, dw, grad_avg, step_avg, rho=0.95, eps=1e-6):
    w, grad_avg, step_avg = w.copy(), grad_avg.copy(), step_avg.copy()
    for i, g in np.ndenumerate(dw):
        grad_avg[i] = rho * grad_avg[i] + (1 - rho) * g**2
        delta = -(((step_avg[i] + eps) / (grad_avg[i] + eps)) ** 0.5) * g
        step_avg[i] = rho * step_avg[i] + (1 - rho) * delta**2
        w[i] += delta
    return w.tolist(), grad_avg.tolist(), step_avg


# --------------------------------------------------------------------------------------------- rmsprop_step


def rmsprop_in_place_on_copies(w, dw, cache, learning_rate, decay=0.9, eps=1e-7):
    w, cache = w.copy(), cache.copy()
    cache *= decay
    cache += (1 - decay) * dw**2
    w -= learning_rate * dw / (np.sqrt(cache) + eps)
    return [w, cache]


def rmsprop_towards_the_square(w, dw, cache, learning_rate, decay=0.9, eps=1e-7):
    cache = cache - (1 - decay) * (cache - dw * dw)
    return w + np.divide(-learning_rate * dw, np.power(cache, 0.5) + eps), cache


def rmsprop_in_single_precision(w, dw, cache, learning_rate, decay=0.9, eps=1e-7):
    w, dw, cache = single(w, dw, cache)
    cache = np.float32(decay) * cache + np.float32(1 - decay) * dw**2
    return (w - np.float32(learning_rate) * dw / (np.sqrt(cache) + np.float32(eps))).tolist(), cache


# ------------------------------------------------------------------------------------------------ adam_step


def adam_rearranged(w, dw, m, v, t, learning_rate, beta1=0.9, beta2=0.999, eps=1e-7):
    m, v = beta1 * m + (1 - beta1) * dw, beta2 * v + (1 - beta2) * dw * dw
    root = math.sqrt(1 - math.pow(beta2, t))
    rate = learning_rate * root / (1 - math.pow(beta1, t))
    return [w - rate * m / (np.sqrt(v) + eps * root), m, v]


def adam_in_single_precision(w, dw, m, v, t, learning_rate, beta1=0.9, beta2=0.999, eps=1e-7):
    w, dw, m, v = single(w, dw, m, v)
    m += (1 - beta1) * (dw - m)
    v += (1 - beta2) * (np.square(dw) - v)
    w -= learning_rate * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return w, m, v


def adam_number_by_number(w, dw, m, v, t, learning_rate, beta1=0.9, beta2=0.999, eps=1e-7):
    w, m, v = np.array(w), np.array(m), np.array(v)
    for i in np.ndindex(*w.shape):
        m[i] = beta1 * m[i] + (1 - beta1) * dw[i]
        v[i] = beta2 * v[i] + (1 - beta2) * dw[i] ** 2
        first, second = m[i] / (1 - beta1**t), v[i] / (1 - beta2**t)
        w[i] -= learning_rate * first / (second**0.5 + eps)
    return w.tolist(), m.tolist(), v.tolist()


# ----------------------------------------------------------------------------------------------- adamw_step


def adamw_decays_first(w, dw, m, v, t, learning_rate, weight_decay, beta1=0.9, beta2=0.999, eps=1e-7):
    m = beta1 * m + (1 - beta1) * dw
    v = beta2 * v + (1 - beta2) * dw**2
    w = w * (1 - learning_rate * weight_decay)
    w -= learning_rate * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return [w, m, v]


def adamw_around_adam(w, dw, m, v, t, learning_rate, weight_decay, beta1=0.9, beta2=0.999, eps=1e-7):
    adam_w, m, v = adam_step(w, dw, m, v, t, learning_rate, beta1=beta1, beta2=beta2, eps=eps)
    return np.array([a - learning_rate * weight_decay * b for a, b in zip(adam_w, w)], dtype=np.float32), m, v


def adamw_with_the_rate_outside(w, dw, m, v, t, learning_rate, weight_decay, beta1=0.9, beta2=0.999, eps=1e-7):
    w, dw, m, v = single(w, dw, m, v)
    m, v = m * beta1 + dw * (1 - beta1), v * beta2 + dw * dw * (1 - beta2)
    root = np.sqrt(1 - beta2**t)
    change = m * root / (1 - beta1**t) / (np.sqrt(v) + eps * root) + weight_decay * w
    return (w - learning_rate * change).tolist(), m.tolist(), v


# ----------------------------------------------------------------------------------------------- step_decay


def step_decay_in_a_loop(learning_rate, epoch, milestones, factor):
    for milestone in milestones:
        if epoch >= milestone:
            learning_rate *= factor
    return learning_rate


def step_decay_with_arrays(learning_rate, epoch, milestones, factor):
    return learning_rate * np.power(factor, np.sum(np.array(milestones) <= epoch))


def step_decay_by_bisection(learning_rate, epoch, milestones, factor):
    return math.prod([learning_rate] + [factor] * bisect_right(sorted(milestones), epoch))


STYLES = {
    "sgd_step": [sgd_in_place_on_a_copy, sgd_in_a_loop, sgd_in_single_precision],
    "momentum_step": [momentum_in_place_on_copies, momentum_in_one_formula, momentum_number_by_number],
    "nesterov_lookahead_step": [
        lookahead_in_small_steps,
        lookahead_from_the_place_ahead,
        lookahead_in_single_precision,
    ],
    "nesterov_step": [
        nesterov_with_the_old_velocity,
        nesterov_with_a_velocity_of_bare_gradients,
        nesterov_number_by_number,
    ],
    "adagrad_step": [adagrad_in_place_on_copies, adagrad_with_a_rate_for_each, adagrad_number_by_number],
    "adadelta_step": [adadelta_with_rms, adadelta_with_one_root, adadelta_number_by_number],
    "rmsprop_step": [rmsprop_in_place_on_copies, rmsprop_towards_the_square, rmsprop_in_single_precision],
    "adam_step": [adam_rearranged, adam_in_single_precision, adam_number_by_number],
    "adamw_step": [adamw_decays_first, adamw_around_adam, adamw_with_the_rate_outside],
    "step_decay": [step_decay_in_a_loop, step_decay_with_arrays, step_decay_by_bisection],
}
