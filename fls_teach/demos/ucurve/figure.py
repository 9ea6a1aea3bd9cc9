"""The figure of the U-curve: the whole U with and without f(0), a close-up of its left branch, the parts of E(w^+)."""

import numpy as np

from fls_teach import plotting, statistics

TITLES = "The right side is f(0)", "The left side is mostly the silent wedge", "What $E(w^+)$ is made of"
CLOSE_UP = -1.9
"""log2 of the alpha at which the close-up of the left branch ends, a little beyond the optimum."""
STYLES = {
    "network": {"color": plotting.NETWORK, "ls": "-", "marker": "o", "label": "network"},
    "answered": {"color": plotting.GREEN, "ls": "--", "marker": "s", "label": "network, wedge answered"},
    "positive": {"color": plotting.BLUE, "ls": "-.", "marker": "^", "label": "$w^+$  (OA + OF)"},
    "linear": {"color": plotting.RED, "ls": ":", "marker": "v", "label": "$w^+ - w^-$"},
}


@plotting.styled
def plot(result):
    """Plot a row per data set and a column per question; all rows of a column have the same scale."""
    names = list(result.metadata["data"])
    figure, axes = plotting.subplots(len(names), 3, size=(13.5, 7.6), squeeze=False, sharey="col", sharex="col")
    for row, name in zip(axes, names, strict=True):
        for axis, draw in zip(row, (_whole, _close_up, _parts), strict=True):
            draw(axis, result, name)
        setting = result.metadata["data"][name]
        title = "separable" if setting["separable"] else "hard (not separable)"
        sizes = f"d = {setting['n_features']}, n = {setting['n_samples']}, κ = {setting['kappa']:g}"
        row[0].set_ylabel(f"{title}\n{sizes}\n\nerror", fontweight="normal")
        row[1].set_ylabel("error − error at the best α")
    for axis, title in zip(axes[0], TITLES, strict=True):
        axis.set_title(title)
    for axis in axes.flat:
        axis.xaxis.set_major_formatter(lambda k, _: f"$2^{{{k:g}}}$")
    for axis in axes[-1]:
        axis.set_xlabel("← large FLS      α      small FLS →")
    return figure


def _whole(axis, result, name):
    """Plot the network's error from both starts, and the range of the theorem."""
    a, at = result.arrays, result.arrays["log2_alpha"]
    limit = float(np.median(a[f"{name}_log2_range"]))
    axis.axvspan(at[0], limit, color=plotting.YELLOW, alpha=0.35, lw=0)
    _say(axis, "ζ > 0: the\ntheorem speaks", (at[0], 0.5), (4, 0), va="top", fontsize=9)
    floor = result.metadata["bayes"][name]
    axis.axhline(floor, color=plotting.GREY, lw=1.2)
    _say(axis, "Bayes error E*", (at[-1], floor), (-2, -4), ha="right", va="top", color=plotting.GREY, fontsize=9)
    plain, twins = (a[f"{name}_{key}"].mean(axis=0) for key in ("network", "twins_network"))
    axis.plot(at, plain, **_style("network"))
    axis.plot(at, twins, color=plotting.PURPLE, ls="--", marker="D", ms=4)
    best = int(plain.argmin())
    axis.plot(at[best], plain[best], "*", ms=17, color=plotting.RED, mec="white", mew=0.8, zorder=5)
    drop = f"best $2^{{{at[best]:g}}}$: {1 - plain[best] / plain[0]:.0%} less\nthan at $2^{{{at[0]:g}}}$"
    _say(axis, drop, (at[best], plain[best]), (-8, 22), ha="right", color=plotting.RED, fontsize=9.5)
    _say(axis, "network", (at[-1], plain[-1]), (-2, 7), ha="right")
    _say(axis, "twins: f(0) = 0", (at[-1], twins[-1]), (-2, -8), ha="right", va="top", color=plotting.PURPLE)
    axis.set_yscale("log")
    _percent(axis, (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5))
    axis.set_ylim(0.004, 0.62)
    axis.set_xlim(at[0] - 0.3, at[-1] + 0.3)


def _close_up(axis, result, name):
    """Plot paired differences from the network's best alpha, with their intervals."""
    a, at = result.arrays, result.arrays["log2_alpha"]
    shown = at <= CLOSE_UP
    best = int(a[f"{name}_network"].mean(axis=0).argmin())
    axis.axhline(0, color=plotting.GREY, lw=1.0)
    for key in STYLES:
        rise = a[f"{name}_{key}"] - a[f"{name}_{key}"][:, [best]]
        found = [statistics.interval(column) for column in rise[:, shown].T]
        low, high = ([getattr(each, end) for each in found] for end in ("low", "high"))
        axis.fill_between(at[shown], low, high, color=STYLES[key]["color"], alpha=0.13, lw=0)
        axis.plot(at[shown], [each.mean for each in found], **_style(key), label=STYLES[key]["label"])
    axis.axvline(at[best], color=plotting.RED, lw=1.0, ls=(0, (4, 3)))
    _say(
        axis, "best α of\nthe network", (at[best], 0), (-6, -12), ha="right", va="top", color=plotting.RED, fontsize=9.5
    )
    if name == list(result.metadata["data"])[0]:
        axis.legend(loc="upper left", handlelength=3.2)
    axis.yaxis.set_major_formatter(lambda value, _: f"{100 * value:+.1f}%" if value else "0")
    axis.set_xlim(at[0] - 0.3, CLOSE_UP + 0.1)


def _parts(axis, result, name):
    """Plot OA and OF, both on the scale of errors."""
    a, at = result.arrays, result.arrays["log2_alpha"]
    oa, of = (a[f"{name}_{key}"].mean(axis=0) for key in ("over_alignment", "over_fitting"))
    total = oa + of
    lowest = 3e-4
    for part, colour, style, words, place in (
        (oa, plotting.OVER_ALIGNMENT, "-", "over-alignment OA", (-2.3, 8e-4)),
        (of, plotting.OVER_FITTING, "--", "over-fitting\nOF", (at[-1], 0.012)),
    ):
        axis.plot(at, np.where(part > 0, part, np.nan), color=colour, ls=style, marker="o", ms=4, lw=2.2)
        _say(axis, words, place, ha="right", color=colour, fontweight="bold")
    best = int(total.argmin())
    axis.plot(at, total, color=plotting.INK, lw=1.2)
    axis.plot(at[best], total[best], "o", ms=9, mfc="white", mec=plotting.INK, mew=1.6, zorder=5)
    _say(axis, f"OA + OF,\nleast at $2^{{{at[best]:g}}}$", (at[best], total[best]), (-10, 12), ha="right", fontsize=9.5)
    axis.set_yscale("log")
    _percent(axis, (0.001, 0.01, 0.1))
    axis.set_ylim(lowest, 0.62)
    axis.set_xlim(at[0] - 0.3, at[-1] + 0.3)


def _style(key):
    return {**{k: v for k, v in STYLES[key].items() if k != "label"}, "ms": 4}


def _say(axis, words, at, offset=(0, 0), **style_of_text):
    axis.annotate(words, at, offset, "data", "offset points", **style_of_text)


def _percent(axis, ticks):
    axis.set_yticks(ticks, [f"{100 * tick:g}%" for tick in ticks])
    axis.set_yticks([], minor=True)
