"""Claims of the U-curve demo: first the causes, each with its control, then those about the decomposition."""

import numpy as np

from fls_teach.demos.framework.claim import Claim, Measured, Tolerance, above, below, count
from fls_teach.demos.shared.shares import ALL_BUT_F0, percent, share
from fls_teach.statistics import at, cross_fitted_best, interval

U_CURVE, CAUSES, ERRORS = "[M] science.md#u-curve", "[M] science.md#causes", "[D] science.md#errors"
THEOREM = "[P] Theorem 5.6, science.md#errors"
SHARE = "of the rise"
STEP = 3.0
"""Standard errors by which a step of a rising curve may fall; three, because the worst of many steps is judged."""
DRIFT = 0.02
"""Allowed rise of OA as a share of OA at the smallest alpha, as Psi drifts a little in Phase 2 (science.md#phase-2)."""


def claims(result):
    """Judge the two sides of the U and their causes, the range of the theorem, the decomposition and its identities."""
    names, a = list(result.metadata["data"]), result.arrays
    words = [f"2^{k:g}" for k in a["log2_alpha"]]
    table = []
    for name in names:
        table += _right_claims(name, a, words) + _left_claims(name, a, words)
    for name in names:
        table += [_theorem_claim(name, a, words), _optimum_claim(name, a, words)]
        table += _falling_claims(name, result.metadata["data"][name]["separable"], a, words)
        table += [_rising_claim(name, a, words)]
    return table + [
        _stand_in_claim(a, words),
        _sum_claim(result.metadata["bayes"], a),
        _break_claim(names, a),
        _reached_claim(names, a),
    ]


def _best(name, a):
    """Return the index (s,) of the network's best alpha, chosen for each seed by the other half of the seeds."""
    return cross_fitted_best(a[f"{name}_network"], lowest=True)


def _rise(name, a, key, end):
    """Return the rise (s,) of a measured quantity from the network's best alpha to one end."""
    values = a[f"{name}_{key}"]
    return values[:, end] - at(values, _best(name, a))


def _right_claims(name, a, words):
    rise, without = _rise(name, a, "network", -1), _rise(name, a, "twins_network", -1)
    found = interval(rise, cross_fitted=True)
    statement = f"{name}: the network errs more at {words[-1]} than at its best alpha"
    table = [above(f"{name}-right", statement, U_CURVE, found, detail=_agreement(rise))]
    statement = f"{name}: with f(0) = 0 (twins) less than 5% of the rise to {words[-1]} is left: the cause is f(0)"
    return table + [below(f"{name}-right-f0", statement, CAUSES, share(without, rise), 0.05, SHARE, why=ALL_BUT_F0)]


def _left_claims(name, a, words):
    rise, answered, positive = (_rise(name, a, key, 0) for key in ("network", "answered", "positive"))
    statement = f"{name}: the network errs more at {words[0]} than at its best alpha"
    found = interval(rise, cross_fitted=True)
    table = [above(f"{name}-left", statement, U_CURVE, found, detail=_agreement(rise))]
    statement = f"{name}: part of the rise to {words[0]} goes when the silent wedge (f = 0) is answered"
    goes = interval(rise - answered, cross_fitted=True)
    detail = f"{percent(share(rise - answered, rise))} of the rise"
    table.append(above(f"{name}-left-wedge", statement, CAUSES, goes, detail=detail))
    statement = f"{name}: OA + OF, that is E(w^+), explains less than {{}} of the network's rise to {words[0]}"
    bound, in_words = (0.67, "two thirds") if name == "separable" else (1.0, "all")
    found, why = share(positive, rise), "then a third or more has another cause" if bound < 1 else "all of the rise"
    return table + [below(f"{name}-left-explained", statement.format(in_words), CAUSES, found, bound, SHARE, why=why)]


def _agreement(rise):
    return f"in {(rise > 0).mean():.0%} of seeds"


def _theorem_claim(name, a, words):
    """Claim that the theorem's assumption zeta > 0 does not hold at the optimum."""
    best = a["log2_alpha"][_best(name, a)]
    limits = a[f"{name}_log2_range"]
    statement = f"{name}: at the network's best alpha zeta <= 0 in every run: the two-phase theorem says nothing there"
    detail = f"zeta > 0 needs alpha < 2^{np.median(limits):.1f} (median), the best is {_where(best)}"
    source = "[P] two-phase theorem, science.md#phase-1"
    return count(f"{name}-zeta", statement, source, int((best < limits).sum()), len(best), "runs", detail=detail)


def _where(log2_alpha):
    return " or ".join(f"2^{k:g}" for k in np.unique(log2_alpha))


def _optimum_claim(name, a, words):
    """Claim on why the network's best alpha is not that of w^+."""
    silent = a[f"{name}_silent"]
    found = share(at(silent, _best(name, a)), silent[:, 0])
    statement = f"{name}: at the network's best alpha less than 10% of the silent mass at {words[0]} is left"
    network, positive = (words[a[f"{name}_{key}"].mean(axis=0).argmin()] for key in ("network", "positive"))
    detail = (
        f"the network's optimum {network} is where the wedge closes, that of E(w^+) {positive} where OA + OF is least"
    )
    why = "then nine tenths of the wedge have closed"
    return below(f"{name}-optimum", statement, CAUSES, found, 0.1, f"of the mass at {words[0]}", detail, why)


def _falling_claims(name, separable, a, words):
    part = a[f"{name}_over_alignment"]
    statement = f"{name}: OA is smaller at {words[-1]} than at {words[0]}"
    source = THEOREM if separable else U_CURVE
    table = [above(f"{name}-oa-falls", statement, source, interval(part[:, 0] - part[:, -1]))]
    if separable:  # as the theorem assumes
        mean = part.mean(axis=0)
        # Compared with the lowest value so far, so that a sum of many small rises is detected.
        since = [mean[:k].argmin() for k in range(1, len(mean))]
        rise = max(float((mean[1:] - mean[since]).max() / mean[0]), 0.0) if mean[0] > 0 else np.nan
        measured = Measured(rise, n=len(part), unit=f"of OA at {words[0]}", detail="no OA" if mean[0] <= 0 else "")
        tolerance = Tolerance(DRIFT, "drift of Phase 2, science.md#phase-2")
        statement = f"{name}: the mean of OA never rises with alpha"
        table.append(Claim(f"{name}-oa-never-rises", statement, THEOREM, "0", measured, tolerance, rise <= DRIFT))
    return table


def _rising_claim(name, a, words):
    part, first = a[f"{name}_over_fitting"], broken(a, name)
    found = interval(part[:, -1] - part[:, 0])
    steps = [interval(step) for step in np.diff(part[:, first:], axis=1).T]
    rises = found.low > 0 and bool(steps) and all(step.mean > -STEP * step.standard_error for step in steps)
    since = f"from {words[first]} on, where OA breaks" if steps else "once OA breaks (it does not)"
    statement = f"{name}: OF is larger at {words[-1]} than at {words[0]}, and rises {since}"
    why = f"the 95% interval lies above 0; no step after the break falls by {STEP:g} standard errors; before it OF may"
    detail = f"{part[:, 0].mean():.2g} → {part[:, -1].mean():.2g}"
    measured, source = Measured.of(found, detail=detail), "[P] Theorem 5.6 (a bound), science.md#errors"
    return Claim(f"{name}-of-rises", statement, source, "> 0", measured, Tolerance(0.0, why), rises)


def broken(a, name):
    """Return the index of the first alpha at which the cone reaches the signal, Psi <= cos phi, for half the seeds."""
    reached = (a[f"{name}_alignment"] <= a[f"{name}_cos_phi"][:, None]).mean(axis=0)
    return int(np.flatnonzero(np.append(reached, 1.0) >= 0.5)[0])


def _stand_in_claim(a, words):
    gap = (a["separable_twins_positive"] - a["separable_twins_network"])[:, -1]
    statement = f"separable: for twins at {words[-1]}, OA + OF exceeds the network's own excess error by more than 0.1"
    detail = "w^+ alone does not stand for a network whose w^- does not mirror it"
    why = "w^+ points in a random direction, which errs on 1/2 by the symmetry of the start: a fifth of that"
    return above("stand-in", statement, ERRORS, interval(gap), 0.1, detail=detail, why=why)


def _sum_claim(bayes, a):
    worst, lowest = 0.0, np.inf
    for name, floor in bayes.items():
        oa, of, cone = (a[f"{name}_{part}"] for part in ("over_alignment", "over_fitting", "cone_excess"))
        excess = a[f"{name}_positive"] - floor
        worst = max(worst, *(np.abs(gap).max() for gap in (oa + of - excess, oa - cone, of - (excess - cone))))
        lowest = min(lowest, oa.min(), of.min())
    statement = "OA + OF = E(w^+) - E*, both >= 0, and OA is the excess error of the best vector in the cone"
    measured = Measured(worst, detail=f"smallest part {lowest:.1g}")
    holds = worst <= 1e-12 and lowest >= 0
    return Claim("sum", statement, ERRORS, "0", measured, Tolerance(1e-12, "rounding of the normal cdf"), holds)


def _break_claim(names, a):
    before = beyond = wrong = 0
    for name in names:
        past = a[f"{name}_alignment"] <= a[f"{name}_cos_phi"][:, None]
        before, beyond = before + (~past).sum(), beyond + past.sum()
        wrong += ((a[f"{name}_over_alignment"] == 0) != past).sum()
    statement = "OA is exactly 0 where Psi <= cos phi, and positive everywhere else"
    both, why = min(before, beyond) > 0, "none; runs of both kinds must occur"
    detail = f"{before:,} before the break and {beyond:,} beyond"
    return count("break", statement, ERRORS, int(wrong), int(before + beyond) if both else 0, "runs", why, detail)


def _reached_claim(names, a):
    failed, total, words = 0, 0, []
    for key in [f"{name}_{start}status" for name in names for start in ("", "twins_")]:
        status = a[key]
        failed, total = failed + int((status != "reached").sum()), total + status.size
        for s, k in np.argwhere(status != "reached")[:3]:
            words.append(f"{key.removesuffix('_status')} at 2^{a['log2_alpha'][k]:g}, seed {s}: {status[s, k]}")
    return count(
        "reached", "Every run reaches its target risk", U_CURVE, failed, total, "runs", detail="; ".join(words)
    )
