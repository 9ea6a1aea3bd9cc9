"""Plain Python: walk along u and switch one neuron at each breakpoint; what is active is kept as a set."""

import math


def network_error(W, v, signal, kappa, sigma, noise):
    return math.fsum(_one_draw(W, v, signal, kappa, sigma, q) for q in noise) / len(noise)


def _one_draw(W, v, signal, kappa, sigma, q):
    lines = []
    for w, weight in zip(W, v, strict=True):
        slope = math.fsum(float(c) * float(s) for c, s in zip(w, signal, strict=True))
        offset = sigma * math.fsum(float(c) * float(s) for c, s in zip(w, q, strict=True))
        if weight != 0:
            lines.append((slope, offset, float(weight)))
    active = {j for j, (slope, offset, _) in enumerate(lines) if slope < 0 or (slope == 0 and offset > 0)}
    events = sorted((-offset / slope, j) for j, (slope, offset, _) in enumerate(lines) if slope != 0)
    error, left = 0.0, -math.inf
    for right, j in [*events, (math.inf, None)]:
        error += _piece([lines[k] for k in active], left, right, kappa, sigma)
        left = right
        active ^= {j}
    return error


def _piece(lines, left, right, kappa, sigma):
    """Probability of a wrong answer between two breakpoints."""
    tilt = math.fsum(weight * slope for slope, _, weight in lines)
    height = math.fsum(weight * offset for _, offset, weight in lines)
    if tilt == 0 and height == 0:
        return (_mass(left, right, kappa, sigma) + _mass(left, right, -kappa, sigma)) / 4
    root = -height / tilt if tilt else math.copysign(math.inf, -height)  # flat: f has one sign everywhere
    root = min(max(root, left), right)
    below, above = (left, root), (root, right)
    if tilt < 0:
        below, above = above, below  # from here on: where f < 0, where f > 0
    return _mass(*below, kappa, sigma) / 2 + _mass(*above, -kappa, sigma) / 2


def _mass(left, right, centre, sigma):
    cdf = lambda u: math.erfc((centre - u) / sigma / math.sqrt(2)) / 2  # noqa: E731
    return cdf(right) - cdf(left)
