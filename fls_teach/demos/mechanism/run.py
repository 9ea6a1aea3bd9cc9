"""Train every network from three starts, and measure the parts of its error."""

from dataclasses import dataclass

import numpy as np

from fls_teach.demos.framework.params import in_range, increasing
from fls_teach.demos.framework.result import Result
from fls_teach.demos.shared.measures import errors, kernel_correlation, movement
from fls_teach.demos.shared.settings import SETTINGS, STARTS


@dataclass(frozen=True)
class Params:
    """Data, number of networks, and precision of the tests."""

    data: tuple = tuple(SETTINGS)
    """Sets of data: separable, hard, xor, three_classes."""
    n_seeds: int = 40
    """Training sets and starts, each trained at every alpha in all three ways, so that differences are paired; >= 4."""
    n_seeds_subtle: int = 64
    """The same for xor and three_classes, where the left rise is only a twentieth of the error; at least 4."""
    n_seeds_plain: int = 16
    """Number of these on which the plain start is trained too, for comparison."""
    log2_alpha: tuple = (-12, -7, -4, -3, -2, 0, 3)
    """log2 of the initialisation scales alpha, increasing; the first and the last are the ends of the U."""
    n_draws: int = 200
    """Draws of test noise for each seed, the same for all its networks, shared among the lines of `errors`."""
    rtol: float = 1e-3
    """Local error of a training step, as in `gradient_flow`; 5e-5 takes 3 to 4 times as long."""
    n_seeds_kernel: int = 12
    """Number of seeds for which each network is compared with its tangent-kernel machine."""
    n_points: int = 200
    """Test points for each seed on which network and machine are compared."""

    def __post_init__(self):
        in_range(self, **{name: (1, 2000) for name in vars(self) if name.startswith("n_seeds")})
        in_range(self, log2_alpha=(-20, 20), n_draws=(6, 100_000), n_points=(10, 100_000), rtol=(1e-8, 0.1))
        increasing(self, log2_alpha=3)
        unknown = [name for name in self.data if name not in SETTINGS]
        if unknown or not self.data or len(set(self.data)) < len(self.data):
            raise ValueError(f"data is {', '.join(self.data)}; wanted different ones of {', '.join(SETTINGS)}")
        seeds = {key: value for key, value in vars(self).items() if key.startswith("n_seeds")}
        few = [f"{key} is {value}" for key, value in seeds.items() if value < 4]
        if few:
            raise ValueError(f"{', '.join(few)}; wanted at least 4, two to choose the best alpha for two others")


PRESETS = {
    "quick": Params(),
    "full": Params(
        n_seeds=64,
        n_seeds_subtle=80,
        n_seeds_plain=32,
        log2_alpha=(-12, -9, -7, -6, -5, -4, -3, -2, -1, 0, 1.5, 3),
        n_draws=300,
        rtol=4e-4,
    ),
}


def run(params, seed, progress=None):
    """Train and measure.

    Returns
    -------
    Result
        ``log2_alpha`` (m,), and for each D of ``params.data`` and start S of `STARTS`, over seeds and alphas (s, m):
        ``D_S_network``, ``D_S_answered``, ``D_S_positive``, ``D_S_linear``, ``D_S_silent`` as in `measures.errors`;
        ``D_S_movement`` and ``D_S_status``; ``D_S_correlation`` with the tangent-kernel machine, for the first seeds.
        The plain start of xor and three_classes is trained only for the first `n_seeds_plain` seeds.
        In the metadata: ``settings`` and ``bayes``, the Bayes error of each D.
    """
    arrays, bayes = {"log2_alpha": np.array(params.log2_alpha, dtype=float)}, {}
    for k, name in enumerate(params.data):
        # The seed is determined by the data set, so that its results do not depend on which others are run.
        subtle = name in ("xor", "three_classes")
        n_seeds = params.n_seeds_subtle if subtle else params.n_seeds
        n_plain = min(params.n_seeds_plain, n_seeds) if subtle else n_seeds
        rngs = np.random.default_rng([seed, list(SETTINGS).index(name)]).spawn(n_seeds)
        setting = SETTINGS[name]
        part = lambda fraction, what, k=k, name=name: (  # noqa: E731
            progress((k + fraction) / len(params.data), f"{name}: {what}") if progress else None
        )
        for key, value in _measure(setting, params, rngs, n_plain, part).items():
            arrays[f"{name}_{key}"] = value
        bayes[name] = setting.mixture.bayes_error()
    metadata = {"settings": {name: SETTINGS[name].description for name in params.data}, "bayes": bayes}
    return Result("mechanism", params, seed, arrays, metadata)


def _measure(setting, params, rngs, n_plain, progress):
    """Return the arrays of one set of data."""
    alpha = 2.0 ** np.array(params.log2_alpha, dtype=float)
    every = [setting.draw(alpha, rng, params.n_points) for rng in rngs]
    found = {}
    for i, start in enumerate(STARTS):
        cases = every[:n_plain] if start == "plain" else every
        progress(i / len(STARTS), f"training {len(cases)} x {len(alpha)} networks, {start}")
        trained = setting.train(cases, start, params.rtol)
        found[f"{start}_status"] = trained.status
        found[f"{start}_movement"] = movement(trained.W, trained.W0)
        found[f"{start}_correlation"] = kernel_correlation(setting, cases[: params.n_seeds_kernel], trained, alpha)
        measured = []
        for s, case in enumerate(cases):
            progress((i + 0.6 + 0.4 * s / len(cases)) / len(STARTS), f"testing, {start}, seed {s + 1} of {len(cases)}")
            measured.append(errors(setting, trained, s, case.test_seed, params.n_draws // setting.n_lines))
        found |= {f"{start}_{key}": np.array([each[key] for each in measured]) for key in measured[0]}
    return found
