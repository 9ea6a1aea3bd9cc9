"""Specification of exercise 05: neuron alignment, effective predictor and its alignment."""

import math

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_parts, graded
from fls_teach.theory import forward

# A cosine of quarters is good to a few times 1e-16 unless a sum nearly cancels, which `networks` excludes.
ROUNDING = 1e-10


@st.composite
def networks(draw):
    """Data with both classes and a network with living neurons, one of them positive at least."""
    data = draw(strategies.datasets(both_classes=True))
    h, d = draw(st.integers(1, 5)), data["X"].shape[1]
    W = np.array([draw(strategies.vectors(d)) for _ in range(h)])
    v = np.array([draw(strategies.QUARTERS) for _ in range(h)])
    v[0] = abs(v[0]) + 0.25
    positive = v > 0
    assume(np.any(data["X"][data["y"] > 0].sum(axis=0)) and np.any(v[positive] @ W[positive]))
    return {**data, "W": W, "v": v}


def ask(student, case):
    """The three parts, checked for their shapes, and whether W or v came back changed."""
    parts = expect_parts(student.alignment(**case), ("psi", "predictor", "big_psi"))
    return parts, student.calls[-1].outcome.mutated


def cosine(u, v):
    """By its definition, as a loop."""
    inner = sum(float(a) * float(b) for a, b in zip(u, v, strict=True))
    return inner / math.sqrt(sum(float(a) ** 2 for a in u) * sum(float(b) ** 2 for b in v))


def class_sum(case):
    """x_+ by its definition, as a loop."""
    total = np.zeros(case["X"].shape[1])
    for x, label in zip(case["X"], case["y"], strict=True):
        total = total + x if label == 1 else total
    return total


def defined_predictor(case):
    """w^+ by its definition, as a loop."""
    return sum(weight * w for weight, w in zip(case["v"], case["W"], strict=True) if weight > 0)


def expect_measured(parts, case, because, when=""):
    """All three parts are right; psi, w^+ and Psi as arrays."""
    toward, predictor = class_sum(case), defined_predictor(case)
    expected = np.array([cosine(w, toward) for w in case["W"]]), predictor, cosine(predictor, toward)
    return [
        expect_close(part, wanted, atol=ROUNDING, because=because, what=name + when)
        for part, wanted, name in zip(parts, expected, ("psi", "w^+", "Psi"), strict=True)
    ]


@graded(1, "ψ_j = <w_j, x₊> / (‖w_j‖ ‖x₊‖)", case=networks())
def test_every_neuron(student, case):
    """Every neuron's alignment is the cosine of its angle with the sum of the positive examples"""
    (psi, _, _), _ = ask(student, case)
    toward = class_sum(case)
    expected = np.array([cosine(w, toward) for w in case["W"]])
    because = f"x_+ = {np.array2string(toward, separator=', ')} is the sum of the examples labelled +1"
    expect_close(psi, expected, atol=ROUNDING, because=because, what="psi")


@graded(1, "f(x) = <w⁺, x> where exactly the positive neurons are active", case=networks(), seed=strategies.seeds)
def test_predicts_where_positive_neurons_are_active(student, case, seed):
    """On a point that exactly the positive neurons see, the network is its effective predictor"""
    points = np.random.default_rng(seed).standard_normal(case["W"].shape[1]) + 1e-3 * np.eye(case["W"].shape[1])
    # Turn the neurons round so that all the points, near to each other, are seen by the positive ones alone.
    # Coordinates that add up to -1e-3 make the points dependent.
    assume(np.linalg.cond(points) < 1e6)
    seen = case["W"] @ points.T
    assume(((seen > 0).all(axis=1) | (seen < 0).all(axis=1)).all())
    W = case["W"] * np.where((seen[:, 0] > 0) == (case["v"] > 0), 1.0, -1.0)[:, None]
    (_, predictor, _), _ = ask(student, {**case, "W": W})
    outputs = forward(points, W, case["v"])
    # d points in general position fix the d entries; 1e-3 apart they do it with three digits less than float64 has.
    expected = np.linalg.solve(points, outputs)
    because = "a sum of v_j <w_j, x> over the active neurons is one inner product with x"
    scale = np.abs(case["v"]) @ np.abs(W).sum(axis=1)
    predictor = expect_close(predictor, expected, atol=1e-8 * scale, because=because, what="w^+")
    expect_close(points @ predictor, outputs, atol=1e-9 * scale, because=because, what="<w^+, x>")


@graded(1, "Ψ = cos∠(w⁺, x₊)", case=networks())
def test_alignment_of_the_whole(student, case):
    """The alignment of the network is that of its effective predictor, in which large neurons count for more"""
    (_, _, big_psi), _ = ask(student, case)
    predictor = defined_predictor(case)
    because = (
        f"w^+ = {np.array2string(np.asarray(predictor), separator=', ', precision=4)}, and Psi is its cosine with x_+"
    )
    expect_close(big_psi, cosine(predictor, class_sum(case)), atol=ROUNDING, because=because, what="Psi")


scales = st.sampled_from([2.0**-12, 2.0**3, 1e-30, 1e20])


@graded(1, "(αW, αv) and XQ, WQ: ψ, Ψ as before, w⁺ ↦ α² w⁺ Q", case=networks(), alpha=scales, seed=strategies.seeds)
def test_scaling_and_turning(student, case, alpha, seed):
    """Scaling the network and turning the whole space keep all alignments and carry the predictor along"""
    because = "these are the cosines with x_+, and w^+ is sum v_j w_j over v_j > 0"
    psi, predictor, big_psi = expect_measured(ask(student, case)[0], case, because)
    d = case["W"].shape[1]
    Q, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((d, d)))
    turned = {"X": case["X"] @ Q, "y": case["y"], "W": alpha * case["W"] @ Q, "v": alpha * case["v"]}
    (psi_after, predictor_after, big_psi_after), _ = ask(student, turned)
    because = f"an angle knows neither alpha = {alpha:g} nor the axes"
    # A turned quarter is no quarter: sums of a few dozen products, each rounded to 1e-16 of at most 9.
    expect_close(psi_after, psi, atol=ROUNDING, because=because, what="psi after scaling and turning")
    expect_close(big_psi_after, big_psi, atol=ROUNDING, because=because, what="Psi after scaling and turning")
    because = f"v_j w_j is quadratic in alpha = {alpha:g}, and turns with the space"
    atol = ROUNDING * alpha**2
    expect_close(predictor_after, alpha**2 * predictor @ Q, atol=atol, because=because, what="w^+ after both")


@graded(1, "(X, y, W, v) ↦ (ψ, w⁺, Ψ) is a measurement", case=networks())
def test_measuring_changes_nothing(student, case):
    """Measuring leaves the network as it is: a second one gives the same, and both are right"""
    for turn in ("first", "second"):
        parts, mutated = ask(student, case)
        expect_measured(parts, case, "this belongs to the weights as they were handed in", f" at the {turn} call")
        because = "dividing W or masking v in place changes the caller's network"
        expect(not mutated, you="other weights", expected="the same weights", because=because, what="after the call")
