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
    for k, colour in zip(EXPONENTS, plotting.CYCLE, strict=False):
        run = gradient_flow(X, y, *balanced_init(50, 20, 2.0**k, 0), target_risk=TARGET, record=True)
        path, name = run.trajectory, f"α = 2{str(k).translate(SUPERSCRIPT)}"
        risks.plot(path.times, path.risk, color=colour, label=name)
        risks.plot(path.times[-1], path.risk[-1], "o", color=colour)
        norms.plot(path.times, np.sqrt((path.norms**2).sum(axis=1)), color=colour, label=name)
    risks.axhline(TARGET, color=plotting.INK, lw=1, ls="--")
    risks.text(0.0, TARGET * 1.08, "target η = 0.05", va="bottom")
    risks.set(title="Training risk", xlabel="time (mean reduction)", ylabel="nats", yscale="log")
    risks.set_yticks([0.05, 0.1, 0.2, 0.5, 1.0], ["0.05", "0.1", "0.2", "0.5", "1"])
    risks.minorticks_off()
    norms.set(title="Size of the first layer", xlabel="time (mean reduction)", ylabel="‖W‖", yscale="log")
    norms.legend(loc="lower right")
    return figure
