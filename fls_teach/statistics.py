"""Intervals and cross-fitted choices for everything that is measured over seeds.

Differences are paired: the same seed (data, start, order) at two settings. Whatever is chosen for a seed (the best
alpha, c or learning rate) is chosen by the half of the seeds to which it does not belong: the best of many noisy means
is good partly by chance, but not for seeds that did not take part in the choice.

On images the seeds differ in their training images, starts and orders. They share their test images, unless a Run has
`test_per_seed`; an interval then describes other seeds on the same test images, not on other test images.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit  # scipy.stats takes half a second longer to import

CONFIDENCE = 0.95
CROSS_FITTED_WIDENING = np.sqrt(5 / 4)
"""Factor for the interval of a cross-fitted choice, whose two halves are not quite independent. On pure noise Student's
interval excludes 0 on the side of a gain in 3.2 to 4.3% of cases instead of 2.5% (4 to 64 seeds, 4 to 12 settings), the
wider one in 2.1 to 3.4%."""


@dataclass(frozen=True)
class Interval:
    """A mean over seeds and its 95% interval.

    Attributes
    ----------
    mean : float
    low, high : float
        NaN if there are fewer than two seeds.
    n : int
        Number of independent seeds.
    """

    mean: float
    low: float
    high: float
    n: int

    @property
    def half(self) -> float:
        """Half the width of the interval."""
        return (self.high - self.low) / 2

    @property
    def standard_error(self) -> float:
        """Standard error of the mean, computed from the interval's width."""
        return self.half / stdtrit(self.n - 1, (1 + CONFIDENCE) / 2) if self.n > 1 else np.nan


def interval(values: ArrayLike, cross_fitted: bool = False) -> Interval:
    """Return the mean of one value per seed, with Student's 95% interval.

    Parameters
    ----------
    values : array_like (s,)
        Usually paired differences.
    cross_fitted : bool
        Whether a setting was chosen by `cross_fitted_best`; the interval is then wider by `CROSS_FITTED_WIDENING`.

    Examples
    --------
    >>> found = interval([1.0, 2.0, 3.0])
    >>> found.mean, round(found.low, 3), round(found.high, 3), found.n
    (2.0, -0.484, 4.484, 3)
    """
    values = np.asarray(values, dtype=float)
    mean, n = float(np.mean(values)), len(values)
    if n < 2:
        return Interval(mean, np.nan, np.nan, n)
    half = stdtrit(n - 1, (1 + CONFIDENCE) / 2) * np.std(values, ddof=1) / np.sqrt(n)
    half = float(half * (CROSS_FITTED_WIDENING if cross_fitted else 1))
    return Interval(mean, mean - half, mean + half, n)


def bootstrap(statistic: Callable[[NDArray[np.intp]], NDArray], n: int, resamples: int = 2_000) -> Interval:
    """Return the percentile interval of a statistic over seeds that is not a mean, such as a fitted exponent.

    Parameters
    ----------
    statistic : callable
        Maps indices of seeds (..., n), drawn with replacement, to values (...).
    n : int
        Number of seeds.
    resamples : int

    Returns
    -------
    Interval
        Its mean is the statistic of the original seeds. The same call gives the same interval.

    Examples
    --------
    >>> values = np.arange(9.0)
    >>> found = bootstrap(lambda seeds: np.median(values[seeds], axis=-1), 9)
    >>> found.mean, found.low <= 4 <= found.high
    (4.0, True)
    """
    drawn = statistic(np.random.default_rng(0).integers(n, size=(resamples, n)))
    # Resamples without a value are left out; if there is no other, the interval is unknown.
    known = drawn[~np.isnan(drawn)] if np.isnan(drawn).any() else drawn
    low, high = np.quantile(known, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)) if known.size else (np.nan, np.nan)
    return Interval(float(statistic(np.arange(n))), float(low), float(high), n)


def mean_of_other_half(values: ArrayLike) -> NDArray[np.float64]:
    """Return for each seed the mean (s, ...) of `values` (s, ...) over the half of the seeds that does not contain it.

    The halves are the seeds with even and with odd index; a single seed gets its own value.

    Examples
    --------
    >>> mean_of_other_half([1.0, 10.0, 3.0, 30.0])
    array([20.,  2., 20.,  2.])
    """
    values = np.asarray(values, dtype=float)
    if len(values) == 1:
        return values.copy()
    halves = np.stack([values[1::2].mean(axis=0), values[::2].mean(axis=0)])
    return halves[np.arange(len(values)) % 2]


def cross_fitted_best(values: ArrayLike, lowest: bool = False, inside: bool = False) -> NDArray[np.intp]:
    """Return for each seed the index (s,) of the setting with the best mean over the half that does not contain it.

    Parameters
    ----------
    values : array_like (s, m)
        One value per seed and setting.
    lowest : bool
        Whether small values are good, as for errors rather than accuracies.
    inside : bool
        Whether to exclude both ends.

    Examples
    --------
    >>> cross_fitted_best([[3.0, 1.0, 2.0], [3.0, 2.0, 1.0]], lowest=True)
    array([2, 1])
    """
    means = mean_of_other_half(values) * (-1 if lowest else 1)
    if inside:
        means[:, [0, -1]] = -np.inf
    return means.argmax(axis=1)


def at(values: NDArray, chosen: NDArray[np.intp]) -> NDArray:
    """Return each seed's value (s,) of `values` (s, m) at the setting that was chosen for it.

    Examples
    --------
    >>> at(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1, 0]))
    array([2., 3.])
    """
    return values[np.arange(len(values)), chosen]


def at_best_rate(accuracy: NDArray, reached: NDArray) -> tuple[NDArray, NDArray[np.intp]]:
    """Return each seed's accuracy at every c, at the learning rate that is best for the other half of the seeds.

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


def best_multiplier(accuracy: NDArray, reached: NDArray, inside: bool = False) -> NDArray[np.intp]:
    """Return the index (s,) of the c that is best for the other half of the seeds, each c at that half's best rate.

    This cannot be computed from the curves of `at_best_rate`, because there each seed takes part in choosing the rates
    of the other half.

    Parameters
    ----------
    accuracy, reached : ndarray (s, m, r)
        As for `at_best_rate`.
    inside : bool
        Whether to exclude both ends.

    Raises
    ------
    ValueError
        If at no remaining c every seed reached the target.
    """
    scores = _scores(accuracy, reached).max(axis=-1)
    if inside:
        scores[:, [0, -1]] = -np.inf
    if not np.isfinite(scores).any():
        raise ValueError("at no c did every seed reach the target")
    return scores.argmax(axis=-1)


def _scores(accuracy, reached):
    """Return the mean over the other half (s, m, r), -inf where a rate does not count."""
    return np.where(reached.all(axis=0), mean_of_other_half(accuracy), -np.inf)
