"""Detection of notebooks, and of notebook commands, where a Python file is expected.

The text is searched, never parsed: it may be hostile and long.
"""

import re
from pathlib import PurePath

_TRIPLE_QUOTED = re.compile(r'("""|\'\'\').*?\1', re.DOTALL)
# "%name" or "!name" at the start of a line; in Python, a line can start so only within brackets or a string.
_COMMAND = re.compile(
    r"^[ \t]*(?:%%?[A-Za-z]\w*(?:[ \t].*)?|!!?[ \t]*[\w./-].*)$|^.*\bget_ipython\(\).*$", re.MULTILINE
)
_MAX_QUOTED = 60  # characters of a quoted line


def is_notebook(text: str) -> bool:
    """Return whether a text is a Jupyter notebook (JSON with cells), complete or truncated.

    Examples
    --------
    >>> is_notebook('{"cells": [{"cell_type": "code"}], "nbformat": 4}')
    True
    """
    start = text.lstrip("\ufeff \t\r\n")
    return start.startswith("{") and '"cell_type"' in start and ('"cells"' in start or '"worksheets"' in start)


def notebook_complaint(text: str, name: str, wanted: str | None = None) -> str | None:
    """Return what is wrong with a notebook, as the end of a sentence after its name, or None if it is not one.

    Parameters
    ----------
    text : str
        Content of an .ipynb file, or of a Python file that does not load.
    name : str
        The file's name.
    wanted : str, optional
        Name of the Python file that should replace it; by default `name` with the suffix .py.

    Examples
    --------
    >>> notebook_complaint("%matplotlib inline", "08_bayes_error.py")
    "holds a notebook's command, which Python does not know, on line 1: delete that line (%matplotlib inline)"
    """
    if PurePath(name).suffix.lower() == ".ipynb" or is_notebook(text):
        target = wanted or PurePath(name).stem + ".py"
        target = target if target != name else "an ordinary Python file of this name"
        return f"is a notebook, not a Python file: copy your functions, and nothing else, from its cells into {target}"
    code = _TRIPLE_QUOTED.sub(lambda found: "\n" * found[0].count("\n"), text)
    found = _COMMAND.search(code)
    if found is None:
        return None
    line, number = found[0].strip(), code.count("\n", 0, found.start()) + 1
    line = line if len(line) <= _MAX_QUOTED else line[:_MAX_QUOTED] + "..."
    return f"holds a notebook's command, which Python does not know, on line {number}: delete that line ({line})"
