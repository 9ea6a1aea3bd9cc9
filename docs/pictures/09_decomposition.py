"""Picture of lesson 09: the cone around the class sum, and the two parts while the predictor turns away from it."""

import numpy as np

from fls_teach import plotting
from fls_teach.theory import decompose

RATIO, PHI, THETA = 2.0, 30, 10


def unit(degrees):
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])


@plotting.styled
def draw():
    figure, (plane, parts) = plotting.subplots(1, 2, size=(8.6, 3.9))
    rim = np.linspace(PHI - THETA, PHI + THETA, 40)
    plane.fill(*np.vstack([[0, 0], [unit(a) for a in rim]]).T, color=plotting.GREEN, alpha=0.25, lw=0)
    plane.text(*(0.6 * unit(25)), "H", color=plotting.INK, ha="center", va="center", fontsize=12)
    for angle, name, colour in ((0, "s", plotting.INK), (PHI, "x₊", plotting.GREEN), (PHI + THETA, "w⁺", plotting.RED)):
        plane.annotate("", 1.05 * unit(angle), (0, 0), arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 2.2})
        plane.text(*(1.12 * unit(angle)), name, color=colour, weight="bold", fontsize=13, ha="center", va="center")
    arcs = (
        (0, PHI - THETA, plotting.OVER_ALIGNMENT, "φ − θ = 20°"),
        (PHI - THETA, PHI + THETA, plotting.OVER_FITTING, "rim to w⁺"),
    )
    for radius, (start, end, colour, name) in zip((0.84, 0.84), arcs, strict=True):
        plane.plot(*np.array([radius * unit(a) for a in np.linspace(start, end, 30)]).T, color=colour, lw=4)
        if start == 0:
            plane.text(*(0.88 * unit(9)), name, color=colour, fontsize=10, va="center")
        else:
            plane.text(*(0.80 * unit(46)), name, color="#9A6A00", fontsize=10, ha="right", va="center")
    plane.set(xlim=(-0.05, 1.25), ylim=(-0.12, 0.86), aspect="equal", xticks=[], yticks=[])
    plane.set_title("φ = 30°, θ = 10°")
    plane.grid(False)
    for spine in plane.spines.values():
        spine.set_visible(False)

    theta = np.linspace(0, 60, 241)
    predictors = np.array([unit(PHI + t) for t in theta])
    split = decompose(predictors, unit(PHI), unit(0), RATIO)
    floor = np.zeros_like(theta)
    parts.fill_between(theta, floor, split.over_alignment, color=plotting.OVER_ALIGNMENT, label="OA, over-alignment")
    parts.fill_between(theta, split.over_alignment, split.excess, color=plotting.OVER_FITTING, label="OF, over-fitting")
    parts.axvline(PHI, color=plotting.INK, ls="--", lw=1.4)
    parts.text(PHI - 0.7, 0.025, "break condition\nΨ = cos φ", ha="right", va="center", fontsize=10)
    parts.set(xlim=(0, 36), ylim=(0, 0.15), xlabel="θ = arccos Ψ, degrees", ylabel="excess error E(w⁺) − E*")
    parts.set_title("Two parts of one error, κ/σ = 2")
    parts.legend(loc="upper left")
    return figure
