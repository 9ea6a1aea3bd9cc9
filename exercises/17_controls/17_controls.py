"""Exercise 17: remove the cause, and see whether the effect goes."""

import numpy as np


# TODO: four functions, a few lines each
def twins(W: np.ndarray, signs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A start with f(x) = 0 for every x: each neuron, and a copy of it with the opposite output sign.

    Parameters
    ----------
    W : ndarray (h, d)
        First layer.
    signs : ndarray (h,)
        Output signs, -1 and +1.

    Returns
    -------
    W, signs : ndarray (2h, d), ndarray (2h,)
        The 2h neurons in any order, each with its own sign.
    """
    raise NotImplementedError("exercise 17: twins")


def error_rates(X: np.ndarray, y: np.ndarray, W: np.ndarray, v: np.ndarray) -> tuple[float, float]:
    """The share of test points that a network gets wrong, as it is and with its silent points answered.

    Parameters
    ----------
    X : ndarray (m, d)
    y : ndarray (m,)
        -1 and +1.
    W, v : ndarray (h, d), ndarray (h,)
        f(x) = sum_j v_j max(<w_j, x>, 0).

    Returns
    -------
    network, answered : float
        network: a point counts 1 where y f(x) < 0, 1/2 where f(x) = 0, else 0. answered: the same, but a silent point, where
        no <w_j, x> is positive, is answered by the linear predictor sum_j v_j w_j in place of f.
    """
    raise NotImplementedError("exercise 17: error_rates")


def rise_removed(plain: np.ndarray, control: np.ndarray) -> tuple[float, float, float]:
    """How much of the rise from the best alpha to the end of a curve goes when a cause is removed.

    Parameters
    ----------
    plain, control : ndarray (K, 2)
        Test errors of the same K >= 3 seeds, with the cause and without it: at the best alpha, and at the end.

    Returns
    -------
    mean, low, high : float
        Mean of the K paired differences of differences, and the ends of its 95% interval (Student, K - 1 degrees of freedom).
    """
    raise NotImplementedError("exercise 17: rise_removed")


def causes(plain: np.ndarray, controls: dict, best: int) -> dict:
    """Which control removes which branch of the U.

    Parameters
    ----------
    plain : ndarray (K, a)
        Test errors of K seeds at a alphas, from the smallest to the largest.
    controls : dict of ndarray (K, a)
        Name of a suspected cause -> the errors of the same seeds without it.
    best : int
        Column of the best alpha, 0 < best < a - 1, chosen on other seeds.

    Returns
    -------
    dict
        "left" (column 0) and "right" (column a - 1): a list, in any order, of the names whose control removes at least
        half of the branch's mean rise, with an interval above 0. Empty where the interval of the rise itself is not above 0.
    """
    raise NotImplementedError("exercise 17: causes")
