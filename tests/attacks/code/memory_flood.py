"""Fills memory, 64 MiB at a time and 8 GiB at most.

exercise: 08_bayes_error
verdict: memory|timeout
"""

from math import erfc, sqrt

import numpy as np


def linear_error(w, signal, kappa, sigma):
    hoard = [np.ones(2**23) for _ in range(128)]  # ones: untouched zeros would cost nothing
    return erfc(kappa / sigma * (w @ signal) / np.linalg.norm(w) / sqrt(2)) / 2 + 0 * len(hoard)
