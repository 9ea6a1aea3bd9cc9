"""Outputs and gradients of many two-layer networks at once, with one output or with K.

Shapes: X (b, n, d), W (b, h, d); the second layer V is (b, h) with outputs f (b, n), or (b, K, h) with f (b, n, K).
Each product is one BLAS call per network, so results do not depend on the other networks in the batch.
"""

from __future__ import annotations

import numpy as np


def activities(X, W):
    """Return relu(<w_j, x_i>), (b, n, h)."""
    Z = X @ W.swapaxes(-1, -2)
    return np.maximum(Z, 0.0, out=Z)


def outputs(A, V):
    """Return f for given activities."""
    return (A @ V[..., None])[..., 0] if V.ndim < A.ndim else A @ V.swapaxes(-1, -2)


def gradients(X, A, W, V, df):
    """Return derivatives [by W, by V] of a risk with derivative `df` by f; a neuron at its kink counts as inactive."""
    active = A > 0
    if V.ndim < A.ndim:
        G = (active * df[..., None]).swapaxes(-1, -2) @ X
        return [V[..., None] * G, (W * G).sum(axis=-1)]
    return [((df @ V) * active).swapaxes(-1, -2) @ X, df.swapaxes(-1, -2) @ A]


def tangent_norms(X, A, V):
    """Return an upper bound (b, n) on the largest eigenvalue of J_i J_i^T, where J_i = d f(x_i) / d (W, V)."""
    squares = V * V if V.ndim < A.ndim else (V * V).sum(axis=-2)
    by_W = ((A > 0) @ squares[..., None])[..., 0] * (X * X).sum(axis=-1)
    return by_W + (A * A).sum(axis=-1)


def neuron_norms(W, V):
    """Return |w_j| and the norm of neuron j's output weights, (b, h) each."""
    return np.sqrt(np.einsum("bhd,bhd->bh", W, W)), np.abs(V) if V.ndim == 2 else np.sqrt(
        np.einsum("bkh,bkh->bh", V, V)
    )
