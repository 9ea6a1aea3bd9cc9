"""Recorded trajectories of runs."""

from typing import NamedTuple

import numpy as np

from ..alignment import neuron_alignment
from ..mixture import class_sum
from .state import Array, Mask, Runs, State


class Trajectory(NamedTuple):
    """One recorded run: its initial state, the end of every step, and its final state.

    Attributes
    ----------
    times : ndarray (T,)
    W : ndarray (T, h, d)
    risk : ndarray (T,)
        Training risk, in nats.
    norms : ndarray (T, h)
        |w_j|.
    alignments : ndarray (T, h)
        psi_j, cosine of w_j with the class sum x_+; NaN without positive examples.
    """

    times: Array
    W: Array
    risk: Array
    norms: Array
    alignments: Array


class Recorder:
    """Collects the accepted states of every run."""

    def __init__(self, n_runs: int) -> None:
        self.points: list[list[tuple[float, Array, float]]] = [[] for _ in range(n_runs)]

    def append(self, runs: Runs, t: Array, state: State, accepted: Mask) -> None:
        """Append the states of the runs (b,) that accepted their step."""
        for k in np.flatnonzero(accepted):
            self.points[runs[k]].append((t[k], state.W[k].copy(), state.risk[k]))

    def trajectory(self, run: int, t: float, W: Array, risk: float, X: Array, y: Array) -> Trajectory:
        """Return the trajectory of one run; its last point is the end of the run, which may be inside the last step."""
        points = [point for point in self.points[run] if point[0] < t] + [(t, W, risk)]
        times, weights, risks = (np.array(column) for column in zip(*points, strict=True))
        positives = class_sum(X, y)
        psi = neuron_alignment(weights, positives) if positives.any() else np.full(weights.shape[:2], np.nan)
        return Trajectory(times, weights, risks, np.linalg.norm(weights, axis=-1), psi)
