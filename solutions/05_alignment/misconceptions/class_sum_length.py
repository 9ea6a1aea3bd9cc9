"""the cosines are not divided by the length of x_+"""

import numpy as np


def alignment(X, y, W, v):
    class_sum = X[y > 0].sum(axis=0)
    direction = class_sum
    psi = W @ direction / np.linalg.norm(W, axis=1)
    predictor = np.maximum(v, 0) @ W
    return psi, predictor, float(predictor @ direction / np.linalg.norm(predictor))
