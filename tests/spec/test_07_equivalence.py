"""Specification of exercise 07: an output multiplier is an initialisation scale, once the optimiser is translated.

Nothing here computes a translation: alpha is drawn, c = alpha^L follows from it, and networks are trained with what
the student says of c. Each property takes one number from the student and knows the others.
"""

import functools
import itertools

import numpy as np
from hypothesis import strategies as st

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_numbers, expect_parts, graded
from fls_teach.theory import GaussianMixture, balanced_init, descend, gradient_descent, second_layer

LR = {"sgd": 0.125, "momentum": 0.03125, "adam": 0.015625}
SMALLEST = {"alpha": 1e-30, "lr": 1e-30, "weight_decay": 0.0}
STEPS = 25
# Powers of two, and numbers with digits to the last.
ALPHAS, DEGREES = [0.25, 2**0.6, 0.5, 2.0, 0.1**0.3, 2**0.25], [2, 3, 1, 4]
GRID = [
    {"alpha": alpha, "degree": degree, "slower": slower, "seed": 0}
    for (degree, alpha), slower in zip(itertools.product(DEGREES, ALPHAS), itertools.cycle([1.0, 0.75, 0.3, 1.0, 0.5]))
]
# Half of the alphas of every degree, or a third of them.
HALVES, THIRDS = (
    [[case for j, case in enumerate(GRID) if (j + j // len(ALPHAS)) % parts == k] for k in range(parts)]
    for parts in (2, 3)
)
cases = {
    "alpha": st.sampled_from(ALPHAS),
    "degree": st.sampled_from(DEGREES),
    "slower": st.sampled_from([1.0, 0.75, 0.6]),
    "seed": strategies.seeds,
}


def ask(student, c, degree, lr, weight_decay, optimizer, wanted):
    """One of alpha, lr and weight decay, checked to be a number that a run can use; the others do not matter here."""
    parts = student.translate(c=c, degree=degree, lr=lr, weight_decay=weight_decay, optimizer=optimizer)
    given = dict(zip(SMALLEST, expect_parts(parts, tuple(SMALLEST)), strict=True))
    number = float(expect_numbers(given[wanted], (), what=wanted))
    usable, because = SMALLEST[wanted] <= number <= 1e30, "a run needs it"
    expect(usable, you=number, expected="a finite number > 0 (wd >= 0)", because=because, what=wanted)
    return number


def deep_net(degree, seed):
    """A data set and a bias-free net of `degree` layers on it that is not dead: X (n, d), y (n,), list of weights."""
    rng = np.random.default_rng(seed)
    X, y = GaussianMixture(1.0, n_features=3).sample(6, rng)
    sizes = [3, 5, 4, 4, 5, 4][:degree]
    shapes = [*zip(sizes[1:], sizes[:-1], strict=True), (sizes[-1],)]
    while True:
        theta = [rng.standard_normal(shape) * np.sqrt(2 / shape[-1]) for shape in shapes]
        if np.abs(outputs(X, theta)[0]).max() > 1e-3:
            return X, y, theta


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


def expect_same_deep_run(student, alpha, c, degree, seed, lr, weight_decay, optimizer, wanted, because):
    """Train both nets, one with what the student says of `wanted`, and compare the losses of every step."""
    # What is right, but for the number that is asked for: steps 1/alpha times as long.
    power = 1 if optimizer == "adam" else 2
    own = {"lr": lr / alpha**power, "weight_decay": weight_decay * alpha**2}
    plain = {"lr": lr, "weight_decay": weight_decay}
    own[wanted] = ask(student, c, degree, **plain, optimizer=optimizer, wanted=wanted)
    # A few roundings of 1e-16 a step, enlarged a thousandfold at most: beyond that, `known_steps` ends the comparison.
    # Adam divides by |g|, so a gradient that nearly cancels is known less well.
    rtol = 1e-6 if optimizer == "adam" else 1e-10
    losses = losses_of(degree, seed, alpha, 1.0, lr, weight_decay, optimizer)
    own_losses = losses_of(degree, seed, 1.0, c, own["lr"], own["weight_decay"], optimizer)
    k = first_parted(own_losses, losses, rtol)
    because = (
        f"{because}; here alpha = {alpha:g}, and your {wanted} is {own[wanted] / plain[wanted]:.6g} times "
        f"the {plain[wanted]:g} of the run on loss(f)"
    )
    if k < len(losses) and k < comparable_steps(degree, seed, alpha, lr, weight_decay, optimizer, rtol):
        what = f"loss of c f before step {k + 1}"
        expect(False, you=f"{own_losses[k]:.12g}", expected=f"{losses[k]:.12g}", because=because, what=what)


# Many students are asked about the same grid, and give the same numbers: each run is trained once.
@functools.lru_cache(maxsize=2048)
def losses_of(degree, seed, alpha, c, lr, weight_decay, optimizer):
    """Losses of c f before every step of the net that starts at alpha theta, an array (STEPS + 1,)."""
    X, y, theta = deep_net(degree, seed)
    losses = run_from([alpha * W for W in theta], X, y, c, lr, weight_decay, optimizer)
    losses.setflags(write=False)
    return losses


@functools.lru_cache(maxsize=2048)
def comparable_steps(degree, seed, alpha, lr, weight_decay, optimizer, rtol):
    """For how many steps the losses of f from alpha theta are known to `rtol`; asked only where two runs part."""
    X, y, theta = deep_net(degree, seed)

    def run(start):
        return None, run_from(start, X, y, 1.0, lr, weight_decay, optimizer)

    losses = losses_of(degree, seed, alpha, 1.0, lr, weight_decay, optimizer)
    return known_steps(run, [alpha * W for W in theta], losses, rtol)


def run_from(start, X, y, c, lr, weight_decay, optimizer):
    """The losses (STEPS + 1,) of a run on loss(c f)."""
    with np.errstate(all="ignore"):  # a wrong rate may overflow
        options = {"lr": lr, "weight_decay": weight_decay, "optimizer": optimizer}
        return descend(loss_and_gradient(X, y, c), start, n_steps=STEPS, **options)[1]


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
    1,
    "c = 4^−k, L = 2: alpha theta_c(t) = theta_α(t), bit for bit",
    examples=10,
    first=[
        {"k": k, "optimizer": optimizer, "lr": lr, "weight_decay": weight_decay, "seed": 0}
        # The lesson's own numbers, and then every k.
        for k, lr, weight_decay in [
            (2, 0.1, 0.01),
            (1, 0.125, 0.25),
            (3, 0.125, 0.0),
            (-1, 0.05, 0.25),
            (5, 0.05, 0.01),
        ]
        for optimizer in LR
    ],
    k=st.sampled_from([1, -1, 3, 5, 2, -2]),
    optimizer=st.sampled_from([*LR]),
    lr=st.sampled_from([0.1, 0.125, 0.05]),
    weight_decay=st.sampled_from([0.0, 0.25, 0.01]),
    seed=strategies.seeds,
)
def test_bit_for_bit(student, k, optimizer, lr, weight_decay, seed):
    """Where alpha is a power of two the two runs of the two-layer net are equal to the last bit"""
    rng = np.random.default_rng(seed)
    X, y = GaussianMixture(2.0, n_features=4).sample(6, rng)
    W, signs = balanced_init(5, 4, 1.0, rng)
    v, c = second_layer(W, signs), 4.0**-k
    alpha, own_lr, own_decay = (ask(student, c, 2, lr, weight_decay, optimizer, wanted) for wanted in SMALLEST)
    with np.errstate(all="ignore"):
        one = gradient_descent(X, y, alpha * W, alpha * v, lr, STEPS, optimizer=optimizer, weight_decay=weight_decay)
        options = {"output_multiplier": c, "optimizer": optimizer, "weight_decay": own_decay}
        two = gradient_descent(X, y, W, v, own_lr, STEPS, **options)
    said = f"alpha = {alpha!r}, lr = {own_lr!r}, weight decay = {own_decay!r}"
    different = np.flatnonzero(one.risks != two.risks)
    if different.size:
        step = different[0]
        because = (
            f"you said {said}; with c = {c:g} every number of one run is a power of two times that of the other, "
            "so nothing rounds differently"
        )
        you, expected = f"{two.risks[step]:.17g}", f"{one.risks[step]:.17g}"
        expect(False, you=you, expected=expected, because=because, what=f"risk before step {step + 1}")
    equal = np.array_equal(alpha * two.W, one.W) and np.array_equal(alpha * two.v, one.v)
    because = f"the risks agree, so the weights must: is alpha = {c:g}^(1/2) exact?"
    expect(equal, you=said, expected="alpha W_c = W_alpha", because=because, what="last weights")


STEP = "theta must move 1/alpha times as far as alpha theta, and"


@graded(1, "SGD: lr ↦ lr c^(−2/L)", examples=4, first=HALVES[0], **cases)
def test_any_depth(student, alpha, degree, slower, seed):
    """With plain gradient descent the run on loss(c f) is that from alpha times the start, for nets of any depth"""
    because = f"{STEP} the gradient of loss(c f) at theta is alpha times as large as that of loss(f) at alpha theta"
    lr = slower * LR["sgd"]
    expect_same_deep_run(student, alpha, alpha**degree, degree, seed, lr, 0.0, "sgd", "lr", because)


@graded(1, "momentum: lr ↦ lr c^(−2/L)", examples=4, first=HALVES[1], **cases)
def test_momentum(student, alpha, degree, slower, seed):
    """Momentum has the rule of plain gradient descent, for nets of any depth"""
    because = f"{STEP} the velocity is a sum of gradients, alpha times as large at theta as at alpha theta"
    lr = slower * LR["momentum"]
    expect_same_deep_run(student, alpha, alpha**degree, degree, seed, lr, 0.0, "momentum", "lr", because)


@graded(1, "Adam: lr ↦ lr c^(−1/L)", examples=4, first=HALVES[0], **cases)
def test_adam(student, alpha, degree, slower, seed):
    """Adam divides the size of the gradient out, and has a rule of its own"""
    because = f"{STEP} Adam's step has the size lr, whatever the size of the gradient"
    lr = slower * LR["adam"]
    expect_same_deep_run(student, alpha, alpha**degree, degree, seed, lr, 0.0, "adam", "lr", because)


@graded(
    1,
    "wd ↦ wd c^(2/L)",
    examples=4,
    # Each optimizer has every third case, and so every alpha and every degree.
    first=[{**case, "optimizer": optimizer} for k, optimizer in enumerate(LR) for case in THIRDS[k]],
    optimizer=st.sampled_from([*LR]),
    **cases,
)
def test_weight_decay(student, alpha, degree, slower, seed, optimizer):
    """The weight decay is translated so that it keeps its share of every gradient, with every optimizer"""
    because = (
        "wd theta must be alpha times as large as it is at alpha theta, as the gradient is, but theta is 1/alpha times"
    )
    lr, decay = LR[optimizer], 0.5 * slower
    expect_same_deep_run(
        student, alpha, alpha**degree, degree, seed, lr, decay, optimizer, "weight_decay", f"{because} as large"
    )


@graded(
    1,
    "f(α θ) = c f(θ), α = c^(1/L)",
    first=[{"alpha": alpha, "degree": degree, "seed": 0} for degree in [*DEGREES, 5, 6] for alpha in ALPHAS],
    examples=6,
    alpha=cases["alpha"],
    degree=st.integers(1, 6),
    seed=strategies.seeds,
)
def test_same_function_at_the_start(student, alpha, degree, seed):
    """Scaling all the weights by alpha multiplies the output by c, for nets of any depth"""
    c = alpha**degree
    X, _, theta = deep_net(degree, seed)
    own = ask(student, c, degree, 0.125, 0.5, "sgd", "alpha")
    with np.errstate(all="ignore"):  # a wrong scale may overflow
        f, scaled = (outputs(X, [factor * W for W in theta])[0] for factor in (1.0, own))
    # alpha^L / c is 1 up to L roundings; outputs may cancel, so compare with the largest.
    atol = 1e-12 * c * np.abs(f).max()
    because = (
        f"a net of {degree} layers without biases gives {own:.6g}^{degree} = {own**degree:.6g} times as much where all "
        f"its weights are {own:.6g} times as large, and c is {c:.6g}"
    )
    expect_close(scaled, c * f, atol=atol, because=because, what="f(alpha theta)")
