"""The tangent-kernel machine of a network: the result of training if the features kept their initial values."""

import numpy as np
from scipy.special import expit, log_softmax, softmax

TOLERANCE = 3e-3
"""Allowed error of the outputs per step, relative to 1 + max |f|."""
MAX_STEPS = 5_000


def tangent_kernel(A, B, W, V):
    """Return the inner products of the gradients of the outputs with respect to all weights.

    Parameters
    ----------
    A, B : ndarray (..., a, d), (..., b, d)
        Inputs.
    W, V : ndarray (..., h, d), (..., K, h)
        Network with the outputs f_k(x) = sum_j V_kj relu(<w_j, x>).

    Returns
    -------
    ndarray (..., a, K, b, K)
        <df_k(A_i), df_l(B_i')> = delta_kl sum_j relu(Z_ij) relu(Z'_i'j) + <A_i, B_i'> sum_j V_kj V_lj 1_ij 1'_i'j.

    Examples
    --------
    >>> x = np.array([[2.0]])
    >>> float(tangent_kernel(x, x, np.array([[3.0]]), np.array([[5.0]])).item())  # 6^2 + 2^2 * 5^2
    136.0
    """
    Z, other = (X @ np.swapaxes(W, -1, -2) for X in (A, B))
    second = np.maximum(Z, 0) @ np.swapaxes(np.maximum(other, 0), -1, -2)
    n_outputs = V.shape[-2]
    gated = (Z > 0)[..., :, None, :] * V[..., None, :, :]  # (..., a, K, h)
    gated_other = (other > 0)[..., :, None, :] * V[..., None, :, :]
    first = gated.reshape(*gated.shape[:-3], -1, gated.shape[-1]) @ np.swapaxes(
        gated_other.reshape(*gated_other.shape[:-3], -1, gated_other.shape[-1]), -1, -2
    )
    first = first.reshape(*first.shape[:-2], Z.shape[-2], n_outputs, other.shape[-2], n_outputs)
    inputs = A @ np.swapaxes(B, -1, -2)
    return first * inputs[..., :, None, :, None] + second[..., :, None, :, None] * np.eye(n_outputs)[:, None, :]


def kernel_machine(kernel, offset, y, target_risk):
    """Solve the gradient flow of the risk in the tangent model, until the risk reaches the target.

    Parameters
    ----------
    kernel : ndarray (B, n, K, n, K)
        Kernel of the training inputs.
    offset : ndarray (B, n, K)
        Initial outputs.
    y : ndarray (B, n)
        Labels -1 and +1 for one output, classes 0 to K - 1 for more.
    target_risk : float
        Mean logistic risk, or cross-entropy, in nats.

    Returns
    -------
    ndarray (B, n, K)
        Coefficients g: the outputs at an input a are offset(a) + kernel(a, X) g. NaN if the target was not reached.

    Notes
    -----
    df/dt = kernel p with p = -d risk / d f, so f = offset + kernel g and dg/dt = p. This is solved by the embedded pair
    of Bogacki and Shampine, with individual step sizes for each machine. The scale of the kernel only rescales time.

    Examples
    --------
    >>> g = kernel_machine(np.ones((1, 1, 1, 1, 1)), np.zeros((1, 1, 1)), np.ones((1, 1)), target_risk=0.1)
    >>> round(float(np.logaddexp(0, -g.item())), 6)
    0.1
    """
    size, n, n_outputs = offset.shape
    K = kernel.reshape(size, n * n_outputs, n * n_outputs)
    K = K / np.trace(K, axis1=1, axis2=2)[:, None, None]
    start = offset.reshape(size, -1)

    def outputs(g, run):
        return (start[run] + (K[run] @ g[..., None])[..., 0]).reshape(-1, n, n_outputs)

    def slope(g, run):
        return residual(outputs(g, run), y[run]).reshape(len(run), -1)

    g, done = np.zeros_like(start), np.zeros(size, dtype=bool)
    step, first = np.ones(size), slope(g, np.arange(size))
    done[:] = mean_risk(outputs(g, np.arange(size)), y) <= target_risk
    for _ in range(MAX_STEPS):
        run = np.flatnonzero(~done)
        if not len(run):
            break
        h, k1 = step[run, None], first[run]
        k2 = slope(g[run] + h * k1 / 2, run)
        k3 = slope(g[run] + h * k2 * 3 / 4, run)
        new = g[run] + h * (2 * k1 + 3 * k2 + 4 * k3) / 9
        k4 = slope(new, run)
        error = np.abs((K[run] @ (h * (-5 * k1 / 72 + k2 / 12 + k3 / 9 - k4 / 8))[..., None])[..., 0]).max(axis=1)
        error = error / (TOLERANCE * (1 + np.abs(outputs(new, run)).max(axis=(1, 2))))
        good = error <= 1
        crossed = good & (mean_risk(outputs(new, run), y[run]) <= target_risk)
        if crossed.any():
            at = run[crossed]
            new[crossed] = _at_target(
                g[at], new[crossed], lambda g, at=at: mean_risk(outputs(g, at), y[at]), target_risk
            )
        g[run[good]], first[run[good]], done[run[crossed]] = new[good], k4[good], True
        step[run] *= np.clip(0.9 * np.cbrt(1 / np.maximum(error, 1e-9)), 0.2, 4.0)
    g[~done] = np.nan
    # The kernel was divided by its trace, which multiplied g by the trace.
    trace = np.trace(kernel.reshape(K.shape), axis1=1, axis2=2)
    return (g / trace[:, None]).reshape(offset.shape)


def residual(f, y):
    """Return minus the derivative of the mean risk with respect to the outputs (B, n, K)."""
    if f.shape[-1] == 1:
        return y[..., None] * expit(-y[..., None] * f) / f.shape[1]
    return (np.eye(f.shape[-1])[y.astype(int)] - softmax(f, axis=-1)) / f.shape[1]


def mean_risk(f, y):
    """Return the mean logistic risk (B,) of one output, or the cross-entropy of several."""
    if f.shape[-1] == 1:
        return np.logaddexp(0, -y * f[..., 0]).mean(axis=1)
    return -np.take_along_axis(log_softmax(f, axis=-1), y.astype(int)[..., None], axis=-1)[..., 0].mean(axis=1)


def _at_target(before, after, risk, target):
    """Find where on the segment from `before` to `after` (b, m) the risk, convex there, reaches the target."""
    low, high = np.zeros((len(before), 1)), np.ones((len(before), 1))
    for _ in range(40):
        middle = (low + high) / 2
        below = (risk(before + middle * (after - before)) <= target)[:, None]
        low, high = np.where(below, low, middle), np.where(below, middle, high)
    return before + high * (after - before)
