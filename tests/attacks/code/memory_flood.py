"""Fills memory, 64 MiB at a time and 8 GiB at most.

exercise: 08_bayes_error
verdict: memory|timeout
"""

import numpy as np
from scipy.special import ndtr


def linear_error(w, signal, kappa, sigma):
    hoard = [np.ones(2**23) for _ in range(128)]  # ones: untouched zeros would cost nothing
    return float(ndtr(-kappa / sigma * (w @ signal) / np.linalg.norm(w))) + 0 * len(hoard)
