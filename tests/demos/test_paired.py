"""Choosing by the other seeds, and intervals."""

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from fls_teach.demos import paired


def test_a_rate_is_chosen_by_the_other_seeds():
    """Catches choosing each seed's luckiest rate: the accuracy is then too high."""
    accuracy = np.array([[[0.9, 0.5]], [[0.2, 0.6]], [[0.8, 0.7]]])  # (3, 1, 2)
    curve, rate = paired.at_best_rate(accuracy, np.ones(accuracy.shape, bool))
    # Means of the others: 0.5, 0.65; 0.85, 0.6; 0.55, 0.55.
    np.testing.assert_array_equal(rate[:, 0], [1, 0, 0])
    np.testing.assert_array_equal(curve[:, 0], [0.5, 0.2, 0.8])


def test_a_rate_counts_only_where_every_seed_reached_the_target():
    accuracy, reached = np.full((2, 2, 2), 0.5), np.ones((2, 2, 2), bool)
    accuracy[:, :, 1] = 0.9
    reached[1, 0, 1] = False
    reached[0, 1] = False
    curve, rate = paired.at_best_rate(accuracy, reached)
    np.testing.assert_array_equal(curve, [[0.5, np.nan], [0.5, np.nan]])
    np.testing.assert_array_equal(rate, [[0, -1], [0, -1]])


def test_noise_has_no_gain():
    """Catches a best c that is chosen by the seeds it is judged on: its mean gain over noise is then far above 0."""
    noise = np.random.default_rng(0).standard_normal((400, 6, 9))
    gains = [each[np.arange(6), paired.best(each)] for each in noise]
    assert abs(np.mean(gains)) < 4 / np.sqrt(2400)
    assert np.mean(noise.mean(axis=1).max(axis=1)) > 0.3  # what choosing by all seeds would have promised


def test_the_best_inside_is_not_an_end():
    curve = np.array([[9.0, 1.0, 2.0, 8.0]] * 2)
    np.testing.assert_array_equal(paired.best(curve), [0, 0])
    np.testing.assert_array_equal(paired.best(curve, inside=True), [2, 2])
    with pytest.raises(ValueError, match="at no c"):
        paired.best(np.full((2, 3), np.nan))


def test_the_interval_is_students():
    values = np.random.default_rng(1).standard_normal(7)
    mean, half = paired.interval(values)
    low, high = ttest_1samp(values, 0).confidence_interval(0.95)
    np.testing.assert_allclose([mean - half, mean + half], [low, high])
    assert np.isnan(paired.interval(values[:1])[1])
