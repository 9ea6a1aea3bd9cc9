"""the neurons are divided by their lengths in place, and the effective predictor is made of the short ones"""

import numpy as np


def alignment(X, y, W, v):
    class_sum = X[y > 0].sum(axis=0)
    direction = class_sum / np.linalg.norm(class_sum)
    W /= np.linalg.norm(W, axis=1, keepdims=True)
    psi = W @ direction
    predictor = np.maximum(v, 0) @ W
    return psi, predictor, float(predictor @ direction / np.linalg.norm(predictor))
