"""Returns an array without a single entry whose other axis is 2**40 long, for a sum over the empty axis.

exercise: 01_mixture
verdict: wrong
"""

import numpy as np


def sample_mixture(n_samples, signal, kappa, sigma, seed):
    return np.empty((0, 2**40)), np.empty((2**40, 0))


def separability(X, y):
    return np.empty((2**40, 0))
