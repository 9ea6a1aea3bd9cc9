"""The public function of the solver, `gradient_flow`, and its result."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import validation
from ..network import Loss, training_arguments
from .batch import Batch
from .recorder import Trajectory
from .termination import ENDINGS

__all__ = ["Flow", "Trajectory", "gradient_flow"]


class Flow(NamedTuple):
    """Finished runs of `gradient_flow`; without a batch axis every entry loses its first axis.

    Attributes
    ----------
    W, v : ndarray (B, h, d), (B, h)
        Weights at the end of the run.
    time : ndarray (B,)
        Time at the end of the run.
    stopping_time : ndarray (B,)
        t_eta, the first time with risk <= target; NaN unless the status is "reached".
    risk : ndarray (B,)
        Training risk at the end of the run, in nats.
    status : ndarray (B,) of str
        "reached", "t_max", "stalled" or "diverged".
    reason : ndarray (B,) of str
        The status in words.
    n_evaluations : ndarray (B,) of int
        Number of velocity evaluations, including those of rejected steps.
    trajectory : list of B Trajectory, or None
    """

    W: NDArray[np.float64]
    v: NDArray[np.float64]
    time: NDArray[np.float64]
    stopping_time: NDArray[np.float64]
    risk: NDArray[np.float64]
    status: NDArray[np.str_]
    reason: NDArray[np.str_]
    n_evaluations: NDArray[np.int_]
    trajectory: Any


def gradient_flow(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, signs: ArrayLike,
    *, target_risk: float | None = None, t_max: float | None = None, reduction: str = "mean",
    output_multiplier: float = 1.0, lr_multiplier: float = 1.0, rtol: float = 2e-5, record: bool | None = False,
    centred: bool = False,
) -> Flow:  # fmt: skip
    """Follow gradient flow of the risk of c f until it reaches the target, or until `t_max`.

    Parameters
    ----------
    X : array_like (n, d) or (B, n, d)
        Inputs, shared or one set for each run.
    y : array_like (n,) or (B, n)
        Labels -1 and +1.
    W : array_like (h, d) or (B, h, d)
        First layer at time 0; the second is `second_layer(W, signs)`.
    signs : array_like (h,) or (B, h)
    target_risk : float, optional
        eta > 0, in nats and in the given reduction; the run ends when the training risk has fallen to it.
    t_max : float, optional
        Time > 0 at which the run ends at the latest. At least one of `target_risk` and `t_max` must be given.
    reduction : {"mean", "sum"}
    output_multiplier : float
        c > 0, inside the loss.
    lr_multiplier : float
        > 0; multiplies the velocity.
    rtol : float
        Local error allowed per step, relative to each neuron's norm and to 1 + max |c f|; 1e-9 to 1e-2.
    record : bool, optional
        Keep the trajectory of every run: steps x h x d numbers each.
    centred : bool
        Train f - f0, with f0 the initial outputs of each run on its X. All risks are then those of c (f - f0).

    Returns
    -------
    Flow

    Raises
    ------
    ValueError
        For NaN, shapes that do not belong together, labels or signs other than -1 and +1, a number out of range,
        or neither `target_risk` nor `t_max`.

    Notes
    -----
    See science.md#dynamics; `reference_flow` is the simplest solver of the same flow.
    A run that cannot reach its target ends as "stalled", with a reason, after at most 20,000 evaluations.
    Compared with solve_ivp at rtol 1e-9 (preset separable), W and stopping time agree within 1e-3 for alpha up to 8.
    For larger alpha, where the last digits of large outputs matter, W agrees within 2e-3 but the stopping time only
    within 11%.
    A run gives the same bits in any batch. If a neuron starts close to a separatrix between dying and growing, the
    outcome depends on `rtol`, and no tolerance makes the run accurate (3 of 1,024 in benchmarks/flow.py).

    Examples
    --------
    >>> from fls_teach.theory import GaussianMixture, balanced_init
    >>> X, y = GaussianMixture(2.5, n_features=20).sample(10, 0, separable=True)
    >>> flow = gradient_flow(X, y, *balanced_init(50, 20, 0.25, 0), target_risk=0.05)
    >>> str(flow.status), round(float(flow.risk), 12)
    ('reached', 0.05)
    """
    X, y, W, signs, leading = training_arguments(X, y, W, validation.signs("signs", signs), "signs")
    if len(leading) > 1:
        raise ValueError(f"leading batch axes are {leading}; wanted at most one")
    if target_risk is None and t_max is None:
        raise ValueError("target_risk and t_max are both None; wanted at least one, or the flow never ends")
    target = 0.0 if target_risk is None else validation.number("target_risk", target_risk, above=0)
    t_max = np.inf if t_max is None else validation.number("t_max", t_max, above=0)
    rtol = validation.number("rtol", rtol, at_least=1e-9, at_most=1e-2)
    centred, record = validation.flag("centred", centred), record is not None and validation.flag("record", record)
    loss = Loss(reduction, output_multiplier, lr_multiplier)
    runs = leading or (1,)
    X, y, W, signs = (np.broadcast_to(a, runs + a.shape[-k:]) for a, k in ((X, 2), (y, 1), (W, 2), (signs, 1)))
    with np.errstate(all="ignore"):  # a run that overflows ends as "diverged"
        batch = Batch(loss, X, y, W, signs, target_risk=target, t_max=t_max, rtol=rtol, centred=centred, record=record)
        batch.solve()
        flow = _results(batch)
    return flow if leading else Flow._make(None if entry is None else entry[0] for entry in flow)


def _results(batch: Batch) -> Flow:
    """Return the Flow of a solved batch."""
    W, t, risk, target = batch.W, batch.t, batch.risk, batch.termination.target_risk
    # Their squares underflow, so they have no effect; the functions here accept no such neurons except zero ones.
    W[np.abs(W).max(axis=-1) < validation.SMALLEST_NORM] = 0
    endings = [ENDINGS[k] for k in batch.ending]
    status = np.array([ending.status for ending in endings], dtype="U8")
    reasons = [
        ending.reason.format(target=target, t=t, risk=risk) for ending, t, risk in zip(endings, t, risk, strict=True)
    ]
    ways = None
    if batch.recorder:
        runs = zip(t, W, risk, batch.X, batch.y, strict=True)
        ways = [batch.recorder.trajectory(run, *end) for run, end in enumerate(runs)]
    v = batch.signs * np.linalg.norm(W, axis=-1)
    stopping_time = np.where(status == "reached", t, np.nan)
    return Flow(W, v, t, stopping_time, risk, status, np.array(reasons), batch.n_evaluations, ways)
