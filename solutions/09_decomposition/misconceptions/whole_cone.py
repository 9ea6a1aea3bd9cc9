"""the whole error, not its excess over the Bayes error, is split"""

import numpy as np
from scipy.special import ndtr


def angle(u, v):
    return np.arccos(np.clip(u @ v / (np.linalg.norm(u) * np.linalg.norm(v)), -1, 1))


def decompose(predictor, class_sum, signal, kappa, sigma):
    ratio = kappa / sigma
    phi, theta = angle(class_sum, signal), angle(predictor, class_sum)
    over_alignment = ndtr(-ratio * np.cos(max(phi - theta, 0)))
    over_fitting = ndtr(-ratio * np.cos(angle(predictor, signal))) - over_alignment
    return float(over_alignment), float(over_fitting), bool(theta >= phi)
