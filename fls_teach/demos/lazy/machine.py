"""A tangent-kernel machine expressed as a ReLU network, so that its test error is as exact as any network's."""

import numpy as np

from fls_teach.demos.shared.kernel import kernel_machine, tangent_kernel
from fls_teach.demos.shared.measures import outputs

STEP = 1e-6
"""Step of the difference quotient, relative to the largest neuron: rounding and curvature errors are below 1e-9."""


def tangent_network(W, V, X, g, scale):
    """Return the function scale f(x) + sum_il <df(x), df_l(x_i)> g_il, trained along the tangents at (W, V).

    Parameters
    ----------
    W, V : ndarray (..., h, d), (..., K, h)
        Network f whose tangents are taken.
    X : ndarray (..., n, d)
        Training inputs.
    g : ndarray (..., n, K)
        Coefficients, from `kernel_machine`.
    scale : float or ndarray (...)
        Share of f itself in the result.

    Returns
    -------
    W, V : ndarray (..., 3h, d), (..., K, 3h)
        A ReLU network that equals this function up to O(STEP^2), except in slices of this size at the kinks.

    Notes
    -----
    With D = sum_il g_il df_l(x_i)/dtheta, the sum is the derivative of f(x) along D. The difference quotient
    (f(x; theta + e D) - f(x; theta - e D)) / 2e consists of two networks of h neurons.

    Examples
    --------
    >>> W, V, x, g = np.array([[3.0]]), np.array([[5.0]]), np.array([[2.0]]), np.ones((1, 1))
    >>> W2, V2 = tangent_network(W, V, x, g, scale=1.0)
    >>> round(float(outputs(x, W2, V2).item()), 6)  # 30 + 136, the kernel of x with itself
    166.0
    """
    Z = X @ W.swapaxes(-1, -2)
    across = g.swapaxes(-1, -2) @ np.maximum(Z, 0)  # (..., K, h): along V
    along = ((Z > 0) * (g @ V)).swapaxes(-1, -2) @ X  # (..., h, d): along W
    norms = (np.linalg.norm(D.reshape(*D.shape[:-2], -1), axis=-1) for D in (along, across))
    size = np.maximum(*norms)  # 0 if the machine starts at its target
    e = (STEP * np.linalg.norm(W, axis=-1).max(axis=-1) / np.where(size > 0, size, 1.0))[..., None, None]
    layers = [(W + e * along, (V + e * across) / (2 * e)), (W - e * along, -(V - e * across) / (2 * e))]
    layers.append((W, np.asarray(scale)[..., None, None] * V))
    return np.concatenate([w for w, _ in layers], axis=-2), np.concatenate([v for _, v in layers], axis=-1)


def machine_error(setting, case, W, V, scales, n_draws):
    """Return test errors of the machines with the tangents of (W, V), trained to the setting's target from scales * f.

    Parameters
    ----------
    setting : Setting
    case : Case
        Training data and seed of the test noise.
    W, V : ndarray (m, h, d), (m, K, h)
    scales : ndarray (m,)
    n_draws : int

    Returns
    -------
    ndarray (m,)
        NaN where the target was not reached.
    """
    X, y = (np.repeat(array[None], len(W), axis=0) for array in (case.X, case.y))
    g = kernel_machine(tangent_kernel(X, X, W, V), scales[:, None, None] * outputs(X, W, V), y, setting.target_risk)
    reached = np.isfinite(g).all(axis=(1, 2))
    error = np.full(len(W), np.nan)
    if reached.any():
        W, V = tangent_network(W[reached], V[reached], X[reached], g[reached], scales[reached])
        V = V[:, 0] if V.shape[1] == 1 else V
        error[reached] = setting.mixture.network_errors(W, V, n_draws=n_draws, rng=case.test_seed).half.value
    return error
