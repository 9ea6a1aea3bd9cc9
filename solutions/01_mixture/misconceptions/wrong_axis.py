"""the lengths are taken over the examples (axis 0), not over the features (axis 1)"""

import numpy as np


def sample_mixture(n_samples, signal, kappa, sigma, seed):
    y = np.where(np.arange(n_samples) % 2 == 0, 1.0, -1.0)
    z = np.random.default_rng(seed).standard_normal((n_samples, len(signal)))
    return kappa * np.outer(y, signal) + sigma * z, y


def separability(X, y):
    lengths = np.linalg.norm(X, axis=0)
    U = X * y[:, None] / np.where(lengths > 0, lengths, 1.0)
    return float((U @ U.T).min())
