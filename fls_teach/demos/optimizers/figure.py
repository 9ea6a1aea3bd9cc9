"""The figure of the optimizers: the U of each, without and with f(0), and stable rates against c."""

from fls_teach import plotting, statistics

from .claims import DERIVED
from .run import DATA, RATES

LINES = {
    "sgd": (plotting.INK, "-", "o", "SGD"),
    "momentum": (plotting.SKY, "--", "s", "momentum"),
    "adam": (plotting.RED, "-", "^", "Adam, signal turned at random"),
    "adamw": (plotting.ORANGE, "--", "D", "AdamW, signal turned at random"),
    "adam_axis": (plotting.PURPLE, ":", "v", "Adam, signal on the axes"),
}
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


@plotting.styled
def plot(result):
    """Plot a row per set of data."""
    figure, axes = plotting.subplots(2, 3, size=(13.0, 7.8), width_ratios=(1, 1, 1.05))
    for row, name in zip(axes, DATA, strict=True):
        for axis, start in zip(row, ("twins", "plain"), strict=False):
            _errors(axis, result, name, start)
        _rates(row[2], result, name)
        row[0].set_ylabel(f"{result.metadata['settings'][name]['title']}\n\ntest error")
        row[2].set_ylabel("largest stable learning rate")
    for axis, title in zip(axes[0], ("Error, f(0) = 0", "Error, plain start", "Learning rate, f(0) = 0"), strict=True):
        axis.set_title(title)
    axes[1, 0].legend(loc="lower left", fontsize=9.5)
    axes[0, 2].legend(loc="upper right", fontsize=9.5)
    for axis in axes.flat:
        axis.xaxis.set_major_formatter(lambda k, _: f"$2^{{{k:g}}}$")
    for axis, symbol in zip(axes[-1], ("α", "α", "c"), strict=True):
        axis.set_xlabel(f"← features learned      {symbol}      lazy →")
    return figure


def _errors(axis, result, name, start):
    at = result.arrays["log2_alpha"]
    for label, (colour, style, marker, words) in LINES.items():
        key = f"{name}_{label}_{start}_network"
        if key not in result.arrays:
            continue
        found = [statistics.interval(column) for column in result.arrays[key].T]
        low, high = ([getattr(each, end) for each in found] for end in ("low", "high"))
        axis.fill_between(at, low, high, color=colour, alpha=0.12, lw=0)
        axis.plot(at, [each.mean for each in found], color=colour, ls=style, marker=marker, ms=4, label=words)
    axis.set_yscale("log")
    axis.set_ylim(0.009, 0.6)
    axis.set_yticks(TICKS, [f"{100 * tick:g}%" for tick in TICKS])
    axis.set_yticks([], minor=True)


def _rates(axis, result, name):
    at = result.arrays["log2_c"]
    for label, colour, marker in zip(RATES, (plotting.INK, plotting.RED), "o^", strict=True):
        words = LINES[label][3].split(",")[0]
        for loss, style in (("squared", {"ls": "-"}), ("logistic", {"ls": ":", "mfc": "white"})):
            rate = result.arrays[f"{name}_{label}_{loss}_rate"].mean(axis=0)
            axis.plot(at, rate, color=colour, marker=marker, label=f"{words}, {loss} loss", **style)
        rate = result.arrays[f"{name}_{label}_squared_rate"].mean(axis=0)
        style = {"xycoords": "data", "textcoords": "offset points", "color": colour}
        small, large = (f"$c^{{{exponent:g}}}$" for exponent in DERIVED[label])
        axis.annotate(small, (at[0], rate[0]), (-5, -14), va="top", **style)
        axis.annotate(large, (at[-1], rate[-1]), (7, 0), va="center", **style)
    axis.set_xlim(at[0] - 1.5, at[-1] + 5)
    axis.yaxis.set_major_formatter(lambda k, _: f"$2^{{{k:g}}}$")
