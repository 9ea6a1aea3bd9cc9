"""Train c f at many c to the same training risk, and measure the confidence of c f on new data."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from fls_teach.demos.framework.params import at_most, in_range, increasing
from fls_teach.demos.framework.result import Result
from fls_teach.demos.shared.measures import errors, outputs
from fls_teach.demos.shared.settings import SETTINGS
from fls_teach.theory import equivalent_alpha

from .measures import confidence_measures, posterior_logit

DATA = {name: SETTINGS[name] for name in ("separable", "xor")}
STARTS = ("plain", "twins")


@dataclass(frozen=True)
class Params:
    n_seeds: int = 16
    """Data sets and starts."""
    log2_c: tuple = (-24, -16, -8, -4, -2, 0, 2, 4)
    """log2 of the output multiplier c."""
    late: float = 0.1
    """The late stop is at this share of the training risk of the first stop."""
    n_points: int = 2000
    """Test points per seed at which confidence is measured."""
    n_draws: int = 400
    """Draws of the test noise for the errors."""
    rtol: float = 1e-3
    """Relative tolerance of the flow."""

    def __post_init__(self):
        in_range(self, n_seeds=(4, 1000), log2_c=(-40, 12), late=(1e-4, 0.9), n_points=(60, 100_000))
        in_range(self, n_draws=(4, 100_000), rtol=(1e-6, 1e-2))
        increasing(self, log2_c=3)
        at_most(1e7, log2_c=len(self.log2_c), n_points=self.n_points)


PRESETS = {"quick": Params(), "full": Params(n_seeds=64, log2_c=(-24, -20, -16, -12, -10, -8, -6, -4, -2, 0, 2, 4))}


def run(params, seed, progress=None):
    """Train from every start and measure.

    Returns
    -------
    Result
        ``log2_c`` (m,), and for D in `DATA`, S in `STARTS`, with the prefix ``{D}_{S}_`` for the first stop and
        ``{D}_{S}_late_`` for the late one, each (s, m): the results of `confidence_measures` and `errors`, ``status``,
        ``train_margin`` (mean of y c f on the training data), ``normalised`` (their smallest y f, divided by |theta|^2,
        which depends neither on c nor on a scale of all weights), and ``train_confidence``.

    Notes
    -----
    c f with weights theta equals f with weights c^(1/2) theta, also under gradient flow (science.md#equivalence). So
    the networks are trained as f with the scale alpha = c^(1/2), whose outputs are c f.
    """
    arrays = {"log2_c": np.array(params.log2_c, dtype=float)}
    alpha = equivalent_alpha(2.0 ** arrays["log2_c"])
    for k, (name, setting) in enumerate(DATA.items()):
        cases = [
            setting.draw(alpha, rng, params.n_points) for rng in np.random.default_rng([seed, k]).spawn(params.n_seeds)
        ]
        for i, start in enumerate(STARTS):
            for j, late in enumerate(("", "late_")):
                if progress:
                    progress((k + i / 2 + j / 4) / len(DATA), f"{name}, {start}{', late stop' if late else ''}")
                stop = replace(setting, target_risk=setting.target_risk * (params.late if late else 1.0))
                found = _measure(stop, cases, start, params)
                arrays |= {f"{name}_{start}_{late}{key}": value for key, value in found.items()}
    settings = {name: setting.description for name, setting in DATA.items()}
    return Result("temperature", params, seed, arrays, {"settings": settings})


def _measure(setting, cases, start, params):
    trained = setting.train(cases, start, params.rtol)
    rows = []
    for s, case in enumerate(cases):
        W, V = trained.W[s], trained.V[s]
        at_X, at_points = (outputs(points, W, V)[..., 0] for points in (case.X, case.points))
        train_margins = case.y * at_X
        size = (W**2).sum(axis=(-2, -1)) + (V**2).sum(axis=(-2, -1))
        rows.append(
            confidence_measures(
                at_points, np.broadcast_to(expit(posterior_logit(setting.mixture, case.points)), at_points.shape)
            )
            | errors(setting, trained, s, case.test_seed, params.n_draws // setting.n_lines)
            | {
                "train_margin": train_margins.mean(axis=-1),
                "train_confidence": expit(np.abs(at_X)).mean(axis=-1),
                "normalised": train_margins.min(axis=-1) / size,
            }
        )
    return {key: np.array([row[key] for row in rows]) for key in rows[0]} | {"status": trained.status}
