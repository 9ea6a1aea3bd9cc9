"""Heatmap: on images, too, test accuracy is highest at an output multiplier c between the extremes."""

from dataclasses import dataclass

import numpy as np

from fls_teach import statistics
from fls_teach.demos.framework.claim import Claim, Measured, Tolerance, above
from fls_teach.demos.framework.result import Result
from fls_teach.demos.images.sweep_figure import sweep_figure
from fls_teach.demos.images.trained import train_grid


@dataclass(frozen=True)
class Params:
    """What is trained, until when, and over which grid."""

    model: str = "cnn5"
    """A name of `fls_teach.vision.run.MODELS`."""
    width: int = 8
    """Channels of the first layer."""
    data: str = "latent"
    """"latent": images of an untrained generator network; "cifar100": real ones."""
    classes: int = 10
    """The first so many classes."""
    n: int = 512
    """Training images; every seed draws its own."""
    n_test: int = 500
    """Test images, the same for all."""
    dimension: int = 32
    """Effective dimension of latent images: free noise coordinates of the generator."""
    image_size: int = 16
    """Pixels a side."""
    batch: int = 32
    """Images a step of plain SGD."""
    target: float = 0.99
    """Training accuracy that ends a run."""
    epochs: int = 95
    """A run that needs more is marked, and its rate does not count at its c."""
    exponents: tuple = (-7, -3, 0, 4)
    """log2 of the output multipliers c, increasing."""
    rates: tuple = (0.01, 0.05)
    """Learning rates on cross_entropy(c f) / c, increasing."""
    n_seeds: int = 5
    """Training sets, starts and orders; differences are paired over them. At least 2."""


PRESETS = {
    "quick": Params(),
    "full": Params(width=16, epochs=120, exponents=tuple(range(-7, 6)), rates=(0.01, 0.03, 0.1, 0.3), n_seeds=8),
}
CIFAR_PRESETS = {
    "quick": Params(data="cifar100", image_size=32, n=500, n_test=0, epochs=40),
    "full": Params(data="cifar100", image_size=32, n=2000, n_test=0, width=24, epochs=120),
}
"""In place of `PRESETS` where the folder of the real images is named."""


def run(params, seed, progress=None, data_dir=None):
    """Train the grid.

    Returns
    -------
    Result
        ``log2_c`` (m,), ``lr`` (r,), and over seeds, multipliers and rates (s, m, r) ``peak`` and ``final`` test
        accuracy, ``epochs``, ``status``.
    """
    trained = train_grid(params, seed, progress, data_dir)
    kept = "log2_c lr peak final epochs status".split()
    return Result("heatmap", params, seed, {key: trained[key] for key in kept})


def claims(result):
    """A c inside the range beats both of its ends."""
    a = result.arrays
    grid = a["log2_c"], a["peak"], a["status"] == "reached"
    return [reached_claim(result), *(end_claim(*grid, side) for side in ("left", "right"))]


def reached_claim(result):
    """Whether every c has a learning rate at which all seeds reach the target."""
    a = result.arrays
    fine = (a["status"] == "reached").all(axis=0).any(axis=-1)
    missing = ", ".join(f"2^{k:g}" for k in a["log2_c"][~fine])
    target, seeds = result.params["target"], len(a["status"])
    statement = f"every c has a learning rate at which all {seeds} seeds reach {target:.0%} training accuracy"
    measured = Measured(fine.sum(), n=seeds, unit=f"of {len(fine)} c", detail=f"none at {missing}" if missing else "")
    return Claim(
        "reached", statement, "[M] science.md#images", f"{len(fine)}", measured, Tolerance(0, "none"), fine.all()
    )


def end_claim(log2_c, accuracy, reached, side, prefix=""):
    """Whether the best c inside beats that end of the range, beyond the noise of the seeds.

    Parameters
    ----------
    log2_c : ndarray (m,)
    accuracy, reached : ndarray (s, m, r)
        As for `statistics.at_best_rate`.
    side : str
        "left", the smallest c, or "right".
    prefix : str
        Of the claim's id and statement.
    """
    end = {"left": 0, "right": -1}[side]
    curve = statistics.at_best_rate(accuracy, reached)[0]
    try:
        best = statistics.best_multiplier(accuracy, reached, inside=True)
        found = statistics.interval(100 * (statistics.at(curve, best) - curve[:, end]), cross_fitted=True)
        where, detail = " or ".join(f"2^{k:g}" for k in np.unique(log2_c[best])), ""
    except ValueError as problem:
        found, where, detail = statistics.Interval(np.nan, np.nan, np.nan, len(curve)), "?", str(problem)
    if np.isnan(curve[:, end]).any():
        detail = f"at 2^{log2_c[end]:g} no rate brought every seed to the target"
    over = f"2^{log2_c[end]:g} ({'large' if side == 'left' else 'small'} FLS)"
    statement = f"{prefix}peak test accuracy at the best c inside, {where}, exceeds that at {over}"
    name = f"{prefix.rstrip(': ').replace(' ', '-')}-{side}".lstrip("-")
    return above(name, statement, "[P] science.md#images", found, unit="points", detail=detail)


def plot(result):
    """Accuracy over (c, learning rate), and against c at the best rate."""
    a, p = result.arrays, result.params
    what = f"latent images of dimension {p['dimension']}" if p["data"] == "latent" else p["data"]
    title = f"{p['model']}, width {p['width']}: {p['n']:,} {what}"
    return sweep_figure(a["log2_c"], a["lr"], a["peak"], a["status"], title, f"{p['target']:.0%} training accuracy")
