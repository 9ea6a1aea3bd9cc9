"""The tangent as a logistic function, the exit as the smallest time above the level, parts by name in a tuple."""

from collections import namedtuple

import numpy as np
from scipy.special import expit

Bound = namedtuple("Bound", "zeta lower")


def bound(times, alpha, X, y, W):
    pull = np.sqrt(np.sum(np.square(X.T @ (y > 0))))
    squares = np.square(X).sum(axis=1).max() * np.square(W / alpha).sum(axis=1).max()
    zeta = 1 - 4 * alpha * y.size * W.shape[0] ** 0.5 * squares / pull
    if zeta <= 0:
        return Bound(zeta, -np.ones(times.shape))
    return Bound(zeta, np.sqrt(zeta) * (2 * expit(pull * np.sqrt(zeta) * times) - 1))


def exit_time(times, norms, alpha):
    above = np.square(norms) > 2 * np.square(norms[0]).max() / (alpha * norms.shape[1] ** 0.5)
    return np.min(times[above.any(axis=1)], initial=np.inf)
