"""Claims of the demo: which parts of the U depend on lambda, strong noise and overlap, and which on f(0)."""

import numpy as np

from fls_teach import statistics
from fls_teach.demos.framework.claim import above, below, count
from fls_teach.demos.shared.shares import ALL_BUT_F0, percent, share

SOURCE, CAUSES = "[M] science.md#separability", "[M] science.md#causes"
SILENCED = 0.1
"""|f| below which an example counts as silenced. At the target risk every example of n = 10 has y f > 0.4."""


class Rises:
    """Rises of measured quantities from the best alpha to either end, one number for each data set of a group."""

    def __init__(self, result):
        self.arrays, self.titles = result.arrays, result.metadata["titles"]
        self.bins = [name for name in self.titles if name.startswith("bin")]
        self.low, self.high = (f"2^{self.arrays['log2_alpha'][end]:g}" for end in (0, -1))

    def rise(self, group, end, quantity="network", start="plain", best="plain"):
        """Return the rise (s,) to the first (0) or last (-1) alpha from the best alpha of networks started as `best`.

        The best alpha is chosen for each seed by the other half of the group's seeds.
        """
        chosen = statistics.cross_fitted_best(self.arrays[f"{group}_{best}_network"], lowest=True)
        values = self.arrays[f"{group}_{start}_{quantity}"]
        return values[:, end] - statistics.at(values, chosen)

    def in_bins(self, end, quantity="network", **kwargs):
        """Return the rises (b, s) in the bins of lambda."""
        return np.array([self.rise(name, end, quantity, **kwargs) for name in self.bins])

    def of_bins(self, key):
        """Return ``lambda`` or ``phi`` (b, s) in the bins of lambda."""
        return np.array([self.arrays[f"{name}_{key}"] for name in self.bins])


def slope(values, at, given=None):
    """Return the least-squares slope (...) of values (..., n) on `at`, with `given` as an optional second regressor.

    NaN where `at` is constant.

    Examples
    --------
    >>> x, z = np.arange(6.0), np.array([0.0, 1.0, 0.0, 2.0, 1.0, 0.0])
    >>> round(float(slope(2 * x + 3, x)), 9), round(float(slope(2 * x + 5 * z, x, given=z)), 9)
    (2.0, 2.0)
    """
    y, x = (each - each.mean(axis=-1, keepdims=True) for each in (values, at))
    if given is not None:
        z = given - given.mean(axis=-1, keepdims=True)
        scale = (x * z).sum(axis=-1, keepdims=True) / (z * z).sum(axis=-1, keepdims=True)
        x = x - scale * z
    squares = (x * x).sum(axis=-1)
    return (x * y).sum(axis=-1) / np.where(squares > 0, squares, np.nan)


def claims(result):
    """Judge the bins of lambda, then the other data, then whether all runs reached their target."""
    rises = Rises(result)
    return [
        *_left_claims(rises),
        _right_claim(rises),
        *_strong_claims(rises),
        _overlap_claim(rises),
        *_xor_claims(rises),
        reached_claim(rises.arrays, SOURCE),
    ]


def _lowest(found):
    return min(range(len(found)), key=lambda k: found[k].low)


def _left_claims(rises):
    network, answered, positive = (rises.in_bins(0, key) for key in ("network", "answered", "positive"))
    at, phi, low = rises.of_bins("lambda"), rises.of_bins("phi"), rises.low
    found = [statistics.interval(row, cross_fitted=True) for row in network]
    worst = _lowest(found)
    statement = f"In every bin of lambda, from below 0 to above, the network errs more at {low} than at its best alpha"
    detail = f"at {rises.titles[rises.bins[worst]]}; means {_list(network.mean(axis=1))}"
    table = [above("left", statement, SOURCE, found[worst], detail=detail)]

    ends = at[0].mean(), at[-1].mean()
    flat = network.ravel(), at.ravel(), phi.ravel(), positive.ravel()

    def kept(seeds):
        rise, x = flat[0][seeds], flat[1][seeds]
        low, high = (rise.mean(axis=-1) + slope(rise, x) * (end - x.mean(axis=-1)) for end in ends)
        return np.divide(low, high, out=np.full_like(low, np.nan), where=high != 0)

    statement = (
        f"The rise to {low} does not vanish without separability: at lambda = {ends[0]:.2f} a line fitted through all "
        f"sets of data has more than half of the rise that it has at {ends[1]:.2f}"
    )
    trend = statistics.bootstrap(lambda seeds: slope(flat[0][seeds], flat[1][seeds]), at.size)
    detail = f"slope {_words(trend)}, in units of error per lambda"
    table.append(
        above("left-trend", statement, SOURCE, statistics.bootstrap(kept, at.size), 0.5, "of it", detail, "most of it")
    )

    found = [statistics.interval(row, cross_fitted=True) for row in network - answered]
    worst = _lowest(found)
    left = statistics.interval(answered.ravel(), cross_fitted=True)
    shares = ", ".join(f"{share(*pair).mean:.0%}" for pair in zip(network - answered, network, strict=True))
    statement = f"In every bin of lambda, part of the rise to {low} goes when the silent wedge is answered"
    detail = f"shares {shares}; all bins: {percent(share(answered.ravel(), flat[0]))} stays, {_words(left)}"
    table.append(above("left-wedge", statement, CAUSES, found[worst], detail=detail))

    found = statistics.bootstrap(lambda seeds: slope(flat[3][seeds], flat[1][seeds]), at.size)
    given = statistics.bootstrap(lambda seeds: slope(flat[3][seeds], flat[1][seeds], flat[2][seeds]), at.size)
    statement = f"E(w^+) = E* + OA + OF, unlike the network, rises the more to {low} the lower lambda is: slope"
    detail = f"with the angle of x_+ to s in the regression {_words(given)}: lower lambda goes with a worse x_+"
    return [*table, below("positive-trend", statement, SOURCE, found, detail=detail)]


def _right_claim(rises):
    names = [*rises.bins, "strong", "tilted", "overlap"]
    found = [share(rises.rise(name, -1, start="twins"), rises.rise(name, -1)) for name in names]
    worst = max(range(len(names)), key=lambda k: found[k].high)
    statement = (
        "In every bin of lambda, with strong noise and with overlapping classes, less than 5% of the network's rise to "
        f"{rises.high} is left without f(0) (twins)"
    )
    detail = f"the most: {rises.titles[names[worst]]}"
    return below("right", statement, CAUSES, found[worst], 0.05, "of it", detail, ALL_BUT_F0)


def _strong_claims(rises):
    names = ("strong", "tilted")
    lazy = np.concatenate([rises.rise(name, -1, start="twins") for name in names])
    least = np.concatenate([rises.arrays[f"{name}_plain_network"][:, -1] for name in names])
    least = least - np.concatenate([rises.rise(name, -1) for name in names])
    own = [_words(statistics.interval(rises.rise(name, -1, start="twins", best="twins"), True)) for name in names]
    statement = (
        "Strong noise in three directions, orthogonal to the signal or one of them at 45 degrees with it: with "
        f"f(0) = 0 (twins) the kernel regime costs nothing: at {rises.high} the error exceeds that of the plain "
        "network at its best alpha by less than 2% of it"
    )
    detail = f"in error {_words(statistics.interval(lazy, True))}; from the twins' own best {' and '.join(own)}"
    why = "a fiftieth; on XOR it costs four fifths (science.md#lazy)"
    table = [below("strong-lazy", statement, SOURCE, share(lazy, least), 0.02, "of it", detail, why)]
    statement = f"Strong noise, both kinds: with f(0) = 0 (twins) the error at {rises.low} exceeds that at {rises.high}"
    more, answered = (
        statistics.interval(np.concatenate([values[:, 0] - values[:, -1] for values in each]))
        for each in ([rises.arrays[f"{name}_twins_{key}"] for name in names] for key in ("network", "answered"))
    )
    return [*table, above("strong-left", statement, SOURCE, more, detail=f"with the wedge answered {_words(answered)}")]


def _overlap_claim(rises):
    network, answered, positive = (rises.rise("overlap", 0, key) for key in ("network", "answered", "positive"))
    statement = f"Overlapping classes (kappa/sigma = 1): the network errs more at {rises.low} than at its best alpha"
    found = statistics.interval(network, cross_fitted=True)
    detail = f"with the wedge answered {_words(statistics.interval(answered, cross_fitted=True))}"
    detail += f", E(w^+) {_words(statistics.interval(positive, cross_fitted=True))}"
    return above("overlap-left", statement, SOURCE, found, detail=detail)


def _xor_claims(rises):
    left = rises.rise("xor", 0, "answered", "twins", best="twins")
    right, plain = rises.rise("xor", -1, start="twins"), rises.rise("xor", -1)
    at = f"lambda = {rises.arrays['xor_lambda'].mean():.2f}"
    statement = f"XOR ({at}): with f(0) = 0 (twins) and the wedge answered, the error still rises to {rises.low}"
    table = [above("xor-left", statement, CAUSES, statistics.interval(left, cross_fitted=True))]
    statement = f"XOR ({at}): more than 15% of the rise to {rises.high} is left without f(0) (twins)"
    why = "three times what may be left where f(0) is the cause"
    return [*table, above("xor-right", statement, CAUSES, share(right, plain), 0.15, "of it", why=why)]


def reached_claim(arrays, source):
    """Claim about every ``X_status`` and ``X_margin`` (smallest |f| at a training example) of `arrays`."""
    keys = [key.removesuffix("_status") for key in arrays if key.endswith("_status")]
    ended = [(arrays[f"{key}_status"] == "reached", arrays[f"{key}_margin"] < SILENCED) for key in keys]
    failed = sum(int((~reached & ~silenced).sum()) for reached, silenced in ended)
    short = sum(int((~reached).sum()) for reached, _ in ended)
    statement = f"Every run reaches its target risk, or ends silent (|f| < {SILENCED:g}) at one of its own examples"
    detail = f"{short} did not reach it"
    return count("reached", statement, source, failed, sum(r.size for r, _ in ended), "runs", detail=detail)


def _words(found):
    return f"{found.mean:.2g} [{found.low:.1g}, {found.high:.1g}]"


def _list(values):
    return ", ".join(f"{value:.4f}" for value in values)
