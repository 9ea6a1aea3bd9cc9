"""Train from the same starts with four optimizers, and find the largest stable rate of two of them at every c."""

from dataclasses import dataclass

import numpy as np

from fls_teach.demos.framework.params import in_range, increasing
from fls_teach.demos.framework.result import Result
from fls_teach.demos.shared.measures import errors
from fls_teach.demos.shared.settings import SETTINGS
from fls_teach.theory import SGD, Adam, AdamW

from .training import equivalence, largest_stable_rate, rotations, train_rotated

DATA = {name: SETTINGS[name] for name in ("separable", "xor")}
STARTS = ("plain", "twins")
OPTIMIZERS = ("sgd", "momentum", "adam", "adamw")
ON_AXES = ("sgd", "adam")
"""Optimizers that are also trained with f(0) = 0 and the signal on the coordinate axes."""
RATES = {"sgd": SGD, "adam": Adam}
SQUARED_TARGET = 0.1
"""Mean of (f - y)^2 at which training with the squared loss stops; it is 1 for f = 0."""
MOMENTUM = 0.9
RICH, LAZY = -12, 4
"""Exponents are fitted at small c up to the first log2 c, and at large c from the second on."""
EQUIVALENT = (-6, -3, 2)
"""log2 alpha at which the rules for c are checked, on `FEW` seeds over `RULE_STEPS` steps."""
FEW, RULE_STEPS = 4, 60


@dataclass(frozen=True)
class Params:
    n_seeds: int = 16
    """Data sets, starts and rotations."""
    log2_alpha: tuple = (-12, -9, -6, -4, -2, 2)
    """log2 of the initialisation scale."""
    log2_c: tuple = (-24, -16, 4, 8)
    """log2 of the output multipliers at which the largest stable rate is determined."""
    sgd_lr: float = 0.1
    """Learning rate of SGD at small alpha; at large alpha it falls like alpha^-2."""
    adam_lr: float = 2.0**-10
    """Learning rate of Adam and AdamW at small alpha; at large alpha it falls like 1/alpha."""
    weight_decay: float = 1.0
    """Decoupled weight decay of AdamW."""
    n_draws: int = 60
    """Draws of the test noise for the errors."""
    max_steps: int = 20_000
    """Steps after which a run is stopped."""

    def __post_init__(self):
        in_range(self, n_seeds=(4, 1000), log2_alpha=(-20, 6), log2_c=(-30, 10), sgd_lr=(1e-4, 1.0))
        in_range(self, adam_lr=(1e-5, 1.0), weight_decay=(0, 100), n_draws=(4, 100_000), max_steps=(10, 1_000_000))
        increasing(self, log2_alpha=3, log2_c=4)
        if sum(c <= RICH for c in self.log2_c) < 2 or sum(c >= LAZY for c in self.log2_c) < 2:
            raise ValueError(
                f"log2_c is {','.join(map(str, self.log2_c))}; wanted two values up to {RICH} and two from {LAZY} on, "
                "for the exponents at both ends"
            )


PRESETS = {
    "quick": Params(),
    "full": Params(
        n_seeds=48, n_draws=100, log2_alpha=(-12, -10, -9, -8, -6, -5, -4, -3, -2, -1, 0, 2),
        log2_c=(-24, -18, -12, -6, 0, 4, 8),
    ),
}  # fmt: skip


def optimizer(name, params, alpha):
    """Return the optimizer `name` for f, with one rate for each alpha (B,)."""
    if name in ("sgd", "momentum"):
        m = MOMENTUM if name == "momentum" else 0.0
        return SGD(params.sgd_lr * (1 - m) / (1 + alpha**2), momentum=m)  # asymptotically the same steps as SGD
    lr = params.adam_lr / np.maximum(1, alpha)
    return Adam(lr) if name == "adam" else AdamW(lr, weight_decay=params.weight_decay)


def run(params, seed, progress=None):
    """Train, and measure errors, rules and rates.

    Returns
    -------
    Result
        ``log2_alpha`` (m,), ``log2_c`` (k,), and for D in `DATA`, O in `OPTIMIZERS` and S in `STARTS`:

        - the results of `errors`, ``status``, and ``sign`` and ``sum`` of `train_rotated`, each (s, m):
          ``{D}_{O}_{S}_...`` for a random direction of the signal, ``{D}_{O}_axis_twins_...`` for one on the axes;
        - ``{D}_{O}_differ`` and ``{D}_{O}_apart`` (., 3) from `equivalence`, for a few seeds;
        - ``{D}_{O}_{L}_rate`` (s, k) from `largest_stable_rate`, for O in `RATES` and the loss L.
    """
    grid = np.array(params.log2_alpha, dtype=float)
    arrays = {"log2_alpha": grid, "log2_c": np.array(params.log2_c, dtype=float)}
    for k, (name, setting) in enumerate(DATA.items()):
        rngs = np.random.default_rng([seed, k]).spawn(params.n_seeds)
        cases = [setting.draw(2.0**grid, rng) for rng in rngs]
        Q = rotations(len(cases), setting.mixture.n_features, np.random.default_rng([seed, k, 1]))
        still = np.broadcast_to(np.eye(Q.shape[-1]), Q.shape)
        conditions = [(each, "", Q) for each in OPTIMIZERS] + [(each, "axis_", still) for each in ON_AXES]
        for i, (label, where, turn) in enumerate(conditions):
            for start in STARTS:
                if where and start == "plain":
                    continue
                if progress:
                    progress((k + 0.5 * i / len(conditions)) / len(DATA), f"{name}: {label}, {start}")
                found = _measure(setting, params, cases, label, start, turn)
                arrays |= {f"{name}_{label}_{where}{start}_{key}": value for key, value in found.items()}
        ones = [case._replace(W=case.W[:1] / 2.0 ** grid[0], V=case.V[:1] / 2.0 ** grid[0]) for case in cases]
        arrays |= {f"{name}_{key}": value for key, value in _rules(setting, params, ones[:FEW]).items()}
        for i, (label, make) in enumerate(RATES.items()):
            for loss, target in (("squared", SQUARED_TARGET), ("logistic", setting.target_risk)):
                if progress:
                    progress((k + 0.5 + 0.25 * i) / len(DATA), f"{name}: stable rates of {label}, {loss} loss")
                rate = largest_stable_rate(setting, ones, make, params.log2_c, loss, target)
                arrays[f"{name}_{label}_{loss}_rate"] = rate
    settings = {name: setting.description for name, setting in DATA.items()}
    return Result("optimizers", params, seed, arrays, {"settings": settings})


def _measure(setting, params, cases, label, start, turn):
    alpha = np.tile(2.0 ** np.array(params.log2_alpha, dtype=float), len(cases))
    used = optimizer(label, params, alpha)
    trained, toward = train_rotated(setting, cases, start, used, turn, params.max_steps)
    n_draws = params.n_draws // setting.n_lines
    rows = [errors(setting, trained, s, case.test_seed, n_draws) for s, case in enumerate(cases)]
    return {key: np.array([row[key] for row in rows]) for key in rows[0]} | toward | {"status": trained.status}


def _rules(setting, params, ones):
    """Compare runs bit by bit under each optimizer's own rule, and measure their differences under another's rule."""
    alpha = np.tile(2.0 ** np.array(EQUIVALENT, dtype=float), len(ones))
    found = {}
    for label in OPTIMIZERS:
        used = optimizer(label, params, alpha)

        def wrong(c, used=used, label=label):
            """Return SGD with Adam's rate, or Adam with SGD's."""
            lr = used.lr * c ** (-0.5 if label in ("sgd", "momentum") else -1)
            if label in ("sgd", "momentum"):
                return SGD(lr, momentum=used.momentum)
            return Adam(lr) if label == "adam" else AdamW(lr, weight_decay=used.weight_decay)

        found[f"{label}_differ"], found[f"{label}_apart"] = equivalence(
            setting, ones, used, wrong, EQUIVALENT, RULE_STEPS
        )
    return found
