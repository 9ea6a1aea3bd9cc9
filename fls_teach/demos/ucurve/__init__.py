"""U-curve: too large and too small a feature learning strength both generalise worse, each for its own reason."""

from dataclasses import dataclass

import numpy as np

from fls_teach.demos.framework.claim import Claim
from fls_teach.demos.framework.result import Result
from fls_teach.theory import (
    GaussianMixture,
    angle,
    balanced_init,
    bayes_error,
    class_sum,
    decompose,
    effective_predictor,
    gradient_flow,
    linear_error,
    network_error,
)

from .figure import plot

__all__ = ["PRESETS", "DATA", "Data", "Params", "claims", "plot", "run"]


@dataclass(frozen=True)
class Data:
    """A mixture, a network and a target (SCIENCE section 5); sigma = 1."""

    n_features: int
    """Input dimension d."""
    n_samples: int
    """Training examples, half of each class."""
    kappa: float
    """Distance of a class centre from the origin, in noise standard deviations."""
    n_neurons: int
    """Width h."""
    target_risk: float
    """Mean logistic training risk at which a run stops, in nats."""
    separable: bool
    """Redraw the data until they are orthogonally separable, as Theorem 5.6 assumes."""


DATA = {
    "separable": Data(n_features=20, n_samples=10, kappa=2.5, n_neurons=50, target_risk=0.05, separable=True),
    "hard": Data(n_features=50, n_samples=20, kappa=2.0, n_neurons=50, target_risk=0.1, separable=False),
}


@dataclass(frozen=True)
class Params:
    """How many networks are trained and how precisely each is tested."""

    n_seeds: int = 40
    """Data sets and starts W0; each is trained at every alpha, so that differences are paired. At least 4."""
    exponents: tuple = (-12, -10, -8, -6, -5, -4, -3, -2.5, -2, -1, 0, 3)
    """log2 of the initialisation scales alpha, increasing; the first and the last are the ends of the U."""
    n_draws: int = 400
    """Draws of test noise a seed, the same at every alpha. With 4,000 the standard error over seeds falls by 5-10%."""


PRESETS = {
    "quick": Params(),
    "full": Params(n_seeds=64, exponents=tuple(k / 2 for k in range(-24, 5)) + (3,), n_draws=1_000),
}


def run(params, seed, progress=None):
    """Train every network to the target risk and measure its error and the decomposition of w^+.

    Returns
    -------
    Result
        ``log2_alpha`` (m,), and for each D of `DATA`, over seeds and alphas (s, m): ``D_error``, test error of the
        network; ``D_excess``, E(w^+) - E*; ``D_over_alignment``, ``D_over_fitting``; ``D_cone_excess``, E - E* of the
        best vector in the cone, built explicitly; ``D_alignment``, Psi; ``D_status``; and ``D_cos_phi`` (s,). In the
        metadata: `DATA`, and the Bayes error of each.
    """
    arrays = {"log2_alpha": np.array(params.exponents, dtype=float)}
    for k, (name, data) in enumerate(DATA.items()):
        rng = np.random.default_rng([seed, k])
        measured = _measure(name, data, params, rng, _part(progress, *((0.0, 0.35), (0.35, 1.0))[k]))
        arrays |= {f"{name}_{key}": value for key, value in measured.items()}
    metadata = {
        "data": {name: vars(data) for name, data in DATA.items()},
        "bayes": {name: bayes_error(data.kappa) for name, data in DATA.items()},
    }
    return Result("ucurve", params, seed, arrays, metadata)


def _part(progress, start, end):
    """Progress from 0 to 1 as a stretch of a longer bar."""
    return lambda fraction, what: progress(start + fraction * (end - start), what) if progress else None


def _measure(name, data, params, rng, progress):
    mixture, alpha = GaussianMixture(data.kappa, n_features=data.n_features), 2.0 ** np.array(params.exponents, float)
    shape = params.n_seeds, len(alpha)
    progress(0.0, f"{name}: training {shape[0]} x {shape[1]} networks")
    # One stream for all, test noise last: seeded like the training set, it would begin by repeating its noise.
    X, y, W, signs = [], [], [], []
    for _ in range(params.n_seeds):
        for column, drawn in zip((X, y), mixture.sample(data.n_samples, rng, data.separable), strict=True):
            column.append(drawn)
        for column, drawn in zip((W, signs), balanced_init(data.n_neurons, data.n_features, alpha, rng), strict=True):
            column.append(drawn)
    X, y, signs = (np.repeat(column, shape[1], axis=0) for column in (X, y, signs))
    flow = gradient_flow(X, y, np.concatenate(W), signs, target_risk=data.target_risk)

    W, v = flow.W.reshape(shape + flow.W.shape[1:]), flow.v.reshape(shape + flow.v.shape[1:])
    error = np.empty(shape)
    for s in range(params.n_seeds):
        progress(0.6 + 0.4 * s / params.n_seeds, f"{name}: test error, seed {s + 1} of {params.n_seeds}")
        error[s] = network_error(W[s], v[s], mixture.signal, data.kappa, n_draws=params.n_draws, rng=rng)[0]

    predictor, toward = effective_predictor(W, v), class_sum(X, y).reshape(*shape, -1)
    parts = decompose(predictor, toward, mixture.signal, data.kappa)
    best = _best_in_cone(angle(predictor, toward), toward, mixture.signal)
    return {
        "error": error,
        "excess": linear_error(predictor, mixture.signal, data.kappa) - bayes_error(data.kappa),
        "over_alignment": parts.over_alignment,
        "over_fitting": parts.over_fitting,
        "cone_excess": linear_error(best, mixture.signal, data.kappa) - bayes_error(data.kappa),
        "alignment": parts.alignment,
        "cos_phi": (toward @ mixture.signal / np.linalg.norm(toward, axis=-1))[:, 0],
        "status": flow.status.reshape(shape),
    }


def _best_in_cone(theta, toward, signal):
    """x_+ turned towards s by theta, or as far as s: what `decompose` has a formula for, as a vector (..., d)."""
    along = toward / np.linalg.norm(toward, axis=-1, keepdims=True)
    across = signal - (along @ signal)[..., None] * along
    across /= np.linalg.norm(across, axis=-1, keepdims=True)
    turn = np.minimum(theta, angle(toward, signal))[..., None]
    return np.cos(turn) * along + np.sin(turn) * across


SURE = 2.0
"""Standard errors by which a mean paired difference must exceed 0: of curves that are pure noise 4% do (simulated)."""
STEP = 3.0
"""Standard errors by which no step of a rising curve may fall; more, because the worst of many steps is looked at."""
DRIFT = 0.02
"""Allowed rise of OA, in units of OA at the smallest alpha: Psi is not pinned there but drifts a little (SCIENCE 4)."""


def claims(result):
    """An optimum inside, OA below it, OF above it, and the identities that tie them together."""
    a, data = result.arrays, result.metadata["data"]
    alpha = [f"2^{k:g}" for k in a["log2_alpha"]]
    table = [_reached_claim(data, alpha, a)]
    for name in data:
        table += _optimum_claims(name, alpha, a)
        table += [_falling_claim(name, data[name]["separable"], alpha, a)]
        table += [_rising_claim(name, data[name]["separable"], alpha, a)]
    return table + [_sum_claim(data, a), _break_claim(data, a)]


def paired(difference):
    """Mean, standard error and z of differences (s,) over seeds; z is 0 where nothing differs."""
    mean, spread = difference.mean(), difference.std(ddof=1) / np.sqrt(len(difference))
    return mean, spread, mean / spread if spread else 0.0


def in_words(mean, spread, z):
    return f"{mean:.2g} ± {spread:.1g} (z = {z:.1f})"


def selected(error):
    """Index (s,) of the best alpha, for each seed chosen by the half of the seeds that it is not in.

    The lowest of many noisy means is low partly by luck; for seeds that did not choose it, the luck is gone.
    """
    odd = np.arange(len(error)) % 2
    best = [error[odd != half].mean(axis=0).argmin() for half in (0, 1)]
    return np.array(best)[odd]


def _reached_claim(names, alpha, a):
    words, runs, failed = [], 0, 0
    for name in names:
        status = a[f"{name}_status"]
        runs, failed = runs + status.size, failed + (status != "reached").sum()
        for s, k in np.argwhere(status != "reached")[:3]:
            words.append(f"{name} at {alpha[k]}, seed {s}: {status[s, k]}")
    measured = "; ".join([f"{runs - failed:,}", *words])
    return Claim(
        "reached", "all runs reached their target risk", "[M] SCI 5", f"{runs:,}", measured, "none", failed == 0
    )


def _optimum_claims(name, alpha, a):
    """Both ends against the best alpha: for the network's error, and at that same alpha for OA + OF."""
    seeds, best = np.arange(len(a[f"{name}_error"])), selected(a[f"{name}_error"])
    where = " or ".join(alpha[k] for k in np.unique(best))
    tolerance = f"z > {SURE:g}; best alpha chosen by the other half of the seeds"
    table = []
    for key, what in (("error", "network error"), ("excess", "OA + OF")):
        for side, end in (("left", 0), ("right", -1)):
            difference = a[f"{name}_{key}"][:, end] - a[f"{name}_{key}"][seeds, best]
            mean, spread, z = paired(difference)
            measured = f"{in_words(mean, spread, z)}, {(difference > 0).mean():.0%} of {len(seeds)} seeds agree"
            statement = f"{name}: {what} at {alpha[end]} exceeds that at the network's best alpha, {where}"
            table.append(Claim(f"{name}-{key}-{side}", statement, "[M] SCI 5", "> 0", measured, tolerance, z > SURE))
    return table


def _largest_rise(part, since, alpha):
    """The largest mean rise of part (s, m), from column since[k] to column k + 1, and the same in words."""
    changes = part[:, 1:] - part[:, since]
    k = changes.mean(axis=0).argmax()
    mean, spread, z = paired(changes[:, k])
    return (mean, f"{in_words(mean, spread, z)}, {alpha[since[k]]} to {alpha[k + 1]}") if mean > 0 else (0.0, "none")


def _falling_claim(name, separable, alpha, a):
    part = a[f"{name}_over_alignment"]
    mean = part.mean(axis=0)
    # Against the lowest value so far, so that many small rises cannot hide behind their size.
    rise, words = _largest_rise(part, [mean[:k].argmin() for k in range(1, len(mean))], alpha)
    measured = f"{mean[0]:.2g} → {mean[-1]:.1g}; largest rise {words}"
    falls, tolerance = paired(part[:, 0] - part[:, -1])[2] > SURE, f"z > {SURE:g} from end to end"
    if separable:
        falls = falls and rise <= DRIFT * mean[0]
        tolerance += f", no rise above {DRIFT * mean[0]:.1g}, {DRIFT:.0%} of OA at {alpha[0]}: drift of Phase 2"
        source, predicted = "[P] Thm 5.6", "non-increasing"
    else:
        tolerance += "; a rise before the fall is allowed, as Thm 5.6 assumes separable data"
        source, predicted = "[M] SCI 5", "falls"
    return Claim(f"{name}-oa-falls", f"{name}: OA falls as alpha grows", source, predicted, measured, tolerance, falls)


def broken(a, name):
    """Index of the first alpha where the cone reaches the signal, Psi <= cos phi, for at least half of the seeds."""
    share = (a[f"{name}_alignment"] <= a[f"{name}_cos_phi"][:, None]).mean(axis=0)
    return int(np.flatnonzero(np.append(share, 1.0) >= 0.5)[0])


def _rising_claim(name, separable, alpha, a):
    part, first = a[f"{name}_over_fitting"], broken(a, name)
    mean, spread, z = paired(part[:, -1] - part[:, 0])
    fall = _largest_rise(-part, range(len(alpha) - 1), alpha)[1]
    measured = (
        f"{part[:, 0].mean():.2g} → {part[:, -1].mean():.2g}, by {in_words(mean, spread, z)}; largest fall {fall}"
    )
    steps = [paired(step)[2] for step in np.diff(part[:, first:], axis=1).T]
    rises = z > SURE and bool(steps) and min(steps) > -STEP
    since = f"from {alpha[first]} on, where OA breaks" if steps else "once OA breaks (it does not)"
    statement = f"{name}: OF is higher at {alpha[-1]} than at {alpha[0]}, and rises {since}"
    tolerance = f"z > {SURE:g}; after the break no step falls by {STEP:g} s.e.; before it OF may fall"
    source = "[P] Thm 5.6, a bound" if separable else "[M] SCI 5"
    return Claim(f"{name}-of-rises", statement, source, "> 0", measured, tolerance, rises)


def _sum_claim(names, a):
    worst, lowest = 0.0, np.inf
    for name in names:
        parts = ("over_alignment", "over_fitting", "excess", "cone_excess")
        oa, of, excess, cone = (a[f"{name}_{part}"] for part in parts)
        worst = max(worst, *(np.abs(gap).max() for gap in (oa + of - excess, oa - cone, of - (excess - cone))))
        lowest = min(lowest, oa.min(), of.min())
    statement = "OA + OF = E(w^+) - E*, both >= 0, and OA is the excess error of the best vector in the cone"
    measured = f"off by {worst:.1e}; smallest part {lowest:.1g}"
    holds = worst <= 1e-12 and lowest >= 0
    return Claim("sum", statement, "[D] SCI 5", "0", measured, "1e-12: rounding of the cdf", holds)


def _break_claim(names, a):
    before = beyond = wrong = 0
    for name in names:
        past = a[f"{name}_alignment"] <= a[f"{name}_cos_phi"][:, None]
        before, beyond = before + (~past).sum(), beyond + past.sum()
        wrong += ((a[f"{name}_over_alignment"] == 0) != past).sum()
    statement = "OA is exactly 0 where Psi <= cos phi, and positive everywhere else"
    measured = f"{wrong} exceptions in {before:,} runs before and {beyond:,} beyond"
    tolerance, holds = "none; both kinds of runs must occur", wrong == 0 and min(before, beyond) > 0
    return Claim("break", statement, "[D] SCI 5", "0 exceptions", measured, tolerance, holds)
