"""What a sweep says in a table: for each c its best learning rate (no torch)."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from statistics import fmean, stdev

from .run import Run


@dataclass(frozen=True)
class Row:
    """One c of one kind of run, at the learning rate with the highest mean peak test accuracy over seeds.

    A rate at which every seed reached its target goes before any at which one did not, as in `fls plot`.
    """

    kind: dict
    """The fields that differ within the sweep, but for c, lr and seed."""
    c: float
    lr: float
    accuracy: float
    """Mean over seeds of the peak test accuracy."""
    error: float | None
    """Its standard error; None with one seed."""
    seeds: int
    statuses: dict
    """How many runs of this c reached their target, spent their budget or diverged, all rates and seeds counted."""


def best_rates(records):
    """A Row for each c, in the order of the kinds and of c.

    Parameters
    ----------
    records : list of dict
        As `fls_teach.vision.sweep.sweep` returns them.
    """
    runs = [record["run"] for record in records]
    varied = [name for name in vars(Run()) if name not in ("c", "lr", "seed") and len({run[name] for run in runs}) > 1]
    cells = defaultdict(lambda: defaultdict(list))  # (kind, c) -> lr -> what became of it, for each seed
    for run, record in zip(runs, records, strict=True):
        cells[tuple(run[name] for name in varied), run["c"]][run["lr"]].append(record["trained"])
    rows = []
    for (kind, c), by_rate in sorted(cells.items()):
        peaks = {lr: [each["peak_test_accuracy"] for each in some] for lr, some in by_rate.items()}
        seeds = max(map(len, peaks.values()))  # a rate has fewer where runs failed
        sound = {lr for lr, some in by_rate.items() if [each["status"] for each in some] == seeds * ["reached"]}
        lr = max(sorted(peaks), key=lambda lr: (lr in sound, fmean(peaks[lr])))
        error = stdev(peaks[lr]) / len(peaks[lr]) ** 0.5 if len(peaks[lr]) > 1 else None
        statuses = Counter(each["status"] for some in by_rate.values() for each in some)
        rows.append(
            Row(dict(zip(varied, kind, strict=True)), c, lr, fmean(peaks[lr]), error, len(peaks[lr]), dict(statuses))
        )
    return rows
