"""Specification of exercise 09: over-alignment, over-fitting and the break condition."""

import numpy as np
from hypothesis import strategies as st
from scipy.special import ndtr

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_numbers, expect_parts, graded

# An arccos loses up to 2e-8 of an angle near 0 and pi, and Phi has slope 0 there: errors keep ten digits and more.
ROUNDING = 1e-10
# But OA has a slope in theta, of at most 0.4 kappa/sigma with kappa/sigma up to 8, also where theta is 0.
ANY_ANGLE = 1e-6


@st.composite
def any_vectors(draw):
    """Three vectors in any position to each other, and the mixture."""
    d = draw(st.integers(2, 4))
    signal = draw(strategies.vectors(d))
    return {
        "predictor": draw(strategies.vectors(d)),
        "class_sum": draw(strategies.vectors(d)),
        "signal": signal / np.linalg.norm(signal),
        "kappa": draw(strategies.ratios),
        "sigma": draw(st.sampled_from([1.0, 0.5, 2.0])),
    }


angles = st.integers(1, 17).map(lambda k: 5 * k)
"""phi from 5 to 85 degrees."""

moderate = st.sampled_from([1.0, 1.5, 2.0, 2.5])
"""kappa/sigma at which the parts are large enough to be told from rounding."""


def placed(phi, theta, ratio, around=0.0):
    """Arguments with these angles in degrees; the predictor on the far side of x_+ unless turned `around` it."""
    phi, theta, around = np.radians([phi, theta, around])
    axis, away, aside = np.array([[np.cos(phi), np.sin(phi), 0], [-np.sin(phi), np.cos(phi), 0], [0, 0, 1.0]])
    predictor = np.cos(theta) * axis + np.sin(theta) * (np.cos(around) * away + np.sin(around) * aside)
    signal = np.array([1.0, 0.0, 0.0])
    return {"predictor": 3 * predictor, "class_sum": 5 * axis, "signal": signal, "kappa": 2 * ratio, "sigma": 2.0}


def ask(student, case):
    """The student's three parts, of the right types."""
    parts = expect_parts(student.decompose(**case), ("over_alignment", "over_fitting", "reached"))
    numbers = [float(expect_numbers(part, (), what=name)) for part, name in zip(parts, ("OA", "OF", ""), strict=False)]
    is_flag = isinstance(parts[2], (bool, np.bool_))
    expect(is_flag, you=parts[2], expected="True or False", because="it answers a question", what="reached")
    return (*numbers[:2], bool(parts[2]))


def expect_angles(part, near, far, ratio, what):
    """A part is the difference of the errors at two angles from s, in degrees."""
    better, worse = ndtr(-ratio * np.cos(np.radians([near, far])))
    because = f"it is the way from the error at {near:.4g}° from s to that at {far:.4g}°"
    expect_close(part, worse - better, atol=ROUNDING, because=because, what=what)


def errors(directions, case):
    """E of each direction (m, d), by its definition."""
    cosines = directions @ case["signal"] / np.linalg.norm(directions, axis=-1)
    return ndtr(-case["kappa"] / case["sigma"] * cosines)


def expect_parts_of_excess(over_alignment, over_fitting, case):
    """The two parts share the excess error, each of them right."""
    bayes = ndtr(-case["kappa"] / case["sigma"])
    excess = errors(case["predictor"], case) - bayes
    because = "OF is defined as what OA leaves of the excess"
    expect_close(over_alignment + over_fitting, excess, atol=1e-12, because=because, what="OA + OF")
    unit = lambda name: case[name] / np.linalg.norm(case[name])  # noqa: E731
    cosines = unit("class_sum") @ np.array([unit("signal"), unit("predictor")]).T
    phi, theta = np.arccos(np.clip(cosines, -1, 1))
    best = ndtr(-case["kappa"] / case["sigma"] * np.cos(max(phi - theta, 0)))
    because = f"the cone ends phi - theta from s: phi = {np.degrees(phi):.4g}°, theta = {np.degrees(theta):.4g}°"
    expect_close(over_alignment, best - bayes, atol=ANY_ANGLE, because=because, what="OA")


@graded(1, "OA + OF = E(w⁺) − E*", case=any_vectors())
def test_parts_sum(student, case):
    """The excess error is exactly the sum of its two parts"""
    expect_parts_of_excess(*ask(student, case)[:2], case)


@graded(1, "OA ≥ 0 and OF ≥ 0", case=any_vectors(), phi=angles, ratio=moderate)
def test_never_negative(student, case, phi, ratio):
    """Both parts are never negative, and over-fitting is zero on the edge of the cone nearest to the signal"""
    for name, part in zip(("OA", "OF"), ask(student, case), strict=False):
        because = "s is the best direction of all" if name == "OA" else "the predictor lies in the cone"
        expect(part >= -ROUNDING, you=part, expected="not below 0", because=because, what=name)
    # The predictor turned from x_+ half-way to s: nothing in its cone is nearer to the signal.
    case = placed(phi, phi / 2, ratio, around=180)
    over_alignment, over_fitting, _ = ask(student, case)
    because = "the predictor is the best direction of its own cone"
    expect_close(over_fitting, 0.0, atol=ROUNDING, because=because, what=f"OF at phi = {phi}°, theta = {phi / 2}°")
    expect_angles(over_alignment, 0.0, phi / 2, ratio, f"OA at phi = {phi}°")
    # And as far to the other side: the same cone, but a worse predictor in it.
    over_alignment, over_fitting, _ = ask(student, placed(phi, phi / 2, ratio))
    expect_angles(over_alignment, 0.0, phi / 2, ratio, f"OA at phi = {phi}°, on the far side")
    expect_angles(over_fitting, phi / 2, 1.5 * phi, ratio, f"OF at phi = {phi}°, on the far side")


@graded(
    2,
    "OA = 0 ⇔ Ψ ≤ cos φ",
    phi=angles,
    margin=st.sampled_from([0, 1, 5, 30, -1, -5, -30]),
    ratio=moderate,
    around=st.integers(0, 3).map(lambda k: 60 * k),
)
def test_break_condition(student, phi, margin, ratio, around):
    """Over-alignment vanishes exactly when the cone reaches the signal"""
    theta = max(phi + margin, 0.5)
    case = placed(phi, theta, ratio, around)
    over_alignment, _, reached = ask(student, case)
    if theta >= phi:
        because = f"theta = {theta}° reaches the signal at phi = {phi}°: the best direction in the cone is s itself"
        expect_close(over_alignment, 0.0, atol=ROUNDING, because=because, what="OA")
    else:
        expect_angles(over_alignment, 0.0, phi - theta, ratio, f"OA at theta = {theta}°, phi = {phi}°")
    if theta != phi:  # on the edge itself rounding decides
        because = f"Psi = {np.cos(np.radians(theta)):.4f} and cos phi = {np.cos(np.radians(phi)):.4f}"
        expect(reached == (theta > phi), you=reached, expected=theta > phi, because=because, what="reached")


@graded(2, "OA = min{E(v) : cos∠(v, x₊) ≥ Ψ} − E*", case=any_vectors(), seed=strategies.seeds)
def test_best_of_the_cone(student, case, seed):
    """Over-alignment is the excess error of the best direction in the cone around the class sum"""
    over_alignment, *_ = ask(student, case)
    # Search the cone: turn x_+ by 0 to theta, towards s and in random directions, and take the smallest error.
    axis = case["class_sum"] / np.linalg.norm(case["class_sum"])
    theta = np.arccos(np.clip(case["predictor"] @ axis / np.linalg.norm(case["predictor"]), -1, 1))
    towards = np.vstack([case["signal"], np.random.default_rng(seed).standard_normal((8, axis.size))])
    towards -= np.outer(towards @ axis, axis)
    length = np.linalg.norm(towards, axis=1, keepdims=True)
    towards = (towards / np.where(length > 1e-9, length, np.inf))[:, None]
    turn = np.linspace(0, theta, 2001)[:, None]
    directions = (np.cos(turn) * axis + np.sin(turn) * towards)[np.ravel(length) > 1e-9]
    found = min(errors(directions, case).min(), errors(case["predictor"], case))
    # 2000 steps of at most pi/2000 miss an inner minimum by at most half a step: slope 0, curvature at most 4 * 0.4.
    expect_close(
        over_alignment,
        found - ndtr(-case["kappa"] / case["sigma"]),
        atol=1e-6,
        because="no direction within theta of x_+ has a smaller error",
        what="OA",
    )


@graded(1, "OA falls and OF rises with θ = arccos Ψ", examples=15, phi=angles, ratio=moderate)
def test_trade(student, phi, ratio):
    """As the predictor turns away from the class sum, over-alignment falls and over-fitting rises"""
    thetas = np.linspace(0.02, 0.98, 5) * phi
    parts = np.array([ask(student, placed(phi, theta, ratio))[:2] for theta in thetas])
    rounded = [[float(f"{number:.4g}") for number in row] for row in parts.T]
    falls, rises = (parts[1:, 0] < parts[:-1, 0]).all(), (parts[1:, 1] > parts[:-1, 1]).all()
    where = f"on the far side of x_+, at theta/phi = 0.02 to 0.98, phi = {phi}°"
    because = f"a wider cone comes nearer to s, {where}"
    expect(falls, you=rounded[0], expected="falling numbers", because=because, what="OA")
    expect(rises, you=rounded[1], expected="rising numbers", because=f"the predictor strays, {where}", what="OF")
    for theta, (over_alignment, over_fitting) in zip(thetas, parts, strict=True):
        expect_angles(over_alignment, 0.0, phi - theta, ratio, f"OA at theta = {theta:.4g}°")
        expect_angles(over_fitting, phi - theta, phi + theta, ratio, f"OF at theta = {theta:.4g}°")


scalings = st.sampled_from([-30, -1, 3, 30])


@graded(1, "OA, OF (a w⁺, b x₊) = OA, OF (w⁺, x₊) for a, b > 0", case=any_vectors(), power=scalings)
def test_lengths_do_not_count(student, case, power):
    """Only directions count: a mean in place of the sum, or a longer predictor, gives the same parts"""
    first = ask(student, case)
    untouched = not student.calls[-1].outcome.mutated
    expect_parts_of_excess(*first[:2], case)
    because = "they belong to the caller, who still needs them"
    expect(untouched, you="other vectors", expected="the same", because=because, what="arguments after the call")
    longer = {"predictor": 2.0**power * case["predictor"], "class_sum": 2.0**-power * case["class_sum"]}
    for name, one, other in zip(("OA", "OF"), first, ask(student, case | longer), strict=False):
        because = "angles do not know lengths"
        expect_close(other, one, atol=ROUNDING, because=because, what=f"{name} of 2^{power} w and 2^{-power} x_+")
