"""The XOR mixture: its sample, its Bayes error, and errors of networks on it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtr

from fls_teach.theory import XorMixture, balanced_init, gradient_flow, linear_part, second_layer, twins

from .strategies import empirical_errors, networks, rotation, seeds


def turned(kappa, sigma, n_features, seed):
    return XorMixture(kappa, sigma, axes=rotation(n_features, seed)[:2])


def large_sample(mixture, n_samples=200_000, seed=11):
    return mixture.sample(n_samples, seed)


@given(st.integers(1, 13), seeds)
def test_sample_is_balanced_ordered_and_repeatable(n_samples, seed):
    """Catches components whose sizes differ by more than odd sizes ask, and centres on the wrong axis or end."""
    mixture = XorMixture(50.0, n_features=3)
    X, y = mixture.sample(n_samples, seed)
    component = [(int(np.argmax(np.abs(x[:2]))), np.sign(x[np.argmax(np.abs(x[:2]))])) for x in X]
    positive, negative = (n_samples + 1) // 2, n_samples // 2
    expected = [
        (axis, end) for axis, n in ((0, positive), (1, negative)) for end in [1] * ((n + 1) // 2) + [-1] * (n // 2)
    ]
    assert component == expected
    np.testing.assert_array_equal(y, [1.0] * positive + [-1.0] * negative)
    np.testing.assert_array_equal(X, mixture.sample(n_samples, np.random.default_rng(seed))[0])


def test_sample_has_the_means_and_the_covariance_of_the_mixture():
    """Catches sigma used as a variance, kappa applied twice, noise in the plane of the axes alone."""
    mixture = turned(1.5, 0.5, 4, 0)
    X, y = mixture.sample(40_000, 0)
    for label, axis in ((1, mixture.axes[0]), (-1, mixture.axes[1])):
        part = X[y == label]
        for end, half in ((1, part[:10_000]), (-1, part[10_000:])):
            noise = half - end * 1.5 * axis
            # Standard errors: 0.5 / sqrt(10000) = 0.005 for a mean, 0.25 sqrt(2 / 10000) = 0.0035 for a variance.
            np.testing.assert_allclose(noise.mean(axis=0), 0, atol=0.025)
            np.testing.assert_allclose(noise.T @ noise / len(noise), 0.25 * np.eye(4), atol=0.018)


@given(st.floats(0.05, 6), st.floats(0.2, 3))
def test_bayes_error_by_quadrature(ratio, sigma):
    """Catches a lost sqrt(2), p^2 for p (1 - p), and sigma ignored: P(|u_1| < |u_2|) with u_1 around kappa."""
    density = lambda u: math.exp(-((u - ratio) ** 2) / 2) / math.sqrt(2 * math.pi)  # noqa: E731
    expected = quad(lambda u: density(u) * 2 * ndtr(-abs(u)), -12, ratio + 12, points=[0.0, ratio], epsabs=1e-12)[0]
    assert XorMixture(ratio * sigma, sigma, n_features=2).bayes_error() == pytest.approx(expected, abs=1e-10)


def test_bayes_error_of_the_best_classifier():
    """Catches labels that belong to the other axis: |<e_1, x>| > |<e_2, x>| errs at this rate on a sample."""
    mixture = turned(1.2, 0.8, 5, 1)
    X, y = large_sample(mixture)
    scores = np.abs(X @ mixture.axes.T)
    wrong = np.mean((scores[:, 0] > scores[:, 1]) != (y > 0))
    error = mixture.bayes_error()
    assert abs(wrong - error) <= 4 * math.sqrt(error * (1 - error) / len(y))


def assert_agrees(mixture, W, v):
    """Errors and silent mass within 4 combined standard errors of a sample of 200,000."""
    X, y = large_sample(mixture)
    exact = mixture.network_errors(W, v)
    for name, plain, plain_standard_error in empirical_errors(X, y, W, v):
        value, standard_error = getattr(exact, name)
        assert abs(value - plain) <= 4 * math.hypot(standard_error, plain_standard_error) + 1e-15, (name, value, plain)


@pytest.mark.parametrize("seed", range(4))
def test_network_errors_against_a_sample(seed):
    """Catches one label for both axes, noise that keeps the component along the axis, a lost sigma, one end counted."""
    rng = np.random.default_rng(seed)
    d, h = rng.integers(2, 6), rng.integers(1, 7)
    W, v = rng.standard_normal((h, d)), rng.standard_normal(h)
    mixture = turned(rng.uniform(0.5, 2.5), rng.uniform(0.5, 1.5), d, seed)
    assert_agrees(mixture, W, v)
    # f = |<e_1, x>| - |<e_2, x>| and a bit of the random network: neither silent nor at 1/2.
    best = np.concatenate([mixture.axes, -mixture.axes])
    assert_agrees(mixture, np.concatenate([best, 0.3 * W]), np.concatenate([[1, -1, 1, -1], v]))


def test_network_errors_of_a_trained_network():
    """Catches what random networks hide; a trained network is far better than a coin on this mixture."""
    mixture = XorMixture(3.0, n_features=5)
    X, y = mixture.sample(40, 0)
    W, signs = twins(*balanced_init(20, 5, 0.1, 1))
    flow = gradient_flow(X, y, W, signs, target_risk=0.1)
    assert_agrees(mixture, flow.W, flow.v)
    assert mixture.network_error(flow.W, flow.v).value < 0.25


@given(networks(n_features=3), st.floats(0.2, 3))
def test_an_odd_classifier_errs_on_half(network, ratio):
    """Catches ends with different labels: both classes are symmetric, so a linear answer is a coin here."""
    mixture, w = XorMixture(ratio, n_features=3), linear_part(*network)
    errors = mixture.network_errors(np.stack([w, -w]), [1.0, -1.0], n_draws=300)
    for value, standard_error in (errors.half, errors.linear):
        assert abs(value - 0.5) <= 5 * standard_error + 1e-12
    half, linear, silent = (float(estimate.value) for estimate in mixture.network_errors(*network, n_draws=40))
    assert abs(half - linear) <= silent / 2 + 1e-14


def test_batch_turns_and_repeatability():
    """Catches draws that differ between networks, and a result that depends on where the axes lie."""
    rng = np.random.default_rng(0)
    W, v = rng.standard_normal((2, 3, 5, 4)), rng.standard_normal((2, 3, 5))
    mixture = turned(1.5, 1.0, 4, 3)
    batch = mixture.network_errors(W, v, n_draws=50, rng=2)
    assert batch.half.value.shape == (2, 3)
    for name in batch._fields:
        one = getattr(mixture.network_errors(W[1, 2], v[1, 2], n_draws=50, rng=2), name)
        assert (getattr(batch, name).value[1, 2], getattr(batch, name).standard_error[1, 2]) == one
    straight, Q = XorMixture(1.5, n_features=4), rotation(4, 3)
    value, standard_error = straight.network_error(W @ Q.T, v)
    other, other_standard_error = mixture.network_error(W, v)
    assert (np.abs(value - other) <= 4 * np.hypot(standard_error, other_standard_error)).all()
    assert mixture.network_error(W[0, 0], v[0, 0], silent="linear") == mixture.network_errors(W[0, 0], v[0, 0]).linear
    assert mixture.silent_mass(W[0, 0], v[0, 0]) == mixture.network_errors(W[0, 0], v[0, 0]).silent


def test_axes_are_orthonormal_and_our_own():
    """Catches axes that still belong to the caller, and a rounding error in them that is passed on."""
    mine = np.array([[1.0, 1e-8, 0.0], [0.0, 1.0, 0.0]])
    axes = XorMixture(1.0, axes=mine).axes
    np.testing.assert_allclose(axes @ axes.T, np.eye(2), atol=1e-15)
    assert mine.flags.writeable and mine[0, 1] == 1e-8 and not axes.flags.writeable
    np.testing.assert_array_equal(XorMixture(1.0, n_features=3).axes, np.eye(2, 3))
    v = second_layer(np.concatenate([mine, -mine]), [1.0, -1.0, 1.0, -1.0])
    assert XorMixture(2.0, axes=mine).network_error(np.concatenate([mine, -mine]), v).value < 0.2
