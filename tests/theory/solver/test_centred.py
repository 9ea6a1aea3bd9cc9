"""Centred flow, which trains f - f0: finite differences, batches, endings; test_reference.py has the oracle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fls_teach.theory import balanced_init, forward, gradient_flow, second_layer

from ..strategies import hard_run, seeds, separable_run


def outputs(X, W, signs):
    return np.maximum(X @ W.T, 0) @ (signs * np.linalg.norm(W, axis=1))


def centred_risk(X, y, W, signs, W0, reduction="mean", c=1.0):
    """Risk of c (f - f0), with f0 the outputs at W0."""
    losses = np.logaddexp(0, -y * c * (outputs(X, W, signs) - outputs(X, W0, signs)))
    return getattr(losses, reduction)()


@pytest.mark.parametrize(("reduction", "c"), [("mean", 1.0), ("sum", 1.0), ("mean", 0.5), ("sum", 2.0)])
def test_it_stops_where_the_centred_risk_is_the_target(reduction, c):
    """Catches f0 left out of the risk, multiplied by c once too often, or so small here that nothing tests it."""
    X, y, W, signs = separable_run(2, 1.0)
    target = 0.05 if reduction == "mean" else 0.5
    options = {"target_risk": target, "reduction": reduction, "output_multiplier": c}
    flow, plain = (gradient_flow(X, y, W, signs, centred=centred, **options) for centred in (True, False))
    assert flow.status == "reached" and flow.risk == pytest.approx(target, rel=1e-9)
    assert centred_risk(X, y, flow.W, signs, W, reduction, c) == pytest.approx(target, rel=1e-9)
    assert np.linalg.norm(plain.W - flow.W) > 0.01 * np.linalg.norm(flow.W)


@given(seeds)
@settings(max_examples=4)
def test_weights_move_down_the_numerical_gradient(seed):
    """Catches any wrong velocity without a formula for it: dW/dt on the way is minus a central difference."""
    X, y, W0, signs = separable_run(seed % 50, 1.0, n_neurons=4)
    near, far = (gradient_flow(X, y, W0, signs, centred=True, t_max=t, rtol=1e-7).W for t in (0.3 - 3e-4, 0.3 + 3e-4))
    W = (near + far) / 2
    v = second_layer(W, signs)
    f0 = outputs(X, W0, signs)

    def risk(W):  # v is a parameter of its own: only W moves here
        return np.logaddexp(0, -y * (forward(X, W, v) - f0)).mean()

    gradient = np.zeros_like(W)
    for j, i in np.ndindex(W.shape):
        step = np.zeros_like(W)
        step[j, i] = 1e-6
        gradient[j, i] = (risk(W + step) - risk(W - step)) / 2e-6
    calm = (np.abs(X @ W.T) > 1e-3).all(axis=0)  # neurons that no kink is near
    np.testing.assert_allclose(((far - near) / 6e-4)[calm], -gradient[calm], atol=1e-3 * np.abs(gradient).max())


@given(seeds, st.sampled_from([2.0**-12, 0.25, 4.0]))
@settings(max_examples=5)
def test_twins_are_centred_already(seed, alpha):
    """Catches f0 taken from anywhere but the start: where it is zero, centred and plain are one flow, to rounding."""
    X, y, W, signs = separable_run(seed % 50, alpha, n_neurons=6)
    W, signs = np.concatenate([W, W]), np.concatenate([signs, -signs])
    assert np.abs(outputs(X, W, signs)).max() < 1e-12 * alpha**2
    plain, centred = (gradient_flow(X, y, W, signs, target_risk=0.1, centred=centred) for centred in (False, True))
    assert plain.status == centred.status == "reached"
    np.testing.assert_allclose(centred.W, plain.W, atol=1e-9 * np.abs(plain.W).max())
    assert centred.stopping_time == pytest.approx(float(plain.stopping_time), rel=1e-9)


def test_small_starts_hardly_differ():
    """Catches a centred flow of another problem: as alpha^2 f0 vanishes, so does what centring changes."""
    differences = []
    for alpha in (2.0**-4, 2.0**-6, 2.0**-8):
        X, y, W, signs = separable_run(1, alpha)
        plain, centred = (gradient_flow(X, y, W, signs, target_risk=0.1, centred=c, rtol=1e-6) for c in (False, True))
        differences.append(np.linalg.norm(plain.W - centred.W) / np.linalg.norm(plain.W))
    assert differences[2] < differences[1] / 2 < differences[0] / 4 and differences[2] < 1e-3, differences


@pytest.mark.parametrize(("seed", "record"), [(0, False), (1, True)])
def test_a_run_gives_the_same_bits_in_any_batch(seed, record, monkeypatch):
    """Catches an f0 shared by the batch, lost when a run leaves it, or taken by the run that waited for the place."""
    monkeypatch.setattr("fls_teach.theory.solver.batch.STAGE_SIZE", 320)  # 4 slots
    rng = np.random.default_rng(seed)
    scales = (1e-9, 2.0**-8, 0.5, 1.0, 8.0)
    parts = [separable_run(int(rng.integers(50)), scale, n_neurons=8) for scale in scales]
    X, y, W, signs = (np.stack(part * 3) for part in zip(*parts, strict=True))
    many = rng.permutation(len(W))
    options = {"target_risk": 0.1, "t_max": 30.0, "centred": True}
    batch = gradient_flow(X[many], y[many], W[many], signs[many], record=record, **options)
    alone = [gradient_flow(*run, **options) for run in parts]
    for place, k in enumerate(many):
        for name in ("W", "v", "time", "stopping_time", "risk", "status", "reason", "n_evaluations"):
            expected = getattr(alone[k % len(parts)], name)
            np.testing.assert_array_equal(getattr(batch, name)[place], expected, err_msg=name)


def test_the_start_has_the_risk_of_a_silent_network():
    """Catches a record of the plain risk: centred, every run starts at log 2, and falls from there."""
    X, y, W, signs = separable_run(0, 2.0)
    run = gradient_flow(X, y, W, signs, target_risk=0.05, centred=True, record=True).trajectory
    assert run.risk[0] == np.log(2) and (np.diff(run.risk) < 0).all()
    recomputed = [centred_risk(X, y, V, signs, W) for V in run.W]
    np.testing.assert_allclose(run.risk, recomputed, rtol=1e-12)


def test_every_ending_is_there_as_well():
    """Catches centred runs that know fewer endings than plain ones, and NaN or f0 that spread through a batch."""
    X, y, W, signs = separable_run(0, 0.5, n_neurons=5)
    batch = gradient_flow(np.stack([X, 1e70 * X, X]), y, W, signs, target_risk=0.1, centred=True)
    # Outputs of 1e70 would have to change by 1, which is far below their last digit.
    assert list(batch.status) == ["reached", "stalled", "reached"]
    np.testing.assert_array_equal(batch.W[0], gradient_flow(X, y, W, signs, target_risk=0.1, centred=True).W)
    assert gradient_flow(X, y, W, signs, t_max=0.5, centred=True).status == "t_max"
    dead = gradient_flow([[1.0, 0.0]], [1], [[-1.0, 0.0]], [1], target_risk=0.1, centred=True)
    assert dead.status == "stalled" and dead.risk == np.log(2)
    already = gradient_flow(X, y, W, signs, target_risk=0.7, centred=True)
    assert already.status == "reached" and already.stopping_time == 0


def test_sliding_data_and_huge_starts_keep_their_budget():
    """Catches error control that fails where the outputs subtracted dwarf those that are trained."""
    X, y, _, _ = hard_run(0, 1.0)
    W, signs = balanced_init(50, 50, 2.0 ** np.array([-12.0, -4, 0, 3, 6]), 0)
    flow = gradient_flow(X, y, W, signs, target_risk=0.1, centred=True)
    assert (flow.status == "reached").all() and flow.n_evaluations.max() <= 3_000


@pytest.mark.parametrize("exponent", [10, 26, 100])
def test_outputs_too_large_to_subtract_end_with_a_reason(exponent):
    """Catches a hang or a false "reached" where f - f0 is all rounding."""
    X, y, W, signs = separable_run(0, 2.0**exponent)
    flow = gradient_flow(X, y, W, signs, target_risk=0.05, centred=True)
    assert np.isfinite(flow.W).all() and len(str(flow.reason)) > 20
    assert flow.status != "reached" or flow.risk <= 0.05 * (1 + 1e-9)


def test_multiplier_and_scale_are_one_thing_when_centred_too():
    """Catches f0 outside the multiplier: c = 1/16 at lr 16 from W0 is alpha = 1/4, bit for bit."""
    X, y, W, signs = separable_run(3, 1.0)
    multiplied = gradient_flow(
        X, y, W, signs, target_risk=0.1, output_multiplier=1 / 16, lr_multiplier=16.0, centred=True
    )
    scaled = gradient_flow(X, y, W / 4, signs, target_risk=0.1, centred=True)
    np.testing.assert_array_equal(multiplied.W / 4, scaled.W)
    assert multiplied.stopping_time == scaled.stopping_time
