"""the loss is 2 log(1 + exp(-z)), so the factor 1/2 is missing at f = 0"""

import numpy as np
from scipy.special import expit


def velocity(X, y, W, v, reduction):
    Z = X @ W.T
    f = np.maximum(Z, 0.0) @ v
    pull = 2 * y * expit(-y * f) / (len(y) if reduction == "mean" else 1)
    G = ((Z > 0) * pull[:, None]).T @ X
    return v[:, None] * G, (W * G).sum(axis=1)
