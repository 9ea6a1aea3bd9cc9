"""Claims of the demo about the bounds: they hold, they grow, how loose they are, and what they do not cover."""

import numpy as np

from fls_teach import statistics
from fls_teach.demos.framework.claim import above, below, count

from .run import BOUNDED, DATA

SCIENCE = "science.md#bound"
ROUNDING = 1e-9
PREFIXES = tuple(name if start == "plain" else f"{name}_{start}" for name in DATA for start in BOUNDED)


def claims(result):
    """Judge the bounds on OF over all data, starts, seeds and alphas."""
    return [
        _never_violated(result, "cone", f"[D] {SCIENCE}", "from the measured Psi"),
        _never_violated(result, "growth", f"[D] {SCIENCE}", "from data and start alone"),
        # Measured, not derived: the theorem's assumption on a neuron need not hold from the start.
        _never_violated(result, "phases", f"[M] {SCIENCE}", "of the two-phase theorem, carried through Phase 2,"),
        _growing(result),
        _tight(result),
        _loose(result),
        _silent(result),
        _drift(result),
        _not_growing(result),
        _twins(result),
        _reached(result),
    ]


def violations(result, bound):
    """Return the number of runs in which OF exceeds a bound, and of runs in which the bound exists."""
    of, limit = (_of_all_runs(result, key) for key in ("over_fitting", bound))
    said = np.isfinite(limit)
    return int((of[said] > limit[said] + ROUNDING).sum()), int(said.sum())


def silent_from(result, prefix, bound):
    """Return the smallest log2 alpha (s,) of the grid at which the bound does not exist."""
    said = np.isfinite(result.arrays[f"{prefix}_{bound}"])
    return np.where(said.all(axis=1), np.inf, result.arrays["log2_alpha"][(~said).argmax(axis=1)])


def _of_all_runs(result, key):
    return np.concatenate([result.arrays[f"{prefix}_{key}"].ravel() for prefix in PREFIXES])


def _at(result, log2_alpha):
    """Return the index of the nearest alpha of the grid, and its name."""
    k = int(np.abs(result.arrays["log2_alpha"] - log2_alpha).argmin())
    return k, f"2^{result.arrays['log2_alpha'][k]:g}"


def _never_violated(result, bound, source, words):
    exceptions, total = violations(result, bound)
    below_floor = (_of_all_runs(result, "alignment") < _of_all_runs(result, "growth_floor") - ROUNDING).sum()
    detail = f"Psi is below its own bound in {below_floor} runs" if bound == "growth" else ""
    statement = f"OF is never above the bound {words} on separable and hard data, from a plain start and from twins"
    return count(f"holds-{bound}", statement, source, exceptions, total, "runs", detail=detail)


def _growing(result):
    steps = np.concatenate([np.diff(result.arrays[f"{p}_{b}"]).ravel() for p in PREFIXES for b in ("phases", "growth")])
    steps = steps[np.isfinite(steps)]
    statement = "The two bounds g(alpha) that need no training never fall from one alpha to the next larger one"
    return count("growing", statement, f"[D] {SCIENCE}", int((steps < -ROUNDING).sum()), steps.size, "steps")


def _tight(result):
    shares = {name: result.arrays[f"{name}_over_fitting"] / result.arrays[f"{name}_cone"] for name in DATA}
    found = {name: statistics.interval(share.mean(axis=1)) for name, share in shares.items()}
    worst = min(DATA, key=lambda name: found[name].low)
    of_alpha = shares[worst].mean(axis=0)
    statement = (
        "The bound from the measured Psi is loose by less than a factor of 5: OF divided by it, mean over all alphas"
    )
    why = "w^+ at a random place on its cone gives about 1/2; along the grid OF grows by a factor of 14 or more"
    detail = f"{worst}, the looser; {of_alpha.min():.2f} to {of_alpha.max():.2f} for single alphas"
    return above("tight", statement, f"[M] {SCIENCE}", found[worst], 0.2, detail=detail, why=why)


def _loose(result):
    a, (k, name) = result.arrays, _at(result, -12)
    of, *bounds = (a[f"separable_{key}"][:, k] for key in ("over_fitting", "phases", "growth"))
    least = np.fmin(*bounds)
    found = statistics.bootstrap(lambda seeds: least[seeds].mean(axis=-1) / of[seeds].mean(axis=-1), len(of))
    statement = (
        f"The bounds that need no training are loose: on separable data at {name} the smaller of the two is more than "
        "20 times OF (ratio of means)"
    )
    said = [values[np.isfinite(values)] for values in bounds]
    means = [f"{values.mean():.2f}" if values.size else "silent" for values in said]
    detail = f"two phases {means[0]}, data and start {means[1]}, OF {of.mean():.4f}"
    why = "20 times OF would still be several times the network's own error there"
    return above("loose", statement, f"[M] {SCIENCE}", found, 20, detail=detail, why=why)


def _silent(result):
    at, a = result.arrays["log2_alpha"], result.arrays
    best = at[statistics.cross_fitted_best(a["separable_network"], lowest=True)]
    silent = {bound: silent_from(result, "separable", bound) for bound in ("phases", "growth")}
    said = np.isfinite(a["hard_growth"][:, 0]).mean()
    statement = (
        "On separable data the two-phase bound is silent (zeta <= 0) at the alpha at which the network errs least"
    )
    detail = (
        f"medians: silent from 2^{np.median(silent['phases']):g} on, best 2^{np.median(best):g}; the bound from data "
        f"and start silent from 2^{np.median(silent['growth']):g} on, and always on {1 - said:.0%} of the hard data"
    )
    exceptions = int((silent["phases"] > best).sum())
    return count("silent", statement, "[D] science.md#u-curve", exceptions, len(best), "seeds", detail=detail)


def _drift(result):
    of, limit = (result.arrays[f"separable_{key}"][:, 0] for key in ("over_fitting", "inherited"))
    statement = (
        f"OF does not vanish with alpha: on separable data at {_at(result, -1e9)[1]} it exceeds what the two-phase "
        "bound would allow if Phase 2 kept the direction of Phase 1 exactly"
    )
    detail = f"OF {of.mean():.4f}, allowed {limit.mean():.4f}; in {(of > limit).sum()} of {len(of)} seeds"
    found = statistics.interval(of - limit)
    return above("drift", statement, f"[M] {SCIENCE}", found, detail=detail)


def _not_growing(result):
    k, here = _at(result, -6)
    of = {name: result.arrays[f"{name}_over_fitting"] for name in DATA}
    found = statistics.interval(of["separable"][:, k] - of["separable"][:, 0])
    statement = (
        f"The bounds grow, OF itself does not until the transition: from {_at(result, -1e9)[1]} to {here} it rises by "
        "less than 0.001 on separable data"
    )
    means = {name: [values[:, j].mean() for j in (0, k, -1)] for name, values in of.items()}
    detail = "; ".join(
        f"{name} {low:.4f}, {at_k:.4f}, at the end {end:.2f}" for name, (low, at_k, end) in means.items()
    )
    why = "a quarter of OF itself, 0.004"
    return below("not-growing", statement, f"[M] {SCIENCE}", found, 0.001, detail=f"OF {detail}", why=why)


def _twins(result):
    four = ("network", "answered", "positive", "linear")
    ends = {key: result.arrays[f"separable_twins_{key}"][:, -1] for key in ("over_fitting", *four)}
    network = result.arrays["separable_twins_network"]
    excess = ends["network"] - statistics.at(network, statistics.cross_fitted_best(network, lowest=True))
    found, more = (statistics.interval(v, cross_fitted=True) for v in (ends["over_fitting"] - excess, excess))
    statement = (
        f"OF is not the over-fitting of the network: for twins on separable data at {_at(result, 1e9)[1]} OF is by "
        "more than 0.2 larger than what the network errs more than at its best alpha"
    )
    means = {key: values.mean() for key, values in ends.items()}
    detail = (
        f"OF {means['over_fitting']:.2f}; network {means['network']:.4f}, {more.mean:+.4f} ± {more.half:.4f}; answered "
        f"{means['answered']:.4f}, E(w^+) {means['positive']:.4f}, E(w^+ - w^-) {means['linear']:.4f}"
    )
    why = "w^+ points in a random direction, which errs on 1/2 by the symmetry of the start: two fifths of that"
    return above("twins", statement, "[M] science.md#causes", found, 0.2, detail=detail, why=why)


def _reached(result):
    status = _of_all_runs(result, "status")
    failed, statement = int((status != "reached").sum()), "Every run reaches its target risk"
    return count("reached", statement, "[M] science.md#u-curve", failed, status.size, "runs")
