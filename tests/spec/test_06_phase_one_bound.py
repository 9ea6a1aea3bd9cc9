"""Specification of exercise 06: zeta, the tanh bound and the exit of Phase 1, on paper and on trajectories."""

import functools
import math

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_numbers, expect_parts, graded
from fls_teach.theory import GaussianMixture, angle, balanced_init, class_sum, gradient_flow

ROUNDING = 1e-10  # of zeta and of the bound: a dozen operations, each good to 2e-16
EXPONENTS = np.array([12, 15, 18, 21])


@st.composite
def starts(draw, zetas=None):
    """A data set with positive examples and a network at time 0; alpha such that zeta is one of `zetas`, or any."""
    data = draw(strategies.datasets(both_classes=True))
    assume(np.any(data["X"][data["y"] > 0].sum(axis=0)))
    W0 = np.array([draw(strategies.vectors(data["X"].shape[1])) for _ in range(draw(st.integers(1, 4)))])
    if zetas:
        alpha = (1 - draw(st.sampled_from(zetas))) / (1 - zeta_by_loops(1.0, **data, W=W0)[0])
    else:
        alpha = draw(strategies.extreme_alphas)
    return {"alpha": alpha, **data, "W": alpha * W0}


def ask(student, times, case):
    """zeta and the bound, checked for their shapes."""
    zeta, lower = expect_parts(student.bound(times=times, **case), ("zeta", "lower"))
    return float(expect_numbers(zeta, (), what="zeta")), expect_numbers(lower, np.shape(times), what="lower")


def length(u):
    return math.sqrt(sum(float(a) ** 2 for a in u))


def zeta_by_loops(alpha, X, y, W):
    """The definition, and |x_+|."""
    pull = length([sum(x[k] for x, label in zip(X, y, strict=True) if label > 0) for k in range(X.shape[1])])
    largest = max(map(length, X)) ** 2 * (max(map(length, W)) / alpha) ** 2
    return 1 - 4 * alpha * len(X) * math.sqrt(len(W)) * largest / pull, pull


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


@graded(1, "ζ = 1 − 4 α n √h X_max² W_max² / ‖x₊‖", case=starts())
def test_zeta(student, case):
    """The constant zeta is 1 minus a term that falls with alpha, and where it is not positive nothing is claimed"""
    expected, _ = zeta_by_loops(**case)
    zeta, lower = ask(student, np.array([0.0, 1.0]), case)
    because = f"n = {len(case['X'])}, h = {len(case['W'])}, and W already contains alpha = {case['alpha']:g}"
    expect_close(zeta, expected, rtol=ROUNDING, atol=ROUNDING, because=because, what="zeta")
    if abs(expected) > 1e-6 and expected < 0:
        because = f"zeta = {expected:.4g} <= 0: -1 bounds nothing"
        expect_close(lower, np.array([-1.0, -1.0]), because=because, what="lower")


@graded(2, "dψ/dt = ½ ‖x₊‖ (ζ − ψ²), ψ(t₁) = 0", case=starts([0.5, 0.1, 0.3, 0.7, 0.9, 0.99]))
def test_solves_the_riccati_equation(student, case):
    """The bound is the solution of the differential inequality of the proof, taken as an equation"""
    zeta, pull = zeta_by_loops(**case)
    times = np.array([0.0, 0.3, 1.0, 2.0, 6.0]) / pull
    solution = solve_ivp(
        lambda t, psi: pull / 2 * (zeta - psi**2), (0, times[-1]), [0.0], t_eval=times, rtol=1e-9, atol=1e-11
    )
    _, lower = ask(student, times, case)
    because = f"it grows at the rate (1/2) |x_+| (zeta - psi^2), |x_+| = {pull:.4f}, zeta = {zeta:.4f}"
    # The solver was asked for nine digits a step, and takes a few dozen steps.
    expect_close(lower, solution.y[0], atol=1e-6, because=because, what="lower")


@graded(
    2, "ψ_j(t) ≥ √ζ tanh(½ ‖x₊‖ √ζ (t − t₁)), t₁ ≤ t ≤ t_α", examples=6, seed=st.integers(0, 5), k=st.integers(0, 3)
)
def test_neurons_stay_above(student, seed, k):
    """On gradient flow every positive neuron stays above the bound until the exit, where the bound is nearly 1"""
    X, y, signs, alphas, records = phase_one(seed)
    path, alpha = records[k], float(alphas[k])
    end = float(expect_numbers(student.exit_time(path.times, path.norms, alpha), (), what="exit_time"))
    known = path.times[first_above(path.norms, alpha)]
    because = "it is the first recorded time above the level"
    expect(end == known, you=end, expected=float(known), because=because, what="exit_time")
    active = np.einsum("thd,nd->thn", path.W, X) > 0
    for j in np.flatnonzero(signs > 0):
        of_kind = np.flatnonzero((active[:, j] == (y > 0)).all(axis=1) & (path.times <= end))
        if not of_kind.size:
            continue
        window = slice(of_kind[0], np.searchsorted(path.times, end) + 1)
        times, psi = path.times[window] - path.times[of_kind[0]], path.alignments[window, j]
        start = {"alpha": alpha, "X": X, "y": y, "W": path.W[0]}
        _, lower = ask(student, times, start)
        worst = np.argmax(lower - psi)
        because = f"neuron {j} of data set {seed} has this alignment {times[worst]:.4f} after t_1 (alpha = {alpha:g})"
        # gradient_flow is good to a few times 1e-4 in direction, which moves a cosine by no more.
        close = lower[worst] <= psi[worst] + 1e-3
        expect(close, you=float(lower[worst]), expected=f"<= {psi[worst]:.6f}", because=because, what="lower")
        because = "angles shrink while neurons grow: at the exit the bound has come near to sqrt(zeta)"
        expect(lower[-1] > 0.9, you=float(lower[-1]), expected="> 0.9", because=because, what="lower at the exit")
        zeta, pull = zeta_by_loops(**start)
        bound = np.sqrt(zeta) * np.tanh(pull / 2 * np.sqrt(zeta) * times)
        because = f"less is true as well, but the bound says more: zeta = {zeta:.6f}, |x_+| = {pull:.6f}"
        expect_close(lower, bound, atol=ROUNDING, because=because, what="lower")


def first_above(norms, alpha):
    """Row of the exit, or None, as a loop."""
    level = 2 * max(norms[0]) ** 2 / alpha / math.sqrt(len(norms[0]))
    return next((k for k, row in enumerate(norms) if max(row) ** 2 > level), None)


@st.composite
def records(draw):
    """Growing norms in powers of two; in some the largest lands on the level exactly, some never come so far."""
    h, half = draw(st.sampled_from([1, 4])), draw(st.integers(2, 6))
    doublings = np.array([draw(st.sampled_from([0, 1, 2])) for _ in range(h)])
    first = np.array([2.0 ** draw(st.integers(-3, 0)) for _ in range(h)])
    step = draw(st.sampled_from([0.25, 0.5, 3.0]))
    norms = first * 2.0 ** (np.arange(draw(st.integers(3, 10)))[:, None] * doublings)
    # alpha = 4^-k, and 2 * 4^-k for one neuron: then the level is the square of a power of two.
    return {"times": step * np.arange(len(norms)), "norms": norms, "alpha": 4.0**-half * (2.0 if h == 1 else 1.0)}


@graded(1, "t_α = min{t : max_j ‖w_j(t)‖² > 2 α W_max² / √h}", examples=60, record=records())
def test_exit(student, record):
    """Phase 1 ends at the first time at which a neuron is larger than the level, and perhaps never"""
    row = first_above(record["norms"], record["alpha"])
    expected = math.inf if row is None else record["times"][row]
    level = 2 * record["norms"][0].max() ** 2 / record["alpha"] / math.sqrt(record["norms"].shape[1])
    squares = np.array2string(record["norms"].max(axis=1) ** 2, separator=", ", precision=4)
    because = f"the level is {level:g}, and max_j |w_j|^2 is {squares} in turn"
    end = float(expect_numbers(student.exit_time(**record), (), what="exit_time"))
    # One of the times handed in, so equal to the last bit; inf as well.
    expect(end == expected, you=end, expected=expected, because=because, what="exit_time")


@graded(2, "min_j ∠(w_j(t_α), x₊) ∝ α^(1/2)", examples=4, seed=st.integers(0, 5))
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
