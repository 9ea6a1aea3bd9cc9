"""One class after the other from a multivariate normal; cosines by broadcasting, of the upper triangle alone."""

import numpy as np


def sample_mixture(n_samples, signal, kappa, sigma, seed):
    rng = np.random.default_rng(seed)
    n_negative = n_samples // 2
    covariance = sigma**2 * np.eye(signal.size)
    positive = rng.multivariate_normal(kappa * signal, covariance, n_samples - n_negative)
    negative = rng.multivariate_normal(-kappa * signal, covariance, n_negative)
    return np.vstack([positive, negative]), np.repeat([1, -1], [n_samples - n_negative, n_negative])


def separability(X, y):
    U = X / np.sqrt((X**2).sum(axis=1, keepdims=True))
    cosines = (U[:, None, :] * U[None, :, :]).sum(axis=2)
    return (cosines * np.outer(y, y))[np.triu_indices(len(y), k=1)].min()
