"""Optimizers with torch.optim's formulas for many runs at once: a setting may be one number, or one per run.

An optimizer is a frozen set of settings. `start` creates its buffers, and `step` maps (parameters, gradients, buffers)
to new parameters and buffers without changing arrays in place. The leading axes of every array are the runs.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import validation
from .arguments import per_run

Arrays = list[NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Optimizer:
    """Base class of the optimizers."""

    @property
    def memory(self) -> bool | NDArray[np.bool_]:
        """Whether a step depends on earlier gradients; per run if runs differ."""
        return False

    def start(self, parameters: Arrays) -> Arrays:
        """Return the buffers before the first step."""
        return []

    def step(self, parameters: Arrays, gradients: Arrays, buffers: Arrays, step: int) -> tuple[Arrays, Arrays]:
        """Return new parameters and buffers; `step` counts from 1."""
        raise NotImplementedError

    def settings(self) -> dict[str, NDArray[np.float64]]:
        """Return the settings that are given per run, name: (B,)."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}

    def spread(self, size: tuple[int, ...]) -> Optimizer:
        """Return the optimizer of `size` runs: settings of one run become those of all."""
        return replace(self, **{name: np.broadcast_to(value, size) for name, value in self.settings().items()})

    def take(self, runs: NDArray[np.intp]) -> Optimizer:
        """Return the optimizer of some of the runs."""
        return replace(self, **{name: value[runs] for name, value in self.settings().items()})


@dataclass(frozen=True, eq=False)
class SGD(Optimizer):
    """Gradient descent; with momentum, heavy ball as in torch (without dampening, not Nesterov's).

    Parameters
    ----------
    lr : float or array_like (B,)
        Learning rate, > 0.
    momentum : float or array_like (B,)
        In [0, 1).
    weight_decay : float or array_like (B,)
        >= 0; this times the weights is added to the gradient.

    Raises
    ------
    ValueError
        For a number out of range.

    Notes
    -----
    g = gradient + weight_decay * p; b = momentum * b + g; p = p - lr * b, in the symbols of torch.optim.SGD.

    Examples
    --------
    >>> SGD(lr=0.5).step([np.array([1.0])], [np.array([0.5])], [], 1)
    ([array([0.75])], [])
    """

    lr: ArrayLike
    momentum: ArrayLike = 0.0
    weight_decay: ArrayLike = 0.0

    def __post_init__(self):
        object.__setattr__(self, "lr", per_run("lr", self.lr, above=0))
        object.__setattr__(self, "momentum", per_run("momentum", self.momentum, at_least=0, at_most=1 - 1e-9))
        object.__setattr__(self, "weight_decay", per_run("weight_decay", self.weight_decay, at_least=0))

    @property
    def memory(self):
        return np.asarray(self.momentum) > 0

    def start(self, parameters: Arrays) -> Arrays:
        return [np.zeros_like(p) for p in parameters] if np.any(self.memory) else []

    def step(self, parameters: Arrays, gradients: Arrays, buffers: Arrays, step: int) -> tuple[Arrays, Arrays]:
        gradients = _with_decay(parameters, gradients, self.weight_decay)
        if buffers:
            buffers = gradients = [_shaped(self.momentum, g) * b + g for b, g in zip(buffers, gradients, strict=True)]
        return [p - _shaped(self.lr, p) * g for p, g in zip(parameters, gradients, strict=True)], buffers


@dataclass(frozen=True, eq=False)
class Adam(Optimizer):
    """Adam; `weight_decay` is added to the gradient, as in torch.optim.Adam.

    Parameters
    ----------
    lr : float or array_like (B,)
        Learning rate, > 0.
    betas : tuple of two floats
        Decay of the two moments, in [0, 1).
    eps : float or array_like (B,)
        >= 0, added to the root of the second moment. 0 by default, as the alpha-c equivalence requires; torch has 1e-8.
        With 0, a weight whose gradient has always been zero is not changed.
    weight_decay : float or array_like (B,)
        >= 0.

    Raises
    ------
    ValueError
        For a number out of range.

    Examples
    --------
    >>> (p,), _ = (adam := Adam(lr=0.1)).step([np.array([1.0])], [np.array([7.0])], adam.start([np.array([1.0])]), 1)
    >>> round(float(p[0]), 12)  # the first step is lr times the sign of the gradient
    0.9
    """

    lr: ArrayLike
    betas: tuple[float, float] = (0.9, 0.999)
    eps: ArrayLike = 0.0
    weight_decay: ArrayLike = 0.0

    decoupled = False

    @property
    def memory(self):
        return True

    def __post_init__(self):
        object.__setattr__(self, "lr", per_run("lr", self.lr, above=0))
        if not isinstance(self.betas, (tuple, list)) or len(self.betas) != 2:
            raise ValueError(f"betas is {validation.shown(self.betas)}; wanted two numbers in [0, 1)")
        betas = tuple(validation.number("betas", beta, at_least=0, at_most=1 - 1e-9) for beta in self.betas)
        object.__setattr__(self, "betas", betas)
        object.__setattr__(self, "eps", per_run("eps", self.eps, at_least=0))
        object.__setattr__(self, "weight_decay", per_run("weight_decay", self.weight_decay, at_least=0))

    def start(self, parameters: Arrays) -> Arrays:
        return [np.zeros_like(p) for _ in range(2) for p in parameters]

    def step(self, parameters: Arrays, gradients: Arrays, buffers: Arrays, step: int) -> tuple[Arrays, Arrays]:
        if self.decoupled:
            lr_decay = [1 - _shaped(self.lr, p) * _shaped(self.weight_decay, p) for p in parameters]
            parameters = [p * factor for p, factor in zip(parameters, lr_decay, strict=True)]
        else:
            gradients = _with_decay(parameters, gradients, self.weight_decay)
        first, second = buffers[: len(parameters)], buffers[len(parameters) :]
        a, b = self.betas
        first = [a * m + (1 - a) * g for m, g in zip(first, gradients, strict=True)]
        second = [b * s + (1 - b) * g * g for s, g in zip(second, gradients, strict=True)]
        moved = []
        for p, m, s in zip(parameters, first, second, strict=True):
            spread = np.sqrt(s / (1 - b**step)) + _shaped(self.eps, p)
            # A weight whose gradient has always been zero (of a dead neuron) is not changed: 0/0 means no step.
            g = np.divide(m / (1 - a**step), spread, out=np.zeros_like(p), where=spread > 0)
            moved.append(p - _shaped(self.lr, p) * g)
        return moved, first + second


class AdamW(Adam):
    """Adam with decoupled weight decay, as in torch.optim.AdamW: weights shrink by the factor 1 - lr * weight_decay.

    Parameters
    ----------
    lr, betas, eps, weight_decay
        As in `Adam`.

    Examples
    --------
    >>> adamw = AdamW(lr=0.5, weight_decay=0.5)
    >>> adamw.step([np.array([4.0])], [np.array([0.0])], adamw.start([np.array([4.0])]), 1)[0]
    [array([3.])]
    """

    decoupled = True


def _shaped(setting, parameter):
    """Append axes of size 1 to a setting per run, for the axes after that of the runs; return a single number as is."""
    return setting.reshape(-1, *[1] * (parameter.ndim - 1)) if isinstance(setting, np.ndarray) else setting


def _with_decay(parameters, gradients, weight_decay):
    if not np.any(weight_decay):
        return gradients
    return [g + _shaped(weight_decay, p) * p for p, g in zip(parameters, gradients, strict=True)]
