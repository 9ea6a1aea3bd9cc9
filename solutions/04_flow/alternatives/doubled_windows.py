"""DOP853 over windows of time, each twice as long as the last; the sum as the mean on a faster clock."""

import numpy as np
from scipy.integrate import solve_ivp
from scipy.special import expit


def flow(X, y, W, signs, target_risk, reduction):
    n = len(y)
    if reduction == "sum":
        W, v, time = flow(X, y, W, signs, target_risk / n, "mean")
        return W, v, time / n

    def outputs(W):
        return np.maximum(X @ W.T, 0.0) @ (signs * np.linalg.norm(W, axis=1))

    def rate(_, state):
        W = state.reshape(-1, X.shape[1])
        pull = y * expit(-y * outputs(W)) / n
        G = ((X @ W.T > 0) * pull[:, None]).T @ X
        return ((signs * np.linalg.norm(W, axis=1))[:, None] * G).ravel()

    def above(_, state):
        return np.logaddexp(0.0, -y * outputs(state.reshape(-1, X.shape[1]))).mean() - target_risk

    above.terminal = True
    state, start, length = W.ravel(), 0.0, 1.0
    while above(0.0, state) > 0:
        window = start, start + length
        run = solve_ivp(rate, window, state, "DOP853", events=above, rtol=1e-6, atol=1e-9 * np.abs(state).max())
        state, start, length = run.y[:, -1], run.t[-1], 2 * length
        if run.status == 1:
            break
    W = state.reshape(-1, X.shape[1]).copy()
    return W, signs * np.linalg.norm(W, axis=1), start
