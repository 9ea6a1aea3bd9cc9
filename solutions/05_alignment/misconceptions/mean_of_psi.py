"""Psi is the mean of the psi_j, not the alignment of their weighted sum"""

import numpy as np


def alignment(X, y, W, v):
    class_sum = X[y > 0].sum(axis=0)
    direction = class_sum / np.linalg.norm(class_sum)
    psi = W @ direction / np.linalg.norm(W, axis=1)
    predictor = np.maximum(v, 0) @ W
    return psi, predictor, float(psi[v > 0].mean())
