"""Equivalence: an output multiplier c is an initialisation scale alpha in disguise, step by step and bit for bit."""

from dataclasses import dataclass

import numpy as np

from fls_teach import plotting
from fls_teach.demos.framework.claim import Claim
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
    """What is trained, how, and for which multipliers. Risk is the mean logistic loss, in nats."""

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
    """The same with momentum 0.9, which multiplies the step by up to 10."""
    lr_adam: float = 0.003
    """The same with Adam."""
    lr_deep: float = 0.05
    """The same with SGD and three layers."""
    weight_decay: float = 1e-3
    """Of the alpha-run, in the comparison with weight decay."""
    powers: tuple = (-1, 1, 3, 5)
    """k, not 0, for the multipliers c = 4^-k whose alpha = 2^-k is exact in floating point."""
    others: tuple = (3.0, 0.1)
    """Multipliers whose square root is not a power of two; the last one is drawn."""
    deep: tuple = (3.0, 0.05)
    """Multipliers for the three-layer net; the last one is drawn."""


PRESETS = {
    "quick": Params(),
    "full": Params(n_samples=40, n_features=20, n_neurons=50, n_steps=8000, powers=(-2, -1, 1, 2, 3, 4, 5, 6, 7, 8)),
}

LAYERS = {"sgd": 2, "momentum": 2, "decay": 2, "adam": 2, "deep": 3}
"""The comparisons, and how many layers their net has; all but "adam" and "momentum" train with plain SGD."""


def run(params, seed, progress=None):
    """Train every net twice, once with output multiplier c and once from alpha times the start.

    Returns
    -------
    Result
        For each comparison K of `LAYERS` with m multipliers and T = n_steps: ``K_c`` (m,); ``K_multiplied`` and
        ``K_scaled`` (m, T + 1), the risks of the c-run and the alpha-run; ``K_weights_differ`` (m,), how many of
        ``K_n_weights`` are not equal bit for bit after the last step once scaled by alpha; ``K_weight_error`` (m,),
        their largest difference over their largest size. ``K_wrong`` (m, T + 1) for sgd, adam and deep: the risks of
        the c-run with a wrong learning rate.
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
    """The c-run, the alpha-run and, where there is one, the c-run with a tempting but wrong learning rate."""
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
        with np.errstate(over="ignore", invalid="ignore"):  # too large a rate may overflow: that is the point
            pair["wrong"] = train(start, c, WRONG_LR[kind](lr, c), 0.0)[1]
    return pair


WRONG_LR = {"sgd": lambda lr, c: lr, "adam": lambda lr, c: lr / c, "deep": lambda lr, c: lr / c}
"""For two layers: forgetting the translation. For Adam and for three layers: translating as for two layers and SGD."""


def _three_layers(params, rng):
    shapes = (params.n_neurons, params.n_features), (params.n_neurons, params.n_neurons), (params.n_neurons,)
    return [rng.standard_normal(shape) * np.sqrt(2 / shape[-1]) for shape in shapes]


def three_layer_gradient(X, y, theta, c):
    """Mean logistic risk of c f, f(x) = <a, relu(V relu(W x))>, and its gradient by hand.

    Parameters
    ----------
    X : ndarray (n, d)
    y : ndarray (n,)
        Labels -1 and +1.
    theta : list of ndarray
        W (h1, d), V (h2, h1), a (h2,); no biases, so f is 3-homogeneous.
    c : float

    Returns
    -------
    risk : float
        In nats.
    gradient : list of ndarray
        Shapes as `theta`.
    """
    W, V, a = theta
    first = np.maximum(X @ W.T, 0)  # (n, h1)
    second = np.maximum(first @ V.T, 0)  # (n, h2)
    margins = c * y * (second @ a)
    pull = -c * y / (1 + np.exp(margins)) / len(y)  # d risk / d f
    to_second = pull[:, None] * a * (second > 0)
    to_first = to_second @ V * (first > 0)
    return np.logaddexp(0, -margins).mean(), [to_first.T @ X, to_second.T @ first, pull @ second]


def claims(result):
    """Right rules agree to the last bit or to rounding, wrong ones do not."""
    a, steps = result.arrays, result.params["n_steps"]
    exact = len(result.params["powers"])
    # Ten roundings of 2^-52 a step, all in the same direction; a wrong rule is off by ten thousand million times that.
    rounding = 10 * steps * 2.0**-52
    small = f"< {rounding:.0e}: 10 roundings a step"
    none = "none: scaling by 2^-k is exact"

    def bitwise(id, statement, source, kind, which):
        losses = a[f"{kind}_multiplied"][which] != a[f"{kind}_scaled"][which]
        weights, n_weights = a[f"{kind}_weights_differ"][which].sum(), a[f"{kind}_n_weights"][which].sum()
        fall = a[f"{kind}_scaled"][which]
        measured = f"{losses.sum()} of {losses.size:,} risks and {weights} of {n_weights:,} weights differ"
        learnt = (fall[:, -1] < fall[:, 0] / 2).all()  # two runs that stand still would agree too
        return Claim(id, statement, source, "0 differ", measured, none, not losses.any() and weights == 0 and learnt)

    def rounded(id, statement, source, kind, which):
        gap, weights = _gap(a, kind)[which].max(), a[f"{kind}_weight_error"][which].max()
        measured = f"risk off by {gap:.1e}, weights by {weights:.1e}"
        return Claim(id, statement, source, "0", measured, small, max(gap, weights) < rounding)

    def wrong(id, statement, source, kind):
        gap = _gap(a, kind, "wrong").max(axis=1).min()
        measured = f"risk off by {gap:.0%} or more" if np.isfinite(gap) else "overflow"
        return Claim(id, statement, source, "> 10%", measured, "10%: far above rounding", gap > 0.1)

    powers = result.params["powers"]
    ks = f"{len(powers)} k from {min(powers)} to {max(powers)}"
    paper, notes = "[P] Prop. B.1", "[D] SCI 6"
    return [
        bitwise("sgd-exact", f"c = 4^-k at lr/c is alpha = 2^-k at lr, bit for bit ({ks})", paper, "sgd", slice(exact)),
        rounded("sgd-other", "any other c agrees to rounding", paper, "sgd", slice(exact, None)),
        wrong("sgd-wrong", "without translating lr, c is not alpha", notes, "sgd"),
        bitwise("momentum-exact", "momentum keeps the rule lr/c", notes, "momentum", slice(1)),
        rounded("momentum-other", "momentum, other c: to rounding", notes, "momentum", slice(1, None)),
        bitwise("decay-exact", "weight decay wd becomes c wd", notes, "decay", slice(1)),
        rounded("decay-other", "weight decay, other c: to rounding", notes, "decay", slice(1, None)),
        bitwise("adam-exact", "Adam needs lr c^(-1/2)", notes, "adam", slice(1)),
        rounded("adam-other", "Adam, other c: to rounding", notes, "adam", slice(1, None)),
        wrong("adam-wrong", "Adam goes wrong with lr/c", notes, "adam"),
        rounded("deep", "three layers need lr c^(-2/3), alpha = c^(1/3)", paper, "deep", slice(None)),
        wrong("deep-wrong", "three layers go wrong with lr/c", notes, "deep"),
    ]


def _gap(arrays, kind, run="multiplied"):
    """|risk of the c-run / risk of the alpha-run - 1| (m, T + 1); a run that overflowed is infinitely far."""
    with np.errstate(invalid="ignore"):
        gap = np.abs(arrays[f"{kind}_{run}"] - arrays[f"{kind}_scaled"]) / arrays[f"{kind}_scaled"]
    return np.where(np.isnan(gap), np.inf, gap)


COLUMNS = {
    "sgd": ("Two layers, SGD", "lr / c", "lr unchanged"),
    "adam": ("Two layers, Adam", "lr $c^{-1/2}$", "lr / c"),
    "deep": ("Three layers, SGD", "lr $c^{-2/3}$", "lr / c"),
}
"""A column of the figure: title, right rule, wrong rule."""


@plotting.styled
def plot(result):
    """Risk of both runs above, their distance at every step below, for three nets."""
    a = result.arrays
    figure, axes = plotting.subplots(2, 3, size=(13.0, 7.2), sharex=True, sharey="row", height_ratios=(1, 1.15))
    exact_floor = 1e-19  # zero has no place on a log axis; it gets a line of its own below the smallest rounding
    for column, (kind, (title, right, wrong)) in enumerate(COLUMNS.items()):
        top, bottom = axes[:, column]
        c = a[f"{kind}_c"][-1]
        steps = np.arange(a[f"{kind}_scaled"].shape[1])
        alpha_symbol = f"c^{{1/{LAYERS[kind]}}}"
        top.loglog(steps + 1, a[f"{kind}_multiplied"][-1], color=plotting.SKY, lw=6, label=f"c = {c:g}, {right}")
        top.loglog(
            steps + 1,
            a[f"{kind}_scaled"][-1],
            color=plotting.INK,
            lw=1.3,
            ls="--",
            label=rf"$\alpha = {alpha_symbol}$, lr",
        )
        top.loglog(steps + 1, _finite(a[f"{kind}_wrong"][-1]), color=plotting.RED, label=f"c = {c:g}, {wrong}")
        top.set_title(title)
        top.legend(loc="lower left")

        for run, colour, label in (("wrong", plotting.RED, wrong), ("multiplied", plotting.BLUE, right)):
            gap = _finite(_gap(a, kind, run)[-1])
            bottom.loglog(steps + 1, np.maximum(gap, exact_floor), ".", ms=2, color=colour, rasterized=True)
            bottom.plot([], [], color=colour, lw=4, label=f"c = {c:g}, {label}")
        if kind != "deep":
            exact = slice(len(result.params["powers"])) if kind == "sgd" else slice(1)
            gap = _gap(a, kind)[exact].max(axis=0)
            powers = result.params["powers"]
            label = "$c = 4^{-k}$, every k" if kind == "sgd" else f"$c = 4^{{{-powers[-1]}}}$"
            bottom.loglog(
                steps + 1, np.maximum(gap, exact_floor), color=plotting.GREEN, lw=4, label=f"{label}, {right}"
            )
        bottom.axhspan(exact_floor / 4, exact_floor * 4, color="#EEF6F2", zorder=0)
        bottom.set_xlabel("step (from 1)")
        bottom.legend(loc="center left", bbox_to_anchor=(0.0, 0.62))
    axes[0, 0].set_ylabel("training risk (nats)")
    axes[1, 0].set_ylabel("relative distance of the two risks")
    figure.align_ylabels(axes[:, 0])
    axes[1, 0].set_ylim(exact_floor / 4, 1e2)
    axes[1, 0].set_yticks([exact_floor, *(10.0**p for p in range(-16, 3, 4))])
    axes[1, 0].set_yticklabels(["exactly 0", *(f"$10^{{{p}}}$" for p in range(-16, 3, 4))])
    axes[1, 0].minorticks_off()
    return figure


def _finite(values):
    return np.where(np.isfinite(values), values, np.nan)
