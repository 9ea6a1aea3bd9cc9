"""Specification of exercise 16: a property is judged by what it accepts and what it rejects.

The candidates live here and only their answers reach the student's code, one candidate at a time.
"""

import numpy as np
from hypothesis import strategies as st

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import Mismatch, expect, graded

ASKING = "only then can every implementation answer"
FEWEST, MOST, SHAPES = 5, 50, 3
orders = st.integers(0, 2**30)
"""In which order the candidates come."""


def cosines(W, x):
    return W @ x / np.linalg.norm(W, axis=1) / np.linalg.norm(x)


def single_precision(W, x):
    W, x = (np.float32(a / np.abs(a).max()) for a in (W, x))
    return (W / np.linalg.norm(W, axis=1, keepdims=True)) @ (x / np.linalg.norm(x))


WRONG_SIZE = {
    "w_j is not divided by its norm": lambda W, x: W @ x / np.linalg.norm(x),
    "the direction is not divided by its norm": lambda W, x: W @ x / np.linalg.norm(W, axis=1),
    "1e-3 is added to the norm against division by zero": lambda W, x: (
        W @ x / (np.linalg.norm(W, axis=1) + 1e-3) / np.linalg.norm(x)
    ),
    "all neurons are divided by the largest norm": lambda W, x: (
        W @ x / np.linalg.norm(W, axis=1).max() / np.linalg.norm(x)
    ),
    "W is divided by its Frobenius norm": lambda W, x: W @ x / np.linalg.norm(W) / np.linalg.norm(x),
}
WRONG_VALUE = {
    "the angle stands for its cosine": lambda W, x: np.arccos(np.clip(cosines(W, x), -1, 1)),
    "the sign is lost": lambda W, x: np.abs(cosines(W, x)),
    "the sign is flipped": lambda W, x: -cosines(W, x),
    "the cosine is squared, its sign kept": lambda W, x: cosines(W, x) * np.abs(cosines(W, x)),
    "negative alignments are set to zero": lambda W, x: np.maximum(cosines(W, x), 0),
    "it is always 0": lambda W, x: np.zeros(len(W)),
    "it is always 1": lambda W, x: np.ones(len(W)),
    "it is NaN": lambda W, x: np.full(len(W), np.nan),
}
WRONG_NEURON = {
    "the neurons come back sorted": lambda W, x: np.sort(cosines(W, x)),
    "the neurons come back in reverse": lambda W, x: cosines(W, x)[::-1],
    "every neuron gets the first one's answer": lambda W, x: np.full(len(W), cosines(W, x)[0]),
    "the mean over neurons is taken": lambda W, x: np.full(len(W), cosines(W, x).mean()),
    "the answer is a column (h, 1)": lambda W, x: cosines(W, x)[:, None],
    "the last neuron is missing": lambda W, x: cosines(W, x)[:-1],
}


def ask(student, seed):
    """The student's questions as arrays, or a mismatch that says what is wrong with them."""
    asked = student.questions(seed)
    expect(
        isinstance(asked, (list, tuple)) and FEWEST <= len(asked) <= MOST,
        you=asked,
        expected=f"{FEWEST} to {MOST} questions",
        because=ASKING,
    )
    pairs = []
    for item in asked:
        try:
            W, x = (np.asarray(part, dtype=float) for part in item)
        except (TypeError, ValueError):
            raise Mismatch(item, "a pair (W, direction) of numbers", ASKING, "question") from None
        fits = W.ndim == 2 and x.shape == W.shape[1:] and 0 < W.size <= 10_000
        expect(fits, you=item, expected="W (h, d) and direction (d,)", because=ASKING, what="question")
        bounded = np.isfinite(W).all() and np.isfinite(x).all() and max(np.abs(W).max(), np.abs(x).max()) <= 1e6
        alive = bounded and x.any() and W.any(axis=1).all()
        expect(alive, you=item, expected="no zero row, no entry above 1e6", because=ASKING, what="question")
        pairs.append((W, x))
    shapes = sorted({W.shape for W, _ in pairs})
    because = "a fault may show at one shape only"
    expect(len(shapes) >= SHAPES, you=shapes, expected=f"at least {SHAPES}", because=because, what="shapes of W")
    return asked, pairs


def learnt_by_heart(pairs):
    """An implementation that is right on these questions, and answers 0 to all others."""
    known = {(W.shape, W.tobytes(), x.tobytes()) for W, x in pairs}
    return lambda W, x: cosines(W, x) * ((W.shape, W.tobytes(), x.tobytes()) in known)


def judge(student, asked, pairs, candidate):
    """The student's verdict on one candidate."""
    verdict = student.verdict(list(asked), [np.array(candidate(W, x)) for W, x in pairs])
    said = isinstance(verdict, (bool, np.bool_))
    expect(said, you=verdict, expected="True or False", because="a verdict is one or the other", what="verdict")
    return bool(verdict)


def expect_verdicts(student, seed, order, wrong, right=cosines, name="<w_j, x> / (|w_j| |x|)"):
    """The student's property accepts the right implementation and rejects each of the wrong ones, by their faults."""
    asked, pairs = ask(student, seed)
    by_heart = f"the answers to questions({seed + 1}) are learnt by heart, and all others are 0"
    shown = [*wrong.items(), (by_heart, learnt_by_heart(ask(student, seed + 1)[1])), ("", right), ("", right)]
    # In an order that the student cannot know: otherwise it would be enough to count.
    for k in np.random.default_rng(order).permutation(len(shown)):
        fault, candidate = shown[k]
        verdict = judge(student, asked, pairs, candidate)
        because = f"in this implementation {fault}" if fault else f"{name} is right"
        expect(verdict == (not fault), you=verdict, expected=not fault, because=because, what="verdict")


@graded(1, "psi_j = <w_j, x> / (|w_j| |x|)", examples=5, seed=strategies.seeds, order=orders)
def test_accepts_the_textbook(student, seed, order):
    """Your property accepts the textbook implementation, and not one that answers 0 to everything"""
    expect_verdicts(student, seed, order, {"it is always 0": WRONG_VALUE["it is always 0"]})


@graded(1, "psi_j = <w_j/|w_j|, x/|x|> in float32", examples=5, seed=strategies.seeds, order=orders)
def test_accepts_single_precision(student, seed, order):
    """Your property accepts an honest implementation in single precision, and not one off by a thousandth"""
    wrong = {"1e-3 is added to the answer": lambda W, x: cosines(W, x) + 1e-3}
    expect_verdicts(student, seed, order, wrong, single_precision, "a cosine computed in float32")


@graded(1, "psi_j(a W, b x) = psi_j(W, x) for a, b > 0", examples=5, seed=strategies.seeds, order=orders)
def test_rejects_wrong_sizes(student, seed, order):
    """Your property rejects every implementation that lets the length of a vector matter"""
    expect_verdicts(student, seed, order, WRONG_SIZE)


@graded(1, "psi_j = cos angle(w_j, x), not the angle, not |psi_j|", examples=5, seed=strategies.seeds, order=orders)
def test_rejects_wrong_values(student, seed, order):
    """Your property rejects every implementation that is wrong on a single neuron"""
    expect_verdicts(student, seed, order, WRONG_VALUE)


@graded(1, "psi has shape (h,); psi_j belongs to w_j", examples=5, seed=strategies.seeds, order=orders)
def test_rejects_mixed_up_neurons(student, seed, order):
    """Your property rejects every implementation that mixes up, merges or loses neurons"""
    expect_verdicts(student, seed, order, WRONG_NEURON)
