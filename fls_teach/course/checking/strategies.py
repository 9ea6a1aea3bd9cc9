"""Hypothesis strategies for the inputs of properties; shrunk examples are small and easy to read.

Every strategy draws plain values. Entries are multiples of 1/4 or seeds of a generator, so that the smallest
counterexample has numbers that a person can check by hand.
"""

import functools

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

QUARTERS = st.integers(-12, 12).map(lambda k: k / 4)
"""Numbers from -3 to 3 in steps of 1/4, which every float format represents exactly."""

SIGNS, COINS = st.sampled_from([1.0, -1.0]), st.booleans()

seeds = st.integers(0, 10_000)
"""Seed of a numpy generator."""

alphas = st.integers(-12, 2).map(lambda k: 2.0**k)
"""Initialisation scales from 2^-12 to 2^2."""

ratios = st.integers(1, 16).map(lambda k: k / 4)
"""Signal-to-noise kappa/sigma."""


# The strategies are cached: Hypothesis takes longer to validate a new strategy than to draw from it.


@functools.lru_cache(maxsize=None, typed=True)
def any_of(*values):
    """One of the given values; Hypothesis shrinks towards the first."""
    return st.sampled_from(values)


@functools.cache
def quarters(*shape):
    """Arrays of this shape."""
    return arrays(np.float64, shape, elements=QUARTERS)


@functools.cache
def vectors(n_features, zero=False):
    """Vectors (d,); the zero vector only if `zero`."""
    return quarters(n_features) if zero else quarters(n_features).filter(np.any)


@functools.cache
def rows(n_features, zero=False):
    """Vectors (d,) drawn entry by entry, where `vectors` gives most entries the same value; zero only if `zero`."""
    drawn = st.tuples(*[QUARTERS] * n_features).map(np.array)
    return drawn if zero else drawn.filter(np.any)


@functools.cache
def labels(n):
    """Labels -1 and +1 (n,), sometimes all equal."""
    return arrays(np.float64, (n,), elements=SIGNS)


@functools.cache
def orders(n):
    """Permutations of 0, ..., n - 1."""
    return st.permutations(range(n))


@functools.cache
@st.composite
def frames(draw, n_features):
    """Orthonormal axes, one per row (d, d): signed unit vectors in any order, some pairs rotated by (0.6, 0.8)."""
    axes = np.eye(n_features)[draw(orders(n_features))]
    axes *= np.array([draw(SIGNS) for _ in range(n_features)])[:, None]
    for k in range(n_features - 1):
        if draw(COINS):
            axes[k : k + 2] = np.array([[0.6, 0.8], [-0.8, 0.6]]) @ axes[k : k + 2]
    return axes


@st.composite
def datasets(draw, max_samples=6, max_features=4, both_classes=False):
    """Small labelled data sets: dict of X (n, d) and y (n,)."""
    n = draw(st.integers(2 if both_classes else 1, max_samples))
    d = draw(st.integers(1, max_features))
    X, y = draw(quarters(n, d)), draw(labels(n))
    if both_classes:
        y[:2] = 1.0, -1.0
    return {"X": X, "y": y}


@st.composite
def training_problems(draw, max_samples=6, max_features=4, max_neurons=5):
    """A small data set and a network, possibly with dead neurons: dict of X (n, d), y (n,), W (h, d), v (h,)."""
    data = draw(datasets(max_samples, max_features))
    h, d = draw(st.integers(1, max_neurons)), data["X"].shape[1]
    return {**data, "W": draw(quarters(h, d)), "v": draw(quarters(h))}
