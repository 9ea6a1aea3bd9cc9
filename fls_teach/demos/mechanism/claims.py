"""Claims of the demo about causes; each compares with a control, by paired differences of differences over seeds."""

import numpy as np

from fls_teach import statistics
from fls_teach.demos.framework.claim import above, below, count
from fls_teach.demos.shared.shares import ALL_BUT_F0, percent, share

CAUSES, ERRORS = "[M] science.md#causes", "[D] science.md#errors"
SIDES = {"left": 0, "right": -1}
ELSEWHERE = "then a third or more has another cause"


def claims(result):
    """Judge for each set of data how much of the U vanishes if the wedge is answered or f(0) = 0, and what remains."""
    table = []
    for name in result.params["data"]:
        case = Controls(result, name)
        table += _gaussian_claims(case) if name in ("separable", "hard") else _surviving_claims(case)
    return table + _lazy_claims(result) + [_reached_claim(result)]


class Controls:
    """Rises of the measured quantities of one data set from the best alpha to either end, one number per seed."""

    def __init__(self, result, name):
        self.result, self.name, self.title = result, name, result.metadata["settings"][name]["title"]
        log2_alpha = result.arrays["log2_alpha"]
        self.ends = {"left": f"2^{log2_alpha[0]:g}", "right": f"2^{log2_alpha[-1]:g}"}

    def values(self, start, quantity):
        """Return measured values (s, m)."""
        return self.result.arrays[f"{self.name}_{start}_{quantity}"]

    def best(self, start="plain"):
        """Return the index (s,) of the network's best alpha, chosen for each seed by the other half of the seeds."""
        return statistics.cross_fitted_best(self.values(start, "network"), lowest=True)

    def rise(self, side, start="plain", quantity="network", best="plain"):
        """Return the rise (s,) from the best alpha of networks with the start `best` to the end of one side."""
        values = self.values(start, quantity)
        return values[:, SIDES[side]] - statistics.at(values, self.best(best))

    def own_rise(self, side, start, quantity="network"):
        """Return the rise (s,) from the best alpha of the start itself."""
        return self.rise(side, start, quantity, best=start)


def _gaussian_claims(case):
    """Claims on two Gaussians: the left rise is mostly due to the wedge, the right rise to f(0)."""
    name, title = case.name, case.title
    left, right = case.rise("left"), case.rise("right")
    table = []
    for start, how in (("twins", "twins: f(0) = 0"), ("centred", "f - f(0) trained")):
        statement = f"{title}: less than 5% of the network's rise to {case.ends['right']} is left without f(0) ({how})"
        detail = f"the rise with f(0) is {right.mean():.3f}"
        found = share(case.rise("right", start), right)
        table.append(below(f"{name}-right-{start}", statement, CAUSES, found, 0.05, "of it", detail, ALL_BUT_F0))
    best = statistics.at(case.values("twins", "network"), case.best())
    cost, absolute = share(case.rise("right", "twins"), best), statistics.interval(case.rise("right", "twins"), True)
    statement = f"{title}: twins at {case.ends['right']} err less than 15% more than at the best alpha"
    detail = f"{absolute.mean:.2g} [{absolute.low:.1g}, {absolute.high:.1g}] of {best.mean():.3g}"
    why = "little beside a plain start, which errs four times as much there or more"
    table.append(below(f"{name}-lazy-cost", statement, CAUSES, cost, 0.15, "of its error", detail, why))

    answered = case.rise("left", quantity="answered")
    goes, rest = statistics.interval(left - answered, True), statistics.interval(answered, True)
    statement = f"{title}: answering the silent wedge takes away part of the network's rise to {case.ends['left']}"
    detail = f"{percent(share(left - answered, left))} of {left.mean():.2g}"
    table.append(above(f"{name}-wedge", statement, CAUSES, goes, detail=detail))
    statement = f"{title}: less than 75% of the rise to {case.ends['left']} is left when the wedge is answered"
    detail = f"left is {rest.mean:.2g} [{rest.low:.1g}, {rest.high:.1g}]: {_against_zero(rest)}"
    why = "then the wedge makes a quarter or more"
    table.append(below(f"{name}-wedge-rest", statement, CAUSES, share(answered, left), 0.75, "of it", detail, why))

    positive, linear = (case.rise("left", quantity=key) for key in ("positive", "linear"))
    explained, end = share(positive, left), case.ends["left"]
    if name == "separable":
        statement = f"{title}: E(w^+), all that OA + OF describe, explains less than two thirds of the rise to {end}"
        table.append(below(f"{name}-explained", statement, CAUSES, explained, 0.67, "of it", why=ELSEWHERE))
    else:
        statement = (
            f"{title}: E(w^+) = E* + OA + OF rises to {end} by more than the network does with the wedge answered"
        )
        found, detail = statistics.interval(positive - answered, True), f"{percent(explained)} of the network's rise"
        table.append(above(f"{name}-explained", statement, CAUSES, found, detail=detail))
    statement = f"{title}: E(w^+ - w^-), which uses both classes, rises to {end} by less than 25% of the network's rise"
    why = "then three quarters or more have another cause than the direction of w^+ - w^-"
    table.append(below(f"{name}-both-classes", statement, CAUSES, share(linear, left), 0.25, "of it", why=why))
    if name == "separable":
        statement = f"{title}: for twins at {case.ends['right']} E(w^+) exceeds the network's error by more than 0.1"
        gap = (case.values("twins", "positive") - case.values("twins", "network"))[:, -1]
        detail = "w^+ alone does not stand for the network"
        why = "w^+ points in a random direction, which errs on 1/2 by the symmetry of the start: a fifth of that"
        table.append(
            above(f"{name}-stand-in", statement, ERRORS, statistics.interval(gap), 0.1, detail=detail, why=why)
        )
    return table


def _against_zero(found):
    return "above 0" if found.low > 0 else "below 0" if found.high < 0 else "not told apart from 0"


def _surviving_claims(case):
    """Claims on XOR and three classes: there is a U even with f(0) = 0 and the wedge answered."""
    zero = [case.own_rise("left", "twins", "answered"), case.own_rise("left", "centred")]
    silent = max(case.values(start, "silent")[:, 0].mean() for start in ("twins", "centred"))
    statement = (
        f"{case.title}: with f(0) = 0 (mean of twins, the wedge answered, and f - f(0)) "
        f"the error still rises from its best alpha to {case.ends['left']}"
    )
    found, detail = statistics.interval(np.mean(zero, axis=0), True), f"f is silent on a mass of {silent:.1g} there"
    table = [above(f"{case.name}-left", statement, CAUSES, found, detail=detail)]
    for start, how in (("twins", "twins"), ("centred", "f - f(0)")):
        statement = (
            f"{case.title}: with f(0) = 0 ({how}) the error still rises from its best alpha to {case.ends['right']}"
        )
        rise = case.own_rise("right", start)
        plain = case.rise("right")  # of the first seeds only
        detail = f"{percent(share(rise[: len(plain)], plain))} of the rise with f(0)"
        found = statistics.interval(rise, cross_fitted=True)
        table.append(above(f"{case.name}-right-{start}", statement, CAUSES, found, detail=detail))
    return table


def _lazy_claims(result):
    """Claims that twins at the largest alpha are a kernel machine."""
    names, end = result.params["data"], f"2^{result.arrays['log2_alpha'][-1]:g}"
    table = []
    bounds = (
        ("movement", 0.01, "at small alpha it is about 1", "the neurons of twins turn by less than 1% of their length"),
        (
            "correlation",
            1e-3,
            "at small alpha it is 0.02 or more",
            "1 - correlation of twins with their kernel machine is < 0.001",
        ),
    )
    for key, bound, why, words in bounds:
        statement = f"At {end} {words}, on all sets of data"
        values = [result.arrays[f"{name}_twins_{key}"][:, -1] for name in names]
        every = [statistics.interval(1 - each if key == "correlation" else each) for each in values]
        worst = int(np.argmax([found.high for found in every]))
        detail = f"the worst is {result.metadata['settings'][names[worst]]['title']}"
        table.append(below(f"lazy-{key}", statement, CAUSES, every[worst], bound, detail=detail, why=why))
    return table


def _reached_claim(result):
    status = {key: value for key, value in result.arrays.items() if key.endswith("_status")}
    failed, total = sum((value != "reached").sum() for value in status.values()), sum(v.size for v in status.values())
    words = [f"{key.removesuffix('_status')}: {value[value != 'reached'][0]}" for key, value in status.items()
             if (value != "reached").any()]  # fmt: skip
    statement = "Every run reaches its target risk"
    return count(
        "reached", statement, "[M] science.md#u-curve", int(failed), total, "runs", detail="; ".join(words[:3])
    )
