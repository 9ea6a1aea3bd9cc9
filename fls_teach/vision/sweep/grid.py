"""Build grids of runs from lists of values, such as ranges of powers of two (no torch)."""

import itertools
import math
from dataclasses import fields

from fls_teach.vision.run import Run


def powers_of_two(text):
    """Parse multipliers: ``A:B`` or ``A:B:STEP``, a range of exponents that includes both ends, or a list of values.

    Parameters
    ----------
    text : str
        ``-10:2`` means 2^-10 to 2^2, ``-6:6:2`` every second power from 2^-6 to 2^6, ``0.25,1,4`` these values.

    Returns
    -------
    tuple of float
        In the order given, without repetition.

    Raises
    ------
    ValueError
        If `text` has none of these forms, or is empty.

    Examples
    --------
    >>> powers_of_two("-2:2")
    (0.25, 0.5, 1.0, 2.0, 4.0)
    >>> powers_of_two("-6:6:4")
    (0.015625, 0.25, 4.0, 64.0)
    >>> powers_of_two("0.25,1,4")
    (0.25, 1.0, 4.0)
    """
    if ":" not in text:
        return numbers(text, or_else=", or A:B for the powers of two from 2^A to 2^B, as in -2:2")
    try:
        low, high, step = map(int, (text if text.count(":") > 1 else f"{text}:1").split(":"))
    except ValueError:
        raise ValueError(f"'{text}' is no range; wanted A:B or A:B:STEP, whole exponents of 2 such as -10:2") from None
    if step < 1 or max(abs(low), abs(high)) > 1000:
        raise ValueError(f"'{text}' is no range; wanted a step of 1 or more and exponents from -1000 to 1000")
    if low > high:
        raise ValueError(f"'{text}' is an empty range; write the smaller exponent first: {high}:{low}")
    return tuple(2.0**exponent for exponent in range(low, high + 1, step))


def numbers(text, kind=float, or_else=""):
    """Parse a list with commas: a tuple of `kind`, float or int, in the order given, without repetition.

    `or_else` names the other forms that would be accepted, for the error message.

    Raises
    ------
    ValueError
        If an element is not a number, or the list is empty.

    Examples
    --------
    >>> numbers("0.01,0.1"), numbers("0, 1, 1", int)
    ((0.01, 0.1), (0, 1))
    """
    try:
        values = tuple(dict.fromkeys(kind(part) for part in text.split(",")))
    except ValueError:
        listed = "whole numbers" if kind is int else "numbers"
        raise ValueError(f"'{text}' is no list of {listed}; wanted one or more with commas between{or_else}") from None
    if not all(map(math.isfinite, values)):
        raise ValueError(f"'{text}' holds a number that is not finite")
    return values


def listed(text, known, other=lambda word: False):
    """Parse a list of words with commas, each in `known` or accepted by `other`: a tuple in order, without repetition.

    Raises
    ------
    ValueError
        If a word is neither.

    Examples
    --------
    >>> listed("none, batch", ("none", "group", "batch"))
    ('none', 'batch')
    """
    values = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    for value in values:
        if value not in known and not other(value):
            raise ValueError(f"'{value}' is not one of {', '.join(known)}")
    return values


def flags(text):
    """Parse "yes", "no", or both with a comma between into a tuple of bool. Raises as `listed`.

    Examples
    --------
    >>> flags("no,yes")
    (False, True)
    """
    return tuple(word == "yes" for word in listed(text, ("yes", "no")))


def seeds(text):
    """Parse seeds: a count ``N``, which means 0 to N - 1; a range ``A:B``, including both ends; or a list with commas.

    Raises
    ------
    ValueError
        If `text` has none of these forms, or is empty.

    Examples
    --------
    >>> seeds("3"), seeds("0,3,7"), seeds("7:8")
    ((0, 1, 2), (0, 3, 7), (7, 8))
    """
    if ":" in text:
        low, _, high = text.partition(":")
        if not (low.strip().isdigit() and high.strip().isdigit() and 0 <= int(high) - int(low) < 100_000):
            raise ValueError(f"'{text}' is no range of seeds; wanted A:B, whole numbers with A <= B, such as 5:9")
        return tuple(range(int(low), int(high) + 1))
    values = numbers(text, int, or_else=", a count, or A:B")
    if "," in text:
        return values
    if not 1 <= values[0] <= 100_000:
        raise ValueError(f"'{text}' seeds; wanted at least 1, or a list with commas between")
    return tuple(range(values[0]))


def runs(**lists):
    """Return every combination of the given values as a Run, without repetition.

    Parameters
    ----------
    **lists
        For any field of Run: a value, or a tuple or list of values.

    Returns
    -------
    list of Run
        The seed varies slowest, then the other fields in the order of Run, then c, and lr fastest. So a sweep that is
        interrupted has complete heatmaps for its first seeds, and neighbouring runs share their data.

    Raises
    ------
    ValueError
        If a list is empty or a combination is invalid.

    Examples
    --------
    >>> [(run.seed, run.c, run.lr) for run in runs(c=(0.5, 1), lr=0.1, seed=(0, 1))]
    [(0, 0.5, 0.1), (0, 1.0, 0.1), (1, 0.5, 0.1), (1, 1.0, 0.1)]
    """
    names = [field.name for field in fields(Run)]
    for name in set(lists) - set(names):
        raise ValueError(f"a run has no '{name}'; wanted some of {', '.join(names)}")
    order = sorted(lists, key=lambda name: ({"seed": -1, "c": 1, "lr": 2}.get(name, 0), names.index(name)))
    values = [list(lists[name]) if isinstance(lists[name], tuple | list) else [lists[name]] for name in order]
    for name, choices in zip(order, values, strict=True):
        if not choices:
            raise ValueError(f"the grid is empty: there is no {name} in it")
    return list(dict.fromkeys(Run(**dict(zip(order, each, strict=True))) for each in itertools.product(*values)))
