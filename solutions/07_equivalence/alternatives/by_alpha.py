"""Everything in terms of alpha, by multiplication and division."""

import numpy as np


def translate(c, degree, lr, weight_decay, optimizer):
    alpha = np.power(c, 1.0 / degree)
    if optimizer == "adam":
        return alpha, lr / alpha, weight_decay * alpha * alpha
    return alpha, lr / (alpha * alpha), weight_decay * alpha * alpha
