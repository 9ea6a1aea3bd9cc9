"""the effective predictor sums over all neurons, not those with v_j > 0 alone"""

import numpy as np


def alignment(X, y, W, v):
    class_sum = X[y > 0].sum(axis=0)
    direction = class_sum / np.linalg.norm(class_sum)
    psi = W @ direction / np.linalg.norm(W, axis=1)
    predictor = v @ W
    return psi, predictor, float(predictor @ direction / np.linalg.norm(predictor))
