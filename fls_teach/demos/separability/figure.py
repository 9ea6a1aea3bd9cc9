"""The figure of separability: the U at the ends of lambda, its rises against lambda, and the U on other data."""

import numpy as np

from fls_teach import plotting, statistics

from .claims import Rises

LINES = {
    "plain_network": (plotting.NETWORK, "-", "o", "network"),
    "plain_answered": (plotting.GREEN, "--", "s", "wedge answered"),
    "plain_positive": (plotting.BLUE, "-.", "^", "$w^+$"),
    "twins_network": (plotting.PURPLE, "--", "D", "twins: f(0) = 0"),
}
DATA = {
    "strong": "Strong noise across the signal",
    "tilted": "Strong noise, tilted",
    "overlap": "Overlap: κ/σ = 1",
    "xor": "XOR",
}


@plotting.styled
def plot(result):
    """Plot bins of lambda above, other data below; all curves are relative to the plain network's best error."""
    figure, axes = plotting.subplots(2, 4, size=(14.5, 7.4))
    rises = Rises(result)
    for axis, name in zip([*axes[0, :2], *axes[1]], (rises.bins[-1], rises.bins[0], *DATA), strict=True):
        _curves(axis, result, name)
        axis.set_title(DATA.get(name, rises.titles[name]))
    axes[0, 0].legend(loc="upper left", fontsize=9, handlelength=2.6)
    for axis in axes[:, 0]:
        axis.set_ylabel("error / error at the best α")
    for axis in axes[1]:
        axis.set_xlabel("← large FLS      α      small FLS →")
    at = rises.of_bins("lambda").mean(axis=1)
    _rises(axes[0, 2], rises, at, 0, ("plain_network", "plain_answered", "plain_positive"))
    axes[0, 2].set_title(f"Left: rise to {_power(rises.low)}")
    _rises(axes[0, 3], rises, at, -1, ("plain_network", "twins_network"))
    axes[0, 3].set_title(f"Right: rise to {_power(rises.high)}")
    return figure


def _curves(axis, result, name):
    """Plot means over seeds, divided by that of the plain network at its best alpha."""
    a, at = result.arrays, result.arrays["log2_alpha"]
    best = a[f"{name}_plain_network"].mean(axis=0).min()
    axis.axhline(1, color=plotting.GREY, lw=1.0)
    for key, (colour, style, marker, words) in LINES.items():
        if key != "plain_positive":
            curve = a[f"{name}_{key}"].mean(axis=0) / best
            axis.plot(at, curve, color=colour, ls=style, marker=marker, ms=4, label=words)
    end = a[f"{name}_plain_network"].mean(axis=0)[-1]
    lam = a[f"{name}_lambda"].mean()
    words = f"mean λ = {lam:+.2f}\nbest error {best:.1%}\nnetwork at {_power(f'2^{at[-1]:g}')}: {end:.0%}"
    axis.annotate(words, (0.03, 0.03), xycoords="axes fraction", fontsize=9.5)
    axis.set_ylim(0.72, 1.9)
    axis.set_xticks(np.arange(3 * np.ceil(at[0] / 3), at[-1] + 1, 3))
    axis.xaxis.set_major_formatter(lambda k, _: f"$2^{{{k:g}}}$")


def _rises(axis, rises, at, end, keys):
    """Plot means over the data sets of each bin, with their intervals."""
    axis.axhline(0, color=plotting.GREY, lw=1.0)
    for k, key in enumerate(keys):
        start, quantity = key.split("_")
        colour, style, marker, words = LINES[key]
        found = [statistics.interval(row, True) for row in rises.in_bins(end, quantity, start=start)]
        means, halves = np.array([each.mean for each in found]), [each.half for each in found]
        shift = 0.008 * (k - 1)
        axis.errorbar(at + shift, means, halves, color=colour, ls=style, marker=marker, ms=5, capsize=3, label=words)
    axis.set_ylim(bottom=min(0, axis.get_ylim()[0]), top=1.35 * axis.get_ylim()[1])
    axis.legend(loc="upper right", fontsize=9, handlelength=3)
    axis.yaxis.set_major_formatter(lambda value, _: f"{100 * value:+.{1 if end == 0 else 0}f}%" if value else "0")
    axis.set_xlabel("mean λ of the bin")


def _power(words):
    base, _, exponent = words.partition("^")
    return f"${base}^{{{exponent}}}$"
