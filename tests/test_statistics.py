"""Choosing by the other seeds, and intervals."""

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from fls_teach import statistics


def test_a_rate_is_chosen_by_the_other_seeds():
    """Catches choosing each seed's luckiest rate: the accuracy is then too high."""
    accuracy = np.array([[[0.9, 0.5]], [[0.2, 0.6]], [[0.8, 0.7]]])  # (3, 1, 2)
    curve, rate = statistics.at_best_rate(accuracy, np.ones(accuracy.shape, bool))
    # Means of the others: 0.5, 0.65; 0.85, 0.6; 0.55, 0.55.
    np.testing.assert_array_equal(rate[:, 0], [1, 0, 0])
    np.testing.assert_array_equal(curve[:, 0], [0.5, 0.2, 0.8])


def test_a_rate_counts_only_where_every_seed_reached_the_target():
    accuracy, reached = np.full((2, 2, 2), 0.5), np.ones((2, 2, 2), bool)
    accuracy[:, :, 1] = 0.9
    reached[1, 0, 1] = False
    reached[0, 1] = False
    curve, rate = statistics.at_best_rate(accuracy, reached)
    np.testing.assert_array_equal(curve, [[0.5, np.nan], [0.5, np.nan]])
    np.testing.assert_array_equal(rate, [[0, -1], [0, -1]])


SEEDS = 6
NOISE = np.random.default_rng(0).standard_normal((600, SEEDS, 7, 3))


def gain(accuracy):
    """Over the left end, (s,)."""
    reached = np.ones(accuracy.shape, bool)
    curve = statistics.at_best_rate(accuracy, reached)[0]
    return curve[np.arange(SEEDS), statistics.best(accuracy, reached, inside=True)] - curve[:, 0]


def test_noise_has_no_gain():
    """Catches a best c that is chosen by the seed it is judged on, also by way of the rates: the gain is then 0.2."""
    gains = np.array([gain(each) for each in NOISE]).mean(axis=1)
    assert abs(gains.mean()) < 3 * gains.std() / np.sqrt(len(gains)) < 0.1


def test_noise_is_seldom_a_significant_gain():
    """2.5% are wanted. Catches Student's interval, which takes seeds that choose for each other for independent."""

    def share(chosen):
        return np.mean([mean > half for mean, half in (statistics.interval(gain(each), chosen) for each in NOISE)])

    assert share(chosen=True) < 0.05 < share(chosen=False)


def test_the_best_inside_is_not_an_end():
    accuracy, reached = np.array([[[9.0], [1.0], [2.0], [8.0]]] * 2), np.ones((2, 4, 1), bool)
    np.testing.assert_array_equal(statistics.best(accuracy, reached), [0, 0])
    np.testing.assert_array_equal(statistics.best(accuracy, reached, inside=True), [2, 2])
    reached[1, 0] = False
    np.testing.assert_array_equal(statistics.best(accuracy, reached), [3, 3])
    with pytest.raises(ValueError, match="at no c"):
        statistics.best(accuracy, np.zeros_like(reached))


def test_the_interval_is_students():
    values = np.random.default_rng(1).standard_normal(7)
    mean, half = statistics.interval(values)
    low, high = ttest_1samp(values, 0).confidence_interval(0.95)
    np.testing.assert_allclose([mean - half, mean + half], [low, high])
    assert np.isnan(statistics.interval(values[:1])[1])
