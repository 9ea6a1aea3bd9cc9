"""Picture of lesson 05: every neuron's alignment in time, from a small start and from a large one."""

import numpy as np

from fls_teach import plotting
from fls_teach.theory import GaussianMixture, balanced_init, class_sum, gradient_flow, predictor_alignment, second_layer

ALPHAS = {2.0**-10: "α = 2⁻¹⁰: they turn first, then grow", 1.0: "α = 1: they turn less"}


@plotting.styled
def draw():
    X, y = GaussianMixture(2.5, n_features=20).sample(10, 1, separable=True)
    W, signs = balanced_init(16, 20, list(ALPHAS), 1)
    flow = gradient_flow(X, y, W, signs, target_risk=0.05, record=True)
    figure, axes = plotting.subplots(1, 2, size=(7.3, 3.1), sharey=True)
    for plot, title, path in zip(axes, ALPHAS.values(), flow.trajectory, strict=True):
        share = path.times / path.times[-1]
        lines = plot.plot(share, path.alignments[:, signs > 0], color=plotting.SKY, lw=1)
        lines += plot.plot(share, path.alignments[:, signs < 0], color=plotting.GREY, lw=0.8, ls=":")
        together = predictor_alignment(path.W, second_layer(path.W, signs), class_sum(X, y))
        lines += plot.plot(share, together, color=plotting.BLUE, lw=3)
        plot.set(xlabel="time / $t_\\eta$", xlim=(0, 1), ylim=(-1.05, 1.05))
        plot.set_title(title, fontsize=11)
    axes[0].set_ylabel("cosine with x₊")
    names = ("$\\psi_j$ with $v_j > 0$", "$\\psi_j$ with $v_j < 0$", "$\\Psi$")
    axes[1].legend(np.array(lines)[[0, 8, 16]], names, loc="lower right", ncols=3, fontsize=8)
    return figure
