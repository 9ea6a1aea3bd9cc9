"""A notebook where a Python file was wanted: the sentence that says what to do.

The text is searched, never parsed: it may be hostile, and long.
"""

import re
from pathlib import PurePath

_TRIPLE_QUOTED = re.compile(r'("""|\'\'\').*?\1', re.DOTALL)
# "%name" and "!name" as the first thing on a line; Python itself has such a line only within brackets or a string.
_COMMAND = re.compile(
    r"^[ \t]*(?:%%?[A-Za-z]\w*(?:[ \t].*)?|!!?[ \t]*[\w./-].*)$|^.*\bget_ipython\(\).*$", re.MULTILINE
)
_SHOWN = 60  # characters of a line


def is_notebook(text: str) -> bool:
    """Whether a text is a Jupyter notebook: JSON with cells, whole or cut off.

    Examples
    --------
    >>> is_notebook('{"cells": [{"cell_type": "code"}], "nbformat": 4}')
    True
    """
    start = text.lstrip("\ufeff \t\r\n")
    return start.startswith("{") and '"cell_type"' in start and ('"cells"' in start or '"worksheets"' in start)


def notebook_complaint(text: str, name: str, wanted: str | None = None) -> str | None:
    """What is wrong with a notebook's text, to follow the file's name, or None.

    Parameters
    ----------
    text : str
        Of a file called .ipynb, or of a Python file that does not load.
    name : str
        The file's name.
    wanted : str, optional
        The name of the Python file to make of it; by default its own, with .py.
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
    line = line if len(line) <= _SHOWN else line[:_SHOWN] + "..."
    return f"holds a notebook's command, which Python does not know, on line {number}: delete that line ({line})"


def notebook_problem(text: str, name: str, wanted: str | None = None) -> str | None:
    """One sentence that says what to do about a notebook that was put where a Python file belongs, or None.

    Parameters
    ----------
    text, name, wanted : str
        As for `notebook_complaint`.

    Returns
    -------
    str or None

    Examples
    --------
    >>> notebook_problem("%matplotlib inline", "08_bayes_error.py")
    "08_bayes_error.py holds a notebook's command, which Python does not know, on line 1: delete that line \
(%matplotlib inline)."
    """
    complaint = notebook_complaint(text, name, wanted)
    return None if complaint is None else f"{name} {complaint}."
