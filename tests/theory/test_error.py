"""Errors on the mixture, against Monte Carlo, brute force and exact cases."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fls_teach.theory import (
    angle,
    bayes_error,
    decompose,
    forward,
    gradient_flow,
    linear_error,
    network_error,
)

from .strategies import rotation, seeds, separable_run

ratios = st.floats(0.1, 4)


def monte_carlo(W, v, signal, kappa, sigma, n_draws=200_000, seed=7):
    """Plain test error and its standard error; half an error for a tie."""
    rng = np.random.default_rng(seed)
    y = rng.choice([-1.0, 1.0], n_draws)
    signal = np.asarray(signal) / np.linalg.norm(signal)
    X = kappa * y[:, None] * signal + sigma * rng.standard_normal((n_draws, len(signal)))
    margins = y * forward(X, W, v)
    wrong = np.where(margins == 0, 0.5, margins < 0)
    return wrong.mean(), wrong.std() / math.sqrt(n_draws)


def assert_agrees(W, v, signal, kappa, sigma=1.0, n_draws=4_000):
    """5 combined standard errors: a false alarm in two million."""
    error, standard_error = network_error(W, v, signal, kappa, sigma, n_draws)
    plain, plain_standard_error = monte_carlo(W, v, signal, kappa, sigma)
    assert abs(error - plain) <= 5 * math.hypot(standard_error, plain_standard_error), (error, standard_error, plain)


@given(ratios, st.floats(0.2, 3))
def test_bayes_error_is_the_normal_tail(ratio, sigma):
    """Catches Phi(+), a squared ratio, and sigma ignored; erfc keeps the far tail exact."""
    assert bayes_error(ratio * sigma, sigma) == pytest.approx(math.erfc(ratio / math.sqrt(2)) / 2, rel=1e-12)
    assert bayes_error(30.0) == pytest.approx(math.erfc(30 / math.sqrt(2)) / 2, rel=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_linear_error_is_that_of_the_linear_classifier(seed):
    """Catches the angle itself for its cosine, an unnormalised predictor, a signal of length != 1."""
    rng = np.random.default_rng(seed)
    predictor, signal = rng.standard_normal(4), 3 * rng.standard_normal(4)
    # The network relu(<w, x>) - relu(-<w, x>) is <w, x>.
    plain, spread = monte_carlo(np.stack([predictor, -predictor]), np.array([1.0, -1.0]), signal, 1.2, 0.8)
    assert abs(linear_error(predictor, signal, 1.2, 0.8) - plain) <= 5 * spread


def test_special_cases_of_linear_error():
    """Catches NaN for the zero predictor, which always ties, and an optimum that is not the Bayes error."""
    np.testing.assert_allclose(
        linear_error([[2, 0], [-2, 0], [0, 5], [0, 0]], [3, 0], 1.5),
        [bayes_error(1.5), 1 - bayes_error(1.5), 0.5, 0.5], rtol=1e-14,
    )  # fmt: skip
    assert linear_error([1e-300, 0.0], [1e70, 0.0], 1.5) == bayes_error(1.5)


@given(seeds, ratios, st.floats(0.2, 3))
def test_decomposition_is_a_minimum_over_the_cone(seed, ratio, sigma):
    """Catches a wrong half-angle, cos(phi - theta) without the max, a cone around s: brute force finds the best v."""
    rng = np.random.default_rng(seed)
    predictor, toward, signal = rng.standard_normal((3, 3))
    parts = decompose(predictor, toward, signal, ratio * sigma, sigma)
    theta, phi = angle(predictor, toward), angle(toward, signal)
    assert parts.alignment == pytest.approx(float(np.cos(theta)), abs=1e-15) and parts.phi == phi
    # The best direction lies in the plane of x_+ and s; random ones must not beat it.
    e = toward / np.linalg.norm(toward)
    across = signal - (signal @ e) * e
    across /= np.linalg.norm(across)
    tilt = np.linspace(-theta, theta, 4_001)[:, None]
    in_plane = linear_error(np.cos(tilt) * e + np.sin(tilt) * across, signal, ratio * sigma, sigma)
    best = parts.over_alignment + bayes_error(ratio * sigma, sigma)
    # Steps of at most pi/2000 miss the optimum by at most ratio * (pi/4000)^2 / 2 * 0.4 = 5e-7 where it is inside.
    assert best <= in_plane.min() + 1e-15 and in_plane.min() <= best + 1e-6
    around = rng.standard_normal((2_000, 3))
    inside = around[angle(around, toward) <= theta]
    if len(inside):
        assert linear_error(inside, signal, ratio * sigma, sigma).min() >= best - 1e-15


@given(seeds, st.integers(2, 6), ratios, st.sampled_from([1e-70, 1.0, 1e70]))
def test_both_parts_are_non_negative_and_sum_to_the_excess(seed, d, ratio, scale):
    """Catches a part that is clipped or defined on its own, and dependence on lengths or on the coordinates."""
    rng = np.random.default_rng(seed)
    predictor, toward, signal = rng.standard_normal((3, d))
    parts = decompose(predictor, toward, signal, ratio)
    assert parts.over_alignment >= 0 and parts.over_fitting >= 0
    assert parts.over_alignment + parts.over_fitting == pytest.approx(float(parts.excess), rel=0, abs=1e-15)
    assert parts.excess == pytest.approx(float(linear_error(predictor, signal, ratio)) - bayes_error(ratio), abs=1e-15)
    Q = rotation(d, seed)
    turned = decompose(scale * predictor @ Q, toward @ Q / scale, 2 * signal @ Q, ratio)
    for name in ("over_alignment", "over_fitting", "excess", "alignment", "phi"):
        assert getattr(turned, name) == pytest.approx(float(getattr(parts, name)), abs=1e-13)


@given(st.floats(0.01, 1.5), st.floats(0.01, 1.5), ratios)
def test_over_alignment_vanishes_exactly_at_the_break_condition(phi, theta, ratio):
    """Catches > for >= or arccos noise at the edge: OA = 0 iff the cone reaches the signal, Psi <= cos phi."""
    toward, signal = np.array([1.0, 0.0, 0.0]), np.array([np.cos(phi), np.sin(phi), 0.0])
    predictor = np.array([np.cos(theta), 0.0, np.sin(theta)])  # off the plane, so that OF > 0 too
    parts = decompose(predictor, toward, signal, ratio)
    if theta > phi + 1e-9:
        assert parts.over_alignment == 0.0
    elif theta < phi - 1e-3:
        expected = math.erfc(ratio * math.cos(phi - theta) / math.sqrt(2)) / 2 - bayes_error(ratio)
        assert parts.over_alignment == pytest.approx(expected, rel=1e-6, abs=1e-15) and expected > 0


def test_decompose_takes_a_batch():
    """Catches a mix-up of runs: the tables of science.md#u-curve decompose all seeds and alphas at once."""
    rng = np.random.default_rng(0)
    predictor, toward, signal = rng.standard_normal((4, 5, 3)), rng.standard_normal((5, 3)), rng.standard_normal(3)
    batch = decompose(predictor, toward, signal, 2.0)
    for i in range(4):
        for k in range(5):
            assert batch.over_fitting[i, k] == decompose(predictor[i, k], toward[k], signal, 2.0).over_fitting


@pytest.mark.parametrize("seed", range(6))
def test_network_error_of_a_random_network(seed):
    """Catches a wrong class prior, a lost 1/2, a signal that is not removed from the noise, sigma or kappa misused."""
    rng = np.random.default_rng(seed)
    h, d = rng.integers(1, 9), rng.integers(2, 6)
    W, v = rng.standard_normal((h, d)), rng.standard_normal(h)
    assert_agrees(W, v, 2.5 * rng.standard_normal(d), rng.uniform(0.2, 2), rng.uniform(0.4, 1.5))


def test_network_error_of_trained_networks():
    """Catches what random networks hide: nearly parallel neurons, tiny dead ones, sub-networks silent on a wedge."""
    for alpha in (2.0**-12, 0.25):
        X, y, W, signs = separable_run(5, alpha)
        flow = gradient_flow(X, y, W, signs, target_risk=0.05)
        assert_agrees(flow.W, flow.v, np.eye(20)[0], 1.0)


def test_ties_on_a_silent_wedge_count_half():
    """Catches a missing tie term: two neurons 120 degrees apart leave f = 0 on a third of the plane."""
    W, v = np.array([[1.0, 0.0], [-0.5, np.sqrt(0.75)]]), np.array([1.0, -1.0])
    assert_agrees(W, v, [0.3, -1.0], 0.7)
    # As kappa -> 0 the errors of the two classes mirror each other: exactly 1/2 whatever the network.
    assert network_error(W, v, [0.3, -1.0], 1e-12)[0] == pytest.approx(0.5, abs=1e-11)
    # In one dimension a positive neuron errs fully on the negatives it is active on, and by half where it is silent.
    error, standard_error = network_error([[2.0]], [3.0], [1.0], 0.8)
    assert error == pytest.approx(bayes_error(0.8) / 2 + 0.25, rel=1e-14) and standard_error == 0


def test_flat_neurons_do_not_break():
    """Catches a division by a zero slope: neurons orthogonal to the signal have no breakpoint along it."""
    W = np.array([[0.0, 1.0, 0.5], [0.0, -1.0, 0.2], [1.0, 0.3, 0.0], [-0.8, 0.0, 1.0]])
    assert_agrees(W, np.array([1.0, -0.7, 0.6, -0.9]), [1.0, 0.0, 0.0], 0.9)
    # A flat neuron that is alone on a piece answers with its own sign, here always "positive".
    W_above = np.array([[0.0, 1.0, 0.0], [0.0, -1.0, 0.0], [1.0, 0.3, 1.0]])
    for v in ([1.0, 1.0, -5.0], [-1.0, -1.0, 5.0]):
        assert_agrees(W_above, np.array(v), [1.0, 0.0, 0.0], 0.9)
    # Only flat neurons: the output knows nothing of the signal, so both classes err together at exactly 1/2.
    assert network_error(W[:2], [1.0, -0.7], [1.0, 0.0, 0.0], 0.9)[0] == pytest.approx(0.5, abs=1e-15)


@pytest.mark.parametrize(
    ("W", "v"),
    [([[1.0, 2.0], [3.0, -1.0]], [0.0, 0.0]), ([[0.0, 0.0], [0.0, 0.0]], [1.0, -1.0]), ([[0.0, 0.0]], [0.0])],
    ids=["no second layer", "no first layer", "nothing"],
)
def test_a_dead_network_errs_by_half(W, v):
    """Catches ties counted as right, as wrong, or by the sign of a rounding error: exactly 1/2, error bar 0."""
    assert network_error(W, v, [1.0, 1.0], 2.0) == (0.5, 0.0)


@given(seeds, ratios)
def test_a_linear_network_has_the_linear_error(seed, ratio):
    """Catches any bias of the estimate: relu(z) - relu(-z) = z, so along s the answer is the Bayes error exactly."""
    rng = np.random.default_rng(seed)
    signal = rng.standard_normal(3)
    error, standard_error = network_error(np.stack([signal, -signal]), [1.0, -1.0], signal, ratio, n_draws=50)
    assert error == pytest.approx(bayes_error(ratio), rel=1e-10) and standard_error < 1e-12
    predictor = signal + 0.5 * rng.standard_normal(3)
    error, standard_error = network_error(np.stack([predictor, -predictor]), [1.0, -1.0], signal, ratio, n_draws=500)
    assert abs(error - linear_error(predictor, signal, ratio)) <= 5.5 * standard_error + 1e-12


def test_neurons_that_cancel_are_a_tie():
    """Catches f = 0 read as a sign where neurons are active but cancel: forward is exactly 0 everywhere here."""
    W, v = np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([1.0, -1.0])
    X = np.random.default_rng(0).standard_normal((100, 2))
    assert not forward(X, W, v).any()
    assert network_error(W, v, [1.0, 0.0], 2.0)[0] == pytest.approx(0.5, abs=1e-15)


def test_tiny_neurons_decide_where_the_large_ones_are_silent():
    """Catches sums that carry rounding residues of silent large neurons: at alpha = 2^-30 those outweigh the small.

    Large neurons are active on u < -0.3 z and u < 0.4 z alone; beyond, one neuron of size 1e-10 answers, and is right.
    """
    d = 3
    rng = np.random.default_rng(0)
    large = np.column_stack([-rng.uniform(0.5, 2, 7), rng.standard_normal((7, d - 1))])
    W = np.vstack([large, 1e-10 * np.eye(1, d)])
    v = np.append(-rng.uniform(0.5, 2, 7) / 3, 1e-10)
    assert_agrees(W, v, np.eye(d)[0], 1.0)
    assert_agrees(W, -v, np.eye(d)[0], 1.0)


@given(seeds, st.sampled_from([2.0**-20, 0.5, 8.0]))
def test_network_error_depends_on_signs_alone(seed, scale):
    """Catches thresholds on the output: scaling weights by powers of two changes no bit, flipping v mirrors it."""
    rng = np.random.default_rng(seed)
    W, v, signal = rng.standard_normal((4, 3)), rng.standard_normal(4), rng.standard_normal(3)
    error, standard_error = network_error(W, v, signal, 1.0, n_draws=100)
    assert network_error(scale * W, v / scale, signal, 1.0, n_draws=100) == (error, standard_error)
    assert network_error(W, v, signal, 3.0, 3.0, n_draws=100) == (error, standard_error)
    assert 0 <= error <= 1 and standard_error >= 0
    flipped = network_error(W, -v, signal, 1.0, n_draws=100)
    assert flipped[0] == pytest.approx(1 - float(error), abs=1e-12)
    order = rng.permutation(4)
    assert network_error(W[order], v[order], signal, 1.0, n_draws=100)[0] == pytest.approx(float(error), abs=1e-12)


def test_standard_error_is_honest():
    """Catches a standard error of one draw, or one too small: over 60 seeds it must match the actual spread."""
    rng = np.random.default_rng(0)
    W, v = rng.standard_normal((5, 4)), rng.standard_normal(5)
    runs = np.array([network_error(W, v, np.eye(4)[0], 1.0, n_draws=200, rng=seed) for seed in range(60)])
    assert 0.7 < runs[:, 0].std(ddof=1) / runs[:, 1].mean() < 1.4  # 1 +- 4/sqrt(120)


def test_batch_and_repeatability():
    """Catches draws that differ between the networks of a batch: paired differences over alphas would get noisy."""
    rng = np.random.default_rng(0)
    W, v = rng.standard_normal((2, 3, 5, 4)), rng.standard_normal((2, 3, 5))
    error, standard_error = network_error(W, v, np.ones(4), 1.0, n_draws=50)
    assert error.shape == standard_error.shape == (2, 3)
    for i in range(2):
        for k in range(3):
            assert network_error(W[i, k], v[i, k], np.ones(4), 1.0, n_draws=50)[0] == error[i, k]
    assert network_error(W[0, 0], v[0, 0], np.ones(4), 1.0, n_draws=50, rng=1)[0] != error[0, 0]
    shared_first_layer = network_error(W[0, 0], v[:, 0], np.ones(4), 1.0, n_draws=50)[0]
    assert shared_first_layer[0] == error[0, 0] and shared_first_layer.shape == (2,)


@pytest.mark.parametrize("length", [1e-70, 1e70])
def test_a_signal_of_any_length(length):
    """Catches a norm that underflows or overflows: the length of s does not matter, says the docstring."""
    W, v = [[1.0, 0.5], [-1.0, 0.2]], [1.0, -1.0]
    assert network_error(W, v, [length, 0.0], 1.0) == network_error(W, v, [1.0, 0.0], 1.0)


def test_inputs_are_never_modified():
    """Catches a signal normalised in place."""
    W, v, signal = np.eye(2), np.array([1.0, -1.0]), np.array([3.0, 4.0])
    for part in (W, v, signal):
        part.flags.writeable = False
    network_error(W, v, signal, 1.0, n_draws=10)
    decompose(W[0], W[1], signal, 1.0)
    linear_error(W, signal, 1.0)
