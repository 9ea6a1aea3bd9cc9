"""Runs of `train` that advance together: evaluate the risk, remove the runs that have ended, step, repeat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from .batches import Batches
from .endings import PATIENCE, REASONS, Watch
from .flow_steps import FlowSteps, first_crossing
from .gradients import activities, gradients, outputs
from .losses import Loss


class Record(NamedTuple):
    """The recorded checks of one run.

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
    """Settings shared by all runs; see `train`."""

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
    """Runs that advance together; `live` contains the indices of those that have not ended, in the order of arrays."""

    def __init__(self, problem, optimizer, X, t, W, V, c, seeds):
        size = len(W)
        self.problem, self.optimizer, self.X, self.t = problem, optimizer, X, t
        self.c = c.reshape(-1, *[1] * (t.ndim - 1))
        self.live, self.parameters = np.arange(size), [W, V]
        self.flow = isinstance(optimizer, FlowSteps)
        self.whole = problem.batch_size == X.shape[1] and not problem.noise
        self.buffers = [] if self.flow else optimizer.start(self.parameters)
        self.batches = Batches(seeds, X.shape[1], problem.batch_size, problem.noise)
        self.start = self.parameters if problem.centred else []
        self.f0 = outputs(activities(X, W), V) if problem.centred else np.zeros_like(t)
        self.time, self.last_dt = np.zeros(size), np.zeros(size)  # sum of the step sizes, and the last one
        wakeful = np.broadcast_to(not self.flow and (problem.noise > 0 or optimizer.memory), size)
        self.watch = Watch(problem, np.where(wakeful, PATIENCE, 0), self.parameters, self.flow)
        self.results = {
            "W": W.copy(), "V": V.copy(), "steps": np.zeros(size, dtype=int), "time": np.zeros(size),
            "risk": np.zeros(size), "status": np.full(size, "", dtype="U9"), "reason": np.full(size, "", dtype=object),
        }  # fmt: skip
        self.records: list[list[tuple[Any, ...]]] = [[] for _ in range(size)]

    def run(self):
        """Advance every run to its end; return the fields of `Training`."""
        step, problem = 0, self.problem
        while True:
            A, f = self.forward(self.X, self.f0)
            stay = self.look(step, A, f)
            if not len(self.live):
                return self.finish()
            if len(self.live) < len(f):
                A, f = A[stay], f[stay]
            for _ in range(min(problem.check_every, problem.max_steps - step)):
                step += 1
                if self.flow:
                    self.flow_step(A, f)
                else:
                    self.optimizer_step(step, A, f)
                A = f = None  # they were those before the step

    def forward(self, X, f0):
        """Return activities, and outputs minus `f0`."""
        W, V = self.parameters
        A = activities(X, W)
        return A, outputs(A, V) - f0

    def gradients(self, X, t, A, f):
        """Return derivatives of the risk with respect to W and V."""
        W, V = self.parameters
        return gradients(X, A, W, V, self.problem.loss.gradient(t, f, self.c, self.problem.reduction))

    def optimizer_step(self, step, A, f):
        """Take a step of the optimizer, on all examples or on the next mini-batch."""
        X, t = self.X, self.t
        if not self.whole:
            X, t, f0 = self.batches.draw(X, t, self.f0)
            if self.start and self.problem.noise:  # f0 also depends on the noisy inputs
                f0 = outputs(activities(X, self.start[0]), self.start[1])
            A, f = self.forward(X, f0)
        elif A is None:
            A, f = self.forward(X, self.f0)
        slopes = self.gradients(X, t, A, f)
        self.parameters, self.buffers = self.optimizer.step(self.parameters, slopes, self.buffers, step)

    def flow_step(self, A, f):
        """Take a step of the midpoint rule."""
        problem, start = self.problem, self.parameters
        slopes = self.gradients(self.X, self.t, A, f)
        curvature = problem.loss.risk_curvature(self.t, f, self.c, problem.reduction)
        self.last_dt = self.optimizer.step_size(self.X, A, start, slopes, curvature)
        self.parameters = _moved(start, slopes, self.last_dt / 2)
        slopes = self.gradients(self.X, self.t, *self.forward(self.X, self.f0))
        self.parameters = _moved(start, slopes, self.last_dt)
        self.time = self.time + self.last_dt

    def look(self, step, A, f):
        """Evaluate the risk of every live run and close those that have ended; return the positions of the others."""
        problem = self.problem
        risk = problem.loss.risk(self.t, f, self.c, problem.reduction)
        before = self.watch.before
        endings = self.watch.look(step, risk, A, self.parameters)
        if not endings and not problem.record:
            return None
        if not self.flow:
            self.time = np.broadcast_to(step * self.optimizer.lr, len(f))
        elif step and endings and endings["reached"].any():
            risk = self.land(np.flatnonzero(endings["reached"]), before, risk)
        if problem.record:
            self.write(step, risk)
        over = np.zeros(len(f), dtype=bool)
        for status, which in endings.items():
            for run in np.flatnonzero(which & ~over):
                self.close(run, step, status, risk)
            over |= which
        stay = np.flatnonzero(~over)
        if len(stay) < len(f):
            self.keep(stay)
        return stay

    def write(self, step, risk):
        """Append the states of live runs to their records."""
        for place, run in enumerate(self.live):
            weights = [p[place].copy() for p in self.parameters] if self.problem.record == "weights" else []
            self.records[run].append((step, self.time[place], risk[place], *weights))

    def land(self, runs, before, risk):
        """Move runs that crossed the target in their last step back along its chord to the crossing; return risks."""
        problem, after = self.problem, [p[runs] for p in self.parameters]
        X, t, f0, c = self.X[runs], self.t[runs], self.f0[runs], self.c[runs]
        rises = [p - q[runs] for p, q in zip(after, before, strict=True)]

        def at(fraction):
            W, V = _moved(after, rises, 1 - fraction)
            return [W, V], problem.loss.risk(t, outputs(activities(X, W), V) - f0, c, problem.reduction)

        fraction = first_crossing(lambda x: np.log(at(x)[1] / problem.target), len(runs))
        weights, landed = at(fraction)
        for p, new in zip(self.parameters, weights, strict=True):
            p[runs] = new
        self.time[runs] -= (1 - fraction) * self.last_dt[runs]
        risk = risk.copy()
        risk[runs] = landed
        return risk

    def close(self, place, step, status, risk):
        """Store the results of the live run at this position, which has ended."""
        run, results, watch = self.live[place], self.results, self.watch
        (W, V), risk = (watch.safe, watch.safe_risk) if status == "diverged" else (self.parameters, risk)
        words = REASONS[status].format(target=self.problem.target, step=step, risk=risk[place])
        entries = W[place], V[place], step, self.time[place], risk[place], status, words
        for name, entry in zip(results, entries, strict=True):
            results[name][run] = entry

    def keep(self, stay):
        """Keep only the live runs at these positions."""
        for name in "live X t c f0 time last_dt".split():
            setattr(self, name, getattr(self, name)[stay])
        for name in "parameters start buffers".split():
            setattr(self, name, [array[stay] for array in getattr(self, name)])
        self.watch.keep(stay)
        self.batches.keep(stay)
        if not self.flow and len(stay):
            self.optimizer = self.optimizer.take(stay)

    def finish(self):
        """Return the fields of `Training`."""
        if not self.problem.record:
            return self.results | {"record": None}
        kept = 5 if self.problem.record == "weights" else 3
        columns = [list(zip(*seen, strict=True)) for seen in self.records]
        records = [Record(*map(np.array, column), *[None] * (5 - kept)) for column in columns]
        return self.results | {"record": records}


def _moved(parameters, slopes, dt):
    return [p - dt.reshape(-1, *[1] * (p.ndim - 1)) * g for p, g in zip(parameters, slopes, strict=True)]
