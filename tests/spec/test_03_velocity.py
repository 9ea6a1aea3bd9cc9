"""Specification of exercise 03: the velocity of gradient flow."""

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_numbers, expect_parts, graded
from fls_teach.theory import risk

REDUCTIONS = st.sampled_from(["sum", "mean"])
SINGLE = 1e-5
"""Tolerance, relative to the largest number in sight: forgives single precision and nothing else."""


@st.composite
def smooth_problems(draw):
    """Data and an unbalanced network without a pre-activation near 0, so that the risk has a gradient."""
    n, d, h = draw(st.integers(2, 5)), draw(st.integers(1, 3)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(strategies.seeds))
    X, W = rng.standard_normal((n, d)), rng.standard_normal((h, d))
    assume(np.abs(X @ W.T).min() > 0.01)
    return {"X": X, "y": rng.choice([-1.0, 1.0], n), "W": W, "v": rng.standard_normal(h)}


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
    dW, dv = np.zeros(W.shape), np.zeros(v.shape)
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


@graded(2, "(dW, dv)/dt = -∇R(W, v)", examples=25, problem=smooth_problems(), reduction=REDUCTIONS)
def test_minus_the_gradient(student, problem, reduction):
    """The velocity is minus the gradient of the risk, in every weight of both layers"""
    you = velocity(student, problem, reduction)
    step = 1e-6

    def slope(layer, index):
        ends = []
        for sign in (1, -1):
            moved = {**problem, layer: problem[layer].copy()}
            moved[layer][index] += sign * step
            ends.append(float(risk(**moved, reduction=reduction)))
        return (ends[1] - ends[0]) / (2 * step)

    for what, layer, got in (("dW", "W", you[0]), ("dv", "v", you[1])):
        expected = np.array([slope(layer, i) for i in np.ndindex(problem[layer].shape)])
        # Central differences: rounding 1e-16 R/step, truncation step^2; both far below 1e-4, a wrong factor far above.
        because = f"moving one weight at a time by ±1e-6 changes the {reduction} risk at this rate"
        expect_close(got, expected.reshape(problem[layer].shape), rtol=1e-4, atol=1e-4, because=because, what=what)


@graded(1, "<w_j, x_i> <= 0 for all i  ⟹  dw_j/dt = 0, dv_j/dt = 0", examples=25, data=strategies.datasets())
def test_dead_neurons(student, data):
    """A neuron that is active on no example does not move, and a living one beside it does"""
    X, y = data["X"], data["y"]
    X = np.abs(X) + 0.25  # one orthant: the neuron along (-1, ..., -1) is silent everywhere
    W = np.array([-1.0, 2.0, -0.5])[:, None] * np.ones(X.shape[1])
    problem = {"X": X, "y": y, "W": W, "v": np.array([3.0, 0.01, -2.0])}
    you = velocity(student, problem, "sum")
    expected = defined(**problem, reduction="sum")
    expect_velocity(you, expected, "neurons 0 and 2 are silent on all examples, neuron 1 is active on all", problem)
    for what, part in zip(("dW", "dv"), you, strict=True):
        silent = np.asarray(part, dtype=float)[[0, 2]]
        because = "no example reaches a dead neuron, so its velocity is zero, not small"
        expect((silent == 0).all(), you=silent, expected="exactly 0", because=because, what=f"{what} of dead neurons")


@graded(1, "d(v_j² - ‖w_j‖²)/dt = 0", examples=25, problem=smooth_problems(), reduction=REDUCTIONS)
def test_balance(student, problem, reduction):
    """Each neuron keeps v_j² - ‖w_j‖², while the risk falls at the squared speed of all weights"""
    X, y, W, v = (problem[name] for name in ("X", "y", "W", "v"))
    dW, dv = velocity(student, problem, reduction)
    scale = np.abs(v).max() * np.abs(W).max() * np.linalg.norm(X, axis=1).sum()
    because = "v_j dv_j/dt = v_j <w_j, G_j> = <w_j, dw_j/dt>"
    dW, dv = expect_numbers(dW, W.shape, what="dW"), expect_numbers(dv, v.shape, what="dv")
    growth = 2 * (v * dv - (W * dW).sum(axis=1))
    expect_close(growth, np.zeros(v.size), atol=SINGLE * scale, because=because, what="d(v² - |w|²)/dt")
    # Squared speeds of single precision are good to 1e-5, central differences along the velocity to 1e-6.
    speed = (dW**2).sum() + (dv**2).sum()
    moves = sum((part**2).sum() for part in defined(**problem, reduction=reduction))
    expect_close(speed, moves, rtol=1e-3, atol=1e-6, because="this is the speed of gradient flow", what="squared speed")
    ahead, behind = (float(risk(X, y, W + t * dW, v + t * dv, reduction=reduction)) for t in (1e-6, -1e-6))
    because = "along gradient flow dR/dt = -|dW/dt|² - |dv/dt|²; here is the fall of the risk along your velocity"
    expect_close(speed, (behind - ahead) / 2e-6, rtol=1e-3, atol=1e-6, because=because, what="squared speed")


@graded(
    1,
    "f ≈ 0  ⟹  G_j = ½ Σ_{active i} y_i x_i",
    examples=25,
    problem=strategies.training_problems(),
    size=st.sampled_from([2.0**-20, 2.0**-40]),
    reduction=REDUCTIONS,
)
def test_small_start(student, problem, size, reduction):
    """Near the origin every active example pulls with the same force, 1/2 in the sum and 1/(2n) in the mean"""
    X, y = problem["X"], problem["y"]
    X, y = np.vstack([X, np.ones(X.shape[1])]), np.append(y, 1.0)
    W = np.vstack([problem["W"], np.ones(X.shape[1])])
    tiny = {"X": X, "y": y, "W": size * W, "v": size * np.append(problem["v"], 1.0)}
    force = 0.5 if reduction == "sum" else 0.5 / len(y)
    G = force * np.where(X @ W.T > 0, y[:, None], 0.0).T @ X
    expected = tiny["v"][:, None] * G, (tiny["W"] * G).sum(axis=1)
    # Outputs are below 1e-9, so that each pull differs from 1/2 by less than 1e-9.
    expect_velocity(velocity(student, tiny, reduction), expected, "f is almost 0, and sigmoid(0) = 1/2", tiny)


@graded(1, "p_i → 1 as z_i → -∞, p_i → 0 as z_i → +∞; mean = sum/n", examples=25, problem=extreme_problems())
def test_extreme_margins(student, problem):
    """At margins of ±1000 wrong examples pull with force 1, right ones not at all, and the mean is the sum over n"""
    X, y, W, v = (problem[name] for name in ("X", "y", "W", "v"))
    G = -X[y < 0].sum(axis=0)
    expected = np.array([v[0] * G, 0 * G]), np.array([W[0] @ G, 0.0])
    because = "f >= 1000 on all examples: those with y = -1 are wrong and pull with p = 1, the others have p = 0"
    expect_velocity(velocity(student, problem, "sum"), expected, because, problem)
    means = expected[0] / len(y), expected[1] / len(y)
    expect_velocity(velocity(student, problem, "mean"), means, because + ", each over n", problem)


@graded(1, "1[<w_j, x_i> > 0] = 0 at <w_j, x_i> = 0", examples=40, problem=strategies.training_problems())
def test_kinks(student, problem):
    """At its kink a neuron counts as silent, and no argument is changed"""
    X, y, W = problem["X"], problem["y"], problem["W"]
    # One more example and neuron, active; one more that sits exactly on the kink of the first example.
    d = X.shape[1]
    X, y = np.vstack([X, np.eye(1, d)]), np.append(y, 1.0)
    W, v = np.vstack([W, np.eye(1, d), np.zeros((1, d))]), np.append(problem["v"], [1.0, 2.0])
    at_kink = {"X": X, "y": y, "W": W, "v": v}
    you = velocity(student, at_kink, "sum")
    mutated = student.calls[-1].outcome.mutated
    because = "the mask is 1[<w_j, x_i> > 0], strictly; the last neuron is 0, so <w_j, x> = 0 on every example"
    expect_velocity(you, defined(**at_kink, reduction="sum"), because, at_kink)
    because = "the flow still needs them; W + dt * dW makes a new array, W += dt * dW does not"
    expect(not mutated, you="changed in place", expected="as they were", because=because, what="the arguments")
