"""Exercise 11: how far training moves the features and the tangent kernel."""

import numpy as np


# TODO: two functions; the second asks the first for its kernels
def tangent_kernel(X: np.ndarray, W: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Gram matrix of the gradients of f(x) = sum_j v_j relu(<w_j, x>) with respect to all its weights.

    Parameters
    ----------
    X : ndarray (n, d)
    W, v : ndarray (h, d), ndarray (h,)

    Returns
    -------
    ndarray (n, n)
        K(x, x') = sum_j (relu(<w_j, x>) relu(<w_j, x'>) + v_j^2 1[<w_j, x> > 0] 1[<w_j, x'> > 0] <x, x'>);
        at a kink <w_j, x> = 0 the neuron counts as silent.
    """
    raise NotImplementedError("exercise 11: tangent_kernel")


def movement(X: np.ndarray, W0: np.ndarray, v0: np.ndarray, W1: np.ndarray, v1: np.ndarray) -> tuple[float, float]:
    """Relative movement of the features and of the tangent kernel from (W0, v0) to (W1, v1).

    Parameters
    ----------
    X : ndarray (n, d)
    W0, v0, W1, v1 : ndarray (h, d), (h,), (h, d), (h,)
        The network before and after training; neither W0 nor its kernel is zero.

    Returns
    -------
    features, kernel : float
        ‖W1 - W0‖ / ‖W0‖ and ‖K1 - K0‖ / ‖K0‖ in the Frobenius norm (root of the sum of all squared entries).
    """
    raise NotImplementedError("exercise 11: movement")
