"""Specification of exercise 13: the output multiplier in torch.

Nothing here trains. One step is compared with slopes of the loss, each measured on its own; losses and outputs are
compared with the weights that come back, and a run with runs that are parts of it. So a mistake in the step is no
mistake in the report, and the other way round.
"""

import hypothesis
import numpy as np
from hypothesis import strategies as st

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_numbers, expect_parts, graded

# A student may compute in float32: a few steps of sums of about ten terms, each rounded by 2^-24, stay within 1e-5.
SINGLE = 1e-4
N_FEATURES, N_CLASSES, HIDDEN = 4, 3, (5, 7, 6)

multipliers = st.one_of(st.integers(-10, 4).map(lambda k: 2.0**k), st.sampled_from([0.3, 2.5]))
"""Output multipliers from 2^-10 to 2^4."""

LESSON = {"weights": [np.array([[0.0], [0.0]])], "X": np.array([[2.0]]), "labels": np.array([0])}
"""The lesson's example by hand, for c = 1/4 and lr = 0.1: W = (0, 0), x = 2, label 0."""
DEAD = {
    "weights": [-np.ones((5, 2)), np.ones((3, 5)) / 4],
    "X": np.array([[1.0, 2.0], [0.5, 0.25], [3.0, 1.0], [0.125, 2.0]]),
    "labels": np.array([1, 0, 0, 1]),
}
"""A network whose neurons are off for all examples: f = 0, and no weight moves."""
LEARNT = {**LESSON, "weights": [np.array([[1.9], [-1.9]])]}
"""The lesson's input, answered with a margin of 7.6: CE = 0.0005, and a step at lr = 1000 is as long as the weights."""


@st.composite
def problems(draw, depths=(1, 2, 3, 4), hidden=HIDDEN, scale=1.0, sizes=(1, 6, 9), dtypes=(np.float64, np.float32)):
    """Random data and a network without biases, nowhere near a kink, that answers every example: weights, X, labels."""
    rng, depth = np.random.default_rng(draw(strategies.seeds)), draw(strategies.any_of(*depths))
    n_samples, dtype = draw(strategies.any_of(*sizes)), draw(strategies.any_of(*dtypes))
    widths = [N_FEATURES, *hidden[: depth - 1], N_CLASSES]
    while True:
        weights = [scale * rng.standard_normal(shape) for shape in zip(widths[1:], widths[:-1], strict=True)]
        X = rng.standard_normal((n_samples, N_FEATURES))
        case = {"weights": [w.astype(dtype) for w in weights], "X": X.astype(dtype)}
        if forward(weights, X).any(axis=1).all() and not near_a_kink(**case):
            return case | {"labels": rng.integers(0, N_CLASSES, n_samples)}


def near_a_kink(weights, X, rounding=2.0**-9):
    """Whether rounding, to float16 unless told, might turn some relu on or off, and with it a slope."""
    active = X.astype(float)
    for matrix in weights[:-1]:
        sums = active @ matrix.T.astype(float)
        if (np.abs(sums) < rounding * np.abs(active).max(1, keepdims=True) * np.abs(matrix).max()).any():
            return True
        active = np.maximum(sums, 0)
    return False


def forward(weights, X):
    """f (n, k); also of complex weights, whose imaginary parts are carried along."""
    for matrix in weights[:-1]:
        sums = X @ matrix.T
        X = np.where(sums.real > 0, sums, 0)
    return X @ weights[-1].T


def cross_entropy(outputs, labels):
    """Mean over the examples, in nats."""
    shifted = outputs - outputs.real.max(axis=1, keepdims=True)
    return (np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(labels)), labels]).mean()


def slope(case, c, layer, place):
    """Derivative of CE(c f) by one weight: the imaginary part that an imaginary step of 1e-30 gives."""
    weights = [matrix.astype(complex) for matrix in case["weights"]]
    weights[layer][place] += 1e-30j
    return cross_entropy(c * forward(weights, case["X"].astype(float)), case["labels"]).imag / 1e-30


def stepped(case, c, lr):
    """The weights, each moved by -lr/c times its own slope of CE(c f)."""
    moved = [matrix.astype(float) for matrix in case["weights"]]
    for layer, matrix in enumerate(moved):
        for place in np.ndindex(matrix.shape):
            matrix[place] -= lr / c * slope(case, c, layer, place)
    return moved


def ask(student, case, **more):
    """The student's trained weights and outputs, as float64 arrays, and the losses as they are."""
    weights, outputs, losses = expect_parts(student.train(**case, **more), ("weights", "outputs", "losses"))
    fits = isinstance(weights, (list, tuple)) and len(weights) == len(case["weights"])
    expected = f"a list of {len(case['weights'])} arrays"
    expect(fits, you=weights, expected=expected, because="one for each layer", what="weights")
    pairs = enumerate(zip(weights, case["weights"], strict=True), 1)
    weights = [expect_numbers(mine, old.shape, what=f"W_{k}") for k, (mine, old) in pairs]
    outputs = expect_numbers(outputs, (len(case["X"]), len(case["weights"][-1])), what="outputs")
    return weights, outputs, losses


def expect_weights(you, expected, before, because, rtol=SINGLE, rounding=SINGLE, after="training"):
    """Compare layer by layer, on the scale of the largest change, but for what one rounding of the weights may do."""
    for k, (mine, right, old) in enumerate(zip(you, expected, before, strict=True), 1):
        atol = rtol * np.abs(right - old).max() + rounding * np.abs(old).max()
        expect_close(mine, right, atol=atol, because=because, what=f"W_{k} after {after}")


@graded(
    1, "x ↦ c f(x)", examples=14, case=problems(), c=multipliers, n_steps=st.integers(0, 3),
    first=[{"case": LESSON, "c": 0.25, "n_steps": 1}, {"case": DEAD, "c": 0.25, "n_steps": 1}],
)  # fmt: skip
def test_output_is_multiplied(student, case, c, n_steps):
    """The wrapped network outputs c times what the network outputs, with the weights that you return"""
    weights, outputs, _ = ask(student, case, c=c, lr=0.1, n_steps=n_steps)
    f = forward(weights if n_steps else case["weights"], case["X"])
    because = f"this is c f(X) with c = {c:g}" + " and the trained weights" * (n_steps > 0)
    # 10 SINGLE: what rounding does to each layer's sums adds up over the layers.
    atol = 10 * SINGLE * np.abs(c * f).max()
    expect_close(outputs, c * f, atol=atol, because=because, what=f"outputs after {n_steps} steps")


@graded(
    1, "loss(k) = CE(c f(X; θ(k))), k = 0, 1, …, n", examples=10, case=problems(), c=multipliers,
    n_steps=st.sampled_from([0, 1, 3, 25]),
    first=[{"case": LESSON, "c": 0.25, "n_steps": 1}, {"case": DEAD, "c": 0.25, "n_steps": 1}],
)  # fmt: skip
def test_losses_are_reported_undivided(student, case, c, n_steps):
    """The losses are CE(c f) before every step and after the last, not divided by c"""
    because = "one before every step, and one after the last"
    losses = ask(student, case, c=c, lr=0.1, n_steps=n_steps)[2]
    losses = expect_numbers(losses, (n_steps + 1,), because=because, what="losses")
    for k in sorted({0, min(1, n_steps), min(2, n_steps), n_steps}):
        outputs = ask(student, case, c=c, lr=0.1, n_steps=k)[1]
        because = f"a run of {k} steps has outputs whose cross-entropy, a mean over {len(outputs)} examples, is this"
        # A logarithm of sums of float32 outputs is off by their rounding.
        atol = 1e-6 * (1 + np.abs(outputs).max())
        right = cross_entropy(outputs, case["labels"])
        expect_close(losses[k], right, rtol=SINGLE, atol=atol, because=because, what=f"losses[{k}]")


@graded(
    1, "θ ← θ − lr ∇CE(c f)/c", examples=14, case=problems(), c=multipliers, lr=st.sampled_from([0.25, 0.5, 1.0]),
    first=[
        {"case": LESSON, "c": 0.25, "lr": 0.1}, {"case": DEAD, "c": 0.25, "lr": 0.5},
        {"case": LEARNT, "c": 1.0, "lr": 1000.0},
    ],
)  # fmt: skip
def test_one_step(student, case, c, lr):
    """One step on cross_entropy(c f)/c at lr is the step on cross_entropy(c f) at lr/c"""
    weights = ask(student, case, c=c, lr=lr, n_steps=1)[0]
    because = f"each weight moves by lr/c = {lr / c:g} times the slope of CE(c f) along it, c = {c:g}"
    expect_weights(weights, stepped(case, c, lr), case["weights"], because, after="1 step")


@graded(
    1, "c, lr from θ  ≡  1, lr c^(2/L − 1) from c^(1/L) θ", examples=12, case=problems(sizes=[6, 9]),
    power=st.sampled_from([-1, 1, -2]),
)  # fmt: skip
def test_multiplier_is_an_initialisation_scale(student, case, power):
    """The run is that of f alone from c^(1/L) times the weights, at the rate lr c^(2/L − 1)"""
    depth, lr, alpha = len(case["weights"]), 0.125, 2.0**power
    c = alpha**depth
    one_step = stepped(case, c, lr)
    # On the way, too, no slope may depend on rounding to float32.
    hypothesis.assume(not near_a_kink(one_step, case["X"], rounding=2.0**-17))
    weights, outputs, _ = ask(student, case, c=c, lr=lr, n_steps=2)
    started = [alpha * w for w in case["weights"]]
    rate = lr * c ** (2 / depth - 1)
    scaled, other_outputs, _ = ask(student, {**case, "weights": started}, c=1.0, lr=rate, n_steps=2)
    because = f"f is homogeneous of degree L = {depth}, so c = {c:g} at lr = {lr} is the initialisation scale {alpha:g}"
    because += f" at lr = {rate:g}: this is {alpha:g} times the weights of the run with c"
    expect_weights(scaled, [alpha * w for w in weights], started, because, rtol=10 * SINGLE, after="the run without c")
    size = np.abs(outputs).max()
    because = "both runs are one, so these are the outputs of the run with c"
    expect_close(other_outputs, outputs, atol=100 * SINGLE * size, because=because, what="outputs without c")
    first = ask(student, case, c=c, lr=lr, n_steps=1)[0]
    triples = zip(first, one_step, case["weights"], strict=True)
    downhill = sum(float(((mine - old) * (right - old)).sum()) for mine, right, old in triples)
    expect(downhill > 0, you=downhill, expected="more than 0", because="a step goes downhill", what="descent in 1 step")


half_precision = problems(depths=[3], hidden=(8, 6), scale=2.0**-5, sizes=[12], dtypes=[np.float16])
"""Weights and inputs in float16, with gradients of about 10^-3: 2^-10 times that are the last digits of float16."""


@graded(1, "CE(c f)/c stays in range at c = 2⁻¹⁰", examples=12, case=half_precision, power=st.sampled_from([-10, -12]))
def test_stays_in_range(student, case, power):
    """In float16, a step at c = 2^-10 keeps all the digits that float16 has"""
    c = 2.0**power
    weights = ask(student, case, c=c, lr=4.0, n_steps=1)[0]
    # float16 rounds by 2^-11 = 0.0005: measured errors of a step are about 0.001, with CE(c f) at lr/c 0.03 and more.
    because = "gradients of CE(c f) fall below the smallest float16, 6e-8: divide the loss by c before backward"
    before = [w.astype(float) for w in case["weights"]]
    after = f"1 step in float16, c = 2^{power}"
    expect_weights(weights, stepped(case, c, 4.0), before, because, rtol=0.01, rounding=2.0**-11, after=after)


@graded(
    1, "θ(a + b steps) = θ(b steps, from θ(a steps))", examples=10, case=problems(sizes=[6, 9]),
    c=st.sampled_from([0.125, 0.5, 1.0, 2.0]), steps=st.sampled_from([(1, 1), (2, 3), (15, 10)]),
)  # fmt: skip
def test_steps_leave_nothing_behind(student, case, c, steps):
    """A run is its steps, each from the gradient of its own moment: nothing is left of the steps and runs before"""
    some, more = steps
    weights = ask(student, case, c=c, lr=0.03125, n_steps=some + more)[0]
    halfway = ask(student, case, c=c, lr=0.03125, n_steps=some)[0]
    because = f"the run has {more} more steps"
    expect((weights[-1] != halfway[-1]).any(), you=weights[-1], expected="other weights", because=because,
           what=f"W_{len(weights)}")  # fmt: skip
    rest = {**case, "weights": [w.astype(case["X"].dtype) for w in halfway]}
    again = ask(student, rest, c=c, lr=0.03125, n_steps=more)[0]
    because = f"{some} steps, and {more} by a second call from their weights, give these"
    expect_weights(weights, again, case["weights"], because, rtol=10 * SINGLE, after=f"{some + more} steps")
