"""Train a setting with several optimizers: in rotated coordinates, as c f instead of f, at the largest stable rate."""

import numpy as np

from fls_teach.demos.shared.settings import Trained
from fls_teach.theory import equivalent_optimizer, train
from fls_teach.theory.geometry import cosine

BISECTIONS = 9
LOG2_RATES = (-32.0, 36.0)
"""log2 of the range in which the largest stable rate is searched."""
RATE_STEPS = 120
"""Number of steps within which an unstable rate must become apparent."""
RISE = 1e-12
"""A rise of the risk above this is more than rounding."""


def started(setting, cases, start):
    """Return data and starts of all seeds: X (s, n, d), y (s, n), W (s, m, h, d), v (s, m, h)."""
    X, y = (np.array([getattr(case, key) for case in cases]) for key in "Xy")
    W, V = (layer.reshape(len(cases), -1, *layer.shape[1:]) for layer in setting.starts(cases, start)[2:])
    return X, y, W, V[:, :, 0]


def rotations(n, size, rng):
    """Draw orthogonal matrices (n, size, size) uniformly."""
    Q, R = np.linalg.qr(rng.standard_normal((n, size, size)))
    return Q * np.sign(np.diagonal(R, axis1=1, axis2=2))[:, None, :]


def train_rotated(setting, cases, start, optimizer, Q, max_steps):
    """Train networks in coordinates rotated by Q, and rotate them back.

    Parameters
    ----------
    setting : Setting
        With one output.
    cases : list of Case
    start : {"plain", "twins"}
    optimizer : Optimizer
        With settings for each of the s x m runs, or common ones.
    Q : ndarray (s, d, d)
        Orthogonal: examples and initial neurons are Q x and Q w. This only changes which directions are the axes.
    max_steps : int

    Returns
    -------
    trained : Trained
        In the original coordinates.
    toward : dict of ndarray (s, m)
        Cosine, in the rotated coordinates, of w^+ with ``sum``, the class sum x_+, and with ``sign``, sign(x_+).
    """
    X, y, W, v = started(setting, cases, start)
    turn = np.swapaxes(Q, -1, -2)
    turned, W1 = X @ turn, W @ turn[:, None]
    size = W.shape[0] * W.shape[1]
    runs = train(
        *(np.repeat(each, W.shape[1], axis=0) for each in (turned, y)),
        W1.reshape(size, *W.shape[2:]),
        v.reshape(size, -1),
        optimizer,
        target_risk=setting.target_risk,
        max_steps=max_steps,
    )
    W1, V = runs.W.reshape(W.shape), runs.V.reshape(v.shape)
    upward = (np.maximum(V, 0)[..., None] * W1).sum(axis=2)
    x_plus = ((y > 0)[..., None] * turned).sum(axis=1)[:, None]
    toward = {"sum": cosine(upward, x_plus), "sign": cosine(upward, np.sign(x_plus))}
    status = runs.status.reshape(W.shape[:2])
    return Trained(W, v[:, :, None], W1 @ Q[:, None], V[:, :, None], status, False), toward


def equivalence(setting, cases, optimizer, wrong, log2_alpha, n_steps):
    """Compare the risks of f from alpha theta with those of c f from theta, c = alpha^2, step by step.

    Parameters
    ----------
    setting : Setting
    cases : list of Case
        Drawn only at alpha = 1.
    optimizer, wrong : Optimizer, callable
        The optimizer for f; and ``wrong(c)``, the optimizer for c f by another rule.
    log2_alpha : array_like (m,)
        Integers, so that not a single bit may differ.
    n_steps : int

    Returns
    -------
    differ : ndarray of int (s, m)
        Number of the n_steps + 1 risks that are not bitwise equal.
    apart : ndarray (s, m)
        Largest relative difference of the risks with the wrong rule.
    """
    X, y, W, v = started(setting, cases, "plain")
    alpha = np.tile(2.0 ** np.asarray(log2_alpha, dtype=float), len(cases))
    X, y, W, v = (np.repeat(each, len(log2_alpha), axis=0) for each in (X, y, W[:, 0], v[:, 0]))
    options = {"max_steps": n_steps, "record": "risk"}

    def risks(scale, used, c):
        found = train(X, y, scale[:, None, None] * W, scale[:, None] * v, used, output_multiplier=c, **options)
        # A run that ends early, because the wrong rule made it diverge, has an infinite risk from then on.
        lost = (np.full(n_steps + 1 - len(record.risks), np.inf) for record in found.record)
        return np.array([np.append(record.risks, rest) for record, rest in zip(found.record, lost, strict=True)])

    one, c = np.ones_like(alpha), alpha**2
    wanted = risks(alpha, optimizer, one)
    differ = (risks(one, equivalent_optimizer(optimizer, c), c) != wanted).sum(axis=1)
    apart = (np.abs(risks(one, wrong(c), c) - wanted) / wanted).max(axis=1)
    return differ.reshape(len(cases), -1), apart.reshape(len(cases), -1)


def largest_stable_rate(setting, cases, make, log2_c, loss, target_risk):
    """Return log2 of the largest learning rate at which the risk of c f falls monotonically to the target.

    Parameters
    ----------
    setting : Setting
    cases : list of Case
        Drawn only at alpha = 1; twins are trained, with f(0) = 0.
    make : callable
        Function of learning rates (B,) that returns an Optimizer.
    log2_c : array_like (m,)
    loss : {"logistic", "squared"}
    target_risk : float

    Returns
    -------
    ndarray (s, m)
        Found by bisection; each run has at most `RATE_STEPS` steps.
    """
    X, y, W, v = started(setting, cases, "twins")
    X, y, W, v = (np.repeat(each, len(log2_c), axis=0) for each in (X, y, W[:, 0], v[:, 0]))
    c = np.tile(2.0 ** np.asarray(log2_c, dtype=float), len(cases))
    low, high = (np.full(len(c), end) for end in LOG2_RATES)
    options = {"loss": loss, "target_risk": target_risk, "max_steps": RATE_STEPS, "record": "risk"}
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        runs = train(X, y, W, v, make(2.0**middle), output_multiplier=c, **options)
        falls = np.array([(np.diff(record.risks) <= RISE).all() for record in runs.record])
        stable = falls & (runs.status != "diverged")
        low, high = np.where(stable, middle, low), np.where(stable, high, middle)
    return ((low + high) / 2).reshape(len(cases), -1)
