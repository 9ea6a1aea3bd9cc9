"""Logarithms, sums and quantiles number by number; least squares as three equations for p, q and log A."""

import math

import numpy as np


def fit(a, b, c):
    columns = a, b, [1.0] * len(a)
    dot = lambda u, v: math.fsum(x * y for x, y in zip(u, v, strict=True))  # noqa: E731
    return np.linalg.solve([[dot(u, v) for v in columns] for u in columns], [dot(u, c) for u in columns])[:2]


def optimum_transfer(n, h, optimum, resamples, claimed):
    logs = [[math.log(x) for x in column] for column in (n, h, optimum)]
    boot = [fit(*([column[i] for i in rows] for column in logs)) for rows in resamples]
    low, high = ([float(np.quantile(values, q)) for values in zip(*boot, strict=True)] for q in (0.025, 0.975))
    agrees = [not (value < left or value > right) for left, value, right in zip(low, claimed, high, strict=True)]
    return {"exponents": tuple(fit(*logs)), "low": low, "high": high, "agrees": agrees}
