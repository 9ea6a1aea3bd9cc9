import numpy as np


def flow(X, y, W, signs, target_risk, reduction):
    share = 1 / len(y) if reduction == "mean" else 1.0
    W, v, time = W.copy(), signs * np.linalg.norm(W, axis=1), 0.0
    for _ in range(5_000):  # enough where it gets there at all
        Z = X @ W.T
        margin = y * (np.maximum(Z, 0.0) @ v)
        risk = share * np.logaddexp(0.0, -margin).sum()
        if risk <= target_risk:
            break
        G = ((Z > 0) * (share * y / (1 + np.exp(np.minimum(margin, 500))))[:, None]).T @ X
        dt = 0.3 / np.linalg.norm(G, axis=1).max()
        before = W, v, time, risk
        W, v, time = W + dt * v[:, None] * G, v + dt * (W * G).sum(axis=1), time + dt
    if time == 0:
        return W, v, time
    last = (before[3] - target_risk) / (before[3] - risk)
    return tuple(a + last * (b - a) for a, b in zip(before[:3], (W, v, time), strict=True))
