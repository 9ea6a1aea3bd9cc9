"""What the stopping demo claims of its rules, judged from its saved arrays."""

import numpy as np

from fls_teach import statistics
from fls_teach.demos.framework.claim import Claim, Measured, Tolerance, count, within

from .rules import RULES, by_rule, stops

SCIENCE = "science.md#images"


def claims(result):
    """Another rule leaves the best c where it was, up to one step of the grid.

    Parameters
    ----------
    result : Result

    Returns
    -------
    list of Claim
    """
    log2_c, curves = result.arrays["log2_c"], by_rule(result)
    table = [_stops_claim(name, curve) for name, curve in curves.items()]
    table += [_same_c_claim(name, log2_c, curves["accuracy"], curves[name]) for name in ("risk", "validation")]
    return [*table, _order_claim(stops(result))]


def _stops_claim(name, curve):
    missing = int((~np.isfinite(curve).all(axis=0)).sum())
    statement = f"every c has a learning rate at which all seeds are stopped by {RULES[name]}"
    return count(f"{name}-stops", statement, f"[M] {SCIENCE}", missing, curve.shape[1], "multipliers c")


def _same_c_claim(name, log2_c, reference, other):
    """Of the c at which both rules stop all seeds, the best is the same up to one step of the grid."""
    id, source = f"{name}-same-c", f"[P] {SCIENCE}"
    statement = f"stopping by {RULES[name]} leaves the best c where training accuracy has it: shift of its log2"
    both = np.isfinite(reference + other).all(axis=0)
    if not both.any():
        nothing = Measured(None, detail="at no c do both rules stop all seeds")
        return Claim(id, statement, source, "0", nothing, Tolerance(None, "a c that can be compared"), False)
    reference, other, shared = reference[:, both], other[:, both], log2_c[both]

    def best(curve, seeds):
        return shared[curve[seeds].mean(axis=-2).argmax(axis=-1)]

    seeds = np.arange(len(reference))
    among = "" if both.all() else f", among {both.sum()} of {len(both)} c"
    return within(
        id,
        statement,
        source,
        statistics.bootstrap(lambda drawn: best(other, drawn) - best(reference, drawn), len(seeds)),
        0.0,
        float(np.diff(log2_c).max()),
        "one step of the grid; a bootstrap over seeds",
        detail=f"2^{best(reference, seeds):g} to 2^{best(other, seeds):g}{among}",
    )


def _order_claim(epochs):
    ended = epochs["risk"] >= 0
    early = int((epochs["accuracy"] < 0)[ended].sum())  # the curves end with the training risk
    statement = "no run meets the training risk before the training accuracy"
    return count("order", statement, f"[M] {SCIENCE}", early, int(ended.sum()), "runs")
