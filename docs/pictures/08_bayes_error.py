"""Picture of lesson 08: which examples a tilted predictor gets wrong, and the error at every angle."""

import numpy as np

from fls_teach import plotting
from fls_teach.theory import GaussianMixture, bayes_error, linear_error

BOX = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1}


@plotting.styled
def draw():
    figure, (plane, curve) = plotting.subplots(1, 2, size=(8.6, 4.0))
    signal, w = np.array([1.0, 0.0]), np.array([0.6, 0.8])
    X, y = GaussianMixture(2.5, n_features=2).sample(140, 4)
    for label, colour in ((1, plotting.BLUE), (-1, plotting.RED)):
        plane.scatter(*X[y == label].T, color=colour, s=14, label=f"y = {label:+d}".replace("-", "−"))
    wrong = X[y * (X @ w) < 0]
    plane.scatter(
        *wrong.T,
        s=90,
        facecolor="none",
        edgecolor=plotting.INK,
        linewidth=1.2,
        label=f"w is wrong: {len(wrong)} of 140",
    )
    for vector, line, name in ((signal, "-", "s"), (w, "--", "w")):
        across = np.array([-vector[1], vector[0]])
        across = across * min(7, 4.3 / abs(across[1]))
        plane.plot(*np.array([-across, across]).T, line, color=plotting.GREY, lw=1.4)
        plane.annotate("", 3.2 * vector, (0, 0), arrowprops={"arrowstyle": "-|>", "color": plotting.INK, "lw": 2.2})
        plane.text(*(3.55 * vector), name, weight="bold", fontsize=13, ha="center", va="center", bbox=BOX)
    plane.set(xlim=(-5.6, 5.6), ylim=(-6.4, 4.3), aspect="equal", xlabel="along s", ylabel="across s")
    plane.set_title("w = (3, 4)/5, κ/σ = 2.5")
    plane.legend(loc="lower left", fontsize=9)

    degrees = np.linspace(0, 120, 241)
    directions = np.column_stack([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    for ratio, colour, style in ((1.0, plotting.GREEN, ":"), (2.0, plotting.PURPLE, "--"), (2.5, plotting.INK, "-")):
        curve.plot(degrees, linear_error(directions, signal, ratio), style, color=colour, label=f"κ/σ = {ratio:g}")
        curve.plot(0, bayes_error(ratio), "o", color=colour, clip_on=False, zorder=3)
    at = np.degrees(np.arccos(0.6))
    curve.plot(at, float(linear_error(w, signal, 2.5)), "s", color=plotting.INK, label="the w on the left: 0.0668")
    curve.plot([], [], "o", color=plotting.GREY, label="Bayes error E*")
    curve.set(
        xlabel="angle of w and s, degrees", ylabel="error E(w)", ylim=(0, 0.8), xlim=(0, 120), xticks=range(0, 121, 30)
    )
    curve.set_title("Error against angle")
    curve.legend(loc="upper left")
    return figure
