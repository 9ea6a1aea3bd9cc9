"""Write values and calls as Python code that can be pasted into an interpreter, with all digits."""

import math
import textwrap

import numpy as np

WIDTH = 76
LONGEST = 4000
"""Maximal length of a call in characters; in longer calls the largest arrays are replaced by their shapes."""


def as_code(value):
    """Return a plain value as a Python expression.

    Examples
    --------
    >>> as_code((0.1, None, float("nan"))), as_code({"X": np.eye(2)})
    ('(0.1, None, np.nan)', "{'X': np.array([[1.0, 0.0], [0.0, 1.0]])}")
    >>> as_code(np.zeros((0, 3))), as_code(np.arange(2)), as_code(np.float32([0.5]))
    ('np.zeros((0, 3))', 'np.array([0, 1])', 'np.array([0.5], dtype=np.float32)')
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        dtype = "" if value.dtype in (np.float64, np.int64, np.bool_) else f", dtype=np.{value.dtype.name}"
        if not value.size:
            return f"np.zeros({value.shape}{dtype or ('' if value.dtype == np.float64 else f', dtype={value.dtype}')})"
        return f"np.array({as_code(value.tolist())}{dtype})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {as_code(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        items = ", ".join(map(as_code, value))
        return f"[{items}]" if isinstance(value, list) else f"({items},)" if len(value) == 1 else f"({items})"
    if isinstance(value, float) and not math.isfinite(value):
        return "np.nan" if math.isnan(value) else "np.inf" if value > 0 else "-np.inf"
    return repr(value)


def call_as_code(call):
    """Return a call as Python code, with line breaks between its values.

    Parameters
    ----------
    call : spec.Call

    Returns
    -------
    str
        Arrays that are too large are given by their shapes.
    """
    given = [("", value) for value in call.args] + [(f"{name}=", value) for name, value in call.kwargs.items()]
    texts = [name + (_outline(value) if _entries(value) > LONGEST else as_code(value)) for name, value in given]
    while sum(map(len, texts)) > LONGEST:
        longest = max(range(len(texts)), key=lambda k: len(texts[k]))
        short = given[longest][0] + _outline(given[longest][1])
        if len(short) >= len(texts[longest]):
            break
        texts[longest] = short
    text = f"{call.function.removeprefix('support:')}({', '.join(texts)})"
    return textwrap.fill(text, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def _entries(value):
    """Return approximately how many numbers a value holds."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return sum(map(_entries, value))
    return getattr(value, "size", 1)


def _outline(value):
    """Describe a large value, whose code would be too long to read, by its shape."""
    if isinstance(value, np.ndarray):
        return f"<array of shape {value.shape}>"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_outline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return f"<{type(value).__name__} of {len(value)}>"
    return repr(value)
