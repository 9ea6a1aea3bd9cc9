"""Point by point, seed by seed."""

import numpy as np
from scipy.stats import ttest_1samp


def twins(W, signs):
    rows = [(w, s * side) for w, s in zip(W, signs, strict=True) for side in (1, -1)]
    return np.array([w for w, _ in rows]), np.array([s for _, s in rows])


def loss(output, label):
    if output == 0:
        return 0.5
    return 1.0 if (output > 0) != (label > 0) else 0.0


def error_rates(X, y, W, v):
    network = answered = 0.0
    linear = sum(a * w for a, w in zip(v, W, strict=True))
    for x, label in zip(X, y, strict=True):
        f, silent = 0.0, True
        for z, a in zip((W @ x).tolist(), v.tolist(), strict=True):
            if z > 0:
                f, silent = f + a * z, False
        network += loss(f, label)
        answered += loss(linear @ x if silent else f, label)
    return network / len(y), answered / len(y)


def rise_removed(plain, control):
    kept = [(a[1] - a[0]) - (b[1] - b[0]) for a, b in zip(plain, control, strict=True)]
    low, high = ttest_1samp(kept, 0).confidence_interval()
    return sum(kept) / len(kept), low, high


def causes(plain, controls, best):
    flat, answer = np.zeros(plain.shape), {}
    for branch, end in {"left": 0, "right": plain.shape[1] - 1}.items():
        pair = (best, end)
        rise, low, _ = rise_removed(plain[:, pair], flat[:, pair])
        answer[branch] = set()
        for name in controls if low > 0 else ():
            taken, above, _ = rise_removed(plain[:, pair], controls[name][:, pair])
            if above > 0 and 2 * taken >= rise:
                answer[branch].add(name)
    return {branch: tuple(names) for branch, names in answer.items()}
