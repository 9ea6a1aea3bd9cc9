"""Picture of lesson 07: runs that coincide under the right rule, and how far they part under a wrong one."""

import numpy as np

from fls_teach import plotting
from fls_teach.demos.equivalence import three_layer_gradient
from fls_teach.theory import GaussianMixture, balanced_init, descend, gradient_descent, second_layer

STEPS, LR = 400, 0.1


@plotting.styled
def draw():
    rng = np.random.default_rng(0)
    X, y = GaussianMixture(2.0, n_features=10).sample(20, rng)
    W, signs = balanced_init(16, 10, 1.0, rng)
    v = second_layer(W, signs)
    figure, (two, three) = plotting.subplots(1, 2, size=(7.6, 3.2))
    for k, colour, style in ((0, plotting.RED, "-"), (2, plotting.GREEN, "--"), (4, plotting.BLUE, ":")):
        c, alpha = 4.0**-k, 2.0**-k
        multiplied = gradient_descent(X, y, W, v, LR / c, STEPS, output_multiplier=c).risks
        scaled = gradient_descent(X, y, alpha * W, alpha * v, LR, STEPS).risks
        name = f"c = 4⁻{'⁰¹²³⁴'[k]}" if k else "c = 1"
        two.semilogy(scaled, color=colour, lw=5, alpha=0.3)
        two.semilogy(multiplied, color=colour, lw=1.5, ls=style, label=name)
    two.semilogy([], [], color=plotting.GREY, lw=5, alpha=0.3, label="α = √c, at lr")
    two.set(xlabel="step", ylabel="risk", title="Two layers, lr/c: the same run")
    two.legend(fontsize=8)

    theta = [rng.standard_normal(shape) * np.sqrt(2 / shape[-1]) for shape in ((16, 10), (16, 16), (16,))]
    c = 1 / 4
    alpha = c ** (1 / 3)
    scaled = descend(lambda t: three_layer_gradient(X, y, t, 1.0), [alpha * w for w in theta], LR, STEPS)[1]
    rules = ((LR / c, plotting.RED, "lr / c"), (LR * c ** (-2 / 3), plotting.BLUE, "lr c$^{-2/3}$"))
    for (rate, colour, name), height in zip(rules, (3e-2, 1e-13), strict=True):
        own = descend(lambda t: three_layer_gradient(X, y, t, c), theta, rate, STEPS)[1]
        gap = np.abs(own - scaled) / scaled
        three.semilogy(np.where(gap > 0, gap, np.nan), color=colour)
        three.text(200, height, name, color=colour, ha="center", va="center", weight="bold")
    three.set(xlabel="step", ylabel="relative difference of the risks", ylim=(1e-17, 1e2))
    three.set_title("Three layers, c = 1/4")
    return figure
