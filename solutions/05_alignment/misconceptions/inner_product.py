"""the inner products are not divided by the lengths of the neurons"""

import numpy as np


def alignment(X, y, W, v):
    class_sum = X[y > 0].sum(axis=0)
    direction = class_sum / np.linalg.norm(class_sum)
    psi = W @ direction
    predictor = np.maximum(v, 0) @ W
    return psi, predictor, float(predictor @ direction)
