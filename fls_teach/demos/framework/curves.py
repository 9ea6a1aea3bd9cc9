"""Recorded curves of unequal length: interpolate one, or stack many into one array."""

import numpy as np


def log_interpolate(at, times, values):
    """Interpolate positive `values` (T, ...) at the time `at`, linearly in their logarithm: for exponential growth.

    Examples
    --------
    >>> round(float(log_interpolate(0.5, [0.0, 1.0], [1.0, 4.0])), 12)
    2.0
    """
    times = np.asarray(times)
    k = int(np.clip(np.searchsorted(times, at), 1, len(times) - 1))
    before, after = np.log(np.asarray(values)[k - 1 : k + 1])
    return np.exp(before + (after - before) * (at - times[k - 1]) / (times[k] - times[k - 1]))


def stack_padded(arrays):
    """Stack arrays of different sizes, with NaN for missing entries.

    Examples
    --------
    >>> stack_padded([[1.0], [2.0, 3.0]])
    array([[ 1., nan],
           [ 2.,  3.]])
    """
    arrays = [np.asarray(array) for array in arrays]
    stacked = np.full((len(arrays), *np.max([array.shape for array in arrays], axis=0).astype(int)), np.nan)
    for k, array in enumerate(arrays):
        stacked[(k, *(slice(size) for size in array.shape))] = array
    return stacked
