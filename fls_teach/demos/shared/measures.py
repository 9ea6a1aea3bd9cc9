"""Measurements of trained networks: the four errors, silence, movement, and correlation with a kernel machine."""

import numpy as np

from fls_teach.theory import GaussianMixture, XorMixture, linear_error
from fls_teach.theory.geometry import unit

from .kernel import kernel_machine, tangent_kernel
from .settings import Trained

NUMBERS = {"network": "network", "answered": "answered", "positive": "E(w^+)", "linear": "E(w^+ - w^-)"}
"""The four numbers of `errors`, and their names in tables (science.md#causes)."""


def errors(setting, trained, s, test_seed, n_draws):
    """Return the errors of the networks of one seed, by name, each (m,).

    - ``network``: test error; where all outputs are 0, the answer counts as a random guess.
    - ``answered``: test error if the silent wedge is answered by the linear part (science.md#errors).
    - ``positive``: error of the linear classifier w^+; for K outputs argmax_k of the sums of V_kj w_j over V_kj > 0.
    - ``linear``: error of the linear part w^+ - w^-; for K outputs argmax_k (V W x)_k.
    - ``silent``: probability that all outputs are 0.

    XOR has neither ``positive`` nor ``linear``: the error of linear classifiers is exactly 1/2 (science.md#mixtures).
    After centred training all quantities are those of f - f(0), and the initial predictors are subtracted. Only
    ``silent`` is that of f: where f is silent, f - f(0) is minus the initial output, which is a random guess. So
    ``answered`` is no better than ``network`` there, and is left out.
    """
    W, V = trained.W[s], trained.V[s]
    found = {}
    if trained.centred:
        found["silent"] = _errors(setting.mixture, W, V, n_draws, test_seed).silent.value
        W = np.concatenate([W, trained.W0[s]], axis=-2)
        V = np.concatenate([V, -trained.V0[s]], axis=-1)
        found["network"] = _errors(setting.mixture, W, V, n_draws, test_seed).half.value
    else:
        measured = _errors(setting.mixture, W, V, n_draws, test_seed)
        names = {"network": "half", "answered": "linear", "silent": "silent"}
        found |= {name: getattr(measured, field).value for name, field in names.items()}
    if not isinstance(setting.mixture, XorMixture):
        # Neurons keep their sign in training; those of -f(0) count with the sign that they have in f(0).
        upward = np.concatenate([trained.V[s], trained.V0[s]], axis=-1)[..., : V.shape[-1]] > 0
        for name, predictor in (("positive", (V * upward) @ W), ("linear", V @ W)):
            found[name] = linear_classifier_error(setting.mixture, predictor, n_draws, test_seed)
    return found


def _errors(mixture, W, V, n_draws, seed):
    return mixture.network_errors(W, V[:, 0] if V.shape[1] == 1 else V, n_draws=n_draws, rng=seed)


def linear_classifier_error(mixture, M, n_draws=2, seed=0):
    """Return the error (m,) of the classifier argmax_k (M x)_k, or sign (M x) for one output, for M (m, K, d)."""
    if isinstance(mixture, GaussianMixture):
        return linear_error(M[:, 0], mixture.signal, mixture.kappa)
    # M x = relu(M x) - relu(-M x): a network with two neurons for each output.
    eye = np.broadcast_to(np.eye(M.shape[1]), (len(M), M.shape[1], M.shape[1]))
    return _errors(
        mixture, np.concatenate([M, -M], axis=1), np.concatenate([eye, -eye], axis=2), n_draws, seed
    ).half.value


def movement(W, W0):
    """Return how far neurons turned: RMS (...) of |u_j - u_j(0)|, u_j = w_j/|w_j|, weighted by the final |w_j|^2.

    It is 0 if directions are kept, and sqrt(2) if all turn by right angles. Growth alone is not movement, because the
    tangent features of a neuron depend only on its direction. Neurons that stay small have little weight, as they
    contribute little to the network.

    Examples
    --------
    >>> float(movement(np.array([[0.0, 7.0], [1e-9, 0.0]]), np.eye(2)))  # the large one has turned by a right angle
    1.4142135623730951
    """
    weight = (W**2).sum(axis=-1)
    turned = ((unit(np.where(weight[..., None] > 0, W, W0)) - unit(W0)) ** 2).sum(axis=-1)
    return np.sqrt((weight * turned).sum(axis=-1) / weight.sum(axis=-1))


def outputs(X, W, V):
    """Return outputs (..., p, K) at the inputs X (..., p, d)."""
    return np.maximum(X @ W.swapaxes(-1, -2), 0) @ V.swapaxes(-1, -2)


def kernel_correlation(setting, cases, trained, alpha):
    """Return the correlation (s, m), over test points, of outputs of networks and of their tangent-kernel machines.

    The seeds are those of `cases`, which may be fewer than were trained.

    The machine has the initial features, and is trained from the same outputs with the same loss to the same target.
    For K outputs only differences between outputs count. If f - f(0) was trained, f(0) is subtracted from both outputs.
    """
    trained = Trained(*(each[: len(cases)] for each in trained[:-1]), trained.centred)
    X, y, points = (np.array([getattr(case, key) for case in cases]) for key in ("X", "y", "points"))
    # The alphas of a seed share one kernel up to a factor alpha^2, which only rescales time. They differ by f(0).
    W1, V1 = trained.W0[:, 0] / alpha[0], trained.V0[:, 0] / alpha[0]
    train, test = tangent_kernel(X, X, W1, V1), tangent_kernel(points, X, W1, V1)
    silent_start = trained.centred or not outputs(X, W1, V1).any()
    scales = np.zeros(1) if silent_start else alpha**2
    at_X, at_points = (scales[:, None, None] * outputs(A, W1, V1)[:, None] for A in (X, points))
    each = [np.repeat(array, len(scales), axis=0) for array in (train, y)]
    g = kernel_machine(each[0], at_X.reshape(-1, *at_X.shape[2:]), each[1], setting.target_risk).reshape(at_X.shape)
    machine = at_points + np.einsum("spknl,smnl->smpk", test, g)
    f = outputs(points[:, None], trained.W, trained.V)
    if trained.centred:
        f = f - outputs(points[:, None], trained.W0, trained.V0)
    return correlation(f, machine)


def correlation(a, b):
    """Return Pearson's correlation (...) of outputs (..., p, K) over points, with K > 1 of their differences."""
    a, b = (x - x.mean(axis=-1, keepdims=True) if x.shape[-1] > 1 else x for x in (a, b))
    a, b = (x - x.mean(axis=-2, keepdims=True) for x in (a, b))
    return (a * b).sum((-1, -2)) / np.sqrt((a**2).sum((-1, -2)) * (b**2).sum((-1, -2)))
