"""The figure of noise: the U at the stop with each addition, and the unlearning of f(0) by further training."""

import numpy as np

from fls_teach import plotting, statistics

from .run import DATA, LONG

STYLES = {
    "none": (plotting.INK, "o", "-", "nothing added"),
    "batch": (plotting.BLUE, "s", "--", "one example per step"),
    "decay": (plotting.GREEN, "^", "-.", "weight decay"),
    "noise": (plotting.RED, "v", ":", "input noise"),
}


@plotting.styled
def plot(result):
    """Plot a row per set of data: errors at the stop, a close-up of the left side, and f(0) in further training."""
    figure, axes = plotting.subplots(2, 3, size=(14.0, 8.4), width_ratios=(1.15, 1, 0.9))
    for row, name in zip(axes, DATA, strict=True):
        _whole(row[0], result, name)
        _close_up(row[1], result, name)
        _long(row[2], result, name)
        title = result.metadata["settings"][name]["title"]
        row[0].set_ylabel(f"{title}\n\ntest error at the stop")
    end = result.arrays["log2_alpha"][-1]
    axes[0, 0].set_title("The right side at the stop")
    axes[0, 1].set_title("The left side, f(0) = 0")
    axes[0, 2].set_title(f"Training on, plain start, $α = 2^{{{end:g}}}$")
    for axis in axes[:, :2].flat:
        axis.xaxis.set_major_formatter(lambda k, _: f"$2^{{{k:g}}}$")
    for axis in axes[1, :2]:
        axis.set_xlabel("← large FLS      α      small FLS →")
    return figure


def _whole(axis, result, name):
    """Plot errors: plain starts in colour, twins as thin lines."""
    at = result.arrays["log2_alpha"]
    for condition, (colour, marker, style, words) in STYLES.items():
        _band(axis, at, result.arrays[f"{name}_plain_{condition}_network"], colour, marker, style, words)
        twins = result.arrays[f"{name}_twins_{condition}_network"].mean(axis=0)
        axis.plot(at, twins, color=colour, ls=style, lw=1.0, marker=marker, ms=3, mfc="white")
    axis.set_yscale("log")
    ticks = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
    axis.set_yticks(ticks, [f"{100 * tick:g}%" for tick in ticks])
    axis.set_yticks([], minor=True)
    axis.set_ylim(0.01, 0.6)
    if name == "separable":
        axis.legend(loc="upper left", title="plain start; thin: f(0) = 0", title_fontsize=10, handlelength=3)


def _close_up(axis, result, name):
    """Plot the left side up to 2^-2 on a linear scale; on separable data also the silent mass."""
    at = result.arrays["log2_alpha"]
    shown = at <= -2
    for condition, (colour, marker, style, words) in STYLES.items():
        error = result.arrays[f"{name}_twins_{condition}_network"][:, shown]
        axis.plot(at[shown], error.mean(axis=0), color=colour, ls=style, marker=marker, label=words)
        silent = result.arrays[f"{name}_twins_{condition}_silent"][:, shown]
        if name == "separable":
            axis.plot(at[shown], silent.mean(axis=0), color=colour, ls=style, marker=marker, ms=3, lw=1.0, mfc="white")
    if name == "separable":
        axis.text(at[0], axis.get_ylim()[0] + 0.0008, "thin: silent mass")
    axis.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g}%")


def _long(axis, result, name):
    """Plot errors at the stop, after further training, of twins and at the best alpha; write the share of f(0)."""
    a, time = result.arrays, result.params["long_time"]
    cases = [("none", f"{name}_plain_none", "at the stop")]
    cases += [(each, f"{name}_long_{each}", f"on to {time:g}: {STYLES[each][3]}") for each in LONG]
    for place, (condition, key, words) in enumerate(cases):
        values = a[f"{key}_network"]
        found = statistics.interval(values[:, -1] if values.ndim == 2 else values)
        axis.barh(place, found.mean, color=STYLES[condition][0], alpha=0.45 if place else 0.9, height=0.42)
        axis.errorbar(found.mean, place, xerr=found.half, color=plotting.INK, capsize=3, lw=1.2)
        axis.text(0, place - 0.27, f"{words}; {a[f'{key}_kept'].mean():.0%} of f(0) left", va="bottom", fontsize=10)
    twins = a[f"{name}_twins_none_network"].mean(axis=0)
    for error, style, words in ((twins[-1], "--", "f(0) = 0\nat the stop"), (twins.min(), ":", "best α")):
        axis.axvline(error, color=plotting.PURPLE, ls=style, lw=1.2)
        if twins[-1] - twins.min() > 0.02 or style == "--":
            axis.text(error + 0.004, 4.05, words, color=plotting.PURPLE, fontsize=9.5, va="bottom", ha="left")
    axis.set_ylim(4.1, -0.6)
    axis.set_yticks([])
    axis.set_xlim(0, 0.42)
    axis.grid(axis="y", visible=False)
    axis.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
    if name == "xor":
        axis.set_xlabel("test error")


def _band(axis, at, values, colour, marker, style, words):
    found = [statistics.interval(column) for column in values.T]
    low, high = (np.array([getattr(each, end) for each in found]) for end in ("low", "high"))
    axis.fill_between(at, low, high, color=colour, alpha=0.1, lw=0)
    axis.plot(at, [each.mean for each in found], color=colour, ls=style, marker=marker, label=words)
