"""Directions and log norms are the state; RK45 step by step, the crossing by brentq on its dense output."""

import numpy as np
from scipy.integrate import RK45
from scipy.optimize import brentq
from scipy.special import expit


def flow(X, y, W, signs, target_risk, reduction):
    n, (h, d) = len(y), W.shape
    scale = n if reduction == "mean" else 1

    def layers(state):
        U, size = state[: h * d].reshape(h, d), np.exp(state[h * d :])
        return U * size[:, None], signs * size

    def gap(state):
        W, v = layers(state)
        return np.logaddexp(0.0, -y * (np.maximum(X @ W.T, 0.0) @ v)).sum() / scale - target_risk

    def rate(_, state):
        U = state[: h * d].reshape(h, d)
        W, v = layers(state)
        active = X @ U.T > 0
        p = expit(-y * (np.maximum(X @ W.T, 0.0) @ v)) / scale
        G = signs[:, None] * np.einsum("nh,n,nd->hd", active, p * y, X)
        along = np.sum(G * U, axis=1)
        return np.concatenate([(G - along[:, None] * U).ravel(), along])

    norms = np.linalg.norm(W, axis=1)
    state = np.concatenate([(W / norms[:, None]).ravel(), np.log(norms)])
    if gap(state) <= 0:
        return W, signs * norms, 0.0
    solver = RK45(rate, 0.0, state, 1e9, rtol=1e-5, atol=1e-6)
    while gap(solver.y) > 0:
        solver.step()
    inside = solver.dense_output()
    time = brentq(lambda t: gap(inside(t)), solver.t_old, solver.t)
    return *layers(inside(time)), time
