"""1 - Phi(x) loses the digits that Phi(-x) keeps"""

import numpy as np
from scipy.special import ndtr


def linear_error(w, signal, kappa, sigma):
    return float(1 - ndtr(kappa / sigma * (w @ signal) / np.linalg.norm(w)))
