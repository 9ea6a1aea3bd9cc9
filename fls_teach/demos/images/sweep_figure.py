"""The figure of a sweep: test accuracy over (c, learning rate) above, against c at the best rate below."""

import re
import textwrap
import warnings

import numpy as np

from fls_teach import plotting
from fls_teach.statistics import interval
from fls_teach.vision.sweep.selection import RULE, choose, notes

MARKS = {"diverged": "×", "dead": "†", "budget": "…"}
"""Marks of cells in which not every run reached its target."""
LEGEND = (
    "Numbers: mean peak over seeds. Hatched: does not count, a run diverged (×), died (†) or was too slow (…).\n"
    "Boxes: the rates taken at each c; thick: at the best c."
)


@plotting.styled
def sweep_figure(log2_c, lr, accuracy, status, title, target="99% training accuracy", final=None, more_notes=()):
    """Plot heatmap and curve of one grid.

    Parameters
    ----------
    log2_c : ndarray (m,)
        Increasing.
    lr : ndarray (r,)
        Learning rates on loss(c f) / c, increasing.
    accuracy : ndarray (s, m, r)
        Peak test accuracy over seeds, multipliers and rates; NaN where a run is missing.
    status : ndarray of str (s, m, r)
        One of `fls_teach.vision.sweep.table.STATUSES`.
    title, target : str
        Phrases that say what was trained, and until when.
    final : ndarray (s, m, r), optional
        Test accuracy after the last epoch, plotted in addition to the peak.
    more_notes : iterable of str
        Sentences to be written below the figure, after those on the edges of the grid.

    Returns
    -------
    matplotlib.figure.Figure
    """
    width = max(7.5, 1.6 + 0.8 * len(log2_c))
    figure, (top, bottom) = plotting.subplots(2, 1, size=(width, 8.6))
    choice = choose(accuracy, status)
    image = _heatmap(top, log2_c, lr, accuracy, status, choice)
    seeds = f"mean of {len(accuracy)} seeds" if len(accuracy) > 1 else "one seed"
    if image is not None:  # beside both panels, so that columns are aligned with points of the curve
        figure.colorbar(image, ax=(top, bottom), label=f"peak test accuracy (%), {seeds}", aspect=40)
    _write(top.set_title, title, width, 12)
    _write(top.set_xlabel, f"output multiplier c\n{LEGEND}", width, 9.5)
    _curve(bottom, log2_c, choice, final)
    said = [*notes(log2_c, lr, accuracy, status, target), *more_notes]
    _write(bottom.set_title, f"Stopped at {target}; {RULE}", width, 9.5)
    _write(bottom.set_xlabel, "\n".join(["← large FLS      output multiplier c      small FLS →", *said]), width, 9.5)
    for axis in (top, bottom):
        axis.set_xlim(*_edges(log2_c)[[0, -1]])
        axis.set_xticks(log2_c, [f"$2^{{{k:g}}}$" for k in log2_c])
    return figure


def _write(write, text, inches, points):
    """Call `write` with `text` broken into lines that fit a figure of width `inches` with labels and colour bar."""
    letters = int((inches - 1.9) * 72 / (0.62 * points))  # the mean width of a bold letter is 0.62 of the font size
    lines = "\n".join(textwrap.fill(line, letters) for line in text.split("\n"))
    write(re.sub(r"2\^(-?[\d.]*\d)", r"$2^{\1}$", lines), fontsize=points)


def _edges(centres):
    """Return the borders (m + 1,) of cells around `centres` (m,), midway between neighbours."""
    half = np.diff(centres) / 2 if len(centres) > 1 else np.array([0.5])
    return np.concatenate([[centres[0] - half[0]], centres[:-1] + half[: len(centres) - 1], [centres[-1] + half[-1]]])


def _heatmap(axis, log2_c, lr, accuracy, status, choice):
    """Plot a colour for every cell with a finished run; cells with a failed run do not count, and are hatched."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a cell without a finished run has no mean
        shown = 100 * np.nanmean(accuracy, axis=0).T  # (r, m)
    counts = (status == "reached").all(axis=0).T
    log2_c, height = np.asarray(log2_c, dtype=float), np.log10(np.asarray(lr, dtype=float))
    across, up = _edges(log2_c), _edges(height)
    axis.set_ylim(*up[[0, -1]])
    axis.grid(False)
    image = None
    if np.isfinite(shown).any():
        low, high = np.floor(np.nanmin(shown)), np.ceil(np.nanmax(shown))
        high = max(high, low + 1)
        image = axis.pcolormesh(across, up, shown, cmap="viridis", vmin=low, vmax=high)
    for (j, i), value in np.ndenumerate(shown):
        if not counts[j, i]:
            axis.add_patch(_box(across, up, i, j, hatch="///", fill=False, ec="#FFFFFF88", lw=0, clip_on=True))
        marks = "".join(mark for word, mark in MARKS.items() if (status[:, i, j] == word).any())
        words = f"{value:.1f}" if np.isfinite(value) else "–"
        dark = np.isfinite(value) and value <= (low + high) / 2
        at = across[i : i + 2].mean(), up[j : j + 2].mean()  # if columns differ in width, not above their tick
        axis.text(*at, words + marks, ha="center", va="center", fontsize=9, color="white" if dark else "black")
    for i in range(len(log2_c)):
        for j in choice.rates(i):
            width = 3.0 if i == choice.best else 1.0
            axis.add_patch(_box(across, up, i, j, fill=False, ec="white", lw=width + 2, inset=0.05))
            axis.add_patch(_box(across, up, i, j, fill=False, ec=plotting.INK, lw=width, inset=0.05))
    axis.set_yticks(height, [f"{rate:g}" for rate in lr])
    axis.set_ylabel("learning rate")
    return image


def _box(across, up, i, j, inset=0.0, **looks):
    """Draw the border of a cell, inset by a share of its size so that neighbours do not hide it."""
    from matplotlib.patches import Rectangle

    width, height = across[i + 1] - across[i], up[j + 1] - up[j]
    corner = across[i] + inset * width, up[j] + inset * height
    return Rectangle(corner, (1 - 2 * inset) * width, (1 - 2 * inset) * height, **looks)


def _curve(axis, log2_c, choice, final):
    """Plot accuracy against c, the numbers of the table."""
    curve = 100 * choice.curve
    seeds, mean = len(curve), curve.mean(axis=0)
    half = np.array([interval(column).half for column in curve.T])
    if seeds > 1:
        for row in curve:
            axis.plot(log2_c, row, color=plotting.SKY, lw=0.8, alpha=0.7)
        axis.fill_between(log2_c, mean - half, mean + half, color=plotting.BLUE, alpha=0.2, lw=0, label="95% interval")
    axis.plot(log2_c, mean, "o-", color=plotting.INK, label=f"peak, mean of {seeds} seeds" if seeds > 1 else "peak")
    if final is not None:
        last = 100 * choice.at(final).mean(axis=0)
        axis.plot(log2_c, last, "s--", color=plotting.ORANGE, mfc="white", label="final, at the same rates")
    for k in log2_c[~np.isfinite(mean)]:
        looks = {"rotation": 90, "ha": "center", "va": "top", "fontsize": 9, "color": plotting.INK}
        place = {"transform": axis.get_xaxis_transform(), "backgroundcolor": "white", "zorder": 1}  # below the curves
        axis.text(k, 0.97, "not reached by all", **looks, **place)
    best = choice.best
    if best is None:  # there is no accuracy to scale the axis
        axis.set_yticks([])
    else:
        spread = f" ± {half[best]:.1f}" if seeds > 1 else ""
        label = f"best: {mean[best]:.1f}{spread} at $2^{{{log2_c[best]:g}}}$"
        axis.plot(log2_c[best], mean[best], "*", ms=18, color=plotting.RED, mec="white", mew=0.8, label=label)
        axis.legend(loc="best", fontsize=9)
    axis.set_ylabel("test accuracy (%)")
