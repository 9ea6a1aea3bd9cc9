"""An example by hand among the drawn ones, and scipy's cosine distance as the oracle."""

import numpy as np
from scipy.spatial.distance import cdist


def questions(seed):
    rng = np.random.default_rng([seed, 16])
    asked = [(np.array([[3, 4], [0, -2]]), np.array([1, 0]))]
    for h, d in [(2, 2), (5, 3), (3, 5), (1, 4), (6, 2)]:
        for size in 1e-5, 1, 100:
            asked.append((rng.uniform(-size, size, (h, d)), rng.uniform(-1, 1, d)))
    return tuple(asked)


def verdict(asked, answers):
    return all(
        np.shape(answer) == (len(W),) and np.max(np.abs(1 - cdist(W, x[None], "cosine")[:, 0] - answer)) < 1e-4
        for (W, x), answer in zip(asked, answers, strict=True)
    )
