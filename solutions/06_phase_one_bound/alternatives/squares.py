"""Squared lengths throughout, by einsum; alpha W_max^2 as max |w_j(0)|^2 / alpha; the exit by flatnonzero."""

import numpy as np


def bound(times, alpha, X, y, W):
    class_sum = ((1 + y) / 2) @ X
    squared = np.einsum("nd,nd->n", X, X).max() * np.einsum("hd,hd->h", W, W).max()
    zeta = 1.0 - 4 * len(y) * W.shape[0] ** 0.5 * squared / alpha / np.sqrt(class_sum @ class_sum)
    root = np.sqrt(max(zeta, 0.0))
    lower = root * np.tanh(0.5 * np.sqrt(class_sum @ class_sum) * root * np.asarray(times))
    return {"zeta": zeta, "lower": lower if zeta > 0 else -np.ones_like(lower)}


def exit_time(times, norms, alpha):
    squares = np.square(norms).max(axis=1)
    later = np.flatnonzero(squares > 2 * squares[0] / (alpha * np.sqrt(norms.shape[1])))
    return np.append(times[later], np.inf)[0]
