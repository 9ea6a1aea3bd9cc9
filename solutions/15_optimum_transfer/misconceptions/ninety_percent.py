"""the percentiles 5 and 95 make a 90% interval, not a 95% one"""

import numpy as np


def optimum_transfer(n, h, optimum, resamples, claimed):
    design = np.column_stack([np.log(n), np.log(h), np.ones(len(n))])
    target = np.log(optimum)

    def fit(rows):
        return np.linalg.lstsq(design[rows], target[rows], rcond=None)[0][:2]

    exponents = fit(np.arange(len(n)))
    low, high = np.percentile([fit(rows) for rows in resamples], [5, 95], axis=0)
    return {"exponents": exponents, "low": low, "high": high, "agrees": (low <= claimed) & (claimed <= high)}
