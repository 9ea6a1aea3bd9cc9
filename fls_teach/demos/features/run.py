"""Train networks on data with increasing dimension, signal and number of informative directions."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fls_teach.demos.framework.params import in_range, increasing
from fls_teach.demos.framework.result import Result
from fls_teach.demos.shared.measures import errors, outputs
from fls_teach.demos.shared.settings import Setting
from fls_teach.theory import ClassMixture, GaussianMixture, XorMixture

KINDS = ("linear", "xor", "classes")
PLAIN = ("linear_d", "xor_d", "classes_k")
"""Sweeps whose points are trained also from the plain start; the others, which are controls, only with f(0) = 0."""


class Point(NamedTuple):
    """A set of data: its kind, and the values that sweeps change."""

    kind: str
    """linear: two Gaussians with opposite means, one informative direction; xor: two; classes: orthogonal means."""
    n_features: int = 20
    n_samples: int = 10
    kappa: float = 2.5
    n_classes: int = 2

    @property
    def name(self):
        """Return the prefix of its arrays."""
        kappa = f"{self.kappa:g}".replace(".", "p")
        return f"{self.kind}_{self.n_features}_{self.n_samples}_{kappa}_{self.n_classes}"

    def setting(self):
        """Return the point with its network and its target."""
        d, kappa = self.n_features, self.kappa
        if self.kind == "linear":
            return Setting(self.name, GaussianMixture(kappa, n_features=d), self.n_samples, 50, 0.05)
        if self.kind == "xor":
            return Setting(self.name, XorMixture(kappa, n_features=d), self.n_samples, 60, 0.1, n_lines=2)
        mixture = ClassMixture(self.n_classes, kappa, n_features=d, means="orthogonal")
        return Setting(self.name, mixture, self.n_samples, 50, 0.1, n_lines=self.n_classes)


def sweeps(params):
    """Return the sweeps: name -> list of (value, `Point`).

    ``linear_d`` and ``xor_d`` raise d with n = 10 and 40; ``linear_d_n`` and ``xor_d_n`` raise n in proportion;
    ``linear_snr`` and ``xor_snr`` raise kappa/sigma; ``classes_k`` raises K, with four examples of each class.

    Examples
    --------
    >>> sweeps(Params())["xor_d_n"][-1]
    (32, Point(kind='xor', n_features=32, n_samples=64, kappa=3.0, n_classes=2))
    """
    d, d_xor = params.n_features, params.n_features_xor
    xor = Point("xor", n_samples=40, kappa=3.0)
    return {
        "linear_d": [(k, Point("linear", k)) for k in d],
        "linear_d_n": [(k, Point("linear", k, 2 * round(k / 4))) for k in d],
        "linear_snr": [(kappa, Point("linear", kappa=float(kappa))) for kappa in params.snr],
        "xor_d": [(k, xor._replace(n_features=k)) for k in d_xor],
        "xor_d_n": [(k, xor._replace(n_features=k, n_samples=2 * k)) for k in d_xor],
        "xor_snr": [(kappa, xor._replace(kappa=float(kappa))) for kappa in params.snr_xor],
        "classes_k": [(k, Point("classes", 20, 4 * k, 3.0, k)) for k in params.n_classes],
    }


@dataclass(frozen=True)
class Params:
    """Ranges of the sweeps, number of networks, and precision of the tests."""

    n_features: tuple = (8, 20, 80)
    """Dimensions d of two Gaussians, increasing; n is 10, or d/2."""
    n_features_xor: tuple = (8, 20, 32)
    """Dimensions d of XOR, increasing; n is 40, or 2 d."""
    snr: tuple = (1.5, 2.5, 4)
    """kappa/sigma of two Gaussians, increasing."""
    snr_xor: tuple = (2.5, 3, 4)
    """kappa/sigma of XOR, increasing."""
    n_classes: tuple = (2, 3, 5)
    """K of the mixtures with K orthogonal means in 20 dimensions, increasing."""
    n_seeds: int = 16
    """Training sets and starts at each point, each trained at every alpha; at least 4."""
    n_seeds_linear: int = 32
    """The same for two Gaussians; at least 4."""
    n_seeds_plain: int = 8
    """Number of these on which the plain start is trained too, for comparison; at least 4."""
    log2_alpha: tuple = (-12, -7, -5, -4, -3, -2, 0)
    """log2 of the initialisation scales alpha, increasing."""
    n_draws: int = 100
    """Draws of test noise for each seed, the same for all its networks, shared among the class centres."""
    rtol: float = 2e-3
    """Local error of a training step, as in `gradient_flow`."""

    def __post_init__(self):
        in_range(self, n_features=(4, 500), n_features_xor=(4, 200), snr=(0.5, 6), snr_xor=(1, 6), n_classes=(2, 10))
        in_range(self, n_seeds=(4, 2000), n_seeds_linear=(4, 2000), n_seeds_plain=(4, 2000), log2_alpha=(-20, 20))
        in_range(self, n_draws=(20, 100_000), rtol=(1e-8, 0.01))
        increasing(self, n_features=2, n_features_xor=2, snr=2, snr_xor=2, n_classes=2, log2_alpha=3)
        whole = (*self.n_features, *self.n_features_xor, *self.n_classes)
        if any(k != int(k) for k in whole):
            raise ValueError(f"n_features, n_features_xor and n_classes hold {whole}; wanted whole numbers")
        if self.n_seeds_plain > min(self.n_seeds, self.n_seeds_linear):
            raise ValueError(f"n_seeds_plain is {self.n_seeds_plain}; wanted at most n_seeds and n_seeds_linear")


PRESETS = {
    "quick": Params(),
    "full": Params(
        n_features=(8, 20, 40, 80),
        n_features_xor=(5, 10, 20, 32),
        snr=(1.5, 2, 2.5, 3, 4),
        snr_xor=(2.5, 3, 3.5, 4),
        n_classes=(2, 3, 4, 6),
        n_seeds=48,
        n_seeds_linear=96,
        n_seeds_plain=24,
        log2_alpha=(-12, -9, -7, -5, -4, -3, -2, 0),
        n_draws=120,
        rtol=1e-3,
    ),
}


def run(params, seed, progress=None):
    """Train and measure.

    Returns
    -------
    Result
        ``log2_alpha`` (m,), and for each point P of `sweeps` and each of its starts S (``twins``, with f(0) = 0, and
        ``plain``), over seeds and alphas (s, m): ``P_S_network``, ``P_S_answered``, ``P_S_positive``, ``P_S_linear``,
        ``P_S_silent`` as in `shared.measures.errors`, ``P_S_status``, and ``P_S_margin``, the minimum over training
        examples of max_k |f_k|. In the metadata: ``sweeps``, name -> list of [value, P], and ``bayes``, the Bayes error
        of each P.
    """
    plan = sweeps(params)
    starts = {point: ["twins"] for sweep in plan.values() for _, point in sweep}
    for point in {point for name in PLAIN for _, point in plan[name]}:
        starts[point].append("plain")
    arrays, bayes = {"log2_alpha": np.array(params.log2_alpha, dtype=float)}, {}
    jobs = [(point, start) for point, each in starts.items() for start in each]
    for k, (point, start) in enumerate(jobs):
        if progress:
            progress(k / len(jobs), f"{point.name}, {start}")
        n_seeds = params.n_seeds_linear if point.kind == "linear" else params.n_seeds
        # The seed is determined by the point, so that its results do not depend on which other points are run.
        key = (KINDS.index(point.kind), point.n_features, point.n_samples, round(100 * point.kappa), point.n_classes)
        rngs = np.random.default_rng([seed, *key]).spawn(params.n_seeds_plain if start == "plain" else n_seeds)
        for quantity, value in _measure(point.setting(), start, params, rngs).items():
            arrays[f"{point.name}_{start}_{quantity}"] = value
        bayes[point.name] = point.setting().mixture.bayes_error()
    named = {name: [[value, point.name] for value, point in sweep] for name, sweep in plan.items()}
    return Result("features", params, seed, arrays, {"sweeps": named, "bayes": bayes})


def _measure(setting, start, params, rngs):
    alpha = 2.0 ** np.array(params.log2_alpha, dtype=float)
    cases = [setting.draw(alpha, rng) for rng in rngs]
    trained = setting.train(cases, start, params.rtol)
    n_draws = params.n_draws // setting.n_lines
    rows = [errors(setting, trained, s, case.test_seed, n_draws) for s, case in enumerate(cases)]
    f = outputs(np.array([case.X for case in cases])[:, None], trained.W, trained.V)
    ended = {"status": trained.status, "margin": np.abs(f).max(axis=-1).min(axis=-1)}
    return ended | {key: np.array([row[key] for row in rows]) for key in rows[0]}
