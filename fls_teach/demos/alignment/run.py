"""Follow every data set through Phase 1 at every alpha."""

from dataclasses import dataclass

import numpy as np

from fls_teach.demos.framework.curves import stack_padded
from fls_teach.demos.framework.params import at_most, in_range, increasing, one_of
from fls_teach.demos.framework.result import Result
from fls_teach.theory import (
    GaussianMixture,
    angle,
    balanced_init,
    class_sum,
    forward,
    gradient_flow,
    phase_one_exit,
    second_layer,
)

from .movie import film


@dataclass(frozen=True)
class Params:
    """Data and sizes. The risk is a sum over the examples, and time is in the unit of its flow."""

    n_samples: int = 20
    """Training examples n, half of each class; redrawn until orthogonally separable."""
    n_features: int = 20
    """Input dimension d."""
    n_neurons: int = 40
    """Hidden neurons h, half of them with a positive second layer."""
    kappa: float = 4.0
    """Distance of a class centre from the origin; the noise has standard deviation 1 in every direction."""
    log2_alpha: tuple = (-24, -20, -16, -12, -8)
    """log2 of the initialisation scales, increasing."""
    n_seeds: int = 16
    """Independent data sets, each with its own W0, which all alphas share."""
    target_risk: float = 0.05
    """Training risk per example, in nats, at which a run counts as fitted and stops."""
    shown_log2_alpha: int = -16
    """log2 of the alpha that the figure shows over time, on the first data set; one of `log2_alpha`."""
    movie_kappa: float = 1.5
    """Distance of the class centres in the animation, whose mixture is in the plane so that nothing is projected."""
    movie_samples: int = 6
    """Training examples in the animation."""
    movie_neurons: int = 24
    """Hidden neurons in the animation."""
    movie_log2_alpha: int = -10
    """log2 of alpha in the animation."""
    movie_phi: tuple = (22.0, 35.0)
    """Range of the angle in degrees between class sum and signal in the animation, large enough to be visible; data are
    redrawn until it is in this range."""
    movie_frames: int = 72
    """Frames of the animation, denser at first, while the neurons turn."""

    def __post_init__(self):
        in_range(self, n_samples=(2, 1000), n_features=(2, 1000), n_neurons=(2, 2000), kappa=(0.1, 100))
        in_range(self, log2_alpha=(-50, 0), n_seeds=(2, 2000), target_risk=(1e-8, 0.5))
        increasing(self, log2_alpha=2)
        over = 1 - np.log2(self.n_neurons) / 2
        if self.log2_alpha[-1] >= over:
            raise ValueError(
                f"log2_alpha holds {self.log2_alpha[-1]}; wanted less than {over:.2f}, from where on Phase 1 of "
                f"{self.n_neurons} neurons is over at the start"
            )
        at_most(2e5, n_neurons=self.n_neurons, n_features=self.n_features, alphas=len(self.log2_alpha))
        at_most(1e6, n_seeds=self.n_seeds, alphas=len(self.log2_alpha), n_neurons=self.n_neurons)
        one_of(self, shown_log2_alpha=self.log2_alpha)
        in_range(self, movie_kappa=(0.1, 100), movie_samples=(2, 200), movie_neurons=(2, 500))
        in_range(self, movie_log2_alpha=(-50, 0), movie_phi=(0, 180), movie_frames=(2, 500))
        increasing(self, movie_phi=2)
        if len(self.movie_phi) > 2:
            raise ValueError(f"movie_phi has {len(self.movie_phi)} values; wanted 2, the least and the most")


PRESETS = {"quick": Params(), "full": Params(n_seeds=64, log2_alpha=tuple(range(-24, -7, 2)))}


def run(params, seed, progress=None):
    """Follow every data set at every alpha, and one data set in the plane for the animation.

    Parameters
    ----------
    params : Params
    seed : int
    progress : callable, optional

    Returns
    -------
    Result
        ``log2_alpha`` (A,). Arrays over S data sets, A alphas, T recorded times up to the first after the exit (padded
        with NaN) and P positive neurons: ``angles`` (S, A, T, P) to x_+; ``start`` (S, A, P), the times t_1, NaN for a
        neuron that never satisfies the theorem's assumption; ``norm`` max |w_j|, ``output`` max |f(x_i)| and ``risk``
        (S, A, T); ``exit`` (S, A), the exit time, and ``exit_sign`` (S, A), the largest neuron's class at that time;
        ``fitted_norm`` (S, A), the largest |w_j| at the stop. ``shown_...`` is one run over time; for ``movie_...`` see
        `film`.
    """
    log2_alpha = np.array(params.log2_alpha, dtype=float)
    alphas = 2.0**log2_alpha
    mixture = GaussianMixture(params.kappa, n_features=params.n_features)
    rows, inputs, starts = [], [], []
    for k, rng in enumerate(np.random.default_rng(seed).spawn(params.n_seeds)):
        if progress:
            progress(k / (params.n_seeds + 1), f"data set {k + 1} of {params.n_seeds}")
        X, y = mixture.sample(params.n_samples, rng, separable=True)
        W, signs = balanced_init(params.n_neurons, params.n_features, alphas, rng)
        target = params.target_risk * params.n_samples
        flow = gradient_flow(X, y, W, signs, reduction="sum", target_risk=target, record=True)
        rows += [_phase_one(X, y, signs, alpha, path) for alpha, path in zip(alphas, flow.trajectory, strict=True)]
        inputs.append(X)
        starts.append(W[0] / alphas[0])
        if k == 0:
            shown = _shown(X, signs, flow.trajectory[params.log2_alpha.index(params.shown_log2_alpha)])
    if progress:
        progress(params.n_seeds / (params.n_seeds + 1), "data set in the plane")
    arrays = {name: stack_padded([row[name] for row in rows]) for name in rows[0]}
    arrays = {name: value.reshape(params.n_seeds, len(alphas), *value.shape[1:]) for name, value in arrays.items()}
    arrays |= {"log2_alpha": log2_alpha, "X": np.array(inputs), "y": y, "W0": np.array(starts), "signs": signs}
    return Result("alignment", params, seed, arrays | shown | film(params, np.random.default_rng([seed, 1])))


def _phase_one(X, y, signs, alpha, path):
    """Return the arrays of one run that the claims need, by name."""
    end = phase_one_exit(path.times, path.norms, alpha)
    until = slice(np.searchsorted(path.times, end) + 1)
    W = path.W[until]
    positive = W[:, signs > 0]
    active = positive @ X.T > 0
    of_kind = (active == (y > 0)).all(axis=2) & (path.times[until] <= end)[:, None]
    first = path.times[of_kind.argmax(axis=0)]
    return {
        "times": path.times[until],
        "angles": angle(positive, class_sum(X, y)),
        "start": np.where(of_kind.any(axis=0), first, np.nan),
        "norm": path.norms[until].max(axis=1),
        "output": _largest_output(X, W, signs),
        "risk": path.risk[until],
        "exit": end,
        "exit_sign": signs[path.norms[until][-1].argmax()],
        "fitted_norm": path.norms[-1].max(),
    }


def _shown(X, signs, path):
    """Return the arrays of the run that the figure shows over time, up to its stop."""
    return {
        "shown_times": path.times,
        "shown_psi": path.alignments,
        "shown_norm": path.norms.max(axis=1),
        "shown_output": _largest_output(X, path.W, signs),
        "shown_risk": path.risk,
    }


def _largest_output(X, W, signs):
    """Return max_i |f(x_i)| at every recorded time (T,)."""
    return np.abs(forward(X, W, second_layer(W, signs))).max(axis=-1)
