"""What holds step by step: the equivalence of c and alpha, descent against flow, and the Bayes errors."""

import numpy as np

from fls_teach.demos import equivalence as demo
from fls_teach.theory import (
    ClassMixture,
    GaussianMixture,
    XorMixture,
    balanced_init,
    gradient_descent,
    gradient_flow,
    second_layer,
)

from .words import percent, plus_minus, table

RATES = np.array([0.8, 0.4, 0.2, 0.1])


def equivalence():
    """Largest relative difference of the training risks of the two runs, with the right rule and with a wrong one."""
    params = demo.PRESETS["quick"]
    a = demo.run(params, seed=0).arrays
    words = {
        "sgd": "SGD, L = 2: lr c^(-1)",
        "momentum": "momentum: lr c^(-1)",
        "decay": "weight decay wd c",
        "adam": "Adam: lr c^(-1/2)",
        "deep": "SGD, L = 3: lr c^(-2/3)",
    }
    wrong = {"sgd": "lr as it was", "adam": "lr/c", "deep": "lr/c"}
    rows = []
    for kind, rule in words.items():
        right = _gap(a[f"{kind}_multiplied"], a[f"{kind}_scaled"]).max()
        off = _gap(a[f"{kind}_wrong"], a[f"{kind}_scaled"]).max() if kind in wrong else None
        rows.append([rule, f"{right:.1e}", f"{wrong[kind]}: {off:.2g}" if off is not None else ""])
    exact = len(params.powers)
    differ = (a["sgd_multiplied"][:exact] != a["sgd_scaled"][:exact]).sum()
    return f"""{params.n_steps:,} full-batch steps, c from {min(a["sgd_c"]):.2g} to {max(a["sgd_c"]):.2g}, seed 0.

{table(["rule", "largest relative difference of the risk", "with a wrong rule"], rows)}

For c = 4^-k, {differ} of {a["sgd_multiplied"][:exact].size:,} risks differ in a single bit."""


def _gap(multiplied, scaled):
    with np.errstate(invalid="ignore"):
        return np.abs(multiplied - scaled).max(axis=1) / scaled.max(axis=1)


def discrete_training(n_seeds=16):
    """Distance of gradient descent from gradient flow at one time, for a rate that is halved again and again."""
    mixture, time, distance = GaussianMixture(2.5, n_features=20), 40.0, np.empty((n_seeds, len(RATES)))
    for s, rng in enumerate(np.random.default_rng(71).spawn(n_seeds)):
        X, y = mixture.sample(10, rng, separable=True)
        W, signs = balanced_init(50, 20, 2.0**-4, rng)
        flow = gradient_flow(X, y, W, signs, t_max=time, rtol=1e-8)
        for k, lr in enumerate(RATES):
            done = gradient_descent(X, y, W, second_layer(W, signs), lr, round(time / lr))
            distance[s, k] = np.linalg.norm(done.W - flow.W) / np.linalg.norm(flow.W)
    order = np.log2(distance[:, :-1] / distance[:, 1:])
    rows = [["distance", *(f"{value:.1e}" for value in np.median(distance, axis=0))]]
    return f"""Preset *separable*, α = 2^-4, time {time:g}; ‖W - W_flow‖ / ‖W_flow‖, median of {n_seeds} seeds.

{table(["lr", *map(str, RATES)], rows)}

Order in lr: {plus_minus(order[:, -1], 2)} between the two smallest rates."""


def mixtures(n_test=1_000_000):
    """Bayes errors by formula and by classifying fresh draws with the best rule."""
    rows, rng = [], np.random.default_rng(81)
    for kappa in (2.0, 3.0):
        mixture = XorMixture(kappa, n_features=3)
        X, y = mixture.sample(n_test, rng)
        rows.append([f"XOR, κ = {kappa:g}", *_both(mixture, np.sign(np.abs(X[:, 0]) - np.abs(X[:, 1])) != y)])
    for means in ("orthogonal", "simplex"):
        mixture = ClassMixture(3, 3.0, n_features=3, means=means)
        X, label = mixture.sample(n_test, rng)
        rows.append(
            [f"3 classes, {means} means, κ = 3", *_both(mixture, (X @ mixture.centres.T).argmax(axis=1) != label)]
        )
    return table(["mixture", "E* by formula, %", f"the best rule on {n_test:,} draws, %"], rows)


def _both(mixture, wrong):
    spread = 196 * np.sqrt(wrong.mean() * (1 - wrong.mean()) / len(wrong))
    return f"{100 * mixture.bayes_error():.3f}", f"{percent(wrong, 3)[0]} ± {spread:.3f}"
