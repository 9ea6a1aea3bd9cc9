"""A generator for each example, spawned from one seed sequence, the rows shuffled; cosines by scipy, pair by pair."""

import numpy as np
from scipy.spatial.distance import pdist


def sample_mixture(n_samples, signal, kappa, sigma, seed):
    first, *others = map(np.random.default_rng, np.random.SeedSequence(seed).spawn(n_samples + 1))
    y = first.permutation([1] * (n_samples - n_samples // 2) + [-1] * (n_samples // 2))
    # -z is as Gaussian as z, so that the label may multiply the noise too.
    X = [label * rng.normal(kappa * signal, sigma) for label, rng in zip(y, others, strict=True)]
    return np.array(X), y


def separability(X, y):
    return 1 - pdist(X * y[:, None], "cosine").max()
