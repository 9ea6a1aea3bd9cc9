"""the labels are coin flips, so the classes are not balanced"""

import numpy as np


def sample_mixture(n_samples, signal, kappa, sigma, seed):
    rng = np.random.default_rng(seed)
    y = rng.choice([-1.0, 1.0], n_samples)
    return kappa * np.outer(y, signal) + sigma * rng.standard_normal((n_samples, len(signal))), y


def separability(X, y):
    U = X * (y / np.linalg.norm(X, axis=1))[:, None]
    return float((U @ U.T).min())
