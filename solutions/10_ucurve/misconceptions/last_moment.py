"""the runs are read at their last moment, not where they first reach the target"""

import numpy as np


def errors_at_target(risks, errors, target_risk):
    return errors[:, :, -1].copy()


def evidence(errors, alphas):
    choosing, judging = errors[0::2], errors[1::2]
    best = choosing.mean(axis=0).argmin()
    worse = judging - judging[:, [best]]
    return float(alphas[best]), worse.mean(axis=0), worse.std(axis=0, ddof=1) / np.sqrt(len(worse))
