"""A learning rate for every alpha: the shortest step that `FlowSteps` takes on the way to the target."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import validation
from .chunk import Record
from .engine import train
from .flow_steps import FlowSteps


def flow_lr(
    X: ArrayLike,
    y: ArrayLike,
    W: ArrayLike,
    V: ArrayLike,
    target_risk: float,
    *,
    loss: str = "logistic",
    output_multiplier: ArrayLike = 1.0,
    centred: bool = False,
    reduction: str = "mean",
    steps: FlowSteps | None = None,
) -> NDArray[np.float64]:
    """Return the learning rate per run with which gradient descent follows gradient flow to the target risk.

    Parameters
    ----------
    X, y, W, V, loss, output_multiplier, centred, reduction
        As in `train`.
    target_risk : float
        > 0.
    steps : FlowSteps, optional
        How closely to follow the flow; `FlowSteps()` by default.

    Returns
    -------
    ndarray (B,), or () without a batch axis
        The shortest step that `steps` takes until the run ends. It is proportional to 1/alpha^2 at large alpha, and
        independent of alpha if it is small, because the network then grows to the same size before it fits.

    Raises
    ------
    ValueError
        As `train`, and for a run that is at the target from the start, which takes no step.

    Examples
    --------
    >>> from fls_teach.theory import SGD, GaussianMixture, balanced_init, second_layer
    >>> X, y = GaussianMixture(2.5, n_features=20).sample(10, 0, separable=True)
    >>> W, signs = balanced_init(50, 20, 2.0 ** np.array([-12, 3]), 0)
    >>> start = X, y, W, second_layer(W, signs)
    >>> runs = train(*start, SGD(flow_lr(*start, target_risk=0.05)), target_risk=0.05)
    >>> runs.status.tolist(), bool(runs.steps.max() < 500)
    (['reached', 'reached'], True)
    """
    steps = FlowSteps() if steps is None else steps
    if not isinstance(steps, FlowSteps):
        raise ValueError(f"steps is {validation.shown(steps)}; wanted FlowSteps(...)")
    validation.number("target_risk", target_risk, above=0)
    flow = train(
        X, y, W, V, steps, loss=loss, target_risk=target_risk, output_multiplier=output_multiplier, centred=centred,
        reduction=reduction, record="risk",
    )  # fmt: skip
    records = [flow.record] if isinstance(flow.record, Record) else flow.record or []
    shortest = np.array([_shortest(record.times) for record in records])
    if np.isnan(shortest).any():
        raise ValueError(f"target_risk is {target_risk:g}, and a run starts at or below it; wanted a smaller target")
    return shortest.reshape(flow.steps.shape)


def _shortest(times):
    """Return the shortest step between times, without the last one, which was shortened, if there are others."""
    dt = np.diff(times)
    return np.min(dt[:-1] if len(dt) > 1 else dt, initial=np.nan if len(dt) == 0 else np.inf)
