"""Many runs at once: active runs advance in lockstep, and a queued run takes the slot of a finished one.

Each run has its own time, step size and ending, and nothing is summed over runs, so a run gives the same bits in any
batch.
"""

import numpy as np

from ..network import Loss
from .dense_output import find_crossing
from .recorder import Recorder
from .rk23 import RK23
from .state import Array, Mask, Problem, Runs, State
from .termination import Termination

# Values (n x h) per stage: enough to amortise numpy's call overhead, few enough for the cache.
STAGE_SIZE = 40_000


class Batch:
    """Solver of all runs. After `solve`, the attributes contain the final state of each run.

    Attributes
    ----------
    W : ndarray (B, h, d)
    t, risk : ndarray (B,)
    ending : ndarray (B,) of int
        Index into `termination.ENDINGS`.
    n_evaluations : ndarray (B,) of int
    recorder : Recorder or None
    """

    def __init__(
        self, loss: Loss, X: Array, y: Array, W: Array, signs: Array,
        *, target_risk: float, t_max: float, rtol: float, centred: bool, record: bool,
    ) -> None:  # fmt: skip
        n_runs = len(W)
        self.loss, self.X, self.y, self.signs, self.W = loss, X, y, signs, W.copy()
        self.centred, self.f0 = centred, np.zeros(y.shape)
        self.method = RK23(loss, rtol)
        self.termination = Termination(target_risk, t_max, W, self.method.n_stages)
        self.recorder = Recorder(n_runs) if record else None
        self.t, self.risk = np.zeros(n_runs), np.full(n_runs, np.nan)
        self.ending, self.n_evaluations = np.full(n_runs, -1), np.ones(n_runs, dtype=int)
        # The step in which a run crossed its target: its size (0 for none), and W before it.
        self.crossing_dt, self.crossing_W = np.zeros(n_runs), W.copy()
        self.n_slots = max(1, STAGE_SIZE // (X.shape[1] * W.shape[1]))
        # Slot k holds run active[k] in state k, and attempts a step of size dt[k] next.
        self.active, self.queue = np.split(np.arange(n_runs), [self.n_slots])
        self.state, self.dt = self._start(self.active)

    def solve(self) -> None:
        """Advance every run to its end."""
        while self.active.size:
            ended = self._finish()
            if ended.any():
                self._refill(np.flatnonzero(ended))
            else:
                self._step()
        self._stop_at_crossings()

    def _start(self, runs: Runs) -> tuple[State, Array]:
        """State and first step size of runs at time 0."""
        problem = self._problem(runs)
        state = problem.at(self.W[runs], self.loss)
        if self.centred:
            self.f0[runs] = state.f
            state = problem._replace(f0=state.f).at(state.W, self.loss)
        self.termination.monitor.risk[runs] = state.risk
        if self.recorder:
            self.recorder.append(runs, self.t[runs], state, np.ones(len(runs), dtype=bool))
        return state, self.method.select_initial_step(state)

    def _problem(self, runs: Runs) -> Problem:
        return Problem.of(self.X[runs], self.y[runs], self.signs[runs], self.f0[runs])

    def _step(self) -> None:
        """Attempt one step of every active run; those that accept it move."""
        runs, old = self.active, self.state
        dt = np.minimum(self.dt, self.termination.t_max - self.t[runs])
        self.state, accepted, self.dt = self.method.step(old, dt)
        self.n_evaluations[runs] += self.method.n_stages
        self.t[runs] += np.where(accepted, dt, 0.0)
        self.termination.monitor.n_steps[runs] += accepted
        crossed = accepted & (self.state.risk <= self.termination.target_risk)
        self.crossing_dt[runs[crossed]], self.crossing_W[runs[crossed]] = dt[crossed], old.W[crossed]
        if self.recorder:
            self.recorder.append(runs, self.t[runs], self.state, accepted)

    def _finish(self) -> Mask:
        """Store the results of the active runs that end here; return their mask (b,)."""
        runs = self.active
        ending, self.t[runs] = self.termination.check(runs, self.state, self.t[runs], self.dt, self.n_evaluations[runs])
        ended = ending >= 0
        runs = runs[ended]
        self.ending[runs], self.W[runs], self.risk[runs] = ending[ended], self.state.W[ended], self.state.risk[ended]
        return ended

    def _refill(self, free: Runs) -> None:
        """Give free slots to queued runs, and close the slots for which there is none."""
        runs, self.queue = np.split(self.queue, [len(free)])
        if runs.size:
            filled = free[: len(runs)]
            self.active[filled] = runs
            state, self.dt[filled] = self._start(runs)
            self.state.put(filled, state)
        keep = np.delete(np.arange(len(self.active)), free[len(runs) :])
        self.active, self.state, self.dt = self.active[keep], self.state.take(keep), self.dt[keep]

    def _stop_at_crossings(self) -> None:
        """Move the runs that crossed the target inside their last step back to the crossing."""
        crossed = np.flatnonzero(self.crossing_dt)
        for first in range(0, len(crossed), self.n_slots):
            runs = crossed[first : first + self.n_slots]
            problem, dt = self._problem(runs), self.crossing_dt[runs]
            old, new = problem.at(self.crossing_W[runs], self.loss), problem.at(self.W[runs], self.loss)
            fraction, state = find_crossing(old, new, dt, self.loss, self.termination.target_risk)
            self.W[runs], self.risk[runs] = state.W, state.risk
            self.t[runs] -= (1 - fraction) * dt
