"""Three stopping rules, evaluated on saved curves."""

import numpy as np

from fls_teach import statistics

RULES = {"accuracy": "training accuracy", "risk": "training risk", "validation": "validation risk"}


def stops(result):
    """Return the epoch (2, s, m, r) at which each of `RULES` would have stopped a run; -1 if it would not."""
    a, p = result.arrays, result.params
    risk = a["validation_risk"]
    lowest = np.fmin.accumulate(risk, axis=-1)
    late = np.zeros(risk.shape, dtype=bool)
    late[..., p["patience"] :] = risk[..., p["patience"] :] >= 0  # False where the run had ended
    late[..., p["patience"] :] &= lowest[..., p["patience"] :] == lowest[..., : -p["patience"]]
    met = {"accuracy": a["train_accuracy"] >= p["target"], "risk": a["train_risk"] <= p["target_risk"]}
    return {name: np.where(each.any(-1), each.argmax(-1), -1) for name, each in (met | {"validation": late}).items()}


def by_rule(result, net):
    """Return test accuracy (s, m) at the stop of each of `RULES`, at the learning rate that is best under that rule.

    `net` is the index of the kind of network: 0 plain, 1 centred.
    """
    found = {}
    for name, epoch in stops(result).items():
        curves, stop = result.arrays["test_accuracy"][net], epoch[net]
        at_stop = np.take_along_axis(curves, np.maximum(stop, 0)[..., None], axis=-1)[..., 0]
        found[name] = statistics.at_best_rate(at_stop, stop >= 0)[0]
    return found
