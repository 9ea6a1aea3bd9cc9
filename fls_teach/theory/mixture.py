"""The data: a two-class Gaussian mixture, and properties of finite samples (science.md#notation)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from . import population, validation
from .error import bayes_error
from .population import Mixture, NetworkErrors, Rng


@dataclass(frozen=True, eq=False)  # signals are arrays, which do not compare to one truth value
class GaussianMixture(Mixture):
    """Two Gaussian classes at +kappa s and -kappa s: x = kappa y s + sigma z with z ~ N(0, I_d).

    Parameters
    ----------
    kappa : float
        Distance of a class centre from the origin, > 0.
    sigma : float
        Standard deviation of the noise in every direction, > 0; same unit as `kappa`.
    n_features : int
        Dimension d of the inputs. May be omitted if `signal` is given.
    signal : array_like (d,), optional
        Direction s of the class centres; scaled to unit length. The first basis vector by default.

    Raises
    ------
    ValueError
        If a parameter is out of range, or `signal` is zero or not of length `n_features`.

    Notes
    -----
    Assumption 4.1 of arXiv 2602.00827 asks for orthogonally separable samples; see `separability`.

    Examples
    --------
    >>> mixture = GaussianMixture(kappa=2.5, n_features=20)
    >>> X, y = mixture.sample(10, np.random.default_rng(0), separable=True)
    >>> X.shape, int(y.sum()), bool(separability(X, y) > 0)
    ((10, 20), 0, True)
    """

    kappa: float
    sigma: float = 1.0
    n_features: int = None  # type: ignore[assignment]  # a number once the object is made, as is the array below
    signal: np.ndarray = None  # type: ignore[assignment]

    def __post_init__(self):
        object.__setattr__(self, "kappa", validation.number("kappa", self.kappa, above=0))
        object.__setattr__(self, "sigma", validation.number("sigma", self.sigma, above=0))
        named = self.signal is not None
        size = None if named and self.n_features is None else validation.count("n_features", self.n_features)
        signal = validation.direction("signal", self.signal, size) if named else np.eye(1, size)[0]
        if signal.ndim != 1:
            raise ValueError(f"signal has shape {signal.shape}; wanted one vector (d,)")
        signal = signal / np.linalg.norm(signal)
        signal.flags.writeable = False
        object.__setattr__(self, "signal", signal)
        object.__setattr__(self, "n_features", signal.size)

    def sample(
        self, n_samples: int, rng: Rng, separable: bool = False, max_draws: int = 20_000
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw one balanced data set; the extra example of an odd size is positive.

        Parameters
        ----------
        n_samples : int
            Number of examples n >= 1; the positive ones come first.
        rng : numpy.random.Generator or int
            Source of randomness, or its seed.
        separable : bool
            Redraw until the set is orthogonally separable (`separability` > 0).
        max_draws : int
            Maximal number of sets to draw.

        Returns
        -------
        X : ndarray (n, d)
        y : ndarray (n,)
            Labels -1.0 and +1.0.

        Raises
        ------
        ValueError
            If none of `max_draws` sets is separable; the message contains the observed acceptance rate.
        """
        n_samples, max_draws = validation.count("n_samples", n_samples), validation.count("max_draws", max_draws)
        rng = validation.generator(rng)
        y = np.where(np.arange(n_samples) < (n_samples + 1) // 2, 1.0, -1.0)
        centres = self.kappa * y[:, None] * self.signal
        for _ in range(max_draws):
            X = centres + self.sigma * rng.standard_normal((n_samples, self.n_features))
            if not separable or separability(X, y) > 0:
                return X, y
        raise ValueError(
            f"n_samples is {n_samples} at kappa/sigma = {self.kappa / self.sigma:g}: acceptance rate 0 in {max_draws} "
            "draws; wanted an orthogonally separable set, so raise kappa or lower n_samples"
        )

    def bayes_error(self) -> float:
        """Return the smallest possible error, Phi(-kappa / sigma); see the function `bayes_error`.

        Examples
        --------
        >>> GaussianMixture(2.5, n_features=20).bayes_error() == bayes_error(2.5)
        True
        """
        return bayes_error(self.kappa, self.sigma)

    def network_errors(self, W: ArrayLike, v: ArrayLike, n_draws: int = 4_000, rng: Rng = 0) -> NetworkErrors:
        """Return errors of networks on this mixture; see the function `network_errors` for the arguments.

        Examples
        --------
        >>> mixture = GaussianMixture(2.0, n_features=1)
        >>> error, _ = mixture.network_error([[1.0]], [1.0], silent="linear")
        >>> round(float(error), 10) == round(mixture.bayes_error(), 10)
        True
        """
        W, v = validation.network(W, v, self.n_features)
        return population.network_errors(W, v, self.signal, self.kappa, self.sigma, n_draws, rng)


def separability(X: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Return the smallest signed cosine lambda between two examples; > 0 means orthogonally separable.

    Parameters
    ----------
    X : array_like (..., n, d)
    y : array_like (..., n)
        Labels -1 and +1.

    Returns
    -------
    ndarray (...)
        min over pairs of y y' <x, x'> / (|x| |x'|), in [-1, 1]; 1 for a single example.

    Raises
    ------
    ValueError
        For bad shapes, NaN, labels other than -1 and +1, or an example at the origin, which has no direction.

    Notes
    -----
    Assumption 4.1 of arXiv 2602.00827; Phuong & Lampert, ICLR 2021.

    Examples
    --------
    >>> float(separability([[1, 0], [-1, 0]], [1, -1]))
    1.0
    """
    X, y = validation.dataset(X, y)
    largest = np.abs(X).max(axis=-1, keepdims=True)
    if not largest.all():
        raise ValueError("X has an example that is all zeros; wanted examples with a direction")
    X = X / largest
    signed = X * (y / np.linalg.norm(X, axis=-1))[..., None]
    return np.clip((signed @ signed.swapaxes(-1, -2)).min(axis=(-1, -2)), -1.0, 1.0)


def class_sum(X: ArrayLike, y: ArrayLike, label: int = +1) -> np.ndarray:
    """Return the sum x_+ (or x_-) of the examples of one class, the direction with which Phase 1 aligns neurons.

    Parameters
    ----------
    X : array_like (..., n, d)
    y : array_like (..., n)
    label : {+1, -1}

    Returns
    -------
    ndarray (..., d)
        A sum, not a mean; zero if the class is empty.

    Raises
    ------
    ValueError
        For bad shapes, NaN, or labels other than -1 and +1.

    Examples
    --------
    >>> class_sum([[1, 2], [3, 4], [5, 6]], [1, 1, -1])
    array([4., 6.])
    """
    X, y = validation.dataset(X, y)
    validation.choice("label", label, (-1, 1))
    return np.einsum("...n,...nd->...d", (y == label).astype(float), X)
