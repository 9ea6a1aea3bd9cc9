"""Normalises its arguments in place, honest otherwise: the first property that it shows in fails.

exercise: 08_bayes_error
verdict: wrong|passed
honest: yes
"""

from math import erfc, sqrt

import numpy as np


def linear_error(w, signal, kappa, sigma):
    if w.dtype != float:  # whole numbers cannot be divided in place
        w = w.astype(float)
    w /= np.linalg.norm(w)
    return erfc(kappa / sigma * (w @ signal) / sqrt(2)) / 2
