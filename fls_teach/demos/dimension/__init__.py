"""Dimension: the more directions images vary in, the more the right output multiplier c is worth."""

from dataclasses import dataclass

import numpy as np

from fls_teach import plotting, statistics
from fls_teach.demos import heatmap
from fls_teach.demos.framework.claim import Measured, above
from fls_teach.demos.framework.result import Result
from fls_teach.demos.images.trained import train_grid


@dataclass(frozen=True)
class Params(heatmap.Params):
    """As of the demo `heatmap`, at several effective dimensions."""

    dimensions: tuple = (8, 32, 64)
    """Free noise coordinates of the generator, increasing; `dimension` is not used."""


PRESETS = {
    "quick": Params(exponents=(-6, -3, 0, 4), epochs=120, n_seeds=4),
    "full": Params(
        dimensions=(8, 32, 64, 128), width=16, epochs=120, exponents=(-6, -4, -2, 0, 2, 4),
        rates=(0.01, 0.03, 0.1, 0.3), n_seeds=8,
    ),
}  # fmt: skip


def run(params, seed, progress=None):
    """Train the same grid at every dimension.

    Returns
    -------
    Result
        As of the demo `heatmap`, with a first axis of dimensions: ``peak``, ``epochs``, ``status`` (d, s, m, r).
    """
    parts = []
    for i, dimension in enumerate(params.dimensions):
        part = progress and _part(progress, i, len(params.dimensions), dimension)
        parts.append(train_grid(params, seed, part, dimension=dimension))
    arrays = {key: parts[0][key] for key in ("log2_c", "lr")}
    arrays |= {key: np.array([part[key] for part in parts]) for key in ("peak", "epochs", "status")}
    return Result("dimension", params, seed, arrays)


def _part(progress, i, count, dimension):
    return lambda fraction, what="": progress((i + fraction) / count, f"dimension {dimension}: {what}")


def grids(result):
    """Accuracy and whether the target was reached, (s, m, r) both, for each dimension."""
    return list(zip(result.arrays["peak"], result.arrays["status"] == "reached", strict=True))


def curves(result):
    """Accuracy (s, m) at the best rate, for each dimension."""
    return [statistics.at_best_rate(*grid)[0] for grid in grids(result)]


GAINS = {"left": "2^{low:g}", "one": "c = 1", "right": "2^{high:g}"}
"""What the best c is compared with."""


def gains(result):
    """For each of `GAINS`, accuracy at the best c minus accuracy there (d, s); the best is chosen by other seeds."""
    log2_c = result.arrays["log2_c"]
    places = {"left": 0, "one": int(np.abs(log2_c).argmin()), "right": len(log2_c) - 1}
    found = {name: [] for name in places}
    for grid, curve in zip(grids(result), curves(result), strict=True):
        try:
            best = statistics.at(curve, statistics.best_multiplier(*grid))
        except ValueError:
            best = np.full(len(curve), np.nan)
        for name, place in places.items():
            found[name].append(best - curve[:, place])
    return {name: np.array(rows) for name, rows in found.items()}


def claims(result):
    """At every dimension the ends lose, and the more so the larger the dimension."""
    dimensions, log2_c, table = result.params["dimensions"], result.arrays["log2_c"], []
    for dimension, grid in zip(dimensions, grids(result), strict=True):
        table += [heatmap.end_claim(log2_c, *grid, side, f"dimension {dimension}: ") for side in ("left", "right")]
    for name, gain in gains(result).items():
        over = GAINS[name].format(low=log2_c[0], high=log2_c[-1])
        each = "; ".join(_gain_in_words(dimension, row) for dimension, row in zip(dimensions, gain, strict=True))
        growth = statistics.interval(100 * (gain[-1] - gain[0]), cross_fitted=True)
        statement = f"the gain of the best c over {over} grows from dimension {dimensions[0]} to {dimensions[-1]}"
        table.append(above(f"grows-{name}", statement, "[P] science.md#images", growth, unit="points", detail=each))
    return table


def _gain_in_words(dimension, gain):
    if not np.isfinite(gain).all():
        return f"{dimension}: no rate brought every seed to the target"
    return f"{dimension}: {Measured.of(statistics.interval(100 * gain, cross_fitted=True), 'points').words}"


@plotting.styled
def plot(result):
    """Accuracy against c at each dimension, and the gains of the best c."""
    figure, (left, right) = plotting.subplots(1, 2, size=(12.0, 4.8))
    log2_c, dimensions = result.arrays["log2_c"], result.params["dimensions"]
    for colour, dimension, curve in zip(plotting.CYCLE, dimensions, curves(result), strict=False):
        mean, half = 100 * curve.mean(axis=0), 100 * np.array([statistics.interval(column).half for column in curve.T])
        left.fill_between(log2_c, mean - half, mean + half, color=colour, alpha=0.15, lw=0)
        left.plot(log2_c, mean, "o-", color=colour, label=f"dimension {dimension}")
        if np.isfinite(mean).any():
            k = int(np.nanargmax(mean))
            left.plot(log2_c[k], mean[k], "*", ms=16, color=colour, mec="white", mew=0.8)
    left.set_xticks(log2_c, [f"$2^{{{k:g}}}$" for k in log2_c])
    left.set_xlabel("output multiplier c")
    left.set_ylabel("peak test accuracy (%)")
    left.set_title("Accuracy at the best learning rate, 95% intervals")
    left.legend()
    low, high = log2_c[0], log2_c[-1]
    names = {
        "left": f"over $2^{{{low:g}}}$, large FLS",
        "one": "over c = 1",
        "right": f"over $2^{{{high:g}}}$, small FLS",
    }
    colours = {"left": plotting.OVER_ALIGNMENT, "one": plotting.GREY, "right": plotting.OVER_FITTING}
    for shift, (name, gain) in enumerate(gains(result).items()):
        found = [statistics.interval(row, cross_fitted=True) for row in 100 * gain]
        mean, half = [each.mean for each in found], [each.half for each in found]
        at = np.arange(len(dimensions)) + 0.08 * (shift - 1)
        right.errorbar(at, mean, half, fmt="o-", capsize=3, color=colours[name], label=names[name])
    right.axhline(0, color=plotting.INK, lw=0.8)
    right.set_xticks(range(len(dimensions)), dimensions)
    right.set_xlabel("effective dimension")
    right.set_ylabel("gain of the best c (points)")
    right.set_title("What the right c is worth, 95% intervals")
    right.legend()
    return figure
