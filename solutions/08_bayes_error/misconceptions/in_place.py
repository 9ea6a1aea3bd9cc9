"""w is divided by its length in place, which changes it for its owner"""

import numpy as np
from scipy.special import ndtr


def linear_error(w, signal, kappa, sigma):
    w /= np.linalg.norm(w)
    return float(ndtr(-kappa / sigma * (w @ signal)))
