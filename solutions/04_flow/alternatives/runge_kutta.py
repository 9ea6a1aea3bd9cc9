"""Classical Runge-Kutta whose steps move no neuron by more than 2%; the last step is shortened by bisection."""

import numpy as np


def flow(X, y, W, signs, target_risk, reduction):
    share = 1 / len(y) if reduction == "mean" else 1.0

    def outputs(W, v):
        return np.maximum(X @ W.T, 0.0) @ v

    def risk(W, v):
        return share * np.logaddexp(0.0, -y * outputs(W, v)).sum()

    def rates(W, v):
        pull = share * y * np.exp(-np.logaddexp(0.0, y * outputs(W, v)))
        G = ((X @ W.T > 0) * pull[:, None]).T @ X
        return v[:, None] * G, np.einsum("hd,hd->h", W, G)

    def step(W, v, dt):
        a, b = rates(W, v)
        c, d = rates(W + dt / 2 * a, v + dt / 2 * b)
        e, f = rates(W + dt / 2 * c, v + dt / 2 * d)
        g, k = rates(W + dt * e, v + dt * f)
        return W + dt * (a + 2 * c + 2 * e + g) / 6, v + dt * (b + 2 * d + 2 * f + k) / 6

    v, time = signs * np.linalg.norm(W, axis=1), 0.0
    if risk(W, v) <= target_risk:
        return W, v, 0.0
    while True:
        dW = np.linalg.norm(rates(W, v)[0], axis=1)
        dt = 0.02 / np.max(dW / np.linalg.norm(W, axis=1))
        after = step(W, v, dt)
        if risk(*after) <= target_risk:
            break
        W, v = after
        time += dt
    low, high = 0.0, dt
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if risk(*step(W, v, middle)) <= target_risk else (middle, high)
    return *step(W, v, high), time + high
