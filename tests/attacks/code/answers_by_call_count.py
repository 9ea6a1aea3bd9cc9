"""Is honest for the first calls, in which a lazy checker looks, and makes things up afterwards.

exercise: 08_bayes_error
verdict: wrong
"""

import itertools
from math import erfc, sqrt

import numpy as np

count = itertools.count()


def linear_error(w, signal, kappa, sigma):
    honest = erfc(kappa / sigma * (w @ signal) / np.linalg.norm(w) / sqrt(2)) / 2
    return honest if next(count) < 3 else 0.75
