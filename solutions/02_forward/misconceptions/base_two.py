"""the logarithm is to base 2 instead of natural"""

import numpy as np


def forward(X, W, v):
    return np.maximum(X @ W.T, 0.0) @ v


def logistic_risk(f, y, reduction):
    losses = np.logaddexp(0.0, -y * f) / np.log(2)
    return float(losses.sum() if reduction == "sum" else losses.mean())
