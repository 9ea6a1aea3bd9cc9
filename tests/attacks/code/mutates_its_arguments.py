"""Normalises its arguments in place, honest otherwise: the property that watches the arguments must see it.

exercise: 08_bayes_error
verdict: 08.1 passed, 08.2 passed, 08.3 wrong, 08.4 passed
honest: yes
"""

import numpy as np
from scipy.special import ndtr


def linear_error(w, signal, kappa, sigma):
    w /= np.linalg.norm(w)
    return float(ndtr(-kappa / sigma * (w @ signal)))
