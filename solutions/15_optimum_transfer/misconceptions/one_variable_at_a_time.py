"""each exponent is fitted alone, as if the other size had not changed"""

import numpy as np


def optimum_transfer(n, h, optimum, resamples, claimed):
    design = np.column_stack([np.log(n), np.log(h), np.ones(len(n))])
    target = np.log(optimum)

    def fit(rows):
        return np.array([np.polyfit(design[rows, k], target[rows], 1)[0] for k in (0, 1)])

    exponents = fit(np.arange(len(n)))
    low, high = np.percentile([fit(rows) for rows in resamples], [2.5, 97.5], axis=0)
    return {"exponents": exponents, "low": low, "high": high, "agrees": (low <= claimed) & (claimed <= high)}
