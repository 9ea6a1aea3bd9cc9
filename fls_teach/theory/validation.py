"""Checks of the arguments of all public functions; the error message is one sentence that names the argument."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Choice = TypeVar("Choice")

# Within these sizes no product in the theory overflows or underflows. Neurons may be smaller: only their squares occur.
SMALLEST, LARGEST, SMALLEST_NORM = 1e-75, 1e75, 1e-140


def shown(value: Any) -> str:
    """Return `value` as one short line for a message."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def array(name: str, value: ArrayLike, *shape: int | None) -> Array:
    """Return `value` as a finite float64 array whose trailing axes have the given sizes (None: any size but 0)."""
    wanted = f"({', '.join('*' if size is None else str(size) for size in shape)})"
    try:
        raw = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} is ragged; wanted an array of shape {wanted}") from None
    if raw.dtype.kind not in "fiub":
        raise ValueError(f"{name} is {shown(value)}, of dtype {raw.dtype}; wanted real numbers of at most 64 bits")
    # All become floats, because products of small integer types would wrap around; float64 cannot hold all of int64.
    if raw.dtype.kind in "iu" and raw.size and (raw.max() > 2**53 or raw.min() < -(2**53)):
        raise ValueError(f"{name} holds integers beyond 2**53 that overflow float64's precision; wanted floats")
    if raw.size == 0:
        raise ValueError(f"{name} is empty (shape {raw.shape}); wanted at least one entry, shape {wanted}")
    trailing = raw.shape[raw.ndim - len(shape) :]
    if raw.ndim < len(shape) or any(size not in (None, got) for size, got in zip(shape, trailing, strict=True)):
        raise ValueError(f"{name} has shape {raw.shape}; wanted trailing axes {wanted}")
    result = raw.astype(np.float64, copy=False)
    if not (np.abs(result) <= LARGEST).all():
        raise ValueError(f"{name} holds {result[~(np.abs(result) <= LARGEST)][0]}; wanted numbers up to {LARGEST:g}")
    return result


def number(
    name: str, value: Any, *, above: float | None = None, at_least: float | None = None, at_most: float | None = None
) -> float:
    """Return `value` as a finite float inside the bounds."""
    bounds = (("> ", above, np.greater), (">= ", at_least, np.greater_equal), ("<= ", at_most, np.less_equal))
    wanted = " and ".join(sign + str(bound) for sign, bound, _ in bounds if bound is not None)
    try:
        # numpy 1 converts an array of one entry to a float.
        result = np.nan if isinstance(value, (str, bytes)) or np.ndim(value) else float(value)
    except (TypeError, ValueError, OverflowError):
        result = np.nan
    if not (result == 0 or SMALLEST_NORM <= abs(result) <= LARGEST) or any(
        bound is not None and not holds(result, bound) for _, bound, holds in bounds
    ):
        raise ValueError(f"{name} is {shown(value)}; wanted a number {wanted}, {SMALLEST_NORM:g} to {LARGEST:g}")
    return result


def count(name: str, value: Any, at_least: int = 1) -> int:
    """Return `value` as an int from `at_least` to 2^31."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not at_least <= value <= 2**31:
        raise ValueError(f"{name} is {shown(value)}; wanted a whole number from {at_least} to {2**31}")
    return int(value)


def generator(rng: Any) -> np.random.Generator:
    """Return the generator itself, or a new one from a seed."""
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError):
        raise ValueError(f"rng is {shown(rng)}; wanted a numpy Generator or a whole number >= 0 as its seed") from None


def choice(name: str, value: Choice, options: Collection[Choice]) -> Choice:
    """Return `value`, which must be one of `options`."""
    if not isinstance(value, (str, int, float)) or value not in options:
        raise ValueError(f"{name} is {shown(value)}; wanted one of {', '.join(map(repr, options))}")
    return value


def flag(name: str, value: Any) -> bool:
    """Return `value`, which must be True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name} is {shown(value)}; wanted True or False")
    return bool(value)


def signs(name: str, value: ArrayLike, size: int | None = None) -> Array:
    """Return `value` as an array of -1 and +1."""
    result = array(name, value, size)
    if not (np.abs(result) == 1).all():
        raise ValueError(f"{name} holds {result[np.abs(result) != 1].flat[0]:g}; wanted only -1 and +1")
    return result


def direction(name: str, value: ArrayLike, size: int | None = None) -> Array:
    """Return `value` as nonzero vectors (..., d), scaled so that the largest entry has size 1."""
    result = array(name, value, size)
    largest = np.abs(result).max(axis=-1, keepdims=True)
    if not largest.all():
        raise ValueError(f"{name} is zero; wanted a vector with a direction")
    return result / largest


def dataset(X: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    """Return X (..., n, d) and labels y (..., n) of matching shapes."""
    X = array("X", X, None, None)
    y = signs("y", y, X.shape[-2])
    batch(X=(X, 2), y=(y, 1))
    return X, y


def network(W: ArrayLike, v: ArrayLike, n_features: int | None = None, name: str = "v") -> tuple[Array, Array]:
    """Return W (..., h, d) and one second-layer weight per neuron, (..., h)."""
    W = first_layer(W, n_features)
    return W, array(name, v, W.shape[-2])


def first_layer(W: ArrayLike, n_features: int | None = None) -> Array:
    """Return W (..., h, d), in which every neuron has a norm that can be squared."""
    W = array("W", W, None, n_features)
    norms = np.abs(W).max(axis=-1)
    if ((norms > 0) & (norms < SMALLEST_NORM)).any():
        raise ValueError(f"W has a neuron of size {norms[norms > 0].min():g}; wanted 0 or at least {SMALLEST_NORM:g}")
    return W


def batch(**arrays: tuple[NDArray[Any], int]) -> tuple[int, ...]:
    """Return the common leading shape of named (array, number of trailing axes); errors name the arrays that differ."""
    leading = {name: value.shape[: value.ndim - axes] for name, (value, axes) in arrays.items()}
    try:
        return np.broadcast_shapes(*leading.values())
    except ValueError:
        raise ValueError(f"leading batch axes differ: {leading}; wanted shapes that broadcast") from None
