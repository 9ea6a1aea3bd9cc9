"""The data: its distribution, its class sums, its separability."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fls_teach.theory import GaussianMixture, bayes_error, class_sum, network_errors, separability

from .strategies import datasets, mixtures, powers_of_two, rotation, seeds


def test_sample_has_the_mean_and_the_covariance_of_the_mixture():
    """Catches sigma used as a variance, kappa applied twice, labels that do not flip the centre, correlated noise."""
    mixture = GaussianMixture(1.5, 0.5, signal=[3.0, 0.0, 4.0])
    X, y = mixture.sample(40_000, 0)
    noise = X * y[:, None] - 1.5 * np.array([0.6, 0.0, 0.8])
    # Standard errors: 0.5/sqrt(40000) = 0.0025 for a mean, 0.25 sqrt(2/40000) = 0.0018 for a variance; 5 of them.
    np.testing.assert_allclose(noise.mean(axis=0), 0, atol=0.0125)
    np.testing.assert_allclose(noise.T @ noise / len(y), 0.25 * np.eye(3), atol=0.009)


@given(mixtures(), st.integers(1, 9), seeds)
def test_sample_is_balanced_ordered_and_repeatable(mixture, n_samples, seed):
    """Catches classes that differ by more than one, an odd size that favours the negatives, an ignored seed."""
    X, y = mixture.sample(n_samples, seed)
    assert X.shape == (n_samples, mixture.n_features) and X.dtype == y.dtype == np.float64
    np.testing.assert_array_equal(y, [1.0] * ((n_samples + 1) // 2) + [-1.0] * (n_samples // 2))
    again, _ = mixture.sample(n_samples, np.random.default_rng(seed))
    np.testing.assert_array_equal(X, again)


def test_a_generator_moves_on():
    """Catches a generator that is re-seeded, which would hand out the same set twice."""
    rng = np.random.default_rng(0)
    mixture = GaussianMixture(1.0, n_features=2)
    assert not np.array_equal(mixture.sample(4, rng)[0], mixture.sample(4, rng)[0])


def test_signal_is_a_unit_vector_of_our_own():
    """Catches a signal that is not normalised, overflows on the way, or still belongs to the caller."""
    mine = np.array([0.0, 3e70, 4e70])
    mixture = GaussianMixture(1.0, signal=mine)
    np.testing.assert_allclose(mixture.signal, [0, 0.6, 0.8], rtol=1e-15)
    assert mine[1] == 3e70 and mine.flags.writeable, "the caller's array was changed or locked"
    mine[:] = 7.0
    np.testing.assert_allclose(mixture.signal, [0, 0.6, 0.8], rtol=1e-15)
    with pytest.raises(ValueError):
        mixture.signal[0] = 1.0
    already_unit = np.array([1.0, 0.0])
    GaussianMixture(1.0, signal=already_unit)
    assert already_unit.flags.writeable, "a unit signal was locked in place instead of copied"
    np.testing.assert_array_equal(GaussianMixture(1.0, n_features=3).signal, [1, 0, 0])


def test_mixtures_with_other_signals_are_not_equal():
    """Catches equality that ignores the signal, so that two different distributions pass for one."""
    east, north = GaussianMixture(1.0, signal=[1.0, 0.0]), GaussianMixture(1.0, signal=[0.0, 1.0])
    assert east != north


@pytest.mark.parametrize("seed", range(3))
def test_separable_sample_is_separable_and_drawn_by_rejection(seed):
    """Catches a redraw that accepts too early, or that changes the points instead of rejecting them."""
    mixture = GaussianMixture(2.5, n_features=20)
    X, y = mixture.sample(10, seed, separable=True)
    assert separability(X, y) > 0
    rng = np.random.default_rng(seed)
    while not separability(*(drawn := mixture.sample(10, rng))) > 0:
        pass
    np.testing.assert_array_equal(X, drawn[0])


def test_acceptance_rate_of_the_separable_preset():
    """Catches a separability that is off by a sign or a tie: science.md#u-curve gives the share of draws accepted."""
    mixture, rng = GaussianMixture(2.5, n_features=20), np.random.default_rng(0)
    sets = [mixture.sample(10, rng) for _ in range(4_000)]
    rate = np.mean(separability(*(np.stack(part) for part in zip(*sets, strict=True))) > 0)
    assert abs(rate - 0.033) < 0.014  # 5 standard errors of 0.0028


def test_giving_up_names_the_acceptance_rate():
    """Catches an endless redraw, and an error that does not say what to change."""
    with pytest.raises(ValueError, match=r"n_samples is 40 .*acceptance rate 0 in 50 draws.*raise kappa"):
        GaussianMixture(0.1, n_features=2).sample(40, 0, separable=True, max_draws=50)


@given(datasets())
def test_class_sum_is_a_plain_loop(data):
    """Catches a mean for the sum, the wrong class, and y * x instead of x."""
    X, y = data
    for label in (1, -1):
        total = np.zeros(X.shape[1])
        for x, its_label in zip(X, y, strict=True):
            if its_label == label:
                total += x
        np.testing.assert_allclose(class_sum(X, y, label), total, rtol=1e-13, atol=1e-13)
    np.testing.assert_array_equal(class_sum(X, -y), class_sum(X, y, -1))


def test_class_sum_of_small_integers_does_not_wrap_around():
    """Catches images in uint8 summed in uint8: 200 + 200 = 144."""
    X = np.full((3, 2), 200, dtype=np.uint8)
    np.testing.assert_array_equal(class_sum(X, np.ones(3, dtype=np.int8)), [600, 600])


@given(datasets(), seeds, powers_of_two)
def test_separability_is_the_smallest_signed_cosine(data, seed, scale):
    """Catches a maximum, a missing label, a missing norm, and dependence on order, length or rotation."""
    X, y = data
    X = X + 0.01 * (np.abs(X).max(axis=1, keepdims=True) == 0)
    smallest = 1.0
    for i in range(len(X)):
        for k in range(i):
            cosine = y[i] * y[k] * (X[i] @ X[k]) / np.sqrt((X[i] @ X[i]) * (X[k] @ X[k]))
            smallest = min(smallest, cosine)
    assert separability(X, y) == pytest.approx(smallest, abs=1e-14)
    assert separability(X * scale, y) == separability(X, y)
    assert separability(X, -y) == separability(X, y)
    assert separability(X @ rotation(X.shape[1], seed), y) == pytest.approx(smallest, abs=1e-13)
    order = np.random.default_rng(seed).permutation(len(X))
    assert separability(X[order], y[order]) == pytest.approx(smallest, abs=1e-14)


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e40, 1e70])
def test_separability_at_the_ends_of_float64(scale):
    """Catches squares of tiny or huge entries that underflow or overflow: lambda does not depend on scale."""
    X, y = np.array([[1.0, 0.5], [-0.5, 1.0], [-1.0, -1.0]]), [1, 1, -1]
    assert separability(X * scale, y) == pytest.approx(float(separability(X, y)), abs=1e-15)


def test_special_cases_of_separability():
    """Catches a diagonal that is left out or counted as conflict, and conflicting duplicates that pass."""
    assert separability([[0.3, 0.4]], [-1]) == 1.0
    assert separability([[1, 1], [1, 1]], [1, 1]) == pytest.approx(1.0, abs=1e-15)
    assert separability([[1, 1], [1, 1]], [1, -1]) == pytest.approx(-1.0, abs=1e-15)
    assert separability([[1, 1], [-1, -1], [1, -1], [-1, 1]], [1, 1, -1, -1]) == pytest.approx(-1.0, abs=1e-15)  # XOR


def test_a_leading_batch_axis_changes_nothing():
    """Catches statistics that leak from one data set of a batch to the next."""
    mixture, rng = GaussianMixture(1.0, n_features=3), np.random.default_rng(0)
    X, y = (np.stack(part) for part in zip(*(mixture.sample(5, rng) for _ in range(4)), strict=True))
    np.testing.assert_array_equal(separability(X, y), [separability(a, b) for a, b in zip(X, y, strict=True)])
    np.testing.assert_array_equal(class_sum(X, y), [class_sum(a, b) for a, b in zip(X, y, strict=True)])
    np.testing.assert_array_equal(separability(X, y[0]), [separability(a, y[0]) for a in X])


def test_errors_are_those_of_the_functions():
    """Catches a method that drops sigma, the signal, the seed or the number of draws on its way to the function."""
    mixture = GaussianMixture(1.5, 0.7, signal=[1.0, 2.0, -1.0])
    rng = np.random.default_rng(0)
    W, v = rng.standard_normal((2, 4, 3)), rng.standard_normal((2, 4))
    same = network_errors(W, v, mixture.signal, 1.5, 0.7, n_draws=30, rng=5)
    np.testing.assert_array_equal(mixture.network_errors(W, v, n_draws=30, rng=5), same)
    np.testing.assert_array_equal(mixture.network_error(W, v, n_draws=30, rng=5), same.half)
    np.testing.assert_array_equal(mixture.network_error(W, v, n_draws=30, rng=5, silent="linear"), same.linear)
    np.testing.assert_array_equal(mixture.silent_mass(W, v, n_draws=30, rng=5), same.silent)
    assert mixture.bayes_error() == bayes_error(1.5, 0.7)
