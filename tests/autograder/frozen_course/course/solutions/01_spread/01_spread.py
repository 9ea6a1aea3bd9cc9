"""Reference solution of exercise 01."""

import numpy as np


def spread(x: np.ndarray) -> float:
    return float(np.max(x) - np.min(x))
