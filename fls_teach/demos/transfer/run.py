"""Sweep alpha at several n and h, and train the largest size at the alpha predicted from smaller ones."""

from dataclasses import dataclass, replace

import numpy as np

from fls_teach.demos.framework.params import in_range, increasing
from fls_teach.demos.framework.result import Result
from fls_teach.demos.shared.measures import errors
from fls_teach.demos.shared.settings import SETTINGS
from fls_teach.theory import zeta

from .optimum import Sweep, predict_optimum

DATA = {name: SETTINGS[name] for name in ("separable", "xor")}
STARTS = {"separable": ("plain", "centred", "twins"), "xor": ("plain",)}
"""On XOR, networks have no silent wedge, and f(0) does not matter at their best alpha (science.md#causes)."""
XOR_H = SETTINGS["xor"].n_neurons


@dataclass(frozen=True)
class Params:
    """Sizes, and precision of the measurements."""

    n_seeds: int = 20
    """Training sets and starts per size; at least 8. Sizes that differ only in h share their training sets."""
    n: tuple = (6, 10, 16)
    """Training examples, *separable*, at the second smallest h; even, at least 3 sizes."""
    h: tuple = (16, 32, 64, 128)
    """Neurons, *separable*, at the second smallest n; multiples of 4, at least 3 sizes."""
    xor_n: tuple = (20, 40, 80)
    """Training examples, *xor*; even, at least 3 sizes."""
    log2_alpha: tuple = (-8, -6, -5.5, -5, -4.5, -4, -3.5, -3, -2.5, -2)
    """log2 of the initialisation scales alpha, *separable*, increasing; at least 5."""
    xor_log2_alpha: tuple = (-10, -8, -7, -6, -5, -4)
    """The same for *xor*."""
    n_draws: int = 40
    """Draws of test noise for each seed, the same for all its networks."""
    rtol: float = 1e-3
    """Local error of a training step, as in `gradient_flow`."""

    def __post_init__(self):
        in_range(self, n_seeds=(8, 2000), n=(2, 18), h=(4, 4096), xor_n=(2, 1000), n_draws=(4, 100_000))
        in_range(self, log2_alpha=(-20, 20), xor_log2_alpha=(-20, 20), rtol=(1e-8, 0.01))
        increasing(self, n=3, h=3, xor_n=3, log2_alpha=5, xor_log2_alpha=5)
        for name, factor in (("n", 2), ("h", 4), ("xor_n", 2)):
            if any(value % factor for value in getattr(self, name)):
                raise ValueError(f"{name} is {getattr(self, name)}; wanted multiples of {factor}")

    def sizes(self, name):
        """Return the (n, h) of one set of data: a cross, and last the largest n and h, which is not part of any fit."""
        if name == "xor":
            return [(n, XOR_H) for n in self.xor_n]
        cross = [(n, self.h[1]) for n in self.n] + [(self.n[1], h) for h in self.h if h != self.h[1]]
        return [*cross, (self.n[-1], self.h[-1])]


FINE = tuple(k / 2 for k in range(-16, -2))
PRESETS = {
    "quick": Params(),
    "full": Params(
        64,
        log2_alpha=FINE,
        xor_log2_alpha=(-12, -11, -10, -9, -8, -7, -6, -5, -4, -3),
        n_draws=100,
    ),
}


def run(params, seed, progress=None):
    """Train and measure.

    Returns
    -------
    Result
        For each D of `DATA` and each of its sizes, "n{n}h{h}", over seeds and alphas (s, m): ``D_SIZE_S_network,
        D_SIZE_S_answered, D_SIZE_S_positive, D_SIZE_S_linear, D_SIZE_S_silent`` from each start S, as
        `shared.measures.errors`, and ``D_SIZE_S_status``; ``D_SIZE_log2_zeta`` (s,), where zeta = 0 (not for XOR).

        ``D_predicted`` (4,): log2 of the alpha that smaller sizes predict for the largest, low, high, and the true
        best; ``D_carried`` (s,), the network's error there from a plain start.
    """
    arrays = {
        "log2_alpha": np.array(params.log2_alpha, float),
        "xor_log2_alpha": np.array(params.xor_log2_alpha, float),
    }
    done, total = 0, sum(len(params.sizes(name)) for name in DATA)
    for d, name in enumerate(DATA):
        log2_alpha = grid(params, name)
        sizes, drawn = params.sizes(name), {}
        for n, h in sizes:
            if progress:
                progress(done / total, f"{name}, n = {n}, h = {h}")
            done += 1
            setting = replace(DATA[name], n_samples=n, n_neurons=h)
            cases = _cases(setting, 2.0**log2_alpha, [seed, d, n, h], params.n_seeds, drawn)
            measured = _measure(setting, cases, STARTS[name] if (n, h) != sizes[-1] else ("plain",), params)
            if name != "xor":
                limits = [1 - zeta(2.0 ** log2_alpha[0], case.X, case.y, case.W[0]) for case in cases]
                measured["log2_zeta"] = log2_alpha[0] - np.log2(limits)
            arrays |= {f"{name}_{key_of(n, h)}_{key}": value for key, value in measured.items()}
        arrays |= _carried(arrays, params, name, setting, [seed, d, n, h], drawn)
    return Result("transfer", params, seed, arrays, {"bayes": {k: v.mixture.bayes_error() for k, v in DATA.items()}})


def grid(params, name):
    """Return log2 of the alphas (m,) of one set of data."""
    return np.array(params.xor_log2_alpha if name == "xor" else params.log2_alpha, dtype=float)


def key_of(n, h):
    """Return the part of array names that denotes a size."""
    return f"n{n}h{h}"


def _cases(setting, alpha, key, n_seeds, drawn):
    """Draw cases of one size. `drawn` caches the training sets of each n, because separable ones are rare."""
    n = setting.n_samples
    if n not in drawn:
        rngs = np.random.default_rng([*key[:3], 0]).spawn(n_seeds)
        drawn[n] = [setting.draw(np.ones(1), rng) for rng in rngs]
    starts = [replace(setting, separable=False).draw(alpha, rng) for rng in np.random.default_rng(key).spawn(n_seeds)]
    return [
        start._replace(X=data.X, y=data.y, test_seed=data.test_seed)
        for start, data in zip(starts, drawn[n], strict=True)
    ]


def _measure(setting, cases, starts, params):
    found = {}
    for start in starts:
        trained = setting.train(cases, start, params.rtol)
        rows = [
            errors(setting, trained, s, case.test_seed, params.n_draws // setting.n_lines)
            for s, case in enumerate(cases)
        ]
        found |= {f"{start}_{key}": np.array([row[key] for row in rows]) for key in rows[0]}
        found[f"{start}_status"] = trained.status
    return found


def _carried(arrays, params, name, setting, key, drawn):
    """Train the largest size, `setting`, at the alpha predicted from the others, with the seeds of its sweep."""
    log2_alpha, sizes = grid(params, name), params.sizes(name)
    small = [Sweep(n, h, log2_alpha, arrays[f"{name}_{key_of(n, h)}_plain_network"]) for n, h in sizes[:-1]]
    found = predict_optimum(small, *sizes[-1])
    cases = _cases(setting, np.array([2.0**found.log2_alpha]), key, params.n_seeds, drawn)
    carried = _measure(setting, cases, ("plain",), params)["plain_network"][:, 0]
    return {f"{name}_predicted": np.array([found.log2_alpha, found.low, found.high]), f"{name}_carried": carried}
