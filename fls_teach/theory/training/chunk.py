"""Some runs of `train` side by side: look at the risk, let go of the runs that are over, step, and look again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .. import validation
from .batches import Batches
from .flow_steps import FlowSteps, first_crossing
from .gradients import activities, gradients, neuron_norms, outputs
from .losses import Loss

PATIENCE = 100  # steps that a run must stand still where noise or an optimizer's memory could wake it
# With FlowSteps, a run that in 200 steps neither grows a neuron by 5% nor lowers its risk by 1e-4 would need millions.
STALL_STEPS, STALL_GROWTH, STALL_FALL = 200, 0.05, 1e-4

REASONS = {
    "reached": "the risk fell to the target {target:g} in step {step:,}",
    "diverged": "the risk or a weight left the range of float64 by step {step:,}; wanted a smaller lr or start",
    "dead": "no neuron is active on any example: the network is the constant 0, of risk {risk:.4g}, for ever",
    "stalled": "nothing moves any more: risk {risk:.4g} after {step:,} steps",
    "max_steps": "max_steps = {step:,} came at risk {risk:.4g}",
}


class Record(NamedTuple):
    """What the checks of one run saw.

    Attributes
    ----------
    steps, times, risks : ndarray (T,)
    W, V : ndarray (T, h, d), (T, h) or (T, K, h); None with record="risk"
    """

    steps: np.ndarray
    times: np.ndarray
    risks: np.ndarray
    W: np.ndarray | None
    V: np.ndarray | None


@dataclass(frozen=True)
class Problem:
    """What all runs share; see `train`."""

    loss: Loss
    reduction: str
    target: float
    max_steps: int
    batch_size: int
    noise: float
    centred: bool
    check_every: int
    record: str | None


class Chunk:
    """Runs that advance together; `live` holds the numbers of those that are not over, and all arrays follow it."""

    FOLLOW = "live X t c f0 time last risk silent still patience mark_sizes mark_risk".split()
    FOLLOW_LISTS = "parameters before start buffers".split()

    def __init__(self, problem, optimizer, X, t, W, V, c, seeds):
        size, none = len(W), np.zeros(len(W), dtype=int)
        self.problem, self.optimizer, self.X, self.t = problem, optimizer, X, t
        self.c = c.reshape(-1, *[1] * (t.ndim - 1))
        self.live, self.parameters = np.arange(size), [W, V]
        self.flow = isinstance(optimizer, FlowSteps)
        self.whole = problem.batch_size == X.shape[1] and not problem.noise
        wakeful = not self.flow and (problem.noise > 0) | np.broadcast_to(optimizer.memory, size)
        self.patience = np.where(wakeful, PATIENCE, np.zeros(size, dtype=int))
        self.buffers = [] if self.flow else optimizer.start(self.parameters)
        self.batches = Batches(seeds, X.shape[1], problem.batch_size, problem.noise)
        self.start = self.parameters if problem.centred else []
        self.f0 = outputs(activities(X, W), V) if problem.centred else np.zeros_like(t)
        self.time, self.last = np.zeros(size), np.zeros(size)  # sum of the step lengths, and the last one
        # As of the last look: weights, risk, and for how many steps a run has been silent, and has stood still.
        self.before, self.risk, self.silent, self.still = self.parameters, np.full(size, np.nan), none, none
        self.mark_sizes, self.mark_risk = np.maximum(*neuron_norms(W, V)), np.full(size, np.inf)
        self.results = {
            "W": W.copy(), "V": V.copy(), "steps": none.copy(), "time": np.zeros(size), "risk": np.full(size, np.nan),
            "status": np.full(size, "", dtype="U9"), "reason": np.full(size, "", dtype=object),
        }  # fmt: skip
        self.records = [[] for _ in range(size)]

    def run(self):
        """Advance every run to its end; returns the fields of `Training`."""
        step, problem = 0, self.problem
        while True:
            A, f = self.forward(self.X, self.f0)
            self.look(step, A, f)
            if not len(self.live):
                return self.finish()
            if len(self.live) < len(f):
                A, f = self.forward(self.X, self.f0)
            for _ in range(min(problem.check_every, problem.max_steps - step)):
                step += 1
                if self.flow:
                    self.flow_step(A, f)
                else:
                    self.optimizer_step(step, A, f)
                A = f = None  # of the weights before the step

    def forward(self, X, f0):
        """Activities, and outputs minus `f0`."""
        W, V = self.parameters
        A = activities(X, W)
        return A, outputs(A, V) - f0

    def gradients(self, X, t, A, f):
        """Derivatives of the risk by W and V."""
        return gradients(X, A, *self.parameters, self.problem.loss.gradient(t, f, self.c, self.problem.reduction))

    def optimizer_step(self, step, A, f):
        """One step of the optimizer, on all examples or on the next mini-batch."""
        X, t = self.X, self.t
        if not self.whole:
            X, t, f0 = self.batches.draw(X, t, self.f0)
            if self.start and self.problem.noise:  # f0 is a function: the noise changes it too
                f0 = outputs(activities(X, self.start[0]), self.start[1])
            A, f = self.forward(X, f0)
        elif A is None:
            A, f = self.forward(X, self.f0)
        slopes = self.gradients(X, t, A, f)
        self.parameters, self.buffers = self.optimizer.step(self.parameters, slopes, self.buffers, step)

    def flow_step(self, A, f):
        """One step of the midpoint rule."""
        problem, start = self.problem, self.parameters
        if A is None:
            A, f = self.forward(self.X, self.f0)
        slopes = self.gradients(self.X, self.t, A, f)
        curvature = problem.loss.risk_curvature(self.t, f, self.c, problem.reduction)
        self.last = self.optimizer.length(self.X, A, start, slopes, curvature)
        self.parameters = _moved(start, slopes, self.last / 2)
        A, f = self.forward(self.X, self.f0)
        self.parameters = _moved(start, self.gradients(self.X, self.t, A, f), self.last)
        self.time = self.time + self.last

    def look(self, step, A, f):
        """Take the risk of every live run, and close those that are over."""
        problem, (W, V) = self.problem, self.parameters
        risk = problem.loss.risk(self.t, f, self.c, problem.reduction)
        if not self.flow:
            self.time = np.broadcast_to(step * self.optimizer.lr, len(f))
        sizes = np.maximum(*neuron_norms(W, V))
        in_range = np.isfinite(risk) & (sizes.max(axis=1) <= validation.LARGEST)
        since = min(step, problem.check_every)
        silent = ~(A.max(axis=(1, 2)) > 0)
        self.silent = np.where(silent, self.silent + since, 0)
        endings = {
            "reached": in_range & (risk <= problem.target),
            "diverged": ~in_range,
            "dead": silent & (self.silent >= self.patience),
            "stalled": self.stalled(step, since, risk, sizes),
            "max_steps": np.full(len(f), step >= problem.max_steps),
        }
        self.risk = np.where(in_range | (step == 0), risk, self.risk)
        crossed = np.flatnonzero(endings["reached"])
        if self.flow and step and len(crossed):
            self.land(crossed)
        for run in np.flatnonzero(in_range) if problem.record else ():
            weights = (W[run].copy(), V[run].copy()) if problem.record == "weights" else (None, None)
            self.records[self.live[run]].append((step, self.time[run], self.risk[run], *weights))
        over = np.zeros(len(f), dtype=bool)
        for status, which in endings.items():
            for run in np.flatnonzero(which & ~over):
                self.close(run, step, status)
            over |= which
        self.before = self.parameters
        if over.any():
            self.keep(np.flatnonzero(~over))

    def stalled(self, step, since, risk, sizes):
        """Which runs (b,) no longer move."""
        if self.flow:
            stalled = np.zeros(len(risk), dtype=bool)
            if step % STALL_STEPS == 0:
                growth = np.log(np.maximum(sizes, 1e-300) / np.maximum(self.mark_sizes, 1e-300)).max(axis=1)
                stalled = (growth <= STALL_GROWTH) & ~(risk < (1 - STALL_FALL) * self.mark_risk)
                self.mark_sizes, self.mark_risk = sizes, risk
            return stalled & (step > 0)
        same = risk == self.risk  # cheap, and seldom true of a run that moves
        for run in np.flatnonzero(same):
            same[run] = all((p[run] == q[run]).all() for p, q in zip(self.parameters, self.before, strict=True))
        self.still = np.where(same, self.still + since, 0)
        return same & (self.still > self.patience)

    def close(self, run, step, status):
        """Enter the end of the live run at this place into the results."""
        number, results = self.live[run], self.results
        weights = self.before if status == "diverged" else self.parameters
        results["W"][number], results["V"][number] = weights[0][run], weights[1][run]
        results["steps"][number], results["risk"][number] = step, self.risk[run]
        results["status"][number], results["time"][number] = status, self.time[run]
        words = {"target": self.problem.target, "step": step, "risk": self.risk[run]}
        results["reason"][number] = REASONS[status].format(**words)

    def keep(self, stay):
        """Go on with the live runs at these places."""
        for name in self.FOLLOW:
            setattr(self, name, getattr(self, name)[stay])
        for name in self.FOLLOW_LISTS:
            setattr(self, name, [array[stay] for array in getattr(self, name)])
        self.batches.keep(stay)
        if not self.flow and len(stay):
            self.optimizer = self.optimizer.take(stay)

    def land(self, runs):
        """Put live runs that crossed the target in their last step back to where its chord crosses it."""
        problem, after = self.problem, [p[runs] for p in self.parameters]
        X, t, f0, c = self.X[runs], self.t[runs], self.f0[runs], self.c[runs]
        rises = [p - q[runs] for p, q in zip(after, self.before, strict=True)]

        def at(fraction):
            W, V = _moved(after, rises, 1 - fraction)
            return [W, V], problem.loss.risk(t, outputs(activities(X, W), V) - f0, c, problem.reduction)

        fraction = first_crossing(lambda x: np.log(at(x)[1] / problem.target), len(runs))
        weights, self.risk[runs] = at(fraction)
        for p, landed in zip(self.parameters, weights, strict=True):
            p[runs] = landed
        self.time[runs] -= (1 - fraction) * self.last[runs]

    def finish(self):
        """The fields of `Training`."""
        if not self.problem.record:
            return self.results | {"record": None}
        kept = 5 if self.problem.record == "weights" else 3
        columns = [list(zip(*seen, strict=True)) for seen in self.records]
        return self.results | {
            "record": [Record(*map(np.array, column[:kept]), *[None] * (5 - kept)) for column in columns]
        }


def _moved(parameters, slopes, length):
    return [p - length.reshape(-1, *[1] * (p.ndim - 1)) * g for p, g in zip(parameters, slopes, strict=True)]
