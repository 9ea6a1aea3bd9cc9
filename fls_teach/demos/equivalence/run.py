"""Train every net twice: with the output multiplier c, and from alpha times the initial weights."""

from dataclasses import dataclass

import numpy as np

from fls_teach.demos.framework.params import at_most, in_range
from fls_teach.demos.framework.result import Result
from fls_teach.theory import (
    GaussianMixture,
    balanced_init,
    descend,
    equivalent_alpha,
    equivalent_lr,
    equivalent_weight_decay,
    gradient_descent,
    second_layer,
)


@dataclass(frozen=True)
class Params:
    """Nets, training and multipliers. The risk is the mean logistic loss, in nats."""

    n_samples: int = 20
    """Examples, half of each class."""
    n_features: int = 10
    """Input dimension d."""
    kappa: float = 2.0
    """Distance of a class centre from the origin, in noise standard deviations."""
    n_neurons: int = 16
    """Width h of the two-layer net, and of both hidden layers of the three-layer net."""
    n_steps: int = 2000
    """Full-batch steps of every run."""
    lr: float = 0.1
    """Learning rate of the alpha-run with SGD and two layers; the c-run gets the translated one."""
    lr_momentum: float = 0.02
    """The same with momentum 0.9, which increases the step up to tenfold."""
    lr_adam: float = 0.003
    """The same with Adam."""
    lr_deep: float = 0.05
    """The same with SGD and three layers."""
    weight_decay: float = 1e-3
    """Weight decay of the alpha-run in the comparison "decay"."""
    powers: tuple = (-1, 1, 3, 5)
    """Exponents k, not 0, of the multipliers c = 4^-k, whose alpha = 2^-k is exact in floating point."""
    others: tuple = (3.0, 0.1)
    """Multipliers whose square root is not a power of two; the last one is plotted."""
    deep: tuple = (3.0, 0.05)
    """Multipliers for the three-layer net; the last one is plotted."""

    def __post_init__(self):
        in_range(self, n_samples=(2, 10_000), n_features=(1, 5000), n_neurons=(1, 5000), n_steps=(1, 100_000))
        in_range(self, kappa=(0, 100), weight_decay=(0, 1), powers=(-20, 20), others=(1e-9, 1e9), deep=(1e-9, 1e9))
        in_range(self, **dict.fromkeys(("lr", "lr_momentum", "lr_adam", "lr_deep"), (1e-6, 1)))
        for name in ("powers", "others", "deep"):
            values = getattr(self, name)
            if len(set(values)) < len(values):
                raise ValueError(f"{name} is {values}; wanted each number once")
        if 0 in self.powers or any(k != int(k) for k in self.powers):
            raise ValueError(f"powers is {self.powers}; wanted whole numbers other than 0")
        at_most(2e7, n_neurons=self.n_neurons, inputs=max(self.n_features, self.n_neurons, self.n_samples))
        multipliers = len(self.powers) + len(self.others) + len(self.deep)
        at_most(1e7, n_steps=self.n_steps, multipliers=multipliers)


PRESETS = {
    "quick": Params(),
    "full": Params(n_samples=40, n_features=20, n_neurons=50, n_steps=8000, powers=(-2, -1, 1, 2, 3, 4, 5, 6, 7, 8)),
}

LAYERS = {"sgd": 2, "momentum": 2, "decay": 2, "adam": 2, "deep": 3}
"""Comparison -> number of layers; all but "adam" and "momentum" train with plain SGD."""


def run(params, seed, progress=None):
    """Train every net twice, once with the output multiplier c and once from alpha times the initial weights.

    Returns
    -------
    Result
        For each comparison K of `LAYERS` with m multipliers and T = n_steps: ``K_c`` (m,); ``K_multiplied`` and
        ``K_scaled`` (m, T + 1), the risks of the c-run and the alpha-run; ``K_weights_differ`` (m,), the number of the
        ``K_n_weights`` weights that are not bitwise equal after the last step and scaling by alpha; ``K_weight_error``
        (m,), their largest difference divided by the largest weight. ``K_wrong`` (m, T + 1) for sgd, adam and deep: the
        risks of the c-run with a wrong learning rate.
    """
    rng = np.random.default_rng(seed)
    X, y = GaussianMixture(params.kappa, n_features=params.n_features).sample(params.n_samples, rng)
    W, signs = balanced_init(params.n_neurons, params.n_features, 1.0, rng)
    starts = {2: [W, second_layer(W, signs)], 3: _three_layers(params, rng)}
    exact = tuple(4.0**-k for k in params.powers)
    multipliers = dict.fromkeys(LAYERS, (exact[-1], params.others[-1]))
    multipliers |= {"sgd": exact + tuple(params.others), "deep": tuple(params.deep)}

    arrays, done, total = {}, 0, sum(map(len, multipliers.values()))
    for kind, cs in multipliers.items():
        pairs = []
        for c in cs:
            if progress:
                progress(done / total, f"{kind}, c = {c:.3g}")
            pairs.append(_pair(kind, X, y, starts[LAYERS[kind]], c, params))
            done += 1
        arrays[f"{kind}_c"] = np.array(cs)
        arrays |= {f"{kind}_{key}": np.array([pair[key] for pair in pairs]) for key in pairs[0]}
    return Result("equivalence", params, seed, arrays)


def _pair(kind, X, y, start, c, params):
    """Train the c-run, the alpha-run and, if defined, the c-run with a plausible but wrong learning rate."""
    layers, optimizer = LAYERS[kind], kind if kind in ("adam", "momentum") else "sgd"
    lr = {"momentum": params.lr_momentum, "adam": params.lr_adam, "deep": params.lr_deep}.get(kind, params.lr)
    decay = params.weight_decay if kind == "decay" else 0.0
    alpha = equivalent_alpha(c, layers)

    def train(theta, c, lr, decay):
        if layers == 2:
            options = {"output_multiplier": c, "optimizer": optimizer, "weight_decay": decay}
            done = gradient_descent(X, y, *theta, lr, params.n_steps, **options)
            return [done.W, done.v], done.risks
        return descend(lambda theta: three_layer_gradient(X, y, theta, c), theta, lr, params.n_steps)

    right_lr = equivalent_lr(lr, c, layers, optimizer)
    multiplied, multiplied_risks = train(start, c, right_lr, equivalent_weight_decay(decay, c, layers))
    scaled, scaled_risks = train([alpha * weight for weight in start], 1.0, lr, decay)
    a, b = (np.concatenate([w.ravel() for w in weights]) for weights in ([alpha * w for w in multiplied], scaled))
    pair = {
        "multiplied": multiplied_risks,
        "scaled": scaled_risks,
        "weights_differ": (a != b).sum(),
        "n_weights": a.size,
        "weight_error": np.abs(a - b).max() / np.abs(b).max(),
    }
    if kind in WRONG_LR:
        with np.errstate(over="ignore", invalid="ignore"):  # a wrong rate may be so large that the run overflows
            pair["wrong"] = train(start, c, WRONG_LR[kind](lr, c), 0.0)[1]
    return pair


WRONG_LR = {"sgd": lambda lr, c: lr, "adam": lambda lr, c: lr / c, "deep": lambda lr, c: lr / c}
"""For two layers: the untranslated rate. For Adam and for three layers: the translation for two layers and SGD."""


def _three_layers(params, rng):
    shapes = (params.n_neurons, params.n_features), (params.n_neurons, params.n_neurons), (params.n_neurons,)
    return [rng.standard_normal(shape) * np.sqrt(2 / shape[-1]) for shape in shapes]


def three_layer_gradient(X, y, theta, c):
    """Return the mean logistic risk of c f, f(x) = <a, relu(V relu(W x))>, and its explicitly coded gradient.

    Parameters
    ----------
    X : ndarray (n, d)
    y : ndarray (n,)
        Labels -1 and +1.
    theta : list of ndarray
        W (h1, d), V (h2, h1), a (h2,). Without biases f is 3-homogeneous.
    c : float

    Returns
    -------
    risk : float
        In nats.
    gradient : list of ndarray
        Same shapes as `theta`.
    """
    W, V, a = theta
    first = np.maximum(X @ W.T, 0)  # (n, h1)
    second = np.maximum(first @ V.T, 0)  # (n, h2)
    margins = c * y * (second @ a)
    loss_gradient = -c * y / (1 + np.exp(margins)) / len(y)  # d risk / d f
    to_second = loss_gradient[:, None] * a * (second > 0)
    to_first = to_second @ V * (first > 0)
    return np.logaddexp(0, -margins).mean(), [to_first.T @ X, to_second.T @ first, loss_gradient @ second]
