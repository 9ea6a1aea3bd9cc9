"""The picture of a sweep: test accuracy over (c, learning rate) above, against c at the best rate below."""

import textwrap

import numpy as np

from fls_teach import plotting
from fls_teach.statistics import at_best_rate, interval
from fls_teach.vision.table import RULE, notes

MARKS = {"diverged": "×", "budget": "…"}
"""Beside a cell whose runs did not all reach their target: × one diverged, … one ran out of epochs."""


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
    _heatmap(figure, top, log2_c, lr, accuracy, status)
    top.set_title(textwrap.fill(title, 58))
    _curve(bottom, log2_c, lr, accuracy, status, target)
    return figure


def _heatmap(figure, axis, log2_c, lr, accuracy, status):
    mean, whole = accuracy.mean(axis=0).T, (status == "reached").all(axis=0).T  # (r, m)
    shown = np.where(np.isfinite(mean), 100 * mean, np.nan)
    sound = shown[whole] if whole.any() else shown[np.isfinite(shown)]
    low, high = (np.floor(sound.min()), np.ceil(sound.max())) if sound.size else (0, 100)
    image = axis.imshow(shown, origin="lower", aspect="auto", cmap="cividis", vmin=low, vmax=max(high, low + 1))
    seeds = f"mean of {len(accuracy)} seeds" if len(accuracy) > 1 else "one seed"
    figure.colorbar(image, ax=axis, label=f"peak test accuracy (%), {seeds}", extend="min")
    axis.grid(False)
    for (j, i), value in np.ndenumerate(shown):
        marks = "".join(mark for word, mark in MARKS.items() if (status[:, i, j] == word).any())
        words = f"{value:.1f}" if np.isfinite(value) else "–"
        dark_text = not np.isfinite(value) or value > (low + max(high, low + 1)) / 2
        axis.text(
            i, j, f"{words}{marks}", ha="center", va="center", fontsize=9, color="black" if dark_text else "white"
        )
    if whole.any():
        j, i = np.unravel_index(np.where(whole, shown, -np.inf).argmax(), shown.shape)
        axis.plot(i, j, "s", ms=30, mfc="none", mec=plotting.RED, mew=2.5)
    axis.set_xticks(range(len(log2_c)), [f"$2^{{{k:g}}}$" for k in log2_c])
    axis.set_yticks(range(len(lr)), [f"{rate:g}" for rate in lr])
    axis.set_ylabel("learning rate")
    axis.set_xlabel("output multiplier c\nred: best cell    × a run diverged    … a run never reached its target")


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
        words = {"rotation": 90, "ha": "center", "va": "center", "fontsize": 9, "color": plotting.GREY}
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
    axis.set_xticks(log2_c, [f"$2^{{{k:g}}}$" for k in log2_c])
    axis.set_xlim(log2_c[0] - 0.5, log2_c[-1] + 0.5)
    lines = ["output multiplier c      ← large FLS      small FLS →", *notes(log2_c, lr, accuracy, status, target)]
    axis.set_xlabel("\n".join(textwrap.fill(line, 70) for line in lines))
    axis.set_ylabel("peak test accuracy (%)")
    axis.set_title(textwrap.fill(f"Stopped at {target}; {RULE}", 75), fontsize=9.5)
