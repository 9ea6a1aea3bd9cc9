"""`fls demo`: parse, call, print."""

import contextlib
import importlib.util
import os
import time
from pathlib import Path

import click
from click.core import ParameterSource

from fls_teach import demos, terminal
from fls_teach.cli.shared import complete_demo, json_option, print_json
from fls_teach.course.registry import own_root
from fls_teach.files import because
from fls_teach.processors import cores

_GET_TORCH = "python -m pip install torch safetensors brings it"
_SOURCES = {
    "[P]": "[P] the paper (arXiv 2602.00827)",
    "[D]": "[D] derived",
    "[M]": "[M] measured beforehand",
}


@click.command()
@click.argument("name", required=False, shell_complete=complete_demo)
@click.option(
    "--preset", type=click.Choice(["quick", "full"]), default="quick", show_default=True, help="How much to run."
)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Same seed, same files.")
@click.option("--out", metavar="DIR", default="out", show_default=True, help="Folder for the figure and the result.")
@click.option("--set", "settings", metavar="FIELD=VALUE", multiple=True, help="Change a parameter; can be repeated.")
@click.option("--data-dir", metavar="DIR", help="For heatmap: train on CIFAR-100, whose binary files are there.")
@json_option
@click.option("--list", "listing", is_flag=True, help="List the demos.")
@click.option("--all", "everything", is_flag=True, help="Run every demo that has no finished result in DIR.")
@click.option("--again", is_flag=True, help="With --all: run finished demos again.")
@click.option("--from", "source", metavar="FILE", help="Redraw a saved result without running anything.")
@click.pass_context
def demo(ctx, name, preset, seed, out, settings, data_dir, as_json, listing, everything, again, source):
    """Run one demo: print each claim beside its measurement, and draw the figure.

    Exit code 0: every claim holds; 1: at least one does not; 2: nothing could be run as asked.
    """
    # Set before numpy is imported: on the small matrices of a demo, several BLAS threads are slower than one.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    parameter = {"set": "settings", "data-dir": "data_dir"} | {
        option: option for option in ("again", "preset", "seed", "out")
    }
    given = [option for option, name in parameter.items() if ctx.get_parameter_source(name) != ParameterSource.DEFAULT]
    _check_combination(name, listing, everything, source, given)
    if listing:
        return _print_list(as_json)
    folder = out if source is None or "out" in given else None
    reports = (
        every_report(preset, seed, out, not again)
        if everything
        else _one_report(name, preset, seed, folder, source, data_dir, settings)
    )
    records = []
    for report, seconds in reports:
        records.append(_record(report))
        if not as_json:
            _print_report(report, seconds)
    if as_json:
        print_json({"demos": records} if everything else records[0])
    return 0 if all(claim["holds"] for record in records for claim in record["claims"]) else 1


def _check_combination(name, listing, everything, source, given):
    """Raise `click.UsageError` unless exactly one thing is asked for, with options that have an effect on it."""
    modes = {"--list": listing, "--all": everything, "--from": source is not None, "NAME": name is not None}
    chosen = [mode for mode, wanted in modes.items() if wanted]
    if not chosen:
        raise click.UsageError(f"which demo? Name one ({', '.join(demos.NAMES)}), or use --all or --list")
    if len(chosen) > 1 and set(chosen) != {"--from", "NAME"}:
        raise click.UsageError(f"{' and '.join(chosen)} do not go together; choose one")
    useless = [f"--{option}" for option in given if listing or (source is not None and option != "out")]
    useless += [f"--{option}" for option in ("set", "data-dir") if everything and option in given]
    useless += ["--again"] if "again" in given and not useless and not everything else []
    if useless:
        raise click.UsageError(f"{' and '.join(useless)} would have no effect with {chosen[0]}; leave it out")


def _has_torch():
    return importlib.util.find_spec("torch") is not None


def _all_that_can_run(chosen):
    names = [name for name in chosen if _has_torch() or name not in demos.NEED_TORCH]
    if len(names) < len(chosen):
        click.echo(f"Skipped (torch is not installed): {', '.join(demos.NEED_TORCH)}; {_GET_TORCH}", err=True)
    return names


def _one_report(name, preset, seed, out, source, data_dir, settings):
    from fls_teach.demos.framework.report import redraw

    start = time.perf_counter()
    try:
        if source is not None:
            yield redraw(source, out, name), time.perf_counter() - start
            return
        demos.demo_module(name)
    except ValueError as problem:
        raise click.UsageError(str(problem)) from None
    if name in demos.NEED_TORCH and not _has_torch():
        raise click.UsageError(f"the demo '{name}' trains with torch, which is not installed; {_GET_TORCH}")
    _check_folder(out)
    yield _run(name, name, preset, seed, out, data_dir, settings), time.perf_counter() - start


def every_report(preset, seed, out, resume, chosen=None):
    """Yield (Report, seconds) for each demo in `chosen` (default: all) that can run here.

    Demos that use one processor run in parallel; demos on images use all processors and run one after another.
    """
    from fls_teach.demos.framework import together

    _check_folder(out)
    names = _all_that_can_run(demos.NAMES if chosen is None else chosen)
    small = [name for name in names if name not in demos.NEED_TORCH]
    label = {name: f"{name} ({k} of {len(names)})" for k, name in enumerate(names, 1)}
    if len(small) > 1 and cores() > 1:
        with together.started(small, preset, seed, out, None, None, (), resume) as futures:
            for name in small:
                with terminal.progress(f"waiting for {name}") as progress, _sentences(name, out):
                    done = together.result(name, futures, progress)
                yield done
        names = names[len(small) :]
    for name in names:
        start = time.perf_counter()
        yield _run(name, label[name], preset, seed, out, resume=resume), time.perf_counter() - start


def _check_folder(out):
    from fls_teach.files import writable_folder

    try:
        writable_folder(out)
    except ValueError as problem:
        raise click.BadParameter(str(problem), param_hint="--out") from None


def _run(name, label, preset, seed, out, data_dir=None, settings=(), resume=False):
    from fls_teach.demos.framework.report import run_demo

    with terminal.plain_warnings(), terminal.progress(label) as progress, _sentences(name, out, data_dir or settings):
        return run_demo(name, preset, seed, out, progress, data_dir, settings, resume)


@contextlib.contextmanager
def _sentences(name, out, chosen=False):
    """Turn a user's mistake into one sentence; `chosen` says whether the user gave parameters or images."""
    try:
        yield
    except ValueError as problem:
        if not chosen and name not in demos.NEED_TORCH:
            raise  # a defect of the demo, not a mistake of the user
        raise click.UsageError(str(problem)) from None
    except OSError as problem:
        raise click.UsageError(f"cannot write to '{out}' ({because(problem)}); name another --out") from None


def _record(report):
    return {
        "name": report.result.name,
        "params": report.result.params,
        "seed": report.result.seed,
        "claims": [_claim_record(claim) for claim in report.claims],
        "files": {kind: str(path) for kind, path in report.files.items()},
    }


def _claim_record(claim):
    from fls_teach.demos.framework.result import plain

    record = plain(claim)
    record["measured"] |= {"words": claim.measured.words}
    return record


def _print_list(as_json):
    rows = [(group, name, demos.summary(name)) for group, names in demos.GROUPS.items() for name in names]
    if as_json:
        return print_json({"demos": [{"name": name, "group": group, "summary": text} for group, name, text in rows]})
    for group in demos.GROUPS:
        click.echo(group)
        for _, name, text in (row for row in rows if row[0] == group):
            click.echo(f"  {name:13} {text}")


def _science_page():
    """Return the path of science.md, which sources refer to, relative to the current folder if it is below it."""
    page = own_root() / "docs" / "science.md"
    try:
        relative = Path(os.path.relpath(page))
    except (ValueError, OSError):  # on another drive; the current folder was deleted
        return page
    return page if ".." in relative.parts else relative


def _print_report(report, seconds):
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading, ratio in (("holds", None), ("claim", 6), ("predicted", 2), ("measured", 5)):
        table.add_column(heading, ratio=ratio, overflow="fold", min_width=5 if ratio is None else None)
    for claim in report.claims:
        verdict = Text("yes", style="green") if claim.holds else Text("NO", style="bold red")
        # Text, not str, because square brackets in a claim are not markup.
        statement = Text(claim.statement).append(f"\n{claim.source}", style="dim")
        measured = Text(claim.measured.words).append(f"\n{claim.tolerance.words}", style="dim")
        table.add_row(verdict, statement, Text(claim.predicted), measured)
    console = terminal.console()
    console.print(table)
    used = " ".join(claim.source for claim in report.claims)
    legend = ", ".join(text for mark, text in _SOURCES.items() if mark in used)
    console.print(Text(f"source: {legend}", style="dim") if legend else "")
    if "science.md" in used and _science_page().is_file():  # the distribution of another course has no science.md
        click.echo(f"science.md: {_science_page()}")  # not printed by rich, which would wrap a long path
    held = sum(claim.holds for claim in report.claims)
    by_chance = sum(claim.chance_of_failure for claim in report.claims if claim.holds)
    noise = f"; at another seed, chance alone would make {by_chance:.2g} of them fail" if by_chance else ""
    console.print(Text(f"\n{held} of {len(report.claims)} claims hold{noise}   seed {report.result.seed}"))
    files = "   ".join(f"{kind} {path}" for kind, path in report.files.items() if kind != "parameters")
    click.echo(f"{files}   {seconds:.1f} s\n")
