"""The variance of a difference from the covariance matrix, var a + var b - 2 cov; the stopping time by counting."""

import numpy as np


def errors_at_target(risks, errors, target_risk):
    steps_before = np.cumprod(risks > target_risk, axis=-1).sum(axis=-1)
    seeds, scales = np.indices(steps_before.shape)
    return errors[seeds, scales, steps_before]


def evidence(errors, alphas):
    even = np.arange(len(errors)) % 2 == 0
    best = np.argmin(np.einsum("sa->a", errors[even]))
    judges = errors[~even]
    C = np.atleast_2d(np.cov(judges, rowvar=False))
    variance = np.maximum(np.diag(C) + C[best, best] - 2 * C[best], 0.0)
    mean = np.average(judges, axis=0)
    return alphas[best], mean - mean[best], np.sqrt(variance / judges.shape[0])
