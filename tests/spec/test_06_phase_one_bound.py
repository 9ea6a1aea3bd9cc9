"""Specification of exercise 06: zeta, the tanh bound and the exit of Phase 1, on paper and on trajectories.

The lengths that zeta is made of are known from how the inputs are made; the bound is judged by the differential
equation, with the student's own zeta, and by what trajectories do; records are made so that their exit is known.
"""

import functools
import math

import numpy as np
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_numbers, expect_parts, graded
from fls_teach.theory import GaussianMixture, angle, balanced_init, class_sum, gradient_flow

ROUNDING = 1e-10  # of zeta: a dozen operations on sums that do not nearly cancel
EXPONENTS = np.array([12, 15, 18, 21])


@st.composite
def starts(draw, zetas):
    """Data and a network on known axes, and alpha such that zeta is one of `zetas`: the arguments, zeta, and |x_+|."""
    axes = draw(strategies.frames(draw(strategies.any_of(2, 3, 1, 4))))
    row = strategies.rows(len(axes), zero=True)
    positive = np.array([draw(row) for _ in range(draw(st.integers(1, 3)))])
    pull = draw(st.integers(1, 16)) / 4
    positive[-1] = pull * np.eye(len(axes))[0] - positive[:-1].sum(axis=0)
    rows = np.array([*positive, *(draw(row) for _ in range(draw(st.integers(0, 3))))])
    y = np.where(np.arange(len(rows)) < len(positive), 1.0, -1.0)
    W0 = np.array([draw(strategies.rows(len(axes))) for _ in range(draw(st.integers(1, 5)))])
    # Squared lengths as sums over the coordinates on these axes.
    largest = (rows**2).sum(axis=1).max() * (W0**2).sum(axis=1).max()
    zeta = draw(strategies.any_of(*zetas))
    alpha = (1 - zeta) / (4 * len(rows) * math.sqrt(len(W0)) * largest / pull)
    order = draw(strategies.orders(len(rows)))
    start = {"alpha": alpha, "X": (rows @ axes)[order], "y": y[order], "W": alpha * W0 @ axes}
    return {"start": start, "zeta": zeta, "pull": pull}


def simple(alpha, negative=0, copies=1):
    """The example of the lesson at any alpha, with (-2, 0) as negative examples and with equal neurons or not."""
    X, y = np.array([[2, 0]] + negative * [[-2, 0]]), np.array([1] + negative * [-1])
    zeta = 1 - 8 * alpha * (1 + negative) * math.sqrt(copies)
    start = {"alpha": alpha, "X": X, "y": y, "W": np.array(copies * [[alpha, 0.0]])}
    return {"start": start, "zeta": zeta, "pull": 2.0}


def ask(student, times, made):
    """What `bound` says of zeta and of the bound."""
    return expect_parts(student.bound(times=times, **made["start"]), ("zeta", "lower"))


def sizes(made):
    """What a card says of an input."""
    X, W = made["start"]["X"], made["start"]["W"]
    return f"n = {len(X)}, h = {len(W)}, |x_+| = {made['pull']:g}, and W already contains alpha"


@graded(
    2,
    "ζ = 1 − 4 α n √h X_max² W_max² / ‖x₊‖",
    examples=20,
    first=[{"made": simple(1 / 64)}, {"made": simple(1 / 16, negative=2, copies=9)}],
    made=starts([0.5, 0.9, 0.1, 0.99, -0.5, -3.0, -100.0]),
)
def test_zeta(student, made):
    """The constant zeta is 1 minus a term of alpha, the numbers of examples and neurons, and the largest lengths"""
    zeta, _ = ask(student, np.array([0.0, 1.0, 2.0]), made)
    zeta = expect_numbers(zeta, (), what="zeta")
    because = f"{sizes(made)} = {made['start']['alpha']:.4g}, which leaves 1 - zeta = {1 - made['zeta']:.6g}"
    expect_close(zeta, made["zeta"], rtol=ROUNDING, atol=ROUNDING, because=because, what="zeta")


@graded(
    1,
    "ζ ≤ 0: ψ_j ≥ −1",
    examples=20,
    first=[{"made": simple(1 / 8)}, {"made": simple(1 / 32, negative=1, copies=4)}, {"made": simple(1 / 2)}],
    made=starts([-1.0, -0.25, -50.0]),
)
def test_where_the_theorem_is_silent(student, made):
    """Where zeta is not positive, at 0 itself too, the bound is -1, and where it is positive, it starts from 0"""
    times = np.array([0.0, 0.5, 1.0, 7.0])
    _, lower = ask(student, times, made)
    zeta = made["zeta"]
    because = f"zeta = {zeta:.4g} <= 0 makes no claim, and -1 is a lower bound of every cosine"
    expect_close(lower, np.full(4, -1.0), because=because, what="lower")
    start, smaller = made["start"], 2.0**-12 / (1 - zeta)
    small = {**made, "start": {**start, "alpha": smaller * start["alpha"], "W": smaller * start["W"]}}
    _, lower = ask(student, times, small)
    because = f"with {smaller:.3g} times that alpha zeta is {1 - 2.0**-12:.4f}, and tanh(0) = 0"
    lower = expect_numbers(lower, (4,), what="lower")
    expect_close(lower[0], 0.0, atol=ROUNDING, because=because, what="lower[0]")
    expect(lower[-1] > 0.01, you=float(lower[-1]), expected="more than at 0", because="it grows", what="lower[3]")


@graded(
    2,
    "dψ/dt = ½ ‖x₊‖ (ζ − ψ²), ψ(t₁) = 0",
    examples=20,
    first=[{"made": simple(1 / 64), "times": np.array([1, 0, 3, 2])}],
    made=starts([0.5, 0.1, 0.3, 0.7, 0.9, 0.99]),
    times=st.lists(st.integers(1, 40).map(lambda k: k / 8), min_size=1, max_size=5).map(np.array),
)
def test_solves_the_riccati_equation(student, made, times):
    """With its zeta the bound is the solution of the differential inequality of the proof, taken as an equation"""
    pull = made["pull"]
    zeta, lower = ask(student, times, made)
    zeta = float(expect_numbers(zeta, (), what="zeta"))
    lower = expect_numbers(lower, times.shape, what="lower")
    expect(zeta > 0, you=zeta, expected=f"{made['zeta']:g}", because=sizes(made), what="zeta")
    moments, index = np.unique(times, return_inverse=True)
    solution = solve_ivp(
        lambda t, psi: pull / 2 * (zeta - psi**2), (0, moments[-1]), [0.0], t_eval=moments, rtol=1e-9, atol=1e-11
    )
    because = f"from 0 it grows at the rate (1/2) |x_+| (zeta - psi^2); |x_+| = {pull:g}, and your zeta is {zeta:.6g}"
    # The solver was asked for nine digits a step, and takes a few dozen steps.
    expect_close(lower, solution.y[0][index], atol=1e-6, because=because, what="lower")
    _, late = ask(student, np.array([1e4 / pull]), made)
    because = f"where the rate (1/2) |x_+| (zeta - psi^2) is 0, psi^2 is your zeta = {zeta:.6g}; exp(10^4) overflows"
    expect_close(late, np.array([math.sqrt(zeta)]), atol=1e-6, because=because, what="lower after a long time")


@functools.lru_cache(maxsize=8)
def phase_one(seed):
    """One separable data set at several alphas, followed until the risk has begun to fall: X, y, alphas, records."""
    rng = np.random.default_rng(seed)
    X, y = GaussianMixture(4.0, n_features=8).sample(6, rng, separable=True)
    if np.linalg.norm(class_sum(X, y, -1)) > np.linalg.norm(class_sum(X, y)):
        y = -y  # the class that pulls harder sets the exit: let it be the positive one
    alphas = 2.0**-EXPONENTS
    W, signs = balanced_init(6, 8, alphas, rng)
    target = 0.7 * len(X) * np.log(2)
    flow = gradient_flow(X, y, W, signs, target_risk=target, reduction="sum", record=True)
    return X, y, signs, alphas, flow.trajectory


@graded(
    1,
    "ψ_j(t) ≥ √ζ tanh(½ ‖x₊‖ √ζ (t − t₁)), t₁ ≤ t ≤ t_α",
    examples=6,
    seed=st.integers(0, 2),
    k=st.integers(0, 3),
)
def test_neurons_stay_above(student, seed, k):
    """On gradient flow every positive neuron stays above the bound until the exit, and above it by its start alone"""
    X, y, signs, alphas, records = phase_one(seed)
    path, alpha = records[k], float(alphas[k])
    squares = path.norms.max(axis=1) ** 2
    end = np.flatnonzero(squares > 2 * squares[0] / alpha / math.sqrt(len(signs)))[0]
    # 1 - zeta: outputs pull by so much more or less than a half until the exit.
    share = 4 * len(X) * math.sqrt(len(signs)) / alpha * squares[0] * np.max(X**2 @ np.ones(8))
    share /= np.linalg.norm(class_sum(X, y))
    active = np.einsum("thd,nd->thn", path.W, X) > 0
    for j in np.flatnonzero(signs > 0):
        of_kind = np.flatnonzero((active[:, j] == (y > 0)).all(axis=1)[: end + 1])
        if not of_kind.size:
            continue
        window = slice(of_kind[0], end + 1)
        times, psi = path.times[window] - path.times[of_kind[0]], path.alignments[window, j]
        _, lower = ask(student, times, {"start": {"alpha": alpha, "X": X, "y": y, "W": path.W[0]}})
        lower = expect_numbers(lower, times.shape, what="lower")
        worst = np.argmax(lower - psi)
        because = f"neuron {j} of data set {seed} has this alignment {times[worst]:.4f} after t_1 (alpha = {alpha:g})"
        # gradient_flow is good to a few times 1e-4 in direction, which moves a cosine by no more.
        close = lower[worst] <= psi[worst] + 1e-3
        expect(close, you=float(lower[worst]), expected=f"<= {psi[worst]:.6f}", because=because, what="lower")
        # Had it started from 0, by the addition theorem of tanh. The constant lies within `share` of 1, and psi moves
        # by at most three quarters of that, once for the neuron and once for the bound.
        from_zero = (psi - psi[0]) / (1 - psi * psi[0])
        worst = np.argmax(np.abs(lower - from_zero))
        because = (
            f"neuron {j} of data set {seed} (alpha = {alpha:g}) starts from {psi[0]:.4f} and has {psi[worst]:.4f} "
            f"{times[worst]:.4f} later: from 0 it would have {from_zero[worst]:.4f}, and 1 - zeta is {share:.2g}"
        )
        close = abs(lower[worst] - from_zero[worst]) <= 2 * share + 2e-3
        expect(close, you=float(lower[worst]), expected=f"{from_zero[worst]:.4f}", because=because, what="lower")


@st.composite
def records(draw):
    """Norms (T, h) that rise and fall, in some onto the level itself, times at uneven steps, alpha, and the exit."""
    h, half = draw(strategies.any_of(4, 1, 3, 9, 2)), draw(strategies.any_of(2, 3, 5, 6, -2))
    # alpha = 4^-k, and 2 * 4^-k for one neuron: then the level is the square of a power of two for h = 1 and 4.
    alpha = 4.0**-half * (2.0 if h == 1 else 1.0)
    largest = 2.0 ** draw(st.integers(-3, 0)) * (1.0 if h in (1, 4) else 1.3)
    root = largest * math.sqrt(2 / (alpha * math.sqrt(h)))
    shares = [0.5, 1.2, 0.999, 1.001, 0.8, 4.0] + (h in (1, 4)) * [1.0, 1.0, 1.0]
    tops = [largest] + [root * draw(strategies.any_of(*shares)) for _ in range(draw(st.integers(2, 9)))]
    rows = ([top] + [top * draw(strategies.any_of(0.25, 0.5, 0.01)) for _ in range(h - 1)] for top in tops)
    norms = [[row[j] for j in draw(strategies.orders(h))] for row in rows]
    times = np.cumsum([draw(strategies.any_of(0.25, 0.5, 3.0)) for _ in tops]) - 0.25
    row = next((k for k, top in enumerate(tops) if top > root), None)
    record = {"times": times, "norms": np.array(norms), "alpha": alpha}
    return {"record": record, "level": root**2, "end": math.inf if row is None else float(times[row])}


# Four neurons: the level is 64 * 0.5^2 = 16, which the second row reaches and the third, by another neuron, exceeds.
FOUR = {"times": np.array([1.0, 1.5, 4.0, 5.0]), "alpha": 1 / 64}
FOUR["norms"] = np.array([[0.25, 0.5, 0.125, 0.5], [1.0, 4.0, 0.5, 2.0], [4.5, 1.0, 2.0, 4.25], [1.0, 2.0, 3.0, 9.0]])
# Three: 2 * 0.7^2 / (sqrt(3) / 16) = 9.053 = 3.009^2, with numbers that are no powers of two.
THREE = {"times": np.array([0.0, 0.5, 2.0, 2.5]), "alpha": 1 / 16}
THREE["norms"] = np.array([[0.7, 0.2, 0.1], [1.0, 2.98, 0.3], [3.05, 0.2, 1.0], [5.0, 1.0, 1.0]])
BY_HAND = {"times": np.array([0.0, 1.0, 2.5, 3.0]), "norms": np.array([[1 / 64], [0.17], [0.18], [0.5]])}


@graded(
    1,
    "t_α = min{t : max_j ‖w_j(t)‖² > 2 α W_max² / √h}",
    examples=40,
    first=[
        {"made": {"record": {**BY_HAND, "alpha": 1 / 64}, "level": 1 / 32, "end": 2.5}},
        {"made": {"record": FOUR, "level": 16.0, "end": 4.0}},
        {"made": {"record": THREE, "level": 9.053, "end": 2.0}},
    ],
    made=records(),
)
def test_exit(student, made):
    """Phase 1 ends at the first time at which a neuron is larger than the level, and perhaps never"""
    record = made["record"]
    squares = np.array2string(record["norms"].max(axis=1) ** 2, separator=", ", precision=6)
    because = f"the level is {made['level']:.6g}, and max_j |w_j|^2 is {squares} in turn"
    end = float(expect_numbers(student.exit_time(**record), (), what="exit_time"))
    # One of the times handed in, so equal to the last bit; inf as well.
    expect(end == made["end"], you=end, expected=made["end"], because=because, what="exit_time")


@graded(1, "min_j ∠(w_j(t_α), x₊) ∝ α^(1/2)", examples=4, seed=st.integers(0, 2))
def test_square_root_law(student, seed):
    """At the exit the angle between the best neuron and the class sum falls like the square root of alpha"""
    X, y, signs, alphas, paths = phase_one(seed)
    angles = []
    for path, alpha in zip(paths, alphas, strict=True):
        end = float(expect_numbers(student.exit_time(path.times, path.norms, float(alpha)), (), what="exit_time"))
        inside = path.times[0] < end <= path.times[-1]
        because = f"alpha = {alpha:g}: the norms reach the level inside the record"
        expect(inside, you=end, expected=f"between 0 and {path.times[-1]:.4g}", because=because, what="exit_time")
        best = angle(path.W[:, signs > 0], class_sum(X, y)).min(axis=1)
        angles.append(np.exp(np.interp(end, path.times, np.log(best))))
    slope = np.polyfit(np.log(alphas), np.log(angles), 1)[0]
    found = ", ".join(f"{a:.3g}" for a in angles)
    because = f"angle ~ exp(-r t) and norm ~ alpha exp(r t) with the same r: at 2^-{EXPONENTS} the angles are {found}"
    # Over 2^9 in alpha, a step of the record at the exit changes the slope by 0.02 at most; wrong exits give 0 or 1.
    expect_close(slope, 0.5, atol=0.06, because=because, what="slope of log angle against log alpha")
