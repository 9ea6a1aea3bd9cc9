"""Plain loops over the neurons and the features, and a class mean, which has the same direction as the sum."""

import math


def alignment(X, y, W, v):
    positive = [x for x, label in zip(X, y, strict=True) if label == 1]
    mean = [math.fsum(float(x[k]) for x in positive) / len(positive) for k in range(len(positive[0]))]

    def cosine(u):
        inner = math.fsum(float(a) * b for a, b in zip(u, mean, strict=True))
        return inner / math.hypot(*map(float, u)) / math.hypot(*mean)

    predictor = [0.0] * len(mean)
    for w, weight in zip(W, v, strict=True):
        if weight > 0:
            predictor = [p + float(weight) * float(a) for p, a in zip(predictor, w, strict=True)]
    return [cosine(w) for w in W], predictor, cosine(predictor)
