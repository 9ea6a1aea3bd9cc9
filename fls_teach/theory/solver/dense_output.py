"""Find where the risk crosses its target inside a step, on the cubic Hermite interpolant of the first layer."""

import numpy as np

from ..network import Loss
from .state import TINY, Array, Runs, State


class HermiteDenseOutput:
    """Interpolant of first layers inside a step, from positions and velocities at both ends."""

    def __init__(self, old: State, new: State, dt: Array) -> None:
        self.old, self.rise = old.W, new.W - old.W
        self.start, self.end = (dt[:, None, None] * state.velocity() for state in (old, new))

    def __call__(self, x: Array, run: Runs) -> Array:
        """Return W (k, h, d) of some runs (k,), each at its fraction x (k,) of the step."""
        x = x[:, None, None]
        bend = (1 - x) * self.start[run] - x * self.end[run]
        return self.old[run] + x * x * (3 - 2 * x) * self.rise[run] + x * (1 - x) * bend


def find_crossing(old: State, new: State, dt: Array, loss: Loss, target_risk: float) -> tuple[Array, State]:
    """Find where each run crosses the target risk inside a step of size dt (b,) that ends at or below it.

    Returns
    -------
    fraction : ndarray (b,)
        Of the step.
    state : State
        There.
    """
    from scipy.optimize.elementwise import find_root  # imported here, because the import takes longer than the solution

    dense_output = HermiteDenseOutput(old, new, dt)

    def log_ratio(x: Array, run: Runs) -> Array:
        risk = old.problem.take(run).at(dense_output(x, run), loss).risk
        return np.log(np.maximum(risk, TINY) / target_risk)

    runs = np.arange(len(dt))
    root = find_root(log_ratio, (np.zeros(len(runs)), np.ones(len(runs))), args=(runs,))
    # If rounding of margins makes the risk jump over the target, take the first point behind the jump.
    fraction = np.where(root.f_x <= 1e-12, root.x, root.bracket[1])
    return fraction, old.problem.at(dense_output(fraction, runs), loss)
