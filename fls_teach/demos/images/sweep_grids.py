"""Draw the figures of a sweep's folder, one for each grid of (c, learning rate, seed) in it (no torch)."""

from pathlib import Path

from fls_teach import plotting
from fls_teach.files import replacing
from fls_teach.vision.sweep import store, table

from .curves_figure import curves_figure
from .sweep_figure import sweep_figure


def grids(folder):
    """Return the grids of the sweep in `folder`, a list of Grid in the order of the sweep.

    Raises
    ------
    ValueError
        If there is no sweep, or none of its runs is finished.
    """
    finished = store.read(folder)
    runs = store.planned(folder, finished)
    if not runs:
        raise ValueError(f"there is no sweep in '{folder}'; 'fls sweep --out {folder}' makes one")
    if not finished:
        raise ValueError(f"no run of the sweep in '{folder}' is finished; give its 'fls sweep' again")
    return table.grids(runs, list(finished.values()))


def draw(folder, curves=False):
    """Write a PNG for each grid of the sweep in `folder` into it: heatmap.png, or several distinguishing names.

    Parameters
    ----------
    folder : path-like
    curves : bool
        Draw also the curves of every run, as curves.png.

    Returns
    -------
    dict
        Path of the figure -> Grid.

    Raises
    ------
    ValueError
        As for `grids`.
    OSError
        If the folder is not writable.
    """
    found = grids(folder)
    names = table.varying(found)
    drawn = {}
    for grid in found:
        words = "".join(f"-{name.replace('_', '-')}-{getattr(grid.common, name)}" for name in names)
        for kind, make in {"heatmap": _heatmap, **({"curves": curves_figure} if curves else {})}.items():
            path = Path(folder) / f"{kind}{words}.png"
            with replacing(path) as temporary:
                plotting.write_png(make(grid), temporary)
            drawn[path] = grid
    return drawn


def _heatmap(grid):
    seen = grid.accuracy[grid.whole], grid.status[grid.whole]
    more = {"final": grid.final[grid.whole], "more_notes": grid.run_notes}
    return sweep_figure(grid.log2_c, grid.lr, *seen, grid.title, grid.target, **more)
