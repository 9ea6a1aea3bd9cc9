"""The reference: balanced, at its target, and what the fast solver is held to."""

import inspect
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fls_teach.theory import gradient_flow, reference_flow, risk, twins, velocity

from .strategies import reductions, seeds, separable_run


def test_the_file_to_read_first_is_short():
    """Catches a reference that grows until it is one more solver."""
    source = Path(inspect.getsourcefile(reference_flow)).read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 40


@given(
    seeds, st.floats(-12, 2).map(lambda exponent: 2.0**exponent), st.booleans(), st.booleans(), reductions,
    st.sampled_from([0.4, 0.1, 0.05]),
)  # fmt: skip
@example(0, 2.0**-12, False, False, "mean", 0.05)
@example(1, 2.0**-10, False, False, "mean", 0.05)
@example(2, 2.0**-8, False, True, "mean", 0.05)
@example(3, 2.0**-6, True, False, "mean", 0.05)
@example(4, 2.0**-4, False, True, "sum", 0.05)
@example(5, 2.0**-2, False, False, "mean", 0.05)
@example(6, 2.0**0, False, False, "sum", 0.05)
@example(6, 2.0**0, False, True, "mean", 0.05)
@example(7, 2.0**2, False, False, "mean", 0.05)
@example(7, 2.0**2, False, True, "sum", 0.05)
@example(2, 2.0**2, True, True, "mean", 0.4)
@settings(max_examples=4)
def test_the_fast_solver_agrees(seed, alpha, silent, centred, reduction, target):
    """Catches any error of a step, of a kink's repair, of f0 or of the stop above 1e-3, in both layers and the time."""
    X, y, W, signs = separable_run(seed % 200, alpha, n_neurons=12)
    if silent:
        W, signs = twins(W, signs)
    options = {
        "target_risk": target * (len(y) if reduction == "sum" else 1),
        "reduction": reduction,
        "centred": centred,
    }
    expected_W, expected_v, expected_time = reference_flow(X, y, W, signs, rtol=1e-7, **options)
    flow = gradient_flow(X, y, W, signs, **options)
    assert flow.status == "reached"
    assert flow.stopping_time == pytest.approx(expected_time, rel=1e-3)
    assert np.linalg.norm(flow.W - expected_W) < 1e-3 * np.linalg.norm(expected_W)
    assert np.linalg.norm(flow.v - expected_v) < 1e-3 * np.linalg.norm(expected_v)


@pytest.mark.parametrize("centred", [False, True])
def test_the_reference_is_balanced_and_at_its_target(centred):
    """Catches second layers that move by another rule than the first, and a stop anywhere but at the target."""
    X, y, W, signs = separable_run(0, 0.5, n_neurons=6)
    stop, v, time = reference_flow(X, y, W, signs, 0.1, centred=centred)
    np.testing.assert_allclose(v, signs * np.linalg.norm(stop, axis=1), rtol=1e-7)
    plain = risk(X, y, stop, v)
    assert plain != pytest.approx(0.1, rel=1e-3) if centred else plain == pytest.approx(0.1, rel=1e-9)
    assert time > 0


def test_it_follows_the_velocity():
    """Catches a right-hand side that is not minus the gradient of `risk`, which torch's autograd checks elsewhere."""
    X, y, W, signs = separable_run(1, 0.5, n_neurons=6)
    v = signs * np.linalg.norm(W, axis=1)
    dW, dv = velocity(X, y, W, v)
    later, later_v, time = reference_flow(X, y, W, signs, 1e-9, t_max=1e-6)
    assert np.isnan(time)
    np.testing.assert_allclose((later - W) / 1e-6, dW, rtol=0, atol=1e-5 * np.abs(dW).max())
    np.testing.assert_allclose((later_v - v) / 1e-6, dv, rtol=0, atol=1e-5 * np.abs(dv).max())


def test_a_start_below_the_target_stays():
    """Catches an event that only looks for crossings, so that a run that begins below its target never ends."""
    X, y, W, signs = separable_run(0, 0.5, n_neurons=6)
    stop, _, time = reference_flow(X, y, W, signs, 5.0)
    np.testing.assert_array_equal(stop, W)
    assert time == 0
