"""`fls sweep` keeps its contract: a table or one JSON object, exit codes, sentences instead of tracebacks."""

import json
import os
import re
import subprocess
import sys
import warnings
from dataclasses import fields, replace

import click
import pytest
from click.testing import CliRunner

from fls_teach.cli import main
from fls_teach.cli import sweep_grid as command
from fls_teach.vision.run import DATA, MODELS, STOPS, Run
from fls_teach.vision.sweep import engines, store
from fls_teach.vision.sweep import sweep as sweeping
from fls_teach.vision.sweep.grid import powers_of_two
from fls_teach.vision.sweep.table import best_rates, grids, troubles

TINY = "--width 2 --n 24 --classes 3 --dimension 4 --image-size 8 --epochs 1 --target 1 --engine loop --device cpu"


@pytest.fixture
def call(tmp_path, monkeypatch):
    """`fls sweep ARGS` inside this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(command.BY_DATA["latent"], "n_test", 10)
    return lambda *args: CliRunner().invoke(main, ["sweep", *args])


def test_a_table_for_people_and_an_object_for_programs(call):
    args = *TINY.split(), "--c", "-2:2:2", "--lr", "0.1,0.01", "--seeds", "2", "--out", "here"
    done = call(*args)
    assert done.exit_code == 0, done.output
    assert re.search(r"2\^-2 +none +– +– +2 +0 +4\b", done.stdout), "a range that begins with a dash"
    first, second, third = done.stdout.splitlines()[:3]  # one sentence a line: the rule, the interval, peak and final
    assert first.startswith("Test accuracy: ") and second.startswith("± is ") and third.startswith("Peak: ")
    assert "2^2" in done.stdout and "12 of 12 runs finished, in 'here'" in done.stdout
    assert [run.c for run in store.planned("here")][::2] == [0.25, 1, 4, 0.25, 1, 4]
    assert "trouble at c = 2^-2: slow: 2 of 2 runs are short of their target" in done.stdout
    seen = json.loads(call(*args, "--json").stdout)
    assert (seen["out"], seen["finished"], seen["failed"]) == ("here", 12, 0)
    assert [row["c"] for row in seen["best"]] == [0.25, 1, 4] and seen["best"][0]["statuses"] == {"budget": 4}


def test_another_grid_is_added(call):
    for c in ("1", "2"):
        assert call(*TINY.split(), "--c", c, "--lr", "0.1", "--seeds", "1", "--out", "here").exit_code == 0
    assert [run.c for run in store.planned("here")] == [1, 2]


def test_a_run_that_failed_is_exit_code_1(call, monkeypatch):
    train = engines.train_run
    monkeypatch.setattr(engines, "train_run", lambda run, *rest: 1 / 0 if run.c == 2 else train(run, *rest))
    done = call(*TINY.split(), "--c", "1,2", "--lr", "0.1", "--seeds", "1", "--out", "here")
    assert done.exit_code == 1 and "1 of 2 runs finished" in done.stdout
    assert "failed: c = 2, lr = 0.1, seed 0: ZeroDivisionError" in done.stderr


@pytest.mark.filterwarnings("default")
def test_a_warning_is_a_sentence(call, monkeypatch):
    """The fused engine warns when it halves a stack, and CIFAR's files when they are not the official ones."""
    train = engines.train_run
    monkeypatch.setattr(engines, "train_run", lambda *all: warnings.warn("halved", stacklevel=1) or train(*all))
    done = call(*TINY.split(), "--c", "1", "--lr", "0.1", "--seeds", "1", "--out", "here")
    assert done.exit_code == 0 and done.stderr == "Warning: halved\n"


@pytest.mark.parametrize("name", ["runs", "sweep.json"])
def test_a_file_that_cannot_be_written_is_a_sentence(call, tmp_path, name):
    """Catches a traceback from a full disk, here a file in the place of a folder, and the reverse."""
    where = tmp_path / "here" / name
    where.parent.mkdir()
    where.touch() if name == "runs" else where.mkdir()
    done = call(*TINY.split(), "--c", "1", "--lr", "0.1", "--seeds", "1", "--out", "here")
    assert done.exit_code == 2 and done.stderr.startswith("Error: cannot write 'here"), done.output
    assert done.stderr.count("\n") == 1


MISUSE = {
    "no out": ([], "Missing option '--out'"),
    "out is a file": (["--out", "file"], "'file' is a file"),
    "out is below a file": (["--out", "file/below"], "cannot write to folder"),
    "unknown model": (["--model", "cnn6"], "'cnn6' is not one of"),
    "unknown data": (["--data", "mnist"], "'mnist' is not one of"),
    "c is zero": (["--c", "0"], "c is 0.0; wanted a positive number"),
    "c is negative": (["--c", "-0.5"], "c is -0.5; wanted a positive number"),
    "c is nothing": (["--c", ""], "'' is no list of numbers"),
    "empty grid": (["--c", "2:-2"], "'2:-2' is an empty range"),
    "no seeds": (["--seeds", "0"], "'0' seeds; wanted at least 1"),
    "seeds that run backwards": (["--seeds", "7:3"], "'7:3' is no range of seeds"),
    "seeds in words": (["--seeds", "some"], "'some' is no list of whole numbers"),
    "neither yes nor no": (["--centred", "maybe"], "'maybe' is not one of yes, no"),
    "a word that is none": (["--norm", "none,layer"], "'layer' is not one of none, group, batch"),
    "a device twice": (["--device", "cpu,cpu"], "device is 'cpu,cpu', which names one twice"),
    "devices and processes": (["--device", "cpu,cuda", "--engine", "processes"], "several devices exclude each other"),
    "rate in words": (["--lr", "fast"], "'fast' is no list of numbers"),
    "rate is negative": (["--lr", "-0.1"], "lr is -0.1; wanted a positive number"),
    "size of CIFAR": (["--data", "cifar10", "--image-size", "24"], "CIFAR images have 32 pixels"),
    "size of latent": (["--image-size", "20"], "image_size is 20"),
    "dimension of CIFAR": (["--data", "cifar10", "--dimension", "8"], "--dimension has no effect"),
    "weights of CIFAR": (["--data", "cifar10", "--weights", "w"], "--weights has no effect on 'cifar10'"),
    "folder of latent": (["--data-dir", "."], "--data-dir has no effect on 'latent'"),
    "no images": (["--n", "0"], "n is 0, which means all, but data 'latent' has no end"),
    "more images than memory": (["--n", "10000000000000"], "do not fit into memory; ask for fewer"),
    "no CIFAR": (["--data", "cifar10"], "--data-dir"),
    "no weights": (["--data", "biggan"], "name it with --weights"),
    "download without place": (["--data", "cifar10", "--download"], "--download fetches CIFAR"),
    "download of latent": (["--download", "--data-dir", "."], "--download fetches CIFAR"),
    "no such GPU": (["--device", "cuda:99"], "device is 'cuda:99'; torch finds"),
    "tf32 on a CPU": (["--device", "cpu", "--precision", "fp32,tf32"], "precision is 'tf32', arithmetic of NVIDIA"),
    "layout on a CPU": (["--device", "cpu", "--channels-last"], "channels_last is an option for a GPU"),
    "accuracy over 1": (["--target", "99"], "a training accuracy is at most 1"),
    "executor is no address": (["--executor", "localhost:1"], "executor 'localhost:1' is not an address"),
    "unknown engine": (["--engine", "steam"], "'steam' is not one of"),
}


@pytest.mark.parametrize("case", MISUSE)
def test_misuse_is_exit_code_2_and_one_sentence(call, tmp_path, case):
    (tmp_path / "file").touch()
    args, words = MISUSE[case]
    done = call(*args, *([] if "--out" in args or case == "no out" else ["--out", "here"]))
    assert done.exit_code == 2, done.output
    assert done.stdout == "" and words in done.stderr
    assert done.stderr.startswith("Error: ") and done.stderr.count("\n") == 1
    assert not (tmp_path / "here" / "sweep.json").exists()


def test_no_gpu_when_one_is_demanded(call, monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    done = call("--device", "cuda", "--out", "here")
    assert done.exit_code == 2 and "device is 'cuda'; torch finds 0 GPUs on this machine" in done.stderr


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("data", DATA)
def test_every_model_has_defaults_on_every_data_set(model, data):
    common = {"model": (model,), "data": (data,), "c": None, "lr": (0.1,), "dimension": None}
    for stop in STOPS:
        first = command.grid({**common, "stop": (stop,)})[0]
        assert (first.model, first.data, first.stop) == (model, data, stop)
        assert first.image_size == (16 if data == "latent" else 32)
        assert (first.width, first.norm) == ((16, "none") if model == "cnn5" else (64, "batch"))


def test_what_is_given_beats_the_defaults():
    (run,) = command.grid({
        "seed": (0,), "model": ("vgg11",), "stop": ("train-risk",), "c": powers_of_two("3:3"), "lr": (0.2,),
        "width": (8,), "norm": ("none",), "target": (0.5,), "n": (64,), "dimension": (4,),
    })  # fmt: skip
    assert run == Run("vgg11", 8, "none", "latent", 64, 1000, dimension=4, c=8.0, lr=0.2, stop="train-risk", target=0.5)


def test_every_field_of_a_run_has_an_option_of_its_own():
    """Catches a field that a sweep cannot set, and a default in the help that is not the one taken."""
    options = {option.name: option for option in main.get_command(None, "sweep").params}
    (run, *_) = command.grid({})
    for field in fields(Run):
        assert options[field.name].help, f"{field.name} has no help"
        told = options[field.name].help.split("[")[1].rstrip("]")
        if ":" not in told and "," not in told and field.name != "seed":
            value = getattr(run, field.name)
            assert told == ("no" if value is False else str(value) or "all")
    assert list(options)[: len(command.HELP)] == list(command.HELP), "the order of the help"


def test_lists_make_every_combination(call):
    given = "--model cnn5,vgg11 --norm none,group --centred no,yes --seeds 3,5 --c 1 --lr 0.1 --momentum 0,0.5 --n 24"
    with click.Context(main.get_command(None, "sweep")) as context:
        context.command.parse_args(context, [*given.split(), "--out", "here"])
        made = command.grid({field.name: context.params[field.name] for field in fields(Run)})
    assert len(made) == len(set(made)) == 32 and [run.seed for run in made] == [3] * 16 + [5] * 16
    assert {run.width for run in made if run.model == "vgg11"} == {64} and {run.norm for run in made} == {
        "none",
        "group",
    }
    assert {run.momentum for run in made} == {0, 0.5} and {run.centred for run in made} == {False, True}


def test_a_model_of_ones_own_and_chosen_classes():
    own = command.grid({"model": ("mine:net",), "data": ("mine:pictures",), "classes": (3,)})
    assert {(run.model, run.data, run.classes) for run in own} == {("mine:net", "mine:pictures", 3)}
    options = {option.name: option for option in main.get_command(None, "sweep").params}
    assert options["model"].type.convert("cnn5,mine:net", None, None) == ("cnn5", "mine:net")
    chosen = options["class_list"].type.convert("3, 17,42", None, None)
    assert {run.class_list for run in command.grid({"data": ("cifar100",), "class_list": chosen})} == {"3,17,42"}


def test_a_flag_alone_means_yes(call):
    assert call(*TINY.split(), "--centred", "--c", "1", "--lr", "0.1", "--seeds", "1", "--out", "here").exit_code == 0
    assert [run.centred for run in store.planned("here")] == [True]


def test_what_is_left_to_others_is_no_failure(call, monkeypatch):
    """A job of an array that failed because another job was faster would stop what depends on the array."""
    real = sweeping.sweep
    left = lambda runs, *args, **more: replace(real(runs[:1], *args, **more), elsewhere=runs[1:])  # noqa: E731
    monkeypatch.setattr(sweeping, "sweep", left)
    args = *TINY.split(), "--c", "1,2", "--lr", "0.1", "--seeds", "1", "--out", "here"
    done = call(*args)
    assert done.exit_code == 0 and "1 of 2 runs finished, 1 being trained elsewhere, in 'here'" in done.stdout
    assert json.loads(call(*args, "--json").stdout)["elsewhere"] == 1


def record(peak, status="reached", risk=0.1, **run):
    trained = {
        "peak_test_accuracy": peak,
        "final_test_accuracy": peak - 0.1,
        "status": status,
        "train_risk": [2.3, risk],
        "train_accuracy": [0.1],
    }
    return {"run": Run(**run).parameters, "trained": trained}


def rows_of(records):
    return best_rates(grids([Run(**record["run"]) for record in records], records))


def test_a_rate_that_every_seed_reached_goes_before_luckier_ones():
    """Catches a high peak of a run that diverged, was cut off or is missing."""
    two = [record(0.6, lr=0.1), record(0.6, lr=0.1, seed=1)]
    for luckier in (
        [record(0.9, lr=0.2), record(0.9, "diverged", lr=0.2, seed=1)],
        [record(0.9, "budget", lr=0.2), record(0.9, "budget", lr=0.2, seed=1)],
    ):
        (row,) = rows_of(two + luckier)
        assert (row.rates, row.accuracy) == ((0.1,), 0.6)
        assert row.statuses["reached"] + row.statuses.get("budget", 0) + row.statuses.get("diverged", 0) == 4


def test_a_seed_chooses_no_rate_for_itself():
    """Each seed is lucky at another rate: chosen by the other half both lose. Catches a choice by the same seeds."""
    lucky = [record(0.9, lr=0.1), record(0.5, lr=0.1, seed=1), record(0.5, lr=0.2), record(0.9, lr=0.2, seed=1)]
    (row,) = rows_of(lucky)
    assert (row.rates, row.accuracy, row.low, row.high, row.seeds) == ((0.1, 0.2), 0.5, 0.5, 0.5, 2)


def test_a_c_at_which_no_rate_counts_has_no_accuracy():
    rows = rows_of([record(0.9, "budget"), record(0.5, c=2.0)])
    assert [(row.c, row.rates, row.accuracy, row.low) for row in rows] == [
        (1.0, (), None, None),
        (2.0, (0.1,), 0.5, None),
    ]


def test_kinds_of_runs_are_not_thrown_together():
    rows = rows_of([record(0.5, n=100), record(0.7, n=200)])
    assert [(row.kind, row.accuracy) for row in rows] == [({"n": 100}, 0.5), ({"n": 200}, 0.7)]


def test_what_is_wrong_at_which_c_is_said():
    """Catches a c that is blamed for the rate at which it died, and one that is compared with itself."""
    seeds = range(4)
    records = [record(0.6 + s / 100, c=0.5, seed=s) for s in seeds]
    records += [record(0.3 + s / 100, c=8.0, seed=s) for s in seeds]
    records += [record(0.9, "diverged", c=8.0, lr=0.2, seed=s) for s in seeds]
    records += [record(0.1, "budget", 2.302585, c=2.0**-8, seed=s) for s in seeds]
    records += [record(0.2, "budget", 0.5, c=2.0**-6, seed=s) for s in seeds]
    (grid,) = grids([Run(**record["run"]) for record in records], records)
    said = [trouble.split(":")[:2] for trouble in grid.troubles]
    assert said == [["c = 2^-8", " dead"], ["c = 2^-6", " slow"], ["c = 2^3", " errs more"]]
    assert "err 1.8 times as often as at scale 0.5" in grid.troubles[-1] and troubles([grid]) == grid.troubles
    other = [record(0.1, "budget", 2.302585, n=100)]
    both = grids([Run(**record["run"]) for record in records + other], records + other)
    assert troubles(both)[0].startswith("n = 512, c = 2^-8: dead") and troubles(both)[-1].startswith(
        "n = 100, c = 2^0:"
    )


def test_without_torch_it_says_what_to_install(fls, environment, tmp_path):
    (tmp_path / "torch.py").write_text("raise ImportError('absent')")
    path = os.pathsep.join([str(tmp_path), environment["PYTHONPATH"]])
    done = fls("sweep", "--out", "here", check=2, PYTHONPATH=path)
    assert "python -m pip install torch safetensors" in done.stderr and done.stderr.count("\n") == 1


def test_help_needs_no_torch(environment):
    code = "import sys, fls_teach.cli.sweep; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode == 0
