"""Claims of the demo: the sides of the U under every loss and their causes, and the places of edge and optimum."""

import numpy as np

from fls_teach.demos.framework.claim import Claim, Measured, Tolerance, above, below, count, within
from fls_teach.demos.shared.measures import NUMBERS
from fls_teach.demos.shared.optimum import optimum
from fls_teach.demos.shared.shares import ALL_BUT_F0
from fls_teach.statistics import Interval, at, bootstrap, cross_fitted_best, interval

from .run import LOSSES, STARTS

SCIENCE = "[M] science.md#losses"
HALF_RISE = "half of the 0.085 ± 0.010 that it rises by over 32 seeds, whatever the loss (science.md#losses)"
OTHERS = tuple(loss for loss in LOSSES if loss != "logistic")


def claims(result):
    """Judge the two sides under every loss and their causes, more classes, the later stop, edge and optimum."""
    first, last = (f"2^{result.arrays['log2_alpha'][k]:g}" for k in (0, -1))
    separable = [("separable", loss) for loss in LOSSES]
    xor = [("xor", loss) for loss in LOSSES]
    return [
        _weakest(
            result, "right-plain", "from a plain start on separable and XOR data", separable + xor, "plain", -1, last
        ),
        _weakest(result, "left-plain", "from a plain start on separable data", separable, "plain", 0, first),
        _silence_claim(result, first),
        _f0_claim(result, last),
        _weakest(result, "right-xor", "with f(0) = 0 (twins) on XOR", xor, "twins", -1, last, 0.04, HALF_RISE),
        _edge_claim(result),
        *_optimum_claims(result),
        _stop_claim(result, first),
        _class_claim(result, "three", 3, -1, last),
        _class_claim(result, "ten", 10, 0, first),
        _class_claim(result, "ten", 10, -1, last, 0.03, "more than three classes rise by, 0.020 ± 0.005 over 32 seeds"),
        _fitted_claim(result),
        _reached_claim(result),
    ]


def best(result, name, loss, start):
    """Return the index (s,) of the network's best alpha, chosen for each seed by the other half of the seeds."""
    return cross_fitted_best(result.arrays[f"{name}_{loss}_{start}_network"], lowest=True)


def rise(result, name, loss, start, end, number="network"):
    """Return the rise (s,) of one of the four numbers from the network's best alpha to an end of the grid."""
    values = result.arrays[f"{name}_{loss}_{start}_{number}"]
    return values[:, end] - at(values, best(result, name, loss, start))


def edge(result, name, loss, seeds):
    """Return log2 of the alpha (...) beyond the best at which the mean plain error over `seeds` (..., s) has doubled.

    If it does not double, the last alpha is returned.
    """
    grid, errors = result.arrays["log2_alpha"], result.arrays[f"{name}_{loss}_plain_network"]
    means = np.log(errors[seeds].mean(axis=-2))
    level = means.min(axis=-1, keepdims=True) + np.log(2)
    beyond = (means > level) & (np.arange(len(grid)) > means.argmin(axis=-1)[..., None])
    k = np.where(beyond.any(axis=-1), beyond.argmax(axis=-1), len(grid) - 1)[..., None]
    here, there = (np.take_along_axis(means, index, axis=-1) for index in (k - 1, k))
    share = np.clip((level - here) / np.where(there > here, there - here, 1.0), 0, 1)
    return np.where(beyond.any(axis=-1), (grid[k - 1] + share * (grid[k] - grid[k - 1]))[..., 0], grid[-1])


def margin(result, name, loss):
    """Return the mean training margin (s,) at the stop, at the alpha with the plain network's smallest mean error."""
    means = result.arrays[f"{name}_{loss}_plain_network"].mean(axis=0)
    return result.arrays[f"{name}_{loss}_plain_margin"][:, means.argmin()]


def shift_of_optimum(result, name, loss, start="plain"):
    """Return the interval of log2 of the best alpha under a loss minus that under the logistic loss."""
    arrays, grid = result.arrays, result.arrays["log2_alpha"]
    other, logistic = (arrays[f"{name}_{which}_{start}_network"] for which in (loss, "logistic"))
    return bootstrap(lambda seeds: optimum(grid, other[seeds]) - optimum(grid, logistic[seeds]), len(other))


def four(result, name, loss, start, end):
    """Return text with the rises of those of the four numbers that the data have."""
    found = {words: f"{name}_{loss}_{start}_{key}" for key, words in NUMBERS.items()}
    rises = [
        f"{words} {rise(result, name, loss, start, end, key.rpartition('_')[2]).mean():+.4f}"
        for words, key in found.items()
        if key in result.arrays
    ]
    return f"{', '.join(rises)}; silent {result.arrays[f'{name}_{loss}_{start}_silent'][:, end].mean():.4f}"


def _weakest(result, id, where, cases, start, end, word, bound=0.0, why=""):
    rises = {(name, loss): interval(rise(result, name, loss, start, end), cross_fitted=True) for name, loss in cases}
    weakest = min(rises, key=lambda case: rises[case].low)
    more = f", by more than {bound:g}" if bound else ""
    statement = f"Under every loss, {where}, the network errs more at {word} than at its best alpha{more}"
    detail = f"the weakest of {len(cases)}: {', '.join(weakest)}; {four(result, *weakest, start, end)}"
    return above(id, statement, SCIENCE, rises[weakest], bound, detail=detail, why=why)


def _silence_claim(result, first):
    gone = {}
    for loss in LOSSES:
        network, answered = (rise(result, "separable", loss, "plain", 0, number=key) for key in ("network", "answered"))
        gone[loss] = interval(network - answered, cross_fitted=True), network.mean(), answered.mean()
    weakest = min(gone, key=lambda loss: gone[loss][0].low)
    statement = f"Separable data: under every loss answering the silent wedge removes part of the rise to {first}"
    detail = (
        f"the weakest of {len(LOSSES)}: {weakest}; the rise is {gone[weakest][1]:.4f}, answered {gone[weakest][2]:.4f}"
    )
    return above("left-silence", statement, SCIENCE, gone[weakest][0], detail=detail)


def _f0_claim(result, last):
    left = {}
    for loss in LOSSES:
        twins, plain = (rise(result, "separable", loss, start, -1) for start in STARTS[::-1])
        left[loss] = bootstrap(lambda seeds, t=twins, p=plain: t[seeds].mean(-1) / p[seeds].mean(-1), len(plain))
    worst = max(left, key=lambda loss: left[loss].high)
    statement = f"Separable data: under every loss f(0) = 0 (twins) leaves less than 5% of the rise to {last}"
    detail = f"the most of {len(left)}: {worst}"
    return below("right-f0", statement, SCIENCE, left[worst], 0.05, "of the rise", detail, ALL_BUT_F0)


def _edge_claim(result):
    """Claim on the edge, which by science.md#equivalence depends on alpha^2 f_0 relative to the margin at the stop."""
    found = {}
    for name in ("separable", "xor"):
        margins = {loss: margin(result, name, loss) for loss in LOSSES}
        for loss in OTHERS:

            def gap(seeds, name=name, loss=loss, m=margins):
                ratio = m[loss][seeds].mean(axis=-1) / m["logistic"][seeds].mean(axis=-1)
                return edge(result, name, loss, seeds) - edge(result, name, "logistic", seeds) - np.log2(ratio) / 2

            found[name, loss] = bootstrap(gap, len(margins[loss]))
    worst = max(found, key=lambda case: max(-found[case].low, found[case].high))
    every = np.arange(len(result.arrays["separable_logistic_plain_network"]))
    shifts = [edge(result, *case, every) - edge(result, case[0], "logistic", every) for case in found]
    statement = (
        "From a plain start the right edge (error twice the least) lies, against the logistic loss's, where alpha^2 "
        "over the mean margin at the stop is the same: log2 of alpha, difference from that"
    )
    detail = f"the farthest of {len(found)}: {', '.join(worst)}; edges shift by {min(shifts):.2f} to {max(shifts):.2f}"
    why = "nearer to it than to no shift: the squared losses shift the edge by an octave"
    source = "[D] science.md#losses"
    return within("edge", statement, source, found[worst], 0.0, 0.5, why, "octaves", detail)


def _optimum_claims(result):
    squared = {loss: shift_of_optimum(result, "separable", loss) for loss in ("squared", "squared_hinge")}
    worst = max(squared, key=lambda loss: squared[loss].high)
    on_xor = [shift_of_optimum(result, "xor", loss) for loss in OTHERS]
    words = "; ".join(f"{loss} {_range(found)}" for loss, found in zip(OTHERS, on_xor, strict=True))
    return [
        below(
            "optimum-squared",
            "Separable data, plain start: under the squared loss and the squared hinge the best alpha is smaller than "
            "under the logistic loss; log2 of their ratio",
            SCIENCE,
            squared[worst],
            0.0,
            "octaves",
            f"the weaker: {worst}; on XOR {words}",
        ),
        within(
            "optimum-exponential",
            "Separable data, plain start: the best alpha under the exponential loss is that under the logistic loss",
            SCIENCE,
            shift_of_optimum(result, "separable", "exponential"),
            0.0,
            0.75,
            "less than one step of the grid; the margins at the stop differ by a tenth",
            "octaves",
        ),
    ]


def _range(found: Interval):
    return f"{found.mean:+.1f} [{found.low:+.1f}, {found.high:+.1f}]"


def _stop_claim(result, first):
    small = result.arrays["log2_alpha"][1]
    curves = [result.arrays[f"{name}_logistic_twins_network"] for name in ("xor", "xor_late")]
    early, late = (curve[:, 0] - curve[:, 1] for curve in curves)
    shares = result.metadata["share_left"]
    statement = (
        f"XOR, logistic, f(0) = 0 (twins): stopped at {shares['xor_late']:.0%} of the silent network's risk instead of "
        f"{shares['xor']:.0%}, the network rises less from 2^{small:g} to {first}"
    )
    detail = f"{early.mean():+.4f} early, {late.mean():+.4f} late"
    return above("stop", statement, SCIENCE, interval(early - late), detail=detail)


def _class_claim(result, name, n_classes, end, word, bound=0.0, why=""):
    data, start = f"{name}_classes", "twins"
    found = interval(rise(result, data, "cross_entropy", start, end), cross_fitted=True)
    more = f", by more than {bound:g}" if bound else ""
    data_words = f"{n_classes} classes, cross-entropy, f(0) = 0 (twins)"
    statement = f"{data_words}: the network errs more at {word} than at its best alpha{more}"
    side = "left" if end == 0 else "right"
    detail = four(result, data, "cross_entropy", start, end)
    return above(f"{name}-{side}", statement, SCIENCE, found, bound, detail=detail, why=why)


def _fitted_claim(result):
    names = [key for key in result.arrays if key.startswith(("separable", "xor_late")) and key.endswith("_wrong")]
    wrong, status = (
        np.concatenate([result.arrays[name.replace("_wrong", end)].ravel() for name in names])
        for end in ("_wrong", "_status")
    )
    exceptions, total = int((wrong[status == "reached"] > 0).sum()), int((status == "reached").sum())
    others = max(value.max() for key, value in result.arrays.items() if key.endswith("_wrong"))
    statement = (
        "Where the stop asks for less than 1/n of the silent network's risk (separable, XOR stopped later), no "
        "training example is wrong at it, under any loss"
    )
    detail = f"elsewhere at most {others:.0%} of a run's examples"
    return count("fitted", statement, "[D] science.md#losses", exceptions, total, "runs that reach it", detail=detail)


def _reached_claim(result):
    status = np.concatenate([v.ravel() for k, v in result.arrays.items() if k.endswith("_status")])
    failed = status[status != "reached"]
    share = len(failed) / len(status)
    words = ", ".join(f"{kind} {sum(failed == kind)}" for kind in np.unique(failed)) or "all reach it"
    return Claim(
        "reached",
        "Under every loss the runs reach their target, but for one in 200 at most",
        SCIENCE,
        "< 0.5%",
        Measured(100 * share, n=len(status), unit="%", detail=f"{words}, of {len(status):,} runs"),
        Tolerance(0.5, "too few to move a mean; an example on which the last neuron dies cannot be fitted any more"),
        share < 0.005,
    )
