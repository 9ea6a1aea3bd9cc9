"""The figure of the controls: a row per data set, a column per cause."""

import numpy as np

from fls_teach import plotting, statistics

TITLES = "Left side: answer the silent wedge", "Right side: take away f(0)", "What the twins do"
CLOSE_UP = -1.9
"""log2 of the alpha at which the close-up of the left side ends."""
LINES = {
    "network": {"color": plotting.NETWORK, "ls": "-", "marker": "o", "label": "network (twins)"},
    "answered": {"color": plotting.GREEN, "ls": "--", "marker": "s", "label": "the same, wedge answered"},
    "positive": {"color": plotting.BLUE, "ls": "-.", "marker": "^", "label": "$w^+$"},
    "linear": {"color": plotting.RED, "ls": ":", "marker": "v", "label": "$w^+ - w^-$"},
}
STARTS = {
    "plain": {"color": plotting.NETWORK, "ls": "-", "marker": "o", "label": "plain start: f(0) ≠ 0"},
    "twins": {"color": plotting.PURPLE, "ls": "--", "marker": "D", "label": "twins: f(0) = 0"},
    "centred": {"color": plotting.ORANGE, "ls": ":", "marker": "s", "label": "f − f(0) trained"},
}
SIDE_VIEWS = {
    "silent": ("silent mass", {"color": plotting.GREEN, "ls": "--", "marker": "s"}),
    "movement": ("turn of the neurons", {"color": plotting.BLUE, "ls": "-", "marker": "o"}),
    "correlation": ("1 − correlation with\nthe kernel machine", {"color": plotting.RED, "ls": ":", "marker": "v"}),
}


@plotting.styled
def plot(result):
    """Plot a close-up of the left side, the whole U from three starts, and three properties of the networks."""
    from matplotlib.ticker import MultipleLocator

    names = result.params["data"]
    size = (12.5, 1.2 + 2.9 * len(names))
    figure, axes = plotting.subplots(len(names), 3, size=size, squeeze=False, sharex="col")
    for row, name in zip(axes, names, strict=True):
        setting = result.metadata["settings"][name]
        _left(row[0], result, name)
        _right(row[1], result, name)
        _views(row[2], result, name, labelled=name == names[0])
        sizes = f"d = {setting['n_features']}, n = {setting['n_samples']}, κ = {setting['kappa']:g}"
        row[0].set_ylabel(f"{setting['title']}\n{sizes}\n\nchange from best α")
        row[1].set_ylabel("test error")
    for axis, title in zip(axes[0], TITLES, strict=True):
        axis.set_title(title)
    axes[0, 0].legend(loc="upper left", handlelength=3.2, fontsize=9.5, borderaxespad=0.2)
    axes[0, 1].legend(loc="upper left", handlelength=3.2, fontsize=9.5, borderaxespad=0.2)
    for axis in axes.flat:
        axis.xaxis.set_major_locator(MultipleLocator(2))
        axis.xaxis.set_major_formatter(lambda k, _: f"$2^{{{k:g}}}$")
    for axis in axes[-1]:
        axis.set_xlabel("← large FLS      α      small FLS →")
    return figure


def _left(axis, result, name):
    """Plot relative changes of twins from their best alpha, paired, with their intervals."""
    at = result.arrays["log2_alpha"]
    shown = at <= CLOSE_UP
    network = result.arrays[f"{name}_twins_network"]
    best = int(network.mean(axis=0).argmin())
    axis.axhline(0, color=plotting.GREY, lw=1.0)
    axis.axvline(at[best], color=plotting.RED, lw=1.0, ls=(0, (4, 3)))
    for key, style in LINES.items():
        values = result.arrays.get(f"{name}_twins_{key}")
        if values is None:
            continue
        change = (values - values[:, [best]])[:, shown] / network[:, best].mean()
        found = [statistics.interval(column) for column in change.T]
        low, high = ([getattr(each, end) for each in found] for end in ("low", "high"))
        axis.fill_between(at[shown], low, high, color=style["color"], alpha=0.13, lw=0)
        axis.plot(at[shown], [each.mean for each in found], **style, ms=4)
    axis.set_ylim(-0.12, 0.56)
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:+.0%}" if abs(value) > 1e-9 else "0")
    _say(axis, "best α", (at[best], -0.12), (4, 4), color=plotting.RED, fontsize=9.5)
    if name == "xor":
        _say(axis, "$w^+$, $w^+ - w^-$:\nlinear, so they err\non half of XOR", (at[0], 0.36), fontsize=9.5)


def _right(axis, result, name):
    """Plot the network's error from each start over the whole range."""
    at = result.arrays["log2_alpha"]
    floor = result.metadata["bayes"][name]
    axis.axhline(floor, color=plotting.GREY, lw=1.2)
    _say(axis, "Bayes error", (at[0], floor), (0, 3), color=plotting.GREY, fontsize=9.5)
    means = {start: result.arrays[f"{name}_{start}_network"].mean(axis=0) for start in STARTS}
    for start, style in STARTS.items():
        axis.plot(at, means[start], **style, ms=4)
    axis.set_yscale("log")
    ticks = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
    axis.set_yticks(ticks, [f"{100 * tick:g}%" for tick in ticks])
    axis.set_yticks([], minor=True)
    axis.set_ylim(0.004, 0.7)


def _views(axis, result, name, labelled):
    """Plot silent mass, movement, and distance from the kernel machine, for twins."""
    at = result.arrays["log2_alpha"]
    places = {"silent": (at[0], 0.0015), "movement": (at[0], 1.8), "correlation": (at[0], 0.05)}
    for key, (words, style) in SIDE_VIEWS.items():
        mean = result.arrays[f"{name}_twins_{key}"].mean(axis=0)
        shown = 1 - mean if key == "correlation" else mean
        axis.plot(at, np.where(shown > 1e-6, shown, np.nan), **style, ms=4)
        if labelled:
            _say(axis, words, places[key], color=style["color"], fontsize=9.5)
    axis.set_yscale("log")
    axis.set_ylim(5e-6, 6)


def _say(axis, words, at, offset=(0, 0), **style_of_text):
    axis.annotate(words, at, offset, "data", "offset points", **style_of_text)
