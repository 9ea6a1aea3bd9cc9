"""The best direction itself: x_+ turned towards s by theta, or s if that is nearer; Kahan's angles; a dict."""

import numpy as np
from scipy.stats import norm


def angle(u, v):
    u, v = u / np.linalg.norm(u), v / np.linalg.norm(v)
    return 2 * np.arctan2(np.linalg.norm(u - v), np.linalg.norm(u + v))


def decompose(predictor, class_sum, signal, kappa, sigma):
    axis = class_sum / np.linalg.norm(class_sum)
    theta, phi = angle(predictor, class_sum), angle(class_sum, signal)
    reached = theta >= phi
    best = signal
    if not reached:
        across = signal - (signal @ axis) * axis
        length = np.linalg.norm(across)
        # x_+ opposite to s: every way leads there, and any of them is as good
        across = across / length if length > 1e-9 else np.linalg.svd(axis[None])[2][-1]
        best = np.cos(theta) * axis + np.sin(theta) * across
    errors = [norm.cdf(-kappa / sigma * np.cos(angle(v, signal))) for v in (predictor, best, signal)]
    return {"over_alignment": errors[1] - errors[2], "over_fitting": errors[0] - errors[1], "reached": bool(reached)}
