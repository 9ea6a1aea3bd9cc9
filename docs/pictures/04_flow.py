"""Picture of lesson 04: the risk over time from four initialisation scales, and how the weights grow on the way."""

import numpy as np

from fls_teach import plotting
from fls_teach.theory import GaussianMixture, balanced_init, gradient_flow

EXPONENTS = (-12, -8, -4, 0)
TARGET = 0.05
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@plotting.styled
def draw():
    figure, (risks, norms) = plotting.subplots(1, 2, size=(9.0, 3.9))
    X, y = GaussianMixture(2.5, n_features=20).sample(10, 0, separable=True)
    styles = zip(EXPONENTS, plotting.CYCLE, ("-", "--", "-.", "-"), strict=False)
    for k, colour, style in styles:
        run = gradient_flow(X, y, *balanced_init(50, 20, 2.0**k, 0), target_risk=TARGET, record=True)
        path, name = run.trajectory, f"α = 2{str(k).translate(SUPERSCRIPT)}" if k else "α = 1"
        size = np.sqrt((path.norms**2).sum(axis=1))
        risks.plot(path.times, path.risk, color=colour, ls=style)
        risks.plot(path.times[-1], path.risk[-1], "o", color=colour)
        norms.plot(path.times, size, color=colour, ls=style)
        norms.plot(path.times[-1], size[-1], "o", color=colour)
        middle = np.searchsorted(-path.risk, -0.2)
        risks.text(path.times[middle] + 0.15, 0.2, name, color=colour, va="bottom")
        beside = (path.times[-1], size[-1]) if k == 0 else (0.0, size[0] / 1.2)
        norms.text(*beside, f"  {name}", color=colour, va="center" if k == 0 else "top")
    risks.axhline(TARGET, color=plotting.INK, lw=1, ls="--")
    risks.text(0.0, TARGET / 1.05, "target η = 0.05", va="top")
    risks.set(title="Training risk", xlabel="time (mean reduction)", ylabel="nats", yscale="log")
    risks.set_yticks([0.05, 0.1, 0.2, 0.5, 1.0], ["0.05", "0.1", "0.2", "0.5", "1"])
    risks.set(ylim=(0.038, 1.0), xlim=(-0.4, 12.5))
    risks.minorticks_off()
    norms.set(
        title="Size of the first layer", xlabel="time (mean reduction)", ylabel="‖W‖", yscale="log", ylim=(8e-4, 15)
    )
    return figure
