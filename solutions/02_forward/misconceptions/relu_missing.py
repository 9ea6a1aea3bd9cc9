"""the ReLU is missing, so the network is linear"""

import numpy as np


def forward(X, W, v):
    return X @ W.T @ v


def logistic_risk(f, y, reduction):
    losses = np.logaddexp(0.0, -y * f)
    return float(losses.sum() if reduction == "sum" else losses.mean())
