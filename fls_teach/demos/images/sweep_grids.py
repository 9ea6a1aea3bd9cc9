"""From a sweep's folder to pictures: one for each grid of (c, learning rate, seed) in it (no torch)."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from fls_teach import plotting
from fls_teach.files import replacing
from fls_teach.vision import store
from fls_teach.vision.run import Run

from .sweep_figure import sweep_figure

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


def grids(folder):
    """The grids of the sweep in `folder`: a list of Grid, in the order in which they were asked for.

    Raises
    ------
    ValueError
        If there is no sweep, or none of its runs is finished.
    """
    runs = store.planned(folder)
    if not runs:
        raise ValueError(f"there is no sweep in '{folder}'; 'fls sweep --out {folder}' makes one")
    records = {run: store.load(folder, run) for run in runs}
    if not any(records.values()):
        raise ValueError(f"no run of the sweep in '{folder}' is finished; give its 'fls sweep' again")
    groups = {}
    for run in runs:
        groups.setdefault(replace(run, c=1.0, lr=1.0, seed=0), []).append(run)
    return [_grid(common, members, records) for common, members in groups.items()]


def _grid(common, runs, records):
    axes = [sorted({getattr(run, name) for run in runs}) for name in ("seed", "c", "lr")]
    accuracy = np.full([len(axis) for axis in axes], np.nan)
    status = np.full(accuracy.shape, "missing", dtype="<U8")
    for run in runs:
        place = tuple(axis.index(getattr(run, name)) for axis, name in zip(axes, ("seed", "c", "lr"), strict=True))
        if records[run]:
            trained = records[run]["trained"]
            accuracy[place], status[place] = trained["peak_test_accuracy"], trained["status"]
    return Grid(common, np.log2(axes[1]), np.array(axes[2]), accuracy, status)


def draw(folder):
    """Write a PNG for each grid of the sweep in `folder` into it: heatmap.png, or names that tell them apart.

    Returns
    -------
    dict
        Path of the picture -> Grid.

    Raises
    ------
    ValueError
        As `grids`.
    OSError
        If the folder cannot be written to.
    """
    found = grids(folder)
    plain = [asdict(grid.common) for grid in found]
    varying = [name for name in plain[0] if len({fields[name] for fields in plain}) > 1]
    drawn = {}
    for grid, fields in zip(found, plain, strict=True):
        words = "".join(f"-{name.replace('_', '-')}-{fields[name]}" for name in varying)
        path = Path(folder) / f"heatmap{words}.png"
        seen = grid.accuracy[grid.whole], grid.status[grid.whole]
        figure = sweep_figure(grid.log2_c, grid.lr, *seen, grid.title, grid.target)
        with replacing(path) as temporary:
            plotting.write_png(figure, temporary)
        drawn[path] = grid
    return drawn
