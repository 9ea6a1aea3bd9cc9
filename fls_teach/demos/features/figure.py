"""The figure of features: the gain of the best alpha over either end, against d, kappa/sigma and K."""

import numpy as np

from fls_teach import plotting, statistics

from .claims import LEFT, RIGHT, Gains

COLUMNS = {
    "dimension d": {
        "linear_d": (plotting.BLUE, "-", "o", "linear target, n = 10"),
        "linear_d_n": (plotting.BLUE, "--", "s", "linear target, n = d/2"),
        "xor_d": (plotting.RED, "-", "^", "XOR, n = 40"),
        "xor_d_n": (plotting.RED, "--", "v", "XOR, n = 2 d"),
    },
    "κ/σ": {
        "linear_snr": (plotting.BLUE, "-", "o", "linear target, n = 10"),
        "xor_snr": (plotting.RED, "-", "^", "XOR, n = 40"),
    },
    "informative directions K": {"classes_k": (plotting.GREEN, "-", "D", "K classes, n = 4 K")},
}

TOP = 0.022
"""Upper end of the axis in the row of gains over the smallest alpha; larger values are written at the edge."""


@plotting.styled
def plot(result):
    """Plot a row for each end of alpha, with one scale, and a column for each sweep; curves are for f(0) = 0."""
    figure, axes = plotting.subplots(2, 3, size=(13.0, 7.6), sharey="row", sharex="col")
    gains = Gains(result)
    for row, end, against in zip(axes, (LEFT, RIGHT), (gains.low, gains.high), strict=True):
        for axis, (quantity, lines) in zip(row, COLUMNS.items(), strict=True):
            for sweep, style in lines.items():
                _line(axis, gains, sweep, end, *style)
            axis.axhline(0, color=plotting.GREY, lw=1.0)
            axis.set_xscale("log" if quantity == "dimension d" else "linear")
            every = sorted({value for sweep in lines for value, _ in gains.sweeps[sweep]})
            axis.set_xticks(every, [f"{value:g}" for value in every])
            axis.set_xticks([], minor=True)
            if end == RIGHT:
                axis.set_xlabel(quantity)
                _plain(axis, gains, [sweep for sweep in lines if sweep in ("linear_d", "xor_d", "classes_k")])
        base, _, exponent = against.partition("^")
        row[0].set_ylabel(f"error at ${base}^{{{exponent}}}$ − error at the best α")
        row[0].yaxis.set_major_formatter(lambda value, _: f"{100 * value:+.3g}%" if value else "0")
    for axis, words in zip(axes[0], ("More dimensions", "Less noise", "More informative directions"), strict=True):
        axis.set_title(words)
    # The legend of the first panel, which has no room for it; colours and markers are the same in the second.
    axes[0, 1].legend(*axes[0, 0].get_legend_handles_labels(), loc="upper left", fontsize=9.5, handlelength=3)
    axes[0, 2].legend(loc="upper left", fontsize=9.5, handlelength=3)
    axes[1, 0].set_ylim(top=1.25 * axes[1, 0].get_ylim()[1])
    axes[0, 0].set_ylim(top=TOP)
    return figure


def _line(axis, gains, sweep, end, colour, style, marker, words):
    at = np.array([value for value, _ in gains.sweeps[sweep]], dtype=float)
    found = [statistics.interval(gains.gain(sweep, k, end)[0], True) for k in range(len(at))]
    halves = [each.half for each in found]
    for x, each in zip(at, found, strict=True):
        if end == LEFT and each.mean > TOP:
            words_above = f"↑ {100 * each.mean:.1f}%"
            axis.annotate(words_above, (x, TOP), (3, -3), "data", "offset points", va="top", color=colour, fontsize=9.5)
    axis.errorbar(at, [e.mean for e in found], halves, color=colour, ls=style, marker=marker, capsize=3, label=words)


def _plain(axis, gains, sweeps):
    """Write the gain over the last alpha from a plain start as text: on the axis it would dwarf the others."""
    names = {"linear_d": "linear", "xor_d": "XOR", "classes_k": "plain start, f(0) ≠ 0"}
    lines = []
    for sweep in sweeps:
        ends = [gains.gain(sweep, k, RIGHT, "plain")[0].mean() for k in (0, -1)]
        lines.append(f"{names[sweep]}: {ends[0]:.0%} → {ends[1]:.0%}")
    if len(lines) > 1:
        lines.insert(0, "plain start, f(0) ≠ 0")
    axis.annotate("\n".join(lines), (0.03, 0.97), xycoords="axes fraction", va="top", fontsize=9.5)
