"""the cosine lost its sign: a reversed predictor is not a good one"""

import numpy as np
from scipy.special import ndtr


def linear_error(w, signal, kappa, sigma):
    return float(ndtr(-kappa / sigma * abs(w @ signal) / np.linalg.norm(w)))
