"""W is updated in place, so the caller's weights change"""

import numpy as np
from scipy.special import expit


def velocity(X, y, W, v, reduction):
    Z = X @ W.T
    f = np.maximum(Z, 0.0) @ v
    pull = y * expit(-y * f) / (len(y) if reduction == "mean" else 1)
    G = ((Z > 0) * pull[:, None]).T @ X
    dW, dv = v[:, None] * G, (W * G).sum(axis=1)
    W += dW
    return dW, dv
