"""Exercise 12: the test error of a network, ties included, integrated exactly along the signal."""

import numpy as np


def network_error(
    W: np.ndarray, v: np.ndarray, signal: np.ndarray, kappa: float, sigma: float, noise: np.ndarray
) -> float:
    """Error of sign f(x) on x = (kappa y + sigma z) s + sigma q, both labels equally likely, a tie half a mistake.

    Parameters
    ----------
    W, v : ndarray (h, d), ndarray (h,)
        The network f(x) = sum_j v_j relu(<w_j, x>).
    signal : ndarray (d,)
        Direction s of the class centres, of unit length.
    kappa, sigma : float
        Distance of a centre from the origin and standard deviation of the noise, both > 0.
    noise : ndarray (m, d)
        The draws of q, one per row: noise orthogonal to s, in units of sigma.

    Returns
    -------
    float
        Mean over the rows q of P(y f(x) < 0 | q) + 1/2 P(f(x) = 0 | q), exact in z ~ N(0, 1).
        A neuron with w_j = 0 or v_j = 0 is never heard; one with <w_j, s> = 0 has no breakpoint.
    """
    # TODO: cut each line at the breakpoints and roots of f; science.md#errors
    raise NotImplementedError("exercise 12: network_error")
