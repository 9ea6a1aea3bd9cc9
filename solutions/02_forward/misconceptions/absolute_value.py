"""the absolute value stands where the ReLU was meant"""

import numpy as np


def forward(X, W, v):
    return np.abs(X @ W.T) @ v


def logistic_risk(f, y, reduction):
    losses = np.logaddexp(0.0, -y * f)
    return float(losses.sum() if reduction == "sum" else losses.mean())
