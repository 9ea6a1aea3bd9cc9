"""Choosing by the other seeds, and intervals."""

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from fls_teach import statistics


def test_a_rate_is_chosen_by_the_other_half():
    """Catches choosing each seed's luckiest rate: the accuracy is then too high."""
    accuracy = np.array([[[0.9, 0.5]], [[0.2, 0.6]], [[0.8, 0.7]], [[0.3, 0.9]]])  # (4, 1, 2)
    curve, rate = statistics.at_best_rate(accuracy, np.ones(accuracy.shape, bool))
    # Means of the other half: 0.25, 0.75 for seeds 0 and 2; 0.85, 0.6 for seeds 1 and 3.
    np.testing.assert_array_equal(rate[:, 0], [1, 0, 1, 0])
    np.testing.assert_array_equal(curve[:, 0], [0.5, 0.2, 0.7, 0.3])


def test_a_rate_counts_only_where_every_seed_reached_the_target():
    accuracy, reached = np.full((2, 2, 2), 0.5), np.ones((2, 2, 2), bool)
    accuracy[:, :, 1] = 0.9
    reached[1, 0, 1] = False
    reached[0, 1] = False
    curve, rate = statistics.at_best_rate(accuracy, reached)
    np.testing.assert_array_equal(curve, [[0.5, np.nan], [0.5, np.nan]])
    np.testing.assert_array_equal(rate, [[0, -1], [0, -1]])


def gain(accuracy):
    """Over the left end, (s,)."""
    reached = np.ones(accuracy.shape, bool)
    curve = statistics.at_best_rate(accuracy, reached)[0]
    return statistics.at(curve, statistics.best_multiplier(accuracy, reached, inside=True)) - curve[:, 0]


def test_noise_has_no_gain():
    """Catches a best c that is chosen by the seed it is judged on, also by way of the rates: the gain is then 0.2."""
    noise = np.random.default_rng(0).standard_normal((600, 6, 7, 3))
    gains = np.array([gain(each) for each in noise]).mean(axis=1)
    assert abs(gains.mean()) < 3 * gains.std() / np.sqrt(len(gains)) < 0.1


@pytest.mark.parametrize("seeds", [4, 16, 40])
def test_noise_is_seldom_a_significant_gain(seeds):
    """2.5% are wanted. Catches a choice by all other seeds, which fires in 4 to 10%, and Student's plain interval."""
    noise = np.random.default_rng(seeds).standard_normal((3000, seeds, 12))

    def share(choose):
        gains = (statistics.at(each, choose(each)) - each[:, 0] for each in noise)
        return np.mean([statistics.interval(each, cross_fitted=True).low > 0 for each in gains])

    assert share(lambda each: statistics.cross_fitted_best(each, inside=True)) < 0.038
    assert share(lambda each: np.full(seeds, 1 + each[:, 1:].mean(axis=0).argmax())) > 0.05


def test_a_single_seed_chooses_for_itself():
    assert statistics.cross_fitted_best([[1.0, 3.0, 2.0]]) == [1]
    assert statistics.cross_fitted_best([[1.0, 3.0, 2.0]], lowest=True) == [0]


def test_the_best_inside_is_not_an_end():
    accuracy, reached = np.array([[[9.0], [1.0], [2.0], [8.0]]] * 2), np.ones((2, 4, 1), bool)
    np.testing.assert_array_equal(statistics.best_multiplier(accuracy, reached), [0, 0])
    np.testing.assert_array_equal(statistics.best_multiplier(accuracy, reached, inside=True), [2, 2])
    reached[1, 0] = False
    np.testing.assert_array_equal(statistics.best_multiplier(accuracy, reached), [3, 3])
    with pytest.raises(ValueError, match="at no c"):
        statistics.best_multiplier(accuracy, np.zeros_like(reached))


def test_the_interval_is_students():
    values = np.random.default_rng(1).standard_normal(7)
    found = statistics.interval(values)
    low, high = ttest_1samp(values, 0).confidence_interval(0.95)
    np.testing.assert_allclose([found.low, found.high], [low, high])
    np.testing.assert_allclose(found.standard_error, values.std(ddof=1) / np.sqrt(7))
    assert np.isnan(statistics.interval(values[:1]).low)


def test_the_bootstrap_of_a_mean_is_nearly_students_interval():
    values = np.random.default_rng(2).standard_normal(60)
    found = statistics.bootstrap(lambda seeds: values[seeds].mean(axis=-1), 60)
    expected = statistics.interval(values)
    assert found.mean == pytest.approx(expected.mean) and found.half == pytest.approx(expected.half, rel=0.1)
