"""The kernel in float32, as a torch user would have it; the movement in float64."""

import numpy as np


def tangent_kernel(X, W, v):
    X, W, v = (np.asarray(a, dtype=np.float32) for a in (X, W, v))
    Z = X @ W.T
    return np.maximum(Z, 0) @ np.maximum(Z, 0).T + ((Z > 0) * v**2) @ (Z > 0).T.astype(np.float32) * (X @ X.T)


def movement(X, W0, v0, W1, v1):
    K0, K1 = tangent_kernel(X, W0, v0).astype(float), tangent_kernel(X, W1, v1).astype(float)
    return np.linalg.norm(W1 - W0) / np.linalg.norm(W0), np.linalg.norm(K1 - K0) / np.linalg.norm(K0)
