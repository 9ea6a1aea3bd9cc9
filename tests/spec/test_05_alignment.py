"""Specification of exercise 05: neuron alignment, effective predictor and its alignment.

Nothing here computes an alignment from the four arguments. The data and the network are made on known axes, the first
of which points along x_+: there an alignment is the cosine of an angle that can be read off.
"""

import itertools

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_numbers, expect_parts, graded
from fls_teach.theory import forward

# Sums of at most 6 rows of numbers below 10 on an x_+ of length 1/4 at least: good to a few times 1e-14.
ROUNDING = 1e-10
SHAPES = {"psi": "h", "predictor": "d", "big_psi": ""}
lengths = st.sampled_from([0, 0, -40, 40, -100]).map(lambda power: 2.0**power)


@st.composite
def data(draw, n_features):
    """A labelled set in any order whose positive examples add up to a multiple of the first axis: X, y, axes."""
    axes = draw(strategies.frames(n_features))
    row = strategies.vectors(n_features, zero=True)
    positive = np.array([draw(row) for _ in range(draw(st.integers(1, 3)))])
    if len(positive) > 2 and draw(st.booleans()):
        positive[1] = positive[0]  # equal examples count twice
    goal = np.array([draw(st.integers(1, 12)) / 4] + [0.0] * (n_features - 1))
    positive[-1] = goal - positive[:-1].sum(axis=0)
    negative = np.array([draw(row) for _ in range(draw(st.integers(1, 3)))])
    order = draw(strategies.orders(len(positive) + len(negative)))
    X, y = np.concatenate([positive, negative]) @ axes, np.repeat([1.0, -1.0], [len(positive), len(negative)])
    return {"X": draw(lengths) * X[order], "y": y[order], "axes": axes}


@st.composite
def networks(draw):
    """Such data and living neurons of very different lengths, one of them positive at least: X, y, W, v, axes."""
    h, d = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    W, v = np.array([draw(strategies.vectors(d)) for _ in range(h)]), draw(strategies.vectors(h))
    assume((v > 0).any() and np.any(v[v > 0] @ W[v > 0]))
    made = draw(data(d))
    W = draw(lengths) * W @ made["axes"]
    return {**made, "W": W, "v": draw(lengths) * v}


def lesson(kinds=4 * (float,), weight=2, others=(), more=0.0):
    """The lesson's example, each array of whole numbers or not, another v_1, further neurons, a longer w_1 or not."""
    arrays = {
        "X": [[2, 1], [1, 3], [-3, -1]],
        "y": [1, 1, -1],
        "W": [[3 + more, 4], [4, -3], [-3, -4], *others],
        "v": [weight, 1, -2] + [-1] * len(others),
    }
    return {name: np.array(rows, dtype=kind) for (name, rows), kind in zip(arrays.items(), kinds, strict=True)}


LESSON = [{"made": {**lesson(), "axes": np.array([[0.6, 0.8], [-0.8, 0.6]])}}]


def ask(student, made, *wanted):
    """The wanted ones of psi, w^+ and Psi as arrays of the right shapes; the others do not matter here."""
    h, d = made["W"].shape
    parts = expect_parts(student.alignment(**{name: made[name] for name in "XyWv"}), SHAPES)
    given = dict(zip(SHAPES, parts, strict=True))
    return [expect_numbers(given[name], {"h": (h,), "d": (d,), "": ()}[SHAPES[name]], what=name) for name in wanted]


def angles(vectors, axes):
    """The angle of each vector with the first axis."""
    inside = np.atleast_2d(vectors) @ axes.T
    return np.arctan2(np.linalg.norm(inside[:, 1:], axis=1), inside[:, 0])


def text(numbers):
    """An array on one line."""
    return np.array2string(np.asarray(numbers), separator=", ", precision=4, suppress_small=False)


def positive_neurons(made):
    """W and v of the positive neurons alone."""
    return made["W"][made["v"] > 0], made["v"][made["v"] > 0]


@graded(1, "ψ_j = <w_j, x₊> / (‖w_j‖ ‖x₊‖)", examples=20, first=LESSON, made=networks())
def test_every_neuron(student, made):
    """Every neuron's alignment is the cosine of its angle with the sum of the positive examples"""
    (psi,) = ask(student, made, "psi")
    known = angles(made["W"], made["axes"])
    worst = np.abs(psi - np.cos(known)).argmax()
    because = (
        f"w_{worst + 1} is at {np.degrees(known[worst]):.4g}° to x_+, the sum of the {np.sum(made['y'] > 0)} examples "
        f"labelled +1, which points along {text(made['axes'][0])}"
    )
    expect_close(psi, np.cos(known), atol=ROUNDING, because=because, what="psi")


@graded(
    1,
    "f₊(x) − f₊(−x) = <w⁺, x> with f₊(x) = Σ_{v_j > 0} v_j relu(<w_j, x>)",
    examples=20,
    first=LESSON,
    made=networks(),
)
def test_predictor_of_the_positive_neurons(student, made):
    """The effective predictor is the linear part of the network of the positive neurons"""
    (predictor,) = ask(student, made, "predictor")
    W, v = positive_neurons(made)
    ahead, behind = forward(np.eye(W.shape[1]), W, v), forward(-np.eye(W.shape[1]), W, v)
    neurons = " and ".join(f"{weight:.4g} * {text(w)}" for w, weight in zip(W, v, strict=True))
    because = f"on the unit vectors the positive neurons, {neurons}, output {text(ahead)}, and {text(behind)} on -x"
    atol = ROUNDING * np.abs(v) @ np.abs(W).sum(axis=1)
    expect_close(predictor, ahead - behind, atol=atol, because=because, what="predictor")


@graded(1, "Ψ = cos∠(w⁺, x₊)", examples=20, first=LESSON, made=networks())
def test_alignment_of_the_whole(student, made):
    """The alignment of the network is that of the effective predictor that was returned with it"""
    predictor, big_psi = ask(student, made, "predictor", "big_psi")
    because = "v_j w_j of the positive neurons do not cancel here"
    expect(predictor.any(), you=predictor, expected="not zero", because=because, what="predictor")
    angle = angles(predictor, made["axes"])[0]
    because = (
        f"your w^+ = {text(predictor)} is at {np.degrees(angle):.4g}° to x_+, which points along "
        f"{text(made['axes'][0])}: large neurons count for more than in a mean of psi_j"
    )
    expect_close(big_psi, np.cos(angle), atol=ROUNDING, because=because, what="Psi")


@st.composite
def frames_of_neurons(draw):
    """Neurons along all axes of another frame, each of its own length, and some more; none of them positive yet."""
    d = draw(st.integers(1, 4))
    made, axes = draw(data(d)), draw(strategies.frames(d))
    W = [draw(lengths) * draw(st.integers(1, 12)) / 4 * axis for axis in axes]
    W = np.array(W + [draw(strategies.vectors(d)) for _ in range(draw(st.integers(0, 2)))])
    return {**made, "W": W, "v": -np.array([draw(st.integers(0, 12)) / 4 for _ in W])}


@graded(
    1,
    "Σ_j ψ_j² = 1 over d orthogonal neurons; Σ Ψ² = 1 where each in turn is positive",
    examples=20,
    made=frames_of_neurons(),
)
def test_a_frame_of_neurons(student, made):
    """The squared alignments of d orthogonal neurons add up to 1, as do those of d networks with one of them each"""
    d, alone = made["W"].shape[1], []
    for k in range(d):
        v = made["v"].copy()
        v[k] = 1.5
        psi, big_psi = ask(student, {**made, "v": v}, "psi", "big_psi")
        because = f"the first {d} neurons are at right angles to each other: their axes take x_+ apart (Pythagoras)"
        expect_close(np.sum(psi[:d] ** 2), 1.0, atol=ROUNDING, because=because, what="sum of psi_j^2")
        alone.append(big_psi)
    because = f"w_j is the only positive neuron in network j of {d}, your Psi are {text(alone)}, and the w_j orthogonal"
    expect_close(np.sum(np.square(alone)), 1.0, atol=ROUNDING, because=because, what="sum of Psi^2")


KINDS = [*itertools.product([int, float], repeat=4)]
OTHERS = (5, 0), (1, 2)
halves = st.integers(2, 9).map(lambda k: k / 2)


@graded(
    1,
    "X, y, W, v of whole numbers: ψ, w⁺, Ψ as of equal fractions; v_1 + 1: w⁺ + w_1",
    examples=5,
    first=[{"case": lesson(KINDS[0])}] + [{"case": lesson(kinds, 2.5, OTHERS, 0.5)} for kinds in KINDS],
    case=st.builds(lesson, st.sampled_from(KINDS), halves, st.just(OTHERS), st.just(0.5)),
)
def test_whole_numbers(student, case):
    """Arrays of whole numbers have the same alignments and the same predictor as equal arrays of fractions"""
    here = "of these arrays, " + ", ".join(f"{name} of {array.dtype}" for name, array in case.items())
    parts = ask(student, case, *SHAPES)
    equal = ask(student, {name: array.astype(float) for name, array in case.items()}, *SHAPES)
    because = f"{here}, you give another answer than of equal arrays of float64: is a result stored in whole numbers?"
    for part, expected, name in zip(parts, equal, SHAPES, strict=True):
        expect_close(part, expected, rtol=ROUNDING, atol=ROUNDING, because=because, what=name)
    v = case["v"].copy()
    v[0] += 1
    (more,) = ask(student, {**case, "v": v}, "predictor")
    growth = case["W"][0].astype(float)
    because = f"{here}, v_1 is {case['v'][0]:g}, and 1 more adds w_1 = {text(growth)} to w^+"
    expect_close(more - parts[1], growth, atol=10 * ROUNDING, because=because, what="growth of the predictor")
