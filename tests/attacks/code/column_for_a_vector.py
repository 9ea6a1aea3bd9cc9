"""Returns columns (n, 1) for vectors (n,), so that a comparison broadcasts to a whole square of pairs.

exercise: 05_alignment
verdict: wrong
"""

import numpy as np


def alignment(X, y, W, v):
    class_sum = X[y > 0].sum(axis=0)
    direction = class_sum / np.linalg.norm(class_sum)
    psi = W @ direction / np.linalg.norm(W, axis=1)
    predictor = np.maximum(v, 0) @ W
    big_psi = predictor @ direction / np.linalg.norm(predictor)
    return psi[:, None], predictor[:, None], np.array([[big_psi]])
