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
INPUTS = ("predictor", "class_sum", "signal", "kappa", "sigma")


@st.composite
def any_vectors(draw):
    """Three vectors in any position to each other, and the mixture."""
    d = draw(st.integers(2, 5))
    signal = draw(strategies.vectors(d))
    return {
        "predictor": draw(strategies.vectors(d)),
        "class_sum": draw(strategies.vectors(d)),
        "signal": signal / np.linalg.norm(signal),
        "kappa": draw(strategies.ratios),
        "sigma": draw(strategies.any_of(1.0, 0.5, 2.0)),
    }


def placed(phi, theta, ratio, around=0.0, length=1.0):
    """Inputs with these angles in degrees; the predictor on the far side of x_+ unless turned `around` it."""
    phi, theta, around = np.radians([phi, theta, around])
    axis, away, aside = np.array([[np.cos(phi), np.sin(phi), 0], [-np.sin(phi), np.cos(phi), 0], [0, 0, 1.0]])
    predictor = np.cos(theta) * axis + np.sin(theta) * (np.cos(around) * away + np.sin(around) * aside)
    signal = np.array([1.0, 0.0, 0.0])
    vectors = {"predictor": predictor / length, "class_sum": length * axis, "signal": signal}
    return {"phi": float(phi), "theta": float(theta), **vectors, "kappa": float(ratio), "sigma": 1.0}


def integers(predictor, class_sum, signal, kappa, sigma):
    """Inputs without a decimal point."""
    vectors = {"predictor": predictor, "class_sum": class_sum, "signal": signal}
    return {name: np.array(vector) for name, vector in vectors.items()} | {"kappa": kappa, "sigma": sigma}


BY_HAND = placed(30, 10, 2.0)
"""The lesson's example: the predictor at 40° from s, on the far side of x_+."""
PARALLEL = [
    # The cosine of a vector with its multiple: most ways to compute it give 1.0000000000000002, or its negative.
    {"predictor": scale * np.array(axis), "class_sum": np.array(axis), "signal": np.eye(len(axis))[0]}
    | {"kappa": 1.5, "sigma": 1.0}
    for axis in ([4.0, 3.0, 2.0], [2.0, 5.0], [3.0, 3.0], [7.0, 7.0, 3.0, 2.0])
    for scale in (3.0, -3.0)
]

angles = st.integers(1, 17).map(lambda k: 5 * k)
"""phi from 5 to 85 degrees."""

moderate = st.sampled_from([1.0, 1.5, 2.0, 2.5])
"""kappa/sigma at which the parts are large enough to be told from rounding."""


@st.composite
def cones(draw):
    """A cone that ends before the signal, at it, or behind it."""
    phi, margin = draw(angles), draw(strategies.any_of(0, 1, 5, 30, 80, -1, -5, -30))
    return placed(phi, max(phi + margin, 0.5), draw(moderate), 60 * draw(st.integers(0, 3)))


@st.composite
def conditions(draw):
    """The same for any angle, also next to the rim, with kappa/sigma up to 60, where OA is too small for a number."""
    phi = draw(st.integers(1, 35)) * 5
    margin = draw(strategies.any_of(0.02, 1, 40, -0.02, -1, -40))
    ratio = draw(strategies.any_of(0.5, 2.0, 8.0, 20.0, 60.0))
    return placed(phi, min(max(phi + margin, 0.5), 179.5), ratio, 60 * draw(st.integers(0, 3)), draw(scales))


@st.composite
def on_the_rim(draw):
    """Psi = cos phi to the last digit: the predictor is s, an axis, but for a power of two."""
    d = draw(st.integers(2, 5))
    signal = np.eye(d)[draw(st.integers(0, d - 1))]
    ratio = {"kappa": draw(strategies.ratios), "sigma": 1.0}
    return {"predictor": draw(scales) * signal, "class_sum": draw(strategies.vectors(d)), "signal": signal} | ratio


scales = st.sampled_from([1.0, 4.0, 0.125])


def ask(student, case):
    """The student's OA and OF as numbers, and the third part as it is."""
    names = ("over_alignment", "over_fitting", "reached")
    parts = expect_parts(student.decompose(**{name: case[name] for name in INPUTS}), names)
    numbers = [float(expect_numbers(part, (), what=what)) for part, what in zip(parts, ("OA", "OF"), strict=False)]
    return *numbers, parts[2]


def expect_way(part, near, far, ratio, what):
    """A part is the difference of the errors at two angles from s, in degrees."""
    better, worse = ndtr(-ratio * np.cos(np.radians([near, far])))
    because = f"it is the way from the error {better:.5f} at {near:.4g}° from s to {worse:.5f} at {far:.4g}°"
    expect_close(part, worse - better, atol=ROUNDING, because=because, what=what)


def errors(directions, case):
    """E of each direction (m, d), by its definition."""
    cosines = directions @ case["signal"] / np.linalg.norm(directions, axis=-1)
    return ndtr(-case["kappa"] / case["sigma"] * cosines)


def expect_sum(over_alignment, over_fitting, case):
    """The two parts share the excess error; which has how much of it is asked elsewhere."""
    error, bayes = errors(case["predictor"], case), ndtr(-case["kappa"] / case["sigma"])
    because = (
        f"E(w) = {error:.5f}, E* = {bayes:.5f}, and your parts are OA = {over_alignment:.5f}, OF = {over_fitting:.5f}"
    )
    expect_close(over_alignment + over_fitting, error - bayes, atol=1e-12, because=because, what="OA + OF")


@graded(1, "OA + OF = E(w⁺) − E*, OA ≥ 0, OF ≥ 0", examples=20, first=[{"case": BY_HAND}], case=any_vectors())
def test_parts_sum(student, case):
    """The excess error is exactly the sum of its two parts, and neither is negative"""
    over_alignment, over_fitting, _ = ask(student, case)
    expect_sum(over_alignment, over_fitting, case)
    for name, part in (("OA", over_alignment), ("OF", over_fitting)):
        because = "s is the best direction of all" if name == "OA" else "the predictor lies in the cone"
        expect(part >= -ROUNDING, you=part, expected="not below 0", because=because, what=name)


def around_the_cone(phi, turn, ratio):
    """A predictor half-way between x_+ and s, turned around x_+; `from_signal` is its angle to s in degrees."""
    case = placed(phi, phi / 2, ratio, turn)
    return case | {"from_signal": float(np.degrees(np.arccos(case["predictor"][0])))}


turned = st.builds(around_the_cone, angles, st.sampled_from([180, 0, 90, 120]), moderate)
half_way = [{"case": around_the_cone(60, 180, 2.0)}, {"case": around_the_cone(60, 0, 2.0)}]


@graded(1, "OF = E(w⁺) − min{E(v) : cos∠(v, x₊) ≥ Ψ}", examples=20, first=half_way, case=turned)
def test_best_of_its_own_cone(student, case):
    """Over-fitting is zero on the edge of the cone nearest to the signal, and only there"""
    _, over_fitting, _ = ask(student, case)
    nearest = np.degrees(case["theta"])  # the cone goes half-way to s
    expect_way(over_fitting, nearest, case["from_signal"], case["kappa"], "OF")


breaks = [{"case": BY_HAND}, {"case": placed(30, 40, 2.0)}, {"case": placed(30, 29.98, 2.0)}]
"""The lesson's two cones, and one that ends just before s: OA is 7e-9 there, and not 0."""


@graded(1, "OA = 0 ⇔ Ψ ≤ cos φ", examples=20, first=breaks, case=cones())
def test_over_alignment_breaks(student, case):
    """Over-alignment vanishes exactly when the cone reaches the signal"""
    over_alignment, _, _ = ask(student, case)
    phi, theta = np.degrees([case["phi"], case["theta"]])
    if theta >= phi:
        because = (
            f"theta = {theta:.4g}° reaches the signal at phi = {phi:.4g}°: the best direction of the cone is s itself"
        )
        expect_close(over_alignment, 0.0, atol=ROUNDING, because=because, what="OA")
    else:
        expect_way(over_alignment, 0.0, phi - theta, case["kappa"], "OA")


EXACT = [
    # A right angle, and no angle at all: every way to compute them gives the same two numbers.
    {"case": integers([1, 0], [0, 1], [1, 0], 2, 1)},
    {"case": integers([-2, 0, 0], [0, 3, 0], [1, 0, 0], 2, 1)},
    {"case": integers([0, 4], [0, 1], [0, 1], 2, 1)},
    {"case": integers([8, 0, 0], [3, 4, 1], [1, 0, 0], 2, 1)},
]


NEAR = [{"case": BY_HAND}, {"case": placed(30, 40, 2.0)}, {"case": placed(60, 59, 60.0)}] + [
    {"case": placed(phi, phi + margin, 2.0)} for phi in (60, 120) for margin in (-0.02, 0.02)
]


@graded(
    1,
    "reached ⇔ Ψ ≤ cos φ",
    examples=20,
    first=[*EXACT, *NEAR],
    case=st.one_of(conditions(), conditions(), on_the_rim()),
)
def test_reached(student, case):
    """The break condition asks whether the cone holds the signal, rim included, not whether an error is small"""
    *_, reached = ask(student, case)
    is_flag = isinstance(reached, (bool, np.bool_)) or (isinstance(reached, np.ndarray) and reached.dtype == bool)
    expect(is_flag, you=reached, expected="True or False", because="it answers a question", what="reached")
    if "phi" in case:
        expected = bool(case["theta"] > case["phi"])
        where = "holds" if expected else "ends before"
        because = "theta = {:.5g}° and phi = {:.5g}°: the cone {} s".format(
            *np.degrees([case["theta"], case["phi"]]), where
        )
    else:
        expected, because = (
            True,
            "theta = phi: s lies on the rim of the cone, and Psi = cos phi is allowed by Psi <= cos phi",
        )
    expect(bool(reached) == expected, you=reached, expected=expected, because=because, what="reached")


@graded(
    1,
    "OA = min{E(v) : cos∠(v, x₊) ≥ Ψ} − E*",
    examples=20,
    first=[{"case": case, "seed": 0} for case in (*PARALLEL, placed(150, 20, 1.0))],
    case=any_vectors(),
    seed=strategies.seeds,
)
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
    bayes = ndtr(-case["kappa"] / case["sigma"])
    because = f"of all directions within theta = {np.degrees(theta):.4g}° of x_+ the best has the error {found:.6f}"
    # 2000 steps of at most pi/2000 miss an inner minimum by at most half a step: slope 0, curvature at most 4 * 0.4.
    expect_close(over_alignment, found - bayes, atol=ANY_ANGLE, because=f"{because}; E* = {bayes:.6f}", what="OA")


@graded(1, "OA falls and OF rises with θ = arccos Ψ", examples=12, phi=angles, ratio=moderate)
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
        expect_way(over_alignment, 0.0, phi - theta, ratio, f"OA at theta = {theta:.4g}°")
        expect_way(over_fitting, phi - theta, phi + theta, ratio, f"OF at theta = {theta:.4g}°")


powers = st.sampled_from([-40, -30, -1, 3, 30])
whole_numbers = integers([3, -1, 1], [2, 2, 1], [0, 1, 0], 3, 2)


@graded(
    1,
    "OA, OF (a w⁺, b x₊) = OA, OF (w⁺, x₊) for a, b > 0",
    examples=20,
    first=[{"case": whole_numbers, "power": 3}, {"case": whole_numbers, "power": -40}],
    case=any_vectors(),
    power=powers,
)
def test_lengths_do_not_count(student, case, power):
    """Only directions count: a mean in place of the sum, or a longer predictor, gives the same parts"""
    first = ask(student, case)
    expect_sum(*first[:2], case)
    longer = {"predictor": 2.0**power * case["predictor"], "class_sum": 2.0**-power * case["class_sum"]}
    for name, one, other in zip(("OA", "OF"), first, ask(student, case | longer), strict=False):
        because = f"the predictor was made 2^{power} times as long and x_+ 2^{-power} times, and no angle changed"
        expect_close(other, one, atol=ROUNDING, because=because, what=name)
