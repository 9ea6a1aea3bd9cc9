"""Picture of lesson 12: one line along the signal, and what integrating along it saves."""

import numpy as np
from scipy.special import ndtr

from fls_teach import plotting
from fls_teach.theory import GaussianMixture, balanced_init, forward, gradient_flow, network_error

KAPPA, D = 1.5, 2


@plotting.styled
def draw():
    """A line through the plane (left), plain Monte Carlo beside the exact integral (right)."""
    figure, (line, precision) = plotting.subplots(1, 2, size=(10.0, 3.9))
    _line(line)
    _precision(precision)
    return figure


def _line(axes):
    W = np.array([[1.0, 0.3], [0.6, 0.8], [-1.0, 0.5], [-0.8, 1.0], [-0.5, 1.0]])
    v = np.array([1.0, 0.6, -1.2, -0.8, 8.0])
    f_at = lambda u: forward(np.column_stack([u, np.full_like(u, -0.9)]), W, v)  # noqa: E731
    u = np.linspace(-4.2, 4.2, 2001)
    f = f_at(u)
    for y, colour in ((-1, plotting.RED), (1, plotting.BLUE)):
        density = 4 * np.exp(-((u - KAPPA * y) ** 2) / 2) / np.sqrt(2 * np.pi)
        axes.plot(u, density, color=colour, lw=1.2, label=f"density, class {'+' if y > 0 else '−'}1 (×4)")
        axes.fill_between(u, 0, density, where=y * f < 0, color=colour, alpha=0.5, lw=0)
        axes.fill_between(u, 0, density, where=f == 0, facecolor="none", edgecolor=colour, hatch="////", lw=0)
    axes.plot(u, f, color=plotting.INK, label="network f(u)")
    kinks = -(W[:, 1] * -0.9) / W[:, 0]
    axes.plot(kinks, f_at(kinks), "o", color=plotting.INK, label="breakpoints")
    axes.set(xlabel="u = ⟨x, s⟩, orthogonal noise held fixed", ylim=(-2.6, 4.6), title="One line along the signal")
    axes.legend(loc="upper center", fontsize=9)


def _precision(axes):
    rng = np.random.default_rng(3)
    mixture = GaussianMixture(2.5, n_features=20)
    X, y = mixture.sample(10, rng, separable=True)
    flow = gradient_flow(X, y, *balanced_init(50, 20, 2.0**-4, rng), target_risk=0.05)
    draws = 2 ** np.arange(5, 13)
    errors = {"plain draws": [], "exact along the signal": []}
    for n in draws:
        errors["exact along the signal"].append(
            [float(network_error(flow.W, flow.v, mixture.signal, 2.5, n_draws=int(n), rng=rng)[0]) for _ in range(20)]
        )
        shares = []
        for _ in range(20):
            label = rng.choice([-1.0, 1.0], n)
            x = 2.5 * label[:, None] * mixture.signal + rng.standard_normal((n, 20))
            shares.append(np.mean((1 - label * np.sign(forward(x, flow.W, flow.v))) / 2))
        errors["plain draws"].append(shares)
    looks = (0.88, "x", plotting.GREY), (1.12, ".", plotting.GREEN)
    for (label, table), (shift, marker, colour) in zip(errors.items(), looks, strict=True):
        axes.plot(np.repeat(draws * shift, 20), np.ravel(table), marker, ms=4, color=colour, label=label)
    axes.axhline(ndtr(-2.5), color=plotting.INK, ls="--", lw=1.2, label="Bayes error E*")
    axes.set_xscale("log", base=2)
    axes.set(xlabel="number of draws", ylabel="estimated error", title="The same network, 20 estimates each")
    axes.legend(loc="upper right")
