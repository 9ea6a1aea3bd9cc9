"""The figure of the dimension demo."""

import numpy as np

from fls_teach import plotting, statistics

from .claims import curves, gains


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
