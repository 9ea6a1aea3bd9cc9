"""Train networks for a demo at every (seed, c, learning rate), and return arrays."""

from contextlib import nullcontext
from dataclasses import fields, replace
from tempfile import TemporaryDirectory

import numpy as np

from fls_teach.demos.framework.params import at_most, in_range, increasing
from fls_teach.processors import cores

FUSED_SIZE = 16
"""Pixels per side up to which the runs of a seed are trained in one stack."""


def run_seeds(seed, n_seeds):
    """Draw the seeds of a demo's runs from the demo's seed.

    Examples
    --------
    >>> run_seeds(0, 2) == run_seeds(0, 3)[:2]
    True
    """
    return [int(value) for value in np.random.SeedSequence(seed).generate_state(n_seeds)]


def check_grid(params, **change):
    """Refuse parameters that `train_grids` could not train, or that need too much memory.

    Raises
    ------
    ValueError
        If parameters are refused.
    """
    in_range(params, width=(1, 512), classes=(0, 1000), n=(0, 100_000), n_test=(0, 100_000), batch=(1, 100_000))
    in_range(params, dimension=(1, 128), image_size=(8, 256), epochs=(1, 100_000), n_seeds=(2, 1000))
    in_range(params, log2_c=(-60, 60), rates=(1e-6, 100))
    increasing(params, log2_c=3, rates=1)
    at_most(2e9, pixels=params.image_size**2, images=max(params.n, params.n_test), colours=3)
    at_most(1e5, n_seeds=params.n_seeds, multipliers=len(params.log2_c), rates=len(params.rates))
    _base_run(params, **change)


def _base_run(params, **change):
    """Return a Run with the fields that all runs share, which are all but c, learning rate and seed."""
    from fls_teach.vision.run import Run

    return Run(
        **{field.name: getattr(params, field.name) for field in fields(Run) if hasattr(params, field.name)} | change
    )


def train_grids(params, seed, kinds, progress=None, data_dir=None, others=("reached",)):
    """Train each kind of run at every c = 2^k and rate, for every seed: the cells of a seed in one stack.

    A cell (c, rate) counts if every seed reaches its target there (`fls_teach.statistics.at_best_rate`). So the first
    seed is trained in all cells, and the others only where it reached its target; the missing runs affect no claim.

    Parameters
    ----------
    params : dataclass
        With m `log2_c`, r `rates` and `n_seeds` s; the fields that a Run has too are passed to the runs.
    seed : int
        Seed of the demo.
    kinds : dict
        Name of each kind of run -> fields of its Run that differ from `params`.
    progress : callable (fraction, what), optional
    data_dir : path-like, optional
        Folder that contains the CIFAR folders.
    others : tuple of str
        The other seeds are trained in cells in which the first seed has one of these statuses.

    Returns
    -------
    dict
        For each name a dict of arrays: ``log2_c`` (m,), ``lr`` (r,); ``status``, "missing" where nothing was trained,
        ``epochs``, ``peak`` and ``final`` test accuracy (s, m, r); ``train_accuracy``, ``train_risk``,
        ``test_accuracy`` and, with validation images, ``validation_risk`` (s, m, r, T + 1), NaN after a run's end.

    Raises
    ------
    ValueError
        If the images are not available or a run failed.
    """
    seeds, cells = run_seeds(seed, params.n_seeds), [(2.0**k, lr) for k in params.log2_c for lr in params.rates]
    shape = len(seeds), len(params.log2_c), len(params.rates)
    bases = {name: _base_run(params, **change) for name, change in kinds.items()}
    grids = {
        name: [replace(base, c=c, lr=lr, seed=each) for each in seeds for c, lr in cells]
        for name, base in bases.items()
    }
    first = [run for runs in grids.values() for run in runs[: len(cells)]]
    rest = [run for runs in grids.values() for run in runs[len(cells) :]]
    share = 1 / len(seeds)
    with _processes() as pool:
        trained = _trained(first, pool, data_dir, _part(progress, 0, share))
        rest = [run for run in rest if trained[replace(run, seed=seeds[0])]["status"] in others]
        trained |= _trained(rest, pool, data_dir, _part(progress, share, 1))
    axes = {"log2_c": np.array(params.log2_c, dtype=float), "lr": np.array(params.rates, dtype=float)}
    return {name: axes | _arrays([trained.get(run) for run in runs], shape) for name, runs in grids.items()}


def stacked(grids, keys):
    """Stack arrays of several grids along a new first axis, and add the ``log2_c`` and ``lr`` that they share.

    Parameters
    ----------
    grids : iterable of dict
        Grids returned by `train_grids`; curves are padded with NaN to the longest.
    keys : str
        Names separated by spaces.

    Returns
    -------
    dict
    """
    grids = list(grids)
    arrays = {key: grids[0][key] for key in ("log2_c", "lr")}
    return arrays | {key: np.array(_equally_long([grid[key] for grid in grids])) for key in keys.split()}


def _equally_long(parts):
    """Pad the last axis of arrays with NaN to the longest."""
    longest = max(part.shape[-1] for part in parts)
    if all(part.shape[-1] == longest for part in parts):  # includes arrays of strings, which cannot be padded
        return parts
    widths = [[(0, 0)] * (part.ndim - 1) + [(0, longest - part.shape[-1])] for part in parts]
    return [np.pad(part, width, constant_values=np.nan) for part, width in zip(parts, widths, strict=True)]


def _part(progress, low, high):
    return progress and (lambda fraction, what="": progress(low + (high - low) * fraction, what))


def _processes():
    """Return a pool with a process per core; on a single core another process has no advantage."""
    from fls_teach.vision.sweep.executors import Processes

    return Processes(cores()) if cores() > 1 else nullcontext()


def _trained(runs, pool, data_dir, progress):
    """Train `runs` and return the results."""
    from fls_teach.vision.sweep.sweep import sweep

    runs, problems = list(dict.fromkeys(runs)), []
    if not runs:
        return {}
    # "fused" takes half the time if networks and images are small, and more time otherwise.
    engine = "fused" if runs[0].image_size <= FUSED_SIZE else "loop"
    with TemporaryDirectory() as folder:
        ways = {"engine": engine, "executor": pool, "data_dir": data_dir, "all_cells": True}
        swept = sweep(runs, folder, **ways, progress=progress, say=problems.append)
    if len(swept.records) < len(runs):
        raise ValueError(f"{len(runs) - len(swept.records)} of {len(runs)} runs failed: {problems[-1]}")
    return {run: record["trained"] for run, record in zip(runs, swept.records, strict=True)}


def _arrays(trained, shape):
    """Return arrays (s, m, r, ...) of the results of a grid's runs, which are None for runs that were not trained."""
    some = next(each for each in trained if each)

    def column(key, missing):
        return np.array([each[key] if each else missing for each in trained]).reshape(shape)

    def curves(key):
        rows = _equally_long([np.array(each[key] if each else [np.nan]) for each in trained])
        return np.array(rows).reshape(*shape, -1)

    arrays = {"status": column("status", "missing"), "epochs": column("epochs", -1)}
    arrays |= {"peak": column("peak_test_accuracy", np.nan), "final": column("final_test_accuracy", np.nan)}
    names = ["train_accuracy", "train_risk", "test_accuracy", "validation_risk"]
    return arrays | {key: curves(key) for key in names if some[key] is not None}
