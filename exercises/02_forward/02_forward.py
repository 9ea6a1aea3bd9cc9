"""Exercise 02: the two-layer ReLU network, and its logistic risk at any margin."""

import numpy as np


# TODO: write both functions; the lesson has the formulas
def forward(X: np.ndarray, W: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Output of the network f(x) = sum_j v_j relu(<w_j, x>), with relu(z) = max(z, 0).

    Parameters
    ----------
    X : ndarray (n, d)
    W : ndarray (h, d)
        First layer, one neuron w_j per row.
    v : ndarray (h,)
        Second layer. All three may hold integers.

    Returns
    -------
    ndarray (n,)
    """
    raise NotImplementedError("exercise 02: forward")


def logistic_risk(f: np.ndarray, y: np.ndarray, reduction: str) -> float:
    """Training risk, the sum or mean over the examples of l(z_i) = log(1 + exp(-z_i)) at margins z_i = y_i f_i.

    Parameters
    ----------
    f, y : ndarray (n,)
        Outputs of any size (margins of ±1000 occur), and labels -1 and +1.
    reduction : str
        "sum" or "mean".

    Returns
    -------
    float
        In nats, finite at every margin, and within 1e-5 of itself; a loss below 1e-30 may be 0.
    """
    raise NotImplementedError("exercise 02: logistic_risk")
