"""The control for speed: does the fall to the smallest c shrink when every run has more epochs?"""

import numpy as np

from fls_teach.statistics import interval

from .cifar_record import Curve, judged_longer, peak
from .words import mean_percent, points, powers, table

LESS_FITTED = 0.05
"""A difference in training accuracy that is told beside a difference in test accuracy."""


def longer_budget(design, rows, longer):
    """What the longer runs say: a table, and whether the fall is one of speed.

    Parameters
    ----------
    design : dict
        Of `rows`, the runs with the shorter budget; see `cifar_record.DESIGN`.
    rows, longer : list of dict
        All rows of `longer` have one budget.

    Returns
    -------
    str
        Differences are paired over the seeds that count at both c with both budgets.
    """
    curve, budgets = Curve(rows, 0), (design["budget"], longer[0]["budget"])
    head = f"**{design['model']}, {budgets[1]} epochs in place of {budgets[0]}**, plain, at the rates chosen above: "
    if len(curve.log2_c) < 3 or set(curve.log2_c) - set(curve.rates):
        return f"{head}without rates and a best c of seed 0 there is nothing to compare."
    some_c = curve.log2_c[0], curve.best_inside()
    short = {c: {row["seed"]: row for row in curve.judging(c)} for c in some_c}
    both = short, judged_longer(curve, longer).get(budgets[1], {})
    seeds = sorted(set.intersection(*(set(each.get(c, {})) for each in both for c in some_c)))
    seeds = [seed for seed in seeds if all(np.isfinite(peak(each[c][seed])) for each in both for c in some_c)]
    if len(seeds) < 2:
        return f"{head}too few seeds count to judge by."
    peaks = np.array([[[peak(each[c][seed]) for seed in seeds] for c in some_c] for each in both])
    fitted = np.array([[np.mean([each[c][seed]["train_accuracy"] for seed in seeds]) for c in some_c] for each in both])
    gaps, names = peaks[:, 1] - peaks[:, 0], powers(some_c)
    headings = [
        f"seeds {', '.join(map(str, seeds))}",
        *names,
        "difference",
        *(f"right in training, {c}" for c in names),
    ]
    lines = [
        [f"{budget} epochs", *map(mean_percent, each), points(gap, 1), *(f"{100 * share:.0f}" for share in shares)]
        for budget, each, gap, shares in zip(budgets, peaks, gaps, fitted, strict=True)
    ]
    return (
        f"{head}is the fall to {names[0]} one of speed?\n\n{table(headings, lines)}\n\n"
        f"- With {budgets[1]} epochs {names[1]} has {points(gaps[1], 1)} points more than {names[0]}; that is a change "
        f"of {points(gaps[1] - gaps[0], 1)}, paired: {_of_speed(gaps)}.{_fit(names, fitted[1])}"
    )


def _of_speed(gaps):
    """What follows from a gap (2, s), first of the short and then of the long budget."""
    there, change = interval(gaps[1]).low > 0, interval(gaps[1] - gaps[0])
    if change.high < 0:
        if there:
            return "a part of the fall is one of speed, and a part is left"
        return "the fall shrinks, and what is left of it is not told from none: for these seeds it is one of speed"
    if not there:
        return "neither a fall nor a change of it is shown, so these seeds do not tell"
    if change.low > 0:
        return "the fall grows with the budget, so it is not one of speed"
    return "the fall stays, and that any part of it is one of speed is not shown"


def _fit(names, fitted):
    if fitted[0] < fitted[1] - LESS_FITTED:
        return f" Still fewer training images are right at {names[0]}: even more epochs may change this."
    within = f"to within {100 * LESS_FITTED:.0f} points"
    return f" At {names[0]} no fewer training images are right than at {names[1]}, {within}."
