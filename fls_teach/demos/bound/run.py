"""Train networks at many alphas and compare the over-fitting of w^+ with three bounds."""

from dataclasses import dataclass

import numpy as np

from fls_teach.demos.framework.params import in_range, increasing
from fls_teach.demos.framework.result import Result
from fls_teach.demos.shared.measures import errors
from fls_teach.demos.shared.settings import SETTINGS
from fls_teach.theory import angle, class_sum, decompose, effective_predictor

from .geometry import cone_bound, cone_of_data, growth_floor, two_phase_floor

DATA = {name: SETTINGS[name] for name in ("separable", "hard")}
"""With and without the orthogonal separability that Theorem 5.6 assumes. On XOR all linear predictors err equally."""
BOUNDED = ("plain", "twins")


@dataclass(frozen=True)
class Params:
    """How many networks are trained and how precisely each is tested."""

    n_seeds: int = 24
    """Training sets and starts, each trained at every alpha, so that differences are paired; at least 4."""
    log2_alpha: tuple = (-60, -40, -20, -16, -12, -10, -8, -6, -4, -3, -2, 0, 3)
    """log2 of the initialisation scales alpha, increasing."""
    n_draws: int = 100
    """Draws of test noise for each seed, the same at every alpha."""
    rtol: float = 5e-4
    """Local error of a training step, as in `gradient_flow`."""

    def __post_init__(self):
        in_range(self, n_seeds=(4, 2000), log2_alpha=(-100, 20), n_draws=(2, 100_000), rtol=(1e-8, 0.01))
        increasing(self, log2_alpha=2)


PRESETS = {
    "quick": Params(),
    "full": Params(
        n_seeds=96, log2_alpha=(-60, -50, -40, -30, -20, -16, -13, *range(-12, 2), 3), n_draws=200, rtol=2e-4
    ),
}


def run(params, seed, progress=None):
    """Train every network to the target risk; measure OF, and bound it.

    Returns
    -------
    Result
        ``log2_alpha`` (m,), and for each D of `DATA`, over seeds and alphas (s, m), the following for the plain start,
        and with the prefix ``D_twins_`` for twins:

        - ``D_over_fitting``, OF; ``D_alignment``, Psi; ``D_cone``, the bound from the measured Psi;
        - ``D_growth_floor``, the lower bound on Psi from `growth_floor`, and ``D_growth``, the resulting bound on OF;
        - ``D_phases``, the bound from the two-phase theorem, carried through Phase 2 by the cone of the positive
          examples; ``D_inherited``, the same if Phase 2 kept the direction of Phase 1 exactly; NaN without a bound;
        - ``D_network, D_answered, D_positive, D_linear, D_silent``, as `shared.measures.errors`; ``D_status``;

        and over seeds (s,): ``D_phi``. In the metadata: ``settings`` and ``bayes``, the Bayes error of each D.
    """
    arrays = {"log2_alpha": np.array(params.log2_alpha, dtype=float)}
    for k, (name, setting) in enumerate(DATA.items()):
        alpha = 2.0 ** arrays["log2_alpha"]
        cases = [setting.draw(alpha, rng) for rng in np.random.default_rng([seed, k]).spawn(params.n_seeds)]
        toward = np.array([class_sum(case.X, case.y) for case in cases])
        arrays[f"{name}_phi"] = angle(toward, np.broadcast_to(setting.mixture.signal, toward.shape))
        for i, start in enumerate(BOUNDED):
            if progress:
                progress((2 * k + i) / 4, f"{name}, {start}: {len(cases)} x {len(alpha)} networks")
            trained = setting.train(cases, start, params.rtol)
            rows = [errors(setting, trained, s, case.test_seed, params.n_draws) for s, case in enumerate(cases)]
            measured = {key: np.array([row[key] for row in rows]) for key in rows[0]} | {"status": trained.status}
            measured |= _bounds(setting, cases, trained, toward, alpha)
            prefix = name if start == "plain" else f"{name}_{start}"
            arrays |= {f"{prefix}_{key}": value for key, value in measured.items()}
    metadata = {
        "settings": {name: setting.description for name, setting in DATA.items()},
        "bayes": {name: setting.mixture.bayes_error() for name, setting in DATA.items()},
    }
    return Result("bound", params, seed, arrays, metadata)


def _bounds(setting, cases, trained, toward, alpha):
    """Return OF and all its bounds, each (s, m)."""
    mixture, predictor = setting.mixture, effective_predictor(trained.W, trained.V[:, :, 0])
    parts = decompose(predictor, np.broadcast_to(toward[:, None], predictor.shape), mixture.signal, mixture.kappa)
    at_exit, at_stop, later = [], [], []
    for s, case in enumerate(cases):
        signs = np.sign(trained.V0[s, 0, 0])
        at_exit.append([two_phase_floor(a, case.X, case.y, W) for a, W in zip(alpha, trained.W0[s], strict=True)])
        at_stop.append([growth_floor(case.X, case.y, W, signs, setting.target_risk) for W in trained.W0[s]])
        later.append([cone_of_data(case.X, case.y, positive=True)])
    at_exit = np.array(at_exit)
    floors = {"cone": parts.alignment, "inherited": at_exit, "phases": np.minimum(at_exit, later), "growth": at_stop}
    bounds = {key: cone_bound(parts.phi, floor, mixture.kappa) for key, floor in floors.items()}
    return bounds | {
        "over_fitting": parts.over_fitting,
        "alignment": parts.alignment,
        "growth_floor": np.array(at_stop),
    }
