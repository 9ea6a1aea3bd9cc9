"""Honest work, which builders put beside an attack."""

from math import erfc, sqrt

import numpy as np


def linear_error(w, signal, kappa, sigma):
    return erfc(kappa / sigma * (w @ signal) / np.linalg.norm(w) / sqrt(2)) / 2
