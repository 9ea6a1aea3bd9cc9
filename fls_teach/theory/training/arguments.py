"""Checks of arguments specific to training."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import validation
from ..validation import Array


def per_run(
    name: str,
    value: ArrayLike,
    *,
    above: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
) -> float | Array:
    """Return `value` as a float, or as an array (B,) with one number per run, each inside the bounds."""
    if not isinstance(value, (list, tuple)) and np.ndim(value) == 0:
        return validation.number(name, value, above=above, at_least=at_least, at_most=at_most)
    values = validation.array(name, value, None)
    if values.ndim != 1:
        raise ValueError(f"{name} has shape {values.shape}; wanted a number, or one number per run (B,)")
    for entry in values:
        validation.number(name, float(entry), above=above, at_least=at_least, at_most=at_most)
    return values


def layers(W: ArrayLike, V: ArrayLike, n_features: int | None) -> tuple[Array, Array, bool]:
    """Return W (..., h, d), the second layer, (..., h) or, for K outputs, (..., K, h), and whether there are K."""
    W = validation.array("W", W, None, n_features)
    V = validation.array("V", V, W.shape[-2])
    classes = V.ndim == W.ndim
    if W.ndim > 3 or V.ndim != W.ndim - (not classes):
        raise ValueError(
            f"W has shape {W.shape} and V {V.shape}; wanted W (h, d) with V (h,) or (K, h), "
            "or W (B, h, d) with V (B, h) or (B, K, h)"
        )
    if classes and V.shape[-2] < 2:
        raise ValueError(f"V has shape {V.shape}, one class; wanted at least 2 classes, or V (h,) for one output")
    return W, V, classes


def targets(y: ArrayLike, n_samples: int, n_classes: int | None = None) -> Array:
    """Return labels -1 and +1 unchanged, or classes 0 ... K - 1 one-hot, (..., n, K)."""
    if n_classes is None:
        return validation.signs("y", y, n_samples)
    labels = validation.array("y", y, n_samples)
    bad = (labels != np.round(labels)) | (labels < 0) | (labels >= n_classes)
    if bad.any():
        raise ValueError(f"y holds {labels[bad][0]:g}; wanted classes, whole numbers from 0 to {n_classes - 1}")
    return (labels[..., None] == np.arange(n_classes)).astype(float)


def seeds_per_run(value: ArrayLike) -> NDArray[Any]:
    """Return seeds, integers >= 0, () or (B,)."""
    validation.array("seeds", value)
    values = np.asarray(value)
    if values.dtype.kind not in "iu" or values.ndim > 1 or values.min() < 0:
        raise ValueError(f"seeds is {validation.shown(value)}; wanted a whole number >= 0, or one per run (B,)")
    return values
