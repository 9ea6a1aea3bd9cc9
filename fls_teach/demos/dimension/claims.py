"""What the dimension demo claims of its grids, judged from its saved arrays."""

import numpy as np

from fls_teach import statistics
from fls_teach.demos.framework.claim import Measured, above
from fls_teach.demos.heatmap.claims import end_claim


def grids(result):
    """Accuracy and whether the target was reached, (s, m, r) both, for each dimension."""
    return list(zip(result.arrays["peak"], result.arrays["status"] == "reached", strict=True))


def curves(result):
    """Accuracy (s, m) at the best rate, for each dimension."""
    return [statistics.at_best_rate(*grid)[0] for grid in grids(result)]


GAINS = {"left": "2^{low:g}", "one": "c = 1", "right": "2^{high:g}"}
"""What the best c is compared with."""


def gains(result):
    """For each of `GAINS`, accuracy at the best c minus accuracy there (d, s); the best is chosen by other seeds."""
    log2_c = result.arrays["log2_c"]
    places = {"left": 0, "one": int(np.abs(log2_c).argmin()), "right": len(log2_c) - 1}
    found = {name: [] for name in places}
    for grid, curve in zip(grids(result), curves(result), strict=True):
        try:
            best = statistics.at(curve, statistics.best_multiplier(*grid))
        except ValueError:
            best = np.full(len(curve), np.nan)
        for name, place in places.items():
            found[name].append(best - curve[:, place])
    return {name: np.array(rows) for name, rows in found.items()}


def claims(result):
    """At every dimension the best c beats both ends, and by more the larger the dimension: both judged."""
    dimensions, log2_c, table = result.params["dimensions"], result.arrays["log2_c"], []
    for dimension, grid in zip(dimensions, grids(result), strict=True):
        table += [end_claim(log2_c, *grid, side, f"dimension {dimension}: ") for side in ("left", "right")]
    for name, gain in gains(result).items():
        over = GAINS[name].format(low=log2_c[0], high=log2_c[-1])
        each = "; ".join(_gain_in_words(dimension, row) for dimension, row in zip(dimensions, gain, strict=True))
        growth = statistics.interval(100 * (gain[-1] - gain[0]), cross_fitted=True)
        statement = f"the gain of the best c over {over} grows from dimension {dimensions[0]} to {dimensions[-1]}"
        table.append(above(f"grows-{name}", statement, "[P] science.md#images", growth, unit="points", detail=each))
    return table


def _gain_in_words(dimension, gain):
    if not np.isfinite(gain).all():
        return f"{dimension}: no rate brought every seed to the target"
    return f"{dimension}: {Measured.of(statistics.interval(100 * gain, cross_fitted=True), 'points').words}"
