"""Exercise 07: an output multiplier is an initialisation scale in disguise."""


def translate(c: float, degree: int, lr: float, weight_decay: float, optimizer: str) -> tuple[float, float, float]:
    """Translate a run on loss(f), started at alpha theta_0, into the same run on loss(c f), started at theta_0.

    Parameters
    ----------
    c : float
        Output multiplier, > 0.
    degree : int
        Homogeneity L >= 1 of the network: f(a theta) = a^L f(theta) for all a > 0.
    lr, weight_decay : float
        Learning rate > 0, and the coefficient wd >= 0 whose wd * theta is added to the gradient, of the run on loss(f).
    optimizer : str
        "sgd", "momentum" (heavy ball) or "adam" (with eps = 0).

    Returns
    -------
    alpha : float
        Initialisation scale that does what c does, alpha = c^(1/L).
    lr : float
        Learning rate of the run on loss(c f). Every one of its steps must be 1/alpha times that of the other run.
    weight_decay : float
        Weight decay of the run on loss(c f).

    Notes
    -----
    Where alpha is a power of two and L = 2, be exact to the last bit: write powers, not exp and log.
    """
    # TODO: how much larger is the gradient of loss(c f) at theta than that of loss(f) at alpha theta?
    raise NotImplementedError("exercise 07: translate")
