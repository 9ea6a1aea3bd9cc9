"""the length is taken over the whole matrix W, not neuron by neuron"""

import numpy as np


def alignment(X, y, W, v):
    class_sum = X[y > 0].sum(axis=0)
    direction = class_sum / np.linalg.norm(class_sum)
    psi = W @ direction / np.linalg.norm(W)
    predictor = np.maximum(v, 0) @ W
    return psi, predictor, float(predictor @ direction / np.linalg.norm(predictor))
