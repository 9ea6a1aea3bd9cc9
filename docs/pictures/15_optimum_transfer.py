"""Where the optimum lies for networks of five widths, beside the claimed law and the fitted one. Takes about 40 s."""

import numpy as np

from fls_teach import plotting
from fls_teach.theory import (
    GaussianMixture,
    balanced_init,
    effective_predictor,
    gradient_flow,
    linear_error,
    network_error,
)

WIDTHS, SEEDS, RESAMPLES = (16, 32, 64, 128, 256), 96, 1_000
MARKERS, STYLES = "osD^v", ("-", "--", "-.", ":", "-")
ALPHAS = 2.0 ** np.arange(-7, -1.4, 0.5)


def errors_of(width, mixture):
    """Errors of the network and of its effective predictor for every seed and alpha, (2, seeds, alphas)."""
    X, y, W = [], [], []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        data = mixture.sample(10, rng, separable=True)
        start, signs = balanced_init(width, mixture.n_features, ALPHAS, rng)
        X += [data[0]] * len(ALPHAS)
        y += [data[1]] * len(ALPHAS)
        W.append(start)
    flow = gradient_flow(np.array(X), np.array(y), np.concatenate(W), signs, target_risk=0.05)
    network = network_error(flow.W, flow.v, mixture.signal, mixture.kappa, n_draws=150)[0]
    predictor = linear_error(effective_predictor(flow.W, flow.v), mixture.signal, mixture.kappa)
    return np.stack([network, predictor]).reshape(2, SEEDS, len(ALPHAS))


def best(curve):
    """log2 c at the minimum of the parabola through the lowest point and its neighbours; c = alpha^2."""
    k = np.clip(np.argmin(curve), 1, len(curve) - 2)
    a, b, c = curve[k - 1 : k + 2]
    return 2 * np.log2(ALPHAS[k]) + 0.5 * (a - c) / (a - 2 * b + c)


@plotting.styled
def draw():
    mixture, rng = GaussianMixture(2.5, n_features=20), np.random.default_rng(0)
    figure, (left, right) = plotting.subplots(1, 2, size=(8.6, 4.2))
    rows = rng.integers(SEEDS, size=(RESAMPLES, SEEDS))
    optima = np.empty((2, len(WIDTHS), 1 + RESAMPLES))
    for k, width in enumerate(WIDTHS):
        errors = errors_of(width, mixture)
        left.plot(ALPHAS**2, errors[0].mean(0), STYLES[k], marker=MARKERS[k], ms=4, color=plotting.CYCLE[k],
                  label=f"h = {width}")  # fmt: skip
        for which in (0, 1):
            resampled = [errors[which][sample].mean(0) for sample in rows]
            optima[which, k] = [best(curve) for curve in [errors[which].mean(0), *resampled]]
    left.set_xscale("log", base=2)
    left.set(xlabel="output multiplier c = α²", ylabel="network error", ylim=(0.0125, 0.02))
    left.set_title("Wider networks want a smaller c")
    left.legend(loc="upper left")
    log_h = np.log2(WIDTHS)
    looks = ((0, "the network", plotting.INK, "o", "-"), (1, "the effective predictor", plotting.BLUE, "s", "-."))
    for which, name, color, marker, style in looks:
        point, spread = optima[which, :, 0], np.percentile(optima[which, :, 1:], [2.5, 97.5], axis=1)
        fits = np.polyfit(log_h, optima[which], 1)
        low, high = np.percentile(fits[0, 1:], [2.5, 97.5])
        at = log_h + 0.1 * which
        right.errorbar(at, point, yerr=np.abs(spread - point), fmt=marker, color=color, capsize=2)
        label = f"error of {name}:\nexponent {fits[0, 0]:.2f} ({low:.2f} to {high:.2f})".replace("-", "−")
        right.plot(log_h, np.polyval(fits[:, 0], log_h), style, marker=marker, color=color, lw=1.2, label=label)
        right.lines[-1].set_markevery([])  # the legend shows the marker, the line does not
    middle = optima[0, :, 0].mean()
    right.plot(log_h, middle - (log_h - log_h.mean()), "--", color=plotting.RED, label="claimed: exponent −1")
    right.set_xticks(log_h, [str(width) for width in WIDTHS])
    right.set(xlabel="number of neurons h", ylabel="log₂ of the best c", ylim=(-18, -4.5))
    right.set_title("Which error is measured matters")
    right.legend(loc="lower left", fontsize=9)
    return figure
