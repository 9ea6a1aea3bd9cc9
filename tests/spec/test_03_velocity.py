"""Specification of exercise 03: the velocity of gradient flow."""

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_numbers, expect_parts, graded
from fls_teach.theory import risk

SINGLE = 1e-5
"""Tolerance, relative to the largest number in sight: forgives single precision and nothing else."""

HAND = {"X": np.array([[2, 0]]), "y": np.array([-1]), "W": np.array([[1, 1]]), "v": np.array([0])}
"""The lesson's example by hand, in integers as it is written there."""

HAND_AT_A_KINK = {
    "X": np.array([[2, 0], [1, -1], [1, 2]]),
    "y": np.array([-1, 1, 1]),
    "W": np.array([[1, 1], [1, -1]]),
    "v": np.array([1, 2]),
}
"""In integers, too; neuron 0 is at its kink on example 1."""


@st.composite
def smooth_problems(draw):
    """Data and an unbalanced network without a pre-activation near 0, so that the risk has a gradient."""
    n, d, h = draw(st.integers(1, 5)), draw(st.integers(1, 3)), draw(st.integers(1, 4))
    rng, size = np.random.default_rng(draw(strategies.seeds)), draw(strategies.any_of(1.0, 3.0))
    X, W = rng.standard_normal((n, d)), size * rng.standard_normal((h, d))
    assume(np.abs(X @ W.T).min() > 0.01)
    return {"X": X, "y": rng.choice([-1.0, 1.0], n), "W": W, "v": size * rng.standard_normal(h)}


@st.composite
def dead_neurons(draw):
    """Data in one orthant, and neurons that are active on all, on none, and on none of them."""
    data = draw(strategies.datasets())
    W = np.array([2.0, -1.0, -0.5])[:, None] * np.ones(data["X"].shape[1])
    return {"X": np.abs(data["X"]) + 0.25, "y": data["y"], "W": W, "v": np.array([0.01, 3.0, -2.0])}


@st.composite
def small_starts(draw):
    """A network of almost no output, and one neuron and one example more that are active on each other."""
    problem, size = draw(strategies.training_problems()), draw(strategies.any_of(2.0**-20, 2.0**-40))
    ones = np.ones(problem["X"].shape[1])
    return {
        "X": np.vstack([problem["X"], ones]),
        "y": np.append(problem["y"], 1.0),
        "W": size * np.vstack([problem["W"], ones]),
        "v": size * np.append(problem["v"], 1.0),
    }


@st.composite
def kinks(draw):
    """A network with an active neuron, one that is 0, and one at a right angle to the first example but not the last.

    In one dimension the latter is 0, too.
    """
    problem = draw(strategies.training_problems())
    X, d = problem["X"], problem["X"].shape[1]
    normal = np.zeros(d)
    normal[:2] = (-X[0, 1], X[0, 0]) if d > 1 else 0.0
    last = normal if normal.any() else np.eye(1, d)[0]
    return {
        "X": np.vstack([X, last]),
        "y": np.append(problem["y"], 1.0),
        "W": np.vstack([problem["W"], last, np.zeros(d), normal]),
        "v": np.append(problem["v"], [1.0, 2.0, -1.5]),
    }


@st.composite
def extreme_problems(draw):
    """Two neurons, the first so large that |f| >= 1000 on every example, the second silent; the last label is -1."""
    examples = draw(st.lists(st.tuples(st.integers(1, 4), st.sampled_from([1.0, -1.0])), min_size=1, max_size=4))
    examples.append((4, -1.0))
    X = np.array([[place / 4, place / 8] for place, _ in examples])
    W, v = np.array([[40.0, 0.0], [0.0, -40.0]]), np.array([100.0, 1.0])
    return {"X": X, "y": np.array([label for _, label in examples]), "W": W, "v": v}


def velocity(student, problem, reduction):
    """The student's (dW, dv), two parts of the right shapes only by what the caller then compares."""
    return expect_parts(student.velocity(**problem, reduction=reduction), ("dW", "dv"))


def defined(X, y, W, v, reduction):
    """The definition as plain loops, one neuron and one example at a time."""
    dW, dv = np.zeros(W.shape), np.zeros(v.shape)  # of floats, also where W and v are integers
    share = 1 / len(y) if reduction == "mean" else 1.0
    for x, label in zip(X, y, strict=True):
        f = sum(v[j] * max(W[j] @ x, 0.0) for j in range(len(v)))
        p = share * np.exp(-np.logaddexp(0.0, label * f))
        for j in range(len(v)):
            if W[j] @ x > 0:
                dW[j] += v[j] * p * label * x
                dv[j] += p * label * (W[j] @ x)
    return dW, dv


def expect_velocity(you, expected, because, problem):
    """Both layers agree with the expected velocity, up to single precision of their largest possible term."""
    X, W, v = problem["X"], problem["W"], problem["v"]
    pulls = np.linalg.norm(X, axis=1).sum()
    for what, got, wanted, layer in zip(("dW", "dv"), you, expected, (v, W), strict=True):
        expect_close(got, wanted, atol=SINGLE * pulls * np.abs(layer).max(), because=because, what=what)


@graded(1, "(dW, dv)/dt = -∇R(W, v)", examples=18, problem=smooth_problems())
def test_minus_the_gradient(student, problem):
    """The velocity is minus the gradient of the summed risk, in every weight of both layers"""
    you = velocity(student, problem, "sum")
    step = 1e-6

    def slope(layer, index):
        ends = []
        for sign in (1, -1):
            moved = {**problem, layer: problem[layer].copy()}
            moved[layer][index] += sign * step
            ends.append(float(risk(**moved, reduction="sum")))
        return (ends[1] - ends[0]) / (2 * step)

    for what, layer, got in (("dW", "W", you[0]), ("dv", "v", you[1])):
        expected = np.array([slope(layer, i) for i in np.ndindex(problem[layer].shape)])
        # Central differences: rounding 1e-16 R/step, truncation step^2; both far below 1e-4, a wrong factor far above.
        because = "moving one weight at a time by ±1e-6 changes the summed risk at this rate"
        expect_close(got, expected.reshape(problem[layer].shape), rtol=1e-4, atol=1e-4, because=because, what=what)


@graded(1, "<w_j, x_i> <= 0 for all i  ⟹  dw_j/dt = 0, dv_j/dt = 0", examples=18, problem=dead_neurons())
def test_dead_neurons(student, problem):
    """A neuron that is active on no example does not move, and a living one beside it does"""
    you = velocity(student, problem, "mean")
    expected = defined(**problem, reduction="mean")
    expect_velocity(you, expected, "neurons 1 and 2 are silent on all examples, neuron 0 is active on all", problem)
    for what, part in zip(("dW", "dv"), you, strict=True):
        silent = np.asarray(part, dtype=float)[1:]
        because = "no example reaches a dead neuron, so its velocity is zero, not small"
        expect((silent == 0).all(), you=silent, expected="exactly 0", because=because, what=f"{what} of dead neurons")


@graded(1, "d(v_j² - ‖w_j‖²)/dt = 0", examples=18, problem=smooth_problems())
def test_balance(student, problem):
    """Each neuron keeps v_j² - ‖w_j‖², while the mean risk falls at the squared speed of all weights"""
    X, y, W, v = (problem[name] for name in ("X", "y", "W", "v"))
    dW, dv = velocity(student, problem, "mean")
    scale = np.abs(v).max() * np.abs(W).max() * np.linalg.norm(X, axis=1).sum()
    because = "v_j dv_j/dt = v_j <w_j, G_j> = <w_j, dw_j/dt>"
    dW, dv = expect_numbers(dW, W.shape, what="dW"), expect_numbers(dv, v.shape, what="dv")
    growth = 2 * (v * dv - (W * dW).sum(axis=1))
    expect_close(growth, np.zeros(v.size), atol=SINGLE * scale, because=because, what="d(v² - |w|²)/dt")
    # Squared speeds of single precision are good to 1e-5, central differences along the velocity to 1e-5.
    speed = (dW**2).sum() + (dv**2).sum()
    moves = sum((part**2).sum() for part in defined(**problem, reduction="mean"))
    expect_close(speed, moves, rtol=1e-3, atol=1e-5, because="this is the speed of gradient flow", what="squared speed")
    ahead, behind = (float(risk(X, y, W + t * dW, v + t * dv)) for t in (1e-6, -1e-6))
    because = "along gradient flow dR/dt = -|dW/dt|² - |dv/dt|²; here is the fall of the risk along your velocity"
    expect_close(speed, (behind - ahead) / 2e-6, rtol=1e-3, atol=1e-5, because=because, what="squared speed")


@graded(
    1,
    "f ≈ 0  ⟹  G_j = ½ Σ_{active i} y_i x_i",
    examples=18,
    first=[{"problem": HAND}],
    problem=small_starts(),
)
def test_small_start(student, problem):
    """While f ≈ 0 every active example pulls with the same force, 1/2 in the sum, as in the example by hand"""
    X, y, W, v = (problem[name] for name in ("X", "y", "W", "v"))
    G = 0.5 * np.where(X @ W.T > 0, y[:, None], 0.0).T @ X
    expected = v[:, None] * G, (W * G).sum(axis=1)
    # Outputs are 0 or below 1e-9, so that each pull differs from 1/2 by less than 1e-9.
    because = "f is 0 or almost, and sigmoid(0) = 1/2"
    expect_velocity(velocity(student, problem, "sum"), expected, because, problem)


@graded(1, "p_i → 1 as z_i → -∞, p_i → 0 as z_i → +∞; mean = sum/n", examples=18, problem=extreme_problems())
def test_extreme_margins(student, problem):
    """At margins of ±1000 wrong examples pull with force 1, right ones not at all, and the mean is the sum over n"""
    X, y, W, v = (problem[name] for name in ("X", "y", "W", "v"))
    G = -X[y < 0].sum(axis=0)
    expected = np.array([v[0] * G, 0 * G]), np.array([W[0] @ G, 0.0])
    because = "f >= 1000 on all examples: those with y = -1 are wrong and pull with p = 1, the others have p = 0"
    expect_velocity(velocity(student, problem, "sum"), expected, because, problem)
    means = expected[0] / len(y), expected[1] / len(y)
    because = f"the sum is right, and the mean of n = {len(y)} examples is 1/n of it"
    expect_velocity(velocity(student, problem, "mean"), means, because, problem)


@graded(
    1,
    "1[<w_j, x_i> > 0] = 0 at <w_j, x_i> = 0",
    examples=25,
    first=[{"problem": HAND_AT_A_KINK}],
    problem=kinks(),
)
def test_kinks(student, problem):
    """At its kink a neuron counts as silent, and integers are numbers, too"""
    X, W, v = problem["X"], problem["W"], problem["v"]
    dW, dv = velocity(student, problem, "mean")
    you = expect_numbers(dW, W.shape, what="dW"), expect_numbers(dv, v.shape, what="dv")
    expected = defined(**problem, reduction="mean")
    at_kink = (X @ W.T == 0) & X.any(axis=1)[:, None]
    atol = SINGLE * np.linalg.norm(X, axis=1).sum() * max(np.abs(v).max(), np.abs(W).max())
    for j in sorted(range(len(v)), key=lambda j: at_kink[:, j].any()):  # those at no kink first
        examples = ", ".join(map(str, np.flatnonzero(at_kink[:, j])))
        because = f"neuron {j} is at no kink; these are v_j G_j and <w_j, G_j> over n, whatever the dtype of the arrays"
        if examples:
            because = f"<w_j, x_i> is exactly 0 for neuron {j} and example {examples}, which therefore does not pull"
        for what, got, wanted in zip(("dW", "dv"), you, expected, strict=True):
            expect_close(got[j], wanted[j], atol=atol, because=because, what=f"{what} of neuron {j}")
