"""Neuron by neuron, with a NamedTuple for the two parts; the mean is the sum, divided at the end."""

from typing import NamedTuple

import numpy as np
from scipy.special import expit


class Velocity(NamedTuple):
    dW: np.ndarray
    dv: np.ndarray


def velocity(X, y, W, v, reduction):
    f = sum(a * np.maximum(X @ w, 0.0) for a, w in zip(v, W, strict=True))
    pull = y * expit(-y * f)
    G = np.array([pull[X @ w > 0] @ X[X @ w > 0] for w in W])
    n = {"sum": 1, "mean": len(X)}[reduction]
    return Velocity(np.multiply(G.T, v).T / n, np.diag(W @ G.T) / n)
