"""Results of a sweep: its runs as grids (seed, c, learning rate), and for each c the accuracy at its best rate.

`fls sweep` prints these numbers, `fls plot` draws them and `fls export` marks the runs that they come from (no torch).
"""

from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property

import numpy as np

from fls_teach.diagnosis import FinishedRun, diagnose
from fls_teach.statistics import interval
from fls_teach.vision.own import is_own
from fls_teach.vision.run import FIRST_FIELDS, Run
from fls_teach.vision.sweep.cells import Cells
from fls_teach.vision.sweep.provenance import mixtures
from fls_teach.vision.sweep.selection import choose, notes, power

STOPS = {
    "train-accuracy": "{:g}% training accuracy",
    "train-risk": "training risk {:g}",
    "validation-risk": "{:g} epochs without a lower validation risk",
}
STATUSES = "reached", "budget", "diverged", "dead", "missing"


@dataclass(frozen=True)
class Grid:
    """Runs that differ only in c, learning rate and seed, finished or not."""

    common: Run
    """A run with the shared fields; its c, lr and seed are to be ignored."""
    log2_c: np.ndarray
    """(m,), increasing."""
    lr: np.ndarray
    """(r,), increasing."""
    accuracy: np.ndarray
    """Peak test accuracy (s, m, r), NaN where the run is missing."""
    status: np.ndarray
    """(s, m, r): one of `STATUSES`."""
    final: np.ndarray = None
    """Test accuracy after the last epoch (s, m, r), NaN where the run is missing."""
    needless: np.ndarray = None
    """(s, m, r): whether the run is missing because it is needless; see `fls_teach.vision.sweep.cells.Cells`."""
    runs: dict = field(default_factory=dict)
    """Place (seed, c, rate) -> Run, finished or not."""
    records: dict = field(default_factory=dict)
    """Place (seed, c, rate) -> record of a finished run."""

    @cached_property
    def whole(self):
        """Mask (s,) of the seeds that lack only needless runs, so have comparable means; all seeds if there is none."""
        whole = ((self.status != "missing") | self.needless).all(axis=(1, 2))
        return whole if whole.any() else np.ones_like(whole)

    @cached_property
    def choice(self):
        """The selection of `RULE` from the seeds that are whole."""
        return choose(self.accuracy[self.whole], self.status[self.whole])

    @property
    def title(self):
        """Title that says what was trained."""
        run = self.common
        images = f"{run.n:,} {run.data} images" if run.n else f"all {run.data} images"
        dimension = f" of dimension {run.dimension}" if run.data in ("latent", "biggan") else ""
        later = [f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}" for name, value in _later(run)]
        kind = ", ".join([run.model, f"width {run.width}", f"norm {run.norm}", *["centred"] * run.centred, *later])
        return f"{kind}: {images}{dimension}, {run.n_classes} classes"

    @property
    def target(self):
        """Phrase that says when runs stop."""
        unit = 0.01 if self.common.stop == "train-accuracy" else 1
        return STOPS[self.common.stop].format(self.common.target / unit)

    @property
    def notes(self):
        """Sentences that a reader of the table or the figure has to know."""
        found = notes(self.log2_c, self.lr, self.accuracy[self.whole], self.status[self.whole], self.target)
        return [*found, *self.run_notes]

    @property
    def run_notes(self):
        """The notes on the runs, without those on the edges of the grid."""
        return [*self._nearest(), *self._left_out(), *mixtures(self.records.values())]

    def _nearest(self):
        """If no run reached its target, say which cell came nearest and whether it lies on the edge of the grid."""
        risks = np.full(self.status.shape, np.nan)
        for place, record in self.records.items():
            if self.status[place] == "budget":  # a run that died or diverged was not approaching its target
                risks[place] = record["trained"]["train_risk"][-1]
        cells = risks.mean(axis=0)  # NaN where a seed is missing, died or diverged
        if (self.status == "reached").any() or not np.isfinite(cells).any():
            return
        i, j = np.unravel_index(np.nanargmin(cells), cells.shape)
        edges = [
            f"its {name} is the {'largest' if k else 'smallest'} of the grid"
            for name, k, size in (("c", i, len(self.log2_c)), ("learning rate", j, len(self.lr)))
            if size > 1 and k in (0, size - 1)
        ]
        where = f": {' and '.join(edges)}" if edges else ""
        yield f"The lowest training risk is at c = {power(self.log2_c[i])}, learning rate {self.lr[j]:g}{where}."

    def _left_out(self):
        """Say which cells have needless runs."""
        cells = [f"({power(self.log2_c[i])}, {self.lr[j]:g})" for i, j in np.argwhere(self.needless.any(axis=0))]
        if cells:
            yield (
                f"{self.needless.sum()} runs are missing because they can change nothing: at (c, lr) = "
                f"{', '.join(cells)} another seed failed, so the rate does not count, and another rate may "
                "(--all-cells trains them)."
            )

    @property
    def troubles(self):
        """A sentence of `fls_teach.diagnosis.diagnose` for each c that is not healthy at its best rate."""
        reached = (self.status == "reached").sum(axis=0)  # (m, r)
        means = np.nan_to_num(self.accuracy).mean(axis=0)
        rates = [max(range(len(self.lr)), key=lambda j, i=i: (reached[i, j], means[i, j])) for i in range(len(reached))]
        runs = [
            [_finished(self.records[s, i, j]) for s in range(len(self.status)) if (s, i, j) in self.records]
            for i, j in enumerate(rates)
        ]
        best = max(range(len(rates)), key=lambda i: (reached[i, rates[i]], means[i, rates[i]]))
        found = [(i, diagnose(each, runs[best], self.common.n_classes)) for i, each in enumerate(runs) if each]
        return [f"c = {power(self.log2_c[i])}: {each.sentence}" for i, each in found if each.name != "healthy"]


@dataclass(frozen=True)
class Row:
    """Results at one c of one kind of run, at the learning rates selected by `RULE`."""

    kind: dict
    """The fields that differ within the sweep, except for c, lr and seed."""
    c: float
    rates: tuple
    """The selected learning rates: one, or two if the halves of the seeds disagree; empty if no rate counts."""
    accuracy: float | None
    """Mean over seeds of the peak test accuracy; None if no rate counts."""
    low: float | None
    high: float | None
    """Ends of its 95% interval (see `fls_teach.vision.sweep.selection.INTERVAL`); None with one seed."""
    final: float | None
    """Mean over seeds of the test accuracy after the last epoch, at the same rates."""
    final_low: float | None
    final_high: float | None
    seeds: int
    """Number of seeds that lack only needless runs, or of all seeds if there is none."""
    statuses: dict
    """Number of runs at this c, over all rates and seeds, by `STATUSES`."""


def grids(runs, records):
    """Arrange `runs` in grids.

    Parameters
    ----------
    runs : list of Run
        All runs of the sweep.
    records : list of dict
        Records of the finished runs, as `fls_teach.vision.sweep.sweep.sweep` returns them.

    Returns
    -------
    list of Grid
        In the order of `runs`.
    """
    finished = {Run(**record["run"]): record for record in records}
    groups = {}
    for run in runs:
        groups.setdefault(replace(run, c=1.0, lr=1.0, seed=0), []).append(run)
    return [_grid(common, members, finished) for common, members in groups.items()]


def _grid(common, runs, finished):
    axes = [sorted({getattr(run, name) for run in runs}) for name in ("seed", "c", "lr")]
    accuracy = np.full([len(axis) for axis in axes], np.nan)
    final, needless = accuracy.copy(), np.zeros(accuracy.shape, dtype=bool)
    status = np.full(accuracy.shape, "missing", dtype="<U8")
    cells = Cells(runs, {run: finished[run]["trained"]["status"] for run in runs if run in finished})
    runs = {
        tuple(axis.index(getattr(run, name)) for axis, name in zip(axes, ("seed", "c", "lr"), strict=True)): run
        for run in runs
    }
    records = {place: finished[run] for place, run in runs.items() if run in finished}
    for place, run in runs.items():
        if place in records:
            trained = records[place]["trained"]
            status[place] = trained["status"]
            accuracy[place], final[place] = trained["peak_test_accuracy"], trained["final_test_accuracy"]
        else:
            needless[place] = cells.is_needless(run)
    return Grid(common, np.log2(axes[1]), np.array(axes[2]), accuracy, status, final, needless, runs, records)


def _finished(record):
    """Return what a diagnosis needs to know about a finished run. The recorded risks are those of c f."""
    trained, run = record["trained"], record["run"]
    # With plain SGD and no norm the trainer detects every dead network; earlier versions did not look for them.
    looked = "engine" in record and run["norm"] == "none" and not is_own(run["model"])
    is_slow = trained["status"] == "budget" and looked and not {"momentum", "weight_decay", "optimiser"} & set(run)
    return FinishedRun(
        trained["train_risk"],
        1 - trained["peak_test_accuracy"],
        "slow" if is_slow else trained["status"],
        train_accuracy=trained["train_accuracy"][-1],
        scale=run["c"],
        seed=run["seed"],
    )


def _later(run):
    """Return the fields that runs of the first version did not have and that differ from their defaults."""
    return [(name.replace("_", " "), value) for name, value in run.parameters.items() if name not in FIRST_FIELDS]


def varying(found):
    """Return the names of the fields in which grids differ, in the order of Run's fields."""
    fields = [asdict(grid.common) for grid in found]
    return [name for name in vars(Run()) if len({each[name] for each in fields}) > 1]


def best_rates(found):
    """Return a Row for each c of each grid.

    Parameters
    ----------
    found : list of Grid

    Returns
    -------
    list of Row
    """
    names = varying(found)
    return [row for grid in found for row in _rows(grid, {name: getattr(grid.common, name) for name in names})]


def remarks(found):
    """Return the notes of all grids, without repetition, and notes on mixtures between grids.

    Parameters
    ----------
    found : list of Grid

    Returns
    -------
    list of str
    """
    between = mixtures(record for grid in found for record in grid.records.values()) if len(found) > 1 else []
    return list(dict.fromkeys([*(note for grid in found for note in grid.notes), *between]))


def troubles(found):
    """Return sentences that say what is wrong at which c of which grid.

    Parameters
    ----------
    found : list of Grid

    Returns
    -------
    list of str
    """
    names = varying(found)
    kinds = ["".join(f"{name} = {getattr(grid.common, name)}, " for name in names) for grid in found]
    return [kind + trouble for kind, grid in zip(kinds, found, strict=True) for trouble in grid.troubles]


def _rows(grid, kind):
    choice = grid.choice
    final = choice.at(grid.final[grid.whole])
    for i, log2_c in enumerate(grid.log2_c):
        peak = interval(choice.curve[:, i])
        yield Row(
            kind,
            float(2.0**log2_c),
            tuple(grid.lr[choice.rates(i)].tolist()),
            *_numbers(peak),
            *_numbers(interval(final[:, i])),
            peak.n,
            dict(Counter(grid.status[:, i].ravel().tolist())),
        )


def _numbers(mean):
    return (float(value) if np.isfinite(value) else None for value in (mean.mean, mean.low, mean.high))
