"""The picture of a sweep: test accuracy over (c, learning rate) above, against c at the best rate below."""

import textwrap

import numpy as np

from fls_teach import plotting
from fls_teach.statistics import at_best_rate, interval
from fls_teach.vision.sweep.table import RULE, notes

MARKS = {"diverged": "×", "budget": "…"}
"""In a cell whose runs did not all reach their target: × one diverged, … one ran out of epochs."""


@plotting.styled
def sweep_figure(log2_c, lr, accuracy, status, title, target="99% training accuracy"):
    """Heatmap and curve of one grid.

    Parameters
    ----------
    log2_c : ndarray (m,)
        Increasing.
    lr : ndarray (r,)
        Increasing; of SGD on cross_entropy(c f) / c.
    accuracy : ndarray (s, m, r)
        Peak test accuracy over seeds, multipliers and rates; NaN where a run is missing.
    status : ndarray of str (s, m, r)
        "reached", "budget", "diverged" or "missing".
    title, target : str
        What was trained, and until when.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, (top, bottom) = plotting.subplots(2, 1, size=(max(7.0, 1.6 + 0.8 * len(log2_c)), 7.4))
    image = _heatmap(top, log2_c, lr, accuracy, status)
    seeds = f"mean of {len(accuracy)} seeds" if len(accuracy) > 1 else "one seed"
    if image is not None:  # beside both panels, so that a column stands above its point of the curve
        figure.colorbar(image, ax=(top, bottom), label=f"peak test accuracy (%), {seeds}", aspect=40)
    top.set_title(textwrap.fill(title, 58))
    _curve(bottom, log2_c, lr, accuracy, status, target)
    for axis in (top, bottom):
        axis.set_xlim(*_edges(log2_c)[[0, -1]])
        axis.set_xticks(log2_c, [f"$2^{{{k:g}}}$" for k in log2_c])
    return figure


def _edges(centres):
    """Borders (m + 1,) of cells around `centres` (m,), midway between neighbours."""
    half = np.diff(centres) / 2 if len(centres) > 1 else np.array([0.5])
    return np.concatenate([[centres[0] - half[0]], centres[:-1] + half[: len(centres) - 1], [centres[-1] + half[-1]]])


def _heatmap(axis, log2_c, lr, accuracy, status):
    """Colours for the cells whose runs all reached their target, which are those that count; the others are grey."""
    mean, whole = accuracy.mean(axis=0).T, (status == "reached").all(axis=0).T  # (r, m)
    shown, image = np.where(np.isfinite(mean), 100 * mean, np.nan), None
    log2_c, height = np.asarray(log2_c, dtype=float), np.log10(np.asarray(lr, dtype=float))
    borders = _edges(log2_c), _edges(height)
    axis.set_facecolor("#DDDDDD")
    axis.set_ylim(*borders[1][[0, -1]])
    axis.grid(False)
    if whole.any():
        low, high = np.floor(shown[whole].min()), np.ceil(shown[whole].max())
        high = max(high, low + 1)
        image = axis.pcolormesh(*borders, np.where(whole, shown, np.nan), cmap="viridis", vmin=low, vmax=high)
    for (j, i), value in np.ndenumerate(shown):
        marks = "".join(mark for word, mark in MARKS.items() if (status[:, i, j] == word).any())
        words = f"{value:.1f}" if np.isfinite(value) else "–"
        white = whole[j, i] and value <= (low + high) / 2
        at = log2_c[i], height[j]
        axis.text(*at, words + marks, ha="center", va="center", fontsize=9, color="white" if white else "black")
    if whole.any():
        j, i = np.unravel_index(np.where(whole, shown, -np.inf).argmax(), shown.shape)
        axis.plot(log2_c[i], height[j], "s", ms=34, mfc="none", mec="white", mew=5)
        axis.plot(log2_c[i], height[j], "s", ms=34, mfc="none", mec=plotting.INK, mew=2)
    axis.set_yticks(height, [f"{rate:g}" for rate in lr])
    axis.set_ylabel("learning rate")
    axis.set_xlabel(
        "output multiplier c\nsquare: best cell    grey: not all reached the target (× diverged, … too slow)"
    )
    return image


def _curve(axis, log2_c, lr, accuracy, status, target):
    curve = 100 * at_best_rate(accuracy, status == "reached")[0]
    seeds = len(curve)
    mean = curve.mean(axis=0)
    for row in curve if seeds > 1 else ():
        axis.plot(log2_c, row, color=plotting.SKY, lw=0.8, alpha=0.7)
    if seeds > 1:
        half = np.array([interval(column).half for column in curve.T])
        axis.fill_between(log2_c, mean - half, mean + half, color=plotting.BLUE, alpha=0.2, lw=0, label="95% interval")
    axis.plot(log2_c, mean, "o-", color=plotting.INK, label=f"mean of {seeds} seeds" if seeds > 1 else "one seed")
    for k in log2_c[~np.isfinite(mean)]:
        words = {
            "rotation": 90,
            "ha": "center",
            "va": "center",
            "fontsize": 9,
            "color": plotting.INK,
            "backgroundcolor": "white",
        }
        axis.text(k, 0.5, "not reached by all", transform=axis.get_xaxis_transform(), **words)
    if np.isfinite(mean).any():
        k = int(np.nanargmax(mean))
        axis.plot(
            log2_c[k],
            mean[k],
            "*",
            ms=18,
            color=plotting.RED,
            mec="white",
            mew=0.8,
            label=f"best: $2^{{{log2_c[k]:g}}}$",
        )
        axis.legend(loc="lower center")
    else:  # there is no accuracy to have an axis
        axis.set_yticks([])
    lines = ["← large FLS      output multiplier c      small FLS →", *notes(log2_c, lr, accuracy, status, target)]
    axis.set_xlabel("\n".join(textwrap.fill(line, 70) for line in lines))
    axis.set_ylabel("peak test accuracy (%)")
    axis.set_title(textwrap.fill(f"Stopped at {target}; {RULE}", 68), fontsize=9.5)
