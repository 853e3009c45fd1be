"""Wrong answers of the sample class, written as students write them. What is wrong is in the catalogue by name."""

import numpy as np


def heaviside_that_fires_at_zero(z):
    return np.where(z >= 0, 1.0, 0.0)


def perceptron_with_threshold(x, w, b):
    return (x @ w - b > 0).astype(float)


def nand_with_bias_not_negated():
    return np.array([-2.0, -2.0]), -3.0


def network_of_the_slide():
    W1 = np.array([[-2.0, 2.0], [-2.0, 2.0]])
    b1 = np.array([-3.0, -1.0])
    return W1, b1, np.array([2.0, 2.0]), -3.0


def update_away_from_the_sample(w, b, x, y, learning_rate):
    prediction = 1.0 if x @ w + b > 0 else 0.0
    error = prediction - y
    return w + learning_rate * error * x, b + learning_rate * error


def training_that_stops(x, y, learning_rate, epochs):
    w, b, mistakes = np.zeros(x.shape[1]), 0.0, []
    for _ in range(epochs):
        wrong = 0
        for sample, label in zip(x, y):
            prediction = 1.0 if sample @ w + b > 0 else 0.0
            wrong += int(prediction != label)
            w = w + learning_rate * (label - prediction) * sample
            b = b + learning_rate * (label - prediction)
        mistakes.append(wrong)
        if wrong == 0:
            break
    return w, b, mistakes


def uphill_step(w, dw, learning_rate):
    w = w + learning_rate * dw
    return w


def sgd_in_place(w, dw, learning_rate):
    w -= learning_rate * dw
    return w


def adam_of_the_slide(w, dw, m, v, t, learning_rate, beta1=0.9, beta2=0.999, eps=1e-7):
    t = t - 1
    m = beta1 * m + (1 - beta1) * dw
    v = beta2 * v + (1 - beta2) * dw * dw
    m_unbias = m / (1 - beta1**t)
    v_unbias = v / (1 - beta2**t)
    return w - learning_rate * m_unbias / (np.sqrt(v_unbias) + eps), m, v


def adam_without_correction(w, dw, m, v, t, learning_rate, beta1=0.9, beta2=0.999, eps=1e-7):
    m = beta1 * m + (1 - beta1) * dw
    v = beta2 * v + (1 - beta2) * dw * dw
    return w - learning_rate * m / (np.sqrt(v) + eps), m, v


def adagrad_with_eps_inside(w, dw, cache, learning_rate, eps=1e-7):
    cache = cache + dw * dw
    return w - learning_rate * dw / np.sqrt(cache + eps), cache


def decay_too_late(learning_rate, epoch, milestones, factor):
    for milestone in milestones:
        if epoch > milestone:
            learning_rate = learning_rate * factor
    return learning_rate


MISTAKES = {
    "goran": {
        "perceptrons.heaviside": heaviside_that_fires_at_zero,
        "perceptrons.xor_network_parameters": network_of_the_slide,
        "optimizers.sgd_step": uphill_step,
        "optimizers.adam_step": adam_of_the_slide,
    },
    "hana": {
        "perceptrons.nand_gate_parameters": nand_with_bias_not_negated,
        "perceptrons.train_perceptron": training_that_stops,
        "optimizers.adam_step": adam_of_the_slide,
        "optimizers.step_decay": decay_too_late,
    },
    "ines": {
        "perceptrons.perceptron": perceptron_with_threshold,
        "perceptrons.perceptron_update": update_away_from_the_sample,
        "optimizers.sgd_step": sgd_in_place,
        "optimizers.adagrad_step": adagrad_with_eps_inside,
    },
    "jakob": {
        "perceptrons.heaviside": heaviside_that_fires_at_zero,
        "perceptrons.train_perceptron": training_that_stops,
        "optimizers.adam_step": adam_without_correction,
        "optimizers.step_decay": decay_too_late,
    },
}
