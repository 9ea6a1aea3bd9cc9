"""Specification of exercise 15: the scaling law of the optimum, with an interval that means what it says.

Nothing here fits a law. Answers are compared with the law that the optima were made from, with what least squares
leaves of the logarithms, and with each other: a mistake in the fit is no mistake in the interval around it.
"""

import numpy as np
from hypothesis import strategies as st

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_numbers, expect_parts, graded

PARTS = ("exponents", "low", "high", "agrees")
# Double precision on designs whose normal equations have condition number below 1e4; float32 would be off by 1e-4.
EXACT = {"rtol": 1e-7, "atol": 1e-8}

SIZES = np.array([8, 16, 24, 48, 64, 128])

LESSON = {
    "n": np.array([100, 100, 100, 400]),
    "h": np.array([16, 64, 256, 64]),
    "optimum": np.array([1 / 8, 1 / 16, 1 / 32, 1 / 64]),
    "resamples": np.array([[0, 1, 2, 3], [3, 2, 2, 0], [1, 0, 3, 1]]),
    "claimed": np.array([-2, -1]),
}
"""The lesson's example by hand, in whole numbers as it gives them."""


def spread_out(n, h, worst):
    """Whether both exponents can be told apart: condition number of the covariance of (log n, log h)."""
    a, b = (np.log(sizes) - np.log(sizes).mean() for sizes in (n, h))
    (p, q, r), m = (a @ a, b @ b, a @ b), len(n) - 1
    middle, apart = (p + q) / 2, np.hypot((p - q) / 2, r)  # the eigenvalues are middle - apart and middle + apart
    return bool(min(p, q) > 0.05 * m and middle + apart < worst * (middle - apart))


@st.composite
def sweeps(draw, noise=(0.1, 0.4), sizes=(5, 11, 18), n_resamples=(1, 3, 20, 41)):
    """Sweeps over sizes, whole numbers or floats, that form no balanced grid, with optima near a power law."""
    rng = np.random.default_rng(draw(strategies.seeds))
    n_sweeps, n_fits = draw(strategies.any_of(*sizes)), draw(strategies.any_of(*n_resamples))
    n = h = np.ones(n_sweeps)
    while not spread_out(n, h, worst=6):
        n, h = rng.choice(SIZES, (2, n_sweeps)).astype(draw(strategies.any_of(np.int64, np.float64)))
    (p, q), claimed = rng.uniform(-2, 2, (2, 2)).round(2)  # a claim that gives nothing away
    scatter = np.exp(draw(strategies.any_of(*noise)) * rng.standard_normal(n_sweeps))
    resamples = []
    while len(resamples) < n_fits:
        rows = rng.integers(n_sweeps, size=n_sweeps)
        if spread_out(n[rows], h[rows], worst=100):
            resamples.append(rows)
    optimum = draw(strategies.any_of(1.0, 0.01, 30.0)) * n**p * h**q * scatter
    case = {"n": n, "h": h, "optimum": optimum, "resamples": np.array(resamples), "claimed": claimed}
    return case, np.array([p, q])


def answer(student, case, **changes):
    parts = expect_parts(student.optimum_transfer(**{**case, **changes}), PARTS)
    return [expect_numbers(part, (2,), what=name) for part, name in zip(parts, PARTS, strict=True)]


def own_fits(student, case):
    """The student's exponents of every resample, (B, 2), each from a call of its own with the rows drawn already."""
    fits = []
    for rows in case["resamples"]:
        drawn = {name: case[name][rows] for name in ("n", "h", "optimum")}
        fits.append(answer(student, case, **drawn, resamples=np.arange(rows.size)[None])[0])
    return np.array(fits)


exact = sweeps(noise=[0.0])
# Of five sweeps there are so few different resamples that many fits are equal.
noisy = sweeps(sizes=[11, 18], n_resamples=[20, 41])


@graded(
    1, "c* = A n^p h^q exactly  =>  fit = (p, q), low = high = (p, q)", examples=20,
    first=[{"drawn": (LESSON, np.array([-1, -0.5]))}], drawn=exact,
)  # fmt: skip
def test_recovers_a_power_law(student, drawn):
    """From optima that follow a power law exactly, the fit recovers its exponents, with intervals of no width"""
    case, truth = drawn
    exponents, low, high, _ = answer(student, case)
    because = f"the optima are A n^p h^q without noise, p = {truth[0]:g} and q = {truth[1]:g}"
    expect_close(exponents, truth, because=because, what="exponents", **EXACT)
    because += ", and so is every resample of them"
    expect_close(low, truth, because=because, what="low", **EXACT)
    expect_close(high, truth, because=because, what="high", **EXACT)


@graded(1, "sum r = sum r log n = sum r log h = 0 for the residuals r", examples=20, drawn=sweeps(n_resamples=[1, 3]))
def test_least_squares(student, drawn):
    """The exponents are those of least squares on logarithms, with both sizes fitted together"""
    case, _ = drawn
    p, q = answer(student, case)[0]
    a, b, c = (np.log(case[name]) - np.log(case[name]).mean() for name in ("n", "h", "optimum"))
    residuals = c - p * a - q * b
    slopes = np.array([residuals @ a / (a @ a), residuals @ b / (b @ b)])
    because = f"with p = {p:.4g} and q = {q:.4g} the residuals still rise or fall with log n or log h (their slopes)"
    expect_close(slopes, [0, 0], atol=1e-7, because=because, what="slopes of the residuals")


@graded(
    1,
    "[low, high] = 2.5 and 97.5 percentiles over b",
    drawn=sweeps(sizes=[11, 18], n_resamples=[3, 20, 41]),
    examples=10,
)
def test_bootstrap_percentiles(student, drawn):
    """The interval runs from the 2.5 to the 97.5 percentile of your own fits to the resampled sweeps"""
    case, _ = drawn
    _, low, high, _ = answer(student, case)
    fits = own_fits(student, case)
    expected = np.percentile(fits, [2.5, 97.5], axis=0)
    because = f"your function gave {len(fits)} pairs of exponents for the rows of resamples, one call each"
    expect_close(low, expected[0], because=f"{because}: their 2.5 percentiles", what="low", **EXACT)
    expect_close(high, expected[1], because=f"{because}: their 97.5 percentiles", what="high", **EXACT)
    expect((low < high).all(), you=low, expected=high, because="the optima are noisy, so fits differ", what="low")


@graded(1, "c* -> b/c*  =>  (p, q) -> (-p, -q), [low, high] -> [-high, -low]", drawn=noisy, examples=10)
def test_units_do_not_matter(student, drawn):
    """Measuring sizes in other units changes nothing, and the law of 1/c* has the opposite exponents"""
    case, _ = drawn
    exponents, low, high, _ = answer(student, case)
    changed = {"n": case["n"] * 10, "h": case["h"] / 4, "optimum": 3 / case["optimum"]}
    inverse, inverse_low, inverse_high, _ = answer(student, case, **changed)
    because = "logarithms turn a unit into a constant, and 1/c* into -log c*"
    expect_close(inverse, -exponents, because=because, what="exponents of 1/c*", **EXACT)
    expect_close(inverse_low, -high, because=because, what="low of 1/c*", **EXACT)
    expect_close(inverse_high, -low, because=because, what="high of 1/c*", **EXACT)
    fits = own_fits(student, case)
    inside = np.mean((low <= fits) & (fits <= high), axis=0)
    expect(
        ((inside >= 0.5) & (inside < 1)).all(),
        you=inside, expected="most of them, not all", because="2.5% lie on either side of it",
        what="share of the bootstrap fits within the interval",
    )  # fmt: skip


PLACES = [(0.0, 1.0), (1.0, 0.0), (-1e-3, 0.5), (1e-3, 1 + 1e-3), (1 - 1e-3, -1e-3), (1.5, 1 - 1e-3), (-0.5, 1e-3)]
"""Where the claims for p and q lie: 0 is the lower end of an interval, 1 the upper."""


def placed(place, low, high):
    """The claim at a place of the interval; at an end of it exactly."""
    return low if place == 0 else high if place == 1 else low + place * (high - low)


@graded(1, "agrees = 1[low <= claimed <= high]", drawn=noisy, examples=8)
def test_compares_with_the_claim(student, drawn):
    """A claimed exponent agrees exactly when it lies inside your interval, the ends included"""
    case, _ = drawn
    _, low, high, _ = answer(student, case)
    expect((low < high).all(), you=low, expected=high, because="the optima are noisy, so fits differ", what="low")
    for places in PLACES:
        claimed = np.array([placed(*each) for each in zip(places, low, high, strict=True)])
        _, low_now, high_now, agrees = answer(student, case, claimed=claimed)
        expected = ((low_now <= claimed) & (claimed <= high_now)).astype(float)
        sentences = [
            f"{name} is claimed as {claim:.10g}, and its interval runs from {left:.10g} to {right:.10g}"
            for name, claim, left, right in zip("pq", claimed, low_now, high_now, strict=True)
        ]
        expect_close(agrees, expected, because="; ".join(sentences), what="agrees")


@graded(1, "P(low <= p <= high) = 0.95, roughly", examples=2, seed=strategies.seeds)
def test_covers_the_truth(student, seed):
    """In most repetitions of an experiment the interval holds the true exponent, and it is no wider than that takes"""
    # A width that suits a noise level is wrong at the other; the student is not told the true exponents.
    rng, repetitions, levels = np.random.default_rng(seed), 30, (0.1, 0.9)
    truth = rng.uniform(-2, 2, 2)
    n, h = (np.repeat(sizes, 6) for sizes in ([8, 16, 32, 64, 128, 8], [16, 64, 32, 128, 16, 256]))
    for level in levels:
        fits, covered, widths = [], np.zeros(2), np.zeros(2)
        for _ in range(repetitions):
            optimum = n ** truth[0] * h ** truth[1] * np.exp(level * rng.standard_normal(n.size))
            resamples, claimed = rng.integers(n.size, size=(40, n.size)), rng.uniform(-2, 2, 2)
            exponents, low, high, _ = answer(
                student, {"n": n, "h": h, "optimum": optimum, "resamples": resamples, "claimed": claimed}
            )
            fits.append(exponents)
            covered += (low <= truth) & (truth <= high)
            widths += (high - low) / repetitions
        # 36 sweeps and 40 resamples cover about 87%: of 30 experiments fewer than half would be 6 standard errors off.
        because = f"these are 30 experiments with p = {truth[0]:.3f}, q = {truth[1]:.3f}, noise {level} in log c*"
        enough, expected = (covered >= repetitions / 2).all(), "each of p and q in at least 15 of 30"
        expect(enough, you=covered, expected=expected, because=because, what="true exponent inside")
        # A spread measured by 30 fits is off by 13%, one standard error; the bootstrap's widths are 10% too small.
        ratio = widths / (2 * 1.96 * np.std(fits, axis=0, ddof=1) + 1e-300)
        because += ": the fits' own standard deviation over the experiments says how wide 95% are"
        fits_it = ((ratio > 0.5) & (ratio < 2)).all()
        what = "mean width / (2 · 1.96 · standard deviation of the fits)"
        expect(fits_it, you=ratio, expected="about 1, from 0.5 to 2", because=because, what=what)
