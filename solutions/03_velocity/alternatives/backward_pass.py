"""Backpropagation layer by layer with einsum, and a minus sign at the end; the sigmoid as (1 + tanh)/2."""

import numpy as np


def velocity(X, y, W, v, reduction):
    Z = np.einsum("nd,hd->nh", X, W)
    hidden = np.where(Z > 0, Z, 0.0)
    f = np.einsum("nh,h->n", hidden, v)
    df = -y * (1 + np.tanh(-y * f / 2)) / 2
    if reduction == "mean":
        df = df / y.size
    dhidden = np.einsum("n,h->nh", df, v)
    dZ = dhidden * np.heaviside(Z, 0.0)
    return -np.einsum("nh,nd->hd", dZ, X), -np.einsum("nh,n->h", hidden, df)
