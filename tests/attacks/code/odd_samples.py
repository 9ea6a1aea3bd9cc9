"""Returns data of the right shape in unfit types and sizes: booleans, strings, bytes, and numbers near overflow.

exercise: 01_mixture
verdict: wrong
"""

import numpy as np

turn = []


def sample_mixture(n_samples, signal, kappa, sigma, seed):
    turn.append(1)
    kind = [np.uint8, bool, np.float16, np.int8, np.float64][len(turn) % 5]
    X = np.full((n_samples, len(signal)), 1.7e308).astype(kind) if kind is np.float64 else np.ones((n_samples, 3), kind)
    return X, np.ones(n_samples, kind)


def separability(X, y):
    return [["-inf", b"", {}, [[]]][len(turn) % 4]]
