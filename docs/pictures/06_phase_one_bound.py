"""Picture of lesson 06: neurons above their bound, and the angle at the exit against alpha."""

import numpy as np

from fls_teach import plotting
from fls_teach.demos.framework.curves import log_interpolate
from fls_teach.theory import (
    GaussianMixture,
    angle,
    balanced_init,
    class_sum,
    gradient_flow,
    phase_one_bound,
    phase_one_exit,
    zeta,
)

ALPHAS = 2.0 ** -np.arange(8, 25, 4)
SHOWN = 2  # alpha = 2^-16


def follow(seed):
    """One data set, the positive class pulling harder, at every alpha until the risk has begun to fall."""
    rng = np.random.default_rng(seed)
    X, y = GaussianMixture(4.0, n_features=8).sample(6, rng, separable=True)
    y = y if np.linalg.norm(class_sum(X, y, 1)) > np.linalg.norm(class_sum(X, y, -1)) else -y
    W, signs = balanced_init(12, 8, ALPHAS, rng)
    return X, y, signs, gradient_flow(X, y, W, signs, target_risk=2.9, reduction="sum", record=True).trajectory


@plotting.styled
def draw():
    figure, (time, law) = plotting.subplots(1, 2, size=(6.8, 2.95))
    for seed in range(4):
        X, y, signs, paths = follow(seed)
        ends = [phase_one_exit(path.times, path.norms, alpha) for path, alpha in zip(paths, ALPHAS, strict=True)]
        best = [
            log_interpolate(end, path.times, angle(path.W[:, signs > 0], class_sum(X, y)).min(axis=1))
            for path, end in zip(paths, ends, strict=True)
        ]
        law.loglog(
            ALPHAS, best, "o-", base=2, color=plotting.CYCLE[seed], label="four data sets" if seed == 0 else None
        )
        if seed == 0:
            show(time, X, y, signs, paths[SHOWN], ends[SHOWN])
    law.loglog(ALPHAS, 0.5 * ALPHAS**0.5, "--", base=2, color=plotting.INK, label="slope 1/2")
    law.set(xlabel="α", ylabel="angle at $t_\\alpha$, radians")
    law.set_title("The √α law")
    law.legend(loc="upper left")
    return figure


def show(time, X, y, signs, path, end):
    """Every positive neuron and its bound from its own t_1 on."""
    active = np.einsum("thd,nd->thn", path.W, X) > 0
    constant = float(zeta(ALPHAS[SHOWN], X, y, path.W[0]))
    inside = path.times <= end
    for j in np.flatnonzero(signs > 0):
        of_kind = (active[:, j] == (y > 0)).all(axis=1) & inside
        (line,) = time.plot(path.times, path.alignments[:, j], color=plotting.SKY, lw=1.3)
        if of_kind.any():
            start = path.times[of_kind.argmax()]
            shown = inside & (path.times >= start)
            lower = phase_one_bound(path.times[shown], constant, X, y, start, reduction="sum")
            (bound,) = time.plot(path.times[shown], lower, color=plotting.RED, lw=1.1, ls="--")
    time.axvline(end, color=plotting.INK, lw=1.2)
    time.text(end * 0.98, -0.55, "exit $t_\\alpha$", ha="right")
    time.set(xlim=(0, end * 1.15), ylim=(-0.75, 1.05), xlabel="time (risk summed)", ylabel="$\\psi_j$")
    time.set_title(f"α = 2⁻¹⁶, ζ = {constant:.4f}")
    time.legend([line, bound], ["positive neurons", "bound from $t_1$ on"], loc=(0.34, 0.3), fontsize=8)
