"""Discrete training, against one hand-made step, torch's optimisers, and the flow it tends to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fls_teach.theory import descend, gradient_descent, gradient_flow, risk, velocity

from .strategies import problems, reductions, separable_run


@given(problems(), reductions, st.sampled_from([1.0, 0.3]))
def test_a_step_follows_the_velocity(problem, reduction, c):
    """Catches a sign, a v updated from the already moved W, a reduction or multiplier that is dropped."""
    X, y, W, v = problem
    dW, dv = velocity(X, y, W, v, reduction, c)
    run = gradient_descent(X, y, W, v, 0.1, 1, output_multiplier=c, reduction=reduction)
    np.testing.assert_array_equal(run.W, W + 0.1 * dW)
    np.testing.assert_array_equal(run.v, v + 0.1 * dv)
    expected = [risk(X, y, W, v, reduction, c), risk(X, y, run.W, run.v, reduction, c)]
    np.testing.assert_array_equal(run.risks, expected)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize("decay", [0.0, 0.05])
def test_optimisers_are_those_of_torch(optimizer, decay):
    """Catches a wrong bias correction, a damped momentum, a decay that bypasses the buffers or the adaptive scale."""
    torch = pytest.importorskip("torch", reason="the oracle is torch.optim, and torch is not installed")
    X, y, W, signs = separable_run(2, 0.5, n_neurons=6)
    v = signs * np.linalg.norm(W, axis=1)
    run = gradient_descent(X, y, W, v, 0.05, 60, optimizer=optimizer, momentum=0.8, weight_decay=decay)
    tensors = [torch.tensor(part, requires_grad=True) for part in (W, v)]
    oracle = {
        "sgd": lambda: torch.optim.SGD(tensors, 0.05, weight_decay=decay),
        "momentum": lambda: torch.optim.SGD(tensors, 0.05, momentum=0.8, weight_decay=decay),
        "adam": lambda: torch.optim.Adam(tensors, 0.05, eps=0.0, weight_decay=decay),
    }[optimizer]()
    losses = []
    for _ in range(60):
        oracle.zero_grad()
        output = torch.relu(torch.tensor(X) @ tensors[0].T) @ tensors[1]
        loss = -torch.nn.functional.logsigmoid(torch.tensor(y) * output).mean()
        loss.backward()
        losses.append(loss.item())
        oracle.step()
    np.testing.assert_allclose(run.risks[:-1], losses, rtol=1e-9)
    np.testing.assert_allclose(run.W, tensors[0].detach().numpy(), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(run.v, tensors[1].detach().numpy(), rtol=1e-8, atol=1e-10)


def test_small_steps_tend_to_the_flow():
    """Catches a flow or a descent that runs at another speed: the gap must halve with the step (first order)."""
    X, y, W, signs = separable_run(3, 0.5)
    v = signs * np.linalg.norm(W, axis=1)
    flow = gradient_flow(X, y, W, signs, t_max=1.0, rtol=1e-7)
    gaps = [np.abs(gradient_descent(X, y, W, v, 1.0 / n, n).W - flow.W).max() for n in (1_600, 3_200)]
    assert gaps[0] < 1e-4 and 1.7 < gaps[0] / gaps[1] < 2.4  # kinks add a little noise to the factor 2


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_a_dead_neuron_stays_where_it_is(optimizer):
    """Catches Adam's 0/0 on a gradient that is always zero, and epsilons that move the dead."""
    X, y = np.array([[1.0, 0.2], [0.5, 1.0]]), [1, -1]
    W, v = np.array([[1.0, 1.0], [-1.0, -2.0], [0.0, 0.0]]), np.array([1.0, 2.0, 0.0])
    run = gradient_descent(X, y, W, v, 0.1, 50, optimizer=optimizer)
    np.testing.assert_array_equal(run.W[1:], W[1:])
    np.testing.assert_array_equal(run.v[1:], v[1:])
    assert np.isfinite(run.risks).all() and run.risks[-1] != run.risks[0]


def test_batch_of_networks_is_each_network_alone():
    """Catches optimiser buffers or losses shared between the networks of a batch."""
    X, y, W, signs = separable_run(2, 0.5, n_neurons=6)
    W, v = np.stack([W, 2 * W, -W]), np.stack([signs, signs, -signs])
    for optimizer in ("momentum", "adam"):
        batch = gradient_descent(X, y, W, v, 0.05, 20, optimizer=optimizer)
        assert batch.risks.shape == (21, 3)
        for k in range(3):
            alone = gradient_descent(X, y, W[k], v[k], 0.05, 20, optimizer=optimizer)
            np.testing.assert_array_equal(batch.W[k], alone.W)
            np.testing.assert_array_equal(batch.risks[:, k], alone.risks)
    shared = gradient_descent(np.stack([X, X]), y, W[0], v[0], 0.05, 3)
    assert shared.W.shape == (2, *W[0].shape)


def test_risk_falls_at_a_small_rate_and_inputs_stay():
    """Catches ascent, and in-place updates of the caller's arrays."""
    X, y, W, signs = separable_run(2, 0.5)
    v = signs * np.linalg.norm(W, axis=1)
    copies = [part.copy() for part in (X, y, W, v)]
    run = gradient_descent(X, y, W, v, 0.01, 200)
    assert (np.diff(run.risks) < 0).all() and len(run.risks) == 201
    for part, copy in zip((X, y, W, v), copies, strict=True):
        np.testing.assert_array_equal(part, copy)


def test_descend_minimises_any_loss():
    """Catches a descent tied to the network: a quadratic shrinks by the exact factor each step; the start stays."""
    start = [np.array([1.0, -2.0]), np.array(3.0)]
    parameters, losses = descend(lambda p: ((p[0] ** 2).sum() / 2 + p[1] ** 2 / 2, [p[0], p[1]]), start, 0.5, 4)
    np.testing.assert_array_equal(parameters[0], np.array([1.0, -2.0]) / 16)
    assert parameters[1] == 3 / 16 and start[1] == 3.0
    np.testing.assert_array_equal(losses, [7.0 / 4**k for k in range(5)])


def test_a_rate_that_explodes_says_so():
    """Catches an overflow that surfaces as a bare numpy warning, or as NaN weights without a word."""
    X, y, W, signs = separable_run(2, 0.5)
    try:
        run = gradient_descent(X, -y, W, np.abs(signs), 1e200, 10)
    except ValueError as error:
        assert "lr" in str(error)
    else:
        assert np.isfinite(run.W).all()
