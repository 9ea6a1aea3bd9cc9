"""The figure of confidence: confidence and accuracy, the best temperature, and what is left at that temperature."""

import numpy as np

from fls_teach import plotting, statistics

from .run import DATA


@plotting.styled
def plot(result):
    """Plot a row per set of data; dashed with hollow markers: plain start; solid: f(0) = 0."""
    figure, axes = plotting.subplots(2, 3, size=(13.0, 7.8), sharex=True, sharey="col")
    for row, name in zip(axes, DATA, strict=True):
        _confidence(row[0], result, name)
        _temperature(row[1], result, name)
        _loss(row[2], result, name)
        row[0].set_ylabel(f"{result.metadata['settings'][name]['title']}\n\nmean over test points")
        row[1].set_ylabel("best temperature T (median over seeds)")
        row[2].set_ylabel("nats above the exact posterior")
    for axis, title in zip(
        axes[0], ("Sure, and right", "How much too sure", "What a temperature cannot mend"), strict=True
    ):
        axis.set_title(title)
    for axis in axes.flat:
        axis.xaxis.set_major_formatter(lambda k, _: f"$2^{{{k:g}}}$")
    for axis in axes[-1]:
        axis.set_xlabel("← features learned      c      lazy →")
    return figure


def _curve(axis, result, key, plain=False, **style):
    found = [statistics.interval(column) for column in result.arrays[key].T]
    at = result.arrays["log2_c"]
    low, high = ([getattr(each, end) for each in found] for end in ("low", "high"))
    axis.fill_between(at, low, high, color=style["color"], alpha=0.12, lw=0)
    axis.plot(at, [each.mean for each in found], **style)


HOLLOW = {"ls": "--", "mfc": "white"}


def _confidence(axis, result, name):
    for start, style, words in (("twins", {}, "f(0) = 0"), ("plain", HOLLOW, "plain")):
        _curve(
            axis,
            result,
            f"{name}_{start}_accuracy",
            color=plotting.GREEN,
            marker="s",
            label=f"accuracy, {words}",
            **style,
        )
        _curve(
            axis,
            result,
            f"{name}_{start}_confidence",
            color=plotting.BLUE,
            marker="o",
            label=f"confidence, {words}",
            **style,
        )
    axis.set_ylim(0.5, 1.02)
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    if name == "separable":
        axis.legend(loc="lower left")


def _temperature(axis, result, name):
    at = result.arrays["log2_c"]
    for start, style, words in (("twins", {}, "f(0) = 0"), ("plain", HOLLOW, "plain")):
        for late, colour, marker, stop in (
            ("", plotting.ORANGE, "o", "first stop"),
            ("late_", plotting.RED, "^", "late stop"),
        ):
            T = np.median(result.arrays[f"{name}_{start}_{late}temperature"], axis=0)
            axis.plot(at, T, color=colour, marker=marker, label=f"{stop}, {words}", **style)
    axis.axhline(1, color=plotting.GREY, lw=1.2)
    axis.set_yscale("log")
    if name == "separable":
        for y, words, side in ((1.08, "over-confident ↑", "bottom"), (0.92, "under-confident ↓", "top")):
            axis.annotate(words, (at[0], y), color=plotting.GREY, va=side, fontsize=9.5)
        axis.legend(loc="upper left")


def _loss(axis, result, name):
    _curve(axis, result, f"{name}_twins_nll", color=plotting.BLUE, marker="o", label="f(0) = 0, as it stops")
    _curve(axis, result, f"{name}_twins_cooled", color=plotting.PURPLE, marker="D", label="f(0) = 0, at its best T")
    _curve(axis, result, f"{name}_plain_cooled", color=plotting.INK, marker="v", label="plain, at its best T", **HOLLOW)
    axis.set_yscale("log")
    axis.set_yticks((0.02, 0.05, 0.1, 0.2, 0.5), ["0.02", "0.05", "0.1", "0.2", "0.5"])
    axis.set_yticks([], minor=True)
    if name == "separable":
        axis.legend(loc="upper left")
