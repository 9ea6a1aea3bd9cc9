"""Few questions with many neurons: whole numbers, asked once as they are and once a million times smaller."""

import numpy as np


def questions(seed):
    rng, asked = np.random.default_rng(seed), []
    for h, d in [(9, 3), (12, 2), (7, 7)]:
        W = rng.integers(1, 10, (h, d)) * rng.choice([-1, 1], (h, d))
        direction = rng.integers(1, 10, d) * rng.choice([-1, 1], d)
        asked += [(W.tolist(), direction.tolist()), (W / 1e6, direction)]
    return asked


def verdict(asked, answers):
    fine = True
    for (W, x), answer in zip(asked, answers, strict=True):
        W, x = np.array(W), np.array(x)
        psi = (W * x).sum(axis=1) / np.hypot.reduce(W, axis=1) / np.hypot.reduce(x)
        fine = fine and answer.shape == psi.shape and np.all(np.abs(answer - psi) <= 5e-4)
    return fine
