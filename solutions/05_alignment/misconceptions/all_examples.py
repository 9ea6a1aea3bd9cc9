"""x_+ sums all the examples, not the positive ones alone"""

import numpy as np


def alignment(X, y, W, v):
    class_sum = X.sum(axis=0)
    direction = class_sum / np.linalg.norm(class_sum)
    psi = W @ direction / np.linalg.norm(W, axis=1)
    predictor = np.maximum(v, 0) @ W
    return psi, predictor, float(predictor @ direction / np.linalg.norm(predictor))
