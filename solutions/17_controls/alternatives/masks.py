"""Masks of points, and one table of all differences."""

import numpy as np
from scipy.stats import sem, t


def twins(W, signs):
    return np.repeat(W, 2, axis=0), np.ravel(np.stack([signs, -signs], axis=1))


def error_rates(X, y, W, v):
    active = X @ W.T > 0
    outputs = np.einsum("md,hd,mh,h->m", X, W, active, v)
    silent = ~np.any(active, axis=1)
    score = lambda f: np.count_nonzero(f * y < 0) + 0.5 * np.count_nonzero(f == 0)  # noqa: E731
    network = score(outputs)
    outputs[silent] = X[silent] @ (W.T @ v)
    return network / y.size, score(outputs) / y.size


def rise_removed(plain, control):
    table = (plain - control) @ [-1, 1]
    mean, half = table.mean(), sem(table) * t.isf(0.025, table.size - 1)
    return mean, mean - half, mean + half


def causes(plain, controls, best):
    ends = {"left": 0, "right": plain.shape[1] - 1}
    whole = {branch: rise_removed(plain[:, [best, end]], np.zeros((len(plain), 2))) for branch, end in ends.items()}
    return {
        branch: [
            name
            for name, errors in controls.items()
            for mean, low, _ in [rise_removed(plain[:, [best, end]], errors[:, [best, end]])]
            if whole[branch][1] > 0 and low > 0 and mean / whole[branch][0] >= 0.5
        ]
        for branch, end in ends.items()
    }
