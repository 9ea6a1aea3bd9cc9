"""The XOR mixture: two classes that no linear predictor can distinguish (science.md#mixtures)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from . import validation
from .population import Mixture, NetworkErrors, Rng, errors_along


@dataclass(frozen=True, eq=False)  # axes are arrays, which do not compare to one truth value
class XorMixture(Mixture):
    """Four equally likely Gaussians: the positive class at +-kappa e_1, the negative class at +-kappa e_2.

    Parameters
    ----------
    kappa : float
        Distance of the four centres from the origin, > 0.
    sigma : float
        Standard deviation of the noise in every direction, > 0; same unit as `kappa`.
    n_features : int
        Dimension d >= 2 of the inputs. May be omitted if `axes` is given.
    axes : array_like (2, d), optional
        The orthonormal pair e_1, e_2. The first two basis vectors by default.

    Raises
    ------
    ValueError
        If a parameter is out of range, or `axes` is not an orthonormal pair of length `n_features`.

    Notes
    -----
    Each class is symmetric under x -> -x, so the error of an odd classifier, for example a linear one, is 1/2.

    Examples
    --------
    >>> mixture = XorMixture(kappa=3, n_features=20)
    >>> X, y = mixture.sample(40, np.random.default_rng(0))
    >>> X.shape, int(y.sum()), round(mixture.bayes_error(), 4)
    ((40, 20), 0, 0.0333)
    """

    kappa: float
    sigma: float = 1.0
    n_features: int = None  # type: ignore[assignment]  # a number once the object is made, as is the array below
    axes: np.ndarray = None  # type: ignore[assignment]

    def __post_init__(self):
        object.__setattr__(self, "kappa", validation.number("kappa", self.kappa, above=0))
        object.__setattr__(self, "sigma", validation.number("sigma", self.sigma, above=0))
        named = self.axes is not None
        size = None if named and self.n_features is None else validation.count("n_features", self.n_features, 2)
        axes = validation.array("axes", self.axes, 2, size) if named else np.eye(2, size)
        if axes.ndim != 2 or np.abs(axes @ axes.T - np.eye(2)).max() > 1e-6:
            raise ValueError(f"axes is {axes.tolist()!s:.60}, of shape {axes.shape}; wanted an orthonormal pair (2, d)")
        first = axes[0] / np.linalg.norm(axes[0])
        second = axes[1] - (axes[1] @ first) * first
        axes = np.stack([first, second / np.linalg.norm(second)])
        axes.flags.writeable = False
        object.__setattr__(self, "axes", axes)
        object.__setattr__(self, "n_features", axes.shape[1])

    def sample(self, n_samples: int, rng: Rng) -> tuple[np.ndarray, np.ndarray]:
        """Draw one balanced data set.

        Parameters
        ----------
        n_samples : int
            Number of examples n >= 1; positive ones come first, and in each class those at the + end. If n is odd, the
            extra example is positive; if a class is odd, its extra example is at the + end.
        rng : numpy.random.Generator or int
            Source of randomness, or its seed.

        Returns
        -------
        X : ndarray (n, d)
        y : ndarray (n,)
            Labels -1.0 and +1.0.

        Raises
        ------
        ValueError
            If `n_samples` is not a whole number >= 1.
        """
        n_samples, rng = validation.count("n_samples", n_samples), validation.generator(rng)
        positive = (n_samples + 1) // 2
        y = np.where(np.arange(n_samples) < positive, 1.0, -1.0)
        ends = [np.where(np.arange(n) < (n + 1) // 2, 1.0, -1.0) for n in (positive, n_samples - positive)]
        centres = self.kappa * np.concatenate([np.outer(end, axis) for end, axis in zip(ends, self.axes, strict=True)])
        return centres + self.sigma * rng.standard_normal((n_samples, self.n_features)), y

    def bayes_error(self) -> float:
        """Return the smallest possible error, 2 q (1 - q) with q = Phi(-kappa / (sqrt(2) sigma)).

        Notes
        -----
        The likelihoods of the classes grow with |<e_1, x>| and |<e_2, x>|, so the best answer is the sign of
        <e_1, x>^2 - <e_2, x>^2 = <e_1 - e_2, x> <e_1 + e_2, x>. For x at +kappa e_1 the two factors are independent
        with mean kappa and standard deviation sqrt(2) sigma; the answer is wrong when exactly one of them is negative.

        Examples
        --------
        >>> round(XorMixture(1e-6, n_features=2).bayes_error(), 6)
        0.5
        """
        q = float(ndtr(-self.kappa / self.sigma / np.sqrt(2)))
        return 2 * q * (1 - q)

    def network_errors(self, W: ArrayLike, v: ArrayLike, n_draws: int = 4_000, rng: Rng = 0) -> NetworkErrors:
        """Return errors of networks sign(f(x)) on this mixture, exact along e_1 and along e_2.

        Parameters
        ----------
        W : array_like (..., h, d)
        v : array_like (..., h)
        n_draws : int
            Number of draws of the noise, >= 2, the same draws for every network of a batch. Along each axis, its
            component is integrated exactly.
        rng : numpy.random.Generator or int
            Must not have the seed of the training data, whose noise it would repeat.

        Returns
        -------
        NetworkErrors

        Raises
        ------
        ValueError
            For NaN, shapes that do not belong together, or a number out of range.

        Examples
        --------
        >>> mixture = XorMixture(kappa=2, n_features=2)
        >>> W = [[1, 0], [-1, 0], [0, 1], [0, -1]]  # f = |x_1| - |x_2|, the best answer
        >>> error, standard_error = mixture.network_error(W, [1, 1, -1, -1])
        >>> bool(abs(error - mixture.bayes_error()) < 3 * standard_error)
        True
        """
        W, v = validation.network(W, v, self.n_features)
        ratio = self.kappa / self.sigma
        lines = [(axis, ((-ratio, y), (ratio, y))) for axis, y in zip(self.axes, (1.0, -1.0), strict=True)]
        return errors_along(lines, W, v, n_draws, rng)
