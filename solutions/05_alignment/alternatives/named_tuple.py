"""Parts by name in a tuple, Psi as numpy's own float, and cosines from the distance of unit vectors."""

from typing import NamedTuple

import numpy as np


class Alignment(NamedTuple):
    psi: np.ndarray
    predictor: np.ndarray
    big_psi: np.float64


def alignment(X, y, W, v):
    def unit(u):
        return u / np.linalg.norm(u, axis=-1, keepdims=True)

    target = unit(np.compress(y == 1, X, axis=0).sum(axis=0))
    predictor = np.where(v > 0, v, 0) @ W
    psi, big_psi = (1 - np.sum((unit(u) - target) ** 2, axis=-1) / 2 for u in (W, predictor))
    return Alignment(psi, predictor, big_psi)
