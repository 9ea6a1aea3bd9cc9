"""Picture of lesson 10: the U-curve as paired differences, and what selection bias does to flat ones."""

import numpy as np

from fls_teach import plotting
from fls_teach.theory import GaussianMixture, balanced_init, gradient_flow, network_error

EXPONENTS = np.array([-12, -10, -8, -6, -5, -4, -3, -2.5, -2])
SEEDS, FLAT_TABLES = 64, 4_000


@plotting.styled
def draw():
    """Differences to the best alpha with two kinds of error bars (left), z on curves without an optimum (right)."""
    figure, (curve, bias) = plotting.subplots(1, 2, size=(10.0, 3.9))
    best, worse, paired, unpaired = _evidence(_table())
    curve.axhline(0, color=plotting.GREY, lw=1)
    x = EXPONENTS
    bars = ((-0.12, unpaired, plotting.GREY, "unpaired"), (0.12, paired, plotting.BLUE, "paired"))
    for shift, spread, colour, label in bars:
        curve.errorbar(x + shift, worse, 2 * spread, fmt="none", ecolor=colour, capsize=3, label=f"± 2 s.e., {label}")
    curve.plot(x, worse, "o-", color=plotting.INK)
    curve.set(xlabel="log₂ α", title="Error above that at the best α", ylabel="difference")
    curve.legend(loc="upper center")
    bins = np.linspace(-4, 7, 56)
    looks = ((False, plotting.GREEN, "-", "other seeds judge"), (True, plotting.RED, "--", "the same seeds judge"))
    for same, colour, style, label in looks:
        z = _z_without_optimum(same)
        bias.hist(z, bins, density=True, histtype="step", lw=2, color=colour, ls=style, label=label)
    bias.axvline(2, color=plotting.INK, ls=":", lw=1.2, label="z = 2")
    bias.set(xlabel="z of the left end against the “best”", yticks=[], title="A curve without any optimum")
    bias.set_xlim(-4, 9)
    bias.legend(loc="center right")
    return figure


def _table():
    """Test errors (seeds, alphas) of networks trained to risk 0.05, preset *separable* of science.md#u-curve."""
    rng, mixture, alphas = np.random.default_rng(0), GaussianMixture(2.5, n_features=20), 2.0**EXPONENTS
    rows = []
    for _ in range(SEEDS):
        X, y = mixture.sample(10, rng, separable=True)
        flow = gradient_flow(X, y, *balanced_init(50, 20, alphas, rng), target_risk=0.05)
        rows.append(network_error(flow.W, flow.v, mixture.signal, 2.5, n_draws=200, rng=rng)[0])
    return np.array(rows)


def _evidence(errors, same=False):
    """Best index, differences to it, their paired and unpaired standard errors."""
    choosing, judging = (errors, errors) if same else (errors[::2], errors[1::2])
    best, n = choosing.mean(axis=0).argmin(), len(judging)
    worse = judging - judging[:, [best]]
    variance = judging.var(axis=0, ddof=1)
    unpaired = np.sqrt((variance + variance[best]) / n) * (np.arange(len(variance)) != best)
    return best, worse.mean(axis=0), worse.std(axis=0, ddof=1) / np.sqrt(n), unpaired


def _z_without_optimum(same):
    """z of the left end against the best of 13 equal alphas, 64 seeds; 0 where the left end itself is the best."""
    rng = np.random.default_rng(1)
    found = (_evidence(rng.standard_normal((64, 13)), same) for _ in range(FLAT_TABLES))
    return np.array([worse[0] / paired[0] if best > 0 else 0.0 for best, worse, paired, _ in found])
