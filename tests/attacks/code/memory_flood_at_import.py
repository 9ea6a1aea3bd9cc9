"""Fills memory while it is loaded, with one long list.

exercise: 08_bayes_error
verdict: memory|timeout
"""

import numpy as np
from scipy.special import ndtr

hoard = []
for _ in range(128):
    hoard.append(bytearray(2**26))
    hoard[-1][::4096] = b"x" * (2**26 // 4096)


def linear_error(w, signal, kappa, sigma):
    return float(ndtr(-kappa / sigma * (w @ signal) / np.linalg.norm(w)))
