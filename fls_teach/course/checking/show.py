"""Format values for a counterexample card: short, with names and shapes, and angles also in degrees."""

import itertools
import math
import re
from collections import Counter

import numpy as np

from fls_teach.characters import visible_text

DIGITS = 4
SMALL = 36  # an array or list with at most this many entries is shown completely
ENTRIES = 1000  # shown at most in all arrays, lists and dicts inside of one value
WIDTH = 76

_ANGLE = re.compile(r"(^|_)(phi|theta|angle)$")


def show(value, digits=DIGITS):
    """Format a plain value; large values are shortened, so this is always fast. Arrays may take several lines.

    Examples
    --------
    >>> import numpy as np
    >>> show(1 / 3), show(np.eye(2)), show((1.0, None))
    ('0.3333', '[[1, 0], [0, 1]]', '(1, None)')
    >>> show(np.arange(100.0).reshape(50, 2))
    '100 numbers of shape (50, 2), from 0 to 99: 0, 1, 2, ..., 97, 98, 99'
    """
    return _show(value, digits, iter(range(ENTRIES)))


def _show(value, digits, room):
    """Format as `show`; `room` is an iterator with one item for each entry that may still be shown."""
    if next(room, None) is None:
        return "..."
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return f"{value:.{digits}g}"
    if isinstance(value, np.ndarray):
        return _array(value, digits, room)
    more = ["..."] if isinstance(value, (dict, list, tuple)) and len(value) > SMALL else []
    if isinstance(value, dict):
        items = itertools.islice(value.items(), SMALL)
        return "{" + _joined([f"{_word(key)}: {_show(item, digits, room)}" for key, item in items] + more) + "}"
    if isinstance(value, (list, tuple)):
        shown = [_show(item, digits, room) for item in value[:SMALL]] + more
        left, right = "[]" if isinstance(value, list) else "()"
        return left + _joined(shown) + ("," if isinstance(value, tuple) and len(value) == 1 else "") + right
    text = repr(value[:501] if isinstance(value, (str, bytes)) else value)
    return visible_text(text if len(text) <= 500 else text[:500] + "...", 600)


def _word(key):
    return visible_text(str(key), 60)


def _joined(parts):
    line = ", ".join(parts)
    return line if len(line) <= WIDTH and "\n" not in line else ",\n ".join(part.replace("\n", "\n ") for part in parts)


def _array(array, digits, room):
    if not array.size:
        return f"empty, of shape {array.shape}"
    if array.size > SMALL:
        flat = array.ravel()
        ends = ", ".join([show(x, digits) for x in flat[:3]] + ["..."] + [show(x, digits) for x in flat[-3:]])
        span = f", from {show(flat.min(), digits)} to {show(flat.max(), digits)}"
        return f"{array.size} numbers of shape {array.shape}{span}: {ends}"
    if array.ndim == 0:
        return show(array.item(), digits)
    if array.ndim == 1:
        return "[" + ", ".join(_show(x, digits, room) for x in array) + "]"
    return "[" + _joined([_array(row, digits, room) for row in array]) + "]"


def named(name, value):
    """Format as `name = value`, with the shape of an array, and with degrees if the name is that of an angle.

    Examples
    --------
    >>> named("phi", 0.5236)
    'phi = 0.5236 (30°)'
    >>> import numpy as np
    >>> named("w", np.array([1.0, -0.5]))
    'w (2,) = [1, -0.5]'
    """
    name = _word(name)
    if isinstance(value, np.ndarray) and 0 < value.size <= SMALL and value.ndim:
        name += f" {value.shape}"
    text = f"{name} = {show(value)}"
    if _ANGLE.search(name) and isinstance(value, (float, np.floating)) and math.isfinite(value):
        text += f" ({math.degrees(value):.4g}°)"
    return text.replace("\n", "\n  ")


def inputs_shown(inputs):
    """Format drawn inputs as lines; the entries of a dict are shown one by one.

    Examples
    --------
    >>> inputs_shown({"run": {"a": 1, "b": 2}, "tiny": {"a": 3}})
    'run.a = 1, b = 2, tiny.a = 3'
    """
    lines, short = [], []
    for name, value in _flattened(inputs):
        text = named(name, value)
        if len(text) < 24 and "\n" not in text:
            short.append(text)
        else:
            lines.append(text)
    return "\n".join(_filled(short) + lines)


def _flattened(inputs):
    """Yield (name, value) with one level of dicts flattened; equal keys get the name of their dict as a prefix."""
    counts = Counter(key for name, value in inputs.items() for key in (value if isinstance(value, dict) else [name]))
    for name, value in inputs.items():
        if isinstance(value, dict):
            yield from ((key if counts[key] == 1 else f"{name}.{key}", item) for key, item in value.items())
        else:
            yield name, value


def _filled(parts):
    """Join parts by commas into lines."""
    lines = []
    for part in parts:
        if lines and len(lines[-1]) + len(part) < WIDTH:
            lines[-1] += ", " + part
        else:
            lines.append(part)
    return lines


def call_shown(call, parameters=()):
    """Format a call in one line as a student would type it, with large arrays shortened."""
    names = list(parameters)[: len(call.args)] + [""] * max(0, len(call.args) - len(parameters))
    given = [*zip(names, call.args, strict=True), *call.kwargs.items()]
    shown = [(f"{_word(name)}=" if name else "") + show(value).replace("\n ", " ") for name, value in given]
    return f"{call.function.removeprefix('support:')}({', '.join(shown)})"


def pair_shown(you, expected):
    """Format the returned and the expected value with as many digits as it takes to tell them apart."""
    texts = ""
    for digits in (DIGITS, 7, 10, 13, 17):
        texts = tuple(value if isinstance(value, str) else show(value, digits) for value in (you, expected))
        if texts[0] != texts[1]:
            break
    return tuple(visible_text(text, 2000) for text in texts)


def largest_difference(you, expected):
    """Say where two arrays of the same shape differ most; "" if they are not such arrays."""
    try:
        you, expected = np.asarray(you, dtype=float), np.asarray(expected, dtype=float)
    except (TypeError, ValueError, OverflowError):  # OverflowError: an int too large for a float
        return ""
    if you.shape != expected.shape or you.ndim == 0 or you.size < 2:
        return ""
    with np.errstate(all="ignore"):
        off = np.where(np.isnan(you), np.inf, np.abs(you - expected))
    where = tuple(int(i) for i in np.unravel_index(np.nanargmax(off), off.shape))
    place = ", ".join(map(str, where))
    return f"most at [{place}]: {show(you[where], 6)} instead of {show(expected[where], 6)}"
