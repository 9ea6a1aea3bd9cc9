"""The tangent-kernel machine of a start: what training would give if the features did not move."""

import numpy as np
from scipy.integrate import solve_ivp
from scipy.special import expit

from fls_teach.theory import forward


def correlation_with_kernel_machine(X, y, W0, v0, target_risk, with_f0, W, v, points):
    """Correlation of the trained network's outputs at test inputs `points` (p, d) with those of the machine.

    Parameters
    ----------
    X, y : ndarray (n, d), (n,)
    W0, v0 : ndarray (h, d), (h,)
        The start.
    target_risk : float
        Mean logistic risk at which the machine stops too.
    with_f0 : bool
        Whether the machine starts from the output of the start, or from 0.
    W, v : ndarray
        The trained network, less f_0 if that was trained.
    points : ndarray (p, d)
    """
    K, f0 = tangent_kernel(X, X, W0, v0), forward(X, W0, v0) * with_f0
    scale = np.trace(K) / len(X) ** 2  # only the unit of time

    def outputs(dual):
        return f0 + K @ (y * dual)

    def reached(_, dual):
        return np.logaddexp(0, -y * outputs(dual)).mean() - target_risk

    reached.terminal = True
    slope = lambda _, dual: expit(-y * outputs(dual)) / scale  # noqa: E731
    dual = np.zeros(len(X))
    if reached(0.0, dual) > 0:  # f_0 alone may be there already
        done = solve_ivp(slope, (0, 1e9), dual, method="LSODA", events=reached, rtol=1e-7, atol=1e-12)
        if not len(done.t_events[0]):
            raise RuntimeError("the kernel machine did not reach the target risk")
        dual = done.y_events[0][0]
    machine = forward(points, W0, v0) * with_f0 + tangent_kernel(points, X, W0, v0) @ (y * dual)
    return np.corrcoef(machine, forward(points, W, v))[0, 1]


def tangent_kernel(A, B, W, v):
    """K(a, b) = <gradient of f(a), gradient of f(b)> in all weights, for inputs A (m, d) and B (n, d)."""
    before, after = A @ W.T, B @ W.T
    hidden = np.maximum(before, 0) @ np.maximum(after, 0).T
    return hidden + ((before > 0) * v**2) @ (after > 0).T * (A @ B.T)
