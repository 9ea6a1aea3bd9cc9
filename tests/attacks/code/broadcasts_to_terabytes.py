"""Returns a column of a million and a row of a million, whose difference would need 8 TB in the checker.

exercise: 01_mixture
verdict: wrong
"""

import numpy as np


def sample_mixture(n_samples, signal, kappa, sigma, seed):
    return np.zeros((1_000_000, 1)), np.ones((1, 1_000_000))


def separability(X, y):
    return np.zeros((1, 1_000_000))
