"""What benchmarks/results/cifar.csv says of c on real images: one row per finished run, one table per network."""

import csv
from pathlib import Path

import numpy as np

from fls_teach.demos.heatmap.claims import gain
from fls_teach.statistics import at_best_rate, interval

from .words import points, powers, table

RECORD = Path(__file__).parents[1] / "results" / "cifar.csv"
DESIGN = "model width n momentum batch budget".split()
"""What the runs of one table share; `budget` is in epochs."""
COLUMNS = [*DESIGN, *"centred log2_c lr seed status epochs peak final train_accuracy".split()]
RATES = 3
"""Rates at which a seed must have been trained at a c to be complete there."""
COUNTS = "reached", "budget"
"""A run that spent its epochs counts with what it had reached by then; one that died or diverged does not."""


def read(path=RECORD):
    """The rows of the CSV as dicts of numbers and words.

    Raises
    ------
    ValueError
        In one sentence, if it has other columns or something that is no number in one.
    """
    with Path(path).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or list(rows[0]) != COLUMNS:
        raise ValueError(f"'{path}' has not the columns {', '.join(COLUMNS)} and a row; make it with cifar.py")
    kinds = dict.fromkeys(COLUMNS, float) | dict.fromkeys(
        ("width", "n", "batch", "budget", "centred", "seed", "epochs"), int
    )
    kinds |= dict.fromkeys(("model", "status"), str)
    return [{name: kind(row[name]) for name, kind in kinds.items()} for row in rows]


def networks(rows):
    """Values of `DESIGN` -> the rows that have them, in the order of the rows."""
    found = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in DESIGN), []).append(row)
    return found


class Curve:
    """Accuracy against c of one network, plain or centred.

    Attributes
    ----------
    log2_c : ndarray (m,)
        Increasing.
    seeds : list of list
        Complete seeds at each c.
    accuracy : list of ndarray
        At each c the peak test accuracy of its complete seeds, at the rate that is best for the other half of them; of
        a single seed at its own best rate. NaN where no rate counts.
    """

    def __init__(self, rows, centred):
        self.rows = [row for row in rows if row["centred"] == centred]
        self.log2_c = np.array(sorted({row["log2_c"] for row in self.rows}))
        self.seeds = [self._complete(c) for c in self.log2_c]
        self.accuracy = []
        for c, seeds in zip(self.log2_c, self.seeds, strict=True):
            peak, counts = self._grid(seeds, [c])
            self.accuracy.append(at_best_rate(peak, counts)[0][:, 0] if seeds else np.array([]))

    @property
    def common(self):
        """Seeds that are complete at every c."""
        return sorted(set.intersection(*map(set, self.seeds))) if self.seeds else []

    def gain(self, end):
        """Accuracy of the common seeds at the best c inside the range minus that at one end: (s,)."""
        return gain(*self._grid(self.common, self.log2_c), end)

    def at(self, c):
        """Rows at one c."""
        return [row for row in self.rows if row["log2_c"] == c]

    def _complete(self, c):
        rates = {}
        for row in self.at(c):
            rates.setdefault(row["seed"], set()).add(row["lr"])
        return sorted(seed for seed, tried in rates.items() if len(tried) >= RATES)

    def _grid(self, seeds, some_c):
        """Peak accuracy and whether it counts (s, m, r), over all rates; a run that was not made does not count."""
        rates = sorted({row["lr"] for row in self.rows})
        peak = np.full((len(seeds), len(some_c), len(rates)), np.nan)
        counts = np.zeros(peak.shape, dtype=bool)
        some_c = list(some_c)
        for row in self.rows:
            if row["seed"] in seeds and row["log2_c"] in some_c:
                place = seeds.index(row["seed"]), some_c.index(row["log2_c"]), rates.index(row["lr"])
                peak[place], counts[place] = row["peak"], row["status"] in COUNTS
        return peak, counts


def real_images(rows=None):
    """The text below docs/science.md#real-images, and of benchmarks/results/cifar.md."""
    rows = read() if rows is None else rows
    parts = [_network(*key, some) for key, some in networks(rows).items()]
    head = """CIFAR-100, the first 10 fine classes, as many training images of each, and their 1,000 test images; SGD
until 99% training accuracy. Peak test accuracy in percent, at the rate that is best for the other half of the seeds; a
single seed takes its own best, which flatters it. A seed is complete at a c with three rates or more. The test images
are the same for all seeds: an interval says what other seeds would give on these, and one standard error over images is
up to 1.6 points."""
    return "\n\n".join([head, *parts])


def _network(model, width, n, momentum, batch, budget, rows):
    curves = {name: Curve(rows, centred) for centred, name in enumerate(("plain", "centred"))}
    curves = {name: curve for name, curve in curves.items() if curve.rows}
    every_c = sorted({c for curve in curves.values() for c in curve.log2_c})
    lines = [[model, *powers(every_c)]]
    for name, curve in curves.items():
        places = [list(curve.log2_c).index(c) if c in curve.log2_c else None for c in every_c]
        lines.append([f"{name}: accuracy", *("" if i is None else _accuracy(curve.accuracy[i]) for i in places)])
        lines.append([f"{name}: seeds", *("" if i is None else _seeds(curve.seeds[i]) for i in places)])
        lines.append([f"{name}: how runs ended", *(_endings(curve.at(c)) for c in every_c)])
    reached = sum(row["status"] == "reached" for row in rows)
    head = (
        f"**{model}**, width {width}, {n:,} images, momentum {momentum:g}, batch {batch}, {budget} epochs at most: "
        f"{len(rows)} runs are finished, {reached} reached the target."
    )
    if reached < len(rows):
        head += " An accuracy without the target is that of its epochs: a difference may be one of speed alone."
    text = [head, table(lines[0], lines[1:]), *(_verdict(name, curve) for name, curve in curves.items())]
    if len(curves) == 2:
        text.append(_centring(*curves.values()))
    return "\n\n".join(text)


def _accuracy(values):
    if not len(values):
        return "open"
    if np.isnan(values).any():
        return "none counts"
    found = interval(100 * values)
    return f"{found.mean:.1f}" + (f" ± {found.half:.1f}" if len(values) > 1 else "")


def _seeds(seeds):
    return ", ".join(map(str, seeds)) or "none complete"


def _endings(rows):
    counts = {}
    for row in rows:
        counts[row["status"]] = counts.get(row["status"], 0) + 1
    return ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))


def _verdict(name, curve):
    seeds, ends = curve.common, dict(zip(("left", "right"), (0, -1), strict=True))
    if not seeds:
        return f"- {name}: no seed is complete at every c, so nothing is judged."
    if len(curve.log2_c) < 3:
        return f"- {name}: a U needs three c, and only {', '.join(powers(curve.log2_c))} have been tried."
    found = {side: curve.gain(end) for side, end in ends.items()}
    words = " and ".join(
        f"{100 * values[0]:.1f}" if len(seeds) == 1 else points(values, 1, cross_fitted=True)
        for values in found.values()
    )
    low, high = powers(curve.log2_c[[0, -1]])
    said = f"- {name}: the best c inside the range has {words} points more than {low} and {high}"
    if any(np.isnan(values).any() for values in found.values()):
        return f"- {name}: at {low}, at {high} or at all c between no rate counts, so no U is judged."
    if len(seeds) == 1:
        return f"{said} for seed {seeds[0]}, the only one that is complete at every c: one seed decides nothing."
    sides = [side for side, values in found.items() if interval(values, cross_fitted=True).low > 0]
    shape = {2: "an inverted U", 1: f"a fall on the {'/'.join(sides)} only", 0: "no U"}[len(sides)]
    return f"{said}, {len(seeds)} seeds, paired: {shape}."


def _centring(plain, centred):
    """Paired difference of centred and plain, where both have seeds."""
    found = []
    for c in sorted(set(plain.log2_c) & set(centred.log2_c)):
        i, j = list(plain.log2_c).index(c), list(centred.log2_c).index(c)
        both = [seed for seed in plain.seeds[i] if seed in centred.seeds[j]]
        if both:
            pick = [plain.seeds[i].index(seed) for seed in both], [centred.seeds[j].index(seed) for seed in both]
            gained = centred.accuracy[j][pick[1]] - plain.accuracy[i][pick[0]]
            if np.isfinite(gained).all():
                words = points(gained, 1) if len(both) > 1 else f"{100 * gained[0]:+.1f} (one seed)"
                found.append(f"{powers([c])[0]}: {words}")
    return f"- centred minus plain, paired, in points: {'; '.join(found) or 'no seed has both yet'}."
