"""a mean over the positive neurons stands where a sum was meant"""

import numpy as np


def alignment(X, y, W, v):
    class_sum = X[y > 0].sum(axis=0)
    direction = class_sum / np.linalg.norm(class_sum)
    psi = W @ direction / np.linalg.norm(W, axis=1)
    predictor = np.maximum(v, 0) @ W / (v > 0).sum()
    return psi, predictor, float(predictor @ direction / np.linalg.norm(predictor))
