"""Train the cases of a setting with `theory.train`: any loss and optimizer, all seeds and alphas in one batch."""

from typing import NamedTuple

import numpy as np

from .measures import outputs
from .settings import Trained


class Starts(NamedTuple):
    """Arguments of `theory.train` for all runs of some cases, seeds outer and alphas inner, B = s m."""

    X: np.ndarray
    """Inputs (B, n, d)."""
    y: np.ndarray
    """Labels (B, n)."""
    W: np.ndarray
    """First layers (B, h, d)."""
    V: np.ndarray
    """Second layers, (B, h) for one output, (B, K, h) for K."""

    def trained(self, runs, n_seeds, centred=False):
        """Return the networks of `runs`, a `Training` from these starts, as `Trained` (s, m)."""
        layers = [self.W, self.V, runs.W, runs.V]
        if self.V.ndim == 2:
            layers[1::2] = self.V[:, None], runs.V[:, None]
        W0, V0, W, V = (layer.reshape(n_seeds, -1, *layer.shape[1:]) for layer in layers)
        return Trained(W0, V0, W, V, runs.status.reshape(n_seeds, -1), centred)


def starts(setting, cases, start):
    """Return the runs of all cases from one of `STARTS`; those from "centred" must be trained with ``centred=True``.

    Returns
    -------
    Starts
    """
    X, y, W, V = setting.starts(cases, start)
    return Starts(X, y, W, V[:, 0] if V.shape[1] == 1 else V)


def margins(cases, trained):
    """Return training margins (s, m, n): y f(x), or the right class's output minus the largest other output."""
    f = outputs(np.array([case.X for case in cases])[:, None], trained.W, trained.V)
    y = np.array([case.y for case in cases])[:, None]
    if f.shape[-1] == 1:
        return y * f[..., 0]
    right = np.eye(f.shape[-1], dtype=bool)[y.astype(int)]
    return np.where(right, f, -np.inf).max(axis=-1) - np.where(right, -np.inf, f).max(axis=-1)
