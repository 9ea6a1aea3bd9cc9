"""Why a run ends: one function per ending, and `Termination`, which evaluates them in the order of ENDINGS."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .state import TINY, Array, Mask, Runs, State

MAX_EVALUATIONS = 20_000
# A run that in 200 steps neither grows a neuron by 5% nor lowers its risk by 1e-4 would need millions of steps.
STALL_STEPS, STALL_GROWTH, STALL_FALL = 200, 0.05, 1e-4


class Ending(NamedTuple):
    """A status, and a template of the reason with the fields {t}, {risk} and {target}."""

    status: str
    reason: str


ENDINGS = (
    Ending("reached", "risk fell to the target {target:g} at t = {t:.6g}"),
    Ending("t_max", "t_max = {t:g} came at risk {risk:.4g}"),
    Ending("stalled", "nothing moves, no living neuron is active on an example that pulls; risk {risk:.4g}"),
    Ending("diverged", "the run left the range of float64 at t = {t:.6g}"),
    Ending("stalled", f"{MAX_EVALUATIONS:,} evaluations are spent at t = {{t:.6g}} and risk {{risk:.4g}}"),
    Ending(
        "stalled",
        f"risk {{risk:.4g}} no longer falls: in {STALL_STEPS} steps no neuron grew by {STALL_GROWTH:.0%}; "
        "the target {target:g} is out of reach",
    ),
)


def reached(state: State, target_risk: float) -> Mask:
    """Return whether the risk is at or below its target."""
    return state.risk <= target_risk


def at_rest(state: State) -> Mask:
    """Return whether nothing moves: no nonzero neuron is active on an example, or no example has a gradient."""
    awake = (state.Z > 0).any(axis=1) & (state.v != 0)
    return ~awake.any(axis=1) | ~(state.max_growth_rate() > 0)


def diverged(state: State, t: Array, dt: Array) -> Mask:
    """Return whether a number overflowed, or the step became too small to change the time."""
    return ~(np.isfinite(state.risk) & state.problem.finite & (t + dt > t))


def out_of_evaluations(n_evaluations: NDArray[np.int_], per_step: int) -> Mask:
    """Return whether another step would exceed the allowed number of evaluations."""
    return n_evaluations + per_step > MAX_EVALUATIONS


class StallMonitor:
    """Compares every run with its earlier state after each STALL_STEPS accepted steps."""

    def __init__(self, W: Array) -> None:
        size = len(W)
        self.norms, self.risk = np.linalg.norm(W, axis=-1), np.full(size, np.inf)
        self.t, self.n_steps = np.zeros(size), np.zeros(size, dtype=int)

    def stalled(self, runs: Runs, state: State, t: Array) -> Mask:
        """Return whether a comparison is due, and no neuron grew and the risk did not fall since the last one."""
        stalled, due = np.zeros(len(runs), dtype=bool), self.n_steps[runs] >= STALL_STEPS
        if due.any():
            runs, norms, risk, t = runs[due], np.abs(state.v[due]), state.risk[due], t[due]
            growth = np.log(np.maximum(norms, TINY) / np.maximum(self.norms[runs], TINY)).max(axis=1)
            # Growth no faster than log(time), as after fitting the data, does not lead to the target.
            ratio = np.where(self.t[runs] > 0, t / self.t[runs], 1.0)
            grew = growth > STALL_GROWTH * np.maximum(np.log(ratio), 1.0)
            stalled[due] = ~grew & ~(risk < (1 - STALL_FALL) * self.risk[runs])
            self.norms[runs], self.risk[runs], self.t[runs], self.n_steps[runs] = norms, risk, t, 0
        return stalled


class Termination:
    """Decides which runs end. Without a target risk (0), a run stalls before `t_max` only if it is at rest."""

    def __init__(self, target_risk: float, t_max: float, W: Array, evaluations_per_step: int) -> None:
        self.target_risk, self.t_max = target_risk, t_max
        self.evaluations_per_step, self.monitor = evaluations_per_step, StallMonitor(W)

    def check(
        self, runs: Runs, state: State, t: Array, dt: Array, n_evaluations: NDArray[np.int_]
    ) -> tuple[NDArray[np.int_], Array]:
        """Return the index (b,) into ENDINGS of the first that holds, or -1; and the time, t_max for a run at rest."""
        resting = at_rest(state)
        if np.isfinite(self.t_max):
            t = np.where(resting, self.t_max, t)
        endings = (
            reached(state, self.target_risk),
            t >= self.t_max,
            resting,
            diverged(state, t, dt),
            out_of_evaluations(n_evaluations, self.evaluations_per_step),
            self.monitor.stalled(runs, state, t) if self.target_risk else np.zeros(len(runs), dtype=bool),
        )
        ending = np.full(len(runs), -1)
        for k, ends in reversed(list(enumerate(endings))):
            ending[ends] = k
        return ending, t
