"""Bounds on OF: from the cone of effective predictors, and only from data and start (science.md#bound)."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from fls_teach.theory import class_sum, validation, zeta
from fls_teach.theory.error import signal_to_noise


def cone_bound(phi: ArrayLike, alignment: ArrayLike, kappa: float, sigma: float = 1.0) -> np.ndarray:
    """Return the largest OF of any predictor whose alignment with x_+ is at least `alignment`.

    Parameters
    ----------
    phi : array_like (...)
        Angle of x_+ with the signal, radians.
    alignment : array_like (...)
        Psi or a lower bound on it, -1 to 1; where it is NaN (unknown), the bound is NaN.
    kappa, sigma : float

    Returns
    -------
    ndarray (...)
        Phi(-(kappa/sigma) cos(min(phi + theta, pi))) - Phi(-(kappa/sigma) cos(max(phi - theta, 0))) with theta =
        arccos Psi: the error of the worst vector in the cone minus that of the best. Non-increasing in Psi.

    Examples
    --------
    >>> cone_bound(0.5, [1.0, 0.9, -1.0], kappa=2.0).round(4)
    array([0.    , 0.0998, 0.9545])
    """
    phi, ratio = validation.array("phi", phi), signal_to_noise(kappa, sigma)
    theta = np.arccos(np.clip(alignment, -1.0, 1.0))
    worst, best = np.minimum(phi + theta, np.pi), np.maximum(phi - theta, 0.0)
    return ndtr(-ratio * np.cos(worst)) - ndtr(-ratio * np.cos(best))


def two_phase_floor(alpha: float, X: ArrayLike, y: ArrayLike, W: ArrayLike) -> float:
    """Return the two-phase theorem's lower bound on psi_j at the end of Phase 1, for neurons that qualify at t = 0.

    Parameters
    ----------
    alpha : float
    X, y : array_like (n, d), (n,)
    W : array_like (h, d)
        First layer at time 0, alpha included.

    Returns
    -------
    float
        sqrt(zeta) tanh(sqrt(zeta) |x_+| T / 2), T = log(2 / (alpha sqrt(h))) / (n X_max (1 + alpha sqrt(h) X_max
        W_max^2)), which is no later than the exit t_alpha. Decreasing in alpha. NaN if zeta <= 0 or T <= 0, where the
        theorem gives no bound.
    """
    constant = float(zeta(alpha, X, y, W))
    h, x_max = len(W), np.linalg.norm(X, axis=-1).max()
    small = alpha * np.sqrt(h)
    if constant <= 0 or small >= 2:
        return np.nan
    w_max = np.linalg.norm(W, axis=-1).max() / alpha
    earliest = np.log(2 / small) / (len(X) * x_max * (1 + small * x_max * w_max**2))
    root = np.sqrt(constant)
    return float(root * np.tanh(root * np.linalg.norm(class_sum(X, y)) * earliest / 2))


def cone_of_data(X: ArrayLike, y: ArrayLike, positive: bool = False) -> float:
    """Return the smallest cosine of an example y_i x_i with x_+; with `positive`, only of positive examples.

    Examples
    --------
    >>> round(cone_of_data([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]], [1, 1, -1]), 4)
    0.7071
    """
    X, y = validation.dataset(X, y)
    toward = class_sum(X, y)
    cosines = y * (X @ toward) / np.linalg.norm(X, axis=-1) / np.linalg.norm(toward)
    return float(cosines[y > 0].min() if positive else cosines.min())


def growth_floor(X: ArrayLike, y: ArrayLike, W: ArrayLike, signs: ArrayLike, target_risk: float) -> float:
    """Return a lower bound on Psi(t_eta), for any start and any data with rho = `cone_of_data` > 0.

    Parameters
    ----------
    X, y : array_like (n, d), (n,)
    W, signs : array_like (h, d), (h,)
        Balanced start, alpha included.
    target_risk : float
        Mean risk eta at the stop, in nats.

    Returns
    -------
    float
        rho - (1 + rho) sqrt(S_0 / S), where S_0 = sum over v_j > 0 of |w_j(0)|^2, and S = -log(exp(n eta / n_+) - 1) /
        X_max is the value of this sum that the stop requires. Decreasing in alpha. NaN (no bound) if not positive.
    """
    X, y = validation.dataset(X, y)
    W, target_risk = validation.first_layer(W, X.shape[-1]), validation.number("target_risk", target_risk, above=0)
    rho, share = cone_of_data(X, y), len(y) / (y > 0).sum()
    needed = -np.log(np.expm1(share * target_risk)) / np.linalg.norm(X, axis=-1).max()
    start = (W[validation.signs("signs", signs, len(W)) > 0] ** 2).sum()
    floor = rho - (1 + rho) * np.sqrt(start / needed) if needed > 0 else np.nan
    return float(floor) if floor > 0 else np.nan
