"""Claims of the stopping demo about its rules, computed from its saved arrays."""

import numpy as np

from fls_teach import statistics
from fls_teach.demos.framework.claim import Claim, Measured, Tolerance, count, within
from fls_teach.demos.heatmap.claims import NET_WORDS
from fls_teach.demos.heatmap.run import NETS

from .rules import RULES, by_rule, stops

SCIENCE = "science.md#images"


def claims(result):
    """Judge that the best c is the same under every rule up to one step of the grid, for plain and centred networks.

    Parameters
    ----------
    result : Result

    Returns
    -------
    list of Claim
    """
    log2_c, table = result.arrays["log2_c"], []
    for net, name in enumerate(NETS):
        curves = by_rule(result, net)
        table += [_stops_claim(name, rule, curve) for rule, curve in curves.items()]
        table += [
            _same_c_claim(name, rule, log2_c, curves["accuracy"], curves[rule]) for rule in ("risk", "validation")
        ]
    return [*table, _order_claim(stops(result))]


def _stops_claim(net, rule, curve):
    missing = int((~np.isfinite(curve).all(axis=0)).sum())
    statement = f"{NET_WORDS[net]}every c has a learning rate at which all seeds are stopped by {RULES[rule]}"
    return count(f"{net}-{rule}-stops", statement, f"[M] {SCIENCE}", missing, curve.shape[1], "multipliers c")


def _same_c_claim(net, rule, log2_c, reference, other):
    """Claim that among the c at which both rules stop all seeds, the best is the same up to one step of the grid."""
    id, source, step = f"{net}-{rule}-same-c", f"[P] {SCIENCE}", float(np.diff(log2_c).max())
    shift = f"shift of its log2, where the widest step of the grid is {step:g}"
    statement = f"{NET_WORDS[net]}stopping by {RULES[rule]} leaves the best c where training accuracy has it: {shift}"
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
        step,
        "one step of the grid; a bootstrap over seeds",
        detail=f"2^{best(reference, seeds):g} to 2^{best(other, seeds):g}{among}",
    )


def _order_claim(epochs):
    ended = epochs["risk"] >= 0
    early = int((epochs["accuracy"] < 0)[ended].sum())  # the curves end when the training risk reaches its target
    statement = "no run meets the training risk before the training accuracy"
    return count("order", statement, f"[M] {SCIENCE}", early, int(ended.sum()), "runs")
