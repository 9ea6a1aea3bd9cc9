"""Exercise 01: the spread."""

import numpy as np


def spread(x: np.ndarray) -> float:
    """Largest minus smallest of the numbers x (n,)."""
    # TODO: write it.
    raise NotImplementedError("exercise 01: spread")
