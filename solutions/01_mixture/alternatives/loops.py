"""Python's own random numbers, one example at a time; every pair is visited by a double loop."""

import math
import random

import numpy as np


def sample_mixture(n_samples, signal, kappa, sigma, seed):
    rng = random.Random(int(seed))
    X, y = [], []
    for i in range(n_samples):
        label = 1 if i < (n_samples + 1) // 2 else -1
        X.append([rng.gauss(kappa * label * s, sigma) for s in signal])
        y.append(label)
    return np.array(X), np.array(y)


def separability(X, y):
    smallest = 1.0
    for i in range(len(X)):
        for j in range(i):
            inner = sum(a * b for a, b in zip(X[i], X[j], strict=True))
            smallest = min(smallest, y[i] * y[j] * inner / math.hypot(*X[i]) / math.hypot(*X[j]))
    return smallest
