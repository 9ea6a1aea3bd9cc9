"""A NamedTuple, and all three cosines from one product of unit vectors."""

from typing import NamedTuple

import numpy as np
from scipy.stats import norm


class Parts(NamedTuple):
    over_alignment: float
    over_fitting: float
    reached: bool


def decompose(predictor, class_sum, signal, kappa, sigma):
    units = [v / np.linalg.norm(v) for v in (predictor, class_sum, signal)]
    angles = np.arccos(np.clip(np.inner(units, units), -1, 1))
    theta, phi, off = angles[0, 1], angles[1, 2], angles[0, 2]
    actual, best, bayes = norm.cdf(-np.cos([off, max(0.0, phi - theta), 0.0]), scale=sigma / kappa)
    return Parts(best - bayes, actual - best, not theta < phi)
