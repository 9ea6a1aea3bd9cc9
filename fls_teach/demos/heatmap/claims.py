"""Claims of the heatmap demo about its grids, computed from its saved arrays."""

import numpy as np

from fls_teach import statistics
from fls_teach.demos.framework.claim import Measured, above, count

from .run import NETS

PAPER, MEASURED = "[P] science.md#images", "[M] science.md#images"
NET_WORDS = {"plain": "", "centred": "f - f(0): "}
"""Beginning of a statement about each of `NETS`."""
SHARED = "; the seeds share their test images: an interval is about these images"
ENDS = {"left": (0, "large FLS"), "right": (-1, "small FLS")}


def claims(result):
    """Judge whether an inner c beats both ends of the range, with and without f(0), and the effect of f(0)."""
    a, table = result.arrays, []
    shared = "" if result.params["test_per_seed"] else SHARED
    for i, name in enumerate(NETS):
        table.append(reached_claim(result, name))
        table += [end_claim(a["log2_c"], *kind(a, i), side, name, shared) for side in ENDS]
    return [*table, f0_claim(a, shared)]


def kind(arrays, i):
    """Return peak and final accuracy, and whether the target was reached, each (s, m, r), for one of `NETS`."""
    return arrays["peak"][i], arrays["final"][i], arrays["status"][i] == "reached"


def reached_claim(result, name):
    """Claim that every c has a learning rate at which all seeds reach the target."""
    a = result.arrays
    fine = (a["status"][list(NETS).index(name)] == "reached").all(axis=0).any(axis=-1)
    missing = ", ".join(f"2^{k:g}" for k in a["log2_c"][~fine])
    target, seeds = 100 * result.params["target"], result.params["n_seeds"]
    statement = (
        f"{NET_WORDS[name]}every c has a learning rate at which all {seeds} seeds reach {target:g}% training accuracy"
    )
    detail = f"no such rate at {missing}" if missing else ""
    return count(f"{name}-reached", statement, MEASURED, int((~fine).sum()), len(fine), "multipliers c", detail=detail)


def gain(accuracy, reached, end):
    """Return accuracy at the best inner c minus that at the index `end` of c, each at its best rate.

    Best c and rates are chosen for each seed by the other half of the seeds.

    Parameters
    ----------
    accuracy, reached : ndarray (s, m, r)
        As for `statistics.at_best_rate`.
    end : int

    Returns
    -------
    ndarray (s,)
        NaN if at no inner c, or not at that end, there is a rate at which every seed reached its target.
    """
    curve = statistics.at_best_rate(accuracy, reached)[0]
    try:
        best = statistics.best_multiplier(accuracy, reached, inside=True)
    except ValueError:
        return np.full(len(accuracy), np.nan)
    return statistics.at(curve, best) - curve[:, end]


def end_claim(log2_c, peak, final, reached, side, name, shared=""):
    """Claim that the best inner c beats that end of the range, beyond the noise of the seeds."""
    end, words = ENDS[side]
    found = statistics.interval(100 * gain(peak, reached, end), cross_fitted=True)
    better = "peak test accuracy at the best c inside the range exceeds that at"
    statement = f"{NET_WORDS[name]}{better} 2^{log2_c[end]:g} ({words})"
    if np.isnan(found.mean):
        detail = f"no rate brought every seed to the target at 2^{log2_c[end]:g}, or at any c inside"
    else:
        best = np.unique(log2_c[statistics.best_multiplier(peak, reached, inside=True)])
        at_stop = Measured.of(statistics.interval(100 * gain(final, reached, end), cross_fitted=True), "points").words
        detail = f"best at {' or '.join(f'2^{k:g}' for k in best)}; accuracy at the stop: {at_stop}{shared}"
    return above(f"{name}-{side}", statement, PAPER, found, unit="points", detail=detail)


def f0_claim(arrays, shared=""):
    """Claim that the accuracy at the largest c rises when f(0) is removed."""
    grids = [kind(arrays, i) for i in range(len(NETS))]
    plain, centred = (statistics.at_best_rate(peak, reached)[0][:, -1] for peak, _, reached in grids)
    statement = (
        f"at 2^{arrays['log2_c'][-1]:g} f - f(0) is more accurate than f: f(0) is a cause of the fall to small FLS"
    )
    found = statistics.interval(100 * (centred - plain), cross_fitted=True)
    falls = [Measured.of(statistics.interval(100 * gain(peak, reached, -1), cross_fitted=True), "points").words
             for peak, _, reached in grids]  # fmt: skip
    detail = f"fall: {falls[0]}, without f(0) {falls[1]}{shared}"
    return above("right-f0", statement, MEASURED, found, unit="points", detail=detail)
