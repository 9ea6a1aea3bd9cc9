"""the relative changes of the single neurons are averaged"""

import numpy as np


def tangent_kernel(X, W, v):
    Z = X @ W.T
    hidden, active = np.maximum(Z, 0), (Z > 0).astype(float)
    return hidden @ hidden.T + (active * v**2) @ active.T * (X @ X.T)


def movement(X, W0, v0, W1, v1):
    K0, K1 = tangent_kernel(X, W0, v0), tangent_kernel(X, W1, v1)
    features = np.mean(np.linalg.norm(W1 - W0, axis=1) / np.maximum(np.linalg.norm(W0, axis=1), 1e-300))
    kernel = np.linalg.norm(K1 - K0) / np.linalg.norm(K0)
    return float(features), float(kernel)
