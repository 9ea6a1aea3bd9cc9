"""From a sweep's folder to pictures: one for each grid of (c, learning rate, seed) in it (no torch)."""

from pathlib import Path

from fls_teach import plotting
from fls_teach.files import replacing
from fls_teach.vision.sweep import store, table

from .sweep_figure import sweep_figure


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
    records = [record for run in runs if (record := store.load(folder, run))]
    if not records:
        raise ValueError(f"no run of the sweep in '{folder}' is finished; give its 'fls sweep' again")
    return table.grids(runs, records)


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
    names = table.varying(found)
    drawn = {}
    for grid in found:
        words = "".join(f"-{name.replace('_', '-')}-{getattr(grid.common, name)}" for name in names)
        path = Path(folder) / f"heatmap{words}.png"
        seen = grid.accuracy[grid.whole], grid.status[grid.whole]
        figure = sweep_figure(grid.log2_c, grid.lr, *seen, grid.title, grid.target)
        with replacing(path) as temporary:
            plotting.write_png(figure, temporary)
        drawn[path] = grid
    return drawn
