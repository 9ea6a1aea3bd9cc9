"""Exercise 06: how fast neurons align in Phase 1, and when Phase 1 ends."""

import numpy as np


def bound(times: np.ndarray, alpha: float, X: np.ndarray, y: np.ndarray, W: np.ndarray) -> tuple[float, np.ndarray]:
    """Lower bound on the alignment psi_j(t); gradient flow of the logistic risk SUMMED over the examples.

    Parameters
    ----------
    times : ndarray (T,)
        t - t_1 >= 0, since the neuron became active on all positive examples and on no negative one.
    alpha : float
        Initialisation scale; W = alpha W0 (h, d) is the first layer at time 0.
    X, y : ndarray (n, d), (n,)
        Inputs and labels -1 and +1, at least one of them +1.

    Returns
    -------
    zeta : float
        1 - 4 alpha n sqrt(h) X_max^2 W_max^2 / |x_+|, with X_max = max |x_i|, W_max = max |w_j(0)| / alpha.
    lower : ndarray (T,)
        sqrt(zeta) tanh((1/2) |x_+| sqrt(zeta) (t - t_1)); -1, which bounds nothing, where zeta <= 0.
    """
    # TODO: two functions; the exit below is the second.
    raise NotImplementedError("exercise 06: bound")


def exit_time(times: np.ndarray, norms: np.ndarray, alpha: float) -> float:
    """First of the `times` (T,) with max_j |w_j|^2 > 2 alpha W_max^2 / sqrt(h), strictly; inf if there is none.

    `norms` (T, h) are the |w_j| at these times, the first row at time 0: W_max = max_j norms[0, j] / alpha.
    """
    raise NotImplementedError("exercise 06: exit_time")
