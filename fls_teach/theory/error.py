"""Test error, its Bayes optimum, and how the excess splits into over-alignment and over-fitting (SCIENCE section 5)."""

from collections import namedtuple

import numpy as np
from scipy.special import ndtr

from . import validation
from .geometry import between


def bayes_error(kappa, sigma=1.0):
    """Smallest possible error on the mixture, E* = Phi(-kappa / sigma).

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
    return float(ndtr(-_signal_to_noise(kappa, sigma)))


def linear_error(predictor, signal, kappa, sigma=1.0):
    """Error of the linear classifier sign(<w, x>) on the mixture, E(w) = Phi(-(kappa/sigma) cos angle(w, s)).

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
    return ndtr(-_signal_to_noise(kappa, sigma) * np.nan_to_num(np.cos(between(predictor, signal))))


class Decomposition(namedtuple("Decomposition", "over_alignment over_fitting excess alignment phi")):
    """Where the excess error of an effective predictor comes from.

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


def decompose(predictor, toward, signal, kappa, sigma=1.0):
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
    ratio = _signal_to_noise(kappa, sigma)
    predictor = validation.direction("predictor", predictor)
    toward = validation.direction("toward", toward, predictor.shape[-1])
    signal = validation.direction("signal", signal, predictor.shape[-1])
    validation.batch(predictor=(predictor, 1), toward=(toward, 1), signal=(signal, 1))
    theta, phi = between(predictor, toward), between(toward, signal)
    best = ndtr(-ratio * np.cos(np.maximum(phi - theta, 0.0)))
    floor = ndtr(-ratio)
    excess = linear_error(predictor, signal, kappa, sigma) - floor
    over_alignment = best - floor
    # The triangle inequality of angles makes the rest >= 0; rounding may not.
    over_fitting = np.maximum(excess - over_alignment, 0.0)
    return Decomposition(over_alignment, over_fitting, excess, np.cos(theta), phi)


def network_error(W, v, signal, kappa, sigma=1.0, n_draws=4_000, rng=0):
    """Test error of the network on the mixture, P(y f(x) < 0) + P(f(x) = 0) / 2, exact along the signal.

    Parameters
    ----------
    W : array_like (..., h, d)
    v : array_like (..., h)
    signal : array_like (d,)
        s, of any length > 0.
    kappa, sigma : float
        Both > 0, same unit.
    n_draws : int
        Draws of the noise orthogonal to s, >= 2; the same for every network of a batch, which makes their
        differences much more precise than each.
    rng : numpy.random.Generator or int
        Must not be seeded like the training data, whose noise it would repeat.

    Returns
    -------
    error : ndarray (...)
        A probability.
    standard_error : ndarray (...)
        Its Monte Carlo standard error.

    Raises
    ------
    ValueError
        For NaN, shapes that do not belong together, a zero signal, or a number out of range.

    Notes
    -----
    Given the orthogonal noise, f is piecewise linear in u = <x, s> with one breakpoint a neuron, and u is normal:
    the probability of each sign is a sum of normal cdfs over the pieces. Where no neuron is active, or the active ones
    cancel, f is exactly 0.

    Examples
    --------
    >>> error, standard_error = network_error([[1.0, 0.0], [-1.0, 0.0]], [1.0, -1.0], [1.0, 0.0], kappa=2.0)
    >>> round(float(error), 5), round(float(standard_error), 15)  # this network is sign(<x, s>): the Bayes error
    (0.02275, 0.0)
    """
    W, v = validation.network(W, v)
    leading = validation.batch(W=(W, 2), v=(v, 1))
    ratio = _signal_to_noise(kappa, sigma)
    signal = validation.direction("signal", signal, W.shape[-1])
    if signal.ndim != 1:
        raise ValueError(f"signal has shape {signal.shape}; wanted one vector (d,)")
    n_draws = validation.count("n_draws", n_draws, at_least=2)
    noise = validation.generator(rng).standard_normal((n_draws, signal.size))
    signal = signal / np.linalg.norm(signal)
    noise -= np.outer(noise @ signal, signal)
    W, v = np.broadcast_to(W, leading + W.shape[-2:]), np.broadcast_to(v, leading + v.shape[-1:])
    wrong = [_wrong_given_noise(W[k], v[k], signal, noise, ratio) for k in np.ndindex(leading)]
    mean, spread = np.mean(wrong, axis=1), np.std(wrong, axis=1, ddof=1)
    return mean.reshape(leading), (spread / np.sqrt(n_draws)).reshape(leading)


def _wrong_given_noise(W, v, signal, noise, ratio):
    """Probability of a wrong answer (m,) given each orthogonal noise (m, d), in units of sigma."""
    slope, offset = W @ signal, noise @ W.T  # pre-activation of neuron j at u: slope_j u + offset_mj
    tilted = slope != 0
    breaks = -offset[:, tilted] / slope[tilted]
    order = np.argsort(breaks, axis=1)
    breaks = np.take_along_axis(breaks, order, axis=1)
    edges = np.pad(breaks, ((0, 0), (1, 1)), constant_values=((0, 0), (-np.inf, np.inf)))

    steps = np.take_along_axis(np.broadcast_to(np.sign(slope[tilted]), breaks.shape), order, axis=1)

    def along(each):
        """Sum of a number a neuron over those active on each piece (m, pieces)."""
        each = np.broadcast_to(each, offset.shape)
        of_step = np.take_along_axis(each[:, tilted], order, axis=1)
        # Neurons that switch on are added from the left, those that switch off from the right. Nothing is ever
        # subtracted, so no rounding residue of large neurons speaks where only small ones are active, or none.
        on = np.cumsum(np.pad(of_step * (steps > 0), ((0, 0), (1, 0))), axis=1)
        off = np.cumsum(np.pad(of_step * (steps < 0), ((0, 0), (0, 1)))[:, ::-1], axis=1)[:, ::-1]
        return on + off + (each * (~tilted & (offset > 0))).sum(axis=1, keepdims=True)

    tilt, height = along(v * slope), along(v * offset)
    # Within a piece f(u) = height + tilt u has one root at most; left of it the sign is that of -tilt.
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.where(tilt != 0, -height / tilt, np.where(height > 0, -np.inf, np.inf))
    root = np.clip(root, edges[:, :-1], edges[:, 1:])
    total = 0.0
    for y in (-1.0, 1.0):
        cdf = lambda u, y=y: ndtr(u - y * ratio)  # noqa: E731
        left, middle, right = cdf(edges[:, :-1]), cdf(root), cdf(edges[:, 1:])
        negative = np.where(tilt >= 0, middle - left, right - middle)
        mistaken = negative if y > 0 else (right - left) - negative
        total = total + np.where((tilt == 0) & (height == 0), (right - left) / 2, mistaken).sum(axis=1) / 2
    return total


def _signal_to_noise(kappa, sigma):
    return validation.number("kappa", kappa, above=0) / validation.number("sigma", sigma, above=0)
