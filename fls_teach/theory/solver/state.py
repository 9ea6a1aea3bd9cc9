"""Data of one step: the problems of the `b` runs that advance together, the states of their networks, and stages."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..network import Loss, outputs

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Runs = NDArray[np.intp]
TINY = np.finfo(float).tiny


class Problem(NamedTuple):
    """The constants of a run.

    Attributes
    ----------
    X, y : ndarray (b, n, d), (b, n)
        Data of each run.
    gram, x_norms, finite : ndarray (b, n, n), (b, n), (b,)
        X X^T, the norms of the inputs, and whether all of gram is finite.
    signs : ndarray (b, h)
        Signs s_j of the second layer.
    f0 : ndarray (b, n)
        Subtracted from the outputs: zero, or the initial outputs ("centred").
    """

    X: Array
    y: Array
    gram: Array
    x_norms: Array
    finite: Mask
    signs: Array
    f0: Array

    @classmethod
    def of(cls, X: Array, y: Array, signs: Array, f0: Array) -> Problem:
        """Return the problems of runs with these data."""
        gram = X @ X.swapaxes(1, 2)
        return cls(X, y, gram, np.sqrt(np.einsum("bii->bi", gram)), np.all(np.isfinite(gram), axis=(1, 2)), signs, f0)

    def at(self, W: Array, loss: Loss) -> State:
        """Return the State with first layers W (b, h, d)."""
        v, Z = self.signs * np.sqrt(np.einsum("bhd,bhd->bh", W, W)), self.X @ W.swapaxes(1, 2)
        f = outputs(Z, v) - self.f0
        return State(self, W, v, Z, f, loss.risk(self.y, f), loss.negative_gradient(self.y, f))

    def take(self, runs: Any) -> Problem:
        """Some of the runs."""
        return Problem(*(array[runs] for array in self))

    def put(self, runs: Any, other: Problem) -> None:
        """Overwrite some of the runs by as many others."""
        for array, new in zip(self, other, strict=True):
            array[runs] = new


class State(NamedTuple):
    """The variables of a run. The flow conserves v_j = s_j |w_j|, so W determines all others.

    Attributes
    ----------
    problem : Problem
    W, v : ndarray (b, h, d), (b, h)
        Both layers.
    Z, f : ndarray (b, n, h), (b, n)
        Pre-activations <w_j, x_i>, and outputs minus f0.
    risk : ndarray (b,)
        Training risk of c (f - f0).
    g : ndarray (b, n)
        Minus its gradient with respect to the outputs.
    """

    problem: Problem
    W: Array
    v: Array
    Z: Array
    f: Array
    risk: Array
    g: Array

    def take(self, runs: Any) -> State:
        """Some of the runs."""
        return State(self.problem.take(runs), *(array[runs] for array in self[1:]))

    def put(self, runs: Any, other: State) -> None:
        """Overwrite some of the runs by as many others."""
        self.problem.put(runs, other.problem)
        for array, new in zip(self[1:], other[1:], strict=True):
            array[runs] = new

    def velocity(self) -> Array:
        """Return dw_j/dt = v_j G_j, (b, h, d)."""
        G = ((self.Z > 0) * self.g[..., None]).swapaxes(1, 2) @ self.problem.X
        return self.v[..., None] * G

    def max_growth_rate(self) -> Array:
        """Return sum_i p_i |x_i| (b,), an upper bound on every |G_j|, and so on |d log|w_j| / dt|."""
        return (np.abs(self.g) * self.problem.x_norms).sum(axis=1)


class Stages(NamedTuple):
    """Factors of one step: dD_ij/dt = 1_ij g_i v_j at every stage.

    Attributes
    ----------
    active : ndarray (b, n, h)
        1[<w_j, x_i> > 0] at the start of the step, as 0.0 and 1.0.
    g : ndarray (b, n, n_stages)
        -dt times the gradient of the risk with respect to the outputs.
    v : ndarray (b, n_stages, h)
        Second layers.
    """

    active: Array
    g: Array
    v: Array

    def combine(self, weights: Array) -> Array:
        """Return the weighted sum of the stages' dt dD/dt, (b, n, h)."""
        return self.active * ((self.g * weights) @ self.v)
