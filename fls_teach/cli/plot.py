"""`fls plot` and `fls export`: parse, call, print."""

import click

from fls_teach.files import because


@click.command()
@click.argument("folder", metavar="DIR")
@click.option("--curves", is_flag=True, help="Also plot training risk and test accuracy of every run over its epochs.")
def plot(folder, curves):
    """Plot the sweep in DIR, complete or not: accuracy over (c, learning rate), and against c. Writes PNGs into DIR."""
    from fls_teach.demos.images.sweep_grids import draw
    from fls_teach.vision.sweep.table import remarks, troubles

    try:
        drawn = draw(folder, curves)
    except ValueError as problem:
        raise click.UsageError(str(problem)) from None
    except OSError as problem:
        raise click.UsageError(f"cannot write to '{folder}' ({because(problem)})") from None
    for path, grid in drawn.items():
        done, total = (grid.status != "missing").sum(), grid.status.size
        drawn_seeds = "" if grid.whole.all() else f", drawn from {grid.whole.sum()} of {len(grid.whole)} seeds"
        click.echo(f"{path}   {grid.title}   {done} of {total} runs{drawn_seeds}")
    found = list({id(grid): grid for grid in drawn.values()}.values())  # each grid once, though it has several pictures
    for note in remarks(found):
        click.echo(f"note: {note}")
    for trouble in troubles(found):
        click.echo(f"trouble at {trouble}")


@click.command()
@click.argument("folder", metavar="DIR")
@click.option("--out", metavar="FILE", help="Write to FILE instead of stdout.")
def export(folder, out):
    """Print the sweep in DIR as CSV: one row per run, finished or not, with its parameters and results."""
    from fls_teach.files import replacing
    from fls_teach.vision.sweep.export import as_csv

    try:
        text = as_csv(folder)
    except ValueError as problem:
        raise click.UsageError(str(problem)) from None
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        with replacing(out) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="")
    except OSError as problem:
        raise click.UsageError(f"cannot write '{out}' ({because(problem)})") from None
    click.echo(out)
