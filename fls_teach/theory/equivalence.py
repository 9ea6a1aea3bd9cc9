"""An output multiplier c is an initialisation scale alpha in disguise (Proposition B.1; SCIENCE section 6).

If f is L-homogeneous, f(a theta) = a^L f(theta), then training loss(c f) from theta(0) and training loss(f)
from c^(1/L) theta(0) are step by step the same run, once the step size is translated.
"""

from . import validation

# A step on loss(c f) must be c^(-1/L) times the step on loss(f) from c^(1/L) theta. Gradients are c^(1/L) times larger,
# so plain and momentum SGD need lr c^(-2/L); Adam divides the gradient's scale out and needs lr c^(-1/L).
_STEP_POWER = {"sgd": 2, "momentum": 2, "adam": 1}


def equivalent_alpha(c, degree=2):
    """Initialisation scale that does what output multiplier c does: alpha = c^(1/L).

    Parameters
    ----------
    c : float or array_like (...)
        Output multiplier, > 0.
    degree : int
        Homogeneity L of the network: its number of weight layers when it has no biases.

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
    return _multiplier(c) ** (1 / validation.count("degree", degree))


def equivalent_lr(lr, c, degree=2, optimizer="sgd"):
    """Learning rate for loss(c f) that matches `lr` for loss(f): lr c^(-2/L), or lr c^(-1/L) for Adam with eps -> 0.

    Parameters
    ----------
    lr : float or array_like (...)
        Learning rate of the run on loss(f), > 0.
    c : float or array_like (...)
        Output multiplier, > 0.
    degree : int
        Homogeneity L.
    optimizer : {"sgd", "momentum", "adam"}

    Returns
    -------
    ndarray (...)

    Raises
    ------
    ValueError
        If lr or c is not > 0, `degree` is not a whole number >= 1, or the optimizer is unknown.

    Notes
    -----
    For L = 2 this is the paper's lr/c; for deeper networks lr/c is a convention and *not* the equivalence.

    Examples
    --------
    >>> float(equivalent_lr(0.1, 0.25)), float(equivalent_lr(0.1, 0.25, optimizer="adam"))
    (0.4, 0.2)
    """
    power = _STEP_POWER[validation.choice("optimizer", optimizer, _STEP_POWER)]
    lr, c = _multiplier(lr, "lr"), _multiplier(c)
    validation.batch(lr=(lr, 0), c=(c, 0))
    return lr * c ** (-power / validation.count("degree", degree))


def equivalent_weight_decay(weight_decay, c, degree=2):
    """Weight decay for loss(c f) that matches `weight_decay` (added to the gradient) for loss(f): wd c^(2/L).

    Parameters
    ----------
    weight_decay : float or array_like (...)
        Coefficient wd >= 0 of the run on loss(f).
    c : float or array_like (...)
        Output multiplier, > 0.
    degree : int
        Homogeneity L.

    Returns
    -------
    ndarray (...)

    Raises
    ------
    ValueError
        If wd < 0, c <= 0, or `degree` is not a whole number >= 1.

    Examples
    --------
    >>> float(equivalent_weight_decay(0.1, 0.25))
    0.025
    """
    weight_decay = validation.array("weight_decay", weight_decay)
    if (weight_decay < 0).any():
        raise ValueError(f"weight_decay is {weight_decay.min():g}; wanted >= 0")
    c = _multiplier(c)
    validation.batch(weight_decay=(weight_decay, 0), c=(c, 0))
    return weight_decay * c ** (2 / validation.count("degree", degree))


def _multiplier(value, name="c"):
    value = validation.array(name, value)
    if not (value >= validation.SMALLEST).all():
        raise ValueError(f"{name} is {value.min():g}; wanted > 0, at least {validation.SMALLEST:g}")
    return value
