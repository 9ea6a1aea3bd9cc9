"""Specification of exercise 08: the error of a linear predictor on the mixture."""

import numpy as np
from hypothesis import strategies as st
from scipy.special import ndtr

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, graded

# Phi(-10) off by a few roundings of its argument: 10 * 10 * 2^-52 is 2e-14. This leaves room for any algebra.
ROUNDING = 1e-9


@st.composite
def predictors(draw, min_features=1):
    """A predictor, a unit signal, and the mixture."""
    d = draw(st.integers(min_features, 4))
    signal = draw(strategies.vectors(d))
    sigma = draw(st.sampled_from([1.0, 0.5, 2.0]))
    return {
        "w": draw(strategies.vectors(d)),
        "signal": signal / np.linalg.norm(signal),
        "kappa": draw(strategies.ratios),
        "sigma": sigma,
    }


ANGLE = "this is Phi(-(kappa/sigma) cos angle(w, s))"


def error_of(w, signal, kappa, sigma):
    """The error, by plain sums: not even a rounding is shared with the student's scalar product."""
    cosine = sum(a * b for a, b in zip(w, signal, strict=True)) / sum(a * a for a in w) ** 0.5
    return ndtr(-kappa / sigma * cosine)


@graded(1, "E(w) = P(y <w, x> < 0)", examples=10, case=predictors(), seed=strategies.seeds)
def test_counts_the_mistakes(student, case, seed):
    """The error is the share of mistakes among many draws of the mixture"""
    error = student.linear_error(**case)
    rng, n = np.random.default_rng(seed), 10_000
    y = rng.choice([-1.0, 1.0], n)
    x = case["kappa"] * y[:, None] * case["signal"] + case["sigma"] * rng.standard_normal((n, case["w"].size))
    mistakes = np.mean(y * (x @ case["w"]) < 0)
    # Six standard errors of a share of 10,000 draws, at most 1/2 each: a false alarm in 10^9 examples.
    expect_close(error, mistakes, atol=6 * 0.5 / np.sqrt(n), because="this share of 10,000 draws was wrong")


@graded(1, "E(w) ≥ E(s) = E* = Φ(−κ/σ)", case=predictors())
def test_signal_is_best(student, case):
    """No predictor beats the signal itself, whose error is the Bayes error"""
    bayes = ndtr(-case["kappa"] / case["sigma"])
    best = student.linear_error(**{**case, "w": case["signal"]})
    because = "cos angle(s, s) = 1, so E(s) = Phi(-kappa/sigma)"
    best = expect_close(best, bayes, rtol=ROUNDING, because=because, what="error of the signal")
    error = expect_close(student.linear_error(**case), 0.5, atol=0.5, because="it is a probability", what="error of w")
    because = "the signal is the best direction of all"
    worse = error >= best - 1e-12
    expect(worse, you=float(error), expected=f"at least {bayes:.6g}", because=because, what="error of w")
    # Not the Bayes error for every w, either.
    expect_close(error, error_of(**case), rtol=ROUNDING, because=ANGLE, what="error of w")


@graded(1, "E(a w) = E(w) and E(−w) = 1 − E(w) for a > 0", case=predictors(), power=st.sampled_from([-40, -3, 5, 40]))
def test_only_the_direction_counts(student, case, power):
    """Scaling the direction does not change the error, turning it round exchanges right and wrong"""
    w, error = case["w"], student.linear_error(**case)
    untouched = not student.calls[-1].outcome.mutated
    error = expect_close(error, error_of(**case), rtol=ROUNDING, because=ANGLE)
    because = "dividing w in place changes it for its owner too"
    expect(untouched, you="another w", expected="the same w", because=because, what="w after the call")
    scaled = student.linear_error(**{**case, "w": 2.0**power * w})
    because = "an angle does not know the length of w"
    expect_close(scaled, error, rtol=ROUNDING, because=because, what=f"error of 2^{power} w")
    turned = student.linear_error(**{**case, "w": -w})
    # 1 - E is a difference of numbers of size 1: a few roundings of 2^-53.
    because = "-w is wrong exactly where w is right"
    expect_close(turned, 1 - error, atol=1e-12, because=because, what="error of -w")


@graded(1, "Φ(−10) = 7.6·10⁻²⁴, not 0", ratio=st.sampled_from([10.0, 9.0, 12.0]), case=predictors(min_features=2))
def test_small_errors_keep_their_digits(student, ratio, case):
    """An error of 10^-23 comes out with all its digits, and is not rounded to zero"""
    signal = case["signal"]
    case |= {"w": 4 * signal, "kappa": ratio * case["sigma"]}
    because = "1 - Phi(x) rounds to 0 where Phi(-x) does not: use the lower tail"
    expect_close(student.linear_error(**case), ndtr(-ratio), rtol=ROUNDING, because=because, what="error of 4 s")
    axis = np.eye(signal.size)[np.abs(signal).argmin()]
    aside = axis - (axis @ signal) * signal
    case |= {"w": signal + aside / 2}
    expect_close(student.linear_error(**case), error_of(**case), rtol=ROUNDING, because=ANGLE, what="error beside s")
