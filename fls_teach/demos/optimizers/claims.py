"""Claims of the demo: exact rules, the effect of axes on Adam, both branches of the U, and rates against c."""

import numpy as np

from fls_teach import statistics
from fls_teach.demos.framework.claim import Claim, Measured, Tolerance, above, count, within
from fls_teach.demos.shared.measures import NUMBERS

from .run import DATA, LAZY, ON_AXES, OPTIMIZERS, RATES, RICH, RULE_STEPS

SOURCE = "[M] science.md#optimizers"
RULE = "[D] science.md#equivalence"
DERIVED = {"sgd": (-1.0, -2.0), "adam": (-0.5, -1.0)}
"""Exponents of c in the largest stable rate, at small and at large c, under a loss with curvature everywhere."""
SAME = 1e-6
"""Two errors that differ by less count as the same: rounding changes them less, another data set more."""


def claims(result):
    """Judge the rules for c, the effect of axes, both branches of the U, the place of the best alpha, and rates."""
    return [
        _rules(result),
        _sgd_turned(result),
        _adam_turned(result),
        _adam_sign(result),
        _adam_worse(result),
        _left(result),
        *_right(result),
        *_shift(result),
        *_rates(result),
        _reached(result),
    ]


def error(result, data, label, start="twins", key="network"):
    """Return test errors (s, m)."""
    return result.arrays[f"{data}_{label}_{start}_{key}"]


def rise(result, data, label, start, end):
    """Return the excess error (s,) at an end of the grid over the best alpha, chosen by the other half of the seeds."""
    errors = error(result, data, label, start)
    return errors[:, end] - statistics.at(errors, statistics.cross_fitted_best(errors, lowest=True))


def best_log2_alpha(result, data, label, start):
    """Return a statistic for `bootstrap`: log2 of the alpha with the smallest mean error over given seeds (..., n)."""
    errors = error(result, data, label, start)
    return lambda seeds: result.arrays["log2_alpha"][errors[seeds].mean(axis=-2).argmin(axis=-1)]


def four(result, label, start):
    """Return text with the four numbers and the silent mass on separable data at smallest, best and largest alpha."""
    words = NUMBERS | {"silent": "silent"}
    k = int(error(result, "separable", label, start).mean(axis=0).argmin())
    means = {words[key]: error(result, "separable", label, start, key).mean(axis=0) for key in words}
    return f"{label}: " + "; ".join(f"{w} {v[0]:.4f}, {v[k]:.4f}, {v[-1]:.4f}" for w, v in means.items())


def _rules(result):
    differ = [result.arrays[f"{data}_{label}_differ"] for data in DATA for label in OPTIMIZERS]
    apart = min(result.arrays[f"{data}_{label}_apart"].min() for data in DATA for label in OPTIMIZERS)
    total = sum(each.size for each in differ) * (RULE_STEPS + 1)
    return count(
        "rules",
        "SGD, momentum, Adam and AdamW, each by its own rule for the rate and the decay, train c f from theta as they "
        "train f from c^(1/2) theta, bit for bit where c^(1/2) is a power of two",
        RULE,
        int(sum(each.sum() for each in differ)),
        total,
        "risks",
        "scaling by a power of two changes no digit",
        detail=f"SGD by Adam's rule or Adam by SGD's: the risks differ by {apart:.0%} or more in every run",
    )


def _sgd_turned(result):
    gaps = np.array([error(result, data, "sgd") - error(result, data, "sgd_axis") for data in DATA])
    return count(
        "sgd-axes",
        "SGD errs the same (to 1e-6) with the signal on coordinate axes and turned in a random direction, seed by seed",
        "[D] science.md#optimizers",
        int((np.abs(gaps) > SAME).sum()),
        gaps.size,
        "pairs of runs",
        "the gradient turns with the data",
        detail=f"largest difference {np.abs(gaps).max():.1e}",
    )


def _adam_turned(result):
    at, found = result.arrays["log2_alpha"], {}
    for data in DATA:
        gaps = error(result, data, "adam_axis") - error(result, data, "adam")
        k = int(gaps.mean(axis=0).argmin())
        found[f"{data}, alpha = 2^{at[k]:g}"] = statistics.interval(gaps[:, k])
    least = min(found, key=lambda where: found[where].low)
    return above(
        "adam-axes",
        "Adam errs more by 0.05 or more with the signal on coordinate axes than with the same data turned in a random "
        "direction, at every alpha on both sets of data",
        SOURCE,
        found[least],
        0.05,
        detail=f"where it is least: {least}",
        why="more than all that Adam errs on separable data at its best alpha, 0.022",
    )


def _adam_sign(result):
    cosine = {
        (label, key): error(result, "separable", label, "twins", key)[:, 0]
        for label in ON_AXES
        for key in ("sign", "sum")
    }
    return above(
        "adam-sign",
        f"At alpha = 2^{result.arrays['log2_alpha'][0]:g} on separable data w^+ ends nearer to sign(x_+) than to x_+ "
        "under Adam: difference of the cosines, signal turned at random",
        SOURCE,
        statistics.interval(cosine["adam", "sign"] - cosine["adam", "sum"]),
        detail="; ".join(
            f"{label}: {cosine[label, 'sign'].mean():.3f} with the sign, {cosine[label, 'sum'].mean():.3f} with the sum"
            for label in ON_AXES
        ),
    )


def _adam_worse(result):
    found, words = {}, []
    for data in DATA:
        best = {}
        for label in ON_AXES:
            errors = error(result, data, label)
            best[label] = statistics.at(errors, statistics.cross_fitted_best(errors, lowest=True))
        found[data] = statistics.interval(best["adam"] - best["sgd"], cross_fitted=True)
        words.append(f"{data} {best['adam'].mean():.4f} and {best['sgd'].mean():.4f}")
    least = min(found, key=lambda data: found[data].low)
    return above(
        "adam-worse",
        "With f(0) = 0 and the signal turned at random, Adam at its best alpha errs more than SGD at its own, on both "
        "sets of data",
        SOURCE,
        found[least],
        detail=f"the smaller: {least}; {', '.join(words)}",
    )


def _least(result, values):
    """Return the interval for the optimizer with the smallest of `values`, and all of them as text."""
    found = {label: statistics.interval(values(label), cross_fitted=True) for label in OPTIMIZERS}
    worst = min(found, key=lambda label: found[label].low)
    return found[worst], f"the least: {worst}; " + ", ".join(f"{k} {v.mean:.4f}" for k, v in found.items())


def _left(result):
    smallest = result.arrays["log2_alpha"][0]
    found, words = _least(result, lambda label: rise(result, "separable", label, "twins", 0))
    return above(
        "left",
        "Under each of the four optimizers the error on separable data with f(0) = 0 rises from the best alpha to "
        f"2^{smallest:g}",
        SOURCE,
        found,
        detail=f"{words}; {four(result, 'sgd', 'twins')}; {four(result, 'adam', 'twins')}",
    )


def _right(result):
    largest = f"2^{result.arrays['log2_alpha'][-1]:g}"

    cure, cures = _least(
        result, lambda o: rise(result, "separable", o, "plain", -1) - rise(result, "separable", o, "twins", -1)
    )
    left, lefts = _least(result, lambda o: rise(result, "xor", o, "twins", -1))
    most = max(rise(result, "separable", label, "twins", -1).mean() for label in OPTIMIZERS)
    return [
        above(
            "right-separable",
            "Under each of the four optimizers f(0) = 0 takes more than 0.1 off the rise of the error from the best "
            f"alpha to {largest} on separable data",
            SOURCE,
            cure,
            0.1,
            why="four times the largest error of any of the four at its best alpha, 0.022",
            detail=f"{cures}; with f(0) = 0 it rises by {most:.4f} at most; {four(result, 'adam', 'plain')}",
        ),
        above(
            "right-xor",
            f"Under each of the four optimizers the error on XOR data rises from the best alpha to {largest} by more "
            "than 0.03 although f(0) = 0",
            SOURCE,
            left,
            0.03,
            detail=lefts,
            why="a fifth of the larger of the errors at the best alpha, 0.14 (Adam)",
        ),
    ]


def shift(result, data, label, start="plain"):
    """Return the bootstrap interval of log2 of the best alpha under an optimizer minus that under SGD, in octaves."""
    one, other = (best_log2_alpha(result, data, each, start) for each in (label, "sgd"))
    return statistics.bootstrap(lambda seeds: one(seeds) - other(seeds), len(error(result, data, label, start)))


def _shift(result):
    """Claim on the shift of the best alpha. Bootstrap intervals on a grid cannot resolve less than its spacing."""
    place = {data: best_log2_alpha(result, data, "sgd", "plain")(np.arange(result.params["n_seeds"])) for data in DATA}
    found = {label: shift(result, "separable", label) for label in ("momentum", "adam")}
    xor = {label: shift(result, "xor", label) for label in found}
    details = {
        label: f"SGD's is 2^{place['separable']:g}; on XOR, from 2^{place['xor']:g}, by {xor[label].mean:g} "
        f"[{xor[label].low:g}, {xor[label].high:g}]"
        for label in found
    }
    adam = found["adam"]
    return [
        within(
            "shift-momentum",
            "Momentum moves the best alpha of plain starts on separable data by two octaves at most",
            SOURCE,
            found["momentum"],
            0.0,
            2.0,
            "a step of the quick preset's grid there",
            "octaves",
            details["momentum"],
        ),
        Claim(
            "shift-adam",
            "Adam moves the best alpha of plain starts on separable data to no smaller value",
            SOURCE,
            ">= 0",
            Measured.of(adam, "octaves", details["adam"]),
            Tolerance(0.0, "the 95% bootstrap interval over seeds holds nothing below 0"),
            adam.low >= 0,
            0.05,
        ),
    ]


def exponents(result, data, label, loss):
    """Return the intervals of the exponent of c in the largest stable rate over log2 c <= `RICH` and over >= `LAZY`."""
    at, rate, found = result.arrays["log2_c"], result.arrays[f"{data}_{label}_{loss}_rate"], []
    for here in (at <= RICH, at >= LAZY):
        x = at[here] - at[here].mean()
        found.append(statistics.interval(rate[:, here] @ x / (x @ x)))
    return found


def _rates(result):
    found = []
    for label, tolerance in (("sgd", 0.5), ("adam", 0.25)):
        gaps, words = [], []
        for data in DATA:
            for each, wanted in zip(exponents(result, data, label, "squared"), DERIVED[label], strict=True):
                gaps.append(statistics.Interval(each.mean - wanted, each.low - wanted, each.high - wanted, each.n))
                words.append(f"{each.mean:.2f}")
        low, high = DERIVED[label]
        found.append(
            within(
                f"rates-{label}",
                f"Squared loss, f(0) = 0: the largest stable rate of {'SGD' if label == 'sgd' else 'Adam'} falls like "
                f"c^{low:g} where c <= 2^{RICH} and like c^{high:g} where c >= 2^{LAZY}; exponents less these",
                "[D] science.md#optimizers",
                max(gaps, key=lambda gap: max(abs(gap.low), abs(gap.high))),
                0.0,
                tolerance,
                "half of what separates the two",
                detail=f"farthest of four: {words[0]} and {words[1]} on separable, {words[2]} and {words[3]} on XOR",
            )
        )
    logistic = {label: exponents(result, "separable", label, "logistic")[1] for label in RATES}
    xor = " and ".join(f"{exponents(result, 'xor', label, 'logistic')[1].mean:.2f}" for label in RATES)
    found.append(
        above(
            "rates-logistic",
            f"Logistic loss on separable data, f(0) = 0: where c >= 2^{LAZY} the largest stable rate of SGD does not "
            "fall like c^-2, as it does under a squared loss, but with an exponent above -1.5",
            SOURCE,
            logistic["sgd"],
            -1.5,
            why="half way from the -2 of a squared loss to the -1 of a step as long as the weights",
            detail=f"Adam {logistic['adam'].mean:.2f}; on XOR SGD and Adam {xor}",
        )
    )
    return found


def _reached(result):
    status = np.concatenate([v.ravel() for k, v in result.arrays.items() if k.endswith("_status")])
    failed = int((status != "reached").sum())
    return count(
        "reached", "Every network reaches its target risk", "[M] science.md#u-curve", failed, status.size, "runs"
    )
