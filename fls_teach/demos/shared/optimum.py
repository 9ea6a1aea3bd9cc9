"""Where a curve of errors has its least, between the alphas of the grid."""

import numpy as np


def optimum(grid, errors):
    """Place of the least mean error: the vertex of the parabola through three log errors.

    Parameters
    ----------
    grid : ndarray (m,)
        log2 of alpha, increasing, m >= 3.
    errors : ndarray (..., s, m)
        Of s seeds, whose mean is taken, > 0.

    Returns
    -------
    ndarray (...)
        The parabola goes through the least mean on the grid (the first or last inner one, if that is an end) and its
        two neighbours, and the place stays between these.

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
    # Not convex: k is next to an end of the grid, and the least lies towards it.
    vertex = (x[0] + x[1]) / 2 - left / (2 * np.where(bend > 0, bend, np.nan))
    return np.clip(np.where(bend > 0, vertex, np.where(y[0] < y[2], x[0], x[2])), x[0], x[2])
