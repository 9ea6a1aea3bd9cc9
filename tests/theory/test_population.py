"""Error and silence of a network on the mixture, against plain Monte Carlo, known wedges and exact cases."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from fls_teach.theory import (
    bayes_error,
    forward,
    gradient_flow,
    linear_error,
    linear_part,
    network_error,
    network_errors,
    silent_mass,
    twins,
)

from .strategies import monte_carlo, networks, seeds, separable_run

ratios = st.floats(0.1, 4)


def assert_agrees(W, v, signal, kappa, sigma=1.0, n_draws=4_000):
    """Error with either answer to silence, and silent mass, within 4 combined standard errors of 200,000 draws."""
    exact = network_errors(W, v, signal, kappa, sigma, n_draws)
    for name, plain, plain_standard_error in monte_carlo(W, v, signal, kappa, sigma):
        value, standard_error = getattr(exact, name)
        assert abs(value - plain) <= 4 * math.hypot(standard_error, plain_standard_error) + 1e-15, (name, value, plain)


def by_angle(W, v, signal, kappa, n_angles=20_000):
    """Error with half and with linear answers, and silent mass, in d = 2, where the answer depends on the angle alone.

    The density of the angle is known, so nothing is drawn: the error of the sum is below a few times 1/n_angles.
    """
    t = (np.arange(n_angles) + 0.5) * 2 * np.pi / n_angles
    X = np.column_stack([np.cos(t), np.sin(t)])
    c = kappa * (X @ signal) / np.linalg.norm(signal)
    f, linear = forward(X, W, v), X @ linear_part(W, v)
    parts = []
    for y in (-1.0, 1.0):
        # integral of r exp(-|r x - y kappa s|^2 / 2) / (2 pi) over r
        density = np.exp(-(kappa**2) / 2) * (1 + np.sqrt(2 * np.pi) * y * c * np.exp(c**2 / 2) * ndtr(y * c)) / n_angles
        answers = (f, np.where(f == 0, linear, f))
        parts.append([(density * (1 - y * np.sign(answer)) / 2).sum() for answer in answers])
        parts[-1].append(density[f == 0].sum())
    return np.mean(parts, axis=0)


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
    # A flat neuron is heard however small it is: nothing here is silent.
    tiny = np.array([[0.0, 1e-9], [0.0, -1e-9], [1.0, 0.0]])
    assert network_errors(tiny, [1.0, 1.0, -5.0], [1.0, 0.0], 0.9).silent == (0, 0)
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
    batch_errors = network_errors(W, v, np.ones(4), 1.0, n_draws=50)
    for batch, one in zip(batch_errors, network_errors(W[1, 2], v[1, 2], np.ones(4), 1.0, n_draws=50), strict=True):
        assert (batch.value[1, 2], batch.standard_error[1, 2]) == one
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


@pytest.mark.parametrize("opening", [0.2, 1.0, 2.0, 3.0])
def test_a_wedge_of_known_angle(opening):
    """Catches a silent mass that depends on the outputs, counts one class, or drops the pieces at the ends.

    Two neurons in the plane whose half planes leave out a wedge of this opening; at kappa -> 0 its mass is
    opening / (2 pi), in any direction.
    """
    half = (np.pi - opening) / 2
    W, v = np.array([[np.cos(half), np.sin(half)], [np.cos(half), -np.sin(half)]]), np.array([0.3, -7.0])
    for turn in (0.0, 1.0, 2.5):
        signal = np.array([np.cos(turn), np.sin(turn)])
        mass, standard_error = silent_mass(W, v, signal, 1e-12)
        assert abs(mass - opening / (2 * np.pi)) <= 4 * standard_error + 1e-11
        for kappa in (0.5, 1.5):
            for estimate, expected in zip(
                network_errors(W, v, signal, kappa), by_angle(W, v, signal, kappa), strict=True
            ):
                assert abs(estimate.value - expected) <= 4 * estimate.standard_error + 1e-4


@pytest.mark.parametrize("seed", range(4))
def test_random_networks_in_the_plane(seed):
    """Catches a linear answer on the wrong pieces or with the wrong root: three neurons often leave a wedge."""
    rng = np.random.default_rng(seed)
    W, v, signal = rng.standard_normal((3, 2)), rng.standard_normal(3), rng.standard_normal(2)
    for estimate, expected in zip(network_errors(W, v, signal, 1.0), by_angle(W, v, signal, 1.0), strict=True):
        assert abs(estimate.value - expected) <= 4 * estimate.standard_error + 1e-4


@given(networks(n_features=3), seeds, ratios)
def test_silence_is_worth_at_most_half_its_mass(network, seed, ratio):
    """Catches a linear answer outside the silent pieces, and a mass that is not that of the pieces counted half."""
    W, v = network
    signal = np.random.default_rng(seed).standard_normal(3)
    errors = network_errors(W, v, signal, ratio, n_draws=40)
    half, linear, silent = (float(estimate.value) for estimate in errors)
    assert 0 <= silent <= 1 + 1e-15 and 0 <= linear <= 1
    assert abs(half - linear) <= silent / 2 + 1e-14
    if silent == 0:
        assert half == linear
    for name, estimate in (("half", errors.half), ("linear", errors.linear)):
        assert network_error(W, v, signal, ratio, n_draws=40, silent=name) == estimate
    assert silent_mass(W, v, signal, ratio, n_draws=40) == errors.silent


def test_without_a_wedge_both_answers_to_silence_are_the_same():
    """Catches a linear answer that replaces the network: the half spaces of w and -w leave nothing out."""
    rng = np.random.default_rng(1)
    W, v = np.stack([w := rng.standard_normal(4), -w, rng.standard_normal(4)]), np.array([1.0, -0.3, 0.5])
    errors = network_errors(W, v, np.eye(4)[1], 1.0)
    assert errors.silent == (0, 0) and errors.half == errors.linear
    assert errors.half.value != pytest.approx(float(linear_error(linear_part(W, v), np.eye(4)[1], 1.0)), abs=1e-3)


def test_neurons_that_cancel_are_silent_and_answered():
    """Catches silence that asks whether neurons are active: where equal ones cancel the network answers nothing too."""
    # f = -relu(-x): silent on the positive half line, where the first two neurons cancel. Its linear part is x.
    W, v = np.array([[1.0], [1.0], [-1.0]]), np.array([1.0, -1.0, -1.0])
    errors = network_errors(W, v, [1.0], 1.5)
    assert errors.silent.value == pytest.approx(0.5, rel=1e-14)
    assert errors.half.value == pytest.approx(bayes_error(1.5) / 2 + 0.25, rel=1e-14)
    assert errors.linear.value == pytest.approx(bayes_error(1.5), rel=1e-14)
    # The same mass where nothing is active at all.
    assert network_errors(W[2:], v[2:], [1.0], 1.5) == errors
    # Two twins alone are silent everywhere, and their linear part is 0: a coin answers.
    errors = network_errors([[1.0, 2.0], [1.0, 2.0]], [1.0, -1.0], [1.0, 1.0], 1.5, n_draws=10)
    assert errors == ((0.5, 0), (0.5, 0), (1, 0))


def test_the_wedge_of_an_over_aligned_network():
    """Catches silence that hand-made networks do not show: the neurons of a small alpha have collapsed on two lines."""
    X, y, W, signs = separable_run(2, 2.0**-12)
    flow = gradient_flow(X, y, W, signs, target_risk=0.05)
    assert silent_mass(flow.W, flow.v, np.eye(20)[0], 2.5).value > 1e-4
    assert_agrees(flow.W, flow.v, np.eye(20)[0], 1.0)
    W, signs = twins(W, signs)
    flow = gradient_flow(X, y, 2.0**12 * W, signs, target_risk=0.05)
    assert_agrees(flow.W, flow.v, np.eye(20)[0], 1.0)


def test_a_slope_that_float64_cannot_divide_by():
    """Catches an overflow at a neuron that is all but orthogonal to the signal: its breakpoint is beyond 1e308."""
    W, v = np.array([[1.0, 1e-310], [0.2, 1.0]]), np.array([1.0, -1.0])
    flat = np.array([[1.0, 0.0], [0.2, 1.0]])
    assert network_errors(W, v, [0.0, 1.0], 1.0) == network_errors(flat, v, [0.0, 1.0], 1.0)
