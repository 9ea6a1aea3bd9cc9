"""all runs are read at the same time, when the slowest has reached the target: equal time, not equal risk"""

import numpy as np


def errors_at_target(risks, errors, target_risk):
    first = np.argmax(risks <= target_risk, axis=2)
    return errors[:, :, first.max()].copy()


def evidence(errors, alphas):
    choosing, judging = errors[0::2], errors[1::2]
    best = choosing.mean(axis=0).argmin()
    worse = judging - judging[:, [best]]
    return float(alphas[best]), worse.mean(axis=0), worse.std(axis=0, ddof=1) / np.sqrt(len(worse))
