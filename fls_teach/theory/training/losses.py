"""Losses of a scaled output g = c f, each given by its value, its slope, and a bound on its curvature."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from .. import validation

Array = NDArray[np.float64]


class Loss:
    """A loss per example, and the quantities that training needs; subclasses define the three formulas.

    One output: targets t and scaled outputs g are (b, n), t is -1 or +1. K outputs: (b, n, K), t is one-hot.
    """

    examples = -1
    """Axis of t of the examples."""

    def value(self, t: Array, g: Array) -> Array:
        """Return the loss of every example, (b, n)."""
        raise NotImplementedError

    def slope(self, t: Array, g: Array) -> Array:
        """Return the derivative with respect to g, with the shape of g."""
        raise NotImplementedError

    def curvature(self, t: Array, g: Array) -> Array:
        """Return a bound (b, n) on the largest eigenvalue of the second derivative by g, here and at larger margins."""
        raise NotImplementedError

    def risk(self, t: Array, f: Array, c: Array | float, reduction: str = "mean") -> Array:
        """Return the training risk (b,) of c f; `c` broadcasts against f."""
        return getattr(np, reduction)(self.value(t, c * f), axis=-1)

    def gradient(self, t: Array, f: Array, c: Array | float, reduction: str = "mean") -> Array:
        """Return the derivative of the risk with respect to f, with the shape of f."""
        return self.slope(t, c * f) * (c / t.shape[self.examples] if reduction == "mean" else c)

    def risk_curvature(self, t: Array, f: Array, c: Array, reduction: str = "mean") -> Array:
        """Return a bound (b, n) on the risk's curvature in each example's output; `c` has axes of size 1 like f."""
        c = c.reshape(-1, 1)
        squared = c * c / t.shape[self.examples] if reduction == "mean" else c * c
        return self.curvature(t, c.reshape(-1, *[1] * (f.ndim - 1)) * f) * squared


class Logistic(Loss):
    """log(1 + exp(-t g)), in nats."""

    def value(self, t, g):
        return np.logaddexp(0.0, -t * g)

    def slope(self, t, g):
        return -t * expit(-t * g)

    def curvature(self, t, g):
        # p (1 - p) <= min(p, 1/4). It vanishes at a large negative margin, but reaches 1/4 at larger margins.
        return np.minimum(expit(-t * g), 0.25)


class Exponential(Loss):
    """exp(-t g); infinite below a margin of -709, which ends a run as "diverged"."""

    def value(self, t, g):
        return np.exp(-t * g)

    def slope(self, t, g):
        return -t * np.exp(-t * g)

    def curvature(self, t, g):
        return np.exp(-t * g)


class SquaredHinge(Loss):
    """max(0, 1 - t g)^2: the squared loss of a margin below 1."""

    def value(self, t, g):
        return np.maximum(1.0 - t * g, 0.0) ** 2

    def slope(self, t, g):
        return -2.0 * t * np.maximum(1.0 - t * g, 0.0)

    def curvature(self, t, g):
        return np.where(t * g < 1.0, 2.0, 0.0)


class Squared(Loss):
    """(g - t)^2, without a factor 1/2."""

    def value(self, t, g):
        return (g - t) ** 2

    def slope(self, t, g):
        return 2.0 * (g - t)

    def curvature(self, t, g):
        return np.full(t.shape[:2], 2.0)


class SquaredClasses(Squared):
    """|g - t|^2, summed over the K outputs."""

    examples = -2

    def value(self, t, g):
        return super().value(t, g).sum(axis=-1)


class CrossEntropy(Loss):
    """-log of the softmax probability of the example's class, in nats."""

    examples = -2

    def value(self, t, g):
        behind = g - (t * g).sum(axis=-1, keepdims=True)  # relative to the right class
        return np.logaddexp.reduce(behind, axis=-1)

    def slope(self, t, g):
        # For the right class, 1 - p suffers from cancellation as p tends to 1; the sum of the others does not.
        others = _softmax(g) * (1.0 - t)
        return others - t * others.sum(axis=-1, keepdims=True)

    def curvature(self, t, g):
        # Gershgorin's circles of diag(p) - p p^T end at 2 p_k (1 - p_k) <= 1/2, and <= 2 (1 - p of the right class).
        return np.minimum(2.0 * (_softmax(g) * (1.0 - t)).sum(axis=-1), 0.5)


def _softmax(g):
    powers = np.exp(g - g.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


ONE_OUTPUT = {
    "logistic": Logistic(),
    "exponential": Exponential(),
    "squared": Squared(),
    "squared_hinge": SquaredHinge(),
}
CLASSES = {"cross_entropy": CrossEntropy(), "squared": SquaredClasses()}


def named_loss(name: str, classes: bool) -> Loss:
    """Return the loss `name` for K outputs (`classes`) or for one."""
    offered = CLASSES if classes else ONE_OUTPUT
    if isinstance(name, str) and name not in offered and name in {**ONE_OUTPUT, **CLASSES}:
        shape = "v (h,)" if classes else "V (K, h)"
        have = "V (K, h)" if classes else "v (h,)"
        raise ValueError(f"loss is {name!r}, but the second layer is {have}; wanted {shape}, or one of {list(offered)}")
    return offered[validation.choice("loss", name, offered)]
