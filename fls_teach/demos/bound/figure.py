"""The figure of the bounds: measured OF below its bounds on each set of data, and the network's error."""

import numpy as np

from fls_teach import plotting, statistics

from .run import DATA

BOUNDS = {
    "growth": (plotting.GREEN, "-.", "v", "from data and start alone"),
    "phases": (plotting.RED, "--", "s", "two phases, to the stop (× silent)"),
    "inherited": (plotting.PURPLE, ":", "D", "two phases, if Phase 2\nkept the direction"),
    "cone": (plotting.SKY, "-", "^", "from the measured Ψ"),
}
NETWORK = {
    "over_fitting": (plotting.OVER_FITTING, "-", "o", "OF"),
    "positive": (plotting.BLUE, "-.", "^", "$E(w^+)$"),
    "network": (plotting.NETWORK, "-", "o", "network"),
    "answered": (plotting.GREEN, "--", "s", "network, wedge answered"),
    "linear": (plotting.RED, ":", "v", "$E(w^+ - w^-)$"),
}


@plotting.styled
def plot(result):
    """Plot OF and its bounds for both sets of data, and the errors of the network and of w^+ for twins."""
    figure, axes = plotting.subplots(1, 3, size=(15.5, 5.6), sharey=True, sharex=True)
    for axis, name in zip(axes, DATA, strict=False):
        _bounds(axis, result, name)
        axis.set_title(f"{name.capitalize()} data: OF and its bounds")
    for key, (colour, style, marker, words) in NETWORK.items():
        _band(axes[2], result, f"separable_twins_{key}", colour, style, marker, words)
    axes[2].set_title("Separable, twins: OF is not the network")
    axes[2].legend(loc="upper left", handlelength=3.2, fontsize=9.5)
    axes[0].set_ylabel("OF, and what bounds it")
    axes[2].set_ylabel("error, and OF")
    for axis in axes:
        axis.set_yscale("log")
        ticks = (0.001, 0.01, 0.1, 1)
        axis.set_yticks(ticks, [f"{100 * tick:g}%" for tick in ticks])
        axis.set_ylim(0.0008, 2)
        axis.xaxis.set_major_formatter(lambda k, _: f"$2^{{{k:g}}}$")
        axis.set_xlabel("← large FLS      α      small FLS →")
    return figure


def _bounds(axis, result, name):
    a, at = result.arrays, result.arrays["log2_alpha"]
    for key, (colour, style, marker, words) in BOUNDS.items():
        said = np.isfinite(a[f"{name}_{key}"]).mean(axis=0) >= 0.5
        if not said.any():  # for most hard data sets rho <= 0
            _say(axis, f"{words}: silent on most sets", (at[0], 1.05), (0, 0), colour)
            continue
        mean = np.nanmean(a[f"{name}_{key}"][:, said], axis=0)
        axis.plot(at[said], mean, color=colour, ls=style, marker=marker, ms=4)
        if key == "inherited":
            arrow = {"arrowstyle": "-", "color": colour, "lw": 0.8}
            place = (np.interp(-22, at[said], at[said]), np.exp(np.interp(-22, at[said], np.log(mean))))
            axis.annotate(words, place, (at[0], 0.15), color=colour, fontsize=10, arrowprops=arrow)
            continue
        under = key == "phases"
        place = -28 if key == "cone" else at[0]
        height = np.interp(place, at[said], mean)
        _say(axis, words, (place, height), (0, -5 if under else 5), colour, va="top" if under else "bottom")
        if not said.all():
            axis.plot(at[said][-1], mean[-1], marker="x", ms=10, mew=2.5, color=colour)
    _band(axis, result, f"{name}_over_fitting", *NETWORK["over_fitting"])
    measured = a[f"{name}_over_fitting"].mean(axis=0)
    _say(axis, "OF, measured", (-30, np.interp(-30, at, measured)), (0, -14), plotting.OVER_FITTING, va="top")


def _band(axis, result, key, colour, style, marker, words):
    at, values = result.arrays["log2_alpha"], result.arrays[key]
    found = [statistics.interval(column) for column in values.T]
    low, high = ([getattr(each, end) for each in found] for end in ("low", "high"))
    axis.fill_between(at, low, high, color=colour, alpha=0.15, lw=0)
    axis.plot(at, [each.mean for each in found], color=colour, ls=style, marker=marker, ms=4, label=words)


def _say(axis, words, at, offset, colour, **style):
    axis.annotate(words, at, offset, "data", "offset points", color=colour, fontsize=10, **style)
