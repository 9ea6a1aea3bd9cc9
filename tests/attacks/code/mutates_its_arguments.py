"""Normalises its arguments in place, honest otherwise: the first property that it shows in fails.

exercise: 08_bayes_error
verdict: wrong|passed
honest: yes
"""

import numpy as np
from scipy.special import ndtr


def linear_error(w, signal, kappa, sigma):
    if w.dtype != float:  # whole numbers cannot be divided in place
        w = w.astype(float)
    w /= np.linalg.norm(w)
    return float(ndtr(-kappa / sigma * (w @ signal)))
