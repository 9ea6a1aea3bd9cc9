"""How sure a network is and how sure it should be: the exact posterior of a mixture stands in for labels."""

import numpy as np
from scipy.special import expit

from fls_teach.theory import XorMixture

N_BINS = 15
LOG2_T = (-20.0, 20.0)
"""Where the best temperature is looked for."""


def posterior_logit(mixture, X):
    """Log odds log P(y = 1 | x) / P(y = -1 | x) (...) of a mixture at inputs X (..., d).

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
    """Temperature T > 0 at which sigmoid(g / T) has the smallest expected negative log-likelihood.

    Parameters
    ----------
    g : ndarray (..., p)
        Logits.
    P : ndarray (..., p)
        P(y = 1 | x) at the same points.

    Returns
    -------
    ndarray (...)
        Above 1 where the logits are over-confident. The nearer end of 2^`LOG2_T` where no T is best.

    Notes
    -----
    In b = 1/T the likelihood is concave: its derivative, the mean of g (P - sigmoid(b g)), falls, and is bisected.

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
    """Expected negative log-likelihood (...) of logits g (..., p) less that of the posterior P: a divergence, >= 0."""
    nll = (np.logaddexp(0, g) - P * g).mean(axis=-1)
    return nll + (P * np.log(P) + (1 - P) * np.log1p(-P)).mean(axis=-1)


def calibration_error(g, P, n_bins=N_BINS):
    """Expected calibration error (...) of the answer sign(g) at confidence sigmoid(|g|).

    Parameters
    ----------
    g, P : ndarray (..., p)
        Logits, and P(y = 1 | x).
    n_bins : int
        Bins of equally many points, in the order of their confidence.

    Returns
    -------
    ndarray (...)
        Mean over the bins of |mean confidence - mean probability of being right|. The probability stands in for 0 or 1
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
    """What the logits g (..., p) say beside what P knows, by name, each (...).

    - ``confidence``, ``accuracy``, ``over``: mean sigmoid(|g|), mean probability of being right, and their difference.
    - ``margin``: mean of y g.
    - ``calibration``: `calibration_error`.
    - ``temperature``: `best_temperature`, from the first half of the points.
    - ``nll``, ``cooled``: `excess_nll` on the second half, as the logits are and divided by that temperature.
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
