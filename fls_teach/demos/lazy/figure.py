"""The figure of the lazy regime: movements and test errors, on a linear target and on XOR."""

from fls_teach import plotting, statistics

from .run import DATA

MOVED = {
    "weights": (plotting.BLUE, "o", r"weights, relative: $\alpha^{-2}$"),
    "patterns": (plotting.GREEN, "s", r"activities changed: $\alpha^{-2}$"),
    "kernel": (plotting.RED, "^", r"1 − kernel alignment: $\alpha^{-2}$"),
    "frozen": (plotting.PURPLE, "v", r"the same, activities frozen: $\alpha^{-4}$"),
}
LINES = {
    "plain_network": (plotting.INK, ":", "o", "plain start, f(0) ≠ 0"),
    "centred_network": (plotting.SKY, "-", "v", "f − f(0) trained"),
    "twins_network": (plotting.BLUE, "-", "o", "twins, f(0) = 0"),
    "twins_machine": (plotting.RED, "--", "", "kernel machine of the twins' start"),
    "learned": (plotting.GREEN, "-.", "s", "kernel machine of the trained twins"),
}


@plotting.styled
def plot(result):
    """Plot a row per set of data: distances from the start, and errors of networks and kernel machines."""
    figure, axes = plotting.subplots(2, 2, size=(12.0, 8.2), sharex=True, sharey="col", width_ratios=(1, 1.1))
    for row, name in zip(axes, DATA, strict=True):
        _distances(row[0], result, name)
        _errors(row[1], result, name)
        title = result.metadata["settings"][name]["title"]
        row[0].set_ylabel(f"{title}\n\ndistance from the start")
        row[1].set_ylabel("test error")
    axes[0, 0].set_title("What moves")
    axes[0, 1].set_title("What it costs")
    for axis in axes.flat:
        axis.xaxis.set_major_formatter(lambda k, _: f"$2^{{{k:g}}}$")
    for axis in axes[-1]:
        axis.set_xlabel("← features learned      α      lazy →")
    return figure


def _distances(axis, result, name):
    """Plot distances from the start: solid with f(0) = 0, dotted for the plain start."""
    a, at = result.arrays, result.arrays["log2_alpha"]
    for key, (colour, marker, words) in MOVED.items():
        axis.plot(at, a[f"{name}_centred_{key}"].mean(axis=0), color=colour, marker=marker, label=words)
        axis.plot(at, a[f"{name}_plain_{key}"].mean(axis=0), color=colour, ls=":", marker=marker, ms=4, mfc="white")
    axis.set_yscale("log")
    axis.set_ylim(1e-9, 5e3)
    if name == "separable":
        axis.legend(loc="lower left", title="f − f(0) trained; dotted: plain start", fontsize=9.5, title_fontsize=9.5)


def _errors(axis, result, name):
    a, at = result.arrays, result.arrays["log2_alpha"]
    floor = result.metadata["bayes"][name]
    axis.axhline(floor, color=plotting.GREY, lw=1.2)
    axis.annotate("Bayes error", (at[0], floor), (0, 3), "data", "offset points", color=plotting.GREY, fontsize=9.5)
    for key, (colour, style, marker, words) in LINES.items():
        found = [statistics.interval(column) for column in a[f"{name}_{key}"].T]
        low, high = ([getattr(each, end) for each in found] for end in ("low", "high"))
        axis.fill_between(at, low, high, color=colour, alpha=0.12, lw=0)
        axis.plot(at, [each.mean for each in found], color=colour, ls=style, marker=marker, ms=4, label=words)
    axis.set_yscale("log")
    ticks = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
    axis.set_yticks(ticks, [f"{100 * tick:g}%" for tick in ticks])
    axis.set_yticks([], minor=True)
    if name == "separable":
        axis.legend(loc="upper left", fontsize=9.5, handlelength=3)
