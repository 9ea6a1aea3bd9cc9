"""Accuracy over (seed, c, learning rate): the best rate, the best c, and differences that are paired over seeds.

Whatever is chosen for a seed (the rate, the best c) is chosen by the other seeds: the highest of many noisy means is
high partly by luck, and for a seed that did not choose, the luck is gone.
"""

import numpy as np
from scipy.stats import t as student_t

CONFIDENCE = 0.95


def at_best_rate(accuracy, reached):
    """Each seed's accuracy at every c, at the learning rate that is best for the other seeds.

    Parameters
    ----------
    accuracy : ndarray (s, m, r)
        Over seeds, multipliers and rates; 0 to 1.
    reached : ndarray of bool (s, m, r)
        Whether the run reached its target; a rate counts at a c if every seed reached it.

    Returns
    -------
    curve : ndarray (s, m)
        NaN where no rate counts.
    rate : ndarray of int (s, m)
        Index of the rate taken; -1 where no rate counts.
    """
    scores = np.where(reached.all(axis=0), _by_others(accuracy), -np.inf)
    rate = np.where(reached.all(axis=0).any(axis=-1), scores.argmax(axis=-1), -1)
    curve = np.take_along_axis(accuracy, np.maximum(rate, 0)[..., None], axis=-1)[..., 0]
    return np.where(rate >= 0, curve, np.nan), rate


def best(curve, inside=False):
    """Index (s,) of the c that is best for the other seeds.

    Parameters
    ----------
    curve : ndarray (s, m)
        As from `at_best_rate`; a NaN is never the best.
    inside : bool
        Leave out both ends.

    Raises
    ------
    ValueError
        If nothing is left to choose from.
    """
    scores = _by_others(curve)
    scores = np.where(np.isnan(scores), -np.inf, scores)
    if inside:
        scores[:, [0, -1]] = -np.inf
    if not np.isfinite(scores).any():
        raise ValueError("at no c did every seed reach the target")
    return scores.argmax(axis=-1)


def _by_others(values):
    """Mean over the other seeds; a single seed has to choose for itself."""
    if len(values) == 1:
        return values.astype(float)
    return (values.sum(axis=0) - values) / (len(values) - 1)


def interval(difference):
    """Mean of differences (s,) over seeds and half the width of Student's 95% interval; NaN for fewer than two seeds.

    Examples
    --------
    >>> mean, half = interval(np.array([1.0, 2.0, 3.0]))
    >>> round(mean, 3), round(half, 3)
    (2.0, 2.484)
    """
    mean = float(np.mean(difference))
    if len(difference) < 2:
        return mean, np.nan
    spread = np.std(difference, ddof=1) / np.sqrt(len(difference))
    return mean, float(student_t.ppf((1 + CONFIDENCE) / 2, len(difference) - 1) * spread)


def in_points(mean, half):
    """A difference of accuracies in percentage points.

    Examples
    --------
    >>> in_points(0.0312, 0.0101)
    '+3.1 ± 1.0 points'
    """
    return f"{100 * mean:+.1f} ± {100 * half:.1f} points"
