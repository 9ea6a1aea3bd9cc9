"""Locate a minimum between grid points, and fit the power law of its dependence on n and h."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fls_teach.statistics import bootstrap

WINDOW = 5
"""Number of grid points that the parabola is fitted to."""


@dataclass(frozen=True)
class Sweep:
    """Test errors of one size along alpha."""

    n: int
    """Training examples."""
    h: int
    """Neurons."""
    log2_alpha: NDArray[np.float64]
    """(m,), increasing, at least 5."""
    errors: NDArray[np.float64]
    """(s, m) over seeds, > 0."""


@dataclass(frozen=True)
class Prediction:
    """Predicted place of the best alpha."""

    log2_alpha: float
    low: float
    high: float
    """Ends of the 95% bootstrap interval over seeds."""
    exponents: dict[str, float]
    """Exponents of c* = alpha*^2 in those of "n" and "h" that varied."""


def best_log2_alpha(log2_alpha: ArrayLike, errors: ArrayLike) -> NDArray[np.float64]:
    """Return the minimum over alpha of a curve of mean log errors, by a parabola through 5 points around the smallest.

    Parameters
    ----------
    log2_alpha : array_like (m,)
    errors : array_like (..., m)
        Mean logarithms of errors.

    Returns
    -------
    ndarray (...)
        log2 of alpha, within the range of those 5 points; the smallest point itself if the parabola opens downwards.

    Raises
    ------
    ValueError
        If the grid is too short or does not increase, or the shape of the errors does not match.

    Examples
    --------
    >>> at = np.arange(-8.0, 1.0)
    >>> round(float(best_log2_alpha(at, (at + 4.3) ** 2)), 6)
    -4.3
    """
    at, errors = np.asarray(log2_alpha, dtype=float), np.asarray(errors, dtype=float)
    if at.ndim != 1 or len(at) < WINDOW or (np.diff(at) <= 0).any() or errors.shape[-1] != len(at):
        raise ValueError(f"log2_alpha has shape {at.shape}; wanted {WINDOW} or more increasing, one per error")
    least = errors.argmin(axis=-1)
    start = np.clip(least - WINDOW // 2, 0, len(at) - WINDOW)
    fits = np.stack([np.linalg.pinv(np.vander(at[k : k + WINDOW] - at[k], 3)) for k in range(len(at) - WINDOW + 1)])
    points = np.take_along_axis(errors, start[..., None] + np.arange(WINDOW), axis=-1)
    a, b, _ = np.moveaxis((fits[start] @ points[..., None])[..., 0], -1, 0)
    width = at[start + WINDOW - 1] - at[start]
    vertex = np.clip(-b / np.where(a > 0, 2 * a, 1), 0, width)
    return np.where(a > 0, at[start] + vertex, at[least])


def predict_optimum(small_runs: Sequence[Sweep], n: int, h: int) -> Prediction:
    """Extrapolate the best alpha from small sizes to a larger one, by a fit of the power law c* = A n^p h^q.

    Parameters
    ----------
    small_runs : sequence of Sweep
        At least two sizes, each with its own grid, all with the same number of seeds.
    n, h : int
        The larger size. A size that did not vary in the small runs must be the same here.

    Returns
    -------
    Prediction

    Raises
    ------
    ValueError
        If a needed exponent cannot be determined from the small runs.

    Notes
    -----
    See science.md#transfer. The extrapolation is only as good as the law, which is fitted, not derived.

    Examples
    --------
    >>> at = np.arange(-10.0, 1.0)
    >>> runs = [Sweep(10, h, at, np.exp((at + np.log2(h) / 2) ** 2)[None].repeat(4, 0)) for h in (16, 32, 64)]
    >>> found = predict_optimum(runs, 10, 256)
    >>> round(found.log2_alpha, 6), {key: round(value, 6) for key, value in found.exponents.items()}
    (-4.0, {'h': -1.0})
    """
    runs = list(small_runs)
    sizes = {"n": [run.n for run in runs], "h": [run.h for run in runs]}
    varied = [key for key in sizes if len(set(sizes[key])) > 1]
    target = {"n": n, "h": h}
    for key in sizes.keys() - set(varied):
        if not runs or target[key] != sizes[key][0]:
            raise ValueError(
                f"{key} is {target[key]} and did not vary in the small runs; wanted sweeps at two {key} or more"
            )
    design = np.log2([[*(sizes[key][k] for key in varied), 2] for k in range(len(runs))])  # log2 2 = 1: the constant
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise ValueError(f"{len(runs)} small runs do not tell the exponents of {' and '.join(varied)} apart")
    if len({len(run.errors) for run in runs}) > 1:
        raise ValueError("the small runs have different numbers of seeds; wanted the same in each")
    solve, to = np.linalg.pinv(design), np.log2([*(target[key] for key in varied), 2])
    logs = [np.log(run.errors) for run in runs]

    def law(seeds):
        best = [best_log2_alpha(run.log2_alpha, e[seeds].mean(axis=-2)) for run, e in zip(runs, logs, strict=True)]
        return np.stack(best, axis=-1) @ solve.T

    found = bootstrap(lambda seeds: law(seeds) @ to, len(runs[0].errors))
    exponents = 2 * law(np.arange(len(runs[0].errors)))
    return Prediction(found.mean, found.low, found.high, dict(zip(varied, exponents.tolist(), strict=False)))
