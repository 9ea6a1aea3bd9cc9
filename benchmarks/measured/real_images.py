"""What benchmarks/results/cifar.csv says of c on real images: one row per finished run, one table per network."""

import csv
from pathlib import Path

import numpy as np

from fls_teach.statistics import interval

from .words import points, powers, table

RECORD = Path(__file__).parents[1] / "results" / "cifar.csv"
DESIGN = "model width n momentum batch schedule budget".split()
"""What the runs of one table share; `budget` is in epochs."""
COLUMNS = [*DESIGN, *"centred log2_c lr seed status epochs peak final train_accuracy".split()]
RATES = 3
"""Rates at which seed 0 must have been trained at a c before it chooses one."""
COUNTS = "reached", "budget"
"""A run that spent its epochs counts with what it had reached by then; one that died or diverged does not."""
LESS_FITTED = 0.05
"""A difference in training accuracy that is told beside a difference in test accuracy."""
CHOOSER = 0
"""The seed that chooses the rates and the best c. It judges nothing, so no judged number is flattered by a choice."""


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
    kinds |= dict.fromkeys(("model", "schedule", "status"), str)
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
    log2_c : list of float
        Increasing.
    rates : dict of float to float
        log2 c -> the rate at which the chooser's peak test accuracy is highest; no c where it has too few rates, or
        where none counts.
    chosen : dict of float to float
        log2 c -> that accuracy.
    judged : dict of float to dict
        log2 c -> seed -> peak test accuracy at that rate; NaN if the run does not count.
    """

    def __init__(self, rows, centred):
        self.rows = [row for row in rows if row["centred"] == centred]
        self.log2_c = sorted({row["log2_c"] for row in self.rows})
        self.rates, self.chosen, self.judged = {}, {}, {}
        for c in self.log2_c:
            tried = [row for row in self.at(c) if row["seed"] == CHOOSER]
            counting = [row for row in tried if row["status"] in COUNTS]
            if counting and len({row["lr"] for row in tried}) >= RATES:
                best = max(counting, key=lambda row: row["peak"])
                self.rates[c], self.chosen[c] = best["lr"], best["peak"]
                self.judged[c] = {
                    row["seed"]: row["peak"] if row["status"] in COUNTS else np.nan for row in self.judging(c)
                }

    def at(self, c):
        """Rows at one c."""
        return [row for row in self.rows if row["log2_c"] == c]

    def judging(self, c):
        """Rows of the judging seeds at one c, at the chosen rate."""
        return [row for row in self.at(c) if row["seed"] != CHOOSER and row["lr"] == self.rates.get(c)]

    def best_inside(self):
        """The c that is the chooser's best, ends apart."""
        return max(self.log2_c[1:-1], key=lambda c: self.chosen[c])

    def gain(self, end):
        """Accuracy at `best_inside` minus that at one end, for each seed that judges at both: (s,)."""
        ours, theirs = self.judged[self.best_inside()], self.judged[self.log2_c[end]]
        return np.array([ours[seed] - theirs[seed] for seed in sorted(set(ours) & set(theirs))])


def real_images(rows=None):
    """The text below docs/science.md#real-images, and of benchmarks/results/cifar.md."""
    rows = read() if rows is None else rows
    parts = [_network(dict(zip(DESIGN, key, strict=True)), some) for key, some in networks(rows).items()]
    head = """CIFAR-100, the first 10 fine classes, as many training images of each, and their 1,000 test images; SGD
until 99% training accuracy or the budget. Seed 0 chooses the learning rate at each c, by peak test accuracy, and the
best c; the other seeds judge: a mean of peak test accuracy in percent, with its 95% interval. The test images are the
same for all seeds: an interval says what other seeds would give on these, and one standard error over images is up to
1.6 points."""
    return "\n\n".join([head, *parts])


def _network(design, rows):
    curves = {name: Curve(rows, centred) for centred, name in enumerate(("plain", "centred"))}
    curves = {name: curve for name, curve in curves.items() if curve.rows}
    every_c = sorted({c for curve in curves.values() for c in curve.log2_c})
    lines = []
    for name, curve in curves.items():
        cells = {
            "learning rate of seed 0": lambda c, curve=curve: f"{curve.rates[c]:g}" if c in curve.rates else "none",
            "its accuracy": lambda c, curve=curve: f"{100 * curve.chosen[c]:.1f}" if c in curve.rates else "none",
            "accuracy of the others": lambda c, curve=curve: _accuracy(list(curve.judged.get(c, {}).values())),
            "their training accuracy at the end": lambda c, curve=curve: _fitted(curve.judging(c)),
        }
        for what, cell in cells.items():
            words = [cell(c) if curve.at(c) else "" for c in every_c]
            if set(words) - {"", "none", "open"}:
                lines.append([f"{name}: {what}", *words])
        lines.append([f"{name}: how all runs ended", *(_endings(curve.at(c)) for c in every_c)])
    reached = sum(row["status"] == "reached" for row in rows)
    text = [
        f"**{design['model']}**, width {design['width']}, {design['n']:,} images, momentum {design['momentum']:g}, "
        f"batch {design['batch']}, {design['schedule']} rate, {design['budget']} epochs at most: {len(rows)} runs are "
        f"finished, {reached} reached the target.",
        table([design["model"], *powers(every_c)], lines),
        *(_verdict(name, curve) for name, curve in curves.items()),
    ]
    if len(curves) == 2:
        text.append(_centring(*curves.values()))
    return "\n\n".join(text)


def _accuracy(values):
    if not values:
        return "open"
    found = interval(100 * np.array(values))
    if np.isnan(found.mean):
        return f"{np.isnan(values).sum()} of {len(values)} failed"
    return f"{found.mean:.1f}" + (f" ± {found.half:.1f}" if len(values) > 1 else "")


def _fitted(rows):
    return f"{100 * np.mean([row['train_accuracy'] for row in rows]):.0f}" if rows else "open"


def _endings(rows):
    counts = {}
    for row in rows:
        counts[row["status"]] = counts.get(row["status"], 0) + 1
    return ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))


def _verdict(name, curve):
    if len(curve.log2_c) < 3:
        return f"- {name}: a U needs three c, and only {', '.join(powers(curve.log2_c))} have been tried."
    if missing := [c for c in curve.log2_c if c not in curve.rates]:
        return f"- {name}: seed 0 has no rate that counts at {', '.join(powers(missing))}, so no U is judged."
    low, best, high = powers([curve.log2_c[0], curve.best_inside(), curve.log2_c[-1]])
    left, right = (curve.gain(end) for end in (0, -1))
    if min(len(left), len(right)) < 2 or np.isnan([*left, *right]).any():
        apart = [100 * (curve.chosen[curve.best_inside()] - curve.chosen[curve.log2_c[end]]) for end in (0, -1)]
        return (
            f"- {name}: for seed 0 {best}, the best c inside the range, has {apart[0]:+.1f} and {apart[1]:+.1f} points "
            f"more than {low} and {high}; too few other seeds count at these three to judge that."
        )
    falls = [side for side, gained in (("left", left), ("right", right)) if interval(gained).low > 0]
    shape = {2: "an inverted U", 1: f"a fall on the {''.join(falls)} only", 0: "no U"}[len(falls)]
    return (
        f"- {name}: {best}, the best c inside the range for seed 0, has {points(left, 1)} and {points(right, 1)} "
        f"points more than {low} and {high}, for {len(left)} and {len(right)} other seeds, paired: {shape}."
        f"{_slow(curve)}"
    )


def _slow(curve):
    """A sentence for ends where less was fitted than at the best c: a fall there may be one of speed."""
    fitted = {c: np.mean([row["train_accuracy"] for row in curve.judging(c)]) for c in curve.log2_c}
    best = fitted[curve.best_inside()]
    less = [c for c in (curve.log2_c[0], curve.log2_c[-1]) if fitted[c] < best - LESS_FITTED]
    return "".join(
        f" At {powers([c])[0]} the runs end with {100 * fitted[c]:.0f}% of the training images right, at the best c "
        f"with {100 * best:.0f}%: the fall to that side may be one of speed alone."
        for c in less
    )


def _centring(plain, centred):
    """Paired difference of centred and plain, where both have judging seeds."""
    found = []
    for c in sorted(set(plain.judged) & set(centred.judged)):
        both = sorted(set(plain.judged[c]) & set(centred.judged[c]))
        gained = np.array([centred.judged[c][seed] - plain.judged[c][seed] for seed in both])
        if len(both) and np.isfinite(gained).all():
            words = points(gained, 1) if len(both) > 1 else f"{100 * gained[0]:+.1f} (one seed)"
            found.append(f"{powers([c])[0]}: {words}")
    return f"- centred minus plain, each at its own rate, paired, in points: {'; '.join(found) or 'not judged yet'}."
