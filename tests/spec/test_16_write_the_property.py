"""Specification of exercise 16: a property is judged by what it accepts and what it rejects.

The candidates live here and only their answers reach the student's code, one candidate at a time. In the words of
those who study tests of students: the right ones are wheats, and the wrong ones chaffs with one plausible bug each.
"""

import numpy as np
from hypothesis import strategies as st

from fls_teach.course.checking import strategies
from fls_teach.course.checking.show import named
from fls_teach.course.checking.spec import CallFailed, Mismatch, expect, graded

ASKING = "only then can every implementation answer"
FEWEST, MOST, SHAPES = 5, 50, 3
NEIGHBOURS = 16
"""How many seeds are looked through for those on which rounding in float32 shows most."""
ELSEWHERE = (1, 27_720, 2**16, 10**6)
"""How far off the seeds lie whose questions are learnt by heart: seed % k, for most k, asks one of them again."""
orders = st.integers(0, 2**30)
"""In which order the candidates come."""


def cosines(W, x):
    return W @ x / np.linalg.norm(W, axis=1) / np.linalg.norm(x)


def units(W, x, dtype):
    """Vectors of norm 1; dividing by the largest entry first keeps squares in range."""
    W, x = W / np.abs(W).max(axis=1, keepdims=True), x / np.abs(x).max()
    W, x = W.astype(dtype), x.astype(dtype)
    return W / np.sqrt((W * W).sum(axis=1, keepdims=True)), x / np.sqrt((x * x).sum())


def by_distance(W, x, dtype):
    """cos = 1 - |u - v|^2 / 2, and -1 + |u + v|^2 / 2 beyond a right angle."""
    W, x = units(W, x, dtype)
    apart, together = ((W - x) ** 2).sum(axis=1), ((W + x) ** 2).sum(axis=1)
    return np.where(apart < together, 1 - apart / 2, together / 2 - 1)


def by_polarisation(W, x, dtype):
    W, x = units(W, x, dtype)
    return (((W + x) ** 2).sum(axis=1) - ((W - x) ** 2).sum(axis=1)) / 4


TEXTBOOK = {"<w_j, x> / (|w_j| |x|)": cosines, "the textbook's formula": cosines}
RIGHT = {
    "<w_j, x> / (|w_j| |x|)": cosines,
    "<w_j/|w_j|, x/|x|>": lambda W, x: units(W, x, float)[0] @ units(W, x, float)[1],
    "a cosine computed in extended precision": lambda W, x: by_polarisation(W, x, np.longdouble).astype(float),
}
RIGHT_IN_FLOAT32 = {
    "a cosine computed in float32": lambda W, x: units(W, x, np.float32)[0] @ units(W, x, np.float32)[1],
    "(|u + v|² - |u - v|²)/4 of unit vectors in float32": lambda W, x: by_polarisation(W, x, np.float32),
    "1 - |u - v|²/2 of unit vectors in float32": lambda W, x: by_distance(W, x, np.float32),
}
NEARLY_RIGHT = {
    "an answer that is nowhere further off than 2e-6": lambda W, x: cosines(W, x) - 2e-6 * np.sign(cosines(W, x))
}
"""No further off than float32 may be. It lies across a rounded decimal twenty times as often as the others do."""
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
    "the norms lack their square roots": lambda W, x: W @ x / (W**2).sum(axis=1) / (x @ x),
    "the norm is the sum of absolute values": lambda W, x: W @ x / np.abs(W).sum(axis=1) / np.linalg.norm(x),
    "the norms are those of the columns of W": lambda W, x: (W / np.linalg.norm(W, axis=0)) @ x / np.linalg.norm(x),
}
WRONG_VALUE = {
    "the angle stands for its cosine": lambda W, x: np.arccos(np.clip(cosines(W, x), -1, 1)),
    "the sign is lost": lambda W, x: np.abs(cosines(W, x)),
    "the sign is flipped": lambda W, x: -cosines(W, x),
    "the cosine is squared, its sign kept": lambda W, x: cosines(W, x) * np.abs(cosines(W, x)),
    "negative alignments are set to zero": lambda W, x: np.maximum(cosines(W, x), 0),
    "the sine stands for the cosine": lambda W, x: np.sqrt(np.maximum(1 - cosines(W, x) ** 2, 0)),
    "it is the distance 1 - cos": lambda W, x: 1 - cosines(W, x),
    "negative alignments are NaN": lambda W, x: np.where(cosines(W, x) < 0, np.nan, cosines(W, x)),
    "it is always 0": lambda W, x: np.zeros(len(W)),
    "it is always 1": lambda W, x: np.ones(len(W)),
    "it is NaN": lambda W, x: np.full(len(W), np.nan),
}
WRONG_NEURON = {
    "the neurons come back sorted": lambda W, x: np.sort(cosines(W, x)),
    "the neurons come back in reverse": lambda W, x: cosines(W, x)[::-1],
    "each neuron gets its neighbour's answer": lambda W, x: np.roll(cosines(W, x), 1),
    "every neuron gets the first one's answer": lambda W, x: np.full(len(W), cosines(W, x)[0]),
    "the mean over neurons is taken": lambda W, x: np.full(len(W), cosines(W, x).mean()),
    "the answer is a column (h, 1)": lambda W, x: cosines(W, x)[:, None],
    "the answer is a row (1, h)": lambda W, x: cosines(W, x)[None],
    "the answer has d numbers, not h": lambda W, x: np.resize(cosines(W, x), len(x)),
    "the last neuron is missing": lambda W, x: cosines(W, x)[:-1],
    "the last neuron is left at 0": lambda W, x: np.append(cosines(W, x)[:-1], 0.0),
    "the first of several neurons is left at 0": lambda W, x: cosines(W, x) * (np.arange(len(W)) >= (len(W) > 1)),
}
ALWAYS_0 = {"it is always 0": WRONG_VALUE["it is always 0"]}


def ask(student, seed):
    """The student's questions as arrays, or a mismatch that says what is wrong with them."""
    asked = student.questions(seed)
    fits = isinstance(asked, (list, tuple)) and 1 <= len(asked) <= MOST
    expect(fits, you=asked, expected=f"a list of {FEWEST} to {MOST} questions", because=ASKING, what="questions")
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
    return asked, pairs


def learnt_by_heart(pairs):
    """An implementation that is right on these questions, and answers 0 to all others."""
    known = {(W.shape, W.tobytes(), x.tobytes()) for W, x in pairs}
    return lambda W, x: cosines(W, x) * ((W.shape, W.tobytes(), x.tobytes()) in known)


def wrong_at(question):
    """An implementation that is right but for one question."""
    return lambda W, x: cosines(W, x) + 0.5 * (W is question[0])


def judge(student, asked, answers):
    """The student's verdict on the answers of one candidate."""
    verdict = student.verdict(list(asked), [np.array(answer) for answer in answers])
    said = isinstance(verdict, (bool, np.bool_))
    expect(said, you=verdict, expected="True or False", because="a verdict is one or the other", what="verdict")
    return bool(verdict)


def error(answer, right):
    """How far an answer is from the right one; infinite if it has another shape, or is NaN."""
    if answer.shape != right.shape:
        return np.inf
    off = np.abs(answer - right).max()
    return np.inf if np.isnan(off) else off


def relative_error(answer, right):
    """The same on the scale of each entry: rounding is largest beside a cosine of 0."""
    return (np.abs(answer - right) / np.maximum(np.abs(right), 1e-30)).max()


def wrong_on_it_alone(student, question, answer, verdict):
    """Whether the verdict on one question is as wrong as on all; if so the card shows this last call, a short one."""
    try:
        if student.verdict([question], [np.array(answer)]) == verdict:
            return True
    except CallFailed:  # a property made of relations needs all its questions
        pass
    student.calls.pop()
    return False


def refuse(student, asked, pairs, answers, verdict, because):
    """Raise a mismatch that shows the question on which these answers are worst, the answer, and the right one."""
    exact = [cosines(W, x) for W, x in pairs]
    errors = [(error if verdict else relative_error)(*each) for each in zip(answers, exact, strict=True)]
    k = int(np.argmax(errors))
    rows = [("right", exact[k])]
    if not wrong_on_it_alone(student, asked[k], answers[k], verdict):
        rows = [("W", pairs[k][0]), ("direction", pairs[k][1]), ("its answer", answers[k]), *rows]
    digits = 4 if errors[k] > 1e-2 and verdict else 9
    lines = [f"{because}; one of {len(pairs)} questions, asked[{k}]:", *(named(*row, digits) for row in rows)]
    raise Mismatch(verdict, not verdict, "\n".join(lines), "verdict")


def expect_verdicts(student, questions, order, wrong, right):
    """The student's property accepts the right implementations and rejects the wrong ones, by their faults."""
    asked, pairs = questions
    shown = [
        (name, candidate, fine) for fine, group in ((True, right), (False, wrong)) for name, candidate in group.items()
    ]
    # In an order that the student cannot know: otherwise it would be enough to count.
    for k in np.random.default_rng(order).permutation(len(shown)):
        name, candidate, fine = shown[k]
        answers = [candidate(W, x) for W, x in pairs]
        because = f"{name} is right, up to rounding" if fine else f"in this implementation {name}"
        verdict = judge(student, asked, answers)
        if verdict != fine:
            refuse(student, asked, pairs, answers, verdict, because)


def trying(student, seed):
    """Of the questions to neighbouring seeds, those where rounding shows most: beside 0, and in rounded decimals."""
    rounded = RIGHT_IN_FLOAT32["(|u + v|² - |u - v|²)/4 of unit vectors in float32"]
    (nearly,) = NEARLY_RIGHT.values()
    drawn = [ask(student, seed + k) for k in range(NEIGHBOURS)]
    relative = [
        max(relative_error(rounded(*pair).astype(float), cosines(*pair)) for pair in pairs) for _, pairs in drawn
    ]
    answers = [[(nearly(*pair), cosines(*pair)) for pair in pairs] for _, pairs in drawn]
    # The coarser the decimal, the rarer: a seed on which it shows is worth more.
    decimals = [[sum((a.round(k) != b.round(k)).sum() for a, b in each) for k in (2, 3, 4)] for each in answers]
    return drawn[int(np.argmax(relative))], drawn[decimals.index(max(decimals))]


@graded(1, "psi_j = <w_j, x> / (|w_j| |x|), whatever the seed", examples=6, seed=strategies.seeds, order=orders)
def test_accepts_the_textbook(student, seed, order):
    """Your property asks fresh questions of several shapes, reads every answer, and accepts the textbook"""
    questions = asked, pairs = ask(student, seed)
    expect(len(asked) >= FEWEST, you=asked, expected=f"{FEWEST} to {MOST} questions", because=ASKING, what="questions")
    shapes = sorted({W.shape for W, _ in pairs})
    because = "a fault may show at one shape only"
    expect(len(shapes) >= SHAPES, you=shapes, expected=f"at least {SHAPES}", because=because, what="shapes of W")
    again = ask(student, seed)[1]
    same = len(again) == len(pairs) and all(
        np.array_equal(one, other) for each in zip(pairs, again, strict=True) for one, other in zip(*each, strict=True)
    )
    because = "everything random is drawn from np.random.default_rng(seed)"
    expect(
        same,
        you="other questions",
        expected=f"the same questions to seed {seed} again",
        because=because,
        what="questions",
    )
    picked = np.random.default_rng(order).integers(len(pairs))
    others = [pair for k in ELSEWHERE for pair in ask(student, seed + k)[1]]
    wrong = {
        f"the answers to questions(seed) for {' and '.join(str(seed + k) for k in ELSEWHERE)} are learnt by heart, "
        "and all others are 0": learnt_by_heart(others),
        "0.5 is added to the answers to the first question": wrong_at(pairs[0]),
        "0.5 is added to the answers to the last question": wrong_at(pairs[-1]),
        f"0.5 is added to the answers to asked[{picked}], and all others are right": wrong_at(pairs[picked]),
    }
    expect_verdicts(student, questions, order, ALWAYS_0 | wrong, TEXTBOOK)


@graded(1, "|psi_j in float32 - psi_j| < 1e-5", examples=6, seed=strategies.seeds, order=orders)
def test_accepts_single_precision(student, seed, order):
    """Your property accepts single and extended precision, and not an answer that is off by a thousandth"""
    wrong = {
        "1e-3 is added to the answer": lambda W, x: cosines(W, x) + 1e-3,
        "1e-3 is subtracted from the answer": lambda W, x: cosines(W, x) - 1e-3,
    }
    beside_zero, beside_decimals = trying(student, seed)
    expect_verdicts(student, beside_zero, order, wrong, RIGHT | RIGHT_IN_FLOAT32)
    expect_verdicts(student, beside_decimals, order, {}, RIGHT_IN_FLOAT32 | NEARLY_RIGHT)


@graded(1, "psi_j(a W, b x) = psi_j(W, x) for a, b > 0", examples=6, seed=strategies.seeds, order=orders)
def test_rejects_wrong_sizes(student, seed, order):
    """Your property rejects every implementation that lets the length of a vector matter"""
    expect_verdicts(student, ask(student, seed), order, WRONG_SIZE, TEXTBOOK)


@graded(1, "psi_j = cos angle(w_j, x), not the angle, not |psi_j|", examples=6, seed=strategies.seeds, order=orders)
def test_rejects_wrong_values(student, seed, order):
    """Your property rejects every implementation that is wrong on a single neuron"""
    expect_verdicts(student, ask(student, seed), order, WRONG_VALUE, TEXTBOOK)


@graded(1, "psi has shape (h,); psi_j belongs to w_j", examples=6, seed=strategies.seeds, order=orders)
def test_rejects_mixed_up_neurons(student, seed, order):
    """Your property rejects every implementation that mixes up, merges or loses neurons"""
    expect_verdicts(student, ask(student, seed), order, WRONG_NEURON, TEXTBOOK)
