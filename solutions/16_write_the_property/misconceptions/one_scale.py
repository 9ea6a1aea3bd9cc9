import numpy as np

SHAPES, SCALES = [(1, 1), (4, 4), (5, 3), (3, 6)], (1e3, 3e3)


def questions(seed):
    rng = np.random.default_rng(seed)
    return [(scale * rng.standard_normal((h, d)), rng.standard_normal(d)) for h, d in SHAPES for scale in SCALES]


def right(asked):
    return [W @ x / np.linalg.norm(W, axis=1) / np.linalg.norm(x) for W, x in asked]


def verdict(asked, answers):
    return all(
        np.shape(a) == np.shape(b) and np.allclose(a, b, atol=1e-5) for a, b in zip(answers, right(asked), strict=True)
    )
