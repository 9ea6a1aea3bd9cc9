"""Directions of vectors, and angles between them."""

import numpy as np
from numpy.typing import ArrayLike

from . import validation
from .validation import Array


def angle(u: ArrayLike, v: ArrayLike) -> Array:
    """Return the angle between vectors, accurate for all angles (arccos of a cosine cannot resolve those below 1e-8).

    Parameters
    ----------
    u, v : array_like (..., d)

    Returns
    -------
    ndarray (...)
        In radians, in [0, pi]; NaN if a vector is zero.

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


# The following functions expect arrays that have been checked.


def unit(u: Array) -> Array:
    """Return u / |u|; NaN for zero vectors."""
    largest = np.abs(u).max(axis=-1, keepdims=True)
    u = u / np.where(largest > 0, largest, np.nan)  # scaled first, so that squares of tiny numbers do not underflow
    return u / np.linalg.norm(u, axis=-1, keepdims=True)


def between(u: Array, v: Array) -> Array:
    """Return the angle between u and v."""
    u, v = unit(u), unit(v)
    return 2 * np.arctan2(np.linalg.norm(u - v, axis=-1), np.linalg.norm(u + v, axis=-1))


def cosine(u: Array, v: Array) -> Array:
    """Return the cosine of the angle between u and v."""
    return np.clip((unit(u) * unit(v)).sum(axis=-1), -1.0, 1.0)
