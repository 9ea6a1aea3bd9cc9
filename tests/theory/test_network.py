"""The network, its risk and its velocity, against plain loops and torch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fls_teach.theory import balanced_init, difference_network, forward, risk, second_layer, twins, velocity

from .strategies import datasets, powers_of_two, problems, reductions, rotation, seeds

multipliers = st.sampled_from([1.0, 0.3, 7.0])


def torch_or_skip():
    return pytest.importorskip("torch", reason="the oracle is torch autograd, and torch is not installed")


@given(st.integers(1, 9), st.integers(1, 6), st.sampled_from([1e-30, 0.5, 1024.0]), seeds)
def test_balanced_start(n_neurons, n_features, alpha, seed):
    """Catches unbalanced layers, more negative than positive neurons, and a W0 that depends on alpha."""
    W, signs = balanced_init(n_neurons, n_features, alpha, seed)
    W0, same_signs = balanced_init(n_neurons, n_features, 1.0, np.random.default_rng(seed))
    np.testing.assert_allclose(W, alpha * W0, rtol=1e-15)
    np.testing.assert_array_equal(signs, [1.0] * ((n_neurons + 1) // 2) + [-1.0] * (n_neurons // 2))
    np.testing.assert_array_equal(signs, same_signs)
    np.testing.assert_allclose(np.abs(second_layer(W, signs)), np.linalg.norm(W, axis=1), rtol=1e-15)
    np.testing.assert_array_equal(np.sign(second_layer(W, signs)), signs)
    batch, _ = balanced_init(n_neurons, n_features, [alpha, 3.0], seed)
    np.testing.assert_array_equal(batch[0], W)


def test_balanced_start_has_variance_one_over_d():
    """Catches N(0, 1) and N(0, 1/d^2): neurons of science.md#u-curve have norm about alpha."""
    W, _ = balanced_init(2_000, 50, 0.5, 0)
    assert np.mean(W**2) * 50 == pytest.approx(0.25, rel=0.025)  # 5 standard errors of sqrt(2/100000)
    assert abs(W.mean()) < 5 * 0.5 / np.sqrt(50 * 100_000)


@given(problems())
def test_twins_start_at_zero(problem):
    """Catches copies with the same sign, copies that are not neighbours of their sign, a bound that rounding breaks."""
    X, _, W, _ = problem
    signs = np.where(np.arange(len(W)) % 3, 1.0, -1.0)
    W2, signs2 = twins(W, signs)
    h, d = W.shape
    np.testing.assert_array_equal(W2, np.concatenate([W, W]))
    np.testing.assert_array_equal(signs2, np.concatenate([signs, -signs]))
    v = second_layer(W2, signs2)
    np.testing.assert_array_equal(v[:h], -v[h:])
    terms = (2 * h + d) * 2.0**-53
    bound = 2 * terms / (1 - terms) * (np.abs(X) @ np.abs(W).T) @ np.abs(v[:h])
    assert (np.abs(forward(X, W2, v)) <= bound).all()


def test_twins_of_a_batch():
    """Catches an axis counted from the front, and signs that are not shared by a batch of first layers."""
    W, signs = balanced_init(3, 2, [0.5, 1.0, 2.0, 4.0], 0)
    batch, shared = twins(W, signs)
    assert batch.shape == (4, 6, 2) and shared.shape == (6,)
    each = np.tile(signs, (4, 1))
    for k in range(4):
        np.testing.assert_array_equal(batch[k], twins(W[k], signs)[0])
        np.testing.assert_array_equal(twins(W, each)[1][k], shared)


@given(problems(), seeds)
def test_difference_network_is_the_difference(problem, seed):
    """Catches f + f0, f0 - f, and a first layer whose sign is flipped in place of the second's."""
    X, _, W, v = problem
    rng = np.random.default_rng(seed)
    W0, v0 = rng.standard_normal((2, X.shape[1])), rng.standard_normal(2)
    both = forward(X, *difference_network(W, v, W0, v0))
    size = (np.abs(X) @ np.abs(W).T) @ np.abs(v) + (np.abs(X) @ np.abs(W0).T) @ np.abs(v0)
    assert (np.abs(both - (forward(X, W, v) - forward(X, W0, v0))) <= 1e-14 * size).all()


def test_difference_network_of_a_batch():
    """Catches one start for many networks that is not repeated, and a start for each that is mixed up."""
    rng = np.random.default_rng(0)
    W, v, W0, v0 = (rng.standard_normal(shape) for shape in ((4, 3, 2), (4, 3), (5, 2), (5,)))
    W1, v1 = difference_network(W, v, W0, v0)
    assert W1.shape == (4, 8, 2) and v1.shape == (4, 8)
    for k in range(4):
        one = difference_network(W[k], v[k], W0, v0)
        np.testing.assert_array_equal(W1[k], one[0])
        np.testing.assert_array_equal(v1[k], one[1])


@given(problems())
def test_forward_is_a_plain_loop(problem):
    """Catches relu on the wrong side, a lost second layer, absolute values, a transposed product."""
    X, _, W, v = problem
    looped = [
        sum(v_j * max(sum(a * b for a, b in zip(w, x, strict=True)), 0.0) for w, v_j in zip(W, v, strict=True))
        for x in X
    ]
    np.testing.assert_allclose(
        forward(X, W, v), looped, rtol=1e-12, atol=1e-12 * max(1.0, np.abs(X).max() * np.abs(W).max())
    )


@given(problems(), powers_of_two)
def test_forward_is_2_homogeneous(problem, scale):
    """Catches a bias or a nonlinearity in v; powers of two make the identity exact."""
    X, _, W, v = problem
    np.testing.assert_array_equal(forward(X, scale * W, scale * v), scale**2 * forward(X, W, v))


@given(datasets(), st.sampled_from([-1e3, -30.0, 0.0, 30.0, 1e3]), reductions)
def test_risk_is_minus_log_sigmoid_at_any_margin(data, size, reduction):
    """Catches log(1 + exp(.)) that overflows at margin -1000 or rounds to 0 at +30, and a wrong reduction."""
    torch = torch_or_skip()
    _, y = data
    # One neuron that copies its input: the margins are y * x, here +size or -size but for the first.
    X = np.maximum(size * y, 0.0)[:, None]
    X[0] = 0.7
    margins = torch.tensor(y * X[:, 0])
    expected = float(getattr(-torch.nn.functional.logsigmoid(margins), reduction)())
    assert risk(X, y, [[1.0]], [1.0], reduction) == pytest.approx(expected, rel=1e-14, abs=0)


def test_risk_at_extreme_margins():
    """Catches a softplus that overflows or loses the tail: -log sigmoid(-1000) = 1000, -log sigmoid(40) = e^-40."""
    assert risk([[1e3]], [-1], [[1.0]], [1.0]) == 1e3
    assert risk([[40.0]], [1], [[1.0]], [1.0]) == pytest.approx(np.exp(-40), rel=1e-14)
    assert risk([[1e3]], [1], [[1.0]], [1.0]) == 0.0
    assert risk([[1.0]], [-1], [[1.0]], [1.0], output_multiplier=1e3) == 1e3
    X, y, W, v = [[1.0], [2.0]], [1, 1], [[1.0]], [1.0]
    np.testing.assert_allclose(risk(X, y, W, v, "sum"), 2 * risk(X, y, W, v, "mean"), rtol=1e-15)


@given(problems(), reductions, multipliers)
def test_velocity_is_minus_the_autograd_gradient(problem, reduction, c):
    """Catches a wrong factor (1/2, n, c), a wrong sign, an active set with >= for >, and gradients swapped in v."""
    torch = torch_or_skip()
    X, y, W, v = problem
    tensors = [torch.tensor(part, requires_grad=True) for part in (W, v)]
    output = torch.relu(torch.tensor(X) @ tensors[0].T) @ tensors[1]
    loss = getattr(-torch.nn.functional.logsigmoid(c * torch.tensor(y) * output), reduction)()
    loss.backward()
    for ours, tensor in zip(velocity(X, y, W, v, reduction, c), tensors, strict=True):
        scale = max(1.0, float(tensor.grad.abs().max()))
        np.testing.assert_allclose(ours, -tensor.grad.numpy(), rtol=0, atol=1e-10 * scale)
    assert risk(X, y, W, v, reduction, c) == pytest.approx(loss.item(), rel=1e-12)


def test_a_neuron_on_a_kink_is_silent():
    """Catches >= 0 for > 0: torch and science.md#dynamics give a neuron on its kink no gradient."""
    dW, dv = velocity([[0.0, 1.0]], [1], [[1.0, 0.0]], [1.0])
    np.testing.assert_array_equal(dW, [[0.0, 0.0]])
    np.testing.assert_array_equal(dv, [0.0])


@given(problems())
def test_velocity_keeps_the_balance(problem):
    """Catches layers that do not share one gradient: d(v^2 - |w|^2)/dt = 0 for every neuron."""
    X, y, W, v = problem
    dW, dv = velocity(X, y, W, v)
    np.testing.assert_allclose(v * dv, (W * dW).sum(axis=1), rtol=1e-11, atol=1e-13 * (1 + np.abs(W).max() ** 2))


@given(problems(), seeds)
def test_velocity_follows_rotations_and_permutations(problem, seed):
    """Catches mixed up axes: rotating space, permuting neurons or permuting examples must do just that."""
    X, y, W, v = problem
    dW, dv = velocity(X, y, W, v)
    tolerance = {"rtol": 1e-10, "atol": 1e-12 * (1 + np.abs(dW).max() + np.abs(dv).max())}
    Q, rng = rotation(X.shape[1], seed), np.random.default_rng(seed)
    if (np.abs(X @ W.T) > 1e-12).all() or not (X @ W.T).any():  # a kink may flip under rounding
        turned = velocity(X @ Q, y, W @ Q, v)
        np.testing.assert_allclose(turned[0], dW @ Q, **tolerance)
        np.testing.assert_allclose(turned[1], dv, **tolerance)
    examples, neurons = rng.permutation(len(X)), rng.permutation(len(W))
    shuffled = velocity(X[examples], y[examples], W[neurons], v[neurons])
    np.testing.assert_allclose(shuffled[0], dW[neurons], **tolerance)
    np.testing.assert_allclose(shuffled[1], dv[neurons], **tolerance)


@given(problems())
def test_mean_is_sum_over_n_and_duplicates_count(problem):
    """Catches a reduction applied to the risk and not to the velocity."""
    X, y, W, v = problem
    mean, total, doubled = (
        velocity(*args)
        for args in ((X, y, W, v), (X, y, W, v, "sum"), (np.tile(X, (2, 1)), np.tile(y, 2), W, v, "sum"))
    )
    for of_mean, of_sum, of_doubled in zip(mean, total, doubled, strict=True):
        scale = 1e-13 * (1 + np.abs(of_doubled).max())
        np.testing.assert_allclose(of_mean * len(y), of_sum, rtol=1e-12, atol=scale)
        np.testing.assert_allclose(2 * of_sum, of_doubled, rtol=1e-12, atol=scale)


def test_a_leading_batch_axis_changes_nothing():
    """Catches a reduction over the batch, and shared data that is not broadcast."""
    rng = np.random.default_rng(0)
    X, W, v = rng.standard_normal((6, 3)), rng.standard_normal((4, 5, 3)), rng.standard_normal((4, 5))
    y = rng.choice([-1.0, 1.0], 6)
    for f in (lambda W, v: forward(X, W, v), lambda W, v: risk(X, y, W, v), lambda W, v: velocity(X, y, W, v)[0],
              lambda W, v: velocity(X, y, W, v)[1]):  # fmt: skip
        np.testing.assert_array_equal(f(W, v), [f(a, b) for a, b in zip(W, v, strict=True)])
    assert forward(np.stack([X, X]), W[0], v[0]).shape == (2, 6)


def test_images_in_uint8_do_not_wrap_around():
    """Catches arithmetic in the dtype of the input: 200 * 2 = 144 in uint8."""
    X = np.array([[200, 100]], dtype=np.uint8)
    np.testing.assert_array_equal(
        forward(X, np.array([[2, 1]], dtype=np.int8), np.array([3], dtype=np.uint8)), [1500.0]
    )


@given(problems())
def test_inputs_are_never_modified(problem):
    """Catches in-place arithmetic on the caller's arrays."""
    copies = [part.copy() for part in problem]
    for part in problem:
        part.flags.writeable = False
    X, y, W, v = problem
    forward(X, W, v), risk(X, y, W, v), velocity(X, y, W, v), second_layer(W, np.ones(len(W)))
    for part, copy in zip(problem, copies, strict=True):
        np.testing.assert_array_equal(part, copy)
