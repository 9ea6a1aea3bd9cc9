"""the best minus the others is taken, so that worse alphas come out negative"""

import numpy as np


def errors_at_target(risks, errors, target_risk):
    first = np.argmax(risks <= target_risk, axis=2)
    return np.take_along_axis(errors, first[:, :, None], axis=2)[:, :, 0]


def evidence(errors, alphas):
    choosing, judging = errors[0::2], errors[1::2]
    best = choosing.mean(axis=0).argmin()
    worse = judging[:, [best]] - judging
    return float(alphas[best]), worse.mean(axis=0), worse.std(axis=0, ddof=1) / np.sqrt(len(worse))
