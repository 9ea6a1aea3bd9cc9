"""Reference solution of exercise 16: odd shapes and scales, and an oracle of its own."""

import numpy as np


def questions(seed: int) -> list:
    rng = np.random.default_rng(seed)
    asked = []
    for h, d in [(1, 1), (1, 3), (3, 1), (4, 4), (5, 3), (3, 6)]:
        for scale in (1e-6, 1.0, 1e4):
            asked.append((scale * rng.standard_normal((h, d)), rng.standard_normal(d)))
    return asked


def verdict(asked: list, answers: list) -> bool:
    for (W, direction), answer in zip(asked, answers, strict=True):
        psi = W @ direction / np.linalg.norm(W, axis=1) / np.linalg.norm(direction)
        answer = np.asarray(answer, dtype=float)
        if answer.shape != psi.shape or not np.allclose(answer, psi, rtol=0, atol=1e-5):
            return False
    return True
