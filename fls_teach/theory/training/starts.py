"""Balanced initial weights with K outputs, and initial weights with zero output."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import validation
from .arguments import layers


def balanced_init_classes(
    n_neurons: int, n_features: int, n_classes: int, alpha: ArrayLike, rng: np.random.Generator | int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw balanced weights with K outputs: W = alpha W0, W0 ~ N(0, 1/d), and |V_.j| = |w_j| for every neuron j.

    Parameters
    ----------
    n_neurons, n_features, n_classes : int
        Sizes h, d and K; K >= 2.
    alpha : float or array_like (...)
        Initialisation scale, > 0; an array gives one network per entry, all from the same W0 and directions.
    rng : numpy.random.Generator or int

    Returns
    -------
    W : ndarray (..., h, d)
    V : ndarray (..., K, h)

    Raises
    ------
    ValueError
        If a size is not a whole number in range or an alpha is not > 0.

    Notes
    -----
    The direction of V_.j is uniform on the unit sphere of outputs that sum to zero, so no class is preferred. Softmax
    ignores a component common to all outputs; with such a component, part of each norm would have no effect, a
    different part in every neuron. For K = 2 the sphere consists of two points, +-(1, -1)/sqrt(2), and f_1 - f_0 is
    -+sqrt(2) sum_j s_j |w_j| relu(<w_j, x>), the network with one output and random signs. One-hot directions would not
    reduce to that, and would tie each neuron to one class.

    |w_j|^2 - |V_.j|^2 is conserved by gradient flow, as with one output; the direction of V_.j is not.

    Examples
    --------
    >>> W, V = balanced_init_classes(4, 3, n_classes=3, alpha=[0.1, 1.0], rng=0)
    >>> W.shape, V.shape, bool(np.allclose(np.linalg.norm(V, axis=-2), np.linalg.norm(W, axis=-1)))
    ((2, 4, 3), (2, 3, 4), True)
    """
    h, d = validation.count("n_neurons", n_neurons), validation.count("n_features", n_features)
    k = validation.count("n_classes", n_classes, at_least=2)
    alpha = validation.array("alpha", alpha)
    if not (alpha >= validation.SMALLEST_NORM).all():
        raise ValueError(f"alpha is {alpha.min():g}; wanted > 0, at least {validation.SMALLEST_NORM:g}")
    rng = validation.generator(rng)
    W0, U = rng.standard_normal((h, d)) / np.sqrt(d), rng.standard_normal((k, h))
    U -= U.mean(axis=0)
    V0 = U * (np.linalg.norm(W0, axis=1) / np.linalg.norm(U, axis=0))
    return alpha[..., None, None] * W0, alpha[..., None, None] * V0


def opposite_twins(W: ArrayLike, V: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return every neuron and a copy with the opposite output weights, so that f = 0 everywhere.

    Parameters
    ----------
    W : array_like (h, d) or (B, h, d)
    V : array_like (h,) or (K, h); (B, h) or (B, K, h)

    Returns
    -------
    W : ndarray (2h, d) or (B, 2h, d)
        [W, W].
    V : ndarray (..., 2h)
        [V, -V].

    Raises
    ------
    ValueError
        For NaN or shapes that do not belong together.

    Examples
    --------
    >>> opposite_twins([[1.0, 0.0]], [2.0])
    (array([[1., 0.],
           [1., 0.]]), array([ 2., -2.]))
    """
    W, V, _ = layers(W, V, None)
    return np.concatenate([W, W], axis=-2), np.concatenate([V, -V], axis=-1)
