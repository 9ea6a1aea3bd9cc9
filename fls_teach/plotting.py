"""The style of all figures: Okabe-Ito colours (safe for the colour-blind), readable on a slide and in print.

matplotlib is imported only when a figure is made, and its global state is not changed.
"""

from contextlib import contextmanager
from functools import wraps

BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, YELLOW, INK, GREY = "#CC79A7", "#56B4E9", "#F0E442", "#222222", "#8A8A8A"
CYCLE = (BLUE, RED, GREEN, ORANGE, PURPLE, SKY, GREY)
OVER_ALIGNMENT, OVER_FITTING, NETWORK = BLUE, ORANGE, INK
"""Colours of quantities, the same in every figure."""

_SETTINGS = {
    "figure.dpi": 100,
    "savefig.dpi": 150,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 11,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
}


@contextmanager
def applied():
    """Apply the style within a with-block."""
    import matplotlib
    from cycler import cycler

    with matplotlib.rc_context({**_SETTINGS, "axes.prop_cycle": cycler(color=CYCLE)}):
        yield


def styled(function):
    """Decorate a demo's `plot` or `animate` to run it in the style."""

    @wraps(function)
    def wrapper(*args, **kwargs):
        with applied():
            return function(*args, **kwargs)

    return wrapper


def subplots(rows=1, columns=1, size=(9.0, 4.5), **kwargs):
    """A figure and its axes, as ``pyplot.subplots`` but free of pyplot: no display, no global list of figures.

    Parameters
    ----------
    rows, columns : int
    size : (float, float)
        Width and height in inches; the text keeps its size, so a wider figure holds more.
    **kwargs
        Passed to ``Figure.subplots``: sharex, width_ratios, squeeze, ...

    Returns
    -------
    figure : matplotlib.figure.Figure
    axes : Axes, or array of them
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=size)
    return figure, figure.subplots(rows, columns, **kwargs)


def write_png(figure, path):
    """Write `figure` as a PNG, such that the same figure gives the same bytes."""
    with applied():  # ticks are made during drawing, with the settings of that time
        figure.savefig(path, format="png", dpi=_SETTINGS["savefig.dpi"], metadata={"Software": None})
