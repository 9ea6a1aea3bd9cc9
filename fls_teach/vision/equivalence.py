"""Settings with which training c f equals training f from scaled initial weights (science.md#equivalence); no torch."""

from dataclasses import replace

from fls_teach.theory.equivalence import equivalent_alpha, equivalent_lr, equivalent_weight_decay


def equivalent_run(run, c, degree):
    """Return the run that trains c f from theta as `run` trains f from c^(1/L) theta.

    Parameters
    ----------
    run : Run
        With c = 1, not centred.
    c : float
        > 0.
    degree : int
        Homogeneity L of the network in its weights: `fls_teach.vision.models.build.homogeneity`.

    Returns
    -------
    Run

    Raises
    ------
    ValueError
        If `run` is centred, which is not homogeneous, or its c is not 1, or the argument `c` is not > 0.

    Notes
    -----
    The rules are those of `fls_teach.theory.equivalence`, which hold for loss(c f). A run minimises loss(c f) / c,
    whose gradients are 1/c times as large. So SGD's rate, with or without momentum, is c times that of the rule, and
    the terms that are added to a gradient, decay and eps, are 1/c times those of the rule. With a = c^(1/L):

    - SGD and momentum: lr c a^-2. Momentum, batch, schedule and augmentation are unchanged.
    - Adam and AdamW divide gradients by their size: lr a^-1, and eps a / c.
    - Decay added to the gradient (SGD, Adam): weight_decay a^2 / c. AdamW's, applied to the weights: weight_decay a.

    The two runs agree up to rounding. If decay or eps is *not* translated, c is more than a scale of the initial
    weights: at equal weight_decay, a larger c is trained with a larger decay.

    Examples
    --------
    >>> from fls_teach.vision.run import Run
    >>> found = equivalent_run(Run(lr=0.5, momentum=0.9, weight_decay=0.01), 2.0**-5, degree=5)
    >>> round(found.lr, 12), found.momentum, round(found.weight_decay, 12)
    (0.0625, 0.9, 0.08)
    """
    if run.centred:
        raise ValueError("the run is centred: c (f - f0) is not homogeneous, so c is no scale of its start")
    if run.c != 1:
        raise ValueError(f"the run's c is {run.c:g}; wanted 1, the run on f itself")
    name = "momentum" if run.momentum else run.optimiser
    lr, decay = (
        float(rule(value, c, degree, name))
        for rule, value in ((equivalent_lr, run.lr), (equivalent_weight_decay, run.weight_decay))
    )
    if run.optimiser == "sgd":
        return replace(run, c=c, lr=lr * c, weight_decay=decay / c)
    eps = run.eps * float(equivalent_alpha(c, degree)) / c
    return replace(run, c=c, lr=lr, eps=eps, weight_decay=decay if run.optimiser == "adamw" else decay / c)
