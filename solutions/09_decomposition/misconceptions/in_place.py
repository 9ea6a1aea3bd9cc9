"""the vectors are divided by their lengths in place, which changes them for their owner"""

import numpy as np
from scipy.special import ndtr


def angle(u, v):
    u /= np.linalg.norm(u)
    v /= np.linalg.norm(v)
    return np.arccos(np.clip(u @ v, -1, 1))


def decompose(predictor, class_sum, signal, kappa, sigma):
    ratio = kappa / sigma
    phi, theta = angle(class_sum, signal), angle(predictor, class_sum)
    bayes = ndtr(-ratio)
    over_alignment = ndtr(-ratio * np.cos(max(phi - theta, 0))) - bayes
    over_fitting = ndtr(-ratio * np.cos(angle(predictor, signal))) - over_alignment - bayes
    return float(over_alignment), float(over_fitting), bool(theta >= phi)
