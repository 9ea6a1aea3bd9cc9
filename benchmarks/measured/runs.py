"""Networks trained to a target risk from a plain start, from twins, and centred; and everything measured of them."""

from dataclasses import dataclass

import numpy as np

from fls_teach.theory import (
    ClassMixture,
    FlowSteps,
    GaussianMixture,
    XorMixture,
    balanced_init,
    balanced_init_classes,
    class_sum,
    decompose,
    effective_predictor,
    gradient_flow,
    linear_error,
    linear_part,
    second_layer,
    train,
    zeta,
)

from .kernel import correlation_with_kernel_machine

STARTS = "plain", "twins", "centred"
"""twins: the first half of the plain start's neurons, each with a copy of the opposite output sign: the same width."""


@dataclass(frozen=True)
class Preset:
    """Data, network and target (science.md#u-curve); sigma = 1."""

    mixture: GaussianMixture | XorMixture | ClassMixture
    n_samples: int
    n_neurons: int
    target_risk: float
    separable: bool = False

    @property
    def gaussian(self):
        """Two classes at opposite ends of one signal."""
        return isinstance(self.mixture, GaussianMixture)

    @property
    def classes(self):
        """More than two classes, an output for each."""
        return isinstance(self.mixture, ClassMixture)

    def sample(self, rng):
        """Training set X, y."""
        keep = {"separable": True} if self.separable else {}
        return self.mixture.sample(self.n_samples, rng, **keep)

    def plain_start(self, alpha, rng):
        """W (m, h, d) and V (m, h), or (m, K, h) with more than two classes."""
        sizes = self.n_neurons, self.mixture.n_features
        if self.classes:
            return balanced_init_classes(*sizes, self.mixture.n_classes, alpha, rng)
        W, signs = balanced_init(*sizes, alpha, rng)
        return W, second_layer(W, signs)

    def train(self, X, y, W, V, centred):
        """W and V at the target risk."""
        options = {"target_risk": self.target_risk, "centred": centred}
        if self.classes:
            done = train(X, y, W, V, FlowSteps(), loss="cross_entropy", **options)
            final = done.W, done.V
        else:
            done = gradient_flow(X, y, W, np.sign(V), **options)
            final = done.W, done.v
        if not (done.status == "reached").all():
            raise RuntimeError(f"{set(done.reason)}; wanted every run to reach its target")
        return final


PRESETS = {
    "separable": Preset(GaussianMixture(2.5, n_features=20), 10, 50, 0.05, separable=True),
    "hard": Preset(GaussianMixture(2.0, n_features=50), 20, 50, 0.1),
    "xor": Preset(XorMixture(3.0, n_features=20), 40, 60, 0.1),
    "three-classes": Preset(ClassMixture(3, 3.0, n_features=20, means="orthogonal"), 12, 50, 0.1),
}


def measure(name, log2_alpha, n_seeds, n_draws=400):
    """Everything that the tables need, as named arrays over seeds and alphas.

    Returns
    -------
    dict
        (start, quantity) -> ndarray (s, m): "error"; "answered", the wedge by the linear part; "silent", the mass on
        which the trained f is 0; "moved", relative movement of the first layer; with two Gaussians "plus" and "linear",
        E(w^+) and E(w^+ - w^-), and "OA", "OF", "Psi"; with one output "kernel" (s,), the correlation of the outputs at
        the last alpha with those of the tangent-kernel machine. ("data", quantity) -> (s,): "log2_range", zeta > 0
        below it; "plus" and "both", E(x_+) and E(x_+ - x_-).
    """
    preset, found = PRESETS[name], {}

    def put(start, **quantities):
        for quantity, value in quantities.items():
            found.setdefault((start, quantity), []).append(value)

    for rng in np.random.default_rng([41, list(PRESETS).index(name)]).spawn(n_seeds):
        X, y = preset.sample(rng)
        plain = preset.plain_start(2.0 ** np.asarray(log2_alpha), rng)
        test = {"n_draws": n_draws, "rng": int(rng.integers(2**32))}  # the same draws for all networks of a seed
        if preset.gaussian:
            put("data", **_of_data(X, y, 2.0 ** log2_alpha[0], plain[0][0], preset.mixture))
        for start in STARTS:
            W0, V0 = _twins(*plain) if start == "twins" else plain
            W, V = preset.train(X, y, W0, V0, start == "centred")
            put(start, moved=np.linalg.norm(W - W0, axis=(1, 2)) / np.linalg.norm(W0, axis=(1, 2)))
            errors = preset.mixture.network_errors(W, V, **test)
            put(start, silent=errors.silent.value)
            if preset.gaussian:
                put(start, **_linear_parts(X, y, *linear_predictors(W, V, W0, V0, start == "centred"), preset.mixture))
            if start == "centred":  # what is tested is f - f_0
                W, V = np.concatenate([W, W0], axis=-2), np.concatenate([V, -V0], axis=-1)
                errors = preset.mixture.network_errors(W, V, **test)
            put(start, error=errors.half.value, answered=errors.linear.value)
            if not preset.classes:
                put(start, kernel=_likeness(preset, X, y, W0[-1], V0[-1], start, W[-1], V[-1], test["rng"]))
    return {key: np.array(values) for key, values in found.items()}


def _twins(W, V):
    half = W.shape[-2] // 2
    W, V = W[..., :half, :], V[..., :half]
    return np.concatenate([W, W], axis=-2), np.concatenate([V, -V], axis=-1)


def _of_data(X, y, alpha, W, mixture):
    plus, minus = class_sum(X, y), class_sum(X, y, -1)
    return {
        "log2_range": np.log2(alpha / (1 - zeta(alpha, X, y, W))),  # 1 - zeta is proportional to alpha
        "plus": linear_error(plus, mixture.signal, mixture.kappa),
        "both": linear_error(plus - minus, mixture.signal, mixture.kappa),
    }


def linear_predictors(W, v, W0, v0, centred):
    """w^+ and w^+ - w^- (m, d) of a trained network; where f - f_0 was trained, less those of the start.

    So w^+ is the linear function that the tested network is where its neurons with v_j > 0 are active and the others
    off, at the start and now (science.md#causes).
    """
    positive, linear = effective_predictor(W, v), linear_part(W, v)
    if centred:
        positive, linear = positive - effective_predictor(W0, v0), linear - linear_part(W0, v0)
    return positive, linear


def _linear_parts(X, y, positive, linear, mixture):
    parts = decompose(positive, np.broadcast_to(class_sum(X, y), positive.shape), mixture.signal, mixture.kappa)
    return {
        "plus": linear_error(positive, mixture.signal, mixture.kappa),
        "linear": linear_error(linear, mixture.signal, mixture.kappa),
        "OA": parts.over_alignment,
        "OF": parts.over_fitting,
        "Psi": parts.alignment,
    }


def _likeness(preset, X, y, W0, v0, start, W, v, seed):
    points, _ = preset.mixture.sample(1_000, np.random.default_rng([seed, 1]))
    return correlation_with_kernel_machine(X, y, W0, v0, preset.target_risk, start == "plain", W, v, points)
