"""Everything in float32, shuffled labels, numpy's legacy generator, and the Gram matrix by einsum."""

import numpy as np


def sample_mixture(n_samples, signal, kappa, sigma, seed):
    rng = np.random.RandomState(seed)
    y = np.ones(n_samples, dtype=np.float32)
    y[: n_samples // 2] = -1
    rng.shuffle(y)
    noise = rng.normal(scale=sigma, size=(n_samples, signal.shape[0]))
    return (y[:, None] * kappa * signal + noise).astype(np.float32), y


def separability(X, y):
    X, y = X.astype(np.float32), y.astype(np.float32)
    gram = np.einsum("id,jd,i,j->ij", X, X, y, y)
    lengths = np.sqrt(np.diag(gram))
    return np.min(gram / (lengths[:, None] * lengths[None, :]))
