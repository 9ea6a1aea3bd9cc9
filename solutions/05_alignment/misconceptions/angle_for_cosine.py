"""the angle itself stands where its cosine was meant"""

import numpy as np


def alignment(X, y, W, v):
    class_sum = X[y > 0].sum(axis=0)
    direction = class_sum / np.linalg.norm(class_sum)
    psi = np.arccos(np.clip(W @ direction / np.linalg.norm(W, axis=1), -1, 1))
    predictor = np.maximum(v, 0) @ W
    return psi, predictor, float(np.arccos(np.clip(predictor @ direction / np.linalg.norm(predictor), -1, 1)))
