"""Phase 1 and Phase 2: the angle at the exit, and what becomes of it."""

import numpy as np

from fls_teach.demos.framework.curves import log_interpolate
from fls_teach.statistics import interval
from fls_teach.theory import (
    GaussianMixture,
    angle,
    balanced_init,
    class_sum,
    forward,
    gradient_flow,
    phase_one_bound,
    phase_one_exit,
    predictor_alignment,
    second_layer,
    zeta,
)

from .words import plus_minus, powers, table

D, N, H, KAPPA, N_SEEDS = 20, 20, 40, 4.0, 16
LOG2_ALPHA = np.array([-24, -20, -16, -12, -8])
RISKS = 0.1, 0.01, 0.0001  # per example
DATA = f"Two Gaussians, d = {D}, n = {N}, κ = {KAPPA:g}, redrawn until λ > 0; h = {H}; sum reduction; {N_SEEDS} seeds"


def problems():
    """The data sets and starts, (X, y, W (m, h, d), signs) for each seed."""
    mixture = GaussianMixture(KAPPA, n_features=D)
    for rng in np.random.default_rng(31).spawn(N_SEEDS):
        yield *mixture.sample(N, rng, separable=True), *balanced_init(H, D, 2.0**LOG2_ALPHA, rng)


def phase_one():
    """The exit: its time, its angle and the exponent of the angle; and whether the bound holds."""
    best, typical, early, slopes, predicted, larger = [], [], [], [], [], []
    ratio, loud, margin, pairs = np.inf, 0.0, np.inf, 0
    for X, y, W, signs in problems():
        flow = gradient_flow(X, y, W, signs, reduction="sum", target_risk=0.05 * N, record=True)
        x_plus, x_max = class_sum(X, y), np.linalg.norm(X, axis=1).max()
        sizes = {k: np.linalg.norm(class_sum(X, y, k)) for k in (1, -1)}
        at_exit, ended_by, guessed = [], [], []
        for alpha, start, path in zip(2.0**LOG2_ALPHA, W, flow.trajectory, strict=True):
            end = phase_one_exit(path.times, path.norms, alpha)
            until = path.times <= end
            angles = angle(path.W[:, signs > 0], x_plus)
            w_max = path.norms[0].max() / alpha
            at_exit.append(log_interpolate(end, path.times, angles))
            ended_by.append(signs[path.norms[np.searchsorted(path.times, end)].argmax()])
            guess = np.log(1 / (np.sqrt(H) * alpha)) / (2 * N * x_max)  # Min et al., for the plain logistic loss
            guessed.append(np.cos(log_interpolate(guess, path.times, angles)))
            # The derived statements, each as a ratio that must not exceed 1, or a difference that must not be negative.
            ceiling = 2 * alpha * np.sqrt(H) * x_max * w_max**2
            earliest = np.log(2 / (alpha * np.sqrt(H))) / (N * x_max * (1 + ceiling / 2))
            ratio = min(ratio, end / earliest)
            outputs = forward(X, path.W[until], second_layer(path.W[until], signs))
            loud = max(loud, np.abs(outputs).max() / ceiling)
            lowest, count = _margin_of_bound(X, y, start, alpha, path, angles, signs, until)
            margin, pairs = min(margin, lowest), pairs + count
        at_exit = np.array(at_exit)
        best.append(at_exit.min(axis=1))
        typical.append(np.median(at_exit, axis=1))
        early.append(np.median(guessed, axis=1))
        slopes.append(np.polyfit(LOG2_ALPHA, np.log2(best[-1]), 1)[0])
        larger.append(sizes[1] >= sizes[-1])
        predicted.append(sizes[1] / (2 * sizes[ended_by[0]]) if len(set(ended_by)) == 1 else np.nan)
    slopes, predicted, larger = map(np.array, (slopes, predicted, larger))
    off = np.abs(slopes - predicted)[np.isfinite(predicted)]
    rows = [
        ["angle of the best positive neuron, rad", *(f"{a:.2e}" for a in np.exp(np.mean(np.log(best), axis=0)))],
        ["angle of the median positive neuron, rad", *(f"{a:.2e}" for a in np.exp(np.mean(np.log(typical), axis=0)))],
        ["median ψ at Min et al.'s explicit time", *(f"{a:.2f}" for a in np.mean(early, axis=0))],
    ]
    return f"""{DATA}. Angles are geometric means.

{table(["at the exit t_α", *powers(LOG2_ALPHA)], rows)}

- Exponent of the best neuron's angle in α, over all data sets: {_against_half(slopes)}.
- The same over the {larger.sum()} data sets where ‖x_+‖ is the larger class sum: {_against_half(slopes[larger])}.
- ‖x_+‖ / (2 ‖x_k‖) is off by at most {off.max():.4f}, on the {len(off)} data sets that one class ends at every α.
- ψ - bound is at least {margin:.1e} over all {pairs:,} (time, neuron) pairs of which the theorem speaks.
- Until t_α, max |f(x_i)| is at most {loud:.2f} of the derived limit.
- t_α is at least {ratio:.1f} times the derived earliest exit."""


def _against_half(slopes):
    found = interval(slopes)
    verdict = "contains" if found.low <= 0.5 <= found.high else "excludes"
    return f"{plus_minus(slopes, 4)}, an interval that {verdict} 1/2"


def _margin_of_bound(X, y, start, alpha, path, angles, signs, until):
    """Smallest psi - bound over the neurons of the theorem's kind between t_1 and the exit, and over how many pairs."""
    constant = float(zeta(alpha, X, y, start))
    if constant <= 0:
        return np.inf, 0
    kind = ((path.W[:, signs > 0] @ X.T > 0) == (y > 0)).all(axis=2) & until[:, None]
    first = np.where(kind.any(axis=0), path.times[kind.argmax(axis=0)], np.inf)
    row, neuron = np.nonzero((path.times[:, None] >= first) & until[:, None])
    bound = phase_one_bound(path.times[row], constant, X, y, start=first[neuron], reduction="sum")
    return (np.cos(angles[row, neuron]) - bound).min(initial=np.inf), len(row)


def phase_two():
    """1 - Psi at the exit and at smaller and smaller training risks."""
    few = LOG2_ALPHA[1:]
    gap = np.empty((1 + len(RISKS), N_SEEDS, len(few)))
    for s, (X, y, W, signs) in enumerate(problems()):
        x_plus = class_sum(X, y)
        flow = gradient_flow(X, y, W[1:], signs, reduction="sum", target_risk=RISKS[0] * N, record=True)
        for k, path in enumerate(flow.trajectory):
            off = 1 - predictor_alignment(path.W, second_layer(path.W, signs), x_plus)
            gap[0, s, k] = log_interpolate(phase_one_exit(path.times, path.norms, 2.0 ** few[k]), path.times, off)
        for r, risk in enumerate(RISKS):
            done = gradient_flow(X, y, W[1:], signs, reduction="sum", target_risk=risk * N)
            gap[1 + r, s] = 1 - predictor_alignment(done.W, done.v, x_plus)
    names = ["at the exit t_α", *(f"at risk {risk:g} per example" for risk in RISKS)]
    rows = [[name, *(f"{mean:.1e}" for mean in row.mean(axis=0))] for name, row in zip(names, gap, strict=True)]
    first, last = powers(few)[0], powers(few)[-1]
    level = plus_minus(gap[2, :, 0], 4)
    change = plus_minus(gap[2, :, -1] - gap[2, :, 0], 5)
    return f"""{DATA}. Mean of 1 - Ψ.

{table(["1 - Ψ", *powers(few)], rows)}

At risk {RISKS[1]:g}, 1 - Ψ is {level} at α = {first}; from there to {last} it changes by {change}."""
