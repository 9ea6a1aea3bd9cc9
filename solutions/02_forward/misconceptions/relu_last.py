"""the ReLU comes after the second layer instead of between the two"""

import numpy as np


def forward(X, W, v):
    return np.maximum(X @ W.T @ v, 0.0)


def logistic_risk(f, y, reduction):
    losses = np.logaddexp(0.0, -y * f)
    return float(losses.sum() if reduction == "sum" else losses.mean())
