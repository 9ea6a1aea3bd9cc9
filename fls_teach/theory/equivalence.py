"""An output multiplier c acts as an initialisation scale alpha (Proposition B.1; science.md#equivalence).

If f is L-homogeneous, f(a theta) = a^L f(theta), then training loss(c f) from theta' = theta and training loss(f) from
a theta with a = c^(1/L) are the same run step by step, if the settings are translated such that theta_t = a theta'_t,
and hence c f(theta') = f(a theta'), at all times. Then

- gradients with respect to theta' are a times those with respect to theta (chain rule), and steps must be 1/a times as
  long;
- plain and momentum SGD: lr' a g = lr g / a, so lr' = lr a^-2. Decay adds wd' theta' to the gradient a g, so
  wd' = wd a^2;
- Adam is invariant to the gradient's scale: lr' = lr / a. Its eps is added to gradients, so eps' = eps a. Decay in the
  gradient is as for SGD, wd' = wd a^2;
- AdamW shrinks weights by 1 - lr wd, which must be equal for both runs: lr' wd' = lr wd, so wd' = wd a.

Momentum, betas, batches and input noise are unchanged: none of them has the units of a weight.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import validation
from .training.optimizers import SGD, Adam, Optimizer

# Powers p of the rules lr' = lr a^-p and wd' = wd a^p, with a = c^(1/L).
_LR_POWER: dict[str, int] = {"sgd": 2, "momentum": 2, "adam": 1, "adamw": 1}
_DECAY_POWER: dict[str, int] = {"sgd": 2, "momentum": 2, "adam": 2, "adamw": 1}


def equivalent_alpha(c: ArrayLike, degree: int = 2) -> NDArray[np.float64]:
    """Return the initialisation scale that is equivalent to the output multiplier c: alpha = c^(1/L).

    Parameters
    ----------
    c : float or array_like (...)
        Output multiplier, > 0.
    degree : int
        Homogeneity L of the network: its number of weight layers if it has no biases.

    Returns
    -------
    ndarray (...)

    Raises
    ------
    ValueError
        If c is not > 0 or `degree` is not a whole number >= 1.

    Examples
    --------
    >>> float(equivalent_alpha(4.0**-3))
    0.125
    """
    return _positive("c", c) ** (1 / validation.count("degree", degree))


def equivalent_lr(lr: ArrayLike, c: ArrayLike, degree: int = 2, optimizer: str = "sgd") -> NDArray[np.float64]:
    """Return the learning rate for loss(c f) equivalent to `lr` for loss(f): lr c^(-2/L), or lr c^(-1/L) for Adam.

    Parameters
    ----------
    lr : float or array_like (...)
        Learning rate of the run on loss(f), > 0.
    c : float or array_like (...)
        Output multiplier, > 0.
    degree : int
        Homogeneity L.
    optimizer : {"sgd", "momentum", "adam", "adamw"}

    Returns
    -------
    ndarray (...)

    Raises
    ------
    ValueError
        If lr or c is not > 0, `degree` is not a whole number >= 1, or the optimizer is unknown.

    Notes
    -----
    For Adam, eps must be 0 or translated too. For L = 2 and SGD this is the paper's lr/c; for deeper networks lr/c is a
    convention and *not* the equivalence.

    Examples
    --------
    >>> float(equivalent_lr(0.1, 0.25)), float(equivalent_lr(0.1, 0.25, optimizer="adam"))
    (0.4, 0.2)
    """
    power = _LR_POWER[validation.choice("optimizer", optimizer, _LR_POWER)]
    lr, c = _positive("lr", lr), _positive("c", c)
    validation.batch(lr=(lr, 0), c=(c, 0))
    return lr * c ** (-power / validation.count("degree", degree))


def equivalent_weight_decay(
    weight_decay: ArrayLike, c: ArrayLike, degree: int = 2, optimizer: str = "sgd"
) -> NDArray[np.float64]:
    """Return the weight decay for loss(c f) equivalent to `weight_decay` for loss(f): wd c^(2/L); AdamW: wd c^(1/L).

    Parameters
    ----------
    weight_decay : float or array_like (...)
        Coefficient wd >= 0 of the run on loss(f). "adamw" shrinks the weights by 1 - lr wd; the others add wd times the
        weights to the gradient.
    c : float or array_like (...)
        Output multiplier, > 0.
    degree : int
        Homogeneity L.
    optimizer : {"sgd", "momentum", "adam", "adamw"}

    Returns
    -------
    ndarray (...)

    Raises
    ------
    ValueError
        If wd < 0, c <= 0, `degree` is not a whole number >= 1, or the optimizer is unknown.

    Examples
    --------
    >>> float(equivalent_weight_decay(0.1, 0.25)), float(equivalent_weight_decay(0.1, 0.25, optimizer="adamw"))
    (0.025, 0.05)
    """
    power = _DECAY_POWER[validation.choice("optimizer", optimizer, _DECAY_POWER)]
    weight_decay = validation.array("weight_decay", weight_decay)
    if (weight_decay < 0).any():
        raise ValueError(f"weight_decay is {weight_decay.min():g}; wanted >= 0")
    c = _positive("c", c)
    validation.batch(weight_decay=(weight_decay, 0), c=(c, 0))
    return weight_decay * c ** (power / validation.count("degree", degree))


def equivalent_optimizer(optimizer: Optimizer, c: ArrayLike, degree: int = 2) -> Optimizer:
    """Return the optimizer for loss(c f) equivalent to `optimizer` for loss(f), with all settings translated.

    Parameters
    ----------
    optimizer : SGD, Adam or AdamW
    c : float or array_like (B,)
        Output multiplier, > 0; an array gives an optimizer with settings per run.
    degree : int
        Homogeneity L.

    Returns
    -------
    SGD, Adam or AdamW

    Raises
    ------
    ValueError
        For another optimizer, c not > 0, or `degree` not a whole number >= 1.

    Examples
    --------
    >>> from fls_teach.theory import AdamW
    >>> equivalent_optimizer(AdamW(lr=0.1, weight_decay=0.1), c=0.25)
    AdamW(lr=0.2, betas=(0.9, 0.999), eps=0.0, weight_decay=0.05)
    """
    if not isinstance(optimizer, (SGD, Adam)):
        raise ValueError(f"optimizer is {validation.shown(optimizer)}; wanted SGD(...), Adam(...) or AdamW(...)")
    name = type(optimizer).__name__.lower()
    settings: dict[str, Any] = {
        "lr": equivalent_lr(optimizer.lr, c, degree, name),
        "weight_decay": equivalent_weight_decay(optimizer.weight_decay, c, degree, name),
    }
    if isinstance(optimizer, Adam):
        settings["eps"] = np.multiply(optimizer.eps, equivalent_alpha(c, degree))
    return replace(optimizer, **settings)


def _positive(name: str, value: ArrayLike) -> NDArray[np.float64]:
    value = validation.array(name, value)
    if not (value >= validation.SMALLEST).all():
        raise ValueError(f"{name} is {value.min():g}; wanted > 0, at least {validation.SMALLEST:g}")
    return value
