"""Confidence and calibration of a network, with the exact posterior of a mixture in place of labels."""

import numpy as np
from scipy.special import expit

from fls_teach.theory import XorMixture

N_BINS = 15
LOG2_T = (-20.0, 20.0)
"""log2 of the range in which the best temperature is searched."""


def posterior_logit(mixture, X):
    """Return the log odds log P(y = 1 | x) / P(y = -1 | x) (...) of a mixture at inputs X (..., d).

    Parameters
    ----------
    mixture : GaussianMixture or XorMixture
    X : array_like (..., d)

    Returns
    -------
    ndarray (...)
        2 kappa <s, x> / sigma^2; for XOR log cosh(kappa <e_1, x> / sigma^2) - log cosh(kappa <e_2, x> / sigma^2).

    Examples
    --------
    >>> from fls_teach.theory import GaussianMixture
    >>> float(posterior_logit(GaussianMixture(2.0, n_features=2), [0.5, 7.0]))
    2.0
    """
    scale = mixture.kappa / mixture.sigma**2
    if isinstance(mixture, XorMixture):
        along = scale * np.asarray(X) @ mixture.axes.T
        return np.subtract(*np.moveaxis(np.logaddexp(along, -along), -1, 0))
    return 2 * scale * (np.asarray(X) @ mixture.signal)


def best_temperature(g, P):
    """Return the temperature T > 0 at which sigmoid(g / T) has the smallest expected negative log-likelihood.

    Parameters
    ----------
    g : ndarray (..., p)
        Logits.
    P : ndarray (..., p)
        P(y = 1 | x) at the same points.

    Returns
    -------
    ndarray (...)
        Above 1 if the logits are overconfident. If there is no best T, the nearer end of 2^`LOG2_T`.

    Notes
    -----
    The log-likelihood is concave in b = 1/T. The root of its decreasing derivative, the mean of g (P - sigmoid(b g)),
    is found by bisection.

    Examples
    --------
    >>> logits = np.array([1.0, -2.0, 3.0])
    >>> round(float(best_temperature(4 * logits, expit(logits))), 9)
    4.0
    """
    low, high = (np.full(g.shape[:-1], end) for end in LOG2_T)
    for _ in range(50):
        middle = (low + high) / 2
        hot = (g * (P - expit(g * 2.0 ** -middle[..., None]))).mean(axis=-1) > 0  # a lower T is more likely
        low, high = np.where(hot, low, middle), np.where(hot, middle, high)
    return 2.0 ** ((low + high) / 2)


def excess_nll(g, P):
    """Return the expected negative log-likelihood (...) of logits g (..., p) minus that of the posterior P, >= 0."""
    nll = (np.logaddexp(0, g) - P * g).mean(axis=-1)
    return nll + (P * np.log(P) + (1 - P) * np.log1p(-P)).mean(axis=-1)


def calibration_error(g, P, n_bins=N_BINS):
    """Return the expected calibration error (...) of the answer sign(g) with confidence sigmoid(|g|).

    Parameters
    ----------
    g, P : ndarray (..., p)
        Logits, and P(y = 1 | x).
    n_bins : int
        Number of bins of equally many points, in the order of their confidence.

    Returns
    -------
    ndarray (...)
        Mean over the bins of |mean confidence - mean probability of being right|. The probability replaces 0 or 1
        labels, whose noise would add about 1/sqrt(points per bin) to every bin.

    Examples
    --------
    >>> g = np.linspace(-3, 3, 30)
    >>> round(float(calibration_error(g, expit(g))), 12)
    0.0
    """
    confidence, right = expit(np.abs(g)), np.where(g > 0, P, 1 - P)
    right = np.where(g == 0, 0.5, right)
    order = np.argsort(confidence, axis=-1, kind="stable")
    gaps = np.take_along_axis(confidence - right, order, axis=-1)
    bins = np.array_split(np.arange(g.shape[-1]), n_bins)
    return sum(np.abs(gaps[..., each].sum(axis=-1)) for each in bins) / g.shape[-1]


def confidence_measures(g, P):
    """Return measures of logits g (..., p), given the posterior P, by name, each (...).

    - ``confidence``, ``accuracy``, ``over``: mean sigmoid(|g|), mean probability of being right, and their difference.
    - ``margin``: mean of y g.
    - ``calibration``: `calibration_error`.
    - ``temperature``: `best_temperature`, from the first half of the points.
    - ``nll``, ``cooled``: `excess_nll` on the second half, for the logits and for logits divided by that temperature.
    """
    right = np.where(g == 0, 0.5, np.where(g > 0, P, 1 - P))
    found = {"confidence": expit(np.abs(g)).mean(axis=-1), "accuracy": right.mean(axis=-1)}
    T = best_temperature(g[..., ::2], P[..., ::2])
    return found | {
        "over": found["confidence"] - found["accuracy"],
        "margin": (g * (2 * P - 1)).mean(axis=-1),
        "calibration": calibration_error(g, P),
        "temperature": T,
        "nll": excess_nll(g[..., 1::2], P[..., 1::2]),
        "cooled": excess_nll(g[..., 1::2] / T[..., None], P[..., 1::2]),
    }
