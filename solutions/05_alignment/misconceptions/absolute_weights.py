"""the effective predictor weights with |v_j|, where negative neurons have no place"""

import numpy as np


def alignment(X, y, W, v):
    class_sum = X[y > 0].sum(axis=0)
    direction = class_sum / np.linalg.norm(class_sum)
    psi = W @ direction / np.linalg.norm(W, axis=1)
    predictor = np.abs(v) @ W
    return psi, predictor, float(predictor @ direction / np.linalg.norm(predictor))
