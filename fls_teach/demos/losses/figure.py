"""The figure of the losses: the U under each loss, alpha in units of the margin, and more classes."""

import numpy as np

from fls_teach import plotting, statistics

from .claims import margin
from .run import LOSSES

STYLES = {
    "logistic": (plotting.INK, "o", "logistic"),
    "exponential": (plotting.BLUE, "s", "exponential"),
    "squared": (plotting.RED, "^", "squared"),
    "squared_hinge": (plotting.ORANGE, "v", "squared hinge"),
}
NUMBERS = {
    "network": (plotting.INK, "-", "o", "network (silent nowhere)"),
    "positive": (plotting.BLUE, "-.", "^", "$w^+$"),
    "linear": (plotting.RED, ":", "v", "$w^+ - w^-$"),
}


@plotting.styled
def plot(result):
    """Plot a column per question: the place of the U on two sets of data, and the effect of more classes."""
    figure, axes = plotting.subplots(2, 3, size=(14.0, 8.4))
    for column, name in enumerate(("separable", "xor")):
        title = result.metadata["settings"][name]["title"]
        _curves(axes[0, column], result, name, rescaled=False)
        _curves(axes[1, column], result, name, rescaled=True)
        axes[0, column].set_title(title)
        axes[1, column].set_title("The same, α in units of the margin")
        axes[0, column].set_xlabel("← large FLS      α      small FLS →")
        axes[1, column].set_xlabel("α / √(mean margin at the stop)")
    _classes(axes[0, 2], result)
    _stops(axes[1, 2], result)
    axes[0, 2].set_xlabel("α")
    axes[1, 2].set_xlabel("α")
    for axis in axes.flat:
        axis.xaxis.set_major_formatter(lambda k, _: f"$2^{{{k:g}}}$")
    for axis in axes.flat[:-1]:
        axis.set_xlim(-12.5, 3.4)
        axis.set_xticks([-12, -9, -6, -3, 0, 3])
        axis.set_yscale("log")
        ticks = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
        axis.set_yticks(ticks, [f"{100 * tick:g}%" for tick in ticks])
        axis.set_yticks([], minor=True)
        axis.set_ylim(0.0095, 0.95)
    for axis in axes[:, 0]:
        axis.set_ylabel("test error")
    return figure


def _curves(axis, result, name, rescaled):
    """Plot errors: plain starts solid, twins dashed, a marker per loss."""
    for loss in LOSSES:
        colour, marker, words = STYLES[loss]
        at = result.arrays["log2_alpha"] - (np.log2(margin(result, name, loss).mean()) / 2 if rescaled else 0)
        for start, style in (("plain", "-"), ("twins", (0, (4, 2)))):
            values = result.arrays[f"{name}_{loss}_{start}_network"].mean(axis=0)
            label = words if start == "plain" else None
            axis.plot(at, values, color=colour, ls=style, marker=marker, ms=4.5, lw=1.5, label=label, mfc="white")
    if name == "separable" and not rescaled:
        axis.legend(loc="upper left", title="solid: plain start; dashed: f(0) = 0", title_fontsize=10)
    if name == "separable" and rescaled:
        axis.text(-12, 0.3, "right edges coincide;\nleft, every loss is silent\non a wedge", va="top")


def _classes(axis, result):
    at, a = result.arrays["log2_alpha"], result.arrays
    for key, (colour, style, marker, words) in NUMBERS.items():
        _band(axis, at, a[f"ten_classes_cross_entropy_twins_{key}"], colour, style, marker, words)
    if "ten_classes_cross_entropy_plain_network" in a:
        _band(axis, at, a["ten_classes_cross_entropy_plain_network"], plotting.GREY, "--", "s", "network, plain start")
    three = a["three_classes_cross_entropy_twins_network"]
    _band(axis, at, three, plotting.GREEN, "-", "D", "3 classes: network")
    axis.legend(loc="lower left", title="10 classes, f(0) = 0", title_fontsize=10)
    axis.set_title("Cross-entropy, 10 and 3 classes")


def _stops(axis, result):
    """Plot paired differences from the second alpha, only on the left side."""
    at, a = result.arrays["log2_alpha"], result.arrays
    shares, shown = result.metadata["share_left"], at <= -4
    axis.axhline(0, color=plotting.GREY, lw=1.0)
    for loss in ("logistic", "squared"):
        for name, style in (("xor", "-"), ("xor_late", (0, (1, 1.5)))):
            colour, marker, words = STYLES[loss]
            error = a[f"{name}_{loss}_twins_network"]
            label = f"{words}, stop at {shares[name]:.0%}"
            _band(axis, at[shown], (error - error[:, [1]])[:, shown], colour, style, marker, label)
    axis.legend(
        loc="lower left", title="XOR, f(0) = 0; stop as a share of\nthe silent network's risk", title_fontsize=10
    )
    axis.yaxis.set_major_formatter(lambda value, _: f"{100 * value:+.1f}%" if value else "0")
    axis.set_ylabel(f"error − error at $2^{{{at[1]:g}}}$")
    axis.set_ylim(-0.024, 0.022)
    axis.set_title("A later stop takes the left side away")


def _band(axis, at, values, colour, style, marker, words):
    found = [statistics.interval(column) for column in values.T]
    low, high = ([getattr(each, end) for each in found] for end in ("low", "high"))
    axis.fill_between(at, low, high, color=colour, alpha=0.12, lw=0)
    axis.plot(at, [each.mean for each in found], color=colour, ls=style, marker=marker, ms=4.5, label=words)
