"""What the stopping demo claims of its rules, judged from its saved arrays."""

import numpy as np

from fls_teach.demos.framework.claim import Claim

from .rules import RULES, by_rule, stops


def shift_interval(reference, other, log2_c, draws=2000):
    """Bootstrap over seeds of where the best c is: 95% interval of log2 c*(other) - log2 c*(reference).

    `reference` and `other` are accuracies (s, m), `log2_c` is (m,).
    """
    chosen = np.random.default_rng(0).integers(len(reference), size=(draws, len(reference)))
    best = [log2_c[curve[chosen].mean(axis=1).argmax(axis=1)] for curve in (reference, other)]
    return np.quantile(best[1] - best[0], (0.025, 0.975))


def claims(result):
    """Another rule leaves the best c where it was, up to one step of the grid."""
    log2_c, table = result.arrays["log2_c"], []
    curves, epochs = by_rule(result), stops(result)
    for name, words in RULES.items():
        fine = np.isfinite(curves[name]).all(axis=0)
        statement = f"every c has a learning rate at which all seeds are stopped by {words}"
        table.append(Claim(f"{name}-stops", statement, "[M] SCI 7", f"{len(fine)} of {len(fine)}",
                           f"{fine.sum()} of {len(fine)}", "none", fine.all()))  # fmt: skip
    table += [_same_c(log2_c, curves["accuracy"], curves[name], name) for name in ("risk", "validation")]
    ended = epochs["risk"] >= 0
    early = int((epochs["accuracy"] < 0)[ended].sum())  # the curves end with the training risk
    statement = "no run met the training risk before the training accuracy"
    table.append(Claim("order", statement, "[M] SCI 7", "0", f"{early} of {ended.sum()} runs", "none",
                       bool(ended.any()) and early == 0))  # fmt: skip
    return table


def _same_c(log2_c, reference, other, name):
    """Whether the best of the c at which both rules stop all seeds is the same up to one step of the grid."""
    step = float(np.diff(log2_c).max())
    both = np.isfinite(reference + other).all(axis=0)
    measured, holds = "at no c do both rules stop all seeds", False
    if both.any():
        reference, other, shared = reference[:, both], other[:, both], log2_c[both]
        before, after = (shared[curve.mean(axis=0).argmax()] for curve in (reference, other))
        low, high = shift_interval(reference, other, shared)
        among = "" if both.all() else f", among {both.sum()} of {len(both)} c"
        measured = f"2^{before:g} → 2^{after:g}{among}; shift of log2 c within [{low:g}, {high:g}]"
        holds = bool(abs(after - before) <= step)
    statement = f"stopping by {RULES[name]} leaves the best c where training accuracy has it"
    tolerance = f"one step of the grid, {step:g}; 95% bootstrap over seeds is shown"
    return Claim(f"{name}-same-c", statement, "[P] CNNs", "same c", measured, tolerance, holds)
