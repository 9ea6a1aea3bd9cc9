"""Phi from the standard library: Phi(-x) = erfc(x / sqrt 2) / 2, sums as plain loops."""

import math


def linear_error(w, signal, kappa, sigma):
    inner = sum(float(a) * float(b) for a, b in zip(w, signal, strict=True))
    length = math.sqrt(sum(float(a) ** 2 for a in w))
    return math.erfc(kappa / sigma * inner / length / math.sqrt(2)) / 2
