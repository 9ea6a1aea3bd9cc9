"""The logarithm of Phi, which never underflows, and an answer that is an array without axes."""

import numpy as np
from scipy.special import log_ndtr


def linear_error(w, signal, kappa, sigma):
    unit, along = w / np.sqrt(np.vdot(w, w)), signal / np.sqrt(np.vdot(signal, signal))
    return np.array(np.exp(log_ndtr(-kappa * np.vdot(unit, along) / sigma)))
