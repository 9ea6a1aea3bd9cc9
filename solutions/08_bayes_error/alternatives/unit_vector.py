"""The margin <w, x> itself, normal with mean kappa <w, s> and deviation sigma |w|, through scipy.stats."""

import numpy as np
from scipy.stats import norm


def linear_error(w, signal, kappa, sigma):
    mean, deviation = kappa * np.dot(w, signal), sigma * np.sqrt(np.sum(np.square(w)))
    return norm.cdf(0.0, loc=mean, scale=deviation)
