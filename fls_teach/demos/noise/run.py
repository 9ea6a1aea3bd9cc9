"""Train with small batches, weight decay or input noise, at every alpha, and measure the four numbers."""

from dataclasses import dataclass

import numpy as np

from fls_teach.demos.framework.params import in_range, increasing
from fls_teach.demos.framework.result import Result
from fls_teach.demos.shared.measures import errors, outputs
from fls_teach.demos.shared.settings import SETTINGS
from fls_teach.demos.shared.steps import starts
from fls_teach.theory import SGD, FlowSteps, flow_lr, train

DATA = {name: SETTINGS[name] for name in ("separable", "xor")}
STARTS = ("plain", "twins")
CONDITIONS = ("none", "batch", "half_batch", "decay", "noise", "weak_noise")
"""none: all examples at every step. batch: one example per step; half_batch: half of the examples. decay: weight decay.
noise: new normal noise on the inputs at every step; weak_noise: half as large. All but batch and half_batch use all
examples at every step."""
LONG = ("none", "decay", "noise")
"""Conditions in which training is also continued beyond the target."""
MAX_STEPS = 20_000
N_POINTS = 500
"""Number of test points on which the remaining share of f(0) is measured."""


@dataclass(frozen=True)
class Params:
    """Additions to plain gradient descent, their strengths, and the number of networks."""

    n_seeds: int = 16
    """Training sets and starts, each trained at every alpha in every condition, so that differences are paired; at
    least 4."""
    log2_alpha: tuple = (-12, -7, -5, -4, -3, -2, 0)
    """log2 of the initialisation scales alpha, increasing; at least 4."""
    conditions: tuple = ("none", "batch", "decay", "noise")
    """Some of none, batch, half_batch, decay, noise, weak_noise; at least the four of the quick preset."""
    weight_decay: float = 0.04
    """This times the weights is added to the gradient."""
    input_noise: float = 1.0
    """Standard deviation of the noise of each input entry; that of the data is 1."""
    long_time: float = 24.0
    """Duration of training at the largest alpha from the plain start, in the time of gradient flow; the target is
    reached after about 1."""
    change: float = 0.2
    """Largest relative change of a neuron within a step, as in `FlowSteps`; sets the learning rates. At most 0.1 for
    small batches, whose noise grows with the rate."""
    n_draws: int = 100
    """Draws of test noise for each seed, the same for all its networks."""

    def __post_init__(self):
        in_range(self, n_seeds=(4, 2000), log2_alpha=(-20, 3), n_draws=(4, 100_000))
        in_range(self, weight_decay=(1e-6, 1), input_noise=(1e-6, 10), long_time=(1, 200), change=(0.01, 0.2))
        increasing(self, log2_alpha=4)
        unknown = [name for name in self.conditions if name not in CONDITIONS]
        if unknown or not set(self.conditions) >= {"none", "batch", "decay", "noise"}:
            raise ValueError(
                f"conditions is {', '.join(self.conditions)}; wanted none, batch, decay and noise, and of "
                f"{', '.join(CONDITIONS)}"
            )


PRESETS = {
    "quick": Params(),
    "full": Params(
        n_seeds=24,
        log2_alpha=(-12, -9, -7, -6, -5, -4, -3, -2, -1, 0),
        conditions=CONDITIONS,
        change=0.1,
        n_draws=200,
    ),
}


def run(params, seed, progress=None):
    """Train and measure.

    Returns
    -------
    Result
        ``log2_alpha`` (m,), and for each D of `DATA`, start S of `STARTS` and condition C, over seeds and alphas
        (s, m): ``D_S_C_network, _answered, _positive, _linear, _silent`` as in `shared.measures.errors`;
        ``D_S_C_time``, the time of gradient flow until the target; ``D_S_C_status``. Over seeds (s,), from the plain
        start at the largest alpha: ``D_plain_C_kept``, the `share_kept` at the target; and for C of `LONG`, after
        `long_time`, ``D_long_C_kept``, ``D_long_C_risk`` and the four numbers, ``D_long_C_network`` and so on.
    """
    arrays = {"log2_alpha": np.array(params.log2_alpha, dtype=float)}
    for k, (name, setting) in enumerate(DATA.items()):
        cases = [setting.draw(2.0 ** arrays["log2_alpha"], r, N_POINTS) for r in _rngs(seed, k, params.n_seeds)]
        jobs = [(start, condition) for start in STARTS for condition in params.conditions]
        jobs += [("long", condition) for condition in LONG]
        for i, (start, condition) in enumerate(jobs):
            if progress:
                progress((k + i / len(jobs)) / len(DATA), f"{name}: {start}, {condition}")
            if start == "long":
                found = _long(setting, cases, condition, params, seed)
            else:
                found = _to_target(setting, cases, start, condition, params, seed)
            arrays |= {f"{name}_{start}_{condition}_{key}": value for key, value in found.items()}
    metadata = {"settings": {name: setting.description for name, setting in DATA.items()}}
    return Result("noise", params, seed, arrays, metadata)


def _rngs(seed, k, n_seeds):
    return np.random.default_rng([seed, k]).spawn(n_seeds)


def options(condition, params, n_samples):
    """Return the weight decay and the arguments of `train` for a condition."""
    decay = params.weight_decay if condition == "decay" else 0.0
    noise = {"noise": params.input_noise, "weak_noise": params.input_noise / 2}.get(condition, 0.0)
    size = {"batch": 1, "half_batch": n_samples // 2}.get(condition, n_samples)
    return decay, {"input_noise": noise, "batch_size": size}


def _to_target(setting, cases, start, condition, params, seed):
    """Train until the risk without noise reaches the target, with rates for which gradient descent follows the flow."""
    begun = starts(setting, cases, start)
    decay, rest = options(condition, params, setting.n_samples)
    change = params.change if rest["batch_size"] == setting.n_samples else min(params.change, 0.1)
    lr = flow_lr(*begun, setting.target_risk, steps=FlowSteps(change, 4 * change))
    seeds = np.repeat(np.arange(len(cases)) + 1000 * seed, len(params.log2_alpha))
    runs = train(
        *begun, SGD(lr, weight_decay=decay), target_risk=setting.target_risk, max_steps=MAX_STEPS, seeds=seeds, **rest
    )
    trained = begun.trained(runs, len(cases))
    found = _measured(setting, cases, trained, params)
    if start == "plain":
        found["kept"] = share_kept(cases, trained)[:, -1]
    return found | {"time": runs.time.reshape(len(cases), -1), "status": runs.status.reshape(len(cases), -1)}


def _long(setting, cases, condition, params, seed):
    """Train from a plain start at the largest alpha for a given time, without a target risk."""
    cases = [case._replace(W=case.W[-1:], V=case.V[-1:]) for case in cases]
    begun = starts(setting, cases, "plain")
    # One rate for all runs, so that all train for the same time.
    rate = flow_lr(*begun, setting.target_risk, steps=FlowSteps(0.2, 1.0)).min()
    n_steps = int(np.ceil(params.long_time / rate))
    decay, rest = options(condition, params, setting.n_samples)
    sgd, seeds = SGD(params.long_time / n_steps, weight_decay=decay), np.arange(len(cases)) + 1000 * seed
    runs = train(*begun, sgd, max_steps=n_steps, seeds=seeds, check_every=n_steps, **rest)
    trained = begun.trained(runs, len(cases))
    found = _measured(setting, cases, trained, params)
    found |= {"risk": runs.risk[:, None], "kept": share_kept(cases, trained)}
    return {key: value[:, 0] for key, value in found.items()}


def share_kept(cases, trained):
    """Return the share of f(0) left in f, (s, m): its coefficient in a fit of f on test points by f(0) and a plane.

    It is 1 if nothing was unlearned. The plane accounts for what a linear classifier has learned, with which f(0)
    correlates by chance; if f is large, this chance correlation would dominate the share.
    """
    points = np.array([case.points for case in cases])
    start, end = (
        outputs(points[:, None], *layers)[..., 0] for layers in ((trained.W0, trained.V0), (trained.W, trained.V))
    )
    planes, _ = np.linalg.qr(np.concatenate([points, np.ones_like(points[..., :1])], axis=-1))
    rest = start - (start @ planes) @ planes.swapaxes(-1, -2)
    return (rest * end).sum(axis=-1) / (rest**2).sum(axis=-1)


def _measured(setting, cases, trained, params):
    draws = params.n_draws // setting.n_lines
    rows = [errors(setting, trained, s, case.test_seed, draws) for s, case in enumerate(cases)]
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}
