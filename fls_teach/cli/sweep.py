"""`fls sweep`: parse, call, print."""

import contextlib
import json
import math
from dataclasses import asdict

import click

from fls_teach import terminal
from fls_teach.cli.shared import json_option
from fls_teach.cli.sweep_grid import grid, grid_options
from fls_teach.processors import cores
from fls_teach.vision.sweep.executors import ENGINES, open_executor


@click.command()
@grid_options
@click.option("--all-cells", is_flag=True, help="Train all seeds, also at a (c, lr) where one has failed; see above.")
@click.option("--out", required=True, metavar="DIR", help="Folder for the results; existing ones are kept.")
@click.option("--engine", type=click.Choice(ENGINES), default="auto", show_default=True)
@click.option("--jobs", type=click.IntRange(1, 256), metavar="N", help="Processes.  [one per core]")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:N, or several with commas.")
@click.option("--executor", metavar="dask://HOST:PORT", help="A dask.distributed cluster that does the work.")
@click.option("--data-dir", metavar="DIR", help="Folder with CIFAR's binary files.")
@click.option("--download", is_flag=True, help="Fetch CIFAR into --data-dir first.")
@click.option("--weights", metavar="FILE", help="Weights of the generator: needed for biggan, optional for latent.")
@json_option
def sweep(out, all_cells, engine, jobs, device, executor, data_dir, download, weights, as_json, **given):
    """Train networks over a grid of c, learning rate and seed; print the best test accuracy for each c.

    A LIST is one value or several with commas; every combination is trained.

    Finished runs are kept in DIR, one file per run. The same command resumes, and another grid is added to the first.
    Several of these commands, on one machine or on many, may share DIR: each trains runs that no other is training,
    and ends when all remaining runs are being trained by others. Runs that a killed command had begun are taken over:
    at once if it ran on the same machine, else after 150 seconds.

    A learning rate counts at a c only if every seed reaches the target there. Once a seed has failed at one rate, while
    another rate has reached the target with all seeds so far, further seeds at the first rate cannot change the result.
    They are left out, unless --all-cells is given.

    Exit code 0: each run is finished, left out, or being trained by another process; 1: some failed; 2: nothing could
    be run as asked.
    """
    try:
        wanted = grid(given)
        from fls_teach.vision.sweep.sweep import sweep as run_sweep
    except ValueError as problem:
        raise click.UsageError(str(problem)) from None
    except ImportError as problem:
        raise click.UsageError(f"sweeps need torch: python -m pip install torch safetensors ({problem})") from None
    where = {"jobs": jobs or cores(), "device": device, "data_dir": data_dir, "generator": weights}
    data = {run.data for run in wanted}
    try:
        if "biggan" in data and weights is None:
            raise ValueError("--data biggan needs the file with BigGAN's weights: name it with --weights")
        if download:
            _download(data, data_dir)
        _refuse_useless(data, {"--dimension": given["dimension"], "--weights": weights, "--data-dir": data_dir})
        with (
            terminal.plain_warnings(),
            open_executor(executor) if executor else contextlib.nullcontext() as cluster,
            terminal.progress("sweep") as progress,
        ):
            how = {"engine": engine, "executor": cluster, "all_cells": all_cells, "progress": progress}
            swept = run_sweep(wanted, out, **how, **where)
    except ValueError as problem:
        raise click.UsageError(str(problem)) from None
    except MemoryError as problem:
        raise click.UsageError(f"the images do not fit into memory; ask for fewer ({problem})") from None
    _report(swept, wanted, out, as_json)
    return 1 if swept.failed else 0


def _report(swept, wanted, out, as_json):
    from fls_teach.vision.sweep.selection import INTERVAL, PEAK, RULE
    from fls_teach.vision.sweep.table import best_rates, grids, remarks, troubles

    records = swept.records
    found = grids(wanted, records) if records else []
    if as_json:
        report = {"out": out, "finished": len(records), "failed": len(swept.failed)}
        report |= {"needless": len(swept.needless), "elsewhere": len(swept.elsewhere)}
        report |= {
            "best": [asdict(row) for row in best_rates(found)],
            "rule": RULE,
            "interval": INTERVAL,
            "peak_and_final": PEAK,
        }
        click.echo(json.dumps(report | {"notes": remarks(found), "troubles": troubles(found)}, allow_nan=False))
        return
    if records:
        click.echo(f"Test accuracy: mean over seeds, {RULE}.\n± is {INTERVAL}.\n{PEAK[0].upper()}{PEAK[1:]}.")
        _print(best_rates(found))
        for note in remarks(found):
            click.echo(f"note: {note}")
        for trouble in troubles(found):
            click.echo(f"trouble at {trouble}")
        click.echo()
    others = {"left out": swept.needless, "being trained elsewhere": swept.elsewhere, "failed": swept.failed}
    more = "".join(f", {len(runs)} {what}" for what, runs in others.items() if runs)
    click.echo(f"{len(records)} of {len(wanted)} runs finished{more}, in '{out}'")


def _refuse_useless(data, given):
    cifar = {name for name in data if name.startswith("cifar")}
    useless = ("--dimension", "--weights") if cifar == data else () if cifar else ("--data-dir",)
    for option in useless:
        if given[option]:
            raise ValueError(f"{option} has no effect on '{', '.join(sorted(data))}'; leave it out")


def _download(data, data_dir):
    if data_dir is None or not all(name.startswith("cifar") for name in data):
        raise ValueError("--download fetches CIFAR: it needs --data cifar10 or cifar100, and --data-dir")
    from fls_teach.vision.data.download import download_cifar

    for name in sorted(data):
        with terminal.progress("download") as progress:
            download_cifar(name, data_dir, progress)


def _print(rows):
    from rich.table import Table

    from fls_teach.vision.sweep.selection import power
    from fls_teach.vision.sweep.table import STATUSES

    kinds = list(rows[0].kind)
    ended = [name for name in STATUSES if name in ("reached", "budget") or any(name in row.statuses for row in rows)]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in (*kinds, "c", "best lr", "peak", "final", "seeds", *ended):
        table.add_column(heading, justify="right")
    for row in rows:
        rates = ", ".join(f"{rate:g}" for rate in row.rates) or "none"
        means = _mean(row.accuracy, row.low, row.high), _mean(row.final, row.final_low, row.final_high)
        counts = (str(row.statuses.get(status, 0)) for status in ended)
        kind = (str(row.kind[name]) for name in kinds)
        table.add_row(*kind, power(math.log2(row.c)), rates, *means, str(row.seeds), *counts)
    terminal.console().print(table)


def _mean(mean, low, high):
    if mean is None:
        return "–"
    return f"{mean:.3f}" + ("" if low is None else f" ± {(high - low) / 2:.3f}")
