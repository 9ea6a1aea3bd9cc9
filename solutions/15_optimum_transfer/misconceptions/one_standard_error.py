"""the interval is the mean plus and minus one standard deviation of the bootstrap fits"""

import numpy as np


def optimum_transfer(n, h, optimum, resamples, claimed):
    design = np.column_stack([np.log(n), np.log(h), np.ones(len(n))])
    target = np.log(optimum)

    def fit(rows):
        return np.linalg.lstsq(design[rows], target[rows], rcond=None)[0][:2]

    exponents = fit(np.arange(len(n)))
    fits = np.array([fit(rows) for rows in resamples])
    low, high = fits.mean(0) - fits.std(0), fits.mean(0) + fits.std(0)
    return {"exponents": exponents, "low": low, "high": high, "agrees": (low <= claimed) & (claimed <= high)}
