"""Exercise 03: the right-hand side of gradient flow, by hand."""

import numpy as np


def velocity(
    X: np.ndarray, y: np.ndarray, W: np.ndarray, v: np.ndarray, reduction: str
) -> tuple[np.ndarray, np.ndarray]:
    """Velocity of both layers under gradient flow: minus the gradient of the logistic training risk.

    Parameters
    ----------
    X : ndarray (n, d)
    y : ndarray (n,)
        Labels -1 and +1.
    W : ndarray (h, d)
        First layer, one neuron w_j per row; f(x) = sum_j v_j relu(<w_j, x>).
    v : ndarray (h,)
        Second layer; any numbers, balanced or not. All arrays may hold integers, as the lesson's example does.
    reduction : str
        "sum" or "mean": the risk is the sum or the mean of log(1 + exp(-y_i f(x_i))), at margins up to ±1000.

    Returns
    -------
    dW : ndarray (h, d)
        dw_j/dt = v_j G_j, with G_j = sum_i p_i y_i 1[<w_j, x_i> > 0] x_i and p_i = sigmoid(-y_i f(x_i)),
        times 1/n for "mean". At <w_j, x_i> = 0 the neuron counts as silent.
    dv : ndarray (h,)
        dv_j/dt = <w_j, G_j>.
    """
    # TODO: the lesson derives G_j
    raise NotImplementedError("exercise 03: velocity")
