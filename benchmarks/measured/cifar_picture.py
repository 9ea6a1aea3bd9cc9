"""The picture of benchmarks/results/cifar.csv."""

import numpy as np

from fls_teach import plotting
from fls_teach.statistics import interval

from .cifar_record import CHOOSER, Curve, judged_longer, peak, with_longer

APART = 0.24
"""Between intervals at one c, in factors of two: beside one another, none hides another."""


@plotting.styled
def figure(found):
    """Accuracy against c, plain and centred, a panel per network: those that other seeds judge, if there are any."""
    each = with_longer(found)
    judging = {key for key, (some, _) in each.items() if any(row["seed"] != CHOOSER for row in some)}
    each = {key: parts for key, parts in each.items() if key in judging or not judging}
    figure, axes = plotting.subplots(1, len(each), size=(6.5 * len(each), 4.8), squeeze=False)
    looks = ((plotting.INK, "o-", "f trained"), (plotting.OVER_FITTING, "s--", "f - f(0) trained"))
    for axis, (key, (some, longer)) in zip(axes[0], each.items(), strict=True):
        ticks = sorted({row["log2_c"] for row in some})
        for centred, (colour, style, label) in enumerate(looks):
            curve = Curve(some, centred)
            everywhere = all(curve.judged.get(c) for c in ticks)
            style = style if everywhere else style[0]  # no line over c at which only seed 0 was trained
            look = {"fmt": style, "color": colour, "label": f"{label}: the other seeds"}
            _errorbars(axis, curve.judged, (centred - 0.5) * APART, **look)
            if curve.chosen:
                chosen = [100 * accuracy for accuracy in curve.chosen.values()]
                axis.plot(
                    list(curve.chosen), chosen, "x", color=colour, alpha=0.5, label=f"{label}: seed 0, at its best"
                )
        for epochs, judged in judged_longer(Curve(some, 0), longer).items():
            judged = {c: {seed: peak(row) for seed, row in seeds.items()} for c, seeds in judged.items()}
            look = {"fmt": "D", "color": plotting.OVER_ALIGNMENT, "mfc": "white"}
            _errorbars(axis, judged, 1.5 * APART, **look, label=f"f trained for {epochs} epochs: the same seeds")
        axis.set_xticks(ticks, [f"$2^{{{c:g}}}$" for c in ticks])
        axis.set_xlabel("← large FLS      output multiplier c      small FLS →")
        axis.set_ylabel("peak test accuracy (%)")
        model, width, _, momentum, batch, schedule, budget = key
        axis.set_title(
            f"{model}, width {width}, momentum {momentum:g}, batch {batch},\n{schedule} rate, {budget} epochs"
        )
        if axis.get_legend_handles_labels()[1]:  # none before seed 0 has chosen anywhere
            axis.legend()
    return figure


def _errorbars(axis, judged, aside, **look):
    """Means of judging seeds with their 95% intervals, where there are any, a little `aside` of their c."""
    found = {c: interval(100 * np.array(list(seeds.values()))) for c, seeds in judged.items() if seeds}
    if found:
        half = [np.nan_to_num(each.half) for each in found.values()]
        axis.errorbar([c + aside for c in found], [each.mean for each in found.values()], half, capsize=3, **look)
