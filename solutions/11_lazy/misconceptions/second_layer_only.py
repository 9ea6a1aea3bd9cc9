"""only the gradients of the second layer are there; those of W are missing"""

import numpy as np


def tangent_kernel(X, W, v):
    Z = X @ W.T
    hidden = np.maximum(Z, 0)
    return hidden @ hidden.T


def movement(X, W0, v0, W1, v1):
    K0, K1 = tangent_kernel(X, W0, v0), tangent_kernel(X, W1, v1)
    features = np.linalg.norm(W1 - W0) / np.linalg.norm(W0)
    kernel = np.linalg.norm(K1 - K0) / np.linalg.norm(K0)
    return float(features), float(kernel)
