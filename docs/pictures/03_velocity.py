"""Picture of lesson 03: where every direction in the plane is pulled, and what stays constant along gradient flow."""

import numpy as np
from scipy.integrate import solve_ivp

from fls_teach import plotting
from fls_teach.theory import velocity

X = np.array([[2.0, 0.6], [1.4, 1.4], [-0.6, 1.6], [-1.6, 0.9]])
Y = np.array([1.0, 1.0, -1.0, -1.0])
W = np.array([[-0.1, 0.5], [0.3, -0.6], [-0.4, -0.1], [0.15, 0.1]])
V = np.array([0.2, 0.5, -0.6, -0.1])


@plotting.styled
def draw():
    figure, (plane, balance) = plotting.subplots(1, 2, size=(9.0, 3.9))
    for label, colour, name in ((1, plotting.BLUE, "y = +1"), (-1, plotting.RED, "y = −1")):
        plane.scatter(*X[label == Y].T, color=colour, s=45, label=name, zorder=3)
    angles = np.linspace(0, 2 * np.pi, 36, endpoint=False)
    U = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    pull = velocity(X, Y, 1e-6 * U, np.full(len(U), 1e-6), "sum")[0] / 1e-6
    dead = np.linalg.norm(pull, axis=1) == 0
    plane.quiver(*U[~dead].T, *pull[~dead].T, color=plotting.INK, angles="xy", scale_units="xy", scale=3.0, width=0.005)
    plane.scatter(*U[dead].T, color=plotting.GREY, marker="x", label="dead: no pull", zorder=3)
    plane.set(title="Pull on a small neuron with v > 0", xlabel="x₁", ylabel="x₂", xlim=(-2.3, 2.6), ylim=(-1.7, 2.1))
    plane.set_aspect("equal")
    plane.legend(loc="lower right")

    def rate(_, state):
        dW, dv = velocity(X, Y, state[:8].reshape(4, 2), state[8:], "sum")
        return np.concatenate([dW.ravel(), dv])

    times = np.linspace(0, 2, 101)
    states = solve_ivp(rate, (0, 2), np.concatenate([W.ravel(), V]), t_eval=times, rtol=1e-8, atol=1e-10).y
    squares = (states[:8].reshape(4, 2, -1) ** 2).sum(axis=1)
    for j, colour in enumerate(plotting.CYCLE[:4]):
        constant = states[8 + j] ** 2 - squares[j]
        balance.plot(times, squares[j], color=colour, ls="--")
        balance.plot(times, constant, color=colour)
        # Neurons 1 and 2 keep nearly the same difference: their numbers go to different ends of the lines.
        balance.text(2.04, squares[j, -1], f"{j + 1}", color=colour, va="center", weight="bold")
        balance.text(-0.04, constant[-1] + 0.06 * (j == 1) - 0.06 * (j == 0), f"{j + 1}", color=colour, va="center",
                     ha="right", weight="bold")  # fmt: skip
    balance.set(title="Four neurons: ‖w‖² and v² − ‖w‖²", xlabel="time", xlim=(-0.15, 2.15), ylim=(-0.4, 2.1))
    handles = [balance.plot([], [], color=plotting.INK, ls=style)[0] for style in ("--", "-")]
    balance.legend(handles, ["‖w‖²: moves", "v² − ‖w‖²: stays"], loc="upper left")
    return figure
