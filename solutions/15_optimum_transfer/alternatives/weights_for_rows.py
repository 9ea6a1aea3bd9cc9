"""A resample is a set of weights: count how often each sweep was drawn, then solve weighted normal equations."""

import numpy as np


def optimum_transfer(n, h, optimum, resamples, claimed):
    design = np.stack([np.ones(len(n)), np.log10(n), np.log10(h)])
    target = np.log10(optimum)

    def fit(weights):
        weighted = design * weights
        return np.linalg.solve(weighted @ design.T, weighted @ target)[1:]

    exponents = fit(np.ones(len(n)))
    fits = [fit(np.bincount(rows, minlength=len(n))) for rows in resamples]
    low, high = [], []
    for column in zip(*fits, strict=True):
        low.append(np.percentile(column, 2.5))
        high.append(np.percentile(column, 97.5))
    agrees = [int(low[k] <= claimed[k] <= high[k]) for k in range(2)]
    return {"exponents": list(exponents), "low": low, "high": high, "agrees": agrees}
