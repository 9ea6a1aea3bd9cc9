"""Where inside a step the risk crosses its target: a root on the cubic Hermite interpolant of the first layer."""

import numpy as np

from ..network import Loss
from .state import TINY, Array, Runs, State


class HermiteDenseOutput:
    """First layers inside a step, from the positions and the velocities at both of its ends."""

    def __init__(self, old: State, new: State, dt: Array) -> None:
        self.old, self.rise = old.W, new.W - old.W
        self.start, self.end = (dt[:, None, None] * state.velocity() for state in (old, new))

    def __call__(self, x: Array, run: Runs) -> Array:
        """W (k, h, d) of some runs (k,), each at its fraction x (k,) of the step."""
        x = x[:, None, None]
        bend = (1 - x) * self.start[run] - x * self.end[run]
        return self.old[run] + x * x * (3 - 2 * x) * self.rise[run] + x * (1 - x) * bend


def find_crossing(old: State, new: State, dt: Array, loss: Loss, target_risk: float) -> tuple[Array, State]:
    """Where each run, inside a step of size dt (b,) that ends at most at the target risk, crosses it.

    Returns
    -------
    fraction : ndarray (b,)
        Of the step.
    state : State
        There.
    """
    from scipy.optimize.elementwise import find_root  # here, because it takes longer to import than to run

    dense_output = HermiteDenseOutput(old, new, dt)

    def log_ratio(x: Array, run: Runs) -> Array:
        risk = old.problem.take(run).at(dense_output(x, run), loss).risk
        return np.log(np.maximum(risk, TINY) / target_risk)

    runs = np.arange(len(dt))
    root = find_root(log_ratio, (np.zeros(len(runs)), np.ones(len(runs))), args=(runs,))
    # Where margins are too coarse for the target the risk jumps over it: then take the first moment behind the jump.
    fraction = np.where(root.f_x <= 1e-12, root.x, root.bracket[1])
    return fraction, old.problem.at(dense_output(fraction, runs), loss)
