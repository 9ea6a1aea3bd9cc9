"""Specification of exercise 13: the output multiplier in torch. The oracle is the chain rule in numpy, by hand."""

import hypothesis
import numpy as np
from hypothesis import strategies as st

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_parts, graded

# A student may compute in float32: a few steps of sums of about ten terms, each rounded by 2^-24, stay within 1e-5.
SINGLE = 1e-4

multipliers = st.integers(-10, 4).map(lambda k: 2.0**k)
"""Output multipliers from 2^-10 to 2^4."""


@st.composite
def problems(draw, depths=(2, 3), inner=5, scale=1.0, n_samples=6, dtype=np.float64):
    """Random data and a network without biases, nowhere near a kink: dict of weights, X, labels."""
    rng, depth = np.random.default_rng(draw(strategies.seeds)), draw(st.sampled_from(depths))
    n_features, n_classes = 4, 3
    widths = [n_features, *[inner] * (depth - 1), n_classes]
    while True:
        weights = [scale * rng.standard_normal(shape) for shape in zip(widths[1:], widths[:-1], strict=True)]
        X = rng.standard_normal((n_samples, n_features))
        case = {"weights": [w.astype(dtype) for w in weights], "X": X.astype(dtype)}
        if not near_a_kink(**case):
            return case | {"labels": rng.integers(0, n_classes, n_samples)}


def near_a_kink(weights, X, rounding=2.0**-9):
    """Whether rounding, to float16 unless told, might turn some relu on or off, and with it a slope."""
    layers = [X.astype(float)]
    for matrix in weights[:-1]:
        sums = layers[-1] @ matrix.T.astype(float)
        layers.append(np.maximum(sums, 0))
        if (np.abs(sums) < rounding * np.abs(layers[-2]).max(1, keepdims=True) * np.abs(matrix).max()).any():
            return True
    return False


def forward(weights, X):
    """Activations of every layer, the input first and f last."""
    layers = [X]
    for k, matrix in enumerate(weights, 1):
        sums = layers[-1] @ matrix.T
        layers.append(sums if k == len(weights) else np.maximum(sums, 0))
    return layers


def loss_and_slope(outputs, labels):
    """Mean cross-entropy of outputs (n, k), and its derivative by them."""
    shifted = outputs - outputs.max(1, keepdims=True)
    probabilities = np.exp(shifted) / np.exp(shifted).sum(1, keepdims=True)
    wanted = np.eye(outputs.shape[1])[labels]
    loss = (np.log(np.exp(shifted).sum(1)) - (shifted * wanted).sum(1)).mean()
    return loss, (probabilities - wanted) / len(labels)


def descend(weights, X, labels, c, lr, n_steps):
    """Gradient descent on CE(c f) at the rate lr: what the exercise asks for at lr times c. Weights, c f, losses."""
    weights, X, losses = [w.astype(float) for w in weights], X.astype(float), []
    for step in range(n_steps + 1):
        # On the way, too, nobody's slope may depend on rounding to float32.
        hypothesis.assume(step == n_steps or not near_a_kink(weights, X, rounding=2.0**-17))
        layers = forward(weights, X)
        loss, back = loss_and_slope(c * layers[-1], labels)
        losses.append(loss)
        back = c * back
        for k in reversed(range(len(weights) if step < n_steps else 0)):
            gradient, back = back.T @ layers[k], (back @ weights[k]) * (layers[k] > 0)
            weights[k] = weights[k] - lr * gradient
    return weights, c * layers[-1], np.array(losses)


def ask(student, case, **more):
    """The student's trained weights, outputs and losses."""
    return expect_parts(student.train(**case, **more), ("weights", "outputs", "losses"))


def expect_weights(you, expected, before, because, rtol=SINGLE, rounding=SINGLE, after="training"):
    """Compare layer by layer, on the scale of the largest change, but for what one rounding of the weights may do."""
    fits = isinstance(you, (list, tuple)) and len(you) == len(expected)
    expect(fits, you=you, expected=f"a list of {len(expected)} arrays", because="one for each layer", what="weights")
    for k, (mine, right, old) in enumerate(zip(you, expected, before, strict=True), 1):
        atol = rtol * np.abs(right - old).max() + rounding * np.abs(old).max()
        expect_close(mine, right, atol=atol, because=because, what=f"W_{k} after {after}")


@graded(1, "x ↦ c f(x)", examples=20, case=problems(), c=multipliers)
def test_output_is_multiplied(student, case, c):
    """The wrapped network outputs c times what the network outputs"""
    _, outputs, losses = ask(student, case, c=c, lr=0.1, n_steps=0)
    f = forward(case["weights"], case["X"])[-1]
    atol = SINGLE * np.abs(c * f).max()
    expect_close(outputs, c * f, atol=atol, because=f"this is c f(X) with c = {c:g}", what="outputs after 0 steps")
    loss, _ = loss_and_slope(c * f, case["labels"])
    because = "this is cross_entropy(c f), not divided by c: a target risk must mean the same for every c"
    expect_close(losses, [loss], rtol=SINGLE, atol=1e-6, because=because, what="losses after 0 steps")


@graded(1, "θ ← θ − lr ∇CE(c f)/c", examples=20, case=problems(), c=multipliers, lr=st.sampled_from([0.25, 0.5, 1.0]))
def test_one_step(student, case, c, lr):
    """One step on cross_entropy(c f)/c at lr is the step on cross_entropy(c f) at lr/c"""
    weights, outputs, _ = ask(student, case, c=c, lr=lr, n_steps=1)
    right, right_outputs, _ = descend(**case, c=c, lr=lr / c, n_steps=1)
    because = f"the chain rule gives this step on cross_entropy(c f) at lr/c = {lr / c:g}"
    expect_weights(weights, right, case["weights"], because, after="1 step")
    # 10 SINGLE: what rounding did to each layer's weights adds up over the layers.
    atol = 10 * SINGLE * np.abs(right_outputs).max()
    expect_close(outputs, right_outputs, atol=atol, because="these weights give these outputs", what="outputs")


@graded(
    1,
    "θ(k+1) = θ(k) − lr ∇CE(c f)/c, k = 0, 1, …",
    examples=20,
    case=problems(),
    c=multipliers,
    n_steps=st.integers(2, 6),
)
def test_whole_run(student, case, c, n_steps):
    """Several steps follow cross_entropy(c f) at lr/c, and every loss is reported undivided"""
    weights, _, losses = ask(student, case, c=c, lr=0.125, n_steps=n_steps)
    right, _, right_losses = descend(**case, c=c, lr=0.125 / c, n_steps=n_steps)
    because = "each step starts from the gradient of its own moment, and no other"
    expect_weights(weights, right, case["weights"], because, rtol=10 * SINGLE, after=f"{n_steps} steps")
    because = "cross_entropy(c f) before every step and after the last"
    expect_close(losses, right_losses, rtol=10 * SINGLE, atol=1e-6, because=because, what="losses")


@graded(
    1,
    "c, lr from θ  ≡  1, lr c^(2/L − 1) from c^(1/L) θ",
    examples=20,
    case=problems(),
    power=st.sampled_from([-1, 1, -2]),
)
def test_multiplier_is_an_initialisation_scale(student, case, power):
    """The run is that of f alone from c^(1/L) times the weights, at the rate lr c^(2/L − 1)"""
    depth, lr, n_steps = len(case["weights"]), 0.125, 3
    alpha = 2.0**power
    c = alpha**depth
    weights, outputs, _ = ask(student, case, c=c, lr=lr, n_steps=n_steps)
    started = [alpha * w for w in case["weights"]]
    rate = lr * c ** (2 / depth - 1)
    scaled, other_outputs, _ = ask(student, {**case, "weights": started}, c=1.0, lr=rate, n_steps=n_steps)
    right, right_outputs, _ = descend(**case, c=c, lr=lr / c, n_steps=n_steps)
    expect_weights(weights, right, case["weights"], f"so runs c = {c:g}", rtol=10 * SINGLE, after=f"{n_steps} steps")
    because = f"f is homogeneous of degree L = {depth}, so c = {c:g} is the initialisation scale {alpha:g}"
    expect_weights(scaled, [alpha * w for w in right], started, because, rtol=10 * SINGLE, after="the run without c")
    size = np.abs(right_outputs).max()
    expect_close(outputs, right_outputs, atol=100 * SINGLE * size, because=because, what="outputs with c")
    expect_close(other_outputs, right_outputs, atol=100 * SINGLE * size, because=because, what="outputs without c")


half_precision = problems(depths=[3], inner=8, scale=2.0**-5, n_samples=12, dtype=np.float16)
"""Weights and inputs in float16, with gradients of about 10^-3: 2^-10 times that are the last digits of float16."""


@graded(1, "CE(c f)/c stays in range at c = 2⁻¹⁰", examples=20, case=half_precision, power=st.sampled_from([-10, -12]))
def test_stays_in_range(student, case, power):
    """In float16, a step at c = 2^-10 keeps all the digits that float16 has"""
    c = 2.0**power
    weights, *_ = ask(student, case, c=c, lr=4.0, n_steps=1)
    right, *_ = descend(**case, c=c, lr=4.0 / c, n_steps=1)
    # float16 rounds by 2^-11 = 0.0005: measured errors of a step are about 0.001, with CE(c f) at lr/c 0.03 and more.
    because = "gradients of CE(c f) fall below the smallest float16, 6e-8: divide the loss by c before backward"
    before = [w.astype(float) for w in case["weights"]]
    expect_weights(
        weights, right, before, because, rtol=0.01, rounding=2.0**-11, after=f"1 step in float16, c = 2^{power}"
    )


@graded(1, "train(θ, …) = train(θ, …), and θ stays θ", examples=15, case=problems(), c=multipliers)
def test_start_is_kept(student, case, c):
    """The weights of the start are left as they were"""
    first, *_ = ask(student, case, c=c, lr=0.25, n_steps=1)
    untouched = not student.calls[-1].outcome.mutated
    right, *_ = descend(**case, c=c, lr=0.25 / c, n_steps=1)
    expect_weights(first, right, case["weights"], "this is one step from the start", after="1 step")
    because = "a sweep over c compares runs from one start: train a copy (torch.from_numpy makes none)"
    expect(untouched, you="other arrays", expected="the same", because=because, what="arguments after the call")
    again, *_ = ask(student, {**case, "weights": [w.copy() for w in case["weights"]]}, c=1.0, lr=0.25, n_steps=1)
    right, *_ = descend(**case, c=1.0, lr=0.25, n_steps=1)
    expect_weights(again, right, case["weights"], "nothing is left of the run before", after="1 step with c = 1")
