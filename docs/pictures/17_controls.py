"""Picture of lesson 17: the U with each cause removed, and how much of either branch goes with it."""

import numpy as np
from scipy.stats import sem, t

from fls_teach import plotting
from fls_teach.theory import GaussianMixture, balanced_init, gradient_flow, network_errors

NAMES = {"silence": "silence answered", "start": "f(0) = 0, by twins"}
EXPONENTS = -10, -8, -6, -5, -4, -3, -2, -1, 0, 1, 2
BEST = -3
SEEDS, HALF, DRAWS = 64, 5, 200
MIXTURE = GaussianMixture(2.0, n_features=20)


def tables(exponents):
    """Errors (seeds, exponents of alpha) of the network, with its silent points answered, and of a network of twins."""
    rng, alphas = np.random.default_rng(0), 2.0 ** np.array(exponents)
    signs = np.where(np.arange(HALF) % 2 == 0, 1.0, -1.0)
    found = {"plain": [], "silence": [], "start": []}
    for _ in range(SEEDS):
        X, y = (np.repeat(part[None], len(alphas), axis=0) for part in MIXTURE.sample(8, rng, separable=True))
        first, second = (balanced_init(HALF, 20, alphas, rng)[0] for _ in range(2))
        plain, twins = np.concatenate([first, second], axis=1), np.concatenate([first, first], axis=1)
        seed = int(rng.integers(2**32))
        for start, sign in ((plain, np.r_[signs, signs]), (twins, np.r_[signs, -signs])):
            flow = gradient_flow(X, y, start, sign, target_risk=0.05, rtol=1e-3)
            errors = network_errors(flow.W, flow.v, MIXTURE.signal, 2.0, n_draws=DRAWS, rng=np.random.default_rng(seed))
            if start is plain:
                found["plain"].append(errors.half.value)
                found["silence"].append(errors.linear.value)
            else:
                found["start"].append(errors.half.value)
    return {name: np.array(rows) for name, rows in found.items()}


def interval(numbers):
    """Mean, and half of the 95% interval's length."""
    return numbers.mean(), sem(numbers) * t.ppf(0.975, len(numbers) - 1)


def rises(found, best):
    """Of each seed (seeds, 2): the rise from the column `best` to either end, under each control."""
    return {name: errors[:, [0, -1]] - errors[:, [best]] for name, errors in found.items()}


@plotting.styled
def draw():
    """The curves (left); of each branch, the share of its rise that a control removes, with 95% intervals (right)."""
    found = tables(EXPONENTS)
    rise = rises(found, EXPONENTS.index(BEST))
    figure, (curves, shares) = plotting.subplots(1, 2, size=(10.0, 3.9), width_ratios=(1.25, 1))
    looks = {"plain": (plotting.INK, "o-"), "silence": (plotting.BLUE, "s--"), "start": (plotting.RED, "^:")}
    for name, (colour, style) in looks.items():
        curves.plot(EXPONENTS, found[name].mean(axis=0), style, color=colour, label=NAMES.get(name, "the network"))
    curves.set(xlabel="log₂ α", ylabel="test error", title="Error at the same training risk")
    curves.legend(loc="upper left")
    for shift, name in ((-0.12, "silence"), (0.12, "start")):
        for place in range(2):
            gone = rise["plain"][:, place] - rise[name][:, place]
            mean, half = interval(gone / rise["plain"][:, place].mean())
            label = NAMES[name] if place == 0 else None
            colour, style = looks[name]
            shares.errorbar(place + shift, mean, half, fmt=style[0], color=colour, capsize=4, label=label)
    shares.axhline(0.5, color=plotting.GREY, ls=":", lw=1.2)
    shares.axhline(0, color=plotting.GREY, lw=1)
    shares.set(xlim=(-0.6, 1.6), xticks=(0, 1), title="Share of the rise that is removed")
    shares.set_xticklabels(["left, α = 2⁻¹⁰", "right, α = 4"])
    shares.legend(loc="lower right")
    return figure
