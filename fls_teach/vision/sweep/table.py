"""What a sweep found: its runs as grids of (seed, c, learning rate), and for each c the accuracy at its best rate.

`fls sweep` prints these numbers and `fls plot` draws them (no torch).
"""

from collections import Counter
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from fls_teach.diagnosis import FinishedRun, diagnose
from fls_teach.statistics import at_best_rate, interval
from fls_teach.vision.run import Run

RULE = (
    "each seed at the learning rate that is best for the other half of the seeds, "
    "among the rates at which every seed reached its target"
)
"""How the one accuracy of a c comes from those of all its rates; see `fls_teach.statistics.at_best_rate`."""
STOPS = {
    "train-accuracy": "{:g}% training accuracy",
    "train-risk": "training risk {:g}",
    "validation-risk": "{:g} epochs without a lower validation risk",
}


@dataclass(frozen=True)
class Grid:
    """Runs that differ in c, learning rate and seed alone, finished or not."""

    common: Run
    """What they share; its c, lr and seed mean nothing."""
    log2_c: np.ndarray
    """(m,), increasing."""
    lr: np.ndarray
    """(r,), increasing."""
    accuracy: np.ndarray
    """Peak test accuracy (s, m, r), NaN where the run is missing."""
    status: np.ndarray
    """(s, m, r): "reached", "budget", "diverged" or "missing"."""
    finished: dict = field(default_factory=dict)
    """Place (seed, c, rate) -> FinishedRun."""

    @property
    def whole(self):
        """Which seeds (s,) have all their runs; all of them if none has. Means over other seeds cannot be compared."""
        whole = (self.status != "missing").all(axis=(1, 2))
        return whole if whole.any() else np.ones_like(whole)

    @property
    def title(self):
        """What was trained."""
        run = self.common
        images = f"{run.n:,} {run.data} images" if run.n else f"all {run.data} images"
        dimension = f" of dimension {run.dimension}" if run.data in ("latent", "biggan") else ""
        return f"{run.model}, width {run.width}, norm {run.norm}: {images}{dimension}, {run.n_classes} classes"

    @property
    def target(self):
        """When a run stopped."""
        unit = 0.01 if self.common.stop == "train-accuracy" else 1
        return STOPS[self.common.stop].format(self.common.target / unit)

    @property
    def notes(self):
        """What a reader of the table or the picture has to know: see `notes`."""
        return notes(self.log2_c, self.lr, self.accuracy[self.whole], self.status[self.whole], self.target)

    @property
    def troubles(self):
        """A sentence of `fls_teach.diagnosis.diagnose` for each c with trouble, at the rate that serves it best."""
        reached = (self.status == "reached").sum(axis=0)  # (m, r)
        means = np.nan_to_num(self.accuracy).mean(axis=0)
        rates = [max(range(len(self.lr)), key=lambda j, i=i: (reached[i, j], means[i, j])) for i in range(len(reached))]
        runs = [
            [self.finished[s, i, j] for s in range(len(self.status)) if (s, i, j) in self.finished]
            for i, j in enumerate(rates)
        ]
        best = max(range(len(rates)), key=lambda i: (reached[i, rates[i]], means[i, rates[i]]))
        found = [(i, diagnose(each, runs[best], self.common.n_classes)) for i, each in enumerate(runs) if each]
        return [f"c = 2^{self.log2_c[i]:g}: {each.sentence}" for i, each in found if each.name != "healthy"]


@dataclass(frozen=True)
class Row:
    """One c of one kind of run; `RULE` says at which learning rates."""

    kind: dict
    """The fields that differ within the sweep, but for c, lr and seed."""
    c: float
    rates: tuple
    """The learning rates taken: one, or two where the halves of the seeds disagree; none where no rate counts."""
    accuracy: float | None
    """Mean over seeds of the peak test accuracy; None where no rate counts."""
    low: float | None
    high: float | None
    """Ends of its 95% interval; None with one seed."""
    seeds: int
    """Seeds that have all their runs, or all where none has."""
    statuses: dict
    """How many runs of this c, at all rates and seeds: "reached", "budget", "diverged", "missing"."""


def grids(runs, records):
    """The grids that `runs` make.

    Parameters
    ----------
    runs : list of Run
        Those that were asked for.
    records : list of dict
        Of those that are finished, as `fls_teach.vision.sweep.sweep.sweep` returns them.

    Returns
    -------
    list of Grid
        In the order in which they were asked for.
    """
    trained = {Run(**record["run"]): record["trained"] for record in records}
    groups = {}
    for run in runs:
        groups.setdefault(replace(run, c=1.0, lr=1.0, seed=0), []).append(run)
    return [_grid(common, members, trained) for common, members in groups.items()]


def _grid(common, runs, trained):
    axes = [sorted({getattr(run, name) for run in runs}) for name in ("seed", "c", "lr")]
    accuracy = np.full([len(axis) for axis in axes], np.nan)
    status = np.full(accuracy.shape, "missing", dtype="<U8")
    finished = {}
    for run in runs:
        place = tuple(axis.index(getattr(run, name)) for axis, name in zip(axes, ("seed", "c", "lr"), strict=True))
        if run in trained:
            accuracy[place], status[place] = trained[run]["peak_test_accuracy"], trained[run]["status"]
            finished[place] = _finished(run, trained[run])
    return Grid(common, np.log2(axes[1]), np.array(axes[2]), accuracy, status, finished)


def _finished(run, trained):
    """What a diagnosis needs. The recorded risks are those of c f."""
    return FinishedRun(
        trained["train_risk"],
        1 - trained["peak_test_accuracy"],
        trained["status"],
        train_accuracy=trained["train_accuracy"][-1],
        scale=run.c,
        seed=run.seed,
    )


def varying(found):
    """Names of the fields in which some of the grids differ, in the order of a Run's fields."""
    fields = [asdict(grid.common) for grid in found]
    return [name for name in vars(Run()) if len({each[name] for each in fields}) > 1]


def best_rates(found):
    """A Row for each c of each grid.

    Parameters
    ----------
    found : list of Grid

    Returns
    -------
    list of Row
    """
    names = varying(found)
    return [row for grid in found for row in _rows(grid, {name: getattr(grid.common, name) for name in names})]


def troubles(found):
    """Sentences on what is wrong at which c of which grid.

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
    whole = grid.whole
    curve, rate = at_best_rate(grid.accuracy[whole], grid.status[whole] == "reached")
    for i, log2_c in enumerate(grid.log2_c):
        mean = interval(curve[:, i])
        taken = np.unique(rate[:, i][rate[:, i] >= 0])
        yield Row(
            kind,
            float(2.0**log2_c),
            tuple(grid.lr[taken].tolist()),
            *(float(value) if np.isfinite(value) else None for value in (mean.mean, mean.low, mean.high)),
            mean.n,
            dict(Counter(grid.status[:, i].ravel().tolist())),
        )


def notes(log2_c, lr, accuracy, status, target):
    """Sentences on where a grid is too small to show what it was made for.

    Parameters
    ----------
    log2_c : ndarray (m,)
        Increasing.
    lr : ndarray (r,)
        Increasing.
    accuracy, status : ndarray (s, m, r)
        As of a `Grid`.
    target : str
        When a run stopped, in words.

    Returns
    -------
    list of str
        Empty where the best c and its best rate have neighbours on both sides.

    Examples
    --------
    >>> status = np.full((2, 3, 1), "reached")
    >>> notes(np.arange(3.0), np.array([0.1]), np.array([[[0.5], [0.6], [0.7]]] * 2), status, "99%")
    ['The best c, 2^2, is the largest of the grid: a better one may lie beyond it.']
    """
    reached = status == "reached"
    if not reached.any():
        return [f"No run reached its target, {target}: train for more epochs or at other rates before comparing c."]
    curve, rate = at_best_rate(accuracy, reached)
    mean = curve.mean(axis=0)
    if not np.isfinite(mean).any():
        return [f"At no c is there a learning rate at which every seed reached its target, {target}."]
    best = int(np.nanargmax(mean))
    found = []
    if len(log2_c) > 1 and best in (0, len(log2_c) - 1):
        end = "largest" if best else "smallest"
        found.append(f"The best c, 2^{log2_c[best]:g}, is the {end} of the grid: a better one may lie beyond it.")
    for taken in np.unique(rate[:, best]) if len(lr) > 1 else ():
        if taken in (0, len(lr) - 1):
            end = "largest" if taken else "smallest"
            found.append(
                f"At the best c, 2^{log2_c[best]:g}, the best learning rate, {lr[taken]:g}, is the {end} of the grid."
            )
    return found
