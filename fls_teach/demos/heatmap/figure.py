"""The figure of the heatmap demo."""

import numpy as np

from fls_teach import plotting, statistics
from fls_teach.demos.images.sweep_figure import sweep_figure


@plotting.styled
def plot(result):
    """Plot accuracy of the plain network over (c, learning rate), and of both networks against c at the best rate."""
    a, p = result.arrays, result.params
    what = f"latent images of dimension {p['dimension']}" if p["data"] == "latent" else p["data"]
    title = f"{p['model']}, width {p['width']}: {p['n']:,} {what}"
    plain, target = (a["peak"][0], a["status"][0]), f"{p['target']:.0%} training accuracy"
    figure = sweep_figure(a["log2_c"], a["lr"], *plain, title, target)
    curve = 100 * statistics.at_best_rate(a["peak"][1], a["status"][1] == "reached")[0]
    half = np.array([statistics.interval(column).half for column in curve.T])
    axis = figure.axes[1]
    look = {"fmt": "s--", "color": plotting.OVER_FITTING, "capsize": 3}
    axis.errorbar(a["log2_c"], curve.mean(axis=0), half, **look, label="f - f(0) trained, 95% interval")
    axis.legend(loc="best", fontsize=9)
    return figure
