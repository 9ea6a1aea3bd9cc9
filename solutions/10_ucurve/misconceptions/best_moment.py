"""the smallest test error of each run is taken: that peeks at the test set to choose when to stop"""

import numpy as np


def errors_at_target(risks, errors, target_risk):
    return np.where(risks <= target_risk, errors, np.inf).min(axis=2)


def evidence(errors, alphas):
    choosing, judging = errors[0::2], errors[1::2]
    best = choosing.mean(axis=0).argmin()
    worse = judging - judging[:, [best]]
    return float(alphas[best]), worse.mean(axis=0), worse.std(axis=0, ddof=1) / np.sqrt(len(worse))
