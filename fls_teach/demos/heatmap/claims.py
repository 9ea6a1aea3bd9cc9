"""What the heatmap demo claims of its grid, judged from its saved arrays."""

import numpy as np

from fls_teach import statistics
from fls_teach.demos.framework.claim import above, count

SCIENCE = {mark: f"[{mark}] science.md#images" for mark in "PM"}


def claims(result):
    """A c inside the range beats both of its ends."""
    a = result.arrays
    grid = a["log2_c"], a["peak"], a["status"] == "reached"
    return [reached_claim(result), *(end_claim(*grid, side) for side in ("left", "right"))]


def reached_claim(result):
    """Whether every c has a learning rate at which all seeds reach the target."""
    a = result.arrays
    fine = (a["status"] == "reached").all(axis=0).any(axis=-1)
    missing = ", ".join(f"2^{k:g}" for k in a["log2_c"][~fine])
    target, seeds = result.params["target"], len(a["status"])
    statement = f"every c has a learning rate at which all {seeds} seeds reach {100 * target:g}% training accuracy"
    detail = f"no such rate at {missing}" if missing else ""
    return count("reached", statement, SCIENCE["M"], int((~fine).sum()), len(fine), "multipliers c", detail=detail)


def end_claim(log2_c, accuracy, reached, side, prefix=""):
    """Whether the best c inside beats that end of the range, beyond the noise of the seeds.

    Parameters
    ----------
    log2_c : ndarray (m,)
    accuracy, reached : ndarray (s, m, r)
        As for `statistics.at_best_rate`.
    side : str
        "left", the smallest c, or "right".
    prefix : str
        Of the claim's id and statement.
    """
    end = {"left": 0, "right": -1}[side]
    curve = statistics.at_best_rate(accuracy, reached)[0]
    try:
        best = statistics.best_multiplier(accuracy, reached, inside=True)
        found = statistics.interval(100 * (statistics.at(curve, best) - curve[:, end]), cross_fitted=True)
        where, detail = " or ".join(f"2^{k:g}" for k in np.unique(log2_c[best])), ""
    except ValueError as problem:
        found, where, detail = statistics.Interval(np.nan, np.nan, np.nan, len(curve)), "?", str(problem)
    if np.isnan(curve[:, end]).any():
        detail = f"at 2^{log2_c[end]:g} no rate brought every seed to the target"
    over = f"2^{log2_c[end]:g} ({'large' if side == 'left' else 'small'} FLS)"
    statement = f"{prefix}peak test accuracy at the best c inside the range, {where}, exceeds that at {over}"
    name = f"{prefix.rstrip(': ').replace(' ', '-')}-{side}".lstrip("-")
    return above(name, statement, SCIENCE["P"], found, unit="points", detail=detail)
