"""Plain discrete training, step by step: what the alpha-c equivalence is exact for (SCIENCE section 6)."""

from collections import namedtuple

import numpy as np

from .. import validation
from ..network import Loss, descent_direction, training_arguments

OPTIMIZERS = ("sgd", "momentum", "adam")


class Descent(namedtuple("Descent", "W v risks")):
    """A finished run of `gradient_descent`.

    Attributes
    ----------
    W, v : ndarray (..., h, d), (..., h)
        Final weights.
    risks : ndarray (n_steps + 1, ...)
        Training risk before every step and after the last, in nats.
    """


def gradient_descent(
    X, y, W, v, lr, n_steps, *, output_multiplier=1.0, reduction="mean", optimizer="sgd", momentum=0.9, weight_decay=0.0
):
    """Full-batch training of both layers on the risk of c f.

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
    optimizer : {"sgd", "momentum", "adam"}
        As in torch.optim; "momentum" is heavy-ball SGD, "adam" has betas (0.9, 0.999) and eps = 0.
    momentum : float
        In [0, 1); used by "momentum" alone.
    weight_decay : float
        >= 0; times the weights, added to the gradient.

    Returns
    -------
    Descent

    Raises
    ------
    ValueError
        For NaN, shapes that do not belong together, labels other than -1 and +1, or a number out of range.

    Notes
    -----
    No operation here rounds differently when all weights are scaled by a power of two, so c = 4^-k against
    alpha = 2^-k is the same run bit for bit.

    Examples
    --------
    >>> run = gradient_descent([[1.0], [-1.0]], [1, -1], [[1.0], [-1.0]], [1.0, -1.0], lr=0.1, n_steps=100)
    >>> bool(run.risks[-1] < run.risks[0])
    True
    """
    X, y, W, v, leading = training_arguments(X, y, W, v)
    loss = Loss(reduction, output_multiplier)

    def loss_and_gradient(parameters):
        f, dW, dv = descent_direction(X, y, *parameters, loss)
        return loss.risk(y, f), [-dW, -dv]

    start = [np.broadcast_to(W, leading + W.shape[-2:]), np.broadcast_to(v, leading + v.shape[-1:])]
    (W, v), risks = descend(loss_and_gradient, start, lr, n_steps, optimizer, momentum, weight_decay)
    return Descent(W, v, risks)


def descend(loss_and_gradient, parameters, lr, n_steps, optimizer="sgd", momentum=0.9, weight_decay=0.0):
    """Minimise any loss of a list of arrays with a fixed number of optimiser steps.

    Parameters
    ----------
    loss_and_gradient : callable
        Maps a list of arrays to (loss, list of gradients of the same shapes).
    parameters : list of ndarray
        Start; left as it is.
    lr, n_steps, optimizer, momentum, weight_decay
        As in `gradient_descent`.

    Returns
    -------
    parameters : list of ndarray
    losses : ndarray (n_steps + 1, ...)

    Raises
    ------
    ValueError
        For a number out of range or an unknown optimizer.

    Examples
    --------
    >>> (x,), losses = descend(lambda p: (p[0] ** 2, [2 * p[0]]), [np.array(1.0)], lr=0.25, n_steps=3)
    >>> float(x), losses
    (0.125, array([1.      , 0.25    , 0.0625  , 0.015625]))
    """
    lr, n_steps = validation.number("lr", lr, above=0), validation.count("n_steps", n_steps)
    validation.choice("optimizer", optimizer, OPTIMIZERS)
    momentum = validation.number("momentum", momentum, at_least=0, at_most=1 - 1e-9)
    weight_decay = validation.number("weight_decay", weight_decay, at_least=0)
    if not callable(loss_and_gradient):
        raise ValueError(f"loss_and_gradient is {loss_and_gradient!r}; wanted a function")
    listed = parameters if isinstance(parameters, (list, tuple)) and parameters else [parameters]
    parameters = [np.array(validation.array("parameters", p)) for p in listed]
    first = [np.zeros_like(p) for p in parameters]  # momentum buffer, or Adam's first moment
    second = [np.zeros_like(p) for p in parameters]
    losses = []
    with np.errstate(all="ignore"):  # an explosion is reported below, in words
        for step in range(1, n_steps + 1):
            loss, gradients = loss_and_gradient(parameters)
            losses.append(loss)
            for k, (p, g) in enumerate(zip(parameters, gradients, strict=True)):
                g = g + weight_decay * p
                if optimizer == "momentum":
                    first[k] = g = momentum * first[k] + g
                elif optimizer == "adam":
                    first[k] = 0.9 * first[k] + 0.1 * g
                    second[k] = 0.999 * second[k] + 0.001 * g * g
                    spread = np.sqrt(second[k] / (1 - 0.999**step))
                    # A weight whose gradient has always been zero (a dead neuron) stays where it is: 0/0 means no step.
                    g = np.divide(first[k] / (1 - 0.9**step), spread, out=np.zeros_like(p), where=spread > 0)
                parameters[k] = p - lr * g
        losses.append(loss_and_gradient(parameters)[0])
    if not all(np.isfinite(array).all() for array in (*parameters, *losses)):
        raise ValueError(f"lr is {lr:g}, and the weights exploded within {n_steps} steps; wanted a smaller lr")
    return parameters, np.array(losses)
