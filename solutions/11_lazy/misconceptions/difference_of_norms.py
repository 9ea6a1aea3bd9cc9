"""the lengths are subtracted, so turning without growing counts as no movement"""

import numpy as np


def tangent_kernel(X, W, v):
    Z = X @ W.T
    hidden, active = np.maximum(Z, 0), (Z > 0).astype(float)
    return hidden @ hidden.T + (active * v**2) @ active.T * (X @ X.T)


def movement(X, W0, v0, W1, v1):
    K0, K1 = tangent_kernel(X, W0, v0), tangent_kernel(X, W1, v1)
    features = abs(np.linalg.norm(W1) - np.linalg.norm(W0)) / np.linalg.norm(W0)
    kernel = abs(np.linalg.norm(K1) - np.linalg.norm(K0)) / np.linalg.norm(K0)
    return float(features), float(kernel)
