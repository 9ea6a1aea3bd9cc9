"""Exercise 09: how an excess error splits into over-alignment and over-fitting."""

import numpy as np


def decompose(
    predictor: np.ndarray, class_sum: np.ndarray, signal: np.ndarray, kappa: float, sigma: float
) -> tuple[float, float, bool]:
    """Split the excess error E(w^_+) - E* of an effective predictor.

    Parameters
    ----------
    predictor, class_sum : ndarray (d,)
        Effective predictor w^_+ and sum x_+ of the positive examples; of any length, not zero.
    signal : ndarray (d,)
        Direction s of the class centres, of unit length.
    kappa, sigma : float
        Distance of a centre from the origin and standard deviation of the noise, both > 0.

    Returns
    -------
    over_alignment : float
        OA = Phi(-(kappa/sigma) cos(max(phi - theta, 0))) - E*, with phi = angle(x_+, s), theta = angle(w^_+, x_+)
        = arccos Psi, and E* = Phi(-kappa/sigma). Phi is the standard normal cdf, scipy.special.ndtr.
    over_fitting : float
        OF = E(w^_+) - OA - E*, with E(w) = Phi(-(kappa/sigma) cos angle(w, s)).
    reached : bool
        The break condition Psi <= cos phi: the cone around x_+ reaches the signal.
    """
    # TODO: three angles, then three errors.
    raise NotImplementedError("exercise 09: decompose")
