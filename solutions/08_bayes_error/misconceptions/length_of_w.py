"""w is not divided by its length"""

from scipy.special import ndtr


def linear_error(w, signal, kappa, sigma):
    return float(ndtr(-kappa / sigma * (w @ signal)))
