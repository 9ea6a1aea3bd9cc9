"""Train on data sets that are less and less orthogonally separable, and on data with other distributions."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from fls_teach.demos.framework.params import in_range, increasing
from fls_teach.demos.framework.result import Result
from fls_teach.demos.shared.measures import errors, outputs
from fls_teach.demos.shared.settings import SETTINGS, Setting
from fls_teach.theory import GaussianMixture, class_sum, separability
from fls_teach.theory.geometry import angle

MOST_DRAWS = 100_000
"""Maximal number of data sets that are drawn to find one with lambda in its bin."""
STARTS = ("plain", "twins")


class Group(NamedTuple):
    """A setting in coordinates in which its noise is white, and the actual noise."""

    setting: Setting
    root: np.ndarray
    """Symmetric root (d, d) of the noise covariance; inputs are those of the setting multiplied by it."""


def strong_noise(kappa, n_features, scale=3.0, tilted=False):
    """Return a mixture in white coordinates, and the root of a noise with larger variance in three directions.

    Parameters
    ----------
    kappa : float
        Distance of a class centre from the origin in white coordinates, so that the Bayes error is Phi(-kappa).
    n_features : int
        At least 4.
    scale : float
        Standard deviation in these directions; it is 1 in all others.
    tilted : bool
        Whether one of the directions is at 45 degrees to the signal; otherwise all are orthogonal to it.

    Returns
    -------
    mixture : GaussianMixture
    root : ndarray (d, d)

    Examples
    --------
    >>> mixture, root = strong_noise(2.5, 20)
    >>> mixture.signal[:4], np.diag(root)[:5]
    (array([1., 0., 0., 0.]), array([1., 3., 3., 3., 1.]))
    """
    axes = np.eye(n_features)[1:4]
    if tilted:
        axes[0] = (axes[0] + np.eye(n_features)[0]) / np.sqrt(2)
    root = np.eye(n_features) + (scale - 1) * axes.T @ axes
    return GaussianMixture(kappa, signal=np.linalg.solve(root, np.eye(n_features)[0])), root


def _groups():
    drawn = replace(SETTINGS["separable"], title="two Gaussians, any lambda", separable=False)
    kappa, d = drawn.mixture.kappa, drawn.mixture.n_features
    found = {"any": Group(drawn, np.eye(d))}
    for name, tilted in (("strong", False), ("tilted", True)):
        mixture, root = strong_noise(kappa, d, tilted=tilted)
        found[name] = Group(replace(drawn, title=f"{name} noise", mixture=mixture), root)
    overlap = replace(drawn, title="overlapping classes", mixture=GaussianMixture(1.0, n_features=d))
    return found | {"overlap": Group(overlap, np.eye(d)), "xor": Group(SETTINGS["xor"], np.eye(d))}


GROUPS = _groups()
"""any: preset *separable*, drawn without a condition on lambda and then binned. Each of the others differs in one
respect, also without a condition on lambda: three directions of strong noise, all orthogonal to the signal or one at 45
degrees to it, with the same Bayes error; kappa = 1 instead of 2.5; XOR instead of two classes with opposite means."""


@dataclass(frozen=True)
class Params:
    """Bins of lambda, number of networks, and precision of the tests."""

    edges: tuple = (-0.35, -0.25, -0.15, 0.0)
    """Edges between the bins of lambda, increasing. A thousandth of all draws has lambda < -0.6, a fortieth > 0."""
    n_seeds: int = 28
    """Training sets and starts in each bin and group, each trained at every alpha; at least 4."""
    n_seeds_overlap: int = 80
    """The same for overlapping classes, where errors vary most between data sets; at least 4."""
    log2_alpha: tuple = (-12, -7, -5, -4, -3, 0, 3)
    """log2 of the initialisation scales alpha, increasing; the first and the last are the ends of the U."""
    n_draws: int = 140
    """Draws of test noise for each seed, the same for all its networks."""
    rtol: float = 1e-3
    """Local error of a training step, as in `gradient_flow`."""

    def __post_init__(self):
        in_range(self, edges=(-0.5, 0.05), n_seeds=(4, 2000), n_seeds_overlap=(4, 2000), log2_alpha=(-20, 20))
        in_range(self, n_draws=(4, 100_000), rtol=(1e-8, 0.01))
        increasing(self, edges=1, log2_alpha=3)


PRESETS = {
    "quick": Params(),
    "full": Params(
        n_seeds=80, n_seeds_overlap=160, log2_alpha=(-12, -9, -7, -5, -4, -3, -2, 0, 3), n_draws=200, rtol=4e-4
    ),
}


def run(params, seed, progress=None):
    """Train and measure.

    Returns
    -------
    Result
        ``log2_alpha`` (m,), and for each group G (``bin0``, ``bin1``, ... with lambda from the lowest to the highest;
        ``strong``, ``tilted``, ``overlap``, ``xor``) and start S of `STARTS`, over seeds and alphas (s, m):

        - ``G_S_network``, ``G_S_answered``, ``G_S_positive``, ``G_S_linear``, ``G_S_silent`` as in
          `shared.measures.errors`; ``G_S_status``;
        - ``G_S_margin``, the smallest |f| of the network at an example of its own training set;

        and over seeds (s,): ``G_lambda``; ``G_phi``, the angle of x_+ with the signal in radians. In the metadata, for
        each group: ``titles`` and ``bayes``, the Bayes error.
    """
    bounds = (-np.inf, *params.edges, np.inf)
    plan = [(f"bin{k}", "any", bounds[k : k + 2]) for k in range(len(bounds) - 1)]
    plan += [(name, name, (-np.inf, np.inf)) for name in GROUPS if name != "any"]
    arrays, titles, bayes = {"log2_alpha": np.array(params.log2_alpha, dtype=float)}, {}, {}
    for k, (name, group, within) in enumerate(plan):
        rngs = np.random.default_rng([seed, k]).spawn(params.n_seeds_overlap if group == "overlap" else params.n_seeds)
        part = lambda fraction, what, k=k, name=name: (  # noqa: E731
            progress((k + fraction) / len(plan), f"{name}: {what}") if progress else None
        )
        for key, value in _measure(GROUPS[group], within, params, rngs, part).items():
            arrays[f"{name}_{key}"] = value
        titles[name] = _range_words(*within) if group == "any" else GROUPS[group].setting.title
        bayes[name] = GROUPS[group].setting.mixture.bayes_error()
    return Result("separability", params, seed, arrays, {"titles": titles, "bayes": bayes})


def _range_words(low, high):
    if np.isinf(low):
        return f"λ < {high:g}"
    return f"λ > {low:g}" if np.isinf(high) else f"λ {low:g} to {high:g}"


def draw_within(group, within, alpha, rng):
    """Draw a `Case` of the group with lambda in [low, high); return it with its lambda."""
    setting, root = group
    case = setting.draw(alpha, rng)
    for _ in range(MOST_DRAWS):
        X = case.X @ root
        found = float(separability(X, case.y))
        if within[0] <= found < within[1]:
            return case._replace(X=X), found
        case = case._replace(X=setting.mixture.sample(setting.n_samples, rng)[0])
    raise ValueError(f"edges ask for lambda from {within[0]:g} to {within[1]:g}, seen in none of {MOST_DRAWS:,} draws")


def _measure(group, within, params, rngs, progress):
    """Return the arrays of one group."""
    setting, root = group
    alpha = 2.0 ** np.array(params.log2_alpha, dtype=float)
    cases, found = zip(*(draw_within(group, within, alpha, rng) for rng in rngs), strict=True)
    arrays = {"lambda": np.array(found)}
    if isinstance(setting.mixture, GaussianMixture):
        toward, signal = np.array([class_sum(case.X, case.y) for case in cases]), root @ setting.mixture.signal
        arrays["phi"] = angle(toward, np.broadcast_to(signal, toward.shape))
    for i, start in enumerate(STARTS):
        progress(i / len(STARTS), f"training {len(cases)} x {len(alpha)} networks, {start}")
        trained = setting.train(cases, start, params.rtol)
        arrays[f"{start}_status"] = trained.status
        X = np.array([case.X for case in cases])
        arrays[f"{start}_margin"] = np.abs(outputs(X[:, None], trained.W, trained.V)).min(axis=(-2, -1))
        # <w, root x> = <root w, x>: the same networks in white coordinates, in which errors are exact along a line.
        white = trained._replace(W=trained.W @ root, W0=trained.W0 @ root)
        rows = []
        for s, case in enumerate(cases):
            progress((i + 0.5 + 0.5 * s / len(cases)) / len(STARTS), f"testing, {start}, seed {s + 1} of {len(cases)}")
            rows.append(errors(setting, white, s, case.test_seed, params.n_draws // setting.n_lines))
        arrays |= {f"{start}_{key}": np.array([row[key] for row in rows]) for key in rows[0]}
    return arrays
