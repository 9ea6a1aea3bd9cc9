"""`fls sweep`: parse, call, print."""

import contextlib
import json
import math
from dataclasses import asdict

import click

from fls_teach import terminal
from fls_teach.processors import cores
from fls_teach.vision.run import DATA, MODELS, NORMS, STOPS
from fls_teach.vision.sweep.executors import ENGINES, open_executor
from fls_teach.vision.sweep.grid import numbers, powers_of_two, runs

BY_DATA = {
    "latent": {"image_size": 16, "n": 512, "n_test": 1000, "n_validation": 256},
    "biggan": {"image_size": 32, "n": 2000, "n_test": 1000, "n_validation": 500},
    "cifar10": {"image_size": 32, "n": 0, "n_test": 0, "n_validation": 5000},
    "cifar100": {"image_size": 32, "n": 0, "n_test": 0, "n_validation": 5000},
}
BY_MODEL = {"cnn5": {"width": 16, "norm": "none", "c": "-6:6:2"}}
PUBLISHED = {"width": 64, "norm": "batch", "c": "-10:2"}
"""Of the models not in BY_MODEL."""
BY_STOP = {"train-accuracy": 0.99, "train-risk": 0.05, "validation-risk": 10}


class List(click.ParamType):
    """What a function of `grid` reads: numbers with commas between, or a range."""

    name = "list"

    def __init__(self, read):
        self.read = read

    def convert(self, value, param, ctx):
        try:
            return value if isinstance(value, tuple) else self.read(value)
        except ValueError as problem:
            self.fail(str(problem), param, ctx)


POWERS, RATES, COUNTS = List(powers_of_two), List(numbers), List(lambda text: numbers(text, int))


@click.command()
@click.option("--model", type=click.Choice(MODELS), default="cnn5", show_default=True)
@click.option("--data", type=click.Choice(DATA), default="latent", show_default=True, help="latent needs no files.")
@click.option("--c", type=POWERS, metavar="A:B", help="Powers of two, 2^A to 2^B; A:B:STEP; or values with commas.")
@click.option(
    "--lr", type=RATES, metavar="LIST", default="0.03,0.1", show_default=True, help="On cross_entropy(c f)/c."
)
@click.option("--seeds", type=click.IntRange(1), default=2, show_default=True, help="How many; the first is 0.")
@click.option("--width", type=COUNTS, metavar="LIST", help="Channels of the first layer.  [cnn5: 16, others: 64]")
@click.option("--norm", type=click.Choice(NORMS), help="[cnn5: none, others: batch]")
@click.option("--n", type=COUNTS, metavar="LIST", help="Training images.  [latent: 512, biggan: 2000, CIFAR: 0 = all]")
@click.option("--classes", type=int, default=0, help="The first so many; 0 is all.")
@click.option("--dimension", type=COUNTS, metavar="LIST", help="Of latent and biggan.  [32]")
@click.option("--image-size", type=int, metavar="N", help="Pixels per side.  [latent: 16, others: 32]")
@click.option("--centred", is_flag=True, help="Train c (f - f at the start).")
@click.option("--batch", type=int, default=64, show_default=True)
@click.option("--stop", type=click.Choice(STOPS), default="train-accuracy", show_default=True, help="The rule.")
@click.option("--target", type=float, help="Accuracy, nats, or epochs without improvement.  [0.99, 0.05, 10]")
@click.option("--epochs", type=int, default=120, show_default=True, help="Budget.")
@click.option("--out", required=True, metavar="DIR", help="Folder for the results; one that has some is added to.")
@click.option("--engine", type=click.Choice(ENGINES), default="auto", show_default=True)
@click.option("--jobs", type=click.IntRange(1, 256), metavar="N", help="Processes.  [one per core]")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
@click.option("--executor", metavar="dask://HOST:PORT", help="A dask.distributed cluster that does the work.")
@click.option("--data-dir", metavar="DIR", help="Folder with CIFAR's binary files.")
@click.option("--download", is_flag=True, help="Fetch CIFAR into --data-dir first.")
@click.option("--weights", metavar="FILE", help="Of the generator: BigGAN's; for latent in place of its own.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def sweep(out, engine, jobs, device, executor, data_dir, download, weights, as_json, **grid):
    """Train networks over a grid of c, learning rate and seed; best test accuracy for each c.

    Finished runs are kept in DIR, one file per run: the same command resumes, and another grid is added.

    Exit code 0: all runs are finished; 1: some failed; 2: nothing could be run as asked.
    """
    try:
        wanted = _grid(**grid)
        from fls_teach.vision.sweep.sweep import sweep as run_sweep
    except ValueError as problem:
        raise click.UsageError(str(problem)) from None
    except ImportError as problem:
        raise click.UsageError(f"sweeps need torch: python -m pip install torch safetensors ({problem})") from None
    where = {"jobs": jobs or cores(), "device": device, "data_dir": data_dir, "generator": weights}
    try:
        if grid["data"] == "biggan" and weights is None:
            raise ValueError("--data biggan wants the file with BigGAN's weights: name it with --weights")
        if download:
            _download(grid["data"], data_dir)
        _refuse_useless(grid["data"], {"--dimension": grid["dimension"], "--weights": weights, "--data-dir": data_dir})
        with (
            terminal.plain_warnings(),
            open_executor(executor) if executor else contextlib.nullcontext() as cluster,
            terminal.progress("sweep") as progress,
        ):
            swept = run_sweep(wanted, out, engine=engine, executor=cluster, **where, progress=progress)
    except ValueError as problem:
        raise click.UsageError(str(problem)) from None
    except MemoryError as problem:
        raise click.UsageError(f"the images do not fit into memory; ask for fewer ({problem})") from None
    from fls_teach.vision.sweep.table import RULE, best_rates, grids, troubles

    records, failed = swept.records, len(swept.failed)
    found = grids(wanted, records) if records else []
    notes = list(dict.fromkeys(note for grid in found for note in grid.notes))
    if as_json:
        report = {"out": out, "finished": len(records), "failed": failed}
        report |= {"best": [asdict(row) for row in best_rates(found)], "rule": RULE}
        click.echo(json.dumps(report | {"notes": notes, "troubles": troubles(found)}, allow_nan=False))
    else:
        if records:
            _print(best_rates(found), RULE)
            for note in notes:
                click.echo(f"note: {note}")
            for trouble in troubles(found):
                click.echo(f"trouble at {trouble}")
            click.echo()
        click.echo(f"{len(records)} of {len(wanted)} runs finished, in '{out}'")
    return 1 if failed else 0


def _grid(seeds, **given):
    """The runs that the options ask for; what is not given depends on the data, the model and the rule."""
    usual = {**BY_DATA[given["data"]], **BY_MODEL.get(given["model"], PUBLISHED), "target": BY_STOP[given["stop"]]}
    usual["c"] = powers_of_two(usual["c"])
    if given["stop"] != "validation-risk":
        usual["n_validation"] = 0
    return runs(seed=tuple(range(seeds)), **usual | {name: value for name, value in given.items() if value is not None})


def _refuse_useless(data, given):
    for option in ("--dimension", "--weights") if data.startswith("cifar") else ("--data-dir",):
        if given[option]:
            raise ValueError(f"{option} has no effect on '{data}'; leave it out")


def _download(data, data_dir):
    if not data.startswith("cifar") or data_dir is None:
        raise ValueError("--download fetches CIFAR: it wants --data cifar10 or cifar100, and --data-dir")
    from fls_teach.vision.data.download import download_cifar

    with terminal.progress("download") as progress:
        download_cifar(data, data_dir, progress)


def _print(rows, rule):
    from rich.table import Table

    kinds = list(rows[0].kind)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in (*kinds, "c", "best lr", "peak test accuracy", "seeds", "reached", "budget", "diverged"):
        table.add_column(heading, justify="right")
    for row in rows:
        rates = ", ".join(f"{rate:g}" for rate in row.rates) or "none"
        accuracy = "–" if row.accuracy is None else f"{row.accuracy:.3f}"
        spread = "" if row.low is None else f" ± {(row.high - row.low) / 2:.3f}"
        counts = (str(row.statuses.get(status, 0)) for status in ("reached", "budget", "diverged"))
        kind = (str(row.kind[name]) for name in kinds)
        table.add_row(*kind, _power(row.c), rates, f"{accuracy}{spread}", str(row.seeds), *counts)
    click.echo(f"Peak test accuracy: mean over seeds ± 95% interval; {rule}.")
    terminal.console().print(table)


def _power(c):
    exponent = math.log2(c)
    return f"2^{exponent:.0f}" if exponent.is_integer() else f"{c:g}"
