import numpy as np


def network_error(W, v, signal, kappa, sigma, noise):
    rng = np.random.default_rng(0)
    wrong = []
    for q in noise:
        y = rng.choice([-1.0, 1.0], 1_000)
        x = np.outer(kappa * y + sigma * rng.standard_normal(y.size), signal) + sigma * q
        wrong.append(np.mean((1 - y * np.sign(np.maximum(x @ W.T, 0) @ v)) / 2))
    return float(np.mean(wrong))
