"""The figure of the dimension demo."""

import numpy as np

from fls_teach import plotting, statistics
from fls_teach.demos.heatmap.run import NETS

from .claims import ENDS, gains
from .run import NOISES

TITLES = {"plain": "Noise of standard deviation 1", "scaled": "Noise of one energy"}


@plotting.styled
def plot(result):
    """Plot accuracy against c at each dimension, for both noises, and the gains of the best c over both ends."""
    figure, axes = plotting.subplots(2, 2, size=(12.0, 9.0))
    a, dimensions = result.arrays, result.params["dimensions"]
    for i, (axis, noise) in enumerate(zip(axes[0], NOISES, strict=True)):
        for d, dimension in enumerate(dimensions):
            colour = plotting.CYCLE[d % len(plotting.CYCLE)]
            for j, style in enumerate(("o-", "s--")):
                grid = a["peak"][d, i, j], a["status"][d, i, j] == "reached"
                curve = 100 * statistics.at_best_rate(*grid)[0]
                half = [statistics.interval(column).half for column in curve.T]
                label = f"dimension {dimension} (TwoNN {a['two_nn'][d, i]:.0f})" if j == 0 else None
                axis.errorbar(a["log2_c"], curve.mean(axis=0), half, fmt=style, color=colour, capsize=3, label=label)
        axis.set_xticks(a["log2_c"], [f"$2^{{{k:g}}}$" for k in a["log2_c"]])
        axis.set_xlabel("output multiplier c")
        axis.set_ylabel("peak test accuracy (%)")
        axis.set_title(f"{TITLES[noise]}; dashed: f - f(0)")
        axis.legend()
    for axis, side in zip(axes[1], ENDS, strict=True):
        looks = [(noise, net) for noise in NOISES for net in NETS]
        for n, (noise, net) in enumerate(looks):
            found = [statistics.interval(row, cross_fitted=True) for row in 100 * gains(result, noise, net, side)]
            at = np.arange(len(dimensions)) + 0.08 * (n - 1.5)
            style, colour = "o-" if net == "plain" else "s--", plotting.CYCLE[NOISES.index(noise)]
            label = f"{noise} noise, {net} network"
            mean, half = [each.mean for each in found], [each.half for each in found]
            axis.errorbar(at, mean, half, fmt=style, color=colour, capsize=3, label=label)
        axis.axhline(0, color=plotting.INK, lw=0.8)
        axis.set_xticks(range(len(dimensions)), dimensions)
        axis.set_xlabel("free coordinates of the noise")
        axis.set_ylabel("gain of the best c (points)")
        axis.set_title(f"Over $c = 2^{{{a['log2_c'][ENDS[side]]:g}}}$, 95% intervals")
        low, high = axis.get_ylim()
        axis.set_ylim(low, high + 0.35 * (high - low))  # room for the legend, above every interval
        axis.legend(loc="upper left")
    return figure
