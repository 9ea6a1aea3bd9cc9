"""Picture of lesson 11: how far training moves features and kernel, from small starts to large."""

import numpy as np

from fls_teach import plotting
from fls_teach.theory import GaussianMixture, balanced_init, gradient_flow, second_layer

EXPONENTS = np.arange(-12, 9, 2)
D, N, H, KAPPA, TARGET, SEEDS = 20, 10, 50, 2.5, 0.05, 6


@plotting.styled
def draw():
    """Median and range over seeds of both relative movements against alpha, for two kinds of start."""
    figure, axes = plotting.subplots(1, 2, size=(10.0, 3.9), sharex=True)
    starts = {"random start": (False, plotting.BLUE, "o"), "with twins, f(0) = 0": (True, plotting.RED, "s")}
    for label, (twins, colour, marker) in starts.items():
        for panel, moved in zip(axes, np.transpose(_movements(twins), (2, 0, 1)), strict=True):
            low, middle, high = np.nanpercentile(np.maximum(moved, 1e-9), [0, 50, 100], axis=0)
            panel.fill_between(2.0**EXPONENTS, low, high, color=colour, alpha=0.15, lw=0)
            panel.plot(2.0**EXPONENTS, middle, color=colour, marker=marker, label=label)
    alpha = 2.0 ** np.array([1, 8])
    axes[0].plot(alpha, 0.6 / alpha**2, color=plotting.INK, ls=":", label="slope −2")
    for panel, name, symbol in zip(axes, ("Features", "Tangent kernel"), "WK", strict=True):
        panel.axvspan(2**-4, 2**-3, color=plotting.GREEN, alpha=0.25, lw=0, label="best test error")
        panel.set_xscale("log", base=2)
        panel.set_yscale("log")
        panel.set(xlabel="initialisation scale alpha", title=name)
        panel.set_ylabel(f"‖{symbol}(t_eta) − {symbol}(0)‖ / ‖{symbol}(0)‖")
    axes[1].set_ylim(1e-8, None)
    axes[0].legend(loc="lower left", fontsize=9)
    return figure


def _movements(twins):
    """Relative movements (seeds, alphas, 2); NaN where a run did not reach its target."""
    moved, alpha = [], 2.0 ** EXPONENTS.astype(float)
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        X, y = GaussianMixture(KAPPA, n_features=D).sample(N, rng, separable=True)
        W0, signs = balanced_init(H, D, alpha, rng)
        if twins:
            W0[:, H // 2 :] = W0[:, : H // 2]
        flow = gradient_flow(X, y, W0, signs, target_risk=TARGET)
        v0 = second_layer(W0, signs)
        before, after = _kernel(X, W0, v0), _kernel(X, flow.W, flow.v)
        pairs = np.stack([_change(W0, flow.W), _change(before, after)], axis=1)
        moved.append(np.where((flow.status == "reached")[:, None], pairs, np.nan))
    return np.array(moved)


def _kernel(X, W, v):
    Z = X @ W.swapaxes(-1, -2)
    hidden, active = np.maximum(Z, 0), (Z > 0) * np.abs(v)[:, None, :]
    return hidden @ hidden.swapaxes(-1, -2) + active @ active.swapaxes(-1, -2) * (X @ X.T)


def _change(before, after):
    return np.linalg.norm(after - before, axis=(-2, -1)) / np.linalg.norm(before, axis=(-2, -1))
