"""Templates of HTML pages, all with the same settings."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2


def templates(folder: Path, finalize: Callable[[Any], Any] | None = None) -> jinja2.Environment:
    """Return the templates in a folder: values are escaped, undefined names are errors, tags leave no empty lines.

    Parameters
    ----------
    folder : Path
    finalize : callable, optional
        Applied to each value before it is written.
    """
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize,
    )
