"""Picture of lesson 02: what three neurons make of the plane, and the logistic loss written naively and stably."""

import numpy as np

from fls_teach import plotting
from fls_teach.theory import forward

W = np.array([[1.0, 0.5], [-1.0, 1.0], [0.2, -1.0]])
V = np.array([1.0, -1.5, 0.8])


@plotting.styled
def draw():
    figure, (plane, loss) = plotting.subplots(1, 2, size=(9.0, 3.9))
    axis = np.linspace(-2, 2, 161)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1)
    f = forward(grid.reshape(-1, 2), W, V).reshape(grid.shape[:2])
    levels = np.linspace(-5, 5, 21)
    filled = plane.contourf(axis, axis, f, levels=levels, cmap="PuOr", extend="both")
    plane.contour(axis, axis, f, levels=[0.0], colors=plotting.INK, linewidths=1.2)
    for k, w in enumerate(W, start=1):
        along = 3 * np.array([-w[1], w[0]]) / np.linalg.norm(w)
        plane.plot(*np.stack([-along, along]).T, color="white", ls="--", lw=1.6)
        plane.annotate("", 0.9 * w, (0, 0), arrowprops={"arrowstyle": "-|>", "color": plotting.INK, "lw": 1.6})
        plane.text(*(w * 1.05), f"w{'₁₂₃'[k - 1]}", weight="bold", ha="center", va="center")
    plane.set(title="Three neurons: f is linear in pieces", xlim=(-2, 2), ylim=(-2, 2), aspect="equal")
    plane.set(xlabel="x₁", ylabel="x₂")
    plane.grid(False)
    figure.colorbar(filled, ax=plane, label="f(x)", ticks=[-4, -2, 0, 2, 4])
    z = np.linspace(-60, 60, 481)
    loss.semilogy(z, np.logaddexp(0, -z), color=plotting.BLUE, label="stable")
    naive = np.log(1 + np.exp(-z))
    loss.semilogy(z[naive > 0], naive[naive > 0], color=plotting.RED, ls="--", label="log(1 + exp(−z)) as written")
    loss.axvline(z[naive > 0][-1], color=plotting.GREY, lw=1, ls=":")
    loss.text(z[naive > 0][-1] - 2, 3e-19, "as written, the\nloss is 0 from here on", ha="right", va="center")
    loss.set(title="Logistic loss l(z)", xlabel="margin z = y f(x)", ylabel="nats", ylim=(1e-27, 1e5))
    loss.legend(loc="lower left")
    return figure
