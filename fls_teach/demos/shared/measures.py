"""What is measured of trained networks: the four errors, silence, movement, and likeness to a kernel machine."""

import numpy as np

from fls_teach.theory import GaussianMixture, XorMixture, linear_error
from fls_teach.theory.geometry import unit

from .kernel import kernel_machine, tangent_kernel
from .settings import Trained

NUMBERS = {"network": "network", "answered": "answered", "positive": "E(w^+)", "linear": "E(w^+ - w^-)"}
"""The four numbers of `errors` and what tables call them (science.md#causes)."""


def errors(setting, trained, s, test_seed, n_draws):
    """Errors of the networks of one seed, by name, each (m,).

    - ``network``: test error; where all outputs are 0 an even share of the answers counts.
    - ``answered``: the same network, with the silent wedge answered by the linear part (science.md#errors).
    - ``positive``: of the linear classifier w^+; for K outputs argmax_k of the sums of V_kj w_j over V_kj > 0.
    - ``linear``: of the linear part w^+ - w^-; for K outputs argmax_k (V W x)_k.
    - ``silent``: mass on which all outputs are 0.

    XOR has neither ``positive`` nor ``linear``: linear classifiers err on exactly half of it (science.md#mixtures).
    After centred training all are of f - f(0), and the predictors less those of the start. Only ``silent`` is of f:
    where f is silent, f - f(0) says the opposite of the start, which is a coin. So ``answered`` is as good as
    ``network`` there, and left out.
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
        # Neurons keep their sign while f trains; those of -f(0) count where they are subtracted from.
        upward = np.concatenate([trained.V[s], trained.V0[s]], axis=-1)[..., : V.shape[-1]] > 0
        for name, predictor in (("positive", (V * upward) @ W), ("linear", V @ W)):
            found[name] = linear_classifier_error(setting.mixture, predictor, n_draws, test_seed)
    return found


def _errors(mixture, W, V, n_draws, seed):
    return mixture.network_errors(W, V[:, 0] if V.shape[1] == 1 else V, n_draws=n_draws, rng=seed)


def linear_classifier_error(mixture, M, n_draws=2, seed=0):
    """Error (m,) of the answer argmax_k (M x)_k, or sign (M x) for one output, from M (m, K, d)."""
    if isinstance(mixture, GaussianMixture):
        return linear_error(M[:, 0], mixture.signal, mixture.kappa)
    # M x = relu(M x) - relu(-M x): a network with two neurons for each output.
    eye = np.broadcast_to(np.eye(M.shape[1]), (len(M), M.shape[1], M.shape[1]))
    return _errors(
        mixture, np.concatenate([M, -M], axis=1), np.concatenate([eye, -eye], axis=2), n_draws, seed
    ).half.value


def movement(W, W0):
    """How far neurons turned: root mean square (...) of |u_j - u_j(0)|, u_j = w_j/|w_j|, weighted by the final |w_j|^2.

    0 if directions stay, sqrt(2) if all turn by right angles. Growth alone is no movement: the tangent features of a
    neuron depend on its direction. Neurons that stay small do not count, as the network does not use them.

    Examples
    --------
    >>> float(movement(np.array([[0.0, 7.0], [1e-9, 0.0]]), np.eye(2)))  # the large one has turned by a right angle
    1.4142135623730951
    """
    weight = (W**2).sum(axis=-1)
    turned = ((unit(np.where(weight[..., None] > 0, W, W0)) - unit(W0)) ** 2).sum(axis=-1)
    return np.sqrt((weight * turned).sum(axis=-1) / weight.sum(axis=-1))


def outputs(X, W, V):
    """Outputs (..., p, K) at the inputs X (..., p, d)."""
    return np.maximum(X @ W.swapaxes(-1, -2), 0) @ V.swapaxes(-1, -2)


def kernel_correlation(setting, cases, trained, alpha):
    """Correlation (s, m), over test points, of the outputs with those of the network's own tangent-kernel machine.

    For the seeds of `cases`, which may be fewer than were trained.

    The machine has the features of the start, and is trained from the same outputs, by the same loss, to the same
    target. Of K outputs only differences count. Both are outputs less f(0) where that was trained.
    """
    trained = Trained(*(each[: len(cases)] for each in trained[:-1]), trained.centred)
    X, y, points = (np.array([getattr(case, key) for case in cases]) for key in ("X", "y", "points"))
    # The alphas of a seed share one kernel, which grows like alpha^2: a matter of time alone. They differ by f(0).
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
    """Pearson's correlation (...) of outputs (..., p, K) over points; of several outputs their differences count."""
    a, b = (x - x.mean(axis=-1, keepdims=True) if x.shape[-1] > 1 else x for x in (a, b))
    a, b = (x - x.mean(axis=-2, keepdims=True) for x in (a, b))
    return (a * b).sum((-1, -2)) / np.sqrt((a**2).sum((-1, -2)) * (b**2).sum((-1, -2)))
