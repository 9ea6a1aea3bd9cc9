"""Claims of the demo: which networks are overconfident, whether f(0) or the stop is the cause, and the role of c."""

import numpy as np

from fls_teach import statistics
from fls_teach.demos.framework.claim import above, below, count, within
from fls_teach.demos.shared.measures import NUMBERS

from .run import DATA, STARTS

SOURCE = "[M] science.md#temperature"
TITLES = {"separable": "two separable Gaussians", "xor": "XOR data"}


def claims(result):
    """Judge confidence and accuracy at every c, with and without f(0), at an early and a late stop."""
    at = result.arrays["log2_c"]
    small, large = (f"2^{end:g}" for end in at[[0, -1]])
    late = f"{result.params['late']:g} times that training risk"
    return [
        _same_training(result),
        _plain_over(result, large),
        _plain_slope(result),
        _under(
            result,
            "stop-under",
            {name: f"{name}_twins_" for name in DATA},
            "With f(0) = 0 (twins) the best temperature on fresh data is below 1 at every c, on both sets of data: at "
            "the first stop no mean over seeds is over-confident",
        ),
        _under(
            result,
            "late-separable",
            {"separable": "separable_twins_late_"},
            f"With f(0) = 0, stopped at {late}, networks on {TITLES['separable']} still have a best temperature below "
            "1 at every c",
        ),
        above(
            "late-xor",
            f"With f(0) = 0, stopped at {late}, networks of c = {large} on XOR data are over-confident: mean "
            "confidence minus accuracy",
            SOURCE,
            statistics.interval(result.arrays["xor_twins_late_over"][:, -1]),
            detail=f"at {small} {result.arrays['xor_twins_late_over'][:, 0].mean():+.3f}",
        ),
        _rise(result, small, large),
        _margins(result, small, large),
        _cooled(result, small, large),
        _reached(result),
    ]


def _same_training(result):
    """Claim on the largest change of training confidence between the two ends, compared with that on new data."""
    trained = {name: result.arrays[f"{name}_twins_train_confidence"] for name in DATA}
    found = {name: statistics.interval(v[:, -1] - v[:, 0]) for name, v in trained.items()}
    worst = max(found, key=lambda name: max(abs(found[name].low), abs(found[name].high)))
    fresh = result.arrays[f"{worst}_twins_confidence"]
    return within(
        "same-training",
        "With f(0) = 0 (twins) the mean confidence on the training data at the stop is the same at the largest and at "
        "the smallest c: a trained network has made up for c",
        SOURCE,
        found[worst],
        0.0,
        0.005,
        "a tenth of what a training confidence of 0.95 lacks to 1",
        detail=f"the farther of {', '.join(DATA)}: {worst}; on fresh data {np.mean(fresh[:, -1] - fresh[:, 0]):+.3f}",
    )


def _plain_over(result, large):
    found = {name: statistics.interval(result.arrays[f"{name}_plain_over"][:, -1]) for name in DATA}
    least = min(found, key=lambda name: found[name].low)
    twins = result.arrays[f"{least}_twins_over"][:, -1].mean()
    return above(
        "plain-over",
        f"At c = {large} a plain start, f(0) not 0, ends over-confident by more than 0.1 on both sets of data: mean "
        "confidence minus accuracy",
        SOURCE,
        found[least],
        0.1,
        why="twice what the training confidence of 0.95 lacks to 1",
        detail=f"the smaller of {', '.join(DATA)}: {least}; twins {twins:+.3f}; {_four(result)}",
    )


def _plain_slope(result):
    """Claim on XOR; on separable data some plain networks are right less than half the time, so no T > 0 is best."""
    at, T = result.arrays["log2_c"][-2:], np.log2(result.arrays["xor_plain_temperature"][:, -2:])
    return within(
        "plain-temperature",
        f"On XOR data the best temperature of plain starts grows in proportion to c between 2^{at[0]:g} and "
        f"2^{at[1]:g}: exponent of c",
        "[D] science.md#temperature",
        statistics.interval((T[:, 1] - T[:, 0]) / (at[1] - at[0])),
        1.0,
        0.25,
        "nearer to 1 than to 1/2 or 3/2; c f(0) has not yet outgrown all else",
        detail=f"T = {2 ** T[:, 1].mean():.3g} at 2^{at[1]:g}",
    )


def _under(result, id, prefixes, statement):
    """Claim on log2 T at the c and the data for which it is largest."""
    found = {}
    for name, prefix in prefixes.items():
        T = np.log2(result.arrays[f"{prefix}temperature"])
        k = int(T.mean(axis=0).argmax())
        found[f"{name}, c = 2^{result.arrays['log2_c'][k]:g}"] = statistics.interval(T[:, k])
    worst = max(found, key=lambda where: found[where].high)
    detail = f"where it is largest: {worst}, T = {2 ** found[worst].mean:.2g}"
    return below(id, statement, SOURCE, found[worst], 0.0, "log2 T", detail)


def _rise(result, small, large):
    T = {late: np.log2(result.arrays[f"xor_twins_{late}temperature"]) for late in ("", "late_")}
    found = {late: statistics.interval(v[:, -1] - v[:, 0]) for late, v in T.items()}
    worst = min(found, key=lambda late: found[late].low)
    values = ", ".join(f"{2 ** v[:, 0].mean():.2f} to {2 ** v[:, -1].mean():.2f}" for v in T.values())
    return above(
        "temperature-rises",
        f"With f(0) = 0 on XOR data the best temperature is higher at c = {large} than at {small}, at both stops",
        SOURCE,
        found[worst],
        unit="log2 T",
        detail=f"the smaller rise; T from {values} (first, late stop)",
    )


def _margins(result, small, large):
    ratio = {}
    for name in DATA:
        margin, train = (result.arrays[f"{name}_twins_{key}"] for key in ("margin", "train_margin"))
        ratio[name] = margin / train
    other = ratio["separable"].mean(axis=0)
    sizes = result.arrays["xor_twins_normalised"].mean(axis=0)
    return above(
        "margins",
        f"With f(0) = 0 on XOR data a larger part of the mean training margin is found again in fresh data at "
        f"c = {small} than at {large}: by more than 0.1",
        SOURCE,
        statistics.interval(ratio["xor"][:, 0] - ratio["xor"][:, -1]),
        0.1,
        why="three times the difference on separable data, 0.03",
        detail=f"{ratio['xor'][:, 0].mean():.2f} and {ratio['xor'][:, -1].mean():.2f}, separable {other[0]:.2f} and "
        f"{other[-1]:.2f}; smallest margin over |theta|^2 {sizes[0]:.3f} and {sizes[-1]:.4f}",
    )


def _cooled(result, small, large):
    cooled, raw = (result.arrays[f"xor_twins_{key}"] for key in ("cooled", "nll"))
    return above(
        "not-a-temperature",
        f"With f(0) = 0 on XOR data, each network at its own best temperature, c = {large} still has a higher "
        f"log-likelihood loss on fresh data than c = {small}, by more than 0.05 nats: c is more than a temperature",
        SOURCE,
        statistics.interval(cooled[:, -1] - cooled[:, 0]),
        0.05,
        "nats",
        why="half of the training risk at which both stop",
        detail=f"without temperatures {np.mean(raw[:, -1] - raw[:, 0]):.3f}; {_four(result, 'xor')}",
    )


def _four(result, name="separable"):
    """Return text with the twins' four numbers and silent mass at the smallest and largest c (science.md#causes)."""
    words = NUMBERS | {"silent": "silent"}
    ends = {words[key]: result.arrays.get(f"{name}_twins_{key}") for key in words}
    values = (f"{w} {v[:, 0].mean():.4f}, {v[:, -1].mean():.4f}" for w, v in ends.items() if v is not None)
    return f"errors of twins on {name} at both ends: {'; '.join(values)}"


def _reached(result):
    """Claim that all runs reach the first stop. On XOR, a few networks with small c do not reach the late one."""
    first, late = (
        np.concatenate([result.arrays[f"{d}_{s}_{stop}status"].ravel() for d in DATA for s in STARTS])
        for stop in ("", "late_")
    )
    statement = "Every network reaches the training risk of the first stop"
    detail = f"{(late != 'reached').sum()} of as many end above the risk of the late stop"
    failed = int((first != "reached").sum())
    return count("reached", statement, "[M] science.md#u-curve", failed, first.size, "runs", detail=detail)
