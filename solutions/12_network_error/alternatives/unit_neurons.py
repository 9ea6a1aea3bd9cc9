"""Without dead neurons, the others of unit length; a root is looked for between answers of the network itself."""

import numpy as np
from scipy.stats import norm


def network_error(W, v, signal, kappa, sigma, noise):
    lengths = np.linalg.norm(W, axis=1)
    heard = (lengths > 0) & (v != 0)
    W, v = W[heard] / lengths[heard, None], (v * lengths)[heard]
    return sum(_mistakes(W @ signal, sigma * (W @ q), v, kappa, sigma) for q in noise) / len(noise)


def _mistakes(slopes, offsets, v, kappa, sigma):
    f = lambda u: np.maximum(np.multiply.outer(u, slopes) + offsets, 0) @ v  # noqa: E731
    kinks = np.unique([-b / a for a, b in zip(slopes, offsets, strict=True) if a != 0] or [0.0])
    points = np.concatenate([[kinks[0] - 1], kinks, [kinks[-1] + 1]])  # f is straight beyond the kinks
    cuts = list(kinks)
    for k, (left, right) in enumerate(zip(points, points[1:], strict=False)):
        here, there = f(left), f(right)
        if here != there:
            root = left - here * (right - left) / (there - here)
            outside = (k == 0 and root < right) or (k == len(points) - 2 and root > left)
            cuts += [root] if outside or left < root < right else []
    cuts = np.unique(cuts)
    sign = np.sign(f(np.concatenate([[cuts[0] - 1], (cuts[1:] + cuts[:-1]) / 2, [cuts[-1] + 1]])))
    mass = np.diff(norm.cdf(np.concatenate([[-np.inf], cuts, [np.inf]]), [[kappa], [-kappa]], sigma), axis=1)
    return ((1 - sign) @ mass[0] + (1 + sign) @ mass[1]) / 4
