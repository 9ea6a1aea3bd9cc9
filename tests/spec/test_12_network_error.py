"""Specification of exercise 12: the test error of a network, ties included, integrated exactly along the signal."""

import hypothesis
import numpy as np
from hypothesis import strategies as st
from scipy.special import ndtr

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_numbers, graded
from fls_teach.theory import forward

EXACT = 1e-9  # sums of a few cdfs; the roots of f lose some digits where f is nearly flat
CLASSES = (1.0, -1.0)


@st.composite
def networks(draw, neurons=(1, 5), draws=(1, 4), sigmas=(1.0, 0.5, 2.0, 1024.0), flat=False, audible=False):
    """A network, a mixture and orthogonal noise: the six arguments. W and the noise have two decimals, to be read.

    The output weights have all their digits: neurons that cancel each other on paper would leave the sign of f to
    rounding. `flat` adds neurons without a breakpoint, and dead ones; `audible` leaves no point silent.
    """
    rng, d = np.random.default_rng(draw(strategies.seeds)), draw(st.integers(1, 4))
    h, m = draw(st.integers(*neurons)), draw(st.integers(*draws))
    signal = np.eye(d)[0] if flat or draw(st.booleans()) else rng.standard_normal(d)
    signal = signal / np.linalg.norm(signal)
    noise = rng.standard_normal((m, d)).round(2)
    noise[0] *= draw(strategies.any_of(1, 1, 1, 0))  # without noise all breakpoints are at u = 0
    W, v = rng.standard_normal((h, d)).round(2), rng.choice([-1.0, 1.0], h) * (1 + rng.random(h))
    if flat:
        kinds = rng.choice(["flat", "no w", "no v", "twice"], rng.integers(1, 4))
        rows = np.where((kinds == "no w")[:, None], 0.0, rng.standard_normal((len(kinds), d)).round(2))
        rows[kinds == "flat", 0] = 0.0
        rows[kinds == "twice"] = W[0]
        loud = rng.choice([-1.0, 1.0], len(kinds)) * (2 + rng.random(len(kinds)))
        weights = np.where(kinds == "no v", 0.0, np.where(kinds == "twice", 3 * v[0], loud))
        keep = rng.random(h) < draw(strategies.any_of(0.0, 0.5, 1.0))
        W, v = np.vstack([rows, W[keep]]), np.concatenate([weights, v[keep]])
    if audible:
        W, v = np.vstack([W, -W[:1]]), np.append(v, -1.5 * v[0])
    sigma = draw(strategies.any_of(*sigmas))
    noise = noise - np.outer(noise @ signal, signal)
    return {
        "W": W,
        "v": v,
        "signal": signal,
        "kappa": sigma * draw(st.integers(1, 14)) / 4,
        "sigma": sigma,
        "noise": noise,
    }


@st.composite
def linear_networks(draw):
    """Two opposite neurons whose sum has slope 1 along the signal."""
    case = draw(networks(neurons=(1, 1), draws=(1, 1), sigmas=(1.0,)))
    w = case["W"][0] + case["signal"] * (1 - case["W"][0] @ case["signal"])
    return case | {"W": np.array([w, -w]), "v": np.array([1.0, -1.0])}


def whole(W, v):
    """The lesson's example: one dimension, without a decimal point."""
    numbers = {"W": np.array(W), "v": np.array(v), "signal": np.array([1])}
    return {"case": numbers | {"kappa": 1, "sigma": 1, "noise": np.array([[0]])}}


BY_HAND = [whole([[1]], [1]), whole([[1], [-1]], [1, -1])]
# One neuron, whose breakpoint lies at u = -512: a hundred is not infinity.
WIDE = {
    "W": np.array([[1.0, 1.0]]),
    "v": np.array([1.0]),
    "signal": np.array([1.0, 0.0]),
    "noise": np.array([[0.0, 0.5]]),
}
WIDE |= {"kappa": 1024.0, "sigma": 1024.0}
MIXED = whole([[1.5], [-0.5]], [1, -2])  # an array made like one of integers would cut off the fractions
FLAT = [
    # No neuron at all is heard, or none has a breakpoint; at last one that has, beside one that adds a constant.
    {"case": case | {"signal": np.array([1.0, 0.0]), "kappa": 1.0, "sigma": 1.0, "noise": np.array([[0.0, 0.5]])}}
    for case in (
        {"W": np.array([[0.0, 0.0]]), "v": np.array([1.0])},
        {"W": np.array([[1.0, 0.5], [-2.0, 1.0]]), "v": np.array([0.0, 0.0])},
        {"W": np.array([[0.0, 1.0]]), "v": np.array([-1.0])},
        {"W": np.array([[0.0, -1.0], [0.0, -2.0]]), "v": np.array([1.0, 2.0])},
        {"W": np.array([[1.0, 0.5], [0.0, 1.0]]), "v": np.array([0.0, 2.0])},
        {"W": np.array([[1.0, 0.0], [0.0, 1.0]]), "v": np.array([1.0, -1.0])},
    )
]


def along_the_signal(W, v, signal, kappa, sigma, noise):
    """P(y f(x) < 0) and P(f(x) = 0) from what the network answers: a root of a straight piece lies on the chord of two.

    The kinks are known; where else the line is cut does not matter, so it is cut at 0 as well.
    """
    slope, wrong, tied = W @ signal, [], []
    for q in sigma * noise:
        asked = lambda u: forward(np.outer(u, signal) + q, W, v)  # noqa: B023, E731
        kinks = np.sort(np.append(-(W @ q)[slope != 0] / slope[slope != 0], 0.0))
        ends = np.concatenate([kinks[:1] - 3, kinks, kinks[-1:] + 3])  # the outer pieces go on, as straight
        a, b = ends[:-1] + np.diff(ends) / 3, ends[:-1] + 2 * np.diff(ends) / 3
        f, g = asked(a), asked(b)
        roots = np.where(f == g, a, a - f * (b - a) / np.where(f == g, 1.0, g - f))
        roots = np.clip(roots, np.append(-np.inf, kinks), np.append(kinks, np.inf))
        cuts = np.sort(np.append(kinks, roots))
        sign = np.sign(asked(np.concatenate([cuts[:1] - 1, (cuts[:-1] + cuts[1:]) / 2, cuts[-1:] + 1])))
        for y in CLASSES:
            mass = np.diff(ndtr((np.concatenate([[-np.inf], cuts, [np.inf]]) - kappa * y) / sigma))
            wrong.append(mass @ (y * sign < 0))
            tied.append(mass @ (sign == 0))
    return np.mean(wrong), np.mean(tied)


def expect_error(you, case):
    """Compare with `along_the_signal`."""
    wrong, tied = along_the_signal(**case)
    because = f"the wrong sign has the probability {wrong:.6f}, no sign at all {tied:.6f}, of which one half counts"
    expect_close(you, wrong + tied / 2, atol=EXACT, because=because)


anything = st.one_of(networks(), networks(flat=True))


@graded(
    1,
    "P(y f(x) < 0 | q) + 1/2 P(f(x) = 0 | q), mean over q",
    examples=35,
    first=[*BY_HAND, {"case": WIDE}, MIXED],
    case=anything,
)
def test_exact_along_the_signal(student, case):
    """The error is exact along the signal: all kinks and roots are found, not swept over"""
    expect_error(student.network_error(**case), case)


sampled = networks(draws=(100, 200), audible=True)


@graded(1, "P(y f(x) < 0) + 1/2 P(f(x) = 0)", examples=4, case=sampled, seed=strategies.seeds)
def test_agrees_with_monte_carlo(student, case, seed):
    """It is the share of mistakes on test points drawn at random along the given lines"""
    rng, n = np.random.default_rng(seed), 40_000
    you = student.network_error(**case)
    y, q = rng.choice([-1.0, 1.0], n), rng.choice(case["noise"], n)
    u = case["kappa"] * y + case["sigma"] * rng.standard_normal(n)
    answers = np.sign(forward(np.outer(u, case["signal"]) + case["sigma"] * q, case["W"], case["v"]))
    # Six standard errors of a share.
    atol = 6 * 0.5 / np.sqrt(n)
    because = f"of {n:,} points u s + sigma q, q one of your draws, this share was answered wrongly, ± {atol:.3f}"
    expect_close(you, np.mean((1 - y * answers) / 2), atol=atol, because=because)


@graded(
    1,
    "h = 1: the wrong class where active, 1/2 where silent",
    examples=20,
    first=BY_HAND[:1],
    case=networks(neurons=(1, 1), draws=(1, 1), sigmas=(1.0,)),
)
def test_silence_is_half_a_mistake(student, case):
    """Where the only neuron is silent the tie is half a mistake"""
    you = student.network_error(**case)
    w, weight = case["W"][0], np.sign(case["v"][0])
    a, b = w @ case["signal"], case["sigma"] * case["noise"] @ w
    # P(a u + b > 0) with u ~ N(y kappa, sigma^2), for the class that an active neuron gets wrong and the other one.
    active = lambda y: ndtr((y * case["kappa"] * a + b) / (case["sigma"] * abs(a))) if a else b > 0  # noqa: E731
    wrong, right = active(-weight), active(weight)
    expected = np.mean(wrong / 2 + (1 - wrong) / 4 + (1 - right) / 4)
    because = (
        f"active, the neuron says {weight:+.0f}: wrongly on {np.mean(wrong):.4f} of the class {-weight:+.0f}, "
        f"rightly on {np.mean(right):.4f} of the class {weight:+.0f}; elsewhere it ties"
    )
    expect_close(you, expected, atol=EXACT, because=because)


@graded(
    1,
    "f(x) = <w, x>: (Phi((r - kappa)/sigma) + Phi((-r - kappa)/sigma))/2",
    examples=20,
    first=BY_HAND[1:],
    case=linear_networks(),
)
def test_linear_network(student, case):
    """Two opposite neurons are linear, and err by two Gaussian tails"""
    kappa, sigma = case["kappa"], case["sigma"]
    you = student.network_error(**case)
    r = -sigma * case["noise"] @ case["W"][0]  # where <w, x> = 0
    expected = np.mean(ndtr((r - kappa) / sigma) + ndtr((-r - kappa) / sigma)) / 2
    because = f"f changes sign at u = {r[0]:.4g} only: two tails of two Gaussians"
    expect_close(you, expected, atol=EXACT, because=because)


@graded(
    1,
    "<w_j, s> = 0: active or silent along the whole line",
    first=FLAT,
    examples=25,
    case=networks(draws=(1, 1), sigmas=(1.0,), flat=True),
)
def test_flat_and_dead_neurons(student, case):
    """A neuron orthogonal to the signal counts, a dead one does not, and no neuron at all is a tie"""
    expect_error(student.network_error(**case), case)


@graded(
    1,
    "f -> a f, a > 0: the same error; f -> -f: 1 - error",
    examples=20,
    case=networks(draws=(1, 1), sigmas=(1.0,), audible=True),
    power=st.integers(4, 45),
)
def test_only_the_sign_counts(student, case, power):
    """Only the sign of the output counts, however small the output"""
    wrong, tied = along_the_signal(**case)
    hypothesis.assume(abs(wrong + tied / 2 - 0.5) > 1e-2)
    you = expect_numbers(student.network_error(**case), ())
    opposite = expect_numbers(student.network_error(**case | {"v": -case["v"]}), (), what="-f")
    expect_close(opposite, 1 - you, atol=EXACT, because="every answer is reversed", what="-f")
    because = f"one of f and -f errs more often than the other, by {abs(1 - 2 * wrong - tied):.4f}"
    expect(
        abs(you - opposite) > 1e-6,
        you=(float(you), float(opposite)),
        expected="two numbers",
        because=because,
        what="f and -f",
    )
    for factor in (2.0**-power, 2.0**power):
        scaled = student.network_error(**case | {"W": case["W"] * factor, "v": case["v"] * factor})
        because = f"both layers were multiplied by {factor:.3g}, which changes no sign; nothing is too small to answer"
        expect_close(scaled, you, atol=EXACT, because=because, what="scaled network")


@graded(1, "error(q_1 … q_m) = (1/m) sum_k error(q_k)", examples=12, case=networks(draws=(2, 5), audible=True))
def test_mean_over_draws(student, case):
    """Every draw is judged by itself, and they are equally likely"""
    alone = [case | {"noise": q[None]} for q in case["noise"]]
    right = [np.dot(along_the_signal(**one), [1, 0.5]) for one in alone]
    hypothesis.assume(np.ptp(right) > 1e-3)
    each = [student.network_error(**one) for one in alone]
    for error in each:
        because = "it is a probability"
        expect_close(error, np.clip(error, 0, 1), atol=EXACT, because=because, what="one draw")
    because = f"the network errs on one of these lines more often than on another, by {np.ptp(right):.4f}"
    expect(np.ptp(each) > 0, you=each, expected="different numbers", because=because, what="draws judged alone")
    because = "judged alone, the draws have the errors " + ", ".join(f"{float(e):.6g}" for e in each)
    expect_close(student.network_error(**case), np.mean(each), atol=EXACT, because=because, what="all draws")
