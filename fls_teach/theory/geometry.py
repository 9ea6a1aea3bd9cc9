"""Directions: what of a vector does not depend on its length."""

import numpy as np
from numpy.typing import ArrayLike

from . import validation
from .validation import Array


def angle(u: ArrayLike, v: ArrayLike) -> Array:
    """Angle between vectors, accurate at every size of angle (arccos of a cosine loses everything below 1e-8).

    Parameters
    ----------
    u, v : array_like (..., d)

    Returns
    -------
    ndarray (...)
        In radians, in [0, pi]; NaN where a vector is zero.

    Raises
    ------
    ValueError
        For NaN or shapes that do not belong together.

    Notes
    -----
    2 atan2(|a - b|, |a + b|) for unit vectors a and b, after W. Kahan.

    Examples
    --------
    >>> round(float(angle([1.0, 0.0], [1.0, 1e-12])), 15)
    1e-12
    """
    u = validation.array("u", u, None)
    v = validation.array("v", v, u.shape[-1])
    validation.batch(u=(u, 1), v=(v, 1))
    return between(u, v)


# On arrays that are checked already.


def unit(u: Array) -> Array:
    """u / |u|, NaN for zero vectors."""
    largest = np.abs(u).max(axis=-1, keepdims=True)
    u = u / np.where(largest > 0, largest, np.nan)  # first to size 1, so that squares of tiny numbers survive
    return u / np.linalg.norm(u, axis=-1, keepdims=True)


def between(u: Array, v: Array) -> Array:
    """Angle between u and v."""
    u, v = unit(u), unit(v)
    return 2 * np.arctan2(np.linalg.norm(u - v, axis=-1), np.linalg.norm(u + v, axis=-1))


def cosine(u: Array, v: Array) -> Array:
    """Cosine of that angle."""
    return np.clip((unit(u) * unit(v)).sum(axis=-1), -1.0, 1.0)
