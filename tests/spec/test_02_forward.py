"""Specification of exercise 02: the network and its risk."""

import math

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, graded

REDUCTIONS = ("sum", "mean")
SINGLE = 1e-5
"""Relative tolerance: forgives single precision and the order of a sum, nothing else."""


@st.composite
def outputs(draw, margins=strategies.QUARTERS):
    """Outputs f (n,) and labels y (n,) with the given margins y f."""
    n = draw(st.integers(2, 6))
    y = draw(arrays(np.float64, (n,), elements=st.sampled_from([1.0, -1.0])))
    return {"f": y * draw(arrays(np.float64, (n,), elements=margins)), "y": y}


def defined_output(x, W, v):
    """The definition of f(x) as a plain loop over the neurons."""
    return sum(v[j] * max(sum(W[j] * x), 0.0) for j in range(len(v)))


@graded(1, "f(x) = Σ_j v_j relu(<w_j, x>)", examples=40, problem=strategies.training_problems())
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
    examples=25,
    problem=strategies.training_problems(),
    a=st.sampled_from([0.25, 2.0, 8.0]),
)
def test_homogeneous(student, problem, a):
    """Both layers times a multiply the output by a², and a lone neuron says what it should"""
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


@graded(1, "R = Σ_i log(1 + exp(-y_i f_i)), over n for the mean", examples=40, case=outputs())
def test_risk_definition(student, case):
    """The risk is the sum or the mean of log(1 + exp(-margin))"""
    total = sum(math.log(1 + math.exp(-z)) for z in case["y"] * case["f"])
    for reduction, expected in zip(REDUCTIONS, (total, total / len(case["y"])), strict=True):
        because = f"this is the {reduction} over {len(case['y'])} examples, in nats"
        expect_close(student.logistic_risk(**case, reduction=reduction), expected, rtol=SINGLE, because=because)


large = st.sampled_from([1000.0, -1000.0, 800.0, -100.0, 40.0, 20.0, -20.0])


@graded(1, "l(z) → -z as z → -∞, l(z) → exp(-z) as z → +∞", examples=25, case=outputs(large), best=large)
def test_extreme_margins(student, case, best):
    """The risk is finite and accurate at margins of ±1000, and where it is tiny"""
    for margins in (case["y"] * case["f"], np.array([abs(best), 40.0])):
        y = np.resize(case["y"], margins.shape)
        # log(1 + exp(-z)) is max(-z, 0) + log1p(exp(-|z|)), and exp of a negative number cannot overflow.
        total = sum(max(-z, 0.0) + math.log1p(math.exp(-abs(z))) for z in margins)
        because = f"the margins are {', '.join(f'{z:g}' for z in margins)}; exp(1000) leaves float64, 1 + exp(-40) is 1"
        risk = student.logistic_risk(y * margins, y, "sum")
        # Relative, so that a tiny risk must be right as well; exp(-40) in single precision is good to 5e-6.
        expect_close(risk, total, rtol=SINGLE, because=because, what="summed risk")


@graded(1, "R(f, -y) - R(f, y) = mean(y f)", examples=30, case=outputs(strategies.QUARTERS.filter(bool)))
def test_flipped_labels(student, case):
    """Flipping every label raises the risk by the mean margin, and f itself stays as it was"""
    f, y = case["f"], case["y"]
    right, wrong = (student.logistic_risk(f, labels, "mean") for labels in (y, -y))
    mutated = any(call.outcome.mutated for call in student.calls)
    expected = np.mean([math.log1p(math.exp(-z)) for z in y * f])
    right = expect_close(right, expected, rtol=SINGLE, because="this is the definition", what="R(f, y)")
    because = "log(1 + exp(z)) - log(1 + exp(-z)) = z for every margin"
    expect_close(wrong, right + np.mean(y * f), rtol=SINGLE, because=because, what="R(f, -y)")
    because = "the caller still needs them; -y * f makes a new array, f *= -y does not"
    expect(not mutated, you="f was changed in place", expected="f as it was", because=because, what="the arguments")
