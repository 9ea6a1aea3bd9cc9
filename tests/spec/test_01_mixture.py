"""Specification of exercise 01: the data, and whether a set is orthogonally separable."""

import numpy as np
from hypothesis import strategies as st

from fls_teach.course.checking import strategies
from fls_teach.course.checking.spec import expect, expect_close, expect_numbers, expect_parts, graded

MANY = 4_000
"""Examples drawn where a mean or a covariance is estimated."""

SOME = 400
"""Examples drawn where it is only asked whether there is noise, and whether another seed gives other noise."""


@st.composite
def mixtures(draw):
    """A mixture and a seed: every argument of `sample_mixture` but the first."""
    signal = draw(strategies.vectors(draw(st.integers(2, 3))))
    return {
        "signal": signal / np.linalg.norm(signal),
        "kappa": draw(strategies.ratios),
        "sigma": draw(st.sampled_from([0.5, 2.0])),
        "seed": draw(strategies.seeds),
    }


@st.composite
def directed_datasets(draw):
    """X (n, d) without an example at the origin, and labels y (n,)."""
    n, d = draw(st.integers(2, 6)), draw(st.integers(2, 4))
    X = np.array([draw(strategies.vectors(d)) for _ in range(n)])
    return {"X": X, "y": np.array([draw(st.sampled_from([1.0, -1.0])) for _ in range(n)])}


def drawn(student, n, mixture):
    """X (n, d) and y (n,) as the student draws them, shapes and labels checked."""
    X, y = expect_parts(student.sample_mixture(n, **mixture), ("X", "y"))
    X = expect_numbers(X, (n, mixture["signal"].size), what="X", because="one row an example")
    y = expect_numbers(y, (n,), what="y", because="one label an example")
    expect((np.abs(y) == 1).all(), you=y, expected="-1 and +1 only", what="y", because="these are the two labels")
    return X, y


def scatter(student, mixture):
    """What `SOME` examples (SOME, d) have beside the mean of their class, one class after the other."""
    X, y = drawn(student, SOME, mixture)
    classes = [X[y == label] for label in (1, -1) if (y == label).any()]
    return np.vstack([rows - rows.mean(axis=0) for rows in classes])


def smallest_cosine(X, y):
    """The definition of lambda as two plain loops."""
    pairs = [(i, j) for i in range(len(y)) for j in range(i)]
    lengths = [np.sqrt(sum(a * a for a in x)) for x in X]
    return min(y[i] * y[j] * sum(X[i] * X[j]) / (lengths[i] * lengths[j]) for i, j in pairs)


@graded(1, "#{y = +1} = ceil(n/2)", examples=20, n=st.integers(2, 9), mixture=mixtures())
def test_balanced(student, n, mixture):
    """Half of the labels are +1, and the seed decides the draw"""
    X, y = drawn(student, n, mixture)
    because = "the classes are balanced; the odd one out is positive"
    expect_close(np.sum(y == 1), (n + 1) // 2, because=because, what="number of labels +1")
    again, _ = drawn(student, n, mixture)
    expect_close(again, X, because="the seed is the same", what="X of a second draw")
    noise, other = (scatter(student, {**mixture, "seed": mixture["seed"] + k}) for k in range(2))
    sigma, sizes = mixture["sigma"], noise.std(axis=0)
    # Its exact size is for another property.
    noisy = (sigma / 2 < sizes) & (sizes < 2 * sigma)
    because = f"every example has noise of its own; this is for {SOME} examples"
    expect(noisy.all(), you=sizes, expected=f"about {sigma:g}", because=because, what="deviation from the class mean")
    # Six standard errors: a false alarm in 10^8 examples.
    cosines = (noise * other).sum(axis=0) / np.sqrt((noise**2).sum(axis=0) * (other**2).sum(axis=0))
    because = f"another seed, another draw; this is for {SOME} examples"
    zero, what = np.zeros(len(cosines)), "correlation of the noise with that at seed + 1"
    expect_close(cosines, zero, atol=6 / np.sqrt(SOME), because=because, what=what)


@graded(1, "E[x | y] = kappa y s", examples=10, mixture=mixtures())
def test_centres(student, mixture):
    """The positive examples scatter around +kappa s, the negative ones around −kappa s"""
    X, y = drawn(student, MANY, mixture)
    for label in (1, -1):
        expect((y == label).any(), you=y, expected=f"some labels {label:+}", what="y", because="both classes occur")
        # Six standard errors of the mean of half the examples: a false alarm in 10^8 examples.
        expect_close(
            X[y == label].mean(axis=0),
            label * mixture["kappa"] * mixture["signal"],
            atol=6 * mixture["sigma"] / np.sqrt(MANY / 2),
            because=f"the noise has mean 0; this is the mean of many examples at kappa = {mixture['kappa']:g}",
            what=f"mean of the examples with label {label:+}",
        )


@graded(1, "Cov[x | y] = sigma^2 I", examples=10, mixture=mixtures())
def test_noise(student, mixture):
    """The noise is Gaussian, of variance sigma² in every direction, and its coordinates are uncorrelated"""
    X, y = drawn(student, MANY, mixture)
    z = X - mixture["kappa"] * y[:, None] * mixture["signal"]
    # Six standard errors, sqrt(2/n) on the diagonal of the covariance of standard noise and 1/sqrt(n) beside it.
    expect_close(
        z.T @ z / MANY,
        mixture["sigma"] ** 2 * np.eye(z.shape[1]),
        atol=6 * np.sqrt(2 / MANY) * mixture["sigma"] ** 2,
        because=f"sigma = {mixture['sigma']:g} is the standard deviation in every direction",
        what="covariance of x - kappa y s",
    )
    # Six standard errors of a share of n draws, at most 1/2 each.
    expect_close(
        np.mean(np.abs(z) < mixture["sigma"], axis=0),
        np.full(z.shape[1], 0.6827),
        atol=6 * 0.5 / np.sqrt(MANY),
        because="68% of Gaussian noise lies within one standard deviation",
        what="share of the noise within sigma",
    )


@graded(1, "lambda = min y y' <x, x'> / (|x| |x'|)", examples=40, data=directed_datasets())
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


@graded(1, "lambda(a_i X_i, y_i) = lambda(-X_i, -y_i) = lambda(X, y)", examples=25, data=directed_datasets())
def test_lengths_do_not_matter(student, data):
    """Stretching an example, or flipping it with its label, changes nothing, and X itself stays as it was"""
    X, y = data["X"], data["y"]
    stretched = X * 2.0 ** np.arange(len(y))[:, None]
    turned = np.where(np.arange(len(y)) % 2 == 0, -1.0, 1.0)
    for what, a, b in (("stretched", stretched, y), ("flipped", X * turned[:, None], y * turned)):
        because = f"an angle knows no length, y x no flip; these examples are {what}"
        expect_close(student.separability(a, b), smallest_cosine(X, y), atol=1e-6, because=because, what="lambda")
        expect(
            not student.calls[-1].outcome.mutated,
            you="X or y was changed in place",
            expected="X and y as they were",
            because="the caller still needs them; write U = X / ..., not X /= ...",
            what="the arguments",
        )
