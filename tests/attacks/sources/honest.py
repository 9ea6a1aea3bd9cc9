"""Honest work, which builders put beside an attack."""

import numpy as np
from scipy.special import ndtr


def linear_error(w, signal, kappa, sigma):
    return float(ndtr(-kappa / sigma * (w @ signal) / np.linalg.norm(w)))
