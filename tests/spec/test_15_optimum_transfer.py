"""Specification of exercise 15: the scaling law of the optimum, with an interval that means what it says."""

import hypothesis
import numpy as np
from hypothesis import strategies as st

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_numbers, expect_parts, graded

PARTS = ("exponents", "low", "high", "agrees")
# Double precision on designs whose normal equations have condition number below 1e4; float32 would be off by 1e-4.
EXACT = {"rtol": 1e-7, "atol": 1e-8}


SIZES = np.array([8.0, 16.0, 24.0, 48.0, 64.0, 128.0])


def spread_out(n, h, worst):
    """Whether both exponents can be told apart: condition number of the covariance of (log n, log h)."""
    covariance = np.cov(np.log([n, h]))
    return covariance.diagonal().min() > 0.05 and np.linalg.cond(covariance) < worst


@st.composite
def sweeps(draw, noise=None, n_sweeps=18, n_resamples=60):
    """Sweeps over sizes that form no balanced grid, with optima near a power law."""
    rng = np.random.default_rng(draw(strategies.seeds))
    n = h = np.ones(n_sweeps)
    while not spread_out(n, h, worst=6):
        n, h = rng.choice(SIZES, (2, n_sweeps))
    (p, q), claimed = rng.uniform(-2, 2, (2, 2)).round(2)  # somebody's claim, which gives nothing away
    noise = draw(st.sampled_from([0.1, 0.4])) if noise is None else noise
    optimum = draw(st.sampled_from([1.0, 0.01, 30.0])) * n**p * h**q * np.exp(noise * rng.standard_normal(n.size))
    resamples = []
    while len(resamples) < n_resamples:
        rows = rng.integers(n.size, size=n.size)
        if spread_out(n[rows], h[rows], worst=100):
            resamples.append(rows)
    case = {"n": n, "h": h, "optimum": optimum, "resamples": np.array(resamples), "claimed": claimed}
    return case, np.array([p, q])


def fit(case, rows):
    """The oracle, (..., 2) for rows (..., m): centre, then solve for the two slopes by elimination."""
    a, b, c = (np.log(case[name])[rows] for name in ("n", "h", "optimum"))
    a, b, c = (column - column.mean(-1, keepdims=True) for column in (a, b, c))
    slope = lambda x, y: (x * y).sum(-1, keepdims=True) / (x * x).sum(-1, keepdims=True)  # noqa: E731
    q = slope(b - a * slope(a, b), c)
    return np.concatenate([slope(a, c - q * b), q], axis=-1)


def interval(case):
    """Both ends of the right interval, (2, 2)."""
    return np.percentile(fit(case, case["resamples"]), [2.5, 97.5], axis=0)


def answer(student, case, **changes):
    parts = expect_parts(student.optimum_transfer(**{**case, **changes}), PARTS)
    return [expect_numbers(part, (2,), what=name) for part, name in zip(parts, PARTS, strict=True)]


@graded(1, "c* = A n^p h^q exactly  =>  fit = (p, q), low = high = (p, q)", drawn=sweeps(noise=0.0))
def test_recovers_a_power_law(student, drawn):
    """From optima that follow a power law exactly, the fit recovers its exponents, with intervals of no width"""
    case, truth = drawn
    exponents, low, high, _ = answer(student, case)
    because = "the optima are A n^p h^q without noise"
    expect_close(exponents, truth, because=because, what="exponents", **EXACT)
    expect_close(low, truth, because=because, what="low", **EXACT)
    expect_close(high, truth, because=because, what="high", **EXACT)


@graded(1, "sum r = sum r log n = sum r log h = 0 for the residuals r", drawn=sweeps())
def test_least_squares(student, drawn):
    """The exponents are those of least squares on logarithms, with both sizes fitted together"""
    case, _ = drawn
    exponents = answer(student, case)[0]
    everything = np.arange(case["n"].size)
    expect_close(exponents, fit(case, everything), because="these make the squares least", what="exponents", **EXACT)


@graded(1, "[low, high] = 2.5 and 97.5 percentiles over b", drawn=sweeps(), examples=20)
def test_bootstrap_percentiles(student, drawn):
    """The interval runs from the 2.5 to the 97.5 percentile of the fits to the resampled sweeps"""
    case, _ = drawn
    _, low, high, _ = answer(student, case)
    expected = interval(case)
    because = "every row of resamples gives one fit"
    expect_close(low, expected[0], because=because, what="low", **EXACT)
    expect_close(high, expected[1], because=because, what="high", **EXACT)


@graded(1, "c* -> b/c*  =>  (p, q) -> (-p, -q), [low, high] -> [-high, -low]", drawn=sweeps(), examples=20)
def test_units_do_not_matter(student, drawn):
    """Measuring sizes in other units changes nothing, and the law of 1/c* has the opposite exponents"""
    case, _ = drawn
    exponents, low, high, _ = answer(student, case)
    expected = fit(case, np.arange(case["n"].size))
    expect_close(exponents, expected, because="these make the squares least", what="exponents", **EXACT)
    fits = fit(case, case["resamples"])
    inside = np.mean((low <= fits) & (fits <= high), axis=0)
    expect(
        ((inside >= 0.5) & (inside < 1)).all(),
        you=inside, expected="most of them, not all", because="2.5% lie on either side of it",
        what="share of the bootstrap fits within the interval",
    )  # fmt: skip
    changed = {"n": case["n"] * 10, "h": case["h"] / 4, "optimum": 3 / case["optimum"]}
    inverse, inverse_low, inverse_high, _ = answer(student, case, **changed)
    because = "logarithms turn a unit into a constant, and 1/c* into -log c*"
    expect_close(inverse, -exponents, because=because, what="exponents of 1/c*", **EXACT)
    expect_close(inverse_low, -high, because=because, what="low of 1/c*", **EXACT)
    expect_close(inverse_high, -low, because=because, what="high of 1/c*", **EXACT)


@graded(1, "agrees = 1[low <= claimed <= high]", drawn=sweeps(), examples=20, where=st.sampled_from(["in", "out"]))
def test_compares_with_the_claim(student, drawn, where):
    """A claimed exponent agrees exactly when it lies inside its interval"""
    case, _ = drawn
    low, high = interval(case)
    middle, width = (low + high) / 2, high - low
    inside, outside = middle + 0.4 * width, middle + 0.6 * width * np.array([1, -1])
    for first, second in (
        ((inside, outside), (outside, inside)) if where == "in" else ((outside, outside), (inside, inside))
    ):
        claimed = np.array([first[0], second[1]])
        agrees = answer(student, case, claimed=claimed)[3]
        expected = ((low <= claimed) & (claimed <= high)).astype(float)
        because = f"the intervals are {low.round(3)} to {high.round(3)} and the claim is {claimed.round(3)}"
        expect_close(agrees, expected, because=because, what="agrees")


@graded(1, "P(low <= p <= high) = 0.95, roughly", examples=2, seed=strategies.seeds)
def test_covers_the_truth(student, seed):
    """In most of many repetitions of the experiment the interval holds the true exponent, and in some it does not"""
    # A width that suits a noise level is wrong at the other; nobody tells the student the true exponents.
    rng, repetitions, levels = np.random.default_rng(seed), 40, (0.1, 0.9)
    covered, known = np.zeros((2, len(levels), 2))
    truth = rng.uniform(-2, 2, 2)
    n, h = (np.repeat(sizes, 6).astype(float) for sizes in ([8, 16, 32, 64, 128, 8], [16, 64, 32, 128, 16, 256]))
    for level in np.repeat(range(len(levels)), repetitions):
        noise = np.exp(levels[level] * rng.standard_normal(n.size))
        resamples = rng.integers(n.size, size=(60, n.size))
        case = {"n": n, "h": h, "optimum": n ** truth[0] * h ** truth[1] * noise, "resamples": resamples}
        case["claimed"] = rng.uniform(-2, 2, 2)
        _, low, high, _ = answer(student, case)
        covered[level] += (low <= truth) & (truth <= high)
        right_low, right_high = interval(case)
        known[level] += (right_low <= truth) & (truth <= right_high)
    # 36 sweeps and 60 resamples cover about 90%; over 40 repetitions one standard error is 5%, so 70% is four off. In
    # one of a thousand experiments even the right intervals cover less: it speaks about nobody.
    enough = lambda counts: (counts >= 0.7 * repetitions).all() and (counts.sum(1) < 2 * repetitions).all()  # noqa: E731
    hypothesis.assume(enough(known))
    holds = enough(covered)
    expected = f"each of p and q in at least {0.7 * repetitions:.0f} of {repetitions}, and not always"
    because = f"a 95% interval is right about 19 times in 20, with noise of {levels[0]} as with {levels[1]}"
    expect(holds, you=covered, expected=expected, because=because, what="covered")
