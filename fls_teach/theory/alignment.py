"""Phase 1: alignment of the neurons, and the theorem that bounds it (science.md#phase-1, science.md#phase-2)."""

import numpy as np
from numpy.typing import ArrayLike

from . import validation
from .geometry import cosine
from .mixture import class_sum
from .validation import Array


def neuron_alignment(W: ArrayLike, direction: ArrayLike) -> Array:
    """Return the alignment psi_j = cos angle(w_j, direction) of every neuron, usually with the class sum x_+.

    Parameters
    ----------
    W : array_like (..., h, d)
    direction : array_like (..., d)

    Returns
    -------
    ndarray (..., h)
        In [-1, 1]; NaN for a zero neuron, which has no direction.

    Raises
    ------
    ValueError
        For NaN, shapes that do not belong together, or a zero direction.

    Examples
    --------
    >>> neuron_alignment([[2, 0], [0, -3]], [1, 0])
    array([1., 0.])
    """
    W = validation.array("W", W, None, None)
    direction = validation.direction("direction", direction, W.shape[-1])
    validation.batch(W=(W, 2), direction=(direction, 1))
    return cosine(W, direction[..., None, :])


def effective_predictor(W: ArrayLike, v: ArrayLike) -> Array:
    """Return the effective linear predictor of the positive class, w^_+ = sum over v_j > 0 of v_j w_j.

    Parameters
    ----------
    W : array_like (..., h, d)
    v : array_like (..., h)
        With -v instead, the result is the predictor of the negative class.

    Returns
    -------
    ndarray (..., d)
        Zero if all positive neurons are zero.

    Raises
    ------
    ValueError
        For NaN or shapes that do not belong together.

    Examples
    --------
    >>> effective_predictor([[1, 0], [0, 1], [5, 5]], [2, 3, -1])
    array([2., 3.])
    """
    W, v = validation.network(W, v)
    validation.batch(W=(W, 2), v=(v, 1))
    return np.einsum("...h,...hd->...d", np.maximum(v, 0.0), W)


def linear_part(W: ArrayLike, v: ArrayLike) -> Array:
    """Return the linear part of the network, sum_j v_j w_j = w^_+ - w^_-, the difference of the effective predictors.

    Parameters
    ----------
    W : array_like (..., h, d)
    v : array_like (..., h)

    Returns
    -------
    ndarray (..., d)

    Raises
    ------
    ValueError
        For NaN or shapes that do not belong together.

    Notes
    -----
    From relu(z) - relu(-z) = z with z = <w_j, x>, multiplied by v_j and summed over the neurons, it follows that
    f(x) - f(-x) = <linear_part, x>. So the odd part of f, (f(x) - f(-x)) / 2, is the linear function
    <linear_part, x> / 2. Where all neurons are active, f(x) = <linear_part, x>. Where f(x) = 0, the linear part gives
    the opposite of f(-x).

    Examples
    --------
    >>> linear_part([[1, 0], [0, 1], [5, 5]], [2, 3, -1])
    array([-3., -2.])
    """
    W, v = validation.network(W, v)
    validation.batch(W=(W, 2), v=(v, 1))
    return np.einsum("...h,...hd->...d", v, W)


def predictor_alignment(W: ArrayLike, v: ArrayLike, direction: ArrayLike) -> Array:
    """Return the alignment Psi = cos angle(w^_+, direction) of the effective predictor, usually with x_+.

    Parameters
    ----------
    W : array_like (..., h, d)
    v : array_like (..., h)
    direction : array_like (..., d)

    Returns
    -------
    ndarray (...)
        In [-1, 1]; NaN if every positive neuron is zero.

    Raises
    ------
    ValueError
        For NaN, shapes that do not belong together, or a zero direction.

    Examples
    --------
    >>> float(predictor_alignment([[3, 4], [1, 1]], [1, -1], [1, 0]))
    0.6
    """
    predictor = effective_predictor(W, v)
    direction = validation.direction("direction", direction, predictor.shape[-1])
    validation.batch(W=(predictor, 1), direction=(direction, 1))
    return cosine(predictor, direction)


def zeta(alpha: float, X: ArrayLike, y: ArrayLike, W: ArrayLike) -> Array:
    """Return the constant zeta of the two-phase theorem, whose bound holds only if zeta > 0.

    Parameters
    ----------
    alpha : float
        Initialisation scale, > 0.
    X : array_like (..., n, d)
    y : array_like (..., n)
    W : array_like (..., h, d)
        First layer at time 0, alpha included.

    Returns
    -------
    ndarray (...)
        1 - 4 alpha n sqrt(h) X_max^2 W_max^2 / |x_+| with W_max = max_j |w_j(0)| / alpha.

    Raises
    ------
    ValueError
        For bad shapes, NaN, labels other than -1 and +1, alpha <= 0, or data without a positive example.

    Notes
    -----
    Two-phase theorem of arXiv 2602.00827. The factor 4 is not sharp; 1 suffices (science.md#phase-1).

    Examples
    --------
    >>> round(float(zeta(0.01, [[1.0, 0.0]], [1], [[0.01, 0.0]])), 12)
    0.96
    """
    X, y = validation.dataset(X, y)
    W = validation.array("W", W, None, X.shape[-1])
    validation.batch(X=(X, 2), W=(W, 2))
    alpha = validation.number("alpha", alpha, above=0)
    x_max = np.linalg.norm(X, axis=-1).max(axis=-1)
    w_max = np.linalg.norm(W, axis=-1).max(axis=-1) / alpha
    return 1 - 4 * alpha * X.shape[-2] * np.sqrt(W.shape[-2]) * x_max**2 * w_max**2 / _class_sum_norm(X, y)


def phase_one_bound(
    times: ArrayLike, zeta: float, X: ArrayLike, y: ArrayLike, start: ArrayLike = 0.0, reduction: str = "mean"
) -> Array:
    """Return the lower bound on psi_j(t) in Phase 1, sqrt(zeta) tanh((1/2) |x_+| sqrt(zeta) (t - t_1)).

    Parameters
    ----------
    times : array_like (...)
        Times t of gradient flow on the plain logistic loss.
    zeta : float
        From `zeta`; must be in (0, 1].
    X : array_like (n, d)
    y : array_like (n,)
    start : float or array_like (...)
        Time t_1 from which the neuron is active on all positive examples and on no negative one.
    reduction : {"mean", "sum"}
        Reduction of the risk that the flow minimises; with "mean" the flow is n times slower.

    Returns
    -------
    ndarray (...)
        The bound; before `start` the trivial bound -1.

    Raises
    ------
    ValueError
        For bad shapes, NaN, labels other than -1 and +1, or zeta outside (0, 1], the range that the theorem assumes.

    Notes
    -----
    Holds until `phase_one_exit`. Two-phase theorem of arXiv 2602.00827, derived in science.md#phase-1.

    Examples
    --------
    >>> phase_one_bound([0.0, 1e9], 0.25, [[1.0, 0.0]], [1])
    array([0. , 0.5])
    """
    X, y = validation.dataset(X, y)
    root = np.sqrt(validation.number("zeta", zeta, above=0, at_most=1))
    validation.choice("reduction", reduction, ("mean", "sum"))
    times, start = validation.array("times", times), validation.array("start", start)
    validation.batch(times=(times, 0), start=(start, 0))
    elapsed = times - start
    rate = _class_sum_norm(X, y) / 2 / (X.shape[-2] if reduction == "mean" else 1)
    return np.where(elapsed >= 0, root * np.tanh(rate * root * np.maximum(elapsed, 0)), -1.0)


def phase_one_exit(times: ArrayLike, norms: ArrayLike, alpha: float) -> float:
    """Return the end t_alpha of Phase 1: the first time with max_j |w_j|^2 > 2 alpha W_max^2 / sqrt(h).

    Parameters
    ----------
    times : array_like (T,)
        Increasing times of a recorded trajectory, starting at the initialisation.
    norms : array_like (T, h)
        Neuron norms |w_j| at these times; W_max = max_j norms[0] / alpha.
    alpha : float
        Initialisation scale, > 0.

    Returns
    -------
    float
        In the unit of `times`, interpolated linearly in log norm, because norms grow exponentially; NaN if the record
        ends earlier.

    Raises
    ------
    ValueError
        For bad shapes, NaN, times that do not increase, norms that start at zero, or alpha <= 0.

    Notes
    -----
    Until t_alpha the outputs stay below 2 alpha sqrt(h) X_max W_max^2 (science.md#phase-1).

    Examples
    --------
    >>> phase_one_exit([0.0, 1.0, 2.0], [[0.5], [1.0], [2.0]], alpha=0.5)  # |w|^2 = 0.25 4^t passes 1 at t = 1
    1.0
    """
    norms = validation.array("norms", norms, None, None)
    times = validation.array("times", times, len(norms))
    alpha = validation.number("alpha", alpha, above=0)
    if norms.ndim != 2 or times.ndim != 1 or (np.diff(times) <= 0).any():
        raise ValueError(f"times {times.shape}, norms {norms.shape}; wanted increasing (T,) and (T, h)")
    largest = norms.max(axis=1)
    if not (largest > 0).all() or (norms < 0).any():
        raise ValueError(f"norms goes down to {norms.min():g}; wanted norms >= 0, one of them > 0 at all times")
    level = np.log(2 * alpha / np.sqrt(norms.shape[1])) / 2 + np.log(largest[0] / alpha)
    log_norm = np.log(largest)
    after = np.flatnonzero(log_norm > level)
    if not after.size:
        return float("nan")
    step = slice(max(after[0] - 1, 0), after[0] + 1)
    return float(np.interp(level, log_norm[step], times[step]))


def _class_sum_norm(X: Array, y: Array) -> Array:
    """Return |x_+|, which must not be zero."""
    size = np.linalg.norm(class_sum(X, y), axis=-1)
    if not size.all():
        raise ValueError("X has positive examples that sum to zero, or none; wanted a class sum with a direction")
    return size
