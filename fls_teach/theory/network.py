"""The network f(x) = sum_j v_j relu(<w_j, x>), its risk, and the velocity of gradient flow (science.md#dynamics)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from . import validation
from .validation import Array


def balanced_init(
    n_neurons: int, n_features: int, alpha: ArrayLike, rng: np.random.Generator | int
) -> tuple[Array, Array]:
    """Draw balanced weights W = alpha W0 with W0 ~ N(0, 1/d); the first half (rounded up) of the signs is positive.

    Parameters
    ----------
    n_neurons, n_features : int
        Sizes h and d.
    alpha : float or array_like (...)
        Initialisation scale, > 0; an array gives one network for each entry, all from the same W0.
    rng : numpy.random.Generator or int

    Returns
    -------
    W : ndarray (..., h, d)
    signs : ndarray (h,)
        Sign of each second-layer weight, which gradient flow conserves; see `second_layer`.

    Raises
    ------
    ValueError
        If a size is not a whole number >= 1 or an alpha is not > 0.

    Examples
    --------
    >>> W, signs = balanced_init(4, 3, alpha=0.5, rng=0)
    >>> W.shape, signs
    ((4, 3), array([ 1.,  1., -1., -1.]))
    """
    n_neurons, n_features = validation.count("n_neurons", n_neurons), validation.count("n_features", n_features)
    alpha = validation.array("alpha", alpha)
    if not (alpha >= validation.SMALLEST_NORM).all():
        raise ValueError(f"alpha is {alpha.min():g}; wanted > 0, at least {validation.SMALLEST_NORM:g}")
    W0 = validation.generator(rng).standard_normal((n_neurons, n_features)) / np.sqrt(n_features)
    return alpha[..., None, None] * W0, np.where(np.arange(n_neurons) < (n_neurons + 1) // 2, 1.0, -1.0)


def twins(W: ArrayLike, signs: ArrayLike) -> tuple[Array, Array]:
    """Return initial weights with output 0: every neuron, and a copy of it with the opposite output sign.

    Parameters
    ----------
    W : array_like (..., h, d)
    signs : array_like (..., h)
        -1 and +1; as from `balanced_init`.

    Returns
    -------
    W : ndarray (..., 2h, d)
        The neurons, then their copies.
    signs : ndarray (..., 2h)
        The signs, then their opposites.

    Raises
    ------
    ValueError
        For NaN, shapes that do not belong together, or signs other than -1 and +1.

    Notes
    -----
    The output of `forward` is 0 up to rounding: with S = sum_j |v_j| sum_k |w_jk| |x_k| over the h neurons,
    |f(x)| <= 2 gamma S, where gamma = m u / (1 - m u), m = 2h + d and u = 2^-53 (the bound for sums of products in any
    order: d of them in each pre-activation, 2h in the output). Training does not preserve f = 0, because the gradients
    of the two neurons of a pair are opposite.

    Examples
    --------
    >>> W, signs = twins([[3.0, 4.0]], [1.0])
    >>> W, signs
    (array([[3., 4.],
           [3., 4.]]), array([ 1., -1.]))
    >>> forward([[1.0, 1.0]], W, second_layer(W, signs))
    array([0.])
    """
    W, signs = validation.network(W, signs, name="signs")
    validation.batch(W=(W, 2), signs=(signs, 1))
    signs = validation.signs("signs", signs)
    return np.concatenate([W, W], axis=-2), np.concatenate([signs, -signs], axis=-1)


def difference_network(W: ArrayLike, v: ArrayLike, W0: ArrayLike, v0: ArrayLike) -> tuple[Array, Array]:
    """Return the difference f - f0 of two networks as one network.

    Parameters
    ----------
    W, v : array_like (..., h, d), (..., h)
        The network f, usually trained with centred outputs.
    W0, v0 : array_like (..., h0, d), (..., h0)
        The network f0, usually the initial state of f.

    Returns
    -------
    W : ndarray (..., h + h0, d)
    v : ndarray (..., h + h0)
        The second layer of f, then minus that of f0.

    Raises
    ------
    ValueError
        For NaN or shapes that do not belong together.

    Examples
    --------
    >>> W, v = difference_network([[2.0]], [3.0], [[1.0]], [1.0])
    >>> forward([[1.0]], W, v)
    array([5.])
    """
    W, v = validation.network(W, v)
    W0 = validation.array("W0", W0, None, W.shape[-1])
    v0 = validation.array("v0", v0, W0.shape[-2])
    leading = validation.batch(W=(W, 2), v=(v, 1), W0=(W0, 2), v0=(v0, 1))
    first = [np.broadcast_to(part, leading + part.shape[-2:]) for part in (W, W0)]
    second = [np.broadcast_to(part, leading + part.shape[-1:]) for part in (v, -v0)]
    return np.concatenate(first, axis=-2), np.concatenate(second, axis=-1)


def second_layer(W: ArrayLike, signs: ArrayLike) -> Array:
    """Return the second layer of a balanced network, v_j = s_j |w_j|.

    Parameters
    ----------
    W : array_like (..., h, d)
    signs : array_like (..., h)
        -1 and +1.

    Returns
    -------
    ndarray (..., h)

    Raises
    ------
    ValueError
        For bad shapes, NaN, or signs other than -1 and +1.

    Examples
    --------
    >>> second_layer([[3, 4], [0, 2]], [1, -1])
    array([ 5., -2.])
    """
    W, signs = validation.network(W, signs, name="signs")
    validation.batch(W=(W, 2), signs=(signs, 1))
    return validation.signs("signs", signs) * np.linalg.norm(W, axis=-1)


def forward(X: ArrayLike, W: ArrayLike, v: ArrayLike) -> Array:
    """Return the network output f(x) = sum_j v_j relu(<w_j, x>).

    Parameters
    ----------
    X : array_like (..., n, d)
    W : array_like (..., h, d)
    v : array_like (..., h)

    Returns
    -------
    ndarray (..., n)

    Raises
    ------
    ValueError
        For NaN or shapes that do not belong together.

    Examples
    --------
    >>> forward([[1, 0], [0, 1]], [[2, -1]], [3])
    array([6., 0.])
    """
    X = validation.array("X", X, None, None)
    W, v = validation.network(W, v, X.shape[-1])
    validation.batch(X=(X, 2), W=(W, 2), v=(v, 1))
    return outputs(X @ W.swapaxes(-1, -2), v)


def risk(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, v: ArrayLike, reduction: str = "mean", output_multiplier: float = 1.0
) -> Array:
    """Return the training risk: logistic loss log(1 + exp(-y c f(x))), averaged or summed over the examples.

    Parameters
    ----------
    X : array_like (..., n, d)
    y : array_like (..., n)
        Labels -1 and +1.
    W : array_like (..., h, d)
    v : array_like (..., h)
    reduction : {"mean", "sum"}
    output_multiplier : float
        c > 0; multiplies the output inside the loss.

    Returns
    -------
    ndarray (...)
        In nats; finite at any margin.

    Raises
    ------
    ValueError
        For NaN, shapes that do not belong together, labels other than -1 and +1, or c <= 0.

    Examples
    --------
    >>> round(float(risk([[1.0]], [1], [[0.0]], [0.0])), 6)  # log 2
    0.693147
    """
    X, y, W, v, _ = training_arguments(X, y, W, v)
    return Loss(reduction, output_multiplier).risk(y, outputs(X @ W.swapaxes(-1, -2), v))


def velocity(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, v: ArrayLike, reduction: str = "mean", output_multiplier: float = 1.0
) -> tuple[Array, Array]:
    """Return the right-hand side of gradient flow, minus the gradient of `risk`.

    Parameters
    ----------
    X, y, W, v, reduction, output_multiplier
        As in `risk`.

    Returns
    -------
    dW : ndarray (..., h, d)
        v_j G_j with G_j = sum_i p_i y_i 1[<w_j, x_i> > 0] x_i and p_i = c sigmoid(-y_i c f(x_i)), over n for "mean".
    dv : ndarray (..., h)
        <w_j, G_j>.

    Raises
    ------
    ValueError
        As for `risk`.

    Notes
    -----
    At a kink <w_j, x_i> = 0 the neuron counts as inactive, as in torch. See science.md#dynamics.

    Examples
    --------
    >>> velocity([[2.0]], [1], [[1.0]], [0.0])  # f = 0, so p = 1/2 and G = 1
    (array([[0.]]), array([1.]))
    """
    X, y, W, v, _ = training_arguments(X, y, W, v)
    return descent_direction(X, y, W, v, Loss(reduction, output_multiplier))[1:]


# The following functions expect arrays that have been checked; gradient flow and gradient descent share them.


@dataclass(frozen=True)
class Loss:
    """Logistic risk of c f; `lr_multiplier` multiplies the velocity."""

    reduction: str
    c: float = 1.0
    lr_multiplier: float = 1.0

    def __post_init__(self) -> None:
        validation.choice("reduction", self.reduction, ("mean", "sum"))
        for name, argument in (("c", "output_multiplier"), ("lr_multiplier", "lr_multiplier")):
            value = validation.number(argument, getattr(self, name), above=0, at_least=validation.SMALLEST)
            object.__setattr__(self, name, value)

    def risk(self, y: Array, f: Array) -> Array:
        """Return the risk (...), without overflow at any margin."""
        return getattr(np, self.reduction)(np.logaddexp(0.0, -y * self.c * f), axis=-1)

    def negative_gradient(self, y: Array, f: Array) -> Array:
        """Return p_i y_i = -d risk / d f_i (..., n), times `lr_multiplier`; with f = 0, c = 1 and "sum" it is y/2."""
        return (
            y
            * expit(-y * self.c * f)
            * self.lr_multiplier
            * (self.c / y.shape[-1] if self.reduction == "mean" else self.c)
        )


def outputs(Z: Array, v: Array) -> Array:
    """Return f (..., n) from pre-activations Z (..., n, h)."""
    return (np.maximum(Z, 0.0) @ v[..., None])[..., 0]


def descent_direction(X: Array, y: Array, W: Array, v: Array, loss: Loss) -> tuple[Array, Array, Array]:
    """Return outputs f (..., n) and minus the gradient of the risk, dW (..., h, d) and dv (..., h)."""
    Z = X @ W.swapaxes(-1, -2)
    f = outputs(Z, v)
    G = ((Z > 0) * loss.negative_gradient(y, f)[..., None]).swapaxes(-1, -2) @ X
    return f, v[..., None] * G, (W * G).sum(axis=-1)


def training_arguments(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, v: ArrayLike, name: str = "v"
) -> tuple[Array, Array, Array, Array, tuple[int, ...]]:
    """Check X, y, W and v; return them and their common leading shape."""
    X, y = validation.dataset(X, y)
    W, v = validation.network(W, v, X.shape[-1], name)
    return X, y, W, v, validation.batch(X=(X, 2), y=(y, 1), W=(W, 2), v=(v, 1))


def single_run(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, signs: ArrayLike,
    target_risk: float, reduction: str, centred: bool, t_max: float, rtol: float,
) -> tuple[Array, Array, Array, Array, float]:  # fmt: skip
    """Check X, y, W and signs of one flow; return them and the weight of an example in the risk."""
    X, y, W, signs, leading = training_arguments(X, y, W, validation.signs("signs", signs), "signs")
    if leading:
        raise ValueError(f"leading batch axes are {leading}; wanted one run, X (n, d) and W (h, d)")
    validation.number("target_risk", target_risk, above=0)
    validation.number("t_max", t_max, above=0)
    validation.number("rtol", rtol, at_least=1e-9, at_most=1e-2)
    validation.flag("centred", centred)
    mean = validation.choice("reduction", reduction, ("mean", "sum")) == "mean"
    return X, y, W, signs, 1 / len(y) if mean else 1.0
