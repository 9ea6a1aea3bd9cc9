"""Three plain loops; the sigmoid in two branches."""

import math

import numpy as np


def sigmoid(z):
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


def velocity(X, y, W, v, reduction):
    dW, dv = np.zeros(W.shape), np.zeros(v.shape)
    for x, label in zip(X, y, strict=True):
        f = sum(v[j] * max(W[j] @ x, 0.0) for j in range(len(v)))
        p = sigmoid(-label * f)
        if reduction == "mean":
            p /= len(X)
        for j in range(len(v)):
            z = W[j] @ x
            if z > 0:
                dW[j] += v[j] * p * label * x
                dv[j] += p * label * z
    return dW, dv
