"""benchmarks/results/cifar.csv, one row per finished run, and the curves of accuracy against c in it."""

import csv
from pathlib import Path

import numpy as np

RECORD = Path(__file__).parents[1] / "results" / "cifar.csv"
DESIGN = "model width n momentum batch schedule budget".split()
"""What the runs of one table share; `budget` is in epochs."""
COLUMNS = [*DESIGN, *"centred log2_c lr seed status epochs peak final train_accuracy".split()]
RUN = COLUMNS[: COLUMNS.index("status")]
"""What tells runs apart; the rest is what became of them."""
RATES = 3
"""Rates at which seed 0 must have been trained at a c before it chooses one."""
COUNTS = "reached", "budget"
"""A run that spent its epochs counts with what it had reached by then; one that died or diverged does not."""
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
                self.judged[c] = {row["seed"]: peak(row) for row in self.judging(c)}

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


def with_longer(rows):
    """Values of `DESIGN` -> the rows that have them, and rows of the same but for a longer budget and without seed 0.

    Those take their rates from seed 0 of the shorter budget, so they are no curve of their own.
    """
    each = networks(rows)
    chosen = {key for key, some in each.items() if any(row["seed"] == CHOOSER for row in some)}

    def of(key):
        return max((one for one in chosen if one[:-1] == key[:-1] and one[-1] < key[-1]), default=key)

    found = {key: (some, []) for key, some in each.items() if key in chosen or of(key) == key}
    for key, some in each.items():
        if key not in found:
            found[of(key)][1].extend(some)
    return found


def judged_longer(curve, longer):
    """Budget in epochs -> log2 c -> seed -> row of `longer`, plain, at the rates of `curve`."""
    found = {}
    for row in longer:
        if not row["centred"] and row["lr"] == curve.rates.get(row["log2_c"]):
            found.setdefault(row["budget"], {}).setdefault(row["log2_c"], {})[row["seed"]] = row
    return found


def peak(row):
    """Peak test accuracy; NaN if the run does not count."""
    return row["peak"] if row["status"] in COUNTS else np.nan
