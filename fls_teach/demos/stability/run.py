"""Follow every data set at every alpha from one target risk to the next."""

import itertools
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from fls_teach.demos.framework.curves import stack_padded
from fls_teach.demos.framework.params import at_most, in_range, increasing, one_of
from fls_teach.demos.framework.result import Result
from fls_teach.theory import (
    GaussianMixture,
    balanced_init,
    class_sum,
    effective_predictor,
    gradient_flow,
    phase_one_exit,
    predictor_alignment,
    second_layer,
)

RATE_FROM = 0.03
"""The largest target risk that the claim about the rate of the drift uses."""
SEEDS_AT_ONCE = 8
"""Data sets in a batch: enough for numpy to be efficient, few enough for recorded paths to fit a laptop's memory."""


@dataclass(frozen=True)
class Params:
    """Data and sizes. The risk is a mean over the examples; time is in the unit of its flow."""

    n_samples: int = 20
    """Training examples n >= 4, half of each class; redrawn until orthogonally separable. With one positive example the
    class sum would be the max-margin direction."""
    n_features: int = 20
    """Input dimension d."""
    n_neurons: int = 40
    """Hidden neurons h, half of them with a positive second layer."""
    kappa: float = 4.0
    """Distance of a class centre from the origin; the noise has standard deviation 1 in every direction."""
    log2_alpha: tuple = (-24, -20, -16, -12, -8, -4)
    """log2 of the initialisation scales, increasing."""
    log2_small_alpha: int = -8
    """The claims are about alpha <= 2^log2_small_alpha, where Phase 1 ends aligned; larger alphas are only plotted."""
    target_risks: tuple = (0.3, 0.1, 0.03, 0.01, 1e-3, 1e-4, 1e-5, 1e-6)
    """Training risks eta at which to stop, in nats, decreasing."""
    usual_risk: float = 0.01
    """The eta at which "Psi stays" is judged; one of `target_risks`."""
    n_seeds: int = 12
    """Independent data sets, each with its own W0, which all alphas share."""

    def __post_init__(self):
        in_range(self, n_samples=(4, 1000), n_features=(2, 1000), n_neurons=(2, 2000), kappa=(0.1, 100))
        in_range(self, log2_alpha=(-100, 0), log2_small_alpha=(-100, 0), target_risks=(1e-8, 0.69), n_seeds=(2, 2000))
        increasing(self, log2_alpha=2)
        if sum(k <= self.log2_small_alpha for k in self.log2_alpha) < 2:
            raise ValueError(f"log2_small_alpha is {self.log2_small_alpha}; wanted two of log2_alpha at or below it")
        if any(after >= before for before, after in itertools.pairwise(self.target_risks)):
            raise ValueError(f"target_risks is {self.target_risks}; wanted falling numbers, each once")
        one_of(self, usual_risk=self.target_risks)
        if sum(risk <= RATE_FROM for risk in self.target_risks) < 3:
            raise ValueError(f"target_risks is {self.target_risks}; wanted three or more of at most {RATE_FROM}")
        at_most(1e5, n_neurons=self.n_neurons, n_features=self.n_features, alphas=len(self.log2_alpha))


PRESETS = {"quick": Params(), "full": Params(n_seeds=64, log2_alpha=tuple(range(-24, -3, 2)))}


def run(params, seed, progress=None):
    """Follow every data set at every alpha from one target risk to the next.

    Parameters
    ----------
    params : Params
    seed : int
    progress : callable, optional

    Returns
    -------
    Result
        ``log2_alpha`` (A,). Arrays over S data sets, A alphas, E target risks: unit predictors ``exit_predictor`` (S,
        A, d) at the exit and ``stop_predictor`` (S, A, E, d), and times ``exit`` (S, A) and ``stop`` (S, A, E), all NaN
        if not reached; ``margin_direction`` (S, d) and ``multipliers`` (S, n_+) of the max-margin problem. For the
        first data set ``shown_times, shown_psi`` (A, T), padded with NaN.
    """
    log2_alpha = np.array(params.log2_alpha, dtype=float)
    alphas = 2.0**log2_alpha
    mixture = GaussianMixture(params.kappa, n_features=params.n_features)
    streams = np.random.default_rng(seed).spawn(params.n_seeds)
    blocks, inputs = [], []
    for first in range(0, params.n_seeds, SEEDS_AT_ONCE):
        if progress:
            progress(first / params.n_seeds, f"data set {first + 1} of {params.n_seeds} and on")
        X, W = [], []
        for rng in streams[first : first + SEEDS_AT_ONCE]:
            sample, y = mixture.sample(params.n_samples, rng, separable=True)
            start, signs = balanced_init(params.n_neurons, params.n_features, alphas, rng)
            X.append(sample)
            W.append(start)
        inputs += X
        block, paths = _follow(np.repeat(X, len(alphas), axis=0), y, np.concatenate(W), signs, params)
        blocks.append(block)
        if first == 0:
            shown = _shown(X[0], y, signs, paths[: len(alphas)])
    arrays = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    arrays = {name: value.reshape(params.n_seeds, len(alphas), *value.shape[1:]) for name, value in arrays.items()}
    arrays |= {"log2_alpha": log2_alpha, "X": np.array(inputs), "y": y}
    margins = [max_margin(X[y > 0]) for X in inputs]
    for k, name in enumerate(("margin_direction", "multipliers")):
        arrays[name] = np.array([margin[k] for margin in margins])
    return Result("stability", params, seed, arrays | shown)


def max_margin(X):
    """Return the hard-margin direction of one class: the shortest w with <w, x_i> >= 1 for every row of X.

    Parameters
    ----------
    X : ndarray (n, d)

    Returns
    -------
    w : ndarray (d,)
    multipliers : ndarray (n,)
        Multipliers of the constraints, >= 0, with w = sum_i multipliers_i x_i.

    Raises
    ------
    ValueError
        If no such w exists.

    Notes
    -----
    Least-distance programming (Lawson & Hanson 1974, chapter 23): w = -r_{1..d} / r_{d+1} with the residual r of the
    non-negative least squares problem [X^T; 1^T] u ~ e_{d+1}. An active-set method, hence exact up to rounding.

    Examples
    --------
    >>> w, multipliers = max_margin(np.array([[1.0, 1.0], [1.0, -1.0], [5.0, 0.0]]))
    >>> bool(np.allclose(w, [1, 0])), bool(np.allclose(multipliers, [0.5, 0.5, 0]))
    (True, True)
    """
    n, d = X.shape
    unit = np.eye(1, d + 1, d)[0]
    u, distance = nnls(np.vstack([X.T, np.ones(n)]), unit)
    if distance < 1e-10:
        raise ValueError("X has no direction with which every row has a positive product; wanted a separable class")
    residual = u @ np.column_stack([X, np.ones(n)]) - unit
    return -residual[:d] / residual[d], -u / residual[d]


def _follow(X, y, W, signs, params):
    """Return predictors at the exit and at every stop, as named arrays over runs, and the recorded path of each run.

    W is the whole state of the flow, so training to the next target continues from the last stop.
    """
    predictors, stops, paths = [], [], [[] for _ in W]
    began, reached = np.zeros(len(W)), np.ones(len(W), dtype=bool)
    for target in params.target_risks:
        flow = gradient_flow(X, y, W, signs, target_risk=target, record=True)
        for path, piece, start, going in zip(paths, flow.trajectory, began, reached, strict=True):
            skip = 1 if path else 0  # the first point of a piece repeats the last of the previous one
            if going:  # a run that missed a target reaches no later one, and its time may be 1e70
                path.append((start + piece.times[skip:], piece.W[skip:]))
        W, began, reached = flow.W, began + flow.time, reached & (flow.status == "reached")
        predictors.append(np.where(reached[:, None], _direction(W, signs), np.nan))
        stops.append(np.where(reached, began, np.nan))
    paths = [tuple(np.concatenate(column) for column in zip(*path, strict=True)) for path in paths]
    alphas = np.resize(2.0 ** np.array(params.log2_alpha, dtype=float), len(paths))
    exits = [_exit(times, W, signs, alpha) for (times, W), alpha in zip(paths, alphas, strict=True)]
    return {
        "exit": np.array([end for end, _ in exits]),
        "exit_predictor": np.array([predictor for _, predictor in exits]),
        "stop": np.stack(stops, axis=-1),
        "stop_predictor": np.stack(predictors, axis=1),
    }, paths


def _exit(times, W, signs, alpha):
    """Return time and unit predictor at the end of Phase 1; NaN if the record ends in Phase 1."""
    end = phase_one_exit(times, np.linalg.norm(W, axis=-1), alpha)
    if np.isnan(end):
        return end, np.full(W.shape[-1], np.nan)
    k = max(1, np.searchsorted(times, end))
    before, after = _direction(W[k - 1 : k + 1], signs)
    between = before + (after - before) * (end - times[k - 1]) / (times[k] - times[k - 1])
    return end, between / np.linalg.norm(between)


def _direction(W, signs):
    predictor = effective_predictor(W, second_layer(W, signs))
    return predictor / np.linalg.norm(predictor, axis=-1, keepdims=True)


def _shown(X, y, signs, paths):
    """Return Psi over time for every alpha."""
    x_plus = class_sum(X, y)
    psi = [predictor_alignment(W, second_layer(W, signs), x_plus) for _, W in paths]
    return {"shown_times": stack_padded([times for times, _ in paths]), "shown_psi": stack_padded(psi)}
