"""the neurons are averaged where a sum was meant"""

import numpy as np


def forward(X, W, v):
    return np.maximum(X @ W.T, 0.0) @ v / len(v)


def logistic_risk(f, y, reduction):
    losses = np.logaddexp(0.0, -y * f)
    return float(losses.sum() if reduction == "sum" else losses.mean())
