"""One step of the flow: its order, its kinks, its stop inside a step; all seen through the public function."""

import numpy as np
import pytest

from fls_teach.theory import gradient_flow, reference_flow

from ..strategies import hard_run, separable_run


def integrate(X, y, W, signs, t_max):
    """The reference at its finest, up to a time."""
    return reference_flow(X, y, W, signs, target_risk=1e-12, t_max=t_max, rtol=1e-9)[0]


def test_error_is_controlled_and_costs_what_its_order_says():
    """Catches an error estimate of the wrong order: without kinks a third-order rule needs 10x the steps for 1000x."""
    # All examples active for every neuron, all the time: inputs and neurons in one orthant, growing neurons only.
    X, W = np.array([[1.0, 0.2], [0.3, 1.0]]), np.array([[0.5, 0.4], [0.2, 0.6], [0.3, 0.3]])
    y, signs = np.ones(2), np.ones(3)
    exact = integrate(X, y, W, signs, 4.0)
    errors, costs = [], []
    for rtol in (1e-3, 1e-6, 1e-9):
        flow = gradient_flow(X, y, W, signs, t_max=4.0, rtol=rtol)
        errors.append(np.linalg.norm(flow.W - exact) / np.linalg.norm(exact))
        costs.append(int(flow.n_evaluations))
    assert errors[0] < 2e-3 and errors[1] < 5e-6 and errors[2] < 2e-8, errors
    assert costs[2] < 25 * costs[1] < 25 * 25 * costs[0], costs


@pytest.mark.parametrize("seed", range(3))
def test_kinks_are_crossed_at_any_tolerance(seed):
    """Catches a missing repair of a kink, or one of wrong sign or moment: errors must fall all the way with rtol."""
    X, y, W, signs = separable_run(seed, 0.5)
    exact = integrate(X, y, W, signs, 1.0)
    crossed = ((X @ W.T > 0) != (X @ exact.T > 0)).sum()
    assert crossed >= 5, "no kink was crossed, so nothing was tested"
    for rtol, allowed in ((1e-3, 2e-3), (5e-5, 3e-4), (1e-7, 5e-6)):
        flow = gradient_flow(X, y, W, signs, t_max=1.0, rtol=rtol)
        assert np.linalg.norm(flow.W - exact) < allowed * np.linalg.norm(exact), rtol


def test_a_single_crossing_happens_at_its_moment():
    """Catches a repair of the wrong size or moment: one neuron leaves one example; outputs are too small to matter.

    With |f| ~ 1e-12 every pull is 1/2: du/dt = |u| (x_1 - 1[<u, x_2> > 0] x_2) / 2, integrated finely by hand. Both
    sides of the kink push the same way, as <x_1, x_2> < 0, so it is crossed and not slid along.
    """
    X, y, signs = np.array([[1.0, 0.0], [-0.6, 0.8]]), np.array([1.0, -1.0]), np.array([1.0])
    u, steps = np.array([0.3, 0.4]), 40_000
    length = 1.0 / steps
    force = lambda u: np.linalg.norm(u) * (X[0] - (u @ X[1] > 0) * X[1]) / 2  # noqa: E731
    assert u @ X[1] > 0
    for _ in range(steps):
        u = u + length * force(u + length / 2 * force(u))
    assert u @ X[1] < -0.1
    for rtol, allowed in ((1e-3, 5e-4), (5e-5, 3e-5), (1e-7, 1e-5)):
        flow = gradient_flow(X, y, 1e-6 * np.array([[0.3, 0.4]]), signs, t_max=1.0, reduction="sum", rtol=rtol)
        np.testing.assert_allclose(flow.W[0], 1e-6 * u, rtol=0, atol=1e-6 * allowed)


def test_sliding_along_a_kink():
    """Catches chattering and a neuron that tunnels through: two conflicting pulls hold a neuron on <w, x_2> = 0.

    On the kink the neuron feels x_1 and as much of -x_2 as keeps it there (Filippov), so it grows along the kink.
    """
    X, y, signs = np.array([[1.0, 0.0], [0.8, 0.6]]), np.array([1.0, -1.0]), np.array([1.0])
    W = 1e-8 * np.array([[0.2, 0.1]])
    flow = gradient_flow(X, y, W, signs, t_max=12.0, reduction="sum", record=True)
    run = flow.trajectory
    along = np.array([0.6, -0.8])  # the direction with <along, x_2> = 0 and <along, x_1> > 0
    final = run.W[-1, 0] / run.norms[-1, 0]
    # Pulls are 1/2 each. Off the kink x_1 draws it back, on the active side x_1 - x_2 pushes it out: it stays.
    np.testing.assert_allclose(final, along, atol=0.01)
    late = run.times > 6
    rate = np.polyfit(run.times[late], np.log(run.norms[late, 0]), 1)[0]
    assert rate == pytest.approx(0.5 * 0.6, rel=0.01)  # d log|w| / dt = <x_1, along> / 2
    assert flow.n_evaluations < 2_000


def test_evaluations_grow_slowly_with_precision_on_sliding_data():
    """Catches steps cut to nothing at kinks: ten times the precision may not cost more than ten times the work."""
    X, y, W, signs = hard_run(1, 2.0**-6)
    costs = [
        int(gradient_flow(X, y, W, signs, target_risk=0.1, rtol=rtol).n_evaluations) for rtol in (1e-3, 1e-4, 1e-5)
    ]
    assert costs[2] < 10 * costs[1] < 100 * costs[0], costs


def test_the_stop_inside_a_step_is_smooth_in_the_target():
    """Catches a root that sticks to the ends of steps: the stopping time must fall strictly and evenly with eta."""
    X, y, W, signs = separable_run(0, 4.0)  # one step crosses most of the risk here
    targets = np.geomspace(0.02, 0.6, 31)
    times = np.array([float(gradient_flow(X, y, W, signs, target_risk=eta).stopping_time) for eta in targets])
    assert (np.diff(times) < 0).all()
    fine = np.array(
        [float(gradient_flow(X, y, W, signs, target_risk=eta, rtol=1e-7).stopping_time) for eta in targets[::10]]
    )
    np.testing.assert_allclose(times[::10], fine, rtol=1e-3)
