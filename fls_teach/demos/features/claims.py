"""Claims of the demo: how the gain of the best alpha over either end changes along each sweep."""

from fls_teach import statistics
from fls_teach.demos.framework.claim import above, below
from fls_teach.demos.separability.claims import reached_claim
from fls_teach.demos.shared.shares import ALL_BUT_F0, percent, share

SOURCE = "[M] science.md#features"
LEFT, RIGHT = 0, -1


class Gains:
    """Gains of the best alpha over the first (LEFT) and the last (RIGHT) one."""

    def __init__(self, result):
        self.arrays, self.sweeps = result.arrays, result.metadata["sweeps"]
        self.low, self.high = (f"2^{self.arrays['log2_alpha'][end]:g}" for end in (LEFT, RIGHT))

    def ends(self, sweep):
        """Return the smallest and largest value of a sweep as text."""
        return f"{self.sweeps[sweep][0][0]:g}", f"{self.sweeps[sweep][-1][0]:g}"

    def gain(self, sweep, k, end, start="twins", quantity="network"):
        """Return the gain (s,) at the k-th point, and the error (s,) at its best alpha.

        The best alpha is chosen for each seed by the network's error on the other half of the seeds.
        """
        name = f"{self.sweeps[sweep][k][1]}_{start}"
        chosen = statistics.cross_fitted_best(self.arrays[f"{name}_network"], lowest=True)
        values = self.arrays[f"{name}_{quantity}"]
        return values[:, end] - statistics.at(values, chosen), statistics.at(values, chosen)

    def growth(self, sweep, end, start="twins"):
        """Return the gain (s,) at the largest value minus that at the smallest; their seeds are independent."""
        return self.gain(sweep, -1, end, start)[0] - self.gain(sweep, 0, end, start)[0]

    def words(self, sweep, end, start="twins"):
        """Return text with the mean gains at all values, also as shares of the error."""
        each = [self.gain(sweep, k, end, start) for k in range(len(self.sweeps[sweep]))]
        means = ", ".join(f"{gain.mean():.2g}" for gain, _ in each)
        return f"{means} ({', '.join(f'{gain.mean() / error.mean():.0%}' for gain, error in each)} of the error)"


def claims(result):
    """Judge data with one informative direction, two (XOR) and K; n is fixed, or proportional as a control."""
    gains = Gains(result)
    return [
        *_linear_claims(gains),
        *_xor_claims(gains),
        *_classes_claims(gains),
        *_snr_claims(gains),
        reached_claim(gains.arrays, SOURCE),
    ]


def _found(values):
    return statistics.interval(values, cross_fitted=True)


def _linear_claims(gains):
    first, last = gains.ends("linear_d")
    fixed, more = (gains.gain(sweep, -1, LEFT)[0] for sweep in ("linear_d", "linear_d_n"))
    twins, plain = (gains.growth("linear_d", RIGHT, start) for start in ("twins", "plain"))
    answered = [gains.gain("linear_d", k, LEFT, quantity="answered")[0].mean() for k in (0, -1)]
    statement = (
        f"Linear target, n = 10, f(0) = 0: the gain of the best alpha over {gains.low} grows from d = {first} to {last}"
    )
    detail = f"{gains.words('linear_d', LEFT)}; wedge answered {answered[0]:.2g} to {answered[1]:.2g}"
    table = [above("linear-left", statement, SOURCE, _found(gains.growth("linear_d", LEFT)), detail=detail)]
    statement = (
        f"Control: with n = d/2 in place of 10 the gain over {gains.low} at d = {last} is smaller: it grew with the "
        "number of dimensions for each example"
    )
    detail = f"{percent(share(more, fixed))} is left; from d = {first} to {last} {gains.words('linear_d_n', LEFT)}"
    table.append(above("linear-left-n", statement, SOURCE, _found(fixed - more), detail=detail))
    statement = (
        f"Linear target: from d = {first} to {last} the gain over {gains.high} grows with f(0) = 0 by less than 5% of "
        "what it grows by from a plain start"
    )
    detail = f"{gains.words('linear_d', RIGHT)}; plain {gains.words('linear_d', RIGHT, 'plain')}"
    table.append(
        below("linear-right", statement, SOURCE, share(twins[: len(plain)], plain), 0.05, "of it", detail, ALL_BUT_F0)
    )
    return table


def _xor_claims(gains):
    first, last = gains.ends("xor_d")
    table = []
    for sweep, words in (("xor_d", "n = 40"), ("xor_d_n", "n = 2 d")):
        statement = f"XOR, {words}, f(0) = 0: the gain over {gains.high} grows from d = {first} to {last}"
        detail = gains.words(sweep, RIGHT)
        if sweep == "xor_d":
            detail += f"; plain {gains.words(sweep, RIGHT, 'plain')}"
        table.append(above(f"{sweep}-right", statement, SOURCE, _found(gains.growth(sweep, RIGHT)), detail=detail))
    statement = (
        f"XOR, n = 40 or 2 d, f(0) = 0: from d = {first} to {last} the gain over {gains.low} does not grow by more "
        "than 0.005, a twentieth of the error of preset xor"
    )
    found = max((_found(gains.growth(sweep, LEFT)) for sweep in ("xor_d", "xor_d_n")), key=lambda each: each.high)
    detail = f"n = 40: {gains.words('xor_d', LEFT)}; n = 2 d: {gains.words('xor_d_n', LEFT)}"
    return [
        *table,
        below("xor-left", statement, SOURCE, found, 0.005, detail=detail, why="a twentieth of the error of preset xor"),
    ]


def _classes_claims(gains):
    first, last = gains.ends("classes_k")
    where = f"K classes with orthogonal means, d = 20, n = 4 K, f(0) = 0: from K = {first} to {last} the gain over"
    detail = f"{gains.words('classes_k', RIGHT)}; plain {gains.words('classes_k', RIGHT, 'plain')}"
    right, left = (_found(gains.growth("classes_k", end)) for end in (RIGHT, LEFT))
    table = [above("classes-right", f"{where} {gains.high} grows", SOURCE, right, detail=detail)]
    statement = f"{where} {gains.high} grows by more than that over {gains.low}"
    difference = _found(gains.growth("classes_k", RIGHT) - gains.growth("classes_k", LEFT))
    detail = f"that over {gains.low} grows by {left.mean:.2g} [{left.low:.1g}, {left.high:.1g}]"
    detail += f": {gains.words('classes_k', LEFT)}"
    return [*table, above("classes-left", statement, SOURCE, difference, detail=detail)]


def _snr_claims(gains):
    table = []
    for sweep, end, name, against in (
        ("linear_snr", LEFT, "Linear target", gains.low),
        ("xor_snr", RIGHT, "XOR", gains.high),
    ):
        first, last = gains.ends(sweep)
        statement = (
            f"{name}, f(0) = 0: as a share of the error at the best alpha, the gain over {against} grows from "
            f"kappa/sigma = {first} to {last}"
        )
        pairs = [gains.gain(sweep, k, end) for k in (0, -1)]
        table.append(above(sweep, statement, SOURCE, _growth_of_share(*pairs), detail=gains.words(sweep, end)))
    return table


def _growth_of_share(small, large):
    """Return the bootstrap interval of mean(gain) / mean(error) of the second pair minus that of the first."""

    def change(seeds):
        less, more = (gain[seeds].mean(axis=-1) / error[seeds].mean(axis=-1) for gain, error in (small, large))
        return more - less

    return statistics.bootstrap(change, len(small[0]))
