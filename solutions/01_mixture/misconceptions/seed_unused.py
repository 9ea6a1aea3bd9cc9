"""the seed is not used"""

import numpy as np


def sample_mixture(n_samples, signal, kappa, sigma, seed):
    y = np.where(np.arange(n_samples) % 2 == 0, 1.0, -1.0)
    z = np.random.default_rng(0).standard_normal((n_samples, len(signal)))
    return kappa * np.outer(y, signal) + sigma * z, y


def separability(X, y):
    U = X * (y / np.linalg.norm(X, axis=1))[:, None]
    return float((U @ U.T).min())
