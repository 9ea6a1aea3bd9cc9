"""kappa is divided by the variance sigma^2 instead of the deviation sigma"""

import numpy as np
from scipy.special import ndtr


def linear_error(w, signal, kappa, sigma):
    return float(ndtr(-kappa / sigma**2 * (w @ signal) / np.linalg.norm(w)))
