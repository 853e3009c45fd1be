"""The references of chapter ``optimizers`` against PyTorch, closed forms and properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from numpy.testing import assert_allclose, assert_array_equal

from solutions.optimizers import (
    adadelta_step,
    adagrad_step,
    adam_step,
    adamw_step,
    momentum_step,
    nesterov_lookahead_step,
    nesterov_step,
    rmsprop_step,
    sgd_step,
    step_decay,
)

reproducible = settings(deadline=None, derandomize=True)  # a slow machine is no failure

START = np.array([[2.0, -1.5, 0.3], [-0.7, 4.0, -3.0]])
STIFFNESS = np.array([[0.5, 1.0, 3.0], [2.0, 0.1, 0.8]])


def gradient(w):
    """The gradient of Σ (stiffness·w²/2 + cos 2w), a bowl with dents."""
    return STIFFNESS * w - 2 * np.sin(2 * w)


def path(step, states, steps=100, w=START, slope=gradient):
    """The parameters after each step; ``step(t, w, dw, *state)`` gives w and the new states."""
    state, points = [np.zeros_like(w)] * states, []
    for t in range(1, steps + 1):
        w, *state = step(t, w, slope(w), *state)
        points.append(w)
    return np.stack(points)


# ------------------------------------------------------------------------------------------------- PyTorch


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip(
        "torch", reason="PyTorch is not installed: pip install torch==2.13.0 runs these oracle tests"
    )


def torch_path(torch, make, steps=100):
    """The path of PyTorch's optimizer on the same function, with gradients from autograd."""
    w = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    stiffness = torch.tensor(STIFFNESS, dtype=torch.float64)
    optimizer, points = make(torch.optim, [w]), []
    for _ in range(steps):
        optimizer.zero_grad()
        (stiffness * w**2 / 2 + torch.cos(2 * w)).sum().backward()
        optimizer.step()
        points.append(w.detach().numpy().copy())
    return np.stack(points)


def assert_one_path(ours, theirs):
    assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)


def test_sgd_follows_pytorch_for_100_steps(torch):
    theirs = torch_path(torch, lambda optim, w: optim.SGD(w, lr=0.05))
    assert_one_path(path(lambda t, w, dw: (sgd_step(w, dw, 0.05),), 0), theirs)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_momentum_follows_pytorch_for_100_steps(torch, rho):
    theirs = torch_path(torch, lambda optim, w: optim.SGD(w, lr=0.02, momentum=rho))
    assert_one_path(path(lambda t, w, dw, v: momentum_step(w, dw, v, 0.02, rho), 1), theirs)


@pytest.mark.parametrize("rho", [0.5, 0.9])
def test_rearranged_nesterov_follows_pytorch_for_100_steps(torch, rho):
    # PyTorch keeps b' = ρb + dw and steps by −η(dw + ρb'). Put v = −ηb. Then v' = ρv − η·dw is −ηb', and
    # −ρv + (1 + ρ)v' = (v' − ρv) + ρv' = −η·dw − ηρb': the same step. PyTorch's w is our look-ahead point w̃.
    theirs = torch_path(torch, lambda optim, w: optim.SGD(w, lr=0.02, momentum=rho, nesterov=True))
    assert_one_path(path(lambda t, w, dw, v: nesterov_step(w, dw, v, 0.02, rho), 1), theirs)


@pytest.mark.parametrize("eps", [1e-7, 0.1])
def test_adagrad_follows_pytorch_for_100_steps(torch, eps):
    theirs = torch_path(torch, lambda optim, w: optim.Adagrad(w, lr=0.3, eps=eps))
    assert_one_path(path(lambda t, w, dw, cache: adagrad_step(w, dw, cache, 0.3, eps), 1), theirs)


@pytest.mark.parametrize("rho, eps", [(0.95, 1e-6), (0.8, 1e-2)])
def test_adadelta_follows_pytorch_for_100_steps(torch, rho, eps):
    theirs = torch_path(torch, lambda optim, w: optim.Adadelta(w, lr=1.0, rho=rho, eps=eps))
    assert_one_path(path(lambda t, w, dw, g, s: adadelta_step(w, dw, g, s, rho, eps), 2), theirs)


@pytest.mark.parametrize("decay, eps", [(0.9, 1e-7), (0.99, 0.1)])
def test_rmsprop_follows_pytorch_for_100_steps(torch, decay, eps):
    theirs = torch_path(torch, lambda optim, w: optim.RMSprop(w, lr=0.01, alpha=decay, eps=eps))
    assert_one_path(path(lambda t, w, dw, cache: rmsprop_step(w, dw, cache, 0.01, decay, eps), 1), theirs)


@pytest.mark.parametrize("beta1, beta2, eps", [(0.9, 0.999, 1e-7), (0.5, 0.9, 0.1)])
def test_adam_follows_pytorch_for_100_steps(torch, beta1, beta2, eps):
    theirs = torch_path(torch, lambda optim, w: optim.Adam(w, lr=0.05, betas=(beta1, beta2), eps=eps))
    assert_one_path(path(lambda t, w, dw, m, v: adam_step(w, dw, m, v, t, 0.05, beta1, beta2, eps), 2), theirs)


@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_adamw_follows_pytorch_for_100_steps(torch, weight_decay):
    theirs = torch_path(torch, lambda optim, w: optim.AdamW(w, lr=0.05, weight_decay=weight_decay, eps=1e-7))
    assert_one_path(path(lambda t, w, dw, m, v: adamw_step(w, dw, m, v, t, 0.05, weight_decay), 2), theirs)


@pytest.mark.parametrize("milestones", [[3, 7, 12], [12, 3, 7], [5, 5], []])
def test_step_decay_follows_pytorch_for_20_epochs(torch, milestones):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.3)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones, gamma=0.2)
    for epoch in range(20):
        assert step_decay(0.3, epoch, milestones, 0.2) == pytest.approx(scheduler.get_last_lr()[0], rel=1e-12)
        optimizer.step()
        scheduler.step()


# -------------------------------------------------------------------------------------------- closed forms

CONSTANT = np.array([0.5, -3.0, 1e-3])


def constant_path(step, states, steps=50):
    return path(step, states, steps, np.zeros(3), lambda w: CONSTANT)


def counted(steps=50):
    return np.arange(1, steps + 1)[:, None]


def test_sgd_on_a_parabola_shrinks_by_one_factor_a_step():
    points = path(lambda t, w, dw: (sgd_step(w, dw, 0.1),), 0, 30, np.array([4.0]), lambda w: 3 * w)
    assert_allclose(points, 4 * (1 - 0.3) ** counted(30))


def test_momentum_on_a_constant_gradient_is_a_geometric_series():
    v = np.zeros(3)
    for t in range(1, 51):
        w, v = momentum_step(np.zeros(3), CONSTANT, v, 0.1, 0.9)
        assert_allclose(v, CONSTANT * (1 - 0.9**t) / (1 - 0.9))
        assert_allclose(w, -0.1 * v)


def test_momentum_without_memory_is_sgd():
    w, v = momentum_step(START, gradient(START), START, 0.1, rho=0.0)
    assert_allclose(w, sgd_step(START, gradient(START), 0.1))
    assert_allclose(v, gradient(START))


def test_velocity_coasts_without_a_gradient():
    w, v = momentum_step(np.array([1.0]), np.zeros(1), np.array([2.0]), 0.1, 0.5)
    assert (w, v) == (pytest.approx(0.9), pytest.approx(1.0))


@pytest.mark.parametrize("rho", [0.3, 0.9])
def test_both_nesterov_forms_go_one_path(rho):
    w, v = START, np.zeros_like(START)
    ahead, velocity = START, np.zeros_like(START)
    for _ in range(100):
        w, v = nesterov_lookahead_step(w, v, gradient, 0.02, rho)
        ahead, velocity = nesterov_step(ahead, gradient(ahead), velocity, 0.02, rho)
        assert_allclose(velocity, v, rtol=1e-9, atol=1e-12)
        assert_allclose(ahead, w + rho * v, rtol=1e-9, atol=1e-12)


def test_nesterov_on_a_constant_gradient_is_momentum_with_the_rate_inside():
    w, v = nesterov_lookahead_step(START, np.full_like(START, 0.2), lambda place: STIFFNESS, 0.1, 0.9)
    assert_allclose(v, 0.9 * 0.2 - 0.1 * STIFFNESS)
    assert_allclose(w, START + v)


def test_nesterov_asks_for_the_gradient_once_and_at_the_look_ahead():
    places = []
    nesterov_lookahead_step(START, STIFFNESS, lambda place: places.append(place) or place, 0.1, 0.9)
    assert len(places) == 1
    assert_allclose(places[0], START + 0.9 * STIFFNESS)


def test_adagrad_on_a_constant_gradient_shrinks_as_one_over_root_t():
    points = constant_path(lambda t, w, dw, cache: adagrad_step(w, dw, cache, 0.1, eps=0.0), 1)
    steps = np.diff(points, axis=0, prepend=np.zeros((1, 3)))
    assert_allclose(steps, -0.1 * np.sign(CONSTANT) / np.sqrt(counted()), rtol=1e-9)


def test_rmsprop_on_a_constant_gradient_settles_at_steps_of_the_rate():
    cache = np.zeros(3)
    for t in range(1, 201):
        w, cache = rmsprop_step(np.zeros(3), CONSTANT, cache, 0.1, 0.9, eps=0.0)
        assert_allclose(cache, CONSTANT**2 * (1 - 0.9**t))
    assert_allclose(w, -0.1 * np.sign(CONSTANT))


def test_adadelta_takes_its_first_step_from_eps():
    w, grad_avg, step_avg = adadelta_step(np.zeros(3), CONSTANT, np.zeros(3), np.zeros(3), 0.95, 1e-6)
    assert_allclose(grad_avg, 0.05 * CONSTANT**2)
    assert_allclose(w, -1e-3 * CONSTANT / np.sqrt(0.05 * CONSTANT**2 + 1e-6))
    assert_allclose(step_avg, 0.05 * w**2)


def test_adadelta_hardly_knows_the_unit_of_the_gradient():
    small = constant_path(lambda t, w, dw, g, s: adadelta_step(w, dw, g, s, eps=1e-20), 2)
    large = constant_path(lambda t, w, dw, g, s: adadelta_step(w, 1e3 * dw, g, s, eps=1e-20), 2)
    assert_allclose(large, small, rtol=1e-9)


def test_adams_first_step_is_the_rate_against_the_sign_of_the_gradient():
    w, m, v = adam_step(np.zeros(3), CONSTANT, np.zeros(3), np.zeros(3), 1, 0.1, eps=0.0)
    assert_allclose(w, -0.1 * np.sign(CONSTANT))
    assert_allclose(m, 0.1 * CONSTANT)
    assert_allclose(v, 0.001 * CONSTANT**2)


def test_adam_on_a_constant_gradient_steps_by_the_rate_at_every_t():
    points = constant_path(lambda t, w, dw, m, v: adam_step(w, dw, m, v, t, 0.1, eps=0.0), 2)
    assert_allclose(points, -0.1 * np.sign(CONSTANT) * counted(), rtol=1e-9)


def test_adam_without_first_memory_and_long_after_the_start_is_rmsprop():
    cache = np.full_like(START, 0.7)
    w, _, v = adam_step(START, gradient(START), START, cache, 10**6, 0.1, beta1=0.0, beta2=0.9)
    expected, expected_cache = rmsprop_step(START, gradient(START), cache, 0.1, 0.9)
    assert_allclose(w, expected)
    assert_allclose(v, expected_cache)


def test_adamw_without_a_gradient_only_decays():
    points = path(
        lambda t, w, dw, m, v: adamw_step(w, dw, m, v, t, 0.1, 0.5), 2, 20, np.array([4.0, -2.0]), np.zeros_like
    )
    assert_allclose(points, np.array([4.0, -2.0]) * (1 - 0.1 * 0.5) ** counted(20))


def test_adamw_keeps_the_moments_of_adam():
    w, m, v = adamw_step(START, gradient(START), STIFFNESS, STIFFNESS, 3, 0.1, 0.5)
    adam_w, adam_m, adam_v = adam_step(START, gradient(START), STIFFNESS, STIFFNESS, 3, 0.1)
    assert_array_equal(m, adam_m)
    assert_array_equal(v, adam_v)
    assert_allclose(w, adam_w - 0.1 * 0.5 * START)


@pytest.mark.parametrize(
    "epoch, expected", [(0, 0.1), (59, 0.1), (60, 0.02), (120, 0.004), (160, 0.0008), (999, 0.0008)]
)
def test_step_decay_falls_at_each_milestone(epoch, expected):
    assert step_decay(0.1, epoch, [60, 120, 160], 0.2) == pytest.approx(expected)


# ---------------------------------------------------------------------------------------------- properties

# name: (how many states, the step with sensible settings)
STEPS = {
    "sgd_step": (0, lambda w, dw: (sgd_step(w, dw, 0.1),)),
    "momentum_step": (1, lambda w, dw, v: momentum_step(w, dw, v, 0.1)),
    "nesterov_lookahead_step": (1, lambda w, dw, v: nesterov_lookahead_step(w, v, lambda at: dw + 0.5 * at, 0.1)),
    "nesterov_step": (1, lambda w, dw, v: nesterov_step(w, dw, v, 0.1)),
    "adagrad_step": (1, lambda w, dw, cache: adagrad_step(w, dw, cache, 0.1)),
    "adadelta_step": (2, lambda w, dw, g, s: adadelta_step(w, dw, g, s)),
    "rmsprop_step": (1, lambda w, dw, cache: rmsprop_step(w, dw, cache, 0.1)),
    "adam_step": (2, lambda w, dw, m, v: adam_step(w, dw, m, v, 3, 0.1)),
    "adamw_step": (2, lambda w, dw, m, v: adamw_step(w, dw, m, v, 3, 0.1, 0.2)),
}
# their first state averages gradients, and turns with their sign; all other states are of squares
WITH_VELOCITY = ("momentum_step", "nesterov_lookahead_step", "nesterov_step", "adam_step", "adamw_step")
every_step = pytest.mark.parametrize("name", STEPS)
SHAPES = arrays_of.array_shapes(max_dims=4, max_side=4)


def draw_arrays(data, states, shape):
    """w and dw of any sign, and states that are positive, as averages of squares are."""
    signed = arrays_of.arrays(np.float64, shape, elements=st.floats(-1e3, 1e3))
    positive = arrays_of.arrays(np.float64, shape, elements=st.floats(0, 1e3))
    return [data.draw(signed), data.draw(signed)] + [data.draw(positive) for _ in range(states)]


@every_step
@reproducible
@given(data=st.data(), shape=SHAPES)
def test_a_step_keeps_shapes_and_leaves_its_inputs_as_they_were(name, data, shape):
    states, step = STEPS[name]
    given_arrays = draw_arrays(data, states, shape)
    before = [array.copy() for array in given_arrays]
    results = step(*given_arrays)
    assert [result.shape for result in results] == [shape] * (1 + states)
    assert all(np.isfinite(result).all() for result in results)
    for array, copy in zip(given_arrays, before):
        assert_array_equal(array, copy)
    assert not any(np.shares_memory(result, array) for result in results for array in given_arrays)


@every_step
@reproducible
@given(data=st.data(), n=st.integers(1, 6))
def test_the_order_of_the_parameters_does_not_matter(name, data, n):
    states, step = STEPS[name]
    given_arrays, order = draw_arrays(data, states, (n,)), data.draw(st.permutations(range(n)))
    straight = step(*given_arrays)
    shuffled = step(*[array[order] for array in given_arrays])
    for one, other in zip(straight, shuffled):
        assert_allclose(one[order], other, rtol=1e-12, atol=0)  # SIMD loops may round the last bit differently


@every_step
@reproducible
@given(data=st.data())
def test_a_mirrored_problem_has_the_mirrored_path(name, data):
    states, step = STEPS[name]
    w, dw, *state = draw_arrays(data, states, (3,))
    signs = [-1, 1][:states] if name in WITH_VELOCITY else [1] * states
    there = step(w, dw, *state)
    mirrored = step(-w, -dw, *[sign * s for sign, s in zip(signs, state)])
    for sign, one, other in zip([-1, *signs], there, mirrored):
        assert_allclose(sign * one, other, rtol=1e-12, atol=0)


@every_step
def test_no_gradient_and_no_state_is_no_step(name):
    states, step = STEPS[name]
    w = np.zeros(3) if name in ("nesterov_lookahead_step", "adamw_step") else np.array([1.0, -2.0, 0.0])
    for result, expected in zip(step(w, *[np.zeros(3)] * (1 + states)), [w] + [np.zeros(3)] * states):
        assert_array_equal(result, expected)


@every_step
def test_lists_of_whole_numbers_are_taken_as_floats(name):
    states, step = STEPS[name]
    slope = np.array([3, 4]) if name == "nesterov_lookahead_step" else [3, 4]  # there it is part of a function
    lists = [[1, -2], slope] + [[1, 2]] * states
    for one, other in zip(step(*lists), step(*[np.array(values, dtype=float) for values in lists])):
        assert_array_equal(one, other)


@reproducible
@given(
    t=st.integers(1, 10**6),
    dw=st.floats(1e-3, 1e3),
    m=st.floats(-10, 10),
    v=st.floats(1e-3, 10),
)
def test_adam_equals_its_rearrangement(t, dw, m, v):
    w, m_new, v_new = adam_step(np.zeros(1), np.array([dw]), np.array([m]), np.array([v]), t, 0.1)
    root = np.sqrt(1 - 0.999**t)
    assert_allclose(w, -0.1 * root / (1 - 0.9**t) * m_new / (np.sqrt(v_new) + 1e-7 * root), rtol=1e-9)


@reproducible
@given(
    milestones=st.lists(st.integers(0, 50), max_size=6),
    epoch=st.integers(0, 60),
    factor=st.floats(0.1, 1.0),
)
def test_step_decay_multiplies_once_for_each_milestone_reached(milestones, epoch, factor):
    rate = step_decay(0.5, epoch, milestones, factor)
    assert rate == pytest.approx(np.prod([0.5] + [factor for m in milestones if m <= epoch]))
    assert rate == step_decay(0.5, epoch, sorted(milestones), factor)
    assert step_decay(0.5, epoch + 1, milestones, factor) <= rate


# --------------------------------------------------------------------------------------------------- errors

W = np.zeros(2)
SHORT = np.zeros(3)


@pytest.mark.parametrize(
    "call, name, was, should",
    [
        (lambda: sgd_step(W, SHORT, 0.1), "w", "(2,)", "(3,)"),
        (lambda: momentum_step(W, SHORT, W, 0.1), "w", "(2,)", "(3,)"),
        (lambda: momentum_step(W, W, SHORT, 0.1), "v", "(3,)", "(2,)"),
        (lambda: nesterov_lookahead_step(W, SHORT, np.copy, 0.1), "w", "(2,)", "(3,)"),
        (lambda: nesterov_step(W, SHORT, W, 0.1), "w", "(2,)", "(3,)"),
        (lambda: nesterov_step(W, W, SHORT, 0.1), "v", "(3,)", "(2,)"),
        (lambda: adagrad_step(W, SHORT, W, 0.1), "w", "(2,)", "(3,)"),
        (lambda: adagrad_step(W, W, np.zeros((2, 1)), 0.1), "cache", "(2, 1)", "(2,)"),
        (lambda: adadelta_step(W, SHORT, W, W), "w", "(2,)", "(3,)"),
        (lambda: adadelta_step(W, W, SHORT, W), "grad_avg", "(3,)", "(2,)"),
        (lambda: adadelta_step(W, W, W, SHORT), "step_avg", "(3,)", "(2,)"),
        (lambda: rmsprop_step(W, SHORT, W, 0.1), "w", "(2,)", "(3,)"),
        (lambda: rmsprop_step(W, W, SHORT, 0.1), "cache", "(3,)", "(2,)"),
        (lambda: adam_step(W, SHORT, W, W, 1, 0.1), "w", "(2,)", "(3,)"),
        (lambda: adam_step(W, W, SHORT, W, 1, 0.1), "m", "(3,)", "(2,)"),
        (lambda: adam_step(W, W, W, SHORT, 1, 0.1), "v", "(3,)", "(2,)"),
        (lambda: adamw_step(W, W, W, SHORT, 1, 0.1, 0.1), "v", "(3,)", "(2,)"),
        (lambda: momentum_step(W, W, W, 0.1, rho=1.0), "rho", "1.0", "at least 0 and below 1"),
        (lambda: nesterov_lookahead_step(W, W, np.copy, 0.1, rho=-0.1), "rho", "-0.1", "at least 0 and below 1"),
        (lambda: nesterov_step(W, W, W, 0.1, rho=1.5), "rho", "1.5", "at least 0 and below 1"),
        (lambda: adadelta_step(W, W, W, W, rho=np.nan), "rho", "nan", "at least 0 and below 1"),
        (lambda: rmsprop_step(W, W, W, 0.1, decay=1), "decay", "1", "at least 0 and below 1"),
        (lambda: adam_step(W, W, W, W, 1, 0.1, beta1=1.0), "beta1", "1.0", "at least 0 and below 1"),
        (lambda: adam_step(W, W, W, W, 1, 0.1, beta2=-1), "beta2", "-1", "at least 0 and below 1"),
        (lambda: adam_step(W, W, W, W, 0, 0.1), "t", "0", "a whole number of at least 1"),
        (lambda: adam_step(W, W, W, W, 1.5, 0.1), "t", "1.5", "a whole number of at least 1"),
        (lambda: adamw_step(W, W, W, W, -1, 0.1, 0.1), "t", "-1", "a whole number of at least 1"),
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
