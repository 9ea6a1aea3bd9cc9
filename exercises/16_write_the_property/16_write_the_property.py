"""Exercise 16: write the property that tells a right implementation from every wrong one."""

import numpy as np


def questions(seed: int) -> list:
    """Inputs on which to try somebody's implementation of the alignment psi.

    Parameters
    ----------
    seed : int
        Draw everything random from `np.random.default_rng(seed)`: another seed asks other questions.

    Returns
    -------
    list of (W, direction)
        5 to 50 pairs of W (h, d) and direction (d,), with W of at least 3 shapes; no entry above 1e6 in size, no row
        of W and no direction zero.
    """
    # TODO: small, odd and extreme cases find more than many ordinary ones
    raise NotImplementedError("exercise 16: questions")


def verdict(asked: list, answers: list) -> bool:
    """Whether these answers can come from psi_j = cos angle(w_j, direction), up to float32 rounding (< 1e-5).

    Parameters
    ----------
    asked : list of (W, direction)
        What `questions` returned.
    answers : list of ndarray
        For each question what the unknown implementation answered, meant to be psi of shape (h,).

    Returns
    -------
    bool
    """
    raise NotImplementedError("exercise 16: verdict")
