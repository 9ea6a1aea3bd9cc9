"""Derived statements, [D], of science.md by numbers, where no test of a function of the package has them already."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logsumexp
from scipy.stats import multivariate_normal

from fls_teach.theory import (
    GaussianMixture,
    angle,
    balanced_init,
    class_sum,
    decompose,
    effective_predictor,
    forward,
    gradient_flow,
    linear_part,
    phase_one_exit,
    second_layer,
    silent_mass,
    velocity,
    zeta,
)

from . import strategies as some


@given(some.problems())
def test_a_network_is_its_odd_part_and_its_even_part(problem):
    """science.md#errors; catches a linear part that is not twice the odd part of f."""
    X, _, W, v = problem
    even = 0.5 * np.abs(X @ W.T) @ v
    scale = np.abs(X @ W.T) @ np.abs(v) + np.finfo(float).tiny
    assert (np.abs(forward(X, W, v) - X @ linear_part(W, v) / 2 - even) <= 1e-13 * scale).all()


@given(some.seeds, st.floats(0.5, 3))
def test_the_silent_mass_of_two_directions_is_that_of_a_wedge(seed, kappa):
    """science.md#errors; catches a wedge on the wrong side of the two directions, or with the wrong opening."""
    rng = np.random.default_rng(seed)
    W = rng.standard_normal((2, 3))
    signal = np.array([1.0, 0.0, 0.0])
    units = W / np.linalg.norm(W, axis=1, keepdims=True)
    wedge = [multivariate_normal.cdf([0, 0], y * kappa * units @ signal, units @ units.T) for y in (-1, 1)]
    mass, standard_error = silent_mass(W, [1.0, -1.0], signal, kappa, rng=rng)
    assert abs(mass - np.mean(wedge)) <= 5 * standard_error + 1e-4  # to which scipy integrates


@pytest.mark.parametrize(("both", "n_in_sum"), [(False, 5), (True, 10)])
def test_the_angle_between_a_class_sum_and_the_signal(both, n_in_sum):
    """science.md#causes; catches n for n/2 examples, and a power of the dimension that is off by one."""
    mixture, rng, found = GaussianMixture(2.5, n_features=20), np.random.default_rng(0), []
    for _ in range(1_000):
        X, y = mixture.sample(10, rng)
        found.append(np.tan(angle(class_sum(X, y) - both * class_sum(X, y, -1), mixture.signal)))
    assert np.median(found) == pytest.approx(np.sqrt(19) / (2.5 * np.sqrt(n_in_sum)), rel=0.05)


def test_the_size_of_the_initial_output():
    """science.md#causes; catches a wrong power of alpha, and the factor of a start with half of the signs positive."""
    n_features, n_neurons, alpha = 40, 50, 2.0
    x = np.random.default_rng(0).standard_normal(n_features)
    found = []
    for seed in range(4_000):
        W, signs = balanced_init(n_neurons, n_features, alpha, seed)
        found.append(forward(x[None], W, second_layer(W, signs))[0])
    expected = alpha**2 * np.linalg.norm(x) * np.sqrt((1 - 1 / np.pi) * n_neurons / (2 * n_features))
    assert np.std(found) == pytest.approx(expected, rel=0.06)  # 5 standard errors of 1.1%, and a term of order 1/d


@settings(max_examples=8)  # each follows a flow
@given(some.seeds)
def test_the_exit_comes_no_earlier_than_derived(seed):
    """science.md#phase-1; catches a lower bound on t_alpha that is none."""
    X, y, W, signs = some.separable_run(seed, alpha := 2.0**-10)
    path = gradient_flow(X, y, W, signs, reduction="sum", target_risk=0.5 * len(y), record=True).trajectory
    h, x_max, w_max = len(W), np.linalg.norm(X, axis=1).max(), path.norms[0].max() / alpha
    slack = 1 + alpha * np.sqrt(h) * x_max * w_max**2
    earliest = np.log(2 / (alpha * np.sqrt(h))) / (len(y) * x_max * slack)
    assert phase_one_exit(path.times, path.norms, alpha) >= earliest


@settings(max_examples=8)
@given(some.seeds)
def test_the_factor_4_in_zeta_is_slack(seed):
    """science.md#phase-1; catches a derivation of the bound that does not hold with 1 in place of 4."""
    X, y, W, signs = some.separable_run(seed, alpha := 2.0**-13)
    path = gradient_flow(X, y, W, signs, reduction="sum", target_risk=0.5 * len(y), record=True).trajectory
    until = path.times <= phase_one_exit(path.times, path.norms, alpha)
    delta = (1 - zeta(alpha, X, y, W)) / 4
    kind = ((path.W[:, signs > 0] @ X.T > 0) == (y > 0)).all(axis=2) & until[:, None]
    start = np.where(kind.any(axis=0), path.times[kind.argmax(axis=0)], np.inf)
    row, neuron = np.nonzero((path.times[:, None] >= start) & until[:, None])
    rate = np.sqrt(1 - delta) * np.linalg.norm(class_sum(X, y)) / 2
    psi = np.cos(angle(path.W[row, neuron], class_sum(X, y)))
    assert (psi >= np.sqrt(1 - delta) * np.tanh(rate * (path.times[row] - start[neuron])) - 1e-9).all()


@given(some.seeds)
def test_collapsed_neurons_move_their_predictor_together(seed):
    """science.md#phase-2; catches a wrong equation for w^+ where all positive neurons share one direction."""
    rng = np.random.default_rng(seed)
    X, y = GaussianMixture(2.5, n_features=20).sample(10, rng, separable=True)
    u = class_sum(X, y) / np.linalg.norm(class_sum(X, y))
    W = rng.uniform(0.1, 2, (6, 1)) * u
    v = second_layer(W, np.ones(6))
    dW, dv = velocity(X, y, W, v, reduction="sum")
    G = (expit(-forward(X, W, v)) * (y > 0)) @ X
    moved = dv @ W + v @ dW
    expected = np.linalg.norm(effective_predictor(W, v)) * (G + (u @ G) * u)
    np.testing.assert_allclose(moved, expected, rtol=1e-12, atol=1e-12 * np.abs(expected).max())


@given(some.seeds, st.floats(0, np.pi / 2), st.floats(0, np.pi / 2))
def test_over_alignment_never_falls_as_the_cone_closes(seed, first, second):
    """science.md#errors; catches an OA that is not a function of Psi alone, or the wrong way round."""
    rng = np.random.default_rng(seed)
    toward, signal, other = rng.standard_normal((3, 4))
    toward /= np.linalg.norm(toward)
    across = other - (other @ toward) * toward
    across /= np.linalg.norm(across)
    closer, wider = (np.cos(t) * toward + np.sin(t) * across for t in sorted((first, second)))
    parts = [decompose(predictor, toward, signal, kappa=2.0).over_alignment for predictor in (closer, wider)]
    assert parts[0] >= parts[1] - 1e-12


@given(some.seeds)
def test_cross_entropy_of_two_outputs_is_the_logistic_loss_of_their_difference(seed):
    """science.md#discrete-training."""
    f, y = np.random.default_rng(seed).standard_normal((2, 8)) * 5, np.array([1, -1] * 4)
    cross_entropy = logsumexp(f, axis=0) - np.where(y > 0, f[0], f[1])
    np.testing.assert_allclose(cross_entropy, np.logaddexp(0, -y * (f[0] - f[1])), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("c", [0.25, 3.0])
def test_a_network_with_biases_needs_a_rate_of_its_own_for_each_layer(c):
    """science.md#equivalence; catches a wrong power for biases: f = Σ a_j relu(w_j x + b_j) + e, so L = 2."""
    rng = np.random.default_rng(0)
    X, y, lr = rng.standard_normal((12, 3)), rng.choice([-1.0, 1.0], 12), 0.05

    def train(W, b, a, e, c, rate, bias_rates):
        for _ in range(200):
            Z = X @ W.T + b
            pull = c * y * expit(-y * c * (np.maximum(Z, 0) @ a + e)) / len(y)
            back = pull[:, None] * a * (Z > 0)
            steps = back.T @ X, back.sum(axis=0), pull @ np.maximum(Z, 0), pull.sum()
            W, b, a, e = (
                W + rate * steps[0],
                b + bias_rates[0] * steps[1],
                a + rate * steps[2],
                e + bias_rates[1] * steps[3],
            )
        return c * (np.maximum(X @ W.T + b, 0) @ a + e)

    W, b, a, e = rng.standard_normal((4, 3)), rng.standard_normal(4), rng.standard_normal(4), 0.3
    scaled = train(W, b, a, e, 1.0, lr, (lr, lr))
    root = c**0.5
    multiplied = train(W / root, b / root, a / root, e / c, c, lr / c, (lr / c, lr / c**2))
    np.testing.assert_allclose(multiplied, scaled, rtol=1e-9)
    common = train(W / root, b / root, a / root, e / c, c, lr / c, (lr / c, lr / c))
    assert np.abs(common - scaled).max() > 1e-3
