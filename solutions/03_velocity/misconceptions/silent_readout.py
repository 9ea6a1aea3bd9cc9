"""the second layer's velocity forgets the mask, so silent neurons move v too"""

import numpy as np
from scipy.special import expit


def velocity(X, y, W, v, reduction):
    Z = X @ W.T
    f = np.maximum(Z, 0.0) @ v
    pull = y * expit(-y * f) / (len(y) if reduction == "mean" else 1)
    G = ((Z > 0) * pull[:, None]).T @ X
    return v[:, None] * G, Z.T @ pull
