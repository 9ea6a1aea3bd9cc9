"""Locate the minimum of a curve of errors between the alphas of the grid."""

import numpy as np


def optimum(grid, errors):
    """Return the place of the smallest mean error: the vertex of the parabola through three log errors.

    Parameters
    ----------
    grid : ndarray (m,)
        log2 of alpha, increasing, m >= 3.
    errors : ndarray (..., s, m)
        Errors of s seeds, > 0, which are averaged.

    Returns
    -------
    ndarray (...)
        log2 of alpha. The parabola goes through the smallest mean on the grid (the nearest inner point, if that is an
        end) and its two neighbours; the result is limited to the range between these.

    Examples
    --------
    >>> grid = np.arange(-4.0, 5.0)
    >>> round(float(optimum(grid, np.exp((grid - 0.3) ** 2)[None])), 12)
    0.3
    """
    means = np.log(errors.mean(axis=-2))
    k = np.clip(means.argmin(axis=-1), 1, len(grid) - 2)
    x = grid[np.stack([k - 1, k, k + 1])]
    y = np.stack([np.take_along_axis(means, (k + i)[..., None], axis=-1)[..., 0] for i in (-1, 0, 1)])
    left, right = np.diff(y, axis=0) / np.diff(x, axis=0)
    bend = (right - left) / (x[2] - x[0])
    # If not convex, k is next to an end of the grid, and the minimum lies in the direction of that end.
    vertex = (x[0] + x[1]) / 2 - left / (2 * np.where(bend > 0, bend, np.nan))
    return np.clip(np.where(bend > 0, vertex, np.where(y[0] < y[2], x[0], x[2])), x[0], x[2])
