"""The figure of the stopping demo."""

import numpy as np

from fls_teach import plotting, statistics
from fls_teach.demos.heatmap.run import NETS

from .rules import RULES, by_rule, stops

LOOKS = ((plotting.INK, "o", "-"), (plotting.RED, "s", "--"), (plotting.BLUE, "^", "-."))
"""Colour, marker and line of each of `RULES`."""


@plotting.styled
def plot(result):
    """Plot accuracy at the stop against c for the three rules, and the epoch at which each of them stops."""
    figure, axes = plotting.subplots(2, 2, size=(12.0, 9.0))
    for net, (name, row) in enumerate(zip(NETS, axes, strict=True)):
        _row(result, net, row, "f" if name == "plain" else "f - f(0)")
    return figure


def _row(result, net, axes, trained):
    left, right = axes
    log2_c = result.arrays["log2_c"]
    # Shifted sideways, because three overlapping bands could not be distinguished.
    shifts = 0.06 * np.diff(log2_c).min(initial=9.0) * np.array([-1, 0, 1])
    for look, shift, (rule, curve) in zip(LOOKS, shifts, by_rule(result, net).items(), strict=True):
        colour, marker, style = look
        mean, half = 100 * curve.mean(axis=0), 100 * np.array([statistics.interval(column).half for column in curve.T])
        left.errorbar(log2_c + shift, mean, half, fmt=style, marker=marker, color=colour, capsize=3, label=RULES[rule])
        if np.isfinite(mean).any():
            k = int(np.nanargmax(mean))
            left.plot(log2_c[k] + shift, mean[k], marker, ms=13, mfc="none", mec=colour, mew=1.8)
        epochs = stops(result)[rule][net]
        first = np.where(epochs >= 0, epochs, np.nan)
        middle = np.array([np.median(column[np.isfinite(column)]) if np.isfinite(column).any() else np.nan
                           for column in np.moveaxis(first, 1, 0)])  # fmt: skip
        right.plot(log2_c, middle, style, marker=marker, color=colour, label=RULES[rule])
    for axis in axes:
        axis.set_xticks(log2_c, [f"$2^{{{k:g}}}$" for k in log2_c])
        axis.set_xlabel("output multiplier c")
        axis.legend()
    left.set_ylabel("test accuracy at the stop (%)")
    left.set_title(f"{trained} trained, 95% intervals; ringed: best c")
    right.set_ylabel("epoch of the stop (median)")
    right.set_title("When they stop")
