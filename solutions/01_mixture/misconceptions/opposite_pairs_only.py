"""only pairs of opposite classes are compared"""

import numpy as np


def sample_mixture(n_samples, signal, kappa, sigma, seed):
    y = np.where(np.arange(n_samples) % 2 == 0, 1.0, -1.0)
    z = np.random.default_rng(seed).standard_normal((n_samples, len(signal)))
    return kappa * np.outer(y, signal) + sigma * z, y


def separability(X, y):
    U = X * (y / np.linalg.norm(X, axis=1))[:, None]
    cosines = U @ U.T
    return float(np.where(np.not_equal.outer(y, y), cosines, 1.0).min())
