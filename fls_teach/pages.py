"""Templates of HTML pages, with one set of rules for all of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2


def templates(folder: Path, finalize: Callable[[Any], Any] | None = None) -> jinja2.Environment:
    """The templates in a folder: every value is escaped, a name that is not given is an error, tags leave no lines.

    Parameters
    ----------
    folder : Path
    finalize : callable, optional
        Told each value on its way out, returns what to show instead.
    """
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize,
    )
