"""Reference solution of exercise 04."""

import numpy as np
from scipy.integrate import solve_ivp
from scipy.special import expit


def flow(
    X: np.ndarray, y: np.ndarray, W: np.ndarray, signs: np.ndarray, target_risk: float, reduction: str
) -> tuple[np.ndarray, np.ndarray, float]:
    share = 1 / len(y) if reduction == "mean" else 1.0

    def unpack(state):
        W, v = state[: W0.size].reshape(W0.shape), state[W0.size :]
        Z = X @ W.T
        return W, v, Z, np.maximum(Z, 0.0) @ v

    def rate(_, state):
        W, v, Z, f = unpack(state)
        G = ((Z > 0) * (share * y * expit(-y * f))[:, None]).T @ X
        return np.concatenate([(v[:, None] * G).ravel(), (W * G).sum(axis=1)])

    def above_target(_, state):
        f = unpack(state)[3]
        return np.log(share * np.logaddexp(0.0, -y * f).sum() / target_risk)

    above_target.terminal = True
    W0, start = W, np.concatenate([W.ravel(), signs * np.linalg.norm(W, axis=1)])
    if above_target(0.0, start) <= 0:
        return W.copy(), start[W.size :], 0.0
    # An absolute tolerance far below the start: otherwise a small start is all error.
    run = solve_ivp(rate, (0.0, 1e9), start, events=above_target, rtol=1e-5, atol=1e-6 * np.abs(W).max())
    W, v, _, _ = unpack(run.y[:, -1])
    return W, v, float(run.t[-1])
