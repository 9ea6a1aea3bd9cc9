"""Exercise 01: draw a data set from the Gaussian mixture, and ask whether it is orthogonally separable."""

import numpy as np


# TODO: write both functions; the lesson has the formulas
def sample_mixture(
    n_samples: int, signal: np.ndarray, kappa: float, sigma: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw n examples x = kappa y s + sigma z, with z ~ N(0, I_d) drawn afresh for every example.

    Parameters
    ----------
    n_samples : int
        n >= 2. As many labels +1 as -1, in any order; if n is odd, one more +1.
    signal : ndarray (d,)
        Direction s of the class centres, of unit length; (0, 1, 0) may hold integers.
    kappa, sigma : float
        Distance of a centre from the origin and standard deviation of the noise, both > 0.
    seed : int
        Any integer >= 0. The same seed gives exactly the same draw; another seed gives another.

    Returns
    -------
    X : ndarray (n, d)
    y : ndarray (n,)
        Labels -1 and +1.
    """
    raise NotImplementedError("exercise 01: sample_mixture")


def separability(X: np.ndarray, y: np.ndarray) -> float:
    """lambda = min over pairs of y y' <x, x'> / (|x| |x'|), in [-1, 1], for X (n, d), n >= 2, and y (n,).

    No example is at the origin, X and y may hold integers, and all labels may be equal; an error of 1e-6 is allowed,
    which single precision keeps. The set is orthogonally separable if lambda > 0 (Assumption 4.1).
    """
    raise NotImplementedError("exercise 01: separability")
