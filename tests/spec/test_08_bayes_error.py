"""Specification of exercise 08: the error of a linear predictor on the mixture.

Nothing here computes a cosine from w and s: w is made on known axes, of which the signal is the first.
"""

import numpy as np
from hypothesis import strategies as st
from scipy.special import ndtr

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_numbers, graded

# Phi(-4) is good to a few roundings of its argument, 4 * 4 * 2^-52. This leaves room for any algebra.
ROUNDING = 1e-9
# Phi(-37) is good to 37 * 37 * 2^-52 = 3e-13. What is asked here is that it has digits: all nine are another property.
DIGITS = 1e-4
lengths = st.sampled_from([0, 0, 3, -40, 40]).map(lambda power: 2.0**power)


@st.composite
def predictors(draw):
    """A predictor of any length, some nearly at right angles to the signal: axes, and the arguments but for signal."""
    axes = draw(strategies.frames(draw(strategies.any_of(2, 3, 1, 4))))
    w = draw(strategies.rows(len(axes)))
    w[0] *= draw(strategies.any_of(1.0, 1.0, 1.0, 1e-4))
    sigma = draw(strategies.any_of(1.0, 0.5, 2.0, 3.0))
    return {"w": draw(lengths) * w @ axes, "axes": axes, "kappa": draw(strategies.ratios) * sigma, "sigma": sigma}


LESSON = {"w": np.array([3.0, 4.0]), "axes": np.eye(2), "kappa": 2.5, "sigma": 1.0}


def ask(student, made, **changes):
    """The error, with the first axis as the signal; `changes` replace other arguments."""
    case = {"w": made["w"], "signal": made["axes"][0], "kappa": made["kappa"], "sigma": made["sigma"], **changes}
    return float(expect_numbers(student.linear_error(**case), (), what="error"))


def angle(made):
    """The angle of w with the first axis."""
    inside = made["axes"] @ made["w"]
    return np.arctan2(np.linalg.norm(inside[1:]), inside[0])


@graded(1, "E(w) = P(y <w, x> < 0) = Φ(−(κ/σ) cos∠(w, s))", examples=40, first=[{"made": LESSON}], made=predictors())
def test_share_of_mistakes(student, made):
    """The error is the probability of a mistake, which kappa/sigma and the angle between w and the signal decide"""
    error, ratio, known = ask(student, made), made["kappa"] / made["sigma"], angle(made)
    expected = ndtr(-ratio * np.cos(known))
    margin = ratio * np.cos(known)
    z = np.random.default_rng(0).standard_normal(10_000)
    because = (
        f"w is at {np.degrees(known):.4g}° to s and kappa/sigma = {ratio:g}, so y <w, x> / (sigma |w|) is {margin:.4g} "
        f"and a normal number: below 0 in {np.mean(margin + z < 0):.2%} of 10,000 draws"
    )
    expect_close(error, expected, rtol=ROUNDING, because=because)


COSINES = 1.0, 0.8, 0.6, 0.0, -0.6, -1.0


@graded(
    1,
    "E(s) = E* = Φ(−κ/σ) < E(w), and E grows with the angle",
    examples=20,
    ratio=strategies.ratios,
    sigma=st.sampled_from([2.0, 1.0, 0.5, 3.0]),
    axes=st.integers(2, 4).flatmap(strategies.frames),
)
def test_signal_is_best(student, ratio, sigma, axes):
    """The signal makes the Bayes error, and a predictor makes more mistakes the further it is turned away from it"""
    made = {"w": axes[0], "axes": axes, "kappa": ratio * sigma, "sigma": sigma}
    # Unit vectors: what a predictor's length does is another property's question.
    turned = [cosine * axes[0] + np.sqrt(1 - cosine**2) * axes[1] for cosine in COSINES]
    errors = [ask(student, made, w=w) for w in turned]
    because = f"cos∠(s, s) = 1, so E(s) = Phi(-kappa/sigma), and kappa/sigma = {made['kappa']:g}/{sigma:g}"
    expect_close(errors[0], ndtr(-ratio), rtol=DIGITS, because=because, what="error of the signal")
    degrees = np.degrees(np.arccos(COSINES))
    for k in range(len(errors) - 1):
        because = f"w is a unit vector, first at {degrees[k]:.4g}° to s, then at {degrees[k + 1]:.4g}°"
        more, what = f"more than {errors[k]:.6g}", f"error at {degrees[k + 1]:.4g}°"
        expect(errors[k + 1] > errors[k], you=errors[k + 1], expected=more, because=because, what=what)


@graded(
    1,
    "E(a w) = E(w) and E(−w) = 1 − E(w) for a > 0",
    examples=20,
    first=[
        # The example of the lesson in whole numbers, as it is written there.
        {"made": {**LESSON, "w": np.array([3, 4]), "axes": np.eye(2, dtype=int), "sigma": 1}, "power": 0},
        {"made": {**LESSON, "axes": np.array([[0.6, 0.8], [-0.8, 0.6]]), "w": np.array([3, 1])}, "power": -40},
    ],
    made=predictors().filter(lambda made: abs(made["axes"][0] @ made["w"]) > 1e-6 * np.linalg.norm(made["w"])),
    power=st.sampled_from([-40, -3, 5, 40, -100]),
)
def test_only_the_direction_counts(student, made, power):
    """Scaling a predictor does not change its error, and turning it round exchanges right and wrong"""
    ahead = float(made["axes"][0] @ made["w"])
    error = ask(student, made)
    because = f"<w, s> = {ahead:.4g}, and w is right more often than not where that is positive"
    half = "less than 1/2" if ahead > 0 else "more than 1/2"
    expect(error < 0.5 if ahead > 0 else error > 0.5, you=error, expected=half, because=because, what="error of w")
    floats = {"signal": made["axes"][0].astype(float), "sigma": float(made["sigma"])}
    scaled = ask(student, made, w=2.0**power * made["w"], **floats)
    because = f"w is {text(made['w'])}, and an angle knows neither its length nor whether its numbers are whole"
    expect_close(scaled, error, rtol=ROUNDING, because=because, what=f"error of 2^{power} w")
    # 1 - E is a difference of numbers of size 1: a few roundings of 2^-53.
    because = f"-w is wrong exactly where w is right, and E(w) was {error:.6g}"
    expect_close(ask(student, made, w=-made["w"]), 1 - error, atol=1e-12, because=because, what="error of -w")


def text(numbers):
    """An array on one line."""
    return np.array2string(np.asarray(numbers), separator=", ", precision=4)


@graded(
    1,
    "Φ(−10) = 7.6·10⁻²⁴, not 0",
    examples=20,
    first=[{"margin": 10.0, "cosine": 1.0, "axes": np.eye(2)}],
    margin=st.integers(12, 74).map(lambda k: k / 2),
    cosine=st.sampled_from([1.0, 0.8, 0.6]),
    axes=st.integers(2, 4).flatmap(strategies.frames),
)
def test_small_errors_keep_their_digits(student, margin, cosine, axes):
    """An error of 10^-23 comes out with its digits, and is not rounded to zero"""
    w = cosine * axes[0] + np.sqrt(1 - cosine**2) * axes[1]
    error = ask(student, {"axes": axes, "w": w, "kappa": margin / cosine, "sigma": 1.0})
    because = (
        f"kappa/sigma * cosine = {margin / cosine:.4g} * {cosine:g} = {margin:g}; 1 - Phi({margin:g}) has lost the "
        f"digits that Phi(-{margin:g}) has"
    )
    expect_close(error, ndtr(-margin), rtol=DIGITS, because=because, what="error")
