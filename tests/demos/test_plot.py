"""`fls plot`: pictures of sweeps, whole, half-finished, or not there."""

import csv
import json
import re
from dataclasses import asdict, replace

import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib.backends.backend_agg import FigureCanvasAgg

from fls_teach.cli import main
from fls_teach.demos.images import sweep_grids
from fls_teach.demos.images.curves_figure import curves_figure
from fls_teach.demos.images.sweep_figure import sweep_figure
from fls_teach.demos.images.sweep_grids import grids
from fls_teach.vision.run import Run
from fls_teach.vision.sweep import selection, store, table


def record(run, accuracy=0.5, status="reached"):
    """A finished run that nobody trained; only what is drawn is in it."""
    trained = {"status": status, "peak_test_accuracy": accuracy, "final_test_accuracy": accuracy}
    trained |= {"train_risk": [2.3, 0.1], "train_accuracy": [0.1, 0.99], "test_accuracy": [0.1, accuracy]}
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
    monkeypatch.setattr(sweep_grids, "sweep_figure", lambda *all, **more: seen.append(all[2:4]) or draw(*all, **more))
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
    assert selection.RULE in axis.get_title(loc="left").replace("\n", " ")


@pytest.mark.parametrize(
    ("sweep", "words"),
    [
        ({"best": 0}, ["best learning rate"]),
        ({"best": 2}, ["The best c, 2^2, is the largest of the grid", "best learning rate"]),
        ({"best": -2, "rates": (0.1,)}, ["The best c, 2^-2, is the smallest of the grid"]),
        ({"best": 0, "rates": (0.1,)}, []),
        ({"status": "budget"}, ["No run reached its target, 99% training accuracy", "The lowest training risk is at"]),
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
    shown = sweep_grids._heatmap(grid).axes[1].get_xlabel().replace("\n", " ")
    assert all(note in re.sub(r"\$2\^\{(.*?)\}\$", r"2^\1", shown) for note in grid.notes)


@pytest.mark.parametrize("log2_c", [(0,), (-6, -3, 0, 4), range(-10, 3)])
def test_no_word_is_clipped(tmp_path, log2_c):
    """Catches titles that run out of the picture on the right, measured as they are drawn."""
    run = Run("resnet50", 64, "group", "cifar100", 50_000, image_size=32, centred=True, optimiser="adamw", momentum=0.0)
    runs = [replace(run, c=2.0**k, lr=lr) for k in log2_c for lr in (0.01, 0.3)]
    records = [record(each, status="budget" if each.lr == 0.3 else "reached") for each in runs]
    (grid,) = table.grids(runs, records)
    for make in (sweep_grids._heatmap, curves_figure):
        figure = make(grid)
        FigureCanvasAgg(figure).draw()
        for axis in figure.axes:
            words = axis.title, axis._left_title, axis.xaxis.label, axis.yaxis.label
            boxes = [word.get_window_extent() for word in words if word.get_text()]
            assert boxes and all(box.x0 >= 0 and box.x1 <= figure.bbox.x1 and box.y0 >= 0 for box in boxes)


@pytest.mark.parametrize(("c", "lr", "words"), [
    (2.0, 0.1, "at c = 2^1, learning rate 0.1: its learning rate is the largest of the grid."),
    (1.0, 0.03, "at c = 2^0, learning rate 0.03: its c is the smallest of the grid."),
    (4.0, 0.01, "at c = 2^2, learning rate 0.01: its c is the largest of the grid and its learning rate is"),
    (2.0, 0.03, "at c = 2^1, learning rate 0.03."),
])  # fmt: skip
def test_where_to_look_when_no_run_reached_its_target(c, lr, words):
    """Catches a grid whose edge is nearest to the target, without a word on where it goes on."""
    runs = [Run(c=2.0**k, lr=rate, seed=seed) for seed in (0, 1) for k in (0, 1, 2) for rate in (0.01, 0.03, 0.1)]
    records = [record(run, 0.1, "budget") for run in runs]
    for run, each in zip(runs, records, strict=True):
        each["trained"]["train_risk"] = [2.3, 0.5 if (run.c, run.lr) == (c, lr) else 2.0]
    (grid,) = table.grids(runs, records)
    assert grid.notes[0].startswith("No run reached its target") and words in grid.notes[1]


def test_dead_and_diverged_runs_are_no_place_to_look(tmp_path):
    """The risk of a dead network is that of a constant answer, below which slow ones need not have come."""
    runs = [Run(c=1.0, lr=rate) for rate in (0.01, 0.03, 0.1)]
    records = [record(run, 0.1, status) for run, status in zip(runs, ("budget", "diverged", "dead"), strict=True)]
    records[0]["trained"]["train_risk"] = [2.5, 2.4]
    (grid,) = table.grids(runs, records)
    assert "learning rate 0.01: its learning rate is the smallest" in grid.notes[1]
    (grid,) = table.grids(runs[1:], records[1:])
    assert len(grid.notes) == 1 and grid.notes[0].startswith("No run reached its target")


@pytest.mark.parametrize(
    ("change", "risks", "name"),
    [
        ({}, [2.3026, 2.3025], "slow"),
        ({"momentum": 0.9}, [2.3026, 2.3025], "dead"),
        ({"momentum": 0.9}, [3.0, 2.3], "slow"),
    ],
)
def test_a_run_that_the_trainer_knows_to_be_alive_is_not_called_dead(change, risks, name):
    """After few epochs, or at a tiny rate, its risk is that of a constant answer too."""
    run = Run(**change)
    made = {**record(run, 0.1, "budget"), "run": run.parameters, "engine": "one by one"}
    made["trained"] |= {"train_risk": risks, "train_accuracy": [0.1, 0.1]}
    (grid,) = table.grids([run], [made])
    assert grid.troubles[0].startswith(f"c = 2^0: {name}: ")


def test_every_finished_cell_has_a_colour_and_the_boxes_are_the_tables_rates(tmp_path):
    """Catches a picture that is grey where no run reached its target, and a best cell that the table does not take."""
    noisy(tmp_path, status="budget")
    (grid,) = grids(tmp_path)
    (mesh,) = [each for each in sweep_grids._heatmap(grid).axes[0].collections if hasattr(each, "get_coordinates")]
    np.testing.assert_allclose(mesh.get_array().reshape(2, 3), 100 * grid.accuracy.mean(axis=0).T)
    noisy(tmp_path / "other")
    (grid,) = grids(tmp_path / "other")
    rows, axis = table.best_rates([grid]), sweep_grids._heatmap(grid).axes[0]
    boxes = [patch for patch in axis.patches if patch.get_edgecolor()[:3] != (1, 1, 1)]
    places = [(box.get_center()[0], 10 ** box.get_center()[1], box.get_linewidth()) for box in boxes]
    drawn = sorted((round(2.0**k, 3), round(lr, 3)) for k, lr, _ in places)
    assert drawn == sorted((row.c, lr) for row in rows for lr in row.rates)
    best = max(rows, key=lambda row: row.accuracy)
    assert {round(2.0**k, 3) for k, _, width in places if width > 2} == {best.c}
    (star,) = [line for line in sweep_grids._heatmap(grid).axes[1].lines if line.get_marker() == "*"]
    assert star.get_ydata()[0] == pytest.approx(100 * best.accuracy)
    assert f"best: {100 * best.accuracy:.1f} ± {50 * (best.high - best.low):.1f}" in star.get_label()


def test_the_final_accuracy_is_drawn_at_the_rates_that_the_peak_chose(tmp_path):
    runs = [Run(c=2.0**k, lr=lr, seed=seed) for seed in (0, 1) for k in (0, 1) for lr in (0.03, 0.1)]
    store.plan(tmp_path, runs)
    for run in runs:
        each = record(run, 0.6 if run.lr == 0.1 else 0.5)
        each["trained"]["final_test_accuracy"] = 0.3 if run.lr == 0.1 else 0.45
        store.save(tmp_path, each)
    (grid,) = grids(tmp_path)
    rows = table.best_rates([grid])
    assert [(row.accuracy, row.final) for row in rows] == [(0.6, 0.3)] * 2
    (line,) = [each for each in sweep_grids._heatmap(grid).axes[1].lines if str(each.get_label()).startswith("final")]
    np.testing.assert_allclose(line.get_ydata(), [30.0, 30.0])


def test_runs_that_are_left_out_are_told_and_cost_no_seed(tmp_path):
    """Catches a seed that is not drawn because a run that cannot count was not trained."""
    runs = [Run(lr=lr, seed=seed) for seed in (0, 1, 2) for lr in (0.03, 0.1)]
    store.plan(tmp_path, runs)
    store.save(tmp_path, record(runs[0], status="diverged"))
    for run in runs[1::2]:
        store.save(tmp_path, record(run))
    (grid,) = grids(tmp_path)
    assert grid.whole.all() and grid.needless.sum() == 2 and table.best_rates([grid])[0].seeds == 3
    output = fls("plot", tmp_path).output
    assert (
        "4 of 6 runs\n" in output and "note: 2 runs are missing because they can change nothing: at (c, lr)" in output
    )
    assert "(2^0, 0.03) another seed failed" in output


def test_a_mixture_is_told_in_words_and_in_the_picture(tmp_path):
    runs = [Run(seed=seed) for seed in (0, 1)]
    store.plan(tmp_path, runs)
    for run, engine in zip(runs, ("fused", "one by one"), strict=True):
        store.save(tmp_path, {**record(run), "engine": engine})
    words = "Mixed engines: fused (1 run), one by one (1 run)."
    assert words in fls("plot", tmp_path).output
    assert words in sweep_grids._heatmap(*grids(tmp_path)).axes[1].get_xlabel().replace("\n", " ")


def test_a_mixture_between_two_pictures_is_told(tmp_path):
    """Each grid for itself is of one engine; side by side they differ by rounding too."""
    runs = [Run(centred=centred) for centred in (False, True)]
    store.plan(tmp_path, runs)
    for run, engine in zip(runs, ("fused", "one by one"), strict=True):
        store.save(tmp_path, {**record(run), "engine": engine})
    assert "note: Mixed engines: fused (1 run), one by one (1 run)." in fls("plot", tmp_path).output


def test_curves_show_every_finished_run(sweep):
    result = fls("plot", sweep, "--curves")
    assert result.exit_code == 0 and {path.name for path in sweep.glob("curves*")} == {
        "curves-width-4.png",
        "curves-width-8.png",
    }
    first = grids(sweep)[0]
    axis = curves_figure(first).axes[0]  # the first c: a run is missing there
    assert sum(len(line.get_xdata()) == 2 for line in axis.lines) == 3


def test_curves_know_when_test_images_were_evaluated():
    run = Run(test_every=2)
    each = record(run)
    each["trained"] |= {"train_risk": [2.0] * 4, "test_accuracy": [0.1, 0.2, 0.3]}
    (grid,) = table.grids([run], [each])
    np.testing.assert_array_equal(curves_figure(grid).axes[1].lines[0].get_xdata(), [0, 2, 3])
    each["trained"] |= {"test_accuracy": [0.1, 0.2], "status": "diverged"}  # whose end is no test
    (grid,) = table.grids([run], [each])
    np.testing.assert_array_equal(curves_figure(grid).axes[1].lines[0].get_xdata(), [0, 2])


def test_export_has_a_row_per_run(sweep):
    """Finished or not; the parameters that differ, and what is known of it."""
    store.save_seconds(sweep, [grids(sweep)[1].common], 1.0)
    store.save_seconds(sweep, list(grids(sweep)[1].runs.values())[:2], 3.0)
    rows = list(csv.DictReader(fls("export", sweep).output.splitlines()))
    assert len(rows) == 24 and list(rows[0])[:4] == ["width", "c", "lr", "seed"]
    assert (rows[0]["status"], rows[0]["peak"], rows[0]["seconds"]) == ("missing", "", "")
    assert rows[5]["status"] == "diverged" and rows[5]["peak"] == "0.55" and rows[12]["seconds"] == "1.5"
    taken = [row for row in rows[12:] if row["taken"] == "1"]
    for c, row in zip((0.25, 1.0, 4.0), table.best_rates([grids(sweep)[1]]), strict=True):
        assert np.mean([float(each["peak"]) for each in taken if float(each["c"]) == c]) == pytest.approx(row.accuracy)


def test_export_into_a_file_and_what_it_cannot_do(sweep, tmp_path):
    before = fls("export", sweep).output
    assert fls("export", sweep, "--out", tmp_path / "runs.csv").output.strip() == str(tmp_path / "runs.csv")
    assert (tmp_path / "runs.csv").read_bytes().decode() == before
    for args, words in (
        (("nowhere",), "there is no sweep in 'nowhere'"),
        ((sweep, "--out", "no/x.csv"), "cannot write"),
    ):
        result = fls("export", *args)
        assert result.exit_code == 2 and words in result.output and result.output.count("\n") == 1


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
