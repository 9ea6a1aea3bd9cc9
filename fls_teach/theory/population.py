"""Error of a network on the whole mixture, and the probability that it is silent (science.md#errors)."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from . import piecewise, validation
from .error import signal_to_noise

Rng = np.random.Generator | int
Lines = Sequence[tuple[np.ndarray, Any]]


class Estimate(NamedTuple):
    """A probability with its Monte Carlo standard error, both (...)."""

    value: np.ndarray
    standard_error: np.ndarray


class NetworkErrors(NamedTuple):
    """Errors of the same networks on the same draws; each is an `Estimate`.

    Attributes
    ----------
    half : Estimate
        P(y f(x) < 0) + P(f(x) = 0) / 2.
    linear : Estimate
        The error if f(x) = 0 is answered by sign(<linear_part, x>).
    silent : Estimate
        P(f(x) = 0).
    """

    half: Estimate
    linear: Estimate
    silent: Estimate


def network_error(
    W: ArrayLike,
    v: ArrayLike,
    signal: ArrayLike,
    kappa: float,
    sigma: float = 1.0,
    n_draws: int = 4_000,
    rng: Rng = 0,
    silent: str = "half",
) -> Estimate:
    """Return the test error of the network on the mixture, exact along the signal.

    Parameters
    ----------
    W : array_like (..., h, d)
    v : array_like (..., h)
    signal : array_like (d,)
        s, of any length > 0.
    kappa, sigma : float
        Both > 0, same unit.
    n_draws : int
        Number of draws of the noise orthogonal to s, >= 2; the same draws for every network of a batch, which makes
        differences much more precise than single errors.
    rng : numpy.random.Generator or int
        Must not have the seed of the training data, whose noise it would repeat.
    silent : {"half", "linear"}
        How f(x) = 0 counts: as "half" an error, like a random guess, or "linear", as the answer sign(<w, x>) of the
        `linear_part` w = sum_j v_j w_j. The difference between the two is the error due to the silent wedge.

    Returns
    -------
    value : ndarray (...)
        A probability.
    standard_error : ndarray (...)
        Its Monte Carlo standard error.

    Raises
    ------
    ValueError
        For NaN, shapes that do not belong together, a zero signal, a number out of range, or another `silent`.

    Notes
    -----
    Given the orthogonal noise, f is piecewise linear in u = <x, s> with one breakpoint per neuron, and u is normal, so
    the probability of each sign is a sum of normal cdfs over the pieces (`piecewise`, science.md#errors). "linear"
    answers -sign(f(-x)) where f(x) = 0, because f(x) - f(-x) = <linear_part, x>.

    A network is silent wherever its output is exactly 0: no neuron is active, or the active ones cancel, as two equal
    neurons with opposite v_j do. Active neurons whose sum leaves a rounding residue answer with the sign of that
    residue, which need not be the residue of `forward`.

    Examples
    --------
    >>> error, standard_error = network_error([[1.0, 0.0], [-1.0, 0.0]], [1.0, -1.0], [1.0, 0.0], kappa=2.0)
    >>> round(float(error), 5), round(float(standard_error), 15)  # this network is sign(<x, s>): the Bayes error
    (0.02275, 0.0)
    """
    validation.choice("silent", silent, ("half", "linear"))
    return getattr(network_errors(W, v, signal, kappa, sigma, n_draws, rng), silent)


def silent_mass(
    W: ArrayLike,
    v: ArrayLike,
    signal: ArrayLike,
    kappa: float,
    sigma: float = 1.0,
    n_draws: int = 4_000,
    rng: Rng = 0,
) -> Estimate:
    """Return the probability that the network's output is exactly 0 on the mixture, exact along the signal.

    Parameters
    ----------
    W, v, signal, kappa, sigma, n_draws, rng
        As in `network_error`, which also defines when a network is silent.

    Returns
    -------
    value : ndarray (...)
        A probability.
    standard_error : ndarray (...)
        Its Monte Carlo standard error.

    Raises
    ------
    ValueError
        As `network_error`.

    Examples
    --------
    >>> mass, standard_error = silent_mass([[1.0]], [1.0], [1.0], kappa=2.0)  # silent on the negative half line
    >>> float(mass), float(standard_error)
    (0.5, 0.0)
    """
    return network_errors(W, v, signal, kappa, sigma, n_draws, rng).silent


def network_errors(
    W: ArrayLike,
    v: ArrayLike,
    signal: ArrayLike,
    kappa: float,
    sigma: float = 1.0,
    n_draws: int = 4_000,
    rng: Rng = 0,
) -> NetworkErrors:
    """Return `network_error` for both values of `silent`, and `silent_mass`, from one pass over the same draws.

    Parameters
    ----------
    W, v, signal, kappa, sigma, n_draws, rng
        As in `network_error`.

    Returns
    -------
    NetworkErrors

    Raises
    ------
    ValueError
        As `network_error`.

    Examples
    --------
    >>> errors = network_errors([[1.0]], [1.0], [1.0], kappa=2.0)  # silent on half of the line, where the answer is -1
    >>> [round(float(estimate.value), 4) for estimate in errors]
    [0.2614, 0.0228, 0.5]
    """
    W, v = validation.network(W, v)
    ratio = signal_to_noise(kappa, sigma)
    signal = validation.direction("signal", signal, W.shape[-1])
    if signal.ndim != 1:
        raise ValueError(f"signal has shape {signal.shape}; wanted one vector (d,)")
    lines = [(signal / np.linalg.norm(signal), ((-ratio, -1.0), (ratio, 1.0)))]
    return errors_along(lines, W, v, n_draws, rng)


class Mixture:
    """Base class of mixtures; subclasses define `sample`, `bayes_error` and `network_errors`."""

    def network_errors(self, W: ArrayLike, v: ArrayLike, n_draws: int = 4_000, rng: Rng = 0) -> NetworkErrors:
        """Return errors of networks on this mixture for both answers to silence, and the silent mass."""
        raise NotImplementedError

    def network_error(
        self, W: ArrayLike, v: ArrayLike, n_draws: int = 4_000, rng: Rng = 0, silent: str = "half"
    ) -> Estimate:
        """Return the test error of networks on this mixture and its standard error; arguments as in `network_errors`.

        `silent` determines how the output 0 counts: "half", as a random guess, or "linear", as the answer of the linear
        part; see the function `network_error`.
        """
        validation.choice("silent", silent, ("half", "linear"))
        return getattr(self.network_errors(W, v, n_draws, rng), silent)

    def silent_mass(self, W: ArrayLike, v: ArrayLike, n_draws: int = 4_000, rng: Rng = 0) -> Estimate:
        """Return the probability that the output of networks is 0 on this mixture; arguments as in `network_errors`."""
        return self.network_errors(W, v, n_draws, rng).silent


def errors_along(lines: Lines, W: np.ndarray, v: np.ndarray, n_draws: int, rng: Rng) -> NetworkErrors:
    """Return `NetworkErrors` over equally likely `lines`: (unit vector (d,), ends as in `piecewise.wrong`), in sigma.

    Every line uses the same draws, without their component along the line.
    """
    leading = validation.batch(W=(W, 2), v=(v, 1))

    def along(line, W, v, noise):
        direction, ends = line
        answer = piecewise.answers(W, v, direction, noise)
        silent = sum(answer.silent.mean(centre) for centre, _ in ends) / len(ends)
        return piecewise.wrong(answer.output, ends), piecewise.wrong(answer.answered, ends), silent

    W, v = np.broadcast_to(W, leading + W.shape[-2:]), np.broadcast_to(v, leading + v.shape[-1:])
    return average(lines, along, W, v, leading, n_draws, rng)


def average(
    lines: Lines,
    along: Callable[..., Any],
    W: np.ndarray,
    v: np.ndarray,
    leading: tuple[int, ...],
    n_draws: int,
    rng: Rng,
) -> NetworkErrors:
    """Return mean and standard error, over draws and lines, of `along(line, W, v, noise)` (3, m) for each network.

    A line is (unit vector, whatever `along` needs); all lines have the same noise except for the component along them.
    """
    n_draws = validation.count("n_draws", n_draws, at_least=2)
    noise = validation.generator(rng).standard_normal((n_draws, W.shape[-1]))
    total = np.zeros((3, int(np.prod(leading)), n_draws))
    for line in lines:
        orthogonal = noise - np.outer(noise @ line[0], line[0])
        for i, k in enumerate(np.ndindex(leading)):
            total[:, i] += along(line, W[k], v[k], orthogonal)
    total /= len(lines)
    mean, spread = total.mean(axis=-1), total.std(axis=-1, ddof=1) / np.sqrt(n_draws)
    return NetworkErrors(*(Estimate(m.reshape(leading), s.reshape(leading)) for m, s in zip(mean, spread, strict=True)))
