"""Prints without end, 2 GiB at most, for a report of that size.

exercise: 08_bayes_error
verdict: output
"""

from math import erfc, sqrt

import numpy as np

LINE = "all work and no play " * 50


def linear_error(w, signal, kappa, sigma):
    for _ in range(2**21):
        print(LINE)
    return erfc(kappa / sigma * (w @ signal) / np.linalg.norm(w) / sqrt(2)) / 2
