"""the density of the normal distribution stands where its cdf was meant"""

import numpy as np
from scipy.stats import norm


def linear_error(w, signal, kappa, sigma):
    return float(norm.pdf(-kappa / sigma * (w @ signal) / np.linalg.norm(w)))
