"""Provoke each failure, and measure errors and their spread over seeds as functions of alpha."""

from dataclasses import dataclass

import numpy as np

from fls_teach.demos.framework.params import in_range, increasing
from fls_teach.demos.framework.result import Result
from fls_teach.demos.shared.measures import errors
from fls_teach.demos.shared.settings import SETTINGS
from fls_teach.theory import SGD, train

DATA = {name: SETTINGS[name] for name in ("separable", "xor")}
STARTS = ("plain", "twins")
LOG2_HEALTHY = {"separable": -4, "xor": -8}
"""log2 of an alpha near the best one (science.md#causes)."""
LR = 0.05
DECAY = 3.0
"""Weight decay that shrinks every neuron faster than the data can make it grow."""
UNTRAINED = {
    "behind": "dead",  # every neuron behind the data
    "decay": "dead",  # shrunk to 0 by weight decay
    "small": "slow",  # alpha = 2^-24
    "large": "slow",  # alpha = 2^5, at a rate that is stable there
}
"""Cause of a failed run -> its status. On XOR data, which surround the origin, no neuron can be behind all data."""
LOG2_SMALL, LOG2_LARGE = -24, 5


@dataclass(frozen=True)
class Params:
    """How many networks are trained and how precisely each is measured."""

    n_seeds: int = 24
    """Training sets, each with two starts, trained at every alpha, plain and as twins; a multiple of `group`."""
    group: int = 12
    """Runs on different training sets that are diagnosed together; with 8, a standard deviation is off by a quarter."""
    log2_alpha: tuple = (-12, -8, -6, -4, -3, -2, -1.5, -1, -0.5, 0, 1, 3)
    """log2 of the initialisation scales alpha, increasing; 5 or more."""
    n_draws: int = 60
    """Draws of test noise for each training set, the same for all its networks."""
    rtol: float = 1e-3
    """Local error of a training step, as in `gradient_flow`."""

    def __post_init__(self):
        in_range(self, n_seeds=(4, 2000), group=(4, 1000), log2_alpha=(-20, 20), rtol=(1e-8, 0.01))
        in_range(self, n_draws=(4, 100_000))
        increasing(self, log2_alpha=5)
        if self.n_seeds % self.group:
            raise ValueError(f"n_seeds is {self.n_seeds}; wanted a multiple of group, {self.group}")


PRESETS = {
    "quick": Params(),
    "full": Params(96, log2_alpha=(-12, -8, -6, -5, -4, -3, -2.5, -2, -1.5, -1, -0.5, 0, 1, 3), n_draws=150),
}


def run(params, seed, progress=None):
    """Train and measure.

    Returns
    -------
    Result
        ``log2_alpha`` (m,), and for each D of `DATA`

        - over training sets, starts and alphas (s, 2, m), S one of `STARTS`: ``D_S_network, D_S_answered,
          D_S_positive, D_S_linear, D_S_silent``, as `shared.measures.errors`, and ``D_S_status``;
        - for each U of `UNTRAINED`, and "healthy", the same training at a good alpha: ``D_U_risks`` (s, T), the
          training risk after every step, NaN after the end, and ``D_U_status`` (s,). T is at most the budget, which is
          a quarter more steps than the longest healthy run took.
    """
    arrays = {"log2_alpha": np.array(params.log2_alpha, dtype=float)}
    for k, (name, setting) in enumerate(DATA.items()):
        rngs = np.random.default_rng([seed, k]).spawn(params.n_seeds)

        def part(fraction, what, k=k, name=name):
            if progress:
                progress((k + fraction) / len(DATA), f"{name}: {what}")

        for key, value in (_along_alpha(setting, params, rngs, part) | _untrained(name, setting, rngs, part)).items():
            arrays[f"{name}_{key}"] = value
    metadata = {"settings": {name: setting.description for name, setting in DATA.items()}}
    return Result("failure", params, seed, arrays, metadata)


def _along_alpha(setting, params, rngs, progress):
    """Return errors and statuses of two starts per training set at every alpha."""
    alpha, found = 2.0 ** np.array(params.log2_alpha, dtype=float), {}
    cases = []
    for rng in rngs:
        first, other = setting.draw(alpha, rng), setting.draw(alpha, rng)
        cases += [first, first._replace(W=other.W, V=other.V)]
    for i, start in enumerate(STARTS):
        progress(i / 3, f"training {len(cases)} x {len(alpha)} networks, {start}")
        trained, rows = setting.train(cases, start, params.rtol), []
        for s, case in enumerate(cases):
            progress((i + 0.5 + 0.5 * s / len(cases)) / 3, f"{start}, network {s + 1} of {len(cases)}")
            rows.append(errors(setting, trained, s, case.test_seed, params.n_draws // setting.n_lines))
        measured = {key: np.array([row[key] for row in rows]) for key in rows[0]} | {"status": trained.status}
        found |= {f"{start}_{key}": values.reshape(len(rngs), 2, -1) for key, values in measured.items()}
    return found


def _untrained(name, setting, rngs, progress):
    """Return risk curves and statuses of runs that cannot reach their target, and of healthy runs with equal budget."""
    progress(2 / 3, "networks that do not train")
    scales = 2.0 ** np.array([LOG2_HEALTHY[name], LOG2_SMALL, LOG2_LARGE])
    cases = [setting.draw(scales, rng) for rng in rngs]
    X, y, W, V = (np.array([getattr(case, key) for case in cases]) for key in ("X", "y", "W", "V"))
    V = V[:, :, 0]
    healthy = _train(setting, X, y, W[:, 0], V[:, 0], SGD(LR), 10_000)
    budget = int(1.25 * healthy.steps.max())
    runs = {
        "healthy": healthy,
        "decay": _train(setting, X, y, W[:, 0], V[:, 0], SGD(LR, weight_decay=DECAY), budget),
        "small": _train(setting, X, y, W[:, 1], V[:, 1], SGD(LR), budget),
        "large": _train(setting, X, y, W[:, 2], V[:, 2], SGD(LR / scales[2] ** 2), budget),
    }
    if name == "separable":
        behind = -np.abs(W[:, 0] @ X.swapaxes(1, 2)) @ np.linalg.pinv(X).swapaxes(1, 2)  # <w_j, x_i> < 0 for all i
        lengths = np.linalg.norm(behind, axis=-1)
        runs["behind"] = _train(setting, X, y, behind, np.sign(V[:, 0]) * lengths, SGD(LR), budget)
    longest = max(len(record.risks) for each in runs.values() for record in each.record)
    found = {}
    for key, each in runs.items():
        curves = [np.pad(r.risks, (0, longest - len(r.risks)), constant_values=np.nan) for r in each.record]
        found |= {f"{key}_risks": np.array(curves), f"{key}_status": each.status}
    return found


def _train(setting, X, y, W, V, optimizer, max_steps):
    return train(X, y, W, V, optimizer, target_risk=setting.target_risk, max_steps=max_steps, record="risk")
