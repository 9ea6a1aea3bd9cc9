"""Specification of exercise 17: remove the cause, and see whether the effect goes."""

import functools

import hypothesis
import numpy as np
from hypothesis import strategies as st
from scipy.special import stdtrit

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_numbers, expect_parts, graded
from fls_teach.theory import GaussianMixture, balanced_init, gradient_flow

EXACT = 1e-12  # counts over a few dozen points
ROUNDING = 1e-9  # differences of errors below 100, and a quantile to nine digits
BRANCHES = "left", "right"


# ---- twins


@st.composite
def starts(draw):
    """A first layer and output signs, no two sizes alike, in every mixture of signs."""
    rng, (h, d) = np.random.default_rng(draw(strategies.seeds)), draw(strategies.any_of((1, 3), (3, 2), (5, 4), (4, 6)))
    signs = draw(st.lists(st.sampled_from([-1.0, 1.0]), min_size=h, max_size=h))
    return {"W": 2.0 ** draw(strategies.any_of(-40, 0, 6)) * rng.standard_normal((h, d)), "signs": np.array(signs)}


def expect_twins(student, W, signs):
    """The student's twins of a start, which have to be its neurons, each once with either sign."""
    parts = expect_parts(student.twins(W=W, signs=signs), ("W", "signs"), what="twins")
    h, d = W.shape
    W2 = expect_numbers(parts[0], (2 * h, d), because=f"{h} neurons and {h} copies, in {d} dimensions", what="W")
    signs2 = expect_numbers(parts[1], (2 * h,), because=f"{h} signs and their {h} opposites", what="signs")
    rows = lambda W, signs: np.array(sorted(map(tuple, np.column_stack([W, signs]))))  # noqa: E731
    wanted = rows(np.vstack([W, W]), np.concatenate([signs, -signs]))
    because = "each neuron stays as it is, once with its own output sign and once with the opposite one"
    expect_close(rows(W2, signs2), wanted, rtol=1e-6, because=because, what="neurons with their signs, sorted")
    return W2, signs2


@graded(
    1,
    "f(x) = 0 for every x, with every w_j kept",
    examples=20,
    first=[{"start": {"W": np.array([[3.0, 4.0], [0.0, -2.0]]), "signs": np.array([1.0, -1.0])}, "seed": 0}],
    start=starts(),
    seed=strategies.seeds,
)
def test_twins(student, start, seed):
    """Twins keep every neuron and start from f = 0"""
    W, signs = expect_twins(student, **start)
    X = np.random.default_rng(seed).standard_normal((7, W.shape[1]))
    outputs = np.maximum(X @ W.T, 0) @ (signs * np.linalg.norm(W, axis=1))
    scale = np.abs(W).sum() ** 2 * np.abs(X).sum()
    because = "each pair adds v_j max(<w_j, x>, 0) and takes it away again"
    expect_close(outputs, np.zeros(7), atol=1e-6 * scale, because=because, what="f at seven points")


# ---- two errors of a network


@st.composite
def silent_networks(draw):
    """Arguments of `error_rates`: many points are silent, some are decided by neurons that cancel."""
    rng = np.random.default_rng(draw(strategies.seeds))
    m, d, h = draw(strategies.any_of((23, 2, 3), (31, 4, 5), (17, 3, 1)))
    W, v = rng.standard_normal((h, d)), rng.standard_normal(h)
    if draw(st.booleans()):  # the last neuron is active where the first is not, and adds 0: f = 0 without silence
        W[-1:], v[-1:] = -W[:1], 0.0
    y = np.where(rng.random(m) < 0.7, 1.0, -1.0)
    X = rng.standard_normal((m, d))
    X[: m // 2] *= -np.sign(X[: m // 2] @ W[0])[:, None]  # not seen by the first neuron
    return {"X": X, "y": y, "W": 2.0 ** draw(strategies.any_of(-40, 0, 3)) * W, "v": v}


def counted(outputs, y):
    """The error of outputs, point by point."""
    wrong = sum(1.0 if a * b < 0 else 0.5 if b == 0 else 0.0 for a, b in zip(y, outputs, strict=True))
    return wrong / len(y)


def outputs_of(X, y, W, v):
    """f, its linear predictor, and which points are silent, point by point."""
    active = [[max(float(w @ x), 0.0) for w in W] for x in X]
    f = np.array([sum(a * z for a, z in zip(v, row, strict=True)) for row in active])
    linear = np.array([sum(a * float(w @ x) for a, w in zip(v, W, strict=True)) for x in X])
    return f, linear, np.array([not any(row) for row in active])


WEDGE = {
    "X": np.array([[2.0, 1.0], [-1.0, 1.0], [-1.0, -3.0], [0.0, -1.0], [-2.0, -1.0]]),
    "y": np.array([1.0, 1.0, 1.0, 1.0, -1.0]),
    "W": np.array([[1.0, 0.0], [0.0, 1.0]]),
    "v": np.array([1.0, -1.0]),
}
"""The lesson's network by hand."""


def ask_rates(student, case):
    """Both error rates."""
    names = "network", "answered"
    parts = expect_parts(student.error_rates(**case), names, what="error_rates")
    return [float(expect_numbers(part, (), what=name)) for part, name in zip(parts, names, strict=True)]


@graded(1, "P(y f < 0) + P(f = 0) / 2", examples=20, first=[{"case": WEDGE}], case=silent_networks())
def test_network_error(student, case):
    """A point where the network is silent counts one half"""
    f, *_ = outputs_of(**case)
    wrong, without = (case["y"] * f < 0).sum(), (f == 0).sum()
    because = f"of {len(f)} points {wrong} are wrong, and {without} have f = 0 and count 1/2 each"
    expect_close(ask_rates(student, case)[0], counted(f, case["y"]), atol=EXACT, because=because, what="network")


@graded(1, "silent points answered by sum_j v_j <w_j, x>", examples=20, first=[{"case": WEDGE}], case=silent_networks())
def test_answered_error(student, case):
    """Silent points are answered by the linear predictor, all others as before"""
    f, linear, silent = outputs_of(**case)
    wanted = counted(np.where(silent, linear, f), case["y"])
    because = f"{silent.sum()} of {len(f)} points are silent; only these are answered by sum_j v_j <w_j, x>"
    expect_close(ask_rates(student, case)[1], wanted, atol=EXACT, because=because, what="answered")


# ---- differences of differences


@st.composite
def pairs(draw):
    """Errors (K, 2) of seeds whose luck is shared by both columns and by both tables; whole numbers of percent."""
    rng, K = np.random.default_rng(draw(strategies.seeds)), draw(st.integers(3, 9))
    luck = rng.integers(0, 40, (K, 1))
    rises = draw(st.integers(0, 12)), draw(st.integers(-3, 12))
    plain, control = (luck + rng.integers(0, 9, (K, 2)) + [0, rise] for rise in rises)
    hypothesis.assume(np.ptp(np.diff(plain - control)))  # of equal numbers scipy.stats.ttest_1samp warns
    return {"plain": plain / 100, "control": control / 100}


def between(numbers):
    """Mean and 95% interval; the variance is half the mean square of the difference of two of the numbers."""
    n, mean = len(numbers), np.mean(numbers)
    squares = np.subtract.outer(numbers, numbers) ** 2
    half = stdtrit(n - 1, 0.975) * np.sqrt(squares.sum() / (2 * n * (n - 1)) / n)
    return mean, mean - half, mean + half


BY_HAND = {
    "plain": np.array([[2, 8], [4, 9], [3, 10]]),
    "control": np.array([[2, 3], [5, 6], [2, 2]]),
}
"""The lesson's table, in percent."""


@graded(
    1,
    "mean and interval of (e(end) − e(best)) − (e′(end) − e′(best))",
    examples=20,
    first=[{"case": BY_HAND}],
    case=pairs(),
)
def test_rise_removed(student, case):
    """Both differences are taken seed by seed, and the interval is of what is left of them"""
    names = ("mean", "low", "high")
    parts = expect_parts(student.rise_removed(**case), names, what="rise_removed")
    worse = np.diff(case["plain"])[:, 0] - np.diff(case["control"])[:, 0]
    because = f"the differences of differences are {np.round(worse, 4).tolist()}; Student's t for {len(worse)} seeds"
    for part, wanted, name in zip(parts, between(worse), names, strict=True):
        expect_close(part, wanted, atol=ROUNDING * (1 + np.abs(worse).max()), because=because, what=name)


# ---- causes


def removed(plain, control, best, end):
    """Rise of one branch of one curve, less that of the other, seed by seed."""
    return plain[:, end] - plain[:, best] - control[:, end] + control[:, best]


def branches(plain, controls, best):
    """For each branch its rise and what every control removes of it, as (mean, low, high)."""
    for branch, end in zip(BRANCHES, (0, plain.shape[1] - 1), strict=True):
        worse = {name: between(removed(plain, errors, best, end)) for name, errors in controls.items()}
        yield branch, between(plain[:, end] - plain[:, best]), worse


def verdict(plain, controls, best):
    """The causes of each branch, sorted, and whether nothing is near a limit."""
    found, clear = {}, True
    for branch, (rise, low, _), worse in branches(plain, controls, best):
        half = {name for name, (mean, start, _) in worse.items() if mean >= rise / 2 and start > 0}
        found[branch] = sorted(half) if low > 0 else []
        # All differences of a control may be exactly 0: its interval is then no question of rounding.
        limits = [low, *(start for mean, start, _ in worse.values() if mean or start)]
        clear &= all(abs(limit) > 1e-6 for limit in limits)
    return found, clear


def expect_causes(student, case, expected, because):
    """The student's dict of two lists, in any order."""
    answer = student.causes(**case)
    expect(
        isinstance(answer, dict) and set(answer) == set(BRANCHES),
        you=answer, expected='a dict with the keys "left" and "right"', because="the docstring says so", what="causes",
    )  # fmt: skip
    for branch in BRANCHES:
        names = answer[branch]
        expect(
            isinstance(names, (list, tuple)) and sorted(map(str, names)) == expected[branch],
            you=names, expected=expected[branch], because=because(branch), what=f'causes(...)["{branch}"]',
        )  # fmt: skip


def shares(case):
    """Half-sentence for a card: the rise of a branch, and how much of it each control takes away."""
    told = {}
    for branch, rise, worse in branches(**case):
        parts = {"the rise is": rise} | {f"'{name}' removes": of_it for name, of_it in worse.items()}
        told[branch] = ", ".join(
            f"{what} {mean:.4g} [{low:.4g}, {high:.4g}]" for what, (mean, low, high) in parts.items()
        )
    return told.get


@st.composite
def suspected(draw):
    """Tables in 1/64 with three controls, each of which takes a share of either branch, from more than none to all."""
    rng, K, a = np.random.default_rng(draw(strategies.seeds)), draw(st.integers(4, 8)), draw(st.integers(3, 5))
    best = draw(st.integers(1, a - 2))
    luck, rises = rng.integers(0, 64, (K, 1)), np.zeros(a)
    rises[0], rises[-1] = draw(strategies.any_of(0, 4, 24)), draw(strategies.any_of(0, 4, 24))
    noise = lambda: rng.integers(-2, 3, (K, a))  # noqa: E731
    plain, controls = luck + rises + noise(), {}
    for name in draw(st.permutations(["silence", "start", "width"])):
        left, right = (draw(strategies.any_of(-0.5, 0.0, 0.25, 0.75, 1.0)) for _ in range(2))
        # A control may be better or worse at every alpha: that says nothing about the rise.
        shift = draw(strategies.any_of(-16, 0, 16))
        controls[name] = (luck + noise() + rises * np.r_[1 - left, np.ones(a - 2), 1 - right] + shift) / 64
    return {"plain": plain / 64, "controls": controls, "best": best}


def exactly(left, right):
    """Four seeds whose left and right rises are 8/64 on average, of which a control removes so many 64ths each."""
    jitter = np.array([-1, 0, 0, 1])
    plain, control = np.zeros((4, 3)), np.zeros((4, 3))
    plain[:, 0], plain[:, 2] = 8 + jitter, 8 + jitter
    control[:, 0], control[:, 2] = 8 - left, 8 - right
    return {"plain": plain / 64, "controls": {"start": control / 64}, "best": 1}


decided = suspected().filter(lambda case: verdict(**case)[1])
"""Those of them on which no rounding turns a verdict over."""

FIRST = [{"case": exactly(4, 3)}, {"case": exactly(3, 4)}, {"case": exactly(0, 8)}, {"case": exactly(8, -4)}]
# Rises of -4 to 12 are none for certain; a control that certainly removes 2 or 3 of them explains nothing.
UNCERTAIN, LEFT = np.array([-4.0, 12, -2, 10]), np.array([-6.0, 9, -4, 7])
FIRST += [
    {
        "case": {
            "plain": np.stack([UNCERTAIN, np.zeros(4), np.full(4, 9) + UNCERTAIN / 8], axis=1) / 64,
            "controls": {"start": np.stack([LEFT, np.zeros(4), LEFT / 8], axis=1) / 64},
            "best": 1,
        }
    },
    # Of a certain rise more than half is removed on average, but perhaps nothing.
    {
        "case": {
            "plain": np.array([[7.0, 0, 9], [8, 0, 8], [8, 0, 8], [9, 0, 7]]) / 64,
            "controls": {"start": np.array([[15.0, 0, 17], [-12, 0, -12], [14, 0, 14], [-5, 0, -7]]) / 64},
            "best": 1,
        }
    },
    # A branch that does not rise at all, and falls under the control: there is nothing to explain.
    {
        "case": {
            "plain": np.array([[9.0, 9, 17], [9, 9, 18], [8, 8, 16]]) / 64,
            "controls": {"start": np.array([[5.0, 9, 10], [4, 9, 9], [5, 9, 9]]) / 64},
            "best": 1,
        }
    },
]


@graded(
    1,
    "cause ⇔ removed ≥ rise/2, its interval and that of the rise above 0",
    examples=20,
    first=FIRST,
    case=suspected().filter(lambda case: verdict(**case)[1]),
)
def test_causes(student, case):
    """A cause is what takes at least half of a branch away, and certainly some of it"""
    expect_causes(student, case, verdict(**case)[0], shares(case))


# ---- on flows

SEEDS, POINTS, ALPHAS = 20, 1500, 2.0 ** np.array([-10, -3, 2])
HALF = 5  # neurons, of which the network of twins has two each
CLEAR = 0.05  # how far from one half a share has to be, for verdicts that no rounding turns over


@functools.lru_cache(maxsize=16)
def trained(seed):
    """The same data, learnt from two starts.

    Returns
    -------
    tests : list of (X, y)
        Test points of each seed.
    half : tuple of ndarray
        The start (W, signs) of which the first network of twins consists.
    networks : dict of list
        "plain" and "twins": the final (W, v) of seeds (outer) and alphas (inner).
    """
    rng, mixture, pairs = np.random.default_rng(seed), GaussianMixture(2.0, n_features=20), SEEDS * len(ALPHAS)
    samples = [mixture.sample(8, rng, separable=True) for _ in range(SEEDS)]
    X, y = (np.repeat(np.array(part), len(ALPHAS), axis=0) for part in zip(*samples, strict=True))
    first, second = (np.concatenate([balanced_init(HALF, 20, ALPHAS, rng)[0] for _ in range(SEEDS)]) for _ in range(2))
    signs = np.where(np.arange(HALF) % 2 == 0, 1.0, -1.0)
    starts = {
        "plain": (np.concatenate([first, second], axis=1), np.concatenate([signs, signs])),
        "twins": (np.concatenate([first, first], axis=1), np.concatenate([signs, -signs])),
    }
    networks = {}
    for name, (W, sign) in starts.items():
        flow = gradient_flow(X, y, W, sign, target_risk=0.05, rtol=1e-3)
        networks[name] = [(flow.W[k], flow.v[k]) for k in range(pairs)]
    return [mixture.sample(POINTS, rng) for _ in range(SEEDS)], (first[0], signs), networks


def tables(tests, networks, rates):
    """Errors (seeds, alphas) of networks as they are, and with their silent points answered, by a function `rates`."""
    points = [dict(zip("Xy", test, strict=True)) for test in tests for _ in ALPHAS]
    found = [rates(case | {"W": W, "v": v}) for case, (W, v) in zip(points, networks, strict=True)]
    return np.array(found).reshape(SEEDS, len(ALPHAS), 2).transpose(2, 0, 1)


def true_rates(case):
    """Both error rates, by sorting the points into wrong ones and ones without an answer."""
    hidden = np.maximum(case["X"] @ case["W"].T, 0)
    outputs = hidden @ case["v"], np.where(hidden.any(axis=1), hidden @ case["v"], case["X"] @ (case["v"] @ case["W"]))
    return [np.mean(case["y"] * f < 0) + np.mean(f == 0) / 2 for f in outputs]


@functools.lru_cache(maxsize=16)
def judged(seed):
    """What is true of both curves: for each the verdict, and whether it is far from every limit."""
    tests, _, networks = trained(seed)
    plain, answered = tables(tests, networks["plain"], true_rates)
    twin, twin_answered = tables(tests, networks["twins"], true_rates)
    curves = {
        "plain": {"plain": plain, "controls": {"silence": answered, "start": twin}, "best": 1},
        "twins": {"plain": twin, "controls": {"silence": twin_answered, "start": twin}, "best": 1},
    }
    found = {}
    for name, case in curves.items():
        near = [abs(mean / rise - 0.5) for _, (rise, *_), worse in branches(**case) for mean, *_ in worse.values()]
        found[name] = (*verdict(**case), min(near))
    return found


clear_seeds = st.sampled_from([1, 2, 3, 4, 8, 12, 13])
"""Data on which no share is near one half."""


@graded(1, "left and right of E(f; alpha) at t_eta, and of twins", examples=1, seed=clear_seeds)
def test_on_flows(student, seed):
    """Trained networks: which branch has which cause, on data that the code has not seen"""
    true = judged(seed)
    hypothesis.assume(all(clear and near > CLEAR for _, clear, near in true.values()))
    tests, half, networks = trained(seed)
    expect_twins(student, *half)
    rates = functools.partial(ask_rates, student)
    plain, answered = tables(tests, networks["plain"], rates)
    twin, twin_answered = tables(tests, networks["twins"], rates)
    case = {"plain": plain, "controls": {"silence": answered, "start": twin}, "best": 1}
    expect_causes(student, case, true["plain"][0], shares(case))
    # Twins have no f(0) left that could be taken away: whatever rises on their right side has another cause.
    case = {"plain": twin, "controls": {"silence": twin_answered, "start": twin}, "best": 1}
    expect_causes(student, case, true["twins"][0], shares(case))
