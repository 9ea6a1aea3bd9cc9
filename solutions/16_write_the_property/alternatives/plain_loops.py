"""The same idea with math and plain loops, neuron by neuron."""

import math
import random


def questions(seed):
    draw = random.Random(seed)
    asked = []
    for case in range(24):
        h, d = draw.randint(1, 5), draw.randint(1, 5)
        size = 10.0 ** draw.choice([-7, -2, 0, 3])
        W = [[size * draw.gauss(0, 1) for _ in range(d)] for _ in range(h)]
        direction = [draw.gauss(0, 1) * (1e-4 if case % 3 else 50.0) for _ in range(d)]
        asked.append((W, direction))
    return asked


def verdict(asked, answers):
    for (W, direction), answer in zip(asked, answers, strict=True):
        if getattr(answer, "shape", None) != (len(W),):
            return False
        for w, psi in zip(W, answer, strict=True):
            expected = sum(a * b for a, b in zip(w, direction, strict=True)) / math.hypot(*w) / math.hypot(*direction)
            if not abs(psi - expected) < 1e-5:  # written so that NaN is refused
                return False
    return True
