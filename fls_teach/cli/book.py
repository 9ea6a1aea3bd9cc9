"""`fls book`: parse, call, print."""

import os
from pathlib import Path

import click

from fls_teach import demos, terminal
from fls_teach.files import because


@click.command()
@click.option("--out", metavar="DIR", default="book", show_default=True, help="Folder for the book and the results.")
@click.option(
    "--preset", type=click.Choice(["quick", "full"]), default="quick", show_default=True, help="How much to run."
)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Same seed, same book.")
@click.option("--without-images", is_flag=True, help="Leave out the demos that train CNNs with torch.")
@click.option("--from", "source", metavar="RESULTS", help="A folder of results that 'fls demo' wrote; runs nothing.")
@click.pass_context
def book(ctx, out, preset, seed, without_images, source):
    """Write the book of results: every claim beside its measurement, every picture, and the lessons, in one HTML file.

    Runs the demos that have no result in DIR/results yet; to resume, run the same command again. Also writes the
    claims as Markdown (DIR/claims.md) and the page of `fls explore` (DIR/explore.html).

    Exit code 0: the book was written, whether or not all claims hold; 2: it could not be written.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # must be set before numpy is imported; see `fls demo`
    from fls_teach.book.results.book import chapter, drawn, in_numbers, write_book
    from fls_teach.book.results.tables import write_tables
    from fls_teach.cli.demo import every_report

    chosen = [name for name in demos.NAMES if not (without_images and name in demos.NEED_TORCH)]
    if source is not None:
        given = [name for name in ("preset", "seed") if ctx.get_parameter_source(name).name == "COMMANDLINE"]
        if given:
            raise click.UsageError(f"--{' and --'.join(given)} would have no effect with --from; leave it out")
    target = Path(out) / "index.html"
    try:
        if source is None:
            reports = [report for report, _ in every_report(preset, seed, Path(out) / "results", True, chosen)]
        else:
            with terminal.progress("drawing") as progress:
                reports, refused = drawn(source, Path(out) / "results", chosen, progress)
            for sentence in refused:
                click.echo(f"left out: {sentence}", err=True)
            if not reports:
                raise ValueError(f"no result in '{source}' can be drawn")
        chapters = [chapter(report) for report in reports]
        write_book(chapters, target)
        write_tables(chapters, Path(out) / "claims.md", "results")
    except ValueError as problem:
        raise click.UsageError(str(problem)) from None
    except OSError as problem:
        raise click.UsageError(f"cannot write to '{out}' ({because(problem)}); name another --out") from None
    click.echo(in_numbers(chapters))
    click.echo(f"The book: {target}")
