"""Fills memory while it is loaded, with one long list.

exercise: 08_bayes_error
verdict: memory|timeout
"""

from math import erfc, sqrt

import numpy as np

hoard = []
for _ in range(128):
    hoard.append(bytearray(2**26))
    hoard[-1][::4096] = b"x" * (2**26 // 4096)


def linear_error(w, signal, kappa, sigma):
    return erfc(kappa / sigma * (w @ signal) / np.linalg.norm(w) / sqrt(2)) / 2
