"""Gradient flow in its simplest form: read this file first. Tests compare it with the fast solver `gradient_flow`."""

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from .network import single_run


def reference_flow(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, signs: ArrayLike, target_risk: float,
    *, reduction: str = "mean", centred: bool = False, t_max: float = 1e6, rtol: float = 1e-9,
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:  # fmt: skip
    """Solve one run of gradient flow until its target risk, by `scipy.integrate.solve_ivp` (science.md#dynamics).

    Parameters and errors: see `gradient_flow`. Returns W (h, d), v (h,) and t_eta, or NaN if `t_max` comes first."""
    X, y, W0, signs, scale = single_run(X, y, W, signs, target_risk, reduction, centred, t_max, rtol)

    def network(state):
        W, v = state[: W0.size].reshape(W0.shape), state[W0.size :]
        return W, v, X @ W.T > 0, np.maximum(X @ W.T, 0) @ v  # both layers, which neuron is active on what, f(x_i)

    def velocity(_, state):
        W, v, active, f = network(state)
        p = scale * scipy.special.expit(-y * (f - f0))  # -l'(y f) of l(z) = log(1 + exp(-z)); 1/2 while f = 0: Phase 1
        G = active.T @ ((p * y)[:, None] * X)  # G_j = sum_i p_i y_i 1[<w_j, x_i> > 0] x_i
        dW, dv = v[:, None] * G, (W * G).sum(axis=1)  # dw_j/dt = v_j G_j, dv_j/dt = <w_j, G_j>
        return np.concatenate([dW.ravel(), dv])

    def gap(_, state):
        return scale * np.logaddexp(0, -y * (network(state)[3] - f0)).sum() - target_risk

    gap.terminal = True  # type: ignore[attr-defined]
    start = np.concatenate([W0.ravel(), signs * np.linalg.norm(W0, axis=1)])  # balanced at all times: |v_j| = |w_j|
    f0 = network(start)[3] if centred else 0.0
    if gap(0, start) <= 0:
        return *network(start)[:2], 0.0
    solve_ivp = scipy.integrate.solve_ivp  # scipy imports it at this access, which takes a quarter of a second
    run = solve_ivp(velocity, (0, t_max), start, "DOP853", events=gap, rtol=rtol, atol=1e-12 * np.abs(W0).max())
    return *network(run.y[:, -1])[:2], float(run.t[-1]) if run.status == 1 else np.nan
