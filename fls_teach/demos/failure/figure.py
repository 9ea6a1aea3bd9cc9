"""The figure of the failures: runs that do not train, runs that fit but generalise badly, seeds that disagree."""

import numpy as np

from fls_teach import plotting, statistics

from .claims import best, spread, transition
from .run import DATA

WAYS = {
    "healthy": (plotting.INK, "-", "healthy: reaches its target"),
    "large": (plotting.RED, "-", "slow: α = $2^5$, f(0) to unlearn"),
    "small": (plotting.BLUE, "--", "slow: α = $2^{-24}$, barely begun"),
    "decay": (plotting.PURPLE, ":", "dead: shrunk to 0"),
    "behind": (plotting.ORANGE, "-.", "dead: active on no example"),
}
SPREADS = {
    ("plain", False): (plotting.INK, "-", "o", "plain, over data and starts"),
    ("plain", True): (plotting.RED, "-", "s", "plain, over starts on the same data"),
    ("twins", True): (plotting.BLUE, "--", "^", "twins, over starts on the same data"),
}

FLOOR = 1e-17
"""Value that is drawn in place of 0."""


@plotting.styled
def plot(result):
    """Plot a row per set of data: risk against steps, error against alpha, and its spread over seeds."""
    figure, axes = plotting.subplots(2, 3, size=(14.0, 8.0), sharey="col")
    for row, name in zip(axes, DATA, strict=True):
        _risks(row[0], result, name)
        _errors(row[1], result, name)
        _spreads(row[2], result, name)
        row[0].set_ylabel(f"{DATA[name].title}\n\ndistance of the risk from ln 2 (nats)")
        for axis in row[1:]:
            axis.xaxis.set_major_formatter(lambda k, _: f"$2^{{{k:g}}}$")
    axes[0, 0].set_title("Never trained: dead or slow")
    axes[0, 1].set_title("Fits the training set, errs on others")
    axes[0, 2].set_title("Seeds disagree")
    axes[1, 0].set_xlabel("step of gradient descent")
    for axis in axes[1, 1:]:
        axis.set_xlabel("initialisation scale α")
    return figure


def _risks(axis, result, name):
    """Plot the distance from the risk of a constant answer, which grows in a run that has barely begun, not if dead."""
    for way, (colour, style, words) in WAYS.items():
        curves = result.arrays.get(f"{name}_{way}_risks")
        if curves is not None:
            distance = np.maximum(np.abs(curves[:8] - np.log(2)), FLOOR)
            if way == "behind":  # it is dead from the first step, and remains so
                distance = np.where(np.isfinite(distance), distance, FLOOR)
            axis.plot(distance.T, color=colour, ls=style, lw=1)
            axis.plot([], [], color=colour, ls=style, label=words)
    axis.set_yscale("log")
    axis.set_ylim(FLOOR / 10, 1e18)
    axis.set_yticks([FLOOR, 1e-12, 1e-8, 1e-4, 1, 1e4], ["0", *(f"$10^{{{k}}}$" for k in (-12, -8, -4)), "1", "$10^4$"])
    if name == "separable":
        axis.legend(loc="upper left", fontsize=9.5)


def _errors(axis, result, name):
    """Plot a line for each training set, which makes the spread visible."""
    a, at = result.arrays, result.arrays["log2_alpha"]
    values = a[f"{name}_plain_network"][:, 0]
    axis.plot(at, values[:24].T, color=plotting.SKY, lw=0.7)
    axis.plot(at, values.mean(axis=0), "o-", color=plotting.INK, label="plain: 24 seeds, mean")
    axis.plot(
        at, a[f"{name}_twins_network"][:, 0].mean(axis=0), "^--", color=plotting.BLUE, label="twins, f(0) = 0: mean"
    )
    _marks(axis, result, name)
    axis.set_yscale("log")
    ticks = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
    axis.set_yticks(ticks, [f"{100 * tick:g}%" for tick in ticks])
    axis.set_yticks([], minor=True)
    axis.set_ylabel("test error")
    if name == "separable":
        axis.legend(loc="upper left", fontsize=9.5)


def _spreads(axis, result, name):
    at, n = result.arrays["log2_alpha"], result.params["n_seeds"]
    for (start, within), (colour, style, marker, words) in SPREADS.items():
        sd = spread(result, name, start, within)
        found = [statistics.bootstrap(lambda seeds, k=k, sd=sd: sd(seeds)[..., k], n, 500) for k in range(len(at))]
        axis.fill_between(at, [f.low for f in found], [f.high for f in found], color=colour, alpha=0.15, lw=0)
        axis.plot(at, [f.mean for f in found], color=colour, ls=style, marker=marker, ms=4, label=words)
    _marks(axis, result, name)
    axis.set_ylabel("sd of the log error")
    if name == "separable":
        axis.set_ylim(0, 0.75)
        axis.legend(loc="upper left", fontsize=9.5, frameon=True, edgecolor="white", framealpha=1)
    else:
        for k, words in ((best(result, name), "best α"), (transition(result, name), "1.5 × the\nbest error")):
            axis.annotate(words, (at[k], 0.72), (4, 0), "data", "offset points", fontsize=9.5, va="top")


def _marks(axis, result, name):
    """Mark where the mean error is smallest, and where it has grown by half."""
    for k, colour in ((best(result, name), plotting.GREY), (transition(result, name), plotting.RED)):
        axis.axvline(result.arrays["log2_alpha"][k], color=colour, lw=1.0, ls=(0, (4, 3)))
