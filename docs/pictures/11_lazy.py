"""Picture of lesson 11: how far training moves features and kernel, from small starts to large."""

import numpy as np

from fls_teach import plotting
from fls_teach.theory import GaussianMixture, balanced_init, gradient_flow, second_layer, twins

LOG2_ALPHA = np.arange(-12, 9, 2)
D, N, H, KAPPA, TARGET, SEEDS = 20, 10, 50, 2.5, 0.05, 6
STARTS = {"random start": (False, plotting.BLUE, "o", "-"), "twins, f(0) = 0": (True, plotting.RED, "s", "--")}


@plotting.styled
def draw():
    """Median and range over seeds of both relative movements against alpha, for two kinds of start."""
    figure, axes = plotting.subplots(1, 2, size=(10.0, 3.9), sharex=True)
    alpha = 2.0**LOG2_ALPHA
    for label, (with_twins, colour, marker, style) in STARTS.items():
        moved = _movements(with_twins)
        for panel, each in zip(axes, np.moveaxis(moved, 2, 0), strict=True):
            low, middle, high = np.nanpercentile(each, [0, 50, 100], axis=0)
            panel.fill_between(alpha, low, high, color=colour, alpha=0.15, lw=0)
            panel.plot(alpha, middle, style, color=colour, marker=marker, label=label)
    large = 2.0 ** np.array([1, 8])
    for panel, height, power in ((axes[0], 0.6, 2), (axes[1], 0.3, 4)):
        panel.plot(large, height / large**power, color=plotting.INK, ls=":", label=f"slope −{power}")
        panel.axvspan(2**-4, 2**-3, color=plotting.GREEN, alpha=0.25, lw=0, label="best plain error")
        panel.legend(loc="lower left", fontsize=9)
    for panel, name, symbol in zip(axes, ("Features", "Tangent kernel"), "WK", strict=True):
        panel.set_xscale("log", base=2)
        panel.set_yscale("log")
        panel.set(xlabel="initialisation scale α", title=name)
        panel.set_ylabel(f"‖{symbol}($t_\\eta$) − {symbol}(0)‖ / ‖{symbol}(0)‖")
    return figure


def _movements(with_twins):
    """Relative movements (seeds, alphas, 2); NaN where a run did not reach its target."""
    moved, alpha = [], 2.0 ** LOG2_ALPHA.astype(float)
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        X, y = GaussianMixture(KAPPA, n_features=D).sample(N, rng, separable=True)
        W0, signs = balanced_init(H // 2 if with_twins else H, D, alpha, rng)
        if with_twins:
            W0, signs = twins(W0, signs)
        flow = gradient_flow(X, y, W0, signs, target_risk=TARGET)
        before, after = _kernel(X, W0, second_layer(W0, signs)), _kernel(X, flow.W, flow.v)
        pairs = np.stack([_change(W0, flow.W), _change(before, after)], axis=1)
        moved.append(np.where((flow.status == "reached")[:, None], pairs, np.nan))
    return np.array(moved)


def _kernel(X, W, v):
    Z = X @ W.swapaxes(-1, -2)
    hidden, active = np.maximum(Z, 0), (Z > 0) * np.abs(v)[:, None, :]
    return hidden @ hidden.swapaxes(-1, -2) + active @ active.swapaxes(-1, -2) * (X @ X.T)


def _change(before, after):
    return np.linalg.norm(after - before, axis=(-2, -1)) / np.linalg.norm(before, axis=(-2, -1))
