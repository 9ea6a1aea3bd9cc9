"""The figure of the transfer: curves of several sizes, and the best c against h and n with the paper's law."""

import numpy as np

from fls_teach import plotting, statistics

from .claims import PAPER, Scan
from .optimum import best_log2_alpha
from .run import grid

LINES = {
    "plain_network": (plotting.INK, "-", "o", "network"),
    "twins_network": (plotting.PURPLE, "--", "D", "f(0) = 0 (twins)"),
    "plain_answered": (plotting.GREEN, ":", "s", "wedge answered"),
    "plain_positive": (plotting.BLUE, "-.", "^", "$E(w^+)$"),
}


@plotting.styled
def plot(result):
    """Plot errors against alpha for several n and h above, and the places of their minima below."""
    at = Scan(result)
    figure, axes = plotting.subplots(2, 3, size=(14.0, 8.4), sharey="row")
    for column, (name, vary) in enumerate((("separable", "h"), ("separable", "n"), ("xor", "n"))):
        _curves(axes[0, column], at, name, vary)
        _optima(axes[1, column], at, name, vary)
    axes[0, 0].set_title("Two Gaussians, wider networks")
    axes[0, 1].set_title("Two Gaussians, more data")
    axes[0, 2].set_title("XOR, more data")
    axes[0, 0].set_ylabel("error / its smallest value")
    axes[1, 0].set_ylabel("log₂ of the best c = α²")
    return figure


def _curves(axis, at, name, vary):
    """Plot the network's error, solid, and its error with the silent wedge answered, dotted."""
    log2_alpha, column = grid(at.params, name), vary == "h"
    for size, colour, marker in zip(at.sizes(name, vary), plotting.CYCLE, "osD^vPX", strict=False):
        network, answered = (at.errors(name, size, f"plain_{key}").mean(axis=0) for key in ("network", "answered"))
        axis.plot(
            log2_alpha, network / network.min(), color=colour, marker=marker, ms=4, label=f"{vary} = {size[column]}"
        )
        axis.plot(log2_alpha, answered / network.min(), color=colour, ls=":", lw=1.3)
    axis.set_ylim(0.93, 1.5)
    axis.xaxis.set_major_formatter(lambda k, _: f"$2^{{{k:g}}}$")
    axis.set_xlabel("α  (dotted: silent wedge answered)" if name == "separable" else "α  (nothing is silent)")
    axis.legend(loc="upper center", fontsize=9.5)


def _optima(axis, at, name, vary):
    sizes, column = at.sizes(name, vary), vary == "h"
    x = np.log2([size[column] for size in sizes])
    shown = LINES if name == "separable" else {"plain_network": LINES["plain_network"]}
    for k, (quantity, (colour, style, marker, words)) in enumerate(shown.items()):
        best = [at.best(name, size, quantity) for size in sizes]
        found = [statistics.bootstrap(lambda seeds, each=each: 2 * each(seeds), at.n_seeds, 500) for each in best]
        middle = np.array([each.mean for each in found])
        ends = np.abs(np.array([[each.low, each.high] for each in found]).T - middle)
        shift = x + 0.06 * (k - 1)
        slope = at.exponent(name, vary, quantity)
        label = f"{words}: {slope.mean:.1f} [{slope.low:.1f}, {slope.high:.1f}]".replace("-", "−")
        axis.errorbar(shift, middle, yerr=ends, color=colour, ls=style, marker=marker, ms=5, capsize=2, label=label)
        if quantity == "plain_network":
            claimed = middle.mean() + PAPER[vary] * (x - x.mean())
            words = f"claimed: {PAPER[vary]}".replace("-", "−")
            axis.plot(x, claimed, color=plotting.RED, ls=(0, (5, 2)), lw=1.4, label=words)
    if name == "xor" or vary == "h":
        _carried(axis, at, name, sizes, vary)
    axis.set_xticks(x, [str(size[column]) for size in sizes])
    axis.set_xlabel("number of neurons h" if vary == "h" else "number of training examples n")
    axis.set_ylim(-27, -1)
    axis.legend(loc="lower left", fontsize=9.5, title="exponent, 95% interval", title_fontsize=9.5)


def _carried(axis, at, name, sizes, vary):
    """Write what was predicted for the largest size, and what was found."""
    n, h = at.params.sizes(name)[-1]
    errors = at.errors(name, (n, h), "plain_network")
    found = 2 * float(best_log2_alpha(grid(at.params, name), np.log(errors).mean(axis=0)))
    predicted = 2 * at.arrays[f"{name}_predicted"][0]
    words = f"n = {n}, h = {h}: predicted {predicted:.1f}, found {found:.1f}".replace("-", "−")
    axis.text(0.98, 0.97, words, transform=axis.transAxes, ha="right", va="top", fontsize=9.5, color=plotting.RED)
