"""the negative weights are set to zero in place, which changes v for its owner"""

import numpy as np


def alignment(X, y, W, v):
    class_sum = X[y > 0].sum(axis=0)
    direction = class_sum / np.linalg.norm(class_sum)
    psi = W @ direction / np.linalg.norm(W, axis=1)
    v[v < 0] = 0
    predictor = v @ W
    return psi, predictor, float(predictor @ direction / np.linalg.norm(predictor))
