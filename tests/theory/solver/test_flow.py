"""The flow as a whole: against solve_ivp, its symmetries, its endings, and inputs that break careless solvers."""

import time

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fls_teach.theory import balanced_init, class_sum, gradient_flow, neuron_alignment, risk, second_layer, velocity

from ..strategies import alphas, datasets, hard_run, reductions, relative, rotation, seeds, separable_run


def test_one_neuron_has_a_closed_form():
    """Catches a wrong rate without any solver: w = v = a, x = 1 gives da/dt = a sigmoid(-a^2), a separable equation."""
    flow = gradient_flow([[1.0]], [1], [[0.5]], [1.0], target_risk=0.05, rtol=1e-8)
    a = np.sqrt(-np.log(np.expm1(0.05)))  # log(1 + exp(-a^2)) = 0.05
    s = np.linspace(0.5, a, 20_001)
    integrand = (1 + np.exp(s**2)) / s
    expected = np.sum((integrand[1:] + integrand[:-1]) / 2 * np.diff(s))
    assert flow.stopping_time == pytest.approx(expected, rel=1e-6)
    assert flow.W[0, 0] == pytest.approx(a, rel=1e-9) and flow.v[0] == pytest.approx(a, rel=1e-9)


@pytest.mark.parametrize("alpha", [2.0**-12, 2.0**-2, 4.0])
def test_stopping_risk_is_the_target(alpha):
    """Catches a stop at the end of the step, or by a linear guess: the risk at the stop is eta to 1e-9 relative."""
    X, y, W, signs = separable_run(0, alpha)
    for target in (0.5, 0.05, 0.003):
        flow = gradient_flow(X, y, W, signs, target_risk=target)
        assert flow.risk == pytest.approx(target, rel=1e-9)
        assert risk(X, y, flow.W, flow.v) == pytest.approx(target, rel=1e-9)
        assert flow.stopping_time == flow.time


def test_the_stop_is_on_the_way():
    """Catches a stopping time found on a chord: at large alpha one step crosses most of the risk, and W must fit."""
    X, y, W, signs = separable_run(0, 4.0)
    stop = gradient_flow(X, y, W, signs, target_risk=0.2)
    there = gradient_flow(X, y, W, signs, t_max=float(stop.stopping_time), rtol=1e-8)
    assert there.risk == pytest.approx(0.2, rel=2e-3)
    assert np.linalg.norm(stop.W - there.W) < 1e-3 * np.linalg.norm(there.W - W)


def test_errors_of_the_outputs_are_controlled_too():
    """Catches error control of neurons alone: at alpha = 4 that costs 4e-4 in the stopping time, not 3e-5."""
    for seed in (2, 3, 5):
        X, y, W, signs = separable_run(seed, 4.0)
        plain, fine = (gradient_flow(X, y, W, signs, target_risk=0.05, **options) for options in ({}, {"rtol": 1e-7}))
        assert plain.stopping_time == pytest.approx(float(fine.stopping_time), rel=1e-4)


def test_hard_preset_keeps_its_budget():
    """Catches chattering at kinks: where solve_ivp needs 64,000 steps no run may need 20,000 evaluations."""
    for seed in range(3):
        scales = 2.0 ** np.array([-12.0, -8, -4, -2, 0, 3])
        X, y, _, _ = hard_run(seed, 1.0)
        W, signs = balanced_init(50, 50, scales, seed)
        flow = gradient_flow(X, y, W, signs, target_risk=0.1)
        assert (flow.status == "reached").all()
        assert flow.n_evaluations.max() <= 20_000
        assert flow.n_evaluations.max() <= 3_000  # in fact it needs a tenth of that: one that crawls is broken


def test_hard_preset_agrees_with_a_finer_run():
    """Catches a floor on the step that is bought with accuracy: sliding runs to 1%."""
    X, y, W, signs = hard_run(0, 2.0**-4)
    coarse, fine = (gradient_flow(X, y, W, signs, target_risk=0.1, rtol=rtol) for rtol in (5e-5, 1e-7))
    assert np.linalg.norm(coarse.W - fine.W) < 0.01 * np.linalg.norm(fine.W)
    assert coarse.stopping_time == pytest.approx(float(fine.stopping_time), rel=0.01)


@given(seeds, alphas)
@settings(max_examples=8)
def test_balance_signs_and_risk_along_the_way(seed, alpha):
    """Catches v that drifts from +-|w|, signs that flip, a risk that rises, and a record that does not fit its run."""
    X, y, W, signs = separable_run(seed % 50, alpha, n_neurons=6)
    flow = gradient_flow(X, y, W, signs, target_risk=0.1, record=True)
    run = flow.trajectory
    norms = np.linalg.norm(flow.W, axis=1)
    assert (np.abs(flow.v**2 - norms**2) <= 1e-8 * norms**2).all() and (flow.v * signs >= 0).all()
    # At alpha = 2^10 outputs are 1e6, and margins known to 1e-10 only: hence 1e-9 here and below.
    assert (np.diff(run.risk) <= 1e-9 * run.risk[:-1]).all(), "risk rose along the flow"
    assert run.times[0] == 0 and (np.diff(run.times) > 0).all()
    np.testing.assert_array_equal(run.W[0], W)
    np.testing.assert_array_equal(run.W[-1], flow.W)
    assert run.times[-1] == flow.time and run.risk[-1] == flow.risk
    np.testing.assert_allclose(run.norms, np.linalg.norm(run.W, axis=-1), rtol=1e-15)
    np.testing.assert_allclose(run.alignments, neuron_alignment(run.W, class_sum(X, y)), atol=1e-15)
    np.testing.assert_allclose(run.risk, risk(X, y, run.W, second_layer(run.W, signs)), rtol=1e-9)


def test_balance_is_conserved_by_the_dynamics_and_not_only_imposed():
    """Catches v = s|w| imposed on wrong dynamics: along the run d|w|^2/dt must equal 2 v dv/dt of `velocity`."""
    X, y, W, signs = separable_run(1, 0.5)
    short = 1e-6
    flow = gradient_flow(X, y, W, signs, t_max=short, rtol=1e-9)
    v = second_layer(W, signs)
    dW, dv = velocity(X, y, W, v)
    np.testing.assert_allclose((flow.W - W) / short, dW, rtol=0, atol=1e-5 * np.abs(dW).max())
    np.testing.assert_allclose((flow.v - v) / short, dv, rtol=0, atol=1e-5 * np.abs(dv).max())


@given(seeds, st.sampled_from([2.0**-10, 0.25, 2.0]), st.booleans())
@settings(max_examples=3)
def test_a_run_gives_the_same_bits_in_any_batch(seed, alpha, record):
    """Catches a shared clock or step, a reduction over runs, and dependence on the order or on recording."""
    rng = np.random.default_rng(seed)
    parts = [separable_run(int(rng.integers(50)), alpha * scale, n_neurons=8) for scale in (1.0, 0.01, 30.0, 1.0, 1e-9)]
    X, y, W, signs = (np.stack(part) for part in zip(*parts, strict=True))
    order = rng.permutation(len(W))
    options = {"target_risk": 0.1, "t_max": 30.0}
    batch = gradient_flow(X[order], y[order], W[order], signs[order], record=record, **options)
    for place, k in enumerate(order):
        alone = gradient_flow(X[k], y[k], W[k], signs[k], **options)
        for name in ("W", "v", "time", "stopping_time", "risk", "status", "reason", "n_evaluations"):
            np.testing.assert_array_equal(getattr(batch, name)[place], getattr(alone, name), err_msg=name)


def test_many_runs_take_turns(monkeypatch):
    """Catches the queue: runs that wait for a slot must start at their own start, whichever ends before them."""
    monkeypatch.setattr("fls_teach.theory.solver.batch.STAGE_SIZE", 8_000)  # 16 slots
    X, y, _, _ = separable_run(0, 1.0, n_neurons=50)
    W, signs = balanced_init(50, 20, np.geomspace(1e-3, 30, 45), 1)
    flow = gradient_flow(X, y, W, signs, target_risk=0.2, record=True)
    for k in (0, 15, 16, 17, 30, 44):
        alone = gradient_flow(X, y, W[k], signs, target_risk=0.2, record=True)
        np.testing.assert_array_equal(flow.W[k], alone.W)
        np.testing.assert_array_equal(flow.trajectory[k].times, alone.trajectory.times)
        np.testing.assert_array_equal(flow.trajectory[k].W, alone.trajectory.W)


def test_shared_and_repeated_data_are_the_same():
    """Catches a broadcast that mixes axes."""
    X, y, _, _ = separable_run(0, 1.0, n_neurons=5)
    W, signs = balanced_init(5, 20, [0.1, 1.0], 0)
    shared = gradient_flow(X, y, W, signs, target_risk=0.2)
    repeated = gradient_flow(np.stack([X] * 2), np.stack([y] * 2), W, np.stack([signs] * 2), target_risk=0.2)
    np.testing.assert_array_equal(shared.W, repeated.W)
    of_data = gradient_flow(np.stack([X, 2 * X]), y, W[0], signs, target_risk=0.2)
    assert of_data.W.shape == (2, 5, 20) and of_data.stopping_time[0] == shared.stopping_time[0]
    assert of_data.stopping_time[1] < of_data.stopping_time[0]


@given(seeds, st.sampled_from([2.0**-10, 0.25, 2.0]))
@settings(max_examples=6)
def test_symmetries(seed, alpha):
    """Catches mixed axes: rotations of space, orders of neurons and examples, and swapped classes change nothing."""
    X, y, W, signs = separable_run(seed % 50, alpha, n_neurons=8)
    plain = gradient_flow(X, y, W, signs, target_risk=0.1)
    rng, Q = np.random.default_rng(seed), rotation(20, seed)
    neurons, examples = rng.permutation(8), rng.permutation(10)
    # Rounding differs, and steps with it only through accepted lengths: 1e-8 is far below the flow's own error.
    turned = gradient_flow(X @ Q, y, W @ Q, signs, target_risk=0.1)
    assert relative(turned.W, plain.W @ Q) < 1e-8
    assert turned.stopping_time == pytest.approx(float(plain.stopping_time), rel=1e-8)
    shuffled = gradient_flow(X[examples], y[examples], W[neurons], signs[neurons], target_risk=0.1)
    assert relative(shuffled.W, plain.W[neurons]) < 1e-8
    assert shuffled.stopping_time == pytest.approx(float(plain.stopping_time), rel=1e-8)
    swapped = gradient_flow(X, -y, W, -signs, target_risk=0.1)
    np.testing.assert_array_equal(swapped.W, plain.W)
    np.testing.assert_array_equal(swapped.v, -plain.v)


def test_mean_runs_n_times_slower_than_sum():
    """Catches a reduction in the risk but not in the time: with n = 8 the factor is exact to the last bit."""
    X, y, W, signs = separable_run(2, 0.25, n_samples=8)
    mean = gradient_flow(X, y, W, signs, target_risk=0.1)
    total = gradient_flow(X, y, W, signs, target_risk=0.8, reduction="sum")
    assert mean.stopping_time == 8 * total.stopping_time
    np.testing.assert_array_equal(mean.W, total.W)


def test_duplicates_are_weights():
    """Catches duplicates that crash (singular Gram matrix) or count once: under "sum" they double the speed."""
    X, y, W, signs = separable_run(2, 0.25)
    once = gradient_flow(X, y, W, signs, target_risk=1.0, reduction="sum")
    twice = gradient_flow(np.tile(X, (2, 1)), np.tile(y, 2), W, signs, target_risk=2.0, reduction="sum")
    assert twice.stopping_time == pytest.approx(float(once.stopping_time) / 2, rel=1e-9)
    assert relative(twice.W, once.W) < 1e-9


def test_scaled_data_is_an_output_multiplier():
    """Catches absolute thresholds on X: f(aX) = a f(X), so aX is the output multiplier a, for a = 2^k bit for bit."""
    X, y, W, signs = separable_run(2, 0.25)
    for a in (0.25, 8.0):
        scaled = gradient_flow(a * X, y, W, signs, target_risk=0.1)
        multiplied = gradient_flow(X, y, W, signs, target_risk=0.1, output_multiplier=a)
        assert scaled.stopping_time == multiplied.stopping_time
        np.testing.assert_array_equal(scaled.W, multiplied.W)


def test_lr_multiplier_is_a_clock():
    """Catches a multiplier that changes the path: only the time is divided by it (exactly, for powers of two)."""
    X, y, W, signs = separable_run(2, 0.25)
    plain = gradient_flow(X, y, W, signs, target_risk=0.1)
    fast = gradient_flow(X, y, W, signs, target_risk=0.1, lr_multiplier=16.0)
    assert fast.stopping_time * 16 == plain.stopping_time
    np.testing.assert_array_equal(fast.W, plain.W)


@pytest.mark.parametrize("alpha", [2.0**-8, 0.5])
def test_stopping_and_going_on_is_going_straight(alpha):
    """Catches a state beyond W and signs, and a t_max that is overshot: the flow is a semigroup, to its own error."""
    X, y, W, signs = separable_run(4, alpha)
    first = gradient_flow(X, y, W, signs, t_max=2.0)
    second = gradient_flow(X, y, first.W, signs, t_max=3.0)
    straight = gradient_flow(X, y, W, signs, t_max=5.0)
    assert {str(run.status) for run in (first, second, straight)} == {"t_max"}
    assert (first.time, second.time, straight.time) == (2.0, 3.0, 5.0)
    assert relative(second.W, straight.W) < 5e-4
    assert np.isnan(straight.stopping_time)


def test_both_limits_together():
    """Catches a t_max that hides a target reached before it, or the other way round."""
    X, y, W, signs = separable_run(4, 0.5)
    stop = gradient_flow(X, y, W, signs, target_risk=0.2)
    at = float(stop.stopping_time)
    for factor, status in ((1.0001, "reached"), (1.3, "reached"), (0.9999, "t_max"), (0.5, "t_max")):
        flow = gradient_flow(X, y, W, signs, target_risk=0.2, t_max=at * factor)
        assert flow.status == status, factor
        # The last step differs, so the stopping time moves by no more than the flow's own error.
        assert flow.time == pytest.approx(min(at, at * factor), rel=5e-5)
    already = gradient_flow(X, y, stop.W, signs, target_risk=0.3)
    assert already.status == "reached" and already.stopping_time == 0 and already.risk == pytest.approx(0.2, rel=1e-9)
    np.testing.assert_array_equal(already.W, stop.W)


def test_extreme_scales_reach_the_target():
    """Catches underflow of norms, overflow of squares and bare numpy warnings at the ends of alpha."""
    X, y, W, signs = separable_run(0, 1.0)
    alphas = np.array([1e-130, 1e-30, 2.0**10])
    flow = gradient_flow(X, y, alphas[:, None, None] * W, signs, target_risk=0.05, record=True)
    assert np.isfinite(flow.W).all() and all(np.isfinite(run.risk).all() for run in flow.trajectory)
    assert (flow.n_evaluations <= 20_000).all()
    for k, alpha in enumerate(alphas):
        # 1e-130 is beyond what is promised: it may spend its evaluations on the way up, if it says so.
        if alpha == 1e-130 and flow.status[k] == "stalled":
            assert "evaluations are spent" in str(flow.reason[k])
        else:
            assert flow.status[k] == "reached" and flow.risk[k] == pytest.approx(0.05, rel=1e-9)


@pytest.mark.parametrize("exponent", [14, 26, 30, 100])
def test_reached_means_that_the_risk_is_at_most_the_target(exponent):
    """Catches a stop on the wrong side of a jump: where margins are too coarse for eta, first t with risk <= eta holds.

    Outputs of size alpha^2 are known to 1e-16 alpha^2 only, so from alpha = 2^14 on the risk cannot equal eta to 1e-9.
    """
    for seed in (0, 1, 3):
        X, y, W, signs = separable_run(seed, 2.0**exponent)
        flow = gradient_flow(X, y, W, signs, target_risk=0.05)
        assert flow.status != "reached" or flow.risk <= 0.05 * (1 + 1e-9), (flow.risk, str(flow.reason))


def test_dead_and_shrinking_neurons():
    """Catches a division by a vanishing norm: dead neurons stay bit for bit, shrinking ones decay, the rest learn."""
    X, y = np.array([[1.0, 0.2], [0.8, -0.3], [-1.0, 0.1]]), np.array([1.0, 1.0, -1.0])
    W = np.array([[0.1, 0.0], [0.0, 0.0], [-0.1, 0.02], [0.1, 0.01], [-0.2, -0.5], [0.0, -1e-3]])
    signs = np.array([1.0, 1.0, -1.0, -1.0, 1.0, 1.0])  # neuron 3 works against its examples, 4 against the negative
    flow = gradient_flow(X, y, W, signs, target_risk=1e-3)
    assert flow.status == "reached"
    np.testing.assert_array_equal(flow.W[1], [0.0, 0.0])
    assert np.linalg.norm(flow.W[3]) < 0.2 * np.linalg.norm(W[3])
    silent = gradient_flow([[1.0, 0.0]], [1], [[-1.0, 0.3], [1.0, 0.0]], [1, 1], target_risk=0.1)
    np.testing.assert_array_equal(silent.W[0], [-1.0, 0.3])


XOR = np.array([[1.0, 1], [-1, -1], [1, -1], [-1, 1]]), np.array([1.0, 1, -1, -1])


@given(datasets(5, 3), st.integers(1, 4), alphas, st.sampled_from([0.03, 0.6]), reductions, seeds)
@settings(max_examples=15)
def test_any_small_problem_ends_with_a_status_and_a_reason(data, h, alpha, target, reduction, seed):
    """Catches hangs, warnings, NaN weights, wordless failures: one sample, neuron or class, duplicates, conflicts."""
    X, y = data
    W, signs = balanced_init(h, X.shape[1], alpha, seed)
    flow = gradient_flow(X, y, W, signs, target_risk=target, reduction=reduction)
    assert str(flow.status) in {"reached", "stalled"} and len(str(flow.reason)) > 20
    assert np.isfinite(flow.W).all() and flow.n_evaluations <= 20_000
    final = risk(X, y, flow.W, flow.v, reduction)
    assert flow.risk == pytest.approx(float(final), rel=1e-12)
    assert final <= risk(X, y, W, second_layer(W, signs), reduction) * (1 + 1e-9)
    assert np.isnan(flow.stopping_time) == (flow.status != "reached")
    if flow.status == "reached":
        assert final <= target * (1 + 1e-9)


def test_a_neuron_that_all_but_vanishes_is_silent():
    """Catches weights of 1e-159, which no function of ours takes back."""
    X, y = np.array([[0.01257302], [-0.01321049], [0.06404227]]), -np.ones(3)
    flow = gradient_flow(X, y, *balanced_init(2, 1, 1e-30, 0), target_risk=0.03)
    assert flow.W[0, 0] == flow.v[0] == 0 and flow.W[1, 0] != 0
    assert flow.risk == pytest.approx(float(risk(X, y, flow.W, flow.v)), rel=1e-12)


def test_what_can_be_reached_is_reached():
    """Catches a stall declared on a plateau: one class, one sample, one neuron, XOR and duplicates all have a fit."""
    X, y = XOR
    # One neuron a corner: every sign pattern is there, so the target is within reach from any scale.
    W = 1.1 * X + 0.01 * np.array([[0.0, 1], [1, 0], [0, -1], [-1, 0.0]])
    scales = np.array([1e-12, 1e-3, 1.0])[:, None, None]
    assert (gradient_flow(X, y, scales * W, y, target_risk=1e-2).status == "reached").all()
    assert gradient_flow([[3.0]], [1], [[1e-20]], [1.0], target_risk=1e-3).status == "reached"
    assert gradient_flow(X[:2], [1, 1], 1e-3 * X[:2], [1, 1], target_risk=1e-4).status == "reached"
    assert gradient_flow(X[:2], [-1, -1], 1e-3 * X[:2], [-1, -1], target_risk=1e-4).status == "reached"


@pytest.mark.parametrize(
    ("X", "y", "W", "signs", "least"),
    [
        ([[1.0, 0.0]], [1], [[-1.0, 0.0]], [1], np.log(2)),  # dead from the start
        ([[1.0, 0.0]], [1], [[0.0, 0.0]], [1], np.log(2)),  # zero neurons
        ([[1.0, 0.0]], [-1], [[1.0, 0.0]], [1], np.log(2)),  # the only neuron has the wrong sign: it can only shrink
        ([[1.0, 0.0], [1.0, 0.0]], [1, -1], [[1.0, 0.2], [0.9, 0.1]], [1, -1], np.log(2)),  # conflicting duplicates
        ([[0.0, 0.0]], [1], [[1.0, 0.0]], [1], np.log(2)),  # an example at the origin teaches nothing
        (*XOR, [[1.0, 0.9]], [1], np.log(2) * 3 / 4),  # XOR with one neuron fits one corner
    ],
    ids=["dead", "zero", "wrong sign", "conflicting duplicates", "origin", "xor"],
)
def test_unreachable_targets_end_by_themselves(X, y, W, signs, least):
    """Catches a run that never ends, or ends at 20,000 evaluations only, or above the risk it could have had."""
    began = time.process_time()
    flow = gradient_flow(X, y, W, signs, target_risk=1e-3)
    assert time.process_time() - began < 5  # generous for a slow machine: it takes milliseconds to half a second
    assert flow.status == "stalled" and np.isnan(flow.stopping_time)
    assert flow.risk == pytest.approx(least, rel=0.02) and "risk" in str(flow.reason)


def test_overflow_is_a_status_not_a_warning():
    """Catches a crash or a NaN passed off as a result when the data themselves leave float64."""
    flow = gradient_flow([[1e70, 0.0]], [1], [[1.0, 0.0]], [1], target_risk=0.1)
    assert flow.status in ("diverged", "reached") and len(str(flow.reason)) > 20
    assert np.isfinite(flow.W).all()


def test_a_run_that_diverges_leaves_the_others_alone():
    """Catches NaN that spreads through a batch."""
    X, y, W, signs = separable_run(0, 0.5, n_neurons=5)
    alone = gradient_flow(X, y, W, signs, target_risk=0.1)
    batch = gradient_flow(np.stack([X, 1e70 * X, X]), y, W, signs, target_risk=0.1)
    assert batch.status[0] == batch.status[2] == "reached"
    np.testing.assert_array_equal(batch.W[0], alone.W)
    np.testing.assert_array_equal(batch.W[2], alone.W)


def test_recording_changes_nothing():
    """Catches a record that cuts steps short."""
    X, y, W, signs = separable_run(0, 2.0**-8)
    plain, recorded = (gradient_flow(X, y, W, signs, target_risk=0.05, record=record) for record in (None, True))
    np.testing.assert_array_equal(plain.W, recorded.W)
    assert plain.stopping_time == recorded.stopping_time and plain.n_evaluations == recorded.n_evaluations
    assert plain.trajectory is None


def test_inputs_are_never_modified():
    """Catches weights updated in place, and results that are views of the caller's arrays."""
    parts = separable_run(0, 0.5)
    copies = [part.copy() for part in parts]
    for part in parts:
        part.flags.writeable = False
    flow = gradient_flow(*parts, target_risk=0.1, record=True)
    for part, copy in zip(parts, copies, strict=True):
        np.testing.assert_array_equal(part, copy)
    assert flow.W.flags.writeable and not np.shares_memory(flow.W, parts[2])


def test_integer_images_are_data_like_any():
    """Catches a Gram matrix in uint8: 255 * 255 = 1."""
    X = np.array([[255, 3], [1, 250]], dtype=np.uint8)
    W = np.array([[0.01, -0.01], [-0.01, 0.01]])
    small = gradient_flow(X, np.array([1, -1], dtype=np.int8), W, np.array([1, -1], dtype=np.int8), target_risk=0.1)
    plain = gradient_flow(X.astype(float), [1.0, -1.0], W, [1.0, -1.0], target_risk=0.1)
    np.testing.assert_array_equal(small.W, plain.W)


@given(datasets(), seeds)
@settings(max_examples=20)
def test_flow_starts_along_the_velocity(data, seed):
    """Catches a flow and a `velocity` that disagree anywhere: kinks, duplicates, origin, one class."""
    X, y = data
    W, signs = balanced_init(4, X.shape[1], 1.0, seed)
    v = second_layer(W, signs)
    dW, _ = velocity(X, y, W, v)
    speed = np.abs(dW).max()
    assume(speed > 1e-6)
    short = 1e-6 / speed
    away = np.abs(X @ W.T)
    assume((away[away > 0] > 1e-4).all())  # no kink within the short move
    flow = gradient_flow(X, y, W, signs, t_max=short)
    np.testing.assert_allclose((flow.W - W) / short, dW, atol=1e-3 * speed)
