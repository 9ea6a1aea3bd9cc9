"""Output to a terminal, a log or a pipe, also in encodings without Greek letters.

rich is imported only when something is drawn.
"""

import codecs
import os
import re
import sys
import time
import unicodedata
import warnings
from contextlib import contextmanager

import click

_PLAIN = str.maketrans(
    {
        **{"✓": "+", "✗": "x", "·": ".", "…": "...", "–": "-", "—": "-", "−": "-", "→": "->", "×": "x", "∝": "~"},
        **{"±": "+-", "≤": "<=", "≥": ">=", "≈": "~", "≠": "!=", "‖": "|", "√": "sqrt ", "°": " deg", "∞": "inf"},
        **{"½": "1/2", "¼": "1/4", "━": "-", "─": "-", "╸": "-", "╺": "-"},
    }
)
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"
_POWER = re.compile(f"[{_SUPERSCRIPTS}]+")
_LOWERED = str.maketrans(_SUPERSCRIPTS, "0123456789-")


def plain_text(text):
    """Convert `text` to ASCII, with the most similar readable characters.

    Examples
    --------
    >>> plain_text("ψ ≥ α² ± 1 ✓")
    'psi >= alpha^2 +- 1 +'
    """
    text = _POWER.sub(lambda power: "^" + power[0].translate(_LOWERED), text)
    return "".join(_ascii(character) for character in text.translate(_PLAIN))


def _ascii(character):
    if character.isascii():
        return character
    name = unicodedata.name(character, "")
    if name.startswith("GREEK "):  # GREEK SMALL LETTER ALPHA
        letter = name.split(" LETTER ")[-1].split()[0]
        letter = {"LAMDA": "LAMBDA"}.get(letter, letter)
        return letter.lower() if "SMALL" in name else letter.capitalize()
    return unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode() or "?"


def _encode_plainly(error):
    return plain_text(error.object[error.start : error.end]), error.end


codecs.register_error("fls_plain", _encode_plainly)


def make_printable(*streams):
    """Make streams print a character that they cannot encode (such as psi in cp1252) in ASCII instead of failing."""
    for stream in streams:
        if hasattr(stream, "reconfigure") and stream.errors in ("strict", "surrogateescape", "backslashreplace"):
            stream.reconfigure(errors="fls_plain")


def _is_terminal(stream):
    return stream is not None and stream.isatty()  # None if it was closed before the start


def console():
    """Return a rich console on stdout: coloured on a terminal unless NO_COLOR is set, 110 columns wide in a file."""
    from rich.console import Console

    return Console(highlight=False, width=None if _is_terminal(sys.stdout) else 110)


def say(text="", to_stderr=False):
    """Print a line on stdout or stderr, without colours if it goes to a file.

    Parameters
    ----------
    text : str
    to_stderr : bool
        For messages that are not results.
    """
    click.echo(text, err=to_stderr)


@contextmanager
def plain_warnings():
    """Within the block, print warnings on stderr as a sentence, without the source line that issued them."""
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: click.echo(f"Warning: {message}", err=True)
        yield


@contextmanager
def progress(label, seconds_between_lines=5.0):
    """Yield a callable ``(fraction, what="")`` that shows progress on stderr: a bar on a terminal, or lines in a log.

    Notebooks get lines too: a cell claims to be a terminal, but would show every state of a bar.
    """
    if _is_terminal(sys.stderr) and "JPY_PARENT_PID" not in os.environ:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        what = TextColumn("{task.fields[what]}", markup=False)  # it may contain the name of a file
        columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), what
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(label, total=1.0, what="")
            yield lambda fraction, what="": bar.update(task, completed=fraction, what=what)
        return

    last = time.monotonic()

    def line(fraction, what=""):
        nonlocal last
        if time.monotonic() - last >= seconds_between_lines:
            last = time.monotonic()
            click.echo(f"{label}: {fraction:4.0%} {what}".rstrip(), err=True)

    yield line
