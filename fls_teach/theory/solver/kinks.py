"""Correct a step for neurons that start or stop being active on an example inside it."""

import numpy as np

from .state import Array, Stages, State


def repair_kinks(state: State, stages: Stages, D: Array, norms: Array, last: float) -> Array:
    """Correct a step with frozen activity, to first order, from the time of each crossing on.

    Parameters
    ----------
    state : State
        At the start of the step.
    stages : Stages
    D : ndarray (b, n, h)
        The step, w_j + sum_i D_ij x_i; corrections are added in place.
    norms : ndarray (b, h)
        |w_j|, not zero.
    last : float
        Time of the last stage, as a fraction of the step.

    Returns
    -------
    ndarray (b,)
        Largest correction of a neuron, relative to its norm.
    """
    Z = state.Z + state.problem.gram @ D
    run, i, j = np.unravel_index(np.flatnonzero((Z > 0) != (stages.active > 0)), Z.shape)
    before, after = state.Z[run, i, j], Z[run, i, j]
    crossing = before / (before - after)  # as a fraction of the step, on the chord
    # Velocity in the middle of the remaining step, on the line through the first and the last stage.
    weight = (1 + crossing) / 2 / last
    g = stages.g[run, i, 0] * (1 - weight) + stages.g[run, i, -1] * weight
    v = stages.v[run, 0, j] * (1 - weight) + stages.v[run, -1, j] * weight
    repair = np.where(after > 0, 1.0, -1.0) * g * v * (1 - crossing)
    D[run, i, j] += repair
    repaired = np.zeros_like(norms)
    np.add.at(repaired, (run, j), np.abs(repair) * state.problem.x_norms[run, i])
    return (repaired / norms).max(axis=1)
