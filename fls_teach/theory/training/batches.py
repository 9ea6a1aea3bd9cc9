"""Mini-batches and input noise; the draws of a run depend only on its seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Batches:
    """The order in which each run uses its examples, and the noise added to them.

    Parameters
    ----------
    seeds : list of int
        One per run. A run draws orders and noise from two separate streams, so the noise does not affect the orders.
        Runs with equal seeds have equal batches and noise.
    n_samples, batch_size : int
        Every epoch uses each example once, in a new order; the last batch may be smaller.
    noise : float
        Standard deviation of normal noise that is added to every input entry, drawn anew at every step.

    Examples
    --------
    >>> batches = Batches([0, 1], n_samples=4, batch_size=3, noise=0.0)
    >>> X, t = np.zeros((2, 4, 1)), np.arange(4.0) + np.zeros((2, 1))
    >>> [batches.draw(X, t)[1].shape for _ in range(3)]
    [(2, 3), (2, 1), (2, 3)]
    """

    def __init__(self, seeds, n_samples, batch_size, noise):
        self.orders = [np.random.default_rng([seed, 0]) for seed in seeds] if batch_size < n_samples else []
        self.noises = [np.random.default_rng([seed, 1]) for seed in seeds] if noise else []
        self.n_samples, self.batch_size, self.noise = n_samples, batch_size, noise
        self.position = n_samples
        self.epoch: NDArray[np.int64] = np.empty((0, n_samples), dtype=int)  # no orders have been drawn yet

    def draw(self, X, *columns):
        """Return inputs (b, m, d) of the next step, with noise, and the same examples of other arrays (b, n, ...)."""
        columns = (X, *columns)
        if self.batch_size < self.n_samples:
            if self.position >= self.n_samples:
                self.epoch = np.array([order.permutation(self.n_samples) for order in self.orders])
                self.position = 0
            chosen = self.epoch[:, self.position : self.position + self.batch_size]
            self.position += self.batch_size
            run = np.arange(len(chosen))[:, None]
            columns = tuple(column[run, chosen] for column in columns)
        if self.noise:
            drawn = np.array([noise.standard_normal(columns[0].shape[1:]) for noise in self.noises])
            columns = (columns[0] + self.noise * drawn, *columns[1:])
        return columns

    def keep(self, runs):
        """Keep only some of the runs."""
        self.orders, self.noises = ([streams[k] for k in runs if streams] for streams in (self.orders, self.noises))
        self.epoch = self.epoch[runs] if len(self.epoch) else self.epoch
