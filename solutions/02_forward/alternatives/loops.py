"""Plain loops over examples and neurons; the loss in two branches, so that exp never sees a positive number."""

import math


def forward(X, W, v):
    f = []
    for x in X:
        total = 0.0
        for w, weight in zip(W, v, strict=True):
            z = sum(a * b for a, b in zip(w, x, strict=True))
            if z > 0:
                total += weight * z
        f.append(total)
    return f


def logistic_risk(f, y, reduction):
    total = 0.0
    for output, label in zip(f, y, strict=True):
        margin = label * output
        total += math.log1p(math.exp(-abs(margin))) + max(-margin, 0.0)
    return total if reduction == "sum" else total / len(f)
