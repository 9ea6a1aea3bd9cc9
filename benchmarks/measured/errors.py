"""The network's error along the signal, against plain sampling; and the silent wedge against its formula."""

import numpy as np
from scipy.stats import multivariate_normal

from fls_teach.theory import (
    GaussianMixture,
    balanced_init,
    effective_predictor,
    forward,
    gradient_flow,
    network_errors,
)

from .words import powers, table

LOG2_ALPHA = np.array([-12, -8, -4])
N_DRAWS, N_PLAIN = 4_000, 200_000


def errors():
    """Both estimates for one network of preset *separable* at each alpha, and the mass of the wedge."""
    mixture, rng = GaussianMixture(2.5, n_features=20), np.random.default_rng(51)
    X, y = mixture.sample(10, rng, separable=True)
    flow = gradient_flow(X, y, *balanced_init(50, 20, 2.0**LOG2_ALPHA, rng), target_risk=0.05)
    found = network_errors(flow.W, flow.v, mixture.signal, mixture.kappa, n_draws=N_DRAWS, rng=rng)
    T, label = mixture.sample(N_PLAIN, rng)
    f = label * forward(T, flow.W, flow.v)
    wrong = (f < 0) + (f == 0) / 2
    spread = wrong.std(axis=1) / np.sqrt(N_PLAIN)
    wedges = [_wedge(W, v, mixture) for W, v in zip(flow.W, flow.v, strict=True)]
    rows = [
        [f"along the signal, {N_DRAWS:,} draws", *_pairs(*found.half)],
        [f"plain, {N_PLAIN:,} draws", *_pairs(wrong.mean(axis=1), spread)],
        ["silent mass", *_pairs(*found.silent)],
        ["wedge behind w^+ and w^-, by its formula", *(f"{100 * value:.3f}" for value in wedges)],
    ]
    return f"""One network of preset *separable* for each α; in percent, ± 1.96 standard errors of the draws.

{table(["", *powers(LOG2_ALPHA)], rows)}

The formula is for neurons that have collapsed onto w^+ and w^-; at larger α others are still awake."""


def _pairs(values, spreads):
    return [f"{100 * value:.3f} ± {196 * spread:.3f}" for value, spread in zip(values, spreads, strict=True)]


def _wedge(W, v, mixture):
    """P(<w^+, x> <= 0 and <w^-, x> <= 0), the mean of two bivariate normal probabilities."""
    normals = np.stack([effective_predictor(W, v), effective_predictor(W, -v)])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    centre, covariance = mixture.kappa * normals @ mixture.signal, normals @ normals.T
    return np.mean([multivariate_normal.cdf([0, 0], y * centre, covariance) for y in (-1, 1)])
