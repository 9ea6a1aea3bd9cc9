"""Determine when and why a run of `train` ends."""

from __future__ import annotations

import numpy as np

from .. import validation
from .gradients import neuron_norms

PATIENCE = 100  # steps without change after which a run ends if noise or an optimizer's buffers could still change it
LOOKS = 50  # number of checks of the risk between two checks of the range of weights
# With FlowSteps, a run that in 200 steps neither grows a neuron by 5% nor lowers its risk by 1e-4 needs millions.
STALL_STEPS, STALL_GROWTH, STALL_FALL = 200, 0.05, 1e-4
TINY = np.finfo(float).tiny

REASONS = {
    "reached": "the risk fell to the target {target:g} in step {step:,}",
    "diverged": "the risk or a weight left the range of float64 by step {step:,}; wanted a smaller lr or start",
    "dead": "no neuron is active on any example: the network is the constant 0, of risk {risk:.4g}, for ever",
    "stalled": "nothing moves any more: risk {risk:.4g} after {step:,} steps",
    "max_steps": "max_steps = {step:,} came at risk {risk:.4g}",
}


class Watch:
    """Results of the checks of some runs so far. Whether a run has ended depends only on that run and the step.

    Attributes
    ----------
    risk, before : ndarray (b,), list of ndarray
        Risk and weights at the last check.
    safe_risk, safe : ndarray (b,), list of ndarray
        The same at the last check at which every weight was in range.
    idle : ndarray (b,) of int
        Steps since the risk, or a weight of a network that is not silent, last changed.
    """

    def __init__(self, problem, patience, parameters, flow):
        size = len(patience)
        self.target, self.max_steps, self.patience, self.flow = problem.target, problem.max_steps, patience, flow
        self.risk, self.safe_risk, self.before, self.safe = np.full(size, np.nan), None, parameters, parameters
        self.idle, self.looks, self.step = np.zeros(size, dtype=int), 0, 0
        self.mark_sizes, self.mark_risk = np.maximum(*neuron_norms(*parameters)), np.full(size, np.inf)

    def look(self, step, risk, A, parameters):
        """Return which runs have ended, {status: (b,)}; empty if none has."""
        first, due, since = not self.looks, self.looks % LOOKS == 0, step - self.step
        last_risk, self.risk, self.step = self.risk, risk, step
        self.looks += 1
        moves = (risk != last_risk) & (risk > self.target) & (risk < np.inf)
        if moves.all() and not due and step < self.max_steps:  # the most frequent case
            self.idle, self.before = np.zeros_like(self.idle), parameters
            return {}
        if first:
            self.safe_risk = risk
        silent, idle = np.zeros(len(risk), dtype=bool), np.zeros_like(self.idle)
        for run in np.flatnonzero((risk == last_risk) | first):
            silent[run] = not (A[run] > 0).any()
            same = all((p[run] == q[run]).all() for p, q in zip(parameters, self.before, strict=True))
            idle[run] = self.idle[run] + since if silent[run] or same else 0
        self.idle = idle
        endings = {
            "reached": risk <= self.target,
            "dead": silent & (self.idle >= self.patience),
            "stalled": (self.idle > self.patience) | self.flow_stalls(step, risk, parameters),
            "max_steps": np.full(len(risk), step >= self.max_steps),
        }
        ending = np.any(list(endings.values()), axis=0)
        sizes = np.maximum(*(norms.max(axis=1) for norms in neuron_norms(*parameters)))
        diverged = ~np.isfinite(risk) | (~(sizes <= validation.LARGEST) & (ending | due))
        endings = {"diverged": diverged} | endings
        self.before = parameters
        if due:  # runs with a weight out of range have ended, and return the last weights in range
            put = ~diverged
            self.safe_risk = np.where(put, risk, self.safe_risk)
            self.safe = [np.where(_like(put, p), p, q) for p, q in zip(parameters, self.safe, strict=True)]
        return endings if (ending | diverged).any() else {}

    def flow_stalls(self, step, risk, parameters):
        """Return which runs of `FlowSteps` (b,) have stalled; update the reference of the comparison if one is due."""
        if not self.flow or step % STALL_STEPS:
            return np.zeros(len(risk), dtype=bool)
        sizes = np.maximum(*neuron_norms(*parameters))
        growth = np.log(np.maximum(sizes, TINY) / np.maximum(self.mark_sizes, TINY)).max(axis=1)
        stalls = (growth <= STALL_GROWTH) & ~(risk < (1 - STALL_FALL) * self.mark_risk) & (step > 0)
        self.mark_sizes, self.mark_risk = sizes, risk
        return stalls

    def keep(self, stay):
        """Keep only the runs at these positions."""
        for name in "risk safe_risk idle patience mark_sizes mark_risk".split():
            setattr(self, name, getattr(self, name)[stay])
        self.before, self.safe = ([p[stay] for p in kept] for kept in (self.before, self.safe))


def _like(mask, array):
    """Return a mask (b,) with axes of size 1 for the other axes of the array."""
    return mask.reshape(-1, *[1] * (array.ndim - 1))
