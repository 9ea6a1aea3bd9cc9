"""No angle but the one of the final comparison: cos(phi - theta) by the addition theorem, and Phi by erfc."""

import math


def decompose(predictor, class_sum, signal, kappa, sigma):
    def cosine(u, v):
        inner = sum(float(a) * float(b) for a, b in zip(u, v, strict=True))
        return max(-1.0, min(1.0, inner / math.sqrt(sum(float(a) ** 2 for a in u) * sum(float(b) ** 2 for b in v))))

    def error(cosine):
        return math.erfc(kappa / sigma * cosine / math.sqrt(2)) / 2

    psi, cos_phi = cosine(predictor, class_sum), cosine(class_sum, signal)
    reached = psi <= cos_phi
    best = 1.0 if reached else cos_phi * psi + math.sqrt((1 - cos_phi**2) * (1 - psi**2))
    over_alignment = error(best) - error(1.0)
    return over_alignment, error(cosine(predictor, signal)) - error(1.0) - over_alignment, reached
