"""Networks trained for a demo: every (seed, c, learning rate), as arrays."""

from dataclasses import fields, replace
from tempfile import TemporaryDirectory

import numpy as np

from fls_teach.demos.framework.params import at_most, in_range, increasing
from fls_teach.processors import cores


def run_seeds(seed, n_seeds):
    """Seeds of a demo's runs, drawn from the demo's own.

    Examples
    --------
    >>> run_seeds(0, 2) == run_seeds(0, 3)[:2]
    True
    """
    return [int(value) for value in np.random.SeedSequence(seed).generate_state(n_seeds)]


def check_grid(params, **change):
    """Refuse parameters that `train_grid` could not train, or that no machine has the memory for.

    Raises
    ------
    ValueError
        In one sentence.
    """
    in_range(params, width=(1, 512), classes=(0, 1000), n=(0, 100_000), n_test=(0, 100_000), batch=(1, 100_000))
    in_range(params, dimension=(1, 128), image_size=(8, 256), epochs=(1, 100_000), n_seeds=(2, 1000))
    in_range(params, log2_c=(-60, 60), rates=(1e-6, 100))
    increasing(params, log2_c=3, rates=1)
    at_most(2e9, pixels=params.image_size**2, images=max(params.n, params.n_test), colours=3)
    at_most(1e5, n_seeds=params.n_seeds, multipliers=len(params.log2_c), rates=len(params.rates))
    _base_run(params, **change)


def _base_run(params, **change):
    """The Run that all share, but for c, learning rate and seed."""
    from fls_teach.vision.run import Run

    return Run(
        **{field.name: getattr(params, field.name) for field in fields(Run) if hasattr(params, field.name)} | change
    )


def train_grid(params, seed, progress=None, data_dir=None, **change):
    """Train at every c = 2^k and rate, for every seed, by the engine that suits this machine.

    Parameters
    ----------
    params : dataclass
        With m `log2_c`, r `rates` and `n_seeds` s; its other fields that a Run has describe the runs.
    seed : int
        The demo's.
    progress : callable (fraction, what), optional
    data_dir : path-like, optional
        Where the CIFAR folders are.
    **change
        Fields of a Run that are other than in `params`.

    Returns
    -------
    dict
        ``log2_c`` (m,), ``lr`` (r,); ``status``, ``epochs``, ``peak`` and ``final`` test accuracy (s, m, r);
        ``train_accuracy``, ``train_risk``, ``test_accuracy`` and, with validation images, ``validation_risk``
        (s, m, r, T + 1), NaN after a run's end.

    Raises
    ------
    ValueError
        In one sentence, if the images cannot be had or a run failed.
    """
    from fls_teach.vision.sweep.sweep import sweep

    base, seeds = _base_run(params, **change), run_seeds(seed, params.n_seeds)
    log2_c, rates = params.log2_c, params.rates
    shape = len(seeds), len(log2_c), len(rates)
    runs = [replace(base, c=2.0**k, lr=lr, seed=each) for each in seeds for k in log2_c for lr in rates]
    problems = []
    with TemporaryDirectory() as folder:
        ways = {"jobs": cores(), "data_dir": data_dir, "all_cells": True}
        records = sweep(runs, folder, **ways, progress=progress, say=problems.append).records
    if len(records) < len(runs):
        raise ValueError(f"{len(runs) - len(records)} of {len(runs)} runs failed: {problems[-1]}")
    trained = [record["trained"] for record in records]

    def column(key):
        return np.array([each[key] for each in trained]).reshape(shape)

    def curves(key):
        longest = max(len(each[key]) for each in trained)
        rows = [np.pad(each[key], (0, longest - len(each[key])), constant_values=np.nan) for each in trained]
        return np.array(rows).reshape(*shape, longest)

    arrays = {"log2_c": np.array(log2_c, dtype=float), "lr": np.array(rates, dtype=float)}
    arrays |= {"status": column("status"), "epochs": column("epochs")}
    arrays |= {"peak": column("peak_test_accuracy"), "final": column("final_test_accuracy")}
    arrays |= {key: curves(key) for key in ("train_accuracy", "train_risk", "test_accuracy")}
    if base.n_validation:
        arrays["validation_risk"] = curves("validation_risk")
    return arrays
