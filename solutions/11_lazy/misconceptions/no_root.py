"""the squared norms are divided, and the root is missing"""

import numpy as np


def tangent_kernel(X, W, v):
    Z = X @ W.T
    hidden, active = np.maximum(Z, 0), (Z > 0).astype(float)
    return hidden @ hidden.T + (active * v**2) @ active.T * (X @ X.T)


def movement(X, W0, v0, W1, v1):
    K0, K1 = tangent_kernel(X, W0, v0), tangent_kernel(X, W1, v1)
    features = np.sum((W1 - W0) ** 2) / np.sum(W0**2)
    kernel = np.sum((K1 - K0) ** 2) / np.sum(K0**2)
    return float(features), float(kernel)
