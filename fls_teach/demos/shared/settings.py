"""The sets of data on which causes are studied, and how networks are started and trained on them."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fls_teach.theory import (
    ClassMixture,
    FlowSteps,
    GaussianMixture,
    XorMixture,
    balanced_init,
    balanced_init_classes,
    gradient_flow,
    second_layer,
    train,
)

STARTS = ("plain", "twins", "centred")
"""plain: as drawn. twins: the first half of the plain start's neurons, each with a copy of opposite output sign, which
gives f(0) = 0 at the same width. centred: the plain start, with f - f(0) trained and tested instead of f."""


STEPS = FlowSteps(change=0.2, curvature=1.6)
"""For K outputs. Steps half as long take twice the time and change no mean error by as much as 0.0002."""


class Case(NamedTuple):
    """The random draws of one seed."""

    X: np.ndarray
    """Inputs (n, d)."""
    y: np.ndarray
    """Labels (n,): -1 and +1, or classes 0 to K - 1."""
    W: np.ndarray
    """First layers of the plain start (m, h, d), one for each alpha."""
    V: np.ndarray
    """Second layers (m, K, h); K = 1 for two classes."""
    points: np.ndarray
    """Test points (p, d) for comparing outputs."""
    test_seed: int
    """Seed of the test noise, which is the same for all networks of this seed."""


class Trained(NamedTuple):
    """Networks (s, m) of all seeds and alphas, before and after training; K outputs, one for two classes."""

    W0: np.ndarray
    """First layers at the start (s, m, h, d)."""
    V0: np.ndarray
    """Second layers at the start (s, m, K, h)."""
    W: np.ndarray
    V: np.ndarray
    status: np.ndarray
    """As for `gradient_flow`."""
    centred: bool
    """Whether f - f(0) was trained."""


@dataclass(frozen=True)
class Setting:
    """Data, a network and a target (science.md#u-curve)."""

    title: str
    mixture: GaussianMixture | XorMixture | ClassMixture
    n_samples: int
    n_neurons: int
    """Width h, even."""
    target_risk: float
    """Mean training risk at which a run stops, in nats."""
    separable: bool = False
    """Whether to redraw data until they are orthogonally separable, as Theorem 5.6 assumes."""

    n_lines: int = 1
    """Lines through the class centres along which the error is exact, each with its own share of the test noise."""

    @property
    def description(self):
        """Return the setting in plain JSON values."""
        own = {key: getattr(self, key) for key in ("title", "n_samples", "n_neurons", "target_risk", "separable")}
        return own | {"kappa": self.mixture.kappa, "n_features": self.mixture.n_features}

    def draw(self, alpha, rng, n_points=0):
        """Draw a `Case`: everything random of one seed, at every `alpha` (m,)."""
        redraw = {"separable": True} if self.separable else {}
        X, y = self.mixture.sample(self.n_samples, rng, **redraw)
        sizes = self.n_neurons, self.mixture.n_features
        if isinstance(self.mixture, ClassMixture):
            W, V = balanced_init_classes(*sizes, self.mixture.n_classes, alpha, rng)
        else:
            W, signs = balanced_init(*sizes, alpha, rng)
            V = second_layer(W, signs)[:, None]
        points = self.mixture.sample(n_points, rng)[0] if n_points else np.empty((0, sizes[1]))
        return Case(X, y, W, V, points, int(rng.integers(2**32)))

    def starts(self, cases, start):
        """Return the initial state of all runs of `cases` from one of `STARTS`, seeds outer and alphas inner, B = s m.

        Returns
        -------
        X, y, W, V : ndarray (B, n, d), (B, n), (B, h, d), (B, K, h)
        """
        n_alphas = len(cases[0].W)
        X, y = (np.repeat([getattr(case, key) for case in cases], n_alphas, axis=0) for key in "Xy")
        W, V = (np.concatenate([getattr(case, key) for case in cases]) for key in "WV")
        if start == "twins":
            W, V = W[:, : self.n_neurons // 2], V[..., : self.n_neurons // 2]
            W, V = np.concatenate([W, W], axis=-2), np.concatenate([V, -V], axis=-1)
        return X, y, W, V

    def train(self, cases, start, rtol):
        """Train from one of `STARTS` on every seed's data at every alpha, to the target risk.

        Returns
        -------
        Trained
        """
        X, y, W0, V0 = self.starts(cases, start)
        shape, centred = (len(cases), -1), start == "centred"
        options = {"target_risk": self.target_risk, "centred": centred}
        if isinstance(self.mixture, ClassMixture):
            runs = train(X, y, W0, V0, STEPS, loss="cross_entropy", **options)
            W, V = runs.W, runs.V
        else:
            runs = gradient_flow(X, y, W0, np.sign(V0[:, 0]), rtol=rtol, **options)
            W, V = runs.W, runs.v[:, None]
        layers = (layer.reshape(*shape, *layer.shape[1:]) for layer in (W0, V0, W, V))
        return Trained(*layers, runs.status.reshape(shape), centred)


SETTINGS = {
    "separable": Setting("two Gaussians, separable", GaussianMixture(2.5, n_features=20), 10, 50, 0.05, separable=True),
    "hard": Setting("two Gaussians, hard", GaussianMixture(2.0, n_features=50), 20, 50, 0.1),
    "xor": Setting("XOR", XorMixture(3.0, n_features=20), 40, 60, 0.1, n_lines=2),
    "three_classes": Setting(
        "three classes", ClassMixture(3, 3.0, n_features=20, means="orthogonal"), 12, 50, 0.1, n_lines=3
    ),
}
