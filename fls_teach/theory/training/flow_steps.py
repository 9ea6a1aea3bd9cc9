"""Steps that follow gradient flow: the longest that change no neuron and no output by much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import validation
from ..validation import Array
from .gradients import neuron_norms, tangent_norms

TINY = np.finfo(float).tiny


@dataclass(frozen=True)
class FlowSteps:
    """Follow gradient flow by the midpoint rule, with an adaptive step size for each run.

    Parameters
    ----------
    change : float
        Largest relative change of a neuron (of its larger layer) within a step, in (0, 1].
    curvature : float
        Largest curvature times step size, in (0, 2]; beyond 2 the midpoint rule is unstable.

    Raises
    ------
    ValueError
        For a number out of range.

    Notes
    -----
    At small alpha the first bound is active: a neuron grows e-fold in 1/change steps, so alpha = 2^-12 needs at most a
    few hundred steps. At large alpha the second bound is active. It bounds the largest eigenvalue of the Gauss-Newton
    matrix by its trace, sum_i D_i (|x_i|^2 sum_j 1_ij |v_j|^2 + |relu(W x_i)|^2), with D_i the curvature of the loss of
    example i.

    Measured on preset separable at alphas from 2^-12 to 2^3 (benchmarks/training.py): W is within 1% of the flow's in
    nine out of ten runs and within 5% in the worst of 256, in which a neuron's evolution depends on a kink; within a
    quarter of that with FlowSteps(0.025, 0.25), which takes 2.3 times as long.

    Examples
    --------
    >>> FlowSteps()
    FlowSteps(change=0.1, curvature=0.5)
    """

    change: float = 0.1
    curvature: float = 0.5

    def __post_init__(self):
        object.__setattr__(self, "change", validation.number("change", self.change, above=0, at_most=1))
        object.__setattr__(self, "curvature", validation.number("curvature", self.curvature, above=0, at_most=2))

    def step_size(self, X: Array, A: Array, parameters: list[Array], gradients: list[Array], curvature: Array) -> Array:
        """Return the step size (b,), given activities A and the risk's curvature (b, n) in each example's output."""
        sizes, rates = np.maximum(*neuron_norms(*parameters)), np.maximum(*neuron_norms(*gradients))
        for run in np.flatnonzero(~np.isfinite(rates).all(axis=1)):  # squares overflow: exp(-margin) may be 1e200
            W, V = (g[run : run + 1] for g in gradients)
            largest = max(np.abs(W).max(), np.abs(V).max())
            rates[run] = largest * np.maximum(*neuron_norms(W / largest, V / largest))[0]
        rate = (rates / np.maximum(sizes, TINY)).max(axis=1)
        stiffness = (curvature * tangent_norms(X, A, parameters[1])).sum(axis=1)
        return np.minimum(self.change / np.maximum(rate, TINY), self.curvature / np.maximum(stiffness, TINY))


def first_crossing(gap, size):
    """Find where in (0, 1] each of `size` functions, > 0 at 0 and <= 0 at 1, falls to 0.

    The result is at the crossing or at most a last digit after it. The method is the Illinois variant of false
    position: the value at an end that is kept twice is halved.
    """
    low, high = np.zeros(size), np.ones(size)
    at_low, at_high, side = gap(low), gap(high), np.zeros(size)
    for _ in range(14):
        x = high - (high - low) * at_high / (at_high - at_low)
        at_x = gap(x)
        below = at_x <= 0
        at_low = np.where(below, np.where(side < 0, at_low / 2, at_low), at_x)
        at_high = np.where(below, at_x, np.where(side > 0, at_high / 2, at_high))
        low, high, side = np.where(below, low, x), np.where(below, x, high), np.where(below, -1, 1)
    return high
