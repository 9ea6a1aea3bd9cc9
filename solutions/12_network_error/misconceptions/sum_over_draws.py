"""the sum over the draws is returned where their mean was meant"""

import numpy as np
from scipy.special import ndtr


def network_error(W, v, signal, kappa, sigma, noise):
    slope = W @ signal  # at u = <x, s> the pre-activation of neuron j is slope_j u + offset_j
    return float(np.sum([_error_given(slope, offset, v, kappa, sigma) for offset in sigma * noise @ W.T]))


def _error_given(slope, offset, v, kappa, sigma):
    tilted = slope != 0
    edges = np.concatenate([[-np.inf], np.sort(-offset[tilted] / slope[tilted]), [np.inf]])
    error = 0.0
    for left, right in zip(edges, edges[1:], strict=False):
        active = slope * _inside(left, right) + offset > 0
        tilt, height = (v * slope)[active].sum(), (v * offset)[active].sum()
        root = np.clip(-height / tilt, left, right) if tilt else right
        for start, stop in ((left, root), (root, right)):
            if start < stop:
                sign = np.sign(tilt * _inside(start, stop) + height)
                for y in (-1, 1):
                    mass = ndtr((stop - kappa * y) / sigma) - ndtr((start - kappa * y) / sigma)
                    error += mass / 2 * (1 - y * sign) / 2  # a tie, sign 0, counts one half
    return error


def _inside(left, right):
    if np.isinf(left):
        return 0.0 if np.isinf(right) else right - 1.0
    return left + 1.0 if np.isinf(right) else (left + right) / 2
