"""Specification of exercise 12: the test error of a network, ties included, integrated exactly along the signal."""

import numpy as np
from hypothesis import strategies as st
from scipy.special import ndtr

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, graded
from fls_teach.theory import forward

EXACT = 1e-9  # sums of a few cdfs; the roots of f lose some digits where f is nearly flat
SWEPT = 3e-4  # where the subject is another, a sweep over some ten thousand points along the signal is forgiven
CLASSES = (1.0, -1.0)


@st.composite
def judged_networks(draw, max_features=4, max_neurons=5, max_draws=4):
    """A network, a mixture and orthogonal noise: the six arguments. Two decimals, so that they can be read.

    Hundredths from a generator, not quarters: two neurons that cancel each other exactly on paper would leave the
    sign of f to rounding.
    """
    d, h = draw(st.integers(2, max_features)), draw(st.integers(1, max_neurons))
    m, rng = draw(st.integers(1, max_draws)), np.random.default_rng(draw(strategies.seeds))
    signal = np.eye(d)[0] if draw(st.booleans()) else rng.standard_normal(d)
    signal = signal / np.linalg.norm(signal)
    noise = rng.standard_normal((m, d)).round(2)
    sigma = draw(st.sampled_from([1.0, 0.5, 2.0]))
    return {
        "W": rng.standard_normal((h, d)).round(2),
        "v": rng.choice([-1.0, 1.0], h) * (1 + rng.random(h)).round(2),
        "signal": signal,
        "kappa": sigma * draw(st.integers(1, 8)) / 4,
        "sigma": sigma,
        "noise": noise - np.outer(noise @ signal, signal),
    }


def along_the_signal(W, v, signal, kappa, sigma, noise):
    """The same probability from what the network answers: a root of a straight piece lies on the chord of two answers.

    The kinks are known; where else the line is cut does not matter, so it is cut at 0 as well.
    """
    slope, errors = W @ signal, []
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
            errors.append(mass @ (1 - y * sign) / 2)
    return np.mean(errors)


def expect_error(you, case, because, atol=SWEPT):
    """Compare with `along_the_signal`."""
    return expect_close(you, along_the_signal(**case), atol=atol, because=because)


@graded(2, "P(y f(x) < 0 | q) + 1/2 P(f(x) = 0 | q), mean over q", examples=40, case=judged_networks())
def test_exact_along_the_signal(student, case):
    """The error is exact along the signal: all kinks and roots are found, not swept over"""
    because = "this is the mass with the wrong sign between kinks and roots, and half of that without any"
    expect_error(student.network_error(**case), case, because, atol=EXACT)


@graded(1, "P(y f(x) < 0) + 1/2 P(f(x) = 0)", examples=5, case=judged_networks(max_draws=1), seed=strategies.seeds)
def test_agrees_with_monte_carlo(student, case, seed):
    """With many draws q it is the share of mistakes on fresh test data"""
    rng, m, n = np.random.default_rng(seed), 200, 40_000
    signal = case["signal"]
    orthogonal = rng.standard_normal((m, signal.size))
    case = case | {"noise": orthogonal - np.outer(orthogonal @ signal, signal)}
    you = student.network_error(**case)
    y = rng.choice([-1.0, 1.0], n)
    x = case["kappa"] * y[:, None] * signal + case["sigma"] * rng.standard_normal((n, signal.size))
    mistakes = np.mean((1 - y * np.sign(forward(x, case["W"], case["v"]))) / 2)
    # Six standard errors of both sides: each draw's share lies in [0, 1], so its deviation is at most 1/2.
    atol = 6 * 0.5 * np.hypot(1 / np.sqrt(n), 1 / np.sqrt(m))
    expect_close(you, mistakes, atol=atol, because=f"this share of {n:,} plain draws was wrong; {m} draws q")
    expect_error(you, case, "and this share along the signal")


@graded(1, "h = 1: the wrong class where active, 1/2 where silent", case=judged_networks(max_neurons=1))
def test_silence_is_half_a_mistake(student, case):
    """Where the only neuron is silent the tie is half a mistake"""
    you = student.network_error(**case)
    w, weight = case["W"][0], np.sign(case["v"][0])
    a, b = w @ case["signal"], case["sigma"] * case["noise"] @ w
    # P(a u + b > 0) with u ~ N(y kappa, sigma^2), for the class that an active neuron gets wrong and the other one.
    active = lambda y: ndtr((y * case["kappa"] * a + b) / (case["sigma"] * abs(a))) if a else b > 0  # noqa: E731
    wrong, right = active(-weight), active(weight)
    expected = np.mean(wrong / 2 + (1 - wrong) / 4 + (1 - right) / 4)
    because = "an active neuron gives one answer, wrong for one class; a silent one ties"
    expect_close(you, expected, atol=EXACT, because=because)


@graded(1, "f(x) = <w, x>: (Phi((r - kappa)/sigma) + Phi((-r - kappa)/sigma))/2", case=judged_networks())
def test_linear_network(student, case):
    """Two opposite neurons are linear, and err by two Gaussian tails"""
    w, kappa, sigma = case["W"][0], case["kappa"], case["sigma"]
    w = w + case["signal"] * (1 - w @ case["signal"])  # slope 1 along the signal
    you = student.network_error(**case | {"W": np.array([w, -w]), "v": np.array([1.0, -1.0])})
    r = -sigma * case["noise"] @ w  # where <w, x> = 0, for each draw
    expected = np.mean(ndtr((r - kappa) / sigma) + ndtr((-r - kappa) / sigma)) / 2
    expect_close(you, expected, atol=EXACT, because="f changes sign at u = r only: two tails of two Gaussians")


@graded(1, "<w_j, s> = 0: active or silent along the whole line", case=judged_networks(), seed=strategies.seeds)
def test_flat_and_dead_neurons(student, case, seed):
    """A neuron orthogonal to the signal counts, a dead one does not"""
    rng = np.random.default_rng(seed)
    d = case["W"].shape[1]
    rows = rng.standard_normal((3, d)).round(2)
    rows[:2, 0] = rows[1] = 0.0  # orthogonal to e_1, and zero
    case = case | {"signal": np.eye(d)[0], "noise": case["noise"].round(2) * (np.arange(d) > 0)}
    alive = case | {"W": np.vstack([case["W"], rows[0]]), "v": np.append(case["v"], rng.choice([-2.5, 2.5]))}
    you = student.network_error(**alive)
    expect_error(you, alive, "the flat neuron adds a constant wherever the noise activates it")
    dead = alive | {"W": np.vstack([rows[1:], alive["W"]]), "v": np.concatenate([[1.5, 0.0], alive["v"]])}
    with_dead = student.network_error(**dead)
    because = "only neurons with w_j = 0 or v_j = 0 were added"
    expect_close(with_dead, you, atol=EXACT, because=because, what="with dead neurons")


@graded(1, "f -> a f, a > 0: the same error; f -> -f: 1 - error", case=judged_networks(), power=st.integers(4, 40))
def test_only_the_sign_counts(student, case, power):
    """Only the sign of the output counts, however small the output"""
    you = student.network_error(**case)
    expect_error(you, case, "the unscaled network is wrong as often")
    small = student.network_error(**case | {"W": case["W"] * 2.0**-power, "v": case["v"] * 2.0**-power})
    because = f"both layers were scaled by 2^-{power}, which changes no sign; nothing is too small to answer"
    expect_close(small, you, atol=EXACT, because=because, what="scaled network")
    opposite = student.network_error(**case | {"v": -case["v"]})
    expect_close(opposite, 1 - you, atol=EXACT, because="every answer is reversed, and a tie stays a tie", what="-f")


@graded(1, "error(q_1 … q_m) = (1/m) sum_k error(q_k)", examples=15, case=judged_networks(max_draws=4))
def test_mean_over_draws(student, case):
    """Every draw is judged by itself, and the arguments stay as they were"""
    each = [student.network_error(**case | {"noise": q[None]}) for q in case["noise"]]
    expect(
        not any(call.outcome.mutated for call in student.calls),
        you="an argument was changed in place", expected="arguments as they were",
        because="whoever calls twice with the same noise must get the same error twice",
    )  # fmt: skip
    you = student.network_error(**case)
    expect_error(you, case, "this much along the signal is wrong")
    for error in each:
        expect_close(error, np.clip(error, 0, 1), atol=EXACT, because="it is a probability", what="one draw")
    expect_close(you, np.mean(each), atol=EXACT, because="the draws are equally likely")
