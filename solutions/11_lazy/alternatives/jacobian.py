"""The kernel as J J^T, from the Jacobian of all weights; norms as roots of summed squares."""

import numpy as np


def jacobian(X, W, v):
    Z = np.einsum("nd,hd->nh", X, W)
    by_first = np.einsum("h,nh,nd->nhd", v, np.heaviside(Z, 0.0), X)
    return np.hstack([by_first.reshape(len(X), -1), Z * (Z > 0)])


def tangent_kernel(X, W, v):
    J = jacobian(X, W, v)
    return J @ J.T


def movement(X, W0, v0, W1, v1):
    K0, K1 = tangent_kernel(X, W0, v0), tangent_kernel(X, W1, v1)
    features = np.sqrt(np.sum((W1 - W0) ** 2) / np.sum(W0**2))
    kernel = np.sqrt(np.sum((K1 - K0) ** 2) / np.sum(K0**2))
    return features, kernel
