"""`diagnose` on forged runs: each kind, kinds together, and runs with which nothing is wrong."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fls_teach.diagnosis import FinishedRun, diagnose

LN2 = math.log(2)
FALLING = tuple(LN2 - 1e-9 * 2.0 ** np.arange(20))


def fitted(errors, scale=None, **kind):
    return [FinishedRun((0.05,), error, "reached", scale=scale, seed=k, **kind) for k, error in enumerate(errors)]


def unfinished(*curves, **kind):
    return [FinishedRun(curve, 0.5, "budget", seed=k, **kind) for k, curve in enumerate(curves)]


BEST = fitted([0.010, 0.012, 0.014, 0.011], scale=0.1)
KINDS = {
    "dead: a constant": ("dead", "anew", unfinished([LN2], [LN2])),
    "dead: fell to a constant": ("dead", "anew", unfinished([5.0, 0.8, LN2, LN2])),
    "dead: shrinks to a constant": ("dead", "anew", unfinished(FALLING[::-1])),
    "dead: hovers at a constant": ("dead", "anew", unfinished([0.7, 0.6932, 0.6935, 0.6933, 0.6934])),
    "dead: its trainer says so": ("dead", "anew", [FinishedRun((LN2,), 0.5, "dead")]),
    "slow: has barely begun": ("slow", "Raise alpha", unfinished(FALLING)),
    "slow: right already": ("slow", "Raise alpha", unfinished([LN2], train_accuracy=0.9)),
    "slow: nearly there": ("slow", "Raise the budget", unfinished([LN2, 0.3, 0.1])),
    "slow: worse than a constant": ("slow", "Lower alpha", unfinished([90.0, 80.0])),
    "slow: by its target": ("slow", "Raise the budget", [FinishedRun((0.06,), target=0.05)]),
    "diverged: its trainer says so": ("diverged", "Lower the learning rate", [FinishedRun((0.1,), status="diverged")]),
    "diverged: risk": ("diverged", "Lower the learning rate", unfinished([0.7, float("inf")])),
    "errs more: large scale": ("errs more", "Lower alpha", fitted([0.02, 0.024, 0.028, 0.022], 4.0)),
    "errs more: small scale": ("errs more", "Raise alpha", fitted([0.012, 0.015, 0.017, 0.013], 0.001)),
    "spread": ("spread", "Lower alpha", fitted([0.010, 0.020, 0.019, 0.024], 0.3)),
    "healthy": ("healthy", "Nothing", fitted([0.0101, 0.0119, 0.0142, 0.0111], 0.2)),
    "healthy: better than the best": ("healthy", "Nothing", fitted([0.005, 0.009, 0.010, 0.003], 0.2)),
    "healthy: by its target": ("healthy", "Compare", [FinishedRun((0.04,), target=0.05)]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_named_and_the_advice_fits(kind):
    """Catches kinds that are taken for each other, and advice for the other side of alpha."""
    name, advice, runs = KINDS[kind]
    found = diagnose(runs, BEST)
    assert found.name == name and advice in found.change, found.sentence


@pytest.mark.parametrize("other", [kind for kind in KINDS if kind.startswith("slow")])
def test_of_several_kinds_the_most_frequent_is_named_and_all_are_counted(other):
    slow, dead = KINDS[other][2][:1], unfinished([LN2], [LN2])
    found = diagnose(dead + slow + BEST)
    assert found.name == "dead" and "2 of 7 runs" in found.why and "(the others: 1 slow, 4 reached)" in found.why


def test_one_that_failed_goes_before_many_that_err():
    """Catches a mean over runs of which one is not trained."""
    bad = fitted([0.02, 0.024, 0.028], 4.0)
    assert diagnose(bad, BEST).name == "errs more" and diagnose(bad + unfinished([90.0]), BEST).name == "slow"


def test_a_constant_depends_on_the_number_of_classes():
    stuck = unfinished([math.log(10)])
    assert diagnose(stuck, n_classes=10).name == "dead" and diagnose(stuck).name == "slow"


def test_runs_are_compared_in_pairs_of_seeds():
    """Catches a comparison in the order of the runs, which here would see a spread."""
    runs = fitted([0.010, 0.012, 0.014, 0.050], 0.3)
    best = [run for run in fitted([0.010, 0.012, 0.014, 0.050], 0.1)]
    assert diagnose(runs[::-1], best).name == "healthy"
    assert diagnose(runs, unfinished([LN2])).change.startswith("Compare"), "compared with what is not trained"


@given(st.permutations(range(4)), st.floats(1e-3, 1.0))
def test_neither_order_nor_unit_of_the_error_matters(order, unit):
    for name, _, runs in (KINDS["spread"], KINDS["errs more: large scale"], KINDS["healthy"]):
        scaled = [[FinishedRun(r.risks, unit * r.test_error, "reached", scale=r.scale, seed=r.seed) for r in each]
                  for each in (runs, BEST)]  # fmt: skip
        assert diagnose([scaled[0][k] for k in order], scaled[1]).name == name


def test_an_error_of_zero_is_no_division_by_zero():
    assert diagnose(fitted([0.0, 0.0]), fitted([0.0, 0.0])).name == "healthy"
    assert diagnose(fitted([0.1, 0.1, 0.1], 2.0), fitted([0.0, 0.01, 0.0], 1.0)).name == "errs more"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: diagnose([]), "there are no runs"),
        (lambda: diagnose(BEST, n_classes=1), "n_classes is 1"),
        (lambda: FinishedRun(()), "risks is empty"),
        (lambda: FinishedRun((0.1,)), "neither a status nor a target"),
    ],
)
def test_what_cannot_be_judged_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()
