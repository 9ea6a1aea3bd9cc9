"""Errors of linear predictors, against Monte Carlo, brute force and exact cases."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fls_teach.theory import angle, bayes_error, decompose, linear_error

from .strategies import monte_carlo, rotation, seeds

ratios = st.floats(0.1, 4)


@given(ratios, st.floats(0.2, 3))
def test_bayes_error_is_the_normal_tail(ratio, sigma):
    """Catches Phi(+), a squared ratio, and sigma ignored; erfc keeps the far tail exact."""
    assert bayes_error(ratio * sigma, sigma) == pytest.approx(math.erfc(ratio / math.sqrt(2)) / 2, rel=1e-12)
    assert bayes_error(30.0) == pytest.approx(math.erfc(30 / math.sqrt(2)) / 2, rel=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_linear_error_is_that_of_the_linear_classifier(seed):
    """Catches the angle itself for its cosine, an unnormalised predictor, a signal of length != 1."""
    rng = np.random.default_rng(seed)
    predictor, signal = rng.standard_normal(4), 3 * rng.standard_normal(4)
    # The network relu(<w, x>) - relu(-<w, x>) is <w, x>.
    (_, plain, spread), *_ = monte_carlo(np.stack([predictor, -predictor]), np.array([1.0, -1.0]), signal, 1.2, 0.8)
    assert abs(linear_error(predictor, signal, 1.2, 0.8) - plain) <= 5 * spread


def test_special_cases_of_linear_error():
    """Catches NaN for the zero predictor, which always ties, and an optimum that is not the Bayes error."""
    np.testing.assert_allclose(
        linear_error([[2, 0], [-2, 0], [0, 5], [0, 0]], [3, 0], 1.5),
        [bayes_error(1.5), 1 - bayes_error(1.5), 0.5, 0.5], rtol=1e-14,
    )  # fmt: skip
    assert linear_error([1e-300, 0.0], [1e70, 0.0], 1.5) == bayes_error(1.5)


@given(seeds, ratios, st.floats(0.2, 3))
def test_decomposition_is_a_minimum_over_the_cone(seed, ratio, sigma):
    """Catches a wrong half-angle, cos(phi - theta) without the max, a cone around s: brute force finds the best v."""
    rng = np.random.default_rng(seed)
    predictor, toward, signal = rng.standard_normal((3, 3))
    parts = decompose(predictor, toward, signal, ratio * sigma, sigma)
    theta, phi = angle(predictor, toward), angle(toward, signal)
    assert parts.alignment == pytest.approx(float(np.cos(theta)), abs=1e-15) and parts.phi == phi
    # The best direction lies in the plane of x_+ and s; random ones must not beat it.
    e = toward / np.linalg.norm(toward)
    across = signal - (signal @ e) * e
    across /= np.linalg.norm(across)
    tilt = np.linspace(-theta, theta, 4_001)[:, None]
    in_plane = linear_error(np.cos(tilt) * e + np.sin(tilt) * across, signal, ratio * sigma, sigma)
    best = parts.over_alignment + bayes_error(ratio * sigma, sigma)
    # Steps of at most pi/2000 miss the optimum by at most ratio * (pi/4000)^2 / 2 * 0.4 = 5e-7 where it is inside.
    assert best <= in_plane.min() + 1e-15 and in_plane.min() <= best + 1e-6
    around = rng.standard_normal((2_000, 3))
    inside = around[angle(around, toward) <= theta]
    if len(inside):
        assert linear_error(inside, signal, ratio * sigma, sigma).min() >= best - 1e-15


@given(seeds, st.integers(2, 6), ratios, st.sampled_from([1e-70, 1.0, 1e70]))
def test_both_parts_are_non_negative_and_sum_to_the_excess(seed, d, ratio, scale):
    """Catches a part that is clipped or defined on its own, and dependence on lengths or on the coordinates."""
    rng = np.random.default_rng(seed)
    predictor, toward, signal = rng.standard_normal((3, d))
    parts = decompose(predictor, toward, signal, ratio)
    assert parts.over_alignment >= 0 and parts.over_fitting >= 0
    assert parts.over_alignment + parts.over_fitting == pytest.approx(float(parts.excess), rel=0, abs=1e-15)
    assert parts.excess == pytest.approx(float(linear_error(predictor, signal, ratio)) - bayes_error(ratio), abs=1e-15)
    Q = rotation(d, seed)
    turned = decompose(scale * predictor @ Q, toward @ Q / scale, 2 * signal @ Q, ratio)
    for name in ("over_alignment", "over_fitting", "excess", "alignment", "phi"):
        assert getattr(turned, name) == pytest.approx(float(getattr(parts, name)), abs=1e-13)


@given(st.floats(0.01, 1.5), st.floats(0.01, 1.5), ratios)
def test_over_alignment_vanishes_exactly_at_the_break_condition(phi, theta, ratio):
    """Catches > for >= or arccos noise at the edge: OA = 0 iff the cone reaches the signal, Psi <= cos phi."""
    toward, signal = np.array([1.0, 0.0, 0.0]), np.array([np.cos(phi), np.sin(phi), 0.0])
    predictor = np.array([np.cos(theta), 0.0, np.sin(theta)])  # off the plane, so that OF > 0 too
    parts = decompose(predictor, toward, signal, ratio)
    if theta > phi + 1e-9:
        assert parts.over_alignment == 0.0
    elif theta < phi - 1e-3:
        expected = math.erfc(ratio * math.cos(phi - theta) / math.sqrt(2)) / 2 - bayes_error(ratio)
        assert parts.over_alignment == pytest.approx(expected, rel=1e-6, abs=1e-15) and expected > 0


def test_decompose_takes_a_batch():
    """Catches a mix-up of runs: the tables of science.md#u-curve decompose all seeds and alphas at once."""
    rng = np.random.default_rng(0)
    predictor, toward, signal = rng.standard_normal((4, 5, 3)), rng.standard_normal((5, 3)), rng.standard_normal(3)
    batch = decompose(predictor, toward, signal, 2.0)
    for i in range(4):
        for k in range(5):
            assert batch.over_fitting[i, k] == decompose(predictor[i, k], toward[k], signal, 2.0).over_fitting


def test_inputs_are_never_modified():
    """Catches a signal normalised in place."""
    W, signal = np.eye(2), np.array([3.0, 4.0])
    for part in (W, signal):
        part.flags.writeable = False
    decompose(W[0], W[1], signal, 1.0)
    linear_error(W, signal, 1.0)
