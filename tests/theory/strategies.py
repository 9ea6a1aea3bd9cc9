"""Small named inputs for the tests of the theory: Hypothesis strategies, and plain oracles that several files share."""

import math

import numpy as np
from hypothesis import strategies as st

from fls_teach.theory import GaussianMixture, balanced_init, forward, linear_part

seeds = st.integers(0, 2**32 - 1)
# Powers of two scale floats without rounding, so equalities under them may be asked bit for bit.
powers_of_two = st.integers(-8, 8).map(lambda k: 2.0**k)
# From "far below any use" to "far above": the initialisation scales a run must survive.
alphas = st.sampled_from([1e-30, 2.0**-12, 2.0**-4, 1.0, 2.0**2, 2.0**10])
reductions = st.sampled_from(["mean", "sum"])


@st.composite
def mixtures(draw):
    """Gaussian mixtures in 1 to 6 dimensions with a signal in a random direction."""
    rng = np.random.default_rng(draw(seeds))
    return GaussianMixture(
        draw(st.floats(0.2, 4)), draw(st.floats(0.3, 2)), signal=rng.standard_normal(draw(st.integers(1, 6)))
    )


@st.composite
def datasets(draw, max_samples=8, max_features=5):
    """Any small data: one sample, one class, duplicates, conflicting duplicates and points at the origin included."""
    n, d = draw(st.integers(1, max_samples)), draw(st.integers(1, max_features))
    rng = np.random.default_rng(draw(seeds))
    X = rng.standard_normal((n, d)) * draw(st.sampled_from([0.1, 1.0, 5.0]))
    y = rng.choice([-1.0, 1.0], n)
    kind = draw(st.sampled_from(["plain", "one class", "duplicates", "conflicting duplicates", "origin"]))
    if kind == "one class":
        y[:] = draw(st.sampled_from([-1.0, 1.0]))
    elif kind == "duplicates":
        X[n // 2 :], y[n // 2 :] = X[: n - n // 2], y[: n - n // 2]
    elif kind == "conflicting duplicates":
        X[n // 2 :], y[n // 2 :] = X[: n - n // 2], -y[: n - n // 2]
    elif kind == "origin":
        X[0] = 0.0
    return X, y


@st.composite
def networks(draw, n_features, max_neurons=6):
    """Any first and second layer: unbalanced, of very different sizes, with neurons that are zero or have v = 0."""
    h = draw(st.integers(1, max_neurons))
    rng = np.random.default_rng(draw(seeds))
    W = rng.standard_normal((h, n_features)) * draw(st.sampled_from([1e-6, 0.3, 1.0, 10.0]))
    v = rng.standard_normal(h)
    W[rng.random(h) < draw(st.sampled_from([0.0, 0.3]))] = 0.0
    v[rng.random(h) < draw(st.sampled_from([0.0, 0.3]))] = 0.0
    return W, v


@st.composite
def problems(draw):
    """Data and a network that belong together."""
    X, y = draw(datasets())
    return X, y, *draw(networks(X.shape[1]))


def separable_run(seed, alpha, n_samples=10, n_features=20, n_neurons=20):
    """Preset *separable* of science.md#u-curve, with fewer neurons: X, y, W, signs."""
    rng = np.random.default_rng(seed)
    X, y = GaussianMixture(2.5, n_features=n_features).sample(n_samples, rng, separable=True)
    return X, y, *balanced_init(n_neurons, n_features, alpha, rng)


def hard_run(seed, alpha):
    """Preset *hard* of science.md#u-curve, which is not separable."""
    rng = np.random.default_rng(seed)
    X, y = GaussianMixture(2.0, n_features=50).sample(20, rng)
    return X, y, *balanced_init(50, 50, alpha, rng)


def rotation(n_features, seed):
    """A random orthogonal matrix."""
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((n_features, n_features)))[0]


def relative(value, reference):
    """Largest difference, in units of the largest entry of the reference."""
    return np.abs(value - reference).max() / np.abs(reference).max()


def monte_carlo(W, v, signal, kappa, sigma, n_draws=200_000, seed=7):
    """`empirical_errors` on plain draws of the two-class mixture."""
    rng = np.random.default_rng(seed)
    y = rng.choice([-1.0, 1.0], n_draws)
    signal = np.asarray(signal) / np.linalg.norm(signal)
    return empirical_errors(kappa * y[:, None] * signal + sigma * rng.standard_normal((n_draws, len(signal))), y, W, v)


def empirical_errors(X, y, W, v):
    """Error with silence counted half and answered by the linear part, and silent mass, on a sample.

    Three rows of name, estimate, standard error.
    """
    f = forward(X, W, v)
    answered = np.where(f == 0, X @ linear_part(W, v), f)
    samples = {"half": (1 - y * np.sign(f)) / 2, "linear": (1 - y * np.sign(answered)) / 2, "silent": f == 0}
    return [(name, sample.mean(), sample.std() / math.sqrt(len(y))) for name, sample in samples.items()]
