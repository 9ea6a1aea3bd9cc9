"""The mixture of K classes: its means, its sample, its Bayes error, and errors of networks with K outputs."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtr

from fls_teach.theory import ClassMixture, GaussianMixture, bayes_error, network_errors
from fls_teach.theory.classes import _any_means

from .strategies import seeds


@given(st.integers(2, 7), st.floats(0.1, 5), st.integers(0, 3), st.sampled_from([None, 0, 1]))
def test_means_have_their_angles(n_classes, kappa, more, seed):
    """Catches a simplex that is not regular or not centred, and a random position that is not a rotation."""
    simplex = ClassMixture(n_classes, kappa, n_features=n_classes - 1 + more, rng=seed).centres
    gram = kappa**2 * (n_classes * np.eye(n_classes) - 1) / (n_classes - 1)
    np.testing.assert_allclose(simplex @ simplex.T, gram, atol=1e-12 * kappa**2)
    np.testing.assert_allclose(simplex.sum(axis=0), 0, atol=1e-12 * kappa)
    orthogonal = ClassMixture(n_classes, kappa, n_features=n_classes + more, means="orthogonal", rng=seed).centres
    np.testing.assert_allclose(orthogonal @ orthogonal.T, kappa**2 * np.eye(n_classes), atol=1e-12 * kappa**2)
    if seed is None:
        np.testing.assert_array_equal(orthogonal, kappa * np.eye(n_classes, n_classes + more))


def test_random_means_are_uniform_and_repeatable():
    """Catches draws from a cube, lengths that differ, an ignored seed."""
    mixture = ClassMixture(2_000, 2.0, n_features=3, means="random", rng=4)
    np.testing.assert_allclose(np.linalg.norm(mixture.centres, axis=1), 2.0, rtol=1e-14)
    # Archimedes: each coordinate is uniform. Its fourth moment is 1/5, that of a normed cube about 0.19.
    np.testing.assert_allclose(np.mean((mixture.centres / 2) ** 4, axis=0), 0.2, atol=5 * 0.2667 / math.sqrt(2_000))
    np.testing.assert_allclose(mixture.centres.mean(axis=0), 0, atol=5 * 2 / math.sqrt(3 * 2_000))
    again = ClassMixture(2_000, 2.0, n_features=3, means="random", rng=np.random.default_rng(4))
    np.testing.assert_array_equal(again.centres, mixture.centres)
    assert not mixture.centres.flags.writeable


@given(st.integers(1, 11), st.integers(2, 4), seeds)
def test_sample_is_balanced_ordered_and_repeatable(n_samples, n_classes, seed):
    """Catches sizes that differ by more than one, labels from 1, floats for labels, and centres of another class."""
    mixture = ClassMixture(n_classes, 50.0, means="orthogonal")
    X, y = mixture.sample(n_samples, seed)
    sizes = np.bincount(y, minlength=n_classes)
    assert y.dtype.kind == "i" and (np.diff(y) >= 0).all()
    assert set(np.diff(sizes)) <= {0, -1} and sizes[0] - sizes[-1] <= 1
    np.testing.assert_array_equal(np.argmax(X, axis=1), y)
    np.testing.assert_array_equal(X, mixture.sample(n_samples, np.random.default_rng(seed))[0])


def test_sample_has_the_covariance_of_the_mixture():
    """Catches sigma used as a variance."""
    mixture = ClassMixture(3, 2.0, 0.5)
    X, y = mixture.sample(30_000, 0)
    noise = X - mixture.centres[y]
    np.testing.assert_allclose(noise.mean(axis=0), 0, atol=5 * 0.5 / math.sqrt(30_000))
    np.testing.assert_allclose(noise.T @ noise / len(y), 0.25 * np.eye(2), atol=5 * 0.25 * math.sqrt(2 / 30_000))


@given(st.integers(2, 12), st.floats(0.05, 8), st.floats(0.3, 3))
def test_bayes_error_by_quadrature(n_classes, ratio, sigma):
    """Catches K for K - 1, a simplex with the distances of orthogonal means, sigma ignored, a grid too coarse."""
    mixture = ClassMixture(n_classes, ratio * sigma, sigma, means="orthogonal")
    for spread, kind in ((1.0, "orthogonal"), (math.sqrt(n_classes / (n_classes - 1)), "simplex")):
        r = ratio * spread
        beaten = lambda t, r=r: math.exp(-(t**2) / 2) * (1 - ndtr(t + r) ** (n_classes - 1))  # noqa: E731
        expected = quad(beaten, -r - 12, 12, points=[-r, -r / 2, 0], epsabs=1e-13, limit=200)[0] / math.sqrt(
            2 * math.pi
        )
        mixture = ClassMixture(n_classes, ratio * sigma, sigma, means=kind)
        assert mixture.bayes_error() == pytest.approx(expected, abs=1e-11)


def test_bayes_error_where_other_formulas_know_it():
    """Catches far tails lost to 1 - (1 - x), two classes that are not the Gaussian mixture, and random means off."""
    for ratio in (0.3, 2.5, 20.0):
        assert ClassMixture(2, ratio).bayes_error() == pytest.approx(bayes_error(ratio), rel=1e-10)
        # Any three means at equal angles are a simplex, any at right angles are orthogonal.
        for kind in ("simplex", "orthogonal"):
            mixture = ClassMixture(3, ratio, n_features=3, means=kind, rng=1)
            assert _any_means(mixture.centres) == pytest.approx(mixture.bayes_error(), rel=1e-9, abs=1e-300)
    # Sobol's points, on means of which the integral is known; the docstring states these errors.
    for n_classes, error in ((4, 1e-5), (10, 1e-4)):
        mixture = ClassMixture(n_classes, 1.7, n_features=12, means="orthogonal", rng=2)
        assert _any_means(mixture.centres) == pytest.approx(mixture.bayes_error(), rel=0, abs=2 * error)
    for kind, n_classes in (("simplex", 4), ("random", 3), ("random", 4)):
        assert ClassMixture(n_classes, 1e70, 1e-130, means=kind, rng=0).bayes_error() == 0.0


def test_bayes_error_does_not_follow_the_coordinates():
    """Catches a rule in singular vectors: of equal singular values these differ from one processor to the next."""
    centres = ClassMixture(6, 1.7, n_features=8, means="orthogonal", rng=2).centres
    turned = centres @ np.linalg.qr(np.random.default_rng(7).standard_normal((8, 8)))[0]
    assert _any_means(turned) == pytest.approx(_any_means(centres), rel=1e-11)


@pytest.mark.parametrize(
    ("n_classes", "kind"), [(3, "simplex"), (4, "orthogonal"), (2, "random"), (3, "random"), (5, "random")]
)
def test_bayes_error_of_the_best_classifier(n_classes, kind):
    """Catches a formula for other means than those that are sampled: the nearest centre errs at this rate."""
    mixture = ClassMixture(n_classes, 1.6, 0.8, n_features=4, means=kind, rng=3)
    X, y = mixture.sample(200_000, 5)
    wrong = np.mean(np.argmax(X @ mixture.centres.T, axis=1) != y)
    error = mixture.bayes_error()
    assert abs(wrong - error) <= 4 * math.sqrt(error * (1 - error) / len(y))


def empirical(mixture, W, V, n_samples=200_000):
    """Rows (value, standard error) on a sample: ties shared evenly, f = 0 answered by the linear parts, silent mass."""
    X, y = mixture.sample(n_samples, 11)
    hidden = np.maximum(X @ W.T, 0.0)
    f, rows = hidden @ V.T, []
    silent = (f == 0).all(axis=1)
    for scores in (f, np.where(silent[:, None], X @ (V @ W).T, f)):
        largest = scores == scores.max(axis=1, keepdims=True)
        rows.append(1 - largest[np.arange(n_samples), y] / largest.sum(axis=1))
    return [(row.mean(), row.std() / math.sqrt(n_samples)) for row in (*rows, silent)]


def assert_agrees(mixture, W, V):
    exact = mixture.network_errors(W, V, n_draws=2_000)
    for name, (value, standard_error), (plain, plain_error) in zip(
        exact._fields, exact, empirical(mixture, W, V), strict=True
    ):
        assert abs(value - plain) <= 4 * math.hypot(standard_error, plain_error) + 1e-15, (name, value, plain)


@pytest.mark.parametrize("seed", range(4))
def test_network_errors_against_a_sample(seed):
    """Catches labels that are shifted, intervals that ignore a class, a tie counted whole, sigma misused."""
    rng = np.random.default_rng(seed)
    K, h, d = rng.integers(2, 5), rng.integers(1, 7), rng.integers(3, 6)
    mixture = ClassMixture(K, 1.5, rng.uniform(0.5, 1.5), d, ["simplex", "random"][seed % 2], rng=seed)
    W, V = rng.standard_normal((h, d)), rng.standard_normal((K, h))
    assert_agrees(mixture, W, V)
    # Neurons on the centres answer well, and are all silent behind them.
    assert_agrees(mixture, np.concatenate([mixture.centres, 0.2 * W]), np.concatenate([np.eye(K), V], axis=1))


def test_ties_are_shared_among_the_tied():
    """Catches ties shared among all classes where two are tied, and silence that is any tie."""
    mixture = ClassMixture(3, 1.0, n_features=3, means="orthogonal")
    W = np.concatenate([np.eye(3), -np.eye(3)])
    V = np.array([[1.0, 0, 0, 0, 0, 0], [1.0, 0, 0, 0, 0, 0], [0, 0, 1.0, 0, 0, -1.0]])  # outputs 0 and 1 are equal
    assert_agrees(mixture, W, V)
    assert mixture.silent_mass(W, V).value == 0
    # No output at all: every class is answered with probability 1/3, and the linear parts are 0 too.
    errors = mixture.network_errors(W, np.zeros((3, 6)), n_draws=10)
    np.testing.assert_allclose(errors, [(2 / 3, 0), (2 / 3, 0), (1, 0)], atol=1e-15)


def test_best_network_has_the_bayes_error():
    """Catches any bias: relu(z) - relu(-z) = z, so these outputs are <centre_k, x>."""
    for kind in ("simplex", "orthogonal", "random"):
        mixture = ClassMixture(3, 2.0, n_features=4, means=kind, rng=1)
        value, standard_error = mixture.network_error(
            np.concatenate([mixture.centres, -mixture.centres]), np.concatenate([np.eye(3), -np.eye(3)], axis=1)
        )
        assert abs(value - mixture.bayes_error()) <= 4 * standard_error
        errors = mixture.network_errors(mixture.centres, np.eye(3))
        if kind == "simplex":  # scores that sum to 0 are never all negative, so one neuron per class is never silent
            assert errors.silent == (0, 0) and errors.half == errors.linear
        else:  # where all are silent the linear parts answer better than a die
            assert errors.linear.value < errors.half.value and errors.silent.value > 0


def test_two_classes_are_the_gaussian_mixture():
    """Catches a second implementation that answers otherwise: outputs f and -f, classes 0 and 1 at +s and -s."""
    mixture = ClassMixture(2, 1.5, 0.7, n_features=3)
    signal = mixture.centres[0] / 1.5
    rng = np.random.default_rng(0)
    W, v = rng.standard_normal((2, 3)), rng.standard_normal(2)  # two neurons in d = 3 always leave a wedge
    two = mixture.network_errors(W, np.stack([v, -v]), n_draws=300, rng=1)
    one = network_errors(W, v, signal, 1.5, 0.7, n_draws=300, rng=1)
    np.testing.assert_allclose(two, one, atol=1e-13)
    assert one.silent.value > 0
    assert mixture.bayes_error() == pytest.approx(GaussianMixture(1.5, 0.7, 3).bayes_error(), rel=1e-12)


def test_batch_and_repeatability():
    """Catches draws that differ between networks, and a batch that is mixed up."""
    rng = np.random.default_rng(0)
    W, V = rng.standard_normal((2, 3, 5, 4)), rng.standard_normal((3, 3, 5))
    mixture = ClassMixture(3, 1.5, n_features=4)
    batch = mixture.network_errors(W, V, n_draws=50, rng=2)
    assert batch.half.value.shape == (2, 3)
    one = mixture.network_errors(W[1, 2], V[2], n_draws=50, rng=2)
    for together, alone in zip(batch, one, strict=True):
        assert (together.value[1, 2], together.standard_error[1, 2]) == alone
    assert mixture.network_error(W[1, 2], V[2], n_draws=50, rng=2, silent="linear") == one.linear
    assert mixture.network_error(W[1, 2], V[2], n_draws=50, rng=3) != one.half


@given(seeds)
def test_probabilities_of_the_classes_sum_to_one(seed):
    """Catches intervals that overlap or leave gaps: of one and the same x, one class is answered."""
    rng = np.random.default_rng(seed)
    d, W, V = 3, rng.standard_normal((4, 3)), rng.standard_normal((3, 4))
    # The errors of a network and of the two that permute its outputs count every answer once per class.
    mixture = ClassMixture(3, 1.0, n_features=d)
    total = sum(mixture.network_errors(W, np.roll(V, k, axis=0), n_draws=10).half.value for k in range(3))
    assert total == pytest.approx(2.0, abs=1e-12)
