"""An output multiplier is an initialisation scale in disguise: the rules, and runs that must then be the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fls_teach.theory import (
    descend,
    equivalent_alpha,
    equivalent_lr,
    equivalent_weight_decay,
    gradient_descent,
    gradient_flow,
)

from .strategies import separable_run

DECAY = 2.0**-10


def gd_pair(k, n_steps, lr, optimizer="sgd", weight_decay=0.0, rule=equivalent_lr, decay_rule=equivalent_weight_decay):
    """The runs with output multiplier c = 4^-k and with initialisation scale c^(1/2), and that scale."""
    X, y, W, signs = separable_run(0, 0.5, n_neurons=6)
    v, c = signs * np.linalg.norm(W, axis=1), 4.0**-k
    alpha = equivalent_alpha(c)
    of_alpha = gradient_descent(X, y, alpha * W, alpha * v, lr, n_steps, optimizer=optimizer, weight_decay=weight_decay)
    of_c = gradient_descent(
        X, y, W, v, float(rule(lr, c, optimizer=optimizer)), n_steps, output_multiplier=c, optimizer=optimizer,
        weight_decay=float(decay_rule(weight_decay, c)),
    )  # fmt: skip
    return of_c, of_alpha, alpha


@given(st.integers(-100, 100), st.sampled_from([0.1, 1.0, 7.0]))
def test_rules_of_degree_two_are_exact_for_powers_of_four(k, number):
    """Catches a power with the wrong sign or size; a rounding here would already break the equality of runs."""
    c = 4.0**k
    assert equivalent_alpha(c) == 2.0**k
    assert equivalent_lr(number, c) == equivalent_lr(number, c, optimizer="momentum") == number / c
    assert equivalent_lr(number, c, optimizer="adam") == number * 2.0**-k
    assert equivalent_weight_decay(number, c) == number * c


@pytest.mark.parametrize("degree", [1, 2, 3, 5])
@pytest.mark.parametrize("c", [0.037, 1.0, 12.0])
def test_rules_of_any_degree(c, degree):
    """Catches lr/c used at every depth: science.md#equivalence asks c^(-2/L), c^(-1/L) for Adam, c^(2/L) for decay."""
    assert equivalent_alpha(c, degree) ** degree == pytest.approx(c, rel=1e-14)
    assert (0.1 / equivalent_lr(0.1, c, degree)) ** degree == pytest.approx(c**2, rel=1e-13)
    assert (0.1 / equivalent_lr(0.1, c, degree, "adam")) ** degree == pytest.approx(c, rel=1e-13)
    assert (equivalent_weight_decay(0.1, c, degree) / 0.1) ** degree == pytest.approx(c**2, rel=1e-13)
    # lr * wd is what a step shrinks the weights by, and must be the same for both runs.
    product = equivalent_lr(0.1, c, degree) * equivalent_weight_decay(0.3, c, degree)
    assert product == pytest.approx(0.03, rel=1e-14)


def test_rules_take_arrays():
    """Catches scalars only: a sweep translates its whole grid of c at once. Decay 0 stays 0."""
    c = np.array([0.25, 1.0, 4.0])
    np.testing.assert_array_equal(equivalent_alpha(c), [0.5, 1, 2])
    np.testing.assert_array_equal(equivalent_lr([0.1, 0.2, 0.4], c), [0.4, 0.2, 0.1])
    np.testing.assert_array_equal(equivalent_weight_decay(0.0, c), [0, 0, 0])


@pytest.mark.parametrize("k", [-2, 1, 5])
def test_four_thousand_steps_bit_for_bit(k):
    """Catches anything that rounds differently at another scale: a stray epsilon, a threshold, a clip."""
    of_c, of_alpha, alpha = gd_pair(k, 4_000, 0.02)
    np.testing.assert_array_equal(of_c.risks, of_alpha.risks)
    np.testing.assert_array_equal(alpha * of_c.W, of_alpha.W)
    np.testing.assert_array_equal(alpha * of_c.v, of_alpha.v)
    assert of_alpha.risks[-1] < 0.5 * of_alpha.risks[0], "nothing was learned, so nothing was compared"


@pytest.mark.parametrize(
    ("optimizer", "decay"), [("momentum", 0.0), ("sgd", DECAY), ("momentum", DECAY), ("adam", 0.0)]
)
def test_other_optimisers_bit_for_bit(optimizer, decay):
    """Catches a buffer or a decay that does not scale as science.md#equivalence says."""
    of_c, of_alpha, alpha = gd_pair(3, 500, 0.01, optimizer, decay)
    np.testing.assert_array_equal(of_c.risks, of_alpha.risks)
    np.testing.assert_array_equal(alpha * of_c.W, of_alpha.W)
    assert of_alpha.risks[-1] < 0.7 * of_alpha.risks[0]


def test_adam_has_no_absolute_epsilon():
    """Catches an eps of 1e-8, which at alpha = 2^-30 freezes all weights: the equivalence is that of eps -> 0."""
    of_c, of_alpha, alpha = gd_pair(30, 300, 0.01, "adam")
    np.testing.assert_array_equal(of_c.risks, of_alpha.risks)
    assert of_alpha.risks[-1] < 0.7 * of_alpha.risks[0]


@pytest.mark.parametrize(
    ("optimizer", "decay", "wrong"),
    [
        ("sgd", 0.0, {"rule": lambda lr, c, optimizer: lr}),
        ("sgd", 0.0, {"rule": lambda lr, c, optimizer: lr * c**-0.5}),
        ("momentum", 0.0, {"rule": lambda lr, c, optimizer: lr * c**-0.5}),
        ("adam", 0.0, {"rule": lambda lr, c, optimizer: lr / c}),
        ("sgd", 0.02, {"decay_rule": lambda wd, c: wd}),
    ],
    ids=["lr unchanged", "adam's rule for sgd", "adam's rule for momentum", "sgd's rule for adam", "decay unchanged"],
)
def test_the_wrong_rule_differs(optimizer, decay, wrong):
    """Catches an equivalence that holds for any rule, because lr, decay or c is ignored."""
    of_c, of_alpha, _ = gd_pair(3, 300, 0.01, optimizer, decay, **wrong)
    assert np.abs(of_c.risks - of_alpha.risks).max() > 1e-3


def test_c_that_is_no_power_of_four_agrees_to_rounding():
    """Catches an equivalence that only powers of two hide: at c = 0.3 a few thousand roundings stay below 1e-11."""
    X, y, W, signs = separable_run(0, 0.5, n_neurons=6)
    v, alpha = signs * np.linalg.norm(W, axis=1), float(equivalent_alpha(0.3))
    of_alpha = gradient_descent(X, y, alpha * W, alpha * v, 0.02, 1_000)
    of_c = gradient_descent(X, y, W, v, float(equivalent_lr(0.02, 0.3)), 1_000, output_multiplier=0.3)
    np.testing.assert_allclose(of_c.risks, of_alpha.risks, rtol=1e-11)


def three_layers(X, y, c):
    """Loss and gradients of c w3 . relu(W2 relu(W1 x)), which is 3-homogeneous."""

    def loss_and_gradient(parameters):
        first, second, third = parameters
        Z1 = X @ first.T
        A1 = np.maximum(Z1, 0)
        Z2 = A1 @ second.T
        A2 = np.maximum(Z2, 0)
        margins = y * c * (A2 @ third)
        pull = -y * c / (1 + np.exp(margins)) / len(y)
        back2 = np.outer(pull, third) * (Z2 > 0)
        back1 = (back2 @ second) * (Z1 > 0)
        return np.logaddexp(0, -margins).mean(), [back1.T @ X, back2.T @ A1, A2.T @ pull]

    return loss_and_gradient


def test_three_layers_need_c_to_the_minus_two_thirds():
    """Catches lr/c taken for the equivalence at every depth, the mistake that science.md#equivalence warns of."""
    X, y, _, _ = separable_run(0, 1.0)
    rng, c = np.random.default_rng(0), 8.0**-2
    start = [rng.standard_normal(shape) / np.sqrt(shape[-1]) for shape in ((8, 20), (8, 8), (8,))]
    alpha = float(equivalent_alpha(c, 3))
    assert alpha == pytest.approx(0.25, rel=1e-14)
    of_alpha = descend(three_layers(X, y, 1.0), [0.25 * p for p in start], 0.5, 500)
    right, wrong = (
        descend(three_layers(X, y, c), start, float(equivalent_lr(0.5, c, degree)), 500) for degree in (3, 2)
    )
    np.testing.assert_allclose(right[1], of_alpha[1], rtol=0, atol=1e-9)
    assert of_alpha[1][-1] < 0.8 * of_alpha[1][0]
    assert np.abs(wrong[1] - of_alpha[1]).max() > 0.01


@pytest.mark.parametrize("k", [-2, 3])
def test_gradient_flow_bit_for_bit(k):
    """Catches absolute tolerances, floors or guards in the flow: c = 4^-k at speed 1/c is alpha = 2^-k, same clock."""
    X, y, W, signs = separable_run(1, 0.5)
    c = 4.0**-k
    of_alpha = gradient_flow(X, y, equivalent_alpha(c) * W, signs, target_risk=0.1)
    of_c = gradient_flow(
        X, y, W, signs, target_risk=0.1, output_multiplier=c, lr_multiplier=float(equivalent_lr(1.0, c))
    )
    assert of_c.stopping_time == of_alpha.stopping_time
    np.testing.assert_array_equal(equivalent_alpha(c) * of_c.W, of_alpha.W)


def test_gradient_flow_at_any_c():
    """Catches an output multiplier inside the loss but not in the pull, and a speed that is not one."""
    X, y, W, signs = separable_run(1, 0.5)
    of_alpha = gradient_flow(X, y, np.sqrt(0.3) * W, signs, target_risk=0.1)
    of_c = gradient_flow(X, y, W, signs, target_risk=0.1, output_multiplier=0.3, lr_multiplier=1 / 0.3)
    assert of_c.stopping_time == pytest.approx(float(of_alpha.stopping_time), rel=1e-9)
    np.testing.assert_allclose(np.sqrt(0.3) * of_c.W, of_alpha.W, atol=1e-9)
    unequal = gradient_flow(X, y, W, signs, target_risk=0.1, output_multiplier=0.3)
    assert unequal.stopping_time == pytest.approx(float(of_alpha.stopping_time) / 0.3, rel=1e-9)
