"""Returns the honest velocity in the very arrays it was handed, which a checker must not find changed in its own.

exercise: 03_velocity
verdict: wrong|passed
honest: yes
"""

import numpy as np
from scipy.special import expit


def velocity(X, y, W, v, reduction):
    Z = X @ W.T
    pull = y * expit(-y * (np.maximum(Z, 0) @ v)) / (len(y) if reduction == "mean" else 1)
    G = ((Z > 0) * pull[:, None]).T @ X
    W[:], v[:] = v[:, None] * G, (W * G).sum(axis=1)
    return W, v
