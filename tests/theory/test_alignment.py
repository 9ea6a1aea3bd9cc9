"""Phase 1: angles, alignments, and the theorem about them."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from fls_teach.theory import (
    GaussianMixture,
    angle,
    balanced_init,
    class_sum,
    effective_predictor,
    forward,
    gradient_flow,
    neuron_alignment,
    phase_one_bound,
    phase_one_exit,
    predictor_alignment,
    zeta,
)

from .strategies import datasets, powers_of_two, problems, rotation, seeds, separable_run


@given(
    st.floats(0, 2 * np.pi),
    st.sampled_from([0.0, 1e-300, 1e-16, 1e-12, 1e-8, 1e-4, 0.3, np.pi / 2, 3.0, np.pi]),
    st.sampled_from([1e-290, 1e-3, 1.0, 1e70]),
)
def test_angle_is_exact_at_every_size(start, size, length):
    """Catches arccos of a cosine, which turns every angle below 1e-8 into 0, and squares that leave float64."""
    u = np.array([np.cos(start), np.sin(start)])
    v = length * np.array([np.cos(start + size), np.sin(start + size)])
    (a, b), (c, d) = (map(Fraction, vector.tolist()) for vector in (u, v))
    cross, dot = a * d - b * c, a * c + b * d  # exact; scaled to size 1 before they become floats
    unit = max(abs(cross), abs(dot))
    exact = math.atan2(abs(float(cross / unit)), float(dot / unit))
    # Normalising rounds each coordinate by about 1e-16, so the angle is known to a few 1e-16 absolutely.
    assert angle(u, v) == pytest.approx(exact, rel=1e-13, abs=5e-16)


def test_angle_resolves_what_arccos_cannot():
    """Catches a resolution worse than 1e-15: the sqrt(alpha) law is measured down to angles of 1e-4 and less."""
    for tiny in (1e-15, 1e-12, 1e-9, 1e-5):
        assert angle([1.0, 0.0, 0.0], [1.0, 0.0, tiny]) == pytest.approx(tiny, rel=1e-9)
        assert np.pi - angle([1.0, 0.0, 0.0], [-1.0, 0.0, tiny]) == pytest.approx(tiny, rel=1e-9, abs=5e-16)
    assert angle([1.0, 2.0], [2.0, 4.0]) == 0.0
    assert angle([1.0, 2.0], [-2.0, -4.0]) == np.pi
    assert np.isnan(angle([0.0, 0.0], [1.0, 0.0]))


@given(problems(), seeds, powers_of_two)
def test_neuron_alignment_is_a_cosine(problem, seed, scale):
    """Catches an unnormalised product and dependence on length or rotation."""
    X, _, W, _ = problem
    direction = X[0] + 1.0
    got = neuron_alignment(W, direction)
    for w, psi in zip(W, got, strict=True):
        if w.any():
            assert psi == pytest.approx((w @ direction) / (np.linalg.norm(w) * np.linalg.norm(direction)), abs=1e-14)
            assert -1 <= psi <= 1
        else:
            assert np.isnan(psi)
    np.testing.assert_array_equal(neuron_alignment(scale * W, direction / scale), got)
    Q = rotation(X.shape[1], seed)
    np.testing.assert_allclose(neuron_alignment(W @ Q, direction @ Q), got, atol=1e-13)


@given(problems())
def test_effective_predictor_is_a_plain_loop(problem):
    """Catches neurons of the other sign, a missing v_j, and neurons with v = 0 that still count."""
    _, _, W, v = problem
    total = np.zeros(W.shape[1])
    for w, v_j in zip(W, v, strict=True):
        if v_j > 0:
            total += v_j * w
    np.testing.assert_allclose(effective_predictor(W, v), total, rtol=1e-12, atol=1e-13 * (1 + np.abs(W).max()))


@given(problems())
def test_predictor_alignment_is_that_of_the_effective_predictor(problem):
    """Catches Psi computed from one neuron, from both classes, or from unweighted neurons."""
    X, _, W, v = problem
    direction, predictor = X[0] + 1.0, effective_predictor(W, v)
    got = predictor_alignment(W, v, direction)
    if predictor.any():
        cosine = (predictor @ direction) / (np.linalg.norm(predictor) * np.linalg.norm(direction))
        assert got == pytest.approx(cosine, abs=1e-13) and -1 <= got <= 1
    else:
        assert np.isnan(got)


def test_where_every_active_example_is_positive_the_output_is_linear():
    """Catches an effective predictor that predicts nothing: f(x) = <w^+, x> where only positive neurons are active."""
    W, v = np.array([[1.0, 0.2], [0.7, 0.1], [-1.0, 0.0]]), np.array([2.0, 0.5, -1.0])
    X = np.array([[1.0, 0.3], [2.0, 1.0]])
    np.testing.assert_allclose(forward(X, W, v), X @ effective_predictor(W, v), rtol=1e-15)


@given(datasets(), seeds, st.sampled_from([1e-30, 1e-4, 0.5]))
def test_zeta_is_its_formula(data, seed, alpha):
    """Catches a mean for the sum, W_max without its 1/alpha, a missing square, n confused with the positives."""
    X, y = data
    if not class_sum(X, y).any():
        return
    W, _ = balanced_init(5, X.shape[1], alpha, seed)
    x_max = max(math.sqrt(sum(a * a for a in x)) for x in X)
    w_max = max(math.sqrt(sum((a / alpha) ** 2 for a in w)) for w in W)
    toward = math.sqrt(sum(a * a for a in sum(x for x, label in zip(X, y, strict=True) if label == 1)))
    loss = 4 * alpha * len(y) * math.sqrt(5) * x_max**2 * w_max**2 / toward
    assert 1 - zeta(alpha, X, y, W) == pytest.approx(loss, rel=1e-9, abs=1e-15)


@given(datasets(), st.floats(0.01, 1.0), st.floats(0.0, 2.0), st.sampled_from(["sum", "mean"]))
def test_bound_solves_its_riccati_equation(data, constant, start, reduction):
    """Catches a lost 1/2, a lost root of zeta inside or outside tanh, and a time that runs at the wrong speed."""
    X, y = data
    X = X / max(1.0, np.abs(X).max())
    toward = np.linalg.norm(class_sum(X, y))
    if toward < 1e-3:
        return
    rate = toward / 2 / (len(y) if reduction == "mean" else 1)
    times = start + np.linspace(0, 3 / rate, 7)
    solution = solve_ivp(
        lambda t, psi: rate * (constant - psi**2), (times[0], times[-1]), [0.0], t_eval=times, rtol=1e-10, atol=1e-12
    )
    bound = phase_one_bound(times, constant, X, y, start, reduction)
    np.testing.assert_allclose(bound, solution.y[0][: len(bound)], atol=1e-8)
    assert phase_one_bound(start - 0.1, constant, X, y, start, reduction) == -1.0


@pytest.mark.parametrize(("rate", "alpha"), [(0.7, 2.0**-8), (2.0, 1e-30), (5.0, 2.0**-24)])
def test_exit_of_exponential_growth(rate, alpha):
    """Catches norms for squared norms, a missing 2 or sqrt(h), a linear interpolation, and W_max without 1/alpha."""
    w_max, h = 1.7, 4
    expected = np.log(2 / (alpha * np.sqrt(h))) / (2 * rate)  # alpha^2 e^(2rt) w_max^2 = 2 alpha w_max^2 / sqrt(h)
    times = np.linspace(0, 1.5 * expected, 12)
    norms = alpha * w_max * np.exp(rate * times)[:, None] * np.array([1.0, 0.5, 0.3, 0.0])
    assert phase_one_exit(times, norms, alpha) == pytest.approx(expected, rel=1e-9)


def test_exit_before_the_start_and_after_the_end():
    """Catches an index that wraps around, and a record that ends in Phase 1 passing for one that left it."""
    assert phase_one_exit([0.0, 1.0], [[3.0], [4.0]], alpha=3.0) == 0.0  # 9 > 2 * 3 * 1
    assert np.isnan(phase_one_exit([0.0, 1.0], [[0.1], [0.11]], alpha=0.1))
    assert phase_one_exit([0.0], [[3.0]], alpha=3.0) == 0.0


def aligned_runs(exponents, seed=3):
    """Phase 1 of the mixture of science.md#phase-1, from W0 at alpha = 2^-k: data, alphas, start, flow."""
    rng = np.random.default_rng(seed)
    X, y = GaussianMixture(4.0, n_features=20).sample(20, rng, separable=True)
    alphas = 2.0 ** -np.array(exponents)
    W, signs = balanced_init(40, 20, alphas, rng)
    flow = gradient_flow(X, y, W, signs, reduction="sum", target_risk=0.3 * 20, record=True)
    return X, y, alphas, W, signs, flow


def test_phase_one_theorem_holds_on_real_runs():
    """Catches a flow or a bound at the wrong speed: psi_j >= bound and |f| small, until the exit."""
    X, y, alphas, W, signs, flow = aligned_runs([20, 24])
    checked = 0
    for k, alpha in enumerate(alphas):
        run, constant = flow.trajectory[k], zeta(alpha, X, y, W[k])
        assert constant > 0
        end = phase_one_exit(run.times, run.norms, alpha)
        inside = run.times <= end
        x_max, w_max = np.linalg.norm(X, axis=1).max(), np.linalg.norm(W[k], axis=1).max() / alpha
        outputs = np.abs(forward(X, run.W, signs * run.norms)).max(axis=1)
        assert (outputs[inside] <= 2 * alpha * np.sqrt(40) * x_max * w_max**2).all()
        active = run.W @ X.T > 0  # (T, h, n)
        qualified = (active[..., y > 0].all(-1) & ~active[..., y < 0].any(-1)) & (signs > 0)
        for j in np.flatnonzero(qualified[inside].any(axis=0)):
            first = np.argmax(qualified[:, j])
            times, psi = run.times[first:][inside[first:]], run.alignments[first:, j][inside[first:]]
            bound = phase_one_bound(times, constant, X, y, run.times[first], "sum")
            assert (psi >= bound - 1e-4).all()  # the flow's own error
            checked += 1
    assert checked >= 10


def test_angle_at_the_exit_falls_like_the_root_of_alpha():
    """Catches an exit or an alignment of the wrong power: Corollary 5.3 and science.md#phase-1."""
    X, y, alphas, _, signs, flow = aligned_runs([8, 12, 16, 20, 24])
    toward, angles = class_sum(X, y), []
    for alpha, run in zip(alphas, flow.trajectory, strict=True):
        k = np.searchsorted(run.times, phase_one_exit(run.times, run.norms, alpha))
        angles.append(angle(run.W[k, signs > 0], toward).min())
    slope = np.polyfit(np.log(alphas), np.log(angles), 1)[0]
    assert 0.42 < slope < 0.55


def test_a_leading_batch_axis_changes_nothing():
    """Catches axes that are summed by position from the front."""
    rng = np.random.default_rng(0)
    W, v, direction = rng.standard_normal((4, 5, 3)), rng.standard_normal((4, 5)), rng.standard_normal((4, 3))
    X, y = rng.standard_normal((4, 6, 3)), np.tile([1.0, -1.0], (4, 3))
    rows = range(4)
    np.testing.assert_array_equal(neuron_alignment(W, direction), [neuron_alignment(W[k], direction[k]) for k in rows])
    np.testing.assert_array_equal(effective_predictor(W, v), [effective_predictor(W[k], v[k]) for k in rows])
    np.testing.assert_array_equal(
        predictor_alignment(W, v, direction), [predictor_alignment(W[k], v[k], direction[k]) for k in rows]
    )
    np.testing.assert_array_equal(zeta(0.1, X, y, W), [zeta(0.1, X[k], y[k], W[k]) for k in rows])
    np.testing.assert_array_equal(angle(W, direction[:, None]), [angle(W[k], direction[k]) for k in rows])


def test_zeta_of_a_real_start_does_not_depend_on_the_norms_unit():
    """Catches W_max taken from W instead of W0: alpha and W scaled together leave W_max alone."""
    X, y, W, _ = separable_run(0, 2.0**-10)
    assert 1 - zeta(2.0**-12, X, y, W / 4) == pytest.approx((1 - zeta(2.0**-10, X, y, W)) / 4, rel=1e-12)
