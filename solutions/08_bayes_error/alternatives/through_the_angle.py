"""The angle first, by Kahan's formula, then its cosine and the upper tail."""

import numpy as np
from scipy.stats import norm


def linear_error(w, signal, kappa, sigma):
    unit = w / np.linalg.norm(w)
    angle = 2 * np.arctan2(np.linalg.norm(unit - signal), np.linalg.norm(unit + signal))
    return norm.sf(kappa / sigma * np.cos(angle))
