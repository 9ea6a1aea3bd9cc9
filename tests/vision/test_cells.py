"""Runs that can change nothing any more are left out, and nothing but the time is different."""

import random
from dataclasses import replace

import pytest

from fls_teach.vision.run import Run
from fls_teach.vision.sweep import engines
from fls_teach.vision.sweep.cells import Cells
from fls_teach.vision.sweep.sweep import sweep
from fls_teach.vision.sweep.table import best_rates, grids

RATES = 0.03, 0.1, 0.3
GRID = [Run(c=c, lr=lr, seed=seed) for seed in range(4) for c in (0.5, 2.0) for lr in RATES]


def fate(run):
    """How a run ends, and how well: some cells fail for their second seed alone, one c has no sound rate."""
    failed = {(0.5, 0.3): "dead", (2.0, 0.03): "budget", (2.0, 0.1): "diverged", (2.0, 0.3): "budget"}
    bad = (run.c, run.lr) in failed and run.seed >= (run.lr == 0.3)
    return failed[run.c, run.lr] if bad else "reached"


@pytest.fixture
def trained(monkeypatch):
    """Runs done in this process, by a stand-in for training."""
    seen = []

    def work(runs, **_):
        seen.extend(runs)
        accuracies = [random.Random(run.digest).random() for run in runs]
        return [
            {
                "run": run.parameters,
                "images": {"train": "a", "test": "b"},
                "trained": {
                    "status": fate(run), "peak_test_accuracy": accuracy, "final_test_accuracy": accuracy / 2,
                    "train_risk": [2.3, 0.1], "train_accuracy": [0.1, 0.9],
                },
            }
            for run, accuracy in zip(runs, accuracies, strict=True)
        ]  # fmt: skip

    monkeypatch.setattr(engines, "images", lambda *_, **__: None)
    monkeypatch.setattr(engines, "work", work)
    return seen


def without_counts(row):
    return replace(row, statuses=None)


def test_a_cell_that_cannot_count_gets_no_more_seeds_and_the_table_is_the_same(tmp_path, trained):
    """Catches a run left out that would have changed a number, and one trained that could not."""
    swept = sweep(GRID, tmp_path / "some", engine="loop", say=print)
    left_out = [run for run in GRID if run not in trained]
    wanted = [run for run in GRID if (run.c, run.lr) == (0.5, 0.3) and run.seed > 1]
    wanted += [run for run in GRID if run.c == 2 and run.lr != 0.3 and run.seed == 1]  # as long as another was sound
    assert set(left_out) == set(wanted) == set(swept.needless) and not swept.failed
    trained.clear()
    every = sweep(GRID, tmp_path / "all", engine="loop", all_cells=True, say=print)
    assert trained == GRID and not every.needless
    tables = [list(map(without_counts, best_rates(grids(GRID, each.records)))) for each in (swept, every)]
    assert tables[0] == tables[1]


def test_a_resumed_sweep_leaves_out_the_same(tmp_path, trained):
    sweep(GRID[:9], tmp_path, engine="loop", say=print)
    swept = sweep(GRID, tmp_path, engine="loop", say=print)
    again = sweep(GRID, tmp_path, engine="loop", say=print)
    assert again == swept and len(trained) == len(swept.records) == len(GRID) - len(swept.needless)


def test_what_is_needless_stays_so_whatever_finishes():
    """So a run may be judged as soon as it is to begin, in any order, by any process."""
    final = Cells(GRID, {run: fate(run) for run in GRID})
    for seed in range(20):
        cells, needless = Cells(GRID), set()
        for run in random.Random(seed).sample(GRID, len(GRID)):
            cells.add(run, fate(run))
            now = {each for each in GRID if cells.is_needless(each)}
            assert needless <= now
            needless = now
        assert needless == {run for run in GRID if final.is_needless(run)}
