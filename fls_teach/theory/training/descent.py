"""A simple loop of full-batch steps, for which the alpha-c equivalence is exact (science.md#equivalence)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import validation
from ..network import training_arguments
from ..validation import Array
from .gradients import activities, gradients, outputs
from .losses import named_loss
from .optimizers import SGD, Adam, AdamW, Arrays

OPTIMIZERS = ("sgd", "momentum", "adam", "adamw")


class Descent(NamedTuple):
    """A finished run of `gradient_descent`.

    Attributes
    ----------
    W, v : ndarray (..., h, d), (..., h)
        Final weights.
    risks : ndarray (n_steps + 1, ...)
        Training risk before every step and after the last, in nats.
    """

    W: NDArray[np.float64]
    v: NDArray[np.float64]
    risks: NDArray[np.float64]


def gradient_descent(
    X: ArrayLike,
    y: ArrayLike,
    W: ArrayLike,
    v: ArrayLike,
    lr: float,
    n_steps: int,
    *,
    output_multiplier: float = 1.0,
    reduction: str = "mean",
    optimizer: str = "sgd",
    momentum: float = 0.9,
    weight_decay: float = 0.0,
) -> Descent:
    """Train both layers on the logistic risk of c f with full batches.

    Parameters
    ----------
    X : array_like (..., n, d)
    y : array_like (..., n)
    W : array_like (..., h, d)
    v : array_like (..., h)
    lr : float
        Learning rate, > 0.
    n_steps : int
        Number of steps, >= 1.
    output_multiplier : float
        c > 0, inside the loss.
    reduction : {"mean", "sum"}
    optimizer : {"sgd", "momentum", "adam", "adamw"}
        As in torch.optim; "momentum" is heavy-ball SGD, Adam has betas (0.9, 0.999) and eps = 0.
    momentum : float
        In [0, 1); used only by "momentum".
    weight_decay : float
        >= 0; times the weights it is added to the gradient; "adamw" scales weights by 1 - lr * weight_decay instead.

    Returns
    -------
    Descent

    Raises
    ------
    ValueError
        For NaN, shapes that do not belong together, labels other than -1 and +1, or a number out of range.

    See Also
    --------
    fls_teach.theory.training.engine.train : mini-batches, other losses, K outputs, and a target risk.

    Notes
    -----
    Scaling all weights by a power of two changes no rounding, so runs with c = 4^-k and with alpha = 2^-k are bitwise
    equal.

    Examples
    --------
    >>> run = gradient_descent([[1.0], [-1.0]], [1, -1], [[1.0], [-1.0]], [1.0, -1.0], lr=0.1, n_steps=100)
    >>> bool(run.risks[-1] < run.risks[0])
    True
    """
    X, y, W, v, leading = training_arguments(X, y, W, v)
    loss = named_loss("logistic", classes=False)
    c = validation.number("output_multiplier", output_multiplier, above=0, at_least=validation.SMALLEST)
    validation.choice("reduction", reduction, ("mean", "sum"))

    def loss_and_gradient(parameters: Arrays) -> tuple[Array, Arrays]:
        W, v = parameters
        A = activities(X, W)
        f = outputs(A, v)
        return loss.risk(y, f, c, reduction), gradients(X, A, W, v, loss.gradient(y, f, c, reduction))

    start = [np.broadcast_to(W, leading + W.shape[-2:]), np.broadcast_to(v, leading + v.shape[-1:])]
    (W, v), risks = descend(loss_and_gradient, start, lr, n_steps, optimizer, momentum, weight_decay)
    return Descent(W, v, risks)


def descend(
    loss_and_gradient: Callable[[Arrays], tuple[Any, Arrays]],
    parameters: Sequence[NDArray[np.float64]],
    lr: float,
    n_steps: int,
    optimizer: str = "sgd",
    momentum: float = 0.9,
    weight_decay: float = 0.0,
) -> tuple[list[NDArray[np.float64]], NDArray[np.float64]]:
    """Minimise any loss of a list of arrays with a fixed number of optimiser steps.

    Parameters
    ----------
    loss_and_gradient : callable
        Maps a list of arrays to (loss, list of gradients of the same shapes).
    parameters : list of ndarray
        Initial values; not modified.
    lr, n_steps, optimizer, momentum, weight_decay
        As in `gradient_descent`.

    Returns
    -------
    parameters : list of ndarray
    losses : ndarray (n_steps + 1, ...)

    Raises
    ------
    ValueError
        For a number out of range, an unknown optimizer, or weights that overflow.

    Examples
    --------
    >>> (x,), losses = descend(lambda p: (p[0] ** 2, [2 * p[0]]), [np.array(1.0)], lr=0.25, n_steps=3)
    >>> float(x), losses
    (0.125, array([1.      , 0.25    , 0.0625  , 0.015625]))
    """
    lr, n_steps = validation.number("lr", lr, above=0), validation.count("n_steps", n_steps)
    momentum = validation.number("momentum", momentum, at_least=0, at_most=1 - 1e-9)
    weight_decay = validation.number("weight_decay", weight_decay, at_least=0)
    rule = {
        "sgd": SGD(lr, weight_decay=weight_decay),
        "momentum": SGD(lr, momentum, weight_decay),
        "adam": Adam(lr, weight_decay=weight_decay),
        "adamw": AdamW(lr, weight_decay=weight_decay),
    }[validation.choice("optimizer", optimizer, OPTIMIZERS)]
    if not callable(loss_and_gradient):
        raise ValueError(f"loss_and_gradient is {validation.shown(loss_and_gradient)}; wanted a function")
    listed = parameters if isinstance(parameters, (list, tuple)) and parameters else [parameters]
    parameters = [np.array(validation.array("parameters", p)) for p in listed]
    buffers, losses = rule.start(parameters), []
    with np.errstate(all="ignore"):  # overflow is reported below
        for step in range(1, n_steps + 1):
            loss, slopes = loss_and_gradient(parameters)
            losses.append(loss)
            parameters, buffers = rule.step(parameters, slopes, buffers, step)
        losses.append(loss_and_gradient(parameters)[0])
    if not all(np.isfinite(array).all() for array in (*parameters, *losses)):
        raise ValueError(f"lr is {lr:g}, and the weights exploded within {n_steps} steps; wanted a smaller lr")
    return parameters, np.array(losses)
