"""Train networks at many alphas, from plain starts and twins, and measure their errors and those explained by w^+."""

from dataclasses import dataclass

import numpy as np

from fls_teach.demos.framework.params import in_range, increasing
from fls_teach.demos.framework.result import Result
from fls_teach.demos.shared.measures import errors
from fls_teach.demos.shared.settings import SETTINGS
from fls_teach.theory import angle, bayes_error, class_sum, decompose, effective_predictor, linear_error, zeta

DATA = {name: SETTINGS[name] for name in ("separable", "hard")}
"""Two Gaussians, with and without the orthogonal separability that Theorem 5.6 assumes."""


@dataclass(frozen=True)
class Params:
    """How many networks are trained and how precisely each is tested."""

    n_seeds: int = 40
    """Training sets and starts, each trained at every alpha, so that differences are paired; at least 4."""
    log2_alpha: tuple = (-12, -10, -8, -6, -5, -4, -3, -2.5, -2, -1, 0, 3)
    """log2 of the initialisation scales alpha, increasing; the first and the last are the ends of the U."""
    n_draws: int = 300
    """Draws of test noise for each seed, the same at every alpha."""
    rtol: float = 2e-4
    """Local error of a training step, as in `gradient_flow`."""

    def __post_init__(self):
        in_range(self, n_seeds=(1, 2000), log2_alpha=(-20, 20), n_draws=(2, 100_000), rtol=(1e-8, 0.1))
        increasing(self, log2_alpha=2)
        if self.n_seeds < 4:
            raise ValueError(
                f"n_seeds is {self.n_seeds}; wanted at least 4, two to choose the best alpha for two others"
            )


PRESETS = {
    "quick": Params(),
    "full": Params(n_seeds=64, log2_alpha=tuple(k / 2 for k in range(-24, 5)) + (3,), n_draws=1_000, rtol=2e-5),
}


def run(params, seed, progress=None):
    """Train every network to the target risk and measure its error and the decomposition of w^+.

    Returns
    -------
    Result
        ``log2_alpha`` (m,), and for each D of `DATA`, over seeds and alphas (s, m):

        - ``D_network``, test error; ``D_answered``, with the silent wedge answered; ``D_silent``, its mass;
          ``D_positive``, E(w^+); ``D_linear``, E(w^+ - w^-): as in `shared.measures.errors`;
        - ``D_over_alignment``, ``D_over_fitting``, the parts of E(w^+) - E*; ``D_cone_excess``, E - E* of the best
          vector in the cone, constructed explicitly; ``D_alignment``, Psi; ``D_status``;
        - ``D_twins_network``, ``D_twins_positive``, ``D_twins_status``: the same with f(0) = 0;

        and over seeds (s,): ``D_cos_phi``; ``D_log2_range``, log2 of the alpha below which zeta > 0. In the metadata:
        ``data`` and ``bayes``, the Bayes error of each D.
    """
    arrays = {"log2_alpha": np.array(params.log2_alpha, dtype=float)}
    for k, (name, setting) in enumerate(DATA.items()):
        rngs = np.random.default_rng([seed, k]).spawn(params.n_seeds)
        measured = _measure(setting, params, rngs, _part(progress, name, *((0.0, 0.35), (0.35, 1.0))[k]))
        arrays |= {f"{name}_{key}": value for key, value in measured.items()}
    metadata = {
        "data": {name: setting.description for name, setting in DATA.items()},
        "bayes": {name: setting.mixture.bayes_error() for name, setting in DATA.items()},
    }
    return Result("ucurve", params, seed, arrays, metadata)


def _part(progress, name, start, end):
    """Map progress from 0 to 1 to a part of the whole progress."""
    return lambda fraction, what: progress(start + fraction * (end - start), f"{name}: {what}") if progress else None


def _measure(setting, params, rngs, progress):
    alpha = 2.0 ** np.array(params.log2_alpha, float)
    cases = [setting.draw(alpha, rng) for rng in rngs]
    found = {}
    for k, (start, prefix) in enumerate((("plain", ""), ("twins", "twins_"))):
        progress(k / 2, f"training {len(cases)} x {len(alpha)} networks, {start}")
        trained = setting.train(cases, start, params.rtol)
        rows = []
        for s, case in enumerate(cases):
            progress((k + 0.6 + 0.4 * s / len(cases)) / 2, f"test error, seed {s + 1} of {len(cases)}")
            rows.append(errors(setting, trained, s, case.test_seed, params.n_draws))
        measured = {key: np.array([row[key] for row in rows]) for key in rows[0]} | {"status": trained.status}
        if start == "plain":
            found |= measured | _decomposition(setting, cases, trained, alpha)
        else:
            found |= {prefix + key: measured[key] for key in ("network", "positive", "status")}
    return found


def _decomposition(setting, cases, trained, alpha):
    """Return the quantities of the theorems: OA, OF, Psi, phi, and the range of alpha in which zeta > 0."""
    mixture, predictor = setting.mixture, effective_predictor(trained.W, trained.V[:, :, 0])
    x_plus = np.array([class_sum(case.X, case.y) for case in cases])
    every = np.broadcast_to(x_plus[:, None], predictor.shape)
    parts = decompose(predictor, every, mixture.signal, mixture.kappa)
    best = _best_in_cone(angle(predictor, every), every, mixture.signal)
    # 1 - zeta is proportional to alpha, so a single start determines the alpha at which zeta is 0.
    one = [1 - zeta(alpha[0], case.X, case.y, case.W[0]) for case in cases]
    return {
        "over_alignment": parts.over_alignment,
        "over_fitting": parts.over_fitting,
        "cone_excess": linear_error(best, mixture.signal, mixture.kappa) - bayes_error(mixture.kappa),
        "alignment": parts.alignment,
        "cos_phi": x_plus @ mixture.signal / np.linalg.norm(x_plus, axis=-1),
        "log2_range": np.log2(alpha[0] / np.array(one)),
    }


def _best_in_cone(theta, x_plus, signal):
    """Return x_+ turned towards s by theta, at most to s, as a vector (..., d); `decompose` uses a formula instead."""
    along = x_plus / np.linalg.norm(x_plus, axis=-1, keepdims=True)
    across = signal - (along @ signal)[..., None] * along
    across /= np.linalg.norm(across, axis=-1, keepdims=True)
    turn = np.minimum(theta, angle(x_plus, np.broadcast_to(signal, x_plus.shape)))[..., None]
    return np.cos(turn) * along + np.sin(turn) * across
