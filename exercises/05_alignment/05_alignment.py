"""Exercise 05: where the neurons point, one by one and together."""

import numpy as np


def alignment(X: np.ndarray, y: np.ndarray, W: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Alignment of a network f(x) = sum_j v_j relu(<w_j, x>) with the positive class of its data.

    Parameters
    ----------
    X : ndarray (n, d)
        Inputs, one per row.
    y : ndarray (n,)
        Labels -1 and +1, at least one of each sign.
    W : ndarray (h, d)
        First layer, one neuron w_j per row, none of them zero.
    v : ndarray (h,)
        Second layer, at least one of them > 0.

    Returns
    -------
    psi : ndarray (h,)
        psi_j = cos angle(w_j, x_+) of every neuron, with x_+ the sum of the inputs labelled +1.
    predictor : ndarray (d,)
        Effective predictor w^+ = sum over v_j > 0 of v_j w_j.
    big_psi : float
        Psi = cos angle(w^+, x_+).
    """
    # TODO: a sum, a cosine for every neuron, a weighted sum, and one more cosine.
    raise NotImplementedError("exercise 05: alignment")
