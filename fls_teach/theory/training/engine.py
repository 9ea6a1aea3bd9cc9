"""Train many two-layer networks at once by discrete steps, each until it ends (science.md#discrete-training)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import validation
from .arguments import layers, per_run, seeds_per_run, targets
from .chunk import Chunk, Problem, Record
from .flow_steps import FlowSteps
from .losses import named_loss
from .optimizers import Optimizer

# Values in the largest temporary array, 128 kB. For larger ones the C library maps new pages, which takes longer than
# the arithmetic (measured at h = 100: 8 us per network and evaluation below this size, 20 to 30 us above).
CHUNK_SIZE = 16_000


@dataclass(frozen=True, eq=False)
class Training:
    """Finished runs of `train`; without a batch axis every entry loses its first axis.

    Attributes
    ----------
    W, V : ndarray (B, h, d), (B, h) or (B, K, h)
        Weights at the end of the run.
    steps : ndarray (B,) of int
        Optimizer steps taken.
    time : ndarray (B,)
        Sum of the step sizes, which for plain gradient steps is the time of the gradient flow that they follow.
    risk : ndarray (B,)
        Training risk of c f, or of c (f - f0), on all examples without noise.
    status : ndarray (B,) of str
        "reached", "max_steps", "stalled", "dead" or "diverged".
    reason : ndarray (B,) of str
        The status in words.
    record : list of B Record, or None if nothing was recorded
    """

    W: NDArray[np.float64]
    V: NDArray[np.float64]
    steps: NDArray[np.int64]
    time: NDArray[np.float64]
    risk: NDArray[np.float64]
    status: NDArray[np.str_]
    reason: NDArray[np.str_]
    record: list[Record] | Record | None


def train(
    X: ArrayLike,
    y: ArrayLike,
    W: ArrayLike,
    V: ArrayLike,
    optimizer: Optimizer | FlowSteps,
    *,
    loss: str = "logistic",
    target_risk: float | None = None,
    max_steps: int = 10_000,
    batch_size: int | None = None,
    input_noise: float = 0.0,
    output_multiplier: ArrayLike = 1.0,
    centred: bool = False,
    reduction: str = "mean",
    seeds: ArrayLike = 0,
    check_every: int | None = None,
    record: str | None = None,
) -> Training:
    """Train both layers of f(x) = V relu(W x) on the risk of c f until it reaches the target, or for `max_steps`.

    Parameters
    ----------
    X : array_like (n, d) or (B, n, d)
        Inputs, shared or one set per run.
    y : array_like (n,) or (B, n)
        Labels -1 and +1 for one output; classes 0 to K - 1 for K.
    W : array_like (h, d) or (B, h, d)
        Initial first layer.
    V : array_like (h,) or (K, h); with a batch axis if W has one, (B, h) or (B, K, h)
        Initial second layer, for one output or for K.
    optimizer : SGD, Adam, AdamW or FlowSteps
        Method of the steps. `FlowSteps` follows gradient flow with adaptive steps, on all examples and without noise.
    loss : {"logistic", "exponential", "squared", "squared_hinge"}, or for K outputs {"cross_entropy", "squared"}
    target_risk : float, optional
        > 0. The run ends when the risk on all examples has fallen to it. `FlowSteps` shortens its last step to reach it
        exactly; any other optimizer ends at the first check at which the risk is at or below it.
    max_steps : int
        Maximal number of steps.
    batch_size : int, optional
        Examples per step, drawn without replacement within an epoch; all of them by default.
    input_noise : float
        Standard deviation of normal noise on every input entry, drawn anew at every step, >= 0.
    output_multiplier : float or array_like (B,)
        c > 0, inside the loss.
    centred : bool
        Train c (f - f0) instead of c f, where f0 is the initial network.
    reduction : {"mean", "sum"}
        Reduction over the examples of a step, and of the risk.
    seeds : int or array_like (B,) of int
        Seed of each run's mini-batches and noise, which are the same for runs with equal seeds.
    check_every : int, optional
        Steps between checks of the risk. By default 1 if a step uses all examples, otherwise an epoch.
    record : {"risk", "weights"}, optional
        Record step, time and risk at every check, and with "weights" also W and V.

    Returns
    -------
    Training

    Raises
    ------
    ValueError
        For NaN, shapes that do not belong together, labels that do not fit the outputs, or a number out of range.

    Notes
    -----
    Settings with shape (B,) are individual for each run. A run gives the same bits in any batch.

    A run is "dead" once no neuron is active on any example: the network is the constant 0 and has no gradient. It is
    "stalled" once a step on all examples changes nothing. If noise or an optimizer's buffers could still change the
    run, either state must last for 100 steps. `FlowSteps` also stalls if in 200 steps no neuron grew by 5% and the risk
    fell by less than a ten-thousandth. A "diverged" run is returned as it was at the last check that found it finite.

    Examples
    --------
    >>> from fls_teach.theory import SGD, GaussianMixture, balanced_init, second_layer
    >>> X, y = GaussianMixture(2.5, n_features=20).sample(10, 0, separable=True)
    >>> W, signs = balanced_init(50, 20, [0.1, 0.5], 0)  # two alphas, two runs
    >>> runs = train(X, y, W, second_layer(W, signs), SGD(lr=[0.2, 0.1]), target_risk=0.05)
    >>> runs.status.tolist(), bool((runs.risk <= 0.05).all())
    (['reached', 'reached'], True)
    """
    X = validation.array("X", X, None, None)
    W, V, classes = layers(W, V, X.shape[-1])
    n, axes = X.shape[-2], 2 if classes else 1
    y = targets(y, n, V.shape[-2] if classes else None)
    problem = _problem(
        optimizer, n, named_loss(loss, classes), target_risk, max_steps, batch_size, input_noise, centred, reduction,
        check_every, record,
    )  # fmt: skip
    c = per_run("output_multiplier", output_multiplier, above=0, at_least=validation.SMALLEST)
    seeds = seeds_per_run(seeds)
    settings = {"output_multiplier": c, "seeds": seeds}
    if not isinstance(optimizer, FlowSteps):
        settings |= optimizer.settings()
    leading = validation.batch(
        X=(X, 2),
        y=(y, axes),
        W=(W, 2),
        V=(V, axes),
        **{name: (np.asarray(entry), 0) for name, entry in settings.items()},
    )
    if len(leading) > 1:
        raise ValueError(f"X, y, W and V have leading batch axes {leading}; wanted at most one")

    size = leading or (1,)
    arrays = [
        np.broadcast_to(array, size + np.shape(array)[np.ndim(array) - trailing :])
        for array, trailing in ((X, 2), (y, axes), (W, 2), (V, axes), (c, 0), (seeds, 0))
    ]
    order, places = _by_scale(*arrays[2:5]), max(1, CHUNK_SIZE // (W.shape[-2] * max(X.shape[-2:])))
    parts = []
    with np.errstate(all="ignore"):  # a run that overflows ends as "diverged"
        for runs in np.split(order, range(places, len(order), places)):
            part = optimizer if isinstance(optimizer, FlowSteps) else optimizer.spread(size).take(runs)
            parts.append(Chunk(problem, part, *(array[runs] for array in arrays)).run())
    back = np.argsort(order)
    joined = {name: _joined([part[name] for part in parts], back) for name in parts[0]}
    return Training(
        **joined if leading else {key: None if value is None else value[0] for key, value in joined.items()}
    )


def _problem(
    optimizer, n, loss, target_risk, max_steps, batch_size, input_noise, centred, reduction, check_every, record
):
    """Check the settings shared by all runs, and return them as a Problem."""
    if not isinstance(optimizer, (Optimizer, FlowSteps)):
        raise ValueError(
            f"optimizer is {validation.shown(optimizer)}; wanted SGD(...), Adam(...), AdamW(...) or FlowSteps(...)"
        )
    noise = validation.number("input_noise", input_noise, at_least=0)
    batch_size = n if batch_size is None else validation.count("batch_size", batch_size)
    if batch_size > n:
        raise ValueError(f"batch_size is {batch_size}; wanted at most the number of examples, {n}")
    if isinstance(optimizer, FlowSteps):
        unfit = {"input_noise": noise > 0, "batch_size": batch_size < n, "check_every": check_every is not None}
        for name in (name for name, given in unfit.items() if given):
            raise ValueError(f"{name} is given with FlowSteps, which sees all examples at every step; wanted neither")
    if check_every is None:
        check_every = 1 if batch_size == n and not noise else -(-n // batch_size)
    return Problem(
        loss=loss,
        reduction=validation.choice("reduction", reduction, ("mean", "sum")),
        target=-np.inf if target_risk is None else validation.number("target_risk", target_risk, above=0),
        max_steps=validation.count("max_steps", max_steps),
        batch_size=batch_size,
        noise=noise,
        centred=validation.flag("centred", centred),
        check_every=validation.count("check_every", check_every),
        record=None if record is None else validation.choice("record", record, ("risk", "weights")),
    )


def _by_scale(W, V, c):
    """Return the indices of the runs sorted by initial scale, so that runs of similar length share a chunk."""
    scale = c * np.abs(W).max(axis=(1, 2)) * np.abs(V).reshape(len(V), -1).max(axis=1)
    return np.argsort(scale, kind="stable")


def _joined(parts, back):
    """Join a field of all chunks, in the original order of the runs."""
    if parts[0] is None:
        return None
    if isinstance(parts[0], list):
        flat = [record for part in parts for record in part]
        return [flat[run] for run in back]
    return np.concatenate(parts)[back]
