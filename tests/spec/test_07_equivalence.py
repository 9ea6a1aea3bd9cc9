"""Specification of exercise 07: an output multiplier is an initialisation scale, once the optimiser is translated."""

import math
from functools import partial

import numpy as np
from hypothesis import strategies as st

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_numbers, expect_parts, graded
from fls_teach.theory import GaussianMixture, balanced_init, descend, gradient_descent, second_layer

LR = {"sgd": 0.125, "momentum": 0.03125, "adam": 0.015625}
STEPS = 25
degrees = st.sampled_from([3, 2, 1, 4])
multipliers = st.sampled_from([0.5, 3.0, 0.1, 10.0, 1 / 64, 30.0])


def ask(student, c, degree, lr, weight_decay, optimizer):
    """alpha, lr and weight decay, checked to be numbers that a run can use."""
    parts = student.translate(c=c, degree=degree, lr=lr, weight_decay=weight_decay, optimizer=optimizer)
    names = ("alpha", "lr", "weight_decay")
    numbers = [
        float(expect_numbers(part, (), what=name)) for part, name in zip(expect_parts(parts, names), names, strict=True)
    ]
    for number, name, smallest in zip(numbers, names, (1e-30, 1e-30, 0.0), strict=True):
        usable, because = smallest <= number <= 1e30, "a run needs it"
        expect(usable, you=number, expected="a finite number > 0 (wd >= 0)", because=because, what=name)
    return numbers


def deep_net(degree, seed):
    """A data set and a bias-free net of `degree` layers on it: X (n, d), y (n,), list of weights."""
    rng = np.random.default_rng(seed)
    X, y = GaussianMixture(1.0, n_features=3).sample(6, rng)
    sizes = [3, 5, 4, 4][:degree]
    shapes = [*zip(sizes[1:], sizes[:-1], strict=True), (sizes[-1],)]
    return X, y, [rng.standard_normal(shape) * np.sqrt(2 / shape[-1]) for shape in shapes]


def outputs(X, theta):
    """f(x) = <a, relu(W_2 relu(W_1 x))>, with as many layers as there are weights; what every layer gets."""
    inputs = [X]
    for W in theta[:-1]:
        inputs.append(np.maximum(inputs[-1] @ W.T, 0.0))
    return inputs[-1] @ theta[-1], inputs


def loss_and_gradient(X, y, c):
    """Mean logistic loss of c f, and its gradient by the chain rule, layer by layer."""

    def evaluate(theta):
        f, inputs = outputs(X, theta)
        with np.errstate(over="ignore"):
            back = -c * y / (1 + np.exp(c * y * f)) / len(y)
        gradients, back = [back @ inputs[-1]], np.outer(back, theta[-1])
        for W, z in zip(theta[-2::-1], inputs[-2::-1], strict=True):
            back = back * (inputs[len(inputs) - len(gradients)] > 0)
            gradients.append(back.T @ z)
            back = back @ W
        return np.logaddexp(0, -c * y * f).mean(), gradients[::-1]

    return evaluate


def expect_same_deep_run(student, c, degree, seed, weight_decay, optimizer, rtol, because):
    """Train both nets, one with what the student says, and compare the losses of every step and the last weights."""
    X, y, theta = deep_net(degree, seed)
    lr = LR[optimizer]
    alpha, own_lr, own_decay = ask(student, c, degree, lr, weight_decay, optimizer)
    with np.errstate(all="ignore"):  # a wrong rate may overflow
        scaled, options = [alpha * W for W in theta], {"n_steps": STEPS, "optimizer": optimizer}
        run = partial(descend, loss_and_gradient(X, y, 1.0), lr=lr, weight_decay=weight_decay, **options)
        last, losses = run(scaled)
        known = known_steps(run, scaled, losses, rtol)
        own, own_losses = descend(loss_and_gradient(X, y, c), theta, own_lr, weight_decay=own_decay, **options)
        apart = max(np.abs(alpha * a - b).max() / np.abs(b).max() for a, b in zip(own, last, strict=True))
    said = f"alpha = {alpha:.6g}, lr = {own_lr:.6g}, weight decay = {own_decay:.6g}"
    k = first_parted(own_losses, losses, rtol)
    if k < known:
        you, what = f"{own_losses[k]:.12g}, with {said}", f"loss before step {k + 1}"
        expect(False, you=you, expected=f"{losses[k]:.12g}", because=because, what=what)
    same = known < len(losses) or apart <= 100 * rtol
    you = f"relative difference {apart:.2g}, with {said}"
    expect(same, you=you, expected="0", because=because, what="last weights")


def known_steps(run, start, losses, rtol):
    """For how many steps the losses of a run are known to `rtol`: as long as starts 1e-13 to either side keep to it.

    Two right answers round differently, by 1e-16. Now and then a kink or a steep slope enlarges that many
    thousandfold, and what follows says nothing of the answer.
    """
    rng = np.random.default_rng(0)
    aside = [1e-13 * W * rng.standard_normal(W.shape) for W in start]
    sides = ([W + sign * change for W, change in zip(start, aside, strict=True)] for sign in (1, -1))
    return min(first_parted(run(side)[1], losses, rtol) for side in sides)


def first_parted(losses, expected, rtol):
    """The first step where two runs differ by more than `rtol` or are no numbers; their length if there is none."""
    parted = ~(np.abs(losses - expected) <= rtol * np.maximum(expected, 1e-3))
    return int(np.argmax(parted)) if parted.any() else len(losses)


@graded(
    2,
    "c = 4^−k, L = 2: alpha theta_c(t) = theta_α(t), bit for bit",
    examples=20,
    k=st.sampled_from([1, -1, 3, 5]),
    optimizer=st.sampled_from(["sgd", "momentum", "adam"]),
    weight_decay=st.sampled_from([0.0, 0.25]),
    seed=strategies.seeds,
)
def test_bit_for_bit(student, k, optimizer, weight_decay, seed):
    """Where alpha is a power of two the two runs of the two-layer net are equal to the last bit"""
    rng = np.random.default_rng(seed)
    X, y = GaussianMixture(2.0, n_features=4).sample(6, rng)
    W, signs = balanced_init(5, 4, 1.0, rng)
    v, c, lr = second_layer(W, signs), 4.0**-k, LR[optimizer]
    alpha, own_lr, own_decay = ask(student, c, 2, lr, weight_decay, optimizer)
    with np.errstate(all="ignore"):
        one = gradient_descent(X, y, alpha * W, alpha * v, lr, STEPS, optimizer=optimizer, weight_decay=weight_decay)
        options = {"output_multiplier": c, "optimizer": optimizer, "weight_decay": own_decay}
        two = gradient_descent(X, y, W, v, own_lr, STEPS, **options)
    said = f"alpha = {alpha!r}, lr = {own_lr!r}, weight decay = {own_decay!r}"
    different = np.flatnonzero(one.risks != two.risks)
    if different.size:
        step = different[0]
        because = "every number of one run is a power of two times that of the other: nothing rounds differently"
        you, expected = f"{two.risks[step]:.17g}, with {said}", f"{one.risks[step]:.17g}"
        expect(False, you=you, expected=expected, because=because, what=f"risk before step {step + 1}")
    equal = np.array_equal(alpha * two.W, one.W) and np.array_equal(alpha * two.v, one.v)
    because = "the risks agree, so the weights must: is alpha = c^(1/2) exact?"
    expect(equal, you=said, expected="alpha W_c = W_alpha", because=because, what="last weights")


@graded(2, "lr ↦ lr c^(−2/L), α = c^(1/L)", examples=20, c=multipliers, degree=degrees, seed=strategies.seeds)
def test_any_depth(student, c, degree, seed):
    """Plain gradient descent with output multiplier c is that from alpha times the start, for nets of any depth"""
    because = f"a net of {degree} layers is homogeneous of degree {degree}: gradients are c^(1/{degree}) times as large"
    # A few roundings of 1e-16 a step, enlarged a thousandfold at most: beyond that, known_steps ends the comparison.
    expect_same_deep_run(student, c, degree, seed, 0.0, "sgd", 1e-10, because)


@graded(1, "wd ↦ wd c^(2/L), with momentum", examples=20, c=multipliers, degree=degrees, seed=strategies.seeds)
def test_weight_decay_and_momentum(student, c, degree, seed):
    """Momentum keeps the rules, and the weight decay is translated so that it keeps its share of every step"""
    because = "wd theta must be as much larger as the gradient is, though theta is 1/alpha times as large"
    expect_same_deep_run(student, c, degree, seed, 0.5, "momentum", 1e-10, because)


@graded(1, "Adam: lr ↦ lr c^(−1/L)", examples=20, c=multipliers, degree=degrees, seed=strategies.seeds)
def test_adam(student, c, degree, seed):
    """Adam divides the size of the gradient out, and has a rule of its own"""
    because = "its step does not know the size of the gradient, and must be 1/alpha times as long"
    # Adam divides by |g|, so a gradient that nearly cancels is known less well than to 1e-16.
    expect_same_deep_run(student, c, degree, seed, 0.25, "adam", 1e-6, because)


@graded(1, "f(α θ) = c f(θ)", case=st.fixed_dictionaries({"c": multipliers, "degree": degrees}), seed=strategies.seeds)
def test_same_function_at_the_start(student, case, seed):
    """Scaling all the weights by alpha multiplies the output by c, and translating c back and forth loses nothing"""
    c, degree = case["c"], case["degree"]
    X, _, theta = deep_net(degree, seed)
    alpha, lr, decay = ask(student, c, degree, 0.125, 0.5, "sgd")
    f, scaled = (outputs(X, [factor * W for W in theta])[0] for factor in (1.0, alpha))
    # alpha^L c^-1 is 1 up to L roundings; outputs may cancel, so compare with the largest.
    atol = 1e-12 * c * max(np.abs(f).max(), 1e-3)
    because = f"f(alpha theta) = alpha^{degree} f(theta), and alpha^{degree} should be c = {c:g}; alpha = {alpha:.6g}"
    expect_close(scaled, c * f, atol=atol, because=because, what="f(alpha theta)")
    back = ask(student, 1 / c, degree, lr, decay, "sgd")
    expected = np.array([1 / alpha, 0.125, 0.5])
    because = "a multiplier of 1/c undoes a multiplier of c"
    expect_close(np.array(back), expected, rtol=1e-12, because=because, what="(alpha, lr, wd) after 1/c on top of c")
    expect(not math.isclose(lr, 0.125), you=lr, expected="another rate than 0.125", because=f"c = {c:g}", what="lr")
