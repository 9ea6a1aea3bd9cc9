"""Train with every loss to the same share of the risk of a silent network, and measure the four numbers."""

from dataclasses import dataclass, replace

import numpy as np

from fls_teach.demos.framework.params import in_range, increasing
from fls_teach.demos.framework.result import Result
from fls_teach.demos.shared.measures import errors
from fls_teach.demos.shared.settings import SETTINGS, Setting
from fls_teach.demos.shared.steps import margins, starts
from fls_teach.theory import ClassMixture, FlowSteps, train

LOSSES = {"logistic": np.log(2), "exponential": 1.0, "squared": 1.0, "squared_hinge": 1.0}
"""Losses for two classes, and their values for a silent network, f = 0."""
TEN = Setting("ten classes", ClassMixture(10, 4.0, n_features=20, means="orthogonal"), 20, 40, 0.21, n_lines=10)
TWO_CLASSES = {
    "separable": SETTINGS["separable"],
    "xor": SETTINGS["xor"],
    "xor_late": replace(SETTINGS["xor"], title="XOR, stopped later", target_risk=0.02 * np.log(2)),
}
MORE_CLASSES = {"three_classes": SETTINGS["three_classes"], "ten_classes": TEN}
DATA = TWO_CLASSES | MORE_CLASSES
STARTS = ("plain", "twins")


@dataclass(frozen=True)
class Params:
    """Number of networks, and precision of training and tests."""

    n_seeds: int = 16
    """Training sets and starts, each trained with every loss at every alpha, so that differences are paired; at
    least 4."""
    log2_alpha: tuple = (-12, -7, -5, -4, -3, -2, -1, 2)
    """log2 of the initialisation scales alpha, increasing; at least 4."""
    n_draws: int = 100
    """Draws of test noise for each seed, the same for all its networks."""
    ten_plain: bool = False
    """Whether to train ten classes from the plain start too, which takes as long as all runs on XOR."""
    change: float = 0.2
    """Largest relative change of a neuron within a step, as in `FlowSteps`."""

    def __post_init__(self):
        in_range(self, n_seeds=(4, 2000), log2_alpha=(-20, 2), n_draws=(20, 100_000), change=(0.01, 0.2))
        increasing(self, log2_alpha=4)


PRESETS = {
    "quick": Params(),
    "full": Params(
        n_seeds=32, log2_alpha=(-12, -9, -7, -6, -5, -4, -3, -2, -1, 0, 2), n_draws=200, ten_plain=True, change=0.15
    ),
}


def losses_of(name):
    """Return the losses for a set of data: name -> value for a silent network."""
    if name in MORE_CLASSES:
        return {"cross_entropy": np.log(DATA[name].mixture.n_classes)}
    return {key: LOSSES[key] for key in ("logistic", "squared")} if name == "xor_late" else LOSSES


def share_left(name):
    """Return the target risk as a share of the silent network's risk, which is the same for every loss."""
    setting = DATA[name]
    return setting.target_risk / np.log(getattr(setting.mixture, "n_classes", 2))


def run(params, seed, progress=None):
    """Train and measure.

    Returns
    -------
    Result
        ``log2_alpha`` (m,), and for each D of `DATA`, loss L of D and start S of `STARTS`, over seeds and alphas
        (s, m): ``D_L_S_network, _answered, _positive, _linear, _silent`` as in `shared.measures.errors`;
        ``D_L_S_margin``, the mean training margin at the stop; ``D_L_S_wrong``, the share of training examples that are
        misclassified there; ``D_L_S_status``. For xor_late there are only twins; so too for ten_classes unless
        `ten_plain`.
        In the metadata: ``settings`` and ``share_left``.
    """
    alpha = 2.0 ** np.array(params.log2_alpha, dtype=float)
    arrays = {"log2_alpha": np.array(params.log2_alpha, dtype=float)}
    jobs = [
        (name, loss, start)
        for name in DATA
        for loss in losses_of(name)
        for start in STARTS
        if start == "twins" or not (name == "xor_late" or name == "ten_classes" and not params.ten_plain)
    ]
    for k, (name, loss, start) in enumerate(jobs):
        if progress:
            progress(k / len(jobs), f"{name}: {loss}, {start}")
        # xor and xor_late, which differ in their stop, share data and starts.
        rngs = np.random.default_rng([seed, list(DATA).index(name.removesuffix("_late"))]).spawn(params.n_seeds)
        cases = [DATA[name].draw(alpha, rng) for rng in rngs]
        found = _measure(DATA[name], cases, start, loss, share_left(name) * losses_of(name)[loss], params)
        arrays |= {f"{name}_{loss}_{start}_{key}": value for key, value in found.items()}
    metadata = {
        "settings": {name: setting.description for name, setting in DATA.items()},
        "share_left": {name: share_left(name) for name in DATA},
    }
    return Result("losses", params, seed, arrays, metadata)


def _measure(setting, cases, start, loss, target_risk, params):
    """Return the arrays of one loss on one set of data, from one start."""
    begun = starts(setting, cases, start)
    steps = FlowSteps(params.change, min(8 * params.change, 1.6))
    runs = train(*begun, steps, loss=loss, target_risk=target_risk, max_steps=100_000)
    trained = begun.trained(runs, len(cases))
    rows = [errors(setting, trained, s, c.test_seed, params.n_draws // setting.n_lines) for s, c in enumerate(cases)]
    found = {key: np.array([row[key] for row in rows]) for key in rows[0]}
    margin = margins(cases, trained)
    return found | {"margin": margin.mean(axis=-1), "wrong": (margin <= 0).mean(axis=-1), "status": trained.status}
