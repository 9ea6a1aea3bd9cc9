"""Picture of lesson 01: one draw in the plane, and how rarely a draw is orthogonally separable."""

import numpy as np

from fls_teach import plotting
from fls_teach.theory import GaussianMixture, class_sum, separability

DRAWS = 4_000
RATIOS = np.arange(1.0, 6.01, 0.5)


def share_separable(n_samples, kappa, rng):
    """Share of draws in 20 dimensions with lambda > 0."""
    y = np.where(np.arange(n_samples) % 2 == 0, 1.0, -1.0)
    X = rng.standard_normal((DRAWS, n_samples, 20))
    X[:, :, 0] += kappa * y
    return np.mean(separability(X, np.broadcast_to(y, X.shape[:2])) > 0)


@plotting.styled
def draw():
    figure, (plane, shares) = plotting.subplots(1, 2, size=(9.0, 3.9))
    X, y = GaussianMixture(2.5, n_features=2).sample(16, 3, separable=False)
    for label, colour, name in ((1, plotting.BLUE, "y = +1"), (-1, plotting.RED, "y = −1")):
        plane.scatter(*X[y == label].T, color=colour, s=26, label=name)
    toward = class_sum(X, y)
    for vector, colour, name in ((np.array([1.0, 0.0]), plotting.INK, "s"), (toward, plotting.GREEN, "x₊")):
        tip = 4.6 * vector / np.linalg.norm(vector)
        plane.annotate("", tip, (0, 0), arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 2})
        plane.text(*(tip * 1.07), name, color=colour, ha="left", va="center", weight="bold")
    plane.set(title="16 examples, κ/σ = 2.5, d = 2", xlim=(-5.2, 5.6), ylim=(-3, 3), aspect="equal")
    plane.set(xlabel="along s", ylabel="across s")
    plane.legend(loc="lower left")
    rng = np.random.default_rng(0)
    for n, marker in ((4, "o"), (10, "s"), (20, "^")):
        shares.plot(RATIOS, [share_separable(n, r, rng) for r in RATIOS], marker=marker, label=f"n = {n}")
    shares.set(title="Share of draws with λ > 0, d = 20", xlabel="κ/σ", ylabel="share", ylim=(-0.03, 1.03))
    shares.legend()
    return figure
