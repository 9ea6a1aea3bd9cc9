"""A mixture of K classes, for networks with K outputs (science.md#mixtures)."""

from dataclasses import InitVar, dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_ndtr, ndtr, ndtri, owens_t

from . import piecewise, validation
from .population import Mixture, NetworkErrors, Rng, average

MOST_NUMBERS = 10**8
"""Largest number of values of all centres, 0.8 GB; more would cause a MemoryError or swapping."""


@dataclass(frozen=True, eq=False)  # centres are arrays, which do not compare to one truth value
class ClassMixture(Mixture):
    """K equally likely Gaussian classes: x = centre_k + sigma z with z ~ N(0, I_d) and |centre_k| = kappa.

    Parameters
    ----------
    n_classes : int
        K >= 2.
    kappa : float
        Distance of every class centre from the origin, > 0.
    sigma : float
        Standard deviation of the noise in every direction, > 0; same unit as `kappa`.
    n_features : int, optional
        Dimension d of the inputs: at least K - 1 for "simplex" (and the default there), K for "orthogonal" (the
        default), 2 for "random" (default K).
    means : {"simplex", "orthogonal", "random"}
        Centres at equal angles with sum zero, at right angles, or in independent uniform directions.
    rng : numpy.random.Generator or int, optional
        Draws the directions of random means, for which it is required, or a random rotation of simplex and orthogonal
        means, which otherwise lie along the first coordinates.

    Attributes
    ----------
    centres : ndarray (K, d)

    Raises
    ------
    ValueError
        If a parameter is out of range, the means do not fit into `n_features`, or the centres not into memory.

    Examples
    --------
    >>> mixture = ClassMixture(3, kappa=3, n_features=20, means="orthogonal")
    >>> X, y = mixture.sample(12, np.random.default_rng(0))
    >>> X.shape, y
    ((12, 20), array([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]))
    """

    n_classes: int
    kappa: float
    sigma: float = 1.0
    n_features: int = None  # type: ignore[assignment]  # a number once the object is made
    means: str = "simplex"
    rng: InitVar[Rng | None] = None
    centres: np.ndarray = field(init=False, repr=False)

    def __post_init__(self, rng):
        validation.count("n_classes", self.n_classes, at_least=2)
        object.__setattr__(self, "kappa", validation.number("kappa", self.kappa, above=0))
        object.__setattr__(self, "sigma", validation.number("sigma", self.sigma, above=0))
        validation.choice("means", self.means, ("simplex", "orthogonal", "random"))
        smallest = {"simplex": self.n_classes - 1, "orthogonal": self.n_classes, "random": 2}[self.means]
        if self.n_features is None:
            object.__setattr__(self, "n_features", max(smallest, self.n_classes - (self.means == "simplex")))
        validation.count("n_features", self.n_features, at_least=smallest)
        if self.n_classes * self.n_features > MOST_NUMBERS:
            raise ValueError(
                f"n_classes is {self.n_classes} and n_features {self.n_features}, so that the centres hold "
                f"{self.n_classes * self.n_features:.0e} numbers; wanted at most {MOST_NUMBERS:.0e}"
            )
        if self.means == "random" and rng is None:
            raise ValueError("rng is None; wanted a numpy Generator or a seed, because means is 'random'")
        rng = None if rng is None else validation.generator(rng)
        centres = self.kappa * _directions(self.means, self.n_classes, self.n_features, rng)
        centres.flags.writeable = False
        object.__setattr__(self, "centres", centres)

    def sample(self, n_samples: int, rng: Rng) -> tuple[np.ndarray, np.ndarray]:
        """Draw one balanced data set.

        Parameters
        ----------
        n_samples : int
            Number of examples n >= 1, sorted by class. If n is not divisible by K, the first classes have one more.
        rng : numpy.random.Generator or int
            Source of randomness, or its seed.

        Returns
        -------
        X : ndarray (n, d)
        y : ndarray of int (n,)
            Labels 0 to K - 1.

        Raises
        ------
        ValueError
            If `n_samples` is not a whole number >= 1.
        """
        n_samples, rng = validation.count("n_samples", n_samples), validation.generator(rng)
        y = np.sort(np.arange(n_samples) % self.n_classes)
        return self.centres[y] + self.sigma * rng.standard_normal((n_samples, self.n_features)), y

    def bayes_error(self) -> float:
        """Return the smallest possible error, that of argmax_k <centre_k, x>.

        Notes
        -----
        For orthogonal means the scores are independent, so with r = kappa / sigma the best answer is right with
        probability E[Phi(t + r)^(K-1)], t ~ N(0, 1). Only distances matter, and simplex means are further apart by a
        factor sqrt(K / (K-1)). For two or three random means, normal cdfs and Owen's T function are used. All of these
        have numerical errors below 1e-12. Four or more random means are integrated with Sobol points with fixed seeds,
        with errors of about 1e-5 for K = 4 and 1e-4 for K = 10.

        Examples
        --------
        >>> round(ClassMixture(2, kappa=2).bayes_error(), 5)  # two opposite means: Phi(-2)
        0.02275
        """
        ratio = self.kappa / self.sigma
        if self.means == "orthogonal":
            return _independent_scores(self.n_classes, ratio)
        if self.means == "simplex":
            return _independent_scores(self.n_classes, ratio * np.sqrt(self.n_classes / (self.n_classes - 1)))
        return _any_means(self.centres / self.kappa * min(ratio, 1e100))

    def network_errors(self, W: ArrayLike, v: ArrayLike, n_draws: int = 4_000, rng: Rng = 0) -> NetworkErrors:
        """Return errors of networks with outputs f = V relu(W x) (K) and answer argmax_k f_k(x), exact along each mean.

        Parameters
        ----------
        W : array_like (..., h, d)
        v : array_like (..., K, h)
            Second layer V.
        n_draws : int
            Number of draws of the noise, >= 2, the same draws for every network of a batch. For each class, the
            component along its mean is integrated exactly.
        rng : numpy.random.Generator or int
            Must not have the seed of the training data, whose noise it would repeat.

        Returns
        -------
        NetworkErrors
            `half` breaks every tie at random: where f = 0, the error is 1 - 1/K, one half for two classes. `linear`
            answers f = 0 by the linear parts, argmax_k (V W x)_k; other ties are random. `silent` is P(f = 0).

        Raises
        ------
        ValueError
            For NaN, shapes that do not belong together, or a number out of range.

        Notes
        -----
        Given the noise orthogonal to a mean, every output is piecewise linear along the mean, and on each piece the
        answer is right on one interval.

        Examples
        --------
        >>> mixture = ClassMixture(3, kappa=2, means="orthogonal")
        >>> error, standard_error = mixture.network_error(np.eye(3), np.eye(3))
        >>> bool(error > mixture.bayes_error())  # an even share where all three scores are negative costs a little
        True
        """
        W = validation.first_layer(W, self.n_features)
        v = validation.array("v", v, self.n_classes, W.shape[-2])
        leading = validation.batch(W=(W, 2), v=(v, 2))
        W, v = np.broadcast_to(W, leading + W.shape[-2:]), np.broadcast_to(v, leading + v.shape[-2:])
        lines = [(centre / self.kappa, label) for label, centre in enumerate(self.centres)]

        def along(line, W, v, noise):
            return piecewise.class_errors(W, v, line[0], noise, self.kappa / self.sigma, line[1])

        return average(lines, along, W, v, leading, n_draws, rng)


def _directions(means, n_classes, n_features, rng):
    """Return unit vectors (K, d)."""
    if means == "random":
        draws = rng.standard_normal((n_classes, n_features))
        return draws / np.linalg.norm(draws, axis=1, keepdims=True)
    corners = np.eye(n_classes)
    if means == "simplex":
        # The rows of a Helmert matrix are an orthonormal basis of the vectors that sum to zero; its columns are the
        # projections of the basis vectors e_k in this basis.
        k = np.arange(1, n_classes)[:, None]
        column = np.arange(n_classes)
        helmert = np.where(column < k, 1.0, np.where(column == k, -k, 0.0)) / np.sqrt(k * (k + 1))
        corners = helmert.T / np.linalg.norm(helmert[:, :1])
    if rng is None:
        return np.pad(corners, ((0, 0), (0, n_features - corners.shape[1])))
    frame = np.linalg.qr(rng.standard_normal((n_features, corners.shape[1])))[0]
    return corners @ frame.T


def _independent_scores(n_classes, ratio):
    """Return P(one of K - 1 standard normals exceeds a normal with mean `ratio`)."""
    ratio = min(ratio, 60.0)  # above 60 the probability is below 1e-300
    # The trapezoid rule converges faster than any power of the step for an integrand as smooth as this one.
    t, step = np.linspace(-ratio - 12, 12, 16 * int(ratio + 24) + 1, retstep=True)
    return float(
        step * (np.exp(-(t**2) / 2) / np.sqrt(2 * np.pi) * -np.expm1((n_classes - 1) * log_ndtr(t + ratio))).sum()
    )


def _any_means(centres):
    """Return the Bayes error of equally likely unit normals with these centres (K, d) of equal norm."""
    if len(centres) <= 3:
        return float(np.mean([_outside_wedge(centre - np.delete(centres, k, 0)) for k, centre in enumerate(centres)]))
    return float(np.mean([_outside_cone(centre, np.delete(centres, k, 0)) for k, centre in enumerate(centres)]))


def _outside_wedge(gaps):
    """Return P(a centre's score is exceeded by one of one or two others), given `gaps`, the centre minus the others."""
    lengths = np.linalg.norm(gaps, axis=1)
    if len(gaps) == 1:
        return ndtr(-lengths[0] / 2)
    h, k = -lengths / 2
    # 1 - cos of the angle between the gaps is precise for small angles.
    unit = gaps / lengths[:, None]
    tangent = np.linalg.norm(unit[0] - unit[1]) / np.linalg.norm(unit[0] + unit[1])
    rho, root = (1 - tangent**2) / (1 + tangent**2), 2 * tangent / (1 + tangent**2)
    both = (ndtr(h) + ndtr(k)) / 2 - owens_t(h, (k - rho * h) / (h * root)) - owens_t(k, (h - rho * k) / (k * root))
    return ndtr(h) + ndtr(k) - both


def _outside_cone(centre, others, n_points=2**14, n_scrambles=8):
    """Return P(a centre's score is exceeded by one of any number of others).

    The integral is exact along the centre, and uses scrambled Sobol points over the directions orthogonal to it.
    """
    from scipy.stats import qmc  # takes half a second; only needed for four or more random means

    ratio = np.linalg.norm(centre)
    cosines = others @ centre / ratio**2
    # Exceeded where u < max_l <slope_l, z>, with u the component along the centre, z the noise orthogonal to it.
    slopes = (others - cosines[:, None] * centre) / (ratio * (1 - cosines))[:, None]
    # Use coordinates determined by the slopes. Singular vectors are not: for equal singular values they depend on the
    # processor's rounding, and a rotation changes the error of the rule.
    slopes = np.linalg.qr(slopes.T, mode="r")  # (r, K - 1)
    slopes *= np.where(np.diag(slopes) < 0, -1.0, 1.0)[:, None]
    points = (qmc.Sobol(len(slopes), rng=seed).random(n_points) for seed in range(n_scrambles))
    # Points are multiples of 2^-30; they are shifted because the normal quantile of 0 is infinite.
    return np.mean([ndtr((ndtri(u + 2.0**-31) @ slopes).max(axis=1) - ratio).mean() for u in points])
