"""Accuracy over (seed, c, learning rate): the best rate, the best c, and differences that are paired over seeds.

Whatever is chosen for a seed (the rate, the best c) is chosen by the other seeds: the highest of many noisy means is
high partly by luck, and for a seed that did not choose, the luck is gone.

Seeds differ in their training images, starts and orders; the test images are the same for all. An interval says what
other seeds would give on these test images, not on others.
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
    scores = _scores(accuracy, reached)
    rate = np.where(np.isfinite(scores).any(axis=-1), scores.argmax(axis=-1), -1)
    curve = np.take_along_axis(accuracy, np.maximum(rate, 0)[..., None], axis=-1)[..., 0]
    return np.where(rate >= 0, curve, np.nan), rate


def best(accuracy, reached, inside=False):
    """Index (s,) of the c that is best for the other seeds, each c at its best rate for the same seeds.

    The curves of `at_best_rate` cannot say it: there a seed has a vote in the rates of all others.

    Parameters
    ----------
    accuracy, reached : ndarray (s, m, r)
        As for `at_best_rate`.
    inside : bool
        Leave out both ends.

    Raises
    ------
    ValueError
        If nothing is left to choose from.
    """
    scores = _scores(accuracy, reached).max(axis=-1)
    if inside:
        scores[:, [0, -1]] = -np.inf
    if not np.isfinite(scores).any():
        raise ValueError("at no c did every seed reach the target")
    return scores.argmax(axis=-1)


def _scores(accuracy, reached):
    """Mean over the other seeds (s, m, r), -inf where a rate does not count; a single seed has to choose for itself."""
    others = (accuracy.sum(axis=0) - accuracy) / (len(accuracy) - 1) if len(accuracy) > 1 else accuracy
    return np.where(reached.all(axis=0), others, -np.inf)


def interval(difference, chosen=False):
    """Mean of differences (s,) over seeds and half the width of its 95% interval; NaN for fewer than two seeds.

    Student's interval; with `chosen`, where each seed's difference is at a c that the other seeds chose, wider by the
    factor sqrt(1 + s / (s - 1)) of Nadeau and Bengio (2003). Seeds that choose for each other are not independent: on
    pure noise Student's interval was above 0 in 4 to 11% of cases (4 to 8 seeds, 10 to 52 cells) instead of 2.5%, and
    this one in 1 to 5%.

    Examples
    --------
    >>> mean, half = interval(np.array([1.0, 2.0, 3.0]))
    >>> round(mean, 3), round(half, 3)
    (2.0, 2.484)
    """
    mean = float(np.mean(difference))
    if len(difference) < 2:
        return mean, np.nan
    n = len(difference)
    spread = np.std(difference, ddof=1) * np.sqrt(1 / n + chosen / (n - 1))
    return mean, float(student_t.ppf((1 + CONFIDENCE) / 2, n - 1) * spread)


def in_points(mean, half):
    """A difference of accuracies in percentage points.

    Examples
    --------
    >>> in_points(0.0312, 0.0101)
    '+3.1 ± 1.0 points'
    """
    return f"{100 * mean:+.1f} ± {100 * half:.1f} points"
