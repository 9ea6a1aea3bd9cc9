"""the fit is made without taking logarithms"""

import numpy as np


def optimum_transfer(n, h, optimum, resamples, claimed):
    design = np.column_stack([n, h, np.ones(len(n))])
    target = optimum

    def fit(rows):
        return np.linalg.lstsq(design[rows], target[rows], rcond=None)[0][:2]

    exponents = fit(np.arange(len(n)))
    low, high = np.percentile([fit(rows) for rows in resamples], [2.5, 97.5], axis=0)
    return {"exponents": exponents, "low": low, "high": high, "agrees": (low <= claimed) & (claimed <= high)}
