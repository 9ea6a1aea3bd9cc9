"""the noise level sigma is missing"""

import numpy as np
from scipy.special import ndtr


def linear_error(w, signal, kappa, sigma):
    return float(ndtr(-kappa * (w @ signal) / np.linalg.norm(w)))
