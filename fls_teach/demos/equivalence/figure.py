"""The figure of the equivalence demo."""

import numpy as np

from fls_teach import plotting

from .claims import relative_gap
from .run import LAYERS

COLUMNS = {
    "sgd": ("Two layers, SGD", "lr / c", "lr unchanged"),
    "adam": ("Two layers, Adam", "lr $c^{-1/2}$", "lr / c"),
    "deep": ("Three layers, SGD", "lr $c^{-2/3}$", "lr / c"),
}
"""Columns of the figure: title, right rule, wrong rule."""


@plotting.styled
def plot(result):
    """Plot the risks of both runs, and below them their difference at every step, for three nets."""
    a = result.arrays
    figure, axes = plotting.subplots(2, 3, size=(13.0, 7.2), sharex=True, sharey="row", height_ratios=(1, 1.15))
    exact_floor = 1e-19  # zero cannot be shown on a log axis; it is drawn below the smallest rounding error
    for column, (kind, (title, right, wrong)) in enumerate(COLUMNS.items()):
        top, bottom = axes[:, column]
        c = a[f"{kind}_c"][-1]
        steps = np.arange(a[f"{kind}_scaled"].shape[1])
        alpha_symbol = f"c^{{1/{LAYERS[kind]}}}"
        top.loglog(steps + 1, a[f"{kind}_multiplied"][-1], color=plotting.SKY, lw=6, label=f"c = {c:g}, {right}")
        top.loglog(
            steps + 1,
            a[f"{kind}_scaled"][-1],
            color=plotting.INK,
            lw=1.3,
            ls="--",
            label=rf"$\alpha = {alpha_symbol}$, lr",
        )
        top.loglog(steps + 1, _finite(a[f"{kind}_wrong"][-1]), color=plotting.RED, label=f"c = {c:g}, {wrong}")
        top.set_title(title)
        top.legend(loc="lower left")

        for run, colour, label in (("wrong", plotting.RED, wrong), ("multiplied", plotting.BLUE, right)):
            gap = _finite(relative_gap(a, kind, run)[-1])
            bottom.loglog(steps + 1, np.maximum(gap, exact_floor), ".", ms=2, color=colour, rasterized=True)
            bottom.plot([], [], color=colour, lw=4, label=f"c = {c:g}, {label}")
        if kind != "deep":
            exact = slice(len(result.params["powers"])) if kind == "sgd" else slice(1)
            gap = relative_gap(a, kind)[exact].max(axis=0)
            powers = result.params["powers"]
            label = "$c = 4^{-k}$, every k" if kind == "sgd" else f"$c = 4^{{{-powers[-1]}}}$"
            bottom.loglog(
                steps + 1, np.maximum(gap, exact_floor), color=plotting.GREEN, lw=4, label=f"{label}, {right}"
            )
        bottom.axhspan(exact_floor / 4, exact_floor * 4, color="#EEF6F2", zorder=0)
        bottom.set_xlabel("step (from 1)")
        bottom.legend(loc="center left", bbox_to_anchor=(0.0, 0.62))
    axes[0, 0].set_ylabel("training risk (nats)")
    axes[1, 0].set_ylabel("relative distance of the two risks")
    figure.align_ylabels(axes[:, 0])
    axes[1, 0].set_ylim(exact_floor / 4, 1e2)
    axes[1, 0].set_yticks([exact_floor, *(10.0**p for p in range(-16, 3, 4))])
    axes[1, 0].set_yticklabels(["exactly 0", *(f"$10^{{{p}}}$" for p in range(-16, 3, 4))])
    axes[1, 0].minorticks_off()
    return figure


def _finite(values):
    return np.where(np.isfinite(values), values, np.nan)
