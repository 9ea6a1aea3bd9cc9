"""The figure of the alignment demo."""

import numpy as np

from fls_teach import plotting
from fls_teach.statistics import interval
from fls_teach.theory import phase_one_bound, zeta

from .claims import best_exit_angles, output_ceiling, predicted_slopes, slopes


@plotting.styled
def plot(result):
    """Plot Phase 1 in four panels: angles, the outputs meanwhile, the exit angle, and the cause of its exponent.

    Parameters
    ----------
    result : Result

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = plotting.subplots(2, 2, size=(11.5, 8.4))
    _turning(axes[0, 0], result)
    _silence(axes[0, 1], result)
    _exit_law(axes[1, 0], result)
    _exponents(axes[1, 1], result)
    return figure


def _turning(axis, result):
    arrays, log2_alpha = result.arrays, result.params["shown_log2_alpha"]
    a = result.params["log2_alpha"].index(log2_alpha)
    X, y, W0, signs, times = arrays["X"][0], arrays["y"], arrays["W0"][0], arrays["signs"], arrays["shown_times"]
    start, end = arrays["start"][0, a], arrays["exit"][0, a]
    of_kind = np.zeros(len(signs), dtype=bool)
    of_kind[np.flatnonzero(signs > 0)[np.isfinite(start)]] = True
    groups = (
        (signs < 0, plotting.ORANGE, f"{(signs < 0).sum()} negative neurons"),
        (
            (signs > 0) & ~of_kind,
            plotting.GREY,
            f"{((signs > 0) & ~of_kind).sum()} positive ones that lose the positives",
        ),
        (of_kind, plotting.BLUE, f"{of_kind.sum()} positive ones of the theorem's kind"),
    )
    for chosen, colour, label in groups:
        if chosen.any():
            lines = axis.plot(times, arrays["shown_psi"][:, chosen], color=colour, linewidth=1.1, alpha=0.8)
            lines[0].set_label(label)
    alpha = 2.0**log2_alpha
    constant = float(zeta(alpha, X, y, alpha * W0))
    if constant > 0 and of_kind.any():
        grid = np.linspace(0, end, 300)
        for t_1 in np.unique(start[np.isfinite(start)]):
            bound = phase_one_bound(grid, constant, X, y, start=t_1, reduction="sum")
            axis.plot(grid[grid >= t_1], bound[grid >= t_1], ":", color=plotting.INK, linewidth=1)
        axis.plot([], [], ":", color=plotting.INK, label="bound from each $t_1$")
    _mark_exit(axis, end, 0.55)
    axis.set(
        xlim=(0, 2 * end),
        ylim=(-1.05, 1.05),
        xlabel="time t (sum reduction)",
        ylabel=r"alignment $\psi_j$ with $x_+$",
    )
    axis.set_title(rf"Neurons turn before anything is fitted ($\alpha=2^{{{log2_alpha:g}}}$)")
    axis.legend(loc="center right", fontsize=9, frameon=True, framealpha=0.9, edgecolor="none")


def _silence(axis, result):
    arrays, log2_alpha = result.arrays, result.params["shown_log2_alpha"]
    a = result.params["log2_alpha"].index(log2_alpha)
    times, end, n = arrays["shown_times"], arrays["exit"][0, a], len(arrays["y"])
    ceiling = output_ceiling(arrays["X"][0], arrays["W0"][0], 2.0**log2_alpha)
    axis.semilogy(times, arrays["shown_risk"] / (n * np.log(2)), color=plotting.INK, label="risk / log 2")
    axis.semilogy(times, arrays["shown_output"], color=plotting.RED, label=r"largest output, $\max_i|f(x_i)|$")
    axis.semilogy(times, arrays["shown_norm"] ** 2, color=plotting.GREEN, label=r"largest $\|w_j\|^2$")
    axis.plot(
        [0, end],
        [ceiling] * 2,
        "--",
        color=plotting.RED,
        linewidth=1.2,
        label="what the outputs may reach by $t_\\alpha$",
    )
    _mark_exit(axis, end, 12)
    axis.set(
        xlim=(0, 2 * end),
        xlabel="time t (sum reduction)",
        ylabel="outputs, squared norms, relative risk",
        ylim=(1e-10, 100),
    )
    axis.set_title("Meanwhile the network stays silent")
    axis.legend(loc="lower right", fontsize=9)


def _exit_law(axis, result):
    log2_alpha = result.arrays["log2_alpha"]
    best = best_exit_angles(result.arrays)
    alphas = 2.0**log2_alpha
    axis.loglog(alphas, best.T, color=plotting.SKY, linewidth=0.8, alpha=0.6)
    axis.plot([], [], color=plotting.SKY, linewidth=0.8, label=f"{len(best)} data sets")
    middle = np.exp(np.log(best).mean(axis=0))
    slope = interval(slopes(log2_alpha, best))
    axis.loglog(alphas, middle, "o", color=plotting.BLUE, label="geometric mean")
    shape = (alphas / np.exp(np.log(alphas).mean())) ** slope.mean * np.exp(np.log(middle).mean())
    axis.loglog(alphas, shape, color=plotting.BLUE, label=f"fit: slope {slope.mean:.3f} ± {slope.half:.3f} (95%)")
    axis.loglog(
        alphas,
        np.sqrt(alphas / alphas.max()) * middle[alphas.argmax()],
        "--",
        color=plotting.INK,
        label="slope 1/2 [P]",
    )
    axis.set_xscale("log", base=2)
    axis.set(xlabel=r"initialisation scale $\alpha$", ylabel="angle at the exit (rad)")
    axis.set_title(r"Smaller $\alpha$, smaller exit angle of the best neuron")
    axis.legend(loc="upper left")


def _exponents(axis, result):
    measured = slopes(result.arrays["log2_alpha"], best_exit_angles(result.arrays))
    predicted, single = predicted_slopes(result.arrays)
    low, high = min(measured.min(), predicted.min()) - 0.01, max(measured.max(), predicted.max()) + 0.01
    axis.plot([low, high], [low, high], "--", color=plotting.INK, label="equal")
    axis.plot(
        predicted[single], measured[single], "o", color=plotting.BLUE, markersize=7, alpha=0.7, label="a data set"
    )
    if not single.all():
        label = "which class ends Phase 1\nchanges with $\\alpha$"
        axis.plot(
            predicted[~single], measured[~single], "o", color=plotting.GREY, mfc="none", markersize=7, label=label
        )
    axis.set(xlim=(low, high), ylim=(low, high))
    axis.set(
        xlabel=r"predicted exponent $\|x_+\|\,/\,2\|x_k\|$, $k$ the class that ends Phase 1", ylabel="measured exponent"
    )
    axis.set_title("1/2 where positive neurons end Phase 1")
    axis.legend(loc="upper left")


def _mark_exit(axis, end, height):
    axis.axvline(end, color=plotting.GREY, linestyle="--", linewidth=1)
    axis.text(end, height, r" $t_\alpha$", color=plotting.GREY)
