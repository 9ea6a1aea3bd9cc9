"""Error of a linear predictor, the Bayes error, and the decomposition of the excess error (science.md#errors)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from . import validation
from .geometry import between


def bayes_error(kappa: float, sigma: float = 1.0) -> float:
    """Return the smallest possible error on the mixture, E* = Phi(-kappa / sigma).

    Parameters
    ----------
    kappa, sigma : float
        Both > 0, same unit.

    Returns
    -------
    float
        A probability.

    Raises
    ------
    ValueError
        If a parameter is not > 0.

    Examples
    --------
    >>> round(bayes_error(2.5), 5)
    0.00621
    """
    return float(ndtr(-signal_to_noise(kappa, sigma)))


def linear_error(predictor: ArrayLike, signal: ArrayLike, kappa: float, sigma: float = 1.0) -> np.ndarray:
    """Return the error of the classifier sign(<w, x>) on the mixture, E(w) = Phi(-(kappa/sigma) cos angle(w, s)).

    Parameters
    ----------
    predictor : array_like (..., d)
        w; its length does not matter.
    signal : array_like (..., d)
        s, of any length > 0.
    kappa, sigma : float
        Both > 0, same unit.

    Returns
    -------
    ndarray (...)
        Probabilities; 1/2 for the zero predictor, which always ties.

    Raises
    ------
    ValueError
        For NaN, shapes that do not belong together, a zero signal, kappa <= 0 or sigma <= 0.

    Examples
    --------
    >>> linear_error([[1, 0], [0, 1], [0, 0]], [1, 0], kappa=2).round(4)
    array([0.0228, 0.5   , 0.5   ])
    """
    predictor = validation.array("predictor", predictor, None)
    signal = validation.direction("signal", signal, predictor.shape[-1])
    validation.batch(predictor=(predictor, 1), signal=(signal, 1))
    return ndtr(-signal_to_noise(kappa, sigma) * np.nan_to_num(np.cos(between(predictor, signal))))


class Decomposition(NamedTuple):
    """Decomposition of the excess error of an effective predictor.

    Attributes
    ----------
    over_alignment : ndarray (...)
        OA >= 0: even the best direction in the cone around x_+ misses the signal.
    over_fitting : ndarray (...)
        OF >= 0: the predictor is not that best direction.
    excess : ndarray (...)
        E(w^_+) - E*, the sum of the two.
    alignment : ndarray (...)
        Psi, cosine of the predictor with x_+.
    phi : ndarray (...)
        Angle of x_+ with the signal, in radians.
    """

    over_alignment: np.ndarray
    over_fitting: np.ndarray
    excess: np.ndarray
    alignment: np.ndarray
    phi: np.ndarray


def decompose(
    predictor: ArrayLike, toward: ArrayLike, signal: ArrayLike, kappa: float, sigma: float = 1.0
) -> Decomposition:
    """Split the excess error of a predictor into over-alignment and over-fitting.

    Parameters
    ----------
    predictor : array_like (..., d)
        Effective predictor w^_+, not zero.
    toward : array_like (..., d)
        Class sum x_+, not zero.
    signal : array_like (..., d)
        s, of any length > 0.
    kappa, sigma : float
        Both > 0, same unit.

    Returns
    -------
    Decomposition

    Raises
    ------
    ValueError
        For NaN, shapes that do not belong together, a zero vector, kappa <= 0 or sigma <= 0.

    Notes
    -----
    H = {v : cos angle(v, x_+) >= Psi} is a cone of half-angle theta = arccos Psi; its best direction is at
    max(phi - theta, 0) from s, so OA = Phi(-(kappa/sigma) cos(max(phi - theta, 0))) - E* and OF = E(w^_+) - E* - OA.
    OA = 0 exactly when Psi <= cos phi, the break condition. Theorem 5.6 of arXiv 2602.00827.

    Examples
    --------
    >>> parts = decompose([1.0, 0.2], [1.0, 0.5], [1.0, 0.0], kappa=2.0)
    >>> bool(parts.over_alignment > 0), bool(abs(parts.over_fitting) < 1e-15)  # on the cone's edge nearest to s
    (True, True)
    """
    ratio = signal_to_noise(kappa, sigma)
    predictor = validation.direction("predictor", predictor)
    toward = validation.direction("toward", toward, predictor.shape[-1])
    signal = validation.direction("signal", signal, predictor.shape[-1])
    validation.batch(predictor=(predictor, 1), toward=(toward, 1), signal=(signal, 1))
    theta, phi = between(predictor, toward), between(toward, signal)
    best = ndtr(-ratio * np.cos(np.maximum(phi - theta, 0.0)))
    floor = ndtr(-ratio)
    excess = linear_error(predictor, signal, kappa, sigma) - floor
    over_alignment = best - floor
    # >= 0 by the triangle inequality of angles, up to rounding.
    over_fitting = np.maximum(excess - over_alignment, 0.0)
    return Decomposition(over_alignment, over_fitting, excess, np.cos(theta), phi)


def signal_to_noise(kappa: float, sigma: float) -> float:
    """Check the arguments and return kappa / sigma."""
    return validation.number("kappa", kappa, above=0) / validation.number("sigma", sigma, above=0)
