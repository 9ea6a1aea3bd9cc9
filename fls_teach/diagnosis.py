"""Diagnose training runs in words: not trained, fits with a larger test error, or the seeds disagree."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .statistics import interval

NEAR = 0.01
"""A run counts as constant if its risk is within this fraction of the risk of a constant answer."""
WORSE = 1.1
"""Ratio of test errors from which a difference counts, if it is significant over the seeds."""
DOUBLED = 2.0
"""Ratio of test errors above which the transition is over, so that the error is larger for every seed."""
SPREAD = 0.05
"""Standard deviation over seeds of the log of the ratio, from which seeds disagree: half of the 10% of WORSE."""


@dataclass(frozen=True)
class FinishedRun:
    """The data of one training run that a diagnosis needs.

    Raises
    ------
    ValueError
        If there is no risk, or neither a status nor a target.
    """

    risks: tuple[float, ...]
    """Training risks of the scaled network c f in nats, from the start to the end. The last one is enough, but only a
    curve distinguishes a dead run from one that has just begun to learn."""
    test_error: float | None = None
    """0 to 1."""
    status: str | None = None
    """"reached", "diverged", "dead" and "slow" are accepted as they are; any other word means "target not reached"."""
    target: float | None = None
    """Training risk to reach; needed if there is no status."""
    train_accuracy: float | None = None
    """At the end, 0 to 1."""
    scale: float | None = None
    """alpha or c; it tells on which side of the best scale a run is."""
    seed: int | None = None
    """Runs with equal seeds are compared in pairs."""

    def __post_init__(self):
        object.__setattr__(self, "risks", tuple(float(risk) for risk in self.risks))
        if not self.risks:
            raise ValueError("risks is empty; wanted at least the final training risk")
        if self.status is None and self.target is None:
            raise ValueError("a run has neither a status nor a target; wanted one, to know whether it is trained")

    def outcome(self, constant: float) -> str:
        """Return "reached", "diverged", "dead" or "slow"; `constant` is the risk of the best constant answer."""
        if self.status in ("reached", "diverged", "dead", "slow"):
            return self.status
        if not np.isfinite(self.risks[-1]):
            return "diverged"
        if self.status is None and self.risks[-1] <= self.target:
            return "reached"
        is_constant = abs(self.risks[-1] - constant) <= NEAR * constant and not self._is_learning(constant)
        return "dead" if is_constant else "slow"

    def _is_learning(self, constant):
        """Whether a run at the risk of a constant has just begun to learn: its tiny outputs grow and are right."""
        gain = constant - np.array(self.risks)
        if len(gain) > 1 and abs(gain[-1] - gain[-2]) > NEAR * constant:
            return True  # the risk is only passing the value of a constant
        if len(gain) > 2 and gain[-1] > 2 * max(gain[len(gain) // 2], 0):
            return True
        return self.train_accuracy is not None and self.train_accuracy > 1.5 * math.exp(-constant)


@dataclass(frozen=True)
class Diagnosis:
    """A diagnosis of some runs, in words."""

    name: str
    """"healthy", "dead", "slow", "diverged", "errs more" or "spread"."""
    why: str
    """The evidence."""
    change: str
    """Advice on what to change."""

    @property
    def sentence(self) -> str:
        """Name, evidence and advice in one text."""
        return f"{self.name}: {self.why}. {self.change}."


def diagnose(runs: Iterable[FinishedRun], compared_with: Iterable[FinishedRun] = (), n_classes: int = 2) -> Diagnosis:
    """Say which failure some runs show, why, and what to change.

    Parameters
    ----------
    runs : iterable of FinishedRun
        Runs of one alpha or c, with several seeds.
    compared_with : iterable of FinishedRun
        Runs of the alpha or c that is best so far; without them test errors are not judged.
    n_classes : int
        Number of classes, of about equal size: a constant answer has the risk ln(n_classes).

    Returns
    -------
    Diagnosis
        If training failed, the most frequent failure: "diverged"; "dead", stuck at the risk of a constant; "slow", any
        other run that has not reached its target. If all runs reached it: "spread", if the scale is not below the best
        one, the error is larger by 10% to 100% and the seeds disagree on how much, as at the transition; "errs more",
        if the error is larger by 10% or more and the 95% interval over seeds excludes no change; else "healthy".

    Raises
    ------
    ValueError
        If there are no runs, or fewer than 2 classes.

    Notes
    -----
    See science.md#failure. Ratios are compared as logarithms. Runs with equal seeds form pairs; without seeds, the runs
    are paired in their order.

    Examples
    --------
    >>> stuck = [FinishedRun((0.70, 0.693, 0.6931), status="max_steps", seed=k) for k in range(3)]
    >>> found = diagnose(stuck)
    >>> found.name, found.why
    ('dead', '3 of 3 runs are stuck at risk 0.693, that of a constant answer, ln 2')
    >>> good = [FinishedRun((0.05,), 0.01 + k / 1000, "reached", scale=0.1, seed=k) for k in range(3)]
    >>> bad = [FinishedRun((0.05,), 0.03 + k / 1000, "reached", scale=8.0, seed=k) for k in range(3)]
    >>> print(diagnose(bad, good).sentence)
    errs more: 3 runs fit, and err 2.8 times as often as at scale 0.1. Lower alpha or c, or train f - f(0): at a large \
scale the network keeps its random start.
    """
    runs, best = list(runs), list(compared_with)
    if not runs:
        raise ValueError("there are no runs to diagnose; wanted at least one")
    if n_classes < 2:
        raise ValueError(f"n_classes is {n_classes}; wanted at least 2")
    constant = math.log(n_classes)
    outcomes = [run.outcome(constant) for run in runs]
    counts = Counter(outcomes)
    failures = [name for name in ("diverged", "dead", "slow") if counts[name]]
    if failures:
        name = max(failures, key=counts.__getitem__)  # if counts are equal, the first
        why, change = _untrained(
            name, [run for run, each in zip(runs, outcomes, strict=True) if each == name], n_classes
        )
        others = [f"{counts[each]} {each}" for each in (*failures, "reached") if each != name and counts[each]]
        return Diagnosis(name, f"{counts[name]} of {len(runs)} runs {why}{_listed(others)}", change)
    return _compared(runs, [run for run in best if run.outcome(constant) == "reached"])


def _listed(others):
    return f" (the others: {', '.join(others)})" if others else ""


def _untrained(name, runs, n_classes):
    """Return evidence and advice for runs that failed to train."""
    if name == "diverged":
        return "left the range of numbers", "Lower the learning rate: the largest stable one falls as alpha^-2 or 1/c"
    risk, constant = float(np.median([run.risks[-1] for run in runs])), math.log(n_classes)
    if name == "dead":
        why = f"are stuck at risk {risk:.3g}, that of a constant answer, ln {n_classes}"
        return why, "Lower the learning rate or the weight decay, or start anew: no further training will wake them"
    why = f"are short of their target, at risk {risk:.3g}"
    if risk > (1 + NEAR) * constant:
        return (
            f"{why}, worse than a constant answer",
            "Lower alpha or c, or train f - f(0): the outputs of the start are too large to be unlearned in time",
        )
    if risk >= (1 - NEAR) * constant:
        return (
            f"{why}, and only begin to learn",
            "Raise alpha or c, the learning rate, or the budget: the start is small",
        )
    return why, "Raise the budget or the learning rate: the risk is below that of a constant answer"


def _compared(runs, best):
    """Return the diagnosis of runs that all reached their target."""
    factors = _log_factors(runs, best)
    fits = f"{len(runs)} run{'s' if len(runs) > 1 else ''} fit{'' if len(runs) > 1 else 's'}"
    if len(factors) < 2:
        return Diagnosis(
            "healthy", fits, "Compare with runs at another alpha or c, two seeds or more, before you trust it"
        )
    found, sd = interval(factors), float(np.std(factors, ddof=1))
    factor, scales = math.exp(found.mean), [group[0].scale for group in (runs, best)]
    below = None not in scales and scales[0] < scales[1]
    beside = "at the best scale" if scales[1] is None else f"at scale {scales[1]:.3g}"
    why = f"{fits}, and err {factor:.2g} times as often as {beside}"
    if sd >= SPREAD and WORSE < factor < DOUBLED and not below:
        seeds = math.ceil((2 * sd / math.log(WORSE)) ** 2)
        return Diagnosis(
            "spread",
            f"{why}, but seeds disagree on that by a factor of {math.exp(sd):.2f}: this is near the transition",
            f"Lower alpha or c; to know the error to 10% here takes about {seeds} seeds",
        )
    if factor > WORSE and found.low > 0:
        change = (
            "Raise alpha or c: at a small scale the neurons of a two-layer network gather in few directions"
            if below
            else "Lower alpha or c, or train f - f(0): at a large scale the network keeps its random start"
        )
        return Diagnosis("errs more", why, change)
    return Diagnosis("healthy", why, "Nothing to change")


def _log_factors(runs, best):
    """Return the logs (p,) of the ratios of test errors in each pair; an error of 0 counts as half of the smallest."""
    by_seed = {run.seed: run for run in best}
    pairs = [(run, by_seed[run.seed]) for run in runs if run.seed in by_seed]
    if any(run.seed is None for run in (*runs, *best)):
        pairs = list(zip(runs, best, strict=False))
    errors = np.array([(a.test_error, b.test_error) for a, b in pairs if None not in (a.test_error, b.test_error)])
    if not len(errors) or not errors.any():
        return np.zeros(len(errors))
    return np.diff(np.log(np.maximum(errors, errors[errors > 0].min() / 2)))[:, 0] * -1
