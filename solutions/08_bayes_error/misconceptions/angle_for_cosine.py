"""the angle itself stands where its cosine was meant"""

import numpy as np
from scipy.special import ndtr


def linear_error(w, signal, kappa, sigma):
    return float(ndtr(-kappa / sigma * np.arccos(np.clip(w @ signal / np.linalg.norm(w), -1, 1))))
