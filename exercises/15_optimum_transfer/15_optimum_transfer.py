"""Exercise 15: how the best output multiplier moves with the number of examples and of neurons, and how sure we are."""

import numpy as np


def optimum_transfer(
    n: np.ndarray, h: np.ndarray, optimum: np.ndarray, resamples: np.ndarray, claimed: np.ndarray
) -> dict:
    """Fit c* = A n^p h^q and give each exponent a bootstrap interval.

    Parameters
    ----------
    n, h : ndarray (m,)
        Number of training examples and of neurons in each of m sweeps.
    optimum : ndarray (m,)
        Best output multiplier c* > 0 found in each sweep.
    resamples : ndarray (B, m) of int
        Row b holds the sweeps drawn, with replacement, for bootstrap fit b.
    claimed : ndarray (2,)
        The exponents (p, q) that somebody claims.

    Returns
    -------
    dict
        "exponents" (2,): least-squares p and q of log c* = log A + p log n + q log h over all sweeps;
        "low", "high" (2,): 2.5 and 97.5 percentiles of p and of q over the bootstrap fits (as np.percentile);
        "agrees" (2,): 1 where low <= claimed <= high, else 0.
    """
    # TODO: one fit, then the same fit once for each row of resamples
    raise NotImplementedError("exercise 15: optimum_transfer")
