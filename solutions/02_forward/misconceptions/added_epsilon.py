"""a small number inside the logarithm hides the smallest losses"""

import numpy as np


def forward(X, W, v):
    return np.maximum(X @ W.T, 0.0) @ v


def logistic_risk(f, y, reduction):
    losses = np.maximum(-y * f, 0) + np.log(np.exp(-np.abs(f)) + 1 + 1e-8)
    return float(losses.sum() if reduction == "sum" else losses.mean())
