"""`fls plot`: parse, call, print."""

import click


@click.command()
@click.argument("folder", metavar="DIR")
def plot(folder):
    """Draw the sweep in DIR, finished or not: accuracy over (c, learning rate), and against c. Writes PNGs into DIR."""
    from fls_teach.demos.images.sweep_grids import draw

    try:
        drawn = draw(folder)
    except ValueError as problem:
        raise click.UsageError(str(problem)) from None
    except OSError as problem:
        raise click.UsageError(f"cannot write to '{folder}' ({problem.strerror or problem})") from None
    for path, grid in drawn.items():
        done, total = (grid.status != "missing").sum(), grid.status.size
        drawn_seeds = "" if grid.whole.all() else f", drawn from {grid.whole.sum()} of {len(grid.whole)} seeds"
        click.echo(f"{path}   {grid.title}   {done} of {total} runs{drawn_seeds}")
        for note in grid.notes:
            click.echo(f"note: {note}")
        for trouble in grid.troubles:
            click.echo(f"trouble at {trouble}")
