"""Specification of exercise 01: the data, and whether a set is orthogonally separable."""

import itertools
import math

import numpy as np
from hypothesis import strategies as st

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_numbers, expect_parts, graded

MANY = 16_000
"""Noise numbers drawn where their distribution is asked for: 20 of them lie above three sigma."""

SOME = 400
"""Examples drawn where it is only asked whether another seed gives other noise."""

FAR = 2**16 * 5**4
"""Between two seeds that agree in their last 16 bits, and in their last 4 decimal digits."""

SETS, SMALL = 150, 6
"""Small sets, and the examples in each, that show whether the noise of different examples is independent."""

HAND = np.array([[4, 3], [3, 4], [-5, 0]]), np.array([1, 1, -1])
"""The lesson's example by hand, in integers as it is written there."""


@st.composite
def mixtures(draw):
    """A mixture and a seed: every argument of `sample_mixture` but the first."""
    signal = draw(strategies.vectors(draw(st.integers(1, 4))))
    return {
        "signal": signal / np.linalg.norm(signal),
        "kappa": draw(strategies.ratios),
        "sigma": draw(strategies.any_of(0.5, 2.0)),
        "seed": draw(strategies.seeds),
    }


@st.composite
def directed_datasets(draw):
    """X (n, d) without an example at the origin, and labels y (n,), at times all equal."""
    n, d = draw(st.integers(2, 6)), draw(st.integers(1, 4))
    X = np.array([draw(strategies.vectors(d)) for _ in range(n)])
    return {"X": X, "y": np.array([draw(strategies.any_of(1.0, -1.0)) for _ in range(n)])}


def drawn(student, n, mixture):
    """X (n, d) and y (n,) as the student draws them, shapes and labels checked."""
    X, y = expect_parts(student.sample_mixture(n, **mixture), ("X", "y"))
    X = expect_numbers(X, (n, mixture["signal"].size), what="X", because="one row per example")
    y = expect_numbers(y, (n,), what="y", because="one label per example")
    expect((np.abs(y) == 1).all(), you=y, expected="-1 and +1 only", what="y", because="these are the two labels")
    return X, y


def scatter(student, mixture):
    """What `SOME` examples (SOME, d) have beside the mean of their class, one class after the other."""
    X, y = drawn(student, SOME, mixture)
    classes = [X[y == label] for label in (1, -1) if (y == label).any()]
    return np.vstack([rows - rows.mean(axis=0) for rows in classes])


def noise_of(student, n, mixture):
    """(x - kappa y s) / sigma (n, d), which is standard normal."""
    X, y = drawn(student, n, mixture)
    return (X - mixture["kappa"] * y[:, None] * mixture["signal"]) / mixture["sigma"]


def smallest_cosine(X, y):
    """The definition of lambda as two plain loops."""
    pairs = [(i, j) for i in range(len(y)) for j in range(i)]
    lengths = [np.sqrt(sum(a * a for a in x)) for x in X]
    return min(y[i] * y[j] * sum(X[i] * X[j]) / (lengths[i] * lengths[j]) for i, j in pairs)


@graded(1, "#{y = +1} = ceil(n/2)", examples=6, mixture=mixtures())
def test_balanced(student, mixture):
    """Half of the labels are +1, and the seed, 0 too, decides the draw"""
    for n in range(2, 10):
        _, y = drawn(student, n, mixture)
        because = f"the classes are balanced; the odd one out is positive: {(n + 1) // 2} of {n} here"
        expect_close(np.sum(y == 1), (n + 1) // 2, because=because, what="number of labels +1")
    # Far away too: a seed's remainder, or its last digits, is not the seed.
    seeds = 0, mixture["seed"] + 1, mixture["seed"] + 2, mixture["seed"] + 1 + FAR
    for seed in seeds:
        first, second = (drawn(student, 5, {**mixture, "seed": seed}) for _ in range(2))
        for what, before, after in zip("Xy", first, second, strict=True):
            because = f"both draws have the seed {seed}"
            expect_close(after, before, because=because, what=f"{what} of a second draw")
    noise, sigma = [scatter(student, {**mixture, "seed": seed}) for seed in seeds], mixture["sigma"]
    for seed, each in zip(seeds, noise, strict=True):
        sizes = each.std(axis=0)  # its exact size is for another property
        noisy = ((sigma / 2 < sizes) & (sizes < 2 * sigma)).all()
        because = f"every example has noise of its own; this is for {SOME} examples at seed {seed}"
        expect(noisy, you=sizes, expected=f"about {sigma:g}", because=because, what="deviation from the class mean")
    for (a, one), (b, other) in itertools.combinations(zip(seeds, noise, strict=True), 2):
        cosines = (one * other).sum(axis=0) / np.sqrt((one**2).sum(axis=0) * (other**2).sum(axis=0))
        because = f"another seed, another draw; this is for {SOME} examples"
        zero, what = np.zeros(len(cosines)), f"correlation of the noise at seed {a} with that at seed {b}"
        # Six standard errors: a false alarm in 10^8 examples.
        expect_close(cosines, zero, atol=6 / np.sqrt(SOME), because=because, what=what)


AXIS = {"signal": np.array([0, 1, 0]), "kappa": 1.5, "sigma": 0.5, "seed": 0}
"""A signal in integers, as one types it."""


@graded(1, "E[x | y] = kappa y s", examples=8, first=[{"mixture": AXIS}], mixture=mixtures())
def test_centres(student, mixture):
    """The positive examples scatter around +kappa s, the negative ones around −kappa s"""
    n = MANY // 4 + 1
    X, y = drawn(student, n, mixture)
    for label in (1, -1):
        expect((y == label).any(), you=y, expected=f"some labels {label:+}", what="y", because="both classes occur")
        # Six standard errors of the mean of half the examples: a false alarm in 10^8 examples.
        expect_close(
            X[y == label].mean(axis=0),
            label * mixture["kappa"] * mixture["signal"],
            atol=6 * mixture["sigma"] / np.sqrt(n / 2),
            because=f"the noise has mean 0; this is the mean of many examples at kappa = {mixture['kappa']:g}",
            what=f"mean of the examples with label {label:+}",
        )


@graded(1, "z ~ N(0, I_d), independent for every example", examples=2, mixture=mixtures())
def test_noise(student, mixture):
    """The noise is Gaussian, of variance sigma² in every direction, tails included, and every example has its own"""
    d, sigma = mixture["signal"].size, mixture["sigma"]
    n = MANY // d
    z = noise_of(student, n, mixture)
    # Six standard errors, sqrt(2/n) on the diagonal of the covariance of standard noise and 1/sqrt(n) beside it.
    expect_close(
        z.T @ z / n * sigma**2,
        sigma**2 * np.eye(d),
        atol=6 * np.sqrt(2 / n) * sigma**2,
        because=f"sigma = {sigma:g} is the standard deviation in every direction",
        what="covariance of x - kappa y s",
    )
    expect_gaussian(z.ravel())
    expect_independent(np.array([
        noise_of(student, SMALL, {**mixture, "seed": mixture["seed"] + 1000 * k}) for k in range(SETS)
    ]))  # fmt: skip


def expect_gaussian(z):
    """As many of these numbers as of a standard normal variable lie beyond one, two and three sigma, on both sides."""
    distinct = np.unique(z).size / z.size  # above 0.999 in single precision
    because = "the noise is continuous; rounded numbers come again and again"
    expect(distinct > 0.99, you=distinct, expected="about 1", because=because, what="share of distinct numbers")
    for side, numbers in (("above", z), ("below", -z)):
        for bound in (1, 2):
            share = math.erfc(bound / math.sqrt(2)) / 2
            expect_close(
                np.mean(numbers > bound),
                share,
                atol=6 * np.sqrt(share / z.size),  # six standard errors
                because=f"{100 * share:.3g}% of Gaussian noise lies {side} {bound} sigma",
                what=f"share of the noise {bound} sigma or more {side} the centre",
            )
        # 21 are expected, none comes in one of 10^9 draws.
        because = f"Gaussian noise knows no bound: 0.13% of {z.size} numbers, about 21, lie {side} three sigma"
        beyond, what = np.sum(numbers > 3), f"number of noise entries 3 sigma or more {side} the centre"
        expect(beyond > 0, you=beyond, expected="about 21", because=because, what=what)


def expect_independent(z):
    """Noise z (sets, n, d) of many small sets: in each set the rows are independent, and not rescaled to look so."""
    sets, n, d = z.shape
    sums = np.mean(z.sum(axis=1) ** 2) / n
    wrong = "examples cancel: noise was mirrored, or its mean taken off" if sums < 1 else "examples share noise"
    # A mean of sets * d squares of standard normal numbers, each of variance 2; six standard errors.
    expect_close(
        sums,
        1.0,
        atol=6 * np.sqrt(2 / (sets * d)),
        because=f"independent noise of {n} examples adds up to variance n sigma²; less or more: here {wrong}",
        what=f"variance of the sum of the noise of {n} examples, over n sigma²",
    )
    sizes = (z**2).mean(axis=(1, 2))
    because = f"in small sets the size of the noise differs by chance, here of {n} examples; dividing by it hides that"
    # Its square is 2/(n d) on average; a tenth of it comes in none of 10^12 draws.
    expected = np.sqrt(2 / (n * d))
    what = "standard deviation of the mean squared noise from set to set"
    expect(sizes.std() > 0.3 * expected, you=sizes.std(), expected=f"about {expected:.2g}", because=because, what=what)


@graded(
    1,
    "lambda = min y y' <x, x'> / (|x| |x'|)",
    examples=25,
    first=[{"data": {"X": HAND[0], "y": HAND[1]}}, {"data": {"X": np.array([[4, 3], [-3, 4], [-5, 0]]), "y": HAND[1]}}],
    data=directed_datasets(),
)
def test_smallest_signed_cosine(student, data):
    """The separability is the smallest signed cosine among all pairs of examples"""
    # 1e-6 forgives single precision, nothing else.
    expect_close(
        student.separability(**data),
        smallest_cosine(**data),
        atol=1e-6,
        because="two loops over the pairs find this smallest y y' cos angle(x, x')",
        what="lambda",
    )


@graded(1, "lambda(a_i X_i, y_i) = lambda(-X_i, -y_i) = lambda(X, y)", examples=18, data=directed_datasets())
def test_lengths_do_not_matter(student, data):
    """Stretching an example, be it 2^28 times, or flipping it with its label, changes nothing"""
    X, y = data["X"], data["y"]
    # The squares of 2^±28 are in the range of single precision, and so are their squares.
    stretched = X * 2.0 ** np.resize([-28, 1, 28], len(y))[:, None]
    turned = np.where(np.arange(len(y)) % 2 == 0, -1.0, 1.0)
    for what, a, b in (
        ("stretched", stretched, y),
        ("all shrunk", X * 2.0**-28, y),
        ("flipped", X * turned[:, None], y * turned),
    ):
        because = f"an angle knows no length, y x no flip; these examples are {what}"
        expect_close(student.separability(a, b), smallest_cosine(X, y), atol=1e-6, because=because, what="lambda")
