"""Export a sweep's folder as a table of its runs (no torch)."""

import csv
import io

from fls_teach.vision.sweep import store, table
from fls_teach.vision.sweep.provenance import COMPARED

RESULTS = "status", "peak", "final", "epochs", "steps", "taken", "seconds", "engine", "device", "digest"


def rows(folder):
    """Return one dict per run of the sweep in `folder`, finished or not, in the order of the sweep.

    Returns
    -------
    list of dict
        The fields in which runs differ, c, lr and seed; "status", "peak" and "final" test accuracy, "epochs", "steps";
        "taken", whether this run counts for the accuracy of its c (`fls_teach.vision.sweep.selection.RULE`);
        "seconds", or its share of a stack's; "engine", "device", "digest". Unknown values are None.

    Raises
    ------
    ValueError
        If there is no sweep.
    """
    finished = store.read(folder)
    runs = store.planned(folder, finished)
    if not runs:
        raise ValueError(f"there is no sweep in '{folder}'; 'fls sweep --out {folder}' makes one")
    seconds, grids = store.read_seconds(folder), table.grids(runs, list(finished.values()))
    names = table.varying(grids)
    found = {}
    for grid in grids:
        taken = _taken(grid)
        for place, run in grid.runs.items():
            row = {name: getattr(run, name) for name in (*names, "c", "lr", "seed")}
            found[run] = row | _results(run, grid.records.get(place), place in taken, seconds)
    return [found[run] for run in runs]


def _results(run, record, taken, seconds):
    named = dict.fromkeys(RESULTS) | {"status": "missing", "digest": run.digest}
    if record is None:
        return named
    trained = record["trained"]
    return named | {
        "status": trained["status"],
        "peak": trained["peak_test_accuracy"],
        "final": trained["final_test_accuracy"],
        "epochs": trained.get("epochs"),
        "steps": trained.get("steps"),
        "taken": int(taken),
        "seconds": seconds.get(run.digest),
        "engine": COMPARED["engines"](record),
        "device": COMPARED["devices"](record),
    }


def _taken(grid):
    """Return the places (seed, c, rate) that count for the accuracy of their c."""
    seeds = [seed for seed, whole in enumerate(grid.whole) if whole]
    rate = grid.choice.rate
    return {(seed, i, int(rate[s, i])) for s, seed in enumerate(seeds) for i in range(rate.shape[1])}


def as_csv(folder):
    """Return `rows` as CSV text with a header line; the same folder gives the same text."""
    found = rows(folder)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(found[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return text.getvalue()
