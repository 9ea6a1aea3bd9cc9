"""`fls plot`: pictures of sweeps, whole, half-finished, or not there."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from click.testing import CliRunner

from fls_teach.cli import main
from fls_teach.demos.images import sweep_grids
from fls_teach.demos.images.sweep_figure import sweep_figure
from fls_teach.demos.images.sweep_grids import grids
from fls_teach.vision.run import Run
from fls_teach.vision.sweep import store, table


def record(run, accuracy=0.5, status="reached"):
    """A finished run that nobody trained; only what is drawn is in it."""
    trained = {"status": status, "peak_test_accuracy": accuracy, "final_test_accuracy": accuracy}
    trained |= {"train_risk": [2.3, 0.1], "train_accuracy": [0.1, 0.99]}
    return {
        "run": asdict(run),
        "trained": trained,
        "images": {"train": "", "test": ""},
        "device": "cpu",
        "versions": {},
    }


def fls(*words):
    result = CliRunner().invoke(main, list(map(str, words)))
    assert "Traceback" not in result.output
    return result


@pytest.fixture
def sweep(tmp_path):
    """Two widths, three c, two rates, two seeds; one run missing, one diverged."""
    runs = [
        Run(width=width, c=2.0**k, lr=lr, seed=seed)
        for width in (4, 8) for k in (-2, 0, 2) for lr in (0.03, 0.1) for seed in (0, 1)
    ]  # fmt: skip
    store.plan(tmp_path, runs)
    for number, run in enumerate(runs[1:], 1):
        store.save(tmp_path, record(run, 0.5 + number / 100, "diverged" if number == 5 else "reached"))
    return tmp_path


def test_a_picture_for_each_grid(sweep):
    result = fls("plot", sweep)
    assert result.exit_code == 0, result.output
    assert {path.name for path in sweep.glob("*.png")} == {"heatmap-width-4.png", "heatmap-width-8.png"}
    assert "11 of 12 runs" in result.output and "12 of 12 runs" in result.output


def test_what_is_missing_or_diverged_is_marked(sweep):
    first = grids(sweep)[0]
    assert first.accuracy.shape == (2, 3, 2) and (first.status == "missing").sum() == 1
    assert first.status[0, 0, 0] == "missing" and (first.status == "diverged").sum() == 1


@pytest.mark.parametrize(("target", "words"), [(0.99, "99% training accuracy"), (0.995, "99.5% training accuracy")])
def test_the_target_is_not_rounded(target, words):
    """99.5% is not 100%."""
    assert table.Grid(Run(target=target), *4 * [None]).target == words


def test_a_seed_that_is_not_finished_does_not_blank_the_others(tmp_path, monkeypatch):
    """A sweep does seed after seed: half-finished it has whole heatmaps, which one missing run a cell would empty."""
    runs = [Run(c=2.0**k, seed=seed) for seed in (0, 1, 2) for k in (-2, 0, 2)]
    store.plan(tmp_path, runs)
    for run in runs[:7]:
        store.save(tmp_path, record(run))
    seen = []
    draw = sweep_grids.sweep_figure
    monkeypatch.setattr(sweep_grids, "sweep_figure", lambda *all: seen.append(all[2:4]) or draw(*all))
    assert "7 of 9 runs, drawn from 2 of 3 seeds" in fls("plot", tmp_path).output
    ((accuracy, status),) = seen
    assert accuracy.shape == (2, 3, 1) and (status == "reached").all()
    (tmp_path / "runs" / f"{runs[0].digest}.json").unlink()
    (tmp_path / "runs" / f"{runs[3].digest}.json").unlink()
    assert "5 of 9 runs\n" in fls("plot", tmp_path).output and seen[1][0].shape == (3, 3, 1)


def noisy(folder, log2_c=(-2, 0, 2), rates=(0.03, 0.1), seeds=4, status="reached", best=0):
    """A sweep whose accuracies have a peak at 2^best and noise as large as the differences between rates."""
    rng = np.random.default_rng(5)
    runs = [Run(c=2.0**k, lr=lr, seed=seed) for seed in range(seeds) for k in log2_c for lr in rates]
    store.plan(folder, runs)
    for run in runs:
        accuracy = 0.6 - 0.05 * abs(np.log2(run.c) - best) + 0.03 * rng.standard_normal()
        store.save(folder, record(run, float(accuracy), status))
    return runs


def test_the_table_and_the_picture_show_the_same_numbers(tmp_path):
    """Catches two rules for the best rate: 0.537 ± 0.023 in the table and 0.500 in the picture, once, for one sweep."""
    noisy(tmp_path)
    (grid,) = grids(tmp_path)
    rows = table.best_rates([grid])
    figure = sweep_figure(grid.log2_c, grid.lr, grid.accuracy, grid.status, grid.title, grid.target)
    axis = figure.axes[1]
    (line,) = [line for line in axis.lines if "mean of" in str(line.get_label())]
    np.testing.assert_allclose(line.get_ydata(), [100 * row.accuracy for row in rows], rtol=1e-12)
    (band,) = [each for each in axis.collections if each.get_label() == "95% interval"]
    low, high = band.get_datalim(axis.transData).intervaly
    assert low == pytest.approx(100 * min(row.low for row in rows))
    assert high == pytest.approx(100 * max(row.high for row in rows))
    same_seeds = grid.accuracy.mean(axis=0).max(axis=-1)
    assert any(row.accuracy != pytest.approx(mean) for row, mean in zip(rows, same_seeds, strict=True))
    assert table.RULE in axis.get_title(loc="left").replace("\n", " ")


@pytest.mark.parametrize(
    ("sweep", "words"),
    [
        ({"best": 0}, ["best learning rate"]),
        ({"best": 2}, ["The best c, 2^2, is the largest of the grid", "best learning rate"]),
        ({"best": -2, "rates": (0.1,)}, ["The best c, 2^-2, is the smallest of the grid"]),
        ({"best": 0, "rates": (0.1,)}, []),
        ({"status": "budget"}, ["No run reached its target, 99% training accuracy"]),
    ],
)
def test_what_the_grid_is_too_small_for_is_said(tmp_path, sweep, words):
    """Catches an optimum at the edge of the grid, or a curve of runs that never arrived, shown without a word."""
    noisy(tmp_path, **sweep)
    (grid,) = grids(tmp_path)
    text = " ".join(grid.notes)
    assert all(part in text for part in words) and bool(grid.notes) == bool(words)
    assert ("is the largest of the grid: " in text or "is the smallest of the grid: " in text) == (
        "best c" in "".join(words)
    )
    output = fls("plot", tmp_path).output
    assert all(f"trouble at {trouble}" in output for trouble in grid.troubles)
    assert output.count("note: ") == len(grid.notes) and all(note in output for note in grid.notes)
    figure = sweep_figure(grid.log2_c, grid.lr, grid.accuracy, grid.status, grid.title, grid.target)
    shown = figure.axes[1].get_xlabel().replace("\n", " ")
    assert all(note in shown for note in grid.notes)


def test_a_damaged_file_is_a_missing_run(sweep):
    path = next((sweep / "runs").iterdir())
    path.write_text(path.read_text().replace("0.", "0.9", 1))
    assert sum((grid.status == "missing").sum() for grid in grids(sweep)) == 2


def test_same_sweep_same_bytes(sweep):
    fls("plot", sweep)
    before = {path: path.read_bytes() for path in sweep.glob("*.png")}
    fls("plot", sweep)
    assert before == {path: path.read_bytes() for path in sweep.glob("*.png")}


def test_a_single_run(tmp_path):
    store.plan(tmp_path, [Run()])
    store.save(tmp_path, record(Run()))
    assert fls("plot", tmp_path).exit_code == 0 and (tmp_path / "heatmap.png").exists()


@pytest.mark.parametrize("make", ["nothing", "empty", "planned", "file", "not json"])
def test_no_sweep_is_one_sentence(tmp_path, make):
    folder = tmp_path / "sweep"
    if make == "file":
        folder.write_text("x")
    elif make != "nothing":
        folder.mkdir()
    if make == "planned":
        store.plan(folder, [Run()])
    if make == "not json":
        (folder / "sweep.json").write_text(json.dumps([1])[:-1])
    result = fls("plot", folder)
    assert result.exit_code == 2
    assert result.output.strip().count("\n") == 0 and "sweep" in result.output


def test_drawing_a_sweep_needs_no_torch(sweep):
    import subprocess
    import sys

    code = "import sys; from fls_teach.demos.images.sweep_grids import draw; draw(sys.argv[1])"
    code += "; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, str(sweep)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
