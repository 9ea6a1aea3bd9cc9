"""Claims of the demo: noise has little effect until the target; with further training f(0) is unlearned."""

import numpy as np

from fls_teach.demos.framework.claim import above, below, count, within
from fls_teach.demos.shared.measures import NUMBERS
from fls_teach.demos.shared.optimum import optimum
from fls_teach.demos.shared.shares import share
from fls_teach.statistics import at, bootstrap, cross_fitted_best, interval

from .run import DATA, LONG

SCIENCE = "[M] science.md#noise"
TWICE_THE_RATE = (
    "less than is left at twice the rate, 0.80 to 0.86 over 16 seeds each of --seed 0 to 2 (science.md#noise)"
)
TENTH_GONE = "a tenth is gone, more than twice what single examples take (4%, science.md#noise)"
ADDED = {"batch": "one example per step", "decay": "weight decay", "noise": "input noise"}


def claims(result):
    """Judge the right side at the stop and long after it, the left side and the wedge, XOR, and the optimum."""
    end = f"2^{result.arrays['log2_alpha'][-1]:g}"
    return [
        _right_claim(
            result, "decay", above, 0.95, "more than 95%", end, "f shrinks by 2 wd t, 5% in the time of a run"
        ),
        _right_claim(result, "batch", above, 0.75, "more than three quarters", end, TWICE_THE_RATE),
        _right_claim(result, "noise", above, 0.5, "more than half", end, "most of it"),
        _right_claim(result, "noise", below, 0.9, "less than 90%", end, TENTH_GONE, id="right-noise-less"),
        _going_on_claim(result, end),
        _long_claim(result, "decay", end),
        _long_claim(result, "noise", end),
        _kept_claim(result, end),
        _left_claim(result),
        _wedge_claim(result),
        _optimum_claim(result),
        _edge_claim(result),
        _best_claim(result),
        _reached_claim(result),
    ]


def rise(result, name, start, condition, column, number="network"):
    """Return the rise (s,) of one of the four numbers from the best alpha, chosen by the other half of the seeds."""
    values = result.arrays[f"{name}_{start}_{condition}_{number}"]
    best = cross_fitted_best(result.arrays[f"{name}_{start}_{condition}_network"], lowest=True)
    return values[:, column] - at(values, best)


def four(result, name, condition, column, start="plain"):
    """Return text with the mean rises, with and without a condition, of the four numbers that the data have."""
    found = []
    for key, words in NUMBERS.items():
        if f"{name}_{start}_{condition}_{key}" in result.arrays:
            pair = [rise(result, name, start, each, column, key).mean() for each in (condition, "none")]
            found.append(f"{words} {pair[0]:+.4f}, without {pair[1]:+.4f}")
    return "; ".join(found)


def shift(result, name, start, condition):
    """Return the interval of log2 of the best alpha with a condition minus that without."""
    grid = result.arrays["log2_alpha"]
    with_it, without = (result.arrays[f"{name}_{start}_{each}_network"] for each in (condition, "none"))
    return bootstrap(lambda seeds: optimum(grid, with_it[seeds]) - optimum(grid, without[seeds]), len(with_it))


def _right_claim(result, condition, side, bound, words, end, why, id=None):
    shares = {}
    for name in DATA:
        with_it, without = (rise(result, name, "plain", each, -1) for each in (condition, "none"))
        shares[name] = share(with_it, without)
    worst = min(shares, key=lambda name: shares[name].low if side is above else -shares[name].high)
    statement = (
        f"At the stop {ADDED[condition]} leaves {words} of the rise from the best alpha to {end}, plain start, on both "
        "sets of data"
    )
    detail = f"{worst}; {four(result, worst, condition, -1)}"
    return side(id or f"right-{condition}", statement, SCIENCE, shares[worst], bound, "of the rise", detail, why)


def _going_on_claim(result, end):
    gains = {}
    for name in DATA:
        stop = result.arrays[f"{name}_plain_none_network"][:, -1]
        gains[name] = interval(stop - result.arrays[f"{name}_long_none_network"])
    weakest = min(gains, key=lambda name: gains[name].low)
    statement = (
        f"Plain start at alpha = {end}: gradient descent that goes on beyond the stop, to time "
        f"{result.params['long_time']:g}, lowers the error, on both sets of data"
    )
    return above("long-none", statement, SCIENCE, gains[weakest], detail=f"{weakest}; {_errors(result, weakest)}")


def _long_claim(result, condition, end):
    gains = {}
    for name in DATA:
        without, with_it = (result.arrays[f"{name}_long_{each}_network"] for each in ("none", condition))
        gains[name] = interval(without - with_it)
    weakest = min(gains, key=lambda name: gains[name].low)
    statement = (
        f"Plain start at alpha = {end}, trained on to time {result.params['long_time']:g}: with {ADDED[condition]} the "
        "error is lower than without, by more than .03, on both sets of data"
    )
    detail = f"the weaker: {weakest}; {_errors(result, weakest)}"
    why = "a tenth of the error at the stop"
    return above(f"long-{condition}", statement, SCIENCE, gains[weakest], 0.03, detail=detail, why=why)


def _kept_claim(result, end):
    shares, less = {}, {}
    for name in DATA:
        shares[name] = {each: result.arrays[f"{name}_long_{each}_kept"] for each in LONG}
        for each in LONG[1:]:
            less[name, each] = interval(shares[name]["none"] - shares[name][each])
    weakest = min(less, key=lambda case: less[case].low)
    statement = (
        f"Plain start at alpha = {end}, trained on to time {result.params['long_time']:g}: with weight decay and with "
        "input noise a smaller share of f(0) is left in f than without"
    )
    words = (
        f"{name} {result.arrays[f'{name}_plain_none_kept'].mean():.2f} at the stop, then "
        + ", ".join(f"{each} {kept.mean():.2f}" for each, kept in shares[name].items())
        for name in DATA
    )
    return above(
        "kept", statement, SCIENCE, less[weakest], detail=f"the weakest: {', '.join(weakest)}; {'; '.join(words)}"
    )


def _errors(result, name):
    stop = result.arrays[f"{name}_plain_none_network"][:, -1].mean()
    long = (f"{each} {result.arrays[f'{name}_long_{each}_network'].mean():.3f}" for each in ("none", "decay", "noise"))
    return f"{stop:.3f} at the stop, then {', '.join(long)}"


def _left_claim(result):
    left = {each: interval(rise(result, "separable", "plain", each, 0), cross_fitted=True) for each in ADDED}
    weakest = min(left, key=lambda each: left[each].low)
    statement = (
        f"Separable data: the rise from the best alpha to 2^{result.arrays['log2_alpha'][0]:g} is there with one "
        "example per step, with weight decay and with input noise"
    )
    detail = f"the weakest: {weakest}; {four(result, 'separable', weakest, 0)}"
    return above("left", statement, SCIENCE, left[weakest], detail=detail)


def _wedge_claim(result):
    masses = {each: result.arrays[f"separable_plain_{each}_silent"][:, 0] for each in ("none", *ADDED)}
    left = {each: share(masses[each], masses["none"]) for each in ADDED}
    weakest = min(left, key=lambda each: left[each].low)
    statement = (
        "Separable data: one example per step, weight decay and input noise each leave more than half of the silent "
        f"wedge at 2^{result.arrays['log2_alpha'][0]:g}"
    )
    words = ", ".join(f"{each} {mass.mean():.4f}" for each, mass in masses.items())
    detail = f"the least: {weakest}; masses {words}"
    return above("wedge", statement, SCIENCE, left[weakest], 0.5, "of its mass", detail, "most of it")


def _optimum_claim(result):
    shifts = {each: shift(result, "separable", "plain", each) for each in ADDED}
    others = "; ".join(_range(each, shifts[each]) for each in ("batch", "noise"))
    on_xor = "; ".join(_range(each, shift(result, "xor", "twins", each)) for each in ADDED)
    return within(
        "optimum",
        "Separable data, plain start: weight decay shifts the best alpha by less than an octave",
        SCIENCE,
        shifts["decay"],
        0.0,
        1.0,
        "the step of the grid beside it",
        "octaves",
        f"{others}; on XOR with f(0) = 0 {on_xor}",
    )


def _range(words, found):
    return f"{words} {found.mean:+.1f} [{found.low:+.1f}, {found.high:+.1f}]"


def _edge_claim(result):
    """Claim that longer training or noise learns more features, where features are needed."""
    column = int(np.abs(result.arrays["log2_alpha"] + 2).argmin())
    less = {}
    for each in ADDED:
        with_it, without = (rise(result, "xor", "twins", k, column) for k in (each, "none"))
        less[each] = interval(without - with_it, cross_fitted=True)
    weakest = min(less, key=lambda each: less[each].low)
    statement = (
        f"XOR, f(0) = 0 (twins): at 2^{result.arrays['log2_alpha'][column]:g} the rise from the best alpha is smaller "
        "with one example per step, weight decay or input noise than without"
    )
    detail = f"the weakest: {weakest}; {four(result, 'xor', weakest, column, 'twins')}"
    return above("edge", statement, SCIENCE, less[weakest], detail=detail)


def _best_claim(result):
    errors = [result.arrays[f"xor_twins_{each}_network"] for each in ("none", "noise", "batch", "decay")]
    least = [at(error, cross_fitted_best(error, lowest=True)) for error in errors]
    statement = "XOR, f(0) = 0 (twins): input noise lowers the error at the best alpha"
    detail = ", ".join(f"{w} {v.mean():.4f}" for w, v in zip(("none", "noise", "batch", "decay"), least, strict=True))
    return above("best", statement, SCIENCE, interval(least[0] - least[1], cross_fitted=True), detail=detail)


def _reached_claim(result):
    status = np.concatenate([v.ravel() for k, v in result.arrays.items() if k.endswith("_status")])
    failed = int((status != "reached").sum())
    statement = "Every run reaches its target, with whatever was added"
    return count("reached", statement, SCIENCE, failed, status.size, "runs")
