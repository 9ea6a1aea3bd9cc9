"""Reference solution of exercise 02."""

import numpy as np


def even_and_odd(x: np.ndarray) -> tuple[int, int]:
    odd = int(np.sum(x % 2))
    return odd, len(x) - odd
