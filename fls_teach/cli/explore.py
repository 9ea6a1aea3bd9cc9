"""`fls explore`: parse, call, print."""

import tempfile
import webbrowser
from pathlib import Path

import click


@click.command()
@click.option("--out", metavar="FILE", help="Write the page to FILE, and do not open a browser.")
def explore(out):
    """Open an interactive page that trains networks live in your browser, also without a network connection."""
    from fls_teach.book.explorer import page_html
    from fls_teach.files import because, replace_text

    path = Path(out) if out else Path(tempfile.mkdtemp(prefix="fls-explore-")) / "explore.html"
    try:
        if path.is_dir():
            raise click.UsageError(f"'{path}' is a folder; wanted a file, such as {path / 'explore.html'}")
        replace_text(path, page_html())
    except (OSError, ValueError) as problem:  # ValueError: a NUL character in the path
        raise click.UsageError(f"cannot write '{path}' ({because(problem)}); name another --out") from None
    click.echo(str(path))
    if not out and not webbrowser.open(path.resolve().as_uri()):
        click.echo("no browser was found: open this file in a browser yourself", err=True)
