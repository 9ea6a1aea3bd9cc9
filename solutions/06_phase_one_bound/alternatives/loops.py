"""Plain loops, and the hyperbolic tangent written with exponentials that cannot overflow."""

import math


def bound(times, alpha, X, y, W):
    n, d, h = len(X), len(X[0]), len(W)
    length = lambda u: math.sqrt(sum(float(a) ** 2 for a in u))  # noqa: E731
    pull = length([sum(float(X[i][k]) for i in range(n) if y[i] == 1) for k in range(d)])
    largest_x, largest_w = max(map(length, X)), max(map(length, W)) / alpha
    zeta = 1 - 4 * alpha * n * math.sqrt(h) * largest_x**2 * largest_w**2 / pull
    if zeta <= 0:
        return zeta, [-1.0 for _ in times]
    lower = []
    for t in times:
        decay = math.exp(-pull * math.sqrt(zeta) * float(t))
        lower.append(math.sqrt(zeta) * (1 - decay) / (1 + decay))
    return zeta, lower


def exit_time(times, norms, alpha):
    level = 2 * max(norms[0]) ** 2 / (alpha * math.sqrt(len(norms[0])))
    for time, row in zip(times, norms, strict=True):
        if any(norm**2 > level for norm in row):
            return float(time)
    return math.inf
