"""The stopping time from the smallest risk so far; the variance as a mean square less a squared mean."""

import numpy as np


def errors_at_target(risks, errors, target_risk):
    reached = np.minimum.accumulate(risks, axis=2) <= target_risk
    newly = np.diff(reached, axis=2, prepend=False)
    return np.where(newly, errors, 0.0).sum(axis=2)


def evidence(errors, alphas):
    chooses = np.arange(len(errors)) % 2 == 0
    best = np.argsort(errors[chooses].sum(axis=0))[0]
    worse = (errors - errors[:, best, None])[~chooses]
    mean, K = worse.sum(axis=0) / len(worse), len(worse)
    variance = np.maximum((worse**2).sum(axis=0) / K - mean**2, 0) * K / (K - 1)
    return alphas[best], mean, np.sqrt(variance / K)
