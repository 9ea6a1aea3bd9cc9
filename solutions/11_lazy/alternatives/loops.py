"""Plain loops over pairs of examples and neurons; the answer is a list and a dict."""

import math


def tangent_kernel(X, W, v):
    return [[_entry(x, other, W, v) for other in X] for x in X]


def movement(X, W0, v0, W1, v1):
    kernels = tangent_kernel(X, W0, v0), tangent_kernel(X, W1, v1)
    return {"features": _relative(W0, W1), "kernel": _relative(*kernels)}


def _entry(x, other, W, v):
    total = 0.0
    for w, weight in zip(W, v, strict=True):
        here, there = _dot(w, x), _dot(w, other)
        if here > 0 and there > 0:
            total += here * there + float(weight) ** 2 * _dot(x, other)
    return total


def _dot(a, b):
    return sum(float(p) * float(q) for p, q in zip(a, b, strict=True))


def _relative(before, after):
    pairs = [(float(a), float(b)) for rows in zip(before, after, strict=True) for a, b in zip(*rows, strict=True)]
    return math.hypot(*(b - a for a, b in pairs)) / math.hypot(*(a for a, _ in pairs))
