"""Stopping: training accuracy, training risk or validation risk may end a run; where is the best c then?"""

from dataclasses import dataclass

import numpy as np

from fls_teach import plotting, statistics
from fls_teach.demos import heatmap
from fls_teach.demos.framework.claim import Claim
from fls_teach.demos.framework.result import Result
from fls_teach.demos.images.trained import train_grid


@dataclass(frozen=True)
class Params(heatmap.Params):
    """As of the demo `heatmap`, but every run goes on to a training risk by which all rules should have stopped it.

    `target` is the training accuracy of the first rule.
    """

    target_risk: float = 0.02
    """Training risk of c f, in nats, of the second rule."""
    end_risk: float = 0.001
    """Training risk that ends a run: so small that by then all rules should have stopped it."""
    n_validation: int = 256
    """Images whose risk of c f the third rule looks at."""
    patience: int = 8
    """Epochs without a lower validation risk after which the third rule stops; 3 would stop on the first plateau."""


PRESETS = {
    "quick": Params(exponents=(-6, -3, 0, 4), epochs=150, n_seeds=4),
    "full": Params(width=16, epochs=200, exponents=(-6, -4, -2, 0, 2, 4), rates=(0.01, 0.03, 0.1, 0.3), n_seeds=8),
}

RULES = {"accuracy": "training accuracy", "risk": "training risk", "validation": "validation risk"}


def run(params, seed, progress=None):
    """Train the grid to the last risk and keep the curves.

    Returns
    -------
    Result
        ``log2_c`` (m,), ``lr`` (r,), and for every run and epoch from 0 (s, m, r, T + 1), NaN after its end:
        ``train_accuracy``, ``train_risk``, ``validation_risk``, ``test_accuracy``; ``status`` (s, m, r).
    """
    trained = train_grid(params, seed, progress, stop="train-risk", target=params.end_risk)
    kept = "log2_c lr status train_accuracy train_risk validation_risk test_accuracy".split()
    return Result("stopping", params, seed, {key: trained[key] for key in kept})


def stops(result):
    """The epoch (s, m, r) at which each of `RULES` would have stopped a run, -1 where it never did."""
    a, p = result.arrays, result.params
    risk = a["validation_risk"]
    lowest = np.fmin.accumulate(risk, axis=-1)
    late = np.zeros(risk.shape, dtype=bool)
    late[..., p["patience"] :] = risk[..., p["patience"] :] >= 0  # False where the run had ended
    late[..., p["patience"] :] &= lowest[..., p["patience"] :] == lowest[..., : -p["patience"]]
    met = {"accuracy": a["train_accuracy"] >= p["target"], "risk": a["train_risk"] <= p["target_risk"]}
    return {name: np.where(each.any(-1), each.argmax(-1), -1) for name, each in (met | {"validation": late}).items()}


def by_rule(result):
    """Test accuracy (s, m) at the stop of each of `RULES`, at the learning rate that is best under that rule."""
    found = {}
    for name, epoch in stops(result).items():
        at_stop = np.take_along_axis(result.arrays["test_accuracy"], np.maximum(epoch, 0)[..., None], axis=-1)[..., 0]
        found[name] = statistics.at_best_rate(at_stop, epoch >= 0)[0]
    return found


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


@plotting.styled
def plot(result):
    """Accuracy at the stop against c for the three rules, and when each of them stops."""
    figure, (left, right) = plotting.subplots(1, 2, size=(12.0, 4.8))
    log2_c, epochs = result.arrays["log2_c"], stops(result)
    for colour, (name, curve) in zip(
        (plotting.INK, plotting.ORANGE, plotting.BLUE), by_rule(result).items(), strict=True
    ):
        mean, half = 100 * curve.mean(axis=0), 100 * np.array([statistics.interval(column).half for column in curve.T])
        left.fill_between(log2_c, mean - half, mean + half, color=colour, alpha=0.12, lw=0)
        left.plot(log2_c, mean, "o-", color=colour, label=RULES[name])
        if np.isfinite(mean).any():
            k = int(np.nanargmax(mean))
            left.plot(log2_c[k], mean[k], "*", ms=16, color=colour, mec="white", mew=0.8)
        first = np.where(epochs[name] >= 0, epochs[name], np.nan)
        middle = np.array([np.median(column[np.isfinite(column)]) if np.isfinite(column).any() else np.nan
                           for column in np.moveaxis(first, 1, 0)])  # fmt: skip
        right.plot(log2_c, middle, "o-", color=colour, label=RULES[name])
    for axis in (left, right):
        axis.set_xticks(log2_c, [f"$2^{{{k:g}}}$" for k in log2_c])
        axis.set_xlabel("output multiplier c")
        axis.legend()
    left.set_ylabel("test accuracy at the stop (%)")
    left.set_title("Three stopping rules, 95% intervals")
    right.set_ylabel("epoch of the stop (median)")
    right.set_title("When they stop")
    return figure
