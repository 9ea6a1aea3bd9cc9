"""Exercise 02: even and odd."""

import numpy as np


def even_and_odd(x: np.ndarray) -> tuple[int, int]:
    """How many of the whole numbers x (n,) are even, and how many are odd."""
    # TODO: write it.
    raise NotImplementedError("exercise 02: even_and_odd")
