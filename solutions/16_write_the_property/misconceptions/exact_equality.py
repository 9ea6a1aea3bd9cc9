import numpy as np

SHAPES, SCALES = [(1, 1), (4, 4), (5, 3), (3, 6)], (1e-6, 1.0, 1e4)


def questions(seed):
    rng = np.random.default_rng(seed)
    return [(scale * rng.standard_normal((h, d)), rng.standard_normal(d)) for h, d in SHAPES for scale in SCALES]


def right(asked):
    return [W @ x / np.linalg.norm(W, axis=1) / np.linalg.norm(x) for W, x in asked]


def verdict(asked, answers):
    return all(np.array_equal(a, b) for a, b in zip(answers, right(asked), strict=True))
