"""the class mean stands where the class sum x_+ was meant"""

import numpy as np


def bound(times, alpha, X, y, W):
    pull = np.linalg.norm(X[y > 0].mean(axis=0))
    x_max, w_max = np.linalg.norm(X, axis=1).max(), np.linalg.norm(W, axis=1).max() / alpha
    zeta = 1 - 4 * alpha * len(X) * np.sqrt(len(W)) * x_max**2 * w_max**2 / pull
    if zeta <= 0:
        return float(zeta), np.full(len(times), -1.0)
    return float(zeta), np.sqrt(zeta) * np.tanh(pull / 2 * np.sqrt(zeta) * times)


def exit_time(times, norms, alpha):
    level = 2 * alpha * (norms[0].max() / alpha) ** 2 / np.sqrt(norms.shape[1])
    after = norms.max(axis=1) ** 2 > level
    return float(times[after.argmax()]) if after.any() else np.inf
