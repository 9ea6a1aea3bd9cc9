"""Specification of exercise 02: the network and its risk."""

import math

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect_close, graded

REDUCTIONS = ("sum", "mean")
SINGLE = 1e-5
"""Relative tolerance: forgives single precision and the order of a sum, nothing else."""

HAND = {
    "X": np.array([[1, 0], [1, 2], [-1, -2]]),
    "W": np.array([[1, 0], [-1, 1]]),
    "v": np.array([2, -3]),
}
"""The lesson's example by hand, in integers as it is written there."""

MARGINS = (0.0, 0.5, 1.0, 2.25, 4.0, 6.5, 8.75, 10.25, 12.0, 15.0, 16.5, 17.0, 18.0, 21.0, 25.0, 29.0, 31.0, 35.5, 36.5)
MARGINS += (37.0, 38.0, 40.0, 45.0, 51.0, 60.0, 88.5, 104.0, 300.0, 501.0, 709.5, 710.0, 746.0, 800.0, 1000.0)
"""Between the places where exp or log1p leaves single or double precision, and beyond all of them."""

NOTHING = 1e-30
"""A loss below this may be 0: it is less than exp(-69), and exp underflows in single precision at -87."""


@st.composite
def outputs(draw, margins=strategies.QUARTERS):
    """Outputs f (n,) and labels y (n,), at times all equal, with the given margins y f."""
    n = draw(st.integers(1, 6))
    y = draw(arrays(np.float64, (n,), elements=st.sampled_from([1.0, -1.0])))
    return {"f": y * draw(arrays(np.float64, (n,), elements=margins)), "y": y}


def defined_output(x, W, v):
    """The definition of f(x) as a plain loop over the neurons."""
    return sum(v[j] * max(sum(W[j] * x), 0.0) for j in range(len(v)))


def loss(z):
    """l(z) = max(-z, 0) + log1p(exp(-|z|)), in which exp of a negative number cannot overflow."""
    return max(-z, 0.0) + math.log1p(math.exp(-abs(z)))


@graded(
    1,
    "f(x) = Σ_j v_j relu(<w_j, x>)",
    examples=25,
    first=[{"problem": HAND}]
    + [{"problem": HAND | {name: HAND[name] / 4 for name in names}} for names in ("W", "v", "XW", "Xv")],
    problem=strategies.training_problems(),
)
def test_definition(student, problem):
    """The output sums what the active neurons say, example by example"""
    X, W, v = problem["X"], problem["W"], problem["v"]
    expected = np.array([defined_output(x, W, v) for x in X])
    # Sums that cancel are only as good as their terms: at most 5 neurons, |v_j <w_j, x>| <= 3 * 4 * 9.
    because = "a neuron adds v_j <w_j, x> where <w_j, x> > 0, and nothing elsewhere"
    expect_close(student.forward(X, W, v), expected, rtol=SINGLE, atol=1e-4, because=because, what="f")


@graded(
    1,
    "f(x; aW, av) = a² f(x; W, v) = f(a² x; W, v) for a > 0",
    examples=18,
    problem=strategies.training_problems(),
    a=st.sampled_from([2.0**-28, 2.0**-10, 0.25, 2.0, 8.0, 2.0**20]),
)
def test_homogeneous(student, problem, a):
    """Both layers times a multiply the output by a², be a tiny, and a lone neuron says what it should"""
    X, W, v = problem["X"], problem["W"], problem["v"]
    f = np.array([defined_output(x, W, v) for x in X])
    because = f"relu(a z) = a relu(z) for a > 0, once for each layer; here a = {a:g}"
    tolerance = {"rtol": SINGLE, "atol": 1e-4 * a * a}
    expect_close(
        student.forward(X, a * W, a * v), a * a * f, because=because, what="f of the scaled network", **tolerance
    )
    expect_close(student.forward(a * a * X, W, v), a * a * f, because=because, what="f of scaled inputs", **tolerance)
    # The anchor that no constant meets: one neuron, active on the first example and silent on the second.
    lone = student.forward(np.array([[2.0, 1.0], [-1.0, 1.0]]), np.array([[a, 0.0]]), np.array([-1.5]))
    expect_close(lone, [-3 * a, 0.0], rtol=SINGLE, because="f = v relu(<w, x>) for one neuron", what="f of one neuron")


@graded(
    1,
    "R = Σ_i log(1 + exp(-y_i f_i)), over n for the mean",
    examples=25,
    first=[{"case": {"f": np.array([2, -1, 0]), "y": np.array([1, 1, -1])}}],
    case=outputs(),
)
def test_risk_definition(student, case):
    """The risk is the sum or the mean of log(1 + exp(-margin))"""
    total = sum(math.log(1 + math.exp(-z)) for z in case["y"] * case["f"])
    for reduction, expected in zip(REDUCTIONS, (total, total / len(case["y"])), strict=True):
        because = f"this is the {reduction} of the losses of {len(case['y'])} examples, in nats"
        expect_close(student.logistic_risk(**case, reduction=reduction), expected, rtol=SINGLE, because=because)


@graded(1, "l(z) → -z as z → -∞, l(z) → exp(-z) as z → +∞")
def test_extreme_margins(student):
    """The risk is finite and accurate at every margin up to ±1000, and where it is tiny"""
    for size in MARGINS:
        for z in (-size, size):
            for label in (1.0, -1.0):
                because = f"the margin is {z:g}, and l({z:g}) = {loss(z):.6g}"
                if abs(z) > 36:
                    because += "; 1 + exp(-z) rounds to 1" if z > 0 else "; exp(-z) is huge, at -z > 709.8 infinite"
                risk = student.logistic_risk(np.array([label * z]), np.array([label]), "sum")
                # Relative, so that a tiny risk must be right as well; exp(-60) in single precision is good to 4e-6.
                expect_close(risk, loss(z), rtol=SINGLE, atol=NOTHING, because=because, what="risk of one example")
    for z in ([40, 37, 25], [-1000, 40, 710, -37, 3], [1000, 800]):
        y = np.resize([1, -1], len(z))
        mean = sum(map(loss, z)) / len(z)
        because = f"the margins are {', '.join(map(str, z))}, and f and y are integers"
        risk = student.logistic_risk(y * np.array(z), y, "mean")
        expect_close(risk, mean, rtol=SINGLE, atol=NOTHING, because=because, what="mean risk")


@graded(1, "R(f, -y) - R(f, y) = mean(y f)", examples=20, case=outputs(strategies.QUARTERS.filter(bool)))
def test_flipped_labels(student, case):
    """Flipping every label raises the risk by the mean margin"""
    f, y = case["f"], case["y"]
    right, wrong = (student.logistic_risk(f, labels, "mean") for labels in (y, -y))
    expected = np.mean([loss(z) for z in y * f])
    right = expect_close(right, expected, rtol=SINGLE, because="this is the definition", what="R(f, y)")
    because = "log(1 + exp(z)) - log(1 + exp(-z)) = z for every margin"
    expect_close(wrong, right + np.mean(y * f), rtol=SINGLE, because=because, what="R(f, -y)")
