"""Train networks from three starts, measure how far they move, and train their tangent-kernel machines."""

from dataclasses import dataclass

import numpy as np

from fls_teach.demos.framework.params import in_range, increasing
from fls_teach.demos.framework.result import Result
from fls_teach.demos.shared.measures import errors
from fls_teach.demos.shared.settings import SETTINGS, STARTS

from .machine import machine_error

DATA = {name: SETTINGS[name] for name in ("separable", "xor")}
"""A target for which a linear predictor suffices, and one for which it is useless (science.md#mixtures)."""
KERNEL_POINTS = 200
"""Test points on which kernels are compared."""


@dataclass(frozen=True)
class Params:
    """How many networks are trained and how precisely each is measured."""

    n_seeds: int = 16
    """Training sets and starts, each trained at every alpha from all three starts, so that differences are paired; at
    least 4."""
    log2_alpha: tuple = (-12, -8, -4, -2, 0, 1.5, 3)
    """log2 of the initialisation scales alpha, increasing."""
    log2_lazy: float = 0.0
    """Powers of alpha are fitted where alpha >= 2^log2_lazy."""
    n_draws: int = 200
    """Draws of test noise for each seed, the same for all its networks and machines."""
    n_points: int = 2_000
    """Test points for each seed on which activities are compared; kernels on the first 200 of them."""
    rtol: float = 1e-3
    """Local error of a training step, as in `gradient_flow`."""

    def __post_init__(self):
        in_range(self, n_seeds=(4, 2000), log2_alpha=(-20, 20), log2_lazy=(-20, 20), rtol=(1e-8, 0.01))
        in_range(self, n_draws=(4, 100_000), n_points=(10, 100_000))
        increasing(self, log2_alpha=2)
        if sum(k >= self.log2_lazy for k in self.log2_alpha) < 2:
            raise ValueError(f"log2_lazy is {self.log2_lazy:g}; wanted two of log2_alpha at or above it")


PRESETS = {
    "quick": Params(),
    "full": Params(n_seeds=32, log2_alpha=(-12, -10, -8, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3), n_draws=400, rtol=2e-4),
}


def run(params, seed, progress=None):
    """Train and measure.

    Returns
    -------
    Result
        ``log2_alpha`` (m,), and for each D of `DATA` and start S of `STARTS`, over seeds and alphas (s, m):

        - ``D_S_weights``, |W - W(0)| / |W(0)|; ``D_S_patterns``, the share of (neuron, test point) whose activity
          changed; ``D_S_kernel``, 1 - <K, K(0)> / (|K| |K(0)|), the misalignment of the tangent kernels on test points
          after training and before; ``D_S_frozen``, the same with the activities of the start in both kernels;
        - ``D_S_network, D_S_answered, D_S_positive, D_S_linear, D_S_silent``, as `shared.measures.errors`;
        - ``D_S_machine``, the error of the kernel machine with the tangents of the start; ``D_S_status``;

        and ``D_learned`` (s, m), the error of the machine with the tangents of the *trained* twins. In the metadata:
        ``settings`` and ``bayes``, the Bayes error of each D.
    """
    arrays = {"log2_alpha": np.array(params.log2_alpha, dtype=float)}
    for k, (name, setting) in enumerate(DATA.items()):
        rngs = np.random.default_rng([seed, k]).spawn(params.n_seeds)

        def part(fraction, what, k=k, name=name):
            if progress:
                progress((k + fraction) / len(DATA), f"{name}: {what}")

        arrays |= {f"{name}_{key}": value for key, value in _measure(setting, params, rngs, part).items()}
    metadata = {
        "settings": {name: setting.description for name, setting in DATA.items()},
        "bayes": {name: setting.mixture.bayes_error() for name, setting in DATA.items()},
    }
    return Result("lazy", params, seed, arrays, metadata)


def _measure(setting, params, rngs, progress):
    """Return the arrays of one set of data."""
    alpha = 2.0 ** np.array(params.log2_alpha, dtype=float)
    cases = [setting.draw(alpha, rng, params.n_points) for rng in rngs]
    found, n_draws = {}, params.n_draws // setting.n_lines
    for i, start in enumerate(STARTS):
        progress(i / len(STARTS), f"training {len(cases)} x {len(alpha)} networks, {start}")
        trained = setting.train(cases, start, params.rtol)
        rows = []
        for s, case in enumerate(cases):
            progress((i + 0.5 + 0.5 * s / len(cases)) / len(STARTS), f"{start}, seed {s + 1} of {len(cases)}")
            row = _moved(case, trained, s) | errors(setting, trained, s, case.test_seed, n_draws)
            # The start at alpha = 1. That its kernel grows like alpha^2 only rescales time, unlike the growth of f(0).
            W, V = trained.W0[s] / alpha[:, None, None], trained.V0[s] / alpha[:, None, None]
            if start == "plain":
                row["machine"] = machine_error(setting, case, W, V, alpha**2, n_draws)
            else:
                row["machine"] = np.repeat(machine_error(setting, case, W[:1], V[:1], np.zeros(1), n_draws), len(alpha))
            if start == "twins":
                row["learned"] = machine_error(setting, case, trained.W[s], trained.V[s], 0 * alpha, n_draws)
            rows.append(row)
        for key in rows[0]:
            found["learned" if key == "learned" else f"{start}_{key}"] = np.array([row[key] for row in rows])
        found[f"{start}_status"] = trained.status
    return found


def _moved(case, trained, s):
    """Return measures of how far the networks of one seed are from their starts, each (m,)."""
    W0, W, points = trained.W0[s], trained.W[s], case.points
    before, after = (points @ each.swapaxes(-1, -2) > 0 for each in (W0, W))
    layers, few = (W, trained.V[s]), points[:KERNEL_POINTS]
    start = _kernel(few, W0, trained.V0[s], before[:, :KERNEL_POINTS])
    return {
        "weights": np.linalg.norm(W - W0, axis=(-2, -1)) / np.linalg.norm(W0, axis=(-2, -1)),
        "patterns": (before != after).mean(axis=(-2, -1)),
        "kernel": _misalignment(start, _kernel(few, *layers, after[:, :KERNEL_POINTS])),
        "frozen": _misalignment(start, _kernel(few, *layers, before[:, :KERNEL_POINTS])),
    }


def _kernel(points, W, V, active):
    """Return tangent kernels (m, p, p) on `points` (p, d) for networks with one output and activities (m, p, h)."""
    by_v, by_w = active * (points @ W.swapaxes(-1, -2)), active * V
    return by_v @ by_v.swapaxes(-1, -2) + (points @ points.T) * (by_w @ by_w.swapaxes(-1, -2))


def _misalignment(A, B):
    """Return 1 - <A, B> / (|A| |B|), computed precisely as half the squared distance of the normalised kernels."""
    A, B = (K / np.linalg.norm(K, axis=(-2, -1), keepdims=True) for K in (A, B))
    return ((A - B) ** 2).sum(axis=(-2, -1)) / 2
